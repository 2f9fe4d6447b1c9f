"""A model that answers over HTTP: rows of a survey in, the table of groups that may be shown out.

MLflow loads this file as code ("models from code"), so nothing is pickled. It answers with groups;
with the risk of each row only by written leave in the settings ([explain.persons]). It is in no
survey's ledger, and reads that all the same, so that `govern stop` ends its answers. It keeps a
ledger of its own, of which forms were in the rows that it answered, in the folder that
BLIJFWIJZER_SERVED names, or in memory until it stops. Rows that differ from earlier ones by a few
forms, that are the same by other levels or in other units, or that are mostly copies, are refused.
It cannot see that rows were made up: eleven forms that somebody invents beside a real one pass, and
the answer then tells what the model expects of the twelfth. So give it only to who may hold the
forms.
"""

import os
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
from blijfwijzer.release.answered import Answered
from blijfwijzer.release.stops import refuse_served
from blijfwijzer.settings import load_settings

PLACE = "BLIJFWIJZER_SERVED"
"""Variable of the environment that names the folder of what was answered."""


class GroupTable(PythonModel):
    """Answers with groups; with persons by written leave only."""

    def load_context(self, context: Any) -> None:
        """Read the model folder, after checking the hash of each file.

        The leave to answer with persons is that of the settings that the model was trained with,
        or of a file that `model_config={"settings": path}` names when it is loaded.

        Raises
        ------
        StoppedError, LedgerError, ModelFolderError
            It is stopped, or no ledger is named that tells whether it is.
        """
        self.stored = read_model(Path(context.artifacts["folder"]))
        refuse_served(self.stored)
        given = (context.model_config or {}).get("settings")
        own = load_settings(Path(given)) if given else self.stored.settings
        self.leave = own.explain.persons
        place = os.environ.get(PLACE)
        self.answered = Answered(None if place is None else Path(place) / self.stored.folder.name)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Give one row per group that may be shown, or by leave the risk of each row.

        Parameters
        ----------
        model_input : one row per response, columns as in the survey's file, unit levels among them
        params : `by`: unit levels, separated by commas; the codebook's cluster when left out;
            or "persons"

        Raises
        ------
        StoppedError, LedgerError, ModelFolderError, DisclosureError
            It was stopped since it was loaded; or what is asked may not be told.
        """
        from blijfwijzer.runs.score import PERSONS, tabulate_groups, tabulate_persons

        refuse_served(self.stored)
        by = (params or {}).get("by") or self.stored.codebook.units.cluster
        if by == PERSONS:
            return tabulate_persons(model_input, self.stored, self.leave)
        return tabulate_groups(model_input, self.stored, str(by).split(","), self.answered)


mlflow.models.set_model(GroupTable())
