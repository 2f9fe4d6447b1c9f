"""Attacks on what is shown, as somebody who runs the commands or reads their files would try them."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w

import blijfwijzer as bw
from blijfwijzer.errors import CopiesError, DisclosureError
from blijfwijzer.files import read_json
from blijfwijzer.records.model_choice import choose_model
from blijfwijzer.release.answered import Answered
from blijfwijzer.runs.score import tabulate_groups
from command_line import call
from questionnaires import SMALL, small_survey

QUICK = {
    "language": "en",
    "evaluation": {"bootstraps": 50},
    "drivers": {"bootstraps": 50},
    "flags": {"bootstraps": 50},
    "tracking": {"enabled": False},
    "model": {"candidates": ["logistic"]},
    "wave": {"largest_share_shifted": 1.0},
}
PROFILE = 'simple_rule = { all = [{ column = "opleiding", in = ["laag"] }, { column = "dienstjaren", at_least = 15 }] }\n'
FEW, COPIES, PROFILED = "F", "C", "P"
BESIDE = ("wave", "drivers", "sectors", "flagged", "segments", "fairness", "gaps")
"""Tables of a report beside those of groups."""


def survey_of(seed, people=1500, units=50):
    """Answers of people in organisations of thirty, who want to leave where it is unsafe."""
    rng = np.random.default_rng(seed)
    place = np.arange(people) * units // people
    survey = small_survey(
        rng,
        people,
        sector=np.where(place % 2, "rijk", "gemeente"),
        organisatie=np.char.mod("O%d", place),
        gewicht=1.0,
    )
    drive = 8 - survey["veilig_1"] - survey["veilig_2"] + survey["zoekt"]
    survey["vertrek"] = np.clip(drive / 2 + rng.normal(0, 1, people), 1, 5).round()
    return survey


def plant(survey):
    """Make the organisations that the attacks are about, and one form that is refused."""
    survey["organisatie"] = survey["organisatie"].astype("object")
    few, profiled = (survey["organisatie"] == unit for unit in ("O1", "O3"))
    few, profiled = few[few].index[:22], profiled[profiled].index[:18]
    survey.loc[few, "organisatie"] = FEW
    # Two of 22 answered whether they want to leave: one does, and one does not.
    survey.loc[few, "vertrek"] = [5.0, 1.0, *[8.0] * 20]
    survey.loc[profiled, "organisatie"] = PROFILED
    survey.loc[profiled, "opleiding"] = "laag"
    survey.loc[profiled, "dienstjaren"] = 20
    copies = pd.concat([survey.loc[[700]]] * 12).assign(organisatie=COPIES, sector="rijk")
    survey = pd.concat([survey, copies], ignore_index=True)
    survey.loc[len(survey) - 13, "opleiding"] = "anders"
    return survey.assign(id=np.arange(len(survey)))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with models, and a release of a wave with all that is attacked."""
    place = tmp_path_factory.mktemp("attack")
    (place / "quick.toml").write_text(tomli_w.dumps(QUICK))
    (place / "small.toml").write_text(PROFILE + SMALL.read_text())
    survey_of(1).to_parquet(place / "1.parquet")
    plant(survey_of(2)).to_parquet(place / "2.parquet")
    assert not call(
        *("train", place / "1.parquet", "--codebook", place / "small.toml"),
        *("--models", place / "models", "--settings", place / "quick.toml"),
    )
    assert not score(place, "2.parquet", "out")
    return place


def score(place, survey, output, ledger="ledger"):
    return call(
        *("score", place / survey, "--models", place / "models", "--by", "organisatie"),
        *("--output", place / output, "--ledger", place / ledger),
        *("--settings", place / "quick.toml"),
    )


def groups_of(folder: Path) -> pd.DataFrame:
    groups = pd.read_parquet(folder / "groups.parquet")
    return groups.set_index(groups["group"].str.rpartition("=")[2])


def test_a_rate_of_two_people_is_told_of_no_organisation_of_22(place):
    groups = groups_of(place / "out")
    rates = groups.filter(like="vertrekintentie_").select_dtypes("number")

    assert len(groups) > 40
    assert FEW not in groups.index or rates.loc[FEW].isna().all()
    # What is left of its sector once all that are told are taken from it holds no few answers.
    survey = pd.read_parquet(place / "2.parquet")
    answers = survey[survey["vertrek"] != 8].groupby(["sector", "organisatie"]).size()
    told = rates.index[rates["vertrekintentie_rate"].notna()]
    for sector in {"rijk", "gemeente"} & set(told):
        left = answers[sector].drop([unit for unit in told if unit in answers[sector]])
        assert left.sum() == 0 or left.sum() >= 10


def test_no_risk_comes_out_through_twelve_copies_of_a_form(place):
    groups = groups_of(place / "out")

    assert COPIES not in groups.index


def test_a_served_model_answers_no_twelve_copies_of_a_form(place):
    stored = choose_model(place / "models", "vertrekintentie").stored
    survey = pd.read_parquet(place / "1.parquet").drop(columns="vertrek")
    target = pd.concat([survey.iloc[[700]]] * 12).assign(organisatie=COPIES, sector="rijk")
    rows = pd.concat([survey, target], ignore_index=True)
    rows = rows.assign(id=np.arange(len(rows)))

    shown = tabulate_groups(rows, stored, ["organisatie"], Answered(None))

    assert len(shown) > 40
    assert not shown["group"].str.endswith(f"={COPIES}").any()
    alone = target.assign(id=np.arange(12))
    with pytest.raises(CopiesError):
        tabulate_groups(alone, stored, ["organisatie"], Answered(None))


@pytest.mark.parametrize("others", [0, 3])
def test_a_profile_that_all_of_a_sector_have_is_told_of_none(place, others):
    wave = survey_of(6).assign(opleiding="laag", dienstjaren=20)
    is_other = wave["sector"] == "gemeente"
    is_other[np.flatnonzero(~is_other)[:others]] = True
    wave.loc[is_other, "dienstjaren"] = np.where(np.arange(is_other.sum()) % 2, 5, 20)
    wave.loc[np.flatnonzero(wave["sector"] == "rijk")[:others], "dienstjaren"] = 5
    wave.to_parquet(place / f"all{others}.parquet")
    assert not score(place, f"all{others}.parquet", f"all{others}", ledger=f"l{others}")

    groups = set(pd.read_parquet(place / f"all{others}" / "groups.parquet")["group"])

    assert any("simple_rule" in group for group in groups)
    assert not {group for group in groups if "rijk" in group and "simple_rule" in group}


def test_that_one_person_gave_an_unknown_answer_is_in_no_file(place):
    told = (place / "out" / "rejected.csv").read_text() + (
        place / "out" / "report.html"
    ).read_text()

    assert "out-of-range code" not in told and "anders" not in told
    assert (place / "out" / "rejected.csv").read_text().strip().count("\n") == 0


def test_another_order_of_the_file_hides_no_withdrawals(place):
    """Of ten questions many answer alike, and sixty withdraw their consent."""
    wave = survey_of(3)
    asked = ["veilig_1", "veilig_2", "veilig_3", "inzet_1", "inzet_2", "zoekt"]
    wave[asked] = wave[asked].clip(2, 4)
    for name, value in {"dienstjaren": 5, "contract": "vast", "leeftijd": 40}.items():
        wave[name] = value
    left = np.random.default_rng(4).choice(len(wave), 60, replace=False)
    less = wave.drop(index=left)
    wave.to_parquet(place / "whole.parquet")
    less.to_parquet(place / "less.parquet")
    less.sort_values(["organisatie", *asked]).to_parquet(place / "sorted.parquet")

    outputs = {name: place / f"attack-{name}" for name in ("whole", "less", "sorted")}
    assert not score(place, "whole.parquet", outputs["whole"], ledger="ledger-less")
    shutil.copytree(place / "ledger-less", place / "ledger-sorted")
    for name in ("less", "sorted"):
        assert not score(place, f"{name}.parquet", outputs[name], ledger=f"ledger-{name}")

    first, again, other = (set(groups_of(output).index) for output in outputs.values())
    assert again == other
    lost = set(wave.loc[left, "organisatie"])
    assert len(lost & first) > 20
    assert not lost & first & other


@pytest.fixture(scope="module")
def pair(place):
    """Two models of one outcome: that of the folder, and one that reads items."""
    other = {**QUICK, "model": {"candidates": ["items"]}}
    (place / "items.toml").write_text(tomli_w.dumps(other))
    assert not call(
        *("train", place / "1.parquet", "--codebook", place / "small.toml"),
        *("--target", "vertrekintentie", "--models", place / "items"),
        *("--settings", place / "items.toml", "--ledger", place / "ledger"),
    )
    return [
        choose_model(place / name, "vertrekintentie").stored.folder for name in ("models", "items")
    ]


def compared(place, pair, survey, output):
    assert not call(
        *("compare", *pair, place / survey, "--output", place / output),
        *("--ledger", place / "compared", "--settings", place / "quick.toml"),
    )
    return set(pd.read_csv(place / output / "tables" / "groups.csv")["group"])


def test_a_comparison_tells_of_no_copies_and_of_no_unit_that_one_person_left(place, pair):
    wave = pd.read_parquet(place / "2.parquet")
    unit = wave["organisatie"].iloc[0]
    left = wave.drop(index=wave.index[wave["organisatie"] == unit][0])
    left.to_parquet(place / "left.parquet")

    before = compared(place, pair, "2.parquet", "compared-2")
    after = call(
        *("compare", *pair, place / "left.parquet", "--output", place / "compared-left"),
        *("--ledger", place / "compared", "--settings", place / "quick.toml"),
    )

    assert len(before) > 30
    assert any(group.endswith(f"={unit}") for group in before)
    assert not any(group.endswith(f"={COPIES}") for group in before)
    # Of all of them less one nothing is told, and of this unit neither.
    assert after == DisclosureError.exit_code
    assert not (place / "compared-left").exists()


def test_cells_tell_of_no_one_who_left_and_of_no_copies(place, pair):
    wave = pd.read_parquet(place / "2.parquet")
    copies = pd.concat([wave[wave["organisatie"] == COPIES]] * 30).assign(
        id=np.arange(12 * 30), organisatie=np.repeat([COPIES, "D"], 12 * 15)
    )
    copies.to_parquet(place / "copies.parquet")
    wave.drop(index=wave.index[5]).to_parquet(place / "fewer.parquet")
    model = bw.load_model(pair[0])

    told = model.explain(place / "2.parquet", by="cells", ledgers=place / "cells")

    assert len(told.values) > 50
    with pytest.raises(DisclosureError, match="differ by fewer than 10|other cells"):
        model.explain(place / "fewer.parquet", by="cells", ledgers=place / "cells")
    with pytest.raises(DisclosureError, match="no two cells"):
        model.explain(place / "copies.parquet", by="cells", ledgers=place / "l-copies")


def test_a_training_of_nearly_the_same_people_warns_of_the_one_before(place, tmp_path, capsys):
    said = []
    for name, rows in {"all": slice(None), "less": slice(1, None), "again": slice(None)}.items():
        survey_of(1)[rows].to_parquet(tmp_path / "wave.parquet")
        assert not call(
            *("train", tmp_path / "wave.parquet", "--codebook", place / "small.toml"),
            *("--models", tmp_path / name, "--ledger", tmp_path / "ledger"),
            *("--settings", place / "quick.toml"),
        )
        said.append(capsys.readouterr().out.count("warning: Nearly these people were trained on"))
        pages = [path.read_text() for path in (tmp_path / name).glob("*/review.html")]
        assert sum("Nearly these people were trained on" in page for page in pages) == said[-1]

    assert said == [0, 2, 0]


def test_units_that_are_cut_otherwise_tell_of_no_few_between_two_cuts(place):
    wave = survey_of(7)
    cut = wave.assign(organisatie=[f"N{(person + 63) // 120}" for person in range(len(wave))])
    wave.to_parquet(place / "7.parquet")
    (place / "cut").mkdir()
    cut.to_parquet(place / "cut" / "7.parquet")

    assert not score(place, "7.parquet", "seven", ledger="ledger-cut")
    assert not score(place, "cut/7.parquet", "seven-cut", ledger="ledger-cut")

    first, again = (set(groups_of(place / name)["group"]) for name in ("seven", "seven-cut"))
    assert len(first) > 40
    # Its people are those of O0, of whom nothing new is told.
    assert again - first == {"sector=gemeente/organisatie=N0"}
    assert "are not found again" in (place / "seven-cut" / "report.html").read_text()


@pytest.mark.parametrize("command", ["train", "climate", "explain"])
def test_whatever_is_told_beside_groups_that_are_lost_says_so(place, tmp_path, capsys, command):
    wave = survey_of(7)
    wave.to_parquet(tmp_path / "7.parquet")
    assert not score(place, tmp_path / "7.parquet", tmp_path / "first", tmp_path / "ledger")
    cut = [f"N{(person + 63) // 120}" for person in range(len(wave))]
    wave.assign(organisatie=cut).to_parquet(tmp_path / "7.parquet")
    book = ("--codebook", place / "small.toml")
    asked = {
        "train": (*book, "--models", tmp_path / "out"),
        "climate": (*book, "--output", tmp_path / "out"),
        "explain": ("--target", "vertrekintentie", "--output", tmp_path / "out"),
    }[command]
    first = [place / "models"] if command == "explain" else []

    assert not call(
        *(command, *first, tmp_path / "7.parquet", *asked, "--settings", place / "quick.toml"),
        *("--ledger", tmp_path / "ledger"),
    )

    assert "are not found again" in capsys.readouterr().out
    name = "report.html" if command == "climate" else "review.html"
    pages = [path.read_text() for path in (tmp_path / "out").rglob(name)]
    assert pages and all("are not found again" in page for page in pages)


def test_what_is_told_no_more_is_no_answer_of_the_one_who_left(place, tmp_path):
    """Of three levels of education the one that was withheld was that of who left."""
    wave, left = survey_of(3), 700

    def make(survey, ledger, output):
        survey.to_parquet(tmp_path / "wave.parquet")
        assert not call(
            *("score", tmp_path / "wave.parquet", "--models", place / "models"),
            *("--by", "organisatie", "--and", "opleiding", "--settings", place / "quick.toml"),
            *("--output", tmp_path / output, "--ledger", tmp_path / ledger),
        )
        groups = pd.read_parquet(tmp_path / output / "groups.parquet").set_index("group")
        counts = read_json(tmp_path / output / "run.json")["counts"]["changed_since"]
        return set(groups.index[groups["vertrekintentie_rate"].notna()]), counts

    first, gone, unit = make(wave, "ledger", "first")[0], [], wave["organisatie"][left]
    sector = f"sector={wave['sector'][left]}"
    for answer in ("laag", "midden", "hoog"):
        shutil.copytree(tmp_path / "ledger", tmp_path / answer)
        same = (wave["organisatie"] == unit) & (wave["opleiding"] == answer)
        told, changed = make(wave.drop(index=wave.index[same][0]), answer, f"without-{answer}")
        gone.append((sorted(first - told), changed))

    assert {f"all&opleiding={answer}" for answer in ("laag", "midden", "hoog")} < set(gone[0][0])
    assert {f"{sector}&opleiding={answer}" for answer in ("laag", "hoog")} < set(gone[0][0])
    assert gone[0] == gone[1] == gone[2]
    assert len(first) - len(gone[0][0]) > 90


@pytest.mark.parametrize("kind", ["score", "climate"])
def test_whoever_joins_late_moves_no_figure_of_others(place, tmp_path, kind):
    """Groups are drawn to each other: by how all moved it followed what one had answered."""
    wave, late = survey_of(3), 700
    asked = ["vertrek", "veilig_1", "veilig_2", "inzet_1", "inzet_2"]
    of_kind = {"score": ["--models", place / "models"], "climate": ["--codebook", SMALL]}[kind]

    def make(survey, ledger, output):
        survey.to_parquet(tmp_path / "wave.parquet")
        assert not call(
            *(kind, tmp_path / "wave.parquet", "--by", "organisatie", *of_kind),
            *("--output", tmp_path / output, "--ledger", tmp_path / ledger),
            *("--settings", place / "quick.toml"),
        )
        files = sorted((tmp_path / output).glob("*.parquet"))
        told = {file.name: pd.read_parquet(file) for file in files}
        report = read_json(tmp_path / output / "report.json") if kind == "score" else {}
        return told | {name: pd.Series(table) for name, table in report.items() if name in BESIDE}

    make(wave.drop(index=late), "ledger", "first")
    told = []
    for answer in (1, 5):
        shutil.copytree(tmp_path / "ledger", tmp_path / f"ledger-{answer}")
        wave.loc[late, asked] = answer
        told.append(make(wave, f"ledger-{answer}", f"late-{answer}"))

    groups = told[0]["groups.parquet" if kind == "score" else "climate.parquet"]
    assert groups["group"].nunique() > 40
    assert f"sector=rijk/organisatie={wave['organisatie'][late]}" not in set(groups["group"])
    assert all(one.equals(told[1][name]) for name, one in told[0].items())
