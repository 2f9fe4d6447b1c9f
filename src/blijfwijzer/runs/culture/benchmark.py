"""The culture of an employer beside that of others, as a model that was given tells of them."""

from dataclasses import replace

import pandas as pd

from blijfwijzer.groups.benchmarks import Benchmark
from blijfwijzer.publish.findings import BesideOthers
from blijfwijzer.release.culture import Wave
from blijfwijzer.runs.scoring.benchmark import Own, means_beside, name_of, others_of
from blijfwijzer.runs.waves import Waves
from blijfwijzer.survey.codebook import Codebook

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
    stored = choice.stored
    if stored.benchmark is None:
        return None
    benchmark = keep_measured_alike(stored.benchmark, waves.codebook, stored.codebook)
    group = others_of(benchmark, waves.codebook, now.responses)
    own = Own(now.responses, now.scales, waves.codebook, waves.settings, now.admission)
    means = means_beside(own, benchmark, group) if group else _NONE
    if means.empty:
        return None
    label = name_of(group, now.grouping.groups["label"])
    about = stored.codebook.survey.label
    return BesideOthers(label, benchmark.organisations(group), about, _NONE, means, _NONE)


def keep_measured_alike(benchmark: Benchmark, own: Codebook, theirs: Codebook) -> Benchmark:
    """Keep the means of scales that two codebooks of a survey make of the same items alike.

    A mean of answers from one to seven is not one of answers from one to five.
    """
    alike = [name for name in own.scales if _measured(name, own) == _measured(name, theirs)]
    return replace(benchmark, means=benchmark.means[benchmark.means["name"].isin(alike)])


def _measured(name: str, codebook: Codebook) -> object:
    """Give what the score of a scale rests on; None where there is no such scale."""
    scale = codebook.scales.get(name)
    if scale is None:
        return None
    spans = {item: codebook.columns[item].span for item in scale.items}
    return spans, set(scale.reversed), scale.higher_is
