"""What a served model answered: frames of rows, of which none may tell of the few that are new.

A release has the ledger. A model that is served answers whoever asks, so it remembers by itself
which forms were in each frame that it answered: two frames that differ by a few forms would tell of
these by subtraction, and one made of copies of a form would tell of that form.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import DisclosureError

Forms = NDArray[np.uint64]
"""Keyed hash of each different form of a frame, in order."""
_KEY = "secret.key"
_LEAST_DIFFERENT = 0.5
_ENOUGH_QUESTIONS = 10
"""Share of rows that must differ from the others, where that many questions were asked: honest
waves have above 0.98 with any few of them (`docs/decisions/disclosure.md`, the wave before)."""


@dataclass
class Answered:
    """Frames that were answered; grows with each that is admitted.

    Parameters
    ----------
    folder : where they are kept; in memory, and so until the server stops, when left out
    """

    folder: Path | None = None
    frames: dict[str, tuple[str, Forms]] = field(default_factory=dict)
    """Name of each to how it was grouped, and its forms."""
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        """Take the key of the folder, or leave one there."""
        if self.folder is None:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self.folder / _KEY
        if not kept.exists():
            kept.touch(mode=0o600)
            kept.write_bytes(self.key)
        self.key = kept.read_bytes()

    def admit(
        self,
        answers: pd.DataFrame,
        by: tuple[str, ...],
        minimum: int,
        placed: pd.DataFrame | None = None,
    ) -> None:
        """Remember a frame that is about to be answered.

        Parameters
        ----------
        answers : one row per response, of all that was asked
        by : unit levels that it is grouped by
        placed : units and weight of each response, where the frame has them

        Raises
        ------
        DisclosureError
            It has too few different forms, or mostly copies; or its forms are those of an earlier
            frame but for a few, or all of them by other levels, in other units or with other
            weights.
        """
        forms, rows = self._read(answers), len(answers)
        is_long = len(answers.columns) >= _ENOUGH_QUESTIONS
        if len(forms) < max(minimum, _LEAST_DIFFERENT * rows * is_long):
            raise DisclosureError(
                f"rows: {len(forms)} of {rows} are different forms; {minimum} are needed, and half "
                "of the rows. Copies of a form would tell what the model expects of one person. "
                "Ask for the forms of a survey as they are."
            )
        grouped = ",".join(by) + ("" if placed is None else f" {self._place(answers, placed)}")
        self._load()
        for levels, before in self.frames.values():
            apart = _apart(forms, before)
            if 0 < apart < minimum or (apart == 0 and levels != grouped):
                raise DisclosureError(
                    f"rows: differ by fewer than {minimum} forms from rows that were answered "
                    "before, or are the same by other levels, in other units or with other "
                    "weights. Both answers would tell of few. Ask for the same rows by the same "
                    "levels, or use `blijfwijzer score`."
                )
            if apart == 0:
                return
        self._keep(grouped, forms)

    def _read(self, answers: pd.DataFrame) -> Forms:
        plain = np.unique(pd.util.hash_pandas_object(answers, index=False).to_numpy())
        keyed = [
            hashlib.blake2b(form.tobytes(), digest_size=8, key=self.key).digest() for form in plain
        ]
        return np.sort(np.frombuffer(b"".join(keyed), dtype=np.uint64))

    def _place(self, answers: pd.DataFrame, placed: pd.DataFrame) -> str:
        """Give a keyed hash of which form is in which units, with which weight; in any order."""
        rows = pd.concat([answers, placed.set_axis(answers.index)], axis=1)
        marks = np.sort(pd.util.hash_pandas_object(rows, index=False).to_numpy())
        return hashlib.blake2b(marks.tobytes(), digest_size=16, key=self.key).hexdigest()

    def _load(self) -> None:
        """Read what other processes answered meanwhile."""
        for file in [] if self.folder is None else sorted(self.folder.glob("*.frame")):
            if file.name not in self.frames:
                levels, _, forms = file.read_bytes().partition(b"\n")
                self.frames[file.name] = levels.decode(), np.frombuffer(forms, dtype=np.uint64)

    def _keep(self, by: str, forms: Forms) -> None:
        name = f"{secrets.token_hex(8)}.frame"
        self.frames[name] = by, forms
        if self.folder is not None:
            (self.folder / name).touch(mode=0o600)
            (self.folder / name).write_bytes(by.encode() + b"\n" + forms.tobytes())


def _apart(one: Forms, other: Forms) -> int:
    """Count the forms that are in one of two frames only, on the side where they are most."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    return max(len(one), len(other)) - both
