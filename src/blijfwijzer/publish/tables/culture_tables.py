"""The tables of the chapter on culture: each goes through the gate here."""

import numpy as np

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.check_texts import tell_warnings
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.facts import (
    clear_withheld,
    facts,
    origin_facts,
    say_pack,
    shown_rejected,
    survey_title,
)
from blijfwijzer.publish.method import climate_method
from blijfwijzer.publish.pages.culture_notes import climate_notes
from blijfwijzer.publish.tables.benchmark_tables import clear_means
from blijfwijzer.publish.tables.climate_tables import (
    NO_MARK,
    clear_climate,
    clear_hidden,
    count_told,
    shown_climate,
)
from blijfwijzer.publish.tables.conduct_tables import clear_conduct
from blijfwijzer.publish.tables.culture_instrument import (
    clear_agreement,
    clear_comparable,
    clear_compared,
    clear_items,
    clear_scales,
)
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.tables.register_tables import clear_response
from blijfwijzer.publish.tables.worrying_tables import clear_worrying
from blijfwijzer.survey.labels import group_label
from blijfwijzer.survey.texts import Message, Value, say

_OF_EVERYONE = (
    *("scales", "items", "agreement", "comparable", "compared", "checks", "pairs"),
    *("conduct_links", "response", "moved_climate", "beside_means"),
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
        "climate": shown_climate(climate, findings),
        **clear_worrying(findings),
        "trend": _trend(findings),
        "mix": _mix(findings),
        "scales": clear_scales(findings),
        "items": clear_items(findings),
        "agreement": clear_agreement(findings),
        "comparable": clear_comparable(findings),
        "compared": clear_compared(findings),
        **clear_conduct(findings),
        "hidden": clear_hidden(climate, findings),
        "beside_means": clear_means(findings.beside, codebook, edge),
        "response": clear_response(findings.register, codebook, edge),
        "moved_climate": _moved(findings),
        "withheld": clear_withheld(
            findings.grouping.members[np.flatnonzero(~findings.permission.shown)],
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
        method=(*say_pack(origin), *climate_method(findings.settings, findings.codebook)),
        provenance=origin_facts(origin, wave),
        warnings=_warnings(findings),
        notes=climate_notes(findings),
        levels=tuple(map(findings.level_words, codebook.units.levels)),
    )


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
    # Groups are told by the dimensions of culture; other scales are not withheld by themselves.
    of = table.assign(dimension=table["scale"], group=table["place"].map(findings.ids_of_largest))
    table = table[~permission.hides(of) & ~permission.hid_before(of)]
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


def _moved(findings: CultureFindings) -> Cleared:
    """Tell how far favourable shares of everyone and of the largest units moved."""
    if findings.register is None:
        return TABLES["moved_climate"].empty()
    moved, groups = findings.register.moved, findings.grouping.groups
    labels = groups["label"].iloc[moved["place"].to_numpy(dtype=int)].to_numpy()
    table = moved.assign(
        label=labels, dimension=moved["target"].map(findings.labels), favourable=moved["rate"]
    )
    return findings.edge.clear("moved_climate", table)


def _warnings(findings: CultureFindings) -> tuple[Message, ...]:
    warnings = [*findings.warned, *tell_warnings(findings.intake.remarks, findings.settings)]
    if findings.unasked:
        names: Value = tuple(findings.labels[name] for name in findings.unasked)
        warnings.insert(0, say("warning.unasked", count=len(findings.unasked), names=names))
    if not findings.permission.tells_everyone:
        warnings.insert(0, say("warning.everyone"))
    return tuple(warnings)
