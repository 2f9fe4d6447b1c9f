"""What a claim reads is recorded, whichever way it reads it: what may be shown rests on that."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from blijfwijzer.claims import reader as reader_module
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.register import CLAIMS
from studies.claims import read_built_in

ROOM = Path(reader_module.__file__).parent
# Every way to what people answered, with the concept that it then tells of.
ANSWERS = {
    "of": (lambda reader: reader.of("scholing"), "scholing"),
    "z": (lambda reader: reader.z("scholing"), "scholing"),
    "agrees": (lambda reader: reader.agrees("prestatie_belonen"), "prestatie_belonen"),
    "dimension": (lambda reader: reader.dimension("samenwerking"), "samenwerking"),
    "group": (lambda reader: reader.group("opleiding"), "opleiding"),
    "answers": (lambda reader: reader.answers(["tev_baan"]), "tevreden_baan"),
    "scores": (lambda reader: reader.scores(["regeldruk"]), "regeldruk"),
    "risk": (lambda reader: reader.risk, "achterblijver"),
    "pair_waves": (lambda reader: reader.pair_waves(), "leeftijd"),
}
# Names, where people work, and what is made of values that a claim has read already.
NO_ANSWERS = {
    *("read", "has", "dimensions", "attributes", "scales", "codebook", "label", "design", "seed"),
    *("bootstraps", "others", "culture"),
    *("levels", "unit", "team", "sector", "usual_team", "has_teams", "half", "halved_again"),
    *("other_half", "own_half", "standardise", "fit", "sector_columns", "draw", "draw_units"),
    *("present", "share", "mean", "difference", "slope"),
    # The wave before is a reader as well, with a record of its own.
    "before",
}


@pytest.fixture(scope="module")
def survey():
    return read_built_in(2500, 5, 2022, read_built_in(2500, 5))


@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_gives_answers_records_what_they_tell_of(survey, name):
    reader = Reader(replace(survey, risk=np.full(len(survey.concepts), 0.2)))
    read, concept = ANSWERS[name]

    read(reader)

    assert concept in reader.read


def test_there_is_no_other_way_to_answers():
    public = {name for name in vars(Reader) if not name.startswith("_")}

    assert public == set(ANSWERS) | NO_ANSWERS


def test_asking_what_there_is_and_where_people_work_reads_nothing(survey):
    reader = Reader(survey)

    assert reader.has("scholing")
    assert reader.dimensions
    assert reader.culture
    assert reader.attributes
    assert reader.scales
    assert reader.has_teams
    assert len(reader.unit(reader.levels[0])) == len(reader.sector) == len(reader.team)

    assert reader.read == frozenset()


def test_what_is_read_of_the_wave_before_is_recorded_as_read_there(survey):
    reader = Reader(survey)

    reader.before.of("discriminatie")

    assert reader.before.read == {"discriminatie"}
    assert reader.read == frozenset()


def test_a_reader_that_has_no_wave_before_pairs_none(survey):
    with pytest.raises(LookupError, match="no wave before"):
        Reader(replace(survey, previous=None)).pair_waves()


def test_no_claim_goes_behind_its_reader():
    behind = [
        f"{path.name}: {ast.unparse(node)}"
        for path in ROOM.glob("*.py")
        if path.stem != "reader"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not (node.attr.startswith("__") or ast.unparse(node.value) == "self")
    ]
    holders = {path.stem for path in ROOM.glob("*.py") if "Evidence" in path.read_text("utf-8")}

    assert [one for one in behind if not one.endswith("._value_")] == []
    assert holders == {"evidence", "reader", "verdicts"}


def without(survey, read, rng):
    """The survey with what was not read given to other people, wherever it stands."""
    concepts = survey.codebook.concepts
    order = rng.permutation(len(survey.concepts))
    sources = {n: {n, c.column, c.scale} - {None} for n, c in concepts.items()}
    kept = set().union(*(sources[name] for name in read))
    unread = {source for name in set(concepts) - read for source in sources[name]} - kept

    def mixed(frame, names):
        held = {n: frame[n].to_numpy()[order] for n in frame if n in names}
        return frame.assign(**held)

    return replace(
        survey,
        concepts=mixed(survey.concepts, set(concepts) - read),
        dimensions=mixed(survey.dimensions, unread),
        groups=mixed(survey.groups, unread),
        scales=mixed(survey.scales, unread),
        responses=mixed(survey.responses, unread),
    )


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_what_a_claim_did_not_read_makes_no_difference_to_it(survey, rng, claim):
    reader = Reader(survey)
    found = claim.test(reader)
    other = without(survey, reader.read, rng)
    other = replace(other, previous=without(survey.previous, reader.before.read, rng))

    again = claim.test(Reader(other))

    assert repr(again.effect) == repr(found.effect)
    for one, same in zip(
        (*found.estimates, *found.checks), (*again.estimates, *again.checks), strict=True
    ):
        assert repr(one.estimate) == repr(same.estimate), one.name
