"""The claim about who has the best chances of other work (H9)."""

from itertools import combinations

from blijfwijzer.claims.estimates import ClaimEstimate, Measure, by_concept, stated
from blijfwijzer.claims.findings import (
    ClaimFinding,
    Effect,
    NotTestableError,
    Requirement,
    Sign,
    decide,
    of_each,
)
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.thresholds import LARGE_DIFFERENCE
from blijfwijzer.estimation.regression import combine
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.texts import Message

_CHANCES: dict[str, Sign] = {"leeftijd": -1, "dienstjaren": -1, "opleiding": 1}


def best_chances(reader: Reader) -> ClaimFinding:
    """H9: the young, the recently hired and the highly educated have the best chances.

    Each by itself is what the claim says; what each adds to the others is told beside it.
    """
    chances = reader.z("inzetbaarheid")
    columns = {name: reader.z(name) for name in reader.present(_CHANCES)}
    if len(columns) < 2:
        raise NotTestableError("claim.h9.few_traits")
    alone = {name: reader.slope(chances, values) for name, values in columns.items()}
    together = reader.fit(chances, columns)
    profile = combine(together, {name: 2.0 * _CHANCES[name] for name in columns})
    joint = {name: together.slope(name) for name in columns}
    return ClaimFinding(
        estimates=(
            *by_concept("claim.h9.trait", Measure.DEVIATION, alone),
            stated("claim.h9.profile", Measure.DEVIATION, profile),
        ),
        effect=Effect(profile, Message("claim.h9.effect")),
        decision=decide([*of_each(alone, _CHANCES), Requirement(profile, floor=LARGE_DIFFERENCE)]),
        checks=(
            *by_concept("claim.h9.joint", Measure.DEVIATION, joint, "joint_"),
            *_crossed(reader, chances, columns),
        ),
    )


def _crossed(
    reader: Reader, chances: Array, columns: dict[str, Array]
) -> tuple[ClaimEstimate, ...]:
    """Give the interaction of each two traits."""
    made = []
    for one, other in combinations(columns, 2):
        fitted = reader.fit(chances, {**columns, "product": columns[one] * columns[other]})
        label = Message("claim.h9.crossed", {"one": CONCEPTS[one], "other": CONCEPTS[other]})
        found = fitted.slope("product")
        made.append(ClaimEstimate(f"{one}_x_{other}", Measure.DEVIATION, found, label))
    return tuple(made)
