"""A loaded model explains groups, cells and, by leave, persons; shap's own plots draw it."""

from dataclasses import replace
from datetime import date, timedelta

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import blijfwijzer as bw
from blijfwijzer.disclosure.chain import verify
from blijfwijzer.drivers.contributions import Contributed, contribute, finish
from blijfwijzer.drivers.kinds import find_kinds
from blijfwijzer.drivers.mean_rows import STEP, mean_rows, round_rows
from blijfwijzer.errors import ContributionGapError, DisclosureError, GroupError
from blijfwijzer.files import write_files
from blijfwijzer.records.model_folder import Learnt, model_files
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.training import fit, prepare
from blijfwijzer.risk.waves import learn_reference
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from questionnaires import SMALL, small_survey

BOOK = load_codebook(SMALL)
SETTINGS = Settings(language="en", model={"candidates": ["trees"]}, segments={"minimum": 50})
NO_EFFECTS = pd.DataFrame(columns=["effect", "se", "between"], dtype=float)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A survey of 900 forms and a folder with a model of it."""
    folder = tmp_path_factory.mktemp("made")
    frame = small_survey(np.random.default_rng(3), 900)
    frame.to_csv(folder / "w.csv", index=False)
    intake = read_survey(folder / "w.csv", BOOK, SETTINGS.intake)
    scales = score_scales(intake.responses, BOOK)
    text = SMALL.read_text(encoding="utf-8")
    for name, target in (("one", "vertrekintentie"), ("two", "achterblijver")):
        outcome = BOOK.outcomes[target]
        made_from = prepare(intake.responses, scales, BOOK, outcome, SETTINGS)
        task = made_from.task
        model = finish(fit(made_from).selection.champion, task.frame, task.weight)
        reference = learn_reference(task.frame, task.schema, task.weight, 10)
        learnt = Learnt(model, BOOK, text, SETTINGS, {}, reference, NO_EFFECTS, "abc")
        write_files(folder / "models" / name, model_files(learnt, {}, folder))
    return folder, frame, intake


@pytest.fixture
def model(made):
    return bw.load_model(made[0] / "models" / "one")


@pytest.fixture(scope="module")
def cells(made):
    folder = made[0]
    model = bw.load_model(folder / "models" / "one")
    return model.explain(folder / "w.csv", ledgers=folder / "ledger")


@pytest.fixture(scope="module")
def contributed(made):
    """What the model says of each person, worked out anew."""
    folder, _, intake = made
    model = bw.load_model(folder / "models" / "one").model
    built = build_features(intake.responses, score_scales(intake.responses, BOOK), model.schema)
    return Contributed(contribute(model, built.frame), built.frame, model.schema)


def weights(made):
    return made[2].responses["weight"].to_numpy(dtype=float)


def test_units_add_up_to_the_mean_probability_of_their_people(made, model, contributed, tmp_path):
    found = model.explain(made[2], by=["sector"], ledgers=tmp_path)

    sector = made[2].responses["sector"].astype(str)
    risk, weight = contributed.contributions.risk, weights(made)
    means = {s: np.average(risk[sector == s], weights=weight[sector == s]) for s in set(sector)}
    told = dict(zip(found.rows["row"], found.base_values + found.values.sum(axis=1), strict=True))
    assert len(told) > 1
    assert {name: means[name] for name in told} == pytest.approx(told, abs=STEP / 2 + 1e-12)
    assert found.base_values[0] == contributed.contributions.base
    np.testing.assert_allclose(found.values / STEP, np.rint(found.values / STEP), atol=1e-6)


def test_units_are_of_kinds_by_what_is_told_of_them(made, model, tmp_path):
    found = model.explain(made[2], by=["organisatie"], ledgers=tmp_path)

    expected = find_kinds(found.values, found.rows["row"], SETTINGS.seed)
    assert found.kinds.equals(expected)
    assert len(found.kinds) == len(found.values) > 6


def test_rows_that_do_not_add_up_before_rounding_are_refused(made, contributed):
    wrong = replace(contributed.contributions, risk=contributed.contributions.risk + 1e-8)
    rows = np.ones((1, len(wrong.risk)), dtype=np.int8)
    telling = dict.fromkeys(contributed.frame, 0.9)

    with pytest.raises(ContributionGapError, match="miss their mean risk"):
        mean_rows(
            Contributed(wrong, contributed.frame, contributed.schema),
            weights(made),
            csr_array(rows),
            10,
            telling,
        )


def test_rounding_keeps_the_sum_and_moves_no_value_by_a_step(rng):
    values = rng.normal(0, 0.01, (200, 30))

    told = round_rows(values, values.sum(axis=1))

    assert np.abs(told - values).max() < STEP
    assert np.abs(told.sum(axis=1) - values.sum(axis=1)).max() <= STEP / 2 + 1e-12


def test_an_answer_of_nearly_each_in_a_group_is_not_told(made, model, tmp_path):
    frame = made[1].copy()
    inside = frame["sector"] == frame["sector"].iloc[0]
    frame.loc[inside, "veilig_1"] = 5
    frame.to_csv(tmp_path / "v.csv", index=False)

    found = model.explain(tmp_path / "v.csv", by=["sector"], ledgers=tmp_path / "ledger")

    row = found.rows["row"].tolist().index(str(frame["sector"].iloc[0]))
    place = model.model.schema.names.index("veilig_1")
    assert np.isnan(found.data[row, place])
    assert not np.isnan(np.delete(found.data[:, place], row)).any()


def test_attributes_and_segments_are_rows_by_their_words(made, model, tmp_path):
    by_schooling = model.explain(made[2], by=["opleiding"], ledgers=tmp_path)

    assert set(by_schooling.rows["row"]) == {
        *("Education: low", "Education: middle", "Education: high"),
    }
    assert "Years of service" in by_schooling.feature_names


def test_a_strange_level_is_refused_with_those_that_there_are(made, model, tmp_path):
    with pytest.raises(GroupError, match=r"1 names are no unit level.*sector, organisatie"):
        model.explain(made[2], by=["afdeling"], ledgers=tmp_path)


def test_what_a_call_gives_back_is_in_the_ledger_once(made, model, tmp_path):
    for _ in range(2):
        model.explain(made[2], by=["sector"], ledgers=tmp_path)

    (line,) = verify(tmp_path / "small")
    assert line.content["kind"] == "explain"
    assert any(name.startswith("sector=") for name in line.content["groups"])


def test_cells_are_of_ten_and_tell_what_they_keep(made, cells, contributed):
    assert len(cells.values) <= len(made[2].responses) / 10
    assert cells.kept[""] == pytest.approx(cells.kept[""].round(2))
    assert 0.5 < cells.kept[""] < 1
    assert set(cells.kept.index) == {"", *contributed.frame}
    assert all(int(people.split("–")[0]) >= 10 for people in cells.rows["people"])


def test_cells_of_the_same_file_are_the_same_in_any_order(made, model, cells, tmp_path):
    frame = made[1].sample(frac=1, random_state=4)
    frame.to_csv(tmp_path / "w.csv", index=False)

    again = model.explain(tmp_path / "w.csv", ledgers=tmp_path / "ledger")

    def ordered(found):
        return found.values[np.lexsort(found.values.T)]

    np.testing.assert_array_equal(ordered(cells), ordered(again))


def test_a_file_with_one_person_changed_gets_no_cells(made, model, cells, tmp_path):
    frame = made[1].copy()
    frame.loc[0, "veilig_1"] = 6 - frame.loc[0, "veilig_1"]
    frame.to_csv(tmp_path / "w.csv", index=False)

    with pytest.raises(DisclosureError, match="in other cells"):
        model.explain(tmp_path / "w.csv", ledgers=made[0] / "ledger")
    with pytest.raises(DisclosureError, match="differ by fewer than 10"):
        model.explain(tmp_path / "w.csv", wave="other", ledgers=made[0] / "ledger")


def test_cells_of_another_size_of_the_same_people_are_refused(made, model, cells):
    larger = Settings.model_validate(SETTINGS.model_dump() | {"explain": {"cell": 12}})

    with pytest.raises(DisclosureError, match="in other cells"):
        model.explain(made[0] / "w.csv", settings=larger, ledgers=made[0] / "ledger")


def test_another_model_of_the_same_people_is_explained_in_the_cells_of_the_first(made, cells):
    folder, *_ = made
    other = bw.load_model(folder / "models" / "two")

    found = other.explain(folder / "w.csv", ledgers=folder / "ledger")

    lines = [line.content["parts"] for line in verify(folder / "ledger" / "small")]
    assert [[*parts] for parts in lines] == [["alike:one:10"], ["alike:one:10"]]
    assert lines[0] == lines[1]
    assert found.kept[""] < cells.kept[""]
    assert "achterblijver" in other.folder.parent.joinpath("two", "model.json").read_text()


def test_copies_of_forms_make_up_no_cell(made, model, tmp_path):
    frame = made[1].copy()
    answers = [c for c in frame if c not in ("id", "sector", "organisatie")]
    frame.loc[:40, answers] = frame.loc[0, answers].to_numpy()
    frame.to_csv(tmp_path / "w.csv", index=False)
    free = Settings.model_validate(SETTINGS.model_dump() | {"intake": {"most_copies": 1.0}})

    found = model.explain(tmp_path / "w.csv", settings=free, ledgers=tmp_path / "ledger")

    intake = read_survey(tmp_path / "w.csv", BOOK, free.intake)
    features = build_features(
        intake.responses, score_scales(intake.responses, BOOK), model.model.schema
    )
    copied = contribute(model.model, features.frame).values.iloc[0].to_numpy()
    assert np.abs(found.values - copied).max(axis=1).min() > STEP


def test_a_colleague_who_knows_a_career_finds_no_cell_by_it(cells, model, made, contributed):
    names = model.model.schema.names
    alike = contributed.frame["contract"] == contributed.frame["contract"].mode()[0]
    group = csr_array(alike.to_numpy()[None, :].astype(np.int8))

    def answer(share):
        telling = dict.fromkeys(contributed.frame, np.inf) | {"contract": share}
        told = mean_rows(contributed, weights(made), group, 10, telling)
        return told.answers["contract"].iloc[0]

    assert np.isnan(answer(0.9))
    assert answer(np.inf) == contributed.frame["contract"].mode()[0]
    assert np.isnan(cells.data[:, names.index("scholing")]).any()


def test_persons_are_refused_without_leave_and_after_it(made, model, tmp_path):
    def settings(**leave):
        return Settings.model_validate(SETTINGS.model_dump() | {"explain": {"persons": leave}})

    whole = {"purpose": "review", "approved_by": "the officer"}
    with pytest.raises(DisclosureError, match="3 of its 3 keys lack: purpose, approved_by, until"):
        model.explain(made[2], by="persons")
    with pytest.raises(DisclosureError, match="1 of its 3 keys lack: until"):
        model.explain(made[2], by="persons", settings=settings(**whole))
    gone = settings(**whole, until=date.today() - timedelta(1))
    with pytest.raises(DisclosureError, match="it ended on"):
        model.explain(made[2], by="persons", settings=gone)


def test_persons_are_exact_and_leave_no_trace(made, model, contributed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    leave = {"purpose": "review", "approved_by": "officer", "until": date.today()}
    settings = Settings.model_validate(SETTINGS.model_dump() | {"explain": {"persons": leave}})

    found = model.explain(made[2], by="persons", settings=settings, ledgers=tmp_path / "ledger")

    risk = contributed.contributions.risk
    assert np.abs(found.base_values + found.values.sum(axis=1) - risk).max() < 1e-9
    assert list(tmp_path.iterdir()) == []


def test_survey_without_the_outcome_is_explained_too(made, model, tmp_path):
    made[1].drop(columns="vertrek").to_csv(tmp_path / "new.csv", index=False)

    assert model.explain(tmp_path / "new.csv", by=["sector"], ledgers=tmp_path / "l").shape[0] > 1


DRAWN = {
    "bar": lambda s, e: s.plots.bar(e, show=False),
    "beeswarm": lambda s, e: s.plots.beeswarm(e, show=False),
    "violin": lambda s, e: s.plots.violin(e, show=False),
    "waterfall": lambda s, e: s.plots.waterfall(e[0], show=False),
    "heatmap": lambda s, e: s.plots.heatmap(e, show=False),
    "scatter": lambda s, e: s.plots.scatter(e[:, "Years of service"], color=e, show=False),
    "scatter of levels": lambda s, e: s.plots.scatter(e[:, "Contract"], show=False),
    "decision": lambda s, e: s.plots.decision(
        e.base_values[0], e.values, features=e.data, feature_names=e.feature_names, show=False
    ),
    "group difference": lambda s, e: s.plots.group_difference(
        e.values, np.arange(len(e.values)) % 2 == 0, feature_names=e.feature_names, show=False
    ),
    "cohorts": lambda s, e: s.plots.bar(
        e.cohorts(["a" if i % 2 else "b" for i in range(len(e.values))]).abs.mean(0), show=False
    ),
    "clusters of features": lambda s, e: s.plots.bar(
        e, clustering=s.utils.hclust(e.data, metric="correlation"), show=False
    ),
}


@pytest.mark.parametrize("plot", DRAWN)
def test_plots_of_shap_draw_cells(plot, cells):
    mpl.use("Agg")
    import matplotlib.pyplot as plt
    import shap

    plt.close("all")

    DRAWN[plot](shap, cells)

    figure = plt.gcf()
    figure.canvas.draw()
    assert any(axes.has_data() for axes in figure.axes)
    plt.close("all")
