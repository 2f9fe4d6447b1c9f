"""A blind review: groups that were proposed, drawn by lot, or neither, in an order of chance.

Who reviews must not know whether a group was proposed, or they follow the proposal (Algorithm
Audit, *Public standard: Meaningful human intervention*, 2025). The key, which tells it, is sealed
by its hash and kept by somebody who does not review.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.errors import DecisionError
from blijfwijzer.estimation.intervals import wilson
from blijfwijzer.files import hash_bytes, parse_json, to_json
from blijfwijzer.governance.rulings import Ruling
from blijfwijzer.vouchers.seal import Lottery

SOURCES = ("proposed", "lot", "comparison")
Cases = dict[str, tuple[str, str]]
"""Number of a case to its group, and to where it came from."""
_FEWEST = 2
"""Groups of each source, below which a source would tell which they are."""


@dataclass(frozen=True)
class BlindReview:
    """What is to be reviewed."""

    cases: Cases
    """In the order in which they are shown, which is random."""

    @property
    def key(self) -> bytes:
        """The file that tells which case is which."""
        return to_json({"cases": {case: list(told) for case, told in self.cases.items()}})

    @property
    def sha256(self) -> str:
        """Hash by which the key is known."""
        return hash_bytes(self.key)


def draw_review(given: Mapping[str, int], lottery: Lottery | None) -> BlindReview:
    """Choose the groups of a review, and shuffle them by chance alone.

    All that were proposed and all that are offered by lot are in it; of those that are offered
    nothing as many as by lot, or half as many as proposed where nothing was drawn (the mix of two
    parts risk to one part random: Algorithm Audit, *Public standard profiling algorithms*, 2024).

    Parameters
    ----------
    given : group to its vouchers
    lottery : of the division, if there was one

    Raises
    ------
    DecisionError
        There are too few groups of a source.
    """
    source = {group: "proposed" for group, vouchers in given.items() if vouchers > 0}
    if lottery is not None:
        drawn = lottery.table
        alone = drawn.index[(drawn["by_lot"] > 0) & (drawn["by_risk"] == 0)]
        source |= {str(group): "lot" for group in alone if str(group) in given}
    chance = secrets.SystemRandom()
    by_lot = sum(one == "lot" for one in source.values())
    others = sorted(group for group, vouchers in given.items() if vouchers == 0)
    wanted = by_lot or (len(source) + 1) // 2
    counts = {"proposed": len(source) - by_lot, "comparison": len(others)}
    few = [name for name, count in counts.items() if count < _FEWEST]
    if few:
        raise DecisionError(
            f"too few groups to review blindly: fewer than {_FEWEST} of {', '.join(few)}. Nothing "
            "was written. Review them openly (blijfwijzer decide)."
        )
    source |= dict.fromkeys(chance.sample(others, min(wanted, len(others))), "comparison")
    order = list(source.items())
    chance.shuffle(order)
    return BlindReview({str(place): told for place, told in enumerate(order, start=1)})


def open_key(path: Path | None, sha256: str) -> Cases:
    """Read a key that was sealed.

    Raises
    ------
    DecisionError
        It cannot be read, or is not the one that was sealed.
    """
    try:
        content = b"" if path is None else path.read_bytes()
        cases = parse_json(content)["cases"]
        found = {str(case): (str(told[0]), str(told[1])) for case, told in cases.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DecisionError(
            f"{path}: is no key of a blind review. Give the file that `blijfwijzer blind` wrote."
        ) from error
    if hash_bytes(content) != sha256:
        raise DecisionError(
            f"{path}: is not the key that was sealed with this release. Nothing was entered. Give "
            "the file as it was written."
        )
    return found


def compare_sources(rulings: Sequence[Ruling], sources: Mapping[str, str]) -> pd.DataFrame:
    """Tell how often cases would be offered something, by where they came from.

    Parameters
    ----------
    sources : case to its source

    Returns
    -------
    One row per source with a case that was reviewed: source, reviewed, accepted in [0, 1] with the
    ends of its 95 % interval (Wilson 1927).
    """
    rows = []
    for name in SOURCES:
        told = [ruling for ruling in rulings if sources[ruling.about] == name]
        if told:
            share = sum(ruling.verdict != "reject" for ruling in told) / len(told)
            low, high = wilson(np.array([share]), np.array([len(told)]))
            rows.append((name, len(told), share, float(low[0]), float(high[0])))
    return pd.DataFrame(rows, columns=["source", "reviewed", "accepted", "low", "high"])
