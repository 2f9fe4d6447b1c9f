"""Accuracy, time and memory beside other tools, measured in one run.

Every figure of docs/benchmarks.md comes from here. Sections whose data or packages are absent say
so instead.
"""

import importlib.util
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import numpy as np

from blijfwijzer.drivers.contributions import contribute
from blijfwijzer.drivers.tree_contributions import tree_contributions
from blijfwijzer.progress import Tell
from blijfwijzer.risk.boosting import Boosting
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.linear import fit_linear, linear_margin
from blijfwijzer.risk.metrics import calibration_slope, rank
from blijfwijzer.risk.model import Calibrator, calibrate
from blijfwijzer.risk.selection import Task, log_losses, select_model
from blijfwijzer.risk.training import TrainingSet, prepare
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Array, Codes
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import Intake, read_survey
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey
from studies.peers import bare_fit_seconds, default_classifier, tree_shap

Result = TypeVar("Result")

_SURVEYS = {
    "FEVS 2018, by `LEVEL1`": ("fevs-2018", "fevs2018.csv.gz"),
    "PIAAC public employees, by `cntry`": ("piaac", "piaac_public_employees.csv.gz"),
}


def run_bench(data: Path, tell: Tell) -> str:
    """Measure everything and write it down as Markdown.

    Parameters
    ----------
    data : folder with the public surveys
    """
    sections = [
        _head(),
        "\n".join(_accuracy(data, tell)),
        "\n".join(_costs(data, tell)),
        "\n".join(_built_in(tell)),
    ]
    return "\n\n".join(sections) + "\n"


def _head() -> str:
    names = ("lightgbm", "scikit-learn", "shap", "numpy", "pandas")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        "# Benchmarks\n\nMade by `make bench`; every ratio was measured side by side in one run.\n"
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}."
    )


def _prepare(codebook: Codebook, file: Path, audit: bool = False) -> tuple[TrainingSet, Intake]:
    """Read a survey as `train` does; with its audit attributes as features only to price them."""
    settings = Settings()
    intake = read_survey(file, codebook, settings.intake)
    reasons = {c.name: "to price leaving it out" for c in codebook.with_role("audit")}
    choice = settings.features.model_copy(update={"justified_audit": reasons if audit else {}})
    settings = settings.model_copy(update={"features": choice})
    scales = score_scales(intake.responses, codebook)
    outcome = next(iter(codebook.outcomes.values()))
    return prepare(intake.responses, scales, codebook, outcome, settings), intake


def _loss(task: Task, risk: Array) -> float:
    return float(np.average(log_losses(task.values, risk), weights=task.weight))


def _accuracy(data: Path, tell: Tell) -> Iterator[str]:
    yield "## Accuracy"
    yield ""
    yield "Weighted log loss out of fold, `StratifiedGroupKFold(5, shuffle=True, random_state=0)`"
    yield "by unit. Peers get the columns that blijfwijzer gets (items, scales, career variables;"
    yield "no audit attributes), their defaults, and the weights. The last column shows what"
    yield "leaving the audit attributes out costs blijfwijzer."
    yield ""
    heads = ("survey", "prevalence", "logistic", "LightGBM", "CatBoost", "EBM", "**blijfwijzer**")
    yield f"| {' | '.join(heads)} | champion | price of no audit attributes |"
    yield "|---" * 9 + "|"
    for title, (name, file) in _SURVEYS.items():
        if not (data / file).exists():
            yield f"| {title} | not measured: {file} is absent | | | | | | | |"
            continue
        task = _prepare(load_codebook(name), data / file)[0].task
        cells = []
        for peer, fit in _peers().items():
            tell(f"{name}: {peer}")
            cells.append(
                "not installed" if fit is None else f"{_loss(task, _cross(task, fit)):.4f}"
            )
        tell(f"{name}: blijfwijzer")
        selection = select_model(task)
        kind = selection.champion.kind
        ours = _loss(task, selection.out_of_fold[kind])
        tell(f"{name}: blijfwijzer with audit attributes")
        other = _prepare(load_codebook(name), data / file, audit=True)[0].task
        chosen = select_model(other)
        price = ours - _loss(other, chosen.out_of_fold[chosen.champion.kind])
        prevalence = _loss(task, selection.out_of_fold["prevalence"])
        row = [f"{prevalence:.4f}", *cells, f"**{ours:.4f}**", kind, f"{price:+.4f}"]
        yield f"| {title} | {' | '.join(row)} |"


Fit = Callable[[Task, Codes, Codes], Array]


def _cross(task: Task, fit: Fit) -> Array:
    """Out-of-fold probabilities of a peer."""
    risk = np.empty(len(task.values))
    for train, test in task.folds:
        risk[test] = fit(task, train, test)
    return risk


def _peers() -> dict[str, Fit | None]:
    """Give the peers that are installed, with their own defaults."""

    def has(module: str) -> bool:
        return importlib.util.find_spec(module) is not None

    return {
        "logistic": _logistic,
        "LightGBM": _lightgbm,
        "CatBoost": _catboost if has("catboost") else None,
        "EBM": _ebm if has("interpret") else None,
    }


def _logistic(task: Task, train: Codes, test: Codes) -> Array:
    """Regress on one term per answer, with C = .001 on standardised terms."""
    levels = {
        f.name: replace(f, levels=tuple("x" * int(np.nanmax(task.frame[f.name]) + 1)))
        if task.frame[f.name].nunique() <= 12
        and task.frame[f.name].min() >= 0
        and (task.frame[f.name].dropna() % 1 == 0).all()
        else f
        for f in task.schema.features
        if f.kind != "scale"
    }
    schema = Schema(tuple(levels.values()))
    frame = task.frame[list(levels)]
    linear = fit_linear(
        frame.iloc[train], schema, list(levels), task.values[train], task.weight[train], 0.001
    )
    return calibrate(Calibrator(), linear_margin(linear, frame.iloc[test]))


def _lightgbm(task: Task, train: Codes, test: Codes) -> Array:
    model = default_classifier()
    nominal = [f.name for f in task.schema.features if f.is_nominal]
    model.fit(
        task.frame.iloc[train],
        task.values[train],
        sample_weight=task.weight[train],
        categorical_feature=nominal,
    )
    return np.asarray(model.predict_proba(task.frame.iloc[test]))[:, 1]


def _catboost(task: Task, train: Codes, test: Codes) -> Array:
    from catboost import CatBoostClassifier

    nominal = [f.name for f in task.schema.features if f.is_nominal]
    frame = task.frame.assign(
        **{name: task.frame[name].fillna(-1).astype(int).astype("str") for name in nominal}
    )
    model = CatBoostClassifier(
        verbose=0, random_seed=0, cat_features=nominal, allow_writing_files=False
    )
    model.fit(frame.iloc[train], task.values[train], sample_weight=task.weight[train])
    return np.asarray(model.predict_proba(frame.iloc[test])[:, 1])


def _ebm(task: Task, train: Codes, test: Codes) -> Array:
    from interpret.glassbox import ExplainableBoostingClassifier

    kinds = ["nominal" if f.is_nominal else "continuous" for f in task.schema.features]
    model = ExplainableBoostingClassifier(random_state=0, n_jobs=-1, feature_types=kinds)
    with warnings.catch_warnings():
        # It warns that its own pictures do not show missing values.
        warnings.simplefilter("ignore")
        model.fit(task.frame.iloc[train], task.values[train], sample_weight=task.weight[train])
        return np.asarray(model.predict_proba(task.frame.iloc[test]))[:, 1]


def _costs(data: Path, tell: Tell) -> Iterator[str]:
    yield "## Time and memory on FEVS 2018"
    yield ""
    name, file = _SURVEYS["FEVS 2018, by `LEVEL1`"]
    if not (data / file).exists():
        yield f"Not measured: {file} is absent."
        return
    task = _prepare(load_codebook(name), data / file)[0].task
    model = select_model(task).champion
    tell(f"{name}: bare fits of the champion")
    rounds = model.trees.count("\nTree=")
    bare = bare_fit_seconds(task, rounds, Boosting())
    tell(f"{name}: blijfwijzer train, as a command")
    seconds, peak = _train_command(name, data / file)
    yield f"- `blijfwijzer train` (reading, all candidates, five folds, calibration, {_DRIVERS}):"
    yield f"  {seconds:.0f} s, which is **{seconds / bare:.1f} times** a bare five-fold"
    yield f"  `LGBMClassifier` fit of the same champion ({bare:.1f} s); goal 6. Peak memory"
    yield f"  **{peak:.2f} GB**; goal 2."
    tell(f"{name}: contributions")
    X = task.frame.to_numpy()
    ours, (found, _) = _timed(lambda: tree_contributions(model.trees, X))
    theirs, reference = _timed(lambda: tree_shap(model.trees, X))
    gap = float(np.abs(found - reference).max())
    yield f"- Exact contributions of {len(X):,} responses, {rounds} trees: {ours:.1f} s, against"
    yield f"  {theirs:.1f} s for `shap.TreeExplainer`: **{theirs / ours:.1f} times** as fast"
    yield f"  (goal 4); largest difference {gap:.1e}."
    whole = contribute(model, task.frame)
    yield f"- Contributions add up to the calibrated risk within {whole.largest_gap:.1e}"
    yield "  (goal 1e-5)."


_DRIVERS = "drivers, plots, model folder, MLflow"


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def _train_command(codebook: str, file: Path) -> tuple[float, float]:
    """Seconds and peak gigabytes of `blijfwijzer train` as a process of its own.

    The peak is the highest of all processes that this one started, so it can only be too high.
    """
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run(
            [
                *(sys.executable, "-m", "blijfwijzer", "train", str(file.resolve())),
                *("--codebook", codebook, "--models", f"{folder}/models"),
            ],
            check=True,
            capture_output=True,
            env={**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"},
        )
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    return seconds, peak


def _built_in(tell: Tell) -> Iterator[str]:
    yield "## Built-in survey, 40,000 respondents"
    yield ""
    yield "Attained is the reduction of log loss from the prevalence, out of fold, as a share of"
    yield "that of the true probabilities."
    yield ""
    yield "| outcome | champion | log loss | truth | attained (goal 90 %) | calibration slope |"
    yield "|---|---|---|---|---|---|"
    tell("make the built-in survey")
    survey, codebook = make_survey(), load_codebook(CODEBOOK)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.parquet"
        write_survey(survey.responses, codebook, path)
        for name, outcome in codebook.outcomes.items():
            tell(f"built-in survey: {name}")
            alone = codebook.model_copy(update={"outcomes": {name: outcome}})
            made_from, intake = _prepare(alone, path)
            task, rejected = made_from.task, intake.rejected["row"].to_numpy() - 1
            accepted = np.delete(np.arange(intake.rows), rejected)[made_from.known]
            numbers = survey.responses["respondent"].iloc[accepted]
            truth = survey.truth.set_index("respondent").loc[numbers, f"p_{name}"].to_numpy()
            selection = select_model(task)
            kind = selection.champion.kind
            risk = selection.out_of_fold[kind]
            ours, best = _loss(task, risk), _loss(task, truth)
            worst = _loss(task, selection.out_of_fold["prevalence"])
            ranked = rank(task.values, risk)
            slope = calibration_slope(ranked, task.weight[ranked.order])
            share = (worst - ours) / (worst - best)
            yield f"| {name} | {kind} | {ours:.4f} | {best:.4f} | {share:.1%} | {slope:.3f} |"
