"""What vouchers may depend on: need, and people in it."""

import math
from dataclasses import dataclass

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

    @property
    def groups(self) -> pd.Index:
        """Group ids, in the order given."""
        return self.rate.index

    @property
    def most(self) -> Integers:
        """Most vouchers per group: whole people in need."""
        # A rate of .3 of 10 people is 3 people, also when the product is 2.9999999999999996.
        return np.floor((self.rate * self.people).to_numpy() + 1e-9).astype(np.int64)
