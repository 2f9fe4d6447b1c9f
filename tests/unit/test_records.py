"""What is kept: whole, unaltered, without code, and nothing about few people."""

import json
from dataclasses import replace

import numpy as np
import pytest

from blijfwijzer.errors import ModelDisclosureError, ModelFolderError
from blijfwijzer.files import to_json
from blijfwijzer.records.lint import find_disclosures
from blijfwijzer.records.model_folder import folder_name, read_model
from blijfwijzer.records.tracking import tracking_uri
from blijfwijzer.risk.boosting import Boosting, grow_trees
from blijfwijzer.risk.card import Band, Card, CardQuestion
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from shared_models import METRICS, SCHEMA, SMALL, make_survey, select_told, write_model


@pytest.fixture(scope="module")
def trained():
    survey = make_survey(np.random.default_rng(2019), 1200)
    return survey[0], select_told(
        survey, target="vertrekintentie", candidates=("prevalence", "trees")
    )


@pytest.fixture
def folder(trained, tmp_path):
    write_model(tmp_path / "model", trained[1].champion)
    return tmp_path / "model"


def test_a_model_folder_reads_as_it_was_written(trained, folder):
    stored = read_model(folder)

    frame, selection = trained
    np.testing.assert_array_equal(
        predict_risk(stored.model, frame), predict_risk(selection.champion, frame)
    )
    assert stored.settings == Settings()
    assert stored.codebook == load_codebook(SMALL)
    assert stored.metrics == METRICS


def test_the_same_training_gives_the_same_bytes(trained, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1576800000")
    for name in ("a", "b"):
        write_model(tmp_path / name, trained[1].champion)

    contents = [
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.*")}
        for name in ("a", "b")
    ]
    assert contents[0] == contents[1]


def test_a_model_that_is_made_again_in_its_place_is_no_newer(trained, tmp_path, monkeypatch):
    folder = tmp_path / "a"
    for moment in ("1576800000", "1700000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)
        write_model(folder, trained[1].champion)

    assert read_model(folder).manifest.made == "2019-12-20T00:00:00+00:00"


def test_the_hash_of_a_model_covers_when_it_was_made(folder):
    before = read_model(folder).manifest
    told = json.loads((folder / "manifest.json").read_text())

    (folder / "manifest.json").write_bytes(to_json(told))
    assert read_model(folder).manifest.sha256 == before.sha256
    (folder / "manifest.json").write_bytes(to_json({**told, "made": "2999-01-01T00:00:00+00:00"}))

    assert read_model(folder).manifest.sha256 != before.sha256


def test_a_manifest_without_an_outcome_is_refused(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["target"]
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ModelFolderError, match="does not say: target"):
        read_model(folder)


def test_the_name_tells_what_it_was_made_from(trained):
    model, book = trained[1].champion.target, load_codebook(SMALL)

    name = folder_name(model, book, "abc", Settings())

    assert name.startswith("vertrekintentie-small-1-")
    assert name == folder_name(model, book, "abc", Settings())
    assert name != folder_name(model, book, "abd", Settings())
    assert name != folder_name(model, book, "abc", Settings(seed=1))


@pytest.mark.parametrize("name", ["model.txt", "model.json", "codebook.toml", "plots/a.png"])
def test_one_altered_byte_is_found_and_named(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)

    with pytest.raises(ModelFolderError, match=rf"1 altered: {name}"):
        read_model(folder)


def test_missing_and_added_files_are_named(folder):
    (folder / "model.txt").unlink()
    (folder / "evil.py").write_text("raise SystemExit")

    with pytest.raises(ModelFolderError, match=r"1 missing: model\.txt; 1 added: evil\.py"):
        read_model(folder)


def test_a_manifest_cannot_point_outside(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["../../etc/passwd"] = "0"
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ModelFolderError, match="1 missing"):
        read_model(folder)


def test_a_newer_format_is_refused(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))

    with pytest.raises(ModelFolderError, match="newer format"):
        read_model(folder)


def test_an_older_format_is_refused_and_says_what_to_do(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 1}))

    with pytest.raises(
        ModelFolderError, match="format 1, which does not say.*Train the model again"
    ):
        read_model(folder)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"sha256": 1}'])
def test_a_folder_that_is_no_model_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)

    with pytest.raises(ModelFolderError, match="no model folder"):
        read_model(tmp_path)


def test_a_model_with_leaves_of_few_people_is_not_written(trained, tmp_path):
    frame, values, weight, _ = make_survey(np.random.default_rng(2019), 1200)
    few = grow_trees(
        frame,
        SCHEMA,
        values,
        weight,
        None,
        60,
        Boosting(minimum_leaf=2, depth=6, column_share=1.0, node_share=1.0),
    )
    model = trained[1].champion
    with pytest.raises(ModelDisclosureError, match="leaf_count are below 10"):
        write_model(tmp_path / "model", replace(model, trees=few))

    assert list(tmp_path.iterdir()) == []
    assert find_disclosures(model, 10) == []


def test_a_range_wider_than_coded_is_found(trained):
    model = trained[1].champion
    wide = model.trees.replace("feature_infos=[1:5]", "feature_infos=[0:66]")

    assert "ranges are wider" in find_disclosures(replace(model, trees=wide), 10)[0]


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("https://mlops:geheim@host/a@b", "https://***@host/a@b"),
        ("postgresql+psycopg://token@host:5432/db", "postgresql+psycopg://***@host:5432/db"),
        ("https://host/a@b", "https://host/a@b"),
        ("sqlite:////data/a@b/mlflow.db", "sqlite:////data/a@b/mlflow.db"),
    ],
)
def test_a_store_is_told_without_its_password(tmp_path, monkeypatch, uri, told):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)

    assert tracking_uri(tmp_path) == told


def test_a_card_is_kept_with_its_model_and_covered_by_the_manifest(trained, tmp_path):
    card = Card((CardQuestion("a", (Band(-np.inf, 3, 2), Band(3, np.inf, 0)), 1),), 2)
    write_model(tmp_path / "model", trained[1].champion, card)

    assert read_model(tmp_path / "model").card == card

    (tmp_path / "model" / "card.json").write_text("{}")
    with pytest.raises(ModelFolderError, match=r"1 altered: card\.json"):
        read_model(tmp_path / "model")


def test_a_model_without_a_card_reads_without(folder):
    assert read_model(folder).card is None
