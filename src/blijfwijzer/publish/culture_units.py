"""The tables on worrying units and on unwanted behaviour: each goes through the gate here."""

from collections.abc import Callable

import pandas as pd

from blijfwijzer.culture.conduct import ANY_INSIDE, ANY_OUTSIDE, CONTACT, LEAVES
from blijfwijzer.culture.remedies import CULTURE_FIRST, find_remedies
from blijfwijzer.culture.screening_checks import MEASURES
from blijfwijzer.disclosure.release import Cleared, Kind, clear, stack
from blijfwijzer.groups.grouping import EVERYONE, define
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.culture_columns import names_of
from blijfwijzer.publish.culture_findings import CultureFindings, link_figure
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.order import in_codebook_order
from blijfwijzer.publish.texts import write
from blijfwijzer.survey.codebook import Codebook, Column, Language, Scale
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.labels import scale_labels

_NONE = "–"  # noqa: RUF001
_DRIVERS = 5
"""Drivers told of each worrying unit."""


def clear_worrying(findings: CultureFindings) -> dict[str, Cleared]:
    """Clear what the screening found, how well it works, and what is said to help."""
    language, codebook = findings.settings.language, findings.codebook
    minimum = findings.settings.disclosure.minimum
    labels = scale_labels(codebook, language)
    groups = findings.grouping.groups
    found = [
        screening.reasons.assign(level=level)
        for level, screening in findings.screenings.items()
        if len(screening.reasons)
    ]
    texts: dict[str, Kind] = dict.fromkeys(
        ("group", "label", "level", "sector", "dimension"), "text"
    )
    kinds: dict[str, Kind] = {
        **texts,
        "n": "band",
        "is_screened": "flag",
        **dict.fromkeys(("pooled", "low", "high", "reference", "difference"), "mean"),
        "probability": "share",
    }
    worrying = stack([], list(kinds))
    remedies = stack([], ["label", "dimension", "text", "claim"])
    if found:
        table = pd.concat(found, ignore_index=True).rename(columns={"unit": "group"})
        table = table[table["n"] >= minimum].reset_index(drop=True)
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
        worrying = clear(table[list(kinds)], kinds, minimum, "n")
        remedies = _remedies(low, labels, codebook, language)
    return {
        "worrying": worrying,
        "screened": _screened(findings, language),
        "checks": _checks(findings, language),
        "pairs": _pairs(findings, labels),
        "remedies": remedies,
        **({} if findings.drivers is None else {"worrying_drivers": _drivers(findings, language)}),
    }


def clear_conduct(findings: CultureFindings) -> dict[str, Cleared]:
    """Clear how common unwanted behaviour is, its change, and what goes with it."""
    language, conduct = findings.settings.language, findings.conduct
    permission, minimum = findings.permission, findings.settings.disclosure.minimum
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
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("behaviour", "by", "category"), "text"),
        "n": "band",
        "share": "observed",
        **dict.fromkeys(("low", "high"), "share"),
    }
    return {
        "conduct": clear(shown[list(kinds)], kinds, minimum, "n"),
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
    codebook = findings.codebook
    largest = codebook.units.levels[0]
    groups = findings.groups
    units = {
        define(str(group))[largest]: str(label)
        for group, label in groups.loc[groups["level"] == largest, "label"].items()
    }
    contact = codebook.concepts.get(CONTACT)

    def words(by: str, code: str) -> str:
        if by == EVERYONE:
            return say("group.everyone", language)
        if by == largest:
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
    kinds: dict[str, Kind] = {
        "level": "text",
        **dict.fromkeys(("units", "listed"), "whole"),
        **dict.fromkeys(("false", "found"), "share"),
        "note": "text",
    }
    return clear(pd.DataFrame(rows, columns=list(kinds)), kinds, 0)


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
    names = ["level", "measure", "kind", "value", "low", "high"]
    table, parts = pd.DataFrame(rows, columns=names), []
    texts: dict[str, Kind] = dict.fromkeys(names[:3], "text")
    of_each: tuple[tuple[str, Kind], ...] = (("ratio", "metric"), ("percent", "share"))
    # In each level the area under the curve comes first, as it does in `MEASURES`.
    for level in table["level"].unique():
        for kind, cleared_as in of_each:
            part = table[(table["level"] == level) & (table["kind"] == kind)]
            parts.append(clear(part, {**texts, **dict.fromkeys(names[3:], cleared_as)}, 0))
    return stack(parts, names)


def _pairs(findings: CultureFindings, labels: dict[str, str]) -> Cleared:
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("level", "first", "second"), "text"),
        "is_screened": "flag",
        **dict.fromkeys(("auc", "low", "high"), "metric"),
        "rank": "whole",
        "factor": "metric",
    }
    tables = [
        checks.pairs.assign(
            level=findings.level_words(level),
            first=checks.pairs["first"].map(labels),
            second=checks.pairs["second"].map(labels),
            factor=checks.pairs["factor_auc"],
        )[list(kinds)]
        for level, checks in findings.checks.items()
        if len(checks.pairs)
    ]
    return stack([clear(table, kinds, 0) for table in tables], list(kinds))


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
        rows.append({"label": for_all, "dimension": _NONE, **told})
    names = ["label", "dimension", "text", "claim"]
    return clear(pd.DataFrame(rows, columns=names), dict.fromkeys(names, "text"), 0)


def _drivers(findings: CultureFindings, language: Language) -> Cleared:
    """Clear the drivers of the intention to leave that are strongest in each worrying unit."""
    codebook, table = findings.codebook, findings.drivers
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("label", "driver"), "text"),
        "is_changeable": "flag",
        **dict.fromkeys(("contrast", "low", "high"), "points"),
    }
    if table is None or not len(table):
        return stack([], list(kinds))
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
    return clear(shown[list(kinds)], kinds, 0)


def _conduct_changes(findings: CultureFindings, language: Language) -> Cleared:
    permission, table = findings.permission, findings.conduct.changes
    names = names_of("conduct_changes")
    minimum = findings.settings.disclosure.minimum
    everyone = [(name, EVERYONE, EVERYONE) in permission.conduct for name in table["behaviour"]]
    # What happened to nearly all who were asked before tells of each of them, as it does now.
    is_telling = table["before"] >= findings.settings.disclosure.unanimity
    table = table[pd.Series(everyone, index=table.index, dtype=bool) & ~is_telling]
    if not (permission.tells_before and len(table)):
        return stack([], names)
    table = table.assign(
        behaviour=table["behaviour"].map(lambda name: behaviour_label(name, language)),
        n=table[["n_before", "n_now"]].min(axis=1),
    )
    kinds: dict[str, Kind] = {
        **dict.fromkeys(names, "points"),
        "behaviour": "text",
        "n": "band",
        **dict.fromkeys(("before", "now"), "share"),
    }
    return clear(table.loc[table["n"] >= minimum, names], kinds, minimum, "n")


def _conduct_links(findings: CultureFindings, language: Language) -> Cleared:
    """Clear what goes with each behaviour: points of a scale, or percentage points."""
    table, minimum = findings.conduct.links, findings.settings.disclosure.minimum
    figures = findings.permission.figures
    told_of = [link_figure(name) in figures for name in table["behaviour"]]
    enough = (table["hits"] >= minimum) & (table["n"] - table["hits"] >= minimum)
    table = table[enough & pd.Series(told_of, index=table.index, dtype=bool)]
    columns = ["behaviour", "outcome", "n", "unit", "plain", "adjusted", "low", "high"]
    columns += ["odds", "odds_low", "odds_high", "is_large"]
    parts = []
    for is_share, kind, unit in (
        (False, "mean", "unit.scale"),
        (True, "points", "unit.percentage_points"),
    ):
        part = table[(table["outcome"] == LEAVES) == is_share]
        part = part.assign(
            behaviour=part["behaviour"].map(lambda name: behaviour_label(name, language)),
            outcome=part["outcome"].map(lambda name: CONCEPTS[name].in_(language)),
            unit=say(unit, language),
            odds=part["odds_ratio"],
        )
        shown: Kind = "points" if kind == "points" else "mean"
        kinds: dict[str, Kind] = {
            **dict.fromkeys(("behaviour", "outcome", "unit"), "text"),
            "n": "band",
            **dict.fromkeys(("plain", "adjusted", "low", "high"), shown),
            **dict.fromkeys(("odds", "odds_low", "odds_high"), "metric"),
            "is_large": "flag",
        }
        parts.append(clear(part[columns], {c: kinds[c] for c in columns}, minimum, "n"))
    return stack(parts, columns)
