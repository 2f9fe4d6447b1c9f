"""How it is to work in each group: means of culture dimensions, pooled, and held against others.

A difference is marked only when it is sure and large enough: its p-value holds after correction
for everything on the list, its interval leaves out zero, and it passes a floor both on the scale
and in standard deviations between people (domain notes, E.3). The p-value rests on the answers of
the group itself; the size on the pooled mean, since the largest of many noisy means are too large.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.culture.dimensions import Dimension, find_dimensions, mark, read_scores
from blijfwijzer.disclosure.rounding import to_band
from blijfwijzer.estimation.design import Design, Varying
from blijfwijzer.estimation.group_means import sampling_variance, summarise_means
from blijfwijzer.estimation.intervals import Z, adjust, two_sided
from blijfwijzer.estimation.pooling import pool_means
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses

AGAINST = ("sector", "all", "previous")
"""What each group is held against: its own largest unit level, everyone, and itself before."""
_PARTS = ("mean", "difference", "low", "high", "p", "d", "mark")
COLUMNS = [
    *("group", "dimension", "level", "n", "effective_n", "mean", "direct_se"),
    *("pooled", "se", "low", "high", "reliability", "source", "favourable", "grade", "deviation"),
    *(f"{against}_{part}" for against in AGAINST for part in _PARTS),
    *("previous_n", "previous_way"),
]
_POOLED = ["pooled", "se", "low", "high", "reliability", "source", "freedom"]
_SMALL_PART = 0.1
"""Share of the rest of a whole by which the band of a part may move it. Of a larger part the rest,
and so the width, would be another one, and its n is of many people."""


@dataclass(frozen=True)
class Climate:
    """How it is to work in each group; nothing here is checked for release."""

    table: pd.DataFrame
    """One row per group and dimension, with `COLUMNS`: n respondents and their effective number
    (Kish), weighted mean with its standard error, pooled mean with its 95 % interval, reliability
    of the unadjusted mean, favourable share, grade 1-10 of the pooled mean, deviation (standard
    deviation between people in this survey); and per reference its mean, the difference of the
    pooled mean from it with a 95 % interval, p adjusted over the whole table, d and mark; for the
    wave before also n then, and the way in which the change is net (see `unit_changes`). Means and
    differences are in the unit of the scale; favourable, grade and marks are turned for scales of
    which a higher score is worse."""


@dataclass(frozen=True)
class ToldOf:
    """Which groups may be told of each dimension, one of each per group; all where left out."""

    now: Mapping[str, Mask] = field(default_factory=dict)
    before: Mapping[str, Mask] = field(default_factory=dict)
    """Of the wave before."""


@dataclass(frozen=True)
class _Areas:
    """Groups of one dimension; nothing is known of those that are not told of it."""

    direct: pd.DataFrame
    """As `summarise_means` gives, with `sampling`: the variance of each mean."""
    pooled: pd.DataFrame
    """As `PooledMeans.table`, with `freedom`: degrees of freedom of the sampling variance."""

    @property
    def each(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give both."""
        return self.direct, self.pooled


def measure_climate(
    scales: Responses,
    grouping: Grouping,
    design: Design,
    codebook: Codebook,
    settings: CultureSettings,
    *,
    seed: int,
    previous: pd.DataFrame | None = None,
    told_of: ToldOf | None = None,
) -> Climate:
    """Measure the dimensions of culture in each group that is told of them, as if it knew no other.

    What others answered plays no part in what is told: when one person has left since groups were
    told, the means of all who stayed would tell what that person answered.

    Each level is pooled by itself, groups shrinking towards their parent and parents towards the
    level's mean, as groups of one level share no people. Fewer than three groups of a level keep
    their own means. References are the respondents of this survey: how other organisations would
    have answered is no part of the question. A group is a part of its sector, so its difference
    from the others counts for the share that they have.

    Parameters
    ----------
    previous : changes since the wave before, as `measure_unit_changes` gives
    told_of : all groups are told when left out

    Returns
    -------
    A row for each group and dimension, with missing figures where nobody answered (and zero n), or
    the group is not told of it.

    Notes
    -----
    Against the wave before, the change itself is pooled, net of who responded and with its own
    spread between groups: what a group keeps from wave to wave then adds nothing to the noise. It
    is of the items that both waves asked, as is the mean before, so it need not be the difference
    of the two means. The few who answered both waves are not known to be the same, which makes its
    intervals too wide rather than too short.
    """
    rng = np.random.default_rng(seed)
    dimensions, groups = find_dimensions(codebook, settings), grouping.groups
    place = groups.index.get_indexer(pd.Index(groups["sector"]))
    every, told_of = np.ones(len(groups), dtype=bool), told_of or ToldOf()
    tables = []
    for dimension in dimensions:
        scores, told = read_scores(scales, dimension), told_of.now.get(dimension.name, every)
        rows = np.flatnonzero(told)
        areas = _pool(scores, _take(grouping, rows), design, codebook.units.varying, rng, settings)
        areas = _Areas(*(one.set_axis(rows).reindex(range(len(told))) for one in areas.each))
        good = dimension.is_favourable(scores, settings.favourable)
        favourable = summarise_means(good, design.weight, grouping.members)["mean"]
        table = _describe(areas, dimension, groups["level"]).assign(
            favourable=favourable.to_numpy(dtype=float),
            deviation=_deviation(scores, design.weight, csr_array(grouping.members[rows])),
            **_against("sector", areas, areas.direct.reindex(place)),
            **_against("all", areas, areas.direct.iloc[np.zeros(len(groups), dtype=int)]),
        )
        if previous is None:
            nothing = {f"previous_{part}": np.nan for part in _PARTS[:-1]}
            table = table.assign(**nothing, previous_n=np.nan, previous_way="")
        else:
            both = told & told_of.before.get(dimension.name, every)
            table = _change(
                table,
                previous[previous["group"].isin(groups.index[both])],
                groups,
                settings.draws,
                rng,
            )
        tables.append(table)
    table = _mark(pd.concat(tables, ignore_index=True), dimensions, settings)
    return Climate(table[COLUMNS])


def _take(grouping: Grouping, rows: Codes) -> Grouping:
    groups, members = grouping.groups.iloc[rows], csr_array(grouping.members[rows])
    return replace(grouping, groups=groups, members=members)


def _deviation(scores: Array, weight: Array, told: csr_array) -> float:
    """Give the standard deviation between people, of those in a group that is told."""
    inside = (np.asarray(told.sum(axis=0)).ravel() > 0).astype(np.int8)
    found = summarise_means(scores, weight, csr_array(inside[None]))
    return float(np.sqrt(found["variance"].iloc[0]))


def _pool(
    scores: Array,
    grouping: Grouping,
    design: Design,
    units: Varying,
    rng: np.random.Generator,
    settings: CultureSettings,
) -> _Areas:
    groups, draws = grouping.groups, settings.draws
    direct = summarise_means(scores, design.weight, grouping.members)
    sampling, tables = np.full(len(direct), np.nan), []
    for level in groups["level"].unique():
        rows = np.flatnonzero(groups["level"] == level)
        members, part = csr_array(grouping.members[rows]), direct.iloc[rows]
        sampling[rows], df = sampling_variance(scores, part, members, design, units=units)
        # What is shown rests on the band of n; p, which is not, on the answers as they are.
        shown = sampling[rows] * to_band(part["n"].to_numpy(dtype=float))
        above = groups["parent"].iloc[rows]
        found = pool_means(part["mean"].to_numpy(), shown, above, draws, rng).table
        tables.append(found.assign(freedom=df).set_index(rows))
    found = pd.concat(tables).sort_index() if tables else pd.DataFrame(columns=_POOLED, dtype=float)
    return _Areas(direct.assign(sampling=sampling), found)


def _describe(areas: _Areas, dimension: Dimension, levels: pd.Series) -> pd.DataFrame:
    asked = areas.direct["n"] > 0
    shown = areas.pooled.drop(columns="freedom")
    # A group in which nobody answered has a pooled mean, that of its parent: it is not its own.
    shown = shown.where(asked).assign(source=shown["source"].where(asked, ""))
    return pd.DataFrame(
        {
            "group": levels.index,
            "dimension": dimension.name,
            "level": levels.to_numpy(),
            **areas.direct[["n", "effective_n", "mean"]],
            "direct_se": np.sqrt(areas.direct["sampling"]),
            **shown,
            "grade": dimension.grade(shown["pooled"].to_numpy(dtype=float)),
        }
    )


def _against(name: str, areas: _Areas, reference: pd.DataFrame) -> dict[str, Array]:
    """Hold groups against the mean of a larger whole that each may be a part of.

    With a share f of the whole's weight, a group differs from the whole by (1 - f) times its
    difference from the rest, and only that difference has an error.

    Parameters
    ----------
    reference : one row per group: the whole that it is held against
    """
    own, pooled = areas.direct, areas.pooled
    weight, whole = own["weight"].to_numpy(), reference["weight"].to_numpy(dtype=float)
    rest = whole - weight
    is_part = rest > 1e-9 * whole
    safe = np.where(is_part, rest, np.nan)
    mean = reference["mean"].to_numpy(dtype=float)
    of_rest = (whole * mean - weight * np.nan_to_num(own["mean"].to_numpy())) / safe
    noise = _noise(reference, own["squares"].to_numpy(), safe)
    difference = np.where(own["n"] > 0, pooled["pooled"].to_numpy(dtype=float) - mean, np.nan)
    difference = np.where(is_part, difference, np.nan)
    # What a small part is of the whole would tell its n, so the width has it as the band does.
    worth = 1 / to_band(own["n"].to_numpy(dtype=float))
    left = whole - worth * weight
    is_small = np.abs(left - safe) <= _SMALL_PART * safe
    worth, left = np.where(is_small, worth, 1.0), np.where(is_small, left, safe)
    told = _noise(reference, worth * own["squares"].to_numpy(), left)
    error = left / whole * np.sqrt(pooled["se"].to_numpy(dtype=float) ** 2 + told)
    return {
        f"{name}_mean": np.where(is_part, mean, np.nan),
        **_tell(name, difference, error),
        f"{name}_p": two_sided(
            own["mean"].to_numpy() - of_rest,
            np.sqrt(own["sampling"].to_numpy() + noise),
            np.maximum(pooled["freedom"].to_numpy(), 1),
        ),
    }


def _noise(reference: pd.DataFrame, squares: Array, rest: Array) -> Array:
    """Variance of the mean of the rest of a whole, once a part is taken from it.

    Parameters
    ----------
    squares : sum of squared weights of the part
    rest : weight of the rest
    """
    left = np.maximum(reference["squares"].to_numpy(dtype=float) - squares, 0)
    return np.asarray(reference["variance"].to_numpy(dtype=float) * left / rest**2)


def _change(
    table: pd.DataFrame,
    previous: pd.DataFrame,
    groups: pd.DataFrame,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Hold groups against themselves in the wave before."""
    found = previous[previous["dimension"] == table["dimension"].iloc[0]]
    found = found.set_index("group").reindex(table["group"])
    means, errors = {}, {}
    before, now = found["n_before"].to_numpy(dtype=float), found["n_now"].to_numpy(dtype=float)
    bands = {"before": to_band(before), "net": to_band(before, now)}
    for name, of_it in (("before", "before_variance"), ("net", "variance")):
        value = found[name].to_numpy(dtype=float)
        variance = found[of_it].to_numpy(dtype=float) * bands[name]
        means[name], errors[name] = np.full((2, len(table)), np.nan)
        for level in groups["level"].unique():
            rows = np.flatnonzero(
                (groups["level"] == level).to_numpy() & ~np.isnan(value + variance)
            )
            if len(rows):
                above = groups["parent"].iloc[rows]
                pooled = pool_means(value[rows], variance[rows], above, draws, rng).table
                means[name][rows], errors[name][rows] = pooled["pooled"], pooled["se"]
    net, variance, freedom = found[["net", "variance", "freedom"]].to_numpy(dtype=float).T
    return table.assign(
        previous_mean=means["before"],
        **_tell("previous", means["net"], errors["net"]),
        previous_p=two_sided(net, np.sqrt(variance), np.maximum(freedom, 1)),
        previous_n=found["n_before"].to_numpy(),
        previous_way=found["way"].where(~np.isnan(means["net"])).fillna("").to_numpy(),
    )


def _tell(name: str, difference: Array, error: Array) -> dict[str, Array]:
    width = Z * error
    return {
        f"{name}_difference": difference,
        f"{name}_low": difference - width,
        f"{name}_high": difference + width,
    }


def _mark(
    table: pd.DataFrame, dimensions: tuple[Dimension, ...], settings: CultureSettings
) -> pd.DataFrame:
    """Adjust p over the whole table and mark what is both sure and large enough."""
    p = [f"{against}_p" for against in AGAINST]
    listed = table[p].to_numpy(dtype=float)
    table = table.assign(
        **dict(zip(p, adjust(listed.ravel(), "bh").reshape(listed.shape).T, strict=True))
    )
    for against in AGAINST:
        difference = table[f"{against}_difference"]
        sure = table[f"{against}_p"] <= settings.false_discoveries
        sure &= (table[f"{against}_low"] > 0) | (table[f"{against}_high"] < 0)
        table[f"{against}_d"] = difference / table["deviation"].where(table["deviation"] > 0)
        held = table[["dimension"]].assign(
            difference=difference, d=table[f"{against}_d"], is_sure=sure
        )
        table[f"{against}_mark"] = mark(held, dimensions, settings)
    return table
