"""What MLflow is told of a run: its own settings, what came of it, and a few lines for people."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.language.numbers import column_decimals
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.tables.review_tables import setting_of
from blijfwijzer.records.lineage import Dataset
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.records.registry import Registered
from blijfwijzer.records.tracking import Released, Training
from blijfwijzer.release.publication import Publication, track
from blijfwijzer.risk.training import Fitted
from blijfwijzer.settings import Settings
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.texts import Quantity, say

_OF_TRAINING = (
    "intake",
    "features",
    "model",
    "evaluation",
    "drivers",
    "rates",
    "checks",
    "disclosure",
)
"""Sections of the settings that a training reads."""
_OF_EXPLANATION = ("intake", "wave", "evaluation", "drivers", "checks", "disclosure")
_OF_COMPARISON = (*_OF_EXPLANATION, "groups", "rates", "flags", "promotion")
_OF_SCORES = (
    "intake",
    "wave",
    "groups",
    "rates",
    "margins",
    "flags",
    "segments",
    "checks",
    "disclosure",
)


def training_of(
    fitted: Fitted,
    release: Publication,
    found: tuple[dict[str, Any], dict[str, str], pd.DataFrame],
    intake: Intake,
    served: Path,
) -> Training:
    """Give what is tracked of a training.

    Parameters
    ----------
    found : measures, as the model folder has them, tags of what checks found, and points of curves
    served : the code that answers with the model
    """
    metrics, tags, curves = found
    request, task = release.request, fitted.made_from.task
    codebook, settings = request.codebook, request.settings
    about = Registered(request.survey, request.wave, task.target, release.output.name)
    kind, scores = fitted.selection.champion.kind, fitted.selection.scores
    own = {
        "champion": kind,
        "champion.variant": scores["variant"].loc[kind],
        "champion.setting": scores["setting"].loc[kind],
        "champion.features": len(task.schema.features),
        "kept_apart": fitted.made_from.apart,
        "survey": f"{request.survey}-{request.wave}",
    }
    overall, skill = metrics["overall"], metrics["skill"]
    note = say(
        "track.training",
        outcome=codebook.outcomes[task.target].label,
        survey=codebook.survey.label,
        champion=say(id_of("candidate", kind)),
        variant=setting_of(kind, float(scores["setting"].loc[kind])),
        loss=tell_measure(overall["log_loss"]),
        auc=tell_measure(overall["roc_auc"]),
        skill=tell_measure(skill),
    )
    origin = release.origin
    digest = origin["survey_hmac_sha256"]
    return Training(
        about,
        release.output,
        {**own, **flat_settings(settings, _OF_TRAINING)},
        origin | tags,
        metrics,
        scores,
        served,
        Dataset.of(codebook, intake.file, digest, "training"),
        write(note, settings.language),
        fitted.began,
        curves,
    )


def track_explained(release: Publication, stored: Stored, intake: Intake) -> list[str]:
    """Track an explanation, linked to the model that it is of; give a line that says where."""
    return _track(release, [stored], intake, _OF_EXPLANATION, {})


def track_scored(
    release: Publication, models: Iterable[Stored], intake: Intake, metrics: dict[str, float]
) -> list[str]:
    """Track a release of scores, linked to its models; give a line that says where."""
    return _track(release, list(models), intake, _OF_SCORES, metrics)


def track_watched(
    release: Publication, stored: Stored, intake: Intake, metrics: dict[str, float]
) -> list[str]:
    """Track whether a model still holds, linked to it; give a line that says where."""
    return _track(release, [stored], intake, _OF_EXPLANATION, metrics)


def track_compared(
    release: Publication, models: Iterable[Stored], intake: Intake, metrics: dict[str, float]
) -> list[str]:
    """Track a comparison, linked to both models; give a line that says where."""
    return _track(release, list(models), intake, _OF_COMPARISON, metrics)


def _track(
    release: Publication,
    models: list[Stored],
    intake: Intake,
    sections: tuple[str, ...],
    metrics: dict[str, float],
) -> list[str]:
    request, settings = release.request, release.request.settings
    asked = {name: value for name, value in request.asked.items() if name != "wave"}
    note = say(
        id_of("track", request.kind),
        wave=request.wave,
        names=tuple(stored.folder.name for stored in models),
    )
    released = Released(
        f"{request.kind}-{request.wave}",
        release.output,
        {**asked, "wave": request.wave, **flat_settings(settings, sections)},
        {**release.origin, "blijfwijzer.kind": request.kind},
        metrics,
        Dataset.of(
            request.codebook, intake.file, release.origin["survey_hmac_sha256"], request.kind
        ),
        write(note, settings.language),
        tuple(map(Registered.of, models)),
        intake.began,
    )
    return track(released, request, models[0].folder.parent.parent / "mlruns")


def flat_settings(settings: Settings, sections: Iterable[str]) -> dict[str, object]:
    """Give the settings of some sections by their dotted names, with seed and language."""
    chosen = settings.model_dump(mode="json")
    flat: dict[str, object] = {"seed": chosen["seed"], "language": chosen["language"]}
    for section in sections:
        flat |= _flat(chosen[section], f"{section}.")
    return flat


def _flat(values: dict[str, Any], prefix: str) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        is_part = isinstance(value, dict) and bool(value)
        flat |= _flat(value, f"{prefix}{name}.") if is_part else {prefix + name: value}
    return flat


def tell_measure(entry: dict[str, float | None]) -> Quantity:
    """Tell a measure with its interval, in the decimals that they were rounded to, at least three.

    Three alone are too few for a loss near zero: its interval would have no width.

    Parameters
    ----------
    entry : value, low and high, of which the ends may be None
    """
    ends = [np.nan if entry[end] is None else entry[end] for end in ("low", "high")]
    numbers = [entry["value"], *ends]
    decimals = max(3, column_decimals(numbers, "fine") or 0)
    return Quantity(entry["value"], "fine", (ends[0], ends[1]), decimals)
