"""Model folders and a release as they are published, made up in a moment, for packs that cite them."""

import csv
import io
import json
import shutil
from pathlib import Path

import tomli_w

from blijfwijzer.files import hash_files, write_files
from blijfwijzer.governance.answers import KnownFacts
from blijfwijzer.governance.document import read_governance
from blijfwijzer.governance.figures import Run
from blijfwijzer.runs.govern_pack import write_pack
from blijfwijzer.settings import Settings
from governed import write_governance

SURVEY = "made-up"
OUTCOMES = {
    "behoefte": {
        "label": {"nl": "Behoefte aan scholing", "en": "Need of training"},
        "meaning": {
            "nl": "Volgde twee jaar geen scholing.",
            "en": "Had no training for two years.",
        },
    },
    "vertrek": {
        "label": {"nl": "Wens om te vertrekken", "en": "Wish to leave"},
        "meaning": {"nl": "Wil binnen een jaar weg.", "en": "Wants to leave within a year."},
    },
}


def _csv(*rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _measure(value, low=None, high=None):
    return {"value": value, "low": low, "high": high}


def model_files_of(target, auc):
    """Files of a model's folder, but its manifest."""
    metrics = {
        "overall": {
            "roc_auc": _measure(auc, 0.7, 0.9),
            "log_loss": _measure(0.41, 0.38, 0.44),
            "calibration_slope": _measure(1.0, 0.9, 1.1),
            "recall_at_10": _measure(0.31),
            "recall_at_20": _measure(0.52),
            "ece": _measure(0.01),
        },
        "by_group": [
            {"attribute": "leeftijd", "group": group, "metric": metric, **_measure(value), "n": 300}
            for group, value in (("jong", 0.8), ("oud", 0.75))
            for metric in ("roc_auc", "log_loss")
        ],
        "rows": 1200,
        "effective_rows": 1100.0,
        "units": 40,
        "prevalence": 0.21,
        "champion": "logistic",
        "price_of_simplicity": 0.002,
        "contributions": {"largest_gap": 1e-14},
        "candidates": {"prevalence": {"log_loss": 0.52}, "logistic": {"log_loss": 0.41}},
    }
    drivers = [{"name": name, "mean_abs": value} for name, value in (("a", 0.06), ("b", 0.02))]
    course = [
        {"feature": name, "value": value, "contribution": value / 50}
        for name in ("a", "b")
        for value in (1.5, 2.5)
    ]
    return {
        "metrics.json": json.dumps(metrics).encode(),
        "model.json": json.dumps(
            {"target": target, "schema": [{"name": "a"}, {"name": "b"}]}
        ).encode(),
        "model.txt": target.encode(),
        "codebook.toml": tomli_w.dumps({"outcomes": OUTCOMES}).encode(),
        "checks.json": b"[]",
        "settings.toml": tomli_w.dumps(Settings().model_dump(mode="json")).encode(),
        "tables/drivers.csv": _csv(*drivers),
        "tables/dependence.csv": _csv(*course),
        "tables/reliability.csv": _csv({"scale": "a", "alpha": 0.8}),
    }


def make_model(folder, target, auc=0.81):
    """Publish a model."""
    files = model_files_of(target, auc)
    manifest = {
        **{"made_with": "blijfwijzer 0.1.0", "target": target, "survey": SURVEY, "wave": "2019"},
        **{"measured_apart": "organisatie", "codebook_sha256": "ab" * 32},
        "made": "2026-01-02T03:04:05+00:00",
        "sha256": hash_files(files),
    }
    write_files(folder, {**files, "manifest.json": json.dumps(manifest).encode()})
    return Run("model", folder, target, manifest["sha256"])


def make_scored(folder, governance):
    """Publish a release, to which vouchers and decisions were added."""
    row = ["all", "all", "700-799", 6.0, 85.0, 79.0, 90.0, 4.0]
    report = {
        "fairness": {"rows": [row]},
        "gaps": {
            "rows": [["age", 1.0, 0.0, 4.0, 0.9], ["sex", 6.0, 2.0, 11.0, 0.8], ["x", *[None] * 4]]
        },
        "reach": {"rows": [row]},
    }
    files = {"report.json": json.dumps(report).encode()}
    counts = {"forms": 1500, "accepted": 1400, "shown": 30, "withheld": 4, "rolled_up": 6}
    run = {
        "wave": "2022",
        "counts": {**counts, "earlier_releases": 1},
        "ledger": {"sequence": 3},
        "settings": {"disclosure": {"minimum": 10}},
        "proofs": [{}],
        "vouchers": {
            **{"given": 250, "budget": 250_000.0},
            "acceptance": [{"is_met": met} for met in (True, True, False, None)],
        },
        "governance": {
            "sha256": governance.sha256,
            "thresholds_sha256": governance.acceptance.sha256,
            "document": governance.model_dump(mode="json"),
        },
        "acceptance": [{"is_met": True}, {"is_met": False}],
        "decisions": {"follow": {"decided": 24, "followed": 21}},
        "provenance": {"model_behoefte": "behoefte-1", "model_vertrek": "vertrek-1"},
        "files": hash_files(files),
    }
    write_files(folder, {**files, "run.json": json.dumps(run).encode()})
    return Run("release", folder, "2022", run["files"])


def make_known(place: Path, **changed):
    """Publish two models and a release, and settle what must be."""
    quality = {"behoefte": 0.81, "vertrek": 0.77}
    models = tuple(make_model(place / f"models/{t}-1", t, auc) for t, auc in quality.items())
    governance = read_governance(write_governance(place, SURVEY, **changed))
    return KnownFacts(models, (make_scored(place / "out", governance),), governance)


def make_pack(place: Path, language="nl", **changed):
    """Write a pack of what is made up in a folder."""
    known = make_known(place, **changed)
    write_pack(known, "2019", place / "governance.toml", language, place / "pack")
    return place / "pack"


def copied(place: Path, to: Path) -> Path:
    """Copy runs and pack, so that one test may spoil what another reads."""
    shutil.copytree(place, to, dirs_exist_ok=True)
    return to / "pack"
