"""What tests of engines share: work that is light to begin, and whose workers may die."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from blijfwijzer.errors import WaveTooDifferentError


@dataclass(frozen=True)
class Added:
    """What is left of some numbers."""

    total: int
    places: frozenset[int]

    def merge(self, other):
        return Added(self.total + other.total, self.places | other.places)


def add(number):
    return Added(number, frozenset([os.getpid()]))


def die_once(folder, number):
    """Die at the number 5, the first time that it is met."""
    if number == 5:
        try:
            (Path(folder) / "died").touch(exist_ok=False)
        except FileExistsError:
            return add(number)
        os.kill(os.getpid(), signal.SIGKILL)
    return add(number)


def die_always(number):
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return add(number)


def refuse(number):
    raise WaveTooDifferentError("a wave of other columns")


def fail(number):
    raise ZeroDivisionError("a fault of ours")
