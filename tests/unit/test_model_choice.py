"""Which model of a folder is used: the champion, or the newest by its manifest."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import ModelFolderError
from blijfwijzer.files import write_files
from blijfwijzer.records.model_choice import choose_for, choose_model, choose_models
from blijfwijzer.records.model_folder import Learnt, model_files
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from shared_models import make_survey, select

SMALL = (Path(__file__).parents[1] / "assets" / "small.toml").read_text(encoding="utf-8")
DASHES = SMALL.replace("[outcomes.vertrekintentie]", "[outcomes.kans-weg]").replace(
    "[outcomes.achterblijver]", "[outcomes.kans-achter]"
)
EFFECTS = pd.DataFrame({"effect": [0.1], "se": [0.2], "between": [0.3]}, index=["unit=a"])


@pytest.fixture(scope="module")
def model():
    return select(make_survey(np.random.default_rng(1), 400), candidates=("prevalence",)).champion


@pytest.fixture
def write(model, tmp_path, monkeypatch):
    """Write a model of an outcome into `models`, made on some day."""

    def make(name, target, day, text=DASHES):
        (tmp_path / "book.toml").write_text(text, encoding="utf-8")
        folder, book = tmp_path / "models" / name, load_codebook(tmp_path / "book.toml")
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(day * 86_400))
        own = replace(model, target=target)
        learnt = Learnt(own, book, text, Settings(seed=day), {}, {}, EFFECTS, "abc")
        write_files(folder, model_files(learnt, {}, folder))

    return make


def chosen(models):
    return {target: choice.stored.folder.name for target, choice in choose_models(models).items()}


def test_outcomes_with_dashes_are_all_found(write, tmp_path):
    write("kans-weg-small-1-aaaaaaaa", "kans-weg", 1)
    write("kans-achter-small-1-bbbbbbbb", "kans-achter", 1)

    assert list(chosen(tmp_path / "models")) == ["kans-achter", "kans-weg"]


def test_a_folder_may_have_any_name(write, tmp_path):
    write("ours", "kans-weg", 1)

    assert chosen(tmp_path / "models") == {"kans-weg": "ours"}


def test_the_newest_by_the_manifest_is_taken_whatever_files_say(write, tmp_path):
    write("kans-weg-b", "kans-weg", 1)
    write("kans-weg-a", "kans-weg", 2)
    models = tmp_path / "models"
    os.utime(models / "kans-weg-b" / "manifest.json", (4e9, 4e9))

    shutil.copytree(models, tmp_path / "elsewhere", copy_function=shutil.copyfile)

    assert chosen(models) == chosen(tmp_path / "elsewhere") == {"kans-weg": "kans-weg-a"}
    assert str(choose_models(models)["kans-weg"]) == (
        "kans-weg: model kans-weg-a, the newest of 2, made 1970-01-03"
    )


def test_the_champion_is_taken_before_the_newest(write, tmp_path):
    write("kans-weg-a", "kans-weg", 1)
    write("kans-weg-b", "kans-weg", 2)
    models = tmp_path / "models"
    (models / "champions.json").write_text(json.dumps({"kans-weg": "kans-weg-a"}))

    choice = choose_models(models)["kans-weg"]

    assert choice.stored.folder.name == "kans-weg-a"
    assert choice.why == "the champion of 2, made 1970-01-02"


@pytest.mark.parametrize(
    ("champions", "told"),
    [
        ('{"kans-weg": "gone"}', "names gone as the model of kans-weg"),
        ('{"kans-weg": "kans-achter-a"}', "names kans-achter-a as the model of kans-weg"),
        ('["kans-weg-a"]', "is not readable"),
        ("{", "is not readable"),
    ],
)
def test_a_champion_that_is_not_there_is_refused(write, tmp_path, champions, told):
    write("kans-weg-a", "kans-weg", 1)
    write("kans-achter-a", "kans-achter", 1)
    (tmp_path / "models" / "champions.json").write_text(champions)

    with pytest.raises(ModelFolderError, match=told):
        choose_models(tmp_path / "models")


def test_one_of_several_outcomes_must_be_named(write, tmp_path):
    write("a", "kans-weg", 1)
    write("b", "kans-achter", 1)
    models = tmp_path / "models"

    assert choose_model(models, "kans-achter").stored.folder.name == "b"
    assert choose_model(models / "a").stored.model.target == "kans-weg"
    with pytest.raises(ModelFolderError, match="one of: kans-achter, kans-weg"):
        choose_model(models)
    with pytest.raises(ModelFolderError, match="no model of weg"):
        choose_model(models, "weg")


def test_a_model_is_chosen_by_the_kind_of_its_outcome(write, tmp_path):
    write("a", "kans-weg", 1)
    write("b", "kans-achter", 1)
    book = load_codebook(tmp_path / "book.toml")

    assert choose_for(tmp_path / "models", book, "vertrekintentie").stored.folder.name == "a"
    assert choose_for(tmp_path / "models", book, "achterblijver").stored.folder.name == "b"


def test_the_outcome_that_stands_for_a_concept_goes_before_others_of_its_kind(write, tmp_path):
    second = DASHES + (
        '\n[outcomes.another]\nlabel = "A"\nmeaning = "A."\nrule = { column = "scholing", '
        'in = ["0"] }\n\n[concepts.achterblijver]\noutcome = "another"\n'
    )
    write("a", "kans-achter", 2, second)
    write("b", "another", 1, second)
    book = load_codebook(tmp_path / "book.toml")

    assert choose_for(tmp_path / "models", book, "achterblijver").stored.folder.name == "b"
