"""The tables of the chapter on culture: each goes through the gate here."""

import numpy as np
import pandas as pd

from blijfwijzer.culture.climate import AGAINST
from blijfwijzer.disclosure.release import Cleared, pick, stack
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.columns import NONE
from blijfwijzer.publish.conduct_tables import clear_conduct
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.culture_instrument import (
    clear_agreement,
    clear_comparable,
    clear_compared,
    clear_items,
    clear_scales,
)
from blijfwijzer.publish.culture_notes import climate_notes
from blijfwijzer.publish.facts import (
    clear_withheld,
    facts,
    origin_facts,
    shown_rejected,
    survey_title,
)
from blijfwijzer.publish.method import climate_method
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.worrying_tables import clear_worrying
from blijfwijzer.survey.labels import group_label
from blijfwijzer.survey.remarks import warnings_of
from blijfwijzer.survey.texts import Message, Value, say

NO_MARK = "no_mark"
_OF_EVERYONE = (
    *("scales", "items", "agreement", "comparable", "compared", "checks", "pairs"),
    "conduct_links",
)


def climate_chapter(findings: CultureFindings, origin: dict[str, str], wave: str) -> Chapter:
    """Clear every table of a climate and gather them.

    Parameters
    ----------
    origin : what it was made from
    wave : what the wave is called
    """
    codebook, edge = findings.codebook, findings.edge
    climate = clear_climate(findings)
    tables: dict[str, Cleared] = {
        "climate": _shown_climate(climate, findings),
        **clear_worrying(findings),
        "trend": _trend(findings),
        "mix": _mix(findings),
        "scales": clear_scales(findings),
        "items": clear_items(findings),
        "agreement": clear_agreement(findings),
        "comparable": clear_comparable(findings),
        "compared": clear_compared(findings),
        **clear_conduct(findings),
        "hidden": _hidden(climate, findings),
        "withheld": clear_withheld(
            findings.grouping.groups.loc[~findings.permission.shown, "n"],
            findings.permission.reasons[~findings.permission.shown],
            edge,
        ),
        "rejected": shown_rejected(findings.intake.rejected, codebook, edge),
    }
    if not findings.permission.tells_everyone:
        # Figures of the whole survey tell of everyone, of whom nothing may be told.
        tables |= {name: TABLES[name].empty() for name in _OF_EVERYONE}
    return Chapter(
        language=edge.language,
        title=say("title.climate"),
        survey=survey_title(wave, codebook),
        facts=facts(count_told(climate, findings)),
        tables=tables,
        method=climate_method(findings.settings),
        provenance=origin_facts(origin, wave),
        warnings=_warnings(findings),
        notes=climate_notes(findings),
        levels=tuple(map(findings.level_words, codebook.units.levels)),
    )


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
    groups, permission = findings.groups, findings.permission
    table = findings.climate.table
    table = table[table["group"].isin(groups.index)]
    minimum, largest = findings.edge.minimum, findings.largest
    pairs = zip(table["group"], table["dimension"], strict=True)
    table = table.assign(judgement=[findings.judge(*pair) for pair in pairs])
    is_barred = table["judgement"] == "not comparable"
    table = table[(table["n"] >= minimum) & ~(is_barred & (table["level"] == largest))]
    few = pd.MultiIndex.from_frame(table[["group", "dimension"]]).isin(list(permission.answers))
    table = table[~few].reset_index(drop=True)
    if not permission.tells_everyone:
        table = table[table["group"] != EVERYONE].reset_index(drop=True)
    mine = groups.reindex(table["group"])
    sector = mine["sector"].to_numpy()
    absent = {
        "sector": ~np.isin(sector, groups.index),
        "all": (table["judgement"] == "not comparable").to_numpy()
        | (not permission.tells_everyone),
        "previous": ~(
            table["group"].isin(permission.before) & (table["previous_n"] >= minimum)
        ).to_numpy()
        | ((table["group"] == EVERYONE) & (not permission.tells_before)).to_numpy(),
    }
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
    return findings.edge.clear("climate_file", shown)


def _shown_climate(climate: Cleared, findings: CultureFindings) -> Cleared:
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


def _trend(findings: CultureFindings) -> Cleared:
    """Tell changes of everyone and of largest units that may be told in both waves."""
    if findings.trend is None:
        return TABLES["trend"].empty()
    permission = findings.permission
    allowed = findings.largest_units(permission.before)
    if permission.tells_everyone and permission.tells_before:
        allowed[EVERYONE] = say("group.everyone")
    table = findings.trend.changes.assign(place=findings.trend.changes["place"].astype("str"))
    table = table[table["place"].isin(list(allowed))]
    table = table.assign(
        scale=table["scale"].map(findings.labels),
        place=table["place"].map(allowed),
        n=table[["n_before", "n_now"]].min(axis=1),
        mark=table["mark"].replace("", NO_MARK),
    )
    return findings.edge.clear("trend", findings.edge.enough(table))


def _mix(findings: CultureFindings) -> Cleared:
    """Tell who responded in both waves, by the traits that changes are net of."""
    if findings.trend is None:
        return TABLES["mix"].empty()
    units, rows = findings.largest_units(), list[dict[str, object]]()
    for row in findings.trend.mix.to_dict("records"):
        trait, category = str(row["column"]), str(row["category"])
        n = min(row["n_before"], row["n_now"])
        if (trait, category) in findings.permission.mix and n >= findings.edge.minimum:
            words = group_label(findings.codebook, trait, category)
            rows.append(
                {
                    "trait": findings.labels[trait],
                    "category": units[category] if trait == findings.largest else words,
                    "n": n,
                    "before": row["share_before"],
                    "now": row["share_now"],
                }
            )
    return findings.edge.clear("mix", rows)


def _hidden(climate: Cleared, findings: CultureFindings) -> Cleared:
    """Name the units that have no row, so that a reader does not take them for forgotten."""
    groups = findings.grouping.groups
    is_hidden = ~groups.index.isin(climate.frame["group"]) & (groups["level"] != EVERYONE)
    hidden = groups[is_hidden].reset_index(names="group")
    hidden = hidden.assign(
        sector=hidden["sector"].map(groups["label"]).fillna(""),
        level=hidden["level"].map(findings.level_words),
    )
    return findings.edge.clear("hidden", hidden)


def _warnings(findings: CultureFindings) -> tuple[Message, ...]:
    warnings = warnings_of(findings.intake.remarks)
    if findings.unasked:
        names: Value = tuple(findings.labels[name] for name in findings.unasked)
        warnings.insert(0, say("warning.unasked", count=len(findings.unasked), names=names))
    if not findings.permission.tells_everyone:
        warnings.insert(0, say("warning.everyone"))
    return tuple(warnings)
