"""What may be told of a register: who responded, and how far its margins moved figures."""

from collections.abc import Mapping

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.disclosure.rounding import band
from blijfwijzer.disclosure.rules import is_telling
from blijfwijzer.groups.register_weights import RegisterWeights
from blijfwijzer.release.admission import Admission
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.arrays import Array, Mask


def offer_margins(weights: RegisterWeights, minimum: int) -> Figures:
    """Offer how many of the people with each code responded, where enough did."""
    enough = np.flatnonzero(weights.response["n"] >= minimum)
    return {_margin(weights, place): weights.inside[[place]] for place in map(int, enough)}


def offer_moved(
    of: str, answers: Array | None, told: Mask, admission: Admission, weights: RegisterWeights
) -> Figures:
    """Offer how far margins moved a share of yes among everyone and in each of the largest units.

    Of smaller units that is never told: a share with and one without weights, beside what a
    register tells, are two equations for the answers of those with each code. So of a larger one it
    is offered as shares of these parts would be, each of enough people.

    Parameters
    ----------
    of : what the share is called
    answers : 1, 0 or NaN, one per response; None where nobody was asked
    told : one per group, whether the share itself is told of it
    """
    offered: Figures = {}
    for place in filter(told.__getitem__, largest_units(admission)):
        parts = _parts(answers, weights, admission.grouping.members[[place]])
        if (np.asarray(parts.sum(axis=1)).ravel() >= admission.minimum).all():
            offered[moved_figure(admission, of, place)] = parts
    return offered


def leave_telling(
    figures: Figures, answers: Array | None, weight: Array, rules: DisclosureSettings
) -> Figures:
    """Leave out figures of parts in which all answered alike, or two carry all the weight."""
    if answers is None:
        return figures
    return {n: rows for n, rows in figures.items() if not is_telling(rows, answers, weight, rules)}


def rounded_margins(
    offered: Figures, answers: Mapping[str, Array | None], rules: DisclosureSettings
) -> frozenset[FigureId]:
    """Name the figures of a register that rounding alone keeps from being counts.

    Respondents with a code are told in bands; one that is wider than the fewest people that may be
    told of leaves open more than as many. Of shares each part must have so many of whom the answer
    is yes, and of whom it is not, that whole percentages leave several counts (`rounded_cells`).

    Parameters
    ----------
    answers : what a share is called to the answers that it is of
    """
    few = 100 * rules.protection
    safe = set()
    for figure, parts in offered.items():
        if figure.kind == "margin":
            low, high = band(float(parts.sum()))
            is_safe = high - low >= rules.minimum
        else:
            values = answers[figure.of[0]] if figure.kind == "moved" else None
            is_safe = values is not None and all(
                (parts @ (values == answer).astype(np.int64)).min() >= few for answer in (0, 1)
            )
        if is_safe:
            safe.add(figure)
    return frozenset(safe)


def told_margins(weights: RegisterWeights, told: frozenset[FigureId]) -> Mask:
    """Say of each code of the register whether its response may be told."""
    places = range(len(weights.response))
    return np.array([_margin(weights, place) in told for place in places], dtype=bool)


def told_moved(admission: Admission, of: str, told: frozenset[FigureId]) -> list[int]:
    """Give the places of the groups of which it may be told how far a share moved."""
    return [p for p in largest_units(admission) if moved_figure(admission, of, p) in told]


def moved_figure(admission: Admission, of: str, place: int) -> FigureId:
    """Name the figure of how far a share of a group moved."""
    return FigureId("moved", (of, str(admission.grouping.groups.index[place])))


def largest_units(admission: Admission) -> list[int]:
    """Give the places of everyone and of the largest units, of those that are shown."""
    groups = admission.grouping.groups
    is_unit = (groups["kind"] == "unit") & (groups["sector"] == groups.index)
    is_large = ((groups["kind"] == "all") | is_unit).to_numpy()
    return [int(place) for place in np.flatnonzero(is_large & admission.shown)]


def _margin(weights: RegisterWeights, place: int) -> FigureId:
    row = weights.response.iloc[place]
    return FigureId("margin", (str(row["variable"]), str(row["code"])))


def _parts(answers: Array | None, weights: RegisterWeights, members: csr_array) -> csr_array:
    """Part those of a group who answered by each code of each variable."""
    inside = members.toarray()[0] > 0
    if answers is not None:
        inside &= ~np.isnan(answers)
    parts = csr_array(weights.inside.multiply(inside.astype(np.int8)[None, :]))
    return csr_array(parts[np.flatnonzero(np.asarray(parts.sum(axis=1)).ravel() > 0)])
