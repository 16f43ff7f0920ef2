"""What is special about a state in an object store: one object is the commit, and answers get lost."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from reconciler.errors import Conflict, InputError, StoreError
from reconciler.store import Write, object_layout, open_store
from reconciler.store.access import may_write
from store.object_servers import ACCOUNT_KEY, GoogleStorage, google_server
from store.test_store_model import Model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from store.conftest import Place
    from store.object_servers import ObjectServer

on_google = pytest.mark.parametrize("engine", ["gs"])
everywhere = pytest.mark.parametrize("engine", ["s3", "az", "gs"])


@pytest.fixture
def faults() -> Iterator[dict[str, list[str]]]:
    GoogleStorage.seen.clear()
    yield GoogleStorage.faults
    GoogleStorage.faults.clear()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads and parts so small that a few entries fill them."""
    monkeypatch.setattr(object_layout, "INLINE_BYTES", 500)
    monkeypatch.setattr(object_layout, "PART_BYTES", 2_000)
    monkeypatch.setattr(object_layout, "REMEMBERED", 5)


def objects(place: Place) -> dict[str, bytes]:
    """What is in the bucket, by name below the prefix."""
    prefix = place.url.removeprefix("gs://") + "/"
    return {
        name.removeprefix(prefix): body for name, (_, body) in GoogleStorage.objects.items() if name.startswith(prefix)
    }


def put_objects(place: Place, contents: dict[str, bytes]) -> None:
    prefix = place.url.removeprefix("gs://") + "/"
    for name in objects(place):
        del GoogleStorage.objects[prefix + name]
    for name, body in contents.items():
        GoogleStorage.objects[prefix + name] = (next(GoogleStorage.generations), body)


@on_google
def test_a_commit_is_one_request_and_its_head_has_a_serial_and_a_nonce(place: Place, faults: object) -> None:
    store = place.open()
    store.put("key", {"number": 1}, expected=None)
    GoogleStorage.seen.clear()
    store.put_many([Write(f"call/{number}", {"n": number}) for number in range(20)])
    assert [method for method, _ in GoogleStorage.seen] == ["PUT"]
    first = json.loads(objects(place)["head.jsonl"].splitlines()[0])
    assert (first["serial"], first["format"]) == (2, 1)
    store.put("other", {}, expected=None)
    assert json.loads(objects(place)["head.jsonl"].splitlines()[0])["nonce"] != first["nonce"]


@on_google
def test_a_write_whose_answer_was_lost_is_stored_once_and_told_so(place: Place, faults: dict[str, list[str]]) -> None:
    store = place.open()
    first = store.put("key", {"number": 1}, expected=None)
    faults["PUT"] = ["after"]
    second = store.put("key", {"number": 2}, expected=first.version)
    assert place.open(elsewhere=True).get("key") == second
    assert json.loads(objects(place)["head.jsonl"].splitlines()[0])["serial"] == 2


@on_google
@pytest.mark.parametrize("fault", ["before", "503", "429"])
def test_a_write_that_did_not_arrive_is_sent_again(place: Place, faults: dict[str, list[str]], fault: str) -> None:
    store = place.open()
    store.put("first", {}, expected=None)
    faults["PUT"] = [fault, fault]
    written = store.put("key", {"number": 1}, expected=None)
    assert place.open(elsewhere=True).get("key") == written


@on_google
def test_of_a_write_without_an_answer_the_message_says_that_it_is_not_known(
    place: Place, faults: dict[str, list[str]]
) -> None:
    store = place.open()
    store.put("key", {}, expected=None)
    faults["PUT"] = ["after"]
    faults["GET"] = ["503"] * 50
    with pytest.raises(StoreError, match="not known whether `other` was stored"):
        store.put("other", {}, expected=None)
    faults.clear()
    assert place.open(elsewhere=True).get("other") is not None


@on_google
def test_a_lost_race_is_told_as_one_however_much_others_wrote(place: Place, small: None) -> None:
    mine, yours = place.open(), place.open(elsewhere=True)
    mine.put("mine", {}, expected=None)
    for number in range(object_layout.REMEMBERED + 10):
        yours.put(f"yours/{number}", {}, expected=None)
    with pytest.raises(Conflict, match="`yours/1`"):
        mine.put("yours/1", {}, expected=None)
    assert mine.put("mine/2", {}, expected=None)


@on_google
def test_parts_stay_few_and_what_no_head_names_is_removed(place: Place, small: None) -> None:
    store, reader = place.open(), place.open(elsewhere=True, read_only=True)
    for number in range(60):
        store.put(f"key/{number:03}", {"text": "x" * 40}, expected=None)
        if number % 15 == 0:
            reader.refresh()
    for entry in store.list()[:30]:
        store.delete(entry.key, expected=entry.version)
    found = objects(place)
    head = json.loads(found["head.jsonl"].splitlines()[0])
    assert sorted(name for name in found if name != "head.jsonl") == sorted(head["parts"])
    assert len(head["parts"]) <= 10
    reader.refresh()
    assert reader.list() == store.list() == place.open(elsewhere=True).list()
    assert [entry.key for entry in store.list()] == [f"key/{number:03}" for number in range(30, 60)]


@on_google
def test_threads_and_hosts_that_fill_parts_at_once_lose_nothing(place: Place, small: None) -> None:
    stores = [place.open(elsewhere=True) for _ in range(3)]

    def work(number: int) -> None:
        for each in range(12):
            stores[number % 3].put(f"{number}/{each}", {"text": "y" * 60}, expected=None)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(6)))
    assert len(place.open().list()) == 72


@on_google
def test_a_reader_never_sends_anything_but_reads(place: Place, faults: object) -> None:
    place.open().put("key", {}, expected=None)
    GoogleStorage.seen.clear()
    store = place.open(read_only=True)
    store.refresh()
    store.list()
    with pytest.raises(StoreError, match="reading only"):
        store.put("key", {}, expected=None)
    assert {method for method, _ in GoogleStorage.seen} == {"GET"}


@on_google
def test_a_refresh_of_what_has_not_moved_carries_no_state(place: Place, faults: object) -> None:
    store = place.open()
    store.put_many([Write(f"key/{number}", {"text": "x" * 100}) for number in range(2_000)])
    mark = store.refresh()
    GoogleStorage.seen.clear()
    assert store.refresh() == mark
    assert len(GoogleStorage.seen) == 1


@on_google
def test_a_state_whose_head_is_gone_is_not_taken_for_a_new_one(place: Place, small: None) -> None:
    store = place.open()
    for number in range(20):
        store.put(f"key/{number}", {"text": "x" * 60}, expected=None)
    put_objects(place, {name: body for name, body in objects(place).items() if name != "head.jsonl"})
    with pytest.raises(StoreError, match=r"parts of a state but no `head\.jsonl`"):
        place.open()
    with pytest.raises(StoreError, match="removed while it was in use"):
        store.refresh()


@on_google
def test_a_state_that_lacks_a_part_is_not_read_as_less(place: Place, small: None) -> None:
    store = place.open()
    for number in range(20):
        store.put(f"key/{number}", {"text": "x" * 60}, expected=None)
    put_objects(place, {"head.jsonl": objects(place)["head.jsonl"]})
    with pytest.raises(StoreError, match="a part that the head names is not there"):
        place.open()


@on_google
@pytest.mark.parametrize("body", [b"", b"hello", b"{}\n", b'{"format": 1}\n', b'{"format": 1, "serial": "x"}\n'])
def test_what_is_no_state_is_left_alone(place: Place, body: bytes) -> None:
    put_objects(place, {"head.jsonl": body})
    with pytest.raises(StoreError):
        place.open()
    assert objects(place) == {"head.jsonl": body}


@on_google
def test_a_newer_format_is_refused_with_the_upgrade(place: Place) -> None:
    put_objects(place, {"head.jsonl": b'{"format": 2}\n'})
    with pytest.raises(StoreError, match="has format 2, this version reads up to 1") as caught:
        place.open()
    assert "pip install --upgrade thunderphone-reconciler" in caught.value.hint


@everywhere
def test_a_bucket_that_does_not_exist_is_named(place: Place) -> None:
    url = place.url.replace("://", "://no-such-")
    with pytest.raises(StoreError, match=r"there is no (bucket|container) `no-such-"):
        open_store(url, root=place.root)


@on_google
def test_refused_credentials_are_said_without_what_the_service_wrote(
    place: Place, faults: dict[str, list[str]]
) -> None:
    faults["GET"] = ["403"]
    with pytest.raises(StoreError, match="refused these credentials") as caught:
        place.open()
    assert ACCOUNT_KEY not in str(caught.value) + caught.value.hint
    assert "GOOGLE_SERVICE_ACCOUNT" in caught.value.hint


@everywhere
def test_a_service_that_cannot_be_reached_is_an_error_that_names_the_place(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    bound = socket.socket()  # and nobody listens; closed, its port could be given to somebody else
    request.addfinalizer(bound.close)
    bound.bind(("127.0.0.1", 0))
    nobody = f"http://127.0.0.1:{bound.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", f"{nobody}/account")
    account = {
        "gcs_base_url": nobody,
        "disable_oauth": True,
        "client_email": "",
        "private_key": "",
        "private_key_id": "",
    }
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "account.json"))
    with pytest.raises(StoreError) as caught:
        place.open()
    shown = str(caught.value) + caught.value.hint
    assert place.url in shown
    assert not [word for word in ("hunter2", ACCOUNT_KEY) if word in shown]


@pytest.mark.parametrize(
    "url", ["s3://", "s3://b?x=1/p", "s3://key:hunter2@bucket/p", "gs:bucket", "az:///p", "s3://b/../x"]
)
def test_a_setting_that_names_no_bucket_is_an_input_error_that_repeats_nothing(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_store(url, root=tmp_path)
    assert caught.value.code == "RC130"
    assert "hunter2" not in str(caught.value) + caught.value.hint


def test_without_the_library_the_hint_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['obstore'] = None\n"
        "from pathlib import Path\n"
        "from reconciler.errors import StoreError\n"
        "from reconciler.store import open_store\n"
        "try: open_store('s3://bucket/prefix', root=Path())\n"
        "except StoreError as error: print(error.hint)\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout == "pip install 'thunderphone-reconciler[cloud]'\n"


class ObjectModel(Model):
    """Any sequence of operations, with parts that fill all the time."""

    service: ObjectServer

    def __init__(self) -> None:
        self.url = f"gs://{self.service.bucket()}"
        super().__init__()


def test_it_equals_a_dictionary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: None) -> None:
    with google_server(tmp_path) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        ObjectModel.service = service
        case: Any = ObjectModel.TestCase
        case.settings = settings(max_examples=15, stateful_step_count=20, suppress_health_check=list(HealthCheck))
        case("runTest").runTest()


@everywhere
def test_whether_it_may_be_written_is_found_out_without_writing(place: Place) -> None:
    assert may_write(place.url, root=place.root)
    assert place.open(read_only=True).list() == []
    entry = place.open().put("key", {"number": 1}, expected=None)
    assert may_write(place.url, root=place.root)
    assert place.open(elsewhere=True).list() == [entry]


@on_google
def test_a_service_that_lets_nobody_write_is_found_out_without_writing(
    place: Place, faults: dict[str, list[str]]
) -> None:
    place.open().put("key", {}, expected=None)
    faults["PUT"] = ["403"]
    with pytest.raises(StoreError, match="refused these credentials"):
        may_write(place.url, root=place.root)


@on_google
def test_a_service_that_ignores_conditions_is_refused_before_anything_is_stored(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = place.open()
    monkeypatch.setattr(GoogleStorage, "conditional", False)
    with pytest.raises(StoreError, match="ignores the condition of a write"):
        store.put("key", {}, expected=None)
    with pytest.raises(StoreError, match="ignores the condition of a write"):
        may_write(place.url, root=place.root)
    assert objects(place) == {}
