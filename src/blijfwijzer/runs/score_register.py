"""What a register tells of a new wave: who responded, and how far its margins move rates."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.disclosure.rounding import band
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.register_weights import RegisterWeights
from blijfwijzer.publish.findings import RegisterFindings
from blijfwijzer.release.admission import Admission
from blijfwijzer.runs.score_needs import not_telling
from blijfwijzer.runs.score_targets import NewWave, Target
from blijfwijzer.survey.arrays import Array, Codes


def offer_register(wave: NewWave, targets: Mapping[str, Target], admission: Admission) -> Figures:
    """Offer the response of each code, and how far rates of the largest units moved.

    Of smaller units that is never told: a rate with and one without weights, beside what a register
    tells, are two equations for the answers of those with each code. So of a larger one it is
    offered as rates of these parts would be, each of enough people who do not all answer alike.
    """
    weights = wave.register
    if weights is None:
        return {}
    offered = {
        _margin(weights, place): weights.inside[[place]]
        for place in map(int, np.flatnonzero(weights.response["n"] >= admission.minimum))
    }
    for name, target in targets.items():
        told = admission.tells(f"rate:{name}")
        for place in filter(told.__getitem__, _largest(admission)):
            parts = _parts(target, weights, admission.grouping.members[[place]])
            if (np.asarray(parts.sum(axis=1)).ravel() >= admission.minimum).all():
                offered |= not_telling({_moved(admission, name, place): parts}, target, wave)
    return offered


def rounded_register(
    wave: NewWave, targets: Mapping[str, Target], offered: Figures
) -> frozenset[FigureId]:
    """Name the figures of a register that rounding alone keeps from being counts.

    Respondents with a code are told in bands; one that is wider than the fewest people that may be
    told of leaves open more than as many. Of rates each part must have so many of whom the outcome
    is true, and of whom it is not, that whole percentages leave several counts (`rounded_cells`).
    """
    rules = wave.settings.disclosure
    few = 100 * rules.protection
    safe = set()
    for figure, parts in offered.items():
        if figure.kind == "margin":
            low, high = band(float(parts.sum()))
            is_safe = high - low >= rules.minimum
        else:
            values = targets[figure.of[0]].values if figure.kind == "moved" else None
            is_safe = values is not None and all(
                (parts @ (values == answer).astype(np.int64)).min() >= few for answer in (0, 1)
            )
        if is_safe:
            safe.add(figure)
    return frozenset(safe)


def tell_register(
    wave: NewWave, targets: Mapping[str, Target], admission: Admission, told: frozenset[FigureId]
) -> RegisterFindings | None:
    """Tell what may be told of a register; None where there is none."""
    weights = wave.register
    if weights is None:
        return None
    is_told = [_margin(weights, place) in told for place in range(len(weights.response))]
    tables = []
    for name, target in targets.items():
        places = [p for p in _largest(admission) if _moved(admission, name, p) in told]
        rate = target.pooled.table["rate"].iloc[places].to_numpy(dtype=float)
        before = _rates_before(target, wave, weights)[places] if places else rate
        # Of the rates as they are shown: their difference tells no more finely.
        moved = rate.round(2) - before.round(2)
        tables.append(pd.DataFrame({"target": name, "place": places, "rate": rate, "moved": moved}))
    return RegisterFindings(weights, np.array(is_told, dtype=bool), pd.concat(tables))


def _margin(weights: RegisterWeights, place: int) -> FigureId:
    row = weights.response.iloc[place]
    return FigureId("margin", (str(row["variable"]), str(row["code"])))


def _moved(admission: Admission, target: str, place: int) -> FigureId:
    return FigureId("moved", (target, str(admission.grouping.groups.index[place])))


def _largest(admission: Admission) -> Codes:
    """Places of everyone and of the largest units, of those that are shown."""
    groups = admission.grouping.groups
    is_unit = (groups["kind"] == "unit") & (groups["sector"] == groups.index)
    return np.flatnonzero(((groups["kind"] == "all") | is_unit).to_numpy() & admission.shown)


def _parts(target: Target, weights: RegisterWeights, members: csr_array) -> csr_array:
    """Part those of a group who answered by each code of each variable."""
    inside = members.toarray()[0] > 0
    if target.values is not None:
        inside &= ~np.isnan(target.values)
    parts = csr_array(weights.inside.multiply(inside.astype(np.int8)[None, :]))
    return csr_array(parts[np.flatnonzero(np.asarray(parts.sum(axis=1)).ravel() > 0)])


def _rates_before(target: Target, wave: NewWave, weights: RegisterWeights) -> Array:
    """Rates of all groups with the weights that the survey had."""
    units = wave.responses[wave.codebook.units.cluster]
    predictions = replace(
        wave.predictions(target.values, target.scored.risk),
        design=Design.of_units(weights.before, units),
    )
    pooled, _ = estimate_groups(
        wave.grouping.without_register(),
        predictions,
        target.stored.effects,
        wave.settings.rates,
        wave.settings.seed,
    )
    return pooled.table["rate"].to_numpy(dtype=float)
