"""Hold what our work costs beside other work to what it cost before: `python -m studies.pace`.

Ratios of CPU times, measured in turns on one thread: what else a machine does touches both alike.
`.ci/run` asks for it, as a test should say the same on every machine.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping

import lightgbm as lgb
import numpy as np

from blijfwijzer.drivers.tree_contributions import tree_contributions
from blijfwijzer.survey.arrays import Array

RECORDED = {
    "contributions of Booster.predict": 0.5,
    "imports of check of those of pandas": 3.9,
}
"""Measured on two cores in November 2026, with Python 3.11 and the libraries of the lock file."""
SLACK = 2.0
"""How many times what was recorded is too much; ours, generous as machines differ."""
_TURNS = 3


def main() -> None:
    """Print each ratio beside what was recorded; end with 1 where one is too large."""
    os.environ["OMP_NUM_THREADS"] = "1"
    found = measure()
    for name, ratio in found.items():
        print(f"{name}: {ratio:.2f}, recorded {RECORDED[name]:.2f}")
    slower = too_slow(found, RECORDED)
    if slower:
        sys.exit(
            f"More than {SLACK:g} times what was recorded: {', '.join(slower)}. Find out with "
            "`make profile`, or record the new ratio in studies/pace.py and say why."
        )


def measure() -> dict[str, float]:
    """Give each ratio of `RECORDED` as it is now."""
    booster, X = _grow()
    text = booster.model_to_string()
    # The tables of a model are made once.
    tree_contributions(text, X[:10])
    contributions = _ratio(
        lambda: tree_contributions(text, X), lambda: booster.predict(X, num_threads=1)
    )
    imports = _ratio(lambda: _import("blijfwijzer.runs.check"), lambda: _import("pandas"))
    return dict(zip(RECORDED, (contributions, imports), strict=True))


def too_slow(found: Mapping[str, float], recorded: Mapping[str, float]) -> list[str]:
    """Name the ratios that are more than `SLACK` times what was recorded."""
    return [name for name, ratio in found.items() if ratio > SLACK * recorded[name]]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Give what some work takes of this process, and of those that it begins and that end."""
    start = _used()
    work()
    return _used() - start


def _used() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def _grow() -> tuple[lgb.Booster, Array]:
    rng = np.random.default_rng(1)
    X = rng.integers(1, 6, (40_000, 8)).astype(float)
    X[rng.random(X.shape) < 0.1] = np.nan
    margin = np.nan_to_num(X[:, 0]) - 3 + np.nan_to_num(X[:, 1] * X[:, -1]) / 10
    y = (rng.random(len(X)) < 1 / (1 + np.exp(-margin))).astype(float)
    settings = {"objective": "binary", "verbose": -1, "max_depth": 4, "num_leaves": 16}
    return lgb.train(settings | {"num_threads": 1, "seed": 1}, lgb.Dataset(X, y), 150), X


def _import(module: str) -> None:
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)


def _ratio(ours: Callable[[], object], theirs: Callable[[], object]) -> float:
    turns = np.array([(cpu_seconds(ours), cpu_seconds(theirs)) for _ in range(_TURNS)])
    least = turns.min(axis=0)
    return float(least[0] / least[1])


if __name__ == "__main__":
    main()
