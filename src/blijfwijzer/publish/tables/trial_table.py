"""What a trial tells of the groups that were compared, as coarse as it may be shown."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.vouchers.leeway import coarse_p
from blijfwijzer.vouchers.trial import TrialResult


def clear_trial(result: TrialResult, **told: str) -> dict[str, Any]:
    """Pass a result through the gate.

    Ends of an interval are rounded outwards, to whole points: they follow from the counts of few
    groups in many more ways than the effect (`leeway.is_pinned`). p is rounded up.
    """
    found, why = result.found, result.why_no_interval
    counts = ("offered", "not_offered", "lost_offered", "lost_not_offered", "left_out")
    shares = ("share_offered", "share_not_offered")
    row = {
        "effect": _in_steps(found.effect, result.step),
        "low": np.nan if why else math.floor(100 * found.low + 1e-9) / 100,
        "high": np.nan if why else math.ceil(100 * found.high - 1e-9) / 100,
        "interval": why,
        "p_value": float(coarse_p(np.array(found.p_value), result.step)),
        "ways": found.ways,
        **{name: getattr(result, name) for name in (*shares, *counts)},
        **_of_use(result),
        "coarsened": result.coarsened,
        **told,
    }
    cleared = TABLES["trial"].clear(pd.DataFrame([row])).frame
    plain: dict[str, Any] = json.loads(cleared.to_json(orient="records"))[0]
    return plain | {name: int(plain[name]) for name in ("ways", *counts)}


def _of_use(result: TrialResult) -> dict[str, float]:
    """Give what use did, ends rounded outwards; nothing where it is not known who used one."""
    use = result.of_use
    if use is None:
        return dict.fromkeys(("effect_of_use", "use_low", "use_high", "used"), np.nan)
    is_known = np.isfinite(use.low) and not result.why_no_interval
    return {
        "effect_of_use": _in_steps(use.effect, result.step),
        "use_low": math.floor(100 * use.low + 1e-9) / 100 if is_known else np.nan,
        "use_high": math.ceil(100 * use.high - 1e-9) / 100 if is_known else np.nan,
        "used": use.used,
    }


def _in_steps(effect: float, step: float) -> float:
    return float(np.round(effect / step) * step)
