"""The report in headless Chromium, held against WCAG 2.2 AA by axe."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.pages.score_page import render_report
from blijfwijzer.publish.pages.unit_page import MOST_ASKED
from made_municipality import municipality
from pages_time import climate, score
from reports import make_report
from shared_card import page as card_page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")


@pytest.fixture(scope="module")
def browser() -> "Iterator[api.Browser]":
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser on the PATH: none of {', '.join(NAMES)}")
    with api.sync_playwright() as playwright:
        # Chromium's sandbox needs rights that a container does not have; the page is our own.
        opened = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


def open_page(
    browser: "api.Browser", report: Chapter, folder: Path, width: int = 1200
) -> "api.Page":
    return open_html(browser, render_report(report), folder, width)


def open_html(browser: "api.Browser", html: bytes, folder: Path, width: int = 1200) -> "api.Page":
    path = folder / "page.html"
    path.write_bytes(html)
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(path.as_uri())
    return page


def violations(page: "api.Page") -> list[str]:
    script = Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    # Through the debugger, as the page's own policy lets no script in.
    page.evaluate(script)
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
    assert found["passes"]
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(("language", "width"), [("nl", 1200), ("en", 1200), ("nl", 375)])
def test_axe_finds_no_violation_of_wcag(browser, tmp_path, language, width):
    page = open_page(browser, make_report(language, groups=12, flagged=4), tmp_path, width)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.lang") == language
    page.close()


def test_axe_finds_no_violation_with_long_labels_and_many_groups(browser, tmp_path):
    report = make_report(groups=250, flagged=2, label="<b>=1+1 " * 1_000)

    page = open_page(browser, report, tmp_path)

    assert violations(page) == []
    page.close()


def test_axe_would_find_a_violation(browser, tmp_path):
    page = open_page(browser, make_report(), tmp_path)

    page.evaluate("document.querySelector('svg.mark').setAttribute('role', 'img')")
    page.evaluate("document.querySelector('svg.mark').removeAttribute('aria-hidden')")

    assert [found for found in violations(page) if found.startswith("svg-img-alt")]
    page.close()


def test_the_page_asks_for_nothing_and_complains_of_nothing(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_bytes(render_report(make_report()))
    page = browser.new_page()
    asked: list[str] = []
    told: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))

    page.goto(path.as_uri())

    assert asked == [path.as_uri()]
    assert told == []
    page.close()


def test_the_keyboard_reaches_the_content_first(browser, tmp_path):
    page = open_page(browser, make_report(), tmp_path)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


@pytest.mark.parametrize("width", [320, 1200])
def test_the_page_is_no_wider_than_its_window(browser, tmp_path, width):
    page = open_page(browser, make_report(label="x" * 10_000, groups=3, flagged=2), tmp_path, width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_words_of_a_picture_stay_inside_it(browser, tmp_path):
    page = open_page(browser, make_report(label="W" * 200, groups=3, flagged=2), tmp_path)

    outside = page.evaluate(
        """() => [...document.querySelectorAll('svg text')].filter(text => {
            const box = text.getBoundingClientRect();
            const svg = text.ownerSVGElement.getBoundingClientRect();
            return box.left < svg.left - 1 || box.right > svg.right + 1
                || box.bottom > svg.bottom + 1;
        }).map(text => text.textContent)"""
    )

    assert outside == []
    page.close()


def test_paper_shows_what_the_screen_scrolls(browser, tmp_path):
    page = open_page(browser, make_report(groups=150), tmp_path)

    page.emulate_media(media="print")

    hidden = page.evaluate(
        "[...document.querySelectorAll('.wide')].filter(e => e.scrollHeight > e.clientHeight + 1).length"
    )
    assert hidden == 0
    page.close()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("label", ["", "Gemeente Langewoudijk, Afdeling Openbare Ruimte en Groen"])
def test_the_first_page_is_printed_on_one_sheet(browser, tmp_path, language, label):
    page = open_page(browser, make_report(language, label=label), tmp_path)

    # What follows begins on a sheet of its own.
    after = page.evaluate("getComputedStyle(document.querySelector('#short')).breakAfter")
    page.emulate_media(media="print")
    assert after != page.evaluate("getComputedStyle(document.querySelector('#short')).breakAfter")
    page.evaluate("document.querySelectorAll('#short ~ section').forEach(s => s.remove())")

    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    page.close()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_of_a_municipality_is_one_sheet_first_and_five_screens_before_the_appendix(
    browser, tmp_path, language
):
    page = open_page(browser, municipality(language), tmp_path, 1280)

    before = page.evaluate("document.querySelector('#appendix').getBoundingClientRect().top")
    page.emulate_media(media="print")
    page.evaluate("document.querySelectorAll('#short ~ section').forEach(s => s.remove())")

    assert before / 900 <= 5
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    page.close()


def test_what_stands_before_the_appendix_is_short_and_folds_nothing_away(browser, tmp_path):
    page = open_page(browser, make_report(groups=2_000, flagged=400), tmp_path, 1280)

    before = page.evaluate("document.querySelector('#appendix').getBoundingClientRect().top")
    folded = page.evaluate("document.querySelectorAll('details').length")
    in_appendix = page.evaluate("document.querySelectorAll('#appendix ~ section details').length")

    assert before / 900 <= 8
    assert 0 < folded == in_appendix
    page.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_marks_are_seen_in_the_colours_that_a_reader_forces(browser, tmp_path, scheme):
    page = open_page(browser, make_report(), tmp_path)
    page.emulate_media(forced_colors="active", color_scheme=scheme)

    seen = page.evaluate(
        """() => {
            const of = (name, part) => getComputedStyle(document.querySelector(name))[part];
            document.body.insertAdjacentHTML('beforeend', '<i id="own" style="color: CanvasText">');
            return [of('#own', 'color'), of('.whisker', 'stroke'), of('.dot, .ring', 'stroke')];
        }"""
    )

    assert seen[1:] == seen[:1] * 2
    page.close()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_letters_in_pictures_are_large_enough_on_a_telephone(browser, tmp_path, language):
    page = open_page(browser, make_report(language), tmp_path, 390)

    sizes = page.evaluate(
        """() => [...document.querySelectorAll('svg text')].map(text =>
            parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""
    )

    assert sizes
    assert min(sizes) >= 11
    page.close()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("width", [320, 1200])
def test_the_self_check_card_violates_no_rule_and_fits_its_window(
    browser, tmp_path, language, width
):
    page = open_html(browser, card_page(language).encode(), tmp_path, width)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_keyboard_reaches_all_of_the_self_check_card(browser, tmp_path):
    page = open_html(browser, card_page().encode(), tmp_path, 320)
    reached = []

    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className"))

    assert reached[0] == "skip"
    # A table that is wider than the window is scrolled by keys once it has the focus.
    boxes = page.evaluate("document.querySelectorAll('.wide').length")
    assert boxes > 0
    assert len([name for name in reached if name.startswith("wide")]) >= boxes
    page.close()


@pytest.mark.parametrize(("of", "most"), [(climate, 30), (score, MOST_ASKED)])
def test_the_page_of_a_unit_that_was_asked_thirty_questions_is_printed_on_two_sheets(
    browser, tmp_path, of, most
):
    page = open_html(browser, of(10)()[0], tmp_path)

    found = violations(page)
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))

    assert found == []
    assert page.locator("#unit_questions tbody tr").count() == most
    assert sheets <= 2
    page.close()


def test_the_self_check_card_is_printed_whole_on_one_sheet(browser, tmp_path):
    page = open_html(browser, card_page().encode(), tmp_path)

    page.emulate_media(media="print")

    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    page.close()
