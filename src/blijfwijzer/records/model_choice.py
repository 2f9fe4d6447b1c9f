"""What a stored model foresees of the people of a survey, for stories that may use one."""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.errors import ModelFolderError, counted
from blijfwijzer.progress import Tell
from blijfwijzer.records.model_folder import Stored, choose_models, folder_name
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.scales import score_scales

Array = NDArray[np.float64]

_MEANT = {"intention": "the intention to leave", "risk": "the risk of falling behind"}


def choose_model(models: Path, codebook: Codebook, kind: Literal["intention", "risk"]) -> Stored:
    """Choose the newest model of a kind of outcome in a folder.

    Raises
    ------
    ModelFolderError
        There is none of that kind, or it is of another survey.
    """
    chosen = choose_models(models)
    for name, stored in chosen.items():
        if stored.codebook.outcomes[name].kind == kind:
            if stored.codebook.survey.name != codebook.survey.name:
                raise ModelFolderError(
                    f"{stored.folder.name}: was trained on {stored.codebook.survey.name}, and this "
                    f"survey is read as {codebook.survey.name}. Give --models of this survey, or "
                    "leave it out."
                )
            return stored
    raise ModelFolderError(
        f"{models}: {counted(len(chosen), 'model')}, none of {_MEANT[kind]}. Train one, or leave "
        "--models out."
    )


def foresee(stored: Stored, intake: Intake, settings: Settings, tell: Tell) -> Array:
    """Foresee the risk of each response of a survey that the model did not see.

    Returns
    -------
    One calibrated probability per response. They exist in memory only.

    Raises
    ------
    ModelFolderError
        The model was trained on these very respondents, of whom it knows the answers.
    """
    mine = folder_name(stored.model.target, stored.codebook, intake.sha256, stored.settings)
    if mine == stored.folder.name:
        raise ModelFolderError(
            f"{stored.folder.name}: was trained on this very survey, and what it foresees of those "
            "who trained it says nothing. Give a model of an earlier wave, or leave --models out."
        )
    responses, batch = intake.responses, settings.wave.batch
    scales = score_scales(responses, stored.codebook)
    risk = np.empty(len(responses))
    for start in range(0, len(responses), batch):
        tell(f"{stored.model.target}: {100 * start // len(responses)} % scored")
        rows = slice(start, start + batch)
        built = build_features(responses.iloc[rows], scales.iloc[rows], stored.model.schema)
        risk[rows] = predict_risk(stored.model, built.frame)
    return risk
