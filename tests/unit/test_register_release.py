"""What a register changes of what may be told: what an outsider knows, and two weightings."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.earlier import Earlier
from blijfwijzer.disclosure.figures import FigureId
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.errors import DisclosureError
from blijfwijzer.release.admission import beside_register
from blijfwijzer.release.culture import Wave
from blijfwijzer.release.origin import other_weights, refuse_other_weights, register_in
from blijfwijzer.release.request import Request
from blijfwijzer.release.verify import KnownRegister, known_by, prove_again
from blijfwijzer.runs.culture import register as climate_register
from blijfwijzer.runs.scoring.register import offer_register, rounded_register
from blijfwijzer.settings import DisclosureSettings, Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held

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
    found = beside_register(nothing_before(), people(*ranges), DisclosureSettings())
    return found.known.toarray().tolist()


def test_whoever_knows_a_register_knows_where_everybody_responded():
    assert known_of((0, 20), (20, 40)) == people((0, 20), (20, 40)).toarray().tolist()


def test_few_who_all_responded_stay_hidden_by_what_is_shown():
    # Were the four known, groups of which they are the difference could be shown.
    assert known_of((0, 4)) == []
    assert len(known_of((0, 20), (0, 24))) == 1


def test_the_audit_finds_what_follows_for_who_knows_a_register():
    # Twelve of a group of twenty have a code of which everybody responded: eight are left.
    shown = people((0, PEOPLE), (0, 20))
    register = KnownRegister("margins.csv", "", people((0, 12)))
    record = {"settings": Settings().model_dump(mode="json")}

    known = known_by(register, record, PEOPLE)

    assert prove_again(shown, 10)[1] == 0
    assert prove_again(csr_array(vstack([shown, known])), 10)[1] > 0
    assert known_by(None, record, PEOPLE).shape == (0, PEOPLE)


def test_nothing_is_known_without_a_register():
    before = nothing_before()

    assert beside_register(before, None, DisclosureSettings()) is before


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


def test_how_far_a_favourable_share_moved_is_told_of_those_that_may_be():
    size = 4_000
    young = np.arange(size) < size // 2
    codes = csr_array(np.array([young, ~young], dtype=np.int8))
    table = pd.DataFrame({"variable": "leeftijd", "code": ["<35", "35+"], "n": [2000, 2000]})
    weights = SimpleNamespace(
        inside=codes, response=table, weight=np.where(young, 0.5, 1.5), before=np.ones(size)
    )
    # Of the young 80 % score above the middle, of others 40 %.
    score = 1 + 4.0 * (np.arange(size) % 10 < np.where(young, 8, 4))
    book = load_codebook("werkonderzoek-2019")
    scales = pd.DataFrame({name: np.full(size, np.nan) for name in book.scales})
    scales["leervermogen"] = score
    admission = admission_of(csr_array(np.ones((1, size), dtype=np.int8)))
    wave = Wave(
        SimpleNamespace(held=Held.of(pd.DataFrame({"weight": weights.weight}))),
        scales,
        admission,
        weights,
    )

    offered = climate_register.offer_register(wave, book, Settings())
    told = climate_register.rounded_register(wave, offered, book, Settings())
    found = climate_register.tell_register(wave, told, book, Settings())

    assert set(told) == set(offered) and found.told.all()
    assert found.moved[["target", "rate"]].values.tolist() == [["leervermogen", 0.5]]
    assert found.moved["moved"].iloc[0] == pytest.approx(-0.1)


BOOK = load_codebook(Path(__file__).parents[1] / "assets" / "small.toml")


def asked(kind, register=None, before=None, wave="2"):
    origin = {"register_sha256": register, "previous_register_sha256": before}
    told = {name: value for name, value in origin.items() if value is not None}
    return Request(kind, BOOK, Settings(), wave, (), told)


def told_before(kind, register, wave="2"):
    """A ledger with one line of a wave."""
    ledger = Ledger(Path(), "small", b"key", is_kept=False)
    line = {"kind": kind, "survey": "small", "wave": wave, "groups": {"all": {}}, "parts": {}}
    of_register = register_in(asked(kind, register), ledger, "2")
    return replace(ledger, releases=[Release({**line, **of_register}, 1, "")])


@pytest.mark.parametrize("now", ["score", "climate", "claims"])
@pytest.mark.parametrize("then", ["score", "climate", "claims"])
def test_a_wave_is_told_of_with_one_set_of_margins_in_all_outputs(then, now):
    for before, register in (("a", "b"), ("a", None), (None, "a")):
        with pytest.raises(DisclosureError, match="other margins"):
            refuse_other_weights(asked(now, register), told_before(then, before))
    for register in ("a", None):
        refuse_other_weights(asked(now, register), told_before(then, register))


def test_a_training_and_another_wave_stand_beside_margins():
    refuse_other_weights(asked("train"), told_before("score", "a"))
    refuse_other_weights(asked("climate", "a"), told_before("score", "b", wave="1"))


def test_the_wave_before_is_held_by_its_own_register():
    request = asked("climate", "now", "then")
    then = told_before("climate", "then", wave="1")

    assert not any(line.content["groups"] for line in other_weights(request, then, "1").releases)
    other = other_weights(asked("climate", "now"), then, "1")
    assert [line.content["groups"] for line in other.releases] == [{"all": {}}]
