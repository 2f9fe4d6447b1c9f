"""Claims about conduct (H11, H12)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Domain, Measure, about, by_concept, stated
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
from blijfwijzer.claims.thresholds import FLOOR_SHARE
from blijfwijzer.culture.changes import measure_change
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
    apart, intimidated = reader.mean(outside - inside), _met(reader, "extern_intimidatie")
    low, high = INTIMIDATED
    return ClaimFinding(
        estimates=(
            stated("claim.h11.apart", Measure.DIFFERENCE, apart),
            replace(intimidated, name="intimidated"),
        ),
        effect=Effect(apart, Message("claim.h11.effect")),
        decision=decide(
            [
                Requirement(apart, floor=FLOOR_SHARE),
                Requirement(intimidated.estimate, bound=low),
                Requirement(intimidated.estimate, -1, bound=high),
            ]
        ),
        checks=(
            *(
                _met(reader, name)
                for name in reader.present((*OUTSIDE, *INSIDE))
                if name != "extern_intimidatie"
            ),
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
        raise NotTestableError("claim.h12.one_wave")
    waves = reader.pair_waves()
    changes = {}
    for name in _CHANGES:
        if not before.has(name):
            raise NotTestableError("claim.h12.not_before", concept=CONCEPTS[name])
        changes[name] = measure_change(np.concatenate([before.of(name), reader.of(name)]), waves)
    raw = {name: change.raw for name, change in changes.items()}
    return ClaimFinding(
        estimates=by_concept("claim.h12.change", Measure.DIFFERENCE, raw),
        effect=Effect(raw["discriminatie"], Message("claim.h12.effect")),
        decision=decide(of_each(raw, _CHANGES, floor=FLOOR_SHARE / 2)),
        checks=tuple(
            ClaimEstimate(
                f"{name}_net", Measure.DIFFERENCE, change.net, about("claim.h12.net", name)
            )
            for name, change in changes.items()
        ),
        notes=(Message("claim.h12.note"),),
    )


def _met(reader: Reader, name: str) -> ClaimEstimate:
    """Give the share that met a kind of behaviour."""
    return ClaimEstimate(name, Measure.SHARE, reader.share(reader.of(name)), CONCEPTS[name])


def _with_bullying(reader: Reader, outside: Array) -> tuple[ClaimEstimate, ...]:
    if not reader.has("intern_pesten"):
        return ()
    found = reader.mean(outside - _any(reader, INSIDE))
    return (stated("claim.h11.with_bullying", Measure.DIFFERENCE, found),)


def _by_contact(reader: Reader, outside: Array, inside: Array) -> tuple[ClaimEstimate, ...]:
    """Hold those with most contact with clients against those with least."""
    if not reader.has("klantcontact"):
        return ()
    contact = reader.of("klantcontact")
    most, least = contact == np.nanmax(contact), contact == np.nanmin(contact)
    both = (
        stated(sentence, Measure.DIFFERENCE, reader.difference(values, most, least))
        for sentence, values in (
            ("claim.h11.contact_outside", outside),
            ("claim.h11.contact_inside", inside),
        )
    )
    return tuple(replace(one, part=Domain(one.name, (most, least))) for one in both)


def _any(reader: Reader, names: Sequence[str]) -> Array:
    """1 where any of these happened, 0 where none did, NaN where that is not known."""
    held = np.stack([reader.of(name) for name in reader.present(names)])
    happened = (held == 1).any(axis=0)
    return np.where(happened, 1.0, np.where(np.isnan(held).any(axis=0), np.nan, 0.0))
