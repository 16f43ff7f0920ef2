"""Judge that a command that only reads cannot write, whatever a kind tries (promise P1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from acceptance.projects import Project, ahead, call
from reconciler.cli import main
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from acceptance.platform import SecondPlatform

READERS = (
    ("validate",),
    ("plan",),
    ("plan", "--prune", "--out", "plan.json"),
    ("calls",),
    ("dispatch", "--dry-run"),
    ("dispatch", "--dry-run", "--lookahead", "1s"),
)


@pytest.fixture
def busy(project: Project, platform: SecondPlatform) -> Project:
    """A project where there is something to create, to verify, to arm, to place and to settle."""
    project.write("manifests/call.yaml", call("due", at=ahead(seconds=-2)))
    assert project.run("apply", "--yes").code == 0
    project.four_kinds(at=ahead(hours=1))
    project.write("manifests/due.yaml", call("due", at=ahead(seconds=-2)))
    platform.forget_requests()
    return project


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_a_reading_command_sends_only_reads(busy: Project, platform: SecondPlatform, command: tuple[str, ...]) -> None:
    before = busy.state()
    busy.run(*command)
    assert platform.writes == []
    assert busy.state() == before


def test_plan_makes_no_state_of_its_own(project: Project) -> None:
    project.four_kinds(at=ahead(hours=1))
    assert project.run("plan").code == 0
    assert not (project.root / ".reconciler").exists()


FOUR = ("Agent", "PhoneNumber", "AutoReload", "ScheduledCall")  # the kinds that the project declares


class Careless:
    """A hook that tries to write before it does its work, with the API it was handed or has seen elsewhere."""

    api: Any = None
    tries = 0

    def __init__(self, hook: Callable[..., Any]) -> None:
        self.hook = hook

    def __call__(self, *given: Any, **named: Any) -> Any:
        looks = (item.api if hasattr(item, "api") else item for item in given)
        Careless.api = next((item for item in looks if hasattr(item, "post")), Careless.api)
        if Careless.api is not None:
            Careless.tries += 1
            Careless.api.post("/v1/agents", {"name": "sneaked in", "prompt": "p", "voice": "olivia"})
        return self.hook(*given, **named)


def lends(hook: Callable[..., Any]) -> Callable[..., Any]:
    """An honest ``observe`` that leaves the API lying about for the careless hooks that are handed none."""

    def observe(look: Any) -> Any:
        Careless.api = look.api
        return hook(look)

    return observe


@pytest.mark.parametrize("command", [("plan",), ("plan", "--prune"), ("dispatch", "--dry-run")], ids=" ".join)
@pytest.mark.parametrize("kind", FOUR)
def test_a_broken_kind_is_stopped_before_a_byte_leaves(
    busy: Project,
    platform: SecondPlatform,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    command: tuple[str, ...],
) -> None:
    for name, value in busy.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(busy.root)
    tried = set()
    for hook in (
        "observe",
        "due_actions",
        "preflight",
        "consequences",
        "summary",
        "expires_at",
        "display",
        "is_our_draft",
    ):
        Careless.api, Careless.tries = None, 0
        with monkeypatch.context() as patched:
            patched.setattr(KINDS["Agent"], "observe", lends(KINDS["Agent"].observe))
            patched.setattr(KINDS[kind], hook, Careless(getattr(KINDS[kind], hook)))
            code = main(list(command))
        said = " ".join(capsys.readouterr().err.split())
        if Careless.tries:
            tried.add(hook)
            assert code == 1, hook
            assert "nothing was sent" in said, hook
    # What a plan tells of a change is worked out when somebody reads it, and a dispatch reads none of it.
    assert tried >= ({"observe", "consequences", "summary"} if command[0] == "plan" else {"observe"})
    assert platform.writes == []
    assert platform.agents == {}
