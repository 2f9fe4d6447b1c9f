"""What large surveys take: training beside a bare fit of the champion, and scores by size."""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from blijfwijzer.progress import Tell
from blijfwijzer.records.model_folder import read_model
from blijfwijzer.risk.boosting import Boosting
from blijfwijzer.risk.linear import fit_linear
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.risk.task import Task
from blijfwijzer.risk.training import prepare
from blijfwijzer.settings import ModelSettings, Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.synthetic.survey import CODEBOOK
from studies.__main__ import HUGE, LARGE
from studies.peers import bare_fit_seconds

_TARGETS = ("vertrekintentie", "achterblijver")
_TRAINED = ((300_000, 1), (1_000_000, 1), (1_000_000, 2))
"""Respondents, and of how many outcomes models are trained."""
_SCORED = (100_000, 300_000, 1_000_000)
_LOOKED = (100_000, 400_000)
"""Respondents of surveys that are looked at without a model."""
_HUGE = 10_000_000
_LARGEST = 20_000_000_000
"""Bytes that a survey of so many may unpack to."""
_LEARNT = 20_000
"""Respondents of the model that these are scored by; how many they were, scoring does not feel."""
_GROUPS = ("--by", "organisatie,afdeling", "--and", "opleiding")
_STRENGTH = 0.01
"""Of a bare regression; what it takes hardly depends on it."""


@dataclass(frozen=True)
class Took:
    """What a process took."""

    cpu: float
    """Seconds, of all its threads."""
    seconds: float
    gigabytes: float
    """At its peak."""


def bench_huge(tell: Tell) -> str:
    """Train on ten million responses, and write what that took as Markdown."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        survey, models = _made(folder, _HUGE, tell), _models(folder, _HUGE, 1)
        tell(f"train on {_HUGE:,}")
        settings = folder / "settings.toml"
        settings.write_text(f"[intake]\nmaximum_bytes = {_LARGEST}\n", encoding="utf-8")
        took = _train_on(survey, models, _TARGETS[:1], "--settings", settings)
        (kind,) = (read_model(path).model.kind for path in _models_in(models, _TARGETS[0]))
    return "\n".join(
        [
            HUGE,
            "",
            "The built-in survey as Parquet, one outcome; candidates are compared on a sample of "
            "whole units and the champion is fitted on a larger one, as settings have it. Goal: "
            "4 GB and three hours on two cores.",
            "",
            "| `train` on | champion | CPU-seconds | seconds | peak |",
            "|---|---|---|---|---|",
            f"| {_HUGE:,} | {kind} | {took.cpu:.0f} | {took.seconds:.0f} | **{_peak(took)}** |",
            "",
        ]
    )


def bench_large(tell: Tell) -> str:
    """Train and score on built-in surveys of some sizes, and write what that took as Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        return "\n".join([*_lines(Path(folder), tell), ""])


def _lines(folder: Path, tell: Tell) -> Iterator[str]:
    yield LARGE
    yield ""
    yield (
        f"The built-in survey as Parquet, on {os.cpu_count()} cores, each command in a process of "
        "its own. CPU-seconds are of all threads. A bare fit is five folds of LightGBM's "
        "classifier at the champion's settings, or of its regression, on all responses as doubles, "
        "without reading them."
    )
    yield ""
    yield (
        "| `train` on | outcomes | champion | CPU-seconds | seconds | peak | bare fits take | "
        "ratio | peak of these |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for size, outcomes in _TRAINED:
        yield _train(folder, size, _TARGETS[:outcomes], tell)
    yield ""
    yield (
        "Scored are organisations and departments, each as a whole and by education. Goal of a "
        "million: 15 minutes and 2 GB."
    )
    yield ""
    yield "| `score` of | groups | CPU-seconds | seconds | peak | ms of CPU a response |"
    yield "|---|---|---|---|---|---|"
    models = _learn(folder, tell)
    for size in _SCORED:
        yield _score(folder, size, models, tell)
    yield ""
    yield from _looks(folder, tell)


def _looks(folder: Path, tell: Tell) -> Iterator[str]:
    """Look at surveys of two sizes, and say what a response more takes."""
    few, many = _LOOKED
    yield f"| command | CPU-seconds of {few:,} | peak | of {many:,} | peak | bytes a response |"
    yield "|---|---|---|---|---|---|"
    for command in ("check", "claims"):
        first, second = (_look(folder, command, size, tell) for size in _LOOKED)
        more = (second.gigabytes - first.gigabytes) * 1e9 / (many - few)
        yield (
            f"| `{command}` | {first.cpu:.0f} | {_peak(first)} | {second.cpu:.0f} | "
            f"{_peak(second)} | **{more:,.0f}** |"
        )


def _look(folder: Path, command: str, size: int, tell: Tell) -> Took:
    survey, to = _made(folder, size, tell), folder / f"{command}-{size}"
    tell(f"{command} {size:,}")
    more = () if command == "check" else ("--output", to / "told", "--ledger", to / "ledger")
    return _run("blijfwijzer", command, survey, "-c", CODEBOOK, *more)


def _train(folder: Path, size: int, targets: tuple[str, ...], tell: Tell) -> str:
    """Train on a survey, and fit the champions bare."""
    survey, models = _made(folder, size, tell), _models(folder, size, len(targets))
    tell(f"train on {size:,}, {len(targets)} outcomes")
    took = _train_on(survey, models, targets)
    bare, kinds = list[Took](), list[str]()
    for target in targets:
        tell(f"bare fits on {size:,}: {target}")
        (model,) = _models_in(models, target)
        report = folder / "bare.json"
        _run("studies.large", survey, target, model, report)
        bare.append(Took(**json.loads(report.read_text(encoding="utf-8"))))
        kinds.append(read_model(model).model.kind)
    cpu = sum(one.cpu for one in bare)
    return (
        f"| {size:,} | {len(targets)} | {', '.join(kinds)} | {took.cpu:.0f} | {took.seconds:.0f} | "
        f"**{_peak(took)}** | {cpu:.0f} CPU-seconds | **{took.cpu / cpu:.1f}** | "
        f"{_peak(max(bare, key=lambda one: one.gigabytes))} |"
    )


def _train_on(survey: Path, models: Path, targets: tuple[str, ...], *more: object) -> Took:
    asked = [word for target in targets for word in ("--target", target)]
    return _run("blijfwijzer", "train", survey, "-c", CODEBOOK, *asked, "--models", models, *more)


def _models_in(models: Path, target: str) -> list[Path]:
    return [path for path in models.glob(f"{target}-*") if path.is_dir()]


def _learn(folder: Path, tell: Tell) -> Path:
    """Train the model that surveys are scored by."""
    survey, models = _made(folder, _LEARNT, tell), _models(folder, _LEARNT, 1)
    tell(f"train on {_LEARNT:,}, to score by")
    _train_on(survey, models, _TARGETS[:1])
    return models


def _score(folder: Path, size: int, models: Path, tell: Tell) -> str:
    survey = _made(folder, size, tell)
    tell(f"score {size:,}")
    output = folder / f"scored-{size}"
    to = ("--models", models, "--output", output, "--ledger", folder / f"ledger-{size}")
    took = _run("blijfwijzer", "score", survey, *_GROUPS, *to)
    groups = pq.read_metadata(output / "groups.parquet").num_rows
    return (
        f"| {size:,} | {groups:,} | {took.cpu:.0f} | {took.seconds:.0f} | {_peak(took)} | "
        f"{1000 * took.cpu / size:.2f} |"
    )


def _made(folder: Path, respondents: int, tell: Tell) -> Path:
    path = folder / f"{respondents}.parquet"
    if not path.exists():
        tell(f"make a survey of {respondents:,}")
        _run("blijfwijzer", "synthesise", "--respondents", respondents, "--output", path)
    return path


def _models(folder: Path, size: int, outcomes: int) -> Path:
    """Give where models of so many respondents and outcomes lie, with a ledger beside them."""
    return folder / f"{size}-{outcomes}" / "models"


def _peak(took: Took) -> str:
    return f"{took.gigabytes:.2f} GB"


def _run(module: str, *arguments: object) -> Took:
    """Run a module in a process of its own, with no store of runs but one beside what it makes."""
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"},
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [module, *map(str, arguments)])
    seconds = time.perf_counter() - start
    return Took(used.ru_utime + used.ru_stime, seconds, used.ru_maxrss / 1e6)


def fit_bare(task: Task, model: RiskModel) -> None:
    """Fit what a champion is made of in each fold, and nothing else."""
    rounds = model.trees.count("\nTree=")
    names = sorted({term.feature for term in model.linear.terms}, key=task.schema.names.index)
    if rounds:
        boosting = Boosting(minimum_leaf=task.settings.minimum_leaf)
        if model.kind == "additive":
            boosting = replace(boosting, depth=3, rate=0.05, node_share=1.0, is_additive=True)
        bare_fit_seconds(task, rounds, boosting)
        return
    for rows, _ in task.folds:
        part, own = task.frame.iloc[rows], (task.values[rows], task.weight[rows])
        fit_linear(part, task.schema, names, *own, _STRENGTH)


def main() -> None:
    """Time bare fits of a champion, on all responses of a survey at once."""
    parser = argparse.ArgumentParser(prog="python -m studies.large", description=main.__doc__)
    parser.add_argument("survey", type=Path)
    parser.add_argument("target")
    parser.add_argument("model", type=Path, help="folder of the champion")
    parser.add_argument("report", type=Path, help="file that is written")
    asked = parser.parse_args()
    most = ModelSettings(most_compared=100_000_000, most_fitted=100_000_000)
    settings, codebook = Settings(model=most), load_codebook(CODEBOOK)
    responses = read_survey(asked.survey, codebook, settings.intake).responses
    scales, outcome = score_scales(responses, codebook), codebook.outcomes[asked.target]
    task, model = (
        prepare(responses, scales, codebook, outcome, settings).task,
        read_model(asked.model).model,
    )
    cpu, seconds = time.process_time(), time.perf_counter()
    fit_bare(task, model)
    cpu, seconds = time.process_time() - cpu, time.perf_counter() - seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    told = {"cpu": cpu, "seconds": seconds, "gigabytes": peak}
    asked.report.write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
