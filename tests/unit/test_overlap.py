"""Whether a model was trained on what it is held against is known by keys, or said not to be."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.files import hash_bytes, write_files
from blijfwijzer.publish.language.texts import write
from blijfwijzer.records.model_folder import Learnt, model_files, read_model
from blijfwijzer.release.overlap import find_overlap, identify_trained
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.request import Request
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from shared_models import METRICS, SMALL, make_survey, select

UNITS = pd.Series(["a", "a", "b", "c", "c"])
FILE = hash_bytes(b"the survey")
BOOK = load_codebook(SMALL)


@pytest.fixture(scope="module")
def champion():
    survey = make_survey(np.random.default_rng(5), 600)
    return select(survey, candidates=("prevalence",)).champion


@pytest.fixture
def stored(champion, tmp_path):
    """A model of the organisations a, b and c, beside the ledger that it was trained with."""
    folder = tmp_path / "models" / "one"
    with open_ledger(tmp_path / "ledger" / BOOK.survey.name, "owner") as ledger:
        survey, trained = ledger.identify(FILE), identify_trained(ledger, UNITS)
    text = SMALL.read_text(encoding="utf-8")
    effects = pd.DataFrame({"effect": [], "se": [], "between": []})
    learnt = Learnt(champion, BOOK, text, Settings(), METRICS, {}, effects, survey, trained=trained)
    write_files(folder, model_files(learnt, {}, folder))
    return read_model(folder)


def overlap(stored, units, place, digest="another"):
    request = Request("explain", BOOK, Settings(), "2", (), {"survey_sha256": digest})
    with open_ledger(place / BOOK.survey.name, "owner") as ledger:
        return find_overlap(Rehearsal(request, ledger), stored, units)


@pytest.mark.parametrize("ledger", ["ledger", "elsewhere"])
@pytest.mark.parametrize(
    ("units", "kind", "apart"),
    [
        (["a", "b"], "units", [False, False]),
        (["a", "d", "d"], "part", [False, True, True]),
        (["d", "e"], "apart", [True, True]),
        (["d", None], "part", [True, False]),
    ],
)
def test_organisations_that_were_trained_on_are_known_again(
    stored, tmp_path, units, kind, apart, ledger
):
    if ledger == "elsewhere":
        # The key beside the model tells, whatever ledger is given.
        found = overlap(stored, pd.Series(units), tmp_path / ledger)
    else:
        found = overlap(stored, pd.Series(units), tmp_path / "ledger")

    assert (found.kind, found.apart.tolist()) == (kind, apart)


def test_the_very_file_is_known_again_though_its_organisations_were_renamed(stored, tmp_path):
    found = overlap(stored, pd.Series(["d", "e"]), tmp_path / "ledger", FILE)

    assert found.kind == "file"
    assert not found.apart.any()


def test_without_the_key_or_what_was_kept_it_may_have_been_trained_on(stored, tmp_path):
    away = replace(
        stored, manifest=replace(stored.manifest, folder=tmp_path / "x" / "models" / "one")
    )
    old = replace(stored, trained={})

    for found in (
        overlap(away, pd.Series(["d"]), tmp_path / "other"),
        overlap(old, pd.Series(["d"]), tmp_path / "ledger"),
    ):
        assert found.kind == "unknown"
        assert "may have been trained" in write(found.message, "en")


def test_a_model_folder_tells_no_organisation_to_whom_lacks_the_key(stored):
    kept = json.loads((stored.folder / "trained.json").read_text())
    tried = {hash_bytes(text.encode())[:16] for text in ("a", "b", "c", "unit a", "unit b")}

    assert len(kept["units"]) == 3
    assert kept["units"] == sorted(kept["units"])
    assert not tried & set(kept["units"])
