"""The claim that the score of falling behind is fair enough to base offers on (H20)."""

import math
from itertools import combinations

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Domain, Measure
from blijfwijzer.claims.findings import BoundTest, ClaimFinding, Decision, Effect, NotTestableError
from blijfwijzer.claims.prediction import out_of_fold
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.thresholds import LEVEL
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.fairness.conclusions import REVIEW_RATIO
from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.texts import Message

CALIBRATION = 0.05
"""Difference of calibration between groups above which offers are unfair (domain notes, C, H20)."""
FEWEST_IN_GROUP = 400
"""Members below which a calibration is known to 4 points at best (at a share of .2): too little to
show that it is within the margin."""
SELECTED = 0.20
"""Share with the highest scores that an offer would reach."""


def fair_enough(reader: Reader) -> ClaimFinding:
    """H20: the score of falling behind is fair enough to base offers on.

    Calibration of a group is its observed less its expected share, by a model that did not see the
    respondents. Groups of one attribute are held against each other, two by two. Fair is a
    statement of equality, so it needs the 95 % interval of each difference inside the margin: two
    one-sided tests (Schuirmann 1987), each at the level of any claim that is held to its floor. At
    .05 each, as is usual, 6 in 100 surveys with a difference at the margin were called fair. Where
    offers would reach one group of an attribute so much less often than another that the page on
    vouchers calls it a reason to look closer, this page does not call it fair enough: equal
    calibration cannot say whether the reason is a good one.
    """
    outcome, risk = reader.of("achterblijver"), _risk_of_falling_behind(reader)
    known = ~np.isnan(risk) & ~np.isnan(outcome)
    weight = reader.design.weight
    chosen = np.where(known, risk >= _highest(risk[known], weight[known]), np.nan)
    residual = np.where(known, outcome - risk, np.nan)
    groups = {name: _large_groups(reader, name, outcome, known) for name in reader.attributes}
    differences = [
        reader.difference(residual, one.members[0], other.members[0])
        for own in groups.values()
        for one, other in combinations(own, 2)
    ]
    if not differences:
        raise NotTestableError("claim.h20.few_groups", members=FEWEST_IN_GROUP)
    largest = max(differences, key=lambda found: abs(found.value))
    domains = [domain for own in groups.values() for domain in own]
    notes = [Message("claim.h20.small_groups", {"members": FEWEST_IN_GROUP})]
    if reader.risk is None:
        notes.insert(0, Message("claim.h20.no_model"))
    decision = decide_equivalence(differences)
    ratio = min(_selection_ratio(reader, own, chosen) for own in groups.values() if len(own) > 1)
    if ratio < REVIEW_RATIO:
        notes.insert(0, Message("claim.h20.reviewed", {"ratio": math.floor(100 * ratio) / 100}))
        if decision.direction == "claimed":
            decision = Decision("neither", decision.p, decision.by)
    return ClaimFinding(
        estimates=tuple(_calibration(reader, domain, residual) for domain in domains),
        effect=Effect(Estimate.bare(largest.value), Message("claim.h20.effect")),
        decision=decision,
        checks=tuple(one for domain in domains for one in _offers(reader, domain, chosen, outcome)),
        notes=tuple(notes),
    )


def _selection_ratio(reader: Reader, groups: list[Domain], chosen: Array) -> float:
    """Smallest share of a group that offers would reach, to the largest, as `fairness` has it."""
    shares = [reader.share(np.where(g.members[0], chosen, np.nan)).value for g in groups]
    return min(shares) / max(shares) if max(shares) > 0 else 1.0


def _risk_of_falling_behind(reader: Reader) -> Array:
    """Give the model's risk, or that of a regression with the same features."""
    codebook = reader.codebook
    outcome = codebook.concepts["achterblijver"].outcome
    if outcome is None:
        raise NotTestableError("claim.h20.no_outcome")
    if reader.risk is not None:
        return reader.risk
    barred = barred_columns(codebook, codebook.outcomes[outcome])
    return out_of_fold(reader, reader.of("achterblijver"), barred, (True,))[0]


def _large_groups(reader: Reader, attribute: str, outcome: Array, known: Mask) -> list[Domain]:
    """Give the groups of an attribute of which enough is known: their members, those behind."""
    groups = reader.group(attribute)
    made = []
    for group in sorted(groups.dropna().unique()):
        members = (groups == group).to_numpy() & known
        if members.sum() >= FEWEST_IN_GROUP:
            answer = attribute, str(group)
            made.append(Domain("=".join(answer), (members, members & (outcome == 1)), answer))
    return made


def _calibration(reader: Reader, domain: Domain, residual: Array) -> ClaimEstimate:
    found = reader.mean(np.where(domain.members[0], residual, np.nan))
    label = _about_group(reader, "claim.h20.calibration", domain)
    return ClaimEstimate(domain.name, Measure.DIFFERENCE, found, label, domain)


def _offers(
    reader: Reader, domain: Domain, chosen: Array, outcome: Array
) -> tuple[ClaimEstimate, ...]:
    """Share of a group that an offer would reach, and of those in it who fall behind."""
    offered = np.where(domain.members[0], chosen, np.nan)
    return tuple(
        ClaimEstimate(
            f"{name}_{domain.name}",
            Measure.SHARE,
            reader.share(values),
            _about_group(reader, label, domain),
            domain,
        )
        for name, label, values in (
            ("selected", "claim.h20.selected", offered),
            ("recall", "claim.h20.recall", np.where(outcome == 1, offered, np.nan)),
        )
    )


def _about_group(reader: Reader, sentence: str, domain: Domain) -> Message:
    attribute, group = domain.answer or ("", "")
    column = reader.codebook.columns[attribute]
    return Message(sentence, {"attribute": column.label, "group": column.codes.get(group, group)})


def _highest(risk: Array, weight: Array) -> float:
    order = np.argsort(-risk, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    return float(risk[order][np.searchsorted(share, SELECTED)])


def decide_equivalence(differences: list[Estimate]) -> Decision:
    """Whether all lie within the margin, some beyond it, or neither can be said."""
    within = [
        BoundTest(found, sign, -sign * CALIBRATION) for found in differences for sign in (1, -1)
    ]
    last = max(within, key=lambda test: test.p)
    if last.p <= LEVEL:
        return Decision("claimed", last.p, last)
    beyond = [
        BoundTest(found, sign, sign * CALIBRATION) for found in differences for sign in (1, -1)
    ]
    first = min(beyond, key=lambda test: test.p)
    # Any one pair is enough, so the smallest p counts, adjusted for the number of pairs.
    opposite = min(1.0, first.p * len(differences))
    if opposite <= LEVEL:
        return Decision("opposite", opposite, first)
    return Decision("neither", last.p, last)
