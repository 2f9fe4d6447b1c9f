"""The story of `score`: a new wave to groups, flags, and files that may be shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.files import hash_bytes
from blijfwijzer.groups.flags import CERTAIN, NOT
from blijfwijzer.groups.grouping import make_groups, read_population
from blijfwijzer.progress import Tell, show_progress, silent
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.findings import Findings
from blijfwijzer.publish.release_files import release_files
from blijfwijzer.publish.report_tables import clear_groups, make_report
from blijfwijzer.records.model_choice import ModelChoice, choose_models
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.records.provenance import provenance
from blijfwijzer.release.folder import refuse_place
from blijfwijzer.release.publication import publication, rehearsal
from blijfwijzer.release.request import Request
from blijfwijzer.release.shown import Shown
from blijfwijzer.runs.score_findings import estimates_of, gather
from blijfwijzer.runs.score_targets import NewWave, Target, estimate_target
from blijfwijzer.runs.waves import paths_of, wave_of, without_outcomes
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.files import Table, read_table
from blijfwijzer.survey.intake import read_responses, read_survey, require_enough
from blijfwijzer.survey.scales import score_scales


@dataclass(frozen=True)
class ScoreRequest:
    """What is asked of a new wave."""

    survey: Path
    by: tuple[str, ...]
    """Unit levels."""
    models: Path
    cross: tuple[str, ...] = ()
    """Background variables to cross units with."""
    population: Path | None = None
    """How many people work in each unit."""
    settings: Settings | Path | None = None
    wave: str = ""
    """What it is called; the name of its file when empty."""


@dataclass(frozen=True)
class ScoredWave:
    """A new wave with its risks per group; what of it may be shown is not chosen yet."""

    wave: NewWave
    targets: dict[str, Target]
    models: dict[str, ModelChoice]
    request: Request


def score(asked: ScoreRequest, output: Path, ledgers: Path) -> None:
    """Estimate both risks per group of a new wave, flag groups, and write what may be shown."""
    refuse_place(output, [*paths_of(asked), ledgers], ledgers)
    with show_progress() as tell:
        scored = score_wave(asked, tell)
        shown = publish_scores(scored, output, ledgers, tell)
    print(shown)


def score_wave(asked: ScoreRequest, tell: Tell) -> ScoredWave:
    """Read a new wave, group it, and estimate and flag each risk of each group."""
    settings, chosen = load_settings(asked.settings), choose_models(asked.models)
    codebook = without_outcomes(next(iter(chosen.values())).stored.codebook)
    tell(f"read {asked.survey.name}")
    intake = read_survey(asked.survey, codebook, settings.intake)
    require_enough(intake, settings.intake)
    people = _population(asked.population, codebook)
    grouping = make_groups(intake.responses, codebook, asked.by, settings, asked.cross, people)
    scales = score_scales(intake.responses, codebook)
    wave = NewWave(intake, scales, grouping, codebook, asked.by, settings)
    targets = {name: estimate_target(c.stored, wave, tell) for name, c in chosen.items()}
    return ScoredWave(wave, targets, chosen, _request(asked, wave, chosen))


def publish_scores(scored: ScoredWave, output: Path, ledgers: Path, tell: Tell) -> Shown:
    """Choose what may be shown, find whom it helps and misses, and write it."""
    wave, request = scored.wave, scored.request
    with publication(output, request, ledgers) as release:
        tell("find what could be derived")
        admission = release.admit(wave.intake, wave.grouping, _values(scored.targets))
        tell("find segments and whom it misses")
        findings = gather(wave, scored.targets, release, admission)
        tell(f"write {output}")
        report = make_report(findings, dict(request.origin), request.wave)
        files = release_files(report, findings)
        head = release.publish(files, findings.counts(), needs=list(findings.needs))
    return Shown.of(report, output, _say(output, findings, scored, head["sequence"]))


def tabulate_groups(rows: pd.DataFrame, stored: Stored, by: list[str]) -> pd.DataFrame:
    """Estimate one risk per group of some rows, and give what may be shown of it.

    Parameters
    ----------
    rows : one row per response, columns as in the survey's file
    by : unit levels

    Returns
    -------
    One row per group that may be shown, as in groups.parquet.
    """
    settings, codebook = stored.settings, without_outcomes(stored.codebook)
    intake = read_responses(Table(rows), "rows", codebook, settings.intake)
    require_enough(intake, settings.intake)
    scales = score_scales(intake.responses, codebook)
    grouping = make_groups(intake.responses, codebook, by, settings)
    wave = NewWave(intake, scales, grouping, codebook, tuple(by), settings)
    targets = {stored.model.target: estimate_target(stored, wave, silent)}
    with rehearsal(Request("serve", codebook, settings, "")) as release:
        admission = release.admit(intake, grouping, _values(targets))
    return clear_groups(estimates_of(wave, targets, admission), Edge.of(settings)).frame


def _population(file: Path | None, codebook: Codebook) -> pd.DataFrame | None:
    return None if file is None else read_population(read_table(file).frame, codebook, file.name)


def _values(targets: dict[str, Target]) -> dict[str, NDArray[np.float64]]:
    """Give the outcomes that the wave asks."""
    return {name: t.values for name, t in targets.items() if t.values is not None}


def _request(asked: ScoreRequest, wave: NewWave, chosen: dict[str, ModelChoice]) -> Request:
    origin = provenance(wave.intake.sha256, wave.codebook, wave.settings)
    manifests = {name: choice.stored.manifest for name, choice in chosen.items()}
    origin |= {f"model_{name}": own.folder.name for name, own in manifests.items()}
    origin |= {f"model_{name}_sha256": own.sha256 for name, own in manifests.items()}
    if asked.population is not None:
        origin["population_sha256"] = hash_bytes(asked.population.read_bytes())
    name = asked.wave or wave_of(asked.survey)
    return Request(
        "score",
        wave.codebook,
        wave.settings,
        name,
        tuple(f"rate:{target}" for target in chosen),
        origin,
        {"wave": name, "by": list(asked.by), "cross": list(asked.cross)},
    )


def _say(output: Path, findings: Findings, scored: ScoredWave, sequence: int) -> Iterator[str]:
    counts = findings.counts()
    yield (
        f"{output}: {counts['shown']} groups shown, {counts['withheld']} withheld, "
        f"{counts['rolled_up']} rolled up; release {sequence} in the ledger."
    )
    yield from (f"  {choice}" for choice in scored.models.values())
    for name, target in scored.targets.items():
        verdict = target.flags["verdict"][findings.estimates.shown]
        yield (
            f"  {name}: {(verdict == CERTAIN).sum()} groups flagged, "
            f"{((verdict != CERTAIN) & (verdict != NOT)).sum()} uncertain"
        )
    yield f"  look at {output / 'report.html'}"
