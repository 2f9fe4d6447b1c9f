"""What groups are called: units by their names, below those that they are part of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.groups.simple_rule import FITS, SIMPLE_RULE
from blijfwijzer.survey.codebook import Codebook, Column
from blijfwijzer.survey.rules import AllOf, Condition
from blijfwijzer.survey.texts import LANGUAGES, Language, Message, Text, Value, as_seen, say

Name = str | Text
"""What one unit is called."""
Names = Mapping[str, Mapping[str, Name]]
"""Unit level to code to name."""
_NO_NAMES: Names = MappingProxyType({})
Units = tuple[tuple[str, str], ...]
"""Level and code of a unit and of those that it is part of, as in a `GroupPath`."""


def name_groups(grouping: Grouping, codebook: Codebook, names: Names = _NO_NAMES) -> Grouping:
    """Call each unit by its name, after the units that it is part of.

    The largest level is left out before a smaller one, as it has a column of its own, and so is a
    level of which there is one unit. Units that would still be called the same are told apart by
    all that they are part of, and those within one unit by their codes: who reads a name alone, in
    a sentence or as a title, must know whom it is about.

    Parameters
    ----------
    names : of codes that the codebook has no text for
    """
    groups, rule = grouping.groups, word_rule(codebook)
    paths = [GroupPath.parse(group) for group in groups.index]
    called = _call_units(paths, codebook, names)
    labels = list[Value]()
    for path, label in zip(paths, groups["label"], strict=True):
        told: list[Value] = [*called[path.units]]
        answer = _answer(path, label, rule)
        told += [] if answer is None else [answer]
        labels.append(told[0] if len(told) == 1 else tuple(told) or label)
    named = pd.Series(labels, index=groups.index, dtype=object)
    return replace(grouping, groups=groups.assign(label=named))


def _call_units(
    paths: Sequence[GroupPath], codebook: Codebook, names: Names
) -> dict[Units, tuple[Name, ...]]:
    """Call each unit by as few names as tell it apart from all others."""
    units = {path.units[:depth] for path in paths for depth in range(len(path.units) + 1)}
    count = Counter(unit[-1][0] for unit in units if unit)

    def call(unit: Units, first: int) -> tuple[Name, ...]:
        own = [one for one in unit[first:-1] if count[one[0]] > 1] + [*unit[-1:]]
        return tuple(_name(c, codebook.columns[level], names.get(level, {})) for level, c in own)

    called = {unit: call(unit, 1) for unit in units}
    called |= {unit: call(unit, 0) for unit in _not_apart(called)}
    return called | {unit: (*called[unit], unit[-1][1]) for unit in _not_apart(called)}


def _not_apart(called: Mapping[Units, tuple[Name, ...]]) -> list[Units]:
    """Give the units that are called as another one is, in some language."""
    found = set[Units]()
    for language in LANGUAGES:
        said = {unit: ", ".join(_in(n, language) for n in own) for unit, own in called.items()}
        count = Counter(said.values())
        found |= {unit for unit, own in said.items() if count[own] > 1}
    return sorted(found)


def _in(name: Name, language: Language) -> str:
    return name.in_(language) if isinstance(name, Text) else name


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


def _name(code: str, column: Column, names: Mapping[str, Name]) -> Name:
    own = column.codes.get(code)
    if own is not None and not own.repeats(code):
        return own
    name = names.get(code, "")
    return (as_seen(name) if isinstance(name, str) else name) or own or as_seen(code)


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
