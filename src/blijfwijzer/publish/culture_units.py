"""The tables on worrying units and on unwanted behaviour: each goes through the gate here."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from blijfwijzer.culture.behaviours import ANY_INSIDE, ANY_OUTSIDE, CONTACT, LEAVES
from blijfwijzer.culture.remedies import CULTURE_FIRST, find_remedies
from blijfwijzer.culture.screening_checks import MEASURES
from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.culture_findings import CultureFindings, link_figure
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.order import in_codebook_order
from blijfwijzer.publish.tables.climate import NONE
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.texts import write
from blijfwijzer.survey.codebook import Codebook, Column, Language, Scale
from blijfwijzer.survey.concepts import CONCEPTS

_DRIVERS = 5
"""Drivers told of each worrying unit."""


def clear_worrying(findings: CultureFindings) -> dict[str, Cleared]:
    """Clear what the screening found, how well it works, and what is said to help."""
    language, codebook = findings.language, findings.codebook
    minimum = findings.minimum
    labels = findings.labels
    groups = findings.grouping.groups
    found = [
        screening.reasons.assign(level=level)
        for level, screening in findings.screenings.items()
        if len(screening.reasons)
    ]
    worrying, remedies = TABLES["worrying"].empty(), TABLES["remedies"].empty()
    if found:
        table = pd.concat(found, ignore_index=True).rename(columns={"unit": "group"})
        few = findings.permission.hides(table)
        table = _withhold_reference(table[(table["n"] >= minimum) & ~few], findings)
        mine = groups.reindex(table["group"])
        above = mine["sector"].where(mine["sector"].isin(findings.groups.index).to_numpy())
        # Of a unit that is screened on two dimensions, what stands out is told for all.
        low = table[table["is_screened"] | (table["probability"] > 0.5)]
        low = low.assign(label=low["group"].map(groups["label"]))
        table = table.assign(
            level=table["level"].map(findings.level_words),
            label=mine["label"].to_numpy(),
            sector=above.map(groups["label"]).fillna("").to_numpy(),
            dimension=table["dimension"].map(labels),
        )
        # Ids begin with the sector; a reader looks for the name.
        table = table.sort_values("label", kind="stable")
        worrying = TABLES["worrying"].clear(table, minimum)
        remedies = _remedies(low, labels, codebook, language)
    return {
        "worrying": worrying,
        "screened": _screened(findings, language),
        "checks": _checks(findings, language),
        "pairs": _pairs(findings, labels),
        "remedies": remedies,
        **({} if findings.drivers is None else {"worrying_drivers": _drivers(findings, language)}),
    }


def _withhold_reference(table: pd.DataFrame, findings: CultureFindings) -> pd.DataFrame:
    """Leave out what units are held against where that is not told by itself."""
    keys = zip(table["group"], table["dimension"], strict=True)
    is_barred = np.array([findings.judge(*key) == "not comparable" for key in keys], dtype=bool)
    own = is_barred | (findings.settings.culture.reference == "sector")
    sector = findings.grouping.groups["sector"].reindex(table["group"]).to_numpy()
    against = np.where(own, sector, EVERYONE)
    hidden = findings.permission.hides(table, against) | ~np.isin(against, findings.groups.index)
    for name in ("reference", "difference"):
        table = table.assign(**{name: table[name].mask(hidden)})
    return table.reset_index(drop=True)


def clear_conduct(findings: CultureFindings) -> dict[str, Cleared]:
    """Clear how common unwanted behaviour is, its change, and what goes with it."""
    language, conduct = findings.language, findings.conduct
    permission, minimum = findings.permission, findings.minimum
    shares = conduct.shares
    keys = zip(shares["behaviour"], shares["by"], shares["category"], strict=True)
    told_of = pd.Series([k in permission.conduct for k in keys], index=shares.index, dtype=bool)
    shares = shares[told_of & (shares["n"] >= minimum)]
    words = _category_words(findings, language)
    shares = _by_codebook(shares, findings.codebook)
    shown = shares.assign(
        behaviour=shares["behaviour"].map(lambda name: behaviour_label(name, language)),
        category=[
            words(by, code) for by, code in zip(shares["by"], shares["category"], strict=True)
        ],
        by=shares["by"].map(lambda by: _by_label(by, findings.codebook, language)),
    )
    return {
        "conduct": TABLES["conduct"].clear(shown, minimum),
        "conduct_changes": _conduct_changes(findings, language),
        "conduct_links": _conduct_links(findings, language),
    }


def _by_codebook(shares: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Put categories of contact in the order of their answers; units are in order of code."""
    contact = codebook.concepts.get(CONTACT)
    attribute = (contact.column if contact else None) or ""
    answers = [
        (attribute if by == CONTACT else str(by), str(category))
        for by, category in zip(shares["by"], shares["category"], strict=True)
    ]
    blocks = list(zip(shares["behaviour"], shares["by"], strict=True))
    return shares.iloc[in_codebook_order(blocks, answers, codebook)]


def behaviour_label(name: str, language: Language) -> str:
    """Words for a behaviour."""
    if name in (ANY_INSIDE, ANY_OUTSIDE):
        return say(
            "behaviour.any_inside" if name == ANY_INSIDE else "behaviour.any_outside", language
        )
    return CONCEPTS[name].in_(language)


def _by_label(by: str, codebook: Codebook, language: Language) -> str:
    if by == EVERYONE:
        return say("group.everyone", language)
    if by == CONTACT:
        return CONCEPTS[CONTACT].in_(language)
    return codebook.columns[by].label.in_(language)


def _category_words(findings: CultureFindings, language: Language) -> Callable[[str, str], str]:
    """Give a function that words a category of what shares are broken down by."""
    codebook, units = findings.codebook, findings.largest_units()
    contact = codebook.concepts.get(CONTACT)

    def words(by: str, code: str) -> str:
        if by == EVERYONE:
            return say("group.everyone", language)
        if by == findings.largest:
            return units.get(code, code)
        column = codebook.columns.get((contact.column if contact else None) or "")
        return column.codes[code].in_(language) if column and code in column.codes else code

    return words


def _screened(findings: CultureFindings, language: Language) -> Cleared:
    rows = [
        {
            "level": findings.level_words(level),
            "units": len(screening.units),
            "listed": int(screening.units["is_listed"].sum()) if len(screening.units) else 0,
            "false": screening.expected_false,
            "found": screening.expected_found,
            "note": write(screening.reason, language) if screening.reason else "",
        }
        for level, screening in findings.screenings.items()
    ]
    table = TABLES["screened"]
    return table.clear(pd.DataFrame(rows, columns=table.names))


def _checks(findings: CultureFindings, language: Language) -> Cleared:
    rows = [
        {
            "level": findings.level_words(level),
            **row,
            "measure": say(id_of("screening.measure", row["measure"]), language),
            "kind": "ratio" if row["measure"] == "auc" else "percent",
        }
        for level, checks in findings.checks.items()
        for row in checks.measures.to_dict("records")
        if row["measure"] in MEASURES[:-1]
    ]
    table = TABLES["checks"]
    return table.clear(pd.DataFrame(rows, columns=table.names))


def _pairs(findings: CultureFindings, labels: dict[str, str]) -> Cleared:
    tables = [
        checks.pairs.assign(
            level=findings.level_words(level),
            first=checks.pairs["first"].map(labels),
            second=checks.pairs["second"].map(labels),
            factor=checks.pairs["factor_auc"],
        )
        for level, checks in findings.checks.items()
        if len(checks.pairs)
    ]
    return TABLES["pairs"].clear(pd.concat(tables)) if tables else TABLES["pairs"].empty()


def _remedies(
    low: pd.DataFrame, labels: dict[str, str], codebook: Codebook, language: Language
) -> Cleared:
    """Give for each unit what is said to help, with the dimensions low there it is said of.

    Parameters
    ----------
    low : one row per unit and dimension that is low there: group, label, dimension
    """
    rows = []
    in_order = low.sort_values(["label", "group"], kind="stable")
    for (label, _), own in in_order.groupby(["label", "group"], sort=False):
        of_each = {name: find_remedies([name], codebook) for name in own["dimension"]}
        for remedy in find_remedies(own["dimension"], codebook):
            names = [labels[name] for name, helps in of_each.items() if remedy in helps]
            rows.append(
                {
                    "label": label,
                    "dimension": ", ".join(names),
                    "text": write(remedy.text, language),
                    "claim": remedy.claim,
                }
            )
    if rows:
        for_all = say("screening.all_listed", language)
        told = {"text": write(CULTURE_FIRST.text, language), "claim": CULTURE_FIRST.claim}
        rows.append({"label": for_all, "dimension": NONE, **told})
    table = TABLES["remedies"]
    return table.clear(pd.DataFrame(rows, columns=table.names))


def _drivers(findings: CultureFindings, language: Language) -> Cleared:
    """Clear the drivers of the intention to leave that are strongest in each worrying unit."""
    codebook, table = findings.codebook, findings.drivers
    if table is None or not len(table):
        return TABLES["worrying_drivers"].empty()
    parts: dict[str, Column | Scale] = {**codebook.columns, **codebook.scales}
    size = table["contrast"].abs()
    table = table.assign(size=size).sort_values(["group", "size"], ascending=[True, False])
    table = table.groupby("group", sort=False).head(_DRIVERS)
    shown = table.assign(
        label=table["group"].map(findings.grouping.groups["label"]),
        is_changeable=[parts[name].changeable for name in table["driver"]],
        driver=[parts[name].label.in_(language) for name in table["driver"]],
    )
    shown = shown.sort_values("label", kind="stable")
    return TABLES["worrying_drivers"].clear(shown)


def _conduct_changes(findings: CultureFindings, language: Language) -> Cleared:
    permission, table = findings.permission, findings.conduct.changes
    minimum = findings.minimum
    everyone = [(name, EVERYONE, EVERYONE) in permission.conduct for name in table["behaviour"]]
    # What happened to nearly all who were asked before tells of each of them, as it does now.
    is_telling = table["before"] >= findings.settings.disclosure.unanimity
    table = table[pd.Series(everyone, index=table.index, dtype=bool) & ~is_telling]
    if not (permission.tells_before and len(table)):
        return TABLES["conduct_changes"].empty()
    table = table.assign(
        behaviour=table["behaviour"].map(lambda name: behaviour_label(name, language)),
        n=table[["n_before", "n_now"]].min(axis=1),
    )
    return TABLES["conduct_changes"].clear(table[table["n"] >= minimum], minimum)


def _conduct_links(findings: CultureFindings, language: Language) -> Cleared:
    """Clear what goes with each behaviour: points of a scale, or percentage points."""
    table, minimum = findings.conduct.links, findings.minimum
    figures = findings.permission.figures
    told_of = [link_figure(name) in figures for name in table["behaviour"]]
    enough = (table["hits"] >= minimum) & (table["n"] - table["hits"] >= minimum)
    table = table[enough & pd.Series(told_of, index=table.index, dtype=bool)]
    is_share = table["outcome"] == LEAVES
    measured = ["plain", "adjusted", "low", "high"]
    # Differences of shares become percentage points; both kinds are told to one decimal.
    table = table.assign(
        **{name: table[name].where(~is_share, 100 * table[name]) for name in measured},
        behaviour=table["behaviour"].map(lambda name: behaviour_label(name, language)),
        outcome=table["outcome"].map(lambda name: CONCEPTS[name].in_(language)),
        unit=[say("unit.percentage_points" if s else "unit.scale", language) for s in is_share],
        odds=table["odds_ratio"],
    )
    in_order = pd.concat([table[~is_share], table[is_share]])
    return TABLES["conduct_links"].clear(in_order, minimum)
