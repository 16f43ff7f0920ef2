"""One account for every process that opens the file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from emulator.conftest import NOON, RECEPTION, connect
from reconciler.emulator import Fault, Platform, Scenario
from reconciler.schedule.clock import FixedClock

CALL = {"from_number": "+15551230001", "to_number": "+14155550199", "idempotency_key": "one"}
DIAL = """
import sys, httpx
from reconciler.schedule.clock import SystemClock
from reconciler.emulator import EMULATED_KEY, EmulatorTransport, Platform
with Platform(sys.argv[1], SystemClock()) as platform:
    with httpx.Client(base_url="http://emulator", transport=EmulatorTransport(platform)) as http:
        http.headers["Authorization"] = "Bearer " + EMULATED_KEY
        for n in range(20):
            placed = http.post("/v1/call", json={
                "from_number": "+15551230001", "to_number": "+14155550199", "idempotency_key": f"key-{n}",
                "config": {"prompt": "Hi."}})
            print(placed.status_code, placed.json()["call_id"])
"""
WRITE_FOR_EVER = DIAL.replace("for n in range(20)", "for n in __import__('itertools').count()").replace(
    '"call_id"])', '"call_id"], flush=True)'
)


def run(program: str, path: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    return done.stdout.split("\n")[:-1]


def test_what_one_platform_wrote_the_next_one_answers(tmp_path: Path) -> None:
    path = tmp_path / "state" / "emulator.db"
    with Platform(path, FixedClock(NOON), Scenario(agents=(RECEPTION,))) as first, connect(first) as http:
        agent = http.get("/v1/agents").json()[0]["id"]
        http.patch(f"/v1/agents/{agent}", json={"prompt": "Staged."})
        placed = http.post("/v1/call", json={**CALL, "agent_id": agent}).json()
        first.inject(Fault(path="/v1/billing", status=503))
        first.advance(100)
    with Platform(path, FixedClock(NOON), Scenario(balance_cents=0)) as second, connect(second) as http:
        assert http.get(f"/v1/agents/{agent}").json()["draft_prompt"] == "Staged."
        assert http.get("/v1/billing").status_code == 503
        assert http.get("/v1/billing").json()["balance_cents"] == 2498
        replay = http.post("/v1/call", json={**CALL, "agent_id": agent})
        assert (replay.status_code, replay.json()["call_id"]) == (200, placed["call_id"])
        assert replay.json()["status"] == "completed"
        assert len(second.requests()) == 7


def test_two_open_platforms_see_each_others_writes(tmp_path: Path) -> None:
    path, clock = tmp_path / "emulator.db", FixedClock(NOON)
    with Platform(path, clock) as first, Platform(path, clock) as second:
        first.change(balance_cents=5)
        assert second.state()["balance_cents"] == 5


def test_processes_that_dial_the_same_keys_at_once_place_each_call_once(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    with ThreadPoolExecutor() as pool:
        answers = [line.split() for lines in pool.map(run, [DIAL] * 3, [path] * 3) for line in lines]
    assert sorted(status for status, _ in answers) == ["200"] * 40 + ["201"] * 20
    assert len({call for _, call in answers}) == 20


def test_a_killed_process_leaves_a_sound_account_with_all_it_was_told(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"
    process = subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = [process.stdout.readline().split()[1] for _ in range(5)]
    os.kill(process.pid, signal.SIGKILL)
    told += [line.split()[1] for line in process.stdout.read().split("\n")[:-1]]
    process.stdout.close()
    process.wait()
    with Platform(path, FixedClock(NOON)) as platform, connect(platform) as http:
        assert {http.get(f"/v1/calls/{call}").status_code for call in told} == {200}
        assert http.post("/v1/agents", json=RECEPTION).status_code == 201


def test_the_emulator_shares_nothing_with_the_tool_but_the_clock() -> None:
    program = "import sys, reconciler.emulator; print(*sorted(m for m in sys.modules if 'reconciler' in m))"
    loaded = run(program, Path())[0].split()
    others = {name for name in loaded if not name.startswith("reconciler.emulator")}
    assert others <= {"reconciler", "reconciler.schedule", "reconciler.schedule.clock"}
