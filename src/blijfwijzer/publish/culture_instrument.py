"""The tables on how well scales measure, and for whom they mean the same."""

from collections.abc import Mapping

import pandas as pd

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.order import in_codebook_order
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.codebook import Codebook, Language
from blijfwijzer.survey.labels import group_label

_MOST_RMSEA, _LEAST_CFI, _MOST_SRMR = 0.08, 0.90, 0.08
"""What counts as a fair fit (Browne & Cudeck 1993, p. 144; Hu & Bentler 1999, p. 27)."""


def clear_scales(findings: CultureFindings) -> Cleared:
    """Clear the reliability of each scale, and how well one factor fits it."""
    language, table = findings.language, findings.instrument.scales
    labels = findings.labels
    ordinal = table["srmr_ordinal"].notna()
    told_of = {
        name: table[f"{name}_ordinal"].where(ordinal, table[name])
        for name in ("rmsea", "cfi", "srmr")
    }
    reasons = zip(table["reason"], _remarks(told_of, language), strict=True)
    shown = table.assign(
        **told_of,
        scale=table["scale"].map(labels),
        note=[
            "; ".join(filter(None, (_unmeasured(reason, language), remark)))
            for reason, remark in reasons
        ],
    )
    minimum = findings.minimum
    return TABLES["scales"].clear(shown[shown["n"] >= minimum], minimum)


def _remarks(measures: Mapping[str, pd.Series], language: Language) -> list[str]:
    """Say of each scale which measures of fit lie outside what counts as fair.

    They are judged as they are shown, so that no remark contradicts its row.
    """
    rows = pd.DataFrame(dict(measures)).astype(float).round(2)
    beyond = {
        "RMSEA": rows["rmsea"] > _MOST_RMSEA,
        "CFI": rows["cfi"] < _LEAST_CFI,
        "SRMR": rows["srmr"] > _MOST_SRMR,
    }
    names = [", ".join(name for name, is_so in beyond.items() if is_so[at]) for at in rows.index]
    return [
        say("instrument.fit_poor", language, names=told_of) if told_of else "" for told_of in names
    ]


def clear_items(findings: CultureFindings) -> Cleared:
    """Clear what each item has to do with its scale."""
    language, table = findings.language, findings.instrument.items
    table = table[table["n"] >= findings.minimum]
    labels = findings.labels
    columns = findings.codebook.columns
    shown = table.assign(
        scale=table["scale"].map(labels),
        item=[columns[item].label.in_(language) for item in table["item"]],
        rest=table["item_rest"],
        loading=table["loading_ordinal"],
        loading_low=table["loading_ordinal_low"],
        loading_high=table["loading_ordinal_high"],
    )
    return TABLES["items"].clear(shown)


def clear_agreement(findings: CultureFindings) -> Cleared:
    """Clear how far units differ, and how much those in one agree, by scale and level."""
    language, table = findings.language, findings.instrument.levels
    table = table[table["level"].isin(findings.codebook.units.levels)]
    table = table[table["n"] >= findings.minimum]
    shown = table.assign(
        scale=table["scale"].map(findings.labels),
        level=table["level"].map(findings.level_words),
        note=table["reason"].map(lambda r: _unmeasured(r, language)),
    )
    return TABLES["agreement"].clear(shown)


def clear_comparable(findings: CultureFindings) -> Cleared:
    """Say of each scale and attribute whether groups may be compared by it, and which not."""
    language, table = findings.language, findings.invariance.scales
    columns = findings.codebook.columns
    labels = findings.labels
    names = _group_labels(findings)
    barred = {
        (attribute, scale): codes
        for attribute in table.get("attribute", pd.Series(dtype="object")).unique()
        for scale, codes in findings.invariance.barred(attribute).items()
    }
    rows = [
        {
            "attribute": columns[row["attribute"]].label.in_(language),
            "scale": labels[row["scale"]],
            "judgement": row["judgement"],
            "reason": _uncompared(row["reason"], language),
            "barred": ", ".join(
                names[row["attribute"], code]
                for code in sorted(barred.get((row["attribute"], row["scale"]), ()))
                if (row["attribute"], code) in names
            ),
            "different": row["different"],
            "made": row["made"],
        }
        for row in table.to_dict("records")
    ]
    shown = TABLES["comparable"]
    return shown.clear(pd.DataFrame(rows, columns=shown.names))


def _group_labels(findings: CultureFindings) -> dict[tuple[str, str], str]:
    """Give words for groups by attribute and code; of largest units those that are shown."""
    codebook, language = findings.codebook, findings.language
    largest, table = findings.largest, findings.invariance.groups
    pairs = zip(table.get("attribute", ()), table.get("group", ()), strict=True)
    words = {
        (str(attribute), str(code)): group_label(codebook, str(attribute), str(code), language)
        for attribute, code in pairs
        if attribute != largest
    }
    return words | {(largest, code): label for code, label in findings.largest_units().items()}


def clear_compared(findings: CultureFindings) -> Cleared:
    """Compare groups where the scale means the same to them, and say so where it may not."""
    language, permission = findings.language, findings.permission
    codebook, minimum = findings.codebook, findings.minimum
    labels = findings.labels
    rows = []
    for row in _by_codebook(findings.invariance.groups, codebook).to_dict("records"):
        attribute, group = str(row["attribute"]), str(row["group"])
        is_shown = (row["scale"], attribute, group) in permission.compared
        known = row["n"] >= minimum and row["observed"] == row["observed"]
        if row["judgement"] == "not comparable" or not is_shown or not known:
            continue
        reason = _uncompared(row["reason"], language)
        is_warned = row["judgement"] == "with care"
        rows.append(
            {
                "attribute": codebook.columns[attribute].label.in_(language),
                "label": group_label(codebook, attribute, group, language),
                "scale": labels[row["scale"]],
                "n": row["n"],
                "observed": row["observed"],
                "note": say("warning.care", language, reason=reason) if is_warned else "",
            }
        )
    table = TABLES["compared"]
    return table.clear(pd.DataFrame(rows, columns=table.names), minimum)


def _by_codebook(groups: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Put the groups of each scale and attribute in the order of the codebook's answers."""
    answers = [
        (str(attribute), str(group))
        for attribute, group in zip(groups["attribute"], groups["group"], strict=True)
    ]
    blocks = list(zip(groups["scale"], groups["attribute"], strict=True))
    return groups.iloc[in_codebook_order(blocks, answers, codebook)]


def _unmeasured(reason: str, language: Language) -> str:
    """Say why a figure is missing, if it is."""
    part = reason.replace(" ", "_")
    return say(id_of("instrument.reason", part), language) if part else ""


def _uncompared(reason: str, language: Language) -> str:
    """Say why groups are, or are not, comparable."""
    return say(id_of("comparison.reason", reason.replace(" ", "_") or "none"), language)
