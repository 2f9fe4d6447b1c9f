"""What to know of a survey before it is used: no fault, and yet no reason to be silent.

Each is a sentence; the check that it belongs to (`checks/`) has its code and its level.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.survey.answers import Cell
from blijfwijzer.survey.arrays import effective_n
from blijfwijzer.survey.codebook import WHOLE_SURVEY, Codebook
from blijfwijzer.survey.gaps import gap_codes, gap_numbers
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.labels import called
from blijfwijzer.survey.replicates import replicate_names
from blijfwijzer.survey.table import Table
from blijfwijzer.survey.texts import FEWEST_TOLD, Message, Value, say

MANY_MISSING = 0.2
LARGE_DESIGN_EFFECT = 2.0
"""Kish's design effect of weighting from which more than half of the responses bring nothing."""
_MOST_NAMES = 20


def remark_names(table: Table, codebook: Codebook, names: dict[str, str]) -> list[Message]:
    """Columns of another name than in the codebook, and those that one of both does not have."""
    renamed: list[Value] = [
        say("remark.renamed", name=name, other=other)
        for name, other in names.items()
        if name != other
    ]
    absent: list[Value] = [
        column.name
        for column in codebook.columns.values()
        if column.name not in {*names, WHOLE_SURVEY}
        and column.role != "ignore"
        and column.absent == "missing"
    ]
    known = {*codebook.columns, *replicate_names(table.frame.columns, codebook), *names.values()}
    unknown: list[Value] = [str(name) for name in table.frame.columns if name not in known]
    return [
        *of_several("remark.columns_absent", told=absent),
        *of_several("remark.columns_renamed", told=renamed),
        *of_several("remark.columns_unknown", told=unknown),
    ]


def remark_stray(became: Mapping[str, NDArray[np.intp]], codebook: Codebook) -> list[Message]:
    """Answers that the codebook does not allow, which are read as missing.

    How many is told in tens, and of few not which question it is, as that can tell of a person.

    Parameters
    ----------
    became : column to how many of its cells in accepted responses became what, by `Cell`
    """
    counts = {name: int(of[Cell.STRAY :].sum()) for name, of in became.items()}
    names = called(codebook)
    told: list[Value] = [
        say("remark.at_least", name=names[name], least=count // FEWEST_TOLD * FEWEST_TOLD)
        for name, count in counts.items()
        if count >= FEWEST_TOLD
    ]
    few = sum(0 < count < FEWEST_TOLD for count in counts.values())
    found = of_several("remark.stray", told=told)
    return [*found, Message("remark.stray_few", {}, few)] if few else found


def remark_answers(accepted: Responses, codebook: Codebook) -> list[Message]:
    """Columns that tell little, and scales that cannot be made."""
    columns = [c.name for c in codebook.with_role("item", "career") if c.name in accepted]
    names = called(codebook)
    share = pd.Series({name: accepted[name].isna().mean() for name in columns}, dtype=float)
    many: list[Value] = [
        say("remark.with_share", name=names[str(name)], share=int(10 * part) * 10)
        for name, part in share[share > MANY_MISSING].items()
    ]
    alike = [name for name in columns if len(accepted[name].dropna().unique()) == 1]
    same: list[Value] = [names[name] for name in alike]
    unmade: list[Value] = []
    for scale in codebook.scales.values():
        items = len(scale.items)
        absent = sum(
            item not in accepted and codebook.columns[item].absent == "missing"
            for item in scale.items
        )
        if 1 - absent / items < scale.minimum_share:
            unmade.append(
                say("remark.items_absent", scale=names[scale.name], absent=absent, items=items)
            )
    return [
        *of_several("remark.many_missing", told=many),
        *of_several("remark.one_answer", told=same),
        *of_several("remark.scales_unmade", told=unmade),
    ]


def remark_gaps(accepted: Responses, codebook: Codebook) -> list[Message]:
    """Codes that count as answers and are likely to be none; numbers are not repeated.

    Of a few numbers it is not told which question it is: one person may truly be 77.
    """
    read = codebook.with_role("item", "career", "outcome", "claim", "audit")
    columns = [column for column in read if column.name in accepted]
    apart = {c.name: gap_codes(c.values.values()) for c in columns if c.type == "ordinal"}
    coded: list[Value] = [
        f"{name} ({', '.join(map(str, codes))})" for name, codes in apart.items() if codes
    ]
    beyond = {
        column.name: int(answers.isin(gap_numbers(answers.dropna().unique())).sum())
        for column in columns
        if column.type == "number"
        for answers in [accepted[column.name]]
    }
    many: list[Value] = [name for name, count in beyond.items() if count >= FEWEST_TOLD]
    few = sum(0 < count < FEWEST_TOLD for count in beyond.values())
    return [
        *of_several("remark.codes_apart", told=coded),
        *of_several("remark.numbers_beyond", told=many),
        *([Message("remark.numbers_beyond_few", {}, few)] if few else []),
    ]


def remark_weights(accepted: Responses, codebook: Codebook) -> list[Message]:
    """How much precision weighting costs."""
    weight = accepted["weight"]
    if codebook.weight is None or not np.isfinite(weight.sum()) or not weight.sum() > 0:
        return []
    asked = codebook.weight.replicates
    worth = effective_n(weight.to_numpy(dtype=float))
    weights = say(
        "remark.weights",
        low=float(f"{weight.min() / weight.mean():.2g}"),
        high=float(f"{weight.max() / weight.mean():.2g}"),
        responses=len(weight),
        worth=round(worth),
    )
    found = [weights]
    if asked and not replicate_names(accepted, codebook):
        found.insert(0, say("remark.no_replicates", name=asked))
    if (effect := len(weight) / worth) > LARGE_DESIGN_EFFECT:
        found.append(say("remark.weights_costly", effect=float(f"{effect:.2g}")))
    return found


def of_several(name: str, *, told: list[Value]) -> list[Message]:
    """Say something of columns or units, if any, naming the first of them where there are many."""
    if not told:
        return []
    return [Message(name, {"names": shortened(told)}, len(told))]


def shortened(told: list[Value], most: int = _MOST_NAMES) -> Value:
    """Give the first of many names, and how many there are more."""
    if len(told) <= most:
        return tuple(told)
    return say("list.more", first=tuple(told[:most]), more=len(told) - most)
