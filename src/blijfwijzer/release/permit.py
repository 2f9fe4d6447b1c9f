"""Whether something may be made, by what was settled about it, and what its pages say of that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.errors import GovernanceError
from blijfwijzer.files import to_json
from blijfwijzer.governance.acceptance import Judgement
from blijfwijzer.governance.document import Governance, Use
from blijfwijzer.governance.places import find_governance, read_named
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.release.origin import KEYED, models_of, refuse_other_weights, refuse_unknown
from blijfwijzer.release.request import Request
from blijfwijzer.release.stops import refuse_stopped, refuse_stopped_elsewhere
from blijfwijzer.release.thresholds import Judging, settle, tells
from blijfwijzer.survey.texts import Message, say

_USES: Mapping[str, Use] = {"need": "vouchers", "intention": "retention policy"}
"""Kind of an outcome to what its risks are for."""


@dataclass(frozen=True)
class Permit:
    """What was settled about something that is made, and what it is for."""

    governance: Governance | None
    """None where nobody settled anything: then it is for no use."""
    uses: tuple[Use, ...] = ()
    is_in_time: bool = True
    """Whether thresholds were fixed before anything was known that they judge."""
    judged: tuple[Judgement, ...] = ()
    """How what it follows from was judged."""
    is_example: bool = False
    """Whether it is what the package ships for its built-in survey, whose people are invented."""

    @property
    def told(self) -> dict[str, Any] | None:
        """What the record of a release tells of it."""
        if self.governance is None:
            return None
        own = self.governance
        return {
            "sha256": own.sha256,
            "thresholds_sha256": own.acceptance.sha256,
            "is_example": self.is_example,
            "document": own.model_dump(mode="json"),
        }

    @property
    def marks(self) -> Iterator[Message]:
        """What each page and sheet says before all else."""
        if self.governance is None:
            yield say("mark.ungoverned")
        elif self.governance.unsettled:
            names = tuple(say(id_of("settled", name)) for name in self.governance.unsettled)
            yield say("mark.unsettled", names=names)

    @property
    def remarks(self) -> Iterator[Message]:
        """What the top of a page says besides."""
        if self.is_example:
            yield say("warning.example")

    def hold(self, ledger: Ledger) -> None:
        """Refuse what was not allowed, or no longer is.

        Raises
        ------
        GovernanceError
        """
        if self.governance is not None:
            refuse_past(self.governance, ledger)
            refuse_uses(self.governance, self.uses)


def read_permit(run: Mapping[str, Any], named: Path | None = None) -> Permit:
    """Read what vouchers of a release may follow by.

    Parameters
    ----------
    run : the record of the release
    named : file of what is settled now; what was at scoring when left out

    Raises
    ------
    GovernanceError
        It was made without, or what it tells is of another version.
    """
    told = run.get("governance")
    if not told:
        raise GovernanceError(
            "run.json: this release was made without a governance file, so it is not for use and "
            "no vouchers follow from it. Write the file (blijfwijzer govern draft), and score the "
            "wave by it."
        )
    try:
        then = Governance.model_validate_json(to_json(told["document"]))
        judged = tuple(Judgement.read(one) for one in run.get("acceptance", ()))
    except (ValueError, KeyError, TypeError) as error:
        raise GovernanceError(
            "run.json: what it tells of governance is of another version. Score the wave again."
        ) from error
    now = then if named is None else read_named(named, str(run["survey"]))
    return Permit(now, ("vouchers",), judged=judged)


def begin(request: Request, ledger: Ledger) -> Permit:
    """Refuse what may not be made at all, before anything is chosen to be shown.

    Raises
    ------
    StoppedError, GovernanceError
        It was stopped, is not allowed, or no longer is.
    ModelFolderError, DisclosureError
        Its models must be known and are not; or it would have other weights than were told.
    """
    told = find_governance(request.settings.governance, request.codebook)
    is_example = told is not None and request.settings.governance is None
    permit = Permit(told, tuple(_uses_of(request)), is_example=is_example)
    refuse_stopped(ledger, models_of(request, ledger))
    refuse_stopped_elsewhere(request, ledger)
    permit.hold(ledger)
    refuse_unknown(request, ledger)
    refuse_other_weights(request, ledger)
    return replace(permit, is_in_time=_settle(permit, request, ledger))


def _settle(permit: Permit, request: Request, ledger: Ledger) -> bool:
    """Enter thresholds before a result that they judge; tell whether they are in time."""
    models = models_of(request, ledger)
    if permit.governance is None or not tells(request.kind, bool(models)):
        return True
    dataset = ledger.identify(request.origin.get("survey_sha256", ""))
    about = request.survey, request.kind, request.wave, dataset
    judging = Judging(*about, frozenset(models.values()))
    return settle(ledger, permit.governance.acceptance.sha256, judging)


def hold_again(permit: Permit | None, kind: str, run: Mapping[str, Any], ledger: Ledger) -> None:
    """Refuse what follows from a release that may no longer be used, or by other thresholds.

    Parameters
    ----------
    permit : by which it is made; none of what people decide, which nothing may stop
    kind : what is made of it
    run : the record of the release

    Raises
    ------
    StoppedError, GovernanceError
    """
    if permit is None:
        return
    origin = run["provenance"]
    ends = [name.removesuffix(KEYED) for name in origin if name.endswith(KEYED)]
    models = {origin.get(n, n): origin[n + KEYED] for n in ends if n.startswith("model")}
    refuse_stopped(ledger, models)
    if permit.governance is None:
        return
    permit.hold(ledger)
    about = str(run["survey"]), kind, str(run["wave"]), str(origin[f"survey{KEYED}"])
    judging = Judging(*about, frozenset(models.values()))
    settle(ledger, permit.governance.acceptance.sha256, judging)


def refuse_past(governance: Governance, ledger: Ledger) -> None:
    """Refuse a file that ended, by the clock or by the ledger, whichever is later.

    Raises
    ------
    GovernanceError
    """
    entered = [date.fromisoformat(line.time[:10]) for line in ledger.releases if line.time]
    today = max([date.today(), *entered])
    if governance.expiry < today:
        raise GovernanceError(
            f"governance of {governance.survey}: ended on {governance.expiry}, and it is {today} "
            "or later. Nothing was made. Whoever may decide renews it, with a new expiry."
        )


def refuse_uses(governance: Governance, uses: tuple[Use, ...]) -> None:
    """Refuse a use that the survey is not for.

    Raises
    ------
    GovernanceError
    """
    strange = [use for use in uses if use not in governance.purpose.allowed]
    if strange:
        raise GovernanceError(
            f"governance of {governance.survey}: {', '.join(strange)} is asked, and this survey is "
            f"for {', '.join(governance.purpose.allowed)} only. Nothing was made. Ask what is "
            "allowed, such as models of other outcomes, or have the purpose settled anew."
        )


def _uses_of(request: Request) -> Iterator[Use]:
    """Give what something is for: a culture, or the outcomes that it tells risks of."""
    if request.kind == "climate":
        yield "culture"
    if request.kind in ("score", "merge"):
        told = (statistic.removeprefix("rate:") for statistic in request.statistics)
        outcomes = request.codebook.outcomes
        yield from (_USES[outcomes[name].kind] for name in told if name in outcomes)
