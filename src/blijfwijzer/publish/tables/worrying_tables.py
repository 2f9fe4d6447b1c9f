"""The tables on units with a worrying culture: each goes through the gate here."""

from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.culture.remedies import CULTURE_FIRST, find_remedies
from blijfwijzer.culture.screening_checks import MEASURES
from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.tables.columns import NONE
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.codebook import Column, Scale
from blijfwijzer.survey.texts import say

_DRIVERS = 5
"""Drivers told of each worrying unit."""


def clear_worrying(findings: CultureFindings) -> dict[str, Cleared]:
    """Clear what the screening found, how well it works, and what is said to help."""
    found = [
        screening.reasons.assign(level=level)
        for level, screening in findings.screenings.items()
        if len(screening.reasons)
    ]
    worrying, remedies = TABLES["worrying"].empty(), TABLES["remedies"].empty()
    if found:
        table = pd.concat(found, ignore_index=True).rename(columns={"unit": "group"})
        table = findings.edge.enough(table[~findings.permission.hides(table)])
        table = _withhold_reference(table, findings)
        table = table.assign(label=table["group"].map(findings.unit_names))
        worrying = _worrying(table, findings)
        # Of a unit that is screened on two dimensions, what stands out is told for all.
        low = table[table["is_screened"] | (table["probability"] > 0.5)]
        remedies = _remedies(low, findings)
    return {
        "worrying": worrying,
        "screened": _screened(findings),
        "checks": _checks(findings),
        "pairs": _pairs(findings),
        "remedies": remedies,
        **({} if findings.drivers is None else {"worrying_drivers": _drivers(findings)}),
    }


def _withhold_reference(table: pd.DataFrame, findings: CultureFindings) -> pd.DataFrame:
    """Leave out what units are held against where that is not told by itself, and how surely."""
    keys = zip(table["group"], table["dimension"], strict=True)
    is_barred = np.array([findings.judge(*key) == "not comparable" for key in keys], dtype=bool)
    own = is_barred | (findings.settings.culture.reference == "sector")
    sector = findings.grouping.groups["sector"].reindex(table["group"]).to_numpy()
    against = np.where(own, sector, EVERYONE)
    hidden = findings.permission.hides(table, against) | ~np.isin(against, findings.groups.index)
    for name in ("reference", "difference", "probability"):
        table = table.assign(**{name: table[name].mask(hidden)})
    return table.reset_index(drop=True)


def _worrying(table: pd.DataFrame, findings: CultureFindings) -> Cleared:
    sector = findings.grouping.groups["sector"].reindex(table["group"])
    above = sector.where(sector.isin(findings.groups.index)).map(findings.unit_names)
    rows = table.assign(
        level=table["level"].map(findings.level_words),
        sector=above.fillna("").to_numpy(),
        dimension=table["dimension"].map(findings.labels),
    )
    # Ids begin with the sector; a reader looks for the name.
    return findings.edge.clear("worrying", rows.sort_values("label", kind="stable"))


def _screened(findings: CultureFindings) -> Cleared:
    rows = [
        {
            "level": findings.level_words(level),
            "units": len(screening.units),
            "listed": int(screening.units["is_listed"].sum()) if len(screening.units) else 0,
            "false": screening.expected_false,
            "found": screening.expected_found,
            "note": screening.reason or "",
        }
        for level, screening in findings.screenings.items()
    ]
    return findings.edge.clear("screened", rows)


def _checks(findings: CultureFindings) -> Cleared:
    rows = [
        {
            "level": findings.level_words(level),
            **row,
            "measure": say(id_of("screening.measure", row["measure"])),
            "kind": "ratio" if row["measure"] == "auc" else "percent",
        }
        for level, checks in findings.checks.items()
        for row in checks.measures.to_dict("records")
        if row["measure"] in MEASURES[:-1]
    ]
    return findings.edge.clear("checks", rows)


def _pairs(findings: CultureFindings) -> Cleared:
    tables = [
        checks.pairs.assign(
            level=findings.edge.in_words(findings.level_words(level)),
            first=checks.pairs["first"].map(findings.labels),
            second=checks.pairs["second"].map(findings.labels),
            factor=checks.pairs["factor_auc"],
        )
        for level, checks in findings.checks.items()
        if len(checks.pairs)
    ]
    return findings.edge.clear_parts("pairs", tables)


def _remedies(low: pd.DataFrame, findings: CultureFindings) -> Cleared:
    """Give for each unit what is said to help, with the dimensions low there it is said of.

    Parameters
    ----------
    low : one row per unit and dimension that is low there: group, label, dimension
    """
    labels, codebook = findings.labels, findings.codebook
    rows: list[dict[str, Any]] = []
    in_order = low.sort_values(["label", "group"], kind="stable")
    for (label, _), own in in_order.groupby(["label", "group"], sort=False):
        of_each = {name: find_remedies([name], codebook) for name in own["dimension"]}
        for remedy in find_remedies(own["dimension"], codebook):
            helped = tuple(labels[name] for name, helps in of_each.items() if remedy in helps)
            told = {"text": remedy.text, "claim": remedy.claim}
            rows.append({"label": label, "dimension": helped, **told})
    if rows:
        told = {"text": CULTURE_FIRST.text, "claim": CULTURE_FIRST.claim}
        rows.append({"label": say("screening.all_listed"), "dimension": NONE, **told})
    return findings.edge.clear("remedies", rows)


def _drivers(findings: CultureFindings) -> Cleared:
    """Clear the drivers of the intention to leave that are strongest in each worrying unit."""
    codebook, table = findings.codebook, findings.drivers
    if table is None or not len(table):
        return TABLES["worrying_drivers"].empty()
    parts: dict[str, Column | Scale] = {**codebook.columns, **codebook.scales}
    size = table["contrast"].abs()
    table = table.assign(size=size).sort_values(["group", "size"], ascending=[True, False])
    table = table.groupby("group", sort=False).head(_DRIVERS)
    shown = table.assign(
        label=table["group"].map(findings.unit_names),
        is_changeable=[parts[name].changeable for name in table["driver"]],
        driver=list[Any](parts[name].label for name in table["driver"]),
    )
    return findings.edge.clear("worrying_drivers", shown.sort_values("label", kind="stable"))
