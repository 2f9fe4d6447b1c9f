"""What a model foresees of people whom it was not fitted on, in a survey with outcomes.

Of organisations that it was not trained on that is what it foresees. Of the very survey that it was
trained on it is what it foresaw out of fold, which is worked out anew, since no file keeps it: the
same survey, codebook, settings and seed give the same folds and models, to the byte. Of another
wave of organisations that it was trained on it is what the model of the fold without them foresees,
where the file that it was trained on is given; else nothing is said, as `explain` does.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from blijfwijzer.drivers.contributions import finish
from blijfwijzer.errors import BlijfwijzerError, ComparisonError
from blijfwijzer.files import to_json
from blijfwijzer.progress import Tell
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.release.overlap import Overlap, find_overlap, is_of_file
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.risk.model import RiskModel, model_to_json, predict_risk
from blijfwijzer.risk.training import Fitted, fit_chosen, prepare
from blijfwijzer.runs.models.explained import Explained
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.files import hash_file
from blijfwijzer.survey.intake import Intake, read_survey
from blijfwijzer.survey.scales import score_scales

Way = Literal["apart", "file", "folds", "part", "units", "unknown"]
"""How it is known what a model foresees of people whom it was not fitted on; by "units" it is not,
and by "unknown" it may have been fitted on them."""

_MOST_FOUND = 2
_FOUND: dict[tuple[str, str], Array] = {}
"""What the last models foresaw out of fold, by the model and the answers; in memory only."""


@dataclass(frozen=True)
class HeldOut:
    """What a model foresees of people whom it was not fitted on."""

    risk: Array
    """Per response; NaN where there is no such risk, or the outcome is not known."""
    way: Way
    overlap: Overlap

    @property
    def rows(self) -> Mask:
        """Per response, whether there is one."""
        return ~np.isnan(self.risk)


def hold_out(
    explained: Explained, learnt: Sequence[Path], release: Rehearsal, tell: Tell
) -> HeldOut:
    """Give the risk of people whom a model was not fitted on.

    Parameters
    ----------
    learnt : files that models were trained on; those of other models are passed over

    Raises
    ------
    ComparisonError
        The survey of its training does not give the model again.
    """
    overlap = find_overlap(release, explained.stored, explained.units)
    own = _file_of(explained.stored, learnt, release) if overlap.kind in ("units", "part") else None
    risk, way = _held(explained, overlap, own, tell)
    return HeldOut(np.where(np.isnan(explained.answers), np.nan, risk), way, overlap)


def _file_of(stored: Stored, learnt: Sequence[Path], release: Rehearsal) -> Path | None:
    """Find the file that a model was trained on; None where it is not given."""
    own = (path for path in learnt if is_of_file(release, stored, hash_file(path)))
    return next(own, None)


def _held(
    explained: Explained, overlap: Overlap, own: Path | None, tell: Tell
) -> tuple[Array, Way]:
    """Give such risks, and how they are known.

    Parameters
    ----------
    own : the file that the model was trained on, where that is another wave
    """
    stored, risk = explained.stored, explained.contributions.risk
    if overlap.kind == "file":
        return _out_of_fold(stored, explained.intake, tell), "file"
    if own is not None:
        tell(f"read {own.name}")
        intake = read_survey(own, stored.codebook, stored.settings.intake)
        return _of_other_folds(explained, _fit_again(stored, intake, tell)), "folds"
    if overlap.kind == "unknown":
        return risk, "unknown"
    return np.where(overlap.apart, risk, np.nan), overlap.kind


def _out_of_fold(stored: Stored, intake: Intake, tell: Tell) -> Array:
    """Give what a model foresaw out of fold; NaN of those whose answer is not known.

    Comparing two models and promoting one ask the same of both in one process; it is worked out
    once of the same model and the same answers.
    """
    answers = pd.util.hash_pandas_object(intake.responses).to_numpy()
    key = stored.manifest.sha256, hashlib.sha256(answers.tobytes()).hexdigest()
    if key not in _FOUND:
        again = _fit_again(stored, intake, tell)
        risk = np.full(len(intake.held), np.nan)
        risk[again.made_from.known] = again.risk
        for oldest in list(_FOUND)[: 1 - _MOST_FOUND]:
            del _FOUND[oldest]
        _FOUND[key] = risk
    return _FOUND[key].copy()


def _of_other_folds(explained: Explained, again: Fitted) -> Array:
    """Give the risk of each by the model of the fold that its organisation was left out of.

    One whose organisation was not trained on is given that of the model itself.

    Raises
    ------
    ComparisonError
        Folds did not keep organisations apart.
    """
    stored, made_from = explained.stored, again.made_from
    cluster = stored.codebook.units.cluster
    if made_from.apart != cluster:
        raise ComparisonError(
            f"{stored.folder.name}: its folds kept units of {made_from.apart} apart and not of "
            f"{cluster}, so no model of it is without an organisation. Compare on the survey that "
            "it was trained on."
        )
    risk, units = explained.contributions.risk.copy(), explained.units.astype("str")
    trained = made_from.units.astype("str").to_numpy()
    # Of those that a sample left out each model was fitted on some.
    risk[units.isin(made_from.trained_units.astype("str")).to_numpy(dtype=bool)] = np.nan
    models = zip(again.selection.fold_models, made_from.task.folds, strict=True)
    for model, (_, left_out) in models:
        rows = units.isin(np.unique(trained[left_out])).to_numpy(dtype=bool)
        if rows.any():
            risk[rows] = predict_risk(model, explained.built.frame[rows])
    return risk


def _fit_again(stored: Stored, intake: Intake, tell: Tell) -> Fitted:
    """Fit a model again in the folds of its training, and hold it against its folder."""
    codebook, model = stored.codebook, stored.model
    try:
        scales = score_scales(intake.held, codebook)
        outcome = codebook.outcomes[model.target]
        made_from = prepare(intake.held, scales, codebook, outcome, stored.settings)
        found = fit_chosen(made_from, tell, model.kind)
    except BlijfwijzerError as error:
        raise _not_again(stored) from error
    again = finish(found.selection.champion, made_from.task.frame, made_from.task.weight)
    if _text_of(again) != _text_of(model):
        raise _not_again(stored)
    return found


def _text_of(model: RiskModel) -> tuple[str, bytes]:
    """Give a model as its folder holds it."""
    return model.trees, to_json(model_to_json(model))


def _not_again(stored: Stored) -> ComparisonError:
    return ComparisonError(
        f"{stored.folder.name}: was trained on this survey, and is not found again from it with "
        "the versions that are installed now, so what it foresaw out of fold is not known. Train "
        "it again, or compare on a survey of organisations that it was not trained on."
    )
