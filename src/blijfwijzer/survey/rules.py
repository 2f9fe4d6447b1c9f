"""The small grammar in which a codebook says how answers become an outcome.

A rule is a condition on one column or scale, or a combination of rules::

    rule = { column = "blijfkans", at_least = 4 }
    rule = { all = [
        { scale = "inzetbaarheid", lowest_share = 0.3333 },
        { at_least = 2, of = [
            { column = "ontwikkelafspraak", in = ["0"] },
            { column = "scholing", in = ["0"] },
            { column = "interne_stappen", at_most = 0 },
        ] },
    ] }

There is no expression language on purpose: a codebook comes from outside, and evaluating text
from outside is how files start to run code.
"""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _RulePart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Condition(_RulePart):
    """A test of one column or scale; missing where that is missing."""

    column: str | None = None
    scale: str | None = None
    one_of: tuple[str, ...] | None = Field(None, alias="in")
    """Codes that satisfy it."""
    at_least: float | None = None
    at_most: float | None = None
    lowest_share: float | None = Field(None, gt=0, lt=1)
    """Share of the population, by weight, with the lowest values."""
    highest_share: float | None = Field(None, gt=0, lt=1)

    @model_validator(mode="after")
    def _one_source_and_one_test(self) -> "Condition":
        if (self.column is None) == (self.scale is None):
            raise ValueError("name either a column or a scale")
        tests = (self.one_of, self.at_least, self.at_most, self.lowest_share, self.highest_share)
        if sum(test is not None for test in tests) != 1:
            raise ValueError(
                "give exactly one of: in, at_least, at_most, lowest_share, highest_share"
            )
        if self.scale is not None and self.one_of is not None:
            raise ValueError("a scale has scores, no codes: use at_least or at_most, not `in`")
        return self

    @property
    def source(self) -> str:
        """Name of the column or scale."""
        return self.column or self.scale or ""


class Count(_RulePart):
    """True when at least so many of the rules are."""

    at_least: int = Field(ge=1)
    of: tuple["Rule", ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _attainable(self) -> "Count":
        if self.at_least > len(self.of):
            raise ValueError(f"at_least = {self.at_least} of {len(self.of)} can never hold")
        return self


class AllOf(_RulePart):
    """True when every rule is."""

    all: tuple["Rule", ...] = Field(min_length=1)


class AnyOf(_RulePart):
    """True when some rule is."""

    any: tuple["Rule", ...] = Field(min_length=1)


Rule = Condition | Count | AllOf | AnyOf
Count.model_rebuild()
AllOf.model_rebuild()
AnyOf.model_rebuild()


def conditions_of(rule: Rule) -> Iterator[Condition]:
    """Every condition in a rule, in the order of the file."""
    match rule:
        case Condition():
            yield rule
        case Count(of=parts) | AllOf(all=parts) | AnyOf(any=parts):
            for part in parts:
                yield from conditions_of(part)
