"""What groups are called: units by their names, below those that they are part of."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.groups.simple_rule import FITS, SIMPLE_RULE
from blijfwijzer.survey.codebook import Codebook, Column
from blijfwijzer.survey.rules import AllOf, Condition
from blijfwijzer.survey.texts import Message, Value, as_seen, say

Names = Mapping[str, Mapping[str, str]]
"""Unit level to code to name."""
_NO_NAMES: Names = MappingProxyType({})


def name_groups(grouping: Grouping, codebook: Codebook, names: Names = _NO_NAMES) -> Grouping:
    """Call each unit by its name, after the units that it is part of.

    The largest level is left out before a smaller one, as it has a column of its own, and so is a
    level of which there is one unit. So two departments of one name are told apart.

    Parameters
    ----------
    names : of codes that the codebook has no text for
    """
    groups, rule = grouping.groups, word_rule(codebook)
    paths = [GroupPath.parse(group) for group in groups.index]
    units = {path.units[:depth] for path in paths for depth in range(1, len(path.units) + 1)}
    count = Counter(unit[-1][0] for unit in units)
    labels = list[Value]()
    for path, label in zip(paths, groups["label"], strict=True):
        own = [one for one in path.units[1:-1] if count[one[0]] > 1] + [*path.units[-1:]]
        told: list[Value] = [
            _name(code, codebook.columns[level], names.get(level, {})) for level, code in own
        ]
        answer = _answer(path, label, rule)
        told += [] if answer is None else [answer]
        labels.append(told[0] if len(told) == 1 else tuple(told) or label)
    named = pd.Series(labels, index=groups.index, dtype=object)
    return replace(grouping, groups=groups.assign(label=named))


def word_rule(codebook: Codebook) -> Message | None:
    """Say whom the simple rule is about; None where it is no short list of conditions."""
    rule = codebook.simple_rule
    parts = rule.all if isinstance(rule, AllOf) else (rule,)
    said = tuple(
        worded
        for part in parts
        if isinstance(part, Condition) and (worded := _condition(part, codebook)) is not None
    )
    return say("rule.fits", conditions=said) if len(said) == len(parts) else None


def _answer(path: GroupPath, label: Value, rule: Message | None) -> "Value | None":
    """Give what all people of a group answered; None where it is a unit, or everyone."""
    if path.cross is None:
        return None
    if path.cross[0] == SIMPLE_RULE and rule is not None:
        return rule if path.cross[1] == FITS else say("rule.others")
    return label[-1] if isinstance(label, tuple) else label


def _name(code: str, column: Column, names: Mapping[str, str]) -> Value:
    return column.codes.get(code) or as_seen(names.get(code, "")) or as_seen(code)


def _condition(condition: Condition, codebook: Codebook) -> Message | None:
    column = codebook.columns.get(condition.column or "")
    if column is None:
        return None
    if condition.one_of is not None:
        answers = tuple(column.codes.get(code, code) for code in condition.one_of)
        return say("condition.one_of", question=column.label, answers=answers)
    if condition.at_least is not None:
        return say("condition.from", question=column.label, low=condition.at_least)
    if condition.at_most is not None:
        return say("condition.to", question=column.label, high=condition.at_most)
    return None
