"""What a release tells besides rates: drivers, talent, segments, and whom it helps and misses."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.drivers.group_profiles import contrast_drivers
from blijfwijzer.fairness.targeting import FEWEST_TWO_WAY
from blijfwijzer.groups.flags import NOT, part_best, talent_at_risk
from blijfwijzer.groups.grouping import EVERYONE, Grouping, part_people
from blijfwijzer.groups.paths import crossed_with
from blijfwijzer.groups.remainders import find_remainders, lift_parents
from blijfwijzer.groups.segments import Segments
from blijfwijzer.publish.findings import Findings, GroupEstimates
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.risk.model import is_constant
from blijfwijzer.runs.offers.aims import offer_cells, rounded_cells
from blijfwijzer.runs.scoring.benchmark import stand_beside
from blijfwijzer.runs.scoring.card import judge_card
from blijfwijzer.runs.scoring.needs import Need, find_need, not_telling, of_segments, tell_need
from blijfwijzer.runs.scoring.questions import tell_questions
from blijfwijzer.runs.scoring.register import offer_register, rounded_register, tell_register
from blijfwijzer.runs.scoring.remainders import (
    offer_remainders,
    rates_of_remainders,
    told_remainders,
)
from blijfwijzer.runs.scoring.targets import Estimated, NewWave, Target, count_unjudged, detect
from blijfwijzer.survey.breakdown import break_down_people


@dataclass(frozen=True)
class Chosen:
    """Which figures beside rates may be told of a new wave, and whom they are about."""

    people: Mapping[str, pd.Series]
    """Attribute to the category of each respondent."""
    needs: dict[str, Need]
    leaving: Target | None
    best: NDArray[np.float64] | None
    """Per response: 1 among the best performers, 0 among others, NaN where not known."""
    left: csr_array
    """Those of each group who are in no smaller one that is shown."""
    told: frozenset[FigureId]


def choose_told(
    wave: NewWave,
    targets: dict[str, Target],
    segments: Mapping[str, Segments],
    release: Rehearsal,
    admission: Admission,
) -> Chosen:
    """Choose the figures to tell beside groups that were admitted.

    Parameters
    ----------
    segments : of each need
    """
    people = break_down_people(wave.responses, wave.codebook)
    kinds = {name: outcome.kind for name, outcome in wave.codebook.outcomes.items()}
    asked = [name for name, kind in kinds.items() if kind == "need" and name in targets]
    needs = {
        name: find_need(
            targets[name], admission, people, segments[name], (name,) if asked[1:] else ()
        )
        for name in asked
    }
    intentions = [targets[n] for n, kind in kinds.items() if kind == "intention" and n in targets]
    leaving = intentions[0] if intentions else None
    best = None if leaving is None else _best(leaving, wave)
    talent: Figures = {}
    if leaving is not None and best is not None:
        told_of = admission.tells(f"rate:{leaving.stored.model.target}")
        talent = _talent_parts(best, admission.grouping, told_of)
    offered = {
        **{f: part for need in needs.values() for f, part in offer_cells(need.aim, wave).items()},
        **{f: part for need in needs.values() for f, part in of_segments(need, wave).items()},
        **not_telling(talent, leaving, wave),
    }
    left = find_remainders(admission.grouping, admission.shown)
    for need in needs.values():
        rests = offer_remainders(need.target, wave, admission, left)
        offered |= not_telling(rests, need.target, wave)
    # Last, so that what a register tells takes the place of no other figure.
    of_register = offer_register(wave, targets, admission)
    offered |= of_register
    rounded = frozenset[FigureId]().union(*(rounded_cells(n.aim, wave) for n in needs.values()))
    rounded |= rounded_register(wave, targets, of_register)
    told = frozenset(release.figures(admission, offered, rounded))
    return Chosen(people, needs, leaving, best, left, told)


def gather(
    wave: NewWave,
    targets: dict[str, Target],
    chosen: Chosen,
    release: Rehearsal,
    admission: Admission,
) -> Findings:
    """Gather what the report tells of; each table is cleared when it is written."""
    needs, told = chosen.needs, chosen.told
    talent = _talent(chosen.leaving, chosen.best, wave, told)
    return Findings(
        codebook=wave.codebook,
        settings=wave.settings,
        intake=wave.intake,
        estimates=replace(
            estimates_of(targets, admission, talent),
            remainders={
                name: rates_of_remainders(
                    need.target,
                    wave,
                    chosen.left,
                    told_remainders(need.target, admission, chosen.left, told),
                )
                for name, need in needs.items()
            },
        ),
        reasons=admission.choice.reasons,
        drivers={n: _drivers(one, admission, wave.settings.seed) for n, one in targets.items()},
        # It is of everyone.
        waves={n: target.wave.table for n, target in targets.items() if admission.told[0]},
        needs={
            name: tell_need(need, wave, admission, chosen.people, told)
            for name, need in needs.items()
        },
        cards={
            name: card
            for name in needs
            if (card := judge_card(targets[name], wave, release, admission)) is not None
        },
        constant=tuple(n for n, one in targets.items() if is_constant(one.stored.model)),
        earlier=count_earlier(admission),
        register=tell_register(wave, targets, admission, told),
        questions=tell_questions(wave, admission),
        beside=stand_beside(wave, targets, admission),
        detectable={
            n: detect(one, wave, admission.tells(f"rate:{n}")) for n, one in targets.items()
        },
        unjudged={n: count_unjudged(wave, admission.tells(f"rate:{n}")) for n in targets},
    )


def count_earlier(admission: Admission) -> dict[str, int]:
    """Count what was weighed of earlier releases, for the record of this one."""
    earlier = admission.earlier
    lost = {"lost_since": earlier.lost} if earlier.lost else {}
    changed = 0 if earlier.lost else earlier.changed_since
    return {"earlier_releases": earlier.releases, "changed_since": changed, **lost}


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


def estimates_of(
    targets: Mapping[str, Estimated],
    admission: Admission,
    talent: pd.DataFrame | None = None,
) -> GroupEstimates:
    """Gather what is known of each group."""
    grouping = admission.grouping
    return GroupEstimates(
        grouping=grouping,
        shown=admission.shown,
        rates={name: target.pooled.table for name, target in targets.items()},
        flags={name: target.flags for name, target in targets.items()},
        own=_own(grouping, admission.shown),
        talent=talent,
    )


def _talent_parts(
    best: NDArray[np.float64], grouping: Grouping, told: NDArray[np.bool_]
) -> Figures:
    """Best performers and others of each group, where both are many enough to compare."""
    members = grouping.members
    parts = [csr_array(members.multiply((best == who).astype(np.int8)[None, :])) for who in (1, 0)]
    enough = np.min([np.asarray(p.sum(axis=1)).ravel() for p in parts], axis=0) >= FEWEST_TWO_WAY
    names = grouping.groups.index.to_list()
    return {
        FigureId("talent", (str(names[place]),)): csr_array(
            np.vstack([part[[place]].toarray() for part in parts]).astype(np.int8)
        )
        for place in np.flatnonzero(told & enough)
    }


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
        units = lift_parents(groups[(everyone | here) & shown], groups)
        own = part_people(units)
        if name:
            own = own.drop(index=EVERYONE, errors="ignore")
            own["own_people"] = own["own_n"] * each
        parts.append(own)
    return pd.concat(parts)


_MOST_PROFILED = 500
"""Groups besides those that stand out of which it is told what goes with a need: those with the
highest rates, as no larger number is offered vouchers or has a page that anybody reads."""


def _drivers(target: Target, admission: Admission, seed: int) -> pd.DataFrame:
    """Profile contrasts of the groups that stand out, and of those that may be offered vouchers."""
    grouping, name = admission.grouping, target.stored.model.target
    told = admission.tells(f"rate:{name}")
    flagged = (target.flags["verdict"] != NOT).to_numpy()
    marked = np.flatnonzero(flagged)
    if target.stored.codebook.outcomes[name].kind == "need":
        is_group = (grouping.groups.index != EVERYONE) & ~flagged
        others = np.flatnonzero(told & is_group)
        rates = target.pooled.table["rate"].to_numpy()[others]
        highest = others[np.argsort(-rates, kind="stable")][:_MOST_PROFILED]
        marked = np.append(marked, np.sort(highest))
    sector = grouping.groups["sector"].iloc[marked]
    against = sector.where(sector != grouping.groups.index[marked], EVERYONE)
    reference = grouping.groups.index.get_indexer(pd.Index(against))
    # What is not told is nothing to be held against either.
    marked, reference = marked[told[reference]], reference[told[reference]]
    return contrast_drivers(target.scored, grouping.groups, marked, reference, told, seed)
