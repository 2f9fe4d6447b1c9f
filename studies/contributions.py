"""What exact contributions cost beside a prediction, and beside other tools, on a public survey."""

import os
import resource
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from typing import NamedTuple

import lightgbm as lgb
import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.drivers.path_tables import path_tables
from blijfwijzer.drivers.tree_contributions import tree_contributions, tree_interactions
from blijfwijzer.progress import Tell
from blijfwijzer.risk.boosting import Boosting, grow_trees
from blijfwijzer.risk.task import Task
from blijfwijzer.survey.arrays import Array
from studies.pace import cpu_seconds
from studies.peers import tree_shap

TREES, _RUNS = 600, 3
"""As many trees as the champion of FEVS has; how often all is measured, one after another."""
_PEOPLE, _GROUPS = 100_000, 400
"""Of whom interactions are worked out, and in how many groups these are."""


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


def bench_interactions(task: Task, tell: Tell) -> str:
    """Measure exact interactions of many people and their groups, as Markdown."""
    tell("interactions: grow trees")
    boosting = Boosting(threads=1)
    trees = grow_trees(task.frame, task.schema, task.values, task.weight, None, TREES, boosting)
    rng = np.random.default_rng(0)
    X = task.frame.to_numpy()[rng.integers(0, len(task.frame), _PEOPLE)]
    tell("interactions: work out")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        seconds, peak, pairs = alone.submit(_interact, trees, X).result()
    return (
        f"## Interactions\n\nExact Shapley interactions of {_PEOPLE:,} responses drawn from FEVS "
        f"2018, {X.shape[1]} columns and {TREES} trees: means of {_GROUPS} groups over the "
        f"{pairs:,} pairs that occur, in a process of its own: **{seconds:.0f} CPU-seconds** "
        f"(goal: a minute on two cores) and **{peak:.2f} GB** at most (goal 2).\n"
    )


def _interact(trees: str, X: Array) -> tuple[float, float, int]:
    """Give CPU-seconds, gigabytes of the whole process, and pairs."""
    group = np.arange(len(X)) % _GROUPS
    ones = np.ones(len(X), dtype=np.int8)
    members = csr_array((ones, (group, np.arange(len(X)))), shape=(_GROUPS, len(X)))
    found = []
    weight = np.ones(len(X))
    seconds = cpu_seconds(lambda: found.append(tree_interactions(trees, X, weight, members)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return seconds, peak, len(found[0].pairs)
