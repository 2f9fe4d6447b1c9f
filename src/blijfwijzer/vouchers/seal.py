"""A draw that nobody can choose, and the file that it is sealed in.

What a draw follows from is fixed before anybody can see what it gives: the groups of a release,
as its ledger has them, and a secret whose hash stood in the settings when it was scored. Whoever
scores does not know the secret, whoever keeps the secret does not know the release, and neither
can turn a number of it afterwards (docs/decisions/draws.md).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.errors import TrialError
from blijfwijzer.files import parse_json

FORMAT = 2
COLUMNS = ["vouchers", "by_risk", "by_lot", "by_signal", "stratum", "arm"]
OFFERED, NOT_OFFERED, OUTSIDE = "offered", "not offered", ""


@dataclass(frozen=True)
class Origin:
    """What a division follows from; equal origins give equal draws."""

    survey: str = ""
    owner: str = ""
    """Whose ledger it stands in."""
    sequence: int = 0
    head: str = ""
    """Number and hash of the release in that ledger."""
    groups: str = ""
    """Hash of the groups that the ledger has of it, with the fingerprints of who is in them."""
    plan: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the division, budget, cost and need."""
    secret: str = ""
    """What was kept until the release stood; empty where nothing is drawn."""
    number: int = 0
    """Of the lotteries among these people, in order; 0 before there is any."""
    changed: tuple[str, ...] = ()
    """What of the plan is not as it stood when the release was scored."""
    reason: str = ""
    """Why there is another draw than the first one, or another plan."""

    @property
    def seed(self) -> int:
        """Follows from the groups and the secret alone: no time, no setting, no copy moves it."""
        return int(hash_text(f"{self.groups}/{self.secret}"), 16)

    @property
    def id(self) -> str:
        """Tells draws apart that may give other vouchers."""
        return hash_text(canonical({"seed": self.seed, "plan": dict(self.plan)}))

    @property
    def undrawn(self) -> "Origin":
        """The same where there was too little to draw among: no lottery before there is any."""
        return self if self.number > 1 else replace(self, number=0, reason="")


@dataclass(frozen=True)
class Lottery:
    """Who is offered vouchers, why, and who is compared with whom."""

    table: pd.DataFrame
    """One row per group, sorted by id: `vouchers` (int, the sum of the next three), `by_risk`,
    `by_lot`, `by_signal`, `stratum` of the comparison (text, empty outside it), `arm`:
    "offered", "not offered", or empty outside the comparison."""
    quotas: dict[str, int]
    """Vouchers meant for each part: risk, cut (drawn around the cut), random, signal."""
    origin: Origin = Origin()

    @property
    def compared(self) -> pd.DataFrame:
        """The rows that the comparison is about."""
        return self.table[self.table["arm"] != OUTSIDE]

    @property
    def sha256(self) -> str:
        """Hash of the canonical content; publish it, so that nobody can change the draw later."""
        return hash_text(canonical(_content(self)))

    @property
    def sealed(self) -> bytes:
        """The file that it is kept in."""
        return _file_text(_content(self)).encode()


def open_sealed(path: Path, sha256: str = "") -> Lottery:
    """Read a sealed lottery; not one byte may differ.

    Parameters
    ----------
    sha256 : the hash that was published; without it, or the ledger, only damage is found, as
        whoever alters the file can also write a new hash into it

    Raises
    ------
    TrialError
        The file is missing, no sealed lottery, of another format, or was altered.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        content = parse_json(text)["content"]
        known = content["format"] == FORMAT
    except OSError as error:
        raise TrialError(f"{path}: cannot be read. Give the file of a sealed lottery.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise TrialError(
            f"{path.name}: no sealed lottery, or damaged. Restore the file that the draw wrote."
        ) from error
    if not known:
        raise TrialError(
            f"{path.name}: a lottery of another format than {FORMAT}. Use the version of "
            "blijfwijzer that wrote it."
        )
    if text != _file_text(content):
        raise TrialError(f"{path.name}: altered after it was sealed. Restore the file.")
    try:
        lottery = _from_content(content)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise TrialError(
            f"{path.name}: parts of the lottery are missing. Restore the file that the draw wrote."
        ) from error
    if sha256 and lottery.sha256 != sha256.lower():
        raise TrialError(
            f"{path.name}: another lottery than the one with the hash that was published. Restore "
            "the file of that draw."
        )
    return lottery


def hash_text(text: str) -> str:
    """Give a SHA-256 as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(content: Mapping[str, Any]) -> str:
    """Write plain values in the one way that hashes are taken of."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _content(lottery: Lottery) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "origin": asdict(lottery.origin) | {"changed": list(lottery.origin.changed)},
        "quotas": lottery.quotas,
        "groups": lottery.table.reset_index().to_dict("records"),
    }


def _from_content(content: dict[str, Any]) -> Lottery:
    origin = dict(content["origin"])
    return Lottery(
        table=pd.DataFrame(content["groups"]).set_index("group")[COLUMNS],
        quotas=content["quotas"],
        origin=Origin(**origin | {"changed": tuple(origin["changed"])}),
    )


def _file_text(content: dict[str, Any]) -> str:
    sealed = {"content": content, "sha256": hash_text(canonical(content))}
    return json.dumps(sealed, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
