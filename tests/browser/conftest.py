"""A real browser, and a page that the tool itself wrote for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

CHROMIUM = "/usr/bin/chromium"  # Debian's; Playwright would download a browser of its own
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CHECKOUT = Path(__file__).resolve().parents[2]
NOW = "2030-01-14T14:00:00Z"
EVIL = "</style><script>document.title='owned'</script><img src='https://evil.invalid/x.png' onerror='alert(1)'>"
MORE_AGENTS = f"""
---
apiVersion: reconciler/v1
kind: Agent
metadata: {{name: second-try}}
spec:
  name: "Second try {EVIL}"
  prompt: "You are an assistant of Harbor Dental, calling about your visit. {EVIL}"
  voice: olivia
  outbound_speak_order: agent_first
"""
MORE_CALLS = """
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: weekly-check-in}
spec:
  from: main-line
  to_number: "+13105550188"
  agent: second-try
  attempts: {max: 2, gap: 30m, on: [not_answered]}
  schedule: {cron: "0 9 * * 1,4", timezone: America/New_York}
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: toll-free-survey}
spec:
  from: survey-line
  to_number: "+18005550123"
  agent: visit-survey
  variables: {first_name: Ada, visit: your visit}
  at: 2030-01-18T14:00:00
  timezone: America/Chicago
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless browser with a fresh profile; its absence is a failure in CI and a reason to skip elsewhere."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing: `.ci/run` installs it", pytrace=False)
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        yield browser
        browser.close()


def run(project: Path, *arguments: str) -> str:
    """What the tool prints when it is run on a project."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("THUNDERPHONE", "RECONCILER"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments, "--emulator", "--now", NOW],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the pages are: a plan of everything there is to see, and the calls."""
    project = tmp_path_factory.mktemp("browser") / "project"
    shutil.copytree(CHECKOUT / "examples" / "05-gitops-repository", project)
    run(project, "apply", "--yes")
    agents, calls = project / "manifests/agents.yaml", project / "manifests/calls/2030-01.yaml"
    prompt, billing = project / "prompts/front-desk.md", project / "manifests/billing.yaml"
    agents.write_text(agents.read_text().replace("voice: john", "voice: olivia") + MORE_AGENTS)
    calls.write_text(calls.read_text() + MORE_CALLS)
    prompt.write_text(prompt.read_text().replace("8 to 5", "7 to 6") + f"\n# Prices\n\nNever quote one. {EVIL}\n")
    billing.write_text(billing.read_text().replace("monthly_limit_cents: 20000", "monthly_limit_cents: 30000"))
    found = {}
    for name in ("plan", "calls"):
        page = project / f"{name}.html"
        page.write_text(run(project, name, "--format", "html"), encoding="utf-8")
        found[name] = page.as_uri()
    return found
