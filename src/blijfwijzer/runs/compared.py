"""How two models of one outcome differ on a survey, by what may be shown."""

from dataclasses import replace

import numpy as np
import pandas as pd

from blijfwijzer.drivers.importance import measure_importance
from blijfwijzer.estimation.design import Design
from blijfwijzer.fairness.rivals import compare_gaps
from blijfwijzer.groups.education import education_levels
from blijfwijzer.groups.flags import NOT
from blijfwijzer.progress import Tell
from blijfwijzer.publish.canvas import Subject
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.comparison import NAMES, Compared
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.report_tables import clear_groups
from blijfwijzer.release.breakdown import Breakdown, admit_breakdown, are_narrow
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.risk.evaluation import bin_risks
from blijfwijzer.risk.metrics import rank
from blijfwijzer.risk.protection import protect_calibration, protect_rivals
from blijfwijzer.risk.rivals import Rivals, compare_risks
from blijfwijzer.runs.explain import Explained
from blijfwijzer.runs.held_out import HeldOut, hold_out
from blijfwijzer.runs.pairs import Pair
from blijfwijzer.runs.score_findings import estimates_of
from blijfwijzer.runs.score_targets import NewWave, Target, estimate_target, withhold
from blijfwijzer.runs.voucher_needs import read_partitions
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.remarks import warnings_of
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.texts import Message, say
from blijfwijzer.vouchers.allocation import allocate_vouchers
from blijfwijzer.vouchers.needs import UNITS

_NO_SEGMENTS = pd.DataFrame({"target": pd.Series(dtype="str"), "rate": pd.Series(dtype=float)})


def compare_pair(pair: Pair, release: Rehearsal, tell: Tell) -> Compared:
    """Hold two models against each other on a survey."""
    tell("find what could be derived")
    breakdown = _admit(pair, release)
    first, second = (hold_out(one, release, tell) for one in pair.each)
    codebook, settings = pair.second.stored.codebook, pair.settings
    tell("flag groups")
    compared = Compared(
        subject=Subject(codebook, codebook.outcomes[pair.target], settings.language),
        intake=pair.second.intake,
        settings=settings,
        wave=pair.wave,
        models=pd.DataFrame([_about(one) for one in pair.each]),
        drivers=_drivers(pair),
        groups=_groups(pair, breakdown, tell),
        held=(_say_held("A", first), _say_held("B", second)),
        warnings=tuple(warnings_of(pair.second.intake.remarks)),
    )
    rows = _measured_on(first, second, pair)
    if rows is None:
        return compared
    tell("measure both")
    rivals = pair.rivals(first.risk, second.risk).take(rows)
    # Of a part of the people no groups are told: beside those of everyone they would tell of few.
    is_part = "part" in (first.overlap.kind, second.overlap.kind)
    told = replace(breakdown, groups={}) if is_part else breakdown
    return _measure(compared, rivals, told, rows)


def _measure(compared: Compared, rivals: Rivals, breakdown: Breakdown, rows: Mask) -> Compared:
    """Add how good both are, and how fair."""
    settings = compared.settings
    draws, minimum = settings.evaluation.bootstraps, settings.evaluation.minimum_group
    weight = rivals.design.weight
    bins = [
        protect_calibration(bin_risks(rank(one.values, one.risk), weight, minimum)).assign(
            model=name
        )
        for name, one in zip(NAMES, rivals.each, strict=True)
    ]
    audit = {c.name for c in compared.subject.codebook.with_role("audit")}
    gaps = compare_gaps(
        rivals,
        {name: group for name, group in breakdown.among(rows).items() if name in audit},
        settings.promotion.fairness,
        minimum=minimum,
        bootstraps=draws,
        seed=settings.seed,
    )
    whole = gaps.select_dtypes("number").columns
    return replace(
        compared,
        measures=protect_rivals(compare_risks(rivals, draws, settings.seed), rivals),
        calibration=pd.concat(bins, ignore_index=True),
        gaps=gaps.assign(**{name: gaps[name].round(2) for name in whole}),
    )


def _admit(pair: Pair, release: Rehearsal) -> Breakdown:
    """Choose by which units and groups of attributes two models may be told of.

    A group in which either expects nearly the same of each is not told of.
    """
    first, second = pair.each
    found = admit_breakdown(
        release,
        second.intake,
        second.answers,
        second.contributions.risk,
        # Backgrounds are told of by those alone of whom it is known, as a training told of them.
        of_answers=True,
        by=pair.by,
    )
    members, unanimity = found.admission.grouping.members, pair.settings.disclosure.unanimity
    narrow = are_narrow(members, first.contributions.risk, second.weight, unanimity)
    return replace(found, told=found.told & ~narrow)


def _measured_on(first: HeldOut, second: HeldOut, pair: Pair) -> Mask | None:
    """Say on which responses both can be measured; None where these, or the others, are too few.

    What is told of a part would tell of the others, beside what is told of everyone.
    """
    rows = np.asarray(first.rows & second.rows)
    known = ~np.isnan(pair.second.answers)
    left_out = int((known & ~rows).sum())
    is_few = 0 < left_out < pair.settings.disclosure.minimum
    if is_few or rows.sum() < pair.settings.intake.minimum_responses:
        return None
    return rows if len(np.unique(pair.second.answers[rows])) == 2 else None


def _say_held(name: str, held: HeldOut) -> Message:
    """Say what figures of the quality of a model are of, or why there are none."""
    overlap = held.overlap
    named = id_of("compare.held", overlap.kind)
    return say(named, seen=overlap.seen, units=overlap.units, model=name)


def _about(explained: Explained) -> dict[str, str]:
    stored = explained.stored
    return {
        "folder": stored.folder.name,
        "kind": stored.model.kind,
        "wave": stored.codebook.survey.wave,
        "made": stored.manifest.made[:10],
    }


def _drivers(pair: Pair) -> pd.DataFrame:
    """Give the mean size of the contribution of each scale in both models, and its rank."""
    settings, sizes = pair.settings, []
    for one, name in zip(pair.each, ("first", "second"), strict=True):
        design = Design.of_units(one.weight, one.units)
        rng = np.random.default_rng(settings.seed)
        table, _ = measure_importance(
            one.contributed.by_scale, [], design, settings.drivers.bootstraps, rng
        )
        told = table[["mean_abs", "low", "high"]].assign(rank=np.arange(1, len(table) + 1))
        sizes.append(told.set_axis([name, *(f"{name}_{c}" for c in told.columns[1:])], axis=1))
    # A scale that one of them does not read adds nothing there.
    both = sizes[0].join(sizes[1], how="outer")
    largest = both[["first", "second"]].max(axis=1)
    return both.loc[largest.sort_values(ascending=False, kind="stable").index]


def _groups(pair: Pair, breakdown: Breakdown, tell: Tell) -> pd.DataFrame:
    """Give the flags of groups that may be told of by both models, and of a budget their vouchers.

    Groups are estimated and flagged as `score` does by default, and vouchers follow from what would
    be published, without a draw.
    """
    grouping, told = breakdown.admission.grouping, breakdown.told
    columns = {}
    for one, name in zip(pair.each, ("first", "second"), strict=True):
        stored, intake = one.stored, one.intake
        scales = score_scales(intake.responses, stored.codebook)
        wave = NewWave(intake, scales, grouping, stored.codebook, pair.by, pair.settings)
        target = withhold(estimate_target(stored, wave, tell), told, wave)
        columns[f"{name}_flag"] = pd.Series(
            (target.flags["verdict"] != NOT).to_numpy(), grouping.groups.index
        )
        given = _vouchers(pair, target, wave, breakdown)
        if given is not None:
            columns[f"{name}_vouchers"] = given.reindex(grouping.groups.index)
    rows = grouping.groups[["label", "level"]].join(pd.DataFrame(columns))[told]
    is_listed = rows["level"].isin(pair.by)
    labels = {name: column.label for name, column in pair.second.stored.codebook.columns.items()}
    rows = rows[is_listed].assign(level=rows["level"][is_listed].map(labels))
    return rows.rename_axis("group").reset_index()


def _vouchers(pair: Pair, target: Target, wave: NewWave, breakdown: Breakdown) -> pd.Series | None:
    """Divide the budget of the settings by what would be published; None where there is none."""
    plan, codebook = pair.settings.vouchers, wave.codebook
    is_need = codebook.offers_vouchers_for(codebook.outcomes[pair.target])
    if not (is_need and plan.budget and plan.cost):
        return None
    estimates = estimates_of(wave, {pair.target: target}, breakdown.admission)
    groups = clear_groups(estimates, codebook, Edge.of(pair.settings)).frame
    education = dict(education_levels(codebook))
    parts = read_partitions(groups, _NO_SEGMENTS, pair.target, education)
    needs = next(part.needs for part in parts if part.name == UNITS)
    allocation = allocate_vouchers(needs, plan.budget, plan.cost, plan, pair.settings.seed)
    return pd.Series(allocation.table["vouchers"].to_numpy(dtype=float), needs.groups)
