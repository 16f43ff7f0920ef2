"""The image of examples/06-always-on: what it copies is there, and it runs as nobody special.

No test builds it: that takes a container service and its registry. What it runs is tried here, without one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DOCKERFILE = (CHECKOUT / "examples" / "06-always-on" / "Dockerfile").read_text("utf-8")
COPIED = [name for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()]


def test_it_ends_as_a_user_without_rights() -> None:
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert re.findall(r"^USER (\S+)$", last, re.MULTILINE) == ["10001:10001"]
    assert re.search(r'^ENTRYPOINT \["reconciler"\]$', last, re.MULTILINE)


def test_what_it_copies_is_there_and_let_through() -> None:
    ignore = (CHECKOUT / "examples" / "06-always-on" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert ignore[0] == "*"
    assert {line.removeprefix("!") for line in ignore if line.startswith("!")} == set(COPIED)
    assert [name for name in COPIED if not (CHECKOUT / name).exists()] == []


def test_its_extras_are_those_of_the_package() -> None:
    (extras,) = re.findall(r"'\.\[(.*)\]'", DOCKERFILE)
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


def test_what_it_copies_is_enough_to_build_the_package(tmp_path: Path) -> None:
    for name in COPIED:
        if (CHECKOUT / name).is_dir():
            shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(CHECKOUT / name, tmp_path / name)
    uv = str(Path(sys.executable).with_name("uv"))
    command = [
        uv,
        "build",
        "--quiet",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        "out",
    ]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert list((tmp_path / "out").glob("thunderphone_reconciler-*.whl"))
