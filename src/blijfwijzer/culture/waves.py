"""Two waves side by side, the later one given back the mix of people of the earlier.

When younger people answer than three years ago, a mean moves without anybody changing their mind.
The later wave is raked to the earlier one's mix (Deming & Stephan 1940): its weights are moved as
little as they can be for each trait to have the share that it had. What is left of a change is
then no matter of who responded, as far as these traits tell.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from blijfwijzer.culture.traits import as_columns, find_traits, merge_small, read_traits
from blijfwijzer.errors import NothingInCommonError
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.estimation.means import difference, estimate_mean
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook, Scale
from blijfwijzer.survey.scales import score_scales

MIX_COLUMNS = ["column", "category", "n_before", "n_now", "share_before", "share_now"]
FEWEST = 50
"""Respondents of a largest unit in each wave, for its own change to be told: raking needs some in
every category."""
LARGEST_GAP = 1e-3
"""Difference of shares above which a net change is not net; a tenth of what a table can show."""
_ROUNDS = 500
_CLOSE = 1e-9


@dataclass(frozen=True)
class RakedWaves:
    """Two waves, one below the other: first all responses of the earlier, then of the later."""

    is_now: Mask
    design: Design
    """Of both; a unit that took part in both is one unit."""
    raked: Array
    """Weights of the earlier wave as they are, of the later one with the earlier mix."""
    traits: pd.DataFrame
    """Same rows; one column per trait, its categories as text."""
    dummies: Array
    """Same rows; a column of ones, and one column per category but the first of each trait."""
    mix: pd.DataFrame
    """One row per trait and category, with `MIX_COLUMNS`: respondents and weighted shares."""
    largest_gap: float
    """Largest difference that raking left between shares; not zero when no weights could do it."""


@dataclass(frozen=True)
class Pair:
    """Two waves held against each other once, for all that is told of what changed."""

    before: pd.DataFrame
    now: pd.DataFrame
    codebook: Codebook
    shared: Codebook
    """The codebook with what both waves asked of each scale."""
    scores: pd.DataFrame
    """Scales on these items; the rows of `waves`."""
    waves: RakedWaves
    settings: CultureSettings
    parts: dict[bytes, RakedWaves] = field(default_factory=dict, compare=False, repr=False)
    """Parts that were raked already, by who is in them."""

    def part(self, inside: Mask) -> RakedWaves:
        """Give a part of both waves, raked by itself; raking is the costly step."""
        who = np.packbits(inside).tobytes()
        if who not in self.parts:
            self.parts[who] = (
                self.waves
                if inside.all()
                else part_of(self.waves, inside, self.settings.minimum_cell)
            )
        return self.parts[who]


@dataclass(frozen=True)
class Change:
    """By how much a mean moved."""

    before: Estimate
    now: Estimate
    raw: Estimate
    net: Estimate
    """Of who responded."""

    def row(self) -> dict[str, float]:
        """Give what tables tell of a change, as one row of them."""
        return {
            "n_before": self.before.n,
            "n_now": self.now.n,
            "before": self.before.value,
            "now": self.now.value,
            "raw": self.raw.value,
            "raw_low": self.raw.low,
            "raw_high": self.raw.high,
            "net": self.net.value,
            "net_se": self.net.se,
            "net_low": self.net.low,
            "net_high": self.net.high,
            "p": self.net.p,
        }


def common_items(now: pd.DataFrame, before: pd.DataFrame, codebook: Codebook) -> Codebook:
    """Keep of each scale the items that both waves asked; of the codebook, such scales.

    Raises
    ------
    NothingInCommonError
        The waves have no item of a scale in common.
    """

    def is_common(item: str) -> bool:
        return all(item in wave and wave[item].notna().any() for wave in (now, before))

    kept: dict[str, Scale] = {}
    for scale in codebook.scales.values():
        items = tuple(item for item in scale.items if is_common(item))
        turned = tuple(item for item in scale.reversed if item in items)
        if items:
            kept[scale.name] = scale.model_copy(update={"items": items, "reversed": turned})
    if not kept:
        asked = [
            sum(i in wave for s in codebook.scales.values() for i in s.items)
            for wave in (before, now)
        ]
        raise NothingInCommonError(
            f"codebook {codebook.survey.name}: the earlier wave has {asked[0]} items of scales and "
            f"the later one {asked[1]}, none of them the same. If items were renamed, give their "
            "other names as `aliases` in the codebook."
        )
    return codebook.model_copy(update={"scales": kept})


def compare_waves(
    before: pd.DataFrame, now: pd.DataFrame, codebook: Codebook, settings: CultureSettings
) -> Pair:
    """Hold two waves against each other: common items, scores on them, and weights.

    Parameters
    ----------
    before, now : one row per response, as `read_survey` gives them with the same codebook

    Raises
    ------
    NothingInCommonError
        The waves have no item of a scale in common.
    """
    shared = common_items(now, before, codebook)
    scores = pd.concat([score_scales(wave, shared) for wave in (before, now)], ignore_index=True)
    waves = pair_waves(before, now, codebook, settings)
    return Pair(before, now, codebook, shared, scores, waves, settings)


def pair_waves(
    before: pd.DataFrame, now: pd.DataFrame, codebook: Codebook, settings: CultureSettings
) -> RakedWaves:
    """Put two waves one below the other and rake the later one.

    A category that fewer than `minimum_cell` gave in either wave joins `other`, and that the
    largest category when it is still too small: a weight cannot stand on a few people. No answer
    is a category as well.

    Parameters
    ----------
    before, now : one row per response, read with the same codebook
    """
    alone = [_scaled(read_design(wave, codebook)) for wave in (before, now)]
    weight = np.concatenate([design.weight for design in alone])
    levels = [level for level in codebook.units.levels if level in before and level in now]
    units = pd.concat([before[levels].astype("str"), now[levels].astype("str")], ignore_index=True)
    # Without their replicates, which each wave numbers for itself.
    design = _replicated(read_design(units.assign(weight=weight), codebook), *alone)
    is_now = np.arange(len(weight)) >= len(before)
    names = find_traits([before, now], codebook, settings)
    traits = pd.concat(
        [read_traits(wave, names, codebook) for wave in (before, now)], ignore_index=True
    )
    return rake(traits, is_now, design, settings.minimum_cell)


def rake(traits: pd.DataFrame, is_now: Mask, design: Design, minimum_cell: int) -> RakedWaves:
    """Give the later wave the earlier one's mix of traits."""
    traits = traits.apply(lambda trait: merge_small(trait, [is_now, ~is_now], minimum_cell))
    # A trait of one category has nothing to say.
    told = [name for name in traits if (traits[name] != traits[name].iloc[0]).any()]
    traits = traits[told]
    weight = design.weight
    raked = weight.copy()
    codes = [pd.factorize(traits[name], sort=True)[0] for name in traits]
    targets = [_shares(code, weight, ~is_now) for code in codes]
    gap = 0.0
    for _ in range(_ROUNDS):
        gap = 0.0
        for code, target in zip(codes, targets, strict=True):
            share = _shares(code, raked, is_now)
            gap = max(gap, float(np.abs(share - target).max()))
            raked[is_now] *= (target / share)[code[is_now]]
        if gap < _CLOSE:
            break
    mix = [_describe(str(name), traits[name], is_now, weight) for name in told]
    table = pd.concat(mix, ignore_index=True) if mix else pd.DataFrame(columns=MIX_COLUMNS)
    dummies = np.column_stack([np.ones(len(traits)), as_columns(traits).to_numpy()])
    return RakedWaves(is_now, design, raked, traits, dummies, table, gap)


def part_of(waves: RakedWaves, rows: Mask, minimum_cell: int) -> RakedWaves:
    """Give a part of both waves, such as one sector, raked by itself."""
    traits = waves.traits[rows].reset_index(drop=True)
    return rake(traits, waves.is_now[rows], waves.design.take(rows), minimum_cell)


def measure_change(values: Array, waves: RakedWaves) -> Change:
    """Measure by how much a mean moved, as it is and net of who responded.

    The error of the net change is that of a calibrated mean: what its traits foresee of an answer
    adds none, as far as both waves agree on it (Deville & Sarndal 1992, section 3; the earlier
    mix is itself known from a sample, which the earlier wave's part of the error holds). Units in
    both waves make the error smaller by as much as they stay the same.

    Parameters
    ----------
    values : one per response of both waves, in the order of `waves`; NaN where not known
    """
    known, is_now = ~np.isnan(values), waves.is_now
    raw = difference(values, is_now, ~is_now, waves.design)
    earlier, later = (
        estimate_mean(np.where(part, values, np.nan), waves.design) for part in (~is_now, is_now)
    )
    if not earlier.n or not later.n:
        return Change(earlier, later, raw, raw)
    X, rows = waves.dummies, known & is_now
    weighted = X[rows] * waves.raked[rows, None]
    slopes = np.linalg.lstsq(weighted.T @ X[rows], weighted.T @ values[rows], rcond=None)[0]
    rest = values - X @ slopes
    mean = float(np.average(values[rows], weights=waves.raked[rows]))
    old = known & ~is_now
    centre = float(np.average(X[old] @ slopes, weights=waves.design.weight[old]))
    moved = np.where(is_now, rest + mean, rest + centre)
    net = difference(moved, is_now, ~is_now, waves.design.reweight(waves.raked))
    return Change(earlier, later, raw, net)


def _scaled(design: Design) -> Design:
    """Weights with mean 1: what a wave's weights add up to is no part of a change."""
    return design.reweight(design.weight / design.weight.mean())


def _replicated(units: Design, before: Design, now: Design) -> Design:
    """Let the replicate weights of both waves take the place of units, where both have them.

    Waves are drawn apart: replicates of the one leave the weights of the other as they are, and
    their variances add up. With replicates of one wave only the units of both tell the error.
    """
    if before.replicates is None or now.replicates is None:
        return units
    earlier, later = before.replicates, now.replicates
    block = np.vstack(
        [
            np.hstack([earlier, np.repeat(before.weight[:, None], later.shape[1], axis=1)]),
            np.hstack([np.repeat(now.weight[:, None], earlier.shape[1], axis=1), later]),
        ]
    )
    return replace(units, replicates=block, replicate_scale=now.replicate_scale)


def _shares(code: Codes, weight: Array, part: Mask) -> Array:
    total = np.bincount(code[part], weight[part], int(code.max()) + 1)
    return np.asarray(total / total.sum())


def _describe(name: str, trait: pd.Series, is_now: Mask, weight: Array) -> pd.DataFrame:
    code, categories = pd.factorize(trait, sort=True)
    return pd.DataFrame(
        {
            "column": name,
            "category": categories,
            "n_before": np.bincount(code[~is_now], minlength=len(categories)),
            "n_now": np.bincount(code[is_now], minlength=len(categories)),
            "share_before": _shares(code, weight, ~is_now),
            "share_now": _shares(code, weight, is_now),
        }
    )
