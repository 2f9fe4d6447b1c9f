"""How good two models are on people whom neither was fitted on, and how fair, as may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from blijfwijzer.fairness.rivals import compare_gaps
from blijfwijzer.publish.pages.comparison import NAMES
from blijfwijzer.release.breakdown import (
    Breakdown,
    admit_breakdown,
    are_narrow,
    may_measure,
    refuse_near,
)
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.risk.evaluation import bin_risks
from blijfwijzer.risk.metrics import rank
from blijfwijzer.risk.protection import protect_calibration, protect_rivals
from blijfwijzer.risk.rivals import Rivals, compare_risks
from blijfwijzer.runs.models.explained import Explained
from blijfwijzer.runs.models.held_out import HeldOut
from blijfwijzer.survey.arrays import Array, Mask


@dataclass(frozen=True)
class Measured:
    """How good two models are; all of it may be shown."""

    measures: pd.DataFrame
    """As `compare_risks` gives, rounded."""
    calibration: pd.DataFrame
    """One row per model and bin of its risk."""
    gaps: pd.DataFrame
    """As `compare_gaps` gives, of each audit attribute that may be told of."""


def admit_people(
    explained: Explained, other: Array, by: Sequence[str], release: Rehearsal
) -> Breakdown:
    """Choose by which units and backgrounds people may be told of by two models.

    A group in which either expects nearly the same of each is not told of.

    Parameters
    ----------
    other : what the other model expects of each response

    Raises
    ------
    DisclosureError
        Nearly the same people were told of before.
    """
    found = admit_breakdown(
        release,
        explained.intake,
        explained.answers,
        explained.contributions.risk,
        # Backgrounds are told of by those alone of whom it is known, as a training told of them.
        of_answers=True,
        by=by,
    )
    refuse_near(found.admission, explained.file)
    members, unanimity = (
        found.admission.grouping.members,
        explained.settings.disclosure.unanimity,
    )
    narrow = are_narrow(members, other, explained.weight, unanimity)
    return replace(found, told=found.told & ~narrow)


def find_rows(
    held: Sequence[HeldOut], explained: Explained, breakdown: Breakdown, release: Rehearsal
) -> Mask | None:
    """Say on which responses all can be measured; None where these, or the others, are too few.

    What is told of a part would tell of the others, beside what is told of everyone; and of few
    beside what was told of nearly the same part.
    """
    answers, settings = explained.answers, explained.settings
    rows = np.logical_and.reduce([one.rows for one in held])
    left_out = int((~np.isnan(answers) & ~rows).sum())
    if 0 < left_out < settings.disclosure.minimum:
        return None
    if rows.sum() < settings.intake.minimum_responses or len(np.unique(answers[rows])) < 2:
        return None
    if left_out and not may_measure(release, breakdown.admission, rows):
        return None
    return np.asarray(rows)


def measure_rivals(
    rivals: Rivals, breakdown: Breakdown, rows: Mask, explained: Explained
) -> Measured:
    """Measure two models on some responses.

    Parameters
    ----------
    rivals : of all responses
    rows : those on which both can be measured
    """
    settings, codebook = explained.settings, explained.stored.codebook
    told = settings.evaluation.at_least(settings.disclosure.minimum, "minimum_group")
    draws, minimum = told.bootstraps, told.minimum_group
    own = rivals.take(rows)
    # Of a part of the people no groups are told: beside those of everyone they would tell of few.
    is_part = bool((~np.isnan(rivals.values) & ~rows).any())
    audit = {c.name for c in codebook.with_role("audit") if not is_part}
    gaps = compare_gaps(
        own,
        {name: group for name, group in breakdown.among(rows).items() if name in audit},
        settings.promotion.fairness,
        minimum=minimum,
        bootstraps=draws,
        seed=settings.seed,
    )
    bins = [
        protect_calibration(
            bin_risks(rank(one.values, one.risk), one.design.weight, minimum)
        ).assign(model=name)
        for name, one in zip(NAMES, own.each, strict=True)
    ]
    whole = gaps.select_dtypes("number").columns
    return Measured(
        measures=protect_rivals(compare_risks(own, draws, settings.seed), own),
        calibration=pd.concat(bins, ignore_index=True),
        gaps=gaps.assign(**{name: gaps[name].round(2) for name in whole}),
    )
