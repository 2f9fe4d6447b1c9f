"""What a survey of many employers tells, and what one of them may read from it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.stats.proportion import confint_proportions_2indep

from blijfwijzer.estimation.intervals import wilson
from blijfwijzer.groups.benchmarks import Benchmark, employers_in, hold_against
from blijfwijzer.groups.paths import EVERYONE
from blijfwijzer.runs.scoring.benchmark import others_of
from blijfwijzer.survey.codebook import load_codebook

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"

RATES = pd.DataFrame(
    {
        "group": ["all", "sector=gemeenten"],
        "organisations": [40, 12],
        "value": [0.2, 0.25],
        "low": [0.19, 0.23],
        "high": [0.21, 0.27],
    }
)
NAMED = pd.DataFrame(
    {
        "group": ["all", "sector=gemeenten"],
        "name": ["veiligheid", "veiligheid"],
        "value": [3.5, 3.6],
        "low": [3.4, 3.5],
        "high": [3.6, 3.7],
    }
)


def figures(value, low, high):
    return pd.DataFrame({"value": [value], "low": [low], "high": [high]})


def test_an_employer_stands_beside_its_own_kind_or_else_beside_everyone():
    known = Benchmark.of(RATES, NAMED, NAMED)

    assert known.nearest("sector=gemeenten") == "sector=gemeenten"
    assert known.nearest("sector=politie") == EVERYONE
    alone = Benchmark.of(RATES[1:], NAMED[1:], NAMED[1:])
    assert alone.nearest("sector=politie") == ""


@pytest.mark.parametrize(
    ("own", "others"), [(1, "sector=gemeenten"), (6, "sector=gemeenten"), (7, "")]
)
def test_most_of_the_others_cannot_be_these_people_themselves(own, others):
    known = Benchmark.of(RATES, NAMED, NAMED)
    places = [f"O{place}" for place in range(own)]
    responses = pd.DataFrame({"sector": "gemeenten", "organisatie": places})

    assert others_of(known, load_codebook(SMALL), responses) == others


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (0, {"organisations": [40, 2]}),
        (0, {"group": ["all", "sector=rijk"]}),
        (0, {"value": ["0.2", "x"]}),
        (1, {"group": ["all", "organisatie=O1"]}),
        (2, {"more": 1}),
    ],
)
def test_a_benchmark_of_few_employers_or_another_form_is_refused(table, change):
    tables = [RATES, NAMED, NAMED]
    tables[table] = tables[table].assign(**change)

    with pytest.raises(ValueError, match="few organisations|columns"):
        Benchmark.of(*tables)


def test_the_interval_of_a_difference_is_newcombes(rng):
    """Of two shares with Wilson's intervals, by statsmodels; rounding aside."""
    for _ in range(20):
        n, m = rng.integers(30, 600, 2)
        hits, others = rng.integers(1, n), rng.integers(1, m)
        ends = [wilson(np.array([k / t]), np.array([t])) for k, t in ((hits, n), (others, m))]
        own, there = (
            figures(share, low[0], high[0])
            for share, (low, high) in zip((hits / n, others / m), ends, strict=True)
        )

        found = hold_against(own, there, 1e-9, 1e-9).iloc[0]

        assert (found["low"], found["high"]) == pytest.approx(
            confint_proportions_2indep(hits, n, others, m, method="newcomb", compare="diff"),
            abs=1e-6,
        )


def test_intervals_of_differences_of_rounded_figures_cover_the_truth(rng):
    """Of means that are told to one decimal, with errors no larger than that."""
    draws, truth, error = 4000, 0.13, 0.03
    mine = pd.DataFrame({"value": rng.normal(3.41 + truth, error, draws)})
    theirs = pd.DataFrame({"value": rng.normal(3.41, error, draws)})
    half = norm.ppf(0.975) * error
    told = [
        table.assign(low=table["value"] - half, high=table["value"] + half)
        for table in (mine, theirs)
    ]

    found = hold_against(*told, step=0.1, told=0.1)

    covered = (found["low"] <= truth) & (truth <= found["high"])
    assert covered.mean() > 0.93


def test_a_difference_is_sure_where_zero_lies_outside_of_what_is_told():
    sure = hold_against(figures(3.0, 2.9, 3.1), figures(3.5, 3.4, 3.6), 0.1, 0.1)
    edge = hold_against(figures(3.3, 3.2, 3.4), figures(3.5, 3.4, 3.6), 0.1, 0.1)

    assert sure["is_sure"].all() and sure["difference"].iloc[0] == pytest.approx(-0.5)
    assert edge["high"].iloc[0] < 0 and not edge["is_sure"].any(), "it is told as 0.0"


def test_employers_are_counted_once():
    assert employers_in(pd.Series(["a", "b", "a", "c"])) == 3
