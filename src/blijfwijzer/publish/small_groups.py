"""Groups that are too small to show, in the words of a page: below they have a code only."""

from dataclasses import replace

import pandas as pd

from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.publish.messages import say
from blijfwijzer.risk.evaluation import TOO_SMALL, Evaluation
from blijfwijzer.survey.texts import Language


def say_small_of_evaluation(evaluation: Evaluation, language: Language) -> Evaluation:
    """Give an evaluation of which the small groups are called so in a language."""
    return replace(evaluation, by_group=_said(evaluation.by_group, language))


def say_small_of_drivers(drivers: Drivers, language: Language) -> Drivers:
    """Give drivers of which the small groups are called so in a language."""
    return replace(drivers, cohorts=_said(drivers.cohorts, language))


def _said(table: pd.DataFrame, language: Language) -> pd.DataFrame:
    is_small = table["group"] == TOO_SMALL
    return table.assign(group=table["group"].mask(is_small, say("group.too_small", language)))
