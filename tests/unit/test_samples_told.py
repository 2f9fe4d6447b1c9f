"""A release of a sample, and one of everyone after it: what both together tell of a few."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.disclosure.samples import note_sample
from blijfwijzer.files import to_json
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.release.publication import publication
from blijfwijzer.release.request import Request
from blijfwijzer.release.trainings import FittedPeople
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from questionnaires import SMALL
from shared_intake import lone_intake

BOOK = load_codebook(SMALL)
SIZES = {"A": 40, "B": 40, "s": 8, "t": 8, "C": 40, "D": 40, "few": 5}
"""People of each organisation; of the small ones nothing is told."""
SAMPLED = ["A", "B", "s", "t"]


@pytest.fixture
def intake(rng):
    """Give a sector of these organisations, beside another one."""
    units = np.repeat([*SIZES, "other"], [*SIZES.values(), 60])
    read = lone_intake(rng, len(units))
    sector = np.where(units == "other", "gemeente", "rijk")
    columns = {"sector": pd.Series(sector), "organisatie": pd.Series(units)}
    return replace(read, held=read.held.replace(columns))


def tell(place, intake, name, sample=None, *, is_noted=True, rows=None):
    """Tell of organisations and sectors, of a sample or of everyone; give the groups told.

    Parameters
    ----------
    sample : units that are in it as a whole; none where people were drawn: those in `rows`
    """
    about = BOOK, Settings(), "2019", ("mean",)
    request = Request("train", *about, {"survey_sha256": "abc"}, {"target": name})
    if rows is not None:
        intake = intake.among(rows)
    if sample:
        intake = intake.among(intake.held["organisatie"].isin(sample).to_numpy())
    grouping = make_groups(intake.held, BOOK, ["organisatie"], request.settings)
    with publication(place / name, request, place / "ledger") as release:
        admission = release.admit(intake, grouping, {})
        people = FittedPeople.of(np.ones(len(intake.held), dtype=bool), admission)
        is_noted &= sample is not None
        told = note_sample(release.ledger, "organisatie", sample) if is_noted else {}
        manifest = to_json({"name": name, "sha256": {}})
        release.publish_model({}, {"manifest.json": manifest}, people, **told)
    return set(grouping.groups.index[admission.told])


RIJK = {"sector=rijk", *(f"sector=rijk/organisatie={unit}" for unit in "ABCD")}


def test_everyone_by_themselves_are_told_of(intake, tmp_path):
    assert tell(tmp_path, intake, "everyone") >= RIJK


@pytest.mark.parametrize("is_noted", [True, False])
def test_a_sector_less_its_sample_and_the_units_outside_it_tells_of_no_few(
    intake, tmp_path, is_noted
):
    of_sample = tell(tmp_path, intake, "sample", SAMPLED, is_noted=is_noted)
    assert "sector=rijk" in of_sample

    told = tell(tmp_path, intake, "everyone")

    # Those outside it, less C and D, are five people.
    assert (told >= RIJK) == (not is_noted)


@pytest.mark.parametrize(("drawn", "is_safe"), [(14, False), (10, True)])
def test_people_who_were_not_drawn_tell_of_no_few(intake, tmp_path, drawn, is_safe):
    """Of 21 in small organisations 14 were drawn: all less these, and less all others, are seven."""
    units = pd.Series(intake.held["organisatie"].to_numpy())
    is_small = units.isin(["s", "t", "few"])
    place = units.mask(is_small, "small").groupby(units.mask(is_small, "small")).cumcount()
    rows = (place < np.where(is_small, drawn, 25)).to_numpy()
    assert tell(tmp_path, intake, "sample", [], rows=rows) >= RIJK

    told = tell(tmp_path, intake, "everyone")

    assert (told >= RIJK) == is_safe
    assert len(told & RIJK) >= len(RIJK) - 1


def test_the_same_sample_again_is_told_of_again(intake, tmp_path):
    first = tell(tmp_path, intake, "sample", SAMPLED)

    assert tell(tmp_path, intake, "again", SAMPLED) == first
