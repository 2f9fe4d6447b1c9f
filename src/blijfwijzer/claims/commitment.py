"""Claims about what goes with commitment and performance (H2, H3)."""

from collections.abc import Callable

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Measure, about, by_concept, stated
from blijfwijzer.claims.findings import ClaimFinding, Effect, Requirement, decide
from blijfwijzer.claims.halves import foresee_teams
from blijfwijzer.claims.reader import RATINGS, Reader
from blijfwijzer.claims.thresholds import FLOOR_INDIRECT, FLOOR_R
from blijfwijzer.estimation.intervals import Estimate, from_finished
from blijfwijzer.estimation.moments import covariances, within
from blijfwijzer.estimation.regression import Regression, combine
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.concepts import PAIR
from blijfwijzer.survey.texts import Message


def brave_teams(reader: Reader) -> ClaimFinding:
    """H2: safety and performance orientation together go with commitment and performance.

    Each by itself at an equal level of the other, and both together with their interaction.
    """
    fitted = _pair_regression(reader, halves=reader.has_teams)
    safety, performance, both = (fitted.slope(name) for name in ("safety", "performance", "both"))
    joint = combine(fitted, {"safety": 1.0, "performance": 1.0, "both": 1.0})
    own = _pair_regression(reader, halves=False)
    rated = {name: _per_pair(reader, name) for name in reader.present(RATINGS)}
    d = Measure.DEVIATION
    ratings = by_concept("claim.h2.rating", d, rated)
    return ClaimFinding(
        estimates=(
            stated("claim.h2.safety", d, safety),
            stated("claim.h2.performance", d, performance),
            stated("claim.h2.both", d, both),
            stated("claim.h2.joint", d, joint),
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
            stated("claim.h2.own_safety", d, own.slope("safety")),
            stated("claim.h2.own_performance", d, own.slope("performance")),
            *ratings[1:],
        ),
        notes=about_halves(reader),
    )


def room_matters(reader: Reader) -> ClaimFinding:
    """H3: red tape takes room away, and lack of room lowers commitment and performance.

    The indirect effect, red tape -> room times room -> outcome given red tape, in standard
    deviations, with a bootstrap of whole units (MacKinnon, Lockwood & Williams 2004). Red tape is
    told by one half of a team and room by the other, and what they are held to predict by whoever
    did not tell them.
    """
    outcomes = reader.present(("betrokkenheid", *RATINGS))
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
        notes=() if reader.has_teams else about_halves(reader),
    )


def seen_by(reader: Reader, halves: bool) -> Callable[..., dict[str, Array]]:
    """Give what tells of teams: what is foreseen of them from their other half, or each person.

    Columns are in standard deviations of true means of teams, or of people.
    """

    def see(**columns: Array) -> dict[str, Array]:
        if not halves:
            return {name: reader.standardise(values) for name, values in columns.items()}
        foreseen = foresee_teams(reader, np.column_stack(list(columns.values())))
        return dict(zip(columns, foreseen.T, strict=True))

    return see


def about_halves(reader: Reader) -> tuple[Message, ...]:
    """Say how halves of teams tell of each other, or that a survey has no teams to halve."""
    return (Message("claim.note.halves" if reader.has_teams else "claim.note.no_halves"),)


def _pair_regression(reader: Reader, halves: bool) -> Regression:
    first, second = (reader.of(name) for name in PAIR)
    columns = seen_by(reader, halves)(safety=first, performance=second)
    columns["both"] = columns["safety"] * columns["performance"]
    return reader.fit(reader.z("betrokkenheid"), columns)


def _per_pair(reader: Reader, rating: str) -> Estimate:
    """Give a rating per standard deviation of the pair."""
    # The manager's rating has another source than the culture score, so no halves are needed.
    see = seen_by(reader, reader.has_teams and rating == "prestatie_eigen")
    first, second = (reader.z(part) for part in PAIR)
    return reader.slope(reader.z(rating), see(pair=(first + second) / 2)["pair"])


def _through_room(reader: Reader, outcome: str, halves: bool) -> tuple[ClaimEstimate, ...]:
    """Give the indirect effect on an outcome, and both steps of it."""
    columns = path_columns(reader, outcome, halves)
    n = int((~np.isnan(columns).any(axis=1)).sum())
    found, drawn = covariances(columns, reader.design.weight, reader.draw())
    steps = np.array([path_steps(matrix) for matrix in (found, *drawn)])
    indirect, to_room, to_outcome = (
        from_finished(values, n, reader.design.freedom)
        for values in (steps.prod(axis=1), steps[:, 0], steps[:, 1])
    )
    d = Measure.DEVIATION
    return (
        ClaimEstimate(f"indirect_{outcome}", d, indirect, about("claim.h3.indirect", outcome)),
        ClaimEstimate(f"room_{outcome}", d, to_room, Message("claim.h3.to_room")),
        ClaimEstimate(f"outcome_{outcome}", d, to_outcome, Message("claim.h3.to_outcome")),
    )


def path_columns(reader: Reader, outcome: str, halves: bool) -> Array:
    """Red tape and room as it depends on it; red tape, room and what these lead to.

    In standard deviations of people, within sectors. With halves the first two come from different
    halves of a team, the respondent's own telling of room; what leads to an outcome is what the
    other half says, or the respondent where the outcome is the manager's rating.
    """
    tape, room = (reader.z(name) for name in ("regeldruk", "ruimte_professional"))
    first = causes = [tape, room]
    if halves:
        first = [reader.other_half(tape), reader.own_half(room)]
        if outcome != "prestatie_leiding":
            causes = [reader.other_half(tape), reader.other_half(room)]
    columns = np.column_stack([*first, *causes, reader.z(outcome)])
    return within(columns, reader.sector, reader.design.weight)


def path_steps(covariance: Array) -> tuple[float, float]:
    """Red tape -> room, and room -> outcome given red tape."""
    if not (np.diag(covariance)[:4] > 0).all():
        return float("nan"), float("nan")
    first = float(covariance[0, 1] / covariance[0, 0])
    slopes = np.linalg.lstsq(covariance[2:4, 2:4], covariance[2:4, 4], rcond=None)[0]
    return first, float(slopes[1])
