"""What a release tells besides rates: drivers, talent, segments, and whom it helps and misses."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.rules import is_telling
from blijfwijzer.drivers.group_profiles import contrast_drivers
from blijfwijzer.fairness.ablation import refit_with_attributes, tell_ablation
from blijfwijzer.fairness.proxies import measure_proxies, tell_proxy
from blijfwijzer.fairness.targeting import FEWEST_TWO_WAY, Cells, audit_targeting, cut_cells
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.flags import CERTAIN, NOT, part_best, talent_at_risk
from blijfwijzer.groups.grouping import EVERYONE, Grouping, part_people
from blijfwijzer.groups.segments import Segments, find_segments
from blijfwijzer.publish.findings import Findings, GroupEstimates
from blijfwijzer.release.admission import Admission, Figures, admit_figures
from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.runs.score_targets import Target, flag_units
from blijfwijzer.settings import Settings
from blijfwijzer.survey.breakdown import break_down_people
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.rule_truth import holds
from blijfwijzer.survey.texts import Message

NEED = "achterblijver"
"""Outcome that vouchers are for; a codebook without it has no vouchers."""
LEAVING = "vertrekintentie"

"""Id to the parts that a figure is a total over: one row each, one column per response."""


def gather(
    intake: Intake,
    scales: pd.DataFrame,
    targets: dict[str, Target],
    admission: Admission,
    ledger: Ledger,
    codebook: Codebook,
    by: list[str],
    settings: Settings,
) -> tuple[Findings, Figures]:
    """Gather what the report tells of; each table is cleared when it is written.

    Returns
    -------
    The findings, and the figures of them that cut through groups, for the ledger.
    """
    responses, grouping = intake.responses, admission.grouping
    weight = responses["weight"].to_numpy(dtype=float)
    need, leaving = targets.get(NEED), targets.get(LEAVING)
    people = break_down_people(responses, codebook)
    selected = np.zeros(len(responses), dtype=bool)
    segments: Segments | None = None
    if need is not None:
        selected = _selected(need, admission)
        segments = _segments(need, responses, weight, codebook, settings)
    answered = np.ones(len(responses), dtype=bool)
    if need is not None and need.values is not None:
        answered = ~np.isnan(need.values)
    best = None
    if leaving is not None and leaving.values is not None and codebook.performance in responses:
        performance = responses[codebook.performance].to_numpy(dtype=float)
        best = part_best(leaving.values, performance, weight, settings.flags.best_share)

    cells, pairs = cut_cells(people)
    of_cells: Figures = {}
    if need is not None and need.values is not None:
        for attribute, cell in (cells | pairs).items():
            for place, name in enumerate(cell.names):
                inside = (cell.code == place) & answered
                of_cells[f"cell:{attribute}:{name}"] = _rows(inside, inside & selected)
    of_segments = {} if segments is None else _segment_parts(segments, answered)
    of_talent = {} if best is None else _talent_parts(best, admission)
    offered = {
        **_not_telling(of_cells, need, weight, settings),
        **_not_telling(of_segments, need, weight, settings),
        **_not_telling(of_talent, leaving, weight, settings),
    }
    rounded = frozenset[str]()
    if need is not None and need.values is not None:
        rounded = _rounded(cells, need.values, settings.disclosure.protection)
    names = admit_figures(offered, admission, ledger, settings.disclosure.minimum, rounded)
    hidden = frozenset(
        (attribute, name)
        for attribute, cell in (cells | pairs).items()
        for name in cell.names
        if f"cell:{attribute}:{name}" in of_cells and f"cell:{attribute}:{name}" not in names
    )
    if not admission.choice.tells_everyone:
        hidden |= {(EVERYONE, EVERYONE)}
    talent = None
    if leaving is not None and leaving.values is not None and best is not None:
        talent = talent_at_risk(leaving.values, best, weight, grouping.members)
        is_told = [f"talent:{name}" in names for name in grouping.groups.index]
        talent = talent[["best", "rest"]].where(pd.Series(is_told), np.nan)
    targeting = None
    if need is not None and need.values is not None:
        targeting = audit_targeting(
            need.values[answered],
            selected[answered].astype(float),
            weight[answered],
            responses.loc[answered, codebook.units.cluster],
            {name: group[answered] for name, group in people.items()},
            settings.disclosure.minimum,
            settings.evaluation.bootstraps,
            settings.seed,
            codebook.columns,
            hidden,
        )
    told = pd.DataFrame() if segments is None else segments.table
    findings = Findings(
        codebook=codebook,
        settings=settings,
        intake=intake,
        estimates=estimates_of(responses, scales, targets, admission, codebook, talent),
        reasons=admission.choice.reasons,
        drivers={name: _drivers(target, admission) for name, target in targets.items()},
        waves={name: target.wave.table for name, target in targets.items()},
        segments=told[[f"segment:{name}" in names for name in told.index]],
        targeting=targeting,
        hidden=hidden,
        sentences=tuple(_sentences(need, admission, responses, people, codebook, by, settings)),
        releases=admission.earlier.releases,
        forbidden=admission.earlier.forbidden.shape[0],
    )
    return findings, {name: offered[name] for name in sorted(names)}


def estimates_of(
    responses: pd.DataFrame,
    scales: pd.DataFrame,
    targets: dict[str, Target],
    admission: Admission,
    codebook: Codebook,
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
        profile=_profile(responses, scales, codebook, grouping.members),
        talent=talent,
    )


def _hide(table: pd.DataFrame, rows: NDArray[np.bool_]) -> pd.DataFrame:
    numbers = table.select_dtypes("number").columns
    return table.assign(**{name: table[name].mask(rows) for name in numbers})


def _selected(need: Target, admission: Admission) -> NDArray[np.bool_]:
    """Say of each response whether it is in a flagged group."""
    flagged = np.flatnonzero((need.flags["verdict"] == CERTAIN).to_numpy() & admission.shown)
    return np.asarray(admission.grouping.members[flagged].sum(axis=0)).ravel() > 0


def _segments(
    need: Target,
    responses: pd.DataFrame,
    weight: NDArray[np.float64],
    codebook: Codebook,
    settings: Settings,
) -> Segments:
    answers = np.full(len(responses), np.nan) if need.values is None else need.values
    return find_segments(
        responses,
        answers,
        need.scored.risk,
        weight,
        responses[codebook.units.cluster],
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


def _not_telling(
    figures: Figures, target: Target | None, weight: NDArray[np.float64], settings: Settings
) -> Figures:
    """Leave out figures of parts in which all answered alike, or two carry all the weight."""
    if target is None or target.values is None:
        return figures
    return {
        name: rows
        for name, rows in figures.items()
        if not is_telling(rows, target.values, weight, settings.disclosure)
    }


def _sentences(
    need: Target | None,
    admission: Admission,
    responses: pd.DataFrame,
    people: Mapping[str, pd.Series],
    codebook: Codebook,
    by: list[str],
    settings: Settings,
) -> list[tuple[str, Message]]:
    """Say what the model does with each audit attribute, and what using it would change."""
    if need is None:
        return []
    audit = {c.name: people[c.name] for c in codebook.with_role("audit") if c.name in people}
    weight = responses["weight"].to_numpy(dtype=float)
    units, rows = responses[codebook.units.cluster], need.scored.sample_rows
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
        if before is None:
            before = _flag_again(need, made.without, admission, responses, codebook, by, settings)
        after = _flag_again(need, made.risk, admission, responses, codebook, by, settings)
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
    need: Target,
    risk: NDArray[np.float64],
    admission: Admission,
    responses: pd.DataFrame,
    codebook: Codebook,
    by: list[str],
    settings: Settings,
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Give who would be flagged with other risks, and the rates of all groups."""
    grouping = admission.grouping
    weight = responses["weight"].to_numpy(dtype=float)
    pooled, areas = estimate_groups(
        grouping, need.values, risk, weight, need.stored.effects, settings.rates, settings.seed
    )
    flags = flag_units(pooled, areas, grouping, responses, codebook, by, settings)
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
