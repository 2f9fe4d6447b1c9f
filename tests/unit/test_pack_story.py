"""What a pack is made of: models that the ledger knows as they were trained, of several employers."""

from dataclasses import replace

import numpy as np
import pytest

from blijfwijzer.disclosure.entry import Entry
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.errors import ModelFolderError, PackError, StoppedError
from blijfwijzer.files import write_files
from blijfwijzer.records.model_folder import read_model
from blijfwijzer.records.pack import read_pack
from blijfwijzer.release.origin import remark_models, unknown_models
from blijfwijzer.release.request import Request
from blijfwijzer.runs.govern import resume, stop
from blijfwijzer.runs.pack import PackRequest, inspect_pack, make_key, pack
from blijfwijzer.settings import PackSettings, Settings
from shared_models import make_survey, select, write_model

pytest.importorskip("cryptography")
UNITS = {"key": "k", "units": ["a", "b", "c"]}


@pytest.fixture(scope="module")
def champion():
    survey = make_survey(np.random.default_rng(1), 400)
    return select(survey, target="vertrekintentie", candidates=("prevalence",)).champion


@pytest.fixture
def place(champion, tmp_path):
    """A folder with a key and a model that the ledger beside it knows."""
    folder = tmp_path / "models" / "one"
    write_model(folder, champion, trained=UNITS)
    enter(tmp_path / "ledger", folder)
    return tmp_path, make_key(tmp_path / "key.pem")


def enter(ledgers, folder):
    """Enter a model, as its training does."""
    stored = read_model(folder)
    survey = stored.codebook.survey.name
    with open_ledger(ledgers / survey, survey) as ledger:
        about = Entry(survey, "2019", "d", "train", "r", {}, {}, model=stored.manifest.sha256)
        ledger.append(about.content)


def asked(place, name="National"):
    return PackRequest(place / "models", name, (place / "key.pem",))


def test_a_model_that_the_ledger_knows_is_packed_and_read(place):
    place, public = place

    made = pack(asked(place), place / "a.pack", None)

    settings = Settings(packs={"trusted": {"Ministry": public}})
    found = inspect_pack(place / "a.pack", settings)
    assert (found.sha256, found.signer) == (made.sha256, "Ministry")
    assert made.signed_by == (public,)


def test_a_model_that_was_altered_with_its_manifest_is_not_packed(place, champion):
    """Such as one of which the benchmark was mended to tell of fewer people."""
    place, _ = place
    write_model(place / "models" / "one", champion, trained={**UNITS, "more": 1})

    with pytest.raises(PackError, match="1 models were not trained with this ledger"):
        pack(asked(place), place / "a.pack", None)
    assert not (place / "a.pack").exists()


def test_a_file_that_was_altered_alone_is_not_packed(place):
    place, _ = place
    write_files(place / "models" / "one", {"reference.json": b"{}"})

    with pytest.raises(ModelFolderError, match="1 altered: reference.json"):
        pack(asked(place), place / "a.pack", None)


def test_a_ledger_must_be_there(place):
    place, _ = place

    with pytest.raises(PackError, match="has no ledger of"):
        pack(asked(place), place / "a.pack", place / "elsewhere")


def test_models_of_two_employers_are_not_packed(place, champion):
    place, _ = place
    write_model(place / "models" / "one", champion, trained={**UNITS, "units": ["a", "b"]})
    enter(place / "ledger", place / "models" / "one")

    with pytest.raises(PackError, match="fewer than 3 organisations"):
        pack(asked(place), place / "a.pack", None)


@pytest.mark.parametrize("known", ["tell", "require"])
def test_a_pack_that_is_trusted_vouches_for_its_models_as_the_ledger_would(place, known):
    place, public = place
    pack(asked(place), place / "a.pack", None)
    stored = read_pack(place / "a.pack", PackSettings(trusted={"Ministry": public})).models[
        "vertrekintentie"
    ]
    bare = replace(stored, signed=None)
    settings = Settings(disclosure={"known_models": known})

    def request(of):
        about = stored.codebook, settings, "2026"
        return Request("score", *about, origin=of.origin, stored=(of,))

    with open_ledger(place / "other", "o") as ledger:
        assert unknown_models(request(bare), ledger) == ["one"]
        assert list(remark_models(request(bare), ledger))
        assert unknown_models(request(stored), ledger) == []
        assert not list(remark_models(request(stored), ledger))


def test_a_model_that_was_stopped_is_not_handed_on(place):
    place, _ = place
    model = place / "models" / "one"
    stop(place / "ledger", model, "a complaint")

    with pytest.raises(StoppedError, match="one was stopped on .*a complaint"):
        pack(asked(place), place / "a.pack", None)

    assert not (place / "a.pack").exists()
    resume(place / "ledger", model, "the director", "it was heard")
    assert pack(asked(place), place / "a.pack", None).path.exists()
