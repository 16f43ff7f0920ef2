"""Whatever tells somebody to install the tool names our distribution: `reconciler` on the index is a stranger's."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from reconciler import distribution

CHECKOUT = Path(__file__).resolve().parents[2]
INSTALLER = r"\b(?:pip3?|pipx|uvx|uv (?:tool|pip|add|run --with)|poetry add|conda)\b"
INSTALLS_A_STRANGER = re.compile(rf"{INSTALLER}[^\n`]*?(?<![\w/$.@-])reconciler(?![\w/.-])")
EXTRA_OF_A_STRANGER = re.compile(r"(?<![\w-])reconciler\[(?!bot\])\w+\]")


def strangers(text: str) -> list[str]:
    return [found[0] for pattern in (INSTALLS_A_STRANGER, EXTRA_OF_A_STRANGER) for found in pattern.finditer(text)]


def test_nothing_in_the_repository_tells_anybody_to_install_another_name() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    wrong = {}
    for name in filter(None, listing.split("\0")):
        path = CHECKOUT / name
        if path == Path(__file__) or not path.is_file() or path.suffix in {".png", ".gz", ".zip", ".age"}:
            continue
        if found := strangers(path.read_text("utf-8", errors="replace")):
            wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize(
    "text",
    [
        "pip install reconciler",
        "pip install --upgrade reconciler",
        "`uv tool install 'reconciler[postgres]'`",
        "uvx reconciler plan",
        "needs reconciler[cloud]",
    ],
)
def test_the_search_finds_a_stranger(text: str) -> None:
    assert strangers(text)


@pytest.mark.parametrize(
    "text",
    [
        "pip install thunderphone-reconciler",
        "pipx install . puts `reconciler` on the path",
        "pip install git+https://github.com/acme/reconciler@v1",
        "the author is reconciler[bot]",
    ],
)
def test_the_search_leaves_our_own_alone(text: str) -> None:
    assert strangers(text) == []


def test_hints_name_the_distribution_that_is_built() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == distribution.NAME == "thunderphone-reconciler"
    assert distribution.with_extra("postgres") == "pip install 'thunderphone-reconciler[postgres]'"
    assert distribution.upgrade() == "pip install --upgrade thunderphone-reconciler"
    assert "postgres" in project["optional-dependencies"]


@pytest.mark.parametrize(
    ("prefix", "extra", "newest"),
    [
        (
            "/home/ann/.local/share/pipx/venvs/thunderphone-reconciler",
            "pipx install --force 'thunderphone-reconciler[cloud]'",
            "pipx upgrade thunderphone-reconciler",
        ),
        (
            "/home/ann/.local/share/uv/tools/thunderphone-reconciler",
            "uv tool install 'thunderphone-reconciler[cloud]'",
            "uv tool upgrade thunderphone-reconciler",
        ),
        (
            "/home/ann/pipx/.venv",
            "pip install 'thunderphone-reconciler[cloud]'",
            "pip install --upgrade thunderphone-reconciler",
        ),
    ],
)
def test_a_hint_installs_as_the_tool_was_installed(
    prefix: str, extra: str, newest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", prefix)
    assert (distribution.with_extra("cloud"), distribution.upgrade()) == (extra, newest)


def test_the_one_file_program_has_no_optional_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    place = f"/var/cache/reconciler.pyz_{'0a' * 32}/site-packages/reconciler/distribution.py"
    monkeypatch.setattr(distribution, "__file__", place)
    assert distribution.with_extra("cloud") == (
        "pip install 'thunderphone-reconciler[cloud]': the one-file program has no optional parts"
    )
