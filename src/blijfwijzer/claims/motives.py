"""The claim about why people want to leave (H5)."""

from dataclasses import replace

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Domain, Measure, by_concept, stated
from blijfwijzer.claims.findings import ClaimFinding, Effect, NotTestableError, Requirement, decide
from blijfwijzer.claims.reader import Reader
from blijfwijzer.estimation.intervals import Estimate, from_finished
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.concepts import CONCEPTS, MOTIVES
from blijfwijzer.survey.texts import Message

_FEWEST_LEAVERS = 100
_OTHER, _CULTURE = MOTIVES[:2]


def second_motive(reader: Reader) -> ClaimFinding:
    """H5: discontent with the culture is the second motive to leave, after wanting something else.

    Shares of motives among those who intend to leave, in public administration where the survey
    says who works there; ranks with a bootstrap of whole units. Each other motive is held against
    the culture by itself: under a tie the share of draws in which culture is second is anywhere
    between 0 and 1, so that four in five of them would be a test at .20.
    """
    leaves = reader.of("vertrekintentie") == 1
    knows_sector = reader.has("openbaar_bestuur")
    inside = leaves & (reader.of("openbaar_bestuur") == 1) if knows_sector else leaves
    motives = {name: reader.of(name) for name in reader.present(MOTIVES)}
    shares, n = _shares(reader, motives, inside)
    if n < _FEWEST_LEAVERS:
        raise NotTestableError("claim.h5.few_leavers", needed=_FEWEST_LEAVERS)
    names = list(motives)
    culture, other = names.index(_CULTURE), names.index(_OTHER)
    certain = holds_rank(shares[1:], culture, other)
    df = reader.design.freedom
    rank = from_finished(_rank(shares, culture), n, df)
    behind = from_finished(shares[:, other] - shares[:, culture], n, df)
    ahead = {
        name: from_finished(shares[:, culture] - shares[:, at], n, df)
        for at, name in enumerate(names)
        if at not in (culture, other)
    }
    next_one = min(ahead.values(), key=lambda found: found.value)
    having = {name: Domain(name, (inside & (of == 1),)) for name, of in motives.items()}
    rivals = by_concept("claim.h5.ahead_of", Measure.DIFFERENCE, ahead, "ahead_of_")
    return ClaimFinding(
        estimates=(
            *(
                ClaimEstimate(
                    name,
                    Measure.SHARE,
                    from_finished(shares[:, at], n, df),
                    CONCEPTS[name],
                    having[name],
                    name,
                )
                for at, name in enumerate(names)
            ),
            stated("claim.h5.behind", Measure.DIFFERENCE, behind),
            # Beside the share of the culture, each tells that of its own motive.
            *(replace(one, part=having[str(one.concept)]) for one in rivals),
            stated("claim.h5.rank", Measure.RANK, rank),
            stated("claim.h5.certainty", Measure.CHANCE, Estimate.bare(certain, n)),
        ),
        effect=Effect(next_one, Message("claim.h5.effect")),
        decision=decide([Requirement(behind), *(Requirement(found) for found in ahead.values())]),
        checks=_other_groupings(reader, motives, leaves, inside),
        notes=() if knows_sector else (Message("claim.h5.note"),),
        domain=Domain("", (inside,)),
    )


def _shares(reader: Reader, motives: dict[str, Array], inside: Mask) -> tuple[Array, int]:
    """Weighted shares of motives, one column each: as found, then per draw of units; and n."""
    answers = np.stack(list(motives.values()), axis=1)
    rows = inside & ~np.isnan(answers).any(axis=1)
    draws, weight = reader.draw().take(rows), reader.design.weight[rows, None]
    sums = draws.finish(
        draws.gather(np.column_stack([np.ones(rows.sum()), answers[rows]]) * weight)
    )
    total = np.where(sums[:, :1] > 0, sums[:, :1], np.nan)
    return np.asarray(sums[:, 1:] / total), int(rows.sum())


def _rank(shares: Array, culture: int) -> Array:
    """Place of culture among the motives, a row each."""
    return np.asarray((shares > shares[:, [culture]]).sum(axis=1) + 1.0)


def holds_rank(drawn: Array, culture: int, other: int) -> float:
    """Share of draws in which wanting something else is first and culture second."""
    rest = np.delete(drawn, [culture, other], axis=1).max(axis=1)
    return float(((drawn[:, other] > drawn[:, culture]) & (drawn[:, culture] > rest)).mean())


def _other_groupings(
    reader: Reader, motives: dict[str, Array], leaves: Mask, inside: Mask
) -> tuple[ClaimEstimate, ...]:
    """Give the certainty when managers are part of the culture, and over all sectors."""

    def certainty(sentence: str, of: dict[str, Array], rows: Mask) -> ClaimEstimate:
        shares, n = _shares(reader, of, rows)
        found = holds_rank(shares[1:], list(of).index(_CULTURE), list(of).index(_OTHER))
        return stated(sentence, Measure.CHANCE, Estimate.bare(found, n))

    made = [certainty("claim.h5.all_sectors", motives, leaves)]
    if "motief_leiding" in motives:
        rest = {name: values for name, values in motives.items() if name != "motief_leiding"}
        rest[_CULTURE] = np.fmax(motives[_CULTURE], motives["motief_leiding"])
        made.insert(0, certainty("claim.h5.with_manager", rest, inside))
    return tuple(made)
