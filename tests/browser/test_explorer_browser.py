"""The page to explore a release, as it is used: by keys, by a screen reader, without a script."""

import csv
import io
import re
from dataclasses import replace

import pandas as pd
import pytest
from test_browser import browser, open_html, violations

from blijfwijzer.disclosure.release import reopen
from blijfwijzer.publish.files.cells import safe_text
from blijfwijzer.publish.pages.culture_explorer import render_culture_explorer
from blijfwijzer.publish.pages.culture_page import render_climate
from blijfwijzer.publish.pages.explore_page import render_explorer
from made_climate import climate_chapter, climate_table
from reports import changed, make_report

__all__ = ["browser"]


def explorer(language="nl", groups=40, flagged=8, label=""):
    report = make_report(language, groups, flagged, label)
    ids = [f"afdeling={place}" for place in range(groups)]
    return changed(report, groups=report.rows("groups").assign(group=ids))


def shown(page, table):
    return page.evaluate(
        "id => [...document.querySelectorAll(`#${id} tbody tr:not([hidden])`)]"
        ".map(row => [...row.cells].map(cell => cell.textContent))",
        table,
    )


@pytest.fixture
def page(browser, tmp_path):
    opened = open_html(browser, render_explorer(explorer()), tmp_path)
    yield opened
    opened.close()


def explorer_page(language):
    return render_explorer(explorer(language, 6, 2))


def climate_page(language):
    return render_culture_explorer(climate_chapter(language))


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    ("table", "render", "rows"),
    [("groups", explorer_page, (2, 5)), ("climate", climate_page, (2, 3))],
)
def test_an_explorer_violates_no_rule_also_when_rows_are_chosen(
    browser, tmp_path, language, width, table, render, rows
):
    page = open_html(browser, render(language), tmp_path, width)
    assert violations(page) == []

    for row in rows:
        page.click(f"#{table} tbody tr:nth-child({row}) button")

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_a_climate_with_marks_is_no_wider_than_its_window(browser, tmp_path, width):
    """Words that stand beside a mark for who hears the page are part of what scrolls."""
    table = climate_table()
    names = [f"Dimension {place}" for place in range(12)]
    wide = pd.concat([table[table["dimension"] == "Learning"].assign(dimension=n) for n in names])
    chapter = climate_chapter()
    tables = {**chapter.tables, "climate": reopen(wide.assign(all_mark="better"))}
    page = open_html(browser, render_climate(replace(chapter, tables=tables)), tmp_path, width)

    assert violations(page) == []
    assert page.locator("td .hidden").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_it_asks_for_nothing_and_its_policy_is_never_broken(browser, tmp_path):
    path = tmp_path / "explore.html"
    path.write_bytes(render_explorer(explorer(label="<img src=x onerror=alert(1)>")))
    page = browser.new_page()
    asked, told = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))

    page.goto(path.as_uri())
    page.fill("#search", "onerror")
    page.click("#groups tbody button >> nth=0")

    assert asked == [path.as_uri()]
    assert told == []
    assert page.is_visible("#compare")
    page.close()


def test_keys_alone_search_choose_two_groups_and_take_it_back(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "search"

    page.keyboard.type("003 afd")
    assert len(shown(page, "groups")) == 11
    for place in (0, 1):
        page.focus(f"#groups tbody tr:not([hidden]) button >> nth={place}")
        page.keyboard.press("Enter")

    assert page.inner_text("#told").startswith("Gekozen: Afdeling 0003, Afdeling 0030")
    assert page.eval_on_selector_all("#compared thead th", "h => h.map(e => e.textContent)") == [
        "Wat",
        "Afdeling 0003",
        "Afdeling 0030",
    ]
    page.focus("#clear")
    page.keyboard.press("Enter")
    assert page.is_hidden("#compare")
    assert len(shown(page, "groups")) == 40


def test_a_chosen_group_has_its_drivers_beside_it(page):
    page.click("#groups tbody tr:nth-child(3) button")

    name = shown(page, "groups")[2][0]
    drivers = shown(page, "drivers")
    assert drivers
    assert {row[0] for row in drivers} == {name}
    compared = page.eval_on_selector_all("#compared td", "c => c.map(e => e.textContent)")
    assert compared == shown(page, "groups")[2][1:]


def test_a_third_choice_lets_the_first_one_go(page):
    for place in (1, 2, 3):
        page.click(f"#groups tbody tr:nth-child({place}) button")

    pressed = page.eval_on_selector_all("[aria-pressed=true]", "c => c.map(e => e.textContent)")
    assert pressed == ["Afdeling 0001", "Afdeling 0002"]


def test_rows_are_sorted_by_number_and_what_is_not_shown_comes_last(page):
    head = "#groups thead th:nth-child(9)"

    def column():
        return [row[8] for row in shown(page, "groups")]

    def numbers():
        return [int(re.match(r"\d+", text)[0]) for text in column() if text[0].isdigit()]

    page.click(f"{head} button")
    assert page.get_attribute(head, "aria-sort") == "descending"
    assert numbers() == sorted(numbers(), reverse=True)
    assert column()[-1] == "niet getoond"
    page.click(f"{head} button")

    assert page.get_attribute(head, "aria-sort") == "ascending"
    assert numbers() == sorted(numbers())
    assert column()[-1] == "niet getoond"
    assert len(numbers()) > 5


def test_only_groups_that_stand_out_or_of_one_sector_are_left(page):
    page.check("#only")
    assert len(shown(page, "groups")) == 8

    page.select_option("section:has(#groups) select >> nth=0", "Rijk")

    assert {row[2] for row in shown(page, "groups")} == {"Rijk"}
    assert {row[0] for row in shown(page, "flagged")} == {r[0] for r in shown(page, "groups")}


def test_what_is_shown_can_be_saved_and_starts_no_formula(browser, tmp_path):
    label = "=1+1;=2"
    page = open_html(browser, render_explorer(explorer(label=label, groups=3)), tmp_path)
    page.fill("#search", "=1+1")

    with page.expect_download() as saving:
        page.click("section:has(#groups) .bar button")
    text = saving.value.path().read_text(encoding="utf-8-sig")

    header, *rows = csv.reader(io.StringIO(text), delimiter=";")
    assert saving.value.suggested_filename == "groups.csv"
    assert header[0] == "Groep"
    assert [row[0] for row in rows] == [safe_text(label)] * 3
    assert [row[1:] for row in rows] == [row[1:] for row in shown(page, "groups")]
    page.close()


def test_without_a_script_all_rows_stand_there(browser, tmp_path):
    path = tmp_path / "explore.html"
    path.write_bytes(render_explorer(explorer()))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())

    assert page.locator("#groups tbody tr:visible").count() == 40
    assert page.locator("button:visible").count() == 0
    assert page.locator("noscript p").is_visible()
    context.close()


def test_two_thousand_groups_answer_within_a_second(browser, tmp_path):
    page = open_html(browser, render_explorer(explorer(groups=2_000, flagged=200)), tmp_path)

    took = page.evaluate(
        """() => { const search = document.getElementById("search"), start = performance.now();
        search.value = "afdeling 190"; search.dispatchEvent(new Event("input"));
        document.body.getBoundingClientRect(); return performance.now() - start; }"""
    )

    assert len(shown(page, "groups")) == sum("190" in f"{place:04d}" for place in range(2_000))
    assert took < 1_000
    page.close()
