"""What vouchers may depend on: need, and people in it."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from blijfwijzer.errors import VoucherError
from blijfwijzer.vouchers.limits import Integers


@dataclass(frozen=True, slots=True)
class Needs:
    """What vouchers may depend on. There is no place for turnover, age, sex or origin.

    Parameters
    ----------
    rate : one per group, indexed by group id; share of people falling behind, in [0, 1]
    se : its standard error, >= 0
    people : people who work in the group, >= 0
    strata : one row per group, one column per level (sector, organisatie, opleiding, ...), a text
        label or nothing in each; used for floors, caps and lotteries, never to rank. Give only
        levels that a floor may be set on: no audit attributes.
    education : one per group; "low", "middle" or "high" where all of its people are so, else "";
        used for how readily offers are used. Nothing is known when left out

    Raises
    ------
    VoucherError
        Ids that are missing or double, figures that are missing or out of range, strata of other
        groups, or strata that hold numbers.
    """

    rate: pd.Series
    se: pd.Series
    people: pd.Series
    strata: pd.DataFrame
    education: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))

    def __post_init__(self) -> None:
        """Refuse what cannot be divided over, and keep copies."""
        groups = self.rate.index
        if len(groups) == 0 or not groups.is_unique or bool(groups.isna().any()):
            raise VoucherError(
                f"needs: {len(groups)} groups, {groups.nunique()} different ids. Give at least one "
                "group, and each once."
            )
        for name, most in (("rate", 1.0), ("se", math.inf), ("people", math.inf)):
            figures: pd.Series = getattr(self, name)
            if not figures.index.equals(groups):
                raise VoucherError(f"needs: {name} is of other groups than rate. Align them.")
            numbers = figures.to_numpy(dtype=np.float64, na_value=np.nan)
            wrong = ~(np.isfinite(numbers) & (numbers >= 0) & (numbers <= most))
            if wrong.any():
                raise VoucherError(
                    f"needs: {wrong.sum()} of {len(groups)} groups have a {name} that is missing "
                    "or out of range. Leave these groups out, or find the figure."
                )
            object.__setattr__(self, name, pd.Series(numbers, index=groups, name=name))
        if not self.strata.index.equals(groups):
            raise VoucherError("needs: strata are of other groups than rate. Align them.")
        unlabelled = [
            str(level)
            for level in self.strata
            if not all(isinstance(label, str) for label in self.strata[level].dropna())
        ]
        if unlabelled:
            raise VoucherError(
                f"needs: {len(unlabelled)} strata hold something else than labels: "
                f"{', '.join(unlabelled)}. Give the names of strata as text."
            )
        object.__setattr__(self, "strata", self.strata.copy())
        object.__setattr__(self, "education", self.education.reindex(groups).fillna(""))

    @property
    def groups(self) -> pd.Index:
        """Group ids, in the order given."""
        return self.rate.index

    @property
    def most(self) -> Integers:
        """Most offers per group: one for each of its people, none where nobody is in need.

        Nobody knows who in a group is in need, so each further offer reaches as much need as the
        first, until all have one.
        """
        people = self.people.to_numpy().round(9)
        return np.where(self.rate.to_numpy() > 0, np.floor(people), 0).astype(np.int64)

    @property
    def in_need(self) -> Integers:
        """Whole people in need per group."""
        # A rate of .3 of 10 people is 3 people, also when the product is 2.9999999999999996.
        return np.floor((self.rate * self.people).to_numpy() + 1e-9).astype(np.int64)


@dataclass(frozen=True)
class Partition:
    """One way in which a release parts everyone, and the need of its groups."""

    name: str
    """`UNITS`, `SEGMENTS`, `RULE_AS_ONE`, or the variable that units are crossed with."""
    needs: Needs
    respondents: pd.Series
    """Of each group."""
    true_rate: pd.Series | None = None
    """Share of each group truly in need, where that is known."""

    @property
    def estimated(self) -> "Partition":
        """Give it without what is true."""
        return replace(self, true_rate=None)


UNITS, SEGMENTS, RULE_AS_ONE = "units", "segments", "simple_rule_as_one"
