"""What explanations tell together: cells beside attributes, units before and after some left."""

import contextlib
import io

import numpy as np
import pandas as pd
import pytest

import blijfwijzer as bw
from blijfwijzer.drivers.contributions import centre
from blijfwijzer.errors import DisclosureError, GroupError
from blijfwijzer.files import write_files
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.files.training_files import table_files
from blijfwijzer.records.model_choice import choose_model
from blijfwijzer.records.model_folder import Learnt, model_files
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.training import fit, prepare
from blijfwijzer.risk.waves import learn_reference
from blijfwijzer.runs.models import explanation
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from questionnaires import SMALL, small_survey

MINIMUM = 10
SETTINGS = Settings(language="en", model={"candidates": ["logistic"]})


@pytest.fixture
def told(monkeypatch):
    """Who is in each row that is told, one table per explanation."""
    tables, mean_rows = [], explanation.mean_rows

    def note(contributed, weight, members, *more):
        tables.append(members.toarray().astype(int))
        return mean_rows(contributed, weight, members, *more)

    monkeypatch.setattr(explanation, "mean_rows", note)
    return tables


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A survey of 900 people, of whom those with little education want to leave, and a model."""
    folder, book = tmp_path_factory.mktemp("levels"), load_codebook(SMALL)
    rng = np.random.default_rng(1)
    frame = small_survey(rng, 900)
    chance = np.where(frame["opleiding"] == "laag", 0.85, 0.15)
    frame["vertrek"] = np.where(rng.random(900) < chance, 5.0, 1.0)
    frame.to_csv(folder / "w.csv", index=False)
    intake = read_survey(folder / "w.csv", book, SETTINGS.intake)
    scales = score_scales(intake.responses, book)
    prepared = prepare(intake.responses, scales, book, book.outcomes["vertrekintentie"], SETTINGS)
    task = prepared.task
    model = centre(fit(prepared).selection.champion, task.frame, task.weight)
    reference = learn_reference(task.frame, task.schema, task.weight, 10)
    nothing = pd.DataFrame(columns=["effect", "se", "between"], dtype=float)
    text = SMALL.read_text(encoding="utf-8")
    metrics = {"overall": {}, "by_group": []}
    learnt = Learnt(model, book, text, SETTINGS, metrics, reference, nothing, "abc")
    write_files(folder / "models" / "one", model_files(learnt, {}, folder))
    return folder


@pytest.mark.parametrize("order", [("opleiding", "cells"), ("cells", "opleiding")])
def test_cells_less_the_people_of_a_level_tell_of_no_few(made, order, told, tmp_path):
    """All cells of mostly people of a level, less that level, are those in the wrong place."""
    model, tables = bw.load_model(made / "models" / "one"), {}
    for by in order:
        with contextlib.suppress(DisclosureError):
            model.explain(made / "w.csv", by=by, ledgers=tmp_path)
            tables[by] = told[-1]
    few = []
    for level in tables.get("opleiding", []):
        cells = tables.get("cells", np.zeros((0, level.size), dtype=int))
        mostly = cells[2 * (cells @ level) > cells.sum(axis=1)]
        apart = int(np.abs(mostly.sum(axis=0) - level).sum())
        few += [apart] if 0 < apart < MINIMUM else []

    assert tables
    assert not few


LEFT = [[*range(20), 85], [*range(20), *range(40, 60), 85]]


@pytest.mark.parametrize("gone", LEFT)
def test_who_left_what_a_sector_tells_beside_its_organisations_is_told_of_by_no_rest(
    made, told, tmp_path, gone
):
    """Twenty left an organisation or two, and one small neighbours, of which nothing is told."""
    rng, people = np.random.default_rng(2), 400
    small = [f"T{place // 5}" for place in range(20)]
    units = np.array([*["A"] * 40, *["B"] * 40, *small, *["C"] * 300])
    sector = np.where(units == "C", "gemeente", "rijk")
    wave = small_survey(rng, people, gewicht=1.0, organisatie=units, sector=sector)
    wave.to_csv(tmp_path / "1.csv", index=False)
    wave.drop(index=gone).to_csv(tmp_path / "2.csv", index=False)
    model = bw.load_model(made / "models" / "one")
    for name in ("1.csv", "2.csv"):
        asked = {"by": ["sector", "organisatie"], "wave": "2022"}
        with contextlib.suppress(DisclosureError, GroupError):
            model.explain(tmp_path / name, ledgers=tmp_path / "ledger", **asked)
    first, second = told
    later = np.zeros((len(second), people))
    later[:, np.setdiff1d(np.arange(people), gone)] = second
    leaver = np.eye(people)[85]

    rows = np.vstack([first, later]).T
    missed = rows @ np.linalg.lstsq(rows, leaver)[0] - leaver

    assert len(first) == 5
    assert len(second) > 2
    assert np.abs(missed).max() > 0.01


def test_an_explanation_counts_no_few_who_did_not_answer(made):
    """Whoever reads `tables/read.csv` learns of nine people or fewer no more than their band."""
    stored = choose_model(made / "models", "vertrekintentie").stored
    wave = pd.read_csv(made / "w.csv")
    wave.loc[[5, 50, 500], "contract"] = None
    wave.to_csv(made / "few.csv", index=False)
    responses = read_survey(made / "few.csv", stored.codebook, SETTINGS.intake).responses
    scales = score_scales(responses, stored.codebook)
    counts = build_features(responses, scales, stored.model.schema).counts

    told = table_files({"answers_read": counts}, Edge("en", MINIMUM))["tables/read.csv"]

    rows = pd.read_csv(io.BytesIO(told)).set_index("feature")
    assert rows.loc["contract", "missing_band"] == "0–4"
    numbers = rows[["missing", "unseen", "moved_to_limit"]].to_numpy()
    assert np.isin(numbers[numbers < MINIMUM], (0, 5)).all()


@pytest.mark.parametrize("verb", [bw.monitor, bw.explain])
def test_nearly_the_same_people_are_not_told_of_by_a_model_again(made, tmp_path, verb):
    """Four decimals of everyone's drivers, less those of all but one, are what that one answered."""
    pd.read_csv(made / "w.csv").drop(index=77).to_csv(tmp_path / "less.csv", index=False)
    models, ledgers = made / "models", tmp_path / "ledger"
    bw.monitor(made / "w.csv", models).write(tmp_path / "all", ledgers=ledgers)
    places = (
        (models, tmp_path / "less.csv") if verb is bw.explain else (tmp_path / "less.csv", models)
    )

    with pytest.raises(DisclosureError, match="nearly the same people were told of before"):
        verb(*places).write(tmp_path / "less", ledgers=ledgers)

    assert not (tmp_path / "less").exists()
