"""The service's page in a real browser: read without scripts, live with them, held with the token only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from serve.site_under_test import Site, call, whole_second

from browser.test_browser_pages import CONTRAST
from reconciler.emulator import EMULATED_KEY, Platform, serve
from reconciler.schedule.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from serve.site_under_test import Service

HOUR = 3_600


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("service")
    with Platform(folder / "platform.db", SystemClock()) as platform, serve(platform, port=0) as server:
        found = Site(folder / "project", server.url, EMULATED_KEY)
        found.declare(call("evening-visit", whole_second(ahead=HOUR), "+14155550195"))
        found.apply()
        try:
            yield found
        finally:
            found.stop()


@pytest.fixture(scope="module")
def service(site: Site) -> Service:
    return site.serve("--token-file", "token")


def opened(browser: Browser, service: Service, **context: Any) -> tuple[Page, list[str]]:
    page, wrong = browser.new_context(**context).new_page(), list[str]()
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda it: None if it.url.startswith(service.url) else wrong.append(it.url))
    page.goto(service.url + "/")
    return page, wrong


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_reads_without_scripts_in_any_width_and_light(
    browser: Browser, service: Service, width: int, scheme: str
) -> None:
    size = {"width": width, "height": 800}
    page, wrong = opened(browser, service, java_script_enabled=False, viewport=size, color_scheme=scheme)
    assert "evening-visit" in page.inner_text("main")
    assert "+14155550195" not in page.content()
    assert wrong == []
    page.context.close()
    page, wrong = opened(browser, service, viewport=size, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) == []
    page.context.close()


def test_it_is_live_and_holds_with_the_token_only(browser: Browser, service: Service) -> None:
    page, wrong = opened(browser, service)
    page.get_by_text("Live", exact=True).wait_for()
    bearer = {"Authorization": "Bearer a-long-random-token"}
    assert service.post("/hold", data={"why": "a flood"}, headers=bearer).status_code == 200
    page.locator("#live").get_by_text("a flood").first.wait_for()
    page.get_by_label("Token").nth(1).fill("a-long-random-token")
    page.keyboard.press("Enter")
    page.locator("#live").get_by_text("a flood").first.wait_for(state="detached")
    assert (page.url, wrong) == (service.url + "/", [])
    page.get_by_label("Token").first.fill("wrong")
    page.get_by_role("button", name="Hold every call").click()
    page.wait_for_url(service.url + "/hold")
    assert "token" in page.inner_text("body")
    page.context.close()


def test_nothing_in_it_could_run_or_be_sent_elsewhere(service: Service) -> None:
    policy = service.get("/").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert service.get("/", headers={"Host": "evil.example"}).status_code == 401


def test_its_head_stands_above_its_tables_and_no_time_is_broken_over_two_lines(
    browser: Browser, service: Service
) -> None:
    page, _ = opened(browser, service, viewport={"width": 1280, "height": 800})
    left = [page.locator(one).bounding_box() for one in ("#live > header", "main")]
    assert len({box["x"] for box in left if box}) == 1
    high = page.locator("main time").first.bounding_box()
    assert high is not None
    assert high["height"] < 30
    page.context.close()
