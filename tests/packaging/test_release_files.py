"""What `make dist` writes: installed and run from outside, and the same bytes on a second build."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).resolve().parents[2]
EPOCH = "1893456000"
WHEEL = "thunderphone_reconciler-0.1.0-py3-none-any.whl"
SOURCES = "thunderphone_reconciler-0.1.0.tar.gz"


def run(*command: str | Path, cwd: Path = CHECKOUT, umask: int = 0o022, env: Mapping[str, str] | None = None) -> str:
    answer = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False, umask=umask
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def uv(*arguments: str | Path) -> str:
    return run(Path(sys.executable).with_name("uv"), *arguments)


def build(sources: Path, out: Path, tools: Path, *, umask: int = 0o022) -> None:
    program = sources / ".ci" / "release" / "build.py"
    run(tools / "bin" / "python", program, out, cwd=sources, umask=umask, env={"SOURCE_DATE_EPOCH": EPOCH})


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment of the release tools and, beside it, one build: made once for all workers."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "release"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tools = folder / "tools"
        if not (folder / "done").exists():
            uv("venv", "--quiet", "--clear", "--python", sys.executable, tools)
            pins = ("--constraints", CHECKOUT / "constraints.txt")
            uv("pip", "install", "--quiet", "--python", tools / "bin/python", *pins, "--group", "release")
            build(CHECKOUT, folder / "dist", tools)
            (folder / "done").touch()
    return tools


@pytest.fixture(scope="session")
def dist(tools: Path) -> Path:
    return tools.parent / "dist"


def test_a_release_is_five_files_and_their_checksums_hold(dist: Path) -> None:
    lines = {line.split("  ")[1]: line.split("  ")[0] for line in (dist / "SHA256SUMS").read_text().splitlines()}
    assert sorted(lines) == ["reconciler.pyz", "reconciler.sbom.json", WHEEL, SOURCES]
    assert {path.name for path in dist.iterdir()} == {*lines, "SHA256SUMS"}
    for name, digest in lines.items():
        assert hashlib.sha256((dist / name).read_bytes()).hexdigest() == digest


def test_the_same_sources_elsewhere_give_the_same_bytes(dist: Path, tools: Path, tmp_path: Path) -> None:
    copy = tmp_path / "somewhere else"
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (CHECKOUT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, copy / name)
    build(copy, tmp_path / "dist", tools, umask=0o077)
    assert (tmp_path / "dist" / "SHA256SUMS").read_text() == (dist / "SHA256SUMS").read_text()


def test_the_wheel_holds_the_data_of_the_package_and_nothing_else(dist: Path) -> None:
    names = zipfile.ZipFile(dist / WHEEL).namelist()
    tracked = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "reconciler").split("\0")
    wanted = {name for name in filter(None, tracked) if (CHECKOUT / name).is_file()}
    assert {name for name in names if ".dist-info/" not in name} == wanted
    assert {"reconciler/py.typed", "reconciler/templates/project/AGENTS.md"} <= wanted
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_source_distribution_holds_what_a_packager_needs(dist: Path) -> None:
    with tarfile.open(dist / SOURCES) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        assert {info.mtime for info in archive.getmembers()} == {int(EPOCH)}
    assert {"pyproject.toml", "hatch_build.py", "LICENSE", "README.md", "docs/state.md", "constraints.txt"} <= names
    assert not [name for name in names if name.startswith((".venv", "dist/", ".git/"))]


def test_the_bill_of_materials_names_every_dependency_with_a_licence(dist: Path) -> None:
    bill = json.loads((dist / "reconciler.sbom.json").read_text("utf-8"))
    root = bill["metadata"]["component"]
    assert (bill["bomFormat"], root["name"], root["version"]) == ("CycloneDX", "thunderphone-reconciler", "0.1.0")
    found = {component["name"].lower(): component for component in bill["components"]}
    assert {"click", "pydantic", "pydantic_core", "httpx", "pyyaml", "phonenumberslite", "h11"} <= set(found)
    assert [name for name, component in found.items() if not component.get("licenses")] == []


@pytest.fixture(params=["wheel", "program"])
def program(request: pytest.FixtureRequest, dist: Path, tmp_path: Path) -> list[str]:
    if request.param == "program":
        return [sys.executable, "-I", str(dist / "reconciler.pyz")]
    uv("venv", "--quiet", "--python", sys.executable, tmp_path / "clean")
    uv("pip", "install", "--quiet", "--python", tmp_path / "clean/bin/python", dist / WHEEL)
    return [str(tmp_path / "clean/bin/reconciler")]


def test_a_newcomers_first_commands_work_where_only_the_release_is(program: list[str], tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "SHIV_ROOT": str(tmp_path / "unpacked")}
    assert run(*program, "--version", cwd=tmp_path, env=env) == "reconciler, version 0.1.0\n"
    run(*program, "init", "phones", cwd=tmp_path, env=env)
    project = tmp_path / "phones"
    run(*program, "validate", cwd=project, env=env)
    assert "2 to create" in run(*program, "plan", "--emulator", cwd=project, env=env)
    assert "<style" in run(*program, "plan", "--emulator", "--format", "html", cwd=project, env=env)
    assert "RC106" in run(*program, "explain", "RC106", cwd=project, env=env)


def test_a_first_run_of_the_program_unpacks_the_compiled_modules_of_its_own_python_alone(
    dist: Path, tmp_path: Path
) -> None:
    env = {"HOME": str(tmp_path), "SHIV_ROOT": str(tmp_path / "unpacked"), "PYTHONTZPATH": ""}
    run(sys.executable, "-I", dist / "reconciler.pyz", "init", "phones", cwd=tmp_path, env=env)
    compiled = {path.name for path in tmp_path.rglob("*.so")}
    assert compiled
    assert all(f".cpython-{sys.version_info[0]}{sys.version_info[1]}-" in name for name in compiled)
    assert list(tmp_path.rglob("*.pyi")) == []
    script = "import anyascii, zoneinfo; print(anyascii.anyascii('Grüße'), zoneinfo.ZoneInfo('Europe/Berlin'))"
    env |= {"SHIV_INTERPRETER": "1"}
    assert run(sys.executable, dist / "reconciler.pyz", "-c", script, cwd=tmp_path, env=env) == "Grusse Europe/Berlin\n"


def test_the_program_says_in_one_line_where_it_cannot_run(dist: Path, tmp_path: Path) -> None:
    script = (
        "import runpy, sys\n"
        "sys.version_info = (3, 9, 1)\n"
        "sys.platform = 'sunos5'\n"
        f"runpy.run_path({str(preamble(dist, tmp_path))!r})\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert answer.stderr == (
        "error: this file runs on Python 3.11, 3.12, 3.13, 3.14 on linux, this is Python 3.9 on sunos5: "
        "pip install thunderphone-reconciler\n"
    )


def preamble(dist: Path, target: Path) -> Path:
    with zipfile.ZipFile(dist / "reconciler.pyz") as archive:
        (name,) = [name for name in archive.namelist() if Path(name).name == "preamble.py"]
        return Path(archive.extract(name, target))
