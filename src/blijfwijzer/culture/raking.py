"""Two waves side by side, the later one given back the mix of people of the earlier.

When younger people answer than three years ago, a mean moves without anybody changing their mind.
The later wave is raked to the earlier one's mix (Deming & Stephan 1940): its weights are moved as
little as they can be for each trait to have the share that it had. What is left of a change is
then no matter of who responded, as far as these traits tell.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from blijfwijzer.culture.traits import as_columns, find_traits, merge_small, read_traits
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.estimation.raking import Totals, rake_to
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses

MIX_COLUMNS = ["column", "category", "n_before", "n_now", "share_before", "share_now"]


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


def pair_waves(
    before: Responses, now: Responses, codebook: Codebook, settings: CultureSettings
) -> RakedWaves:
    """Put two waves one below the other and rake the later one.

    A category that fewer than `minimum_cell` gave in either wave joins `other`, and that the
    largest category when it is still too small: a weight cannot stand on a few people. No answer
    is a category as well.
    """
    # Weights with mean 1: what a wave's weights add up to is no part of a change.
    read = [read_design(wave, codebook) for wave in (before, now)]
    alone = [design.reweight(design.weight / design.weight.mean()) for design in read]
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
    raked, gap = weight.copy(), 0.0
    codes = [pd.factorize(traits[name], sort=True)[0] for name in traits]
    if codes:
        targets = [_shares(code, weight, ~is_now) for code in codes]
        parts = [Totals(code[is_now], t) for code, t in zip(codes, targets, strict=True)]
        raked[is_now] = weight[is_now].sum() * rake_to(weight[is_now], parts).weight
        shares = [_shares(code, raked, is_now) for code in codes]
        gap = max(float(np.abs(s - t).max()) for s, t in zip(shares, targets, strict=True))
    mix = [_describe(str(name), traits[name], is_now, weight) for name in told]
    table = pd.concat(mix, ignore_index=True) if mix else pd.DataFrame(columns=MIX_COLUMNS)
    dummies = np.column_stack([np.ones(len(traits)), as_columns(traits).to_numpy()])
    return RakedWaves(is_now, design, raked, traits, dummies, table, gap)


def part_of(waves: RakedWaves, rows: Mask, minimum_cell: int) -> RakedWaves:
    """Give a part of both waves, such as one sector, raked by itself."""
    traits = waves.traits[rows].reset_index(drop=True)
    return rake(traits, waves.is_now[rows], waves.design.take(rows), minimum_cell)


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
