"""What was promised of a draw before its survey was scored, and whether it is kept.

The line of a release in the ledger holds the hash of a secret and of the plan by which vouchers
will be divided. A draw is made by these, once; whatever else was tried needs a reason, which every
reader is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from blijfwijzer.disclosure.chain import Release, verify
from blijfwijzer.errors import ReleaseError, VoucherError
from blijfwijzer.release.draws import divisions_among, draw_of, read_drawn, share_people
from blijfwijzer.release.folder import LOTTERY, settings_of
from blijfwijzer.release.request import Request
from blijfwijzer.release.verify import hold_release
from blijfwijzer.settings import VoucherSettings
from blijfwijzer.vouchers.seal import Origin, canonical, hash_text, open_sealed

_LEAST = 20
"""Characters of a secret below which whoever has its hash could try all there are."""


@dataclass(frozen=True)
class Secret:
    """What was kept until the release stood, and why there is another draw, if there is."""

    text: str = ""
    again: str = ""
    """Reason for another draw, or another plan, than the first."""


def promise_of(plan: VoucherSettings) -> dict[str, str]:
    """Give what the ledger keeps of a promise when a survey is scored; nothing if there is none."""
    if not plan.commitment:
        return {}
    return {"commitment": plan.commitment.lower(), "plan": hash_text(canonical(_plain(plan)))}


def promise_in(request: Request) -> dict[str, dict[str, str]]:
    """Give what a line of the ledger holds of a promise; only vouchers of `score` are divided."""
    promise = promise_of(request.settings.vouchers) if request.kind == "score" else {}
    return {"promise": promise} if promise else {}


def read_secret(path: Path | None, again: str = "") -> Secret:
    """Read the file that holds a secret; its hash is that of the file as it is.

    Raises
    ------
    VoucherError
        It cannot be read, is no text, or is short enough to guess.
    """
    reason = " ".join(again.split())
    if path is None:
        return Secret("", reason)
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise VoucherError(
            f"{path}: the secret cannot be read as text. Give the file that its keeper made."
        ) from error
    if len(text) < _LEAST:
        raise VoucherError(
            f"{path.name}: {len(text)} characters can be guessed from their hash. A secret has at "
            f"least {_LEAST}; make one anew, set its hash, and score again."
        )
    return Secret(text, reason)


def origin_of(
    folder: Path, run: Mapping[str, Any], ledgers: Path, *, plan: VoucherSettings, secret: Secret
) -> Origin:
    """Say what a division of a release follows from, after holding it against its ledger.

    Parameters
    ----------
    run : the record of the release
    plan : of the division, with its budget, cost and need

    Raises
    ------
    LedgerError, ReleaseError
        The release is not as it was entered; or its people were drawn among already, or the plan
        is not as it stood at scoring, and no reason is given.
    VoucherError
        Something is drawn, and the secret is not the one that was promised. Where none was, the
        draw follows from the release alone, which every reader is told.
    """
    entered = verify(ledgers / str(run["survey"]))
    line = hold_release(folder, dict(run), entered)
    is_drawn = is_lottery(plan)
    planned = settings_of(run).vouchers
    is_promised = bool(planned.commitment or secret.text)
    if is_drawn and is_promised:
        _hold_promise(planned, secret.text, line, entered)
    origin = Origin(
        survey=str(run["survey"]),
        owner=str(run["owner"]),
        sequence=line.sequence,
        head=line.hash,
        groups=hash_text(canonical(line.content["groups"])),
        plan=_plain(plan),
        secret=secret.text if is_drawn else "",
        changed=_changed(planned, plan, line, entered) if is_drawn and is_promised else (),
        reason=secret.again,
    )
    return number_draw(origin, entered, is_drawn=is_drawn)


def number_draw(origin: Origin, entered: Sequence[Release], *, is_drawn: bool) -> Origin:
    """Say which of the draws among its people a division is; one that was made keeps its number.

    Raises
    ------
    ReleaseError
        It is another draw than the first, or by another plan, and no reason is given.
    """
    others = divisions_among(entered[origin.sequence - 1], entered)
    for other in others:
        if other.id == origin.id:
            return replace(origin, number=other.number, reason=other.reason)
    before = [other for other in others if other.lottery]
    number = len({other.id for other in before}) + 1 if is_drawn or before else 0
    if number > 1 and not origin.reason:
        raise ReleaseError(
            f"release {origin.sequence}: its people were drawn among already: {before[0]}. Nothing "
            "was changed. If it must be done again, give the reason with --again; it stands on the "
            "page, in the seal and in every audit."
        )
    if origin.changed and not origin.reason:
        raise ReleaseError(
            f"release {origin.sequence}: this is not what was first promised of these people; what "
            f"differs: {', '.join(origin.changed)}. Nothing was drawn. Draw by what was promised, "
            "or give the reason with --again; it stands on the page, in the seal and in each audit."
        )
    return replace(origin, number=number, reason=origin.reason if number else "")


def hold_seal(folder: Path, run: Mapping[str, Any]) -> None:
    """Refuse a release whose sealed lottery is not the one that was entered with its vouchers.

    Raises
    ------
    ReleaseError, TrialError
    """
    entered = str(draw_of(run).get("lottery", ""))
    path = folder / LOTTERY
    there = open_sealed(path).sha256 if entered or path.exists() else ""
    if there != entered:
        raise ReleaseError(
            f"{folder}: {LOTTERY} is not the lottery that was entered with its vouchers. Do not "
            "publish it. Run `vouchers` again as before, which gives the same draw."
        )


def is_lottery(plan: VoucherSettings) -> bool:
    """Tell whether something is drawn, or put forward by hand."""
    return plan.lottery > 0 or plan.mix != (1, 0, 0)


def _hold_promise(
    planned: VoucherSettings, secret: str, line: Release, entered: Sequence[Release]
) -> None:
    commitment = planned.commitment.lower()
    if not commitment or promise_of(planned) != line.content.get("promise"):
        raise VoucherError(
            f"release {line.sequence}: no secret was promised when it was scored, so its draw "
            "could be chosen. Set vouchers.commitment, budget and cost in the settings, and score "
            "again (docs/decisions/draws.md)."
        )
    if hash_text(secret) != commitment:
        what = "this is another secret than the one" if secret else "the secret is not given"
        raise VoucherError(
            f"release {line.sequence}: {what} that was promised when it was scored (SHA-256 "
            f"{commitment}). Give the file of its keeper with --secret."
        )
    before = map(read_drawn, entered[: line.sequence])
    known = [one.sequence for one in before if one is not None and one.commitment == commitment]
    if known:
        raise VoucherError(
            f"release {line.sequence}: its secret was revealed in line {known[0]}, before it was "
            "scored, so its draw could be foreseen. Set the hash of a new one and score again."
        )


def _plain(plan: VoucherSettings) -> dict[str, Any]:
    return plan.model_dump(mode="json")


def _changed(
    planned: VoucherSettings, plan: VoucherSettings, line: Release, entered: Sequence[Release]
) -> tuple[str, ...]:
    """Name what is not as it was first promised: settings, and releases of these people before.

    Who knows the secret could score the people again by another plan, and draw by the better one.
    """
    mine = line.content
    first = [
        f"release {one.sequence}"
        for one in entered[: line.sequence - 1]
        if one.content.get("promise") and share_people(line, one)
        if any(one.content[name] != mine[name] for name in ("promise", "groups"))
    ]
    before, now = _plain(planned), _plain(plan)
    return (*first, *sorted(name for name in now if now[name] != before[name]))
