"""Accuracy, time and memory beside other tools, measured in one run.

Every figure of docs/benchmarks.md comes from here. Sections whose data or packages are absent say
so instead.
"""

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from blijfwijzer.drivers.contributions import contribute
from blijfwijzer.progress import Tell
from blijfwijzer.risk.boosting import Boosting
from blijfwijzer.risk.metrics import calibration_slope, rank
from blijfwijzer.risk.selection import select_model
from blijfwijzer.risk.splits import Fold
from blijfwijzer.risk.task import Task
from blijfwijzer.risk.training import TrainingSet, prepare
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import Intake, read_survey
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey
from studies.contributions import bench_contributions, bench_interactions
from studies.costs import bench_costs
from studies.engines import bench_engines
from studies.gate_bench import bench_gate
from studies.peers import bare_fit_seconds, cross, mean_loss, peers
from studies.unseen import compare_unseen

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
    made = []
    for name, section in SECTIONS.items():
        tell(name)
        made.append(section(data, tell))
    return "\n".join([_head() + "\n", *(text.rstrip("\n") + "\n" for text in made)])


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
    made_from = prepare(intake.responses, scales, codebook, outcome, settings)
    return replace(made_from, task=replace(made_from.task, folds=_folds(made_from))), intake


def _folds(made_from: TrainingSet) -> list[Fold]:
    """Part units as this page always did, whatever `train` does, so that figures compare."""
    values, unit = made_from.task.values, pd.factorize(made_from.units)[0]
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    return list(splitter.split(np.zeros(len(values)), values, unit))


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
        for peer, fit in peers().items():
            tell(f"{name}: {peer}")
            cells.append(
                "not installed" if fit is None else f"{mean_loss(task, cross(task, fit)):.4f}"
            )
        tell(f"{name}: blijfwijzer")
        selection = select_model(task)
        kind = selection.champion.kind
        ours = mean_loss(task, selection.out_of_fold[kind])
        tell(f"{name}: blijfwijzer with audit attributes")
        other = _prepare(load_codebook(name), data / file, audit=True)[0].task
        chosen = select_model(other)
        price = ours - mean_loss(other, chosen.out_of_fold[chosen.champion.kind])
        prevalence = mean_loss(task, selection.out_of_fold["prevalence"])
        row = [f"{prevalence:.4f}", *cells, f"**{ours:.4f}**", kind, f"{price:+.4f}"]
        yield f"| {title} | {' | '.join(row)} |"


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
    whole = contribute(model, task.frame)
    yield f"- Contributions add up to the calibrated risk within {whole.largest_gap:.1e}"
    yield "  (goal 1e-5)."


_DRIVERS = "drivers, plots, model folder, MLflow"


def _of_fevs(title: str, measure: Callable[[Task, Tell], str]) -> Callable[[Path, Tell], str]:
    """Give a section that measures something of FEVS 2018, where that is there."""

    def section(data: Path, tell: Tell) -> str:
        name, file = _SURVEYS["FEVS 2018, by `LEVEL1`"]
        if not (data / file).exists():
            return f"## {title}\n\nNot measured: {file} is absent."
        return measure(_prepare(load_codebook(name), data / file)[0].task, tell)

    return section


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
            ours, best = mean_loss(task, risk), mean_loss(task, truth)
            worst = mean_loss(task, selection.out_of_fold["prevalence"])
            ranked = rank(task.values, risk)
            slope = calibration_slope(ranked, task.weight[ranked.order])
            share = (worst - ours) / (worst - best)
            yield f"| {name} | {kind} | {ours:.4f} | {best:.4f} | {share:.1%} | {slope:.3f} |"


SECTIONS: dict[str, Callable[[Path, Tell], str]] = {
    "accuracy": lambda data, tell: "\n".join(_accuracy(data, tell)),
    "costs": lambda data, tell: "\n".join(_costs(data, tell)),
    "contributions": _of_fevs("Contributions", bench_contributions),
    "interactions": _of_fevs("Interactions", bench_interactions),
    "built-in": lambda _, tell: "\n".join(_built_in(tell)),
    "unseen": compare_unseen,
    "gate": lambda _, tell: bench_gate(tell),
    "engines": lambda _, tell: bench_engines(tell),
    "largest": bench_costs,
}
"""Sections of the page, in order; each takes the folder with the public surveys."""
