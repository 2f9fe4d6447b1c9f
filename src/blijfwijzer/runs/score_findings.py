"""What a release tells besides rates: drivers, talent, segments, and whom it helps and misses."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.disclosure.rules import is_telling
from blijfwijzer.drivers.group_profiles import contrast_drivers
from blijfwijzer.estimation.design import Design
from blijfwijzer.fairness.ablation import refit_with_attributes, tell_ablation
from blijfwijzer.fairness.proxies import measure_proxies, tell_proxy
from blijfwijzer.fairness.targeting import (
    FEWEST_TWO_WAY,
    Cells,
    Rules,
    Targeting,
    audit_targeting,
    cut_cells,
)
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.flags import CERTAIN, NOT, part_best, talent_at_risk
from blijfwijzer.groups.grouping import EVERYONE, Grouping, part_people
from blijfwijzer.groups.paths import crossed_with
from blijfwijzer.groups.segments import Segments, find_segments
from blijfwijzer.publish.findings import Findings, GroupEstimates, NeedFindings
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.publication import Publication
from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.runs.score_targets import NewWave, Target, flag_units
from blijfwijzer.survey.breakdown import break_down_people
from blijfwijzer.survey.rule_truth import holds
from blijfwijzer.survey.texts import Message


@dataclass(frozen=True)
class _Need:
    """A need in a new wave, and the figures beside the groups that tell of it."""

    target: Target
    selected: NDArray[np.bool_]
    """Per response: whether it is in a group that is flagged for the need."""
    answered: NDArray[np.bool_]
    """Per response: whether it is known to be in need or not; all where the wave does not ask."""
    segments: Segments
    cells: dict[tuple[str, str], FigureId]
    """Attribute and group of people to their figure."""
    names: dict[str, FigureId]
    """Segment to its figure."""


def gather(
    wave: NewWave, targets: dict[str, Target], release: Publication, admission: Admission
) -> Findings:
    """Gather what the report tells of; each table is cleared when it is written."""
    people = break_down_people(wave.responses, wave.codebook)
    kinds = {name: outcome.kind for name, outcome in wave.codebook.outcomes.items()}
    asked = [name for name, kind in kinds.items() if kind == "need" and name in targets]
    needs = {
        name: _find_need(targets[name], wave, admission, people, (name,) if asked[1:] else ())
        for name in asked
    }
    intentions = [targets[n] for n, kind in kinds.items() if kind == "intention" and n in targets]
    leaving = intentions[0] if intentions else None
    best = None if leaving is None else _best(leaving, wave)
    talent = {} if best is None else _talent_parts(best, admission)
    offered = {
        **{f: part for need in needs.values() for f, part in _of_cells(need, wave, people).items()},
        **{f: part for need in needs.values() for f, part in _of_segments(need, wave).items()},
        **_not_telling(talent, leaving, wave),
    }
    rounded = frozenset[FigureId]().union(*(_rounded(n, wave, people) for n in needs.values()))
    told = frozenset(release.figures(admission, offered, rounded))
    return Findings(
        codebook=wave.codebook,
        settings=wave.settings,
        intake=wave.intake,
        estimates=estimates_of(wave, targets, admission, _talent(leaving, best, wave, told)),
        reasons=admission.choice.reasons,
        drivers={name: _drivers(target, admission) for name, target in targets.items()},
        waves={name: target.wave.table for name, target in targets.items()},
        needs={name: _tell(need, wave, admission, people, told) for name, need in needs.items()},
        releases=admission.earlier.releases,
        forbidden=admission.earlier.forbidden.shape[0],
    )


def _find_need(
    target: Target,
    wave: NewWave,
    admission: Admission,
    people: Mapping[str, pd.Series],
    suffix: tuple[str, ...],
) -> _Need:
    """Find who is selected for a need, and in which segments it is large.

    Parameters
    ----------
    suffix : what tells its figures from those of other needs
    """
    segments = _segments(target, wave)
    values = target.values
    cells: dict[tuple[str, str], FigureId] = {}
    if values is not None:
        cells = {
            (attribute, name): FigureId("cell", (attribute, name, *suffix))
            for attribute, cell in _all_cells(people).items()
            for name in cell.names
        }
    return _Need(
        target,
        _selected(target, admission),
        np.ones(len(wave.weight), dtype=bool) if values is None else ~np.isnan(values),
        segments,
        cells,
        {str(n): FigureId("segment", (str(n), *suffix)) for n in segments.table.index},
    )


def _all_cells(people: Mapping[str, pd.Series]) -> dict[str, Cells]:
    """Cells of single attributes, and of pairs."""
    single, pairs = cut_cells(people)
    return single | pairs


def _of_cells(need: _Need, wave: NewWave, people: Mapping[str, pd.Series]) -> Figures:
    """Those of each group of people who are known, and those of them who are selected."""
    parts: Figures = {}
    cells = _all_cells(people)
    for (attribute, name), figure in need.cells.items():
        cell = cells[attribute]
        inside = (cell.code == cell.names.index(name)) & need.answered
        parts[figure] = _rows(inside, inside & need.selected)
    return _not_telling(parts, need.target, wave)


def _of_segments(need: _Need, wave: NewWave) -> Figures:
    """Those in each segment that its rate rests on."""
    rests_on = (need.segments.is_estimated & need.answered).astype(np.int8)
    rows = csr_array(need.segments.members.multiply(rests_on[None, :]))
    parts = {figure: rows[[place]] for place, figure in enumerate(need.names.values())}
    return _not_telling(parts, need.target, wave)


def _rounded(need: _Need, wave: NewWave, people: Mapping[str, pd.Series]) -> frozenset[FigureId]:
    """Name the groups of single attributes whose rates rounding alone keeps from being counts.

    A whole percentage of n people leaves n / 100 possible counts; each rate of such a group, of
    people in need and of others, rests on enough people to leave `protection`.
    """
    values, protection = need.target.values, wave.settings.disclosure.protection
    if values is None:
        return frozenset()
    return frozenset(
        need.cells[attribute, name]
        for attribute, cell in cut_cells(people)[0].items()
        for place, name in enumerate(cell.names)
        if min(((values == v) & (cell.code == place)).sum() for v in (0, 1)) >= 100 * protection
    )


def _tell(
    need: _Need,
    wave: NewWave,
    admission: Admission,
    people: Mapping[str, pd.Series],
    told: frozenset[FigureId],
) -> NeedFindings:
    """Tell what may be told of a need: where it is large, and whom the flags help and miss."""
    hidden = frozenset(cell for cell, figure in need.cells.items() if figure not in told)
    if not admission.choice.tells_everyone:
        hidden |= {(EVERYONE, EVERYONE)}
    return NeedFindings(
        segments=need.segments.table[[figure in told for figure in need.names.values()]],
        targeting=_targeting(need, wave, people, hidden),
        hidden=hidden,
        sentences=tuple(_sentences(need.target, wave, admission, people)),
    )


def _best(leaving: Target, wave: NewWave) -> NDArray[np.float64] | None:
    """Per response: 1 among the best performers, 0 among others, NaN where not known."""
    if leaving.values is None or wave.codebook.performance not in wave.responses:
        return None
    performance = wave.responses[wave.codebook.performance].to_numpy(dtype=float)
    return part_best(leaving.values, performance, wave.weight, wave.settings.flags.best_share)


def _talent(
    leaving: Target | None,
    best: NDArray[np.float64] | None,
    wave: NewWave,
    told: frozenset[FigureId],
) -> pd.DataFrame | None:
    """Give the rates of leaving among the best and among others, where they may be shown."""
    if leaving is None or leaving.values is None or best is None:
        return None
    groups = wave.grouping
    talent = talent_at_risk(leaving.values, best, wave.weight, groups.members)
    is_told = [FigureId("talent", (str(name),)) in told for name in groups.groups.index]
    return talent[["best", "rest"]].where(pd.Series(is_told), np.nan)


def _targeting(
    need: _Need,
    wave: NewWave,
    people: Mapping[str, pd.Series],
    hidden: frozenset[tuple[str, str]],
) -> Targeting | None:
    if need.target.values is None:
        return None
    answered, settings = need.answered, wave.settings
    return audit_targeting(
        need.target.values[answered],
        need.selected[answered].astype(float),
        Design.of_units(
            wave.weight[answered], wave.responses.loc[answered, wave.codebook.units.cluster]
        ),
        {name: group[answered] for name, group in people.items()},
        Rules(settings.disclosure.minimum, settings.evaluation.bootstraps, settings.seed, hidden),
        wave.codebook.columns,
    )


def estimates_of(
    wave: NewWave,
    targets: dict[str, Target],
    admission: Admission,
    talent: pd.DataFrame | None = None,
) -> GroupEstimates:
    """Gather what is known of each group."""
    grouping = admission.grouping
    rates = {name: target.pooled.table for name, target in targets.items()}
    if not admission.choice.tells_everyone:
        everyone = (grouping.groups["kind"] == "all").to_numpy()
        rates = {name: _hide(table, everyone) for name, table in rates.items()}
        talent = None if talent is None else _hide(talent, everyone)
    return GroupEstimates(
        grouping=grouping,
        shown=admission.shown,
        rates=rates,
        flags={name: target.flags for name, target in targets.items()},
        own=_own(grouping, admission.shown),
        profile=_profile(wave, grouping.members),
        talent=talent,
    )


def _hide(table: pd.DataFrame, rows: NDArray[np.bool_]) -> pd.DataFrame:
    numbers = table.select_dtypes("number").columns
    return table.assign(**{name: table[name].mask(rows) for name in numbers})


def _selected(need: Target, admission: Admission) -> NDArray[np.bool_]:
    """Say of each response whether it is in a flagged group."""
    flagged = np.flatnonzero((need.flags["verdict"] == CERTAIN).to_numpy() & admission.shown)
    return np.asarray(admission.grouping.members[flagged].sum(axis=0)).ravel() > 0


def _segments(need: Target, wave: NewWave) -> Segments:
    codebook, settings = wave.codebook, wave.settings
    return find_segments(
        wave.responses,
        wave.predictions(need.values, need.scored.risk),
        codebook.with_role("career"),
        settings.segments,
        settings.seed,
        barred_columns(codebook, codebook.outcomes[need.stored.model.target]),
    )


def _talent_parts(best: NDArray[np.float64], admission: Admission) -> Figures:
    """Best performers and others of each shown group, where both are many enough to compare."""
    members = admission.grouping.members
    parts = [csr_array(members.multiply((best == who).astype(np.int8)[None, :])) for who in (1, 0)]
    enough = np.min([np.asarray(p.sum(axis=1)).ravel() for p in parts], axis=0) >= FEWEST_TWO_WAY
    names = admission.grouping.groups.index.to_list()
    return {
        FigureId("talent", (str(names[place]),)): csr_array(
            np.vstack([part[[place]].toarray() for part in parts]).astype(np.int8)
        )
        for place in np.flatnonzero(admission.shown & enough)
    }


def _rows(*parts: NDArray[np.bool_]) -> csr_array:
    return csr_array(np.array([part for part in parts if part.any()] or parts[:1], dtype=np.int8))


def _not_telling(figures: Figures, target: Target | None, wave: NewWave) -> Figures:
    """Leave out figures of parts in which all answered alike, or two carry all the weight."""
    if target is None or target.values is None:
        return figures
    return {
        name: rows
        for name, rows in figures.items()
        if not is_telling(rows, target.values, wave.weight, wave.settings.disclosure)
    }


def _sentences(
    need: Target, wave: NewWave, admission: Admission, people: Mapping[str, pd.Series]
) -> list[tuple[str, Message]]:
    """Say what the model does with each audit attribute, and what using it would change."""
    codebook, weight = wave.codebook, wave.weight
    audit = {c.name: people[c.name] for c in codebook.with_role("audit") if c.name in people}
    units, rows = wave.responses[codebook.units.cluster], need.scored.sample_rows
    proxies = measure_proxies(
        need.scored.sample.frame,
        {n: g.iloc[rows].reset_index(drop=True) for n, g in audit.items()},
        weight[rows],
        units.iloc[rows].reset_index(drop=True),
    )
    found = [(p.attribute, tell_proxy(p, codebook.columns[p.attribute])) for p in proxies]
    if need.values is None:
        return found
    before: tuple[NDArray[np.bool_], NDArray[np.float64]] | None = None
    for made in refit_with_attributes(need.scored.risk, need.values, weight, units, audit):
        before = before or _flag_again(need, made.without, wave)
        after = _flag_again(need, made.risk, wave)
        told = before[0] & admission.shown, after[0] & admission.shown
        shift = np.abs(after[1] - before[1])[admission.shown].max(initial=0.0)
        sentence = tell_ablation(
            made,
            float(shift),
            int((told[0] != told[1]).sum()),
            int(told[0].sum()),
            codebook.columns[made.attribute],
        )
        found.append((made.attribute, sentence))
    return found


def _flag_again(
    need: Target, risk: NDArray[np.float64], wave: NewWave
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Give who would be flagged with other risks, and the rates of all groups."""
    settings = wave.settings
    pooled, areas = estimate_groups(
        wave.grouping,
        wave.predictions(need.values, risk),
        need.stored.effects,
        settings.rates,
        settings.seed,
    )
    flags = flag_units(pooled, areas, wave)
    return (flags["verdict"] != NOT).to_numpy(), pooled.table["rate"].to_numpy(dtype=float)


def _own(grouping: Grouping, shown: NDArray[np.bool_]) -> pd.DataFrame:
    """Part everyone over the units that are shown, and once more over each variable crossed.

    How many people gave an answer is known of respondents only: they stand for as many people as
    respondents do on average.
    """
    groups = grouping.groups
    variable = pd.Series(crossed_with(groups.index), index=groups.index)
    everyone = (groups["kind"] == "all").to_numpy()
    each = float(groups["people"].iloc[0] / groups["n"].iloc[0])
    parts = []
    for name in variable.unique():
        here = (variable == name).to_numpy()
        units = _lift_parents(groups[(everyone | here) & shown], groups)
        own = part_people(units)
        if name:
            own = own.drop(index=EVERYONE, errors="ignore")
            own["own_people"] = own["own_n"] * each
        parts.append(own)
    return pd.concat(parts)


def _lift_parents(units: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Put each unit below its nearest unit that is shown."""
    parents = units["parent"]
    while (hidden := ~parents.isin(units.index) & (parents != "")).any():
        parents = parents.mask(hidden, parents.map(groups["parent"]).fillna(""))
    return units.assign(parent=parents)


def _drivers(target: Target, admission: Admission) -> pd.DataFrame:
    """Profile contrasts of the groups that are flagged or nearly so."""
    grouping = admission.grouping
    marked = np.flatnonzero((target.flags["verdict"] != NOT).to_numpy() & admission.shown)
    sector = grouping.groups["sector"].iloc[marked]
    against = sector.where(sector != grouping.groups.index[marked], EVERYONE)
    reference = grouping.groups.index.get_indexer(pd.Index(against))
    return contrast_drivers(target.scored, marked.astype(float), reference.astype(float))


def _profile(wave: NewWave, members: csr_array) -> NDArray[np.float64] | None:
    """Share of each group that fits the codebook's simple rule."""
    if wave.codebook.simple_rule is None:
        return None
    fits = holds(wave.codebook.simple_rule, wave.responses, wave.scales, wave.codebook)
    n = np.maximum(np.asarray(members.sum(axis=1)).ravel(), 1)
    shares: NDArray[np.float64] = np.asarray(members @ np.nan_to_num(fits), dtype=float) / n
    return shares
