"""The tables of a report on whom it helps and misses: each goes through the gate here."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import Cleared, clear_whole, stack
from blijfwijzer.fairness.targeting import Targeting
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.findings import Findings, NeedFindings
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.texts import Value, say


def clear_fairness(findings: Findings) -> Cleared:
    """Clear rates of everyone, of each group of an attribute, and of pairs, for each need."""
    tables = [
        shown
        for name, need, targeting in _targeted(findings)
        for shown in _fairness_of(name, need, targeting, findings)
    ]
    return stack(tables, TABLES["fairness"].names)


def clear_gaps(findings: Findings) -> Cleared:
    """Clear how far apart the groups of each attribute are."""
    tables = []
    for name, _, targeting in _targeted(findings):
        gaps = targeting.gaps.set_index(["attribute", "measure"])
        missed = gaps.xs("exclusion", level="measure")
        ratio = gaps.xs("selection", level="measure")["ratio"].reindex(missed.index)
        table = {
            "attribute": [_about(name, str(a), findings) for a in missed.index],
            "gap": missed["gap"].to_numpy(),
            "low": missed["gap_low"].to_numpy(),
            "high": missed["gap_high"].to_numpy(),
            # As the sentence has it (`conclude`): downwards, so that .797 is not told as .80.
            "ratio": np.floor(100 * ratio.to_numpy(dtype=float)) / 100,
        }
        tables.append(pd.DataFrame(table))
    return findings.edge.clear_parts("gaps", tables)


def clear_conclusions(findings: Findings) -> Cleared:
    """Say of each attribute what was found, in one plain sentence."""
    rows: list[dict[str, Any]] = []
    for need, found in findings.needs.items():
        told = [] if found.targeting is None else list(found.targeting.conclusions.items())
        for attribute, text in (*told, *found.sentences):
            rows.append({"attribute": _about(need, attribute, findings), "conclusion": text})
    return findings.edge.clear("conclusions", rows)


def _targeted(findings: Findings) -> Iterator[tuple[str, NeedFindings, Targeting]]:
    """Give the needs of which it is known whom the flags help and miss."""
    for name, need in findings.needs.items():
        if need.targeting is not None:
            yield name, need, need.targeting


def _fairness_of(
    need_name: str, need: NeedFindings, targeting: Targeting, findings: Findings
) -> list[Cleared]:
    """Clear what is shown of one need, and name what is not."""
    everyone = targeting.overall.reset_index().assign(
        attribute=EVERYONE,
        group=EVERYONE,
        is_shown=(EVERYONE, EVERYONE) not in need.hidden,
    )
    cells = pd.concat([everyone, targeting.by_group, targeting.intersections])
    keys = cells[["attribute", "group"]].drop_duplicates()
    # A pivot table would drop the rows of which nothing may be shown.
    wide = cells.pivot(  # noqa: PD010
        index=["attribute", "group"], columns="measure", values=["value", "low", "high", "n"]
    ).reindex(pd.MultiIndex.from_frame(keys))
    is_shown = cells.groupby(["attribute", "group"])["is_shown"].all().reindex(wide.index)
    codebook = findings.codebook
    rows = pd.DataFrame(
        {
            "attribute": [_about(need_name, a, findings) for a, _ in wide.index],
            "label": [_level(a, g, codebook) for a, g in wide.index],
            "n": wide["n"].to_numpy(dtype=float).min(axis=1),
            "selection": wide["value", "selection"].to_numpy(),
            "missed": wide["value", "exclusion"].to_numpy(),
            "low": wide["low", "exclusion"].to_numpy(),
            "high": wide["high", "exclusion"].to_numpy(),
            "inclusion": wide["value", "inclusion"].to_numpy(),
        }
    )
    edge = findings.edge
    why = ["value.not_shown" if cell in need.hidden else "value.too_few" for cell in wide.index]
    few = rows[["attribute", "label"]].map(edge.in_words)
    few = few.assign(missed=[edge.in_words(say(name)) for name in why])
    few = few[~is_shown.to_numpy()].assign(n="")
    return [
        edge.clear("fairness", rows[is_shown.to_numpy()]),
        clear_whole(few, dict.fromkeys(few.columns, "text")),
    ]


def _about(need: str, attribute: str, findings: Findings) -> Value:
    """Name an attribute; with the need that it is about, where there are several."""
    name = _attribute(attribute, findings.codebook)
    if len(findings.needs) == 1:
        return name
    return say("fairness.of_need", need=findings.codebook.outcomes[need].label, attribute=name)


def _attribute(name: str, codebook: Codebook) -> Value:
    if name == EVERYONE:
        return say("group.everyone")
    first, *others = (codebook.columns[part].label for part in name.split("&"))
    named: Value = first
    for other in others:
        named = say("fairness.crossed", one=named, other=other)
    return named


def _level(attribute: str, group: str, codebook: Codebook) -> Value:
    if attribute == EVERYONE:
        return say("group.everyone")
    parts: list[Value] = []
    for name, level in zip(attribute.split("&"), str(group).split("&"), strict=False):
        column = codebook.columns[name]
        by_value = {f"{column.values[code]:g}": text for code, text in column.codes.items()}
        texts: dict[str, Value] = {**column.codes, **by_value}
        parts.append(texts.get(level) or texts.get(level.removesuffix(".0")) or level)
    return tuple(parts)
