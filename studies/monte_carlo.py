"""What simulations share: no effects of attributes, and how they tell what they found."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from blijfwijzer.survey.arrays import Array

NO_EFFECTS = pd.DataFrame(columns=["effect", "se", "between"], dtype=float)
"""Of attributes on the rate of a group: none are known."""


def tell_mean(values: Sequence[float] | Array) -> str:
    """Write a mean with its Monte Carlo standard error.

    Parameters
    ----------
    values : one per simulation, two or more
    """
    found = np.asarray(values, dtype=float)
    return f"{found.mean():.3f} ± {found.std(ddof=1) / np.sqrt(len(found)):.3f}"
