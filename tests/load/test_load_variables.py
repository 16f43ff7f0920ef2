"""Show that one set of manifests serves several environments, and no reference is spoken."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.contract.fields import SECRET, Spec
from reconciler.contract.kind import Kind
from reconciler.documents.variables import Variables
from reconciler.errors import InputError
from reconciler.kinds import KINDS
from reconciler.load.reader import Loaded, load
from reconciler.model import Severity
from reconciler.settings import find_project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Read = Callable[..., Loaded]

NOW = datetime(2030, 1, 14, tzinfo=UTC)
HEAD = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: desk}\nspec:\n"
PROJECT = """\
variables: {clinic: Everywhere, hold: 120, quiet: true, id: 613}
environments:
  north: {variables: {clinic: North, opening: 8}}
  south: {}
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(
        manifest: str,
        *,
        environment: str | None = None,
        prompt: str = "",
        kinds: Mapping[str, Kind] = KINDS,
        process: Mapping[str, str] | None = None,
    ) -> Loaded:
        (tmp_path / "reconciler.yaml").write_text(PROJECT, encoding="utf-8")
        (tmp_path / "manifests").mkdir(exist_ok=True)
        (tmp_path / "manifests" / "a.yaml").write_text(manifest, encoding="utf-8")
        (tmp_path / "desk.md").write_text(prompt, encoding="utf-8")
        project = find_project(tmp_path, environment)
        return load([], project, kinds, now=NOW, process=process or {})

    return run


def declared(loaded: Loaded, address: str = "Agent/desk") -> Any:
    assert [finding.message for finding in loaded.findings] == []
    return dict(loaded.resources[address].declared)


def complaints(loaded: Loaded) -> list[tuple[str, str, str]]:
    return [(it.code, str(it.location), it.hint) for it in loaded.findings]


def test_a_variable_of_the_environment_wins_over_that_of_the_project(read: Read) -> None:
    manifest = HEAD + "  prompt: You answer for ${var.clinic}.\n"
    assert declared(read(manifest)) == {"prompt": "You answer for Everywhere."}
    assert declared(read(manifest, environment="north")) == {"prompt": "You answer for North."}
    assert declared(read(manifest, environment="south")) == {"prompt": "You answer for Everywhere."}


def test_a_value_that_is_one_reference_takes_the_variables_type(read: Read) -> None:
    manifest = HEAD + "  ring_duration_seconds: ${var.hold}\n  watchdog_enabled: ${var.quiet}\n"
    assert declared(read(manifest)) == {"ring_duration_seconds": 120, "watchdog_enabled": True}


def test_inside_longer_text_a_value_is_spelled_as_yaml_would(read: Read) -> None:
    manifest = HEAD + '  prompt: "Hold ${var.hold} seconds: ${var.quiet}."\n'
    assert declared(read(manifest)) == {"prompt": "Hold 120 seconds: true."}


def test_prompt_files_are_filled_too(read: Read) -> None:
    loaded = read(
        HEAD + "  prompt: {file: desk.md}\n", environment="north", prompt="For ${var.clinic} from ${var.opening}.\n"
    )
    assert declared(loaded) == {"prompt": "For North from 8.\n"}


def test_a_prompt_file_that_is_one_reference_stays_text(read: Read) -> None:
    assert declared(read(HEAD + "  prompt: {file: desk.md}\n", prompt="${var.hold}\n")) == {"prompt": "120\n"}


def test_the_id_of_an_environment_may_be_a_variable(read: Read) -> None:
    loaded = read(HEAD.replace("{name: desk}", '{name: desk, id: "${var.id}"}') + "  voice: olivia\n")
    assert loaded.resources["Agent/desk"].manifest.id == "613"


def test_a_doubled_dollar_is_the_text_itself(read: Read) -> None:
    assert declared(read(HEAD + "  prompt: Say $${var.other} and $5.\n")) == {"prompt": "Say ${var.other} and $5."}


def test_a_third_dollar_puts_one_before_the_value(read: Read) -> None:
    assert declared(read(HEAD + "  prompt: Pay $$${var.clinic}.\n")) == {"prompt": "Pay $Everywhere."}
    assert declared(read(HEAD + "  prompt: Pay $$$${var.other}.\n")) == {"prompt": "Pay $${var.other}."}


def test_an_escaped_reference_to_a_variable_that_there_is_is_a_warning(read: Read) -> None:
    (finding,) = read(HEAD + "  prompt: The copay is $${var.clinic}.\n").findings
    assert (finding.severity, finding.code) == (Severity.WARNING, "RC155")
    assert "write `$$${var.clinic}` for a dollar sign and the value" in finding.hint


def test_an_unknown_name_is_an_error_at_its_own_line_with_the_nearest(read: Read) -> None:
    loaded = read(HEAD + "  prompt: |\n    You answer.\n    For ${var.clinc}.\n")
    assert complaints(loaded) == [("RC151", "manifests/a.yaml:7:9", "did you mean `clinic`?")]


def test_an_unknown_name_in_a_prompt_file_is_an_error_there(read: Read) -> None:
    loaded = read(HEAD + "  prompt: {file: desk.md}\n", prompt="You answer.\nFor ${var.clinc}.\n")
    assert complaints(loaded) == [("RC151", "desk.md:2:5", "did you mean `clinic`?")]


def test_a_name_of_another_environment_says_which(read: Read) -> None:
    loaded = read(HEAD + "  prompt: From ${var.opening}.\n")
    assert complaints(loaded) == [
        ("RC151", "manifests/a.yaml:5:16", "the environment `north` sets it: add --env north")
    ]


def test_a_value_that_could_not_be_filled_is_complained_about_once(read: Read) -> None:
    loaded = read(HEAD + "  ring_duration_seconds: ${var.hodl}\n  vioce: olivia\n")
    assert [it.code for it in loaded.findings] == ["RC151", "RC110"]


@pytest.mark.parametrize("text", ["${clinic}", "${vars.clinic}", "${var.clinic", "${}", "${VAR.clinic}"])
def test_what_looks_like_a_reference_and_is_none_is_not_spoken(read: Read, text: str) -> None:
    loaded = read(HEAD + f'  prompt: "For {text} now"\n')
    assert [it.code for it in loaded.findings] == ["RC152"]
    assert "$${" in loaded.findings[0].hint


def test_a_reference_in_flow_style_without_quotes_says_that_it_needs_them(read: Read) -> None:
    loaded = read(HEAD.rstrip("\n") + " {prompt: ${var.clinic}}\n")
    assert [(it.code, it.hint) for it in loaded.findings] == [
        ("RC101", 'quote the value: inside braces and brackets write "${…}"')
    ]


def test_what_was_put_in_is_not_looked_at_again() -> None:
    mistakes: list[Any] = []
    assert Variables({"a": "${var.b}", "b": "no"}).fill("<${var.a}>", mistakes) == "<${var.b}>"
    assert mistakes == []


def test_names_and_kinds_are_the_same_in_every_environment(read: Read) -> None:
    loaded = read(HEAD.replace("name: desk", 'name: "${var.clinic}"') + "  voice: olivia\n")
    assert [it.code for it in loaded.findings] == ["RC116"]


def test_locations_stay_right_beside_what_was_filled(read: Read) -> None:
    loaded = read(HEAD + "  prompt: ${var.clinic}\n  product: sparkle\n")
    assert [(it.code, str(it.location)) for it in loaded.findings] == [("RC113", "manifests/a.yaml:6:12")]


def test_the_process_environment_is_out_of_bounds_in_a_field_that_is_shown(read: Read) -> None:
    loaded = read(HEAD + "  prompt: The code is ${env:DOOR}.\n", process={"DOOR": "hunter2"})
    assert [it.code for it in loaded.findings] == ["RC153"]
    assert "hunter2" not in str(loaded.findings)


class VaultSpec(Spec):
    """A kind with a secret, which the vendor may have some day."""

    password: Annotated[str, SECRET]


class Vault(Kind):
    """Holds a secret."""

    name = "Vault"
    spec = VaultSpec

    def observe(self, look: Any) -> tuple[()]:
        return ()


def test_a_secret_field_takes_its_value_from_the_process_environment_and_tells_what_to_hide(read: Read) -> None:
    manifest = HEAD.replace("Agent", "Vault") + "  password: ${env:DOOR}\n"
    loaded = read(manifest, kinds={"Vault": Vault()}, process={"DOOR": "hunter2"})
    assert declared(loaded, "Vault/desk") == {"password": "hunter2"}
    assert loaded.secrets == {"hunter2"}


def test_a_secret_that_is_not_set_is_an_error(read: Read) -> None:
    loaded = read(HEAD.replace("Agent", "Vault") + "  password: ${env:DOOR}\n", kinds={"Vault": Vault()})
    assert complaints(loaded) == [("RC151", "manifests/a.yaml:5:13", "set it before you run: export DOOR=…")]


def test_an_environment_that_is_not_declared_is_refused_with_the_nearest(read: Read) -> None:
    with pytest.raises(InputError) as error:
        read(HEAD + "  voice: olivia\n", environment="nort")
    assert (error.value.code, error.value.hint) == ("RC122", "did you mean `north`?")


def test_a_variable_is_a_single_value(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("variables:\n  days: [1, 2]\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        find_project(tmp_path)
    assert [(it.code, str(it.location)) for it in error.value.findings] == [("RC122", "reconciler.yaml:2:3")]


@given(st.text(alphabet="ab ${}.:var\n", max_size=40))
def test_any_text_is_filled_or_complained_about_and_plain_text_is_left_alone(text: str) -> None:
    mistakes: list[Any] = []
    filled = Variables({"a": "A"}).fill(text, mistakes)
    if "${" not in text:
        assert filled == text
        assert mistakes == []
    for mistake in mistakes:
        assert text[mistake.offset :].startswith(mistake.reference)
