"""What a report shows of what people decided."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.governance.rulings import VERDICTS
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pages.page_table import tidy
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.texts import Message, say
from blijfwijzer.vouchers.uptake import Uptake, furthest_apart


def show_decisions(
    report: Chapter, decided: pd.DataFrame, labels: Mapping[str, str], told: Message
) -> tuple[Chapter, Cleared]:
    """Add decisions to the report of a release.

    Parameters
    ----------
    decided : one row per decision, as `tabulate_rulings` gives
    labels : group to what it is called
    told : how often proposals were followed

    Returns
    -------
    The report with them, and the table with the ids of groups.
    """
    edge = Edge(report.language)
    words = {name: edge.in_words(say(id_of("decision", name))) for name in VERDICTS}
    rows = decided.assign(
        label=[labels.get(group, group) for group in decided["group"]],
        decision=[words[name] for name in decided["decision"]],
    )
    tables = {**report.tables, "decisions": edge.clear("decisions", rows)}
    notes = {**report.notes, "decided": (told,)}
    return replace(report, tables=tables, notes=notes), edge.clear("decisions_file", decided)


def clear_cases(
    groups: pd.DataFrame, cases: Mapping[str, str], labels: Mapping[str, str]
) -> Cleared:
    """Give the groups of a blind review: who they are and how many; no risk, flag or voucher.

    Parameters
    ----------
    groups : as in groups.parquet, which was cleared
    cases : number of a case to its group, in the order of showing
    labels : group to what it is called, also where it is no row of `groups`
    """
    about = groups.set_index("group").reindex(list(cases.values()))
    rows = pd.DataFrame(
        {
            "case": list(cases),
            "label": [labels.get(group, group) for group in cases.values()],
            "level": about["level"].fillna("").to_numpy(),
            "sector": about["sector_label"].fillna("").to_numpy(),
            "n": about["n"].to_numpy(dtype=float),
            **dict.fromkeys(("decision", "by", "date", "reason"), ""),
        }
    )
    return TABLES["cases_file"].clear(rows)


def show_uptake(report: Chapter, found: Uptake, minimum: int) -> Chapter:
    """Add who accepted and completed what was offered, and what that tells."""
    edge = Edge(report.language, minimum)
    tables = {**report.tables, "uptake": edge.clear("uptake", found.rows)}
    apart = furthest_apart(found.rows, "completed")
    told = say("uptake.alike")
    if apart is not None:
        attribute, high, low = map(tidy, apart)
        told = say("uptake.apart", attribute=attribute, high=high, low=low)
    notes = {**report.notes, "uptake": (say("note.uptake", withheld=found.withheld), told)}
    return replace(report, tables=tables, notes=notes)


def show_blind(report: Chapter, reviewed: pd.DataFrame) -> Chapter:
    """Add what was found in a review that did not know what was proposed.

    Parameters
    ----------
    reviewed : one row per source of cases: source, reviewed, accepted, low, high
    """
    edge = Edge(report.language)
    words = [edge.in_words(say(id_of("blind.source", name))) for name in reviewed["source"]]
    table = edge.clear("blind", reviewed.assign(source=words))
    return replace(report, tables={**report.tables, "blind": table})
