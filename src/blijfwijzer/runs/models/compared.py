"""How two models of one outcome differ on a survey, by what may be shown."""

from dataclasses import replace

import numpy as np
import pandas as pd

from blijfwijzer.drivers.importance import measure_importance
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.education import education_levels
from blijfwijzer.groups.flags import NOT
from blijfwijzer.progress import Tell
from blijfwijzer.publish.check_texts import tell_warnings
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pages.comparison import NAMES, Compared
from blijfwijzer.publish.pictures.canvas import Subject
from blijfwijzer.publish.tables.report_tables import clear_groups
from blijfwijzer.release.breakdown import Breakdown
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.runs.models.explained import Explained
from blijfwijzer.runs.models.held_out import HeldOut, hold_out
from blijfwijzer.runs.models.measured import admit_people, find_rows, measure_rivals
from blijfwijzer.runs.models.pairs import ModelPair, rivals_of
from blijfwijzer.runs.offers.needs import read_partitions
from blijfwijzer.runs.scoring.findings import estimates_of
from blijfwijzer.runs.scoring.targets import NewWave, Target, estimate_target, score_target
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.texts import Message, say
from blijfwijzer.vouchers.allocation import allocate_vouchers
from blijfwijzer.vouchers.needs import UNITS

_NO_SEGMENTS = pd.DataFrame({"target": pd.Series(dtype="str"), "rate": pd.Series(dtype=float)})


def compare_pair(pair: ModelPair, release: Rehearsal, tell: Tell) -> Compared:
    """Hold two models against each other on a survey."""
    tell("find what could be derived")
    second, settings = pair.second, pair.settings
    breakdown = admit_people(second, pair.first.contributions.risk, pair.by, release)
    held = [hold_out(one, pair.learnt, release, tell) for one in pair.each]
    tell("flag groups")
    codebook = second.stored.codebook
    compared = Compared(
        subject=Subject(codebook, codebook.outcomes[pair.target], settings.language),
        intake=second.intake,
        settings=settings,
        wave=pair.wave,
        models=pd.DataFrame([_about(one) for one in pair.each]),
        drivers=_drivers(pair),
        groups=_groups(pair, breakdown, tell),
        held=tuple(_say_held(name, one) for name, one in zip(NAMES, held, strict=True)),
        warnings=tuple(tell_warnings(second.intake.remarks, settings)),
    )
    rows = find_rows(held, second, breakdown, release)
    if rows is None:
        return compared
    tell("measure both")
    rivals = rivals_of(second, held[0].risk, held[1].risk)
    found = measure_rivals(rivals, breakdown, rows, second)
    return replace(compared, **vars(found))


def _say_held(name: str, held: HeldOut) -> Message:
    """Say what figures of the quality of a model are of, or why there are none."""
    overlap = held.overlap
    named = id_of("compare.held", held.way)
    return say(named, seen=overlap.seen, units=overlap.units, model=name)


def _about(explained: Explained) -> dict[str, str]:
    stored = explained.stored
    return {
        "folder": stored.folder.name,
        "kind": stored.model.kind,
        "wave": stored.codebook.survey.wave,
        "made": stored.manifest.made[:10],
    }


def _drivers(pair: ModelPair) -> pd.DataFrame:
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


def _groups(pair: ModelPair, breakdown: Breakdown, tell: Tell) -> pd.DataFrame:
    """Give the flags of groups that may be told of by both models, and of a budget their vouchers.

    Groups are estimated and flagged as `score` does by default, and vouchers follow from what would
    be published, without a draw.
    """
    grouping, told = breakdown.admission.grouping, breakdown.told
    columns = {}
    for one, name in zip(pair.each, ("first", "second"), strict=True):
        stored, intake = one.stored, one.intake
        scales = score_scales(intake.held, stored.codebook)
        wave = NewWave(intake, scales, grouping, stored.codebook, pair.by, pair.settings)
        target = estimate_target(score_target(stored, wave, tell), told, wave)
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


def _vouchers(
    pair: ModelPair, target: Target, wave: NewWave, breakdown: Breakdown
) -> pd.Series | None:
    """Divide the budget of the settings by what would be published; None where there is none."""
    plan, codebook = pair.settings.vouchers, wave.codebook
    is_need = codebook.offers_vouchers_for(codebook.outcomes[pair.target])
    if not (is_need and plan.budget and plan.cost):
        return None
    estimates = estimates_of({pair.target: target}, breakdown.admission)
    groups = clear_groups(estimates, codebook, Edge.of(pair.settings)).frame
    education = dict(education_levels(codebook))
    parts = read_partitions(groups, _NO_SEGMENTS, pair.target, education)
    needs = next(part.needs for part in parts if part.name == UNITS)
    allocation = allocate_vouchers(needs, plan.budget, plan.cost, plan, pair.settings.seed)
    return pd.Series(allocation.table["vouchers"].to_numpy(dtype=float), needs.groups)
