"""Whether the thresholds of a result were fixed before it: by their order in the ledger.

Clocks can be set and files dated as one likes. The ledger is a chain: thresholds whose hash stands
in it before the first result that they judge cannot have been chosen to suit it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.standing import SETTLE, note, withdrawn
from blijfwijzer.errors import GovernanceError

JUDGED = frozenset({"train", "score", "vouchers"})
"""Kinds of results that thresholds judge."""


@dataclass(frozen=True)
class Judging:
    """A result that is about to be made, as far as thresholds judge it."""

    survey: str
    kind: str
    wave: str
    dataset: str
    """Keyed hash of its file."""
    models: frozenset[str]
    """Keyed hashes of the manifests of models that it is made with."""

    def is_about(self, line: Release, ledger: Ledger) -> bool:
        """Tell whether an earlier result tells what this one will: same models, file or wave."""
        told = line.content
        if told.get("survey") != self.survey or told.get("kind") not in JUDGED:
            return False
        is_training = "train" in (self.kind, told["kind"])
        same = told.get("dataset") == self.dataset
        same |= bool(told.get("model")) and ledger.identify(told["model"]) in self.models
        return same or (not is_training and told.get("wave") == self.wave)


def settle(ledger: Ledger, sha256: str, judging: Judging) -> bool:
    """Enter thresholds before the first result that they judge; tell whether they are in time.

    Returns
    -------
    False where models were trained, or releases taken back, before there were any thresholds at
    all: whoever fixed these may have known them.

    Raises
    ------
    GovernanceError
        Results that they judge stand already, beside other thresholds or none.
    """
    in_time = _hold_order(ledger, sha256, judging)
    if in_force(ledger.releases) != sha256:
        ledger.append(note(SETTLE, judging.survey, {"thresholds": sha256}))
    return in_time


def _hold_order(ledger: Ledger, sha256: str, judging: Judging) -> bool:
    gone, in_time = withdrawn(ledger.releases), True
    for place, line in enumerate(ledger.releases):
        if not judging.is_about(line, ledger):
            continue
        then = in_force(ledger.releases[:place])
        if then == sha256:
            continue
        is_shown = line.content["kind"] != "train" and line.sequence not in gone
        if then or is_shown:
            raise GovernanceError(_moved(ledger, line, then))
        in_time = False
    return in_time


def _moved(ledger: Ledger, line: Release, then: str) -> str:
    where = f"{ledger.folder}: the acceptance thresholds are newer than result {line.sequence}"
    if then:
        return (
            f"{where} ({line.content['kind']}), which they judge: other ones ({then[:12]}) stood "
            "then. Nothing was made. Put those back, or use these for a wave and a model of which "
            "there is no result yet."
        )
    return (
        f"{where} ({line.content['kind']}), which they judge and which was made without any. "
        "Nothing was made. Use them for the next wave; or, if nobody was given that result, take "
        "it back (blijfwijzer disclosure withdraw), which stays on record."
    )


def in_force(entered: Sequence[Release]) -> str:
    """Give the hash of the thresholds that were entered last; "" before there were any."""
    notes: list[dict[str, Any]] = [
        line.content["note"] for line in entered if line.content.get("kind") == SETTLE
    ]
    return str(notes[-1]["thresholds"]) if notes else ""
