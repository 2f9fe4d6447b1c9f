"""Tables of a register: who responded, and how far its margins moved figures, through the gate."""

from collections.abc import Iterator

import pandas as pd

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.disclosure.rounding import band_middle
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.findings import Findings, RegisterFindings
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.texts import Message, as_seen, say


def clear_response(found: RegisterFindings | None, codebook: Codebook, edge: Edge) -> Cleared:
    """Clear how many of the people with each code of a register responded."""
    if found is None:
        return TABLES["response"].empty()
    table = found.weights.response[found.told]
    columns = [codebook.columns[name] for name in table["variable"]]
    labels = [c.codes.get(x, as_seen(x)) for c, x in zip(columns, table["code"], strict=True)]
    # From the middle of its band, which whoever knows the people would else see through.
    middle = band_middle(table["n"].to_numpy(dtype=float)) / table["people"].to_numpy(dtype=float)
    told = table.assign(
        attribute=pd.Series([column.label for column in columns], table.index, dtype="object"),
        label=pd.Series(labels, table.index, dtype="object"),
        response=pd.Series(middle, table.index).clip(upper=1),
    )
    return edge.clear("response", told)


def clear_moved(findings: Findings) -> Cleared:
    """Clear how far the rates of everyone and of the largest units moved."""
    if findings.register is None:
        return TABLES["moved"].empty()
    moved, groups = findings.register.moved, findings.estimates.grouping.groups
    labels = groups["label"].iloc[moved["place"].to_numpy(dtype=int)].to_numpy()
    return findings.edge.clear("moved", moved.assign(label=labels))


def say_register(found: RegisterFindings | None, factor: float) -> Iterator[Message]:
    """Say how response differs, and what weights that mend that cost.

    Parameters
    ----------
    factor : by which a weight may move at most
    """
    if found is None:
        return
    weights = found.weights
    low, high = weights.middle
    yield say("register.weighed", own=100 * weights.own, factor=factor)
    yield say("register.indicator", indicator=round(weights.indicator, 2))
    yield say("register.weights", low=low, high=high, effect=weights.design_effect)
    yield say("register.unknown")
