"""The story of `promote`: a model takes the place of the one in use, or every reason why not."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from blijfwijzer.errors import BusyError, PromotionError, SettingsError, counted
from blijfwijzer.files import to_json
from blijfwijzer.governance.places import governed
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.records.champions import CHAMPIONS, ChampionDecision, mark_champion, read_champions
from blijfwijzer.records.model_choice import ModelChoice, choose_model
from blijfwijzer.records.model_folder import MANIFEST, Stored, moment
from blijfwijzer.records.registry import CHAMPION, Registered, crown, is_registered, version_of
from blijfwijzer.records.tracking import expect_tracking, is_tracked
from blijfwijzer.release.breakdown import Breakdown
from blijfwijzer.release.preview import Found, Wish
from blijfwijzer.release.publication import Showing, showing
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.request import Request
from blijfwijzer.runs.models.explained import Explained, count_told
from blijfwijzer.runs.models.held_out import hold_out
from blijfwijzer.runs.models.measured import admit_people, find_rows, measure_rivals
from blijfwijzer.runs.models.pairs import (
    CompareRequest,
    read_alone,
    read_pair,
    request_of,
    rivals_of,
)
from blijfwijzer.runs.models.promotion import Candidacy, find_reasons, tell_measured
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.arrays import Array, Mask


@dataclass(frozen=True)
class PromoteRequest:
    """What is asked of a model."""

    model: Path
    """A model folder, or an address in the registry."""
    survey: Path
    """The newest wave with outcomes."""
    by: str
    """Who decides: a name or a role."""
    why: str
    learnt: tuple[Path, ...] = ()
    """Files that models were trained on, where that is another wave than the survey."""
    settings: Settings | Path | None = None
    """Those of the model when left out."""


@dataclass(frozen=True)
class Promoted:
    """A model that is used from now on."""

    decision: ChampionDecision
    said: tuple[str, ...]
    """What the command line says, a line each."""

    def __str__(self) -> str:
        """Say it as the command line does."""
        return "\n".join(self.said)


@dataclass(frozen=True)
class _Place:
    """Where a model lies: in a folder of models, in the registry, or in both."""

    models: Path
    store: Path
    """Folder of the SQLite database; MLFLOW_TRACKING_URI wins."""
    champion: Path | None
    """The model in use, if one is named."""
    in_use: str = ""
    """Name of its folder."""


def promote(asked: PromoteRequest, ledgers: Path | None) -> Promoted:
    """Make a model the champion that `score` uses, if it is no worse than the one in use.

    Parameters
    ----------
    ledgers : folder of the ledgers; beside the folder of models when None
    """
    with show_progress() as tell:
        promoted = promote_model(asked, ledgers, tell)
    print(promoted)
    return promoted


def promote_model(asked: PromoteRequest, ledgers: Path | None, tell: Tell) -> Promoted:
    """Measure a model beside the one in use, and let it take that one's place if it may.

    Raises
    ------
    PromotionError
        It may not; the message lists every reason.
    """
    refuse_unnamed(asked)
    choice = choose_model(asked.model)
    stored = choice.stored
    settings = governed(load_settings(asked.settings or stored.settings), stored.folder)
    expect_tracking(settings.tracking)
    place = _find_place(asked.model, stored)
    champion, challenger = _read(asked, choice, place.champion, tell)
    with showing(_request(champion, challenger), ledgers or stored.ledgers) as release:
        # The ledger is ours now; what was in use when the models were read may be so no longer.
        _refuse_overtaken(asked.model, stored, place)
        candidacy = _measure(champion, challenger, asked, release, tell)
        reasons = find_reasons(candidacy)
        found = {} if candidacy.measured is None else tell_measured(candidacy.measured)
        # What is said of a refusal is shown as well.
        release.enter({"decision.json": to_json({"reasons": reasons, "found": found})})
        if reasons:
            raise PromotionError(
                f"{candidacy.name} was not promoted, for {counted(len(reasons), 'reason')}:\n"
                + "\n".join(f"  {number}. {one}" for number, one in enumerate(reasons, 1))
            )
        replaced = "" if champion is None else champion.stored.folder.name
        decision = ChampionDecision(
            stored.model.target,
            candidacy.name,
            replaced,
            asked.by.strip(),
            asked.why.strip(),
            moment(),
            release.request.wave,
            found,
        )
        return _crown(decision, stored, place, settings)


def wish_promotion(asked: PromoteRequest, tell: Tell) -> Wish:
    """Give what would be told of a model beside the one in use, to foretell how much may be.

    Raises
    ------
    PromotionError
        It is in use already.
    """
    refuse_unnamed(asked)
    choice = choose_model(asked.model)
    place = _find_place(asked.model, choice.stored)
    champion, challenger = _read(asked, choice, place.champion, tell)

    def find(release: Rehearsal) -> Found:
        breakdown = _admit(champion, challenger, release)
        return Found(count_told(breakdown, challenger.intake))

    return Wish(_request(champion, challenger), find)


def refuse_unnamed(asked: PromoteRequest) -> None:
    """Refuse a decision that nobody takes, or that has no reason.

    Raises
    ------
    SettingsError
    """
    lacking = [name for name in ("by", "why") if not getattr(asked, name).strip()]
    if lacking:
        raise SettingsError(
            f"promote: {counted(len(lacking), 'part')} of the decision {', '.join(lacking)} "
            "would be empty. Say who decides (--by) and why (--why); both are kept."
        )


def _find_place(model: Path, stored: Stored) -> _Place:
    """Find where a model lies, and which one is in use there.

    Raises
    ------
    PromotionError
        It is in use already.
    """
    place = _in_registry(stored) if is_registered(model) else _in_folder(stored)
    if place.in_use == stored.folder.name:
        raise PromotionError(f"{place.in_use}: is the champion already. Name another model.")
    return place


def _in_registry(stored: Stored) -> _Place:
    """Find the version of a registered model that has the alias of the champion."""
    store, name = Path("mlruns"), Registered.of(stored).name
    version = version_of(name, CHAMPION, store)
    if not version:
        return _Place(Path("models"), store, None)
    champion = Path(f"models:/{name}/{version}")
    return _Place(Path("models"), store, champion, choose_model(champion).stored.folder.name)


def _in_folder(stored: Stored) -> _Place:
    """Find the champion that a folder of models names."""
    models = stored.folder.parent
    in_use = read_champions(models).get(stored.model.target, "")
    return _Place(models, models.parent / "mlruns", models / in_use if in_use else None, in_use)


def _refuse_overtaken(model: Path, stored: Stored, place: _Place) -> None:
    """Refuse to replace another model than the one that was read to be measured against.

    Raises
    ------
    BusyError
    """
    if _find_place(model, stored).champion != place.champion:
        raise BusyError(
            f"{stored.folder.name}: another model of {stored.model.target} was promoted meanwhile, "
            "and this one was not measured beside it. Nothing was changed. Promote again."
        )


def _read(
    asked: PromoteRequest, choice: ModelChoice, champion: Path | None, tell: Tell
) -> tuple[Explained | None, Explained]:
    """Work out what the model in use, if there is one, and another make of a survey."""
    own = None if asked.settings is None else load_settings(asked.settings)
    if champion is None:
        settings = own or choice.stored.settings
        return None, read_alone(choice, asked.survey, settings, tell)
    pair = read_pair(CompareRequest(champion, asked.model, asked.survey, settings=own), tell)
    return pair.first, pair.second


def _request(champion: Explained | None, challenger: Explained) -> Request:
    """Say what is asked to be shown: how good both are, by the units that answer as a whole."""
    beside = {} if champion is None else {"first": champion}
    cluster = (challenger.stored.codebook.units.cluster,)
    return request_of("promote", {**beside, "second": challenger}, cluster)


def _admit(champion: Explained | None, challenger: Explained, release: Rehearsal) -> Breakdown:
    """Choose by which units and backgrounds both may be told of."""
    first = challenger if champion is None else champion
    cluster = (challenger.stored.codebook.units.cluster,)
    return admit_people(challenger, first.contributions.risk, cluster, release)


def _measure(
    champion: Explained | None,
    challenger: Explained,
    asked: PromoteRequest,
    release: Showing,
    tell: Tell,
) -> Candidacy:
    """Measure a model beside the one in use, or beside the share of everyone."""
    both = [one for one in (champion, challenger) if one is not None]
    tell("find what could be derived")
    breakdown = _admit(champion, challenger, release)
    held = tuple(hold_out(one, asked.learnt, release, tell) for one in both)
    candidacy = Candidacy(
        challenger.stored,
        None if champion is None else champion.stored,
        challenger.file,
        held,
        challenger.settings.promotion,
        silenced=challenger.settings.checks.silenced,
    )
    rows = find_rows(held, challenger, breakdown, release)
    if rows is None:
        return candidacy
    tell("measure both")
    other = _of_everyone(challenger, rows) if champion is None else held[0].risk
    rivals = rivals_of(challenger, other, held[-1].risk)
    measured = measure_rivals(rivals, breakdown, rows, challenger)
    return replace(candidacy, measured=measured, rivals=rivals.take(rows))


def _of_everyone(explained: Explained, rows: Mask) -> Array:
    """Give each the share of all who gave the outcome."""
    share = np.average(explained.answers[rows], weights=explained.weight[rows])
    return np.full(len(rows), float(share))


def _crown(
    decision: ChampionDecision, stored: Stored, place: _Place, settings: Settings
) -> Promoted:
    """Name a model as champion in the registry and in the folder of models."""
    said = [f"{decision.target}: {decision.model} is the champion now."]
    if decision.replaced:
        said.append(f"  it takes the place of {decision.replaced}")
    if is_tracked(settings.tracking):
        told = asdict(decision)
        tags = {name: str(told[name]) for name in ("decided", "by", "why", "replaced", "survey")}
        tags["decided_on"] = tags.pop("survey")
        loss = decision.found["measures"]["log_loss"]
        tags["found"] = ", ".join(f"{name} {value}" for name, value in loss.items())
        registered = Registered.of(stored)
        version = crown(registered, tags, place.store)
        where = f"version {version} of {registered.name}" if version else "no version of it"
        said.append(f"  in the registry: {where}")
    if (place.models / decision.model / MANIFEST).exists():
        mark_champion(place.models, decision)
        said.append(f"  in {place.models / CHAMPIONS}, which `score` follows")
    return Promoted(decision, tuple(said))
