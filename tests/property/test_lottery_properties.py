""""""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.settings import VoucherSettings
from blijfwijzer.vouchers.allocation import Needs, allocate_vouchers
from blijfwijzer.vouchers.lottery import draw_lottery


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
    chosen = VoucherSettings(**{"reserve": 0.0, "lottery": 0.25} | choices)
    plan = allocate_vouchers(needs, vouchers, 1, chosen, 1)
    return draw_lottery(plan, needs, chosen, seed)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), vouchers=st.integers(60, 900), share=st.sampled_from([0.1, 0.3]))
def test_parts_add_up_and_nobody_gets_more_than_the_need(seed, vouchers, share):
    needs = needs_of(seed=seed)

    lottery = lottery_of(needs, vouchers, seed, lottery=share)

    table = lottery.table.loc[needs.groups]
    assert table["vouchers"].sum() + lottery.unused == vouchers
    assert lottery.unused == 0
    assert (table["vouchers"] == table[["by_risk", "by_lot", "by_signal"]].sum(axis=1)).all()
    assert (table["vouchers"].to_numpy() <= needs.most).all()
    assert lottery.quotas["cut"] == int(share * vouchers + 0.5)
    assert 0 < table["by_lot"].sum() <= lottery.quotas["cut"]
    assert (table.loc[table["arm"] == "offered", "by_lot"] > 0).all()
    assert (table.loc[table["arm"] == "not offered", "vouchers"] == 0).all()
