"""The tables on how it is to work in each unit: each goes through the gate here."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.culture.climate import AGAINST
from blijfwijzer.disclosure.release import Cleared, pick, stack
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.tables.columns import NONE
from blijfwijzer.publish.tables.register import TABLES

NO_MARK = "no_mark"


def count_told(climate: Cleared, findings: CultureFindings) -> dict[str, int]:
    """Count what was read and what the report tells.

    A group that may be shown, but by no scale that means the same to it and others, is not told of.
    """
    counts = findings.counts()
    told_of = set(climate.frame["group"])
    missed = set(findings.groups.index) - told_of - {EVERYONE}
    return {**counts, "shown": len(told_of), "uncompared": len(missed)}


def clear_climate(findings: CultureFindings) -> Cleared:
    """Clear the climate of the groups that are shown: one row per group and dimension.

    Figures against a reference that is itself withheld are left out, since the reference would
    follow from them. A largest unit to which a scale does not mean the same as to the others has no
    row, and the units inside it are held against each other only. The column `judgement` says of
    each row whether it may be compared: comparable, with care, not comparable or not tested.
    """
    return findings.edge.clear("climate_file", _rows(findings, findings.climate.table))


def clear_unit_questions(findings: CultureFindings) -> Cleared:
    """Clear what groups answered to each question, in the same way: one row per group and question.

    A question is told only where all of its dimension are. Whether it may be compared is judged of
    the dimension.
    """
    if findings.questions.empty:
        return TABLES["questions_file"].empty()
    rows = _rows(findings, findings.questions)
    named = {"dimension": "question", "dimension_label": "question_label"}
    of = rows["dimension"].map(_dimension_of(findings.questions))
    return findings.edge.clear("questions_file", rows.rename(columns=named).assign(dimension=of))


def _dimension_of(table: pd.DataFrame) -> dict[str, str]:
    """Give the dimension of each question; a dimension is its own."""
    of = table["of"] if "of" in table else table["dimension"]
    return dict(zip(table["dimension"], of, strict=True))


def _rows(findings: CultureFindings, table: pd.DataFrame) -> pd.DataFrame:
    """Give what may be told of each group and dimension, or question."""
    groups, table = findings.groups, _tellable(findings, table)
    mine = groups.reindex(table["group"])
    sector = mine["sector"].to_numpy()
    absent = _absent(table, sector, findings)
    shown = pd.DataFrame(
        {
            "group": table["group"],
            "label": mine["label"].to_numpy(),
            "level": mine["level"].to_numpy(),
            "parent": mine["parent"].to_numpy(),
            "sector": groups["label"].reindex(sector).fillna("").to_numpy(),
            "dimension": table["dimension"],
            "dimension_label": table["dimension"].map(findings.labels),
            **{c: table[c] for c in ("n", "pooled", "low", "high", "reliability")},
            **{c: table[c] for c in ("favourable", "grade", "judgement")},
        }
    )
    for against in AGAINST:
        known = table[f"{against}_difference"].notna() & ~absent[against]
        for part in ("mean", "difference", "low", "high", "d"):
            shown[f"{against}_{part}"] = table[f"{against}_{part}"].where(known)
        mark = table[f"{against}_mark"].replace("", NO_MARK)
        shown[f"{against}_mark"] = mark.where(known, "")
    shown["previous_way"] = table["previous_way"].where(shown["previous_mark"] != "", "")
    return shown


def _tellable(findings: CultureFindings, table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the climate that may be shown, each with its judgement."""
    groups, permission = findings.groups, findings.permission
    of = _dimension_of(table)
    table = table[table["group"].isin(groups.index)]
    pairs = zip(table["group"], table["dimension"].map(of), strict=True)
    table = table.assign(judgement=[findings.judge(*pair) for pair in pairs])
    is_barred = table["judgement"] == "not comparable"
    table = findings.edge.enough(table[~(is_barred & (table["level"] == findings.largest))])
    return table[~permission.hides(table)].reset_index(drop=True)


def _absent(
    table: pd.DataFrame, sector: NDArray[Any], findings: CultureFindings
) -> dict[str, NDArray[np.bool_]]:
    """Say of each row against what it may not be held.

    Parameters
    ----------
    sector : id of the largest unit of each row
    """
    permission = findings.permission
    is_before = table["group"].isin(permission.before)
    is_before &= table["previous_n"] >= findings.edge.minimum
    everyone = np.full(len(table), EVERYONE)
    is_barred = (table["judgement"] == "not comparable").to_numpy()
    return {
        "sector": ~np.isin(sector, findings.groups.index) | permission.hides(table, sector),
        "all": is_barred | permission.hides(table, everyone),
        "previous": ~is_before.to_numpy() | permission.hid_before(table),
    }


def shown_climate(climate: Cleared, findings: CultureFindings) -> Cleared:
    """Take what the page shows; a group that is its own reference is told as such.

    Everyone is pooled with nothing, so the weight of own answers does not apply to them.
    """
    names = [
        name
        for name in TABLES["climate"].names
        if findings.trend is not None or not name.startswith("previous_")
    ]
    source = {"dimension": "dimension_label", "n": "n_band"}
    frame = climate.frame
    largest = findings.largest
    parts = []
    words = {
        name: findings.edge.in_words(findings.level_words(name))
        for name in (EVERYONE, *findings.codebook.units.levels)
    }
    for level, word in words.items():
        own = {EVERYONE: ("sector", "all"), largest: ("sector",)}.get(level, ())
        told_as = {
            f"{against}_{part}": NONE
            for against in own
            for part in ("difference", "mark", "low", "high")
        } | {"level": word}
        if level == EVERYONE:
            told_as |= {"reliability": NONE, "judgement": NONE}
        columns = {n: source.get(n, n) for n in names if n not in told_as}
        here = np.flatnonzero(frame["level"] == level)
        parts.append(pick(climate, columns, here, **told_as))
    return stack(parts, names)


def clear_hidden(climate: Cleared, findings: CultureFindings) -> Cleared:
    """Name the units that have no row, so that a reader does not take them for forgotten."""
    groups = findings.grouping.groups
    isclear_hidden = ~groups.index.isin(climate.frame["group"]) & (groups["level"] != EVERYONE)
    hidden = groups[isclear_hidden].reset_index(names="group")
    hidden = hidden.assign(
        sector=hidden["sector"].map(groups["label"]).fillna(""),
        level=hidden["level"].map(findings.level_words),
    )
    return findings.edge.clear("hidden", hidden)
