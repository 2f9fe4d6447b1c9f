"""What exact contributions cost beside a prediction, and beside other tools, on a public survey."""

import os
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

import lightgbm as lgb
import numpy as np

from blijfwijzer.drivers.path_tables import path_tables
from blijfwijzer.drivers.tree_contributions import tree_contributions
from blijfwijzer.progress import Tell
from blijfwijzer.risk.boosting import Boosting, grow_trees
from blijfwijzer.risk.task import Task
from blijfwijzer.survey.arrays import Array
from studies.pace import cpu_seconds
from studies.peers import tree_shap

TREES, _RUNS = 600, 3
"""As many trees as the champion of FEVS has; how often all is measured, one after another."""


class Costs(NamedTuple):
    """CPU-seconds of one run over all responses."""

    predict: float
    first: float
    """With the tables that are made once a model."""
    later: float
    pred_contrib: float
    shap: float


def bench_contributions(task: Task, tell: Tell) -> str:
    """Measure contributions of a survey beside predictions of the same trees, as Markdown.

    All is measured on one thread, in turns: what else the machine does then touches all alike.
    """
    tell("contributions: grow trees")
    boosting = Boosting(threads=1)
    trees = grow_trees(task.frame, task.schema, task.values, task.weight, None, TREES, boosting)
    X = task.frame.to_numpy()
    os.environ["OMP_NUM_THREADS"] = "1"
    runs = []
    for run in range(_RUNS):
        tell(f"contributions: {run + 1} of {_RUNS}")
        runs.append(_measure(trees, X))
    gap = float(np.abs(tree_contributions(trees, X)[0] - tree_shap(trees, X)).max())
    return "\n".join(_lines(runs, X.shape, gap))


def _measure(trees: str, X: Array) -> Costs:
    booster = lgb.Booster(model_str=trees)
    path_tables.cache_clear()
    return Costs(
        cpu_seconds(lambda: booster.predict(X, raw_score=True, num_threads=1)),
        cpu_seconds(lambda: tree_contributions(trees, X)),
        cpu_seconds(lambda: tree_contributions(trees, X)),
        cpu_seconds(lambda: booster.predict(X, pred_contrib=True, num_threads=1)),
        cpu_seconds(lambda: tree_shap(trees, X)),
    )


def _lines(runs: list[Costs], shape: tuple[int, ...], gap: float) -> Iterator[str]:
    yield "## Contributions"
    yield ""
    yield (
        f"Exact contributions of {shape[0]:,} responses to FEVS 2018, {shape[1]} columns and "
        f"{TREES} trees at the champion's settings, on one thread. CPU-seconds and ratios are "
        f"medians of {_RUNS} runs, in turns."
    )
    yield ""
    yield "| | CPU-seconds | of one `Booster.predict` |"
    yield "|---|---|---|"
    named = {
        "`Booster.predict`": "predict",
        "**blijfwijzer**, tables made and used": "first",
        "**blijfwijzer**, tables of the last batch (goal 1.2)": "later",
        "LightGBM's `pred_contrib`": "pred_contrib",
        "`shap.TreeExplainer`": "shap",
    }
    for title, name in named.items():
        took = median(getattr(run, name) for run in runs)
        ratio = median(getattr(run, name) / run.predict for run in runs)
        yield f"| {title} | {took:.2f} | {ratio:.2f} |"
    yield ""
    first = median(run.shap / run.first for run in runs)
    later = median(run.shap / run.later for run in runs)
    yield f"`shap.TreeExplainer` takes **{first:.0f} times** as long, and {later:.0f} times with"
    yield f"tables that are there (goal 18). The largest difference from it is {gap:.1e}."
