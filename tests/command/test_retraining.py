"""Two trainings of nearly the same people, as whoever may only look in MLflow or a pack meets them."""

import pytest
import tomli_w
from test_attacks import QUICK, survey_of

from blijfwijzer.files import hash_bytes
from command_line import call
from questionnaires import SMALL

pytest.importorskip("cryptography")
mlflow = pytest.importorskip("mlflow")
TARGETS = {"vertrekintentie", "achterblijver"}


@pytest.fixture
def place(tmp_path):
    """A survey of 1,500 people, of which models were trained, and a key to sign packs with."""
    tracked = {**QUICK, "tracking": {"enabled": True}}
    (tmp_path / "quick.toml").write_text(tomli_w.dumps(tracked))
    assert not call("pack", "key", tmp_path / "key.pem")
    assert not train(tmp_path, "all", survey_of(1))
    return tmp_path


def train(place, name, survey):
    survey.to_parquet(place / "wave.parquet")
    return call(
        *("train", place / "wave.parquet", "--codebook", SMALL),
        *("--models", place / name, "--ledger", place / "ledger"),
        *("--settings", place / "quick.toml"),
    )


def make_pack(place, name):
    return call(
        *("pack", "make", place / name, "--name", "Ours", "--key", place / "key.pem"),
        *("--output", place / f"{name}.pack", "--ledger", place / "ledger"),
    )


def test_a_model_that_was_packed_cannot_be_taken_back(place, capsys):
    assert not make_pack(place, "all")
    assert not make_pack(place, "all")

    assert withdraw(place, "all", "achterblijver") == 56
    told = capsys.readouterr().err
    assert "was given away in the pack Ours" in " ".join(told.split())
    entered = (place / "ledger" / "small" / "releases.jsonl").read_text(encoding="utf-8")
    assert entered.count('"hand on"') == len(TARGETS)


def withdraw(place, name, target):
    (manifest,) = (place / name).glob(f"{target}-*/manifest.json")
    digest = hash_bytes(manifest.read_bytes())
    return call(
        *("disclosure", "withdraw", manifest.parent, "--sha256", digest),
        *("--reason", "somebody took an answer back", "--ledger", place / "ledger"),
    )


def tracked(place):
    """Names of the models in the registry, and how many versions each has."""
    client = mlflow.MlflowClient(f"sqlite:///{place / 'mlruns' / 'mlflow.db'}")
    return sorted(version.name for version in client.search_model_versions())


def test_a_model_without_one_person_leaves_the_house_only_if_the_first_is_taken_back(place, capsys):
    first = tracked(place)
    capsys.readouterr()

    assert not train(place, "less", survey_of(1)[1:])

    assert capsys.readouterr().out.count("this model is not put in MLflow") == len(TARGETS)
    assert tracked(place) == first
    assert make_pack(place, "less") == 76
    assert "nearly the people of 2 models" in capsys.readouterr().err
    assert not (place / "less.pack").exists()

    # The first was not the last: what came after it was chosen beside it.
    assert withdraw(place, "all", "vertrekintentie") == 56
    for name in ("less", "all"):
        for target in ("achterblijver", "vertrekintentie"):
            assert not withdraw(place, name, target)
    assert withdraw(place, "all", "vertrekintentie") == 56
    assert not train(place, "again", survey_of(1)[1:])

    assert tracked(place) == sorted(2 * first)
    assert not make_pack(place, "again")
    # The one before is known no more.
    assert make_pack(place, "all") == 76
