"""What every page tells beside its subject: what was read, refused and withheld, and from what."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.disclosure.rounding import band_text
from blijfwijzer.publish.catalogue import PARTS, id_of
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, Language
from blijfwijzer.survey.intake import count_reasons

_LOOSE = ("respondents", "people", "complement")
_OTHERS = "other reasons"


def facts(counts: Mapping[str, int], language: Language) -> tuple[tuple[str, str], ...]:
    """Tell what was read and shown, people in bands."""
    of_people = [n for n in ("forms", "accepted", "refused") if n in counts]
    of_groups = [n for n in ("shown", "withheld", "rolled_up", "earlier_releases") if n in counts]
    if counts.get("uncompared"):
        of_groups.insert(1, "uncompared")
    return (
        *((say(id_of("fact", name), language), band_text(counts[name])) for name in of_people),
        *((say(id_of("fact", name), language), str(counts[name])) for name in of_groups),
    )


def origin_facts(
    origin: Mapping[str, str], wave: str, language: Language
) -> tuple[tuple[str, str], ...]:
    """Tell from what a release was made; libraries are known by their own names.

    Parameters
    ----------
    origin : `survey`, the name of the codebook, and hashes and versions
    """
    named = [(say("origin.wave", language), wave)]
    for name, value in origin.items():
        is_known = name in PARTS["origin"]
        named.append((say(id_of("origin", name), language) if is_known else name, value))
    return tuple(named)


def clear_rejected(rejected: pd.DataFrame, minimum: int) -> Cleared:
    """Clear the forms that were refused, counted by reason.

    Parameters
    ----------
    minimum : forms that a reason must have to be named
    """
    return TABLES["rejected_file"].clear(tell_reasons(rejected, minimum), minimum)


def shown_rejected(rejected: pd.DataFrame, codebook: Codebook, settings: Settings) -> Cleared:
    """Clear the forms that were refused for a reader: reasons in words, forms in bands."""
    minimum, language = settings.disclosure.minimum, settings.language
    counts = tell_reasons(rejected, minimum)
    words = [_refusal(str(reason), codebook, language) for reason in counts["reason"]]
    counts = counts.assign(reason=pd.Series(words, index=counts.index, dtype="object"))
    return TABLES["rejected"].clear(counts, minimum)


def tell_reasons(rejected: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Count refused forms by reason, reasons of few forms together.

    That one person gave an answer that the codebook does not know, of a question on sex say, tells
    of that person. A form can have several reasons, and counts once among the others.

    Parameters
    ----------
    minimum : forms that a reason must have to be named; the others take the next one with them
        until they have as many, and where all have fewer none is told

    Returns
    -------
    One row per reason that is told: reason, responses; most first, others last.
    """
    counts, given = count_reasons(rejected), rejected["reasons"].astype("str").str.split("; ")
    named = int((counts["responses"] >= minimum).sum())
    others = 0
    for first in range(named, -1, -1):
        few = frozenset(counts["reason"][first:])
        others = int(sum(not few.isdisjoint(reasons) for reasons in given))
        if not few or others >= minimum:
            break
    else:
        return counts[:0]
    if not others:
        return counts
    last = pd.DataFrame({"reason": [_OTHERS], "responses": [others]})
    return pd.concat([counts[:first], last], ignore_index=True)


def _refusal(reason: str, codebook: Codebook, language: Language) -> str:
    """Give the words for a reason that the intake names, with the label of its column, if any."""
    name, _, column = reason.partition(": ")
    part = name.replace(" ", "_").replace("-", "_")
    if part not in PARTS["rejected"]:
        return reason
    known = codebook.columns.get(column)
    label = column if known is None else known.label.in_(language)
    return say(id_of("rejected", part), language, column=label)


def clear_withheld(members: csr_array, reasons: pd.Series, language: Language) -> Cleared:
    """Count what is withheld; that answers were alike is not told, since it would tell them.

    Parameters
    ----------
    members : one row per group that is withheld, one column per response; who is in several of
        them counts once
    reasons : why, in the same order
    """
    small = reasons.isin(_LOOSE).to_numpy()
    table = TABLES["withheld"]
    rows = [
        {
            "reason": say(reason, language),
            "groups": int(here.sum()),
            "people": float((members[np.flatnonzero(here)].sum(axis=0) > 0).sum()),
        }
        for reason, here in (("withheld.small", small), ("withheld.derived", ~small))
        if here.any()
    ]
    return table.clear(pd.DataFrame(rows, columns=table.names))
