"""What drift says, and how it finds its way back into the files."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from adoption.agents_to_drift import AGENTS, PATH, PROMPT
from reconciler.documents import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account

    Having = Callable[..., Account]


@pytest.fixture
def account(having: Having) -> Account:
    """Two agents and a number, applied."""
    account = having()
    account.write(PATH, AGENTS)
    account.write(PROMPT, "# Role\r\nYou answer.\r\n\r\n")
    account.apply()
    account.platform.forget_requests()
    return account


def edited(old: str, new: str, text: str = AGENTS) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def test_nothing_outside_is_no_drift(account: Account) -> None:
    assert account.run("drift").code == 0


def test_a_change_of_the_manifest_is_no_drift(account: Account) -> None:
    account.write(PATH, edited("'olivia'", "'john'"))
    assert account.run("drift").code == 0
    assert account.plan().code == 2


def test_an_edit_in_the_dashboard_is_drift_with_both_sides_and_the_line(account: Account) -> None:
    account.edit("Front desk", voice="john")
    ran = account.run("drift", "--format", "json")
    assert ran.code == 2
    (found,) = ran.json["drift"]
    assert (found["address"], found["what"]) == ("Agent/front-desk", "drift")
    assert found["fields"] == [
        {
            "path": "voice",
            "declared": "olivia",
            "live": "john",
            "changed_by": "dashboard",
            "source": {"path": PATH, "line": 9, "column": 12},
        }
    ]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_people_read_both_sides(account: Account, form: str) -> None:
    account.edit("Front desk", voice="john")
    ran = account.run("drift", "--format", form)
    assert ran.code == 2
    assert "Agent/front-desk" in ran.out
    assert ran.out.index("olivia") < ran.out.index("john")


def test_in_markdown_a_prompt_is_a_diff_and_the_next_step_comes_last(account: Account) -> None:
    account.edit("Front desk", prompt="# Role\nYou answer politely, and you never give advice on anything medical.\n")
    lines = account.run("drift", "--format", "markdown").out.splitlines()
    start = lines.index("```diff")
    assert "-You answer." in lines[start:]
    assert "+You answer politely, and you never give advice on anything medical." in lines[start:]
    assert "drift --write" in lines[-1]
    assert lines[-1].startswith("Next: ")


def test_a_field_both_sides_changed_is_named_as_such(account: Account) -> None:
    account.edit("Front desk", voice="john")
    account.write(PATH, edited("'olivia'", "emma"))
    (found,) = account.run("drift", "--format", "json").json["drift"]
    assert found["what"] == "conflict"
    assert found["fields"][0]["changed_by"] == "both"


def test_an_agent_deleted_outside_is_drift(account: Account) -> None:
    account.platform.change(agents=[{"id": account.id("Night shift"), "delete": True}])
    (found,) = account.run("drift", "--format", "json").json["drift"]
    assert (found["address"], found["what"]) == ("Agent/night-shift", "deleted_outside")


def test_a_number_that_is_gone_is_drift(account: Account) -> None:
    account.platform.change(numbers=[{"number": "+15551230001", "delete": True}])
    (found,) = account.run("drift", "--format", "json").json["drift"]
    assert (found["address"], found["what"]) == ("PhoneNumber/main-line", "deleted_outside")


def test_a_foreign_draft_is_drift(account: Account) -> None:
    account.platform.change(agents=[{"id": account.id("Night shift"), "draft": {"voice": "john"}}])
    (found,) = account.run("drift", "--format", "json").json["drift"]
    assert (found["address"], found["what"]) == ("Agent/night-shift", "foreign_draft")
    assert [(one["path"], one["declared"], one["live"]) for one in found["fields"]] == [("voice", "olivia", "john")]


def test_the_next_step_of_a_draft_is_in_the_dashboard_where_it_was_made(account: Account) -> None:
    account.platform.change(agents=[{"id": account.id("Night shift"), "draft": {"voice": "john"}}])
    ran = account.run("drift")
    assert "next: deploy or discard each draft in the dashboard\n" in ran.err
    assert "voice  olivia → john" in ran.out
    assert "reconciler apply" not in ran.err
    kept = account.read(PATH)
    assert account.run("drift", "--write").code == 2
    assert account.read(PATH) == kept


def test_what_was_never_applied_with_this_state_is_said(account: Account) -> None:
    ran = account.run("drift", "--format", "json", "--state", "sqlite:.reconciler/other.db")
    assert ran.code == 0
    assert "Agent/front-desk" in ran.json["unknown"]


def test_an_unreadable_state_is_an_error_and_not_no_drift(account: Account) -> None:
    account.write(".reconciler/broken.db", "this is no database at all, not even a little one" * 50)
    ran = account.run("drift", "--state", "sqlite:.reconciler/broken.db")
    assert ran.code == 1


@pytest.mark.parametrize(
    ("live", "old", "new"),
    [
        ({"voice": "john"}, "'olivia'", "'john'"),
        ({"silence_interval_seconds": 25}, "10 # seconds", "25 # seconds"),
        ({"name": 'The "desk"'}, '"Front desk"', '"The \\"desk\\""'),
        (
            {"voicemail_message": "Please\n\nring again."},
            "|\n      Please call\n      back.\n",
            "|\n      Please\n\n      ring again.\n",
        ),
        ({"voicemail_message": "Later."}, "|\n      Please call\n      back.\n", "|\n      Later.\n"),
        ({"additional_languages": ["es", "de", "fr"]}, "[es,  fr]", "[es, fr, de]"),
        ({"additional_languages": []}, "[es,  fr]", "[]"),
        (
            {
                "transfer_destinations": [
                    {"name": "office", "number": "+14155550177"},
                    {"name": "owner", "number": "+14155550101"},
                ]
            },
            '"+14155550100"',
            '"+14155550177"',
        ),
        (
            {"transfer_destinations": [{"name": "owner", "number": "+14155550101"}]},
            '    - name: office   # ground floor\n      number: "+14155550100"\n    # the owner\n',
            "    # the owner\n",
        ),
        (
            {
                "transfer_destinations": [
                    {"name": "new", "number": "+14155550109"},
                    {"name": "office", "number": "+14155550100"},
                    {"name": "owner", "number": "+14155550101"},
                ]
            },
            'number: "+14155550101"}\n',
            'number: "+14155550101"}\n    - {name: new, number: "+14155550109"}\n',
        ),
    ],
)
def test_an_edit_goes_back_into_its_place_and_nothing_else_moves(
    account: Account, live: dict[str, Any], old: str, new: str
) -> None:
    account.edit("Front desk", **live)
    ran = account.run("drift", "--write")
    assert ran.code == 0, ran.out + ran.err
    assert account.read(PATH) == edited(old, new)
    assert account.read(PROMPT) == "# Role\r\nYou answer.\r\n\r\n"
    assert account.plan().code == 0, account.plan().out
    assert account.run("drift").code == 0
    assert account.writes() == []


def test_a_prompt_goes_back_into_its_own_file_with_its_line_ends(account: Account) -> None:
    account.edit("Front desk", prompt="# Role\nYou answer at once.\n\n# Hours\nAlways.")
    ran = account.run("drift", "--write")
    assert ran.code == 0
    assert account.read(PROMPT) == "# Role\r\nYou answer at once.\r\n\r\n# Hours\r\nAlways.\r\n\r\n"
    assert account.read(PATH) == AGENTS
    assert f"+++ b/{PROMPT}" in ran.out
    assert account.plan().code == 0


def test_a_line_that_becomes_many_becomes_a_block(account: Account) -> None:
    account.edit("Night shift", prompt="You answer at night.\n\nBe brief: always.")
    assert account.run("drift", "--write").code == 0
    assert account.read(PATH) == edited(
        "prompt: You answer at night.", "prompt: |-\n    You answer at night.\n\n    Be brief: always."
    )
    assert account.plan().code == 0


def test_another_agent_is_written_as_its_name(account: Account) -> None:
    night = account.id("Night shift")
    account.platform.change(numbers=[{"number": "+15551230001", "inbound_agent_id": night}])
    assert account.run("drift", "--write").code == 0
    assert account.read(PATH) == edited("inbound_agent: front-desk ", "inbound_agent: night-shift ")
    assert account.plan().code == 0


def test_no_agent_at_all_is_written_as_null(account: Account) -> None:
    account.platform.change(numbers=[{"number": "+15551230001", "inbound_agent_id": None}])
    assert account.run("drift", "--write").code == 0
    assert account.read(PATH) == edited("inbound_agent: front-desk ", "inbound_agent: null ")
    assert account.plan().code == 0


def test_an_agent_that_nobody_declares_is_left_for_a_person(account: Account) -> None:
    account.platform.change(agents=[{"name": "Stranger", "prompt": "x", "voice": "olivia"}])
    account.platform.change(numbers=[{"number": "+15551230001", "inbound_agent_id": account.id("Stranger")}])
    ran = account.run("drift", "--write")
    assert ran.code == 2
    assert "which no manifest declares" in ran.err
    assert account.read(PATH) == AGENTS


def test_several_edits_of_one_file_all_arrive(account: Account) -> None:
    account.edit("Front desk", voice="john", voicemail_message="a\nb\nc\nd", additional_languages=["de"])
    account.edit("Night shift", voice="john", prompt="One.\nTwo.")
    assert account.run("drift", "--write").code == 0
    assert account.plan().code == 0
    assert "# Chosen by Ann after the trial." in account.read(PATH)


def test_what_both_changed_is_left_unless_theirs_is_asked_for(account: Account) -> None:
    mine = edited("'olivia'", "emma")
    account.edit("Front desk", voice="john")
    account.write(PATH, mine)
    ran = account.run("drift", "--write")
    assert ran.code == 2
    assert "changed here and in the dashboard" in ran.err
    assert account.read(PATH) == mine
    assert account.run("drift", "--write", "--theirs").code == 0
    assert account.read(PATH) == edited("'olivia'", "john")
    assert account.plan().code == 0


def test_a_dry_run_shows_the_difference_and_writes_nothing(account: Account) -> None:
    account.edit("Front desk", voice="john")
    ran = account.run("drift", "--write", "--dry-run")
    assert "-    voice: 'olivia'   # the calm one\n+    voice: 'john'   # the calm one\n" in ran.out
    assert account.read(PATH) == AGENTS


def test_dry_run_without_write_is_a_usage_error(account: Account) -> None:
    assert account.run("drift", "--dry-run").code == 1


def test_a_prompt_that_another_agent_reads_too_is_left_for_a_person(account: Account) -> None:
    account.write(PATH, edited("prompt: You answer at night.", "prompt: {file: prompts/front-desk.md}"))
    account.apply()
    account.edit("Front desk", prompt="Mine alone.")
    ran = account.run("drift", "--write")
    assert ran.code == 2
    assert "Agent/night-shift (prompt) reads too" in ran.err
    assert account.read(PROMPT) == "# Role\r\nYou answer.\r\n\r\n"


ANCHORS = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: a}
spec: &base
  prompt: &words Hello there.
  voice: &calm olivia   # for all
  voicemail_message: *words
  report_instructions: *words # same words
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: b}
spec: {prompt: p, voice: olivia, voicemail_message: x}
"""


def test_an_alias_gives_way_to_the_value_and_its_anchor_stays(account: Account) -> None:
    account.write("manifests/anchors.yaml", ANCHORS)
    account.apply()
    account.edit("a", report_instructions="Other words.")
    assert account.run("drift", "--write").code == 0
    assert account.read("manifests/anchors.yaml") == edited("*words # same", "Other words. # same", ANCHORS)
    assert account.plan().code == 0


def test_an_anchor_that_others_refer_to_is_left_for_a_person(account: Account) -> None:
    account.write("manifests/anchors.yaml", ANCHORS)
    account.apply()
    account.edit("a", prompt="Other words.")
    ran = account.run("drift", "--write")
    assert ran.code == 2
    assert "an anchor" in ran.err
    assert account.read("manifests/anchors.yaml") == ANCHORS


def test_a_value_that_is_merged_in_is_left_for_a_person(account: Account) -> None:
    text = AGENTS.replace("  name: Night shift\n", "  <<: {voice: olivia}\n  name: Night shift\n").replace(
        "  prompt: You answer at night.\n  voice: olivia\n", "  prompt: You answer at night.\n"
    )
    account.write(PATH, text)
    account.apply()
    account.edit("Night shift", voice="john")
    ran = account.run("drift", "--write")
    assert ran.code == 2
    assert account.read(PATH) == text


def test_windows_line_ends_stay(account: Account) -> None:
    text = AGENTS.replace("\n", "\r\n")
    account.write(PATH, text)
    account.edit("Front desk", voicemail_message="a\nb\nc")
    assert account.run("drift", "--write").code == 0
    assert account.read(PATH).count("\r\n") == account.read(PATH).count("\n")
    assert account.plan().code == 0


def test_a_file_keeps_its_permissions_and_a_link_stays_one(account: Account) -> None:
    real = account.write("shared.yaml", ANCHORS)
    real.chmod(0o640)
    link = account.root / "manifests/link.yaml"
    link.symlink_to(real)
    account.apply()
    account.edit("b", voice="john")
    assert account.run("drift", "--write").code == 0
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "{prompt: p, voice: john, voicemail_message: x}" in real.read_text()


def test_drift_as_a_process_exits_two_and_writes_nothing_to_the_account(account: Account) -> None:
    account.edit("Front desk", voice="john")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THUNDERPHONE")}
    ran = subprocess.run(
        [sys.executable, "-m", "reconciler", "drift", "--emulator", "--format", "json"],
        cwd=account.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip - one command
    assert ran.returncode == 2, ran.stderr
    assert account.writes() == []


def test_what_went_back_is_the_base_after_the_next_apply(account: Account) -> None:
    account.edit("Front desk", voice="john")
    account.run("drift", "--write")
    account.apply()
    assert account.writes() == []
    account.edit("Front desk", voice="emma")
    (found,) = account.run("drift", "--format", "json").json["drift"]
    assert found["fields"][0]["changed_by"] == "dashboard"


VARIABLES = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: a}
spec:
  prompt: Welcome to ${var.place}.
  voice: ${var.voice}
  voicemail_message: Costs $${nothing}.
  report_instructions: plain
"""


def test_what_refers_to_a_variable_is_left_and_what_looks_so_is_spelled_as_text(account: Account) -> None:
    account.write("reconciler.yaml", "variables: {place: Town, voice: olivia}\n")
    account.write("manifests/variables.yaml", VARIABLES)
    account.apply()
    account.edit("a", prompt="Bye.", voice="john", voicemail_message="Costs ${a${b}.", report_instructions="${var.x}")
    ran = account.run("drift", "--write", "--format", "json")
    assert ran.code == 2
    assert [one["path"] for one in ran.json["left"]] == ["prompt", "voice"]
    changed = edited("$${nothing}", "$${a${b}", VARIABLES)
    written = account.read("manifests/variables.yaml")
    assert documents_of(written) == documents_of(edited("plain", "$${var.x}", changed))
    plan = account.run("plan", "--format", "json").json
    (change,) = [change for change in plan["changes"] if change["action"] != "keep"]
    assert [field["path"] for field in change["fields"]] == ["prompt", "voice"]


def documents_of(text: str) -> list[Any]:
    return [part.value for part in reading.read(text, "") if isinstance(part, reading.Document)]


def test_what_is_made_in_the_dashboard_is_counted_in_plan_and_drift_until_it_is_exported(account: Account) -> None:
    account.platform.change(agents=[{"name": "Night shift 2", "prompt": "You answer.", "voice": "olivia"}])
    ran = account.run("drift", "--format", "json")
    assert (ran.code, ran.json["undeclared"]) == (0, {"Agent": 1})
    told = "Declared nowhere: 1 Agent (Night shift 2); `reconciler export"
    assert told in account.run("drift").out.replace("\n", " ")
    assert told in account.run("plan").out.replace("\n", " ")
    assert account.run("export").code == 0
    assert "Declared nowhere" not in account.run("plan").out
