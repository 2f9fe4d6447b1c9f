"""The story of `score`: a new wave to groups, flags, and files that may be shown."""

import hashlib
import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.choice import GroupChoice, choose_groups
from blijfwijzer.disclosure.earlier import Earlier, is_repeated, read_earlier, release_content
from blijfwijzer.disclosure.fingerprint import fingerprint_groups, person_keys, to_text
from blijfwijzer.disclosure.ledger import Ledger, open_ledger
from blijfwijzer.drivers.group_profiles import Scored, contrast_drivers, score_groups
from blijfwijzer.errors import ModelFolderError
from blijfwijzer.fairness.proxies import Proxy, measure_proxies
from blijfwijzer.fairness.targeting import Targeting, audit_targeting
from blijfwijzer.files import write_folder_beside
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.flags import CERTAIN, NOT, Resampled, flag_groups, talent_at_risk
from blijfwijzer.groups.grouping import (
    EVERYONE,
    Grouping,
    define,
    find_members,
    make_groups,
    part_people,
    read_population,
)
from blijfwijzer.groups.rates import PooledRates
from blijfwijzer.groups.segments import Segments, find_segments
from blijfwijzer.progress import Tell, show_progress, silent
from blijfwijzer.publish.release_files import (
    Findings,
    clear_groups,
    make_report,
    release_files,
    write_files,
)
from blijfwijzer.records.model_folder import Stored, read_model
from blijfwijzer.records.provenance import provenance
from blijfwijzer.risk.outcomes import barred_columns, holds, label
from blijfwijzer.risk.waves import WaveComparison, compare_wave, refuse_different
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.breakdown import break_down_people
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.files import Table, read_table
from blijfwijzer.survey.intake import Intake, read_responses, read_survey, require_enough
from blijfwijzer.survey.rules import conditions_of
from blijfwijzer.survey.scales import score_scales

NEED = "achterblijver"
"""Outcome that vouchers are for; a codebook without it has no vouchers."""
LEAVING = "vertrekintentie"


@dataclass(frozen=True)
class Target:
    """One risk of the new wave."""

    stored: Stored
    scored: Scored
    wave: WaveComparison
    values: NDArray[np.float64] | None
    """Outcome per response where the wave asks it."""
    pooled: PooledRates
    areas: pd.DataFrame
    flags: pd.DataFrame
    """One row per group; verdict "" for groups that are not on the list."""


def score(
    survey_file: Path,
    models: Path,
    by: list[str],
    cross: list[str],
    output: Path,
    ledger_folder: Path,
    population_file: Path | None,
    settings_file: Path | None,
) -> None:
    """Estimate both risks per group of a new wave, flag groups, and write what may be shown."""
    settings = load_settings(settings_file)
    chosen = choose_models(models)
    codebook = _without_outcomes(next(iter(chosen.values())).codebook)
    with show_progress() as tell:
        tell(f"read {survey_file.name}")
        intake = read_survey(survey_file, codebook, settings.intake)
        require_enough(intake, settings.intake)
        population = _population(population_file, codebook)
        grouping = make_groups(
            intake.responses,
            codebook,
            by,
            cross,
            population,
            settings.groups,
            settings.disclosure.minimum,
            settings.language,
        )
        scales = score_scales(intake.responses, codebook)
        targets = {
            name: _estimate(stored, intake, scales, grouping, codebook, by, settings, tell)
            for name, stored in chosen.items()
        }
        owner = codebook.survey.name
        with open_ledger(ledger_folder, owner, _anchor(output)) as ledger:
            tell("find what could be derived")
            origin = _origin(intake, codebook, settings, chosen, population_file)
            request = _hash(_json({**origin, "by": by, "cross": cross}))
            shown, earlier, keys = _disclose(
                intake, grouping, targets, codebook, ledger, request, settings
            )
            tell("find segments and whom it misses")
            findings = _find(intake, scales, grouping, targets, shown, codebook, earlier, settings)
            tell(f"write {output}")
            sequence = _write(
                output, findings, origin, request, shown, keys, codebook, ledger, settings
            )
    _report(output, findings, targets, sequence)


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
    settings = stored.settings.model_copy(
        update={"segments": stored.settings.segments.model_copy(update={"minimum": len(rows)})}
    )
    codebook = _without_outcomes(stored.codebook)
    intake = read_responses(Table(rows), "rows", codebook, settings.intake)
    require_enough(intake, settings.intake)
    with tempfile.TemporaryDirectory() as folder:
        scales = score_scales(intake.responses, codebook)
        minimum = settings.disclosure.minimum
        grouping = make_groups(
            intake.responses, codebook, by, [], None, settings.groups, minimum, settings.language
        )
        target = _estimate(stored, intake, scales, grouping, codebook, by, settings, silent)
        with open_ledger(Path(folder) / "ledger", codebook.survey.name) as ledger:
            targets = {stored.model.target: target}
            shown, earlier, _ = _disclose(intake, grouping, targets, codebook, ledger, "", settings)
        findings = _find(intake, scales, grouping, {}, shown, codebook, earlier, settings)
        told = replace(
            findings,
            rates={stored.model.target: target.pooled.table},
            flags={stored.model.target: target.flags},
        )
        return clear_groups(told).frame


def choose_models(models: Path) -> dict[str, Stored]:
    """Read the newest model of each outcome in a folder, or the one model that it is.

    Raises
    ------
    ModelFolderError
        There is none, one is altered, or they are of different surveys.
    """
    single = (models / "manifest.json").exists()
    found = [models] if single else sorted(p.parent for p in models.glob("*/manifest.json"))
    if not found:
        raise ModelFolderError(
            f"{models}: there is no model here. Train one first (`make train`), or give the right "
            "folder with --models."
        )
    newest: dict[str, tuple[float, Path]] = {}
    for folder in found:
        target = folder.name.split("-")[0]
        made = (folder / "manifest.json").stat().st_mtime
        if target not in newest or made >= newest[target][0]:
            newest[target] = (made, folder)
    read = [read_model(folder) for _, folder in newest.values()]
    surveys = sorted({stored.codebook.survey.name for stored in read})
    if len(surveys) > 1:
        raise ModelFolderError(
            f"{models}: holds models of {len(surveys)} surveys: {', '.join(surveys)}. Keep those "
            "of each survey in a folder of their own and give that with --models."
        )
    return {stored.model.target: stored for stored in read}


def _without_outcomes(codebook: Codebook) -> Codebook:
    """Let a new wave lack the answers that outcomes are made of."""
    columns = {
        name: c.model_copy(update={"absent": "missing"}) if c.role == "outcome" else c
        for name, c in codebook.columns.items()
    }
    return codebook.model_copy(update={"columns": columns})


def _population(file: Path | None, codebook: Codebook) -> pd.DataFrame | None:
    return None if file is None else read_population(read_table(file).frame, codebook, file.name)


def _estimate(
    stored: Stored,
    intake: Intake,
    scales: pd.DataFrame,
    grouping: Grouping,
    codebook: Codebook,
    by: list[str],
    settings: Settings,
    tell: Tell,
) -> Target:
    model, responses = stored.model, intake.responses
    weight = responses["weight"].to_numpy(dtype=float)
    scored = score_groups(
        model,
        responses,
        scales,
        grouping.members,
        settings.wave.batch,
        settings.drivers.largest_gap,
        tell,
    )
    wave = compare_wave(
        scored.sample, stored.reference, weight[scored.sample_rows], settings.wave, len(responses)
    )
    refuse_different(wave, settings.wave, model.target)
    outcome = codebook.outcomes[model.target]
    asked = {c.source for c in conditions_of(outcome.rule)} <= set(responses) | set(scales)
    values = None
    if asked:
        values = label(responses, scales, codebook, outcome, model.thresholds).values.to_numpy()
        values = None if np.isnan(values).mean() > 0.9 else values
    tell(f"{model.target}: pool rates")
    pooled, areas = estimate_groups(
        grouping, values, scored.risk, weight, stored.effects, settings.rates, settings.seed
    )
    tell(f"{model.target}: flag groups")
    flags = _flag(pooled, areas, grouping, responses, codebook, by, settings)
    return Target(stored, scored, wave, values, pooled, areas, flags)


def _flag(
    pooled: PooledRates,
    areas: pd.DataFrame,
    grouping: Grouping,
    responses: pd.DataFrame,
    codebook: Codebook,
    by: list[str],
    settings: Settings,
) -> pd.DataFrame:
    """Flag units of the levels that were asked; the larger ones are what they are held against."""
    groups = grouping.groups
    listed = np.flatnonzero(
        (groups["level"].isin(by) & (groups["sector"] != groups.index)).to_numpy()
    )
    empty = {"reference": np.nan, "probability": np.nan, "stability": np.nan, "verdict": NOT}
    flags = pd.DataFrame(empty, index=range(len(groups)))
    if settings.flags.reference == "all" or not len(listed):
        listed = np.flatnonzero(groups["level"].isin(by).to_numpy())
    against = groups["sector"].where(
        (groups["sector"] != groups.index) & (settings.flags.reference == "sector"), EVERYONE
    )
    place = groups.index.get_indexer(pd.Index(against))
    organisation = pd.factorize(responses[codebook.units.cluster])[0]
    unit = _only_unit(grouping.members, organisation)
    direct = areas["direct"].fillna(areas["model"]).to_numpy()
    resampled = Resampled(
        unit[listed],
        pd.factorize(place[listed])[0],
        areas["effective_n"].to_numpy()[listed],
        direct[listed],
    )
    part = PooledRates(pooled.table.iloc[listed].reset_index(drop=True), pooled.draws[listed])
    reference = pooled.table["rate"].to_numpy()[place[listed]]
    found = flag_groups(part, reference, resampled, settings.flags, settings.seed)
    flags.loc[listed, found.columns] = found.to_numpy()
    return flags.astype({"reference": float, "probability": float, "stability": float})


def _only_unit(members: csr_array, organisation: NDArray[np.intp]) -> NDArray[np.intp]:
    """Organisation that all people of a group work in; -1 when there are several."""
    units = np.full(members.shape[0], -1, dtype=np.intp)
    for place, (start, end) in enumerate(zip(members.indptr, members.indptr[1:], strict=False)):
        own = organisation[members.indices[start:end]]
        if len(own) and (own == own[0]).all():
            units[place] = own[0]
    return units


def _disclose(
    intake: Intake,
    grouping: Grouping,
    targets: dict[str, Target],
    codebook: Codebook,
    ledger: Ledger,
    request: str,
    settings: Settings,
) -> tuple[GroupChoice, Earlier, list[bytes]]:
    """Choose the groups to show, given all that was shown before."""
    responses, groups = intake.responses, grouping.groups
    keys = person_keys(responses)
    earlier = read_earlier(
        ledger,
        codebook.survey.name,
        keys,
        lambda definition: find_members(responses, codebook, definition),
        settings.disclosure.minimum,
        request,
    )
    choice = choose_groups(
        grouping.members,
        groups["people"].to_numpy(dtype=float),
        grouping.too_small,
        {n: t.values for n, t in targets.items() if t.values is not None},
        responses["weight"].to_numpy(dtype=float),
        settings.disclosure,
        earlier,
        groups.index,
    )
    return choice, earlier, keys


def _find(
    intake: Intake,
    scales: pd.DataFrame,
    grouping: Grouping,
    targets: dict[str, Target],
    shown: GroupChoice,
    codebook: Codebook,
    earlier: Earlier,
    settings: Settings,
) -> Findings:
    """Gather what the report tells of; each table is cleared when it is written."""
    responses = intake.responses
    weight = responses["weight"].to_numpy(dtype=float)
    units = responses[codebook.units.cluster]
    minimum = settings.disclosure.minimum
    drivers = {name: _drivers(target, grouping, shown) for name, target in targets.items()}
    talent = None
    leaving, performance = targets.get(LEAVING), codebook.performance
    if leaving is not None and leaving.values is not None and performance in responses:
        talent = talent_at_risk(
            leaving.values,
            responses[performance].to_numpy(dtype=float),
            weight,
            grouping.members,
            settings.flags.best_share,
        )
    need = targets.get(NEED)
    segments: Segments | None = None
    proxies: list[Proxy] = []
    targeting: Targeting | None = None
    if need is not None:
        outcome = codebook.outcomes[NEED]
        answers = np.full(len(responses), np.nan) if need.values is None else need.values
        segments = find_segments(
            responses,
            answers,
            need.scored.risk,
            weight,
            units,
            codebook.with_role("career"),
            settings.segments,
            settings.seed,
            barred_columns(codebook, outcome),
        )
        audit = [column.name for column in codebook.with_role("audit")]
        people = break_down_people(responses, codebook)
        rows = need.scored.sample_rows
        proxies = measure_proxies(
            need.scored.sample.frame,
            {n: g.iloc[rows].reset_index(drop=True) for n, g in people.items() if n in audit},
            weight[rows],
            units.iloc[rows].reset_index(drop=True),
        )
        if need.values is not None:
            flagged = np.flatnonzero((need.flags["verdict"] == CERTAIN).to_numpy() & shown.shown)
            selected = (np.asarray(grouping.members[flagged].sum(axis=0)).ravel() > 0).astype(float)
            targeting = audit_targeting(
                need.values,
                selected,
                weight,
                units,
                people,
                minimum,
                settings.evaluation.bootstraps,
                settings.seed,
                codebook.columns,
            )
    return Findings(
        codebook=codebook,
        settings=settings,
        intake=intake,
        grouping=grouping,
        shown=shown.shown,
        reasons=shown.reasons,
        rates={name: target.pooled.table for name, target in targets.items()},
        flags={name: target.flags for name, target in targets.items()},
        drivers=drivers,
        waves={name: target.wave.table for name, target in targets.items()},
        talent=talent,
        segments=segments,
        targeting=targeting,
        proxies=tuple(proxies),
        own=part_people(_shown_units(grouping, shown.shown)),
        profile=_profile(responses, scales, codebook, grouping.members),
        releases=earlier.releases,
        forbidden=earlier.forbidden.shape[0],
    )


def _shown_units(grouping: Grouping, shown: NDArray[np.bool_]) -> pd.DataFrame:
    """Give the units that are shown, each below its nearest unit that is shown."""
    groups = grouping.groups
    units = groups[shown & (groups["kind"] != "cross").to_numpy()]
    parents = units["parent"]
    while (hidden := ~parents.isin(units.index) & (parents != "")).any():
        parents = parents.mask(hidden, parents.map(groups["parent"]))
    return units.assign(parent=parents)


def _drivers(target: Target, grouping: Grouping, shown: GroupChoice) -> pd.DataFrame:
    """Profile contrasts of the groups that are flagged or nearly so."""
    marked = np.flatnonzero((target.flags["verdict"] != NOT).to_numpy() & shown.shown)
    sector = grouping.groups["sector"].iloc[marked]
    against = sector.where(sector != grouping.groups.index[marked], EVERYONE)
    reference = grouping.groups.index.get_indexer(pd.Index(against))
    return contrast_drivers(target.scored, marked.astype(float), reference.astype(float))


def _profile(
    responses: pd.DataFrame, scales: pd.DataFrame, codebook: Codebook, members: csr_array
) -> NDArray[np.float64] | None:
    """Share of each group that fits the codebook's simple rule."""
    if codebook.simple_rule is None:
        return None
    fits = holds(codebook.simple_rule, responses, scales, codebook)
    n = np.maximum(np.asarray(members.sum(axis=1)).ravel(), 1)
    shares: NDArray[np.float64] = np.asarray(members @ np.nan_to_num(fits), dtype=float) / n
    return shares


def _origin(
    intake: Intake,
    codebook: Codebook,
    settings: Settings,
    chosen: dict[str, Stored],
    population: Path | None,
) -> dict[str, str]:
    models = {f"model_{name}": stored.folder.name for name, stored in chosen.items()}
    manifests = {
        f"model_{name}_sha256": _hash((stored.folder / "manifest.json").read_bytes())
        for name, stored in chosen.items()
    }
    counted = {} if population is None else {"population_sha256": _hash(population.read_bytes())}
    return {**provenance(intake.sha256, codebook, settings), **models, **manifests, **counted}


def _write(
    output: Path,
    findings: Findings,
    origin: dict[str, str],
    request: str,
    shown: GroupChoice,
    keys: list[bytes],
    codebook: Codebook,
    ledger: Ledger,
    settings: Settings,
) -> int:
    """Write the release and enter it in the ledger, in this order of safety: files, ledger, name.

    An interruption after the ledger and before the folder gets its name leaves a release in the
    ledger that nobody saw; the other way round something could be seen that the ledger misses.
    """
    grouping = findings.grouping
    report = make_report(findings, origin)
    files = release_files(report, findings)
    places = np.flatnonzero(shown.shown)
    prints = fingerprint_groups(keys, ledger.secret, grouping.members[places])
    statistics = [f"rate:{name}" for name in findings.rates]
    names = [str(name) for name in grouping.groups.index]
    groups: dict[str, dict[str, Any]] = {
        names[place]: {
            "definition": define(names[place]),
            "fingerprint": to_text(own),
            "statistics": statistics,
        }
        for place, own in zip(places, prints, strict=True)
    }
    hashes = {name: _hash(content) for name, content in sorted(files.items())}
    content = release_content(
        codebook.survey.name,
        codebook.survey.wave,
        origin["survey_sha256"],
        "score",
        request,
        groups,
        hashes,
    )
    with write_folder_beside(output) as beside:
        sequence = is_repeated(ledger, content) or ledger.append(content).sequence
        head = {"sequence": sequence, "hash": ledger.releases[sequence - 1].hash}
        run = {
            "provenance": origin,
            "settings": settings.model_dump(mode="json"),
            "counts": findings.counts(),
            "files": hashes,
            "ledger": head,
        }
        write_files(beside, {**files, "run.json": _json(run)})
    return sequence


def _anchor(output: Path) -> tuple[int, str] | None:
    """Give the release that an earlier output in this place tells of."""
    try:
        head = json.loads((output / "run.json").read_text(encoding="utf-8"))["ledger"]
        return int(head["sequence"]), str(head["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _report(output: Path, findings: Findings, targets: dict[str, Target], sequence: int) -> None:
    counts = findings.counts()
    print(
        f"{output}: {counts['shown']} groups shown, {counts['withheld']} withheld, "
        f"{counts['rolled_up']} rolled up; release {sequence} in the ledger."
    )
    for name, target in targets.items():
        verdict = target.flags["verdict"][findings.shown]
        print(
            f"  {name}: {(verdict == CERTAIN).sum()} groups flagged, "
            f"{((verdict != CERTAIN) & (verdict != NOT)).sum()} uncertain"
        )
    print(f"  look at {output / 'report.html'}")
