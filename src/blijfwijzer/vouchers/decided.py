"""What was given against what was proposed, and whether anybody ever deviates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from blijfwijzer.estimation.intervals import wilson
from blijfwijzer.governance.rulings import Ruling, refuse_faults

MOST_FOLLOWED = 0.95
"""Share of proposals that are followed above which nobody seems to decide: who draws strongly on a
score, as in almost all cases, leaves the decision to it (CJEU 7 December 2023, C-634/21, SCHUFA,
48 and 73). The number is ours."""
FEWEST_DECIDED = 20
"""Decisions from which that is said: of fewer, even one in twenty who deviates may not be seen."""


@dataclass(frozen=True)
class FollowRate:
    """How often proposals were followed to the letter."""

    followed: int
    decided: int

    @property
    def share(self) -> float:
        """In [0, 1]; NaN where nothing was decided."""
        return self.followed / self.decided if self.decided else float("nan")

    @property
    def ends(self) -> tuple[float, float]:
        """95 % interval (Wilson 1927)."""
        if not self.decided:
            return float("nan"), float("nan")
        low, high = wilson(np.array([self.share]), np.array([self.decided]))
        return float(low[0]), float(high[0])

    @property
    def is_automatic(self) -> bool:
        """Whether enough was decided to say that hardly anybody deviates."""
        return self.decided >= FEWEST_DECIDED and self.share > MOST_FOLLOWED

    def __add__(self, other: "FollowRate") -> "FollowRate":
        """Take two rounds together."""
        return FollowRate(self.followed + other.followed, self.decided + other.decided)


def hold_rulings(
    rulings: Sequence[Ruling], proposed: Mapping[str, int], file: str, since: date
) -> None:
    """Refuse decisions that are not about what was proposed, or that cannot be.

    Parameters
    ----------
    proposed : group to the vouchers that were proposed, of all groups that were divided over
    since : day of the proposal

    Raises
    ------
    DecisionError
        A group was never shown; a decision was before the proposal or is yet to come; or what is
        given contradicts it.
    """
    faults = list[str]()
    for ruling in rulings:
        faults += [f"{ruling.about}: {what}" for what in _contradictions(ruling, proposed, since)]
    refuse_faults(file, faults)


def _contradictions(ruling: Ruling, proposed: Mapping[str, int], since: date) -> Iterator[str]:
    if ruling.about not in proposed:
        yield "no proposal was made about such a group"
        return
    if not since <= ruling.on <= date.today():
        yield f"was decided before the proposal ({since}), or is yet to be"
    before = proposed[ruling.about]
    if ruling.verdict == "accept" and ruling.given not in (None, before):
        yield f"was accepted, and {before} were proposed, not {ruling.given}"
    if ruling.verdict == "reject" and ruling.given not in (None, 0):
        yield "was rejected, and something was given"
    if ruling.verdict == "change" and ruling.given == before:
        yield "was changed, and what is given is what was proposed"


def tabulate_rulings(rulings: Sequence[Ruling], proposed: Mapping[str, int]) -> pd.DataFrame:
    """Set what was given beside what was proposed, a row per decision, in order of group."""
    rows = [
        {
            "group": ruling.about,
            "proposed": proposed[ruling.about],
            "given": _given(ruling, proposed[ruling.about]),
            "decision": ruling.verdict,
            "by": ruling.by,
            "date": ruling.on.isoformat(),
            "reason": ruling.reason,
        }
        for ruling in sorted(rulings, key=lambda one: one.about)
    ]
    names = ["group", "proposed", "given", "decision", "by", "date", "reason"]
    return pd.DataFrame(rows, columns=names)


def _given(ruling: Ruling, proposed: int) -> int:
    if ruling.verdict == "reject":
        return 0
    return proposed if ruling.given is None else ruling.given


def follow_rate(decided: pd.DataFrame) -> FollowRate:
    """Count how many proposals were followed, of those in which something was proposed.

    Parameters
    ----------
    decided : as `tabulate_rulings` gives
    """
    about = decided[decided["proposed"] > 0]
    return FollowRate(int((about["decision"] == "accept").sum()), len(about))
