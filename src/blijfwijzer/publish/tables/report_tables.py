"""The tables of a report: each goes through the gate here."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.culture.remedies import find_remedies
from blijfwijzer.disclosure.release import Cleared, pick, stack
from blijfwijzer.disclosure.rounding import band, band_text
from blijfwijzer.estimation.discovery import rank_intervals
from blijfwijzer.estimation.intervals import Z
from blijfwijzer.groups.estimates import response_in_bands
from blijfwijzer.groups.flags import CHOICES, FLAGGED
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.groups.naming import word_rule
from blijfwijzer.groups.simple_rule import SIMPLE_RULE
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.check_texts import tell_warnings
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.facts import (
    clear_withheld,
    facts,
    origin_facts,
    say_pack,
    shown_rejected,
    survey_title,
)
from blijfwijzer.publish.findings import Findings, GroupEstimates
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.method import release_method
from blijfwijzer.publish.pages.first_page import say_contact
from blijfwijzer.publish.tables.benchmark_tables import clear_beside, say_beside
from blijfwijzer.publish.tables.card_tables import clear_cards, say_cards
from blijfwijzer.publish.tables.fairness_tables import (
    by_flags,
    clear_conclusions,
    clear_gaps,
    clear_rates,
)
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.tables.register_tables import clear_moved, clear_response, say_register
from blijfwijzer.survey.codebook import Codebook, Column, Scale
from blijfwijzer.survey.labels import labels_of
from blijfwijzer.survey.texts import Message, Value, say

_OF_EACH_RISK = (
    *("rate", "low", "high", "nonresponse_low", "nonresponse_high", "source"),
    *("reference", "probability", "place", "last_place", "stability", "verdict"),
    *("holds", *CHOICES),
)
_IN_GROUPS = {
    **{"n": "n_band", "people": "people_band"},
    **{"level": "level_label", "sector": "sector_label"},
}
"""Columns of the tables of groups that have another name in that of all groups."""
Targets = tuple[tuple[str, Value], ...]
"""Id and label of each risk."""


def make_report(findings: Findings, origin: dict[str, str], wave: str) -> Chapter:
    """Clear every table of a release and gather them.

    Parameters
    ----------
    origin : what the release was made from
    wave : what the wave is called
    """
    codebook, edge = findings.codebook, findings.edge
    groups = clear_groups(findings.estimates, codebook, edge)
    targets: Targets = tuple(
        (name, codebook.outcomes[name].label) for name in findings.estimates.rates
    )
    is_withheld = ~findings.estimates.shown
    return Chapter(
        language=edge.language,
        title=say("title.release"),
        survey=survey_title(wave, codebook),
        targets=targets,
        facts=facts(findings.counts()),
        tables={
            "rejected": shown_rejected(findings.intake.rejected, codebook, edge),
            "wave": _wave(findings),
            "questions": _questions(findings),
            "sectors": _by_target(groups, _level_of_many(groups, codebook), targets),
            "flagged": _flagged(groups, targets),
            "drivers": _drivers(findings, groups),
            "detectable": _detectable(findings),
            **clear_beside(findings),
            "groups": _shown_groups(groups, targets),
            "segments": _segments(findings),
            "card": clear_cards(findings),
            "fairness": clear_rates("fairness", by_flags(findings), codebook, edge),
            "gaps": clear_gaps("gaps", by_flags(findings), codebook, edge),
            "conclusions": clear_conclusions(findings),
            "response": clear_response(findings.register, codebook, edge),
            "moved": clear_moved(findings),
            "withheld": clear_withheld(
                findings.estimates.grouping.members[np.flatnonzero(is_withheld)],
                findings.reasons[is_withheld],
                edge,
            ),
            "rolled_up": _rolled_up(findings),
        },
        method=(*say_pack(origin), *release_method(findings.settings, codebook)),
        provenance=origin_facts(origin),
        warnings=_warnings(findings),
        notes={
            "card": tuple(say_cards(findings)),
            "register": _say_register(findings),
            "contact": say_contact(findings.settings.contact),
            "rule": _say_rule(codebook),
            "others": tuple(say_beside(findings)),
            "flagged": tuple(
                Message("note.unjudged", {"target": label}, findings.unjudged[name])
                for name, label in targets
                if findings.unjudged.get(name)
            ),
        },
    )


def _say_register(findings: Findings) -> tuple[Message, ...]:
    """Say what a register tells, and what stands beside rates for what it does not know."""
    told = tuple(say_register(findings.register, findings.settings.margins.largest_factor))
    return (*told, say("register.bounds")) if told else ()


def _say_rule(codebook: Codebook) -> tuple[Message, ...]:
    """Say whom the simple rule is about, where it can be said."""
    rule = word_rule(codebook)
    return () if rule is None else (say("rule.is", rule=rule),)


def clear_groups(estimates: GroupEstimates, codebook: Codebook, edge: Edge) -> Cleared:
    """Clear the table of groups that are shown, one row each."""
    shown, groups = estimates.shown, estimates.grouping.groups
    table = groups[shown].reset_index()
    table["level_label"] = table["level"].map(_LevelWords(codebook))
    table["response"] = response_in_bands(table)
    above = table["sector"].map(groups["label"]).fillna("")
    table["sector_label"] = above.where(table["sector"].isin(groups.index[shown]), "")
    own = estimates.own.reindex(groups.index[shown])
    table["own_n"], table["own_people"] = own["own_n"].to_numpy(), own["own_people"].to_numpy()
    for name, rates in estimates.rates.items():
        of_each = pd.DataFrame({**estimates.flags[name], **rates})[shown].reset_index(drop=True)
        for column, values in tell_risk(of_each).items():
            table[f"{name}_{column}"] = values.to_numpy()
    for name, rates in estimates.remainders.items():
        for column in ("rate", "low", "high"):
            table[f"{name}_own_{column}"] = rates[column].to_numpy()[shown]
    if estimates.talent is not None:
        for column in ("best", "rest"):
            table[f"talent_{column}"] = estimates.talent[column].to_numpy()[shown]
    return edge.clear("groups_file", table, targets=[(name, "") for name in estimates.rates])


class _LevelWords(dict[str, Value]):
    """What levels are called: everyone, those of units, a background, and units by a background."""

    def __init__(self, codebook: Codebook) -> None:
        labels: dict[str, Value] = {**labels_of(codebook), SIMPLE_RULE: say("over.rule")}
        units = codebook.units.levels
        crossed = {
            f"{unit}&{name}": say("over.crossed", unit=labels[unit], variable=label)
            for unit in units
            for name, label in labels.items()
        }
        super().__init__({EVERYONE: say("group.everyone"), **labels, **crossed})

    def __missing__(self, level: str) -> Value:
        return level


def tell_risk(of_each: pd.DataFrame) -> pd.DataFrame:
    """Give what a row of a group tells of one risk: what was estimated, and what follows from it.

    Parameters
    ----------
    of_each : rates and flags of the groups that are shown, one row each
    """
    return of_each.join(_places(of_each))[list(_OF_EACH_RISK)]


def _places(groups: pd.DataFrame) -> pd.DataFrame:
    """Say which places each flagged group may have, and by how many choices it stands out.

    Places follow from the figures as they are shown: those of groups that are not shown would else
    be told by the places of the others.
    """
    flagged = groups[groups["verdict"] == FLAGGED].round({"rate": 2, "low": 2, "high": 2})
    se = (flagged["high"] - flagged["low"]) / (2 * Z)
    first, last = rank_intervals(flagged["rate"].to_numpy(dtype=float), se.to_numpy(dtype=float))
    holds = flagged[list(CHOICES)].sum(axis=1).astype(float)
    found = pd.DataFrame({"place": first, "last_place": last, "holds": holds}, index=flagged.index)
    return found.reindex(groups.index)


def _wave(findings: Findings) -> Cleared:
    if not findings.waves:
        return TABLES["wave"].empty()
    table = pd.concat(findings.waves.values()).drop_duplicates("feature").reset_index(drop=True)
    # As it is told: an order by more digits would tell these.
    told = table["drift"].round(2).sort_values(ascending=False, kind="stable")
    table = table.loc[told.index]
    labels = table["feature"].map(labels_of(findings.codebook))
    return findings.edge.clear("wave", table.assign(column=table["feature"], label=labels))


def _questions(findings: Findings) -> Cleared:
    """Clear what everyone answered to each question, scale by scale as the codebook has them."""
    told, labels = findings.questions, labels_of(findings.codebook)
    if told.empty:
        return TABLES["questions"].empty()
    named = {name: told[name].map(labels) for name in ("question", "scale")}
    return findings.edge.clear("questions", told.assign(**named))


def _level_of_many(groups: Cleared, codebook: Codebook) -> str:
    """Choose the largest level of which several units are shown: of one there is no comparison."""
    count = groups.frame["level"].value_counts()
    levels = codebook.units.levels
    return next((level for level in levels if count.get(level, 0) > 1), levels[0])


def _by_target(groups: Cleared, level: str, targets: Targets) -> Cleared:
    rows = np.flatnonzero(groups.frame["level"].isin([level, EVERYONE]))
    return stack(
        [_of_target("sectors", groups, name, rows) for name, _ in targets], TABLES["sectors"].names
    )


def _flagged(groups: Cleared, targets: Targets) -> Cleared:
    tables = []
    for name, _ in targets:
        frame = groups.frame.reset_index(drop=True)
        flagged = frame[frame[f"{name}_verdict"] == FLAGGED]
        order = flagged.sort_values(f"{name}_probability", ascending=False, kind="stable")
        tables.append(_of_target("flagged", groups, name, order.index.to_numpy()))
    return stack(tables, TABLES["flagged"].names)


def _of_target(table: str, groups: Cleared, target: str, rows: NDArray[np.intp]) -> Cleared:
    """Take the columns that a table shows of one risk, for some groups."""
    columns = {
        name: f"{target}_{name}" if name in _OF_EACH_RISK else _IN_GROUPS.get(name, name)
        for name in TABLES[table].names
        if name != "target"
    }
    return pick(groups, columns, rows, target=target)


_DRIVERS, _OTHERS = 6, 3
"""Drivers told of each group: those that an employer can change, and others."""


def _drivers(findings: Findings, groups: Cleared) -> Cleared:
    codebook = findings.codebook
    parts: dict[str, Column | Scale] = {**codebook.columns, **codebook.scales}
    changeable = {name: part.changeable for name, part in parts.items()}
    names = findings.estimates.grouping.groups.index
    told_labels = groups.frame.set_index("group")["label"]
    tables = []
    for target, drivers in findings.drivers.items():
        group = names[drivers["group"].to_numpy(dtype=np.intp)]
        table = pd.DataFrame(
            {
                "group": group,
                "target": target,
                "label": pd.Series(group).map(told_labels).to_numpy(),
                "driver": drivers["driver"].map(labels_of(codebook)).to_numpy(),
                "is_changeable": drivers["driver"].map(changeable).to_numpy(),
                **{c: drivers[c].to_numpy(dtype=float) for c in ("contrast", "low", "high")},
                "is_sure": drivers["is_sure"].to_numpy(dtype=bool),
                "helps": [_helps(name, codebook) for name in drivers["driver"]],
            }
        )
        # What is told as 0.0 between 0.0 and 0.0 tells nothing, however sure its sign is.
        ends = table[["contrast", "low", "high"]].abs()
        table = table[(100 * ends).round(1).gt(0).any(axis=1)].copy()
        # Those whose sign is sure come first, and by size only then.
        table["size"] = table["contrast"].abs() + table["is_sure"]
        table = table.sort_values("size", ascending=False)
        can = table["is_changeable"].astype(bool)
        tables.append(table[can].groupby("group").head(_DRIVERS))
        tables.append(table[~can].groupby("group").head(_OTHERS))
    table = pd.concat(tables).sort_values(
        ["target", "group", "is_changeable", "size"], ascending=[True, True, False, False]
    )
    return findings.edge.clear("drivers", table)


def _detectable(findings: Findings) -> Cleared:
    """Say how large a difference would have been seen, where none was."""
    words = _LevelWords(findings.codebook)
    parts = [
        rows.assign(target=target, level=rows["level"].map(words))
        for target, rows in findings.detectable.items()
        if len(rows)
    ]
    return findings.edge.clear_parts("detectable", parts)


def _helps(driver: str, codebook: Codebook) -> Value:
    """Say what the policy paper names for a driver; "" where it names nothing."""
    remedies = find_remedies([driver], codebook)
    return remedies[0].text if remedies else ""


def _shown_groups(groups: Cleared, targets: Targets) -> Cleared:
    names = TABLES["groups"].of_targets(targets).names
    columns = {name: _IN_GROUPS.get(name, name) for name in names}
    return pick(groups, {new: old for new, old in columns.items() if old in groups.frame})


def _segments(findings: Findings, table: str = "segments") -> Cleared:
    tables = [
        need.segments.assign(
            target=name,
            label=need.segments["rule"],
            n=need.segments["n_estimated"],
            reference=float(findings.estimates.rates[name]["rate"].iloc[0]),
        )
        for name, need in findings.needs.items()
        if len(need.segments)
    ]
    return findings.edge.clear_parts(table, tables)


def clear_segments(findings: Findings) -> Cleared:
    """Clear the segments for programs."""
    return _segments(findings, "segments_file")


def _rolled_up(findings: Findings) -> Cleared:
    levels = list(findings.codebook.units.levels)
    words, rows = _LevelWords(findings.codebook), list[dict[str, Any]]()
    for row in findings.estimates.grouping.rolled_up.to_dict("records"):
        first = str(row["unit"])
        above = levels[levels.index(first) - 1] if first in levels[1:] else EVERYONE
        rows.append(
            {
                "label": merged(int(row["groups"]), float(row["n"])),
                "level": words[row["level"]],
                "into": words[above],
                "reason": say(id_of("rolled_up", row["reason"])),
            }
        )
    return findings.edge.clear("rolled_up", rows)


def merged(groups: int, people: float) -> Message:
    """Say how many groups were put together, with how many respondents, in a band."""
    low, high = band(people)
    told: Value = band_text(people) if low else say("group.at_most", most=high)
    return Message("group.merged", {"people": told}, groups)


def _warnings(findings: Findings) -> tuple[Message, ...]:
    warnings = tell_warnings(findings.intake.remarks, findings.settings)
    sources = [rates["source"] for rates in findings.estimates.rates.values()]
    if any((source == "carried over").any() for source in sources):
        warnings.insert(0, say("warning.carried"))
    if findings.constant:
        labels: tuple[Value, ...] = tuple(
            findings.codebook.outcomes[name].label for name in findings.constant
        )
        warnings.insert(0, say("warning.constant", outcomes=labels))
    return tuple(warnings)
