"""What a register tells of a culture: who responded, and how far its margins move shares."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from blijfwijzer.culture.dimensions import find_dimensions, read_scores
from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.estimation.group_means import summarise_means
from blijfwijzer.publish.findings import RegisterFindings
from blijfwijzer.release.culture import Wave, told_by
from blijfwijzer.release.margins import (
    leave_telling,
    offer_margins,
    offer_moved,
    rounded_margins,
    told_margins,
    told_moved,
)
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook


def offer_register(wave: Wave, codebook: Codebook, settings: Settings) -> Figures:
    """Offer the response of each code, and how far favourable shares of largest units moved."""
    weights, admission = wave.register, wave.admission
    if weights is None:
        return {}
    offered = offer_margins(weights, admission.minimum)
    weight = wave.responses["weight"].to_numpy(dtype=float)
    for name, answers in _favourable(wave, codebook, settings):
        moved = offer_moved(name, answers, admission.tells(told_by(name)), admission, weights)
        offered |= leave_telling(moved, answers, weight, settings.disclosure)
    return offered


def rounded_register(
    wave: Wave, offered: Figures, codebook: Codebook, settings: Settings
) -> frozenset[FigureId]:
    """Name the figures of a register that rounding alone keeps from being counts."""
    answers = dict(_favourable(wave, codebook, settings)) if offered else {}
    return rounded_margins(offered, answers, settings.disclosure)


def tell_register(
    wave: Wave, told: frozenset[FigureId], codebook: Codebook, settings: Settings
) -> RegisterFindings | None:
    """Tell what may be told of a register; None where there is none."""
    weights, admission = wave.register, wave.admission
    if weights is None:
        return None
    tables = [pd.DataFrame(columns=["target", "place", "rate", "moved"])]
    for name, answers in _favourable(wave, codebook, settings):
        places = told_moved(admission, name, told)
        if places:
            members = admission.grouping.members[places]
            now, before = (
                summarise_means(answers, own, members)["mean"].to_numpy(dtype=float).round(2)
                for own in (weights.weight, weights.before)
            )
            # Of the shares as they are shown: their difference tells no more finely.
            told_of = {"target": name, "place": places, "rate": now, "moved": now - before}
            tables.append(pd.DataFrame(told_of))
    found = pd.concat(tables[1:] or tables, ignore_index=True)
    return RegisterFindings(weights, told_margins(weights, told), found)


def _favourable(wave: Wave, codebook: Codebook, settings: Settings) -> Iterator[tuple[str, Array]]:
    """Give each dimension, with whether the score of each respondent is favourable."""
    for dimension in find_dimensions(codebook, settings.culture):
        scores = read_scores(wave.scales, dimension)
        answers = dimension.is_favourable(scores, settings.culture.favourable)
        if not np.isnan(answers).all():
            yield dimension.name, answers
