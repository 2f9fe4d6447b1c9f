"""From what a release is made, as it may be shown, and what the ledger has to say of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.standing import withdrawn
from blijfwijzer.errors import DisclosureError, ModelFolderError
from blijfwijzer.groups.register_weights import least_in_cell
from blijfwijzer.release.request import Request
from blijfwijzer.release.stops import EVERYTHING, stops_in
from blijfwijzer.release.thresholds import MODELS
from blijfwijzer.settings import Settings
from blijfwijzer.survey.texts import Message

_PLAIN, KEYED = "_sha256", "_hmac_sha256"
_REGISTER = "register_sha256"
BEFORE = "previous_"
"""What the origin of something calls the tables of the wave before by."""
_WEIGHED = frozenset({"score", "merge", "climate", "claims"})
"""What tells figures of a wave by the margins of a register, where there is one."""
_RATED, _OBSERVED = frozenset({"score", "merge"}), frozenset({"train", "monitor", "compare"})
"""What tells rates of an outcome by these margins, and what tells them as the survey weighs."""
_OF_NOBODY = frozenset({"codebook_sha256", "labels_sha256", "settings_sha256"})
"""Hashes of what holds no answer of anybody; all others are keyed before they are shown."""


def keyed_origin(origin: Mapping[str, str], ledger: Ledger) -> dict[str, str]:
    """Give what something is made from, with keyed hashes of all that answers are in.

    Whoever knows all answers of a file but one could find that one from its plain hash, by trying,
    and test whether somebody is in it; the same of a model, which the same file always gives. With
    the key of the ledger the hash can still be checked by those who hold that.

    Parameters
    ----------
    origin : as `Request` holds it, in which nothing is keyed
    """
    shown = {}
    for name, value in origin.items():
        if name.endswith(_PLAIN) and name not in _OF_NOBODY:
            shown[name.removesuffix(_PLAIN) + KEYED] = ledger.identify(value)
        else:
            shown[name] = value
    return shown


def models_of(request: Request, ledger: Ledger) -> dict[str, str]:
    """Give the folders of the models that something is made with, to their keyed hashes."""
    origin = request.origin
    return {
        origin.get(name, name): ledger.identify(origin[name + _PLAIN]) for name in request.models
    }


def models_in(request: Request, ledger: Ledger) -> dict[str, list[str]]:
    """Give what a line of the ledger holds of the models that something is made with."""
    keyed = sorted(models_of(request, ledger).values())
    return {MODELS: keyed} if keyed else {}


def unknown_models(request: Request, ledger: Ledger) -> list[str]:
    """Name the folders of models that something is made with and that the ledger does not know.

    A training enters the manifest of its model; one that was altered, or that came from elsewhere,
    is in no line. For one that came in a pack whoever signed that vouches.
    """
    known = {line.content.get("model") for line in ledger.standing} | request.vouched
    origin = request.origin
    strange = [name for name in request.models if origin[f"{name}{_PLAIN}"] not in known]
    return [origin.get(name, name) for name in strange]


def refuse_unknown(request: Request, ledger: Ledger) -> None:
    """Refuse a model that the ledger does not know, if the settings say to or one was stopped.

    A model is stopped by the hash of its manifest: with one byte of that changed it would be
    another one, which nobody stopped and nobody trained.

    Raises
    ------
    ModelFolderError
    """
    is_one_stopped = bool(stops_in(ledger.releases).keys() - {EVERYTHING})
    if request.settings.disclosure.known_models != "require" and not is_one_stopped:
        return
    strange = unknown_models(request, ledger)
    if strange:
        raise ModelFolderError(
            f"{ledger.folder}: {len(strange)} models were not trained with this ledger, or were "
            f"altered since: {', '.join(strange)}. Nothing was shown. Give the right ledger, train "
            'again, or set [disclosure] known_models = "tell" (if a model is stopped, resume it).'
        )


def register_in(request: Request, ledger: Ledger, wave: str) -> dict[str, str]:
    """Give what a line of the ledger holds of the register whose margins figures of a wave have.

    The same register gives other weights by other settings of margins, so these are part of it.

    Parameters
    ----------
    wave : the one that is asked about, or the one before
    """
    name = _REGISTER if wave == request.wave else BEFORE + _REGISTER
    register = request.origin.get(name)
    if register is None:
        return {}
    return {"register": ledger.identify(register + _margins_asked(request.settings))}


def _margins_asked(settings: Settings) -> str:
    """Say how margins are given where that is otherwise than usual; "" as in ledgers of before."""
    usual, own = (
        (least_in_cell(each), each.margins.largest_factor) for each in (Settings(), settings)
    )
    return "" if own == usual else f"/{own[0]}/{own[1]}"


def refuse_other_weights(request: Request, ledger: Ledger) -> None:
    """Refuse figures of a wave of which figures with margins of another register were told.

    Whoever knows the register knows which codes weigh how much: two rates of a unit, with its
    margins and without them, are two equations for the answers of those with each code. So are two
    shares of the same part in outputs of two kinds.

    Raises
    ------
    DisclosureError
    """
    for line in other_weights(request, ledger, request.wave).standing:
        told = line.content
        if told.get("groups") and told["wave"] == request.wave:
            raise told_otherwise(request.wave, [line])


def other_weights(request: Request, ledger: Ledger, wave: str) -> Ledger:
    """Give the ledger with only the groups of which figures with other margins were told.

    A wave is called after its file, so people are known by who they are, too (`admit_groups`).

    Parameters
    ----------
    wave : the one that is asked about, or the one before
    """
    return _of_other_register(request, ledger, wave, lambda kind: {request.kind, kind} <= _WEIGHED)


def rates_otherwise(request: Request, ledger: Ledger, wave: str) -> Ledger:
    """Give the ledger with only what tells rates of an outcome as they weigh without the margins.

    A training and a watch have the weights of the survey whatever register there is, so they are
    told beside figures that have its margins; what rests on a group's own answers is not.
    """
    beside = _OBSERVED if request.kind in _RATED else _RATED if request.kind in _OBSERVED else ()
    return _of_other_register(request, ledger, wave, lambda kind: kind in beside)


def _of_other_register(
    request: Request, ledger: Ledger, wave: str, is_asked: Callable[[str], bool]
) -> Ledger:
    own = register_in(request, ledger, wave).get("register")
    releases = []
    for line in ledger.releases:
        told = line.content
        is_other = (
            is_asked(told["kind"])
            and told["survey"] == request.survey
            and told.get("register") != own
        )
        content = told if is_other else {**told, "groups": {}, "parts": {}}
        releases.append(replace(line, content=content))
    return replace(ledger, releases=releases)


def told_otherwise(wave: str, lines: Sequence[Release]) -> DisclosureError:
    """Say that figures of the same people were told with other weights, in one of some lines."""
    of = " or ".join(str(line.sequence) for line in lines)
    return DisclosureError(
        f"release {of} beside wave {wave}: told figures of these people with other margins of a "
        "register, or with none; beside those that are asked now they would tell of parts of "
        "groups. Nothing was shown. Give the same tables with --population as then (of the wave "
        "before with --previous-population) and the same [margins] in the settings, or take that "
        "release back if nobody was given it (blijfwijzer disclosure withdraw)."
    )


def remark_models(request: Request, ledger: Ledger) -> Iterator[Message]:
    """Say which models the ledger does not know."""
    strange = unknown_models(request, ledger)
    if strange:
        yield Message("warning.model_unknown", {"names": tuple(strange)}, len(strange))


def remark_withdrawn(ledger: Ledger) -> Iterator[Message]:
    """Say that releases were taken back, whose makers said that nobody was given them."""
    gone = withdrawn(ledger.releases)
    if gone:
        yield Message("warning.withdrawn", {}, len(gone))
