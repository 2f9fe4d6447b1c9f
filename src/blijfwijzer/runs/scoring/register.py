"""What a register tells of a new wave: who responded, and how far its margins move rates."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.register_weights import RegisterWeights
from blijfwijzer.publish.findings import RegisterFindings
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.margins import (
    offer_margins,
    offer_moved,
    rounded_margins,
    told_margins,
    told_moved,
)
from blijfwijzer.runs.scoring.needs import not_telling
from blijfwijzer.runs.scoring.targets import NewWave, Target, estimate_with
from blijfwijzer.survey.arrays import Array


def offer_register(wave: NewWave, targets: Mapping[str, Target], admission: Admission) -> Figures:
    """Offer the response of each code, and how far rates of the largest units moved."""
    weights = wave.register
    if weights is None:
        return {}
    offered = offer_margins(weights, admission.minimum)
    for name, target in targets.items():
        told = admission.tells(f"rate:{name}")
        moved = offer_moved(name, target.values, told, admission, weights)
        offered |= not_telling(moved, target, wave)
    return offered


def rounded_register(
    wave: NewWave, targets: Mapping[str, Target], offered: Figures
) -> frozenset[FigureId]:
    """Name the figures of a register that rounding alone keeps from being counts."""
    answers = {name: target.values for name, target in targets.items()}
    return rounded_margins(offered, answers, wave.settings.disclosure)


def tell_register(
    wave: NewWave, targets: Mapping[str, Target], admission: Admission, told: frozenset[FigureId]
) -> RegisterFindings | None:
    """Tell what may be told of a register; None where there is none."""
    weights = wave.register
    if weights is None:
        return None
    tables = []
    for name, target in targets.items():
        places = told_moved(admission, name, told)
        rate = target.pooled.table["rate"].iloc[places].to_numpy(dtype=float)
        before = _rates_before(target, wave, weights)[places] if places else rate
        # Of the rates as they are shown: their difference tells no more finely.
        moved = rate.round(2) - before.round(2)
        tables.append(pd.DataFrame({"target": name, "place": places, "rate": rate, "moved": moved}))
    return RegisterFindings(weights, told_margins(weights, told), pd.concat(tables))


def _rates_before(target: Target, wave: NewWave, weights: RegisterWeights) -> Array:
    """Rates of all groups with the weights that the survey had."""
    units = wave.responses[wave.codebook.units.cluster]
    without = replace(wave, grouping=wave.grouping.without_register())
    predictions = replace(
        wave.predictions(target.values, target.scored.risk),
        design=Design.of_units(weights.before, units),
    )
    told = target.pooled.table["rate"].notna().to_numpy()
    pooled, _ = estimate_with(predictions, target.stored, told, without)
    return pooled.table["rate"].to_numpy(dtype=float)
