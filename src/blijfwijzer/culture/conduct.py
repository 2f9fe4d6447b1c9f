"""Unwanted behaviour and integrity: how common, from whom, whether more than before, and with what.

Shares are of those who answered, weighted, with intervals of the design.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.culture.behaviours import break_down_conduct, named, read_behaviours
from blijfwijzer.culture.changes import measure_change
from blijfwijzer.culture.conduct_links import LINK_COLUMNS, link_behaviours
from blijfwijzer.culture.waves import Pair
from blijfwijzer.disclosure.rounding import to_band
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import adjust
from blijfwijzer.estimation.means import estimate_share
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concept_scores import read_concepts
from blijfwijzer.survey.concepts import INSIDE, OUTSIDE
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.texts import Message

SHARE_COLUMNS = [
    *("behaviour", "source", "kind", "by", "category", "n", "hits", "share", "se", "low", "high")
]
CHANGE_COLUMNS = [
    *("behaviour", "source", "kind", "n_before", "n_now", "before", "now"),
    *("raw", "raw_low", "raw_high", "net", "net_low", "net_high", "p"),
]


@dataclass(frozen=True)
class Conduct:
    """Unwanted behaviour and integrity; nothing here is checked for release."""

    shares: pd.DataFrame
    """One row per behaviour and category of what it is broken down by (everybody, client contact,
    largest unit): n who answered, hits who say that it happened to them, weighted share with a 95 %
    interval, in [0, 1]."""
    changes: pd.DataFrame
    """One row per behaviour: share in the earlier and the later wave, raw and net change with 95 %
    intervals, p of the net change adjusted over behaviours (Holm)."""
    links: pd.DataFrame
    """One row per behaviour and outcome: difference between those it happened to and others, plain
    and adjusted for traits, in points of the scale or as a share; `fewest` that either rests on;
    odds ratio for an outcome that is yes or no; d; is_large when p, adjusted over the table
    (Benjamini & Hochberg), and d pass."""
    reason: Message | None = None
    """Why there is nothing: the survey does not ask it."""


def measure_conduct(
    responses: Responses,
    scales: Responses,
    codebook: Codebook,
    design: Design,
    settings: CultureSettings,
    pair: Pair | None = None,
) -> Conduct:
    """Measure how common unwanted behaviour is, whether that changed, and what goes with it.

    A change holds only when both waves asked in the same words and the same way: from POMO to
    WERKonderzoek they did not (domain notes, C, H12), and no figure can show that.

    Parameters
    ----------
    pair : this wave held against the one before

    Returns
    -------
    Empty tables, and a `reason`, for a survey that asks no behaviour.
    """
    concepts = read_concepts(responses, scales, codebook)
    asked = read_behaviours(concepts)
    if asked.empty:
        reason = Message("conduct.not_asked", {"concepts": OUTSIDE + INSIDE})
        columns = (SHARE_COLUMNS, CHANGE_COLUMNS, LINK_COLUMNS)
        shares, changes, links = (pd.DataFrame(columns=names) for names in columns)
        return Conduct(shares, changes, links, reason)
    return Conduct(
        _shares(asked, break_down_conduct(responses, concepts, codebook), design),
        pd.DataFrame(columns=CHANGE_COLUMNS) if pair is None else _changes(asked, pair),
        link_behaviours(asked, concepts, responses, codebook, design, settings),
    )


def _shares(asked: pd.DataFrame, categories: dict[str, pd.Series], design: Design) -> pd.DataFrame:
    rows = []
    for behaviour in asked:
        values = asked[behaviour].to_numpy(dtype=float)
        for by, category in categories.items():
            for name in sorted(category.dropna().unique(), key=str):
                inside = np.where((category == name).to_numpy(dtype=bool), values, np.nan)
                found = estimate_share(inside, design, to_band)
                rows.append(
                    {
                        **named(str(behaviour)),
                        "by": by,
                        "category": str(name),
                        "n": found.n,
                        "hits": int(np.nansum(inside)),
                        "share": found.value,
                        "se": found.se,
                        "low": found.low,
                        "high": found.high,
                    }
                )
    return pd.DataFrame(rows, columns=SHARE_COLUMNS)


def _changes(asked: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    scales = score_scales(pair.before, pair.codebook)
    before = read_behaviours(read_concepts(pair.before, scales, pair.codebook))
    rows = []
    for behaviour in asked.columns.intersection(before.columns, sort=False):
        values = np.concatenate([before[behaviour], asked[behaviour]]).astype(float)
        rows.append({**named(str(behaviour)), **measure_change(values, pair.waves).row()})
    changes = pd.DataFrame(rows, columns=CHANGE_COLUMNS)
    return changes.assign(p=adjust(changes["p"].to_numpy(dtype=float), "holm"))
