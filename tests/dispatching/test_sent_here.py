"""The note on this machine of each call it sent: on the disk before the request goes out, whoever else writes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from reconciler.calls.sent_here import FILE, SentHere
from reconciler.documents import own_folder
from reconciler.schedule.call_states import CallState
from reconciler.state.call_records import Attempt

if TYPE_CHECKING:
    from pathlib import Path

CLAIMED_AT = "2026-12-01T15:00:00Z"
CALLS = 200


def claim(number: int) -> Attempt:
    name = f"call-{number}"
    return Attempt(name, name, 1, CallState.CLAIMED, key=f"{number:032}", to="", claimed_at=CLAIMED_AT)


def test_what_many_threads_send_at_once_is_each_on_the_disk_when_it_goes_out(tmp_path: Path) -> None:
    """One wait for the disk serves several, and none goes on before its own line is there."""
    sent, file = SentHere(tmp_path), tmp_path / FILE

    def noted(number: int) -> bool:
        sent.note(claim(number))
        return f"{number:032} {CLAIMED_AT}\n" in file.read_text("ascii")

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(noted, range(CALLS)))
    assert len(file.read_text("ascii").splitlines()) == CALLS
    assert all(SentHere(tmp_path).unknown_to_the_state(None, claim(number).key) for number in range(CALLS))


def test_a_folder_that_is_removed_meanwhile_is_made_again_and_kept_out_of_git(tmp_path: Path) -> None:
    folder = tmp_path / own_folder.NAME
    sent = SentHere(folder)
    sent.note(claim(1))
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    sent.note(claim(2))
    assert sorted(file.name for file in folder.iterdir()) == [".gitignore", FILE]
    assert (folder / FILE).read_text("ascii") == f"{2:032} {CLAIMED_AT}\n"
