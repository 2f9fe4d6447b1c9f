"""Whether the thresholds of a result were fixed before it: by their order in the ledger.

Clocks can be set and files dated as one likes. The ledger is a chain: thresholds whose hash stands
in it before the first result that they judge cannot have been chosen to suit it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.standing import NOTES, SETTLE, note, withdrawn
from blijfwijzer.errors import GovernanceError

JUDGED = frozenset({"train", "score", "vouchers"})
"""Kinds of results that thresholds judge: what comes of a model."""
_OF_ANSWERS = frozenset({"climate", "claims"})
"""Kinds that tell what thresholds judge only where they are made with a model; all others do."""
MODELS = "models"
"""What a line of the ledger tells the models by that a result was made with."""


def tells(kind: str, has_model: bool) -> bool:
    """Tell whether who saw a result of a kind could choose thresholds to suit it.

    Whatever shows a model or a wave tells something of how well that does, whether or not
    thresholds are held against it there; so a new kind counts until it is excepted.
    """
    return kind not in NOTES and (has_model or kind not in _OF_ANSWERS)


def is_telling(line: Release) -> bool:
    """Tell the same of a line of the ledger."""
    return tells(str(line.content.get("kind")), MODELS in line.content)


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
        if told.get("survey") != self.survey or not is_telling(line):
            return False
        is_training = "train" in (self.kind, told["kind"])
        same = told.get("dataset") == self.dataset
        same |= bool(told.get("model")) and ledger.identify(told["model"]) in self.models
        same |= not self.models.isdisjoint(told.get(MODELS, ()))
        return same or (not is_training and told.get("wave") == self.wave)


def settle(ledger: Ledger, sha256: str, judging: Judging) -> bool:
    """Enter thresholds before the first result that they judge; tell whether they are in time.

    Results that none judge may be made by any, so that an old model can be shown beside a new one.

    Returns
    -------
    False where models were trained, or releases taken back, before there were any thresholds at
    all: whoever fixed these may have known them.

    Raises
    ------
    GovernanceError
        Results that they judge stand already, beside other thresholds or none.
    """
    in_time = judging.kind not in JUDGED or _hold_order(ledger, sha256, judging)
    if in_force(ledger.releases) != sha256:
        ledger.append(note(SETTLE, judging.survey, {"thresholds": sha256}))
    return in_time


def _hold_order(ledger: Ledger, sha256: str, judging: Judging) -> bool:
    gone, in_time, is_bound = withdrawn(ledger.releases), True, False
    for place, line in enumerate(ledger.releases):
        if not judging.is_about(line, ledger):
            continue
        # Once thresholds judged a result, others may show its model again and bind nothing.
        is_judged = line.content["kind"] in JUDGED
        if is_bound and not is_judged:
            continue
        then = in_force(ledger.releases[:place])
        is_bound |= is_judged and bool(then)
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
    lines = [line for line in entered if line.content.get("kind") == SETTLE]
    return str(lines[-1].content["note"]["thresholds"]) if lines else ""
