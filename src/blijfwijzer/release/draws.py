"""Which draws there were among the people of a release.

A division is known by the groups of its release, the secret and the plan. Whoever draws once more
among the same people, by another plan, file or release, is told so, and so is every reader.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.fingerprint import from_text
from blijfwijzer.errors import TrialError, counted
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.vouchers.seal import Origin, hash_text

KIND = "vouchers"
DRAWN = ("release", "id", "commitment", "lottery", "number", "reason")
"""What the ledger keeps of a division."""


@dataclass(frozen=True)
class Drawn:
    """A division in the ledger."""

    sequence: int
    release: int
    """Line of the release that it is a division of."""
    id: str
    """As of its origin."""
    commitment: str
    """Hash of the secret; empty where nothing was drawn."""
    lottery: str
    """Hash of its seal; empty where nothing was drawn."""
    number: int
    reason: str

    def __str__(self) -> str:
        """Name it for those who look for others."""
        what = f"draw {self.number}" if self.lottery else "a division by need"
        return f"{what} in line {self.sequence}" + (f" ({self.reason})" if self.reason else "")


def told_of(origin: Origin, lottery: str) -> dict[str, Any]:
    """Give what the ledger keeps of a division."""
    promise = hash_text(origin.secret) if lottery else ""
    values = (origin.sequence, origin.id, promise, lottery, origin.number, origin.reason)
    return dict(zip(DRAWN, values, strict=True))


def divisions_among(line: Release, entered: Sequence[Release]) -> list[Drawn]:
    """Give all divisions in a ledger of releases that tell of the same people."""
    made = [one for one in map(read_drawn, entered) if one is not None]
    return [one for one in made if share_people(line, entered[one.release - 1])]


def tell_draws(run: Mapping[str, Any], entered: Sequence[Release]) -> Iterator[str]:
    """Say which draw the vouchers of a release are, and name all others among its people."""
    line = entered[int(run["ledger"]["sequence"]) - 1]
    own = str(draw_of(run).get("id", ""))
    found = {one.id: one for one in divisions_among(line, entered)}
    if own in found:
        yield f"its vouchers: {found.pop(own)}"
    promised = [
        f"line {one.sequence}"
        for one in entered
        if one.sequence != line.sequence and one.content.get("promise") and share_people(line, one)
    ]
    if promised:
        yield f"its people were scored with a promise of a draw in {', '.join(promised)} as well"
    if found:
        others = "; ".join(map(str, found.values()))
        yield f"{counted(len(found), 'other division')} among its people: {others}"


def drawn_as(sha256: str, entered: Sequence[Release]) -> Drawn:
    """Find the draw of a sealed lottery in the ledger.

    Raises
    ------
    TrialError
        It is not there.
    """
    lines = [one for one in entered if one.content["kind"] == KIND]
    found = [one for one in map(read_drawn, lines) if one is not None and one.lottery == sha256]
    if not found:
        raise TrialError(
            f"lottery {sha256[:12]}: is not in this ledger, so it is not as it was drawn, or of "
            "another. Restore the file that the draw wrote, or give the right --ledger."
        )
    return found[0]


def least_people(entered: Sequence[Release]) -> int:
    """Give the fewest people that anything in a ledger may tell of."""
    own = DisclosureSettings().minimum
    return max([own, *(int(one.content.get("minimum", 0)) for one in entered)])


def draw_of(run: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the record of a release tells of how its vouchers came about, if it does."""
    told: dict[str, Any] = run.get(KIND, {}).get("draw", {})
    return told


def read_drawn(line: Release) -> Drawn | None:
    """Read what a line of the ledger tells of a division; nothing if it tells of none."""
    told = line.content.get("draw")
    if line.content.get("kind") != KIND or not told:
        return None
    return Drawn(line.sequence, **{name: told[name] for name in DRAWN})


def share_people(line: Release, one: Release) -> bool:
    """Tell whether two releases tell of the same people: of one wave, file or group."""
    mine, other = line.content, one.content
    prints = [
        {from_text(group["fingerprint"]).tobytes() for group in content["groups"].values()}
        for content in (mine, other)
    ]
    same = any(mine[name] == other[name] for name in ("wave", "dataset"))
    return same or bool(prints[0] & prints[1])
