"""Release files: wheel, source distribution, single-file program, SBOM, and the checksums of all.

The same commit gives the same bytes: every time stamp is the commit's, every version is one of constraints.txt.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BEFORE_ZIP_HAD_DATES = 315532800  # 1980, the earliest date that a zip file can hold
PROGRAM = "reconciler.pyz"
BILL = "reconciler.sbom.json"
CHECKSUMS = "SHA256SUMS"
RARELY_READ = ("anyascii", "pygments", "tzdata")  # pure Python and data, hundreds of files each
DATA = "data.zip"
PREAMBLE = Path(__file__).with_name("preamble.py")


def main(out: Path) -> None:
    """Write every file of a release into the folder, and nothing else that was there before."""
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("*.whl"), *out.glob("*.tar.gz"), out / PROGRAM, out / BILL, out / CHECKSUMS):
        old.unlink(missing_ok=True)
    os.environ["SOURCE_DATE_EPOCH"] = epoch()
    os.umask(0o022)  # the modes of files are among the bytes
    with tempfile.TemporaryDirectory(prefix="reconciler-release-") as folder:
        scratch = Path(folder)
        run("uv", "build", "--quiet", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(out), ROOT)
        (out / ".gitignore").unlink(missing_ok=True)
        (wheel,) = out.glob("*.whl")
        write_program(wheel, out / PROGRAM, scratch)
        write_bill(out / BILL, scratch)
    write_checksums(out)


def epoch() -> str:
    """The time of the commit that is built, in seconds; what the environment says goes first."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return given
    answer = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or str(BEFORE_ZIP_HAD_DATES)


def write_program(wheel: Path, target: Path, scratch: Path) -> None:
    """One file that runs on every Python of the classifiers, on systems like this one.

    Compiled modules carry the version of Python in their names, so those of all versions lie side by side; what a
    first run unpacks is kept small, by files and by bytes.
    """
    site = scratch / "site"
    for version in pythons():
        installed = scratch / f"python{version}"
        install(installed, "--python-version", version, "--only-binary", ":all:")
        merge(installed, site)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    pack_data(site)
    preamble = scratch / PREAMBLE.name
    text = PREAMBLE.read_text(encoding="utf-8").replace("@PYTHONS@", ", ".join(pythons()))
    preamble.write_text(text.replace("@PLATFORM@", sys.platform), encoding="utf-8")
    preamble.chmod(0o755)
    arguments = ("--site-packages", site, "--entry-point", "reconciler.cli:main", "--python", "/usr/bin/env python3")
    run("shiv", *arguments, "--preamble", preamble, "--reproducible", "--compressed", "--output-file", target)
    set_compiled_apart(target)


def pack_data(site: Path) -> None:
    """Leave packages of many small files in one archive that Python reads by itself, and stubs of types out."""
    for stub in site.rglob("*.pyi"):
        stub.unlink()
    with zipfile.ZipFile(site / DATA, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for name in RARELY_READ for path in (site / name).rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(site).as_posix())  # its date is 1980
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    for name in RARELY_READ:
        shutil.rmtree(site / name)
    (site / DATA).with_suffix(".pth").write_text(f"{DATA}\n", encoding="utf-8")


def set_compiled_apart(program: Path) -> None:
    """Move the compiled modules of each Python out of what every first run unpacks; see ``preamble.py``."""
    with zipfile.ZipFile(program) as archive:
        start = program.read_bytes().partition(b"PK\x03\x04")[0]
        entries = [(info, archive.read(info)) for info in archive.infolist()]
    with program.open("wb") as file:
        file.write(start)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for info, content in entries:
                archive.writestr(apart(info), content)


def apart(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """``compiled/3.12/…`` for a compiled module of Python 3.12; any other file as it is."""
    version = re.search(r"\.cpython-(\d)(\d+)-", info.filename)
    _, _, name = info.filename.partition("/")
    moved = zipfile.ZipInfo(f"compiled/{version[1]}.{version[2]}/{name}" if version else info.filename, info.date_time)
    moved.external_attr, moved.compress_type = info.external_attr, info.compress_type
    return moved


def pythons() -> list[str]:
    """The versions of Python that the classifiers name, oldest first."""
    found = (re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line) for line in PROJECT["classifiers"])
    return [match[1] for match in found if match]


def install(target: Path, *options: str) -> None:
    """The dependencies at their pinned versions, without anything that names this machine."""
    base = ("uv", "pip", "install", "--quiet", "--no-config", "--constraints", ROOT / "constraints.txt")
    run(*base, "--target", target, *options, *PROJECT["dependencies"])
    shutil.rmtree(target / "bin", ignore_errors=True)
    (target / ".lock").unlink(missing_ok=True)
    for record in target.glob("*.dist-info/RECORD"):
        rows = csv.reader(record.read_text(encoding="utf-8").splitlines())
        kept = sorted(row for row in rows if (target / row[0]).exists())
        with record.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(kept)


def merge(source: Path, target: Path) -> None:
    """Copy what the target does not have yet."""
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_file() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def write_bill(target: Path, scratch: Path) -> None:
    """The software bill of materials (CycloneDX): what an installation consists of, with licences."""
    environment = scratch / "environment"
    run("uv", "venv", "--quiet", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    base = ("uv", "pip", "install", "--quiet", "--no-config", "--constraints", ROOT / "constraints.txt")
    run(*base, "--python", python, *PROJECT["dependencies"])
    run(
        *("cyclonedx-py", "environment", "--pyproject", ROOT / "pyproject.toml", "--output-reproducible"),
        *("--mc-type", "application", "--output-format", "JSON", "--output-file", target, python),
    )
    bill = json.loads(target.read_text(encoding="utf-8"))
    version = version_of_the_package()
    bill["metadata"]["component"] |= {"version": version, "purl": f"pkg:pypi/{PROJECT['name']}@{version}"}
    target.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def version_of_the_package() -> str:
    """The version that is built; the project file says only where it stands."""
    text = (ROOT / "reconciler" / "__init__.py").read_text(encoding="utf-8")
    return str(re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)[0])


def write_checksums(out: Path) -> None:
    """As ``sha256sum --check`` reads it."""
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in released(out)]
    (out / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def released(out: Path) -> Iterator[Path]:
    """Every file of the release but the checksums, by name."""
    yield from sorted((*out.glob("*.whl"), *out.glob("*.tar.gz"), out / PROGRAM, out / BILL))


def run(*command: str | Path) -> None:
    """Run a tool of this environment; its words are shown and its failure ends the build."""
    tools = Path(sys.executable).parent
    subprocess.run([tools / command[0], *command[1:]], check=True, cwd=ROOT)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist").resolve())
