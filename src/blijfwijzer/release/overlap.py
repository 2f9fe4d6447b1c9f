"""Whether a model was trained on what it is held against: the same file, the same organisations.

A model folder holds a keyed hash of its survey's file and of the code of each organisation in it.
They are of use with the key of the ledger that it was trained with, and tell nothing without.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import pandas as pd

from blijfwijzer.disclosure.ledger import Ledger, identify_beside
from blijfwijzer.files import hash_bytes
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.texts import Message, say

Kind = Literal["apart", "part", "units", "file", "unknown"]
_DIGITS = 16
"""Of each hash that is kept: two of a million organisations are alike once in ten million times."""


@dataclass(frozen=True)
class Overlap:
    """What a model has seen of a survey."""

    kind: Kind
    """None of its organisations, some, all; the very file; or that cannot be known."""
    apart: Mask
    """Per response, whether its organisation is known not to have been trained on."""
    seen: int = 0
    """Organisations that were trained on."""
    units: int = 0

    @property
    def is_known(self) -> bool:
        """Whether some of its organisations are known to have been trained on."""
        return self.kind in ("part", "units", "file")

    @property
    def message(self) -> Message:
        """Say what figures of quality are of."""
        return say(id_of("overlap", self.kind), seen=self.seen, units=self.units)


def identify_trained(ledger: Ledger, units: pd.Series) -> dict[str, Any]:
    """Give what a model folder keeps of the organisations that it was trained on.

    Returns
    -------
    A check of the key, and one keyed hash per organisation, in order.
    """
    return {
        "key": _keyed(ledger.identify, "key"),
        "units": sorted(_of_unit(ledger.identify, unit) for unit in units.dropna().unique()),
    }


def find_overlap(release: Rehearsal, stored: Stored, units: pd.Series) -> Overlap:
    """Find what a model has seen of a survey; where no key tells, that is not known.

    Organisations are known by their codes: one that was renamed passes for another. One without a
    code may have been trained on.

    Parameters
    ----------
    units : code of the organisation of each response
    """
    none = pd.Series(False, index=units.index)
    if is_of_file(release, stored):
        return Overlap("file", none.to_numpy())
    for identify in _keys(release, stored):
        if stored.trained.get("key") != _keyed(identify, "key"):
            continue
        known = set(stored.trained["units"])
        codes = units.dropna().unique()
        new = [unit for unit in codes if _of_unit(identify, unit) not in known]
        apart = units.isin(new).to_numpy(dtype=bool)
        kind: Kind = "apart" if apart.all() else "part" if apart.any() else "units"
        return Overlap(kind, apart, len(codes) - len(new), len(codes))
    return Overlap("unknown", none.to_numpy())


def is_of_file(release: Rehearsal, stored: Stored, digest: str = "") -> bool:
    """Whether a key tells that a model was trained on the very file of a release, or on another.

    Parameters
    ----------
    digest : SHA-256 of the other file
    """
    asked = digest or release.request.origin["survey_sha256"]
    own = stored.manifest.survey_hmac_sha256
    return any(own == identify(asked) for identify in _keys(release, stored))


def _keys(release: Rehearsal, stored: Stored) -> Iterator[Callable[[str], str]]:
    """Give the ways to identify by the ledger of this release, and by that beside the model."""
    yield release.ledger.identify
    yield partial(identify_beside, stored.ledgers / release.request.survey)


def _of_unit(identify: Callable[[str], str], unit: object) -> str:
    return _keyed(identify, f"unit {unit}")


def _keyed(identify: Callable[[str], str], text: str) -> str:
    return identify(hash_bytes(text.encode()))[:_DIGITS]
