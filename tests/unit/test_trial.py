import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import permutation_test, t
from statsmodels.stats.power import TTestIndPower

from blijfwijzer.errors import TrialError
from blijfwijzer.settings import GuidanceSettings, VoucherSettings
from blijfwijzer.vouchers.allocation import Needs, allocate_vouchers
from blijfwijzer.vouchers.lottery import Lottery, draw_lottery, open_sealed, seal
from blijfwijzer.vouchers.trial import (
    analyse_trial,
    estimate_effect,
    expected_effect,
    plan_power,
)


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
    return Lottery(table.assign(by_risk=0, by_signal=0), {"cut": 4}, (1, 0, 0), 0.2, 7)


def pilot(lottery, rng, effect, base=0.45, spread=0.08, n=(8, 60)) -> pd.DataFrame:
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
    chosen = VoucherSettings(reserve=0.0, lottery=0.4)
    plan = allocate_vouchers(needs, 300, 1, chosen, seed)
    return draw_lottery(plan, needs, chosen, seed), needs


@pytest.mark.parametrize(
    "arms", [{"a": (4, 4), "b": (3, 4)}, {"a": (10, 6), "b": (2, 5), "c": (8, 8)}]
)
def test_intervals_of_simulated_pilots_cover_the_true_effect(rng, arms):
    is_offered = np.concatenate([[True] * a + [False] * b for a, b in arms.values()])
    stratum = np.repeat(list(arms), [sum(numbers) for numbers in arms.values()])
    shift = 0.1 * (stratum == "a")
    pilots, covered = 4000, 0
    for _ in range(pilots):
        n = rng.integers(8, 60, len(stratum))
        rate = 0.4 + shift + rng.normal(0, 0.08, len(stratum)) + 0.1 * is_offered
        share = rng.binomial(n, rate.clip(0, 1)) / n
        effect, se, freedom = estimate_effect(share, is_offered, stratum)
        covered += abs(effect - 0.1) <= t.ppf(0.975, freedom) * se

    assert 0.935 <= covered / pilots <= 0.965


def test_drawn_sealed_and_analysed_pilots_cover_the_true_effect(tmp_path):
    covered = 0
    lotteries = [drawn_lottery(seed)[0] for seed in range(10)]
    for seed in range(200):
        lottery = lotteries[seed % 10]
        seal(lottery, tmp_path / "lottery.json")
        outcomes = pilot(lottery, np.random.default_rng(1000 + seed), effect=0.07)
        result = analyse_trial(open_sealed(tmp_path / "lottery.json"), outcomes, 99)
        covered += result.low <= 0.07 <= result.high

    assert 0.92 <= covered / 200 <= 0.98


def test_the_randomisation_test_finds_nothing_in_nothing_at_its_level(rng):
    lottery = lottery_of({"a": (6, 6), "b": (5, 7)})

    p_values = [analyse_trial(lottery, pilot(lottery, rng, 0.0), 199).p_value for _ in range(500)]

    assert 0.03 <= np.mean(np.array(p_values) <= 0.05) <= 0.075
    assert abs(np.mean(p_values) - 0.5) < 0.05


def test_the_estimate_is_that_of_a_regression_with_strata(rng):
    lottery = lottery_of({"a": (6, 9), "b": (5, 3), "c": (4, 4)})
    outcomes = pilot(lottery, rng, 0.1)

    result = analyse_trial(lottery, outcomes, 99)

    columns = pd.get_dummies(lottery.table["stratum"], dtype=float).assign(
        offered=(lottery.table["arm"] == "offered").astype(float)
    )
    fit = sm.OLS(outcomes["count"] / outcomes["n"], columns).fit(cov_type="HC2")
    assert result.effect == pytest.approx(fit.params["offered"])
    assert result.se == pytest.approx(fit.bse["offered"])


def test_the_degrees_of_freedom_are_those_of_bell_and_mccaffrey(rng):
    stratum = np.repeat(["a", "b", "c"], [7, 9, 5])
    is_offered = np.concatenate([np.arange(n) < n // 3 + 1 for n in (7, 9, 5)])

    _, _, freedom = estimate_effect(rng.random(21), is_offered, stratum)

    X = np.column_stack([*(stratum == s for s in "abc"), is_offered]).astype(float)
    bread = np.linalg.inv(X.T @ X)
    rest = np.eye(21) - X @ bread @ X.T
    g = rest * ((X @ bread)[:, 3] / np.sqrt(np.diag(rest)))
    values = np.linalg.eigvalsh(g.T @ g)
    assert freedom == pytest.approx(values.sum() ** 2 / (values**2).sum())


def test_without_strata_the_standard_error_is_welchs(rng):
    share, is_offered = rng.random(12), np.arange(12) < 5

    effect, se, freedom = estimate_effect(share, is_offered, np.full(12, "all"))

    assert effect == pytest.approx(share[:5].mean() - share[5:].mean())
    assert se**2 == pytest.approx(share[:5].var(ddof=1) / 5 + share[5:].var(ddof=1) / 7)
    assert freedom == pytest.approx((1 / 5 + 1 / 7) ** 2 / (1 / 25 / 4 + 1 / 49 / 6))


def test_the_randomisation_test_agrees_with_scipy(rng):
    lottery = lottery_of({"a": (6, 6)})
    outcomes = pilot(lottery, rng, 0.05)
    share = (outcomes["count"] / outcomes["n"]).to_numpy()

    p_value = analyse_trial(lottery, outcomes, 19_999).p_value

    exact = permutation_test(
        (share[:6], share[6:]), lambda x, y: x.mean() - y.mean(), n_resamples=np.inf
    ).pvalue
    assert p_value == pytest.approx(exact, abs=0.012)


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
    stratum = lottery.table["stratum"].to_numpy(dtype=str)

    found, effects = 0, []
    for _ in range(2000):
        # Beta with intraclass correlation 1 / (a + b + 1).
        total = 1 / 0.03 - 1
        rate = rng.beta(0.45 * total, 0.55 * total, len(n)) + 0.09 * is_offered
        share = rng.binomial(n, rate.clip(0, 1)) / n.to_numpy()
        effect, se, _ = estimate_effect(share, is_offered, stratum)
        found += abs(effect) > 2.01 * se
        effects.append(effect)

    assert planned.se == pytest.approx(np.std(effects), rel=0.06)
    assert planned.power == pytest.approx(found / 2000, abs=0.05)


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


def test_power_of_two_groups_is_refused():
    with pytest.raises(TrialError, match="too few"):
        plan_power(lottery_of({"a": (1, 1)}), 20, 0.4, 0.05, 0.1)


def test_the_expected_effect_is_on_whole_groups():
    lottery, needs = drawn_lottery(3)

    effect = expected_effect(lottery, needs, GuidanceSettings(take_up=0.4, deadweight=0.4))

    drawn = lottery.table[lottery.table["arm"] == "offered"]
    shares = drawn["vouchers"] / needs.people[drawn.index]
    assert effect == pytest.approx(shares.mean() * 0.24)
    assert 0 < effect < 0.24
