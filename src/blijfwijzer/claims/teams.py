"""Claims about what teams see of their managers, and how far they differ (H17, H18)."""

from collections.abc import Iterator

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Measure, stated
from blijfwijzer.claims.findings import ClaimFinding, Effect, NotTestableError, Requirement, decide
from blijfwijzer.claims.halves import explained, halve_teams
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.thresholds import LARGE_GAIN, LARGE_SHARE
from blijfwijzer.estimation.intervals import from_finished
from blijfwijzer.estimation.intraclass import mean_share, share_between
from blijfwijzer.estimation.moments import covariances
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.texts import Message

FEWEST_UNITS = 20
"""Units below which a share of variance between them is hardly known: the interval of its F
runs from .04 to .23 at a share of .10 and 20 people each. Ours."""


def example_over_rules(reader: Reader) -> ClaimFinding:
    """H17: managers' example explains more of a team's safety than rules and policy do.

    Safety of one half of a team, explained by what the other half says of example and of rules.
    For two blocks the difference in general dominance is the difference in R2.
    """
    rules = reader.present(("gedragsregels", "omgangsbeleid"))
    names = ["psychologische_veiligheid", "voorbeeldgedrag", *rules]
    halves = halve_teams(reader, np.stack([reader.of(n) for n in names], axis=1), reader.half)
    ways = ((halves.first, halves.second), (halves.second, halves.first))
    rows = np.vstack([np.column_stack([one[:, 0], other[:, 1:]]) for one, other in ways])
    place, times = halves.draws
    twice = Draws(np.concatenate([place, place]), times)
    found, drawn = covariances(rows, np.ones(len(rows)), twice)
    of_example, of_rules = (
        np.array([explained(matrix, block) for matrix in (found, *drawn)])
        for block in ([1], list(range(2, len(names))))
    )
    example, by_rules, apart = (
        from_finished(values, len(place), halves.design.freedom)
        for values in (of_example, of_rules, of_example - of_rules)
    )
    return ClaimFinding(
        estimates=(
            stated("claim.h17.example", Measure.VARIANCE, example),
            stated("claim.h17.rules", Measure.VARIANCE, by_rules),
            stated("claim.h17.difference", Measure.DIFFERENCE, apart),
        ),
        effect=Effect(apart, Message("claim.h17.effect")),
        decision=decide([Requirement(apart, floor=LARGE_GAIN)]),
    )


def hidden_variation(reader: Reader) -> ClaimFinding:
    """H18: averages hide large differences between teams, organisations and sectors.

    Share of variance that lies between units of a level, those above it included: ICC(1) by
    one-way analysis of variance, with the interval of its F. One level is enough, so that their
    number is adjusted for. People count alike, since the weights stand for a population and not for
    its units.
    """
    measured = {name: reader.dimension(name) for name in reader.dimensions}
    if not measured:
        raise NotTestableError("claim.untestable.no_dimensions")
    apart = {level: _units_apart(reader, level) for level in reader.levels}
    shares = {
        level: mean_share([share_between(v, reader.unit(level), count) for v in measured.values()])
        for level, count in apart.items()
        if count > 1
    }
    deciding = [share for level, share in shares.items() if apart[level] >= FEWEST_UNITS]
    if not deciding:
        raise NotTestableError("claim.h18.few_units", needed=FEWEST_UNITS)
    largest = max(deciding, key=lambda share: share.value)
    return ClaimFinding(
        estimates=tuple(
            ClaimEstimate(
                f"between_{level}",
                Measure.VARIANCE,
                share,
                Message("claim.h18.between", {"level": reader.label(level)}),
            )
            for level, share in shares.items()
        ),
        effect=Effect(largest, Message("claim.h18.effect")),
        decision=decide([Requirement(share, bound=LARGE_SHARE) for share in deciding], needed=1),
        checks=tuple(_between_teams(reader, measured, apart[reader.levels[-1]])),
    )


def _units_apart(reader: Reader, level: str) -> int:
    """Units of a level that were drawn by themselves: those of one cluster were drawn together."""
    unit, cluster = reader.unit(level), reader.design.cluster
    known = unit >= 0
    pairs = len(np.unique((unit * (cluster.max(initial=0) + 2) + cluster)[known]))
    units, clusters = (len(np.unique(code[known])) for code in (unit, cluster))
    return min(units, clusters) if pairs == units else units


def _between_teams(
    reader: Reader, measured: dict[str, Array], apart: int
) -> Iterator[ClaimEstimate]:
    """Share of variance between the smallest units, of leaving and of each dimension."""
    level = reader.label(reader.levels[-1])
    leaves = {name: reader.of(name) for name in reader.present(["vertrekintentie"])}
    for name, values in {**leaves, **measured}.items():
        found = share_between(values, reader.team, apart)
        label = Message("claim.h18.of_concept", {"level": level, "concept": reader.label(name)})
        yield ClaimEstimate(name, Measure.VARIANCE, found, label)
