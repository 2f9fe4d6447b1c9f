"""Commands, from file to folder; a bad input is one paragraph with an exit code of its own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer import errors
from blijfwijzer.cli import app
from blijfwijzer.drivers.group_profiles import Rows, score_groups
from blijfwijzer.drivers.row_batches import Batching
from blijfwijzer.publish.language.numbers import write_number
from blijfwijzer.publish.language.texts import write
from blijfwijzer.records.model_folder import read_model
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.texts import say
from command_line import call, keys_of
from languages import words_of_the_other

ROOT = Path(__file__).parents[2]
QUICK = """
[evaluation]
bootstraps = 50
[drivers]
bootstraps = 50
[tracking]
enabled = {tracking}
"""
BOOK = "werkonderzoek-2019"

MOMENT = "1576800000"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a survey and two models that a user's commands made."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "settings.toml").write_text(QUICK.format(tracking="true"))
    (folder / "quiet.toml").write_text(QUICK.format(tracking="false"))
    assert (
        call(
            "synthesise",
            "--output",
            folder / "w.sav",
            "--respondents",
            2500,
            "--truth",
            folder / "t.parquet",
        )
        == 0
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("SOURCE_DATE_EPOCH", MOMENT)
        assert (
            call(
                "train",
                folder / "w.sav",
                "--codebook",
                BOOK,
                "--models",
                folder / "models",
                "--settings",
                folder / "settings.toml",
            )
            == 0
        )
    return folder


@pytest.fixture(scope="module")
def models(place):
    return {p.name.split("-")[0]: p for p in (place / "models").iterdir() if p.is_dir()}


def test_training_leaves_all_that_a_data_scientist_reviews(models):
    assert set(models) == {"vertrekintentie", "achterblijver"}
    for folder in models.values():
        names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        assert {
            "model.txt",
            "model.json",
            "codebook.toml",
            "settings.toml",
            "metrics.json",
            "manifest.json",
            "review.html",
        } <= names
        for picture in (
            "summary",
            "constructs",
            "dependence",
            "interactions",
            "cohorts",
            "calibration",
            "curves",
            "stability",
        ):
            assert {f"plots/{picture}.png", f"plots/{picture}.svg"} <= names
        assert {"tables/drivers.csv", "tables/by_group.csv", "tables/reliability.csv"} <= names


def test_findings_stand_in_the_folder_the_page_and_the_run(place, models):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{place}/mlruns/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("blijfwijzer").experiment_id])
    tags = {r.info.run_name: r.data.tags for r in runs}
    for folder in models.values():
        stored = read_model(folder)
        raw = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
        page = (folder / "review.html").read_text(encoding="utf-8")

        assert "checks.json" in stored.manifest.files
        assert [one["code"] for one in raw] == [one.check.code for one in stored.findings]
        assert all(f"{one['code']}: " in page for one in raw)
        # Pages and tags of both models would hold nothing of findings if there were none.
        assert {tag for tag in tags[folder.name] if tag.startswith("blijfwijzer.check.")} == {
            f"blijfwijzer.check.{one['code']}" for one in raw
        }


def test_findings_that_were_changed_make_a_model_unusable(models, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(models["vertrekintentie"], folder)
    (folder / "checks.json").write_text("[ ]\n", encoding="utf-8")

    with pytest.raises(errors.ModelFolderError, match=r"1 altered: checks\.json"):
        read_model(folder)


def test_metrics_stand_where_they_are_promised(models):
    metrics = json.loads((models["vertrekintentie"] / "metrics.json").read_text())

    assert set(metrics["overall"]["log_loss"]) == {"value", "low", "high"}
    assert metrics["overall"]["log_loss"]["low"] <= metrics["overall"]["log_loss"]["value"]
    assert set(metrics["candidates"]) == {"prevalence", "logistic", "items", "additive", "trees"}
    champion = metrics["candidates"][metrics["champion"]]
    assert champion["log_loss"] == pytest.approx(metrics["overall"]["log_loss"]["value"])
    assert metrics["contributions"]["largest_gap"] < 1e-5
    assert {row["attribute"] for row in metrics["by_group"]} >= {
        "sector",
        "opleiding",
        "contract",
        "leeftijd",
        "geslacht",
    }
    assert min(row["n"] for row in metrics["by_group"] + metrics["by_unit"]) >= 10
    assert metrics["rows"] >= 2000
    assert metrics["rows"] % 500 == 0, "counts of people are the lowest of their band"


def test_every_page_and_picture_says_what_it_does_not_say(models):
    for name, kind in (("vertrekintentie", "intention"), ("achterblijver", "need")):
        assert write(say(f"plot.foot.{kind}"), "nl") in (models[name] / "review.html").read_text()
        for picture in (models[name] / "plots").glob("*.svg"):
            assert write(say(f"plot.foot.{kind}"), "nl") in picture.read_text(), picture.name


def test_no_risk_of_a_person_is_in_any_file_that_a_run_leaves(place, models):
    for folder in models.values():
        stored = read_model(folder)
        intake = read_survey(place / "w.sav", stored.codebook, stored.settings.intake)
        scales = score_scales(intake.responses, stored.codebook)
        frame = build_features(intake.responses, scales, stored.model.schema).frame
        risks = predict_risk(stored.model, frame)
        planted = {f"{risk:.6g}" for risk in risks[:300]} | {repr(float(r)) for r in risks[:300]}
        left = [
            p
            for p in [
                *place.rglob("*.csv"),
                *place.rglob("*.json"),
                *place.rglob("*.html"),
                *place.rglob("*.svg"),
            ]
            if p.is_file()
        ]
        for path in left:
            found = set(re.findall(r"0\.\d{5,}", path.read_text(encoding="utf-8"))) & planted
            # Among thousands of numbers of six digits some coincide; a list of people's would have 300.
            assert len(found) < 6, path
    kept = [p.suffix for p in place.rglob("*") if p.is_file() and p.parent != place]
    assert not {".parquet", ".sav", ".pkl", ".pickle"} & set(kept)


def test_a_page_needs_nothing_from_elsewhere(models):
    page = (models["vertrekintentie"] / "review.html").read_text()

    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert page.count("<img ") == page.count("<figcaption>") > 5
    assert 'alt=""' not in page
    assert len(page) < 3_000_000


def test_training_again_gives_the_same_bytes(place, models, tmp_path, monkeypatch):
    """Given the same survey, codebook, settings, releases before, and moment."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", MOMENT)
    ledger = models["achterblijver"].parent.parent / "ledger"
    assert not call(
        *("train", place / "w.sav", "--codebook", BOOK, "--models", tmp_path / "models"),
        *("--settings", place / "settings.toml", "--target", "achterblijver"),
        *("--ledger", shutil.copytree(ledger, tmp_path / "ledger")),
    )

    first = models["achterblijver"]
    again = tmp_path / "models" / first.name
    for path in (p for p in first.rglob("*") if p.is_file()):
        assert path.read_bytes() == (again / path.relative_to(first)).read_bytes(), path.name


def test_runs_are_tracked_beside_the_models(place):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{place}/mlruns/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("blijfwijzer").experiment_id])

    parents = [r for r in runs if "mlflow.parentRunId" not in r.data.tags]
    assert len(parents) == 2
    assert len(runs) == 2 + 10


def test_a_model_folder_tells_no_exact_mean_of_an_answer(models):
    for folder in models.values():
        raw = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        told = [term["mean"] for term in raw["linear"]["terms"]] + list(raw["centre"].values())

        assert told == [float(f"{one:.4g}") for one in told]


def test_a_training_tells_how_items_hang_together_in_two_decimals(models):
    """In four they told, less those of a training without one person, each answer of that person."""
    for folder in models.values():
        for name in ("items", "reliability"):
            table = pd.read_csv(folder / "tables" / f"{name}.csv")
            told = table.filter(regex="alpha|omega|item_rest")
            assert len(told.columns) and told.equals(told.round(2))


def test_a_run_of_a_candidate_tells_no_more_than_the_model_folder(place, models):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{place}/mlruns/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("blijfwijzer").experiment_id])

    for folder in models.values():
        told = json.loads((folder / "metrics.json").read_text())["candidates"]
        own = [r for r in runs if r.data.tags["blijfwijzer.model"] == folder.name]
        nested = {r.info.run_name: r for r in own if "mlflow.parentRunId" in r.data.tags}
        assert set(nested) == set(told)
        for name, run in nested.items():
            assert run.data.metrics.items() <= told[name].items()


def test_a_model_explains_the_second_wave(place, models, tmp_path, capsys):
    call("synthesise", "--output", place / "w22.csv.gz", "--respondents", 1500, "--wave", 2022)
    capsys.readouterr()

    code = call(
        *("explain", models["vertrekintentie"], place / "w22.csv.gz"),
        *("--against", place / "w.sav", "--output", tmp_path / "out", "--json"),
    )

    assert code == 0
    printed = capsys.readouterr()
    assert "what drives vertrekintentie in w22.csv.gz" in printed.err
    told = json.loads(printed.out)
    section = "explain, score, climate, claims, vouchers, compare, decide, uptake, merge release"
    assert set(told) == keys_of(section)
    assert told["record"] == json.loads((tmp_path / "out" / "run.json").read_text())
    page = (tmp_path / "out" / "review.html").read_text()
    assert write(say("plot.foot.intention"), "nl") in page
    assert '<p class="survey">w22, gelezen als WERKonderzoek 2019' in page
    assert write(say("fact.learnt_on"), "nl") in page
    assert (tmp_path / "out" / "plots" / "summary.png").exists()
    assert "Toen: de mensen van w. Nu: deze mensen." in page
    assert words_of_the_other(page.encode(), "nl") == []
    changed = pd.read_csv(tmp_path / "out" / "tables" / "changed_means.csv")
    assert (changed["change"] - changed["answers"]).abs().max() < 0.0002
    drivers = pd.read_csv(tmp_path / "out" / "tables" / "drivers.csv")
    assert drivers["n"].min() > 1000
    assert f">{write_number(drivers['mean_abs'].max(), 'contribution', 'nl')} (" in page


def test_a_wave_with_a_turned_item_asks_for_another_training(place, models, tmp_path, capsys):
    call("synthesise", "--output", tmp_path / "w22.parquet", "--respondents", 1500, "--wave", 2022)
    wave = pd.read_parquet(tmp_path / "w22.parquet")
    item = (
        read_model(models["vertrekintentie"]).codebook.scales["psychologische_veiligheid"].items[0]
    )
    wave[item] = wave[item].where(wave[item] > 5, 6 - wave[item])
    wave.to_parquet(tmp_path / "w22.parquet")
    out = tmp_path / "out" / "vertrekintentie"
    asked = ("--models", place / "models", "--target", "vertrekintentie", "--ledger", tmp_path)

    code = call("monitor", tmp_path / "w22.parquet", *asked, "--output", tmp_path / "out")

    assert code == 0
    told = json.loads((out / "monitor.json").read_text())
    assert told["advice"] == "retrain"
    assert told["reason"]["en"] in capsys.readouterr().out
    assert "BW304" in {finding["code"] for finding in told["findings"]}
    alarmed = [row["item"] for row in told["tables"]["monitor_items"] if row["is_alarm"]]
    assert read_model(models["vertrekintentie"]).codebook.columns[item].label.nl in alarmed
    assert all(row["n"] for row in told["tables"]["monitor_groups"])
    measured = told["tables"]["monitor_performance"]
    assert all(row["expected"] is not None and row["measured"] is not None for row in measured)
    page = (out / "report.html").read_text()
    assert write(say("advice.retrain"), "nl") in page
    assert write(say("monitor.same_units"), "nl") in page


def test_the_survey_of_the_training_tells_nothing_of_whether_a_model_holds(place, models, tmp_path):
    asked = ("--models", models["achterblijver"], "--output", tmp_path / "out")

    assert call("monitor", place / "w.sav", *asked) == 0

    told = json.loads((tmp_path / "out" / "achterblijver" / "monitor.json").read_text())
    assert told["advice"] == "keep"
    assert "monitor_groups" not in told["tables"]
    assert all(row["measured"] is None for row in told["tables"]["monitor_performance"])
    page = (tmp_path / "out" / "achterblijver" / "report.html").read_text()
    assert write(say("monitor.same_file"), "nl") in page


def test_progress_tells_parts_of_the_whole_and_no_count(place, models):
    stored = read_model(models["vertrekintentie"])
    intake = read_survey(place / "w.sav", stored.codebook, stored.settings.intake)
    scales = score_scales(intake.responses, stored.codebook)
    everyone = csr_array(np.ones((1, len(intake.responses))))
    told = []

    rows = Rows(intake.responses, scales, everyone)
    score_groups(stored.model, rows, Batching(1000, 1e-5), told.append)

    assert len(told) == 3
    assert told[0] == "vertrekintentie: score, 0% done"
    assert not any(str(len(intake.responses)) in re.sub(r"\D", "", text) for text in told)


def test_a_check_tells_what_was_read(place, capsys):
    assert call("check", place / "w.sav", "--codebook", BOOK) == 0

    told = capsys.readouterr().out
    assert "responses = " in told
    # Each reason is that of fewer than ten forms, so that none is named by itself.
    assert "other reasons" in told
    assert "straight-lining" not in told
    assert "psychologische_veiligheid" in told
    assert "No faults" in told


def test_a_draft_is_written_whole(place, tmp_path):
    assert call("codebook", place / "w.sav", "--output", tmp_path / "draft.toml") == 0

    assert "[columns.psy_1]" in (tmp_path / "draft.toml").read_text()


def survey_with(place, folder, **changes):
    frame = pd.read_csv(place / "w.csv") if (place / "w.csv").exists() else None
    if frame is None:
        call("synthesise", "--output", place / "w.csv", "--respondents", 2500)
        frame = pd.read_csv(place / "w.csv")
    frame = frame.assign(**{name: value for name, value in changes.items() if value is not None})
    frame = frame.drop(columns=[name for name, value in changes.items() if value is None])
    frame.to_csv(folder / "s.csv", index=False)
    return folder / "s.csv"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"tev_baan": None}, errors.MissingColumnsError),
        ({"e_mail": "iemand@voorbeeld.nl"}, errors.IdentifierError),
        ({"leer_1": 8}, errors.EmptyColumnError),
        ({"gewicht": -1}, errors.WeightError),
        ({"gewicht": np.inf}, errors.UnreadableColumnError),
        ({"vertrek": 1}, errors.OneClassError),
        ({"psy_1": 7}, errors.UnreadableColumnError),
    ],
)
def test_a_bad_survey_is_one_paragraph_and_leaves_nothing(place, tmp_path, capsys, changes, error):
    path = survey_with(place, tmp_path, **changes)

    code = call(
        "train",
        path,
        "--codebook",
        BOOK,
        "--models",
        tmp_path / "models",
        "--settings",
        place / "quiet.toml",
        "--target",
        "vertrekintentie",
    )

    told = capsys.readouterr().err
    assert code == error.exit_code
    assert told.startswith("blijfwijzer: ")
    assert told.count("\n") == 1
    assert "iemand@" not in told
    assert not [p for p in (tmp_path / "models").glob("*") if p.is_dir()]


def test_a_planted_twin_is_refused_with_its_name(place, tmp_path, capsys):
    frame = pd.read_csv(survey_with(place, tmp_path))
    frame["aangemoedigd"] = np.where(frame["vertrek"] >= 4, 1, 0)
    frame.to_csv(tmp_path / "s.csv", index=False)

    code = call(
        "train",
        tmp_path / "s.csv",
        "--codebook",
        BOOK,
        "--models",
        tmp_path / "models",
        "--settings",
        place / "quiet.toml",
        "--target",
        "vertrekintentie",
    )

    assert code == errors.LeakError.exit_code
    assert "aangemoedigd (AUC" in capsys.readouterr().err


def test_too_few_usable_responses_are_refused(place, tmp_path):
    path = survey_with(place, tmp_path)
    pd.read_csv(path).head(150).to_csv(path, index=False)

    assert call("train", path, "--codebook", BOOK, "--models", tmp_path / "models") == 25


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["train", "{place}/nothing.sav", "--codebook", BOOK], 14),
        (["train", "{place}/settings.toml", "--codebook", BOOK], 10),
        (["train", "{place}/w.sav", "--codebook", "nergens"], 20),
        (["train", "{place}/w.sav", "--codebook", "fevs-2018"], 20),
        (["train", "{place}/w.sav", "--codebook", BOOK, "--target", "geluk"], 3),
        (["train", "{place}/w.sav", "--codebook", BOOK, "--settings", "{place}/w.sav"], 3),
        (["explain", "{place}", "{place}/w.sav", "--output", "{place}/out"], 30),
        (["synthesise", "--output", "{place}/w.dta"], 10),
        (["synthesise", "--output", "{place}/settings.toml/w.sav"], 40),
        (["synthesise", "--output", "/proc/nowhere/w.sav"], 40),
        (["synthesise", "--output", "{place}/x.sav", "--wave", "2016"], 3),
        (["train"], 2),
    ],
)
def test_each_fault_has_its_exit_code(place, capsys, arguments, code):
    assert call(*[argument.format(place=place) for argument in arguments]) == code

    assert "Traceback" not in capsys.readouterr().err
    assert not (place / "out").exists()


def test_exit_codes_are_different():
    kinds = [
        k
        for k in vars(errors).values()
        if isinstance(k, type) and issubclass(k, errors.BlijfwijzerError)
    ]
    codes = [kind.exit_code for kind in kinds]

    assert len(set(codes)) == len(codes)


def test_every_command_has_an_example_and_stands_in_the_readme(capsys):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        name = command.callback.__name__
        assert f"blijfwijzer {name}" in readme
        assert call(name, "--help") == 0
        assert "Example:" in capsys.readouterr().out


def test_an_interrupt_leaves_nothing_half_written(place, tmp_path):
    # A suite that runs in the background hands on that interrupts are ignored.
    heeding = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from blijfwijzer.cli import main; main()"
    )
    command = [
        sys.executable,
        "-c",
        heeding,
        "train",
        str(place / "w.sav"),
        "--codebook",
        BOOK,
        "--models",
        str(tmp_path / "models"),
        "--settings",
        str(place / "quiet.toml"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "models").exists() and process.poll() is None:
        time.sleep(0.02)

    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "nothing was left half-written" in told
    assert "Traceback" not in told
    assert not [p for p in (tmp_path / "models").iterdir() if p.is_dir()]


@pytest.mark.skipif(
    os.geteuid() != 0 and not os.access("/dev/full", os.W_OK), reason="needs /dev/full"
)
def test_a_full_disk_is_told(place, tmp_path, monkeypatch, capsys):
    import blijfwijzer.synthetic.export as export

    monkeypatch.setattr(export, "_write_sav", lambda *_, **__: Path("/dev/full").write_text("full"))

    assert call("synthesise", "--output", tmp_path / "w.sav", "--respondents", 500) == 41
    assert "disk is full" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_gets_results_and_no_progress(place):
    found = subprocess.run(
        [sys.executable, "-m", "blijfwijzer", "check", str(place / "w.sav"), "--codebook", BOOK],
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stderr == ""
    assert "accepted" in found.stdout


STRANGE = """
[survey]
name = "vreemd"
wave = "1"
label = "Vreemd"
population = "anyone"
purpose = "testing"
[constructs]
werk = "Werk"
[columns.org]
label = "Org"
role = "unit"
[columns.v1]
label = "Vraag 1"
role = "item"
codes = { 1 = "a", 2 = "b", 3 = "c", 4 = "d", 5 = "e" }
[columns.v2]
label = "Vraag 2"
role = "item"
codes = { 1 = "a", 2 = "b", 3 = "c", 4 = "d", 5 = "e" }
[columns.kleur]
label = "Kleur"
role = "career"
type = "nominal"
[columns.herkomst]
label = "Herkomst"
role = "audit"
type = "nominal"
codes = { elders = "Elders", hier = "Hier" }
[columns.weg]
label = "Weg"
role = "outcome"
type = "nominal"
[outcomes.weg_willen]
label = "Weg willen"
meaning = "Wil weg."
kind = "intention"
rule = { column = "weg", in = ["ja"] }
[units]
levels = ["org"]
cluster = "org"
"""


def test_a_program_is_told_of_a_survey_as_documented(place, capsys):
    assert call("check", place / "w.sav", "--codebook", BOOK, "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert set(told) == keys_of("check")
    assert told["findings"]
    assert all(set(one) == keys_of("A finding") for one in told["findings"])


@pytest.mark.parametrize(
    ("effect", "scales", "champion", "found"),
    [
        (
            0.08,
            '[scales.s]\nlabel = "S"\nconstruct = "werk"\nitems = ["v1", "v2"]\n',
            "items",
            {"BW107", "BW114"},
        ),
        (0.0, "", "prevalence", {"BW104", "BW107"}),
    ],
)
def test_a_strangers_survey_trains_even_when_there_is_nothing_to_learn(
    tmp_path, capsys, effect, scales, champion, found
):
    """Words for codes, no weights, perhaps no scales: as a stranger would have it."""
    rng, rows = np.random.default_rng(5), 900
    mood = rng.integers(1, 6, rows)
    frame = pd.DataFrame(
        {
            "org": rng.choice([f"o{i}" for i in range(12)], rows),
            "v1": mood,
            "v2": np.clip(mood + rng.integers(-1, 2, rows), 1, 5),
            "kleur": rng.choice(["rood", "blauw", "groen"], rows),
            "weg": np.where(rng.random(rows) < 0.5 - effect * mood, "ja", "nee"),
        }
    )
    # Where the colour is red, all come from elsewhere, or everyone is from here.
    elsewhere = (frame["kleur"] == "rood") & (effect > 0)
    frame = frame.assign(herkomst=np.where(elsewhere, "elders", "hier"))
    frame.to_excel(tmp_path / "s.xlsx", index=False)
    (tmp_path / "s.toml").write_text(STRANGE + scales)
    (tmp_path / "q.toml").write_text('language = "en"\n' + QUICK.format(tracking="false"))

    code = call(
        "train",
        tmp_path / "s.xlsx",
        "--codebook",
        tmp_path / "s.toml",
        "--models",
        tmp_path / "models",
        "--settings",
        tmp_path / "q.toml",
        "--json",
    )

    assert code == 0
    folder = next(p for p in (tmp_path / "models").iterdir() if p.is_dir())
    (told,) = json.loads(capsys.readouterr().out)["models"]
    assert set(told) == keys_of("train")
    assert (told["folder"], told["champion"]) == (str(folder), champion)
    codes = {one["code"] for one in told["findings"]}
    assert codes & {"BW104", "BW105", "BW106", "BW107", "BW114"} == found
    assert told["findings"] == json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    assert write(say("plot.foot.intention"), "en") in (folder / "review.html").read_text()
    assert json.loads((folder / "metrics.json").read_text())["champion"] == champion
