"""From a new wave to files that may be shown, as a user runs it."""

import json
import math
import re
import sys

import numpy as np
import pandas as pd
import pytest

from blijfwijzer import errors
from blijfwijzer.cli import main

BOOK = "werkonderzoek-2019"

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)


def call(*arguments):
    before = sys.argv
    sys.argv = ["blijfwijzer", *map(str, arguments)]
    try:
        main()
    except SystemExit as end:
        return end.code or 0
    finally:
        sys.argv = before


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a wave, its models, and a release of the wave after it."""
    place = tmp_path_factory.mktemp("score")
    (place / "quick.toml").write_text(
        'language = "en"\n[evaluation]\nbootstraps = 50\n[drivers]\nbootstraps = 50\n'
        "[flags]\nbootstraps = 50\n[tracking]\nenabled = false\n"
        '[model]\ncandidates = ["prevalence", "logistic"]\n'
    )
    for wave in (2019, 2022):
        assert not call(
            *("synthesise", "--respondents", 4000, "--wave", wave, "--seed", 3),
            *("--output", place / f"{wave}.parquet", "--population", place / f"{wave}.csv"),
        )
    quick = ("--settings", place / "quick.toml")
    models = ("--models", place / "models")
    assert not call("train", place / "2019.parquet", "--codebook", BOOK, *quick, *models)
    assert not score(place, place / "2022.parquet", place / "out")
    return place


def score(place, survey, output, *options, by="organisatie,afdeling", ledger="ledger"):
    return call(
        *("score", survey, "--models", place / "models", "--by", by, "--and", "opleiding"),
        *("--output", output, "--ledger", place / ledger, "--settings", place / "quick.toml"),
        *options,
    )


def groups_of(folder):
    return pd.read_parquet(folder / "groups.parquet")


def test_a_release_has_its_files(place):
    names = {path.name for path in (place / "out").iterdir()}

    assert names == {
        *("groups.csv", "groups.parquet", "rejected.csv", "report.html", "report.json"),
        *("blijfwijzer.xlsx", "run.json"),
    }


def test_shown_numbers_are_coarse_and_of_enough_people(place):
    groups = groups_of(place / "out")

    assert (groups["n"] >= 10).all()
    assert (groups["n"] % 5 == 0).all()
    rates = groups.filter(regex="_(rate|low|high)$").to_numpy()
    assert (rates[~np.isnan(rates)] % 1 == 0).all()
    assert groups["n_band"].str.match(r"^\d+–\d+$").all()


def test_both_risks_have_intervals_around_their_rates(place):
    groups = groups_of(place / "out")

    for target in ("vertrekintentie", "achterblijver"):
        rate, low, high = (groups[f"{target}_{part}"] for part in ("rate", "low", "high"))
        assert ((low <= rate) & (rate <= high)).all()
        assert rate.between(1, 80).all()


def test_the_run_tells_what_it_was_made_from(place):
    run = json.loads((place / "out" / "run.json").read_text())

    assert len(run["provenance"]["survey_sha256"]) == 64
    assert run["counts"]["forms"] == run["counts"]["accepted"] + run["counts"]["refused"]
    assert run["ledger"]["sequence"] == 3, "after the trainings of two outcomes"


def test_the_report_is_in_the_language_of_the_settings(place):
    page = (place / "out" / "report.html").read_text()

    assert '<html lang="en"' in page
    assert "<script" not in page
    assert len(page) < 3_000_000


def test_a_rerun_shows_the_same_and_enters_nothing_new(place):
    before = {p.name: p.read_bytes() for p in (place / "out").iterdir()}
    lines = len((place / "ledger" / "werkonderzoek" / "releases.jsonl").read_text().splitlines())

    assert not score(place, place / "2022.parquet", place / "out")

    assert {p.name: p.read_bytes() for p in (place / "out").iterdir()} == before
    assert (
        len((place / "ledger" / "werkonderzoek" / "releases.jsonl").read_text().splitlines())
        == lines
    )


def test_a_rerun_after_three_people_left_cannot_be_subtracted(place, tmp_path):
    wave = pd.read_parquet(place / "2022.parquet")
    shown = groups_of(place / "out")
    team = shown[shown["level"] == "afdeling"].iloc[0]
    code = re.search("afdeling=(.*)$", team["group"])[1]
    less = wave.drop(wave.index[wave["afdeling"] == code][:3])
    less.to_parquet(tmp_path / "less.parquet")
    ledger = tmp_path / "ledger"
    copied(place / "ledger", ledger)

    assert not score(place, tmp_path / "less.parquet", tmp_path / "out", ledger=ledger)
    assert not score(place, tmp_path / "less.parquet", tmp_path / "new", ledger=tmp_path / "fresh")

    assert team["group"] not in set(groups_of(tmp_path / "out")["group"])
    assert team["group"] in set(groups_of(tmp_path / "new")["group"])


def test_no_answer_that_was_planted_leaves_a_run(place, tmp_path, capsys):
    wave = pd.read_parquet(place / "2022.parquet")
    wave["schaal"] = wave["schaal"].astype(float)
    wave.loc[wave.index[:5], "respondent"] = 987654321.0 + np.arange(5)
    wave.loc[wave.index[7], "contract"] = 777.0
    wave.to_parquet(tmp_path / "planted.parquet")

    assert not score(place, tmp_path / "planted.parquet", tmp_path / "out", ledger=tmp_path / "l")

    told = "".join(capsys.readouterr())
    written = b"".join(
        p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".parquet"
    )
    for planted in ("987654321", "987654322", "777.0"):
        assert planted not in told
        assert planted.encode() not in written


def test_no_persons_risk_leaves_a_run(place):
    from blijfwijzer.records.model_folder import choose_models
    from blijfwijzer.risk.features import build_features
    from blijfwijzer.risk.model import predict_risk
    from blijfwijzer.settings import Settings
    from blijfwijzer.survey.intake import read_survey
    from blijfwijzer.survey.scales import score_scales

    written = b"".join(p.read_bytes() for p in (place / "out").iterdir()).decode("latin-1")
    for stored in choose_models(place / "models").values():
        intake = read_survey(place / "2022.parquet", stored.codebook, Settings().intake)
        scales = score_scales(intake.responses, stored.codebook)
        frame = build_features(intake.responses, scales, stored.model.schema).frame
        risks = predict_risk(stored.model, frame)[:300]
        assert not [risk for risk in risks if f"{risk:.6f}"[1:] in written]


def test_a_wave_without_outcomes_says_so(place, tmp_path):
    wave = pd.read_parquet(place / "2022.parquet")
    outcomes = ["vertrek", "zoekt", *(c for c in wave if c.startswith("motief_"))]
    wave.drop(columns=outcomes).to_parquet(tmp_path / "bare.parquet")

    assert not score(place, tmp_path / "bare.parquet", tmp_path / "out", ledger=tmp_path / "l")

    groups = groups_of(tmp_path / "out").set_index("group")
    before = groups_of(place / "out").set_index("group")
    both = groups.index.intersection(before.index)
    assert set(groups["vertrekintentie_source"]) == {"carried over"}
    width, earlier = (
        t.loc[both, "vertrekintentie_high"] - t.loc[both, "vertrekintentie_low"]
        for t in (groups, before)
    )
    assert (width >= earlier).mean() > 0.9
    assert "does not ask an outcome" in (tmp_path / "out" / "report.html").read_text()


def test_vouchers_follow_from_need_and_nothing_else(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")

    assert not call("vouchers", release, "--budget", 50_000, "--cost", 1000, "--ledger", place / "ledger")
    given = read_csv(release / "vouchers.csv").set_index("group")["vouchers"]

    groups = pd.read_parquet(release / "groups.parquet")
    other = copied(place / "out", tmp_path / "other")
    leaving = [name for name in groups if str(name).startswith(("vertrekintentie", "talent"))]
    numbers = groups[leaving].select_dtypes("number").columns
    groups.assign(**{name: 99.0 for name in numbers}).to_parquet(other / "groups.parquet")
    resign(other)
    assert not call("vouchers", other, "--budget", 50_000, "--cost", 1000)
    assert (other / "vouchers.csv").read_bytes() == (release / "vouchers.csv").read_bytes()
    assert given.sum() == math.floor(50_000 * 0.95 / 1000)


def test_vouchers_never_exceed_need(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")

    assert not call("vouchers", release, "--budget", 1e12, "--cost", 1000)

    given = read_csv(release / "vouchers.csv")
    assert (given["vouchers"] <= given["need"] + 1).all()


@pytest.mark.parametrize(
    ("budget", "cost", "code"),
    [
        (-1, 1000, errors.VoucherError.exit_code),
        (0, 1000, errors.VoucherError.exit_code),
        (500, 1000, errors.VoucherError.exit_code),
        (50_000, 0, errors.VoucherError.exit_code),
    ],
)
def test_a_budget_that_cannot_be_is_refused_and_changes_nothing(place, budget, cost, code):
    before = {p.name: p.read_bytes() for p in (place / "out").iterdir()}

    assert call("vouchers", place / "out", "--budget", budget, "--cost", cost) == code

    assert {p.name: p.read_bytes() for p in (place / "out").iterdir()} == before


def test_a_lottery_is_sealed_and_analysed(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")
    (tmp_path / "lottery.toml").write_text("[vouchers]\nlottery = 0.5\n")

    assert not call(
        *("vouchers", release, "--budget", 100_000, "--cost", 1000),
        *("--settings", tmp_path / "lottery.toml"),
    )
    sealed = json.loads((release / "run.json").read_text())["vouchers"]["lottery_sha256"]
    drawn = read_csv(release / "vouchers.csv")
    trained = pd.DataFrame({"group": drawn["group"], "n": 30, "share": 0.4})
    trained["share"] += np.linspace(0, 0.1, len(trained))
    trained.to_csv(tmp_path / "trained.csv", index=False)

    assert not call(
        *("trial", release / "lottery.json", tmp_path / "trained.csv", "--sha256", sealed),
        *("--output", tmp_path / "effect.json"),
    )
    assert {"effect", "low", "high"} <= set(json.loads((tmp_path / "effect.json").read_text()))


def test_the_audit_finds_an_altered_release(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")

    assert not call("disclosure", "audit", release, "--ledger", place / "ledger")
    assert not call("disclosure", "verify", place / "ledger")
    raw = (release / "groups.csv").read_bytes()
    (release / "groups.csv").write_bytes(raw[:-2] + b"9\n")
    code = call("disclosure", "audit", release, "--ledger", place / "ledger")
    assert code == errors.ReleaseError.exit_code


def test_a_lost_ledger_stops_a_release(place, tmp_path):
    copied(place / "out", tmp_path / "out")

    code = score(place, place / "2022.parquet", tmp_path / "out", ledger=tmp_path / "none")

    assert code == errors.LedgerError.exit_code


def test_a_model_altered_by_one_byte_is_refused(place, tmp_path):
    models = copied(place / "models", tmp_path / "models")
    model = next(models.glob("achterblijver-*")) / "model.json"
    model.write_bytes(model.read_bytes().replace(b"0", b"1", 1))

    code = call(
        *("score", place / "2022.parquet", "--models", models, "--by", "organisatie"),
        *("--output", tmp_path / "out", "--ledger", tmp_path / "l"),
    )

    assert code == errors.ModelFolderError.exit_code
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("by", "code"),
    [("planeet", errors.GroupError.exit_code), ("", errors.GroupError.exit_code)],
)
def test_levels_that_do_not_exist_are_refused(place, tmp_path, by, code):
    assert score(place, place / "2022.parquet", tmp_path / "out", by=by) == code
    assert not (tmp_path / "out").exists()


def test_labels_that_are_formulas_or_html_stay_text(place, tmp_path):
    from openpyxl import load_workbook

    wave = pd.read_parquet(place / "2022.parquet")
    names = wave["organisatie"].unique()
    nasty = dict(zip(names, ["=1+1", "<script>alert(1)</script>", "@x" * 5000], strict=False))
    wave["organisatie"] = wave["organisatie"].map(lambda name: nasty.get(name, name))
    wave.to_parquet(tmp_path / "nasty.parquet")

    assert not score(place, tmp_path / "nasty.parquet", tmp_path / "out", ledger=tmp_path / "l")

    assert "<script>alert" not in (tmp_path / "out" / "report.html").read_text()
    book = load_workbook(tmp_path / "out" / "blijfwijzer.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    cells = read_csv(tmp_path / "out" / "groups.csv", dtype=str).to_numpy().ravel()
    assert not [c for c in cells if isinstance(c, str) and c.startswith(("=", "@", "+"))]


def read_csv(path, **options):
    return pd.read_csv(path, sep=";", decimal=",", **options)


def copied(source, target):
    for path in source.rglob("*"):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return target


def resign(release):
    """Enter the present files in a release's record, as `score` would have."""
    from hashlib import sha256

    run = json.loads((release / "run.json").read_text())
    run["files"] = {n: sha256((release / n).read_bytes()).hexdigest() for n in run["files"]}
    (release / "run.json").write_text(json.dumps(run))
