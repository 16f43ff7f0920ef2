"""The page about the embedded platform names every control, resource, option, fault and outcome there is."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from emulator.conftest import NOON
from reconciler.emulator import OUTCOMES, Fault, Platform
from reconciler.emulator.catalogue import RESOURCES
from reconciler.emulator.routing import ADMINISTRATION, ROUTES
from reconciler.emulator.seed import OPTIONS
from reconciler.schedule.clock import FixedClock

PAGE = (Path(__file__).parents[2] / "docs" / "embedded-platform.md").read_text("utf-8")
WORDS = {
    *OPTIONS,
    *(resource.name for resource in RESOURCES),
    *(item.name for item in fields(Fault)),
    *(key for key in OUTCOMES if key != "default"),
}


@pytest.mark.parametrize("word", sorted(WORDS))
def test_the_page_names(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_the_page_names_every_path_of_the_controls() -> None:
    paths = {route.path.replace("{word}", "NAME") for route in ROUTES if route.path.startswith(ADMINISTRATION)}
    assert [path for path in sorted(paths) if path not in PAGE] == []


def test_what_the_page_posts_is_taken() -> None:
    change, fault = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    with Platform(":memory:", FixedClock(NOON)) as platform:
        platform.change(webhook_endpoints=[{"label": "A", "url": "https://hooks.example.com"}])
        platform.change(**change)
        platform.inject(Fault.from_json(fault))
        assert platform.objects("webhook_endpoints")[0]["status"] == "failing"
