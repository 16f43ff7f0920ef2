"""Measure how long it takes from nothing to the first line of a plan, and how much lies on the disk then."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.figures import Figure, Note, seconds
from bench.standing import RECONCILER, folder
from bench.timing import ROOT, Command, Failed, first_line, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bench.figures import Found
    from bench.parts import Effort
    from bench.timing import Run

UV = str(ROOT / ".venv" / "bin" / "uv")
PROGRAM = "reconciler.pyz"
FROM_NOTHING = "from nothing to the first line of a plan"
_MOST_ROUNDS = 5
_MEGABYTE = 1_000_000
_LEFT_OUT = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV"}  # what would change what is measured


def measure(effort: Effort) -> Iterator[Found]:
    """With uv, whose cache knows the dependencies or nothing, and with the prepared file; then the installed size."""
    rounds = min(effort.rounds, _MOST_ROUNDS)
    with folder() as place:
        try:
            wheel = _wheel(place)
            cache = _warmed(place)
        except Failed as error:
            yield Note(f"arriving is not measured, uv could not install: {error}")
        else:
            yield seconds(f"{FROM_NOTHING}, uv", [_by_uv(wheel, cache) for _ in range(rounds)], of="wall")
            yield seconds(f"{FROM_NOTHING}, uv, nothing cached", [_by_uv(wheel, None)], of="wall")
            yield from _sizes(place, wheel, cache)
        try:
            program = _program(place)
        except Failed as error:
            yield Note(f"the prepared file is not measured, `make dist` could not build it: {error}")
        else:
            yield seconds(f"{FROM_NOTHING}, {PROGRAM}", [_by_program(program) for _ in range(rounds)], of="wall")


def _around(**more: str) -> Mapping[str, str]:
    """What the machine says of its package index, without what would change the measured process."""
    return {name: value for name, value in os.environ.items() if name not in _LEFT_OUT} | more


def _wheel(place: Path) -> Path:
    build = ("build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir")
    run(Command((UV, *build, str(place / "dist"), str(ROOT)), environment=_around()))
    return next((place / "dist").glob("*.whl"))


def _warmed(place: Path) -> Path:
    """A cache that knows what the tool depends on, and not the tool."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    cache = place / "cache"
    target = ("--quiet", "--python", sys.executable, "--target", str(place / "warm"))
    run(Command((UV, "pip", "install", *target, *wanted), place, _around(UV_CACHE_DIR=str(cache))))
    return cache


def _by_uv(wheel: Path, cache: Path | None) -> Run:
    """``uvx``: an environment of its own for the wheel, then the plan; what it cached of ours is forgotten first."""
    with _project() as project, folder() as nothing:
        known = cache or nothing / "cache"
        around = _around(UV_CACHE_DIR=str(known), UV_TOOL_DIR=str(nothing / "tools"))
        if cache is not None:
            run(Command((UV, "cache", "clean", "--quiet", "thunderphone-reconciler"), project, around))
        base = ("tool", "run", "--quiet", "--python", sys.executable, "--from", str(wheel))
        return first_line(Command((UV, *base, "reconciler", "plan", "--emulator"), project, around))


def _by_program(program: Path) -> Run:
    """The single file where it never ran before."""
    with _project() as project, folder() as nothing:
        around = _around(SHIV_ROOT=str(nothing))
        return first_line(Command((sys.executable, str(program), "plan", "--emulator"), project, around))


def _program(place: Path) -> Path:
    run(Command(("make", "--silent", "dist", f"DIST={place / 'release'}"), environment=_around()))
    return place / "release" / PROGRAM


def _sizes(place: Path, wheel: Path, cache: Path) -> Iterator[Figure]:
    """All files of an installation without extras: as uv leaves them, and with bytecode, as pip does."""
    site = place / "site"
    install = (UV, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(site), str(wheel))
    run(Command(install, place, _around(UV_CACHE_DIR=str(cache))))
    yield Figure("installed size", _size(site), "MB")
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(site)], check=False, env=_around())
    yield Figure("installed size with bytecode", _size(site), "MB")


def _size(site: Path) -> float:
    return sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / _MEGABYTE


@contextmanager
def _project() -> Iterator[Path]:
    """What `init` writes."""
    with folder() as place:
        run(Command((RECONCILER, "init", "project"), place, {"HOME": str(place)}))
        yield place / "project"
