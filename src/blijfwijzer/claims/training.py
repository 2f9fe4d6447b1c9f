"""Claims about who gets training, and why (H7, H8, H8b)."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from blijfwijzer.claims.estimates import (
    ClaimEstimate,
    Domain,
    Measure,
    about,
    bare,
    by_concept,
)
from blijfwijzer.claims.findings import (
    ClaimFinding,
    Effect,
    NotTestableError,
    Requirement,
    decide,
)
from blijfwijzer.claims.reader import Reader
from blijfwijzer.estimation.decomposition import explain_gap, split_gap
from blijfwijzer.estimation.intervals import Estimate, from_draws
from blijfwijzer.estimation.means import difference, estimate_share
from blijfwijzer.estimation.regression import combine, marginal_difference
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.texts import Message, Value

GAP = 0.05
"""Difference of shares that counts as a gap between groups of employees: 5 points."""
MOST = 0.5
_FEWEST_IN_GROUP = 50
_FEWEST_MANAGERS = 3
"""Managers of a unit for their report to stand for it. Ours."""
_TRAINING = ("scholing", "ontwikkelafspraak", "interne_stap")
_SPLIT = {
    "gap": "claim.h8b.gap",
    "offer": "claim.h8b.offer",
    "take_up": "claim.h8b.take_up",
    "own": "claim.h8b.own",
}
"""What the gap in training is split into, and what each part is."""


def fewer_chances(reader: Reader) -> ClaimFinding:
    """H7: low educated and long-serving, so fewer agreements, less training, fewer moves."""
    group = _low_and_long(reader)
    names = [name for name in _TRAINING if reader.has(name)]
    gaps = {name: _gap(reader, name, group) for name in names}
    smallest = max(gaps.values(), key=lambda estimate: estimate.value)
    return ClaimFinding(
        estimates=by_concept("claim.h7.gap", Measure.DIFFERENCE, gaps),
        effect=Effect(smallest, Message("claim.h7.effect")),
        decision=decide([Requirement(found, -1, floor=GAP) for found in gaps.values()]),
        checks=tuple(one for name in names for one in _within_gap(reader, name, group)),
        domain=Domain("", (group == 1,)),
    )


def less_encouraged(reader: Reader) -> ClaimFinding:
    """H8: the same group is less encouraged by managers to learn."""
    group, name = _low_and_long(reader), "aangemoedigd"
    found = _gap(reader, name, group)
    return ClaimFinding(
        estimates=(ClaimEstimate(name, Measure.DIFFERENCE, found, Message("claim.h8.gap")),),
        effect=Effect(found, Message("claim.h8.effect")),
        decision=decide([Requirement(found, -1, floor=GAP)]),
        checks=(*_within_gap(reader, name, group), *_by_managers(reader, group)),
        domain=Domain("", (group == 1,)),
    )


def opportunity_not_will(reader: Reader) -> ClaimFinding:
    """H8b: the gap in training comes from what is offered, not from who takes it up.

    The gap is split exactly into offers, take-up of an offer and training without one (Kitagawa
    1955). Beside it, a linear decomposition into offers, wanting and encouragement (Oaxaca 1973;
    Blinder 1973; pooled coefficients, Jann 2008) and Fairlie's for a yes-no outcome (1999).
    """
    group = _low_and_long(reader)
    trained, offered = reader.of("scholing"), reader.of("scholing_aangeboden")
    place, picks = reader.draw()
    found, drawn, n = split_gap(trained, offered, group, reader.design.weight, Draws(place, picks))
    parts = {name: from_draws(found[name], drawn[name], n) for name in _SPLIT}
    if not parts["gap"].high < 0:
        raise NotTestableError(Message("claim.h8b.no_gap"))
    share = from_draws(found["offer"] / found["gap"], drawn["offer"] / drawn["gap"], n)
    wants = difference(reader.of("wil_scholing"), group == 1, group == 0, reader.design)
    return ClaimFinding(
        estimates=(
            *(
                ClaimEstimate(name, Measure.DIFFERENCE, parts[name], Message(label))
                for name, label in _SPLIT.items()
            ),
            ClaimEstimate("share", Measure.VARIANCE, share, Message("claim.h8b.share")),
        ),
        effect=Effect(share, Message("claim.h8b.effect")),
        decision=decide([Requirement(share, bound=MOST)]),
        checks=(
            ClaimEstimate("wants", Measure.DIFFERENCE, wants, Message("claim.h8b.wants")),
            *_decomposed(reader, trained, group, n),
        ),
        domain=Domain("", (group == 1,)),
    )


def _decomposed(reader: Reader, trained: Array, group: Array, n: int) -> Iterable[ClaimEstimate]:
    """Explain the gap in training by offers, wanting and encouragement, in two ways."""
    columns = {
        name: reader.of(name)
        for name in ("scholing_aangeboden", "wil_scholing", "aangemoedigd")
        if reader.has(name)
    }
    for method, parts in explain_gap(trained, columns, group, reader.design.weight).items():
        for name, value in parts.items():
            of: dict[str, Value] = {"method": method.title()}
            label = Message("claim.h8b.unexplained", of)
            if name in CONCEPTS:
                label = Message("claim.h8b.explained", {**of, "concept": CONCEPTS[name]})
            yield ClaimEstimate(f"{method}_{name}", Measure.DIFFERENCE, bare(value, n), label)


def _low_and_long(reader: Reader) -> Array:
    """1 for the low educated with long service, 0 for others, NaN where either is unknown."""
    low, long = reader.of("laag_opgeleid"), reader.of("lang_in_dienst")
    group = np.where(np.isnan(low) | np.isnan(long), np.nan, (low == 1) & (long == 1))
    if (group == 1).sum() < _FEWEST_IN_GROUP:
        raise NotTestableError(Message("claim.untestable.few_low", {"needed": _FEWEST_IN_GROUP}))
    return group


def _gap(reader: Reader, name: str, group: Array) -> Estimate:
    """Difference of shares at equal sector: a marginal mean of a logistic regression."""
    return _marginal(reader, name, {"group": group}, {"group": 1.0})


def _within_gap(reader: Reader, name: str, group: Array) -> tuple[ClaimEstimate, ...]:
    """Give what education and tenure each add to a gap, and the gap at equal age."""
    low, long = reader.of("laag_opgeleid"), reader.of("lang_in_dienst")
    crossed = {"low": low, "long": long, "both": low * long}
    settings = {
        "low": {"low": 1.0, "long": 0.0, "both": 0.0},
        "long": {"low": 0.0, "long": 1.0, "both": 0.0},
        "both": {"low": 1.0, "long": 1.0, "both": 1.0},
    }
    labels = {
        "low": "claim.gap.low_only",
        "long": "claim.gap.long_only",
        "both": "claim.gap.both",
    }
    made = [
        ClaimEstimate(
            f"{part}_{name}",
            Measure.DIFFERENCE,
            _marginal(reader, name, crossed, settings[part]),
            about(label, name),
        )
        for part, label in labels.items()
    ]
    fitted = reader.fit(reader.of(name), crossed, "logistic")
    product = combine(fitted, {"both": 1.0})
    made.append(
        ClaimEstimate(
            f"interaction_{name}", Measure.LOG_ODDS, product, about("claim.gap.interaction", name)
        )
    )
    if reader.has("leeftijd"):
        columns = {"group": group, "age": reader.z("leeftijd")}
        at_equal = _marginal(reader, name, columns, {"group": 1.0})
        made += by_concept("claim.gap.at_equal_age", Measure.DIFFERENCE, {name: at_equal}, "age_")
    return tuple(made)


def _marginal(
    reader: Reader, name: str, columns: dict[str, Array], setting: dict[str, float]
) -> Estimate:
    """Difference in probability with columns set so, less all of these at zero.

    At the sectors that people have, and with other columns as they are.
    """
    fitted = reader.fit(reader.of(name), columns, "logistic")
    rest = {**columns, **reader.sector_columns()}
    ends = [
        pd.DataFrame({**rest, **{n: columns[n] * 0 + on * value for n, value in setting.items()}})
        for on in (1, 0)
    ]
    order = list(fitted.table.index[1:])
    return marginal_difference(fitted, ends[0][order], ends[1][order], reader.design)


def _by_managers(reader: Reader, group: Array) -> tuple[ClaimEstimate, ...]:
    """Give what managers say of encouraging, and how the gap goes with it.

    Units are those that answer as a whole, such as organisations.
    """
    if not reader.has("moedigt_aan"):
        return ()
    says, employees = reader.of("moedigt_aan"), _of_employees(reader, "aangemoedigd")
    unit = np.unique(reader.design.cluster, return_inverse=True)[1]
    known = ~np.isnan(says)
    size = np.bincount(unit[known], minlength=unit.max() + 1)
    total = np.bincount(unit[known], says[known], minlength=unit.max() + 1)
    report = np.where(size >= _FEWEST_MANAGERS, total / np.maximum(size, 1), np.nan)[unit]
    report = reader.standardise(report)
    fitted = reader.fit(employees, {"group": group, "report": report, "product": group * report})
    shares = (estimate_share(values, reader.design) for values in (says, employees))
    slopes = (combine(fitted, {name: 1.0}) for name in ("report", "product"))
    of = ("managers", "claim.h8.managers"), ("employees", "claim.h8.employees")
    by = ("report", "claim.h8.report"), ("gap_by_report", "claim.h8.gap_by_report")
    return (
        *(
            ClaimEstimate(name, Measure.SHARE, found, Message(label))
            for (name, label), found in zip(of, shares, strict=True)
        ),
        *(
            ClaimEstimate(name, Measure.DIFFERENCE, found, Message(label))
            for (name, label), found in zip(by, slopes, strict=True)
        ),
    )


def _of_employees(reader: Reader, name: str) -> Array:
    if not reader.has("leidinggevende"):
        return reader.of(name)
    return np.where(reader.of("leidinggevende") == 0, reader.of(name), np.nan)
