"""Claims at their edge: what is exactly as large as hardly counts is hardly ever supported."""

import numpy as np
import pytest

from blijfwijzer.claims.register import CLAIMS
from studies.claim_edges import EDGES, count_support
from studies.claim_worlds import World, gather_people, survey_of


def test_each_claim_has_an_edge_or_is_tried_on_the_built_in_survey():
    assert set(EDGES) | {"H12", "H19", "H20"} == {claim.id for claim in CLAIMS}


@pytest.mark.parametrize("world", ["skewed, at the ceiling", "8 clusters"])
@pytest.mark.parametrize("claim", ["H14", "H16", "H2"])
def test_an_effect_at_the_floor_is_hardly_ever_supported(claim, world):
    # Of a test at .025 five or more of twenty are supported once in 10,000 times.
    assert count_support(claim, world, 20) <= 4


def test_hard_worlds_are_hard(rng):
    people = gather_people(World(is_unequal=True, is_skewed=True, answers_by_mood=True), rng)
    said = survey_of(people, EDGES["H18"][1]).dimensions.iloc[:, 0]

    size = np.bincount(people.team)
    assert size.min() < 5
    assert size.max() > 50
    assert (said == said.max()).mean() > 0.05 or said.skew() < -0.5
