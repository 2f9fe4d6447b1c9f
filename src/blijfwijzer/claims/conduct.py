"""Claims about conduct (H11, H12)."""

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Domain, Measure, about, by_concept
from blijfwijzer.claims.findings import (
    FLOOR_SHARE,
    ClaimFinding,
    Effect,
    NotTestableError,
    Requirement,
    Sign,
    decide,
)
from blijfwijzer.claims.reader import Reader
from blijfwijzer.culture.waves import measure_change
from blijfwijzer.estimation.means import difference, estimate_mean, estimate_share
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.concepts import CONCEPTS, INSIDE, OUTSIDE
from blijfwijzer.survey.texts import Message

INTIMIDATED = (0.18, 0.26)
"""Within which "more than 1 in 5" must lie (domain notes, C, H11)."""
_CHANGES: dict[str, Sign] = {"discriminatie": 1, "integriteit_gezien": -1}


def outside_over_inside(reader: Reader) -> ClaimFinding:
    """H11: unwanted behaviour comes more from outside than inside; over 1 in 5 is intimidated.

    Within people: the share with any from outside less that with any from inside, which McNemar's
    test (1947) compares too; here with an error that knows of units. Of both sides the same kinds
    of behaviour count: bullying was asked of the inside only, and stands beside it.
    """
    outside = _any(reader, OUTSIDE)
    inside = _any(reader, [name for name in INSIDE if name != "intern_pesten"])
    apart = estimate_mean(outside - inside, reader.design)
    intimidated = estimate_share(reader.of("extern_intimidatie"), reader.design)
    label = CONCEPTS["extern_intimidatie"]
    low, high = INTIMIDATED
    return ClaimFinding(
        estimates=(
            ClaimEstimate("apart", Measure.DIFFERENCE, apart, Message("claim.h11.apart")),
            ClaimEstimate("intimidated", Measure.SHARE, intimidated, label),
        ),
        effect=Effect(apart, Message("claim.h11.effect")),
        decision=decide(
            [
                Requirement(apart, floor=FLOOR_SHARE),
                Requirement(intimidated, bound=low),
                Requirement(intimidated, -1, bound=high),
            ]
        ),
        checks=(
            *_each_kind(reader),
            *_with_bullying(reader, outside),
            *_by_contact(reader, outside, inside),
        ),
    )


def changed_conduct(reader: Reader) -> ClaimFinding:
    """H12: discrimination rose and integrity violations fell since the wave before.

    The claim is about the shares themselves, so their change as it is decides; what is left of it
    net of who responded is told beside it. Both are those of the chapter on conduct.
    """
    before = reader.before
    if before is None:
        raise NotTestableError(Message("claim.h12.one_wave"))
    waves = reader.pair_waves()
    changes = {}
    for name in _CHANGES:
        if not before.has(name):
            raise NotTestableError(about("claim.h12.not_before", name))
        changes[name] = measure_change(np.concatenate([before.of(name), reader.of(name)]), waves)
    raw = {name: change.raw for name, change in changes.items()}
    return ClaimFinding(
        estimates=by_concept("claim.h12.change", Measure.DIFFERENCE, raw),
        effect=Effect(raw["discriminatie"], Message("claim.h12.effect")),
        decision=decide(
            [
                Requirement(found, _CHANGES[name], floor=FLOOR_SHARE / 2)
                for name, found in raw.items()
            ]
        ),
        checks=tuple(
            ClaimEstimate(
                f"{name}_net", Measure.DIFFERENCE, change.net, about("claim.h12.net", name)
            )
            for name, change in changes.items()
        ),
        notes=(Message("claim.h12.note"),),
    )


def _each_kind(reader: Reader) -> tuple[ClaimEstimate, ...]:
    """Give the share that met each kind of behaviour but that which decides."""
    return tuple(
        ClaimEstimate(
            name, Measure.SHARE, estimate_share(reader.of(name), reader.design), CONCEPTS[name]
        )
        for name in (*OUTSIDE, *INSIDE)
        if reader.has(name) and name != "extern_intimidatie"
    )


def _with_bullying(reader: Reader, outside: Array) -> tuple[ClaimEstimate, ...]:
    if not reader.has("intern_pesten"):
        return ()
    found = estimate_mean(outside - _any(reader, INSIDE), reader.design)
    label = Message("claim.h11.with_bullying")
    return (ClaimEstimate("with_bullying", Measure.DIFFERENCE, found, label),)


def _by_contact(reader: Reader, outside: Array, inside: Array) -> tuple[ClaimEstimate, ...]:
    """Hold those with most contact with clients against those with least."""
    if not reader.has("klantcontact"):
        return ()
    contact = reader.of("klantcontact")
    most, least = contact == np.nanmax(contact), contact == np.nanmin(contact)
    sides = (
        ("contact_outside", Message("claim.h11.contact_outside"), outside),
        ("contact_inside", Message("claim.h11.contact_inside"), inside),
    )
    return tuple(
        ClaimEstimate(
            name,
            Measure.DIFFERENCE,
            difference(values, most, least, reader.design),
            label,
            Domain(name, (most, least)),
        )
        for name, label, values in sides
    )


def _any(reader: Reader, names: list[str] | tuple[str, ...]) -> Array:
    """1 where any of these happened, 0 where none did, NaN where that is not known."""
    held = np.stack([reader.of(name) for name in names if reader.has(name)])
    happened = (held == 1).any(axis=0)
    return np.where(happened, 1.0, np.where(np.isnan(held).any(axis=0), np.nan, 0.0))
