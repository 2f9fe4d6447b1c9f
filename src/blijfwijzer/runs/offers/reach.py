"""Whom vouchers help and miss: the survey that was scored, read again after they were divided."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.disclosure.figures import FigureId
from blijfwijzer.errors import ReleaseError
from blijfwijzer.groups.grouping import everyone_alone
from blijfwijzer.progress import Tell
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.tables.fairness_tables import Targeted
from blijfwijzer.publish.tables.voucher_tables import show_reach
from blijfwijzer.records.model_choice import choose_model, foresee
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.release.folder import settings_of
from blijfwijzer.release.publication import known_ledger
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.verify import has_register, hold_origin
from blijfwijzer.runs.offers.aims import (
    Aim,
    all_cells,
    find_targeting,
    hidden_cells,
    offer_cells,
    rounded_cells,
)
from blijfwijzer.runs.offers.needs import owners_of, parts_of
from blijfwijzer.runs.people import read_people
from blijfwijzer.runs.scoring.needs import segments_of
from blijfwijzer.runs.scoring.targets import NewWave, outcome_of
from blijfwijzer.runs.waves import without_outcomes
from blijfwijzer.survey.breakdown import break_down_people
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.vouchers.needs import SEGMENTS, Partition


@dataclass(frozen=True)
class Reread:
    """The survey that a release was made from, read again."""

    wave: NewWave
    stored: Stored
    """Model of the need that vouchers are for; it says how the need is read from answers."""


@dataclass(frozen=True)
class MadeFrom:
    """What a release was made from, as it is given again."""

    survey: Path
    models: Path
    register: Path | None = None


def read_scored(
    release: Path, run: dict[str, Any], made_from: MadeFrom, ledgers: Path, target: str
) -> Reread:
    """Read the survey that a release was made from, and the model of its need.

    Answers get the margins of the register that it was made with: other weights would give other
    readable profiles, and two figures of the same people.

    Parameters
    ----------
    run : record of the release
    target : the need

    Raises
    ------
    ReleaseError
        It was made from another file or model, or with a register that is not given.
    """
    settings, survey, register = settings_of(run), made_from.survey, made_from.register
    if has_register(run) and register is None:
        raise ReleaseError(
            f"{release}: its figures have the margins of a register, and so must what vouchers do. "
            "Give that table too (--population)."
        )
    stored = choose_model(made_from.models, target, settings.packs).stored
    codebook = without_outcomes(stored.codebook)
    intake = read_survey(survey, codebook, settings.intake)
    tables = () if register is None else (register,)
    people = read_people(tables, (), intake.held, codebook, settings)
    with known_ledger(str(run["survey"]), str(run["owner"]), ledgers) as ledger:
        if ledger is None:
            raise ReleaseError(f"{ledgers}: has no ledger of {run['survey']}. Give the right one.")
        hold_origin(release, run, ledger, "survey", intake.sha256, survey.name)
        if register is not None:
            own = people.sha256["register_sha256"]
            hold_origin(release, run, ledger, "register", own, register.name)
        manifest = stored.manifest
        hold_origin(release, run, ledger, f"model_{target}", manifest.sha256, manifest.folder.name)
    intake = people.weigh(intake, codebook)
    scales = score_scales(intake.held, codebook)
    grouping = people.mark(everyone_alone(intake.held))
    return Reread(NewWave(intake, scales, grouping, codebook, (), settings), stored)


def aim_vouchers(
    scored: Reread, partition: Partition, offers: pd.Series, groups: pd.DataFrame, tell: Tell
) -> Aim:
    """Give each response the chance of an offer that everybody of its group has.

    Parameters
    ----------
    partition : the groups that vouchers are divided over
    offers : that each of these could expect before anything was drawn
    groups : as in groups.parquet: all that are shown, also those that are told of no need

    Raises
    ------
    ReleaseError
        The groups cannot be made again from this survey.
    """
    wave, stored = scored.wave, scored.stored
    values = outcome_of(stored, wave)
    owner = _owners(scored, partition, groups, values, tell)
    lost = ~partition.needs.groups.astype(str).isin(owner)
    if lost.any():
        raise ReleaseError(
            f"{wave.intake.file}: {lost.sum()} of {len(lost)} groups of the release hold nobody of "
            "this survey. Give the models that it was scored with."
        )
    people = break_down_people(wave.responses, wave.codebook)
    figures = {
        (attribute, name): FigureId("offer", (attribute, name, stored.model.target))
        for attribute, cell in all_cells(people).items()
        for name in cell.names
    }
    chance = chance_of_offer(offers, partition.needs.people)
    return Aim(values, owner.map(chance).fillna(0.0).to_numpy(dtype=float), people, figures)


def chance_of_offer(offers: pd.Series, people: pd.Series) -> pd.Series:
    """Give the chance of an offer of each of the people of a group, in whole hundredths.

    A group of 12.4 people who can use 12 offers is wholly served by these: people are estimated,
    and offers are whole.

    >>> chance_of_offer(pd.Series([12, 3, 0]), pd.Series([12.4, 12.0, 9.0])).tolist()
    [1.0, 0.25, 0.0]
    """
    whole = np.maximum(np.floor(people.to_numpy(dtype=np.float64) + 1e-9), 1)
    chance = np.round(np.minimum(offers.to_numpy(dtype=np.float64) / whole, 1), 2)
    return pd.Series(chance, index=people.index.astype(str))


def tell_reach(report: Chapter, aim: Aim, scored: Reread, release: Rehearsal) -> Chapter:
    """Tell in a report whom vouchers help and miss, as far as that may be told.

    Parameters
    ----------
    release : beside all that was shown, the release itself among it

    Returns
    -------
    The report as it is where the wave does not ask who is in need.
    """
    wave = scored.wave
    if aim.values is None:
        return report
    admission = release.admit(wave.intake, wave.grouping, {})
    told = frozenset(release.figures(admission, offer_cells(aim, wave), rounded_cells(aim, wave)))
    hidden = hidden_cells(aim, admission, told)
    targeting = find_targeting(aim, wave, hidden)
    if targeting is None:
        return report
    minimum = wave.settings.disclosure.minimum
    return show_reach(report, Targeted(targeting, hidden), wave.codebook, minimum)


def _owners(
    scored: Reread,
    partition: Partition,
    groups: pd.DataFrame,
    values: NDArray[np.float64] | None,
    tell: Tell,
) -> pd.Series:
    """Give the group of a partition that each response is in; "" where it is in none."""
    wave, stored = scored.wave, scored.stored
    if partition.name == SEGMENTS:
        risk = foresee(stored, wave.intake, wave.settings, tell)
        found, edge = segments_of(stored, values, risk, wave), Edge.of(wave.settings)
        labels = np.array([edge.in_words(rule) for rule in found.table["rule"]], dtype=object)
        owner = np.full(len(risk), "", dtype=object)
        for label, inside in zip(labels, found.members.toarray() > 0, strict=True):
            owner[inside] = label
        return pd.Series(owner, index=wave.responses.index)
    names = parts_of(partition.name, groups["group"])
    placed = owners_of(names, wave.responses, wave.codebook)
    if placed is None:
        raise ReleaseError(
            f"{wave.intake.file}: columns are missing by which {len(names)} groups of the release "
            "are made. Give the models that it was scored with."
        )
    return placed
