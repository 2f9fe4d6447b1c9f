"""The tables on unwanted behaviour: each goes through the gate here."""

from typing import Any

import pandas as pd

from blijfwijzer.culture.behaviours import ANY_INSIDE, ANY_OUTSIDE, CONTACT, LEAVES
from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.disclosure.rounding import hide_exact
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.culture_findings import CultureFindings, link_figure
from blijfwijzer.publish.tables.order import in_codebook_order
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.texts import Value, as_seen, say

_ENDS = ("raw_low", "raw_high", "net", "net_low", "net_high")
"""Of a change, as it is and net of who responded."""


def clear_conduct(findings: CultureFindings) -> dict[str, Cleared]:
    """Clear how common unwanted behaviour is, its change, and what goes with it."""
    return {
        "conduct": _shares(findings),
        "conduct_changes": _changes(findings),
        "conduct_links": _links(findings),
    }


def _shares(findings: CultureFindings) -> Cleared:
    shares, codebook = findings.conduct.shares, findings.codebook
    keys = zip(shares["behaviour"], shares["by"], shares["category"], strict=True)
    told_of = [key in findings.permission.conduct for key in keys]
    shares = findings.edge.enough(shares[pd.Series(told_of, index=shares.index, dtype=bool)])
    shares = _by_codebook(shares, codebook)
    categories = zip(shares["by"], shares["category"], strict=True)
    shown = shares.assign(
        behaviour=shares["behaviour"].map(_behaviour),
        category=list[Any](_category(by, code, codebook) for by, code in categories),
        by=list[Any](_by(by, codebook) for by in shares["by"]),
    )
    return findings.edge.clear("conduct", shown)


def _by_codebook(shares: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Put categories of contact in the order of their answers; units are in order of code."""
    attribute = _contact(codebook)
    answers = [
        (attribute if by == CONTACT else str(by), str(category))
        for by, category in zip(shares["by"], shares["category"], strict=True)
    ]
    blocks = list(zip(shares["behaviour"], shares["by"], strict=True))
    return shares.iloc[in_codebook_order(blocks, answers, codebook)]


def _contact(codebook: Codebook) -> str:
    """Name the column that asks for contact with citizens; "" where none does."""
    contact = codebook.concepts.get(CONTACT)
    return (contact.column if contact else None) or ""


def _behaviour(name: str) -> Value:
    """Words for a behaviour."""
    if name in (ANY_INSIDE, ANY_OUTSIDE):
        return say("behaviour.any_inside" if name == ANY_INSIDE else "behaviour.any_outside")
    return CONCEPTS[name]


def _by(by: str, codebook: Codebook) -> Value:
    if by == EVERYONE:
        return say("group.everyone")
    return CONCEPTS[CONTACT] if by == CONTACT else codebook.columns[by].label


def _category(by: str, code: str, codebook: Codebook) -> Value:
    """Words for everyone, for a unit, or for an answer on contact."""
    column = codebook.columns.get(_contact(codebook) if by == CONTACT else by)
    if by == EVERYONE:
        return say("group.everyone")
    return (column and column.codes.get(code)) or as_seen(code)


def _changes(findings: CultureFindings) -> Cleared:
    permission, table = findings.permission, findings.conduct.changes
    everyone = [(name, EVERYONE, EVERYONE) in permission.conduct for name in table["behaviour"]]
    # What happened to nearly all who were asked before tells of each of them, as it does now.
    is_telling = table["before"] >= findings.settings.disclosure.unanimity
    for wave in ("before", "now"):
        is_telling |= hide_exact(table[wave], table[f"n_{wave}"]).isna()
    table = table[pd.Series(everyone, index=table.index, dtype=bool) & ~is_telling]
    if not (permission.tells_before and len(table)):
        return TABLES["conduct_changes"].empty()
    table = table.assign(
        behaviour=table["behaviour"].map(_behaviour),
        n=table[["n_before", "n_now"]].min(axis=1),
        # Of shares as they are shown: in tenths of a point it would tell their counts.
        raw=table["now"].round(2) - table["before"].round(2),
        **{name: table[name].round(2) for name in _ENDS},
    )
    return findings.edge.clear("conduct_changes", findings.edge.enough(table))


def _links(findings: CultureFindings) -> Cleared:
    """Clear what goes with each behaviour: points of a scale, or percentage points.

    Where few of those to whom it happened want to leave, or nearly all, the difference tells so.
    """
    table, minimum = findings.conduct.links, findings.edge.minimum
    figures = findings.permission.figures
    told_of = [link_figure(name) in figures for name in table["behaviour"]]
    enough = table["fewest"] >= minimum
    table = table[enough & pd.Series(told_of, index=table.index, dtype=bool)]
    is_share = table["outcome"] == LEAVES
    measured = ["plain", "adjusted", "low", "high"]
    # Differences of shares become percentage points; both kinds are told to one decimal.
    table = table.assign(
        **{name: table[name].where(~is_share, 100 * table[name]) for name in measured},
        behaviour=table["behaviour"].map(_behaviour),
        outcome=table["outcome"].map(CONCEPTS),
        unit=list[Any](say("unit.percentage_points" if s else "unit.scale") for s in is_share),
        odds=table["odds_ratio"],
    )
    in_order = pd.concat([table[~is_share], table[is_share]])
    return findings.edge.clear("conduct_links", in_order)
