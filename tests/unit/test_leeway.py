"""What single groups answered does not follow from a trial: held against all counts of small arms."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import TrialError
from blijfwijzer.publish.tables.trial_table import clear_trial
from blijfwijzer.vouchers.seal import Lottery, Origin
from blijfwijzer.vouchers.trial import analyse_trial

OFFERED = np.array([True] * 3 + [False] * 3)
EXAMPLE = {"n": [10, 10, 11, 10, 10, 10], "count": [6, 7, 5, 4, 3, 4], "used": [4, 3, 4, 0, 0, 0]}


def told_of(outcomes, strata="aaaaaa"):
    each = len(strata) // 2
    arm = ["offered"] * each + ["not offered"] * each
    index = [f"g{i:02d}" for i in range(2 * each)]
    table = pd.DataFrame({"arm": arm, "stratum": list(strata)}, index=index)
    rows = pd.DataFrame(outcomes, index=table.index)
    result = analyse_trial(Lottery(table, {}, Origin(groups="7")), rows, 10, 99)
    return clear_trial(result, verified="", draw="", analysis="")


def all_counts(n):
    """All counts of an arm in which ten did and ten did not."""
    counts = np.indices([size + 1 for size in n]).reshape(len(n), -1)
    return counts[:, (counts.sum(axis=0) >= 10) & (sum(n) - counts.sum(axis=0) >= 10)]


def is_p_told(told, shares, weight):
    """Whether shares of three groups against three, not in strata, give p as it is told."""
    arms = np.array([np.isin(range(6), own) for own in combinations(range(6), 3)])
    size = np.abs(np.where(arms, 1 / 3, -1 / 3) @ shares)
    p = (size >= np.abs(weight @ shares) - 1e-9).mean(axis=0)
    step = 20 if told["coarsened"] else 100
    return np.isclose(np.ceil(step * p - 1e-9) / step, told["p_value"])


def possible(told, n, strata="aaaaaa"):
    """Try all counts, and give the values of each group's: of those who trained, of users."""
    design = np.column_stack([OFFERED, *(np.array(list(strata)) == name for name in set(strata))])
    weight = np.linalg.pinv(design.astype(float))[0] / n
    places = 0 if told["coarsened"] else 1
    arms = []
    for own, share in ((slice(3), "share_offered"), (slice(3, 6), "share_not_offered")):
        counts = all_counts(n[own])
        means = (counts / np.array(n[own])[:, None]).mean(axis=0)
        arms.append(counts[:, np.round(100 * means) == told[share]])
    offered, others = arms
    effect = (weight[:3] @ offered)[:, None] + weight[3:] @ others
    fits = np.isclose(np.round(100 * effect, places), told["effect"])
    if strata == "aaaaaa":
        pairs = np.nonzero(fits)
        both = np.vstack([offered[:, pairs[0]], others[:, pairs[1]]]) / np.array(n)[:, None]
        fits[pairs] = is_p_told(told, both, weight * n)
    found = []
    if told["effect_of_use"] is not None:
        users = all_counts(n[:3])
        use = weight[:3] @ users
        users, use = (own[..., np.round(100 * use) == told["used"]] for own in (users, use))
        of_use = np.round(100 * effect[fits][:, None] / use, places)
        both = np.isclose(of_use, told["effect_of_use"])
        fits[fits] = both.any(axis=1)
        found = [set(own[both.any(axis=0)]) for own in users]
    trained = [set(own[fits.any(axis=1)]) for own in offered]
    return trained + [set(own[fits.any(axis=0)]) for own in others], found


def test_counts_that_followed_from_a_small_trial_are_not_told():
    fine = {
        "share_offered": 58,
        "share_not_offered": 37,
        "effect": 21.8,
        "used": 35,
        "p_value": 0.2,
    }
    trained, used = possible(fine | {"effect_of_use": 61.5, "coarsened": ""}, EXAMPLE["n"])
    assert (trained[2], used[2]) == ({5}, {4})

    with pytest.raises(TrialError, match="what single groups answered would follow"):
        told_of(EXAMPLE)


@pytest.mark.parametrize("strata", ["aaaaaa", "aababb"])
def test_each_count_of_a_few_people_can_have_three_values_given_what_is_told(strata):
    outcomes = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        n = rng.integers(10, 14, 6)
        count, used = rng.binomial(n, 0.5), rng.binomial(n, 0.4) * OFFERED
        try:
            told = told_of({"n": n, "count": count, "used": used}, strata)
        except TrialError as error:
            outcomes.append("refused" if "single groups" in str(error) else "few")
            continue
        outcomes.append(told["coarsened"])

        trained, users = possible(told, n.tolist(), strata)

        true = [*count, *used[:3]][: len(trained + users)]
        for values, own, size in zip(trained + users, true, [*n, *n[:3]], strict=False):
            assert own in values
            assert len(values) >= 3 or not 0 < own < size

    assert {"", "refused", "effects in whole points"} < set(outcomes)


def test_larger_arms_tell_their_effect_and_that_of_use_as_before():
    n = np.full(12, 30)
    rng = np.random.default_rng(1)
    used = np.r_[rng.binomial(30, 0.3, 6), np.zeros(6, dtype=int)]

    told = told_of({"n": n, "count": rng.binomial(30, 0.4, 12), "used": used}, "a" * 12)

    assert told["coarsened"] == ""
    assert told["effect"] is not None
    assert told["effect_of_use"] is not None
    assert told["low"] == round(told["low"])
