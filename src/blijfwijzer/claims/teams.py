"""Claims about what teams see of their managers, and how far they differ (H17, H18)."""

from collections.abc import Iterator

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Measure, stated
from blijfwijzer.claims.findings import ClaimFinding, Effect, NotTestableError, Requirement, decide
from blijfwijzer.claims.halves import explained, halve_teams, share_between
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.thresholds import LARGE_GAIN, LARGE_SHARE
from blijfwijzer.estimation.intervals import Estimate, from_draws, from_finished
from blijfwijzer.estimation.moments import covariances
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.texts import Message


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
        from_finished(values, len(place))
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
    one-way analysis of variance (Shrout & Fleiss 1979), with a bootstrap of whole units. People
    count alike, since the weights stand for a population and not for its units.
    """
    measured = {name: reader.dimension(name) for name in reader.dimensions}
    if not measured:
        raise NotTestableError("claim.untestable.no_dimensions")
    shares = _between_units(reader, measured)
    if not shares:
        raise NotTestableError("claim.h18.one_unit")
    largest = max(shares.values(), key=lambda share: share.value)
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
        decision=decide([Requirement(largest, bound=LARGE_SHARE)]),
        checks=tuple(_between_teams(reader, measured)),
    )


def _between_units(reader: Reader, measured: dict[str, Array]) -> dict[str, Estimate]:
    """Mean share of variance between units, of each level that has two units or more."""
    draws = reader.draw_units()
    known = ~np.isnan(next(iter(measured.values())))
    shares = {}
    for level in reader.levels:
        unit = reader.unit(level)
        if len(np.unique(unit[unit >= 0])) >= 2:
            made = [share_between(values, unit, draws) for values in measured.values()]
            found = float(np.mean([share for share, _ in made]))
            drawn = np.mean([drawn for _, drawn in made], axis=0)
            shares[level] = from_draws(found, drawn, int((known & (unit >= 0)).sum()))
    return shares


def _between_teams(reader: Reader, measured: dict[str, Array]) -> Iterator[ClaimEstimate]:
    """Share of variance between the smallest units, of leaving and of each dimension."""
    draws, level = reader.draw_units(), reader.label(reader.levels[-1])
    leaves = {name: reader.of(name) for name in reader.present(["vertrekintentie"])}
    for name, values in {**leaves, **measured}.items():
        share, drawn = share_between(values, reader.team, draws)
        found = from_draws(share, drawn, int((~np.isnan(values)).sum()))
        label = Message("claim.h18.of_concept", {"level": level, "concept": reader.label(name)})
        yield ClaimEstimate(name, Measure.VARIANCE, found, label)
