"""The claim that each of six conditions goes with commitment (H4)."""

from itertools import combinations

import numpy as np

from blijfwijzer.claims.commitment import about_halves, seen_by
from blijfwijzer.claims.estimates import ClaimEstimate, Measure, by_concept
from blijfwijzer.claims.findings import ClaimFinding, Effect, NotTestableError, Requirement, decide
from blijfwijzer.claims.halves import explained
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.thresholds import FLOOR_R
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.estimation.moments import covariances, within
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.texts import Message

CONDITIONS = (
    *("missiegedrevenheid", "open_en_mensgericht", "psychologische_veiligheid"),
    *("samenwerking", "externe_orientatie", "leervermogen"),
)
_FEWEST = 3


def each_condition(reader: Reader) -> ClaimFinding:
    """H4: each of six conditions goes with commitment, by itself.

    Which of them counts most is told by general dominance (Budescu 1993): the mean gain in R2 over
    all sets of the others; shares of a whole that add up.
    """
    names = reader.present(CONDITIONS)
    if len(names) < _FEWEST:
        raise NotTestableError("claim.h4.few_conditions", conditions=len(names), needed=_FEWEST)
    outcome, see = reader.z("betrokkenheid"), seen_by(reader, reader.has_teams)
    told = {name: reader.of(name) for name in names}
    columns = see(**told)
    alone = {name: reader.slope(outcome, see(one=values)["one"]) for name, values in told.items()}
    joint = reader.fit(outcome, columns)
    shares = dominance_shares(reader, outcome, columns)
    checks: list[ClaimEstimate] = []
    for name in names:
        found, share = joint.slope(name), Estimate.bare(shares[name], joint.n)
        checks += by_concept("claim.h4.joint", Measure.DEVIATION, {name: found}, "joint_")
        checks += by_concept("claim.h4.dominance", Measure.VARIANCE, {name: share}, "dominance_")
        if reader.has_teams:
            own = reader.slope(outcome, reader.z(name))
            checks += by_concept("claim.h4.own", Measure.DEVIATION, {name: own}, "own_")
    median = float(np.median([found.value for found in alone.values()]))
    return ClaimFinding(
        estimates=by_concept("claim.h4.condition", Measure.DEVIATION, alone),
        effect=Effect(Estimate.bare(median), Message("claim.h4.effect")),
        decision=decide(
            [Requirement(found, floor=FLOOR_R) for found in alone.values()], len(names) // 2 + 1
        ),
        checks=tuple(checks),
        notes=about_halves(reader),
    )


def dominance_shares(reader: Reader, outcome: Array, columns: dict[str, Array]) -> dict[str, float]:
    """Share of the explained variance that is each column's, within sectors; they add up to 1.

    Mean gain in R2 over all sets of other columns (general dominance: Budescu 1993).
    """
    weight = reader.design.weight
    rows = within(np.column_stack([outcome, *columns.values()]), reader.sector, weight)
    nowhere = Draws(np.zeros(len(rows), dtype=np.intp), np.ones((1, 1)))
    matrix = covariances(rows, weight, nowhere)[0]
    every = range(len(columns))
    r2 = {
        chosen: explained(matrix, [place + 1 for place in chosen])
        for size in range(len(columns) + 1)
        for chosen in combinations(every, size)
    }
    whole = r2[tuple(every)]

    def gain(place: int, size: int) -> float:
        """Mean gain in R2 by one column, over all sets of so many others."""
        others = combinations([other for other in every if other != place], size)
        return float(np.mean([r2[tuple(sorted((*o, place)))] - r2[o] for o in others]))

    return {
        name: float(np.mean([gain(place, size) for size in every]) / whole) if whole > 0 else np.nan
        for place, name in enumerate(columns)
    }
