"""Stand other tools beside ours: installed from the index, doing what a plan does.

octoDNS compares N TXT records of the prompts' text with a stand-in of PowerDNS. Each peer has a virtual
environment of its own, since its requirements are no business of ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench.accounts import name, prompt
from bench.standing import folder, serving
from bench.timing import ROOT, Command, Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = ROOT / ".venv" / "peers"
VERSIONS = Path(__file__).with_name("peers.txt")
WANTED = ("datadog-sync-cli",)
ZONE = "example.com."
TTL = 300
_LONGEST_SAID = 300
_CONFIG = """\
manager: {{max_workers: 1}}
providers:
  files: {{class: octodns.provider.yaml.YamlProvider, directory: {place}, default_ttl: {ttl}, enforce_order: false}}
  live:
    class: octodns_powerdns.PowerDnsProvider
    host: 127.0.0.1
    port: {port}
    api_key: bench
    timeout: 60
zones:
  {zone}: {{sources: [files], targets: [live]}}
"""


class Unavailable(Exception):
    """A peer that cannot be had here, and why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An installed tool: where its commands are, and its version."""

    commands: Path
    version: str


def pinned() -> dict[str, str]:
    """The versions that are measured, by package."""
    lines = VERSIONS.read_text(encoding="utf-8").split()
    return dict(line.split("==") for line in lines)


def octodns() -> Peer:
    """octoDNS with its PowerDNS provider, installed when it is not; raises Unavailable."""
    wanted = {package: version for package, version in pinned().items() if package.startswith("octodns")}
    return Peer(_installed("octodns", wanted), wanted["octodns"])


def _installed(peer: str, wanted: dict[str, str]) -> Path:
    """The folder of a peer's commands; a stamp says that its installation came to an end."""
    home = HOME / peer
    stamp = home / ("-".join(wanted.values()) + ".installed")
    if not stamp.exists():
        requirements = [f"{package}=={version}" for package, version in wanted.items()]
        _done(sys.executable, "-m", "venv", str(home))
        _done(str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements)
        stamp.touch()
    return home / "bin"


def _done(*arguments: str) -> None:
    ran = subprocess.run(arguments, capture_output=True, text=True, check=False, env=os.environ)
    if ran.returncode:
        raise Unavailable(ran.stderr.strip()[-_LONGEST_SAID:])


def absent() -> list[str]:
    """A sentence for each peer that belongs here and cannot be had from the package index."""
    said = []
    for package in WANTED:
        with folder() as place:
            arguments = ("-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(place), package)
            try:
                _done(sys.executable, *arguments)
            except Unavailable as error:
                said.append(f"{package} is not measured, the package index has none: {str(error).splitlines()[-1]}")
            else:
                said.append(f"{package} is on the package index, and is not measured: its API has no stand-in here yet")
    return said


@contextmanager
def dry_run(peer: Peer, size: int, *, edited_percent: int = 0) -> Iterator[Command]:
    """octoDNS's plan of as many records, against a server that holds them, some of them edited."""
    with folder() as place, serving("powerdns", "--records", size, "--edited-percent", edited_percent) as server:
        zone = place / "zones"
        zone.mkdir()
        with (zone / f"{ZONE}yaml").open("w", encoding="utf-8") as file:
            file.writelines(record(number) for number in range(1, size + 1))
        config = place / "config.yaml"
        port = urlsplit(server.url).port
        config.write_text(_CONFIG.format(place=zone, port=port, zone=ZONE, ttl=TTL), encoding="utf-8")
        command = Command((str(peer.commands / "octodns-sync"), "--config-file", str(config)), place)
        _check(command, edited=size * edited_percent // 100)
        yield command


def record(number: int) -> str:
    """One record as a zone file holds it."""
    return f"{name(number)}:\n  type: TXT\n  value: |-\n    {text(number).replace(chr(10), chr(10) + '    ')}\n"


def text(number: int, edited: str = "") -> str:
    """The prompt as a TXT record holds it; a record's text ends without a line break."""
    return prompt(number, edited).strip()


def _check(command: Command, *, edited: int) -> None:
    """See that octoDNS finds just the records that were edited, or its time would say nothing."""
    ran = subprocess.run(command.arguments, cwd=command.folder, capture_output=True, text=True, check=False)
    said = ran.stdout + ran.stderr
    expected = f"Updates={edited}" if edited else "No changes were planned"
    if expected not in said:
        raise Failed(f"octoDNS did not say `{expected}`: {said[:2000]}")
