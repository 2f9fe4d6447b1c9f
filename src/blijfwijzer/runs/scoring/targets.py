"""One risk of a new wave: read, held against training, scored, pooled per group, flagged."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.drivers.group_profiles import Rows, Scored, score_groups
from blijfwijzer.drivers.row_batches import Batching
from blijfwijzer.engines.engine import LOCAL, Engine
from blijfwijzer.estimation.design import Design, Varying
from blijfwijzer.groups.detection import find_detectable
from blijfwijzer.groups.estimates import Estimates, estimate_among, estimate_groups
from blijfwijzer.groups.flags import (
    CHOICES,
    FLAGGED,
    NOT,
    Listed,
    find_flagged,
    flag_groups,
)
from blijfwijzer.groups.grouping import EVERYONE, Grouping
from blijfwijzer.groups.rates import PooledRates
from blijfwijzer.groups.register_weights import RegisterWeights
from blijfwijzer.progress import Tell
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.risk.features import Features
from blijfwijzer.risk.model import is_constant
from blijfwijzer.risk.waves import WaveComparison, compare_wave, refuse_different
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Held, Responses
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.rule_truth import label
from blijfwijzer.survey.rules import conditions_of

Reference = Literal["sector", "all"]
_MOST_UNKNOWN = 0.9
"""Share of responses without a known outcome above which a wave counts as not asking it."""


@dataclass(frozen=True)
class Estimated:
    """What is known of one risk of each group."""

    pooled: PooledRates
    areas: pd.DataFrame
    flags: pd.DataFrame
    """One row per group; verdict "" for groups that are not on the list."""


@dataclass(frozen=True)
class ScoredTarget:
    """One risk of the people of the new wave; nothing is estimated of groups."""

    stored: Stored
    scored: Scored
    wave: WaveComparison
    values: NDArray[np.float64] | None
    """Outcome per response where the wave asks it."""

    @property
    def basis(self) -> Basis:
        """What its rates rest on: answers where there are any, and what the model expects.

        A model that looks at no answer tells nothing of anybody: where rates rest on answers they
        are held by these alone. That follows from the model, never from a file in which all happen
        to be alike; and where there are no answers either, the rule on risks withholds all.
        """
        if self.values is None:
            return Basis((), self.scored.risk)
        risk = None if is_constant(self.stored.model) else self.scored.risk
        return Basis((self.values,), risk)


@dataclass(frozen=True)
class Target(ScoredTarget, Estimated):
    """One risk of the new wave, of the groups that are told of it."""


@dataclass(frozen=True)
class NewWave:
    """A new wave that was read, and its groups."""

    intake: Intake
    scales: pd.DataFrame
    grouping: Grouping
    codebook: Codebook
    """In which outcomes may be absent."""
    by: tuple[str, ...]
    """Unit levels that are flagged; larger ones are what they are held against."""
    settings: Settings
    register: RegisterWeights | None = None
    """Weights that its responses have by a register, if there is one."""
    engine: Engine = LOCAL
    """Where the work on its rows is done."""

    @property
    def responses(self) -> Held:
        """As they are held."""
        return self.intake.held

    @property
    def weight(self) -> NDArray[np.float64]:
        """One per response."""
        return self.responses["weight"].to_numpy(dtype=float)

    def predictions(
        self, values: NDArray[np.float64] | None, risk: NDArray[np.float64]
    ) -> Predictions:
        """Put risks beside outcomes, none of which is known where the wave does not ask them."""
        answers = np.full(len(risk), np.nan) if values is None else values
        units = self.responses[self.codebook.units.cluster]
        return Predictions(answers, risk, Design.of_units(self.weight, units))


def score_target(stored: Stored, wave: NewWave, tell: Tell) -> ScoredTarget:
    """Score a wave for one outcome, and hold it against training.

    Raises
    ------
    WaveTooDifferentError
        The wave is not one that the model can read.
    """
    settings = wave.settings
    rows = Rows(wave.responses, wave.scales, wave.grouping.members)
    batching = Batching(settings.wave.batch, settings.drivers.largest_gap, wave.engine)
    scored = score_groups(stored.model, rows, batching, tell)
    compared = compare_with_training(stored, scored.sample, wave, scored.sample_rows)
    return ScoredTarget(stored, scored, compared, outcome_of(stored, wave))


def estimate_target(target: ScoredTarget, told: NDArray[np.bool_], wave: NewWave) -> Target:
    """Pool rates of the groups that are told of a risk, and flag them.

    Parameters
    ----------
    told : per group
    """
    equal = Design.of_units(np.ones(len(wave.weight)), wave.responses[wave.codebook.units.cluster])
    predictions = wave.predictions(target.values, target.scored.risk)
    # First, so that its draws are let go of before others take as much.
    plain = estimate_with(replace(predictions, design=equal), target.stored, told, wave)
    unweighted = which_flagged(*plain, told, wave)
    del plain
    units = wave.codebook.units.varying
    found = estimate_with(predictions, target.stored, told, wave, units)
    return Target(**vars(flag_estimates(found, unweighted, told, wave)), **vars(target))


def compare_with_training(
    stored: Stored, built: Features, wave: NewWave, rows: NDArray[np.intp]
) -> WaveComparison:
    """Hold a wave against the survey that a model was trained on.

    Parameters
    ----------
    built : model columns of some responses, and the counts of all
    rows : which these are

    Raises
    ------
    WaveTooDifferentError
        The wave is not one that the model can read.
    """
    settings, weight = wave.settings.wave, wave.weight
    compared = compare_wave(built, stored.reference, weight[rows], settings, len(weight))
    refuse_different(compared, settings, stored.model.target)
    return compared


def estimate_with(
    predictions: Predictions,
    stored: Stored,
    told: NDArray[np.bool_],
    wave: NewWave,
    units: Varying = "fixed",
) -> Estimates:
    """Pool rates of the groups that are told of a risk, by some answers, risks and weights."""
    about = predictions, stored.effects, wave.settings.rates, wave.settings.seed, units
    return estimate_among(wave.grouping, told, lambda groups: estimate_groups(groups, *about))


def flag_estimates(
    found: Estimates,
    unweighted: NDArray[np.bool_],
    told: NDArray[np.bool_],
    wave: NewWave,
) -> Estimated:
    """Flag groups by their rates, and say of each whether other choices would flag it.

    Parameters
    ----------
    unweighted : whether each group would be flagged if everybody weighed the same
    told : whether each group is told of the risk
    """
    flags = flag_units(*found, told, wave)
    flags = flags.assign(**_flag_otherwise(found, unweighted, told, wave))
    flags.loc[flags["verdict"] == NOT, list(CHOICES)] = False
    return Estimated(*found, flags)


def _flag_otherwise(
    found: Estimates,
    unweighted: NDArray[np.bool_],
    told: NDArray[np.bool_],
    wave: NewWave,
) -> dict[str, NDArray[np.bool_]]:
    """Say of each group whether it is flagged by other choices that are as defensible."""
    settings, flags = wave.settings, wave.settings.flags
    ways: tuple[dict[str, float | str], ...] = (
        {"margin": 0.0},
        {"margin": 0.05},
        {"reference": _other_reference(flags.reference)},
    )
    made = []
    for changed in ways:
        asked = settings.model_copy(update={"flags": flags.model_copy(update=changed)})
        made.append(which_flagged(*found, told, replace(wave, settings=asked)))
    return dict(zip(CHOICES, [*made, unweighted], strict=True))


def outcome_of(stored: Stored, wave: NewWave) -> NDArray[np.float64] | None:
    """Give the outcome per response; None where the wave does not ask it, or hardly."""
    values = known_outcome(stored, wave.responses, wave.scales, wave.codebook)
    return values if is_asked(int((~np.isnan(values)).sum()), len(values)) else None


def known_outcome(
    stored: Stored, responses: Responses, scales: pd.DataFrame, codebook: Codebook
) -> NDArray[np.float64]:
    """Give the outcome per response as far as it is known: 1, 0, or NaN."""
    outcome = codebook.outcomes[stored.model.target]
    asked = {condition.source for condition in conditions_of(outcome.rule)}
    if not asked <= set(responses) | set(scales):
        return np.full(len(responses), np.nan)
    labelled = label(responses, scales, codebook, outcome, stored.model.thresholds)
    return labelled.values.to_numpy()


def is_asked(known: int, people: int) -> bool:
    """Whether a wave counts as asking an outcome, by of how many it is known."""
    return known > 0 and (people - known) / people <= _MOST_UNKNOWN


def flag_units(
    pooled: PooledRates, areas: pd.DataFrame, told: NDArray[np.bool_], wave: NewWave
) -> pd.DataFrame:
    """Flag units of the levels that were asked; the larger ones are what they are held against.

    What a group is held against is a rate too: where that is not told, the group is not flagged.
    """
    settings, on_list = wave.settings, list_told(told, wave)
    empty = {"reference": np.nan, "probability": np.nan, "stability": np.nan, "verdict": NOT}
    flags = pd.DataFrame(empty, index=range(len(told)))
    found = flag_groups(pooled.as_shown(), areas, on_list, settings.flags, settings.seed)
    flags.loc[on_list.place, found.columns] = found.to_numpy()
    return flags.astype({"reference": float, "probability": float, "stability": float})


def which_flagged(
    pooled: PooledRates, areas: pd.DataFrame, told: NDArray[np.bool_], wave: NewWave
) -> NDArray[np.bool_]:
    """Say of each group whether `flag_units` would flag it."""
    on_list, flagged = list_told(told, wave), np.zeros(len(told), dtype=bool)
    flagged[on_list.place] = find_flagged(pooled.as_shown(), areas, on_list, wave.settings.flags)
    return flagged


def list_told(told: NDArray[np.bool_], wave: NewWave) -> Listed:
    """List the groups that are flagged of those that are told, and are held against such a one."""
    listed = list_groups(wave)
    return listed.among(np.flatnonzero(told[listed.place] & told[listed.reference]))


def list_groups(wave: NewWave) -> Listed:
    """List the groups that are flagged, with what each is held against."""
    grouping, settings, by = wave.grouping, wave.settings, wave.by
    groups = grouping.groups
    listed = np.flatnonzero(
        (groups["level"].isin(by) & (groups["sector"] != groups.index)).to_numpy()
    )
    if settings.flags.reference == "all" or not len(listed):
        listed = np.flatnonzero(groups["level"].isin(by).to_numpy())
    place = _references(groups, settings.flags.reference)
    organisation = pd.factorize(wave.responses[wave.codebook.units.cluster])[0]
    unit = _only_unit(grouping.members, organisation)
    level = pd.factorize(groups["level"])[0]
    return Listed(listed, place[listed], level[listed], unit[listed])


def detect(target: Target, wave: NewWave, told: NDArray[np.bool_]) -> pd.DataFrame:
    """Find how far one group must lie above the others to stand out, where none does.

    Parameters
    ----------
    told : per group, whether it is told of the risk; others are looked at neither

    Returns
    -------
    As `find_detectable` gives, with the level of each row; nothing where a group stands out, or
    nobody was asked.
    """
    settings, flagged = wave.settings, (target.flags["verdict"] == FLAGGED).to_numpy()
    if target.values is None or flagged[told].any():
        return pd.DataFrame(columns=["level", "typical", "largest"])
    found = find_detectable(
        target.pooled.as_shown(),
        target.areas,
        list_told(told, wave),
        settings.flags,
        settings.seed,
    )
    return found.assign(level=wave.grouping.groups["level"].to_numpy()[found["place"]])


def count_unjudged(wave: NewWave, told: NDArray[np.bool_]) -> int:
    """Count units that are told of a risk and get no flag, as what they are held against is not.

    Parameters
    ----------
    told : per group, whether it is told of the risk
    """
    listed = list_groups(wave)
    return int(np.count_nonzero(told[listed.place] & ~told[listed.reference]))


def _references(groups: pd.DataFrame, reference: Reference) -> NDArray[np.intp]:
    """Place of the group that each is held against: its largest unit, or everyone."""
    is_part = groups["sector"] != groups.index
    against = groups["sector"].where(is_part & (reference == "sector"), EVERYONE)
    return groups.index.get_indexer(pd.Index(against))


def _other_reference(reference: Reference) -> Reference:
    return "all" if reference == "sector" else "sector"


def _only_unit(members: csr_array, organisation: NDArray[np.intp]) -> NDArray[np.intp]:
    """Organisation that all people of a group work in; -1 when there are several."""
    units = np.full(members.shape[0], -1, dtype=np.intp)
    for place, (start, end) in enumerate(zip(members.indptr, members.indptr[1:], strict=False)):
        own = organisation[members.indices[start:end]]
        if len(own) and (own == own[0]).all():
            units[place] = own[0]
    return units
