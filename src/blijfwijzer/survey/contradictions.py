"""In what a codebook contradicts itself."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from blijfwijzer.survey.concepts import CONCEPTS, YES_OR_NO, Concept
from blijfwijzer.survey.rules import Condition, conditions_of

if TYPE_CHECKING:
    from blijfwijzer.survey.codebook import Codebook, Column, Outcome, Scale

# Names become columns of tables and folders on disk.
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def find_contradictions(codebook: "Codebook") -> Iterator[str]:
    """Say everything in which a codebook contradicts itself, each as `key: what is wrong`."""
    for column in codebook.columns.values():
        yield from _column_faults(column, codebook)
    yield from _name_faults(codebook)
    for scale in codebook.scales.values():
        yield from _scale_faults(scale, codebook)
    for outcome in codebook.outcomes.values():
        yield from _outcome_faults(outcome, codebook)
    for name, concept in codebook.concepts.items():
        found = [*_concept_faults(concept, codebook), *_yes_no_faults(name, concept, codebook)]
        yield from (f"concepts.{name}: {fault}" for fault in found)
    strange = [name for name in codebook.concepts if name not in CONCEPTS]
    if strange:
        yield f"concepts: {len(strange)} unknown: {', '.join(strange)}; docs/codebook.md lists them"
    yield from _unit_faults(codebook)
    yield from _voucher_faults(codebook)


def _voucher_faults(codebook: "Codebook") -> Iterator[str]:
    rule, use = codebook.simple_rule, codebook.vouchers
    for condition in conditions_of(rule) if rule is not None else ():
        yield from (f"simple_rule: {fault}" for fault in _condition_faults(condition, codebook))
        column = codebook.columns.get(condition.source)
        if column is not None and column.role == "audit":
            yield f"simple_rule: {column.name!r} is an audit attribute, and makes no groups"
    outcome = None if use is None else codebook.outcomes.get(use.outcome)
    if use is not None and (outcome is None or outcome.kind != "need"):
        yield f"vouchers: outcome {use.outcome!r} is no outcome of the kind need"


def _column_faults(column: "Column", codebook: "Codebook") -> Iterator[str]:
    where = f"columns.{column.name}"
    if column.type == "ordinal" and not column.codes and column.role != "ignore":
        yield f"{where}: an ordinal column needs its codes in order"
    if column.type == "number" and column.codes:
        yield f"{where}: a number has a range, no codes; make it ordinal or nominal"
    if column.type != "number" and column.range is not None:
        yield f"{where}: only a number has a range"
    if column.range is not None and column.range[0] >= column.range[1]:
        yield f"{where}: the range must go from low to high"
    if column.decimal is not None and column.type != "number":
        yield f"{where}: only a number has decimals"
    both = sorted(set(column.codes) & set(column.missing))
    if both:
        yield f"{where}: codes {', '.join(both)} are both an answer and missing"
    if column.bands and (column.type != "number" or list(column.bands) != sorted(column.bands)):
        yield f"{where}: bands are rising cut points of a number"
    if column.in_construct is not None and column.in_construct not in codebook.constructs:
        yield f"{where}: construct {column.in_construct!r} is not under [constructs]"


def _name_faults(codebook: "Codebook") -> Iterator[str]:
    aliases = [alias for column in codebook.columns.values() for alias in column.aliases]
    twice = sorted({alias for alias in aliases if aliases.count(alias) > 1})
    clash = sorted(set(aliases) & set(codebook.columns))
    if twice or clash:
        yield f"aliases: {', '.join(twice + clash)} name more than one column"
    shared = sorted(set(codebook.scales) & set(codebook.columns))
    if shared:
        yield f"scales: {', '.join(shared)} are names of columns too; rename the scales"
    for part, names in (("scales", list(codebook.scales)), ("outcomes", list(codebook.outcomes))):
        odd = [name for name in names if not _PLAIN_NAME.fullmatch(name)]
        if odd:
            yield f"{part}: {', '.join(odd)}: use letters, digits, - and _ only"
    if not _PLAIN_NAME.fullmatch(codebook.survey.name + codebook.survey.wave):
        yield "survey: name and wave become folder names: use letters, digits, - and _ only"
    for role in ("weight", "id"):
        if sum(column.role == role for column in codebook.columns.values()) > 1:
            yield f"columns: more than one has the role {role}"


def _scale_faults(scale: "Scale", codebook: "Codebook") -> Iterator[str]:
    where = f"scales.{scale.name}"
    if scale.in_construct not in codebook.constructs:
        yield f"{where}: construct {scale.in_construct!r} is not under [constructs]"
    unknown = [item for item in scale.items if item not in codebook.columns]
    if unknown:
        yield f"{where}: items {', '.join(unknown)} are no columns"
        return
    stray = [item for item in scale.reversed if item not in scale.items]
    if stray:
        yield f"{where}: reversed {', '.join(stray)} are not among its items"
    elsewhere = [item for item in scale.items if codebook.scale_of(item) is not scale]
    if elsewhere:
        yield f"{where}: items {', '.join(elsewhere)} belong to another scale too"
    spans = {codebook.columns[item].span for item in scale.items}
    if None in spans or len(spans) > 1:
        yield f"{where}: its items need codes or a range, and all the same lowest and highest"


def _outcome_faults(outcome: "Outcome", codebook: "Codebook") -> Iterator[str]:
    where = f"outcomes.{outcome.name}"
    for condition in conditions_of(outcome.rule):
        yield from (f"{where}: {fault}" for fault in _condition_faults(condition, codebook))
    strange = [n for n in outcome.bars if n not in codebook.columns and n not in codebook.scales]
    if strange:
        yield f"{where}: bars {', '.join(strange)} are neither columns nor scales"


def _condition_faults(condition: Condition, codebook: "Codebook") -> Iterator[str]:
    if condition.scale is not None:
        if condition.scale not in codebook.scales:
            yield f"the rule's scale {condition.scale!r} is not under [scales]"
        return
    column = codebook.columns.get(condition.source)
    if column is None:
        yield f"the rule's column {condition.source!r} is not under [columns]"
    elif column.role == "ignore":
        yield f"the rule's column {column.name!r} is ignored; give it the role outcome"
    elif condition.one_of is not None and column.type == "number":
        yield f"the rule's column {column.name!r} is a number: use at_least or at_most, not `in`"
    elif condition.one_of is None and column.type == "nominal":
        yield f"the rule's column {column.name!r} has no order: use `in`"
    elif condition.one_of is None and column.is_turned:
        yield (
            f"the rule's column {column.name!r} has codes in another order than numbers: say with "
            "`in` which are meant"
        )
    elif condition.one_of is not None and column.codes:
        strange = sorted(set(condition.one_of) - set(column.codes))
        if strange:
            yield f"the rule's codes {', '.join(strange)} are none of column {column.name!r}"


def _concept_faults(concept: Concept, codebook: "Codebook") -> Iterator[str]:
    for kind, name, known in (
        ("scale", concept.scale, codebook.scales),
        ("outcome", concept.outcome, codebook.outcomes),
    ):
        if name is not None and name not in known:
            yield f"{kind} {name!r} is not under [{kind}s]"
    for condition in conditions_of(concept.rule) if concept.rule is not None else ():
        yield from _condition_faults(condition, codebook)
    if concept.column is None:
        if concept.reversed and concept.scale is None:
            yield "only a column or a scale can be reversed"
        return
    column = codebook.columns.get(concept.column)
    if column is None:
        yield f"column {concept.column!r} is not under [columns]"
    elif column.role == "ignore":
        yield f'column {column.name!r} is ignored; give it the role "claim"'
    elif column.type == "nominal":
        yield f"column {column.name!r} has no order: use a rule with `in`"
    elif concept.reversed and column.span is None:
        yield f"column {column.name!r} is reversed, so it needs codes or a range"


def _yes_no_faults(name: str, concept: Concept, codebook: "Codebook") -> Iterator[str]:
    """Refuse answers that would be counted as if they were yes or no and are more than that."""
    if name not in YES_OR_NO:
        return
    if concept.scale is not None:
        yield (
            "is yes or no, and a scale gives a score: say from where it is yes, as in "
            f'`rule = {{ scale = "{concept.scale}", at_least = 4 }}`'
        )
    column = codebook.columns.get(concept.column or "")
    if column is None or column.role == "ignore" or column.type == "nominal":
        return
    if column.type == "number" and column.pair is None:
        yield (
            f"is yes or no, and column {column.name!r} is a number: say from where it is yes, as "
            f'in `rule = {{ column = "{column.name}", at_least = 1 }}`, or give it the codes of '
            "yes and no"
        )
    elif column.type == "ordinal" and len(column.codes) == 1:
        yield (
            f"is yes or no, and column {column.name!r} has one answer: write another one in the "
            "export for those who did not tick it, and give both as codes"
        )
    elif column.type == "ordinal" and len(column.codes) > 2:
        yes = list(column.codes)[:1] if concept.reversed else list(column.codes)[-1:]
        yield (
            f"is yes or no, and column {column.name!r} has {len(column.codes)} answers: say which "
            f'are yes, as in `rule = {{ column = "{column.name}", in = ["{yes[0]}"] }}`'
        )


def _unit_faults(codebook: "Codebook") -> Iterator[str]:
    columns, units = codebook.columns, codebook.units
    for level in units.levels:
        if level not in columns or columns[level].role != "unit":
            yield f"units: level {level!r} must be a column with the role unit"
    if units.cluster not in units.levels:
        yield f"units: cluster {units.cluster!r} is not one of the levels"
    weight = codebook.weight
    if weight is not None:
        if weight.column not in columns or columns[weight.column].role != "weight":
            yield f"weight: {weight.column!r} must be a column with the role weight"
        if weight.equalise is not None and weight.equalise not in units.levels:
            yield f"weight: equalise {weight.equalise!r} is not one of the unit levels"
    for name in codebook.report_by:
        if name not in columns or columns[name].role not in ("audit", "career", "unit", "item"):
            yield f"report_by: {name!r} must be a column that is read (audit, career, unit, item)"
        elif columns[name].type == "number" and not columns[name].bands:
            yield f"report_by: {name!r} is a number: give it bands"
    if not codebook.with_role("item", "career"):
        yield "columns: none has the role item or career, so there is nothing to predict from"
