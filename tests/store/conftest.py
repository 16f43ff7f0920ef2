"""Give the store's tests a place to store things in, of each of the three sorts."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from postgres_server import PostgresServer, running_server

from reconciler.store import Store, open_store
from store.git_repository import clone, git, new_remote
from store.object_servers import SERVICES, ObjectServer, azure_server, google_server, installed, s3_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ENGINES = ("sqlite", "git", "git-local", "postgres", "s3", "az", "gs")


@dataclass
class Place:
    """Somewhere to store: its URL, the project's folder, and the folders of other hosts that share it."""

    engine: str
    url: str
    root: Path
    opened: list[Store]
    other_root: Callable[[], Path]

    def open(self, *, elsewhere: bool = False, read_only: bool = False) -> Store:
        """Open the store; ``elsewhere`` as another host would."""
        root = self.other_root() if elsewhere else self.root
        self.opened.append(open_store(self.url, root=root, read_only=read_only))
        return self.opened[-1]


@pytest.fixture(autouse=True)
def _git_without_configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path_factory.getbasetemp() / "gitconfig"
    empty.touch()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(empty))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this worker's own, started when first asked for."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[ObjectServer]:
    if not (SERVICES / "bin" / "moto_server").exists():
        pytest.skip("moto is not installed: `make test` installs it into an environment of its own")
    with s3_server() as server:
        yield server


@pytest.fixture(scope="session")
def gs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with google_server(tmp_path_factory.mktemp("google")) as server:
        yield server


@pytest.fixture(scope="session")
def az() -> Iterator[ObjectServer]:
    program = installed("azurite-blob")
    if program is None or shutil.which("node") is None:
        pytest.skip("Azurite is not installed: `make test` installs it where npm is")
    with azure_server(program) as server:
        yield server


@pytest.fixture
def place(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """An empty place of the engine that the test is parametrised with."""
    made = _place(engine, tmp_path, request)
    yield made
    for store in made.opened:
        store.close()


@pytest.fixture
def store(place: Place) -> Store:
    """An open, empty store."""
    return place.open()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a place, or a store in it, is a law: it holds for every engine."""
    if "engine" in metafunc.fixturenames and not any(
        mark.args[0] == "engine" for mark in metafunc.definition.iter_markers("parametrize")
    ):
        metafunc.parametrize("engine", ENGINES)


def _place(engine: str, folder: Path, request: pytest.FixtureRequest) -> Place:
    root = folder / "project"
    match engine:
        case "git":
            remote = new_remote(folder)
            clone(remote, root)
            numbers = iter(range(100))
            return Place(engine, "git:state", root, [], lambda: clone(remote, folder / f"other-{next(numbers)}"))
        case "git-local":
            root.mkdir()
            git(root, "init", "--quiet")
            return Place(engine, "git:state", root, [], lambda: root)
        case "postgres":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            root.mkdir()
            return Place(engine, server.url(), root, [], lambda: root)
        case "s3" | "az" | "gs":
            service: ObjectServer = request.getfixturevalue(engine)
            patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
            for name, value in service.environment.items():
                patch.setenv(name, value)
            root.mkdir()
            return Place(engine, f"{engine}://{service.bucket()}/team/phones", root, [], lambda: root)
    root.mkdir()
    return Place(engine, "sqlite:.reconciler/state.db", root, [], lambda: root)


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return new_remote(tmp_path)


@pytest.fixture
def project(remote: Path) -> Path:
    return clone(remote, remote.parent / "project")


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Callable[..., Store]:
    """Open a store that is closed when the test ends."""

    def open_one(root: Path, url: str = "git:state", *, read_only: bool = False) -> Store:
        store = open_store(url, root=root, read_only=read_only)
        request.addfinalizer(store.close)
        return store

    return open_one
