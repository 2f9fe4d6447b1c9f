"""What tests of examples and of properties share: allocation."""

import pandas as pd

from blijfwijzer.settings import GuidanceSettings, VoucherSettings
from blijfwijzer.vouchers.allocation import allocate_vouchers
from blijfwijzer.vouchers.needs import Needs

SURE = GuidanceSettings(take_up=1.0, deadweight=0.4)
"""Every offer is used, so that the budget buys as many as are offered."""


def sure(**choices) -> VoucherSettings:
    return VoucherSettings(talk=SURE, **choices)


PLAIN = sure(reserve=0.0)


def needs_of(rates, people=20.0, se=0.0, **strata) -> Needs:
    index = pd.Index([f"organisatie=O{i:05d}" for i in range(len(rates))], name="group")
    return Needs(
        rate=pd.Series(rates, index=index, dtype=float),
        se=pd.Series(se, index=index, dtype=float),
        people=pd.Series(people, index=index, dtype=float),
        strata=pd.DataFrame(strata, index=index, dtype=object),
    )


def vouchers_of(needs, total, choices=PLAIN, seed=1) -> list[int]:
    allocation = allocate_vouchers(needs, total, 1, choices, seed)
    return allocation.table["vouchers"].to_list()
