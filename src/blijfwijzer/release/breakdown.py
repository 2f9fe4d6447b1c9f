"""What a training and an explanation may show by unit and by attribute."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.disclosure.figures import FigureId, Figures, part_answered
from blijfwijzer.disclosure.rules import is_narrow, is_telling
from blijfwijzer.errors import DisclosureError, GroupError
from blijfwijzer.groups.estimates import (
    estimate_among,
    estimate_groups,
    learn_group_effects,
)
from blijfwijzer.groups.grouping import EVERYONE, Grouping, everyone_alone, make_groups
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.groups.rates import FEWEST_POOLED
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.culture import culture_bases
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.request import Request
from blijfwijzer.risk.evaluation import pool_small
from blijfwijzer.risk.training import Fitted
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.breakdown import break_down
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.scales import score_scales


@dataclass(frozen=True)
class Breakdown:
    """Units and attributes by which results may be shown."""

    admission: Admission
    told: Mask
    """Whether each group may be told of."""
    units: frozenset[str]
    """Codes of the cluster level that may be shown."""
    groups: dict[str, pd.Series]
    """Attribute to the group of each response; missing where its group may not be shown."""
    withheld: tuple[tuple[str, str], ...]
    """Attribute and group of those that may not be shown."""

    def among(self, rows: Mask) -> dict[str, pd.Series]:
        """Give the groups of some responses."""
        return {n: group[rows].reset_index(drop=True) for n, group in self.groups.items()}


def admit_breakdown(
    release: Rehearsal,
    intake: Intake,
    values: Array,
    risk: Array,
    *,
    of_answers: bool = False,
    by: Sequence[str] = (),
) -> Breakdown:
    """Choose by which units and groups of attributes results may be shown.

    A group in which nearly all risks are alike is not told of: its mean would be that of each.
    What is asked besides, the means of scales, is told of everyone and the largest units only.

    Parameters
    ----------
    values : outcome per response: 1, 0, or NaN where not known; all NaN where none is told of
    risk : what a model expects of each response, in [0, 1]; NaN where nothing is shown of it
    of_answers : whether all that is shown is of those whose outcome is known, as of a training
    by : unit levels; the clusters when left out
    """
    codebook, settings = release.request.codebook, release.request.settings
    responses, minimum = intake.held, settings.disclosure.minimum
    figure, *means = release.request.statistics
    grouping = _units(responses, codebook, settings, by or [codebook.units.cluster])
    # Where no outcome is known, what is told rests on what everybody answered to other questions.
    basis = Basis() if np.isnan(values).all() else Basis((values,))
    bases = {figure: basis, **_of_largest(means, intake, grouping, release.request)}
    admission = release.admit(intake, grouping, bases)
    unanimity = settings.disclosure.unanimity
    weight = responses["weight"].to_numpy(dtype=float)
    told_of = admission.tells(figure) & ~are_narrow(grouping.members, risk, weight, unanimity)
    groups = {
        name: pool_small(group, minimum) for name, group in break_down(responses, codebook).items()
    }
    offered: Figures = {}
    for name, group in groups.items():
        if codebook.columns[name].role == "unit":
            continue
        present = sorted(group.dropna().unique(), key=str)
        for level in present:
            inside = (group == level).to_numpy(dtype=bool)
            row = part_answered(inside, ~np.isnan(values), only=of_answers)
            is_narrow_one = are_narrow(row, risk, weight, unanimity).any()
            # Of few levels a release tells rates of own answers, as is done here.
            is_told_twice = len(present) < FEWEST_POOLED and admission.told_twice(row).any()
            if not (is_narrow_one or is_told_twice) and not is_telling(
                row, values, weight, settings.disclosure
            ):
                offered[FigureId("level", (name, str(level)))] = row
    told = release.figures(admission, offered)
    units = {column: _codes(grouping, told_of, column) for column in codebook.units.levels}
    kept, withheld = {}, list[tuple[str, str]]()
    for name, group in groups.items():
        levels = units.get(name, {figure.of[1] for figure in told if figure.of[0] == name})
        kept[name] = group.where(group.astype("str").isin(levels))
        everyone = map(str, group.dropna().unique())
        withheld += [(name, level) for level in sorted(everyone) if level not in levels]
    return Breakdown(admission, told_of, units[codebook.units.cluster], kept, tuple(withheld))


def break_down_fitted(release: Rehearsal, intake: Intake, fitted: Fitted) -> Breakdown:
    """Choose by which units and groups results of a training may be shown."""
    answers, known = fitted.made_from.answers, fitted.made_from.known
    risk = np.full(len(answers), np.nan)
    risk[known] = fitted.risk
    return admit_breakdown(release, intake, answers, risk, of_answers=True)


def may_measure(release: Rehearsal, admission: Admission, measured: Mask) -> bool:
    """Say whether it may be told how good a risk is on a part of the people.

    Which part that is follows from the models: of another one the others may be a few less.

    Parameters
    ----------
    measured : per response
    """
    figure = FigureId("measured", ())
    part = csr_array(measured[None, :].astype(np.int8))
    return figure in release.figures(admission, {figure: part})


def refuse_near(admission: Admission, file: str) -> None:
    """Refuse to tell what a model makes of everyone beside what was told of nearly the same people.

    Means of everyone and of bins of answers are told in four decimals: one release less the other
    would tell what the few answered who are in one of them only.

    Parameters
    ----------
    file : that the people were read from

    Raises
    ------
    DisclosureError
    """
    if admission.choice.bars_everyone:
        raise DisclosureError(
            f"{file}: nearly the same people were told of before, so what a model makes of "
            "everyone would tell of those few. Nothing was shown. Give the file that was told of."
        )


def _of_largest(
    means: Sequence[str], intake: Intake, grouping: Grouping, request: Request
) -> dict[str, Basis]:
    """Give what everyone and the largest units are told by besides, if anything is asked."""
    if not means:
        return {}
    codebook = request.codebook
    level = grouping.groups["level"]
    among = level.isin([EVERYONE, codebook.units.levels[0]]).to_numpy()
    found = culture_bases(score_scales(intake.held, codebook), codebook, request.settings)
    return {name: replace(found[name], among=among) for name in means if name in found}


def are_narrow(members: csr_array, risk: Array, weight: Array, unanimity: float) -> Mask:
    """Say of each group whether nearly all risks in it are alike, though not those of everyone.

    Where a model expects the same of everyone, as that of the prevalence does, it tells nobody
    apart.
    """
    known = np.flatnonzero(~np.isnan(risk))
    everyone = csr_array(np.ones((1, len(known)), dtype=np.int8))
    own = risk[known], weight[known], unanimity
    return is_narrow(csr_array(members[:, known]), *own) & ~is_narrow(everyone, *own)


def learn_unit_effects(breakdown: Breakdown, fitted: Fitted, settings: Settings) -> pd.DataFrame:
    """Learn what units that may be shown add to the model, for a wave without outcomes."""
    none = pd.DataFrame(columns=["effect", "se", "between"], dtype=float)
    grouping = breakdown.admission.grouping
    if len(grouping.groups) == 1:
        return none
    known = fitted.made_from.known
    answered = Grouping(
        grouping.groups,
        grouping.members[:, np.flatnonzero(known)],
        grouping.rolled_up,
        grouping.too_small[:, np.flatnonzero(known)],
    )
    about = fitted.predictions, none, settings.rates, settings.seed
    pooled, areas = estimate_among(
        answered, breakdown.told, lambda groups: estimate_groups(groups, *about)
    )
    return learn_group_effects(answered, pooled, areas, breakdown.told)


def _units(
    responses: Responses, codebook: Codebook, settings: Settings, by: Sequence[str]
) -> Grouping:
    """Group by unit levels; everyone is the one group where no unit is large enough."""
    try:
        return make_groups(responses, codebook, by, settings)
    except GroupError:
        return everyone_alone(responses)


def _codes(grouping: Grouping, told: Mask, column: str) -> frozenset[str]:
    """Codes of the groups of one unit level that may be told of."""
    groups = grouping.groups
    names = groups.index[told & groups["level"].eq(column).to_numpy()]
    return frozenset(GroupPath.parse(name).code(column) for name in names)
