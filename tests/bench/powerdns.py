"""As much of PowerDNS' API as octoDNS asks for when it plans: one zone of TXT records."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from bench.accounts import name
from bench.peers import TTL, ZONE, text
from bench.wire import serve

_SERVER = "/api/v1/servers/localhost"


class PowerDns:
    """A server with one zone; nothing can be written."""

    def __init__(self, records: int, *, edited_percent: int) -> None:
        every = 100 // edited_percent if edited_percent else records + 1
        found = [_record(number, ", edited" if number % every == 0 else "") for number in range(1, records + 1)]
        self._answers = {
            _SERVER: json.dumps({"version": "4.9.0"}).encode(),
            f"{_SERVER}/zones/{ZONE}": json.dumps(
                {"kind": "Master", "soa_edit_api": "DEFAULT", "rrsets": found}
            ).encode(),
        }

    def kind(self, method: str, path: str) -> str:
        return f"{method} {path}"

    def answer(self, _method: str, target: str, _body: Any) -> tuple[int, bytes]:
        found = self._answers.get(target.partition("?")[0].rstrip("/"))
        return (200, found) if found else (404, b"{}")


def _record(number: int, edited: str) -> dict[str, Any]:
    content = '"' + text(number, edited) + '"'
    records = [{"content": content, "disabled": False}]
    return {"name": f"{name(number)}.{ZONE}", "type": "TXT", "ttl": TTL, "records": records}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=0)
    parser.add_argument("--edited-percent", type=int, default=0)
    asked = parser.parse_args()
    asyncio.run(serve(PowerDns(asked.records, edited_percent=asked.edited_percent)))
