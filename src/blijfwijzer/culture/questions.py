"""The questions of each dimension of culture, measured in each group as dimensions themselves are.

A question that somebody left open counts as the mean of what this person answered to the others of
its dimension, as it does in the score of that. So who is told of by a question are those who are
told of by its dimension, and nothing follows from both about who left it open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from blijfwijzer.culture.climate import ToldOf, measure_climate
from blijfwijzer.culture.dimensions import find_dimensions
from blijfwijzer.culture.unit_changes import measure_unit_changes
from blijfwijzer.culture.waves import Pair
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.answers import Answers
from blijfwijzer.survey.codebook import Codebook, Scale
from blijfwijzer.survey.held import Held, Responses, pack


@dataclass(frozen=True)
class DimensionQuestions:
    """The questions of a survey's dimensions, each as if it were a dimension."""

    codebook: Codebook
    """In which each question is a scale of its own."""
    settings: CultureSettings
    """By which these scales are the dimensions."""
    dimension_of: Mapping[str, str]
    """Question, by its column, to the dimension that it is of."""

    def of(self, dimension: str) -> list[str]:
        """Give the questions of a dimension."""
        return [name for name, of in self.dimension_of.items() if of == dimension]


def find_questions(
    responses: Responses, codebook: Codebook, culture: CultureSettings
) -> DimensionQuestions:
    """Find the questions of all dimensions that have several, as far as a survey asked them."""
    scales, of = dict[str, Scale](), dict[str, str]()
    for dimension in find_dimensions(codebook, culture):
        scale = codebook.scales[dimension.name]
        asked = [item for item in scale.items if item in responses]
        for item in asked if len(asked) > 1 else ():
            is_worse = dimension.is_turned != (item in scale.reversed)
            own = {
                **{"name": item, "label": codebook.columns[item].label, "items": (item,)},
                **{"reversed": (), "higher_is": "worse" if is_worse else "better"},
            }
            scales[item], of[item] = scale.model_copy(update=own), scale.name
    return DimensionQuestions(
        codebook.model_copy(update={"scales": scales}),
        culture.model_copy(update={"dimensions": tuple(scales)}),
        of,
    )


def answer_questions(
    responses: Responses, scales: Responses, codebook: Codebook, questions: DimensionQuestions
) -> Held:
    """Give what each answered to each question, in its own points and not turned round.

    Parameters
    ----------
    scales : scores of the same responses
    codebook : by which these were scored; it may know fewer items of a scale

    Returns
    -------
    One column per question; missing where there is no score of its dimension.
    """
    found: dict[str, Answers | pd.Series] = {}
    for item, dimension in questions.dimension_of.items():
        scale = codebook.scales.get(dimension)
        if scale is None or item not in scale.items:
            continue
        score, (low, high) = scales[dimension], codebook.columns[item].span or (1.0, 5.0)
        filled = low + high - score if item in scale.reversed else score
        answers = responses[item].astype(float) if item in responses else filled
        told = answers.where(answers.notna(), filled).where(score.notna())
        found[item] = pack(np.asarray(told, dtype=np.float64))
    return Held(found, len(responses))


def measure_questions(
    answers: Responses,
    grouping: Grouping,
    design: Design,
    questions: DimensionQuestions,
    *,
    seed: int,
    changes: pd.DataFrame | None = None,
    told_of: ToldOf | None = None,
) -> pd.DataFrame:
    """Measure each question in each group, as `measure_climate` does dimensions.

    Parameters
    ----------
    answers : as `answer_questions` gives
    changes : since the wave before, as `change_questions` gives
    told_of : which groups may be told of each question; all when left out

    Returns
    -------
    One row per group and question, with the columns of `Climate.table`, of which `dimension` is the
    question, and `of`: its dimension. None where no dimension has several questions.
    """
    if not questions.dimension_of:
        return pd.DataFrame()
    asked = questions.codebook, questions.settings
    found = measure_climate(
        answers, grouping, design, *asked, seed=seed, previous=changes, told_of=told_of
    ).table
    return found.assign(of=found["dimension"].map(questions.dimension_of))


def change_questions(
    pair: Pair, groupings: tuple[Grouping, Grouping], questions: DimensionQuestions
) -> pd.DataFrame:
    """Measure how each question that both waves asked moved in each group of both.

    Parameters
    ----------
    groupings : of the earlier and the later wave
    """
    of_waves = [
        answer_questions(
            wave, pair.scores[rows].set_axis(wave.index), pair.shared, questions
        ).frame()
        for wave, rows in ((pair.before, ~pair.waves.is_now), (pair.now, pair.waves.is_now))
    ]
    answers = pd.concat(of_waves, ignore_index=True)
    shared = {name: scale for name, scale in questions.codebook.scales.items() if name in answers}
    own = questions.codebook.model_copy(update={"scales": shared})
    asked = questions.settings.model_copy(update={"dimensions": tuple(shared)})
    told = replace(pair, codebook=own, shared=own, scores=answers, settings=asked)
    return measure_unit_changes(told, groupings)
