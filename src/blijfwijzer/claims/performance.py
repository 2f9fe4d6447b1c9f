"""The claim about those who underperform and those who excel (H14)."""

import numpy as np
import pandas as pd

from blijfwijzer.claims.estimates import ClaimEstimate, Domain, Measure, about, by_concept
from blijfwijzer.claims.findings import ClaimFinding, Effect, Sign, decide, of_each
from blijfwijzer.claims.reader import RATINGS, Reader
from blijfwijzer.claims.thresholds import FLOOR_SHARE, MOST
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.texts import Message

_OPINIONS: dict[str, Sign] = {
    "onder_aangesproken": -1,
    "uitblinken_meer_werk": 1,
    "prestatie_belonen": 1,
}
"""What the claim says that most see (1) or do not see (-1)."""


def reward_wanted(reader: Reader) -> ClaimFinding:
    """H14: underperformers are not corrected, those who excel get more work, reward is wanted."""
    agrees = {name: reader.agrees(name) for name in reader.present(_OPINIONS)}
    shares = {name: reader.share(values) for name, values in agrees.items()}
    fifths = _fifths(reader)
    return ClaimFinding(
        estimates=by_concept("claim.h14.agrees", Measure.SHARE, shares),
        effect=Effect(shares["prestatie_belonen"], Message("claim.h14.effect")),
        decision=decide(of_each(shares, _OPINIONS, MOST, FLOOR_SHARE)),
        checks=tuple(
            one
            for name, values in agrees.items()
            for one in (
                *_by_managers(reader, name, values),
                *_by_performance(reader, name, values, fifths),
            )
        ),
    )


def _by_managers(reader: Reader, name: str, agrees: Array) -> tuple[ClaimEstimate, ...]:
    """Hold managers' agreement against that of others."""
    if not reader.has("leidinggevende"):
        return ()
    manages = reader.of("leidinggevende")
    found = reader.difference(agrees, manages == 1, manages == 0)
    return by_concept("claim.h14.managers", Measure.DIFFERENCE, {name: found}, "managers_")


def _fifths(reader: Reader) -> tuple[tuple[str, str, Mask], ...]:
    """Give those of the lowest and of the highest fifth of performance, ties left out."""
    rated = reader.present(RATINGS)
    if not rated:
        return ()
    place = pd.Series(reader.of(rated[0])).rank(pct=True).to_numpy()
    return (
        ("low", "claim.h14.lowest_fifth", place <= 0.2),
        ("high", "claim.h14.highest_fifth", place > 0.8),
    )


def _by_performance(
    reader: Reader, name: str, agrees: Array, fifths: tuple[tuple[str, str, Mask], ...]
) -> tuple[ClaimEstimate, ...]:
    """Share that agrees in the lowest and highest fifth of performance."""
    return tuple(
        ClaimEstimate(
            f"{end}_{name}",
            Measure.SHARE,
            reader.share(np.where(inside, agrees, np.nan)),
            about(label, name),
            Domain(f"{end}_{name}", (inside,)),
        )
        for end, label, inside in fifths
    )
