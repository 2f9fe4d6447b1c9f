""""""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared_lottery import lottery_of, needs_of


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), vouchers=st.integers(60, 900), share=st.sampled_from([0.1, 0.3]))
def test_parts_add_up_and_nobody_gets_more_than_the_need(seed, vouchers, share):
    needs = needs_of(seed=seed)

    lottery = lottery_of(needs, vouchers, seed, lottery=share)

    table = lottery.table.loc[needs.groups]
    assert table["vouchers"].sum() == vouchers == sum(lottery.quotas.values())
    assert (table["vouchers"] == table[["by_risk", "by_lot", "by_signal"]].sum(axis=1)).all()
    assert (table["vouchers"].to_numpy() <= needs.most).all()
    assert lottery.quotas["cut"] == int(share * vouchers + 0.5)
    assert 0 < table["by_lot"].sum() <= lottery.quotas["cut"]
    assert (table.loc[table["arm"] == "offered", "by_lot"] > 0).all()
    assert (table.loc[table["arm"] == "not offered", "vouchers"] == 0).all()
