"""A part of the settings, and the numbers that several of them hold."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _one_above_zero(mix: tuple[int, int, int]) -> tuple[int, int, int]:
    if not any(mix):
        raise ValueError("these are no proportions; give at least one number above 0")
    return mix


Part = Annotated[int, Field(ge=0, le=100)]
Mix = Annotated[tuple[Part, Part, Part], AfterValidator(_one_above_zero)]
"""Proportions of three parts."""
Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(ge=0.1, le=10)]
"""Of one part to the mean; further off than tenfold it is a slip of the pen."""


class Section(BaseModel):
    """A part of the settings; refuses keys it does not know, and what is no finite number.

    Every number has two bounds: beyond them no result would mean anything, or none would come.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def at_least(self, people: int, name: str) -> Self:
        """Give these with no fewer people under a name than are promised.

        >>> class Marks(Section):
        ...     smallest: int = 5
        >>> Marks().at_least(10, "smallest"), Marks(smallest=30).at_least(10, "smallest")
        (Marks(smallest=10), Marks(smallest=30))
        """
        return self.model_copy(update={name: max(getattr(self, name), people)})
