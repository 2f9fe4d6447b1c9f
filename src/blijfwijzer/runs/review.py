"""What `train` and `explain` tell a data scientist alike."""

from dataclasses import replace

import pandas as pd

from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.publish.canvas import Picture
from blijfwijzer.publish.driver_plots import draw_drivers
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.performance_plots import draw_performance
from blijfwijzer.risk.evaluation import TOO_SMALL, Evaluation
from blijfwijzer.survey.codebook import Codebook, Language, Outcome


def draw_review(
    drivers: Drivers,
    evaluation: Evaluation | None,
    codebook: Codebook,
    outcome: Outcome,
    language: Language,
) -> dict[str, Picture]:
    """Draw what drives a risk, and how good it is where that is known."""
    performance = {} if evaluation is None else draw_performance(evaluation, outcome, language)
    return {**performance, **draw_drivers(drivers, codebook, outcome, language)}


def named_evaluation(evaluation: Evaluation, language: Language) -> Evaluation:
    """Put the group of those that are too small into words: what was computed has a code."""
    return replace(evaluation, by_group=_named(evaluation.by_group, language))


def named_drivers(drivers: Drivers, language: Language) -> Drivers:
    """Put the group of those that are too small into words, as of an evaluation."""
    return replace(drivers, cohorts=_named(drivers.cohorts, language))


def _named(table: pd.DataFrame, language: Language) -> pd.DataFrame:
    is_small = table["group"] == TOO_SMALL
    return table.assign(group=table["group"].mask(is_small, say("group.too_small", language)))
