"""What a reader of the page meets: seen, printed, without scripts, by keyboard alone, in the dark, on a telephone."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    Scheme = Literal["light", "dark"]

SCREENSHOTS = "RECONCILER_SCREENSHOTS"  # a folder: set it to look at the pages
REACHABLE = "a[href], summary, [tabindex='0']"
# The contrast of every visible text against what lies behind it (WCAG 2.2, 1.4.3); blends no translucent colours.
CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (node) => {
    for (let it = node; it; it = it.parentElement) {
      const found = parse(getComputedStyle(it).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((it) => it.nodeType === 3 && it.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest("svg")) continue;
    const style = getComputedStyle(node);
    const [one, other] = [light(parse(style.color)), light(behind(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)} ${node.tagName} ${node.textContent.slice(0, 30)}`);
  }
  return poor;
}"""
FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
  const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const all = [...document.querySelectorAll("a[href], summary, [tabindex='0']")];
  const seen = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  return {place: all.indexOf(it), tag: it.tagName, marked, seen};
}"""


class Visit:
    """A page as it was opened, and all that happened meanwhile that should not have."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda it: self.requests.append(it.url))
        page.on("console", lambda it: self.complaints.append(it.text))
        page.on("pageerror", lambda it: self.complaints.append(str(it)))
        page.on("dialog", lambda it: self.complaints.append(f"dialog: {it.message}"))


@contextmanager
def visit(
    browser: Browser, url: str, *, width: int = 1280, scheme: Scheme = "light", script: bool = True
) -> Iterator[Visit]:
    """Open a page in a context of its own."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    found = Visit(context.new_page())
    found.page.goto(url)
    yield found
    context.close()


@pytest.mark.parametrize("name", ["plan", "calls"])
def test_a_page_opens_without_a_complaint_and_asks_for_nothing(
    browser: Browser, pages: dict[str, str], name: str
) -> None:
    with visit(browser, pages[name]) as found:
        found.page.wait_for_load_state("networkidle")
        assert found.requests == [pages[name]]
        assert found.complaints == []
        assert found.page.locator("h1").inner_text() in {"Emulated organisation", "Scheduled calls"}


def test_markup_in_a_prompt_and_a_name_is_only_text(browser: Browser, pages: dict[str, str]) -> None:
    with visit(browser, pages["plan"]) as found:
        assert found.page.title().startswith("Plan for Emulated organisation")
        assert found.page.locator("script, img").count() == 0
        assert found.page.get_by_text("Never quote one. </style><script>").count() >= 1


def test_everything_is_there_to_see(browser: Browser, pages: dict[str, str]) -> None:
    with visit(browser, pages["plan"]) as found:
        headings = found.page.locator("h2").all_inner_texts()
        assert headings == [
            "Findings",
            "Look at these first",
            "Money and people",
            "Changes",
            "Calls to come",
            "Who uses what",
            "Unchanged",
        ]
        assert found.page.locator(".texts del").first.is_visible()
        assert found.page.locator("svg .node").count() >= 8
        assert "4155550199" not in found.page.content()


def test_it_reads_without_scripts(browser: Browser, pages: dict[str, str]) -> None:
    with visit(browser, pages["plan"], script=False) as found:
        summary = found.page.locator("#kept summary")
        kept = found.page.locator("#kept li").first
        assert not kept.is_visible()
        summary.click()
        assert kept.is_visible()


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("name", ["plan", "calls"])
def test_nothing_sticks_out_of_the_page(browser: Browser, pages: dict[str, str], name: str, width: int) -> None:
    with visit(browser, pages[name], width=width) as found:
        assert found.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["plan", "calls"])
def test_every_text_stands_out_from_its_ground(
    browser: Browser, pages: dict[str, str], name: str, scheme: Scheme
) -> None:
    with visit(browser, pages[name], scheme=scheme) as found:
        assert found.page.evaluate(CONTRAST) == []


def test_dark_is_dark_and_light_is_light(browser: Browser, pages: dict[str, str]) -> None:
    grounds = []
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        with visit(browser, pages["plan"], scheme=scheme) as found:
            grounds.append(found.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(245, 246, 248)", "rgb(14, 18, 24)"]


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, pages: dict[str, str]) -> None:
    with visit(browser, pages["plan"]) as found:
        page = found.page
        visible = page.evaluate(
            f'[...document.querySelectorAll("{REACHABLE}")]'
            ".map((it, place) => it.checkVisibility() ? place : -1).filter((place) => place >= 0)"
        )
        reached: list[dict[str, Any]] = []
        for _ in visible:
            page.keyboard.press("Tab")
            reached.append(page.evaluate(FOCUSED))
        assert [it["place"] for it in reached] == visible
        assert [it for it in reached if not (it["marked"] and it["seen"])] == []


def test_the_first_tab_stop_skips_to_the_content(browser: Browser, pages: dict[str, str]) -> None:
    with visit(browser, pages["plan"]) as found:
        found.page.keyboard.press("Tab")
        skip = found.page.get_by_text("Skip to the content")
        assert (skip.bounding_box() or {"y": -1})["y"] >= 0
        found.page.keyboard.press("Enter")
        assert found.page.evaluate("document.activeElement.id") == "main"


def test_a_card_is_folded_with_the_keyboard(browser: Browser, pages: dict[str, str]) -> None:
    with visit(browser, pages["plan"]) as found:
        card = found.page.locator("details.card").first
        assert card.get_attribute("open") is not None
        card.locator("summary").first.press("Enter")
        assert card.get_attribute("open") is None


def test_a_box_in_the_picture_leads_to_its_card(browser: Browser, pages: dict[str, str]) -> None:
    with visit(browser, pages["plan"]) as found:
        found.page.get_by_role("link", name="Agent/second-try, create").press("Enter")
        card = found.page.locator("details.card:target")
        assert "Agent/second-try" in card.inner_text()


def test_paper_shows_what_is_folded_on_the_screen(browser: Browser, pages: dict[str, str]) -> None:
    with visit(browser, pages["plan"]) as found:
        folded = found.page.locator("#kept li").first
        seen = "(it) => it.checkVisibility({contentVisibilityAuto: true}) && it.getBoundingClientRect().height > 0"
        assert not folded.evaluate(seen)
        found.page.emulate_media(media="print")
        assert folded.evaluate(seen)
        assert len(found.page.pdf()) > 20_000


def test_no_column_of_a_table_of_fields_is_cut_on_a_telephone(browser: Browser, pages: dict[str, str]) -> None:
    with visit(browser, pages["plan"], width=400) as found:
        found.page.evaluate("() => document.querySelectorAll('details').forEach((it) => { it.open = true; })")
        tables = found.page.locator(".scrolls:has(> .fields)")
        assert tables.count() > 0
        assert tables.evaluate_all("(all) => all.filter((it) => it.scrollWidth > it.clientWidth + 1).length") == 0


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("name", ["plan", "calls"])
def test_a_picture_of_the_page_can_be_taken(
    browser: Browser, pages: dict[str, str], tmp_path: Path, name: str, width: int
) -> None:
    folder = Path(os.environ.get(SCREENSHOTS) or tmp_path)
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        with visit(browser, pages[name], width=width, scheme=scheme) as found:
            path = folder / f"{name}-{width}-{scheme}.png"
            found.page.screenshot(path=path, full_page=True)
            assert path.stat().st_size > 10_000
