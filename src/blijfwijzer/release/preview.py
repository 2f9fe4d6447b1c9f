"""How much may be shown of what is asked, before it is: counts of groups, and no group."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from blijfwijzer.disclosure.ledger import Ledger, borrow_ledger
from blijfwijzer.disclosure.rules import LOOSE
from blijfwijzer.errors import counted
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.rehearsal import Rehearsal, banded, rehearse
from blijfwijzer.release.request import Request


@dataclass(frozen=True)
class Tally:
    """How many of one sort would be shown, and how many not."""

    wave: str
    of: str
    """A unit level, a variable, a level crossed with one; or a kind of figure beside groups."""
    shown: int
    withheld: int
    rolled_up: int | None
    """None of figures, which never do."""


@dataclass(frozen=True)
class Found:
    """What was found to tell of, in counts."""

    counts: Mapping[str, int]
    """As the record of the release would have them."""
    tallies: tuple[Tally, ...] = ()
    """Of what is told beside groups and figures."""


@dataclass(frozen=True)
class Wish:
    """Something that may be asked to be shown: measured, and nothing of it chosen."""

    request: Request
    find: Callable[[Rehearsal], Found]
    """Chooses what may be shown, by the code that a release is made by."""


@dataclass(frozen=True)
class Preview:
    """How much would be shown; counts only, as the page of a release tells them."""

    kind: str
    tallies: tuple[Tally, ...]
    small: int
    """Groups of its own wave withheld as they, or those they leave out, are too few."""
    derived: int
    """Groups withheld since something would follow; which of the other rules it was is not told."""
    told_by: Mapping[str, int]
    """What groups are told by, such as "rate:vertrekintentie", to how many are."""
    counts: Mapping[str, int]
    """As the record of the release would have them."""

    @property
    def tells_everyone(self) -> bool:
        """Whether figures of everyone would be shown, in each wave."""
        return all(tally.shown for tally in self.tallies if tally.of == EVERYONE)

    @property
    def told(self) -> int:
        """How many groups and figures would be shown in all."""
        return sum(tally.shown for tally in self.tallies)

    def as_json(self) -> dict[str, Any]:
        """Tell a program the same."""
        return {**asdict(self), "tells_everyone": self.tells_everyone, "told": self.told}

    def __str__(self) -> str:
        """Say it as the command line does."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.kind}: what would be shown now; nothing was written or entered."
        yield f"  {'':<40}{'shown':>9}{'withheld':>10}{'rolled up':>11}"
        for one in self.tallies:
            rolled = "" if one.rolled_up is None else str(one.rolled_up)
            told = f"{one.wave}: {one.of}"
            yield f"  {told:<40}{one.shown:>9}{one.withheld:>10}{rolled:>11}".rstrip()
        if self.small or self.derived:
            yield (
                f"  withheld: {counted(self.small, 'group')} too small, or with too few outside; "
                f"{self.derived} since something would follow about few people"
            )
        for groups in sorted(set(self.told_by.values()), reverse=True):
            figures = [name for name, number in self.told_by.items() if number == groups]
            yield f"  {counted(groups, 'group')} told by {', '.join(figures)}"
        if not self.tells_everyone:
            yield "  figures of everyone are withheld, since something would follow about a few"


def foretell(wish: Wish, ledgers: Path) -> Preview:
    """Tell how much would be shown now, by the very code that shows it, and show nothing.

    Nothing is entered in a ledger or made where there is none.

    Parameters
    ----------
    ledgers : folder of the ledgers of all surveys

    Raises
    ------
    BusyError, LedgerError, ModelFolderError
        As the release would be refused.
    """
    return foretell_beside(wish, borrow(wish.request, ledgers))[0]


def borrow(request: Request, ledgers: Path) -> Ledger:
    """Give the ledger in which something would be entered, to try things on."""
    return borrow_ledger(ledgers / request.survey, request.owner)


def foretell_beside(wish: Wish, ledger: Ledger) -> tuple[Preview, Rehearsal]:
    """Tell how much would be shown beside a ledger that is borrowed.

    Returns
    -------
    What would be, and the rehearsal in which it was found.
    """
    release = rehearse(wish.request, ledger)
    found = wish.find(release)
    own = release.admitted[wish.request.wave][0]
    small = int(own.choice.reasons[~own.shown].isin(LOOSE).sum())
    told_of = wish.request.statistics if len(own.shown) > 1 else ()
    told_by = {name: own.tells(name) for name in told_of if name in own.told_of}
    preview = Preview(
        wish.request.kind,
        (*(one for wave in release.admitted for one in _tally(wave, release)), *found.tallies),
        small,
        int((~own.shown).sum()) - small,
        {name: int(told.sum()) for name, told in told_by.items()},
        banded(found.counts),
    )
    return preview, release


def _tally(wave: str, release: Rehearsal) -> Iterator[Tally]:
    admission, figures = release.admitted[wave]
    yield from _tally_groups(wave, admission)
    told = Counter(figure.kind for figure in figures)
    for kind, offered in sorted(release.offered[wave].items()):
        yield Tally(wave, f"figures of kind {kind}", told[kind], offered - told[kind], None)


def _tally_groups(wave: str, admission: Admission) -> Iterator[Tally]:
    """Count groups by level; everyone counts as shown where figures of everyone are."""
    groups, rolled = admission.grouping.groups, admission.grouping.rolled_up
    up = rolled.groupby("level")["groups"].sum()
    for level in dict.fromkeys([*groups["level"], *rolled["level"]]):
        here = groups["level"].eq(level).to_numpy()
        shown = int(np.count_nonzero(admission.told & here))
        yield Tally(wave, str(level), shown, int(here.sum()) - shown, int(up.get(level, 0)))
