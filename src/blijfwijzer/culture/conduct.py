"""Unwanted behaviour and integrity: how common, from whom, whether more than before, and with what.

Each behaviour is a concept of the codebook: the same question must be asked for the figure to be
about it. Shares are of those who answered, weighted, with intervals of the design. Links with
safety and the intention to leave are association: who is treated badly may see the team
differently, and the other way round.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.culture.traits import as_columns, find_traits, merge_small, read_traits
from blijfwijzer.culture.waves import Pair, measure_change
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import adjust
from blijfwijzer.estimation.means import deviation, difference, estimate_share
from blijfwijzer.estimation.regression import marginal_difference, regress
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concept_scores import read_concepts
from blijfwijzer.survey.concepts import INSIDE, OUTSIDE
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.texts import Message

EXTERNAL, INTERNAL, UNASKED = "external", "internal", ""
"""Who did it: citizens, pupils or patients; colleagues or managers; the question does not say."""
ANY_OUTSIDE, ANY_INSIDE = "extern_iets", "intern_iets"
"""Any of the behaviours from outside, or from inside, that the survey asks."""
BEHAVIOURS = MappingProxyType(
    {
        ANY_OUTSIDE: (EXTERNAL, "any"),
        **{name: (EXTERNAL, name.removeprefix("extern_")) for name in OUTSIDE},
        ANY_INSIDE: (INTERNAL, "any"),
        **{name: (INTERNAL, name.removeprefix("intern_")) for name in INSIDE},
        "discriminatie": (UNASKED, "discriminatie"),
        "integriteit_gezien": (UNASKED, "integriteit"),
    }
)
"""Behaviour to who did it and of what kind it is."""
CONTACT, SAFETY, LEAVES = "klantcontact", "psychologische_veiligheid", "vertrekintentie"
SHARE_COLUMNS = [
    *("behaviour", "source", "kind", "by", "category", "n", "hits", "share", "se", "low", "high"),
]
CHANGE_COLUMNS = [
    *("behaviour", "source", "kind", "n_before", "n_now", "before", "now"),
    *("raw", "raw_low", "raw_high", "net", "net_low", "net_high", "p"),
]
LINK_COLUMNS = [
    *("behaviour", "source", "kind", "outcome", "n", "hits", "plain", "plain_low", "plain_high"),
    *("adjusted", "low", "high", "p", "odds_ratio", "odds_low", "odds_high", "d", "is_large"),
]
_LOGISTIC_TO_D = np.sqrt(3) / np.pi
"""Log odds ratio to d, as a logistic distribution has a deviation of pi / sqrt(3) (Chinn 2000)."""


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
    and adjusted for traits, in points of the scale or as a share; odds ratio for an outcome that
    is yes or no; d; is_large when p, adjusted over the table (Benjamini & Hochberg), and d pass."""
    reason: Message | None = None
    """Why there is nothing: the survey does not ask it."""


def measure_conduct(
    responses: pd.DataFrame,
    scales: pd.DataFrame,
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
    responses, scales : one row per response
    pair : this wave held against the one before

    Returns
    -------
    Empty tables, and a `reason`, for a survey that asks no behaviour.
    """
    concepts = read_concepts(responses, scales, codebook)
    asked = read_behaviours(concepts)
    if asked.empty:
        reason = Message("conduct.not_asked", {"concepts": OUTSIDE + INSIDE})
        return Conduct(
            _table([], SHARE_COLUMNS), _table([], CHANGE_COLUMNS), _table([], LINK_COLUMNS), reason
        )
    changes = _table([], CHANGE_COLUMNS)
    if pair is not None:
        changes = _changes(asked, pair)
    return Conduct(
        _shares(asked, break_down_conduct(responses, concepts, codebook), design),
        changes,
        _links(asked, concepts, responses, codebook, design, settings),
    )


def read_behaviours(concepts: pd.DataFrame) -> pd.DataFrame:
    """One column per behaviour that is asked: 1, 0 or NaN; any of a source among them.

    Any is yes when one of its behaviours is, and no when all are: an answer that is missing beside
    a no could be a yes.
    """
    made = {name: concepts[name] for name in BEHAVIOURS if name in concepts}
    for any_name, parts in ((ANY_OUTSIDE, OUTSIDE), (ANY_INSIDE, INSIDE)):
        part = concepts[[name for name in parts if name in concepts]]
        if part.shape[1] > 1:
            happened = part.max(axis=1)
            made[any_name] = happened.where((happened == 1) | part.notna().all(axis=1))
    return pd.DataFrame({name: made[name] for name in BEHAVIOURS if name in made})


def break_down_conduct(
    responses: pd.DataFrame, concepts: pd.DataFrame, codebook: Codebook
) -> dict[str, pd.Series]:
    """Give what shares are broken down by: name to the category of each response."""
    categories = {EVERYONE: pd.Series(EVERYONE, index=responses.index)}
    if CONTACT in concepts:
        codes: dict[float, str] = {}
        column = codebook.columns.get(codebook.concepts[CONTACT].column or "")
        if column is not None and not codebook.concepts[CONTACT].reversed:
            codes = {value: code for code, value in column.values.items()}
        categories[CONTACT] = concepts[CONTACT].map(lambda value: codes.get(value, f"{value:g}"))
        categories[CONTACT] = categories[CONTACT].where(concepts[CONTACT].notna())
    largest = codebook.units.levels[0]
    if largest in responses:
        categories[largest] = responses[largest].astype("object")
    return categories


def _shares(asked: pd.DataFrame, categories: dict[str, pd.Series], design: Design) -> pd.DataFrame:
    rows = []
    for behaviour in asked:
        values = asked[behaviour].to_numpy(dtype=float)
        for by, category in categories.items():
            for name in sorted(category.dropna().unique(), key=str):
                inside = np.where((category == name).to_numpy(dtype=bool), values, np.nan)
                found = estimate_share(inside, design)
                rows.append(
                    {
                        **_named(str(behaviour)),
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
    return _table(rows, SHARE_COLUMNS)


def _table(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns)


def _named(behaviour: str) -> dict[str, str]:
    source, kind = BEHAVIOURS[behaviour]
    return {"behaviour": behaviour, "source": source, "kind": kind}


def _changes(asked: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    scales = score_scales(pair.before, pair.codebook)
    before = read_behaviours(read_concepts(pair.before, scales, pair.codebook))
    rows = []
    for behaviour in asked.columns.intersection(before.columns, sort=False):
        values = np.concatenate([before[behaviour], asked[behaviour]]).astype(float)
        rows.append({**_named(str(behaviour)), **measure_change(values, pair.waves).row()})
    changes = _table(rows, CHANGE_COLUMNS)
    return changes.assign(p=adjust(changes["p"].to_numpy(dtype=float), "holm"))


def _links(
    asked: pd.DataFrame,
    concepts: pd.DataFrame,
    responses: pd.DataFrame,
    codebook: Codebook,
    design: Design,
    settings: CultureSettings,
) -> pd.DataFrame:
    """Link each behaviour with safety and the intention to leave, given traits."""
    traits = read_traits(responses, find_traits([responses], codebook, settings), codebook)
    everyone = np.ones(len(responses), dtype=bool)
    traits = traits.apply(lambda trait: merge_small(trait, [everyone], settings.minimum_cell))
    adjusters = as_columns(traits).reset_index(drop=True)
    rows = [
        {
            **_named(str(behaviour)),
            "outcome": outcome,
            **_link(
                concepts[outcome].to_numpy(dtype=float),
                asked[behaviour].to_numpy(dtype=float),
                adjusters,
                design,
                outcome == LEAVES,
            ),
        }
        for outcome in (SAFETY, LEAVES)
        if outcome in concepts
        for behaviour in asked
    ]
    links = _table(rows, LINK_COLUMNS)
    p = adjust(links["p"].to_numpy(dtype=float), "bh")
    sure = (p <= settings.false_discoveries) & (links["d"].abs() >= settings.floor_d)
    return links.assign(p=p, is_large=sure)


def _link(
    outcome: Array, happened: Array, adjusters: pd.DataFrame, design: Design, is_share: bool
) -> dict[str, Any]:
    plain = difference(outcome, happened == 1, happened == 0, design)
    X = adjusters.assign(happened=happened)
    fitted = regress(outcome, X, design, "logistic" if is_share else "linear")
    row: dict[str, Any] = {
        "n": fitted.n,
        "hits": int((happened[~np.isnan(outcome)] == 1).sum()),
        "plain": plain.value,
        "plain_low": plain.low,
        "plain_high": plain.high,
    }
    slope = fitted.slope("happened")
    # Nothing was fitted, or the behaviour follows from the traits, as when all say the same.
    if np.isnan(slope.value):
        return {**row, **dict.fromkeys(LINK_COLUMNS[9:-1], np.nan)}
    if not is_share:
        told = {"adjusted": slope.value, "low": slope.low, "high": slope.high}
        odds = dict.fromkeys(("odds_ratio", "odds_low", "odds_high"), np.nan)
        return {
            **row,
            **told,
            "p": slope.p,
            **odds,
            "d": slope.value / deviation(outcome, design.weight),
        }
    # Averaged over those of whom the outcome and the behaviour are known, as the fit is.
    apart = marginal_difference(
        fitted,
        X.assign(happened=np.where(np.isnan(happened + outcome), np.nan, 1.0)),
        X.assign(happened=np.where(np.isnan(happened + outcome), np.nan, 0.0)),
        design,
    )
    ends = (slope.value, slope.low, slope.high)
    odds = dict(zip(("odds_ratio", "odds_low", "odds_high"), map(np.exp, ends), strict=True))
    told = {"adjusted": apart.value, "low": apart.low, "high": apart.high}
    return {**row, **told, "p": slope.p, **odds, "d": slope.value * _LOGISTIC_TO_D}
