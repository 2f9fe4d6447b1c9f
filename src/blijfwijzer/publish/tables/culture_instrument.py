"""The tables on how well scales measure, and for whom they mean the same."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.tables.order import in_codebook_order
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.labels import group_label
from blijfwijzer.survey.texts import Message, Value, say

_MOST_RMSEA, _LEAST_CFI, _MOST_SRMR = 0.08, 0.90, 0.08
"""What counts as a fair fit (Browne & Cudeck 1993, p. 144; Hu & Bentler 1999, p. 27)."""


def clear_scales(findings: CultureFindings) -> Cleared:
    """Clear the reliability of each scale, and how well one factor fits it."""
    table, edge = findings.instrument.scales, findings.edge
    ordinal = table["srmr_ordinal"].notna()
    told_of = {
        name: table[f"{name}_ordinal"].where(ordinal, table[name])
        for name in ("rmsea", "cfi", "srmr")
    }
    reasons = zip(table["reason"], _remarks(told_of), strict=True)
    shown = table.assign(
        **told_of,
        scale=table["scale"].map(findings.labels),
        note=list[Any](_both(_unmeasured(reason), remark) for reason, remark in reasons),
    )
    return edge.clear("scales", edge.enough(shown))


def _both(first: Value, second: Value) -> Value:
    """Say what there is to say, one thing after the other."""
    return say("instrument.both", notes=(first, second)) if first and second else first or second


def _remarks(measures: Mapping[str, pd.Series]) -> list[Value]:
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
    return [say("instrument.fit_poor", names=told_of) if told_of else "" for told_of in names]


def clear_items(findings: CultureFindings) -> Cleared:
    """Clear what each item has to do with its scale."""
    table, labels = findings.edge.enough(findings.instrument.items), findings.labels
    shown = table.assign(
        scale=table["scale"].map(labels),
        item=table["item"].map(labels),
        rest=table["item_rest"],
        loading=table["loading_ordinal"],
        loading_low=table["loading_ordinal_low"],
        loading_high=table["loading_ordinal_high"],
    )
    return findings.edge.clear("items", shown)


def clear_agreement(findings: CultureFindings) -> Cleared:
    """Clear how far units differ, and how much those in one agree, by scale and level."""
    table = findings.edge.enough(findings.instrument.levels)
    table = table[table["level"].isin(findings.codebook.units.levels)]
    shown = table.assign(
        scale=table["scale"].map(findings.labels),
        level=table["level"].map(findings.level_words),
        note=table["reason"].map(_unmeasured),
    )
    return findings.edge.clear("agreement", shown)


def clear_comparable(findings: CultureFindings) -> Cleared:
    """Say of each scale and attribute whether groups may be compared by it, and which not."""
    table, labels = findings.invariance.scales, findings.labels
    names = _group_labels(findings)
    barred = {
        (attribute, scale): codes
        for attribute in table.get("attribute", pd.Series(dtype="object")).unique()
        for scale, codes in findings.invariance.barred(attribute).items()
    }
    rows = [
        {
            "attribute": labels[row["attribute"]],
            "scale": labels[row["scale"]],
            "judgement": row["judgement"],
            "reason": _uncompared(row["reason"]),
            "barred": tuple(
                names[row["attribute"], code]
                for code in sorted(barred.get((row["attribute"], row["scale"]), ()))
                if (row["attribute"], code) in names
            ),
            "different": row["different"],
            "made": row["made"],
        }
        for row in table.to_dict("records")
    ]
    return findings.edge.clear("comparable", rows)


def _group_labels(findings: CultureFindings) -> dict[tuple[str, str], Value]:
    """Give words for groups by attribute and code; of largest units those that are shown."""
    largest, table = findings.largest, findings.invariance.groups
    pairs = zip(table.get("attribute", ()), table.get("group", ()), strict=True)
    words: dict[tuple[str, str], Value] = {
        (str(attribute), str(code)): group_label(findings.codebook, str(attribute), str(code))
        for attribute, code in pairs
        if attribute != largest
    }
    return words | {(largest, code): label for code, label in findings.largest_units().items()}


def clear_compared(findings: CultureFindings) -> Cleared:
    """Compare groups where the scale means the same to them, and say so where it may not."""
    permission, codebook, edge = findings.permission, findings.codebook, findings.edge
    labels = findings.labels
    rows = []
    for row in _by_codebook(findings.invariance.groups, codebook).to_dict("records"):
        attribute, group = str(row["attribute"]), str(row["group"])
        is_shown = (row["scale"], attribute, group) in permission.compared
        known = row["n"] >= edge.minimum and row["observed"] == row["observed"]
        if row["judgement"] == "not comparable" or not is_shown or not known:
            continue
        reason = _uncompared(row["reason"])
        is_warned = row["judgement"] == "with care"
        rows.append(
            {
                "attribute": labels[attribute],
                "label": group_label(codebook, attribute, group),
                "scale": labels[row["scale"]],
                "n": row["n"],
                "observed": row["observed"],
                "note": say("warning.care", reason=reason) if is_warned else "",
            }
        )
    return edge.clear("compared", rows)


def _by_codebook(groups: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Put the groups of each scale and attribute in the order of the codebook's answers."""
    answers = [
        (str(attribute), str(group))
        for attribute, group in zip(groups["attribute"], groups["group"], strict=True)
    ]
    blocks = list(zip(groups["scale"], groups["attribute"], strict=True))
    return groups.iloc[in_codebook_order(blocks, answers, codebook)]


def _unmeasured(reason: str) -> Value:
    """Say why a figure is missing, if it is."""
    part = reason.replace(" ", "_")
    return say(id_of("instrument.reason", part)) if part else ""


def _uncompared(reason: str) -> Message:
    """Say why groups are, or are not, comparable."""
    return say(id_of("comparison.reason", reason.replace(" ", "_") or "none"))
