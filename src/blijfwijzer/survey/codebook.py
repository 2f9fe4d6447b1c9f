"""What each column of a survey is called, means and may hold.

The code knows no survey by name: everything it must know of one stands in a TOML file that this
module reads. `docs/codebook.md` teaches how to write one.
"""

import re
import tomllib
import warnings
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from blijfwijzer.errors import CodebookError, CodebookWarning, counted
from blijfwijzer.settings import describe_faults
from blijfwijzer.survey.concepts import CONCEPTS, YES_OR_NO, Concept
from blijfwijzer.survey.rules import Condition, Rule, conditions_of
from blijfwijzer.survey.texts import Language as Language
from blijfwijzer.survey.texts import Part as _Part
from blijfwijzer.survey.texts import Seen as _Seen
from blijfwijzer.survey.texts import Text as Text

Role = Literal["item", "career", "outcome", "claim", "audit", "unit", "weight", "id", "ignore"]
Kind = Literal["ordinal", "nominal", "number"]
Policy = Literal["missing", "reject"]

# Names become columns of tables and folders on disk.
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class AnswerSet(_Part):
    """Codes that several columns share, and which of them are no answer."""

    codes: dict[str, Text] = Field(default_factory=dict)
    missing: dict[str, Text] = Field(default_factory=dict)


class Column(_Part):
    """One column of the file."""

    name: str
    label: Text
    role: Role
    type: Kind = "number"
    codes: dict[str, Text] = Field(default_factory=dict)
    """Allowed codes in order, with their meaning. Empty for a number and for an open nominal."""
    missing: dict[str, Text] = Field(default_factory=dict)
    """User-missing codes: weet niet, n.v.t., geweigerd."""
    range: tuple[float, float] | None = None
    """Lowest and highest allowed number."""
    aliases: tuple[str, ...] = ()
    """Names that the same question has in other waves."""
    changeable: bool = False
    """Whether an employer can change it: a development talk, not someone's age."""
    in_construct: str | None = Field(None, alias="construct")
    """Construct it belongs to; the key in the file is `construct`, which pydantic keeps itself."""
    unseen: Policy = "missing"
    """What to do with a nominal level that training did not see."""
    absent: Policy = "reject"
    """What to do with a file that lacks the column."""
    bands: tuple[float, ...] = ()
    """Cut points that make bands of a number for reports, e.g. ages 35, 45, 55."""

    @property
    def values(self) -> dict[str, float]:
        """Code to number: the code itself, or its rank (1, 2, ...) when codes are words."""
        if all(_is_number(code) for code in self.codes):
            return {code: float(code) for code in self.codes}
        return {code: float(rank) for rank, code in enumerate(self.codes, start=1)}

    @property
    def span(self) -> tuple[float, float] | None:
        """Lowest and highest value an answer can have; None when that is not known."""
        if self.type == "ordinal" and self.codes:
            values = self.values.values()
            return min(values), max(values)
        return self.range

    @property
    def pair(self) -> tuple[float, float] | None:
        """The lower and the higher of its two possible answers; None when there are not two."""
        if self.type == "ordinal":
            values = sorted(self.values.values())
            return (values[0], values[1]) if len(values) == 2 else None
        if self.range is None:
            return None
        low, high = self.range
        return (low, high) if low.is_integer() and high - low == 1 else None


class Scale(_Part):
    """Items that measure one thing together."""

    name: str
    label: Text
    in_construct: str = Field(alias="construct")
    items: tuple[str, ...] = Field(min_length=1)
    reversed: tuple[str, ...] = ()
    minimum_share: float = Field(2 / 3, gt=0, le=1)
    """Share of the items that must be answered for a score."""
    changeable: bool = False
    higher_is: Literal["better", "worse"] = "better"


OutcomeKind = Literal["intention", "need"]
"""An intention is no departure; a need is what vouchers are for, and no fate."""


class Outcome(_Part):
    """Something to predict, made from answers."""

    name: str
    label: Text
    meaning: Text
    """One sentence: what a 1 means."""
    kind: OutcomeKind = "need"
    rule: Rule
    bars: tuple[str, ...] = ()
    """Columns and scales that are twins of it, besides the rule's own."""
    ceiling: float = Field(0.85, gt=0.5, le=1)
    """AUC above which a model is suspected of leakage (domain notes, B.5)."""

    @field_validator("kind", mode="before")
    @classmethod
    def _rename(cls, kind: object) -> object:
        """Take the name that a need had before."""
        if kind != "risk":
            return kind
        warnings.warn(
            'outcomes: kind = "risk" is called "need" now; write that in the codebook.',
            CodebookWarning,
            stacklevel=2,
        )
        return "need"


class Units(_Part):
    """Where people work, from large to small."""

    levels: tuple[str, ...] = Field(min_length=1)
    cluster: str
    """The level that folds and intervals keep whole."""


class Weight(_Part):
    """How responses stand for people."""

    column: str
    equalise: str | None = None
    """Unit level of which every member gets the same total weight, e.g. countries."""
    replicates: str = ""
    """Beginning of the names of replicate weights: SPFWT for SPFWT1, SPFWT2, ...; empty: none."""
    replicate_scale: float = Field(1.0, gt=0)
    """Variance = scale x sum of squared differences between replicates and the estimate."""


class Survey(_Part):
    """What this survey is."""

    name: str
    wave: str
    label: Text
    population: _Seen
    purpose: _Seen
    language: Literal["nl", "en"] = "nl"


class Codebook(_Part):
    """Everything the software knows of a survey."""

    survey: Survey
    answers: dict[str, AnswerSet] = Field(default_factory=dict)
    constructs: dict[str, Text] = Field(default_factory=dict)
    columns: dict[str, Column]
    scales: dict[str, Scale] = Field(default_factory=dict)
    outcomes: dict[str, Outcome] = Field(default_factory=dict)
    units: Units
    weight: Weight | None = None
    concepts: dict[str, Concept] = Field(default_factory=dict)
    """What measures the things that claims speak of, by the names of `survey.concepts`."""
    report_by: tuple[str, ...] = ()
    """Columns by which results are broken down."""
    performance: str = ""
    """Column of which the highest answers make someone a best performer; empty: none."""
    simple_rule: Rule | None = None
    """Whom a rule of thumb would give vouchers to, to compare with."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in_names_and_answers(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        answers = raw.get("answers", {})
        columns = {
            name: _with_answers(name, column, answers)
            for name, column in raw.get("columns", {}).items()
        }
        named = {
            part: {name: {"name": name, **entry} for name, entry in raw.get(part, {}).items()}
            for part in ("scales", "outcomes")
        }
        return {**raw, **named, "columns": columns}

    @model_validator(mode="after")
    def _agree_with_itself(self) -> "Codebook":
        faults = list(_faults(self))
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def with_role(self, *roles: Role) -> tuple[Column, ...]:
        """Columns that have one of these roles, in the order of the file."""
        return tuple(column for column in self.columns.values() if column.role in roles)

    def scale_of(self, item: str) -> Scale | None:
        """Give the scale that an item belongs to, if any."""
        return next((scale for scale in self.scales.values() if item in scale.items), None)


def survey_name(codebook: Codebook) -> str:
    """Name of a survey and its wave, as folders have it."""
    return f"{codebook.survey.name}-{codebook.survey.wave}"


def load_codebook(name: str | Path) -> Codebook:
    """Read a codebook that is shipped, by its name, or any other, by its path.

    Raises
    ------
    CodebookError
        There is no such codebook, it is no TOML, or it contradicts itself; all faults at once.
    """
    path = codebook_file(name)
    try:
        return Codebook.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CodebookError(f"{path.name}: not valid TOML: {error}. Mend the file.") from error
    except ValidationError as error:
        faults = [_readable(fault) for fault in describe_faults(error)]
        raise CodebookError(
            f"{path.name}: {counted(len(faults), 'fault')}: {'; '.join(faults)}. "
            "Mend them; docs/codebook.md explains each key."
        ) from error


def codebook_file(name: str | Path) -> Path:
    """Find the file of a shipped codebook or check that a path exists.

    Raises
    ------
    CodebookError
        There is neither; the shipped names are listed.
    """
    shipped = Path(str(resources.files("blijfwijzer.survey") / "codebooks"))
    if str(name) in shipped_codebooks():
        return shipped / f"{name}.toml"
    path = Path(name)
    if path.is_file():
        return path
    raise CodebookError(
        f"{name}: no codebook of that name or path. Shipped are "
        f"{', '.join(shipped_codebooks())}; or give the path of a .toml file."
    )


def shipped_codebooks() -> tuple[str, ...]:
    """Names of the codebooks that come with the package."""
    folder = resources.files("blijfwijzer.survey") / "codebooks"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def _with_answers(name: str, column: Any, answers: Any) -> Any:
    if not isinstance(column, dict):
        return column
    column = {"name": name, **column}
    shared = column.pop("answers", None)
    if shared is not None:
        if shared not in answers:
            raise ValueError(f"columns.{name}: answers = {shared!r} is not under [answers]")
        column["codes"] = answers[shared].get("codes", {}) | column.get("codes", {})
        column["missing"] = answers[shared].get("missing", {}) | column.get("missing", {})
    if "type" not in column:
        column["type"] = _usual_type(column)
    return column


def _usual_type(column: dict[str, Any]) -> str:
    if column.get("role") in ("unit", "id"):
        return "nominal"
    return "ordinal" if column.get("codes") else "number"


def _faults(codebook: Codebook) -> Iterator[str]:
    """Everything in which a codebook contradicts itself."""
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


def _column_faults(column: Column, codebook: Codebook) -> Iterator[str]:
    where = f"columns.{column.name}"
    if column.type == "ordinal" and not column.codes and column.role != "ignore":
        yield f"{where}: an ordinal column needs its codes in order"
    if column.type == "number" and column.codes:
        yield f"{where}: a number has a range, no codes; make it ordinal or nominal"
    if column.type != "number" and column.range is not None:
        yield f"{where}: only a number has a range"
    if column.range is not None and column.range[0] >= column.range[1]:
        yield f"{where}: the range must go from low to high"
    both = sorted(set(column.codes) & set(column.missing))
    if both:
        yield f"{where}: codes {', '.join(both)} are both an answer and missing"
    if column.bands and (column.type != "number" or list(column.bands) != sorted(column.bands)):
        yield f"{where}: bands are rising cut points of a number"
    if column.in_construct is not None and column.in_construct not in codebook.constructs:
        yield f"{where}: construct {column.in_construct!r} is not under [constructs]"


def _name_faults(codebook: Codebook) -> Iterator[str]:
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


def _scale_faults(scale: Scale, codebook: Codebook) -> Iterator[str]:
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


def _outcome_faults(outcome: Outcome, codebook: Codebook) -> Iterator[str]:
    where = f"outcomes.{outcome.name}"
    for condition in conditions_of(outcome.rule):
        yield from (f"{where}: {fault}" for fault in _condition_faults(condition, codebook))
    strange = [n for n in outcome.bars if n not in codebook.columns and n not in codebook.scales]
    if strange:
        yield f"{where}: bars {', '.join(strange)} are neither columns nor scales"


def _condition_faults(condition: Condition, codebook: Codebook) -> Iterator[str]:
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
    elif condition.one_of is not None and column.codes:
        strange = sorted(set(condition.one_of) - set(column.codes))
        if strange:
            yield f"the rule's codes {', '.join(strange)} are none of column {column.name!r}"


def _concept_faults(concept: Concept, codebook: Codebook) -> Iterator[str]:
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


def _yes_no_faults(name: str, concept: Concept, codebook: Codebook) -> Iterator[str]:
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


def _unit_faults(codebook: Codebook) -> Iterator[str]:
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


def _is_number(code: str) -> bool:
    try:
        float(code)
    except ValueError:
        return False
    return True


def _readable(fault: str) -> str:
    return fault.removeprefix("file: ").replace("Value error, ", "")
