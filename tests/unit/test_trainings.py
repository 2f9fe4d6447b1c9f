"""People of models and figures, known again: who was fitted on or measured, and by which rule."""

from dataclasses import replace

import numpy as np
import pytest

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.files import hash_bytes, to_json
from blijfwijzer.groups.grouping import everyone_alone
from blijfwijzer.release.admission import Crowd, told_before
from blijfwijzer.release.breakdown import may_measure
from blijfwijzer.release.publication import publication
from blijfwijzer.release.request import Request
from blijfwijzer.release.trainings import FittedPeople, is_near_another
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from questionnaires import SMALL
from shared_intake import lone_intake

PEOPLE = 400


@pytest.fixture
def intake(rng):
    return lone_intake(rng, PEOPLE)


def train(place, intake, name, without=()):
    """Enter a model that is fitted on all but some people, as a training does."""
    about = load_codebook(SMALL), Settings(), "2019", ("mean",)
    request = Request("train", *about, {"survey_sha256": "abc"}, {"target": name})
    fitted = ~np.isin(np.arange(len(intake.responses)), without)
    with publication(place / name, request, place / "ledger") as release:
        admission = release.admit(intake, everyone_alone(intake.responses), {})
        people = FittedPeople.of(fitted, admission)
        release.publish_model({}, {"manifest.json": manifest_of(name)}, people)
    return people.is_near


def manifest_of(name):
    return to_json({"name": name, "sha256": {}})


def less(intake, people):
    return replace(intake, held=Held.of(intake.responses.drop(people)))


def measure(place, intake, name, people):
    """Tell how good a model is on some people, as `explain` does of those it was not trained on."""
    about = load_codebook(SMALL), Settings(), "2019", ("mean",)
    request = Request("explain", *about, {"survey_sha256": "abc"}, {"target": name})
    with publication(place / name, request, place / "ledger") as release:
        admission = release.admit(intake, everyone_alone(intake.responses), {})
        is_told = may_measure(release, admission, np.isin(np.arange(PEOPLE), people))
        release.publish({"a.txt": b""}, {})
    return is_told


def is_near(place, name):
    survey = load_codebook(SMALL).survey.name
    with open_ledger(place / "ledger" / survey, survey) as ledger:
        return is_near_another(ledger, hash_bytes(manifest_of(name)))


def test_of_two_outcomes_that_nearly_the_same_people_answered_the_second_is_near(intake, tmp_path):
    assert not train(tmp_path, intake, "first", range(5))
    assert train(tmp_path, intake, "second", range(4, 8))
    assert not is_near(tmp_path, "first")
    assert is_near(tmp_path, "second")


@pytest.mark.parametrize("without", [range(5), range(3, 20), range(200)])
def test_the_same_people_are_not_near_and_nor_are_many_fewer_or_more(intake, tmp_path, without):
    train(tmp_path, intake, "first", range(5))

    assert not train(tmp_path, intake, "second", without)
    assert not is_near(tmp_path, "second")


@pytest.mark.parametrize("codebook, known", [("one", 1), ("two", 0)])
def test_a_figure_by_another_codebook_is_not_the_one_that_was_told(
    intake, tmp_path, codebook, known
):
    def ask(kind, made_by):
        about = load_codebook(SMALL), Settings(), "2019", ("rate:x",)
        origin = {"survey_sha256": "a", "codebook_sha256": made_by}
        return Request(kind, *about, origin, {"kind": kind})

    grouping = everyone_alone(intake.responses)
    basis = {"rate:x": Basis((np.arange(PEOPLE) % 2.0,))}
    with publication(tmp_path / "out", ask("score", "one"), tmp_path / "ledger") as release:
        release.admit(intake, grouping, basis)
        release.publish({"a.txt": b""}, {})

    request = ask("climate", codebook)
    crowd = Crowd.of(intake, grouping.members, request.codebook)
    with open_ledger(tmp_path / "ledger" / request.survey, request.owner) as ledger:
        told = told_before(crowd, request, ledger, "rate:x")
    assert told.shape[0] == known


@pytest.mark.parametrize("other, told", [(300, True), (297, False), (291, False), (275, True)])
def test_quality_is_not_told_of_nearly_the_people_of_whom_another_model_told(
    intake, tmp_path, other, told
):
    assert measure(tmp_path, intake, "first", range(300))
    assert measure(tmp_path, intake, "second", range(other)) == told


def test_the_people_of_one_model_less_those_of_another_are_near_to_few_more(intake, tmp_path):
    assert not train(tmp_path, intake, "all")
    assert not train(tmp_path, intake, "half", range(200))
    assert train(tmp_path, intake, "other half", range(201, PEOPLE))


def test_a_file_without_somebody_is_near_until_the_model_before_is_made_again(intake, tmp_path):
    assert not train(tmp_path, intake, "first")
    assert train(tmp_path, less(intake, [3]), "second")
    assert train(tmp_path, less(intake, [3]), "third", range(5))
    # The very same is no other one, whatever came after it.
    assert not train(tmp_path, intake, "first")
