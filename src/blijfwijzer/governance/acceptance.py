"""Whether a result meets the thresholds that were fixed before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from blijfwijzer.errors import AcceptanceError, counted

Criterion = Literal["order", "calibration", "missed", "selected", "power", "exclusion"]
"""What is judged; `order` is whether thresholds were fixed before a result was known at all,
`missed` and `selected` how far people are apart by the fairness that was chosen."""


@dataclass(frozen=True)
class Judgement:
    """One criterion, held against what was measured."""

    criterion: Criterion
    about: str
    """Outcome or attribute that it is about, as it is shown; "" where it is about all."""
    value: float | None
    """None where it is not known, or may not be shown."""
    bound: float

    @property
    def is_met(self) -> bool | None:
        """None where it cannot be told."""
        if self.value is None:
            return None
        return self.value >= self.bound if self.criterion == "power" else self.value <= self.bound

    def __str__(self) -> str:
        """Say what was measured beside what it is held against, for a message."""
        about, least = f" of {self.about}" * bool(self.about), self.criterion == "power"
        end = f"{'least' if least else 'most'} {self.bound:g}"
        return f"{self.criterion}{about} is {self.value:.3g}, and may be at {end}"

    @property
    def told(self) -> dict[str, Any]:
        """What the record of a release tells of it."""
        return {**vars(self), "is_met": self.is_met}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Judgement":
        """Read what a record tells."""
        names = ("criterion", "about", "value", "bound")
        return cls(**{name: told[name] for name in names})


@dataclass(frozen=True)
class Accepted:
    """Who accepts a result that does not meet the thresholds, and why."""

    by: str = ""
    why: str = ""

    def __bool__(self) -> bool:
        """Whether anybody did, with a reason."""
        return bool(self.by.strip() and self.why.strip())


def require_accepted(judged: Iterable[Judgement], accepted: Accepted) -> None:
    """Refuse what does not meet the thresholds, unless somebody accepts it with a reason.

    Raises
    ------
    AcceptanceError
    """
    unmet = [one for one in judged if one.is_met is False]
    if unmet and not accepted:
        raise AcceptanceError(
            f"{counted(len(unmet), 'acceptance threshold is', 'acceptance thresholds are')} not "
            f"met: {'; '.join(map(str, unmet))}. Nothing was given. Change what is proposed; or "
            "let whoever may decide accept it with --accepted-by and --accepted-why, which stand on"
            " the page."
        )
