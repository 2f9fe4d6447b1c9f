"""What was stopped: no more is made with a model, or at all, until somebody resumes it.

It stands in the ledger, which every command that shows something opens, so that nobody need know
where else to look; what was made before stays as it is.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from blijfwijzer.disclosure.chain import FILE, Release, verify
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.standing import RESUME, STOP
from blijfwijzer.errors import LedgerError, StoppedError

EVERYTHING = ""
"""What is stopped where no model is named."""


def stops_in(entered: Sequence[Release]) -> dict[str, Release]:
    """Give what is stopped to the line that stopped it: keyed hashes of models, or `EVERYTHING`."""
    stopped: dict[str, Release] = {}
    for line in entered:
        kind = line.content.get("kind")
        if kind == STOP:
            stopped[str(line.content["note"]["model"])] = line
        elif kind == RESUME:
            stopped.pop(str(line.content["note"]["model"]), None)
    return stopped


def refuse_begun(ledgers: Path) -> None:
    """Refuse to begin while everything is stopped of each survey here, before a form is read.

    Raises
    ------
    StoppedError
    """
    stopped = [_stop_of_all(path.parent) for path in ledgers.glob(f"*/{FILE}")]
    if stopped and all(stopped):
        raise StoppedError(
            f"{ledgers}: everything is stopped: {stopped[0]}. Nothing was read or made; what was "
            "made before is kept. Whoever may decide resumes it with `blijfwijzer govern resume`."
        )


def _stop_of_all(folder: Path) -> str:
    """Give why everything of a survey is stopped; "" where it is not, or cannot be told here."""
    try:
        line = stops_in(verify(folder)).get(EVERYTHING)
    except LedgerError:  # told by whoever needs that ledger
        return ""
    return "" if line is None else str(line.content["note"]["reason"])


def refuse_stopped(ledger: Ledger, models: Mapping[str, str]) -> None:
    """Refuse to make something while all is stopped, or a model that it uses.

    Parameters
    ----------
    models : name to keyed hash of each model that is used

    Raises
    ------
    StoppedError
    """
    stopped = stops_in(ledger.releases)
    for what, key in (("everything", EVERYTHING), *models.items()):
        if key in stopped:
            line = stopped[key]
            raise StoppedError(
                f"{ledger.folder}: {what} was stopped on {line.time[:10]}: "
                f"{line.content['note']['reason']}. Nothing was made; what was made before is "
                "kept. Whoever may decide resumes it with `blijfwijzer govern resume`."
            )
