"""What a release tells besides rates: drivers, talent, segments, and whom it helps and misses."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.rules import is_telling
from blijfwijzer.drivers.group_profiles import contrast_drivers
from blijfwijzer.fairness.ablation import refit_with_attributes, tell_ablation
from blijfwijzer.fairness.proxies import measure_proxies, tell_proxy
from blijfwijzer.fairness.targeting import (
    FEWEST_TWO_WAY,
    Cells,
    Targeting,
    audit_targeting,
    cut_cells,
)
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.flags import CERTAIN, NOT, part_best, talent_at_risk
from blijfwijzer.groups.grouping import EVERYONE, Grouping, part_people
from blijfwijzer.groups.segments import Segments, find_segments
from blijfwijzer.publish.findings import Findings, GroupEstimates
from blijfwijzer.release.admission import Admission, Figures
from blijfwijzer.release.publication import Publication
from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.runs.score_targets import NewWave, Target, flag_units
from blijfwijzer.survey.breakdown import break_down_people
from blijfwijzer.survey.rule_truth import holds
from blijfwijzer.survey.texts import Message

NEED = "achterblijver"
"""Outcome that vouchers are for; a codebook without it has no vouchers."""
LEAVING = "vertrekintentie"


@dataclass(frozen=True)
class _Offer:
    """Figures beside the groups, which cut through them; not chosen yet."""

    selected: NDArray[np.bool_]
    """Per response: whether it is in a group that is flagged for the need."""
    answered: NDArray[np.bool_]
    """Per response: whether it is known to be in need or not."""
    segments: Segments | None
    best: NDArray[np.float64] | None
    """Per response: 1 among the best performers, 0 among others, NaN where not known."""
    of_cells: Figures
    of_segments: Figures
    of_talent: Figures


def gather(
    wave: NewWave, targets: dict[str, Target], release: Publication, admission: Admission
) -> Findings:
    """Gather what the report tells of; each table is cleared when it is written."""
    need, leaving = targets.get(NEED), targets.get(LEAVING)
    people = break_down_people(wave.responses, wave.codebook)
    offer = _offer(wave, need, leaving, admission, people)
    names = frozenset(release.figures(admission, *_choose_from(offer, wave, need, leaving, people)))
    hidden = _hidden(offer.of_cells, names, people, admission)
    segments = pd.DataFrame() if offer.segments is None else offer.segments.table
    talent = _talent(leaving, offer, wave, names)
    return Findings(
        codebook=wave.codebook,
        settings=wave.settings,
        intake=wave.intake,
        estimates=estimates_of(wave, targets, admission, talent),
        reasons=admission.choice.reasons,
        drivers={name: _drivers(target, admission) for name, target in targets.items()},
        waves={name: target.wave.table for name, target in targets.items()},
        segments=segments[[f"segment:{name}" in names for name in segments.index]],
        targeting=_targeting(need, offer, wave, people, hidden),
        hidden=hidden,
        sentences=tuple(_sentences(need, wave, admission, people)),
        releases=admission.earlier.releases,
        forbidden=admission.earlier.forbidden.shape[0],
    )


def _offer(
    wave: NewWave,
    need: Target | None,
    leaving: Target | None,
    admission: Admission,
    people: Mapping[str, pd.Series],
) -> _Offer:
    selected, answered = np.zeros(len(wave.weight), bool), np.ones(len(wave.weight), bool)
    segments, best, of_cells = None, None, {}
    if need is not None:
        selected, segments = _selected(need, admission), _segments(need, wave)
    if need is not None and need.values is not None:
        answered = ~np.isnan(need.values)
        of_cells = _cell_parts(people, answered, selected)
    if leaving is not None and leaving.values is not None:
        best = _best(leaving.values, wave)
    return _Offer(
        selected,
        answered,
        segments,
        best,
        of_cells,
        {} if segments is None else _segment_parts(segments, answered),
        {} if best is None else _talent_parts(best, admission),
    )


def _best(leaving: NDArray[np.float64], wave: NewWave) -> NDArray[np.float64] | None:
    if wave.codebook.performance not in wave.responses:
        return None
    performance = wave.responses[wave.codebook.performance].to_numpy(dtype=float)
    return part_best(leaving, performance, wave.weight, wave.settings.flags.best_share)


def _cell_parts(
    people: Mapping[str, pd.Series], answered: NDArray[np.bool_], selected: NDArray[np.bool_]
) -> Figures:
    """Those of each group of people who are known, and those of them who are selected."""
    cells, pairs = cut_cells(people)
    parts = {}
    for attribute, cell in (cells | pairs).items():
        for place, name in enumerate(cell.names):
            inside = (cell.code == place) & answered
            parts[f"cell:{attribute}:{name}"] = _rows(inside, inside & selected)
    return parts


def _choose_from(
    offer: _Offer,
    wave: NewWave,
    need: Target | None,
    leaving: Target | None,
    people: Mapping[str, pd.Series],
) -> tuple[Figures, frozenset[str]]:
    """Give the figures that tell of nobody by themselves, and those that rounding keeps."""
    offered = {
        **_not_telling(offer.of_cells, need, wave),
        **_not_telling(offer.of_segments, need, wave),
        **_not_telling(offer.of_talent, leaving, wave),
    }
    if need is None or need.values is None:
        return offered, frozenset()
    cells, _ = cut_cells(people)
    return offered, _rounded(cells, need.values, wave.settings.disclosure.protection)


def _hidden(
    of_cells: Figures,
    names: frozenset[str],
    people: Mapping[str, pd.Series],
    admission: Admission,
) -> frozenset[tuple[str, str]]:
    """Give attribute and group of cells that may not be shown though they are large enough."""
    cells, pairs = cut_cells(people)
    hidden = frozenset(
        (attribute, name)
        for attribute, cell in (cells | pairs).items()
        for name in cell.names
        if f"cell:{attribute}:{name}" in of_cells and f"cell:{attribute}:{name}" not in names
    )
    return hidden if admission.choice.tells_everyone else hidden | {(EVERYONE, EVERYONE)}


def _talent(
    leaving: Target | None, offer: _Offer, wave: NewWave, names: frozenset[str]
) -> pd.DataFrame | None:
    """Give the rates of leaving among the best and among others, where they may be shown."""
    if leaving is None or leaving.values is None or offer.best is None:
        return None
    groups = wave.grouping
    talent = talent_at_risk(leaving.values, offer.best, wave.weight, groups.members)
    is_told = [f"talent:{name}" in names for name in groups.groups.index]
    return talent[["best", "rest"]].where(pd.Series(is_told), np.nan)


def _targeting(
    need: Target | None,
    offer: _Offer,
    wave: NewWave,
    people: Mapping[str, pd.Series],
    hidden: frozenset[tuple[str, str]],
) -> Targeting | None:
    if need is None or need.values is None:
        return None
    answered, settings = offer.answered, wave.settings
    return audit_targeting(
        need.values[answered],
        offer.selected[answered].astype(float),
        wave.weight[answered],
        wave.responses.loc[answered, wave.codebook.units.cluster],
        {name: group[answered] for name, group in people.items()},
        settings.disclosure.minimum,
        settings.evaluation.bootstraps,
        settings.seed,
        wave.codebook.columns,
        hidden,
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
    answers = np.full(len(wave.weight), np.nan) if need.values is None else need.values
    return find_segments(
        wave.responses,
        answers,
        need.scored.risk,
        wave.weight,
        wave.responses[codebook.units.cluster],
        codebook.with_role("career"),
        settings.segments,
        settings.seed,
        barred_columns(codebook, codebook.outcomes[NEED]),
    )


def _segment_parts(segments: Segments, answered: NDArray[np.bool_]) -> Figures:
    rests_on = (segments.is_estimated & answered).astype(np.int8)
    rows = csr_array(segments.members.multiply(rests_on[None, :]))
    return {f"segment:{name}": rows[[place]] for place, name in enumerate(segments.table.index)}


def _talent_parts(best: NDArray[np.float64], admission: Admission) -> Figures:
    """Best performers and others of each shown group, where both are many enough to compare."""
    members = admission.grouping.members
    parts = [csr_array(members.multiply((best == who).astype(np.int8)[None, :])) for who in (1, 0)]
    enough = np.min([np.asarray(p.sum(axis=1)).ravel() for p in parts], axis=0) >= FEWEST_TWO_WAY
    names = admission.grouping.groups.index.to_list()
    return {
        f"talent:{names[place]}": csr_array(
            np.vstack([part[[place]].toarray() for part in parts]).astype(np.int8)
        )
        for place in np.flatnonzero(admission.shown & enough)
    }


def _rounded(
    cells: Mapping[str, Cells], values: NDArray[np.float64], protection: int
) -> frozenset[str]:
    """Name the groups of single attributes whose rates rounding alone keeps from being counts.

    A whole percentage of n people leaves n / 100 possible counts; each rate of such a group, of
    people in need and of others, rests on enough people to leave `protection`.
    """
    return frozenset(
        f"cell:{attribute}:{name}"
        for attribute, cell in cells.items()
        for place, name in enumerate(cell.names)
        if min(((values == v) & (cell.code == place)).sum() for v in (0, 1)) >= 100 * protection
    )


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
    need: Target | None, wave: NewWave, admission: Admission, people: Mapping[str, pd.Series]
) -> list[tuple[str, Message]]:
    """Say what the model does with each audit attribute, and what using it would change."""
    if need is None:
        return []
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
        need.values,
        risk,
        wave.weight,
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
    variable = groups["level"].str.rsplit("&").str[-1].where(groups["kind"] == "cross", "")
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
