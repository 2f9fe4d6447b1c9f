"""What to know of a survey before it is used: no fault, and yet no reason to be silent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from blijfwijzer.survey.arrays import effective_n
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.files import Table
from blijfwijzer.survey.gaps import gap_codes, gap_numbers
from blijfwijzer.survey.replicates import replicate_names
from blijfwijzer.survey.texts import Message, Value

_MANY_MISSING = 0.2
_MOST_NAMES = 20


@dataclass(frozen=True)
class Remark:
    """Something to know of a survey, or of a model made from one."""

    level: Literal["warning", "note"]
    """A warning asks for a look; a note does not."""
    message: Message

    @property
    def code(self) -> str:
        """What it is about, by the same name whoever speaks of it."""
        return self.message.id.removeprefix("remark.")


def warnings_of(remarks: Sequence[Remark]) -> list[Message]:
    """Give what asks for a look."""
    return [remark.message for remark in remarks if remark.level == "warning"]


def remark_names(table: Table, codebook: Codebook, names: dict[str, str]) -> list[Remark]:
    """Columns of another name than in the codebook, and those that it does not have."""
    renamed: list[Value] = [
        Message("remark.renamed", {"name": name, "other": other})
        for name, other in names.items()
        if name != other
    ]
    known = {*codebook.columns, *replicate_names(table.frame.columns, codebook), *names.values()}
    unknown: list[Value] = [str(name) for name in table.frame.columns if name not in known]
    remarks = []
    if renamed:
        remarks.append(_note("remark.columns_renamed", renamed))
    if unknown:
        remarks.append(_note("remark.columns_unknown", unknown))
    return remarks


def remark_answers(accepted: pd.DataFrame, codebook: Codebook) -> list[Remark]:
    """Columns that tell little, and scales that cannot be made."""
    columns = [c.name for c in codebook.with_role("item", "career") if c.name in accepted]
    share = accepted[columns].isna().mean()
    many: list[Value] = [
        Message("remark.with_share", {"name": str(name), "share": round(100 * part)})
        for name, part in share[share > _MANY_MISSING].items()
    ]
    same: list[Value] = [name for name in columns if len(accepted[name].dropna().unique()) == 1]
    unmade: list[Value] = []
    for scale in codebook.scales.values():
        items = len(scale.items)
        absent = sum(
            item not in accepted and codebook.columns[item].absent == "missing"
            for item in scale.items
        )
        if 1 - absent / items < scale.minimum_share:
            values: dict[str, Value] = {"scale": scale.name, "absent": absent, "items": items}
            unmade.append(Message("remark.items_absent", values))
    remarks = []
    if many:
        remarks.append(_warning("remark.many_missing", many))
    if same:
        remarks.append(_warning("remark.one_answer", same))
    if unmade:
        remarks.append(_warning("remark.scales_unmade", unmade))
    return remarks


def remark_gaps(accepted: pd.DataFrame, codebook: Codebook) -> list[Remark]:
    """Codes that count as answers and are likely to be none; numbers are not repeated."""
    read = codebook.with_role("item", "career", "outcome", "claim", "audit")
    columns = [column for column in read if column.name in accepted]
    apart = {c.name: gap_codes(c.values.values()) for c in columns if c.type == "ordinal"}
    coded: list[Value] = [
        f"{name} ({', '.join(map(str, codes))})" for name, codes in apart.items() if codes
    ]
    beyond: list[Value] = [
        column.name
        for column in columns
        if column.type == "number" and gap_numbers(accepted[column.name].dropna().unique())
    ]
    remarks = []
    if coded:
        remarks.append(_warning("remark.codes_apart", coded))
    if beyond:
        remarks.append(_warning("remark.numbers_beyond", beyond))
    return remarks


def remark_weights(accepted: pd.DataFrame, codebook: Codebook) -> list[Remark]:
    """How much precision weighting costs."""
    weight = accepted["weight"]
    if codebook.weight is None or not np.isfinite(weight.sum()) or not weight.sum() > 0:
        return []
    asked, remarks = codebook.weight.replicates, []
    if asked and not replicate_names(accepted, codebook):
        remarks.append(Remark("note", Message("remark.no_replicates", {"name": asked})))
    values: dict[str, Value] = {
        "low": float(f"{weight.min() / weight.mean():.2g}"),
        "high": float(f"{weight.max() / weight.mean():.2g}"),
        "responses": len(weight),
        "worth": round(effective_n(weight.to_numpy(dtype=float))),
    }
    return [*remarks, Remark("note", Message("remark.weights", values))]


def _warning(name: str, told: list[Value]) -> Remark:
    return Remark("warning", of_several(name, told))


def _note(name: str, told: list[Value]) -> Remark:
    return Remark("note", of_several(name, told))


def of_several(name: str, told: list[Value]) -> Message:
    """Say something of several columns, naming the first of them where there are many."""
    names: Value = tuple(told)
    if len(told) > _MOST_NAMES:
        first = tuple(told[:_MOST_NAMES])
        names = Message("list.more", {"first": first, "more": len(told) - _MOST_NAMES})
    return Message(name, {"names": names}, len(told))
