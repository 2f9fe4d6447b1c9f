"""How culture moved between two waves, as it is and net of who responded."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.culture.changes import measure_change
from blijfwijzer.culture.dimensions import mark, read_dimension
from blijfwijzer.culture.waves import FEWEST, LARGEST_GAP, Pair
from blijfwijzer.disclosure.rounding import ends_to_band
from blijfwijzer.estimation.intervals import adjust
from blijfwijzer.estimation.means import deviation
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.survey.arrays import Array, Mask, effective_n
from blijfwijzer.survey.codebook import Codebook

CHANGE_COLUMNS = [
    *("scale", "place", "items", "n_before", "n_now", "before", "now"),
    *("raw", "raw_low", "raw_high", "net", "net_se", "net_low", "net_high", "p", "d", "mark"),
    "is_net",
]


@dataclass(frozen=True)
class Trend:
    """How scales moved between two waves; nothing here is checked for release."""

    changes: pd.DataFrame
    """One row per scale and place (`all`, and the code of each largest unit): items asked in both
    waves, n, weighted means, raw and net change with 95 % intervals, p of the net change adjusted
    over the table (Benjamini & Hochberg), d, the mark of a change that is sure and large enough,
    and whether weights could give the place its earlier mix, so that the change is net."""
    mix: pd.DataFrame
    """Who responded: one row per trait and category, shares in both waves."""
    items: pd.DataFrame
    """One row per item of a scale: scale, item, is_common."""
    kept: float
    """What the later wave is worth once raked, as a share of what it was: effective numbers of
    respondents (Kish 1965), in [0, 1] but for chance."""


def measure_trend(pair: Pair) -> Trend:
    """Measure how each scale moved, overall and in each largest unit.

    Scales are scored on the items that both waves asked, by whichever name a wave has them: the
    codebook's aliases say which those are.
    """
    before, now, waves = pair.before, pair.now, pair.waves
    rows = _changes(EVERYONE, pair, np.ones(len(waves.is_now), dtype=bool))
    largest = pair.codebook.units.levels[0]
    if largest in now and largest in before:
        places = pd.concat([before[largest], now[largest]], ignore_index=True).astype("object")
        for place in sorted(places.dropna().unique(), key=str):
            inside = (places == place).to_numpy(dtype=bool)
            counts = [int((inside & part).sum()) for part in (waves.is_now, ~waves.is_now)]
            if min(counts) >= FEWEST and not inside.all():
                rows += _changes(str(place), pair, inside)
    changes = pd.DataFrame(rows)
    changes = changes.assign(p=adjust(changes["p"], "bh"))
    held = pd.DataFrame(
        {
            "dimension": changes["scale"],
            "difference": changes["net"],
            "d": changes["d"],
            "is_sure": changes["p"] <= pair.settings.false_discoveries,
        }
    )
    scales = [read_dimension(name, pair.shared) for name in pair.shared.scales]
    changes = changes.assign(mark=mark(held, scales, pair.settings))
    changes = changes.assign(**_ends_in_bands(changes))
    worth = [effective_n(one[waves.is_now]) for one in (waves.raked, waves.design.weight)]
    items = _told_items(pair.codebook, pair.shared)
    return Trend(changes[CHANGE_COLUMNS], waves.mix, items, worth[0] / worth[1])


def _changes(place: str, pair: Pair, inside: Mask) -> list[dict[str, Any]]:
    rows, waves = [], pair.part(inside)
    for scale in pair.shared.scales.values():
        values = pair.scores[scale.name].to_numpy(dtype=float)[inside]
        change = measure_change(values, waves)
        spread = deviation(values, waves.raked)
        rows.append(
            {
                "scale": scale.name,
                "place": place,
                "items": len(scale.items),
                **change.row(),
                "is_net": waves.largest_gap <= LARGEST_GAP,
                "d": change.net.value / spread if spread > 0 else np.nan,
            }
        )
    return rows


def _ends_in_bands(changes: pd.DataFrame) -> dict[str, Array]:
    """Give intervals as the bands of both n have them, of which widths may tell no more."""
    counts = [changes[name].to_numpy(dtype=float) for name in ("n_before", "n_now")]
    made = {}
    for name in ("raw", "net"):
        value, low, high = changes[[name, f"{name}_low", f"{name}_high"]].to_numpy(dtype=float).T
        made[f"{name}_low"], made[f"{name}_high"] = ends_to_band(value, (low, high), *counts)
    return made


def _told_items(codebook: Codebook, shared: Codebook) -> pd.DataFrame:
    rows = [
        {
            "scale": scale.name,
            "item": item,
            "is_common": scale.name in shared.scales and item in shared.scales[scale.name].items,
        }
        for scale in codebook.scales.values()
        for item in scale.items
    ]
    return pd.DataFrame(rows, columns=["scale", "item", "is_common"])
