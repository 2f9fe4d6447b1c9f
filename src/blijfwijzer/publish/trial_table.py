"""What a trial tells of the groups that were compared, as coarse as it may be shown."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.vouchers.trial import TrialResult


def clear_trial(result: TrialResult, **told: str) -> dict[str, Any]:
    """Pass a result through the gate; ends of an interval are rounded outwards, as p is."""
    found, why = result.found, result.why_no_interval
    counts = ("offered", "not_offered", "lost_offered", "lost_not_offered", "left_out")
    shares = ("share_offered", "share_not_offered")
    row = {
        "effect": found.effect,
        "low": np.nan if why else math.floor(1000 * found.low + 1e-9) / 1000,
        "high": np.nan if why else math.ceil(1000 * found.high - 1e-9) / 1000,
        "interval": why,
        "p_value": math.ceil(100 * found.p_value - 1e-9) / 100,
        "ways": found.ways,
        **{name: getattr(result, name) for name in (*shares, *counts)},
        **told,
    }
    cleared = TABLES["trial"].clear(pd.DataFrame([row])).frame
    plain: dict[str, Any] = json.loads(cleared.to_json(orient="records"))[0]
    return plain | {name: int(plain[name]) for name in ("ways", *counts)}
