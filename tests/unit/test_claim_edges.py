"""Claims at their edge: what is exactly as large as hardly counts is hardly ever supported."""

import numpy as np
import pytest

from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.register import CLAIMS, find_claims
from studies.claim_edges import (
    BEFORE,
    EDGES,
    conditions,
    conduct,
    count_support,
    told_by_culture,
    unfair,
)
from studies.claim_worlds import ClaimWorld, gather_people, survey_of


def test_each_claim_has_an_edge():
    assert set(EDGES) == {claim.id for claim in CLAIMS}


@pytest.mark.parametrize("world", ["skewed, at the ceiling", "8 clusters"])
@pytest.mark.parametrize("claim", ["H14", "H16", "H2", "H12", "H19", "H20"])
def test_an_effect_at_the_floor_is_hardly_ever_supported(claim, world):
    # Of a test at .025 five or more of twenty are supported once in 10,000 times.
    assert count_support(claim, world, 20) <= 4


@pytest.mark.parametrize("claim", ["H12", "H19", "H20"])
def test_what_is_plainly_false_is_hardly_ever_supported(claim):
    assert count_support(claim, "answers by mood", 15, is_null=True) <= 3


def finding_of_many(claim, rng):
    world, previous = ClaimWorld(clusters=600, teams=2400), None
    if claim in BEFORE:
        previous = survey_of(gather_people(world, rng), BEFORE[claim])
    evidence = survey_of(gather_people(world, rng), EDGES[claim][1], previous)
    found = find_claims([claim])[0].test(Reader(evidence))
    return [one.estimate.value for one in found.estimates]


def test_conduct_at_its_edge_changed_by_a_point(rng):
    discrimination, _ = finding_of_many("H12", rng)

    assert discrimination == pytest.approx(0.01, abs=0.005)


def test_culture_at_its_edge_adds_a_hundredth_of_area(rng):
    *_, gain = finding_of_many("H19", rng)

    assert gain == pytest.approx(0.01, abs=0.003)


def test_a_score_at_its_edge_is_five_points_more_wrong_of_men(rng):
    men, women = finding_of_many("H20", rng)

    assert men - women == pytest.approx(0.05, abs=0.008)


def test_three_conditions_at_their_edge_go_with_a_twentieth(rng):
    slopes = finding_of_many("H4", rng)

    assert np.mean(slopes[:3]) == pytest.approx(0.05, abs=0.015)
    assert np.mean(slopes[3:]) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(
    ("claim", "plan"),
    [
        ("H12", conduct(0.06, 0.06)),
        ("H19", told_by_culture(0.6)),
        ("H20", unfair(0.0)),
        ("H4", conditions(0.2)),
    ],
)
def test_what_is_well_beyond_the_edge_is_mostly_supported(claim, plan, monkeypatch):
    monkeypatch.setitem(EDGES, claim, ("planted", plan))

    assert count_support(claim, "as it comes", 6) >= 4


def test_hard_worlds_are_hard(rng):
    people = gather_people(ClaimWorld(is_unequal=True, is_skewed=True, answers_by_mood=True), rng)
    said = survey_of(people, EDGES["H18"][1]).dimensions.iloc[:, 0]

    size = np.bincount(people.team)
    assert size.min() < 5
    assert size.max() > 50
    assert (said == said.max()).mean() > 0.05 or said.skew() < -0.5
