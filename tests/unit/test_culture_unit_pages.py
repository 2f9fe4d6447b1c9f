"""A page for each unit of a climate: it tells its manager what the climate tells, and nothing else."""

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.disclosure.release import reopen
from blijfwijzer.errors import ReleaseError
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.culture_unit_page import (
    ReadClimate,
    read_climate_page,
    render_culture_unit,
)
from blijfwijzer.publish.pages.unit_page import render_index
from blijfwijzer.runs.pages import PagesRequest, pages
from blijfwijzer.settings import Settings
from blijfwijzer.survey.texts import say

RUN = {"wave": "2022", "survey": "small"}
UNIT = "sector=a/afdeling=1"
FIGURE = re.compile(r"\d+\.\d")


def row(group, dimension, **told):
    names = ("sector", "all", "previous")
    empty = {f"{n}_{end}": np.nan for n in names for end in ("mean", "difference", "low", "high")}
    marks = {f"{n}_mark": "" for n in names}
    own = {"group": group, "label": group[-1].upper(), "sector": "A", "n_band": "20–24"}
    figures = {"pooled": 3.4, "low": 3.1, "high": 3.7}
    both = {"dimension": dimension.lower(), "dimension_label": dimension}
    return {**own, **both, **figures, **empty, **marks, **told}


def climate(*rows, **settings):
    page = read_climate_page(RUN, Settings(language="en", **settings))
    return ReadClimate(page, reopen(pd.DataFrame(list(rows))))


@pytest.fixture
def release():
    worse = {"all_mean": 4.1, "all_difference": -0.7, "all_low": -0.9, "all_high": -0.5}
    better = {"sector_difference": 0.6, "sector_low": 0.3, "sector_high": 0.8}
    return climate(
        row("all", "Safety", pooled=4.1, sector=""),
        row("all", "Learning", pooled=2.2, sector=""),
        row("sector=a", "Safety", pooled=2.8),
        row(UNIT, "Safety", **worse, all_mark="worse", **better, sector_mark="better"),
        row("sector=a/afdeling=2", "Safety", pooled=1.9, low=1.8, high=2.0),
    )


def text_of(page):
    return " ".join(" ".join(ElementTree.fromstring(page).find("body").itertext()).split())


def test_a_page_is_of_the_survey_by_its_label():
    named = read_climate_page(
        {**RUN, "survey_label": {"nl": "Klein onderzoek", "en": "Small survey"}},
        Settings(language="en"),
    )

    assert write(named.survey, "en") == "2022, read as Small survey"
    assert write(read_climate_page(RUN, Settings(language="en")).survey, "en").endswith("small")


def test_a_sector_of_one_organisation_has_no_page_of_its_own():
    one = climate(row("all", "Safety"), row("sector=a", "Safety"), row(UNIT, "Safety"))
    two = climate(
        row("sector=a", "Safety", n_band="40–44"), row(UNIT, "Safety"), row(UNIT + "2", "Safety")
    )

    assert one.groups["group"].tolist() == [UNIT]
    assert two.groups["group"].tolist() == ["sector=a", UNIT, UNIT + "2"]


def test_each_figure_of_a_page_is_one_of_its_unit_or_of_everyone(release):
    page = ElementTree.fromstring(render_culture_unit(release, UNIT))
    own = release.rows.frame.query("group == @UNIT").to_numpy(dtype=object).flat
    known = {f"{abs(cell):.1f}" for cell in own if isinstance(cell, float) and cell == cell}

    cells = ["".join(cell.itertext()) for cell in page.iter("td") if cell.get("class") != "marks"]
    found = {figure for cell in cells for figure in FIGURE.findall(cell)}

    assert {"3.4", "0.7", "0.6"} <= found
    assert found <= known


def test_what_is_surely_better_or_worse_is_named_and_asked_about(release):
    told = text_of(render_culture_unit(release, UNIT))

    assert "Better than in its own sector: Safety." in told
    assert "Worse than with everyone together: Safety." in told
    assert "do we notice “safety”" in told.lower() or "“safety”" in told
    assert write(say("unit.culture_alike"), "en") not in told


def test_a_dimension_that_is_not_told_is_named_without_a_figure(release):
    told = text_of(render_culture_unit(release, UNIT))

    assert "derived otherwise or since it measures something else here: Learning." in told
    assert "2.2" not in told


def test_a_unit_that_differs_in_nothing_says_so(release):
    told = text_of(render_culture_unit(release, "sector=a/afdeling=2"))

    assert write(say("unit.culture_alike"), "en") in told
    assert write(say("unit.sector_absent"), "en") in told


def test_five_questions_and_whom_to_ask_stand_on_each_page(release):
    page = ElementTree.fromstring(render_culture_unit(release, "sector=a"))
    known = climate(row(UNIT, "Safety"), contact={"ask": "HR, 070 123"})

    section = next(part for part in page.iter("section") if part.get("id") == "unit_talk")
    assert len(list(section.iter("li"))) == 5
    assert write(say("letter.contact"), "en") in text_of(render_culture_unit(release, UNIT))
    assert "HR, 070 123" in text_of(render_culture_unit(known, UNIT))


def test_the_index_leads_to_each_unit_and_not_to_everyone(release):
    groups = release.groups
    files = {unit: f"{place}.html" for place, unit in enumerate(groups["group"])}

    index = ElementTree.fromstring(render_index(release.page, groups, files))

    section = next(index.iter("section"))
    assert "all" not in files
    assert [a.get("href") for a in section.iter("a")] == list(files.values())


def test_a_climate_takes_no_wave_before_as_it_tells_of_that_itself(tmp_path):
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "climate.parquet").write_bytes(b"")

    with pytest.raises(ReleaseError, match="told beside the wave before by itself"):
        pages(PagesRequest(tmp_path / "release", tmp_path / "then"), tmp_path / "pages")
