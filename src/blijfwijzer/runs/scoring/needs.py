"""A need in a new wave: where it is large, whom the flags help and miss, and what may be told."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.fairness.ablation import refit_with_attributes, tell_ablation
from blijfwijzer.fairness.proxies import measure_proxies, tell_proxy
from blijfwijzer.groups.flags import FLAGGED
from blijfwijzer.groups.segments import Segments, find_segments
from blijfwijzer.publish.findings import NeedFindings
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.margins import leave_telling
from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.runs.offers.aims import Aim, all_cells, find_targeting, hidden_cells
from blijfwijzer.runs.scoring.targets import NewWave, Target, estimate_with, which_flagged
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.texts import Message


@dataclass(frozen=True)
class Need:
    """A need in a new wave, and the figures beside the groups that tell of it."""

    target: Target
    aim: Aim
    """Whom the flags select: who is in a group that is flagged for the need."""
    segments: Segments
    names: dict[str, FigureId]
    """Segment to its figure."""


def find_need(
    target: Target,
    admission: Admission,
    people: Mapping[str, pd.Series],
    segments: Segments,
    suffix: tuple[str, ...],
) -> Need:
    """Find who is selected for a need.

    Parameters
    ----------
    segments : in which it is large, as `segments_of` finds
    suffix : what tells its figures from those of other needs
    """
    cells: dict[tuple[str, str], FigureId] = {}
    if target.values is not None:
        cells = {
            (attribute, name): FigureId("cell", (attribute, name, *suffix))
            for attribute, cell in all_cells(people).items()
            for name in cell.names
        }
    return Need(
        target,
        Aim(target.values, _selected(target, admission), people, cells),
        segments,
        {str(n): FigureId("segment", (str(n), *suffix)) for n in segments.table.index},
    )


def of_segments(need: Need, wave: NewWave) -> Figures:
    """Those in each segment that its rate rests on."""
    rests_on = (need.segments.is_estimated & need.aim.answered).astype(np.int8)
    rows = csr_array(need.segments.members.multiply(rests_on[None, :]))
    parts = {figure: rows[[place]] for place, figure in enumerate(need.names.values())}
    return not_telling(parts, need.target, wave)


def tell_need(
    need: Need,
    wave: NewWave,
    admission: Admission,
    people: Mapping[str, pd.Series],
    told: frozenset[FigureId],
) -> NeedFindings:
    """Tell what may be told of a need: where it is large, and whom the flags help and miss."""
    hidden = hidden_cells(need.aim, admission, told)
    return NeedFindings(
        segments=need.segments.table[[figure in told for figure in need.names.values()]],
        targeting=find_targeting(need.aim, wave, hidden),
        hidden=hidden,
        sentences=tuple(_sentences(need.target, wave, admission, people)),
    )


def _selected(need: Target, admission: Admission) -> NDArray[np.float64]:
    """Say of each response whether it is in a flagged group: 1 or 0."""
    flagged = np.flatnonzero((need.flags["verdict"] == FLAGGED).to_numpy() & admission.shown)
    inside = np.asarray(admission.grouping.members[flagged].sum(axis=0)).ravel() > 0
    return inside.astype(np.float64)


def segments_of(
    stored: Stored,
    values: NDArray[np.float64] | None,
    risk: NDArray[np.float64],
    wave: NewWave,
) -> Segments:
    """Find the readable profiles of a need.

    Parameters
    ----------
    stored : model of the need
    values : outcome per response, where the wave asks it
    risk : what the model expects of each response
    """
    codebook, settings = wave.codebook, wave.settings
    return find_segments(
        wave.responses,
        wave.predictions(values, risk),
        codebook.with_role("career"),
        settings.segments,
        settings.seed,
        barred_columns(codebook, codebook.outcomes[stored.model.target]),
    )


def not_telling(figures: Figures, target: Target | None, wave: NewWave) -> Figures:
    """Leave out figures of parts in which all answered alike, or two carry all the weight."""
    answers = None if target is None else target.values
    return leave_telling(figures, answers, wave.weight, wave.settings.disclosure)


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
    is_told = admission.tells(f"rate:{need.stored.model.target}")
    before: tuple[Mask, Array] | None = None
    for made in refit_with_attributes(need.scored.risk, need.values, weight, units, audit):
        before = before or _flag_again(need, made.without, is_told, wave)
        after = _flag_again(need, made.risk, is_told, wave)
        told = before[0], after[0]
        shift = np.abs(after[1] - before[1]).max(initial=0.0)
        sentence = tell_ablation(
            made,
            float(shift),
            int((told[0] != told[1]).sum()),
            int(told[0].sum()),
            codebook.columns[made.attribute],
        )
        found.append((made.attribute, sentence))
    return found


def _flag_again(need: Target, risk: Array, told: Mask, wave: NewWave) -> tuple[Mask, Array]:
    """Give who would be flagged with other risks, and the rates of groups that are told."""
    found = estimate_with(wave.predictions(need.values, risk), need.stored, told, wave)
    return which_flagged(*found, told, wave), found[0].table["rate"].to_numpy(dtype=float)[told]
