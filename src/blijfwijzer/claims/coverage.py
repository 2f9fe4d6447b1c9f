"""Which claims a survey asks enough for, before anything is tested."""

from collections.abc import Iterable

from blijfwijzer.claims.register import CLAIMS


def describe_coverage(concepts: Iterable[str]) -> list[str]:
    """Say which claims can be tested by what a survey has, and what the others lack.

    A verdict may still be that a claim is not testable: a change needs the wave before, and teams
    may be too small.

    Parameters
    ----------
    concepts : names of those that were asked and answered

    Returns
    -------
    One line, and a second one when something is lacking.
    """
    has = set(concepts)
    can = [claim.id for claim in CLAIMS if set(claim.needs) <= has]
    lines = [
        f"Claims: {len(can)} of {len(CLAIMS)} can be tested with what was asked: {', '.join(can)}"
    ]
    if not has:
        return [*lines, "  nothing is mapped under [concepts]; docs/codebook.md, part 7, says how"]
    lacks: dict[str, list[str]] = {}
    for claim in CLAIMS:
        for name in claim.needs:
            if name not in has:
                lacks.setdefault(name, []).append(claim.id)
    if lacks:
        missing = ", ".join(f"{name} ({' '.join(ids)})" for name, ids in lacks.items())
        lines.append(f"  not asked, or not mapped under [concepts]: {missing}")
    return lines
