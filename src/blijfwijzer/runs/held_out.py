"""What a model foresees of people whom it was not fitted on, in a survey with outcomes.

Of organisations that it was not trained on that is what it foresees. Of the very survey that it was
trained on it is what it foresaw out of fold, which is worked out anew, since no file keeps it: the
same survey, codebook, settings and seed give the same folds and models, to the byte. Of other
people of organisations that it was trained on nothing is said, as `explain` does.
"""

from dataclasses import dataclass

import numpy as np

from blijfwijzer.drivers.contributions import centre
from blijfwijzer.errors import BlijfwijzerError, ComparisonError
from blijfwijzer.files import to_json
from blijfwijzer.progress import Tell
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.release.overlap import Overlap, find_overlap
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.risk.model import RiskModel, model_to_json
from blijfwijzer.risk.selection import refit_model
from blijfwijzer.risk.training import prepare
from blijfwijzer.runs.explain import Explained
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.scales import score_scales


@dataclass(frozen=True)
class HeldOut:
    """What a model foresees of people whom it was not fitted on."""

    risk: Array
    """Per response; NaN where there is no such risk."""
    overlap: Overlap

    @property
    def rows(self) -> Mask:
        """Per response, whether there is one."""
        return ~np.isnan(self.risk)


def hold_out(explained: Explained, release: Rehearsal, tell: Tell) -> HeldOut:
    """Give the risk of people whom a model was not fitted on.

    Raises
    ------
    ComparisonError
        The survey is that of its training, and does not give the model again.
    """
    overlap = find_overlap(release, explained.stored, explained.units)
    risk, answers = explained.contributions.risk, explained.answers
    if overlap.kind == "file":
        risk = _out_of_fold(explained, tell)
    elif overlap.kind != "unknown":
        risk = np.where(overlap.apart, risk, np.nan)
    return HeldOut(np.where(np.isnan(answers), np.nan, risk), overlap)


def _out_of_fold(explained: Explained, tell: Tell) -> Array:
    """Fit a model again in the folds of its training, and give what it foresaw out of fold."""
    stored, responses = explained.stored, explained.intake.responses
    codebook, model = stored.codebook, stored.model
    try:
        scales = score_scales(responses, codebook)
        outcome = codebook.outcomes[model.target]
        made_from = prepare(responses, scales, codebook, outcome, stored.settings)
        found = refit_model(made_from.task, model.kind, tell)
    except BlijfwijzerError as error:
        raise _not_again(stored) from error
    again = centre(found.champion, made_from.task.frame, made_from.task.weight)
    if _text_of(again) != _text_of(model):
        raise _not_again(stored)
    risk = np.full(len(responses), np.nan)
    risk[made_from.known] = found.out_of_fold[model.kind]
    return risk


def _text_of(model: RiskModel) -> tuple[str, bytes]:
    """Give a model as its folder holds it."""
    return model.trees, to_json(model_to_json(model))


def _not_again(stored: Stored) -> ComparisonError:
    return ComparisonError(
        f"{stored.folder.name}: was trained on this survey, and is not found again from it with "
        "the versions that are installed now, so what it foresaw out of fold is not known. Train "
        "it again, or compare on a survey of organisations that it was not trained on."
    )
