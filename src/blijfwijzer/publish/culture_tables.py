"""The tables of the chapter on culture: each goes through the gate here."""

import numpy as np
import pandas as pd

from blijfwijzer.culture.climate import AGAINST
from blijfwijzer.disclosure.release import Cleared, pick, stack
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.culture_instrument import (
    clear_agreement,
    clear_comparable,
    clear_compared,
    clear_items,
    clear_scales,
)
from blijfwijzer.publish.culture_notes import climate_notes
from blijfwijzer.publish.culture_units import clear_conduct, clear_worrying
from blijfwijzer.publish.facts import clear_withheld, facts, origin_facts, shown_rejected
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.method import climate_method
from blijfwijzer.publish.page import Chapter
from blijfwijzer.publish.tables.climate import NONE
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.texts import write
from blijfwijzer.survey.codebook import Language
from blijfwijzer.survey.labels import group_label
from blijfwijzer.survey.remarks import warnings_of

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
    codebook, language = findings.codebook, findings.language
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
            findings.grouping.members[np.flatnonzero(~findings.permission.shown)],
            findings.permission.reasons[~findings.permission.shown],
            language,
        ),
        "rejected": shown_rejected(findings.intake.rejected, codebook, findings.settings),
    }
    if not findings.permission.tells_everyone:
        # Figures of the whole survey tell of everyone, of whom nothing may be told.
        tables |= {name: TABLES[name].empty() for name in _OF_EVERYONE}
    return Chapter(
        language=language,
        title=say("title.climate", language),
        survey=say(
            "title.survey", language, wave=wave, codebook=codebook.survey.label.in_(language)
        ),
        facts=facts(count_told(climate, findings), language),
        tables=tables,
        method=climate_method(findings.settings, language),
        provenance=origin_facts(origin, wave, language),
        warnings=_warnings(findings, language),
        notes=climate_notes(findings),
        largest=findings.level_words(codebook.units.levels[0]),
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
    minimum = findings.minimum
    largest = findings.largest
    pairs = zip(table["group"], table["dimension"], strict=True)
    table = table.assign(judgement=[findings.judge(*pair) for pair in pairs])
    is_barred = table["judgement"] == "not comparable"
    table = table[(table["n"] >= minimum) & ~(is_barred & (table["level"] == largest))]
    table = table[~permission.hides(table)].reset_index(drop=True)
    mine = groups.reindex(table["group"])
    sector = mine["sector"].to_numpy()
    absent = {
        "sector": ~np.isin(sector, groups.index) | permission.hides(table, sector),
        "all": (table["judgement"] == "not comparable").to_numpy()
        | permission.hides(table, np.full(len(table), EVERYONE)),
        "previous": ~(
            table["group"].isin(permission.before) & (table["previous_n"] >= minimum)
        ).to_numpy()
        | permission.hid_before(table),
    }
    labels = findings.labels
    shown = pd.DataFrame(
        {
            "group": table["group"],
            "label": mine["label"].to_numpy(),
            "level": mine["level"].to_numpy(),
            "parent": mine["parent"].to_numpy(),
            "sector": groups["label"].reindex(sector).fillna("").to_numpy(),
            "dimension": table["dimension"],
            "dimension_label": table["dimension"].map(labels),
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
    return TABLES["climate_file"].clear(shown, minimum)


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
        name: findings.level_words(name) for name in (EVERYONE, *findings.codebook.units.levels)
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
    language, permission = findings.language, findings.permission
    allowed, minimum = findings.largest_units(permission.before), findings.minimum
    if permission.tells_everyone and permission.tells_before:
        allowed[EVERYONE] = say("group.everyone", language)
    table = findings.trend.changes.assign(place=findings.trend.changes["place"].astype("str"))
    table = table[table["place"].isin(list(allowed))]
    # Groups are told by the dimensions of culture; other scales are not withheld by themselves.
    of = table.assign(dimension=table["scale"], group=table["place"].map(findings.ids_of_largest))
    table = table[~permission.hides(of) & ~permission.hid_before(of)]
    table = table.assign(
        scale=table["scale"].map(findings.labels),
        place=table["place"].map(allowed),
        n=table[["n_before", "n_now"]].min(axis=1),
        mark=table["mark"].replace("", NO_MARK),
    )
    return TABLES["trend"].clear(table[table["n"] >= minimum], minimum)


def _mix(findings: CultureFindings) -> Cleared:
    """Tell who responded in both waves, by the traits that changes are net of."""
    if findings.trend is None:
        return TABLES["mix"].empty()
    codebook, language, minimum = findings.codebook, findings.language, findings.minimum
    units, rows = findings.largest_units(), []
    for row in findings.trend.mix.to_dict("records"):
        trait, category = str(row["column"]), str(row["category"])
        n = min(row["n_before"], row["n_now"])
        if (trait, category) in findings.permission.mix and n >= minimum:
            words = group_label(codebook, trait, category, language)
            rows.append(
                {
                    "trait": codebook.columns[trait].label.in_(language),
                    "category": units[category] if trait == findings.largest else words,
                    "n": n,
                    "before": row["share_before"],
                    "now": row["share_now"],
                }
            )
    table = TABLES["mix"]
    return table.clear(pd.DataFrame(rows, columns=table.names), minimum)


def _hidden(climate: Cleared, findings: CultureFindings) -> Cleared:
    """Name the units that have no row, so that a reader does not take them for forgotten."""
    groups = findings.grouping.groups
    is_hidden = ~groups.index.isin(climate.frame["group"]) & (groups["level"] != EVERYONE)
    hidden = groups[is_hidden].reset_index(names="group")
    hidden = hidden.assign(
        sector=hidden["sector"].map(groups["label"]).fillna(""),
        level=hidden["level"].map(findings.level_words),
    )
    return TABLES["hidden"].clear(hidden)


def _warnings(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    warnings = [write(w, language) for w in warnings_of(findings.intake.remarks)]
    labels = findings.labels
    if findings.unasked:
        names = ", ".join(labels[name] for name in findings.unasked)
        count = len(findings.unasked)
        warnings.insert(0, say("warning.unasked", language, count=count, names=names))
    if not findings.permission.tells_everyone:
        warnings.insert(0, say("warning.everyone", language))
    return tuple(warnings)
