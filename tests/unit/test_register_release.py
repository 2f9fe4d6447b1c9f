"""What a register changes of what may be told: what an outsider knows, and two weightings."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer.disclosure.earlier import Earlier
from blijfwijzer.disclosure.figures import FigureId
from blijfwijzer.release.admission import _beside_register
from blijfwijzer.runs.score_register import offer_register, rounded_register
from blijfwijzer.settings import DisclosureSettings, Settings

PEOPLE = 60


def nothing_before(known=()):
    """Nothing was shown before, or some groups."""
    rows = csr_array(np.array(list(known), dtype=np.int8).reshape(-1, PEOPLE))
    none = csr_array((0, PEOPLE), dtype=np.int8)
    return Earlier(rows, none, 0, none, np.zeros(3, bool), np.zeros(3, bool), (), 0, 0)


def people(*ranges):
    """One row per range of people."""
    place = np.arange(PEOPLE)
    return csr_array(np.array([(place >= a) & (place < b) for a, b in ranges], dtype=np.int8))


def known_of(*ranges):
    found = _beside_register(nothing_before(), people(*ranges), DisclosureSettings())
    return found.known.toarray().tolist()


def test_whoever_knows_a_register_knows_where_everybody_responded():
    assert known_of((0, 20), (20, 40)) == people((0, 20), (20, 40)).toarray().tolist()


def test_few_who_all_responded_stay_hidden_by_what_is_shown():
    # Were the four known, groups of which they are the difference could be shown.
    assert known_of((0, 4)) == []
    assert len(known_of((0, 20), (0, 24))) == 1


def test_nothing_is_known_without_a_register():
    before = nothing_before()

    assert _beside_register(before, None, DisclosureSettings()) is before


def figures_of(parts):
    return {FigureId("moved", ("need", "all")): csr_array(np.array(parts, dtype=np.int8))}


def targets_of(values):
    return {"need": SimpleNamespace(values=np.asarray(values, dtype=float))}


WAVE = SimpleNamespace(settings=Settings())


@pytest.mark.parametrize(("each", "is_safe"), [(299, False), (300, True)])
def test_a_rate_moved_follows_from_no_count_only_of_parts_with_many_of_each_answer(each, is_safe):
    values = np.tile([1.0, 0.0], 2 * each)
    half = np.arange(len(values)) < 2 * each
    offered = figures_of([half, ~half])

    safe = rounded_register(WAVE, targets_of(values), offered)

    assert (set(safe) == set(offered)) == is_safe


@pytest.mark.parametrize(("n", "is_safe"), [(99, False), (100, True)])
def test_respondents_with_a_code_are_safe_in_a_band_wider_than_the_minimum(n, is_safe):
    offered = {FigureId("margin", ("leeftijd", "<35")): csr_array(np.ones((1, n), dtype=np.int8))}

    safe = rounded_register(WAVE, {}, offered)

    assert bool(safe) == is_safe


def admission_of(members):
    groups = pd.DataFrame({"kind": ["all"], "sector": ["all"]}, index=["all"])
    return SimpleNamespace(
        grouping=SimpleNamespace(groups=groups, members=members),
        shown=np.ones(1, dtype=bool),
        minimum=10,
        tells=lambda _: np.ones(1, dtype=bool),
    )


@pytest.mark.parametrize(("few", "offered"), [(9, 0), (10, 1)])
def test_how_far_a_rate_moved_is_offered_only_where_each_part_could_be_told(few, offered, rng):
    size = 200
    inside = np.arange(size) < few
    values = (rng.random(size) < 0.5).astype(float)
    weights = SimpleNamespace(
        inside=csr_array(np.array([inside, ~inside], dtype=np.int8)),
        response=pd.DataFrame(
            {"variable": "leeftijd", "code": ["<35", "35+"], "n": [few, size - few]}
        ),
    )
    wave = SimpleNamespace(settings=Settings(), weight=np.ones(size), register=weights)

    found = offer_register(
        wave, targets_of(values), admission_of(csr_array(np.ones((1, size), dtype=np.int8)))
    )

    assert sum(figure.kind == "moved" for figure in found) == offered
    assert sum(figure.kind == "margin" for figure in found) == 1 + offered


def test_a_wave_without_a_register_offers_nothing_of_one():
    assert offer_register(SimpleNamespace(register=None), {}, None) == {}
