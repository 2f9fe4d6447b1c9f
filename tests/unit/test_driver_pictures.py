"""Pictures of drivers: colours, marks, labels and n of what is drawn, by the figure's own data."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from blijfwijzer.disclosure.rounding import band_floor
from blijfwijzer.drivers.contributions import Contributed, Contributions
from blijfwijzer.drivers.profiles import profile
from blijfwijzer.estimation.design import Design
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.driver_sections import withheld_blocks
from blijfwijzer.publish.pictures import driver_plots
from blijfwijzer.publish.pictures.canvas import GREEN, ORANGE, Subject, to_bytes
from blijfwijzer.publish.pictures.driver_plots import draw_drivers
from blijfwijzer.risk.features import Feature, Schema
from blijfwijzer.settings import DriverSettings
from blijfwijzer.survey.codebook import Codebook

ROWS = 600
OFTEN = {"never": "nooit", "1": "een keer", "2": "twee keer", ">2": "vaker"}
BOOK = Codebook.model_validate(
    {
        "survey": {
            **{"name": "beelden", "wave": "1", "label": "beelden"},
            **{"population": "nobody", "purpose": "testing"},
        },
        "constructs": {"werk": "werk"},
        "columns": {
            "team": {"label": "team", "role": "unit"},
            "score": {"label": "Cijfer", "role": "item", "range": [0, 10]},
            "yes": {"label": "Nevenwerk", "role": "item", "codes": {"0": "nee", "1": "ja"}},
            "city": {
                **{"label": "Standplaats", "role": "career", "type": "nominal"},
                "codes": {"a": "Almelo", "b": "Breda"},
            },
            "often": {"label": "Hoe vaak", "role": "career", "type": "ordinal", "codes": OFTEN},
            "unused": {"label": "Ongebruikt", "role": "item", "codes": {"0": "nee", "1": "ja"}},
            "weg": {"label": "weg", "role": "outcome", "codes": {"0": "nee", "1": "ja"}},
        },
        "outcomes": {
            "vertrek": {
                **{"label": "Vertrek", "meaning": "Wil weg.", "kind": "intention"},
                "rule": {"column": "weg", "at_least": 1},
            }
        },
        "units": {"levels": ["team"], "cluster": "team"},
    }
)


def feature(name, levels=()):
    return Feature(name, "item", BOOK.columns[name].label, name, "werk", True, levels)


SCHEMA = Schema(
    (
        *(feature("score"), feature("yes"), feature("city", ("a", "b"))),
        *(feature("often"), feature("unused")),
    )
)


@pytest.fixture(scope="module")
def drivers():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "score": rng.integers(2, 9, ROWS),
            "yes": rng.integers(0, 2, ROWS),
            "city": rng.integers(0, 2, ROWS),
            "often": rng.permutation(np.arange(ROWS) % 4) + 1,
            "unused": rng.integers(0, 2, ROWS),
        }
    ).astype(float)
    often = [*BOOK.columns["often"].values.values()]
    frame["often"] = [often[int(place) - 1] for place in frame["often"]]
    known = frame["score"].copy()
    frame.loc[: 0.6 * ROWS - 1, "score"] = np.nan
    values = pd.DataFrame(
        {
            "score": np.where(frame["score"].isna(), 0.2, 0.02 * (5 - known)),
            "yes": np.where(frame["yes"] == 1, 0.06, -0.06),
            "city": np.where(frame["city"] == 0, 0.05, -0.05),
            "often": 0.02 * (frame["often"] - frame["often"].mean()),
            "unused": np.zeros(ROWS),
        }
    )
    risk = 0.3 + values.sum(axis=1).to_numpy()
    contributed = Contributed(Contributions(values, 0.3, risk, 0.0), frame, SCHEMA)
    design = Design.of_units(np.ones(ROWS), pd.Series(rng.integers(0, 30, ROWS)))
    groups = {"city": frame["city"].map({0.0: "a", 1.0: "b"})}
    return profile(contributed, design, groups, DriverSettings(bootstraps=50), 0, [])


SUBJECT = Subject(BOOK, BOOK.outcomes["vertrek"], "nl")


def drawn(drivers, name, language="nl"):
    figure = draw_drivers(drivers, Subject(BOOK, BOOK.outcomes["vertrek"], language))[name].figure
    figure.draw_without_rendering()
    return figure


def bars(axes, label):
    (found,) = [c for c in axes.containers if c.get_label() == label]
    return found


def brightness(bar):
    return sum(bar.get_facecolor()[:3])


def test_high_answers_are_bright_and_low_ones_dark_on_their_own_sides(drivers):
    axes = drawn(drivers, "summary").axes[0]

    of_score = sorted(bars(axes, "score:number"), key=lambda bar: bar.get_x())
    assert brightness(of_score[0]) > brightness(of_score[-1]) + 0.5
    no, yes = sorted(bars(axes, "yes:number"), key=lambda bar: bar.get_x())
    assert brightness(yes) > brightness(no) + 0.5


def test_answers_that_begin_above_zero_use_the_whole_scale(drivers):
    of_score = drivers.spread[drivers.spread["feature"].eq("score")]

    told = of_score["value"].dropna()
    assert told.min() == 0
    assert told.max() == 1


def test_no_answer_and_levels_have_marks_of_their_own_and_a_legend(drivers):
    axes = drawn(drivers, "summary").axes[0]

    (missing,) = {to_hex(bar.get_edgecolor()) for bar in bars(axes, "score:no answer")}
    (level,) = {to_hex(bar.get_facecolor()) for bar in bars(axes, "city:level")}
    assert missing == ORANGE.lower()
    assert level == GREEN.lower()
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words == ["antwoord zonder volgorde", "geen antwoord"]


def test_every_row_of_the_summary_tells_how_many_it_is_of(drivers):
    axes = drawn(drivers, "summary").axes[0]

    assert {text.get_text() for text in axes.get_yticklabels()} == {
        f"{label} (n ≥ 600)" for label in ("Cijfer", "Nevenwerk", "Standplaats", "Hoe vaak")
    }


@pytest.mark.parametrize("name", ["dependence", "constructs", "cohorts"])
def test_a_picture_tells_no_more_than_its_table(drivers, name):
    """Coordinates have six digits; a mean of 300 people in four is not moved by one in all ways."""
    table = getattr(drivers, name)
    exact = table.select_dtypes(float).columns.difference(["n", "value", "first", "last"])
    coarse = table.assign(**{one: table[one].round(4) for one in exact})
    assert not coarse.equals(table)

    files = [
        to_bytes(draw_drivers(told, SUBJECT)[name].figure, "svg")
        for told in (drivers, replace(drivers, **{name: coarse}))
    ]

    assert files[0] == files[1]


def test_a_bar_of_the_summary_is_as_high_as_the_band_of_its_people(drivers):
    lowest = drivers.spread.assign(n=band_floor(drivers.spread["n"]))
    assert not lowest["n"].equals(drivers.spread["n"].astype(float))

    found, same = (
        [bar.get_height() for bar in drawn(told, "summary").axes[0].patches]
        for told in (drivers, replace(drivers, spread=lowest))
    )

    assert found == same


def panels(drivers):
    axes = drawn(drivers, "dependence").axes
    return {axis.get_title(loc="left").split(" (")[0]: axis for axis in axes if axis.get_visible()}


def ticks(axis):
    return [text.get_text().split("\n") for text in axis.get_xticklabels()]


def test_words_are_bars_with_their_labels_and_n_and_no_line(drivers):
    found = panels(drivers)

    assert [words for words, _ in ticks(found["Hoe vaak"])] == list(OFTEN.values())
    assert {n for _, n in ticks(found["Hoe vaak"])} == {"n ≥ 140"}
    assert [words for words, _ in ticks(found["Standplaats"])] == ["Almelo", "Breda"]
    heights = [bar.get_height() for bar in found["Standplaats"].patches]
    assert heights == pytest.approx([5, -5])
    for name in ("Hoe vaak", "Standplaats", "Nevenwerk"):
        assert not [
            line
            for line in found[name].lines
            if line.get_linestyle() == "-" and len(line.get_xdata()) > 2
        ]


def test_no_answer_is_drawn_in_dependence_apart_from_the_line(drivers):
    axis = panels(drivers)["Cijfer"]

    (told,) = axis.get_legend().get_texts()
    assert told.get_text() == "geen antwoord (n ≥ 350)"
    (mark,) = [line for line in axis.lines if line.get_marker() == "X"]
    assert mark.get_ydata()[0] == pytest.approx(20)
    assert mark.get_xdata()[0] > 8
    assert max(axis.get_xticks()) < mark.get_xdata()[0]


def test_panels_beside_each_other_have_one_scale_and_all_have_labels(drivers):
    axes = [axis for axis in drawn(drivers, "dependence").axes if axis.get_visible()]

    assert len({axis.get_ylim() for axis in axes[:3]}) == 1
    assert {axis.get_xlabel() for axis in axes} == {"antwoord"}
    assert {axis.get_ylabel() for axis in axes} == {"bijdrage (procentpunten)"}


def test_a_picture_of_groups_tells_how_many_it_leaves_out(drivers, monkeypatch):
    whole = drawn(drivers, "cohorts").axes[0]
    monkeypatch.setattr(driver_plots, "_MOST_GROUPS", 1)
    cut = drawn(drivers, "cohorts").axes[0]

    assert len(whole.get_yticklabels()) == 2
    assert "niet" not in whole.get_title(loc="left")
    assert "1 getekend, 1 groep die minder afwijkt niet" in cut.get_title(loc="left")
    assert "(n ≥ " in whole.get_yticklabels()[0].get_text()


def test_groups_that_may_not_be_told_of_are_named_on_the_page(drivers):
    subject = Subject(BOOK, BOOK.outcomes["vertrek"], "nl")
    many = tuple(("team", f"T{place}") for place in range(60))
    held = replace(drivers, withheld=(("city", "b"), *many))

    (block,) = withheld_blocks(held, subject)

    assert write(block.paragraphs[0], "nl").endswith(": Standplaats: Breda; team (60).")
    assert withheld_blocks(drivers, subject) == []
