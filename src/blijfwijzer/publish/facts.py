"""What every page tells beside its subject: what was read, refused and withheld, and from what."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.disclosure.rounding import band_text
from blijfwijzer.publish.catalogue import PARTS, id_of
from blijfwijzer.publish.chapter import Facts
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.refusals import Refusal, count_refusals
from blijfwijzer.survey.texts import Message, say

_LOOSE = ("respondents", "people", "complement")


def survey_title(wave: str, codebook: Codebook) -> Message:
    """Say which wave of which survey a page is about."""
    return say("title.survey", wave=wave, codebook=codebook.survey.label)


def facts(counts: Mapping[str, int]) -> Facts:
    """Tell what was read and shown, people in bands."""
    of_people = [n for n in ("forms", "accepted", "refused") if n in counts]
    of_groups = [n for n in ("shown", "withheld", "rolled_up", "earlier_releases") if n in counts]
    if counts.get("uncompared"):
        of_groups.insert(1, "uncompared")
    return (
        *((say(id_of("fact", name)), band_text(counts[name])) for name in of_people),
        *((say(id_of("fact", name)), str(counts[name])) for name in of_groups),
    )


def origin_facts(origin: Mapping[str, str], wave: str) -> Facts:
    """Tell from what a release was made; libraries are known by their own names.

    Parameters
    ----------
    origin : `survey`, the name of the codebook, and hashes and versions
    """
    named = (
        (say(id_of("origin", name)) if name in PARTS["origin"] else name, value)
        for name, value in origin.items()
    )
    return ((say("origin.wave"), wave), *named)


def clear_rejected(rejected: pd.DataFrame) -> Cleared:
    """Clear the forms that were refused, counted by reason."""
    counts = [(str(refusal), count) for refusal, count in count_refusals(rejected)]
    return TABLES["rejected_file"].clear(pd.DataFrame(counts, columns=["reason", "responses"]))


def shown_rejected(rejected: pd.DataFrame, codebook: Codebook, edge: Edge) -> Cleared:
    """Clear the forms that were refused for a reader: reasons in words, forms in bands."""
    rows = [
        {"reason": _in_words(refusal, codebook), "responses": count}
        for refusal, count in count_refusals(rejected)
    ]
    return edge.clear("rejected", rows)


def _in_words(refusal: Refusal, codebook: Codebook) -> Message:
    column = codebook.columns.get(refusal.column)
    label = refusal.column if column is None else column.label
    return say(id_of("rejected", refusal.reason), column=label)


def clear_withheld(n: pd.Series, reasons: pd.Series, edge: Edge) -> Cleared:
    """Count what is withheld; that answers were alike is not told, since it would tell them.

    Parameters
    ----------
    n : respondents of each group that is withheld
    reasons : why, in the same order
    """
    small = reasons.isin(_LOOSE).to_numpy()
    rows: list[dict[str, Any]] = [
        {"reason": say(reason), "groups": int(here.sum()), "people": float(n[here].sum())}
        for reason, here in (("withheld.small", small), ("withheld.derived", ~small))
        if here.any()
    ]
    return edge.clear("withheld", rows)
