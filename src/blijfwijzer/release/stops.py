"""What was stopped: no more is made with a model, or at all, until somebody resumes it.

It stands in the ledger, which every command that shows something opens, so that nobody need know
where else to look; what was made before stays as it is. A ledger that is named in place of that one
does not help: those beside the models, and the one of `LEDGERS`, are looked at all the same.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from blijfwijzer.disclosure.chain import FILE, HEAD, Release, read_head, read_lines, verify
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.standing import RESUME, STOP, standing
from blijfwijzer.errors import LedgerError, ModelFolderError, StoppedError
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.release.request import Request

EVERYTHING = ""
"""What is stopped where no model is named."""
LEDGERS = "BLIJFWIJZER_LEDGER"
"""Environment variable that names the folder of the ledgers."""
BEYOND = "BLIJFWIJZER_SERVE_WITHOUT_LEDGER"
"""Environment variable that says "yes" where a model is served beyond the reach of any ledger."""


def stops_in(entered: Sequence[Release]) -> dict[str, Release]:
    """Give what is stopped to the line that stopped it: hashes of manifests, or `EVERYTHING`."""
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
    keyed = {ledger.identify(key): line for key, line in stopped.items()}
    _refuse(ledger.folder, {**stopped, **keyed}, models)


def refuse_stopped_elsewhere(request: Request, ledger: Ledger) -> None:
    """Refuse what another ledger of the survey says is stopped than the one that was named.

    Raises
    ------
    StoppedError, LedgerError
    """
    origin = request.origin
    models = {origin.get(name, name): origin[f"{name}_sha256"] for name in request.models}
    own = ledger.folder.resolve()
    for ledgers in {*request.homes, *_named()}:
        place = ledgers / request.survey
        if place.resolve() != own and (place / FILE).is_file():
            _refuse(place, stops_in(_lines_of(place)), models)


def refuse_stopped_here(stored: Stored, ledgers: Path) -> None:
    """Refuse to use a model that is stopped, where nothing is entered in a ledger.

    Parameters
    ----------
    ledgers : folder of the ledgers; a fresh one says nothing

    Raises
    ------
    StoppedError, LedgerError
    """
    survey = stored.codebook.survey.name
    for place in {one / survey for one in (ledgers, stored.ledgers, *_named())}:
        if (place / FILE).is_file():
            _refuse(place, stops_in(_lines_of(place)), _plain(stored))


def refuse_served(stored: Stored) -> None:
    """Refuse to answer by a model that is stopped, or of which it cannot be told whether it is.

    Raises
    ------
    StoppedError
        It is stopped, or everything is.
    LedgerError
        `LEDGERS` names no ledger of its survey.
    ModelFolderError
        It was not trained with that ledger: a fresh one would know of no stop.
    """
    if os.environ.get(BEYOND) == "yes":
        return
    survey = stored.codebook.survey.name
    places = [ledgers / survey for ledgers in _named() if (ledgers / survey / FILE).is_file()]
    if not places:
        raise LedgerError(
            f"{LEDGERS}: names no folder with a ledger of {survey}, so that `govern stop` would "
            "not reach this model. Nothing was answered. Let it name the folder of the ledgers "
            f"({FILE} and {HEAD} in it are read, and no key). Where there is none, as on another "
            f"machine, say so with {BEYOND}=yes, and shut the server down to stop it."
        )
    for place in places:
        lines = _lines_of(place)
        _refuse(place, stops_in(lines), _plain(stored))
        if stored.manifest.sha256 not in {line.content.get("model") for line in standing(lines)}:
            raise ModelFolderError(
                f"{place}: {stored.folder.name} was not trained with this ledger, or was altered "
                "since, so it is not known whether it was stopped. Nothing was answered. Name the "
                "right ledger."
            )


def stop_of(stored: Stored) -> Release | None:
    """Give the line by which a model, or everything, was stopped in a ledger known to be its own.

    Raises
    ------
    LedgerError
        A ledger cannot be read.
    """
    survey = stored.codebook.survey.name
    for place in sorted({ledgers / survey for ledgers in (stored.ledgers, *_named())}):
        stopped = stops_in(_lines_of(place)) if (place / FILE).is_file() else {}
        for key in (EVERYTHING, stored.manifest.sha256):
            if key in stopped:
                return stopped[key]
    return None


def _named() -> Iterator[Path]:
    """Give the folder of ledgers that the environment names, if it does."""
    named = os.environ.get(LEDGERS, "")
    if named:
        yield Path(named)


def _plain(stored: Stored) -> dict[str, str]:
    return {stored.folder.name: stored.manifest.sha256}


def _lines_of(place: Path) -> list[Release]:
    """Read the lines of a ledger that is not opened here: no lock, no key."""
    file = (place / FILE).stat()
    return _read_lines(place, file.st_mtime_ns, file.st_size)


@lru_cache(maxsize=4)
def _read_lines(place: Path, _changed: int, _size: int) -> list[Release]:
    """Read lines once for each state of their file, since a server asks at each question."""
    return read_lines(place, read_head(place))[0]


def _refuse(folder: Path, stopped: Mapping[str, Release], models: Mapping[str, str]) -> None:
    """Refuse where all, or one of some models, is among what was stopped."""
    named: Iterable[tuple[str, str]] = (("everything", EVERYTHING), *models.items())
    for what, key in named:
        if key in stopped:
            line = stopped[key]
            raise StoppedError(
                f"{folder}: {what} was stopped on {line.time[:10]}: "
                f"{line.content['note']['reason']}. Nothing was made; what was made before is "
                "kept. Whoever may decide resumes it with `blijfwijzer govern resume`."
            )
