"""The claim that people say that their market value is their own affair, and do little (H10)."""

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Measure, by_concept, stated
from blijfwijzer.claims.findings import ClaimFinding, Effect, NotTestableError, Requirement, decide
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.thresholds import GAP, MOST, STRONG_RELATION
from blijfwijzer.estimation.correlations import polychoric
from blijfwijzer.estimation.intervals import Estimate, from_finished, linearise
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.texts import Message

_DEEDS = ("scholing", "zoekt_werk", "ontwikkelafspraak", "interne_stap")


def words_not_deeds(reader: Reader) -> ClaimFinding:
    """H10: people say that their market value is their own affair, and do not act on it.

    Saying and doing are few ordered answers, so their relation is that of what lies behind them
    (polychoric; Olsson 1979), with a bootstrap of whole units.
    """
    deeds = reader.present(_DEEDS)
    if len(deeds) < 2:
        raise NotTestableError("claim.h10.few_deeds")
    # The share of the deeds that were asked about which someone did.
    acts = np.asarray(np.mean([reader.of(name) for name in deeds], axis=0))
    says = reader.of("eigen_marktwaarde")
    both = ~np.isnan(says) & ~np.isnan(acts)
    says, acts = np.where(both, says, np.nan), np.where(both, acts, np.nan)
    agrees = np.where(both, reader.agrees("eigen_marktwaarde"), np.nan)
    # Acting is doing at least half of what was asked about.
    does = np.where(both, acts >= MOST, np.nan)
    share, apart = reader.share(agrees), reader.mean(agrees - does)
    relation = latent_correlation(reader, says, acts)
    return ClaimFinding(
        estimates=(
            stated("claim.h10.agrees", Measure.SHARE, share),
            stated("claim.h10.acts", Measure.SHARE, reader.share(does)),
            stated("claim.h10.apart", Measure.DIFFERENCE, apart),
            stated("claim.h10.relation", Measure.CORRELATION, relation),
        ),
        effect=Effect(relation, Message("claim.h10.effect")),
        decision=decide(
            [
                Requirement(share, bound=MOST),
                Requirement(apart, floor=GAP),
                Requirement(relation, -1, bound=STRONG_RELATION),
            ]
        ),
        checks=(
            *_by_person(reader, says, acts, np.where(both, (agrees == 1) & (does == 0), np.nan)),
            *by_concept(
                "claim.h10.relation_with",
                Measure.CORRELATION,
                {name: correlation_of(reader, says, reader.of(name)) for name in deeds},
                "relation_",
            ),
        ),
    )


def _by_person(
    reader: Reader, says: Array, acts: Array, words_only: Array
) -> tuple[ClaimEstimate, ...]:
    """Give words and deeds of the same person, in other ways than the claim's own."""
    low, high = np.nanmin(says), np.nanmax(says)
    apart = reader.mean((says - low) / max(high - low, 1e-12) - acts)
    return (
        stated("claim.h10.words_only", Measure.SHARE, reader.share(words_only)),
        stated("claim.h10.discrepancy", Measure.DIFFERENCE, apart),
        stated("claim.h10.pearson", Measure.CORRELATION, correlation_of(reader, says, acts)),
    )


def latent_correlation(reader: Reader, first: Array, second: Array) -> Estimate:
    """Polychoric correlation of two ordered answers, with draws of whole units."""
    known = ~np.isnan(first) & ~np.isnan(second)
    codes = [np.unique(values[known], return_inverse=True)[1] for values in (first, second)]
    rows, columns = (int(code.max(initial=0)) + 1 for code in codes)
    if min(rows, columns) < 2:
        return Estimate.bare(n=int(known.sum()))
    draws = reader.draw().take(known)
    in_cell = (codes[0] * columns + codes[1])[:, None] == np.arange(rows * columns)
    tables = draws.finish(draws.gather(reader.design.weight[known, None] * in_cell))
    tables = tables / tables.sum(axis=1, keepdims=True)
    found = polychoric(tables.reshape(-1, rows, columns))
    return from_finished(found, int(known.sum()), reader.design.freedom)


def correlation_of(reader: Reader, first: Array, second: Array) -> Estimate:
    """Weighted Pearson correlation with its influence (Fuller 2009, section 1.3)."""
    known = ~np.isnan(first) & ~np.isnan(second)
    pair = [reader.standardise(np.where(known, values, np.nan)) for values in (first, second)]
    weight = np.where(known, reader.design.weight, 0.0)
    x, y = (np.where(known, values, 0.0) for values in pair)
    r = float((weight * x * y).sum() / weight.sum())
    influence = weight * (x * y - r * (x**2 + y**2) / 2) / weight.sum()
    return linearise(r, influence, reader.design, int(known.sum()))
