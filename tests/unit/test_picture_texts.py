"""Texts of pictures: each stands inside and apart from the others, however long labels are."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from blijfwijzer.drivers.change import DriverChange
from blijfwijzer.drivers.contributions import Contributed, Contributions
from blijfwijzer.drivers.profiles import profile
from blijfwijzer.estimation.design import Design
from blijfwijzer.publish.pages.change_page import Changed, draw_change
from blijfwijzer.publish.pictures import driver_plots
from blijfwijzer.publish.pictures.canvas import Subject, canvas, title_of, to_bytes, wrap, wrap_with
from blijfwijzer.publish.pictures.driver_plots import draw_drivers
from blijfwijzer.publish.pictures.performance_plots import draw_performance, draw_tuning
from blijfwijzer.risk.evaluation import Predictions, evaluate
from blijfwijzer.risk.features import Feature, Schema
from blijfwijzer.settings import DriverSettings, EvaluationSettings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.texts import Message
from blijfwijzer.survey.texts import Text as Words

ROWS, LEVELS = 4_000, 20
LONG = (
    "In hoeverre bent u het eens met de stelling dat uw leidinggevende u voldoende ruimte biedt om "
    "uw werk naar eigen inzicht in te delen"
)
CODES = [f"c{place:02}" for place in range(LEVELS)]
SAID = {code: f"dienst {code} met een omschrijving die lang is" for code in CODES}
AGREED = {f"woord{place}": f"{place} keer eens noch oneens" for place in range(6)}
NAMES = ("soort", "bare", "stelling", "jaren")


def _column(**about):
    return {"role": "career", "construct": "werk", **about}


BOOK = Codebook.model_validate(
    {
        "survey": {
            **{"name": "lang", "wave": "1", "label": "lang"},
            **{"population": "nobody", "purpose": "testing"},
        },
        "constructs": {"werk": f"Werk: {LONG}", "elders": f"Elders: {LONG}"},
        "columns": {
            "team": {"label": "team", "role": "unit"},
            "soort": _column(label=f"Soort: {LONG}", type="nominal", codes=SAID),
            "bare": _column(label="Afdeling", type="nominal"),
            "stelling": _column(label=f"Stelling: {LONG}", type="ordinal", codes=AGREED),
            "jaren": _column(label="Jaren", type="number"),
            "weg": {"label": "weg", "role": "outcome", "codes": {"0": "nee", "1": "ja"}},
        },
        "outcomes": {
            "vertrek": {
                **{"label": f"Vertrek. {LONG}", "meaning": "Wil weg.", "kind": "intention"},
                "rule": {"column": "weg", "at_least": 1},
            }
        },
        "units": {"levels": ["team"], "cluster": "team"},
    }
)


def _feature(name, levels=(), construct="werk", changeable=True):
    label = BOOK.columns[name].label
    return Feature(name, "career", label, name, construct, changeable, levels)


SCHEMA = Schema(
    (
        *(_feature("soort", tuple(CODES)), _feature("bare", tuple(CODES), "elders")),
        *(_feature("stelling", changeable=False), _feature("jaren")),
    )
)


@pytest.fixture(scope="module")
def drivers():
    rng = np.random.default_rng(4)
    codes = [*BOOK.columns["stelling"].values.values()]
    frame = pd.DataFrame(
        {
            "soort": rng.integers(0, LEVELS, ROWS),
            "bare": np.minimum(rng.geometric(0.2, ROWS) - 1, LEVELS - 1),
            "stelling": rng.choice(codes, ROWS),
            "jaren": rng.gamma(2, 5, ROWS),
        }
    ).astype(float)
    frame = frame.mask(rng.random(frame.shape) < 0.6)
    effect = rng.normal(0, 0.1, (2, LEVELS))
    place = frame.fillna(0)
    values = pd.DataFrame(
        {
            "soort": effect[0][place["soort"].astype(int)],
            "bare": effect[1][place["bare"].astype(int)],
            "stelling": 0.02 * (place["stelling"] - 3),
            "jaren": -0.003 * (place["jaren"] - 10),
        }
    ).where(frame.notna(), 0.01)
    risk = 0.4 + values.sum(axis=1).to_numpy()
    contributed = Contributed(Contributions(values, 0.4, risk, 0.0), frame, SCHEMA)
    design = Design.of_units(np.ones(ROWS), pd.Series(rng.integers(0, 40, ROWS)))
    codes = dict(enumerate(CODES))
    groups = {name: frame[name].map(codes).fillna("c00") for name in ("soort", "bare")}
    return profile(contributed, design, groups, DriverSettings(bootstraps=50), 0, [])


def subject(language="nl"):
    return Subject(BOOK, BOOK.outcomes["vertrek"], language)


def measured():
    rng = np.random.default_rng(2)
    risk = rng.beta(2, 6, ROWS)
    units = pd.Series(rng.integers(0, 30, ROWS).astype(str))
    answers = (rng.random(ROWS) < risk).astype(float)
    predictions = Predictions(answers, risk, Design.of_units(np.ones(ROWS), units))
    return evaluate(predictions, units, {}, EvaluationSettings(bootstraps=50), 0)


def drawn_performance(language):
    tuning = pd.DataFrame(
        {"candidate": "trees", "log_loss": [0.62, 0.6], "is_chosen": [False, True]}
    )
    learning = pd.DataFrame(
        {"share": [0.25, 0.5, 1.0], "rows": [500, 1000, 2000], "log_loss": [0.66, 0.63, 0.6]}
    ).assign(above=lambda rows: rows["log_loss"] - 0.6)
    told = subject(language)
    return {**draw_performance(measured(), told), **draw_tuning(tuning, learning, told)}


def drawn_change(language):
    sides = {"low": -0.02, "high": 0.03}
    ends = {f"{part}_{end}": at for part in ("answers", "model") for end, at in sides.items()}
    sizes = pd.DataFrame(
        {
            **{"construct": ["werk", "elders"], "is_changeable": [True, False]},
            **{"answers": [0.02, -0.01], "model": [0.01, 0.0], "change": [0.03, -0.01], **ends},
        }
    )
    risk, people = pd.Series(dtype=float), (1234, 43)
    found = DriverChange(sizes=sizes, scales=sizes, means=sizes, risk=risk, people=people)
    return draw_change(Changed(Message("plot.change"), found), subject(language))


def corners(text, renderer):
    """Give the corners of a text as it lies, turned or not."""
    box, angle = text.get_window_extent(renderer), text.get_rotation()
    text.set_rotation(0)
    flat = text.get_window_extent(renderer)
    text.set_rotation(angle)
    turn = np.radians(angle)
    around = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [flat.width / 2, flat.height / 2]
    turned = around @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return turned + [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2]


def do_meet(one, other, slack=1.0):
    """Whether two rectangles meet: no side of either parts them."""
    for start, end in [*pairwise(one), *pairwise(other)]:
        across = np.array([start[1] - end[1], end[0] - start[0]]) / np.hypot(*(end - start))
        first, second = one @ across, other @ across
        if first.max() <= second.min() + slack or second.max() <= first.min() + slack:
            return False
    return True


def texts(figure):
    """Give the texts that are seen, each with its corners."""
    figure.draw_without_rendering()
    beyond = {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) - 1e-9
        <= tick.get_loc()
        <= max(axis.get_view_interval()) + 1e-9
        for label in (tick.label1, tick.label2)
    }

    def seen(artist):
        if not artist.get_visible():
            return
        if isinstance(artist, Text) and artist.get_text().strip() and artist not in beyond:
            yield artist
        for child in artist.get_children():
            yield from seen(child)

    renderer = figure.canvas.get_renderer()
    return [(text.get_text(), corners(text, renderer)) for text in dict.fromkeys(seen(figure))]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_text_lies_over_another_or_runs_out_of_its_picture(drivers, language):
    pictures = {
        **draw_drivers(drivers, subject(language)),
        **drawn_performance(language),
        **drawn_change(language),
    }

    for name, picture in pictures.items():
        found, box = texts(picture.figure), picture.figure.bbox
        assert picture.alt, name
        for text, at in found:
            inside = (at >= -1).all() and (at <= [box.width + 1, box.height + 1]).all()
            assert inside, f"{name}: {text}"
        for (text, at), (other, there) in combinations(found, 2):
            assert not do_meet(at, there), f"{name}: {text} / {other}"


def test_a_title_says_what_is_seen_however_long_the_label_of_the_risk_is(drivers):
    seen = {
        "summary": "wat elk antwoord bijdraagt",
        "dependence": "bijdrage bij elk antwoord (band: spreiding)",
        "constructs": "cultuur, loopbaan en de rest (n ≥ 4.000)",
        "interactions": "welke antwoorden op elkaar inwerken (n ≥ 4.000)",
        "stability": "zou een ander model hetzelfde zeggen? (n ≥ 4.000)",
        "cohorts": "groepen tegenover de rest",
    }

    titles = {
        name: picture.figure.get_suptitle()
        for name, picture in draw_drivers(drivers, subject()).items()
    }

    assert {name: title.split(":\n")[-1] for name, title in titles.items()} == seen
    assert title_of("Vertrek", "wat", 20) == "Vertrek: wat"


def test_a_curve_of_lift_has_one_point_for_each_share_of_people():
    """Rounded, two points may have one share: they were drawn as a jump in the curve."""
    told = {
        **{"selected": [0.0, 0.07, 0.08, 0.08, 1.0], "recall": [0.0, 0.2, 0.22, 0.26, 1.0]},
        **{"false_alarms": [0.0, 0.04, 0.05, 0.05, 1.0], "precision": [1.0, 0.5, 0.4, 0.4, 0.2]},
    }

    pictures = draw_performance(replace(measured(), curves=pd.DataFrame(told)), subject())
    curve = pictures["curves"].figure.axes[2].lines[0]

    assert curve.get_xdata() == pytest.approx([0.07, 0.08, 1.0])
    assert curve.get_ydata() == pytest.approx([0.2 / 0.07, 3.0, 1.0])


def test_the_picture_of_a_change_says_of_how_many_people_it_is():
    (axes,) = drawn_change("nl")["change"].figure.axes

    assert axes.get_xlabel().split("\n")[-1] == "toen n ≥ 1.200, nu n ≥ 40"


def panels(drivers):
    figure = draw_drivers(drivers, subject())["dependence"].figure
    figure.draw_without_rendering()
    return {axis.get_title(loc="left").split(" (")[0]: axis for axis in figure.axes}


def test_answers_without_an_order_are_bars_though_the_codebook_has_no_words_for_them(drivers):
    axis = panels(drivers)["Afdeling"]

    told = [text.get_text().split(",")[0] for text in axis.get_xticklabels()]
    assert told[:3] == CODES[:3]
    assert told[-1] == "geen of zeldzaam antwoord"
    assert len(axis.patches) == len(told)
    assert not [line for line in axis.lines if line.get_marker() == "o"]


def test_answers_for_which_there_is_no_room_are_counted(drivers):
    (axis,) = [a for title, a in panels(drivers).items() if title.startswith("Soort")]

    assert len(axis.patches) == 16 + 1
    assert axis.get_title(loc="left").endswith("de 16 vaakste antwoorden; 4 andere niet getekend")


def test_groups_keep_their_names_behind_a_long_attribute(drivers, monkeypatch):
    monkeypatch.setattr(driver_plots, "_MOST_GROUPS", 100)
    axes = draw_drivers(drivers, subject())["cohorts"].figure.axes[0]

    told = [text.get_text().replace("\n", " ") for text in axes.get_yticklabels()]
    assert len(told) == len(drivers.cohorts[["attribute", "group"]].drop_duplicates())
    assert len(set(told)) == len(told)
    assert all(text.endswith(")") and "(n ≥ " in text for text in told)


def test_drivers_for_which_there_is_no_room_are_counted(drivers):
    more = pd.concat([drivers.scales, drivers.scales.add_suffix("_else", axis=0)])
    whole, cut = (
        draw_drivers(replace(drivers, scales=scales), subject())["cohorts"].figure.axes[0]
        for scales in (drivers.scales, more)
    )

    assert "onderwerpen" not in whole.get_title(loc="left")
    assert "4 onderwerpen met het meeste gewicht getekend, 4 andere niet" in cut.get_title(
        loc="left"
    )


def test_a_comparison_that_was_not_made_has_no_row(drivers):
    drawn = drivers.stability[drivers.stability["comparison"] == "bootstrap"]
    figure = draw_drivers(replace(drivers, stability=drawn), subject())["stability"].figure

    (row,) = figure.axes[0].get_yticklabels()
    assert row.get_text().replace("\n", " ") == "andere steekproef van organisaties"


def test_groups_of_attributes_with_one_label_stand_apart(drivers):
    same = BOOK.model_copy(
        update={
            "columns": {
                **BOOK.columns,
                "soort": BOOK.columns["soort"].model_copy(
                    update={"label": Words(nl="Afdeling", en="Department"), "codes": {}}
                ),
            }
        }
    )
    rows = drivers.cohorts
    told = Subject(same, same.outcomes["vertrek"], "nl")
    figure = draw_drivers(drivers, told)["cohorts"].figure

    drawn = np.asarray(figure.axes[0].images[0].get_array())
    of_soort = rows[rows["attribute"].eq("soort") & rows["group"].eq("c01")]
    names = list(dict.fromkeys(rows["scale"]))
    expected = 100 * of_soort.set_index("scale")["difference"].loc[names].to_numpy()
    # In percentage points, of shares in four decimals.
    assert np.isclose(drawn, expected, rtol=0, atol=0.0051).all(axis=1).any()


def test_panels_with_one_measure_have_one_scale():
    left, right = drawn_performance("nl")["tuning"].figure.axes

    assert left.get_ylim() == right.get_ylim()


def test_one_long_word_is_cut_and_what_stands_behind_a_label_is_not():
    assert wrap("arbeidsmarktkrapte" * 3, 20, 1) == "arbeidsmarktkraptea…"
    assert wrap_with("een label dat lang is", "(n ≥ 10)", 12, 1) == "een label…\n(n ≥ 10)"


def test_what_stands_between_dollars_is_no_formula():
    with canvas((6, 4), "Van $5 tot $10 per uur", r"Half: $\frac{1") as (figure, (axes,)):
        axes.set_xlabel("$x^2$")

    drawn = to_bytes(figure, "svg").decode()

    assert "Van $5 tot $10 per uur" in drawn
    assert "$x^2$" in drawn
