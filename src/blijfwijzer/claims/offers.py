"""The claim about where the gap in training comes from (H8b)."""

from collections.abc import Iterator
from dataclasses import replace

from blijfwijzer.claims.estimates import ClaimEstimate, Measure, stated
from blijfwijzer.claims.findings import ClaimFinding, Effect, NotTestableError, Requirement, decide
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.thresholds import MOST
from blijfwijzer.claims.training import low_and_long
from blijfwijzer.estimation.decomposition import explain_gap, split_gap
from blijfwijzer.estimation.intervals import Estimate, from_draws
from blijfwijzer.estimation.means import fewest_in
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.texts import Message, Value

_SPLIT = {
    "gap": "claim.h8b.gap",
    "offer": "claim.h8b.offer",
    "take_up": "claim.h8b.take_up",
    "own": "claim.h8b.own",
}
"""What the gap in training is split into, and what each part is."""


def opportunity_not_will(reader: Reader) -> ClaimFinding:
    """H8b: the gap in training comes from what is offered, not from who takes it up.

    The gap is split exactly into offers, take-up of an offer and training without one (Kitagawa
    1955). Beside it, a linear decomposition into offers, wanting and encouragement (Oaxaca 1973;
    Blinder 1973; pooled coefficients, Jann 2008) and Fairlie's for a yes-no outcome (1999).
    """
    group, domain = low_and_long(reader)
    trained, offered = reader.of("scholing"), reader.of("scholing_aangeboden")
    found, drawn, n = split_gap(trained, offered, group, reader.design.weight, reader.draw())
    df = reader.design.freedom
    fewest = min(fewest_in(values, group == 1, group == 0) for values in (trained, offered))
    parts = {
        name: replace(from_draws(found[name], drawn[name], n, df), fewest=fewest) for name in _SPLIT
    }
    if not parts["gap"].high < 0:
        raise NotTestableError("claim.h8b.no_gap")
    share = from_draws(found["offer"] / found["gap"], drawn["offer"] / drawn["gap"], n, df)
    share = replace(share, fewest=fewest)
    wants = reader.difference(reader.of("wil_scholing"), group == 1, group == 0)
    return ClaimFinding(
        estimates=(
            *(stated(_SPLIT[name], Measure.DIFFERENCE, part) for name, part in parts.items()),
            stated("claim.h8b.share", Measure.VARIANCE, share),
        ),
        effect=Effect(share, Message("claim.h8b.effect")),
        decision=decide([Requirement(share, bound=MOST)]),
        checks=(
            stated("claim.h8b.wants", Measure.DIFFERENCE, wants),
            *_explained(reader, trained, group, n),
        ),
        domain=domain,
    )


def _explained(reader: Reader, trained: Array, group: Array, n: int) -> Iterator[ClaimEstimate]:
    """Explain the gap in training by offers, wanting and encouragement, in two ways."""
    names = reader.present(("scholing_aangeboden", "wil_scholing", "aangemoedigd"))
    columns = {name: reader.of(name) for name in names}
    for method, parts in explain_gap(trained, columns, group, reader.design.weight).items():
        for name, value in parts.items():
            of: dict[str, Value] = {"method": method.title()}
            label = Message("claim.h8b.unexplained", of)
            if name in CONCEPTS:
                label = Message("claim.h8b.explained", {**of, "concept": CONCEPTS[name]})
            found = Estimate.bare(value, n)
            yield ClaimEstimate(f"{method}_{name}", Measure.DIFFERENCE, found, label)
