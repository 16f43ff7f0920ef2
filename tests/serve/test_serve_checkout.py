from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import InputError
from reconciler.serve.checkout import Checkout, first_error, first_place

if TYPE_CHECKING:
    from pathlib import Path


def checkout(link: Path, said: list[InputError | None]) -> Checkout[str]:
    def read() -> str:
        text = (link / "text").read_text()
        if text == "wrong":
            raise InputError("it is wrong")
        return text

    return Checkout(link.resolve, read, said.append)


def test_it_is_read_again_when_a_link_is_moved_to_another_checkout(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text").write_text(name)
    link, said = tmp_path / "current", list[InputError | None]()
    link.symlink_to(tmp_path / "old")
    found = checkout(link, said)
    assert found.current() == "old"
    link.unlink()
    link.symlink_to(tmp_path / "new")
    assert (found.current(), said) == ("new", [None])


def test_a_log_that_grows_in_the_folder_is_no_new_checkout(tmp_path: Path) -> None:
    said: list[InputError | None] = []
    (tmp_path / "text").write_text("good")
    found = checkout(tmp_path, said)
    (tmp_path / "serve.log").write_text("serving")
    assert (found.current(), said) == ("good", [])


def test_the_last_good_content_is_kept_and_each_error_is_said_once(tmp_path: Path) -> None:
    said: list[InputError | None] = []
    (tmp_path / "text").write_text("good")
    found = checkout(tmp_path, said)
    (tmp_path / "text").write_text("wrong")
    assert [found.current(), found.current()] == ["good", "good"]
    (error,) = said
    assert error is not None
    assert (found.error, first_error(error), first_place(error)) == (error, "it is wrong", "RC100")
    (tmp_path / "text").write_text("better")
    assert (found.current(), found.error) == ("better", None)
