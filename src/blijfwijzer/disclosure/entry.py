"""What a line of the ledger holds of a release: definitions and hashes, and no data."""

from dataclasses import dataclass, field
from typing import Any

from blijfwijzer.disclosure.ledger import Ledger

Columns = tuple[tuple[str, ...], ...]
"""Those by whose answers people are known again, in views."""


@dataclass(frozen=True)
class Entry:
    """What a release shows, for the ledger: definitions and hashes."""

    survey: str
    wave: str
    dataset: str
    """Keyed hash of the survey's file."""
    kind: str
    """What made it: score, train, climate ..."""
    request: str
    """Hash of all that the release is made from."""
    groups: dict[str, dict[str, Any]]
    """Id to {definition, fingerprint, statistics}."""
    outputs: dict[str, str]
    """File to SHA-256."""
    parts: dict[str, list[str]] = field(default_factory=dict)
    """Figure to the fingerprint of each part that it is a total over."""
    columns: Columns = ()
    """Per view of a fingerprint, those that it is made from."""
    minimum: int = 0
    """Fewest people that anything shown tells something about."""
    record: str = ""
    """Hash of what a release tells of itself, less its place in the ledger."""
    model: str = ""
    """Hash of the manifest of the model that was made."""
    release: str = ""
    """Hash of the line of the release that this was added to."""
    proof: str = ""
    """SHA-256 of the proof that is kept beside the ledger; "" where there is none."""

    @property
    def content(self) -> dict[str, Any]:
        """As plain values."""
        return {**vars(self), "columns": [list(view) for view in self.columns]}


def is_repeated(ledger: Ledger, content: dict[str, Any]) -> int:
    """Give the number of a release with the very same content, or 0."""
    for release in ledger.standing:
        if release.content == content:
            return release.sequence
    return 0
