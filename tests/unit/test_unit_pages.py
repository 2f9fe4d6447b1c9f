"""A page for each unit: it tells its manager what the release tells, and nothing else."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pandas as pd
import pytest

from blijfwijzer.errors import NotWritableError, ReleaseError
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.unit_page import ReadRelease, render_index, render_unit
from blijfwijzer.runs.pages import PagesRequest, pages
from blijfwijzer.survey.texts import say
from reports import changed, make_report
from small_releases import make_release

GROUPS = 6


def release_of(report, given=()):
    """A release of which the report has these groups: a sector with four departments, and all."""
    departments = [f"sector=a/afdeling={place}" for place in range(GROUPS - 2)]
    groups = pd.DataFrame(
        {
            "group": ["all", "sector=a", *departments],
            "label": report.rows("groups")["label"],
            "kind": ["all", "unit", *["unit"] * len(departments)],
            "parent": ["", "all", *["sector=a"] * len(departments)],
            "sector": ["all", *["sector=a"] * (GROUPS - 1)],
            "sector_label": "A",
            "n": [400.0, 300.0, 50.0, 60.0, 70.0, 80.0],
            **{f"{target}_probability": [None, None, *[0.5] * 4] for target, _ in report.targets},
        }
    )
    return ReadRelease(report, groups, given)


@pytest.fixture
def report():
    made = make_report("en", groups=GROUPS, flagged=2)
    drivers = made.rows("drivers").assign(
        group=made.rows("drivers")["group"].map(
            {"afdeling=0": "sector=a/afdeling=0", "afdeling=1": "sector=a/afdeling=1"}
        )
    )
    helps = drivers["driver"].map({"Workload": "Fewer rules."}).fillna("")
    return changed(made, drivers=drivers.assign(helps=helps))


def text_of(page):
    return " ".join(" ".join(ElementTree.fromstring(page).find("body").itertext()).split())


def cells_of(page):
    """What stands in the cells of the tables of a page, without their headings."""
    return [
        " ".join("".join(cell.itertext()).split())
        for row in ElementTree.fromstring(page).iter("tr")
        for cell in row
        if cell.tag == "td" and cell.get("class") != "marks"
    ]


@pytest.mark.parametrize("unit", ["sector=a/afdeling=0", "sector=a/afdeling=3"])
def test_each_number_of_a_page_is_one_of_the_release(report, unit):
    given = [f"sector=a/afdeling={n}" for n in range(GROUPS)]

    page = render_unit(release_of(report, given), unit)

    known = set()
    for table in report.tables.values():
        for cell in table.frame.to_numpy(dtype=object).flat:
            known |= set(re.findall(r"\d+(?:\.\d+)?", str(cell).replace(".0", "")))
            if isinstance(cell, float):
                known |= {f"{abs(cell):.1f}", f"{abs(cell):.0f}"}
    found = {n for cell in cells_of(page) for n in re.findall(r"\d+(?:\.\d+)?", cell)}
    assert len(found) > 8
    assert found <= known


def test_a_unit_stands_beside_its_sector_and_all_and_each_people_once(report):
    release = release_of(report)
    alike = replace(release, groups=release.groups.assign(n=[300.0, 300.0, 50.0, 60.0, 70.0, 80.0]))

    rows = [row[0] for row in table_rows(render_unit(release, "sector=a/afdeling=0"))]
    once = [row[0] for row in table_rows(render_unit(alike, "sector=a/afdeling=0"))]

    labels = report.rows("groups")["label"].tolist()
    assert rows == [labels[2], labels[1], labels[0]]
    assert once == [labels[2], labels[1]]


def table_rows(page):
    body = next(ElementTree.fromstring(page).iter("tbody"))
    return [["".join(cell.itertext()) for cell in row] for row in body]


def test_the_wave_before_stands_below_the_unit(report):
    before = make_report("en", groups=GROUPS, flagged=1)
    rates = before.rows("groups").assign(vertrekintentie_rate=77)
    previous = release_of(changed(before, groups=rates))

    rows = table_rows(render_unit(release_of(report), "sector=a/afdeling=0", previous))

    assert rows[1][0] == "Here, wave before"
    assert rows[1][-2].startswith("77%")


def test_a_unit_without_drivers_says_so_and_invents_none(report):
    release = release_of(report)

    plain, driven = (
        text_of(render_unit(release, f"sector=a/afdeling={place}")) for place in (3, 0)
    )

    assert write(say("unit.no_drivers"), "en") in plain
    assert "Workload" not in plain
    assert write(say("unit.no_drivers"), "en") not in driven
    assert "Workload" in driven
    assert "Fewer rules." in driven


def test_a_page_says_of_each_risk_whether_it_is_clearly_higher(report):
    release = release_of(report)
    flagged = report.rows("flagged").head(1).assign(group="sector=a/afdeling=0")
    (target, label), (_, other) = report.targets
    one = release_of(changed(report, flagged=flagged.assign(target=target)))

    told = text_of(render_unit(one, "sector=a/afdeling=0"))
    elsewhere = text_of(render_unit(release, "sector=a/afdeling=3"))

    assert write(say("unit.flagged", target=label), "en") in told
    assert write(say("unit.not_flagged", target=other), "en") in told
    assert write(say("unit.not_flagged", target=label), "en") in elsewhere


def test_of_a_unit_that_is_held_against_nothing_no_verdict_is_told(report):
    release, ((target, label), (_, other)) = release_of(report), report.targets
    untold = release.groups.assign(**{f"{target}_probability": None})

    told = text_of(render_unit(replace(release, groups=untold), "sector=a/afdeling=3"))

    assert write(say("unit.not_judged", target=label), "en") in told
    assert write(say("unit.not_flagged", target=label), "en") not in told
    assert write(say("unit.not_flagged", target=other), "en") in told


def test_of_a_risk_that_is_not_told_of_a_unit_nothing_is_said(report):
    (target, label), _ = report.targets
    groups = report.rows("groups")
    groups.loc[groups.index[2], f"{target}_rate"] = None

    told = text_of(render_unit(release_of(changed(report, groups=groups)), "sector=a/afdeling=0"))

    assert write(say("unit.not_flagged", target=label), "en") not in told


def test_what_may_all_be_chance_is_a_sentence_and_no_picture_and_nothing_helps_with_it(report):
    unsure = report.rows("drivers").assign(is_sure=False)

    told = text_of(render_unit(release_of(changed(report, drivers=unsure)), "sector=a/afdeling=0"))

    assert write(say("unit.nothing_sure"), "en") in told
    assert "Workload" not in told
    assert "Fewer rules." not in told


def test_what_surely_goes_with_less_risk_asks_for_no_help(report):
    less = report.rows("drivers").assign(is_sure=True, contrast=-2.0, low=-3.0, high=-1.0)

    told = text_of(render_unit(release_of(changed(report, drivers=less)), "sector=a/afdeling=0"))

    assert "Workload" in told
    assert "Fewer rules." not in told


def test_a_unit_that_holds_one_unit_and_nobody_else_has_no_page(report):
    release = release_of(report)
    own = release.groups[release.groups["group"].isin(["all", "sector=a", "sector=a/afdeling=0"])]
    alone = replace(release, groups=own.assign(n=[400.0, 50.0, 50.0]))
    larger = replace(release, groups=own.assign(n=[400.0, 60.0, 50.0]))

    assert alone.units == ["sector=a/afdeling=0"]
    assert larger.units == ["sector=a", "sector=a/afdeling=0"]
    assert len(release.units) == GROUPS - 1


def test_a_page_asks_five_questions_and_nobodys_answers(report):
    page = ElementTree.fromstring(render_unit(release_of(report), "sector=a/afdeling=0"))

    section = next(part for part in page.iter("section") if part.get("id") == "unit_talk")
    assert len(list(section.iter("li"))) == 5
    assert "Ask nobody what they answered" in "".join(section.itertext())


@pytest.mark.parametrize(
    ("group", "is_shown"),
    [
        ("sector=a/afdeling=0", True),
        ("sector=a", True),
        ("all", True),
        ("sector=a/afdeling=1", False),
        ("twelve years or more in service", True),
    ],
)
def test_vouchers_are_told_to_units_whose_people_may_be_offered_them(report, group, is_shown):
    given = report.rows("vouchers").head(1).assign(label="The group", vouchers=17, need=23)
    release = release_of(changed(report, vouchers=given), (group,))

    told = text_of(render_unit(release, "sector=a/afdeling=0"))

    assert ("The group" in told) == is_shown
    assert (write(say("unit.none_given"), "en") in told) != is_shown
    assert write(say("unit.without_text"), "en") in told


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_page_needs_nothing_from_elsewhere(language):
    made = make_report(language, groups=GROUPS, flagged=1)

    page = render_unit(release_of(made), "sector=a/afdeling=0").decode()

    tags = {element.tag for element in ElementTree.fromstring(page).iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "form"}
    assert not re.search(r"https?:|url\((?!#)|@import", page)


def test_the_index_leads_to_each_page(report):
    release = release_of(report)
    files = {unit: f"unit-{place}.html" for place, unit in enumerate(release.units)}

    index = ElementTree.fromstring(render_index(release.report, release.groups, files))

    section = next(index.iter("section"))
    assert [a.get("href") for a in section.iter("a")] == list(files.values())


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"survey": "other", "wave": "2019"}, "is of the survey other and .* of small"),
        ({"survey": "small", "wave": "2022"}, "are both of the wave 2022"),
    ],
)
def test_a_wave_before_that_is_none_is_refused(tmp_path, monkeypatch, report, told, text):
    from blijfwijzer.runs import pages as story

    release = replace(release_of(report), survey="small", wave="2022")
    before = {tmp_path / "now": release, tmp_path / "then": replace(release, **told)}
    monkeypatch.setattr(story, "_read", before.get)

    with pytest.raises(ReleaseError, match=text):
        pages(PagesRequest(tmp_path / "now", tmp_path / "then"), tmp_path / "pages")

    assert not (tmp_path / "pages").exists()


def test_a_report_that_has_other_groups_than_its_release_is_refused(tmp_path):
    make_release(tmp_path)  # its report is made up, and has fewer groups

    with pytest.raises(ReleaseError, match=r"its report has 4 groups and groups.parquet 60"):
        pages(PagesRequest(tmp_path / "out"), tmp_path / "pages")

    assert not (tmp_path / "pages").exists()


@pytest.mark.parametrize("asked", [("out", None), ("other", "out")])
def test_pages_are_not_written_into_a_release(tmp_path, monkeypatch, report, asked):
    from blijfwijzer.runs import pages as story

    release = replace(release_of(report), wave="2022")
    monkeypatch.setattr(
        story, "_read", lambda path: replace(release, wave="2019" if path == previous else "2022")
    )
    first, previous = (None if name is None else tmp_path / name for name in asked)

    with pytest.raises(NotWritableError, match="lies inside the release"):
        pages(PagesRequest(first, previous), tmp_path / "out" / "pages")

    assert not (tmp_path / "out" / "pages").exists()


def test_pages_take_the_place_of_nothing_else(tmp_path, monkeypatch, report):
    from blijfwijzer.runs import pages as story

    monkeypatch.setattr(story, "_read", lambda _: release_of(report))
    out = tmp_path / "pages"

    assert pages(PagesRequest(tmp_path / "release"), out) == 5  # of units; the index is none
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    pages(PagesRequest(tmp_path / "release"), out)

    assert {path.name: path.read_bytes() for path in out.iterdir()} == first
    assert sorted(first) == [
        "index.html",
        "pages.json",
        *(f"unit-{n:04d}.html" for n in range(1, 6)),
    ]
    (out / "note.txt").write_text("mine")
    with pytest.raises(NotWritableError, match=r"note\.txt"):
        pages(PagesRequest(tmp_path / "release"), out)
