"""The story of `score`: a new wave to groups, flags, and files that may be shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.disclosure.weighing import find_weighed
from blijfwijzer.engines.engine import LOCAL, Engine
from blijfwijzer.governance.places import governed
from blijfwijzer.groups.education import education_levels
from blijfwijzer.groups.flags import FLAGGED
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.groups.naming import name_groups
from blijfwijzer.groups.population import Joined
from blijfwijzer.groups.rates import rest_on_own
from blijfwijzer.groups.segments import Segments
from blijfwijzer.groups.simple_rule import SIMPLE_RULE, part_by_rule
from blijfwijzer.progress import Tell, show_progress, silent
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.facts import count_groups
from blijfwijzer.publish.files.release_files import release_files
from blijfwijzer.publish.findings import Findings
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.publish.tables.report_tables import clear_groups, make_report
from blijfwijzer.records.model_choice import ModelChoice, choose_models
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import expect_tracking
from blijfwijzer.release.admission import Admission, answers_of
from blijfwijzer.release.answered import Answered
from blijfwijzer.release.folder import refuse_place
from blijfwijzer.release.persons import refuse_persons
from blijfwijzer.release.preview import Found, Wish
from blijfwijzer.release.publication import publication
from blijfwijzer.release.rehearsal import Rehearsal, rehearse
from blijfwijzer.release.request import Request
from blijfwijzer.release.shown import Shown
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.risk.waves import compare_wave, refuse_different
from blijfwijzer.runs.acceptance import judge_scores
from blijfwijzer.runs.culture.findings import default_levels
from blijfwijzer.runs.people import read_people
from blijfwijzer.runs.scoring.benchmark import bases_beside
from blijfwijzer.runs.scoring.findings import (
    Chosen,
    choose_told,
    count_earlier,
    estimates_of,
    gather,
)
from blijfwijzer.runs.scoring.needs import segments_of
from blijfwijzer.runs.scoring.targets import (
    NewWave,
    ScoredTarget,
    Target,
    estimate_target,
    score_target,
)
from blijfwijzer.runs.tracked import track_scored
from blijfwijzer.runs.waves import paths_of, wave_of, without_outcomes
from blijfwijzer.settings import PersonsSettings, Settings, load_settings
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.given_labels import read_labels
from blijfwijzer.survey.intake import Intake, read_responses, read_survey, require_enough
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.table import Table

PERSONS = "persons"
"""What is asked for the risk of each row, where there is leave."""


@dataclass(frozen=True)
class ScoreRequest:
    """What is asked of a new wave."""

    survey: Path
    by: tuple[str, ...]
    """Unit levels; to one below the cluster when empty."""
    models: Path
    """Folder with models, or a pack."""
    cross: tuple[str, ...] = ()
    """Background variables to cross units with."""
    population: tuple[Path, ...] = ()
    """How many people work in each unit, and what a register tells of them: two tables at most."""
    settings: Settings | Path | None = None
    wave: str = ""
    """What it is called; the name of its file when empty."""
    labels: Path | None = None
    """What codes are called, where the codebook does not say."""
    engine: Engine = LOCAL
    """Where the work on its rows is done; no output tells."""


@dataclass(frozen=True)
class ScoredWave:
    """A new wave with the risks of its people; what may be shown is not chosen yet."""

    wave: NewWave
    targets: dict[str, ScoredTarget]
    models: dict[str, ModelChoice]
    request: Request
    joined: Joined | None = None
    """How its units and those of the table of people met, if there is one."""

    @cached_property
    def segments(self) -> dict[str, Segments]:
        """In which readable profiles each need is large; whatever may be shown of it."""
        outcomes = self.wave.codebook.outcomes
        return {
            name: segments_of(target.stored, target.values, target.scored.risk, self.wave)
            for name, target in self.targets.items()
            if outcomes[name].kind == "need"
        }


def score(asked: ScoreRequest, output: Path, ledgers: Path) -> Shown:
    """Estimate both risks per group of a new wave, flag groups, and write what may be shown."""
    refuse_place(output, [*paths_of(asked), ledgers], ledgers)
    with show_progress() as tell:
        scored = score_wave(asked, tell)
        shown = publish_scores(scored, output, ledgers, tell)
    print(shown)
    return shown


def score_wave(asked: ScoreRequest, tell: Tell) -> ScoredWave:
    """Read a new wave, group it, and score each risk of its people."""
    settings = governed(load_settings(asked.settings), asked.models)
    chosen = choose_models(asked.models, settings.packs)
    expect_tracking(settings.tracking)
    intake, codebook = read_for_models(asked.survey, chosen, settings, tell)
    settings = settings.spoken(codebook.survey.language)
    labels = read_labels(asked.labels, codebook)
    intake, codebook = labels.apply(intake, codebook)
    asked = replace(asked, by=asked.by or default_levels(codebook, intake.held))
    people = read_people(asked.population, asked.by, intake.held, codebook, settings)
    intake = people.weigh(intake, codebook)
    # Everyone is parted by the simple rule too, so that vouchers can follow where it sees need.
    rule = () if part_by_rule(intake.held, codebook) is None else (SIMPLE_RULE,)
    cross = (*asked.cross, *rule)
    grouping = make_groups(intake.held, codebook, asked.by, settings, cross, people.counts)
    grouping = people.part(grouping, intake.held, codebook, settings)
    grouping = name_groups(grouping, codebook, intake.units)
    scales = score_scales(intake.held, codebook)
    about = asked.by, settings, people.weights, asked.engine
    wave = NewWave(intake, scales, grouping, codebook, *about)
    targets = {name: score_target(c.stored, wave, tell) for name, c in chosen.items()}
    told = (*(f"rate:{name}" for name in targets), *bases_beside(wave, targets))
    beside = {**people.sha256, **labels.origin}
    request = _request(asked, wave, chosen, beside, told)
    return ScoredWave(wave, targets, chosen, request, people.joined)


def read_for_models(
    survey: Path, chosen: Mapping[str, ModelChoice], settings: Settings, tell: Tell
) -> tuple[Intake, Codebook]:
    """Read a new wave with the codebook of the models that are to score it.

    Raises
    ------
    BlijfwijzerError
        It cannot be read so, or is too small.
    """
    codebook = without_outcomes(next(iter(chosen.values())).stored.codebook)
    tell(f"read {survey.name}")
    intake = read_survey(survey, codebook, settings.intake)
    require_enough(intake, settings.intake.minimum_scored)
    return intake, codebook


def publish_scores(scored: ScoredWave, output: Path, ledgers: Path, tell: Tell) -> Shown:
    """Choose what may be shown, find whom it helps and misses, and write it."""
    request = scored.request
    with publication(output, request, ledgers) as release:
        admission, targets, chosen = _choose(scored, release, tell)
        tell("find whom it misses")
        findings = gather(scored.wave, targets, chosen, release, admission)
        tell(f"write {output}")
        report = release.warned(make_report(findings, release.origin, request.wave))
        report, judged = judge_scores(report, scored.models, release.permit)
        files = release_files(report, findings)
        told: dict[str, Any] = {} if scored.joined is None else {"units": scored.joined.counts}
        told |= _for_vouchers(scored.wave.codebook) | judged | {"unjudged": findings.unjudged}
        head = release.publish(files, findings.counts(), needs=list(findings.needs), **told)
    stored = [choice.stored for choice in scored.models.values()]
    tracked = track_scored(release, stored, scored.wave.intake, _counted(findings))
    said = [*_say(output, findings, scored, head["sequence"]), *release.said, *tracked]
    return Shown.of(report, output, said)


def wish_scores(scored: ScoredWave, tell: Tell) -> Wish:
    """Give what would be told of a new wave, to foretell how much may be."""

    def find(release: Rehearsal) -> Found:
        admission, _, _ = _choose(scored, release, tell)
        counts = count_groups(scored.wave.intake, admission.grouping, admission.shown)
        return Found({**counts, **count_earlier(admission)})

    return Wish(scored.request, find)


def _choose(
    scored: ScoredWave, release: Rehearsal, tell: Tell
) -> tuple[Admission, dict[str, Target], Chosen]:
    """Choose the groups and figures that may be told, and estimate the rates of these alone."""
    wave = scored.wave
    tell("find segments")
    segments = scored.segments
    tell("find what could be derived")
    bases = {**_bases(scored.targets, wave), **bases_beside(wave, scored.targets)}
    admission = _admit(scored.targets, bases, wave, release)
    tell("pool rates, and flag groups")
    targets = _told(scored.targets, admission, wave)
    return admission, targets, choose_told(wave, targets, segments, release, admission)


def tabulate_groups(
    rows: pd.DataFrame, stored: Stored, by: list[str], answered: Answered
) -> pd.DataFrame:
    """Estimate one risk per group of some rows, and give what may be shown of it.

    Parameters
    ----------
    rows : one row per response, columns as in the survey's file
    by : unit levels
    answered : rows that were answered before; these are added

    Raises
    ------
    DisclosureError
        The rows would tell of few, by themselves or beside those that were answered before.

    Returns
    -------
    One row per group that may be shown, as in groups.parquet.
    """
    settings, codebook = stored.settings, without_outcomes(stored.codebook)
    intake = _read_rows(rows, codebook, settings)
    minimum = settings.disclosure.minimum
    levels = [level for level in codebook.units.levels if level in intake.held]
    placed = intake.held[[*levels, "weight"]]
    answered.admit(answers_of(intake.responses, codebook), tuple(by), minimum, placed)
    scales = score_scales(intake.held, codebook)
    grouping = make_groups(intake.held, codebook, by, settings)
    wave = NewWave(intake, scales, grouping, codebook, tuple(by), settings)
    targets = {stored.model.target: score_target(stored, wave, silent)}
    release = rehearse(Request("serve", codebook, settings, ""))
    admission = _admit(targets, _bases(targets, wave), wave, release)
    told = _told(targets, admission, wave)
    shown = estimates_of(told, admission)
    return clear_groups(shown, codebook, Edge.of(settings)).frame


def tabulate_persons(rows: pd.DataFrame, stored: Stored, leave: PersonsSettings) -> pd.DataFrame:
    """Give the calibrated risk of each row, by written leave only; it is kept nowhere.

    Parameters
    ----------
    rows : one row per response, columns as in the survey's file

    Raises
    ------
    DisclosureError
        There is no such leave, or it has ended.

    Returns
    -------
    One row per row of `rows`, with its index; NaN where a response was refused.
    """
    refuse_persons(leave)
    settings, codebook = stored.settings, without_outcomes(stored.codebook)
    intake = _read_rows(rows, codebook, settings)
    scales = score_scales(intake.held, codebook)
    built = build_features(intake.held, scales, stored.model.schema)
    weight = intake.held["weight"].to_numpy(dtype=float)
    compared = compare_wave(built, stored.reference, weight, settings.wave, len(weight))
    refuse_different(compared, settings.wave, stored.model.target)
    risk = np.full(len(rows), np.nan)
    refused = intake.rejected["row"].to_numpy(dtype=int) - 1
    risk[np.setdiff1d(np.arange(len(rows)), refused)] = predict_risk(stored.model, built.frame)
    return pd.DataFrame({f"{stored.model.target}_risk": risk}, index=rows.index)


def _read_rows(rows: pd.DataFrame, codebook: Codebook, settings: Settings) -> Intake:
    table = Table(rows.reset_index(drop=True))
    intake = read_responses(table, "rows", codebook, settings.intake)
    require_enough(intake, settings.intake.minimum_responses)
    return intake


def _for_vouchers(codebook: Codebook) -> dict[str, Any]:
    """Give what `vouchers` must know of a codebook: levels of education, and which need it is."""
    use = codebook.vouchers
    about = {"education": education_levels(codebook)}
    return about if use is None else {**about, "voucher_outcome": use.outcome}


def _admit(
    targets: dict[str, ScoredTarget],
    bases: dict[str, Basis],
    wave: NewWave,
    release: Rehearsal,
) -> Admission:
    """Admit groups, and no rates that tell of people of one weight since others are not told.

    Of a level of which fewer than three groups are told none is pooled, so that a rate is of own
    answers, which a group among more was not held to.
    """
    admission = release.admit(wave.intake, wave.grouping, bases)
    every, found = np.ones(len(wave.grouping.groups), dtype=bool), dict[str, Basis]()
    for name, target in targets.items():
        basis, told = bases[f"rate:{name}"], admission.tells(f"rate:{name}")
        alone = _rest_on_own(target, told, wave) & ~_rest_on_own(target, every, wave)
        if alone.any():
            barred = _are_weighed(target, told, wave)
            barred |= alone & admission.told_twice(wave.grouping.members)
            if barred.any():
                before = ~every if basis.barred is None else basis.barred
                found[f"rate:{name}"] = replace(basis, barred=barred | before)
    return _admit(targets, {**bases, **found}, wave, release) if found else admission


def _bases(targets: dict[str, ScoredTarget], wave: NewWave) -> dict[str, Basis]:
    """Give what groups are told by, and what that rests on."""
    every = np.ones(len(wave.grouping.groups), dtype=bool)
    return {
        f"rate:{name}": replace(target.basis, barred=_are_weighed(target, every, wave))
        for name, target in targets.items()
    }


def _are_weighed(target: ScoredTarget, told: Mask, wave: NewWave) -> Mask:
    """Say of each group that is told whether its rate tells what those of a known weight answered.

    It is that of a group's own answers, as they weigh, where too few groups are pooled.
    """
    barred = np.zeros(len(told), dtype=bool)
    own = np.flatnonzero(_rest_on_own(target, told, wave))
    if target.values is not None and len(own):
        members, minimum = wave.grouping.members[own], wave.settings.disclosure.minimum
        barred[own] = find_weighed(csr_array(members), target.values, wave.weight, minimum)
    return barred


def _rest_on_own(target: ScoredTarget, told: Mask, wave: NewWave) -> Mask:
    """Say of each group that is told whether its rate is of own answers: too few are pooled."""
    if target.values is None:
        return np.zeros(len(told), dtype=bool)
    asked = wave.grouping.members @ (~np.isnan(target.values)).astype(np.int64) > 0
    return rest_on_own(wave.grouping.groups["level"], told & asked)


def _told(
    targets: dict[str, ScoredTarget], admission: Admission, wave: NewWave
) -> dict[str, Target]:
    """Estimate each risk of the groups that are told of it."""
    return {n: estimate_target(t, admission.tells(f"rate:{n}"), wave) for n, t in targets.items()}


def _request(
    asked: ScoreRequest,
    wave: NewWave,
    chosen: dict[str, ModelChoice],
    beside: dict[str, str],
    told: tuple[str, ...],
) -> Request:
    origin = provenance(wave.intake.sha256, wave.codebook, wave.settings)
    manifests = {name: choice.stored.manifest for name, choice in chosen.items()}
    origin |= {f"model_{name}": own.folder.name for name, own in manifests.items()}
    origin |= {f"model_{name}_sha256": own.sha256 for name, own in manifests.items()}
    for choice in chosen.values():
        origin |= {} if choice.stored.signed is None else choice.stored.signed.origin
    origin |= beside
    name = asked.wave or wave_of(asked.survey)
    return Request(
        "score",
        wave.codebook,
        wave.settings,
        name,
        told,
        origin,
        {"wave": name, "by": list(asked.by), "cross": list(asked.cross)},
        tuple(choice.stored for choice in chosen.values()),
    )


def _counted(findings: Findings) -> dict[str, float]:
    """Count the groups that are shown, withheld and flagged."""
    counts = findings.counts()
    told = {name: float(counts[name]) for name in ("shown", "withheld", "rolled_up")}
    for name, flags in findings.estimates.flags.items():
        verdict = flags["verdict"][findings.estimates.shown]
        told[f"flagged.{name}"] = float((verdict == FLAGGED).sum())
    return told


def _say(output: Path, findings: Findings, scored: ScoredWave, sequence: int) -> Iterator[str]:
    counts = findings.counts()
    yield (
        f"{output}: {counts['shown']} groups shown, {counts['withheld']} withheld, "
        f"{counts['rolled_up']} rolled up; release {sequence} in the ledger."
    )
    yield from (f"  {choice}" for choice in scored.models.values())
    for name in findings.estimates.flags:
        unjudged = findings.unjudged[name]
        without = f", {unjudged} not judged: what these are held against is withheld"
        yield (
            f"  {name}: {_counted(findings)[f'flagged.{name}']:.0f} groups flagged"
            f"{without if unjudged else ''}"
        )
    joined = () if scored.joined is None else scored.joined.remarks
    yield from (f"  {write(remark, SCREEN)}" for remark in joined)
    yield f"  look at {output / 'report.html'}"
