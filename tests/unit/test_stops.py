"""How far a stop reaches: served models, packs, and ledgers that are named in place of another."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.disclosure.chain import verify
from blijfwijzer.disclosure.entry import Entry
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.disclosure.standing import STOP, note
from blijfwijzer.errors import (
    DisclosureError,
    GovernanceError,
    LedgerError,
    ModelFolderError,
    StoppedError,
    TrustError,
)
from blijfwijzer.records.model_folder import read_model
from blijfwijzer.records.pack import read_pack, write_pack
from blijfwijzer.records.signing import make_key
from blijfwijzer.release.publication import publication
from blijfwijzer.release.request import Request
from blijfwijzer.release.stops import BEYOND, LEDGERS, refuse_served, stop_of
from blijfwijzer.runs.govern import resume, stop
from blijfwijzer.runs.models.explanation import Model
from blijfwijzer.settings import PackSettings, Settings
from shared_models import make_survey, select, write_model


@pytest.fixture(scope="module")
def champion():
    survey = make_survey(np.random.default_rng(1), 400)
    return select(survey, target="vertrekintentie", candidates=("prevalence",)).champion


@pytest.fixture
def stored(champion, tmp_path, monkeypatch):
    """A model that the ledger beside it knows, which the environment names."""
    folder = tmp_path / "models" / "one"
    write_model(folder, champion)
    stored = read_model(folder)
    survey = stored.codebook.survey.name
    with open_ledger(stored.ledgers / survey, survey) as ledger:
        about = Entry(survey, "1", "d", "train", "r", {}, {}, model=stored.manifest.sha256)
        ledger.append(about.content)
    monkeypatch.setenv(LEDGERS, str(stored.ledgers))
    monkeypatch.delenv(BEYOND, raising=False)
    return stored


def served(stored):
    from blijfwijzer.runs.served import GroupTable

    model = GroupTable()
    context = SimpleNamespace(artifacts={"folder": str(stored.folder)}, model_config={})
    model.load_context(context)
    return model


def request(stored, **origin):
    about = stored.codebook, Settings(), "2"
    told = {"survey_sha256": "abc", **stored.origin, **origin}
    return Request("score", *about, ("rate:vertrekintentie",), told, stored=(stored,))


def test_it_is_told_when_a_model_or_everything_was_stopped_and_why(stored):
    assert stop_of(stored) is None

    stop(stored.ledgers, stored.folder, "a complaint")
    assert stop_of(stored).content["note"]["reason"] == "a complaint"

    resume(stored.ledgers, stored.folder, "HR", "settled")
    assert stop_of(stored) is None

    stop(stored.ledgers, None, "a leak")
    assert stop_of(stored).content["note"]["reason"] == "a leak"


def test_a_served_model_answers_no_more_once_it_is_stopped(stored):
    model = served(stored)
    with pytest.raises(DisclosureError):
        model.predict(None, pd.DataFrame(), {"by": "persons"})

    stop(stored.ledgers, stored.folder, "a complaint")

    for by in ("persons", "unit"):
        with pytest.raises(StoppedError, match="one was stopped on .*a complaint"):
            model.predict(None, pd.DataFrame(), {"by": by})
    with pytest.raises(StoppedError):
        served(stored)

    resume(stored.ledgers, stored.folder, "director", "mended")
    served(stored)
    stop(stored.ledgers, None, "a leak")
    with pytest.raises(StoppedError, match="everything was stopped"):
        served(stored)


def test_a_served_model_needs_no_key_and_leaves_the_ledger_as_it_is(stored):
    place = stored.ledgers / stored.codebook.survey.name
    (place / "secret.key").unlink()
    before = {path.name: path.read_bytes() for path in place.iterdir()}

    refuse_served(stored)

    assert {path.name: path.read_bytes() for path in place.iterdir()} == before


def test_a_model_is_not_served_without_a_ledger_unless_that_is_said(stored, tmp_path, monkeypatch):
    for named in ("", str(tmp_path / "nowhere")):
        monkeypatch.setenv(LEDGERS, named)
        with pytest.raises(LedgerError, match="would not reach this model"):
            refuse_served(stored)

    monkeypatch.setenv(BEYOND, "yes")
    refuse_served(stored)


def test_a_model_is_not_served_beside_a_ledger_that_does_not_know_it(stored, champion, tmp_path):
    write_model(stored.folder, champion, trained={"more": 1})

    with pytest.raises(ModelFolderError, match="was not trained with this ledger"):
        refuse_served(read_model(stored.folder))


def test_another_ledger_is_no_way_round_a_stop_beside_the_models(stored, tmp_path, monkeypatch):
    monkeypatch.delenv(LEDGERS)
    stop(stored.ledgers, stored.folder, "a complaint")

    with (
        pytest.raises(StoppedError, match="one was stopped"),
        publication(tmp_path / "out", request(stored), tmp_path / "fresh"),
    ):
        pass
    leave = {"purpose": "a review", "approved_by": "an officer", "until": "2100-01-01"}
    settings = Settings(explain={"persons": leave})
    with pytest.raises(StoppedError):
        Model(**vars(stored)).explain(
            tmp_path / "none.sav", by="persons", settings=settings, ledgers=tmp_path / "fresh"
        )


def test_another_ledger_is_no_way_round_that_of_the_environment(stored, tmp_path):
    stop(stored.ledgers, None, "a leak")
    asked = Request("climate", stored.codebook, Settings(), "2", origin={"survey_sha256": "abc"})

    with (
        pytest.raises(StoppedError, match="everything was stopped"),
        publication(tmp_path / "out", asked, tmp_path / "fresh"),
    ):
        pass


def test_a_pack_is_stopped_by_itself(stored, tmp_path, monkeypatch):
    pytest.importorskip("cryptography")
    packs = PackSettings(trusted={"Ministry": make_key(tmp_path / "key.pem")})
    file = tmp_path / "a.pack"
    write_pack(file, "National", [stored], (tmp_path / "key.pem",))
    # Whoever uses it has a ledger of their own, which never saw its training.
    monkeypatch.delenv(LEDGERS)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ledger").rename(tmp_path / "theirs")
    survey = stored.codebook.survey.name
    with open_ledger(tmp_path / "ledger" / survey, survey) as ledger:
        ledger.append({"survey": survey, "kind": "climate", "wave": "1"})
    of_pack = read_pack(file, packs).models["vertrekintentie"]

    with pytest.raises(TrustError):
        stop(tmp_path / "ledger", file, "a complaint")
    stop(tmp_path / "ledger", file, "a complaint", packs)

    with (
        pytest.raises(StoppedError, match="one was stopped"),
        publication(tmp_path / "out", request(of_pack), tmp_path / "ledger"),
    ):
        pass
    resume(tmp_path / "ledger", file, "director", "mended", packs)
    with publication(tmp_path / "out", request(of_pack), tmp_path / "ledger"):
        pass
    with pytest.raises(GovernanceError, match="one was not stopped"):
        resume(tmp_path / "ledger", file, "director", "mended", packs)


def test_a_stop_that_an_earlier_version_entered_still_stops(stored, tmp_path):
    place = stored.ledgers / stored.codebook.survey.name
    with open_ledger(place, place.name) as ledger:
        keyed = ledger.identify(stored.manifest.sha256)
        ledger.append(note(STOP, place.name, {"model": keyed, "reason": "drift"}))

    with (
        pytest.raises(StoppedError, match="drift"),
        publication(tmp_path / "out", request(stored), stored.ledgers),
    ):
        pass

    resume(stored.ledgers, stored.folder, "director", "mended")
    assert verify(place)[-1].content["note"]["model"] == keyed
