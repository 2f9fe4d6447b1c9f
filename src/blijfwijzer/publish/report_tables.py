"""The tables of a report: each goes through the gate here."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.disclosure.release import Cleared, clear_whole, pick, stack
from blijfwijzer.disclosure.rounding import band_text
from blijfwijzer.fairness.targeting import Targeting
from blijfwijzer.groups.estimates import response_in_bands
from blijfwijzer.groups.flags import NOT
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.facts import clear_withheld, facts, shown_rejected
from blijfwijzer.publish.findings import Findings, GroupEstimates, NeedFindings
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.method import release_method
from blijfwijzer.publish.page import Chapter
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.texts import write
from blijfwijzer.survey.codebook import Codebook, Language
from blijfwijzer.survey.remarks import warnings_of


def make_report(findings: Findings, origin: dict[str, str], wave: str) -> Chapter:
    """Clear every table of a release and gather them.

    Parameters
    ----------
    origin : what the release was made from
    wave : what the wave is called
    """
    codebook, language = findings.codebook, findings.settings.language
    groups = clear_groups(findings.estimates, findings.settings.disclosure.minimum)
    outcomes = {name: codebook.outcomes[name] for name in findings.estimates.rates}
    targets = tuple((name, o.label.in_(language)) for name, o in outcomes.items())
    is_withheld = ~findings.estimates.shown
    return Chapter(
        language=language,
        title=say("title.release", language),
        survey=say(
            "title.survey", language, wave=wave, codebook=codebook.survey.label.in_(language)
        ),
        targets=targets,
        facts=facts(findings.counts(), language),
        tables={
            "rejected": shown_rejected(findings.intake.rejected, codebook, findings.settings),
            "wave": _wave(findings, language),
            "sectors": _by_target(groups, codebook.units.levels[0], targets),
            "flagged": _flagged(groups, targets),
            "drivers": _drivers(findings, groups, language),
            "groups": _shown_groups(groups, targets),
            "segments": _segments(findings, language),
            "fairness": _fairness(findings, language),
            "gaps": _gaps(findings, language),
            "conclusions": _conclusions(findings, language),
            "withheld": clear_withheld(
                findings.estimates.grouping.members[np.flatnonzero(is_withheld)],
                findings.reasons[is_withheld],
                language,
            ),
            "rolled_up": _rolled_up(findings, language),
        },
        method=release_method(findings.settings, language),
        provenance=tuple(origin.items()),
        warnings=_warnings(findings, language),
    )


def clear_groups(estimates: GroupEstimates, minimum: int) -> Cleared:
    """Clear the table of groups that are shown, one row each."""
    shown, groups = estimates.shown, estimates.grouping.groups
    table = groups[shown].reset_index()
    table["response"] = response_in_bands(table)
    above = table["sector"].map(groups["label"]).fillna("")
    table["sector_label"] = above.where(table["sector"].isin(groups.index[shown]), "")
    own = estimates.own.reindex(groups.index[shown])
    table["own_n"], table["own_people"] = own["own_n"].to_numpy(), own["own_people"].to_numpy()
    if estimates.profile is not None:
        table["profile"] = estimates.profile[shown]
    for name, rates in estimates.rates.items():
        of_each = {**estimates.flags[name], **rates}
        for column in _OF_EACH_RISK:
            table[f"{name}_{column}"] = of_each[column].to_numpy()[shown]
    if estimates.talent is not None:
        for column in ("best", "rest"):
            table[f"talent_{column}"] = estimates.talent[column].to_numpy()[shown]
    targets = ((name, "") for name in estimates.rates)
    return TABLES["groups_file"].of_targets(targets).clear(table, minimum)


_OF_EACH_RISK = (
    *("rate", "low", "high", "nonresponse_low", "nonresponse_high", "source"),
    *("reference", "probability", "stability", "verdict"),
)


def _labels(codebook: Codebook, language: Language) -> dict[str, str]:
    """Words for each scale and column."""
    labels = {n: s.label.in_(language) for n, s in codebook.scales.items()}
    return labels | {n: c.label.in_(language) for n, c in codebook.columns.items()}


def _wave(findings: Findings, language: Language) -> Cleared:
    table = pd.concat(findings.waves.values()).drop_duplicates("feature")
    table = table.sort_values("drift", ascending=False)
    labels = table["feature"].map(_labels(findings.codebook, language))
    return TABLES["wave"].clear(table.assign(column=table["feature"], label=labels))


def _by_target(groups: Cleared, level: str, targets: tuple[tuple[str, str], ...]) -> Cleared:
    rows = np.flatnonzero(groups.frame["level"].isin([level, EVERYONE]))
    return stack(
        [_of_target("sectors", groups, name, rows) for name, _ in targets], TABLES["sectors"].names
    )


def _flagged(groups: Cleared, targets: tuple[tuple[str, str], ...]) -> Cleared:
    tables = []
    for name, _ in targets:
        verdict = groups.frame[f"{name}_verdict"]
        order = groups.frame.assign(
            verdict=verdict, probability=groups.frame[f"{name}_probability"]
        )
        order = order.reset_index(drop=True)[~verdict.isin([NOT]).to_numpy()]
        order = order.sort_values(["verdict", "probability"], ascending=[True, False])
        tables.append(_of_target("flagged", groups, name, order.index.to_numpy()))
    return stack(tables, TABLES["flagged"].names)


def _of_target(table: str, groups: Cleared, target: str, rows: NDArray[np.intp]) -> Cleared:
    """Take the columns that a table shows of one risk, for some groups."""
    source = {"n": "n_band", "sector": "sector_label"}
    columns = {
        name: f"{target}_{name}" if name in _OF_EACH_RISK else source.get(name, name)
        for name in TABLES[table].names
        if name != "target"
    }
    return pick(groups, columns, rows, target=target)


_DRIVERS, _OTHERS = 6, 3
"""Drivers told of each group: those that an employer can change, and others."""


def _drivers(findings: Findings, groups: Cleared, language: Language) -> Cleared:
    codebook = findings.codebook
    labels = _labels(codebook, language)
    changeable = {n: c.changeable for n, c in codebook.columns.items()}
    changeable |= {n: s.changeable for n, s in codebook.scales.items()}
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
                "driver": drivers["driver"].map(labels).to_numpy(),
                "is_changeable": drivers["driver"].map(changeable).to_numpy(),
                **{c: drivers[c].to_numpy(dtype=float) for c in ("contrast", "low", "high")},
            }
        )
        table["size"] = table["contrast"].abs()
        table = table.sort_values("size", ascending=False)
        can = table["is_changeable"].astype(bool)
        tables.append(table[can].groupby("group").head(_DRIVERS))
        tables.append(table[~can].groupby("group").head(_OTHERS))
    table = pd.concat(tables).sort_values(
        ["target", "group", "is_changeable", "size"], ascending=[True, True, False, False]
    )
    return TABLES["drivers"].clear(table)


def _shown_groups(groups: Cleared, targets: tuple[tuple[str, str], ...]) -> Cleared:
    source = {"n": "n_band", "people": "people_band", "sector": "sector_label"}
    columns = {name: source.get(name, name) for name in TABLES["groups"].of_targets(targets).names}
    return pick(groups, {new: old for new, old in columns.items() if old in groups.frame})


def _segments(findings: Findings, language: Language) -> Cleared:
    tables = [
        need.segments.assign(
            target=name,
            label=[write(rule, language) for rule in need.segments["rule"]],
            n=need.segments["n_estimated"],
            reference=float(findings.estimates.rates[name]["rate"].iloc[0]),
        )
        for name, need in findings.needs.items()
        if len(need.segments)
    ]
    if not tables:
        return TABLES["segments"].empty()
    return TABLES["segments"].clear(pd.concat(tables), findings.settings.disclosure.minimum)


def _fairness(findings: Findings, language: Language) -> Cleared:
    """Clear rates of everyone, of each group of an attribute, and of pairs, for each need."""
    tables = [
        shown
        for name, need in findings.needs.items()
        if need.targeting is not None
        for shown in _fairness_of(name, need, need.targeting, findings, language)
    ]
    return stack(tables, TABLES["fairness"].names)


def _fairness_of(
    need_name: str,
    need: NeedFindings,
    targeting: Targeting,
    findings: Findings,
    language: Language,
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
    rows = pd.DataFrame(
        {
            "attribute": [_about(need_name, a, findings, language) for a, _ in wide.index],
            "label": [_level(a, g, findings, language) for a, g in wide.index],
            "n": wide["n"].to_numpy(dtype=float).min(axis=1),
            "selection": wide["value", "selection"].to_numpy(),
            "missed": wide["value", "exclusion"].to_numpy(),
            "low": wide["low", "exclusion"].to_numpy(),
            "high": wide["high", "exclusion"].to_numpy(),
            "inclusion": wide["value", "inclusion"].to_numpy(),
        }
    )
    minimum = findings.settings.disclosure.minimum
    shown = TABLES["fairness"].clear(rows[is_shown.to_numpy()], minimum)
    why = ["value.not_shown" if cell in need.hidden else "value.too_few" for cell in wide.index]
    few = rows[["attribute", "label"]].assign(missed=[say(name, language) for name in why])
    few = few[~is_shown.to_numpy()].assign(n="")
    return [shown, clear_whole(few, dict.fromkeys(few.columns, "text"))]


def _gaps(findings: Findings, language: Language) -> Cleared:
    """Clear how far apart the groups of each attribute are."""
    tables = []
    for name, need in findings.needs.items():
        if need.targeting is None:
            continue
        gaps = need.targeting.gaps.set_index(["attribute", "measure"])
        missed = gaps.xs("exclusion", level="measure")
        ratio = gaps.xs("selection", level="measure")["ratio"].reindex(missed.index)
        table = {
            "attribute": [_about(name, str(a), findings, language) for a in missed.index],
            "gap": missed["gap"].to_numpy(),
            "low": missed["gap_low"].to_numpy(),
            "high": missed["gap_high"].to_numpy(),
            "ratio": ratio.to_numpy(),
        }
        tables.append(pd.DataFrame(table))
    return TABLES["gaps"].clear(pd.concat(tables)) if tables else TABLES["gaps"].empty()


def _about(need: str, attribute: str, findings: Findings, language: Language) -> str:
    """Name an attribute; with the need that it is about, where there are several."""
    name = _attribute(attribute, findings, language)
    if len(findings.needs) == 1:
        return name
    return f"{findings.codebook.outcomes[need].label.in_(language)}: {name}"


def _attribute(name: str, findings: Findings, language: Language) -> str:
    if name == EVERYONE:
        return say("group.everyone", language)
    columns = findings.codebook.columns
    return " × ".join(columns[part].label.in_(language) for part in name.split("&"))


def _level(attribute: str, group: str, findings: Findings, language: Language) -> str:
    if attribute == EVERYONE:
        return say("group.everyone", language)
    columns = findings.codebook.columns
    parts = []
    for name, level in zip(attribute.split("&"), str(group).split("&"), strict=False):
        texts = {c: t.in_(language) for c, t in columns[name].codes.items()}
        texts |= {f"{columns[name].values[c]:g}": t for c, t in list(texts.items())}
        parts.append(texts.get(level, texts.get(level.removesuffix(".0"), level)))
    return ", ".join(parts)


def _conclusions(findings: Findings, language: Language) -> Cleared:
    found = []
    for name, need in findings.needs.items():
        told = [] if need.targeting is None else list(need.targeting.conclusions.items())
        found += [(name, attribute, text) for attribute, text in (*told, *need.sentences)]
    table = pd.DataFrame(
        {
            "attribute": [_about(need, name, findings, language) for need, name, _ in found],
            "conclusion": [write(text, language) for _, _, text in found],
        }
    )
    return TABLES["conclusions"].clear(table)


def _rolled_up(findings: Findings, language: Language) -> Cleared:
    levels, table = list(findings.codebook.units.levels), TABLES["rolled_up"]
    rows = []
    for row in findings.estimates.grouping.rolled_up.to_dict("records"):
        first = str(row["unit"])
        above = levels[levels.index(first) - 1] if first in levels[1:] else EVERYONE
        rows.append(
            {
                "label": say(
                    "group.merged",
                    language,
                    groups=row["groups"],
                    people=band_text(float(row["n"])),
                ),
                "level": row["level"],
                "into": above,
                "reason": say(id_of("rolled_up", row["reason"]), language),
            }
        )
    return table.clear(pd.DataFrame(rows, columns=table.names))


def _warnings(findings: Findings, language: Language) -> tuple[str, ...]:
    warnings = [write(w, language) for w in warnings_of(findings.intake.remarks)]
    sources = [rates["source"] for rates in findings.estimates.rates.values()]
    if any((source == "carried over").any() for source in sources):
        warnings.insert(0, say("warning.carried", language))
    if findings.forbidden:
        warnings.append(say("warning.changed", language, groups=findings.forbidden))
    return tuple(warnings)
