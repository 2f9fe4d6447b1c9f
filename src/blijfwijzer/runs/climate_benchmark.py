"""The culture of an employer beside that of others, as a model that was given tells of them."""

import pandas as pd

from blijfwijzer.publish.findings import BesideOthers
from blijfwijzer.release.culture import Wave
from blijfwijzer.runs.score_benchmark import Own, means_beside, name_of, others_of
from blijfwijzer.runs.waves import Waves

_NONE = pd.DataFrame()


def culture_beside(now: Wave, waves: Waves) -> BesideOthers | None:
    """Hold the means of everyone of one employer against those of others of its kind.

    Returns
    -------
    Means alone; None where no model tells of others (`others_of`), or where nothing may be told of
    everyone.
    """
    choice = waves.choice
    if choice is None or not now.admission.choice.tells_everyone:
        return None
    survey, benchmark = choice.stored.codebook.survey.label, choice.stored.benchmark
    if benchmark is None:
        return None
    group = others_of(benchmark, waves.codebook, now.responses)
    own = Own(now.responses, now.scales, waves.codebook, waves.settings, now.admission)
    means = means_beside(own, benchmark, group) if group else _NONE
    if means.empty:
        return None
    label = name_of(group, now.grouping.groups["label"])
    return BesideOthers(label, benchmark.organisations(group), survey, _NONE, means, _NONE)
