"""What every page tells beside its subject: what was read, refused and withheld, and from what."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.disclosure.rounding import band_text
from blijfwijzer.disclosure.rules import LOOSE
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.publish.chapter import Facts
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.language.catalogue import PARTS, id_of
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.rejections import Rejection, count_rejections
from blijfwijzer.survey.texts import Message, say


def survey_title(wave: str, codebook: Codebook) -> Message:
    """Say which wave of which survey a page is about."""
    return say("title.survey", wave=wave, codebook=codebook.survey.label)


def count_groups(intake: Intake, grouping: Grouping, shown: NDArray[np.bool_]) -> dict[str, int]:
    """Count forms and groups, for the record of a release.

    Parameters
    ----------
    shown : whether each group may be shown
    """
    return {
        "forms": intake.rows,
        "accepted": len(intake.held),
        "refused": len(intake.rejected),
        "groups": len(shown),
        "shown": int(shown.sum()),
        "withheld": int((~shown).sum()),
        "rolled_up": int(grouping.rolled_up["groups"].sum()),
    }


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


def origin_facts(origin: Mapping[str, str], wave: str = "") -> Facts:
    """Tell from what a release was made; libraries are known by their own names.

    Parameters
    ----------
    origin : `survey`, the name of the codebook, and hashes and versions
    wave : left out where a page is of several
    """
    named = (
        (say(id_of("origin", name)) if name in PARTS["origin"] else name, value)
        for name, value in origin.items()
    )
    return (*([(say("origin.wave"), wave)] if wave else []), *named)


def say_pack(origin: Mapping[str, str]) -> tuple[Message, ...]:
    """Say in which pack the models came, and who vouches for them; nothing where they came in none.

    Parameters
    ----------
    origin : what a page was made from
    """
    if "pack" not in origin:
        return ()
    told = {"pack": origin["pack"], "by": origin["pack_signed_by"]}
    return (Message("method.pack", {**told, "made": origin["pack_made"][:10]}),)


def clear_rejected(rejected: pd.DataFrame, minimum: int) -> Cleared:
    """Clear the forms that were refused, counted by reason.

    Parameters
    ----------
    minimum : forms that a reason must have to be named
    """
    counts = [(str(rejection), count) for rejection, count in tell_reasons(rejected, minimum)]
    rows = pd.DataFrame(counts, columns=TABLES["rejected_file"].names)
    return TABLES["rejected_file"].clear(rows, minimum)


def shown_rejected(rejected: pd.DataFrame, codebook: Codebook, edge: Edge) -> Cleared:
    """Clear the forms that were refused for a reader: reasons in words, forms in bands."""
    rows = [
        {"reason": _in_words(rejection, codebook), "responses": count}
        for rejection, count in tell_reasons(rejected, edge.minimum)
    ]
    return edge.clear("rejected", rows)


def tell_reasons(rejected: pd.DataFrame, minimum: int) -> list[tuple[Rejection, int]]:
    """Count refused forms by reason, reasons of few forms together.

    That one person gave an answer that the codebook does not know, of a question on sex say, tells
    of that person. A form can have several reasons, and counts once among the others.

    Parameters
    ----------
    rejected : one row per refused form, with a column `reasons`
    minimum : forms that a reason must have to be named; the others take the next one with them
        until they have as many, and where all have fewer none is told

    Returns
    -------
    Each reason that is told and its forms; most first, others last.
    """
    counts = count_rejections(rejected)
    for first in range(sum(n >= minimum for _, n in counts), -1, -1):
        few = {rejection for rejection, _ in counts[first:]}
        others = sum(not few.isdisjoint(rejections) for rejections in rejected["reasons"])
        if not few:
            return counts
        if others >= minimum:
            return [*counts[:first], (Rejection("other_reasons"), others)]
    return []


def _in_words(rejection: Rejection, codebook: Codebook) -> Message:
    column = codebook.columns.get(rejection.column)
    label = rejection.column if column is None else column.label
    return say(id_of("rejected", rejection.reason), column=label)


def clear_withheld(members: csr_array, reasons: pd.Series, edge: Edge) -> Cleared:
    """Count what is withheld; that answers were alike is not told, since it would tell them.

    Parameters
    ----------
    members : one row per group that is withheld, one column per response; who is in several of
        them counts once
    reasons : why, in the same order
    """
    small = reasons.isin(LOOSE).to_numpy()
    rows: list[dict[str, Any]] = [
        {
            "reason": say(reason),
            "groups": int(here.sum()),
            "people": float((members[np.flatnonzero(here)].sum(axis=0) > 0).sum()),
        }
        for reason, here in (("withheld.small", small), ("withheld.derived", ~small))
        if here.any()
    ]
    return edge.clear("withheld", rows)
