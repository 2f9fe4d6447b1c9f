"""How an employer stands beside others, and what a report tells where no group stands out."""

import html

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.findings import BesideOthers
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.first_page import flagged_of
from blijfwijzer.publish.pages.score_page import render_report
from blijfwijzer.publish.tables.benchmark_tables import clear_beside, say_beside, say_means
from blijfwijzer.survey.texts import say
from made_municipality import municipality
from reports import changed, make_report
from shared_rivals import BOOK


def told(report, *values):
    return [report.in_words(value) for value in values]


class Found:
    """What is found of everyone, as far as these tables look at it."""

    codebook = BOOK

    def __init__(self, beside):
        self.beside, self.edge = beside, Edge("en", 10)


def rows(names, value, there, half, **more):
    gap = np.subtract(value, there)
    table = {"value": value, "there": there, "difference": gap, **more}
    ends = {"": "value", "there_": "there", "difference_": "difference"}
    for end, name in ends.items():
        table[f"{end}low"] = np.subtract(table[name], half)
        table[f"{end}high"] = np.add(table[name], half)
    sure = (table["difference_low"] > 0) | (table["difference_high"] < 0)
    return pd.DataFrame({"name": names, **table, "is_sure": sure})


@pytest.fixture
def found():
    scales = list(BOOK.scales)[:2]
    return Found(
        BesideOthers(
            "Towns",
            15,
            "National survey",
            rows(["vertrekintentie", "achterblijver"], [0.20, 0.30], [0.26, 0.29], 0.04),
            rows(scales, [3.1, 3.9], [3.5, 3.8], 0.2),
            rows(["achterblijver"] * 2, [0.1, 0.02], [0.0, 0.01], 0.02, driver=scales),
        )
    )


def test_each_risk_is_told_with_its_difference_and_whether_that_is_sure(found):
    said = [write(message, "en") for message in say_beside(found)]

    assert "towns in National survey, 15 organisations (there)" in said[0]
    assert "20% here, 26% there. It is surely lower here: 6.0 (2.0 to 10.0)" in said[1]
    assert "30% here, 29% there. That difference, 1.0 (-3.0 to 5.0)" in said[2].replace(
        "\u2212", "-"
    )


def test_the_sentences_and_the_tables_tell_the_same(found):
    tables = clear_beside(found)

    beside = tables["beside"].frame.set_index("target")
    assert beside.loc["vertrekintentie", ["value", "there", "difference"]].tolist() == [20, 26, -6]
    assert beside["is_sure"].tolist() == [True, False]
    drivers = tables["beside_drivers"].frame
    assert drivers["difference"].tolist() == [10.0], "one of whose sign nobody is sure is not told"


def test_dimensions_are_told_by_what_is_better_and_worse(found):
    report = changed(make_report("en"), **{n: t.frame for n, t in clear_beside(found).items()})
    scale = BOOK.scales[next(iter(BOOK.scales))]
    turned = scale.higher_is == "worse"

    said = told(report, *say_means(report))

    assert said == [f"{'Better' if turned else 'Less good'} here than there: {scale.label.en}."]


def test_nothing_is_told_where_there_is_nobody_to_stand_beside():
    nobody = Found(None)

    assert not list(say_beside(nobody))
    assert all(not len(table) for table in clear_beside(nobody).values())


def test_that_no_group_stands_out_is_told_with_what_could_have_been_seen():
    row = {"target": "vertrekintentie", "level": "Department"}
    none = make_report("en").rows("flagged").iloc[:0]
    seen = pd.DataFrame([{**row, "typical": 21.0, "largest": 12.0}])
    report = changed(make_report("en"), flagged=none, detectable=seen)
    small = changed(report, detectable=seen.assign(typical=np.nan, largest=np.nan))

    assert any(
        "One department of middling size" in line
        and "21 percentage points" in line
        and "12" in line
        for line in told(report, *flagged_of(report))
    )
    assert any("too small to stand out" in line for line in told(small, *flagged_of(small)))


def test_a_report_says_why_there_of_groups_that_are_offered_vouchers():
    report = make_report("en")
    drivers = report.rows("drivers")
    drivers = drivers[drivers["target"] == "achterblijver"].assign(group="afdeling=0")
    sure = drivers.head(3).assign(
        label="Department 0001", is_sure=True, is_changeable=True, contrast=[3.0, 2.0, 1.0]
    )
    without = sure.head(1).assign(label="Department 0002", group="afdeling=9", is_sure=False)

    offered = pd.concat([sure, without], ignore_index=True)
    text = html.unescape(render_report(changed(report, offered_drivers=offered)).decode())

    assert "Department 0001: Recognition by the manager (+3.0)" in text
    assert "In 1 group with vouchers no answer surely goes with a higher risk." in text


def test_a_risk_that_surely_differs_is_told_where_no_answer_tells_why():
    report = municipality()
    page = render_report(changed(report, beside_drivers=report.rows("beside_drivers").iloc[:0]))

    told = html.unescape(page.decode())
    label = report.in_words(dict(report.targets)["vertrekintentie"])
    assert report.in_words(say("beside.unexplained", target=label)) in told
