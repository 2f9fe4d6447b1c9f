"""A model that answers over HTTP: rows of a survey in, the table of groups that may be shown out.

MLflow loads this file as code ("models from code"), so nothing is pickled. It keeps no ledger: what
it answers is safe by itself, and not against what others were answered before; only `score` is.
"""

import warnings
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

# While it is imported MLflow warns of its own type hints.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from mlflow.pyfunc.model import PythonModel

from blijfwijzer.records.model_folder import read_model


class GroupTable(PythonModel):
    """Answers with groups, never with persons."""

    def load_context(self, context: Any) -> None:
        """Read the model folder, after checking the hash of each file."""
        self.stored = read_model(Path(context.artifacts["folder"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Give one row per group that may be shown.

        Parameters
        ----------
        model_input : one row per response, columns as in the survey's file, unit levels among them
        params : `by`: unit levels, separated by commas; the codebook's cluster when left out
        """
        from blijfwijzer.runs.score import tabulate_groups

        by = (params or {}).get("by") or self.stored.codebook.units.cluster
        return tabulate_groups(model_input, self.stored, str(by).split(","))


mlflow.models.set_model(GroupTable())
