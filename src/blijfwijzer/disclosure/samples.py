"""The people of whom a release tells alone, where that is a sample of those who responded.

Groups of it hold who of a unit is in the sample. So its line in the ledger says which units the
sample has, each by a keyed hash, and the same people are found again by what a group is called. Of
people who were drawn one by one the line says no units, and their groups are known again by who is
in them alone.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.fingerprint import ResponseTable
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.files import hash_bytes

SAMPLE = "sample"
"""What a line calls the sample that it tells of: the `level` of its `units`, and these."""
_LINE = ""
"""What a definition calls the line of its sample; no column has this name."""
_DIGITS = 16
"""Of each hash that is kept: two of a million units are alike once in ten million times."""

Definition = dict[str, str]
"""Column to the code or band that all people of a group have."""
Finder = Callable[[Definition], NDArray[np.bool_] | None]
"""Who fits a definition; None when columns are missing."""


def note_sample(ledger: Ledger, level: str, units: Iterable[object]) -> dict[str, Any]:
    """Give what the line of a release holds of the sample that it tells of.

    Parameters
    ----------
    units : codes of those that are in it as a whole; none where people were drawn
    """
    return {SAMPLE: {"level": level, "units": sorted(_known(ledger, unit) for unit in units)}}


def is_of_people(release: Release) -> bool:
    """Tell whether a release is of people who were drawn one by one."""
    return SAMPLE in release.content and not release.content[SAMPLE]["units"]


def define(release: Release, definition: Definition) -> Definition:
    """Give the definition of a group of a release, which tells of its sample where it has one."""
    return definition | ({_LINE: str(release.sequence)} if SAMPLE in release.content else {})


def within_samples(
    find: Finder, releases: Iterable[Release], ledger: Ledger, responses: ResponseTable
) -> Finder:
    """Give who fits a definition and is in the sample that it tells of.

    Parameters
    ----------
    releases : of which groups are to be found
    """
    drawn = {
        str(release.sequence): _drawn(release, ledger, responses)
        for release in releases
        if SAMPLE in release.content
    }

    def members_of(definition: Definition) -> NDArray[np.bool_] | None:
        if _LINE not in definition:
            return find(definition)
        some = drawn[definition[_LINE]]
        inside = find({name: code for name, code in definition.items() if name != _LINE})
        return None if inside is None or some is None else inside & some

    return members_of


def _drawn(release: Release, ledger: Ledger, responses: ResponseTable) -> NDArray[np.bool_] | None:
    """Say which of the present people are of the units of a sample; None where that is not told."""
    level, kept = release.content[SAMPLE]["level"], set(release.content[SAMPLE]["units"])
    if is_of_people(release) or level not in set(responses):
        return None
    units = responses[[level]][level]
    drawn = [unit for unit in units.dropna().unique() if _known(ledger, unit) in kept]
    return np.asarray(units.isin(drawn), dtype=bool)


def _known(ledger: Ledger, unit: object) -> str:
    return ledger.identify(hash_bytes(f"sampled {unit}".encode()))[:_DIGITS]
