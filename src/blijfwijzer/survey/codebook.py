"""What each column of a survey is called, means and may hold.

The code knows no survey by name: everything it must know of one stands in a TOML file that this
module reads. `docs/codebook.md` teaches how to write one.
"""

import tomllib
import warnings
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from blijfwijzer.errors import CodebookError, CodebookWarning, refuse_toml
from blijfwijzer.survey.cells import Mark, number_of
from blijfwijzer.survey.concepts import Concept
from blijfwijzer.survey.contradictions import find_contradictions
from blijfwijzer.survey.rules import Rule
from blijfwijzer.survey.texts import Part as _Part
from blijfwijzer.survey.texts import Seen as _Seen
from blijfwijzer.survey.texts import Text as Text

Role = Literal["item", "career", "outcome", "claim", "audit", "unit", "weight", "id", "ignore"]
Kind = Literal["ordinal", "nominal", "number"]
Policy = Literal["missing", "reject"]


WHOLE_SURVEY = "whole_survey"
"""Unit level of a codebook without units: one unit, in which all respondents are."""
_NAMED = {"nl": "Alle respondenten", "en": "All respondents"}
_WHOLE_COLUMN = {"label": _NAMED, "role": "unit", "codes": {"1": _NAMED}, "absent": "missing"}


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
    """Allowed codes in order, with their meaning. Empty for a number and for an open nominal; of a
    unit, what those are called that the codebook knows."""
    missing: dict[str, Text] = Field(default_factory=dict)
    """User-missing codes: weet niet, n.v.t., geweigerd."""
    range: tuple[float, float] | None = None
    """Lowest and highest allowed number."""
    decimal: Mark | None = None
    """Sign before decimals, where the file leaves it in doubt: is 1.096 one or a thousand?"""
    aliases: tuple[str, ...] = ()
    """Names that the same question has in other waves."""
    new_since: str = Field("", alias="break")
    """Why its answers cannot be held against those of the wave before; empty: they can. The key in
    the file is `break`, which Python keeps itself."""
    changeable: bool = False
    """Whether an employer can change it: a development talk, not someone's age."""
    in_construct: str | None = Field(None, alias="construct")
    """Construct it belongs to; the key in the file is `construct`, which pydantic keeps itself."""
    unseen: Policy = "missing"
    """What to do with a nominal level that training did not see."""
    absent: Policy = "reject"
    """What to do with a file that lacks the column."""
    stray: Policy = "missing"
    """What a code that is not allowed costs: the answer, or the response; as `[survey]` says."""
    bands: tuple[float, ...] = ()
    """Cut points that make bands of a number for reports, e.g. ages 35, 45, 55."""

    @property
    def values(self) -> dict[str, float]:
        """Code to number, rising in the order of the codebook.

        The code itself; where codes run from high to low, the lowest of these numbers for the first
        one, and so on; the rank (1, 2, ...) when codes are words.
        """
        numbers = [number_of(code) for code in self.codes]
        known = sorted(number for number in numbers if number is not None)
        if len(known) < len(numbers):
            known = [float(rank) for rank in range(1, len(numbers) + 1)]
        return dict(zip(self.codes, known, strict=True))

    @property
    def is_turned(self) -> bool:
        """Whether its codes are numbers in another order than these have."""
        numbers = [number_of(code) for code in self.codes]
        known = [number for number in numbers if number is not None]
        return len(known) == len(numbers) and known != sorted(known)

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
    sampled: bool = True
    """Whether the units of the cluster were drawn from more; false when all take part."""

    @property
    def varying(self) -> Literal["drawn", "fixed"]:
        """What else could have been: other units too, or other people in the same ones."""
        return "drawn" if self.sampled else "fixed"


class Weight(_Part):
    """How responses stand for people."""

    column: str
    equalise: str | None = None
    """Unit level of which every member gets the same total weight, e.g. countries."""
    replicates: str = ""
    """Beginning of the names of replicate weights: SPFWT for SPFWT1, SPFWT2, ...; empty: none."""
    replicate_scale: float = Field(1.0, gt=0)
    """Variance = scale x sum of squared differences between replicates and the estimate."""


class VoucherUse(_Part):
    """What vouchers are for."""

    outcome: str
    """The outcome of the kind need that they are for, where there are several."""


class Survey(_Part):
    """What this survey is."""

    name: str
    wave: str
    label: Text
    population: _Seen
    purpose: _Seen
    language: Literal["nl", "en"] | None = None
    """Of pages about it, where the settings name none."""
    sheet: str = ""
    """Sheet of a workbook that holds the answers; empty: it is found."""
    stray: Policy = "missing"
    """What a code that is not allowed costs, where a column does not say it."""


class Codebook(_Part):
    """Everything the software knows of a survey."""

    survey: Survey
    answers: dict[str, AnswerSet] = Field(default_factory=dict)
    constructs: dict[str, Text] = Field(default_factory=dict)
    columns: dict[str, Column]
    scales: dict[str, Scale] = Field(default_factory=dict)
    outcomes: dict[str, Outcome] = Field(default_factory=dict)
    units: Units
    """`WHOLE_SURVEY` alone where the file has none."""
    weight: Weight | None = None
    concepts: dict[str, Concept] = Field(default_factory=dict)
    """What measures the things that claims speak of, by the names of `survey.concepts`."""
    report_by: tuple[str, ...] = ()
    """Columns by which results are broken down."""
    performance: str = ""
    """Column of which the highest answers make someone a best performer; empty: none."""
    simple_rule: Rule | None = None
    """Whom a rule of thumb would give vouchers to; units are parted by it, and it is compared."""
    vouchers: VoucherUse | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in_names_and_answers(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        answers = raw.get("answers", {})
        survey = raw.get("survey", {})
        raw = _with_units(raw)
        stray = survey.get("stray", "missing") if isinstance(survey, dict) else "missing"
        columns = {
            name: _with_answers(name, column, answers, stray)
            for name, column in raw.get("columns", {}).items()
        }
        named = {
            part: {name: {"name": name, **entry} for name, entry in raw.get(part, {}).items()}
            for part in ("scales", "outcomes")
        }
        return {**raw, **named, "columns": columns}

    @model_validator(mode="after")
    def _agree_with_itself(self) -> "Codebook":
        faults = list(find_contradictions(self))
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def with_role(self, *roles: Role) -> tuple[Column, ...]:
        """Columns that have one of these roles, in the order of the file."""
        return tuple(column for column in self.columns.values() if column.role in roles)

    def offers_vouchers_for(self, outcome: Outcome) -> bool:
        """Say whether vouchers are for an outcome: a need, and that which is named, if one is."""
        named = self.vouchers is None or self.vouchers.outcome == outcome.name
        return outcome.kind == "need" and named

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
    mend = "Mend them; docs/codebook.md explains each key."
    with refuse_toml(path.name, CodebookError, mend, _readable):
        return Codebook.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


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
    names = (Path(entry.name) for entry in folder.iterdir())
    # Others with two suffixes stand beside a codebook, such as its `.governance.toml`.
    return tuple(sorted(name.stem for name in names if name.suffixes == [".toml"]))


def _with_units(raw: dict[str, Any]) -> dict[str, Any]:
    """Make all respondents one unit where the codebook has no unit; one left out stays a fault."""
    columns = raw.get("columns", {})
    roles = [column.get("role") for column in columns.values() if isinstance(column, dict)]
    if "units" in raw or "unit" in roles:
        return raw
    units = {"levels": [WHOLE_SURVEY], "cluster": WHOLE_SURVEY}
    return {**raw, "columns": {**columns, WHOLE_SURVEY: _WHOLE_COLUMN}, "units": units}


def _with_answers(name: str, column: Any, answers: Any, stray: Any) -> Any:
    if not isinstance(column, dict):
        return column
    column = {"name": name, "stray": stray, **column}
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


def _readable(fault: str) -> str:
    return fault.removeprefix("file: ").replace("Value error, ", "")
