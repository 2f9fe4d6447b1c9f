"""Trainings of nearly the same people: of two such models one at most leaves the house.

The text of a model is exact: how many people it was fitted on, how many of them have the outcome,
and how many are on each side of what it asks. One of the same people less a few tells by
subtraction what those few answered, whatever else is withheld. It has to be made all the same where
somebody takes an answer back; so it is the handing on that is refused. The same holds of the people
of two earlier models together, or of one less another, but for a few.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scipy.sparse import csr_array

from blijfwijzer.disclosure.fingerprint import add_up, to_text
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.sealing import FITTED
from blijfwijzer.disclosure.standing import HAND_ON, note
from blijfwijzer.release.admission import Admission
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.texts import Message, say

_NEAR = "near"
"""What a line of a training calls whether nearly the same people were told of before."""


@dataclass(frozen=True)
class FittedPeople:
    """The people that a model is fitted on, beside all of whom something was told before."""

    fingerprint: str
    """By which they are known again; it needs the ledger's key."""
    is_near: bool
    """Whether an earlier model was fitted on nearly the same people, of whom a few joined or left,
    or whether nearly these were told of in another way."""

    @classmethod
    def of(cls, fitted: Mask, admission: Admission) -> "FittedPeople":
        """Hold the people of a model against what was told before.

        Parameters
        ----------
        fitted : per response, whether the model is fitted on it
        admission : of all responses
        """
        people = csr_array(fitted[None, :].astype("int8"))
        likeness = admission.earlier.compare_fitted(people, admission.minimum)
        is_near = admission.choice.bars_everyone or bool(likeness.is_near.any())
        return cls(to_text(add_up(admission.people.marks, people)[0]), is_near)

    @property
    def entered(self) -> dict[str, Any]:
        """Give what the line of the training holds of them."""
        return {FITTED: self.fingerprint, _NEAR: self.is_near}

    @property
    def remarks(self) -> Iterator[Message]:
        """Say that nearly these people were told of before, and what is not done with the model."""
        if self.is_near:
            yield say("warning.trained_near")


def is_near_another(ledger: Ledger, sha256: str) -> bool:
    """Tell whether nearly the people of a model were told of before it was trained.

    Parameters
    ----------
    sha256 : of its manifest
    """
    return any(
        line.content.get("model") == sha256 and line.content.get(_NEAR, False)
        for line in ledger.standing
    )


def enter_handed_on(ledger: Ledger, survey: str, sha256: str, pack: str) -> None:
    """Enter, once for each pack, that a model is given away, so that it cannot be taken back.

    Parameters
    ----------
    sha256 : of its manifest
    pack : what that is called
    """
    line = note(HAND_ON, survey, {"model": sha256, "pack": pack})
    if line not in [one.content for one in ledger.releases]:
        ledger.append(line)
