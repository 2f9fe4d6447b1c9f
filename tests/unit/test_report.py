import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.publish.charts import BarRow, DotRow, Frame, Mark, bar_chart, interval_chart
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.report_page import PICTURED_GROUPS, render_report
from blijfwijzer.publish.texts import show, show_interval
from reports import changed, make_report

HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "]]></desc></svg><b>",
    '=HYPERLINK("http://x")',
    "{{ 7 * 7 }}{% raw %}",
    "a\x00b\x0bc\ufffe",
    "\u202eomgekeerd",
]


def parse(page: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(page)


def text_of(page: bytes) -> str:
    return " ".join(" ".join(parse(page).find("body").itertext()).split())


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("label", [*HOSTILE, "x" * 10_000, "lang woord " * 1_000])
def test_a_label_is_text_whatever_it_holds(label, language):
    report = make_report(language, groups=5, flagged=3, label=label)
    plain = parse(render_report(make_report(language, groups=5, flagged=3)))

    page = render_report(
        replace(report, title=label, survey=label, warnings=(label,), method=(label,))
    )

    tags = [element.tag for element in parse(page).iter()]
    assert tags == [element.tag for element in plain.iter()]
    assert not [
        name
        for element in parse(page).iter()
        for name in element.attrib
        if name.startswith("on") or name in ("src", "srcdoc", "style")
    ]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_needs_no_script_and_nothing_from_elsewhere(language):
    page = render_report(make_report(language)).decode()

    tags = {element.tag for element in parse(page.encode()).iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "base", "use", "image"}
    assert not re.search(r"https?:|//|url\((?!#)|@import", page)
    assert "default-src 'none'" in page


def test_sections_stand_in_the_order_that_a_reader_needs():
    page = parse(render_report(make_report("en")))

    told = [section.get("id") for section in page.iter("section")]
    headings = [section.find("h2").text for section in page.iter("section")]
    links = [a.get("href") for a in page.find("body/nav").iter("a")]
    assert told == "what read sectors flagged vouchers fairness withheld method".split()
    assert headings[0] == "What this is, and what it is not"
    assert links == [f"#{name}" for name in told]


def test_ids_are_unique_and_each_reference_leads_somewhere():
    page = parse(render_report(make_report(flagged=20)))

    ids = [element.get("id") for element in page.iter() if element.get("id")]
    led = [
        name
        for element in page.iter()
        for name in (element.get("aria-labelledby") or "").split()
        + [(element.get("href") or "#")[1:]]
        if name
    ]
    assert len(ids) == len(set(ids))
    assert set(led) <= set(ids)


def test_headings_leave_out_no_level():
    levels = [
        int(element.tag[1])
        for element in parse(render_report(make_report())).iter()
        if re.fullmatch("h[1-6]", element.tag)
    ]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_each_picture_tells_its_finding_and_has_its_table_after_it(language):
    page = parse(render_report(make_report(language)))

    pictures = 0
    for section in page.iter("section"):
        parts = list(section)
        for place, part in enumerate(parts):
            if part.tag == "figure":
                svg = part.find("svg")
                assert svg.get("role") == "img"
                assert svg.find("title").text
                assert re.search(r"\d", svg.find("desc").text)
                twin = parts[place + 1]
                assert twin.tag == "details"
                assert twin.get("open")
                assert twin.find(".//table") is not None
                pictures += 1
    # Two risks by sector, two lists of flags, drivers, alternatives and three attributes.
    assert pictures == 2 + 2 + PICTURED_GROUPS + 1 + 3


def test_a_table_has_as_many_cells_in_each_row_as_it_has_headings():
    for table in parse(render_report(make_report())).iter("table"):
        headings = len(table.findall("thead/tr/th"))
        assert {len(list(row)) for row in table.iter("tr")} == {headings}
        assert table.find("caption").text


def test_all_flagged_groups_have_their_drivers_in_a_table_and_some_in_a_picture():
    report = make_report(flagged=20)

    page = parse(render_report(report))

    section = next(s for s in page.iter("section") if s.get("id") == "flagged")
    drivers = [row[0].text for row in section.iter("tr") if "Werkdruk" in row.itertext()]
    assert len(drivers) == 2 * 20
    assert "Getekend: 6 van 20 groepen" in text_of(render_report(report))


def test_drivers_that_can_be_changed_come_first():
    page = parse(render_report(make_report()))

    table = next(t for t in page.iter("table") if "Te veranderen" in t.itertext())
    changeable = [row[1].text for row in table.findall("tbody/tr")]

    assert changeable == sorted(changeable)
    assert set(changeable) == {"ja", "nee"}


def test_groups_with_one_name_keep_their_own_drivers():
    report = make_report(flagged=2, label="Personeelszaken")

    page = parse(render_report(report))

    pictured = [s.get("aria-labelledby") for s in page.iter("svg")]
    shown = [name for name in pictured if name.startswith("drivers-achterblijver")]
    assert len(shown) == 2


def test_what_may_not_be_shown_is_told_in_words():
    report = make_report()
    hidden = report.rows("sectors").assign(
        rate=report.rows("sectors")["rate"].where(report.rows("sectors")["label"] != "Zorg"),
        low=np.nan,
    )

    page = parse(render_report(changed(report, sectors=hidden)))

    rows = {row[0].text: row[2].text for row in page.iter("tr") if len(row) == 3}
    assert rows["Zorg"] == "niet getoond"
    assert "nan" not in text_of(render_report(changed(report, sectors=hidden))).lower().split()


def test_cells_with_too_few_responses_stand_as_text_and_without_a_mark():
    told = text_of(render_report(make_report("en")))

    assert "too few responses" in told


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_report_of_nothing_still_says_what_it_is(language):
    report = make_report(language)
    names = (
        "rejected wave sectors flagged drivers groups segments fairness conclusions withheld "
        "rolled_up"
    ).split()
    empty = {name: report.rows(name).iloc[:0] for name in names}

    told = text_of(
        render_report(changed(report, vouchers=None, alternatives=None, lottery=None, **empty))
    )

    assert say("purpose.groups", language) in told
    assert say("note.none_flagged", language) in told
    assert say("note.no_vouchers", language) in told


def test_a_long_list_of_flags_says_how_many_are_pictured():
    told = text_of(render_report(make_report(groups=50, flagged=50)))

    assert "Getekend: de eerste 40 van 50." in told


def test_what_a_release_lacks_is_left_out():
    report = make_report("en")

    told = text_of(
        render_report(
            changed(
                report,
                alternatives=None,
                lottery=None,
                drivers=report.rows("drivers").iloc[:0],
                fairness=report.rows("fairness").iloc[:0],
            )
        )
    )

    assert "In percentage points" not in told
    assert say("caption.vouchers", "en") in told
    assert say("caption.alternatives", "en") not in told
    assert "Ouderen worden niet vaker gemist dan jongeren." in told


def test_pictures_without_a_number_say_so():
    report = make_report("en")

    page = parse(
        render_report(
            changed(
                report,
                sectors=report.rows("sectors").assign(rate=None),
                flagged=report.rows("flagged").assign(rate=None, reference=None),
                drivers=report.rows("drivers").assign(contrast=None),
                alternatives=report.rows("alternatives").assign(extra=None),
            )
        )
    )

    told = [svg.find("desc").text for svg in page.iter("svg")]
    assert sum("There is nothing to show" in text for text in told) == 2 + 2 + PICTURED_GROUPS + 1


def test_a_table_with_another_column_is_refused():
    report = make_report()

    with pytest.raises(ValueError, match=r"table groups: .* unknown columns \['leeftijd'\]"):
        changed(report, groups=report.rows("groups").assign(leeftijd=40))
    with pytest.raises(ValueError, match=r"table sectors: missing columns \['high'\]"):
        changed(report, sectors=report.rows("sectors").drop(columns="high"))


@pytest.mark.parametrize("label", ["", "x" * 10_000])
def test_two_thousand_groups_stay_below_three_megabytes(label):
    page = render_report(make_report(groups=2_000, flagged=400, label=label))

    assert len(page) < 3_000_000


@pytest.mark.parametrize("label", ["", "x" * 10_000])
def test_the_worst_case_of_all_groups_flagged_stays_below_three_megabytes(label):
    report = make_report(groups=2_000, flagged=2_000, label=label)

    page = render_report(report)

    assert len(page) < 3_000_000
    assert "De eerste" in text_of(page)


def test_the_same_report_gives_the_same_page():
    assert render_report(make_report()) == render_report(make_report())


def test_tables_that_were_kept_as_json_give_the_same_page():
    report = make_report()
    kept = {
        name: table.frame.astype(object).where(table.frame.notna(), None)
        for name, table in vars(report).items()
        if isinstance(table, Cleared)
    }

    assert render_report(changed(report, **kept)) == render_report(report)


@pytest.mark.parametrize(
    ("value", "kind", "nl", "en"),
    [
        (1234567, "count", "1.234.567", "1,234,567"),
        (34, "percent", "34 %", "34%"),
        (-0.04, "points", "0,0", "0.0"),
        (-3.25, "points", "−3,2", "−3.2"),
        (0.25, "ratio", "0,25", "0.25"),
        (1500, "euro", "€ 1.500", "€1,500"),
        (None, "count", "niet getoond", "not shown"),
        (pd.NA, "percent", "niet getoond", "not shown"),
        (True, "truth", "ja", "yes"),
        ("certain", "verdict", "gemarkeerd", "flagged"),
        ("iets anders", "verdict", "iets anders", "iets anders"),
        ("certain", "text", "certain", "certain"),
        (2019, "text", "2019", "2019"),
    ],
)
def test_values_are_written_as_readers_of_each_language_do(value, kind, nl, en):
    assert show(value, kind, "nl").replace("\u00a0", " ") == nl
    assert show(value, kind, "en") == en


def test_an_interval_without_ends_is_told_as_its_value_only():
    assert show_interval(34, None, 40, "percent", "en") == "34%"


def test_marks_stand_where_their_values_are():
    frame = Frame("k", "t", "f", "x", "en")

    svg = ElementTree.fromstring(
        interval_chart([DotRow("a", "50", (Mark(50, "dot", 0, 100),))], frame, [])
    )

    whisker = next(p.get("d") for p in svg.iter("path") if p.get("fill") == "none")
    left, right = (float(x) for x in re.findall(r"M([\d.]+) [\d.]+v8", whisker))
    assert float(svg.find("circle").get("cx")) == pytest.approx((left + right) / 2)


def test_bars_to_the_left_and_right_start_at_zero():
    frame = Frame("k", "t", "f", "x", "nl")

    svg = ElementTree.fromstring(
        bar_chart([BarRow("a", "", 3.0), BarRow("b", "", -3.0, is_hatched=True)], frame, "p", "h")
    )

    plain, hatched = [r for r in svg.findall("rect")]
    ends = float(hatched.get("x")) + float(hatched.get("width"))
    assert float(plain.get("x")) == pytest.approx(ends, abs=0.11)
    assert hatched.get("fill") == "url(#k-h)"


@pytest.mark.parametrize("largest", [0, 0.04, 0.3, 1, 7, 19.9, 20, 99, 100, 12_345])
def test_a_scale_holds_every_value_in_few_steps(largest):
    frame = Frame("k", "t", "f", "x", "nl")

    svg = ElementTree.fromstring(bar_chart([BarRow("a", "", float(largest))], frame, "p", "h"))

    ticks = [text for text in svg.findall("text") if text.get("text-anchor") == "middle"][:-1]
    rect = svg.find("rect")
    assert 2 <= len(ticks) <= 8
    assert float(rect.get("x")) + float(rect.get("width")) <= float(ticks[-1].get("x")) + 0.1
