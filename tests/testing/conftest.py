"""A project with an agent and scenarios on the embedded platform, whose requests can be cut or answered otherwise."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from laws.project import Folder, Said, project

from reconciler.emulator import EmulatorTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    Send = Callable[[], httpx.Response]
    Through = Callable[[httpx.Request, Send], httpx.Response]

AGENT = """apiVersion: reconciler/v1
kind: Agent
metadata: {{name: front-desk}}
spec: {{prompt: {prompt}, voice: olivia}}
"""
SCENARIO = """---
apiVersion: reconciler/v1
kind: TestScenario
metadata: {{name: {name}}}
spec: {{agent: front-desk, title: {title}, scenario_prompt: You call.}}
"""


@dataclass
class Tested:
    """A project whose agent is deployed with its scenarios."""

    folder: Folder
    executed: list[httpx.Request] = field(default_factory=list)

    def declare(self, *titles: str, prompt: str = "You answer the telephone.") -> None:
        scenarios = [SCENARIO.format(name=f"scenario-{place}", title=title) for place, title in enumerate(titles)]
        self.folder.write({"all.yaml": "".join([AGENT.format(prompt=prompt), *scenarios])})

    def apply(self, *titles: str) -> None:
        self.declare(*titles)
        said = self.folder.run("apply", "--yes")
        assert said.code == 0, said.text

    def run(self, *options: str, through: Through = lambda _request, send: send()) -> Said:
        with self.requests(through):
            return self.folder.run("test", "--yes", *options)

    def result(self, said: Said) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(said.out)
        return found

    @contextmanager
    def requests(self, through: Through) -> Iterator[None]:
        real = EmulatorTransport.handle_request

        def handle(transport: EmulatorTransport, request: httpx.Request) -> httpx.Response:
            request.read()
            if is_execute(request):
                self.executed.append(request)
            return through(request, lambda: real(transport, request))

        with mock.patch.object(EmulatorTransport, "handle_request", handle):
            yield


def is_execute(request: httpx.Request) -> bool:
    """Whether a request is the one that is paid for."""
    return request.method == "POST" and request.url.path.endswith("/test-runs/execute")


@pytest.fixture
def tested() -> Iterator[Tested]:
    with project() as folder:
        yield Tested(folder)
