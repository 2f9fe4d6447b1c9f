"""How many people each response stands for."""

import numpy as np
import pandas as pd

from blijfwijzer.errors import WeightError
from blijfwijzer.settings import IntakeSettings
from blijfwijzer.survey.arrays import effective_n
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.replicates import replicate_names

_LEAST_WORTH, _OF_FEW = 0.1, 0.5
"""Share of `minimum_responses` that responses must be worth with their weights; and share of the
responses themselves, where these are so few that this asks for less."""


def weight_fault(file: str, weight: pd.Series) -> WeightError | None:
    """Refuse weights of which no share of the people can be made."""
    wrong = int(((weight < 0) | np.isinf(weight)).sum())
    if wrong:
        return WeightError(
            f"{file}: {wrong} weights are negative or infinite. A weight says for how many "
            "people a response stands: correct them in the export."
        )
    if not weight.sum() > 0:
        return WeightError(f"{file}: the weights add up to nothing. Correct them in the export.")
    return None


def weigh(accepted: Responses, codebook: Codebook) -> dict[str, pd.Series]:
    """Scale weights to mean 1, after giving units equal totals where the codebook asks it.

    Returns
    -------
    The weight and each replicate weight, by name.
    """
    weights = accepted[["weight", *replicate_names(accepted, codebook)]].astype(float)
    if codebook.weight is not None and codebook.weight.equalise is not None:
        unit = accepted[codebook.weight.equalise]
        # Each replicate is treated as the weight is, so that it tells what that treatment does.
        total = weights.groupby(unit, observed=True).transform("sum")
        weights = weights / total.where(total > 0, 1.0)
    scaled = weights / weights["weight"].mean()
    return {str(name): weight for name, weight in scaled.items()}


def uneven_weights(file: str, weight: pd.Series, settings: IntakeSettings) -> WeightError | None:
    """Refuse weights by which a few responses stand for nearly everybody.

    Figures would be about those few people, and no design tells how sure they are.
    """
    least = min(settings.minimum_responses * _LEAST_WORTH, len(weight) * _OF_FEW)
    effective = effective_n(weight.to_numpy(dtype=float))
    if effective >= least:
        return None
    return WeightError(
        f"{file}: weights run up to {weight.max():.0f} times their mean, so that {len(weight)} "
        f"responses are worth {effective:.0f} unweighted ones; {least:.0f} are needed. A weight "
        "says for how many people a response stands: correct them in the export, or cut off the "
        "largest."
    )
