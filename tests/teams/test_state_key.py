"""Nobody who reads the state finds out whom we call, and no run without its key takes a call for a new one."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sqlite3
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from laws.project import Folder, document, project

from reconciler.cli import main
from reconciler.contract.equality import digest
from reconciler.contract.fields import policies
from reconciler.kinds.scheduled_call_spec import ScheduledCallSpec
from reconciler.schedule.planned_call import with_digests
from reconciler.state.digests import Digests
from reconciler.state_key import StateKey
from reconciler.telephony import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER = "+14155550101"
CALL: dict[str, Any] = {
    "from_number": "+15551230001",
    "to_number": NUMBER,
    "config": {"prompt": "This is Acme, for {{name}}.", "max_call_duration_seconds": 60},
    "variables": {"name": "Jane"},
    "at": "2026-12-01T20:00:00Z",
}
BEFORE = ("--emulator", "--now", "2026-12-01T12:00:00Z")
DUE = ("--emulator", "--now", "2026-12-01T20:05:00Z")
KEY, OTHER = "5d3b7f7f3c7c4f1e9a", "another key altogether"
VARIABLE = "RECONCILER_STATE_KEY"
OPTED_OUT = "+14155550177"
UNKEYED = (
    hashlib.sha256(NUMBER.encode()).hexdigest(),
    digest(NUMBER),
    digest(CALL["variables"]),
    digest(CALL["config"]),
)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    monkeypatch.delenv(VARIABLE, raising=False)
    with project("") as found:
        found.write({"all.yaml": document("ScheduledCall", "jane", CALL)})
        monkeypatch.chdir(found.root)
        yield found


def grouped(*words: str) -> tuple[int, str, str]:
    """A command of a group, which takes no path: run in the project's folder."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*words])
    return code, out.getvalue(), err.getvalue()


def apply(folder: Folder, *options: str) -> int:
    return folder.run("apply", "--yes", *BEFORE, *options, online=False).code


def dispatch(folder: Folder, *options: str, when: tuple[str, ...] = DUE) -> tuple[int, list[str]]:
    said = folder.run("dispatch", *when, *options, online=False)
    return said.code, said.written


def kept(folder: Folder) -> str:
    with sqlite3.connect(folder.root / ".reconciler" / "state.db") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(repr(row) for table in tables for row in database.execute(f"SELECT * FROM {table}"))  # noqa: S608 - names of our own tables


def test_no_digest_of_a_callee_is_kept_that_can_be_tried_out(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert apply(folder) == 0
    assert dispatch(folder) == (0, ["POST /v1/call"])
    text = kept(folder)
    assert [found for found in (*UNKEYED, NUMBER, NUMBER[2:], KEY, "Jane") if found in text] == []
    assert "hmac-sha256:" in text


def test_a_call_armed_with_a_key_is_as_declared_and_not_rung_twice(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert apply(folder) == 0
    assert folder.run("plan", "--detailed-exitcode", *BEFORE, online=False).code == 0
    folder.write({"all.yaml": document("ScheduledCall", "jane", {**CALL, "variables": {"name": "Ann"}})})
    assert folder.run("plan", "--detailed-exitcode", *BEFORE, online=False).code == 2
    folder.write({"all.yaml": document("ScheduledCall", "jane", CALL)})
    assert dispatch(folder)[1] == ["POST /v1/call"]
    assert dispatch(folder) == (0, [])


def test_a_key_that_comes_later_changes_no_call_and_keys_what_was_kept(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert apply(folder) == 0
    assert UNKEYED[0] in kept(folder)
    monkeypatch.setenv(VARIABLE, KEY)
    assert folder.run("plan", "--detailed-exitcode", *BEFORE, online=False).code == 0
    assert dispatch(folder) == (0, ["POST /v1/call"])
    assert dispatch(folder) == (0, [])
    assert [found for found in UNKEYED if found in kept(folder)] == []


def test_the_limit_of_calls_to_one_person_outlives_the_coming_of_a_key(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert apply(folder) == 0
    assert dispatch(folder) == (0, ["POST /v1/call"])
    monkeypatch.setenv(VARIABLE, KEY)
    second = document("ScheduledCall", "again", {**CALL, "at": "2026-12-01T22:00:00Z"})
    folder.write({"again.yaml": second})
    assert apply(folder) == 0
    late = ("--emulator", "--now", "2026-12-01T22:05:00Z")
    said = folder.run("dispatch", *late, "--format", "json", online=False)
    assert said.written == []
    assert [call["detail"] for call in json.loads(said.out)["calls"]] == [
        "1 call to this person today where they are, limit 1"
    ]


@pytest.mark.parametrize("key", ["", OTHER])
def test_a_run_without_the_states_key_places_and_arms_nothing_and_says_what_to_set(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert apply(folder) == 0
    monkeypatch.setenv(VARIABLE, key)
    for command in (("dispatch", *DUE), ("apply", "--yes", *BEFORE), ("calls", *DUE), ("dispatch", "--dry-run", *DUE)):
        said = folder.run(*command, online=False)
        assert (said.code, said.written) == (1, []), command
        assert re.search(r"RC50[24]", said.err), command
        assert VARIABLE in said.err, command
    monkeypatch.setenv(VARIABLE, KEY)
    assert dispatch(folder) == (0, ["POST /v1/call"])


def test_a_plan_without_the_states_key_announces_no_call(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert apply(folder) == 0
    monkeypatch.delenv(VARIABLE)
    plan = json.loads(folder.run("plan", *BEFORE, "--format", "json", online=False).out)
    assert [item["action"] for item in plan["changes"]] == ["keep"]
    assert "RC502" in [item["code"] for item in plan["findings"]]


def test_calls_are_held_and_released_without_the_key(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert apply(folder) == 0
    monkeypatch.delenv(VARIABLE)
    assert grouped("calls", "hold", "--all", "--why", "a fault", *BEFORE)[0] == 0
    assert grouped("calls", "hold", "jane", "--why", "a fault", *BEFORE)[0] == 0
    assert grouped("state", "show", "--emulator")[0] == 0
    monkeypatch.setenv(VARIABLE, KEY)
    assert dispatch(folder) == (0, [])
    for what in ("--all", "jane"):
        assert grouped("calls", "release", what, *BEFORE)[0] == 0
    assert dispatch(folder) == (0, ["POST /v1/call"])


def test_a_keyed_state_moves_to_another_store(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert apply(folder) == 0
    assert dispatch(folder) == (0, ["POST /v1/call"])
    (folder.root / "state.json").write_text(grouped("state", "export", "--emulator")[1])
    other = ("--state", "sqlite:.reconciler/other.db")
    assert grouped("state", "import", "state.json", "--emulator", *other)[0] == 0
    assert dispatch(folder, *other) == (0, [])
    assert folder.run("plan", "--detailed-exitcode", *DUE, *other, online=False).code == 0


def test_a_plain_state_is_keyed_where_it_is_imported(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ("--state", "sqlite:.reconciler/other.db")
    assert apply(folder, *other) == 0
    (folder.root / "state.json").write_text(grouped("state", "export", "--emulator", *other)[1])
    monkeypatch.setenv(VARIABLE, KEY)
    assert grouped("state", "import", "state.json", "--emulator")[0] == 0
    assert [found for found in UNKEYED if found in kept(folder)] == []
    assert dispatch(folder) == (0, ["POST /v1/call"])


def test_two_states_of_two_keys_are_not_made_one(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ("--state", "sqlite:.reconciler/other.db")
    monkeypatch.setenv(VARIABLE, OTHER)
    assert apply(folder, *other) == 0
    (folder.root / "state.json").write_text(grouped("state", "export", "--emulator", *other)[1])
    monkeypatch.setenv(VARIABLE, KEY)
    assert grouped("calls", "opt-out", NUMBER, "--why", "asked", *BEFORE)[0] == 0
    code, _, err = grouped("state", "import", "state.json", "--emulator")
    assert (code, "RC504" in err) == (1, True)


def test_an_opt_out_without_the_states_key_is_refused_rather_than_not_heard(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert grouped("calls", "opt-out", "+14155550177", "--why", "asked", *BEFORE)[0] == 0
    monkeypatch.setenv(VARIABLE, OTHER)
    code, _, err = grouped("calls", "opt-out", NUMBER, "--why", "asked", *BEFORE)
    assert (code, "RC504" in err) == (1, True)


def test_the_end_of_a_line_behind_a_key_is_no_part_of_it() -> None:
    assert StateKey.of({VARIABLE: f"{KEY}\n"}) == StateKey(KEY)
    assert KEY not in repr(StateKey(KEY))


def test_what_a_ledger_digests_of_a_call_is_what_the_kind_says_is_hashed() -> None:
    hashed = {name for name, policy in policies(ScheduledCallSpec).items() if policy.hashed}
    spec = dict.fromkeys(policies(ScheduledCallSpec), "0123456789abcdef")
    assert {name for name, value in with_digests(spec, lambda _: "kept").items() if value == "kept"} == hashed


def test_a_digest_is_another_one_in_another_organisation_and_the_same_in_every_store() -> None:
    mine, same, theirs = Digests("1", StateKey(KEY)), Digests("1", StateKey(KEY)), Digests("2", StateKey(KEY))
    assert mine.number(NUMBER) == same.number(NUMBER) != theirs.number(NUMBER)
    assert mine.of(phone_numbers.digest(NUMBER)) == mine.of(mine.number(NUMBER)) == mine.number(NUMBER)


def test_a_key_that_leaked_is_replaced_and_every_call_stays_as_it_was(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert apply(folder) == 0
    assert grouped("calls", "opt-out", OPTED_OUT, "--why", "asked", *BEFORE)[0] == 0
    before = set(re.findall(r"hmac-sha256:[0-9a-f]{64}", kept(folder)))
    monkeypatch.setenv(VARIABLE, f"{KEY}\r\n{OTHER}\n")
    refused = folder.run("dispatch", *DUE, online=False)
    assert (refused.code, refused.written, "reconciler state rekey --emulator" in refused.err) == (1, [], True)
    code, out, _ = grouped("state", "rekey", "--emulator", "--format", "json")
    assert (code, json.loads(out)["rekeyed"]) == (0, 3)  # the call, the opt-out, the check
    assert [digest for digest in before if digest in kept(folder)] == []
    assert folder.run("plan", "--detailed-exitcode", *BEFORE, online=False).code == 0
    assert dispatch(folder) == (0, ["POST /v1/call"])
    assert dispatch(folder) == (0, [])
    code, out, _ = grouped("state", "rekey", "--emulator", "--format", "json")
    assert (code, json.loads(out)["rekeyed"]) == (0, 0)
    folder.write({"out.yaml": document("ScheduledCall", "out", {**CALL, "to_number": OPTED_OUT})})
    assert apply(folder) == 0
    assert dispatch(folder)[1] == []  # who opted out under the old key is not rung under the new one
    monkeypatch.setenv(VARIABLE, KEY)
    assert dispatch(folder) == (1, [])


@pytest.mark.parametrize("key", ["", OTHER, f"{OTHER}\n{KEY}"])
def test_a_state_is_not_keyed_anew_by_who_has_not_its_key(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert apply(folder) == 0
    before = kept(folder)
    monkeypatch.setenv(VARIABLE, key)
    code, _, err = grouped("state", "rekey", "--emulator")
    assert (code, VARIABLE in err) == (1, True)
    assert set(re.findall(r"hmac-sha256:[0-9a-f]{64}", kept(folder))) == set(
        re.findall(r"hmac-sha256:[0-9a-f]{64}", before)
    )


def test_a_hash_exported_under_the_old_key_still_stops_calls(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert grouped("calls", "opt-out", NUMBER, "--why", "asked", *BEFORE)[0] == 0
    (folder.root / "dnc.txt").write_text(grouped("calls", "dnc", "export", "--emulator")[1])
    (folder.root / "reconciler.yaml").write_text("do_not_call: {file: dnc.txt}\n")
    monkeypatch.setenv(VARIABLE, f"{KEY}\n{OTHER}")
    other = ("--state", "sqlite:.reconciler/other.db")
    assert apply(folder, *other) == 0
    assert dispatch(folder, *other)[1] == []


def test_a_secret_that_was_sent_under_the_old_key_is_not_sent_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setenv("TOKEN", "a secret header value")
    spec = {"display_name": "Book", "endpoint_url": "https://example.com/book", "endpoint_method": "POST"}
    tool = {**spec, "spec": {"name": "book"}, "headers": [{"key": "X-Token", "value": "${env:TOKEN}"}]}
    folder.write({"all.yaml": document("Integration", "book", tool)})
    assert apply(folder) == 0
    monkeypatch.setenv(VARIABLE, f"{KEY}\n{OTHER}")
    assert grouped("state", "rekey", "--emulator")[0] == 0
    assert folder.run("plan", "--detailed-exitcode", *BEFORE, online=False).code == 0
