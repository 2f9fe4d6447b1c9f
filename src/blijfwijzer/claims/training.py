"""Claims about who gets training and is encouraged to learn (H7, H8)."""

from dataclasses import replace

import numpy as np
import pandas as pd

from blijfwijzer.claims.estimates import ClaimEstimate, Domain, Measure, about, by_concept, stated
from blijfwijzer.claims.findings import ClaimFinding, Effect, NotTestableError, Requirement, decide
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.thresholds import GAP
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.estimation.means import fewest_in
from blijfwijzer.estimation.regression import Regression, marginal_difference
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.texts import Message

_FEWEST_IN_GROUP = 50
_FEWEST_MANAGERS = 3
"""Managers of a unit for their report to stand for it. Ours."""
_TRAINING = ("scholing", "ontwikkelafspraak", "interne_stap")


def fewer_chances(reader: Reader) -> ClaimFinding:
    """H7: low educated and long-serving, so fewer agreements, less training, fewer moves."""
    group, domain = low_and_long(reader)
    gaps = {name: _gap(reader, name, group) for name in reader.present(_TRAINING)}
    smallest = max(gaps.values(), key=lambda estimate: estimate.value)
    return ClaimFinding(
        estimates=by_concept("claim.h7.gap", Measure.DIFFERENCE, gaps),
        effect=Effect(smallest, Message("claim.h7.effect")),
        decision=decide([Requirement(found, -1, floor=GAP) for found in gaps.values()]),
        checks=tuple(one for name in gaps for one in _within_gap(reader, name, group)),
        domain=domain,
    )


def less_encouraged(reader: Reader) -> ClaimFinding:
    """H8: the same group is less encouraged by managers to learn."""
    (group, domain), name = low_and_long(reader), "aangemoedigd"
    found = _gap(reader, name, group)
    return ClaimFinding(
        estimates=(ClaimEstimate(name, Measure.DIFFERENCE, found, Message("claim.h8.gap")),),
        effect=Effect(found, Message("claim.h8.effect")),
        decision=decide([Requirement(found, -1, floor=GAP)]),
        checks=(*_within_gap(reader, name, group), *_by_managers(reader, group)),
        domain=domain,
    )


def low_and_long(reader: Reader) -> tuple[Array, Domain]:
    """Give the low educated with long service, 1, others 0, unknown NaN; and them as a domain."""
    low, long = reader.of("laag_opgeleid"), reader.of("lang_in_dienst")
    group = np.where(np.isnan(low) | np.isnan(long), np.nan, (low == 1) & (long == 1))
    if (group == 1).sum() < _FEWEST_IN_GROUP:
        raise NotTestableError("claim.untestable.few_low", needed=_FEWEST_IN_GROUP)
    return group, Domain("", (group == 1,))


def _gap(reader: Reader, name: str, group: Array) -> Estimate:
    """Difference of shares at equal sector: a marginal mean of a logistic regression."""
    columns = {"group": group}
    found = _marginal(reader, _fit(reader, name, columns), columns, {"group": 1.0})
    return replace(found, fewest=fewest_in(reader.of(name), group == 1, group == 0))


def _within_gap(reader: Reader, name: str, group: Array) -> tuple[ClaimEstimate, ...]:
    """Give what education and tenure each add to a gap, and the gap at equal age."""
    low, long = reader.of("laag_opgeleid"), reader.of("lang_in_dienst")
    crossed = {"low": low, "long": long, "both": low * long}
    fitted = _fit(reader, name, crossed)
    made = [
        ClaimEstimate(
            f"{part}_{name}",
            Measure.DIFFERENCE,
            _marginal(reader, fitted, crossed, dict(zip(crossed, setting, strict=True))),
            about(label, name),
        )
        for part, label, setting in (
            ("low", "claim.gap.low_only", (1.0, 0.0, 0.0)),
            ("long", "claim.gap.long_only", (0.0, 1.0, 0.0)),
            ("both", "claim.gap.both", (1.0, 1.0, 1.0)),
        )
    ]
    product = {name: fitted.slope("both")}
    made += by_concept("claim.gap.interaction", Measure.LOG_ODDS, product, "interaction_")
    if reader.has("leeftijd"):
        columns = {"group": group, "age": reader.z("leeftijd")}
        at_equal = _marginal(reader, _fit(reader, name, columns), columns, {"group": 1.0})
        made += by_concept("claim.gap.at_equal_age", Measure.DIFFERENCE, {name: at_equal}, "age_")
    return tuple(made)


def _fit(reader: Reader, name: str, columns: dict[str, Array]) -> Regression:
    return reader.fit(reader.of(name), columns, "logistic")


def _marginal(
    reader: Reader, fitted: Regression, columns: dict[str, Array], setting: dict[str, float]
) -> Estimate:
    """Difference in probability with columns set so, less all of these at zero.

    At the sectors that people have, and with other columns as they are.
    """
    rest = {**columns, **reader.sector_columns()}
    ends = [
        pd.DataFrame({**rest, **{n: columns[n] * 0 + on * value for n, value in setting.items()}})
        for on in (1, 0)
    ]
    return marginal_difference(fitted, ends[0], ends[1], reader.design)


def _by_managers(reader: Reader, group: Array) -> tuple[ClaimEstimate, ...]:
    """Give what managers say of encouraging, and how the gap goes with it.

    Units are those that answer as a whole, such as organisations.
    """
    if not reader.has("moedigt_aan"):
        return ()
    says, employees = reader.of("moedigt_aan"), reader.of("aangemoedigd")
    if reader.has("leidinggevende"):
        employees = np.where(reader.of("leidinggevende") == 0, employees, np.nan)
    unit, known = reader.design.units.of_response, ~np.isnan(says)
    size = np.bincount(unit[known], minlength=unit.max() + 1)
    total = np.bincount(unit[known], says[known], minlength=unit.max() + 1)
    report = np.where(size >= _FEWEST_MANAGERS, total / np.maximum(size, 1), np.nan)[unit]
    report = reader.standardise(report)
    fitted = reader.fit(employees, {"group": group, "report": report, "product": group * report})
    return (
        stated("claim.h8.managers", Measure.SHARE, reader.share(says)),
        stated("claim.h8.employees", Measure.SHARE, reader.share(employees)),
        stated("claim.h8.report", Measure.DIFFERENCE, fitted.slope("report")),
        stated("claim.h8.gap_by_report", Measure.DIFFERENCE, fitted.slope("product")),
    )
