"""A small survey, models of it, and their folders."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design
from blijfwijzer.files import write_files
from blijfwijzer.records.model_folder import Learnt, model_files
from blijfwijzer.records.registry import Registered
from blijfwijzer.records.tracking import Training
from blijfwijzer.risk.features import Feature, Schema
from blijfwijzer.risk.selection import select_model
from blijfwijzer.risk.splits import split_by_unit
from blijfwijzer.risk.task import Task
from blijfwijzer.risk.told_trees import coarsen_trees
from blijfwijzer.runs.train import SERVED
from blijfwijzer.settings import ModelSettings, Settings
from blijfwijzer.survey.codebook import Text, load_codebook

SMALL = Path(__file__).parent / "assets" / "small.toml"
METRICS = {
    "overall": {"log_loss": {"value": 0.4, "low": 0.38, "high": 0.42}},
    "candidates": {"trees": {"log_loss": 0.4}},
    "contributions": {"largest_gap": 1e-15},
    "rows": 1200,
    "effective_rows": 1100.5,
    "prevalence": 0.2,
}


def feature(name, levels=(), kind="item"):
    text = Text(nl=name, en=name)
    return Feature(name, kind, text, name, "cultuur", True, levels, 1.0, 5.0)


SCHEMA = Schema(
    (feature("mean", kind="scale"), feature("a"), feature("b"), feature("sort", ("x", "y", "z")))
)


def make_survey(rng, rows):
    frame = pd.DataFrame(
        {
            "mean": rng.integers(4, 21, rows) / 4,
            "a": rng.integers(1, 6, rows).astype(float),
            "b": rng.integers(1, 6, rows).astype(float),
            "sort": rng.integers(0, 3, rows).astype(float),
        }
    )
    frame.loc[rng.random(rows) < 0.1, "a"] = np.nan
    frame.loc[rng.random(rows) < 0.1, "sort"] = np.nan
    margin = -0.8 * (frame["mean"] - 3) + 0.5 * (frame["a"].fillna(3) > 4) * frame["b"] - 1
    values = (rng.random(rows) < 1 / (1 + np.exp(-margin))).to_numpy().astype(float)
    units = pd.Series(rng.integers(0, 25, rows).astype(str), name="unit")
    return frame, values, rng.integers(1, 3, rows).astype(float), units


def select(survey, target="leaving", schema=SCHEMA, **settings):
    frame, values, weight, units = survey
    folds = split_by_unit(values, units, 5, 0)
    design, chosen = Design.of_units(weight, units), ModelSettings(**settings)
    return select_model(Task(target, {"x": 2.0}, frame, schema, values, design, folds, chosen))


def select_told(survey, **asked):
    """As `select`, with a champion of which the trees are as a file may tell them."""
    selection = select(survey, **asked)
    champion = selection.champion
    told = replace(champion, trees=coarsen_trees(champion.trees, survey[2]))
    return replace(selection, champion=told)


def write_model(folder, model, card=None, trained=None):
    text = SMALL.read_text(encoding="utf-8")
    effects = pd.DataFrame({"effect": [0.1], "se": [0.2], "between": [0.3]}, index=["unit=a"])
    extras = {"plots/a.png": b"png"}
    book, kept = load_codebook(SMALL), ({"a": {}}, effects, "abc", card, trained or {})
    learnt = Learnt(model, book, text, Settings(), METRICS, *kept)
    write_files(folder, {**extras, **model_files(learnt, extras, folder)})


def training(folder, selection):
    return Training(
        Registered("werkonderzoek", "2019", "vertrekintentie", folder.name),
        folder,
        {"seed": 0},
        {"survey_sha256": "abc"},
        METRICS,
        selection.scores,
        SERVED,
    )
