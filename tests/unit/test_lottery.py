import json

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import InfeasibleError, TrialError, VoucherError
from blijfwijzer.vouchers.allocation import allocate_vouchers
from blijfwijzer.vouchers.lottery import draw_lottery
from blijfwijzer.vouchers.needs import Needs
from blijfwijzer.vouchers.seal import Origin, open_sealed
from shared_allocation import sure
from shared_lottery import lottery_of, needs_of


def seal(lottery, path):
    path.write_bytes(lottery.sealed)
    return lottery.sha256


def signals(*numbers) -> tuple[str, ...]:
    return tuple(f"organisatie=O{i:05d}" for i in numbers)


@pytest.mark.parametrize(
    ("vouchers", "parts"), [(400, (200, 100, 100)), (401, (201, 100, 100)), (402, (201, 101, 100))]
)
def test_the_mix_is_exact(vouchers, parts):
    lottery = lottery_of(
        vouchers=vouchers, lottery=0.0, mix=(2, 1, 1), signals=signals(*range(100, 120))
    )

    by_part = lottery.table[["by_risk", "by_lot", "by_signal"]].sum()
    assert tuple(by_part) == parts


def test_signal_vouchers_go_to_the_groups_put_forward():
    lottery = lottery_of(lottery=0.0, mix=(2, 1, 1), signals=signals(*range(100, 120)))

    served = lottery.table.index[lottery.table["by_signal"] > 0]
    assert set(served) <= set(signals(*range(100, 120)))


def test_groups_above_the_cut_are_not_drawn():
    needs = needs_of()
    plan = allocate_vouchers(needs, 300, 1, sure(reserve=0), 1)
    lottery = lottery_of(needs, 400)

    served = plan.table.index[plan.table["vouchers"] > 0]
    assert (lottery.table.loc[served, "by_lot"] == 0).all()
    assert (lottery.table.loc[served, "by_risk"] == plan.table.loc[served, "vouchers"]).all()
    order = plan.table["order"].rename(index=str)
    assert order[lottery.compared.index].min() > order[served].max()


def test_both_arms_are_in_every_stratum():
    for seed in range(30):
        lottery = lottery_of(needs_of(seed=seed, sectors=9), seed=seed, mix=(2, 1, 0))

        arms = lottery.compared.groupby("stratum")["arm"].value_counts()
        assert (arms.groupby("stratum").size() == 2).all()
        assert (arms.groupby("stratum").sum() >= 3).all()
        assert {name.split(":")[0] for name, _ in arms.index} == {"cut", "random"}


def test_every_group_of_a_stratum_has_the_same_chance_whatever_its_size():
    needs = needs_of(sectors=1)
    chosen = sure(reserve=0, lottery=0.4)
    plan = allocate_vouchers(needs, 400, 1, chosen, 1)

    tables = [
        draw_lottery(plan, needs, chosen, origin=Origin(groups=str(seed))).table
        for seed in range(400)
    ]

    offered = pd.concat([table["arm"] == "offered" for table in tables], axis=1).sum(axis=1)
    won = offered[offered > 0]
    chance = won.mean() / 400
    assert 0.4 < chance < 0.6
    # Chi-squared with one degree of freedom less than there are groups, 3 standard deviations.
    deviation = ((won - won.mean()) ** 2 / (400 * chance * (1 - chance))).sum()
    assert abs(deviation - len(won)) < 3 * np.sqrt(2 * len(won))
    is_large = (needs.people[won.index] > needs.people[won.index].median()).to_numpy()
    gap = won[is_large].mean() - won[~is_large].mean()
    assert abs(gap) < 4 * np.sqrt(400 * chance * (1 - chance) * 4 / len(won))


@pytest.mark.parametrize("name", ["groups", "secret"])
def test_a_draw_follows_from_the_groups_and_the_secret(name):
    first, again, other = (Origin(**{name: text}) for text in ("a", "a", "b"))

    assert first.seed == again.seed != other.seed
    assert first.id != other.id


@pytest.mark.parametrize(
    "moved",
    [
        {"sequence": 7},
        {"head": "f" * 64},
        {"plan": {"mix": [2, 1, 1]}},
        {"number": 2, "reason": "again", "changed": ("mix",)},
    ],
)
def test_no_place_in_a_ledger_and_no_setting_moves_the_draw(moved):
    assert Origin(groups="a", secret="b", **moved).seed == Origin(groups="a", secret="b").seed


def test_another_plan_is_another_draw():
    assert Origin(plan={"mix": [2, 1, 0]}).id != Origin(plan={"mix": [3, 1, 0]}).id


def test_the_draw_does_not_depend_on_the_order_of_groups():
    needs = needs_of()
    turned = Needs(needs.rate[::-1], needs.se[::-1], needs.people[::-1], needs.strata.iloc[::-1])

    assert lottery_of(needs).sha256 == lottery_of(turned).sha256


def test_a_lottery_without_sectors_is_one_stratum():
    needs = needs_of()
    plain = Needs(needs.rate, needs.se, needs.people, pd.DataFrame(index=needs.groups))

    assert set(lottery_of(plain).compared["stratum"]) == {"cut:all"}


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"lottery": 0.0}, TrialError, "nothing to draw"),
        ({"lottery": 0.6, "mix": (1, 1, 0)}, InfeasibleError, "240 of 400 vouchers"),
        ({"mix": (2, 1, 1)}, VoucherError, "signals: 0 of 0"),
        ({"mix": (2, 1, 1), "signals": ("x",)}, VoucherError, "1 of 1 groups"),
        (
            {"mix": (1, 1, 9), "lottery": 0.0, "signals": signals(3)},
            InfeasibleError,
            "1 groups have",
        ),
        ({"lottery": 0.002}, TrialError, "1 vouchers among"),
        ({"lottery": 0.001}, TrialError, "0 vouchers among"),
        ({"lottery": 0.0, "mix": (100, 1, 0), "vouchers": 40}, TrialError, "0 vouchers among"),
    ],
)
def test_lotteries_that_cannot_be_held_are_refused(choices, error, message):
    with pytest.raises(error, match=message):
        lottery_of(**choices)


def test_too_few_groups_are_no_lottery():
    with pytest.raises(TrialError, match="nothing to draw"):
        lottery_of(needs_of(3), 10, lottery=0.5)


def test_a_sealed_lottery_is_read_back_as_it_was(tmp_path):
    lottery = lottery_of()

    digest = seal(lottery, tmp_path / "lottery.json")
    again = open_sealed(tmp_path / "lottery.json", digest)

    pd.testing.assert_frame_equal(again.table, lottery.table)
    assert (again.origin, again.quotas) == (lottery.origin, lottery.quotas)
    assert again.sha256 == digest == json.loads((tmp_path / "lottery.json").read_text())["sha256"]
    assert [p.name for p in tmp_path.iterdir()] == ["lottery.json"]


def test_any_altered_byte_is_found(tmp_path, rng):
    path = tmp_path / "lottery.json"
    seal(lottery_of(needs_of(20), 60), path)
    sealed = path.read_bytes()

    for place in [0, len(sealed) - 1, *rng.integers(0, len(sealed), 300)]:
        altered = bytearray(sealed)
        altered[place] ^= int(rng.integers(1, 128))
        path.write_bytes(altered)
        with pytest.raises(TrialError):
            open_sealed(path)


def test_another_lottery_under_its_own_hash_is_found_by_the_published_one(tmp_path):
    digest = seal(lottery_of(seed=1), tmp_path / "a.json")
    seal(lottery_of(seed=2), tmp_path / "a.json")

    with pytest.raises(TrialError, match="hash that was published"):
        open_sealed(tmp_path / "a.json", digest)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"content": 3}',
        b'{"content": {"format": 9}}',
        b"[" * 100_000,
    ],
)
def test_files_that_are_no_lottery_are_refused(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)

    with pytest.raises(TrialError, match="x.json"):
        open_sealed(tmp_path / "x.json")


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(TrialError, match="cannot be read"):
        open_sealed(tmp_path / "no.json")
