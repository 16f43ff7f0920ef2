"""What an export writes, and that a plan right after it has nothing to do."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from waiting import until

from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account

    Having = Callable[..., Account]


def agent(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "prompt": f"# Role\nYou are {name}.",
        "report_instructions": "costs ${price}",
        "voice": "olivia",
        **more,
    }


def test_a_plan_right_after_an_export_is_clean(having: Having) -> None:
    account = having(agents=(agent("Front desk"), agent("Night shift")))
    assert account.run("export").code == 0
    assert account.plan().code == 0, account.plan().out
    assert account.writes() == []


def test_an_apply_after_an_export_writes_nothing_and_leaves_the_plan_clean(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    account.run("export")
    account.apply()
    assert account.writes() == []
    assert account.plan().code == 0


def test_a_thousand_agents_are_exported_in_seconds_and_the_plan_is_clean(having: Having) -> None:
    account = having(agents=tuple(agent(f"Agent {number // 2}") for number in range(1000)))
    begun = time.process_time()
    assert account.run("export").code == 0
    assert time.process_time() - begun < 60
    assert len(list((account.root / "manifests/agents").glob("*.yaml"))) == 1000
    assert account.plan().code == 0


def test_an_agent_is_a_file_and_its_prompt_lies_where_init_puts_prompts(having: Having) -> None:
    account = having(agents=(agent("Front desk", voicemail_message="Hi.\nBye."),))
    account.run("export")
    written = account.read("manifests/agents/front-desk.yaml")
    assert written.startswith(
        "apiVersion: reconciler/v1\n"
        "kind: Agent\n"
        f"metadata: {{name: front-desk, id: {account.id('Front desk')}}}\n"
        "spec:\n"
        "  name: Front desk\n"
        "  prompt: {file: prompts/front-desk.md}\n"
        "  voice: olivia\n"
    )
    assert "  voicemail_message: |-\n    Hi.\n    Bye.\n" in written
    assert account.read("prompts/front-desk.md") == "# Role\nYou are Front desk.\n"


def test_a_manifest_names_its_schema_where_there_is_one(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    account.write("schemas/manifest.json", "{}")
    account.run("export")
    written = account.read("manifests/agents/front-desk.yaml")
    assert written.startswith("# yaml-language-server: $schema=../../schemas/manifest.json\napiVersion: ")


def test_what_says_nothing_is_left_out_and_false_is_written(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    account.run("export")
    written = account.read("manifests/agents/front-desk.yaml")
    assert "null" not in written
    assert '""' not in written
    assert "[]" not in written
    assert "watchdog_enabled: false" in written


def test_what_follows_from_another_setting_is_neither_written_nor_named(having: Having) -> None:
    account = having(
        agents=(agent("Desk", product="storm-extra"),), auto_reload={"auto_reload_amount_cents": 0}
    )  # fmt: skip - one account
    said = account.run("export", "--format", "json")
    assert "thinking_level" not in account.read("manifests/agents/desk.yaml")
    assert said.json["left_out"] == []
    assert "RC705" not in account.run("lint").out


def test_two_agents_of_one_name_get_names_of_their_own(having: Having) -> None:
    account = having(agents=(agent("Front desk"), agent("Front desk"), agent("Front desk 2")))
    account.run("export")
    assert {path.stem for path in (account.root / "manifests/agents").glob("*.yaml")} == {
        "front-desk",
        "front-desk-2",
        "front-desk-2-2",
    }
    assert account.plan().code == 0


@pytest.mark.parametrize("name", ["Réception №1", "日本語", "a" * 255, "on", "x\u2028y: #z", "../../etc/passwd"])
def test_any_display_name_makes_a_file_inside_the_folder(having: Having, name: str) -> None:
    account = having(agents=(agent(name),))
    assert account.run("export").code == 0
    assert len(list((account.root / "manifests/agents").glob("*.yaml"))) == 1
    assert account.plan().code == 0


def test_values_that_look_like_something_else_come_back_as_they_are(having: Having) -> None:
    values: dict[str, Any] = {
        "a": "0o17",
        "b": "1e3",
        "on": "yes",
        "d": "- x",
        "e": "+14155550199",
        "f": "2026-12-01",
        "g": "a: b # c",
        "h": "trailing ",
        "i": "\ttab",
        "j": [[], {}, [1, [2.5, None]]],
        "k": "x\n\n",
        "l": "\n x",
        "m": "é😀\u0085",
        "n": "${var.x} $${y ${a${b} $$${",
        "o": "a ${",
    }  # fmt: skip - a table
    account = having(agents=(agent("Front desk", business_hours=values, voicemail_message="  x\n y\n"),))
    account.run("export")
    assert account.plan().code == 0, account.plan().out
    account.apply()
    assert account.writes() == []


def test_a_number_names_its_agents_and_never_its_secret(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    desk = account.id("Front desk")
    account.platform.change(numbers=[{"number": "+15551230001", "inbound_agent_id": desk}])
    account.run("export")
    written = account.read("manifests/phone-numbers.yaml")
    assert "  inbound_agent: front-desk\n" in written
    assert "secret" not in written
    assert account.plan().code == 0


def test_a_number_alone_does_not_name_an_agent_that_nobody_declares(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    desk = account.id("Front desk")
    account.platform.change(numbers=[{"number": "+15551230001", "inbound_agent_id": desk}])
    ran = account.run("export", "--kind", "PhoneNumber", "--format", "json")
    assert [one["path"] for one in ran.json["left_out"]] == ["inbound_agent"]
    assert not (account.root / "manifests/agents").exists()
    assert account.plan().code == 0


def test_what_is_declared_already_is_not_exported_again(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    account.run("export")
    account.platform.change(agents=[agent("Night shift")])
    ran = account.run("export", "--format", "json")
    assert ran.json["exported"] == ["Agent/night-shift"]
    assert account.plan().code == 0


def test_a_file_in_the_way_is_named_and_nothing_is_written(having: Having) -> None:
    account = having(agents=(agent("Front desk"), agent("Night shift")))
    account.write("prompts/front-desk.md", "mine\n")
    ran = account.run("export")
    assert ran.code == 1
    assert "prompts/front-desk.md" in ran.err
    assert account.read("prompts/front-desk.md") == "mine\n"
    assert not list(account.root.rglob("*.yaml"))


def test_a_file_that_says_the_same_is_not_in_the_way(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    account.write("prompts/front-desk.md", "# Role\nYou are Front desk.\n")
    assert account.run("export").code == 0


def test_a_folder_outside_the_project_is_refused(having: Having) -> None:
    account = having()
    ran = account.run("export", str(account.root.parent / "elsewhere"))
    assert ran.code == 1
    assert "RC142" in ran.err


def test_prune_before_the_export_is_merged_deletes_nothing(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    account.run("export")
    for path in (account.root / "manifests/agents").glob("*.yaml"):
        path.unlink()
    ran = account.run("apply", "--yes", "--prune")
    assert ran.code == 3
    assert account.writes() == []


def test_without_binding_the_plan_adopts(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    account.run("export", "--no-bind")
    assert account.plan().code == 2
    account.apply()
    assert account.plan().code == 0
    assert account.writes() == []


def test_a_value_this_version_cannot_declare_is_named_and_left_out(having: Having) -> None:
    account = having(agents=(agent("Front desk"),), auto_reload={"auto_reload_amount_cents": -5})
    ran = account.run("export", "--format", "json")
    assert {"address": "AutoReload/auto-reload", "path": "amount_cents"}.items() <= ran.json["left_out"][0].items()
    assert account.plan().code == 0


def test_a_foreign_draft_is_not_exported_and_the_plan_is_clean(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    account.platform.change(agents=[{"id": account.id("Front desk"), "draft": {"voice": "john"}}])
    account.run("export")
    assert "voice: olivia" in account.read("manifests/agents/front-desk.yaml")
    assert account.plan().code == 0


def test_a_killed_export_is_finished_by_the_next(having: Having) -> None:
    account = having(agents=tuple(agent(f"Agent {number}") for number in range(400)))
    command = [sys.executable, "-m", "reconciler", "export", "--emulator"]
    process = subprocess.Popen(command, cwd=account.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: list(account.root.glob("prompts/*.md")), "the first files")
    process.kill()
    process.wait()
    assert account.run("state", "unlock").code == 0
    ran = account.run("export")
    assert ran.code == 0, ran.err
    assert account.plan().code == 0


def test_where_the_state_cannot_be_written_the_files_are_and_it_is_said(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    ran = account.run("export", "--state", "sqlite:/proc/none/state.db")
    assert ran.code == 0
    assert "ids are not bound in the state" in ran.err
    assert (account.root / "manifests/agents/front-desk.yaml").exists()


def test_only_what_somebody_set_is_written_when_that_is_asked_for(having: Having) -> None:
    account = having(agents=(agent("Front desk", watchdog_enabled=True, silence_checkins_enabled=False),))
    account.run("export", "--only-set")
    written = account.read("manifests/agents/front-desk.yaml")
    assert "watchdog_enabled: true\n" in written
    assert "silence_checkins_enabled: false\n" in written
    assert [line.split(":")[0].strip() for line in written.partition("spec:\n")[2].splitlines()] == [
        "name",
        "prompt",
        "voice",
        "outbound_speak_order",
        "silence_checkins_enabled",
        "report_instructions",
        "call_summary_enabled",
        "watchdog_enabled",
    ]
    assert not (account.root / "manifests/auto-reload.yaml").exists()
    assert account.plan().code == 0
    account.apply()
    assert account.writes() == []


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("预约提醒", "yuyuetixing"),
        ("Прием", "priem"),
        ("Straße", "strasse"),
        ("CON", "agent-con"),
        ("107", "agent-107"),
    ],
)
def test_a_name_is_made_of_plain_letters_and_is_a_file_on_every_system(having: Having, shown: str, name: str) -> None:
    account = having(agents=(agent(shown),))
    account.run("export")
    assert f"\n  name: {shown}\n" in account.read(f"manifests/agents/{name}.yaml").replace('"', "")
    assert account.plan().code == 0


def test_an_export_where_there_is_no_project_writes_the_least_that_one_needs(having: Having) -> None:
    account = having()
    ran = account.run("export", "--format", "json")
    assert "reconciler.yaml" in ran.json["files"]
    assert account.plan().code == 0
    account.write("reconciler.yaml", "limits: {calls_per_run: 3}\n")
    account.run("export")
    assert account.read("reconciler.yaml") == "limits: {calls_per_run: 3}\n"


def a_campaign() -> dict[str, Any]:
    """As the platform tells one that somebody made in the dashboard."""
    hours = {"daily_window_start": "09:00:00", "daily_window_end": "17:30:00", "timezone": "America/New_York"}
    return {"name": "Recall", "agent": 1001, "from_number": "+15551230001", **hours}


def test_a_campaign_keeps_its_hours_and_names_the_number_it_calls_from(having: Having) -> None:
    account = having(agents=(agent("Front desk"),), objects={"campaigns": (a_campaign(),)})
    ran = account.run("export", "--format", "json")
    assert [it for it in ran.json["left_out"] if it["address"].startswith("Campaign/")] == []
    written = account.read("manifests/campaign/recall.yaml")
    assert '  daily_window_start: "09:00"\n  daily_window_end: "17:30"\n' in written
    assert "  from: main-line\n" in written
    assert "from_number" not in written
    assert account.plan().code == 0, account.plan().out


def test_a_campaign_whose_number_no_document_has_says_the_number_itself(having: Having) -> None:
    account = having(agents=(agent("Front desk"),), objects={"campaigns": (a_campaign(),)})
    ran = account.run("export", "--kind", "Campaign", "--kind", "Agent", "--format", "json")
    assert [it for it in ran.json["left_out"] if it["path"] == "from"] == []
    assert '  from_number: "+15551230001"\n' in account.read("manifests/campaign/recall.yaml")
    assert account.plan().code == 0, account.plan().out


def test_prompts_lie_beside_the_manifests_of_another_folder(having: Having) -> None:
    account = having(agents=(agent("Front desk"),))
    assert account.run("export", "found").code == 0
    assert account.read("found/agents/prompts/front-desk.md") == "# Role\nYou are Front desk.\n"


@pytest.mark.parametrize("sets", [["--from-account"], []])
def test_init_and_then_export_end_in_a_clean_plan_without_samples(having: Having, sets: list[str]) -> None:
    account = having(agents=(agent("Front desk"), agent("Night shift")))
    assert main(["init", "--ci", "none", *sets]) == 0
    ran = account.run("export", "--format", "json")
    assert ran.code == 0, ran.err
    assert sorted(it for it in ran.json["exported"] if it.startswith("Agent/")) == [
        "Agent/front-desk",
        "Agent/night-shift",
    ]
    assert not (account.root / "manifests/agents.yaml").exists()
    assert sorted(path.name for path in (account.root / "prompts").iterdir()) == ["front-desk.md", "night-shift.md"]
    assert account.plan().code == 0, account.plan().out


def test_a_sample_that_somebody_touched_or_applied_stays(having: Having) -> None:
    account = having(agents=(agent("Night shift"),))
    main(["init", "--ci", "none"])
    account.write("manifests/agents.yaml", account.read("manifests/agents.yaml").replace("olivia", "john", 1))
    assert account.run("export", "--format", "json").json["removed"] == []
    assert "voice: john" in account.read("manifests/agents.yaml")


def test_samples_that_were_applied_are_agents_like_any_other(having: Having) -> None:
    account = having(agents=(agent("Night shift"),))
    main(["init", "--ci", "none"])
    account.apply()
    assert account.run("export", "--format", "json").json["removed"] == []
    assert account.plan().code == 0
