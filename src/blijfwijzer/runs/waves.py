"""Waves as stories take them: named, and read alone or with the wave before."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from blijfwijzer.culture.waves import common_items
from blijfwijzer.disclosure.fingerprint import share_of_copies
from blijfwijzer.engines.engine import LOCAL, Engine
from blijfwijzer.errors import MarginError, MissingColumnsError, SameWaveError, SettingsError
from blijfwijzer.governance.places import governed
from blijfwijzer.progress import Tell
from blijfwijzer.records.lineage import Dataset
from blijfwijzer.records.model_choice import Concept, ModelChoice, choose_for, choose_models
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.registry import Registered
from blijfwijzer.records.tracking import Released, expect_tracking
from blijfwijzer.release.origin import BEFORE
from blijfwijzer.release.publication import Publication, track
from blijfwijzer.release.request import Request
from blijfwijzer.runs.people import PeopleKnown, read_people
from blijfwijzer.settings import PackSettings, Settings, load_settings
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.given_labels import NO_LABELS, GivenLabels, read_labels
from blijfwijzer.survey.held import Held, Responses
from blijfwijzer.survey.intake import Intake, read_survey, require_enough
from blijfwijzer.survey.scales import hold_scales
from blijfwijzer.survey.texts import Message, say

_MOST_COPIES = 0.25
"""Share of the smaller of two waves that may be in the other one. Few answer a whole form twice
the same way: those who stayed change an answer, a year of age or of service. A file that was
altered a little holds nearly all of them."""


def paths_of(request: Any) -> list[Path]:
    """Give the files and folders that something is asked of."""
    values = [getattr(request, own.name) for own in fields(request)]
    several = [value if isinstance(value, tuple) else (value,) for value in values]
    return [value for own in several for value in own if isinstance(value, Path)]


def wave_of(survey_file: Path | str) -> str:
    """Name a wave after its file, where nobody named it."""
    return Path(survey_file).name.split(".")[0]


def refuse_one_name(wave: str, previous_file: Path | None) -> None:
    """Refuse two waves that the ledger could not tell apart by name.

    Raises
    ------
    SameWaveError
        The wave before is called as this one.
    """
    if previous_file is not None and wave_of(previous_file) == wave:
        raise SameWaveError(
            f"{previous_file.name}: both waves would be called {wave} in the ledger. Give this one "
            "another name with --wave, e.g. its year."
        )


def without_outcomes(codebook: Codebook) -> Codebook:
    """Let a new wave lack the answers that outcomes are made of."""
    columns = {
        name: c.model_copy(update={"absent": "missing"}) if c.role == "outcome" else c
        for name, c in codebook.columns.items()
    }
    return codebook.model_copy(update={"columns": columns})


@dataclass(frozen=True)
class WavesRequest:
    """What is asked of a survey, alone or with the wave before."""

    survey: Path
    codebook: str
    """Name of a shipped codebook, or path of one; that of the models when empty."""
    only: tuple[str, ...] = ()
    """Unit levels of a climate, or claims; what is usual when empty."""
    previous: Path | None = None
    """The wave before."""
    models: Path | None = None
    """Folder with models, or a pack."""
    settings: Settings | Path | None = None
    wave: str = ""
    """What it is called; the name of its file when empty."""
    labels: Path | None = None
    """What codes are called, where the codebook does not say."""
    engine: Engine = LOCAL
    """Where the work on its rows is done; no output tells."""
    population: tuple[Path, ...] = ()
    """What is known of all people whom it asked, as of `score`."""
    previous_population: tuple[Path, ...] = ()
    """The same of the wave before."""


@dataclass(frozen=True)
class ReadWave:
    """A wave that was read."""

    name: str
    intake: Intake
    scales: Responses
    people: PeopleKnown = field(default_factory=PeopleKnown)
    """What is known of all people whom it asked; its responses have the margins of a register."""

    @property
    def responses(self) -> Held:
        """One row per response."""
        return self.intake.held


@dataclass(frozen=True)
class Waves:
    """A survey that was read, perhaps with the wave before, and how to look at it."""

    now: ReadWave
    before: ReadWave | None
    codebook: Codebook
    """In which outcomes may be absent."""
    settings: Settings
    choice: ModelChoice | None
    """The model that is used, where models were given."""
    left_out: tuple[Message, ...] = ()
    """Why the wave before is not looked at, where it was given and is not."""
    engine: Engine = LOCAL
    """Where the work on its rows is done."""
    labels: GivenLabels = NO_LABELS
    unweighed: ReadWave | None = None
    """The survey with the weights that it had, where it has those of a register."""

    @property
    def remarks(self) -> tuple[Message, ...]:
        """What to know of both waves before all else."""
        read = [self.now] if self.before is None else [self.now, self.before]
        is_weighed = [wave.people.weights is not None for wave in read]
        return () if len(set(is_weighed)) == 1 else (say("warning.one_register"),)

    def request(self, kind: str, statistics: tuple[str, ...], **asked: Any) -> Request:
        """Say what is asked to be shown of it."""
        origin = provenance(self.now.intake.sha256, self.codebook, self.settings)
        origin |= self.now.people.origin()
        if self.before is not None:
            origin["previous_sha256"] = self.before.intake.sha256
            origin |= self.before.people.origin(BEFORE)
        if self.choice is not None:
            origin |= self.choice.stored.origin
        origin |= self.labels.origin
        asked = {"wave": self.now.name, **asked, "kind": kind}
        stored = () if self.choice is None else (self.choice.stored,)
        about = self.codebook, self.settings, self.now.name, statistics
        return Request(kind, *about, origin, asked, stored)


def read_waves(
    asked: WavesRequest, concept: Concept, tell: Tell, *, is_test: bool = False
) -> Waves:
    """Read both waves; no two waves, or two without a common item, are refused at once.

    A wave before that is too small is left out, and that is told: what this one says of itself
    does not hang on it.

    Parameters
    ----------
    concept : of which a model is used, where models are given
    is_test : whether claims are tested on them, which asks for as many responses as a training
    """
    settings = governed(load_settings(asked.settings), asked.codebook or asked.models)
    name, packs = asked.wave or wave_of(asked.survey), settings.packs
    expect_tracking(settings.tracking)
    refuse_one_name(name, asked.previous)
    codebook = without_outcomes(codebook_for(asked.codebook, asked.models, packs))
    settings = settings.spoken(codebook.survey.language)
    choice = None if asked.models is None else choose_for(asked.models, codebook, concept, packs)
    intake = settings.intake
    fewest = intake.minimum_responses if is_test else intake.minimum_scored
    now = _read(asked.survey, name, codebook, settings, tell)
    require_enough(now.intake, fewest)
    before, left_out = None, tuple[Message, ...]()
    if asked.previous is not None:
        before = _read_before(asked.previous, codebook, settings, tell)
        if now.intake.sha256 == before.intake.sha256:
            raise SameWaveError(
                f"{asked.previous.name}: is the same file as {asked.survey.name}, so nothing can "
                "have changed. Give --previous the wave before, or leave it out."
            )
        if len(before.intake.held) < fewest:
            left_out = (say("warning.small_before", wave=before.name, fewest=fewest),)
            before = None
        else:
            comparable = without_breaks(before, codebook)
            common_items(now.responses, comparable.responses, codebook)
            refuse_copies(now.responses, before.intake.held, codebook, asked.previous)
            before = comparable
    labels = read_labels(asked.labels, codebook)
    named, codebook = labels.apply(now.intake, codebook)
    now = replace(now, intake=named)
    return Waves(now, before, codebook, settings, choice, left_out, asked.engine, labels)


def codebook_for(name: str, models: Path | None, packs: PackSettings) -> Codebook:
    """Load the codebook that is named, or else that of the models.

    Raises
    ------
    SettingsError
        There is neither.
    """
    if name:
        return load_codebook(name)
    if models is None:
        raise SettingsError(
            "no codebook: it is not known what the columns mean. Give --codebook, or the pack that "
            "brings it with --pack."
        )
    return next(iter(choose_models(models, packs).values())).stored.codebook


def know_people(waves: Waves, asked: WavesRequest, by: Sequence[str] = ()) -> Waves:
    """Read what is known of all people whom waves asked, and give these the margins of registers.

    Parameters
    ----------
    by : unit levels that are told; none where everyone is

    Raises
    ------
    GroupError, MarginError, MissingColumnsError
        As `read_people`; or there are tables of a wave before, and none of its answers.
    """
    now, before = waves.now, waves.before
    if asked.previous_population and before is None:
        raise MarginError(
            f"{asked.previous_population[0].name}: tells of people of a wave before, and no such "
            "wave is given. Give its survey with --previous."
        )
    weighed = _weigh(now, asked.population, by, waves)
    unweighed = None if weighed.people.weights is None else now
    if before is not None:
        before = _weigh(before, asked.previous_population, by, waves)
    return replace(waves, now=weighed, before=before, unweighed=unweighed)


def _weigh(wave: ReadWave, files: Sequence[Path], by: Sequence[str], waves: Waves) -> ReadWave:
    people = read_people(files, by, wave.responses, waves.codebook, waves.settings)
    return replace(wave, intake=people.weigh(wave.intake, waves.codebook), people=people)


def without_breaks(before: ReadWave, codebook: Codebook) -> ReadWave:
    """Leave out of the wave before what it asked in a way that cannot be compared."""
    broken = [column.name for column in codebook.columns.values() if column.new_since]
    asked = before.intake.held.without(broken)
    intake = replace(before.intake, held=asked)
    return ReadWave(before.name, intake, hold_scales(asked, codebook))


def _read(file: Path, name: str, codebook: Codebook, settings: Settings, tell: Tell) -> ReadWave:
    tell(f"read {file.name}")
    intake = read_survey(file, codebook, settings.intake)
    return ReadWave(name, intake, hold_scales(intake.held, codebook))


def _read_before(file: Path, codebook: Codebook, settings: Settings, tell: Tell) -> ReadWave:
    """Read the wave before, which may lack what is not held against it anyway."""
    columns = {
        name: column.model_copy(update={"absent": "missing"}) if column.new_since else column
        for name, column in codebook.columns.items()
    }
    lenient = codebook.model_copy(update={"columns": columns})
    try:
        return _read(file, wave_of(file), lenient, settings, tell)
    except MissingColumnsError as error:
        raise MissingColumnsError(
            f"{error} A question that this wave did not ask, or asked otherwise, may be absent "
            'where the codebook says so of it: `break = "new in 2022"`. Changes leave it out.'
        ) from error


def refuse_copies(
    now: Responses, before: Responses, codebook: Codebook, previous_file: Path
) -> None:
    """Refuse a wave before that holds the answers of this one.

    Both are told of at once, so one less the other would tell of those who are in one only.

    Parameters
    ----------
    now, before : one row per response

    Raises
    ------
    SameWaveError
        More people gave the very same answers in both than can be.
    """
    asked = codebook.with_role("item", "career", "audit", "claim", "outcome", "unit")
    columns = [c.name for c in asked if c.name in now and c.name in before]
    if columns and share_of_copies(now[columns], before[columns]) > _MOST_COPIES:
        raise SameWaveError(
            f"{previous_file.name}: more than {_MOST_COPIES:.0%} of the respondents gave the very "
            "same answers in this survey, so it is the same wave and no other. Give --previous a "
            "wave of other answers, or leave it out."
        )


def track_waves(
    waves: Waves,
    release: Publication,
    metrics: dict[str, float],
    ledgers: Path,
    **asked: str,
) -> list[str]:
    """Log what was published of a survey in MLflow, with what the run was asked; say where."""
    request, chosen = release.request, waves.settings.model_dump(mode="json")
    parameters = {
        "language": waves.settings.language,
        "seed": waves.settings.seed,
        "previous": "" if waves.before is None else waves.before.name,
        **asked,
        **{
            f"{section}.{name}": value
            for section in ("culture", "disclosure")
            for name, value in chosen[section].items()
        },
    }
    tags = {**release.origin, "blijfwijzer.kind": request.kind}
    output = release.output
    digest = release.origin["survey_hmac_sha256"]
    released = Released(
        f"{request.kind}-{request.wave}",
        output,
        parameters,
        tags,
        metrics,
        Dataset.of(waves.codebook, waves.now.intake.file, digest, request.kind),
        used=() if waves.choice is None else (Registered.of(waves.choice.stored),),
        began=waves.now.intake.began,
    )
    return track(released, request, ledgers.parent / "mlruns")
