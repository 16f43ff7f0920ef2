# ruff: noqa: INP001 - a script to read and run, not part of a package
"""Shows the main job once, for real, on the embedded platform: no account, nobody is called.

`make demo` runs it. It copies `05-gitops-repository` into `.reconciler/demo` of this checkout (made anew each
time), runs the commands a team would run, prints each with its real output, and stops at the first one that
does not do what it should. The clock is set with `--now`, so that a call of January 2030 is due today.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
EXAMPLE = CHECKOUT / "examples" / "05-gitops-repository"
FOLDER = CHECKOUT / ".reconciler" / "demo"
WIDTH = 80
LONGEST_SECONDS = 60
# What the reader's own settings would change: which account, which state, how it looks.
FOREIGN = ("THUNDERPHONE_", "RECONCILER_", "FORCE_COLOR")

MONDAY = "--emulator --now 2030-01-14T14:00Z"
TUESDAY = "--emulator --now 2030-01-15T20:01Z"
LATER = "--emulator --now 2030-01-15T20:04Z"


@dataclass(frozen=True, slots=True)
class Step:
    """One command: what it is for, its arguments, the exit code it must have and what it must say."""

    purpose: str
    arguments: str
    says: tuple[str, ...]
    code: int = 0


STEPS = (
    Step("Check the manifests, offline.", "validate", ("9 documents, valid",)),
    Step(
        "Monday. What would change, what does it cost, whom does it ring?",
        f"plan {MONDAY} --out plan.json",
        ("3 to create", "1 to verify", "3 to arm", "rings 3 people"),
    ),
    Step(
        "The plan was approved. Do just that; anything else would be refused.",
        f"apply {MONDAY} --plan plan.json",
        ("Applied: 10 done.",),
    ),
    Step(
        "Nothing is left to do (it would exit 2 otherwise).",
        f"plan {MONDAY} --detailed-exitcode",
        ("No changes",),
    ),
    Step(
        "Tuesday, 15:01 in New York: one call is due, and only dispatch dials.",
        f"dispatch {TUESDAY}",
        ("placed", "confirm-visit-4711", "1 call: 1 placed."),
    ),
    Step(
        "The timer fires twice. The telephone does not ring twice.",
        f"dispatch {TUESDAY}",
        ("No call is due",),
    ),
    Step(
        "Three minutes later: how did it end?",
        f"calls {LATER}",
        ("completed", "42 s", "recording", "2 armed"),
    ),
)

ENDING = """
That was the whole job: declared, planned, applied, placed once, followed.

Where to go next
  examples/              five projects to copy, each with its three commands
  README.md              a first manifest, and the way to a live account in CI
  .reconciler/demo/      this project as it stands now; look around with
                         cd .reconciler/demo
                         ../../.venv/bin/reconciler plan --emulator --full
"""


def main() -> int:
    """Run every step; 0 when all of them did what they should."""
    prepare()
    say(f"A copy of examples/{EXAMPLE.name} in {FOLDER.relative_to(CHECKOUT)}, on the emulator.")
    for step in STEPS:
        if (complaint := run(step)) is not None:
            sys.stderr.write(f"\ndemo stopped: {complaint}\n")
            return 1
    say(ENDING)
    return 0


def prepare() -> None:
    """A fresh copy of the example, with nothing remembered of an earlier demo."""
    if FOLDER.exists():
        shutil.rmtree(FOLDER)
    shutil.copytree(EXAMPLE, FOLDER, ignore=shutil.ignore_patterns(".reconciler", "plan.json"))


def run(step: Step) -> str | None:
    """Run one command and show it; what is wrong with how it went, or None."""
    say(f"\n# {step.purpose}\n$ reconciler {step.arguments}")
    try:
        done = subprocess.run(  # noqa: S603 - our own command line, with the arguments above
            [sys.executable, "-m", "reconciler", *shlex.split(step.arguments)],
            cwd=FOLDER,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"`reconciler {step.arguments}` did not end within {LONGEST_SECONDS} s"
    say(done.stdout.rstrip("\n"))
    return complaint_about(step, done.returncode, done.stdout)


def complaint_about(step: Step, code: int, output: str) -> str | None:
    """What a step did not do as it should, in one sentence; None when all is well."""
    if code != step.code:
        return f"`reconciler {step.arguments}` exited {code}, expected {step.code}"
    missing = [text for text in step.says if text not in output]
    if missing:
        return f"`reconciler {step.arguments}` did not say `{missing[0]}`"
    return None


def environment() -> dict[str, str]:
    """The caller's environment without what would lead the demo elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {**kept, "COLUMNS": str(WIDTH), "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}


def say(text: str) -> None:
    """Print at once, so that the order holds when the output is piped."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main())
