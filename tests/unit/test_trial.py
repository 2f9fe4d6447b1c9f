import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.power import TTestIndPower

from blijfwijzer.errors import TrialError
from blijfwijzer.settings import GuidanceSettings
from blijfwijzer.vouchers.allocation import allocate_vouchers
from blijfwijzer.vouchers.lottery import draw_lottery
from blijfwijzer.vouchers.needs import Needs
from blijfwijzer.vouchers.offers import Offers
from blijfwijzer.vouchers.permutation import Arms, effect_of_use, randomise
from blijfwijzer.vouchers.power import expected_effect, plan_power, warn_of
from blijfwijzer.vouchers.seal import Lottery, Origin, open_sealed
from blijfwijzer.vouchers.trial import TrialResult
from blijfwijzer.vouchers.trial import analyse_trial as analyse
from shared_allocation import sure


def lottery_of(arms: dict[str, tuple[int, int]]) -> Lottery:
    rows = [
        {"stratum": stratum, "arm": arm}
        for stratum, numbers in arms.items()
        for arm, number in zip(("offered", "not offered"), numbers, strict=True)
        for _ in range(number)
    ]
    table = pd.DataFrame(rows)
    table.index = pd.Index([f"g{i:03d}" for i in range(len(table))], name="group")
    table["by_lot"] = table["vouchers"] = 4 * (table["arm"] == "offered")
    return Lottery(table.assign(by_risk=0, by_signal=0), {"cut": 4}, Origin(groups="7"))


def pilot(lottery, rng, effect, base=0.45, spread=0.08, n=(12, 60)) -> pd.DataFrame:
    groups = len(lottery.table)
    rate = base + rng.normal(0, spread, groups) + effect * (lottery.table["arm"] == "offered")
    answered = rng.integers(*n, groups)
    count = rng.binomial(answered, np.clip(rate, 0, 1))
    return pd.DataFrame({"n": answered, "count": count}, index=lottery.table.index)


def drawn_lottery(seed) -> tuple[Lottery, Needs]:
    rng = np.random.default_rng(seed)
    index = pd.Index([f"organisatie=O{i:05d}" for i in range(100)], name="group")
    needs = Needs(
        rate=pd.Series(rng.beta(6, 24, 100), index=index),
        se=pd.Series(0.03, index=index),
        people=pd.Series(rng.integers(20, 150, 100).astype(float), index=index),
        strata=pd.DataFrame({"sector": rng.integers(0, 3, 100).astype(str)}, index=index),
    )
    chosen = sure(reserve=0.0, lottery=0.4)
    plan = allocate_vouchers(needs, 300, 1, chosen, seed)
    return draw_lottery(plan, needs, chosen, origin=Origin(groups=str(seed))), needs


def analyse_trial(lottery, outcomes, permutations=999) -> TrialResult:
    return analyse(lottery, outcomes, 10, permutations)


@pytest.mark.parametrize(
    "numbers", [{"a": (4, 4), "b": (3, 4)}, {"a": (10, 6), "b": (2, 5), "c": (8, 8)}]
)
def test_intervals_of_simulated_pilots_cover_the_true_effect(rng, numbers):
    stratum = np.repeat(list(numbers), [sum(own) for own in numbers.values()])
    is_offered = np.concatenate([[True] * a + [False] * b for a, b in numbers.values()])
    shift = 0.1 * (stratum == "a")
    pilots, covered = 600, 0
    for seed in range(pilots):
        n = rng.integers(8, 60, len(stratum))
        rate = 0.4 + shift + rng.normal(0, 0.08, len(stratum)) + 0.1 * is_offered
        share = rng.binomial(n, rate.clip(0, 1)) / n
        found = randomise(share, Arms(is_offered, stratum), most=799, seed=seed)
        covered += found.low <= 0.1 <= found.high

    assert 0.93 <= covered / pilots <= 0.98


def test_drawn_sealed_and_analysed_pilots_cover_the_true_effect(tmp_path):
    covered = 0
    lotteries = [drawn_lottery(seed)[0] for seed in range(10)]
    for seed in range(200):
        (tmp_path / "lottery.json").write_bytes(lotteries[seed % 10].sealed)
        lottery = open_sealed(tmp_path / "lottery.json")
        outcomes = pilot(lottery, np.random.default_rng(1000 + seed), effect=0.07)
        found = analyse_trial(lottery, outcomes, 799).found
        covered += found.low <= 0.07 <= found.high

    assert 0.92 <= covered / 200 <= 0.985


def test_the_randomisation_test_finds_nothing_in_nothing_at_its_level(rng):
    lottery = lottery_of({"a": (6, 6), "b": (5, 7)})

    p_values = [
        analyse_trial(lottery, pilot(lottery, rng, 0.0), 199).found.p_value for _ in range(500)
    ]

    assert 0.03 <= np.mean(np.array(p_values) <= 0.05) <= 0.075
    assert abs(np.mean(p_values) - 0.5) < 0.05


def test_the_estimate_is_that_of_a_regression_with_strata(rng):
    lottery = lottery_of({"a": (6, 9), "b": (5, 3), "c": (4, 4)})
    outcomes = pilot(lottery, rng, 0.1)

    result = analyse_trial(lottery, outcomes, 99)

    columns = pd.get_dummies(lottery.table["stratum"], dtype=float).assign(
        offered=(lottery.table["arm"] == "offered").astype(float)
    )
    fit = sm.OLS(outcomes["count"] / outcomes["n"], columns).fit()
    assert result.found.effect == pytest.approx(fit.params["offered"])


def test_all_ways_are_taken_where_there_are_few_and_drawn_ones_agree(rng):
    share, arms = rng.random(11), Arms(np.arange(11) % 2 == 0, np.repeat(["a", "b"], [6, 5]))

    exact, drawn = randomise(share, arms), randomise(share, arms, most=199)

    assert exact.ways == arms.ways == 20 * 10
    assert drawn.ways == 200
    assert exact.effect == drawn.effect
    assert drawn.p_value == pytest.approx(exact.p_value, abs=0.12)


def test_an_interval_holds_the_effects_that_the_test_does_not_refuse(rng):
    arms = Arms(np.array([True] * 4 + [False] * 5), np.full(9, "a"))
    share = rng.random(9).round(2) + 0.2 * arms.is_offered

    found = randomise(share, arms)

    rows = np.vstack(list(arms.arrangements(9_999, 0)))
    for effect in np.linspace(-1.2, 1.6, 141):
        left = share - effect * arms.is_offered
        differences = rows @ left / 4 - (1 - rows) @ left / 5
        seen = left[:4].mean() - left[4:].mean()
        sides = [(differences >= seen - 1e-9).mean(), (differences <= seen + 1e-9).mean()]
        assert (min(sides) > 0.025) == (found.low <= effect <= found.high)


def test_groups_count_once_and_shares_equal_counts(rng):
    lottery = lottery_of({"a": (6, 6)})
    outcomes = pilot(lottery, rng, 0.05)
    shares = pd.DataFrame({"n": 10, "share": outcomes["count"] / outcomes["n"]})

    assert analyse_trial(lottery, outcomes, 99) == analyse_trial(lottery, shares, 99)


def test_lost_groups_and_broken_strata_are_counted(rng):
    lottery = lottery_of({"a": (6, 6), "b": (1, 3)})
    outcomes = pilot(lottery, rng, 0.05).drop(["g000", "g007", "g008", "g012"])

    result = analyse_trial(lottery, outcomes, 99)

    assert (result.lost_offered, result.lost_not_offered, result.left_out) == (2, 2, 3)
    assert (result.offered, result.not_offered) == (5, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda o: o.drop(columns="n"), "column `n`"),
        (lambda o: o.drop(columns="count"), "one of `share`"),
        (lambda o: o.assign(share=0.1), "one of `share`"),
        (lambda o: o.assign(count=o["n"] + 1), "12 figures"),
        (lambda o: o.assign(count=-1), "12 figures"),
        (lambda o: o.astype(object).assign(count="=1+1"), "12 figures"),
        (lambda o: o.rename(index={"g000": "x"}), "1 of 12 groups are not in"),
        (lambda o: pd.concat([o, o.iloc[:2]]), "2 are double"),
        (lambda o: o.iloc[:6], "0 groups can be compared"),
        (lambda o: o.assign(n=0), "0 groups can be compared"),
        (lambda o: o.assign(n=np.inf), "12 figures"),
        (lambda o: o.assign(n=o["n"] + 0.5), "12 figures"),
        (lambda o: o.assign(n=9, count=4), "12 of 12 groups have fewer than 10"),
        (lambda o: o.assign(count=0), "in 2 of 2 arms fewer than 10"),
        (lambda o: o.assign(count=o["n"]), "in 2 of 2 arms fewer than 10"),
        (lambda o: o.assign(count=(o["n"] // 2).where(o.index > "g005", 1)), "in 1 of 2 arms"),
    ],
)
def test_outcomes_that_cannot_be_used_are_refused(rng, change, message):
    lottery = lottery_of({"a": (6, 6)})

    with pytest.raises(TrialError, match=message):
        analyse_trial(lottery, change(pilot(lottery, rng, 0.0)), 9)


def test_power_without_clustering_or_strata_is_that_of_a_t_test():
    lottery = lottery_of({"a": (20, 20)})
    planned = plan_power(lottery, 25, base=0.5, clustering=0.02, effect=0.07)

    spread = 0.5 * np.sqrt(0.02 + 0.98 / 25)
    expected = TTestIndPower().power(0.07 / spread, 20, 0.05)
    least = TTestIndPower().solve_power(nobs1=20, alpha=0.05, power=0.8) * spread
    assert planned.power == pytest.approx(expected, abs=1e-6)
    assert planned.detectable == pytest.approx(least, rel=1e-4)
    assert planned.freedom == 38


def test_power_is_what_simulated_pilots_find(rng):
    lottery = lottery_of({"a": (10, 10), "b": (6, 12), "c": (8, 8)})
    n = pd.Series(rng.integers(8, 60, len(lottery.table)), index=lottery.table.index)
    planned = plan_power(lottery, n, base=0.45, clustering=0.03, effect=0.09)
    is_offered = (lottery.table["arm"] == "offered").to_numpy()
    arms = Arms(is_offered, lottery.table["stratum"].to_numpy(dtype=str))

    found, effects = 0, []
    for seed in range(400):
        # Beta with intraclass correlation 1 / (a + b + 1).
        total = 1 / 0.03 - 1
        rate = rng.beta(0.45 * total, 0.55 * total, len(n)) + 0.09 * is_offered
        share = rng.binomial(n, rate.clip(0, 1)) / n.to_numpy()
        result = randomise(share, arms, most=399, seed=seed)
        found += result.p_value <= 0.05
        effects.append(result.effect)

    assert planned.se == pytest.approx(np.std(effects), rel=0.12)
    assert planned.power == pytest.approx(found / 400, abs=0.07)


def test_the_smallest_detectable_effect_is_found_with_the_wanted_power():
    lottery = lottery_of({"a": (9, 9), "b": (4, 8)})
    planned = plan_power(lottery, 20, 0.4, 0.05, 0.05, wanted=0.9)

    again = plan_power(lottery, 20, 0.4, 0.05, planned.detectable)

    assert again.power == pytest.approx(0.9, abs=1e-6)
    assert plan_power(lottery, 20, 0.4, 0.05, 0.0).power == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"base": 1.0}, "must lie between"),
        ({"clustering": -0.1}, "must lie between"),
        ({"respondents": 0}, "18 of 18"),
        ({"respondents": pd.Series({"g000": 20.0})}, "17 of 18"),
    ],
)
def test_power_of_impossible_figures_is_refused(figures, message):
    fine = {"respondents": 20, "base": 0.4, "clustering": 0.05, "effect": 0.1}

    with pytest.raises(TrialError, match=message):
        plan_power(lottery_of({"a": (9, 9)}), **fine | figures)


def test_so_many_groups_as_are_told_find_the_effect_four_times_in_five():
    found = plan_power(lottery_of({"a": (9, 9)}), 20, 0.4, 0.05, 0.1)

    needed = found.groups_needed(200)
    half = needed // 2
    planned = plan_power(lottery_of({"a": (half, needed - half)}), 20, 0.4, 0.05, 0.1)

    assert found.power < 0.6
    assert planned.power == pytest.approx(0.8, abs=0.01)
    assert planned.detectable == pytest.approx(found.detectable_among(needed), rel=1e-3)


@pytest.mark.parametrize("effect", [0.0, 1e-9, 0.002, 0.05])
def test_no_number_of_groups_is_told_that_there_is_not(effect):
    found = plan_power(lottery_of({"a": (9, 9)}), 20, 0.4, 0.05, effect)

    assert found.groups_needed(18) is None
    assert found.groups_needed(250) is None
    assert effect < found.detectable_among(250) < found.detectable


def test_a_warning_tells_what_would_find_the_effect_or_that_nothing_would():
    weak = plan_power(lottery_of({"a": (9, 9)}), 20, 0.4, 0.05, 0.1)
    hopeless = plan_power(lottery_of({"a": (9, 9)}), 20, 0.4, 0.05, 0.002)
    strong = plan_power(lottery_of({"a": (40, 40)}), 20, 0.4, 0.05, 0.3)

    needed = weak.groups_needed(200)
    assert f"(10 points) in 26% of years only; {needed} groups like these" in warn_of(weak, 200)
    told = warn_of(hopeless, 100)
    least = f"{100 * hopeless.detectable_among(100):.2g}"
    assert f"all 100 groups there are would find {least} points in 80%" in told
    assert "no lottery among them can show it" in told
    assert "larger share" not in told
    assert warn_of(strong, 200) is None


def test_power_of_two_groups_is_refused():
    with pytest.raises(TrialError, match="too few"):
        plan_power(lottery_of({"a": (1, 1)}), 20, 0.4, 0.05, 0.1)


def test_the_expected_effect_is_on_whole_groups():
    lottery, needs = drawn_lottery(3)

    guidance = GuidanceSettings(take_up=0.4, deadweight=0.4)
    effect = expected_effect(lottery, needs, Offers(1000, guidance, np.ones(len(needs.groups))))

    drawn = lottery.table[lottery.table["arm"] == "offered"]
    shares = drawn["vouchers"] / needs.people[drawn.index]
    assert effect == pytest.approx(shares.mean() * 0.24)
    assert 0 < effect < 0.24


def test_what_use_did_is_the_effect_of_the_offer_over_the_use_that_it_brought(rng):
    is_offered = np.arange(40) < 20
    arms = Arms(rng.permutation(is_offered), np.full(40, "a"))
    used = np.where(arms.is_offered, rng.uniform(0.2, 0.4, 40), 0.0)
    base = rng.normal(0.4, 0.05, 40)

    found = effect_of_use(base + 0.6 * used, used, arms, 999, 1)

    offer = randomise(base + 0.6 * used, arms, 999, 1)
    assert found.effect == pytest.approx(offer.effect / used[arms.is_offered].mean())
    assert found.low < 0.6 < found.high
    assert found.high - found.low < 0.5


def test_intervals_of_what_use_did_cover_it_and_are_not_told_where_hardly_anybody_used(rng):
    covered = 0
    for _ in range(60):
        arms = Arms(rng.permutation(np.arange(24) < 12), np.full(24, "a"))
        used = np.where(arms.is_offered, rng.uniform(0.1, 0.4, 24), 0.0)
        found = effect_of_use(rng.normal(0.4, 0.08, 24) + 0.3 * used, used, arms, 199, 1)
        covered += found.low <= 0.3 <= found.high
    nobody = effect_of_use(rng.normal(0.4, 0.08, 24), np.zeros(24), arms, 199, 1)

    assert 52 <= covered <= 60
    assert np.isnan(nobody.effect)
    assert nobody.low == -np.inf


@pytest.mark.parametrize("used", [1, 30])
def test_use_by_few_people_is_not_told(used):
    lottery = lottery_of({"a": (4, 4)})
    is_offered = (lottery.table["arm"] == "offered").to_numpy()
    outcomes = pd.DataFrame({"n": 30, "count": 12, "used": 0}, index=lottery.table.index)
    outcomes.loc[is_offered, "used"] = used

    with pytest.raises(TrialError, match="fewer than 10 people used a voucher"):
        analyse_trial(lottery, outcomes)


def test_use_is_told_beside_the_offer():
    lottery = lottery_of({"a": (4, 4)})
    is_offered = (lottery.table["arm"] == "offered").to_numpy()
    outcomes = pd.DataFrame(
        {"n": 40, "count": np.arange(8) + 10, "used": 0}, index=lottery.table.index
    )
    outcomes.loc[is_offered, "used"] = 10

    result = analyse_trial(lottery, outcomes)

    assert result.of_use.used == pytest.approx(0.25)
    assert result.of_use.effect == pytest.approx(result.found.effect / 0.25)
