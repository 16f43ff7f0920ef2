"""Open the state of a project as another run would, and to bring calls where they are needed."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from acceptance.projects import ahead, call

from reconciler.state.ledger import Ledger
from reconciler.store import open_store
from reconciler.store.lease import acquire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

ORGANIZATION = "42"
TRIES = "  attempts: {max: 2, gap: 1h, on: [not_answered]}\n"


@contextmanager
def state(project: Project) -> Iterator[Ledger]:
    with open_store("sqlite:.reconciler/state.db", root=project.root, read_only=False) as store:
        yield Ledger(store, ORGANIZATION)


@contextmanager
def another_dispatch(project: Project) -> Iterator[None]:
    """A run elsewhere that is dialling: it holds the lease."""
    with (
        state(project) as ledger,
        acquire(
            ledger.store,
            f"{ORGANIZATION}/lease/dispatch",
            owner="another run",
            now=lambda: datetime.now(UTC),
            sleep=lambda _: None,
        ),
    ):
        yield


def armed(project: Project, text: str) -> None:
    project.write("manifests/call.yaml", text)
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.said


def waiting_for_another_try(project: Project, platform: SecondPlatform) -> str:
    """A call that nobody answered, and that is to be tried again in an hour; returns its document."""
    text = call(at=ahead(seconds=-2), more=TRIES)
    armed(project, text)
    assert project.run("dispatch").code == 0
    platform.end_calls()
    for rang in platform.calls.values():
        rang["sip_answered_at"] = None
    assert project.run("dispatch").code == 0
    platform.forget_requests()
    return text
