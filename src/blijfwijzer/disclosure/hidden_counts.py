"""Counts that shown percentages must not pin, and the shown groups that pin one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import members_of
from blijfwijzer.disclosure.counts import Pin, Published, find_pinned
from blijfwijzer.disclosure.parts import Parts
from blijfwijzer.disclosure.programmes import Pool
from blijfwijzer.progress import tell_within

_OF_A_CELL = 2
"""Values that the count in a cell must be able to have: both answers of each stay possible."""


class HiddenCounts:
    """Those of one outcome that percentages must not pin.

    Fewer groups can only leave more possible, so that what was found free stays so.
    """

    def __init__(
        self, parts: Parts, values: NDArray[np.float64], protection: int, minimum: int
    ) -> None:
        self._parts = parts
        is_known = ~np.isnan(values)
        count = len(parts.atoms.sizes)
        self._sizes = np.bincount(parts.atoms.atom_of, is_known, count).astype(np.int64)
        has_it = np.bincount(parts.atoms.atom_of, np.nan_to_num(values), count)
        self._counts = has_it.round().astype(np.int64)
        # Of whom few answered, no percentage is shown (see `answers`).
        self._is_told = np.asarray(parts.of_offered @ self._sizes) >= minimum
        is_cell = (self._sizes > 0) & (self._sizes < minimum)
        is_cell |= (self._counts == 0) | (self._counts == self._sizes)
        cells = _one_each(np.flatnonzero(is_cell & (self._sizes > 0)), count)
        barred = {row.tobytes() for row in members_of(parts.barred)}
        self._is_barred = np.array(
            [r.tobytes() in barred for r in members_of(parts.of_offered)], bool
        )
        self._targets = csr_array(vstack([cells, parts.hidden, parts.of_offered], format="csr"))
        self._pool = Pool(count, self._targets.shape[0])
        self._first_offered = self._targets.shape[0] - len(parts.offered)
        self._need = np.full(self._targets.shape[0], protection, dtype=np.int64)
        self._need[: cells.shape[0]] = _OF_A_CELL
        self._cells = cells.shape[0]
        self._is_free = np.zeros(self._targets.shape[0], dtype=bool)
        self._is_hopeless = self._is_free.copy()
        """Pinned by what is known, so that no choice can free it."""
        # What a group told before a few left it stays as it was, whatever others answered, as long
        # as the count among those who are left does.
        self._beside = csr_array(vstack([parts.former, parts.known], format="csr"))

    def find_pinning(
        self, shown: NDArray[np.bool_], tried: Sequence[int] = ()
    ) -> list[NDArray[np.intp]]:
        """Give, per pinned count, the shown groups that hold people of it, or that hang with it.

        Parameters
        ----------
        tried : groups that were added since, so that what was free may be so no more; the first
            pinned count tells enough where one group was
        """
        if len(tried):
            self._is_free = self._is_hopeless.copy()
        told = np.flatnonzero(shown & self._is_told)
        is_open = ~self._is_free
        is_open[self._first_offered :] &= ~shown & ~self._is_barred
        pinning: list[NDArray[np.intp]] = []
        places = np.flatnonzero(is_open)
        for done, (place, pin) in enumerate(self._pins(places, self._beside, told)):
            tell_within(f"find what percentages tell: {done:,} of {len(places):,} hidden counts")
            if pin is None:
                self._is_free[place] = True
                continue
            causes = [own[own >= 0] for own in (pin.touching, pin.near)]
            cause = next((own for own in causes if len(own)), None)
            if cause is None:
                cause = self._find_afar(place, pin)
            if cause is not None:
                pinning.append(cause)
            if pinning and len(tried) == 1:
                break
        return pinning

    def _pins(
        self, places: NDArray[np.intp], beside: csr_array, told: NDArray[np.intp]
    ) -> Iterator[tuple[int, Pin | None]]:
        """Give what pins each of some counts, by place among the offered; -1 is known anyway.

        Parameters
        ----------
        beside : groups whose percentages are known whatever is shown
        told : those that are shown
        """
        rows = csr_array(vstack([beside, self._parts.of_offered[told]], format="csr"))
        exact = self._parts.former.shape[0] if beside is self._beside else 0
        published = Published(rows, self._sizes, self._counts, exact)
        offered = np.concatenate([np.full(beside.shape[0], -1), told])
        targets = csr_array(self._targets[places])
        found = find_pinned(published, targets, self._need[places], self._pool)
        for place, pin in zip(places.tolist(), found, strict=False):
            if pin is not None:
                groups = ("touching", "near", "far")
                pin = replace(pin, **{name: offered[getattr(pin, name)] for name in groups})
            yield place, pin

    def _find_afar(self, place: int, pin: Pin) -> NDArray[np.intp] | None:
        """Give the shown groups that pin a count from afar, beside what is known.

        Where the known ones do that alone, no choice can free it: no more is asked of it.
        """
        far, alone = pin.far[pin.far >= 0], pin
        if len(far):
            nothing = np.array([], dtype=np.intp)
            found = next(self._pins(np.array([place]), self._beside, nothing))[1]
            if found is None or pin.values < found.values:
                return far
            alone = found
        self._give_up(place, alone.values)
        return None

    def _give_up(self, place: int, values: int) -> None:
        """Ask no more of a count than what was told before leaves it.

        That takes the answers of those who left as known, which they are not. So the answer of a
        person is given up only where it follows without that: else nothing near it is shown.
        """
        if place >= self._cells:
            self._need[place] = values
            is_lost = values == 1
        else:
            nothing = np.array([], dtype=np.intp)
            found = self._pins(np.array([place]), self._parts.known, nothing)
            is_lost = next(found)[1] is not None
        self._is_free[place] = self._is_hopeless[place] = is_lost


def _one_each(cells: NDArray[np.intp], count: int) -> csr_array:
    ones = np.ones(len(cells), dtype=np.int64)
    return csr_array((ones, (np.arange(len(cells)), cells)), shape=(len(cells), count))
