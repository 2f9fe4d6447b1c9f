"""What tests of examples and of properties share: lottery."""

import numpy as np
import pandas as pd

from blijfwijzer.vouchers.allocation import allocate_vouchers
from blijfwijzer.vouchers.lottery import draw_lottery
from blijfwijzer.vouchers.needs import Needs
from blijfwijzer.vouchers.seal import Origin
from shared_allocation import sure


def needs_of(groups=120, seed=1, sectors=4) -> Needs:
    rng = np.random.default_rng(seed)
    index = pd.Index([f"organisatie=O{i:05d}" for i in range(groups)], name="group")
    return Needs(
        rate=pd.Series(rng.beta(6, 24, groups), index=index),
        se=pd.Series(0.03, index=index),
        people=pd.Series(rng.integers(20, 150, groups).astype(float), index=index),
        strata=pd.DataFrame({"sector": rng.integers(0, sectors, groups).astype(str)}, index=index),
    )


def lottery_of(needs=None, vouchers=400, seed=1, **choices):
    needs = needs_of() if needs is None else needs
    chosen = sure(**{"reserve": 0.0, "lottery": 0.25} | choices)
    plan = allocate_vouchers(needs, vouchers, 1, chosen, 1)
    return draw_lottery(plan, needs, chosen, origin=Origin(groups=str(seed)))
