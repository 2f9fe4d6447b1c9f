"""Which lines of a ledger still stand: what was taken back, and the minimum that is promised."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blijfwijzer.disclosure.chain import Release

WITHDRAW, LOWER = "withdraw", "lower"
"""Kinds of lines that show nothing, and tell of others: that they were taken back, and that fewer
people are promised from there on."""
SETTLE, STOP, RESUME = "settle", "stop", "resume"
"""Kinds of lines that show nothing, and tell of what comes after them: by which thresholds results
are judged, and that no more are made for a while."""
HAND_ON = "hand on"
"""Kind of a line that shows nothing, and tells that a model was given away in a pack."""
NOTES = frozenset({WITHDRAW, LOWER, SETTLE, STOP, RESUME, HAND_ON})
"""All kinds of lines that show nothing."""


def standing(releases: Iterable[Release]) -> list[Release]:
    """Give the releases that were not taken back, without lines that show nothing."""
    lines = list(releases)
    gone = withdrawn(lines)
    return [
        line
        for line in lines
        if line.sequence not in gone and line.content.get("kind") not in NOTES
    ]


def withdrawn(releases: Iterable[Release]) -> dict[int, Release]:
    """Give the number of each release that was taken back, with the line that says so."""
    return {
        int(number): line
        for line in releases
        if line.content.get("kind") == WITHDRAW
        for number in line.content["note"]["lines"]
    }


def promised(releases: Sequence[Release], survey: str) -> int:
    """Fewest people that releases of a survey promise to tell of, since it was last lowered.

    Returns
    -------
    0 where nothing was promised.
    """
    most, counted = 0, {line.sequence for line in standing(releases)}
    for line in releases:
        if line.content.get("survey") != survey:
            continue
        if line.content["kind"] == LOWER:
            most = int(line.content["note"]["minimum"])
        elif line.sequence in counted:
            most = max(most, int(line.content["minimum"]))
    return most


def belongs_to(line: Release, own: Release) -> bool:
    """Tell whether a line was entered for an output: its waves, and what was added to it."""
    same = (
        line.content["request"] == own.content["request"]
        and line.content["kind"] == (own.content["kind"])
    )
    return same or line.content.get("release") == own.hash


def note(kind: str, survey: str, told: dict[str, Any]) -> dict[str, Any]:
    """Give the content of a line that shows nothing and tells of others."""
    return {"kind": kind, "survey": survey, "note": told}


def lines_before(releases: Sequence[Release], content: Mapping[str, Any]) -> list[Release]:
    """Give the lines of a survey until a request was made, or until now if it was not yet.

    A rerun is held against what there was when its request was first made, if that was not taken
    back; lines that show nothing are among these.

    Parameters
    ----------
    content : its `survey` and its `request`
    """
    stands = {release.sequence for release in standing(releases)}
    before = []
    for release in releases:
        if release.content["survey"] != content["survey"]:
            continue
        if release.sequence in stands and release.content["request"] == content["request"]:
            break
        before.append(release)
    return before
