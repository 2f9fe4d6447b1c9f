"""What everyone answered to each question of a new wave, where that may be told."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.rules import is_telling
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.means import estimate_mean, estimate_share
from blijfwijzer.release.admission import Admission
from blijfwijzer.runs.scoring.targets import NewWave
from blijfwijzer.survey.arrays import Array, Mask

_FEWEST_ANSWERS = 3
"""Answers to choose from that a question has at least, for one of them to be high."""


def tell_questions(wave: NewWave, admission: Admission) -> pd.DataFrame:
    """Say of each question of a scale its mean, and which share answered high.

    As other figures of everyone these are told where everyone may be told of; and each only where
    neither all who answered nor those who left it open are told of, and where all answered, or so
    many that a whole percentage leaves several counts: who answered which question is not in the
    ledger, and what one more person answered must not follow from two releases.

    Parameters
    ----------
    admission : of the groups of the wave

    Returns
    -------
    One row per question, by its column: scale, n, mean (in points of the question), span ("1-5"),
    and high, low_high, high_high: the share that answered at or beyond `culture.favourable` of the
    span, in [0, 1], with a 95 % interval.
    """
    rows = []
    for scale in wave.codebook.scales.values():
        for name in scale.items if admission.choice.tells_everyone else ():
            ends = sorted(wave.codebook.columns[name].values.values())
            if name not in wave.responses or len(ends) < _FEWEST_ANSWERS:
                continue
            answers = wave.responses[name].to_numpy(dtype=np.float64)
            high = _is_high(answers, (ends[0], ends[-1]), wave.settings.culture.favourable)
            if not _is_tellable(high, wave):
                continue
            units = wave.responses[wave.codebook.units.cluster]
            design = Design.of_units(wave.weight, units)
            share = estimate_share(high, design)
            rows.append(
                {
                    "question": name,
                    "scale": scale.name,
                    "n": int(np.isfinite(answers).sum()),
                    "mean": estimate_mean(answers, design).value,
                    "span": f"{ends[0]:g}–{ends[-1]:g}",
                    "high": share.value,
                    "low_high": share.low,
                    "high_high": share.high,
                }
            )
    columns = ["question", "scale", "n", "mean", "span", "high", "low_high", "high_high"]
    return pd.DataFrame(rows, columns=columns)


def _is_high(answers: Array, ends: tuple[float, float], place: float) -> Array:
    """Whether each answer lies at `place` of the span or beyond: 1, 0, or NaN where there is none.

    >>> _is_high(np.array([3.0, 4.0, np.nan]), (1, 5), 0.625).tolist()
    [0.0, 1.0, nan]
    """
    cut = ends[0] + place * (ends[1] - ends[0]) - 1e-9
    return np.where(np.isnan(answers), np.nan, (answers >= cut).astype(np.float64))


def _is_tellable(high: Array, wave: NewWave) -> bool:
    """Whether those who answered are many and not alike, and so not few left it open."""
    rules, known = wave.settings.disclosure, ~np.isnan(high)
    left_open = int((~known).sum())
    # As in `aims.rounded_cells`: a whole percentage of n people leaves n / 100 possible counts.
    if left_open and (known.sum() < 100 * rules.protection or left_open < rules.minimum):
        return False
    # Neither nearly all high, nor nearly all not.
    sides = (high, 1 - high)
    return not any(is_telling(_row(known), side, wave.weight, rules) for side in sides)


def _row(inside: Mask) -> csr_array:
    return csr_array(inside[None, :].astype(np.int8))
