"""Show that every command has a manual page, and that man can read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import click
import pytest

from reconciler.cli import COMMANDS, main
from reconciler.cli import reconciler as root
from reconciler.cli.manual import Subject, subjects

if TYPE_CHECKING:
    from pathlib import Path

SUBJECTS = tuple(subjects(root))
each_command = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.page)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("man1")
    assert main(["manual", "--out", str(place)]) == 0
    return place


def rendered(page: Path) -> str:
    """The page as a terminal shows it, its lines joined; skips where there is no groff with man's macros."""
    if (groff := shutil.which("groff")) is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        [groff, "-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=2000n", "-rHY=0", str(page)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    if "tmac/an.tmac" in done.stderr or "can't open macro file" in done.stderr or "cannot open macro" in done.stderr:
        pytest.skip("groff is installed without the macros of man")
    assert done.stderr == ""
    return re.sub(r"\s+", " ", done.stdout)


def test_every_command_and_every_verb_has_a_page(folder: Path) -> None:
    written = {path.name for path in folder.iterdir()}
    assert written == {f"{subject.page}.1" for subject in SUBJECTS}
    assert {"reconciler.1", "reconciler-calls-resolve.1"} | {f"reconciler-{name}.1" for name in COMMANDS} <= written


@each_command
def test_a_page_holds_every_option_as_help_tells_it(subject: Subject, folder: Path) -> None:
    text = rendered(folder / f"{subject.page}.1")
    options = [it for it in subject.command.get_params(subject.context) if isinstance(it, click.Option)]
    assert len(options) >= 1
    for option in options:
        told = option.get_help_record(subject.context)
        assert told is not None
        assert re.sub(r"\s+", " ", " ".join(told).replace("`", "")) in text  # what stands between them is bold
        assert option.envvar is None or str(option.envvar) in text.partition("ENVIRONMENT")[2]


@each_command
def test_man_reads_a_page_without_a_warning(subject: Subject, folder: Path) -> None:
    if (man := shutil.which("man")) is None:
        pytest.skip("man is not installed")
    done = subprocess.run(
        [man, "--warnings", "-l", str(folder / f"{subject.page}.1")], capture_output=True, encoding="utf-8", check=False
    )
    if "unrecognized option" in done.stderr or "invalid option" in done.stderr or "minimized" in done.stdout:
        pytest.skip("this man is not the one of man-db")
    assert (done.returncode, done.stderr) == (0, "")
    assert subject.sentence.split()[0] in done.stdout


def test_the_parts_of_a_page_are_those_of_a_manual(folder: Path) -> None:
    headings = re.findall(r"^\.SH (.+)$", (folder / "reconciler-plan.1").read_text("utf-8"), re.MULTILINE)
    assert headings == [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "EXIT STATUS",
        "ENVIRONMENT",
        "FILES",
        "SEE ALSO",
    ]
    verbs = (folder / "reconciler-calls.1").read_text("utf-8")
    assert "\n.SH COMMANDS\n" in verbs


def test_the_exit_codes_of_the_help_are_in_every_page(folder: Path) -> None:
    for page in folder.iterdir():
        codes = page.read_text("utf-8").partition(".SH EXIT STATUS\n")[2].partition(".SH ")[0]
        assert re.findall(r"\\fB(\d+)\\fR", codes) == ["0", "1", "2", "3", "4", "5", "130"]


def test_the_same_version_makes_the_same_pages(folder: Path, tmp_path: Path) -> None:
    assert main(["manual", "--out", str(tmp_path)]) == 0
    assert {it.name: it.read_bytes() for it in tmp_path.iterdir()} == {
        it.name: it.read_bytes() for it in folder.iterdir()
    }


def test_every_reference_of_a_page_leads_to_a_page(folder: Path) -> None:
    for page in folder.iterdir():
        named = re.findall(r"^\\fB(.+)\\fR\(1\)", page.read_text("utf-8"), re.MULTILINE)
        assert named
        assert [name for name in named if not (folder / f"{name.replace(chr(92), '')}.1").exists()] == []


def test_a_verb_is_asked_for_by_its_words(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["manual", "calls", "resolve"]) == 0
    assert capsys.readouterr().out == (folder / "reconciler-calls-resolve.1").read_text("utf-8")


def test_with_a_folder_a_command_brings_its_verbs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual", "state", "--out", str(tmp_path / "man1")]) == 0
    written = {it.name for it in (tmp_path / "man1").iterdir()}
    assert {"reconciler-state.1", "reconciler-state-show.1"} <= written
    assert all(name.startswith("reconciler-state") for name in written)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"{len(written)} pages written to {tmp_path / 'man1'}\n")


def test_a_command_that_does_not_exist_has_no_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual", "calls", "resolv"]) == 1
    assert "No such command 'calls resolv'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    assert main(["manual", "--out", str(tmp_path / "file" / "man1")]) == 1
    assert "the pages cannot be written" in capsys.readouterr().err
