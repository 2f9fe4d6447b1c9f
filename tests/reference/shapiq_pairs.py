"""Interactions by shapiq of a small model of trees, to compare ours with.

Run in an environment of its own, since shapiq brings much that nothing here needs:
    python -m venv shapiq-venv && shapiq-venv/bin/pip install shapiq==1.4.1 lightgbm==4.7.0
    shapiq-venv/bin/python shapiq_pairs.py
It writes shapiq_pairs.txt, the model, and shapiq_pairs.csv: a row per response, with its answers and
the Shapley interaction index of each pair. shapiq takes trees of numbers without missing answers.
"""

from itertools import combinations
from pathlib import Path

import lightgbm as lgb
import numpy as np
import shapiq

HERE = Path(__file__).parent
ROWS, COLUMNS, TOLD = 400, 5, 25


def main() -> None:
    """Grow trees on answers that were drawn, and ask shapiq of the first responses."""
    rng = np.random.default_rng(7)
    X = rng.integers(1, 6, (ROWS, COLUMNS)).astype(float)
    margin = X[:, 0] - 3 + X[:, 1] * X[:, 4] / 10 - X[:, 2] * (X[:, 3] > 3) / 3
    y = (rng.random(ROWS) < 1 / (1 + np.exp(-margin))).astype(float)
    asked = {"objective": "binary", "verbose": -1, "num_leaves": 12, "min_data_in_leaf": 5}
    booster = lgb.train(asked | {"deterministic": True, "num_threads": 1}, lgb.Dataset(X, y), 12)
    booster.save_model(HERE / "shapiq_pairs.txt")
    explainer = shapiq.TreeExplainer(booster, index="SII", min_order=2, max_order=2)
    pairs = list(combinations(range(COLUMNS), 2))
    heads = [*(f"x{column}" for column in range(COLUMNS)), *(f"x{i}x{j}" for i, j in pairs)]
    lines = [",".join(heads)]
    for row in X[:TOLD]:
        found = explainer.explain(row)
        lines.append(",".join(repr(float(one)) for one in (*row, *(found[pair] for pair in pairs))))
    (HERE / "shapiq_pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
