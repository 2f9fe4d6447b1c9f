import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.publish.language.texts import show, write
from blijfwijzer.publish.pages.score_appendix import PICTURED_GROUPS
from blijfwijzer.publish.pages.score_page import render_report
from blijfwijzer.publish.pictures.marks import Drawing, Mark, axis_of, draw_row, draw_scale
from blijfwijzer.survey.texts import Quantity, say
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
    asked = "short offers reach flagged results withheld appendix".split()
    assert told == [*asked, *"texts vouchers drivers groups fairness read method".split()]
    assert headings[0] == "The proposal on one page"
    assert links == [f"#{name}" for name in asked]
    appendix = next(part for part in page.iter("section") if part.get("id") == "appendix")
    assert [a.get("href") for a in appendix.iter("a")] == [f"#{n}" for n in told[len(asked) :]]


def test_ids_are_unique_and_each_reference_leads_somewhere():
    page = parse(render_report(make_report(flagged=20)))

    ids = [element.get("id") for element in page.iter() if element.get("id")]
    led = [
        name
        for element in page.iter()
        for name in (element.get("aria-labelledby") or "").split()
        + [(element.get("href") or "").partition("#")[2]]
        if name
    ]
    assert len(ids) == len(set(ids))
    # What lies beside the page is led to by its name.
    assert set(led) <= {*ids, "explore.html"[1:]}


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
def test_each_picture_tells_its_finding_and_draws_in_the_rows_of_its_table(language):
    page = parse(render_report(make_report(language)))

    figures = list(page.iter("figure"))
    for figure in figures:
        assert re.search(r"\d", figure.find(".//caption").text)
        assert figure.find(".//th[@class='marks']").text
        rows = list(figure.find(".//tbody"))
        bare = [" ".join(row.itertext()) for row in rows if row.find("td/svg") is None]
        assert len(bare) < len(rows)
        assert all(re.search("te weinig|too few", text) for text in bare)
        # What is drawn stands as figures in the same row.
        assert all(svg.get("aria-hidden") == "true" for svg in figure.iter("svg"))
    # Alternatives, two lists of flags, risks by unit, drivers and three attributes.
    assert len(figures) == 1 + 2 + 1 + PICTURED_GROUPS + 3


def test_a_table_has_as_many_cells_in_each_row_as_it_has_headings():
    for table in parse(render_report(make_report())).iter("table"):
        headings = len(table.findall("thead/tr/th"))
        assert {len(list(row)) for row in table.iter("tr")} == {headings}
        assert table.find("caption").text


def test_all_flagged_groups_have_their_drivers_in_a_table_and_some_in_a_picture():
    report = make_report(flagged=20)

    page = parse(render_report(report))

    section = next(s for s in page.iter("section") if s.get("id") == "drivers")
    drivers = [row[0].text for row in section.iter("tr") if "Werkdruk" in row.itertext()]
    assert len(drivers) == 2 * 20
    assert "Getekend: 6 van 20 groepen" in text_of(render_report(report))


def test_drivers_that_can_be_changed_come_first():
    page = parse(render_report(make_report()))

    table = next(t for t in page.iter("table") if "Te veranderen" in t.itertext())
    changeable = [row[2].text for row in table.findall("tbody/tr")]

    assert changeable == sorted(changeable)
    assert set(changeable) == {"ja", "nee"}


def test_groups_with_one_name_keep_their_own_drivers():
    report = make_report(flagged=2, label="Personeelszaken")

    page = parse(render_report(report))

    captions = [figure.find(".//caption").text for figure in page.iter("figure")]
    shown = [text for text in captions if text.startswith("Achterblijversrisico bij Pers")]
    assert len(shown) == 2


def test_what_may_not_be_shown_is_told_in_words():
    report = make_report()
    hidden = report.rows("sectors").assign(
        rate=report.rows("sectors")["rate"].where(report.rows("sectors")["label"] != "Zorg"),
        low=np.nan,
    )

    page = parse(render_report(changed(report, sectors=hidden)))

    rows = {row[0].text: row for row in page.findall(".//section[@id='results']//figure//tr")}
    assert [cell.text for cell in rows["Zorg"][-2:]] == ["niet getoond"] * 2
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

    assert write(say("purpose.groups"), language) in told
    assert write(say("note.none_flagged"), language) in told
    assert write(say("note.no_vouchers"), language) in told


def test_a_long_list_of_flags_says_how_many_are_pictured():
    told = text_of(render_report(make_report(groups=50, flagged=50)))

    assert "Getekend: de eerste 6 van 50." in told


def test_a_flag_of_which_the_interval_holds_the_reference_is_called_a_hint():
    report = make_report("en", flagged=2)
    flagged = report.rows("flagged").assign(low=[20] * 4, reference=[19, 20, 19, 18])
    told = text_of(render_report(changed(report, flagged=flagged)))

    assert "Of one group the reference lies within the interval." in told
    assert "Of 2 groups the reference" not in told

    apart = flagged.assign(reference=[19, None, 18, 18])
    assert "the reference lies within" not in text_of(render_report(changed(report, flagged=apart)))


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
    assert write(say("caption.vouchers"), "en") in told
    assert write(say("caption.alternatives"), "en") not in told
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

    told = [figure.find(".//caption").text for figure in page.iter("figure")]
    # Rates of units are not drawn at all.
    assert sum("There is nothing to show" in text for text in told) == 2 + PICTURED_GROUPS + 1


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
        for name, table in report.tables.items()
    }

    assert render_report(changed(report, **kept)) == render_report(report)


@pytest.mark.parametrize(
    ("value", "kind", "nl", "en"),
    [
        (1234567, "count", "1.234.567", "1,234,567"),
        (34, "percent", "34 %", "34%"),
        (3.46, "percent", "3 %", "3%"),
        (-0.04, "points", "0,0", "0.0"),
        (-3.25, "points", "−3,2", "−3.2"),
        (0.25, "ratio", "0,25", "0.25"),
        (1500, "euro", "€ 1.500", "€1,500"),
        (None, "count", "niet getoond", "not shown"),
        (pd.NA, "percent", "niet getoond", "not shown"),
        (True, "truth", "ja", "yes"),
        ("flagged", "verdict", "valt op", "stands out"),
        ("iets anders", "verdict", "iets anders", "iets anders"),
        ("flagged", "text", "flagged", "flagged"),
        (2019, "text", "2019", "2019"),
    ],
)
def test_values_are_written_as_readers_of_each_language_do(value, kind, nl, en):
    assert show(value, kind, "nl").replace("\u00a0", " ") == nl
    assert show(value, kind, "en") == en


def test_an_interval_without_ends_is_told_as_its_value_only():
    assert write(Quantity(34, "percent", (None, 40)), "en") == "34%"


def drawing_of(*rows):
    return Drawing("finding", "axis", tuple(rows), (("dot", "text"),))


def drawn(*rows):
    drawing = drawing_of(*rows)
    return [ElementTree.fromstring(draw_row(marks, axis_of(drawing))) for marks in rows]


def test_marks_stand_where_their_values_are():
    (svg,) = drawn((Mark(50, "dot", 0, 100),))

    whisker = next(p.get("d") for p in svg.iter("path") if p.get("class") == "whisker")
    left, right = (float(x) for x in re.findall(r"M([\d.]+) [\d.]+v8", whisker))
    assert float(svg.find("circle").get("cx")) == pytest.approx((left + right) / 2)


def test_bars_to_the_left_and_right_start_at_zero():
    right, left = drawn((Mark(3.0, "bar"),), (Mark(-3.0, "hatched"),))

    plain, hatched = right.find("rect"), left.find("rect")
    ends = float(hatched.get("x")) + float(hatched.get("width"))
    assert float(plain.get("x")) == pytest.approx(ends, abs=0.11)
    assert (plain.get("class"), hatched.get("class")) == ("bar", "hatched")


def test_a_line_begins_where_something_was_and_ends_where_it_is():
    (svg,) = drawn((Mark(3.4, "better", low=3.0),))

    start, end = re.match(
        r"M([\d.]+) 12H([\d.]+)", svg.find(".//path[@class]/../path[2]").get("d")
    ).groups()
    assert float(svg.find("circle").get("cx")) == float(start) < float(end)


def test_two_marks_with_intervals_do_not_hide_each_other():
    (svg,) = drawn((Mark(3.0, "ring"), Mark(3.0, "dot", 2.0, 4.0)))

    ring, dot = svg.findall("circle")
    assert abs(float(ring.get("cy")) - float(dot.get("cy"))) > 9


@pytest.mark.parametrize("largest", [0, 0.04, 0.3, 1, 7, 19.9, 20, 99, 100, 12_345])
def test_a_scale_holds_every_value_in_few_steps(largest):
    axis = axis_of(drawing_of((Mark(float(largest), "bar"),)))
    scale = ElementTree.fromstring(draw_scale(axis, "nl"))

    ticks = [float(text.get("x")) for text in scale.findall("text")]
    assert 2 <= len(ticks) <= 8
    assert axis.x(0) <= axis.x(float(largest)) <= ticks[-1] + 0.1


def text_of_section(report, key):
    page = parse(render_report(report))
    section = next(part for part in page.iter("section") if part.get("id") == key)
    return " ".join("".join(section.itertext()).split()), section


def test_what_is_shown_of_no_group_is_told_in_a_sentence_and_not_drawn():
    report = make_report("en")
    hidden = pd.DataFrame(
        {
            "attribute": ["contract"] * 2,
            "label": ["permanent", "temporary"],
            "missed": ["not shown"] * 2,
        }
    )
    rows = pd.concat([report.rows("fairness"), hidden], ignore_index=True)
    gaps = pd.concat([report.rows("gaps"), pd.DataFrame({"attribute": ["contract"]})])

    told, section = text_of_section(changed(report, fairness=rows, gaps=gaps), "fairness")

    assert len(list(section.iter("figure"))) == 3
    assert "Of these attributes nothing is shown of any group" in told
    assert told.count("contract") == 1
    assert "permanent" not in told


def test_groups_without_figures_are_named_above_the_rows_of_the_others():
    report = make_report("en")
    rows = report.rows("fairness").copy()
    rows.loc[rows["label"] == "man", ["selection", "missed", "inclusion"]] = None

    told, section = text_of_section(changed(report, fairness=rows), "fairness")

    cells = ["".join(cell.itertext()) for cell in section.iter("th")]
    assert "Without figures (too few responses): 55 en ouder." in told
    assert "Without figures (not shown): man." in told
    assert "man" not in cells
    assert "vrouw" in cells


@pytest.mark.parametrize(("rows", "is_whole"), [(40, True), (41, False)])
def test_only_a_long_table_scrolls_in_a_box(rows, is_whole):
    report = make_report("en", groups=rows, flagged=2)

    _, section = text_of_section(changed(report, questions=None, rolled_up=None), "groups")

    boxes = [part.get("class") for part in section.iter("div")]
    assert boxes[-1] == ("wide whole" if is_whole else "wide")


def test_a_sure_direction_is_explained_where_it_stands():
    told, section = text_of_section(make_report("en", flagged=2), "drivers")

    assert "Direction sure" in told
    assert "same side of zero in 95% of cases or more" in told
