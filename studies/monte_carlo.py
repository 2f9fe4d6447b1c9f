"""How simulations tell what they found: a mean, and how far chance may have moved it."""

from collections.abc import Sequence

import numpy as np

from blijfwijzer.survey.arrays import Array


def tell_mean(values: Sequence[float] | Array) -> str:
    """Write a mean with its Monte Carlo standard error.

    Parameters
    ----------
    values : one per simulation, two or more
    """
    found = np.asarray(values, dtype=float)
    return f"{found.mean():.3f} ± {found.std(ddof=1) / np.sqrt(len(found)):.3f}"
