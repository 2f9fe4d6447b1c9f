"""Claims about what goes with commitment and performance (H2-H4)."""

from collections.abc import Callable
from itertools import combinations

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Measure, about, bare, by_concept
from blijfwijzer.claims.findings import (
    FLOOR_R,
    ClaimFinding,
    Effect,
    NotTestableError,
    Requirement,
    decide,
)
from blijfwijzer.claims.halves import explained
from blijfwijzer.claims.reader import Reader
from blijfwijzer.estimation.intervals import Estimate, from_draws
from blijfwijzer.estimation.moments import covariances, within
from blijfwijzer.estimation.regression import Regression, combine
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.concepts import PAIR
from blijfwijzer.survey.texts import Message

CONDITIONS = (
    "missiegedrevenheid",
    "open_en_mensgericht",
    "psychologische_veiligheid",
    "samenwerking",
    "externe_orientatie",
    "leervermogen",
)
FLOOR_INDIRECT = FLOOR_R**2
"""Of a product of two slopes."""
_FEWEST_CONDITIONS = 3
_RATINGS = ("prestatie_leiding", "prestatie_eigen")


def brave_teams(reader: Reader) -> ClaimFinding:
    """H2: safety and performance orientation together go with commitment and performance.

    Each by itself at an equal level of the other, and both together with their interaction.
    """
    fitted = _pair_regression(reader, halves=reader.has_teams)
    safety, performance, both = (
        combine(fitted, {name: 1.0}) for name in ("safety", "performance", "both")
    )
    joint = combine(fitted, {"safety": 1.0, "performance": 1.0, "both": 1.0})
    own = _pair_regression(reader, halves=False)
    own_safety, own_performance = (combine(own, {name: 1.0}) for name in ("safety", "performance"))
    rated = {name: _per_pair(reader, name) for name in _RATINGS if reader.has(name)}
    ratings = by_concept("claim.h2.rating", Measure.DEVIATION, rated)
    d = Measure.DEVIATION
    return ClaimFinding(
        estimates=(
            ClaimEstimate("safety", d, safety, Message("claim.h2.safety")),
            ClaimEstimate("performance", d, performance, Message("claim.h2.performance")),
            ClaimEstimate("both", d, both, Message("claim.h2.both")),
            ClaimEstimate("joint", d, joint, Message("claim.h2.joint")),
            *ratings[:1],
        ),
        effect=Effect(joint, Message("claim.h2.effect")),
        decision=decide(
            [
                Requirement(safety),
                Requirement(performance),
                Requirement(joint, floor=FLOOR_R),
                *(Requirement(one.estimate, floor=FLOOR_R) for one in ratings[:1]),
            ]
        ),
        checks=(
            ClaimEstimate("own_safety", d, own_safety, Message("claim.h2.own_safety")),
            ClaimEstimate(
                "own_performance", d, own_performance, Message("claim.h2.own_performance")
            ),
            *ratings[1:],
        ),
        notes=_about_halves(reader),
    )


def room_matters(reader: Reader) -> ClaimFinding:
    """H3: red tape takes room away, and lack of room lowers commitment and performance.

    The indirect effect, red tape -> room times room -> outcome given red tape, in standard
    deviations, with a bootstrap of whole units (MacKinnon, Lockwood & Williams 2004). Red tape is
    told by one half of a team and room by the other, and what they are held to predict by whoever
    did not tell them.
    """
    outcomes = [name for name in ("betrokkenheid", *_RATINGS) if reader.has(name)]
    # The manager's rating, where there is one, decides in place of one's own.
    beside = {"prestatie_eigen"} if "prestatie_leiding" in outcomes else set()
    deciding = [name for name in outcomes if name not in beside]
    paths = {name: _through_room(reader, name, reader.has_teams) for name in outcomes}
    indirect = {name: path[0].estimate for name, path in paths.items()}
    checks: list[ClaimEstimate] = []
    for name in outcomes:
        if name not in deciding:
            checks += paths[name]
        elif reader.has_teams:
            own = _through_room(reader, name, halves=False)[0].estimate
            checks += by_concept("claim.h3.own", Measure.DEVIATION, {name: own}, "own_")
    return ClaimFinding(
        estimates=tuple(one for name in deciding for one in paths[name]),
        effect=Effect(indirect["betrokkenheid"], Message("claim.h3.effect")),
        decision=decide(
            [Requirement(indirect[name], -1, floor=FLOOR_INDIRECT) for name in deciding]
        ),
        checks=tuple(checks),
        notes=_about_halves(reader),
    )


def each_condition(reader: Reader) -> ClaimFinding:
    """H4: each of six conditions goes with commitment, by itself.

    Which of them counts most is told by general dominance (Budescu 1993): the mean gain in R2 over
    all sets of the others; shares of a whole that add up.
    """
    names = [name for name in CONDITIONS if reader.has(name)]
    if len(names) < _FEWEST_CONDITIONS:
        counts = {"conditions": len(names), "needed": _FEWEST_CONDITIONS}
        raise NotTestableError(Message("claim.h4.few_conditions", counts))
    outcome, seen = reader.z("betrokkenheid"), _seen_by(reader, reader.has_teams)
    columns = {name: reader.standardise(seen(reader.of(name))) for name in names}
    alone = {name: _slope(reader, outcome, name, values) for name, values in columns.items()}
    joint = reader.fit(outcome, columns)
    shares = _dominance(reader, outcome, columns)
    checks: list[ClaimEstimate] = []
    for name in names:
        found, share = combine(joint, {name: 1.0}), bare(shares[name], joint.n)
        checks += by_concept("claim.h4.joint", Measure.DEVIATION, {name: found}, "joint_")
        checks += by_concept("claim.h4.dominance", Measure.VARIANCE, {name: share}, "dominance_")
        if reader.has_teams:
            own = _slope(reader, outcome, name, reader.z(name))
            checks += by_concept("claim.h4.own", Measure.DEVIATION, {name: own}, "own_")
    median = float(np.median([found.value for found in alone.values()]))
    return ClaimFinding(
        estimates=by_concept("claim.h4.condition", Measure.DEVIATION, alone),
        effect=Effect(bare(median, 0), Message("claim.h4.effect")),
        decision=decide(
            [Requirement(found, floor=FLOOR_R) for found in alone.values()], len(names) // 2 + 1
        ),
        checks=tuple(checks),
        notes=_about_halves(reader),
    )


def _seen_by(reader: Reader, halves: bool) -> Callable[[Array], Array]:
    """Give what tells of a team: the other half of it, or each respondent."""
    return reader.other_half if halves else np.asarray


def _pair_regression(reader: Reader, halves: bool) -> Regression:
    seen = _seen_by(reader, halves)
    safety, performance = (reader.standardise(seen(reader.of(name))) for name in PAIR)
    columns = {"safety": safety, "performance": performance, "both": safety * performance}
    return reader.fit(reader.z("betrokkenheid"), columns)


def _per_pair(reader: Reader, rating: str) -> Estimate:
    """Give a rating per standard deviation of the pair."""
    # The manager's rating has another source than the culture score, so no halves are needed.
    seen = _seen_by(reader, reader.has_teams and rating == "prestatie_eigen")
    first, second = (reader.standardise(seen(reader.of(part))) for part in PAIR)
    pair = reader.standardise((first + second) / 2)
    return _slope(reader, reader.z(rating), "pair", pair)


def _slope(reader: Reader, outcome: Array, name: str, values: Array) -> Estimate:
    return combine(reader.fit(outcome, {name: values}), {name: 1.0})


def _through_room(reader: Reader, outcome: str, halves: bool) -> tuple[ClaimEstimate, ...]:
    """Give the indirect effect on an outcome, and both steps of it."""
    place, picks = reader.draw()
    columns = _path(reader, outcome, halves)
    n = int((~np.isnan(columns).any(axis=1)).sum())
    found, drawn = covariances(columns, reader.design.weight, Draws(place, picks))
    steps = np.array([_steps(matrix) for matrix in (found, *drawn)])
    indirect, to_room, to_outcome = (
        from_draws(float(values[0]), values[1:], n)
        for values in (steps.prod(axis=1), steps[:, 0], steps[:, 1])
    )
    d = Measure.DEVIATION
    return (
        ClaimEstimate(f"indirect_{outcome}", d, indirect, about("claim.h3.indirect", outcome)),
        ClaimEstimate(f"room_{outcome}", d, to_room, Message("claim.h3.to_room")),
        ClaimEstimate(f"outcome_{outcome}", d, to_outcome, Message("claim.h3.to_outcome")),
    )


def _path(reader: Reader, outcome: str, halves: bool) -> Array:
    """Red tape and room as it depends on it; red tape, room and what these lead to.

    In standard deviations of people, within sectors. With halves the first two come from different
    halves of a team, the respondent's own telling of room; what leads to an outcome is what the
    other half says, or the respondent where the outcome is the manager's rating.
    """
    tape, room = (reader.z(name) for name in ("regeldruk", "ruimte_professional"))
    causes = [tape, room]
    if halves:
        first = [reader.other_half(tape), reader.own_half(room)]
        if outcome != "prestatie_leiding":
            causes = [reader.other_half(tape), reader.other_half(room)]
    else:
        first = [tape, room]
    columns = np.column_stack([*first, *causes, reader.z(outcome)])
    return within(columns, reader.sector, reader.design.weight)


def _steps(covariance: Array) -> tuple[float, float]:
    """Red tape -> room, and room -> outcome given red tape."""
    if not (np.diag(covariance)[:4] > 0).all():
        return float("nan"), float("nan")
    first = float(covariance[0, 1] / covariance[0, 0])
    slopes = np.linalg.lstsq(covariance[2:4, 2:4], covariance[2:4, 4], rcond=None)[0]
    return first, float(slopes[1])


def _dominance(reader: Reader, outcome: Array, columns: dict[str, Array]) -> dict[str, float]:
    weight = reader.design.weight
    rows = within(np.column_stack([outcome, *columns.values()]), reader.sector, weight)
    place = np.zeros(len(rows), dtype=np.intp)
    matrix = covariances(rows, weight, Draws(place, np.ones((1, 1))))[0]
    count = len(columns)
    r2 = {
        chosen: explained(matrix, [place + 1 for place in chosen])
        for size in range(count + 1)
        for chosen in combinations(range(count), size)
    }
    whole = r2[tuple(range(count))]
    shares = {}
    for place_of, name in enumerate(columns):
        others = [place for place in range(count) if place != place_of]
        gains = [
            np.mean(
                [
                    r2[tuple(sorted((*chosen, place_of)))] - r2[chosen]
                    for chosen in combinations(others, size)
                ]
            )
            for size in range(count)
        ]
        shares[name] = float(np.mean(gains) / whole) if whole > 0 else np.nan
    return shares


def _about_halves(reader: Reader) -> tuple[Message, ...]:
    return () if reader.has_teams else (Message("claim.note.no_halves"),)
