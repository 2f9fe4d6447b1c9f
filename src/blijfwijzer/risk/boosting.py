"""Shallow boosted trees as text; the only module that imports lightgbm."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.risk.coded import AT_ONCE, Coded
from blijfwijzer.risk.features import Schema
from blijfwijzer.survey.arrays import Array, Codes

# Threads wait for each other after every split; with fewer rows each, waiting takes longer than
# the work, and on a busy machine many times longer.
_ROWS_A_THREAD = 15_000
_FEWEST_IN_A_LEAF = 10
_BINS: dict[str, Any] = {"verbose": -1, "max_bin": 255, "min_data_in_bin": 1}


@dataclass(frozen=True)
class Boosting:
    """How trees are grown.

    The defaults were the most accurate of some thirty settings tried on FEVS 2018 and PIAAC:
    shallow, slow, each tree seeing half of the columns and seven tenths of the rows, and each split
    two fifths of these columns.
    """

    depth: int = 4
    rate: float = 0.02
    column_share: float = 0.5
    node_share: float = 0.4
    """Of the tree's columns, that each split sees."""
    row_share: float = 0.7
    ridge: float = 10.0
    minimum_leaf: int = 20
    is_additive: bool = False
    """Each tree reads one feature only, so that the margin is a sum of curves."""
    seed: int = 0
    threads: int = 0


def _lightgbm() -> Any:
    """Import LightGBM; its threads wait at rest, as at full speed they take what others need."""
    # As the command line does; read when the library of threads is loaded, so not later than here.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import lightgbm

    return lightgbm


def grow_trees(
    frame: pd.DataFrame,
    schema: Schema,
    values: Array,
    weight: Array,
    start: Array | None,
    rounds: int,
    boosting: Boosting,
) -> str:
    """Grow boosted trees on the log odds.

    The result depends on the input and the seed only, whatever the number of threads.

    Parameters
    ----------
    frame : one row per response, float64; NaN is missing
    values : 0 or 1
    weight : per response
    start : margin that the trees correct; None starts from the overall rate
    rounds : trees

    Returns
    -------
    LightGBM's own text, without the block of parameters.
    """
    lgb = _lightgbm()

    data = lgb.Dataset(
        frame.to_numpy(), values, weight=weight, init_score=start, **_about(schema), params=_BINS
    )
    booster = lgb.train(tree_parameters(boosting, weight, frame.shape[1]), data, rounds)
    return without_parameters(booster.model_to_string())


class Binned:
    """Responses as bins of answers: a byte each, made once, of which trees are grown on some."""

    def __init__(
        self, columns: Coded, schema: Schema, values: Array, weight: Array, boosting: Boosting
    ) -> None:
        """Bin responses, some at a time.

        Parameters
        ----------
        values : 0 or 1
        weight : per response
        boosting : how trees will be grown
        """
        lgb = _lightgbm()
        from lightgbm import Sequence

        class RowBlocks(Sequence):
            """Rows as LightGBM asks for them: one by one in order, and then in slices."""

            batch_size = AT_ONCE
            start, rows = 0, columns.take(slice(0, 0)).to_numpy()

            def __len__(self) -> int:
                return len(columns)

            def __getitem__(self, asked: Any) -> Array:
                if isinstance(asked, slice):
                    return columns.take(asked).to_numpy()
                if not self.start <= asked < self.start + len(self.rows):
                    self.start = int(asked)
                    self.rows = columns.take(slice(asked, asked + AT_ONCE)).to_numpy()
                return np.asarray(self.rows[asked - self.start])

        own = tree_parameters(boosting, weight, len(schema.features)) | _BINS
        self._weight, self._boosting = weight, boosting
        data = lgb.Dataset(RowBlocks(), values, weight=weight, **_about(schema), params=own)
        self._data = data.construct()

    def grow_trees(self, rows: Codes, start: Array, rounds: int) -> str:
        """Grow trees as `grow_trees` does, on some of the responses.

        Parameters
        ----------
        rows : ascending
        start : margin of each of them that the trees correct
        """
        lgb = _lightgbm()

        # Made before it is given a start, which is lost otherwise. A list, as it asks, takes more.
        data = self._data.subset(rows.astype(np.int32)).construct()
        data.set_init_score(start)
        parameters = tree_parameters(self._boosting, self._weight[rows], data.num_feature())
        return without_parameters(lgb.train(parameters, data, rounds).model_to_string())


def _about(schema: Schema) -> dict[str, Any]:
    """Tell LightGBM of columns."""
    return {
        "feature_name": [f"f{place}" for place in range(len(schema.features))],
        "categorical_feature": [i for i, f in enumerate(schema.features) if f.is_nominal],
        "free_raw_data": True,
    }


def tree_margin(trees: str, frame: pd.DataFrame, rounds: int | None = None) -> Array:
    """Sum of the trees' values for each response; of the first `rounds` trees only, if given."""
    lgb = _lightgbm()

    booster = lgb.Booster(model_str=trees)
    margin = booster.predict(frame.to_numpy(), raw_score=True, num_iteration=rounds)
    return np.asarray(margin, dtype=np.float64)


def first_trees(trees: str, rounds: int) -> str:
    """Keep the first `rounds` trees."""
    lgb = _lightgbm()

    booster = lgb.Booster(model_str=trees)
    return without_parameters(booster.model_to_string(num_iteration=rounds))


def without_parameters(text: str) -> str:
    """Cut the block of parameters: it names threads and paths, and predicting needs none."""
    before, _, rest = text.partition("\nparameters:")
    _, _, after = rest.partition("end of parameters\n")
    return before + "\n" + after.lstrip("\n") if rest else text


def tree_parameters(boosting: Boosting, weight: Array, columns: int) -> dict[str, Any]:
    """Give the parameters by which LightGBM grows trees as asked."""
    parameters: dict[str, Any] = {
        "objective": "binary",
        "max_depth": boosting.depth,
        "num_leaves": 2**boosting.depth,
        "learning_rate": boosting.rate,
        "feature_fraction": boosting.column_share,
        "feature_fraction_bynode": boosting.node_share,
        "bagging_fraction": boosting.row_share,
        "bagging_freq": 1 if boosting.row_share < 1 else 0,
        "lambda_l2": boosting.ridge,
        "min_data_in_leaf": boosting.minimum_leaf,
        "min_sum_hessian_in_leaf": _least_hessian(boosting, weight),
        # Categories of few people join others, so that no split tells of them.
        "min_data_per_group": max(100, boosting.minimum_leaf),
        "cat_smooth": 50.0,
        "cat_l2": 50.0,
        "seed": boosting.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": boosting.threads
        or min(os.cpu_count() or 1, len(weight) // _ROWS_A_THREAD + 1),
        "verbose": -1,
    }
    if boosting.is_additive:
        parameters["interaction_constraints"] = [[place] for place in range(columns)]
    return parameters


def _least_hessian(boosting: Boosting, weight: Array) -> float:
    """Hessian that only a leaf of ten responses can have.

    LightGBM judges `min_data_in_leaf` by a count that it estimates from hessians, so a few heavy
    responses can pass for many. The hessian of one response is weight x p(1 - p), a quarter of the
    heaviest weight at most; a leaf with ten times that holds ten responses or more.
    """
    return min(boosting.minimum_leaf, _FEWEST_IN_A_LEAF) * float(weight.max()) / 4
