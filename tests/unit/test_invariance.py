"""Items that function differently: against statsmodels, and against answers of known making."""

import pickle

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import f
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.multivariate.factor import Factor

from blijfwijzer.culture.invariance import assess_invariance
from blijfwijzer.culture.item_answers import prepare
from blijfwijzer.culture.items import purify
from blijfwijzer.culture.judgements import REASONS
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.estimation.ordinal import fit_ordinal, nagelkerke
from blijfwijzer.publish.language.catalogue import PARTS
from blijfwijzer.settings import Settings
from blijfwijzer.survey.breakdown import break_down_people
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from questionnaires import questionnaire, workplaces

ITEMS = ["a1", "a2", "a3", "a4"]
LOADINGS = np.array([0.8, 0.7, 0.6, 0.75])
FOUR = questionnaire({"a": ITEMS})
BORDERS = (-1.5, -0.7, 0.2, 1.1)


def made(rng, respondents=2000, higher=0.6, shifts=(0, 0, 0, 0), flatter=(0, 0, 0, 0)):
    """Answers of two groups, of which the first truly scores higher by `higher`.

    Each item of that group is shifted, and held less to the factor, by as much as is said.
    """
    responses, factor = workplaces(rng, organisations=respondents // 40, people=10)
    is_first = rng.random(len(responses)) < 0.4
    factor = factor + higher * is_first
    loadings = LOADINGS - np.outer(is_first, flatter)
    noise = rng.standard_normal(loadings.shape) * np.sqrt(1 - LOADINGS**2)
    latent = factor[:, None] * loadings + noise + np.outer(is_first, shifts)
    answers = 1.0 + np.digitize(latent, BORDERS)
    group = pd.Series(np.where(is_first, "hoog", "laag"))
    return responses.assign(**dict(zip(ITEMS, answers.T, strict=True))), group


def assess(responses, group, book=FOUR, **options):
    return assess_invariance(
        responses, book, read_design(responses, book), {"opleiding": group}, **options
    )


def different(found):
    """Whether each item functions differently for any group."""
    return found.items.groupby("item")["is_different"].any().to_dict()


def test_a_table_gives_the_fit_of_all_its_respondents(rng):
    x = pd.DataFrame({"x": rng.integers(0, 9, 3000) / 4, "g": rng.integers(0, 2, 3000)})
    y = np.digitize(x["x"] + 0.5 * x["g"] + rng.logistic(size=3000), [0, 1.5, 3])
    rows, place = np.unique(x.to_numpy(dtype=float), axis=0, return_inverse=True)
    counts = np.zeros((len(rows), 4))
    np.add.at(counts, (place, y), 1.0)

    found = fit_ordinal(counts, rows, fit_ordinal(counts, rows[:, :1]))

    theirs = OrderedModel(y, x, distr="logit").fit(method="bfgs", disp=False, gtol=1e-8)
    assert found.coefficients == pytest.approx(theirs.params[:2].to_numpy(), rel=1e-4)
    borders = theirs.model.transform_threshold_params(theirs.params.to_numpy())[1:-1]
    assert found.borders == pytest.approx(borders, rel=1e-4)
    assert found.log_likelihood == pytest.approx(theirs.llf)
    errors = np.sqrt(np.diag(found.inverse))[3:]
    assert errors == pytest.approx(theirs.bse[:2].to_numpy(), rel=0.02)


def test_what_a_tested_scale_keeps_is_no_larger_for_more_people(rng):
    kept = []
    for respondents in (1200, 2400):
        responses, group = made(rng, respondents=respondents, shifts=(0.15, 0, 0, 0))
        values, code = responses[ITEMS].to_numpy(), (group == "laag").to_numpy().astype(np.intp)
        cluster = pd.factorize(responses["organisatie"])[0]
        design = Design(np.ones(len(values)), cluster, np.zeros_like(cluster))
        ready = prepare(tuple(ITEMS), values, code, ["hoog", "laag"], design, 4.0)
        kept.append(len(pickle.dumps(purify(ready, 9.0)[1])))

    assert kept[0] == kept[1]


def test_explained_shares_follow_nagelkerke(rng):
    x = rng.integers(0, 6, 800) / 2.0
    y = (x + rng.logistic(size=800) > 1).astype(int)
    counts = np.stack([np.bincount((2 * x).astype(int), y == k) for k in (0, 1)], axis=1)

    found = nagelkerke(fit_ordinal(counts, np.arange(6.0)[:, None] / 2).log_likelihood, counts)

    theirs = sm.Logit(y, sm.add_constant(x)).fit(disp=False)
    of_most = 1 - np.exp(2 * theirs.llnull / 800)
    assert found == pytest.approx((1 - np.exp(2 * (theirs.llnull - theirs.llf) / 800)) / of_most)


def test_the_test_of_an_item_equals_one_with_the_cluster_errors_of_statsmodels(rng):
    responses, group = made(rng, respondents=1200, shifts=(0.15, 0, 0, 0))
    values, code = responses[ITEMS].to_numpy(), (group == "laag").to_numpy().astype(np.intp)
    cluster = pd.factorize(responses["organisatie"])[0]
    design = Design(np.ones(len(values)), cluster, np.zeros_like(cluster))

    rows, _ = purify(prepare(tuple(ITEMS), values, code, ["hoog", "laag"], design, 4.0), 9.0)
    found = next(row for row in rows if (row["item"], row["group"]) == ("a1", "laag"))

    # By hand: match on the rest score's reliable part, then statsmodels' ordered model.
    centre = np.stack([values[code == g].mean(axis=0) for g in (0, 1)])[code]
    within = values - centre
    factor = Factor(corr=np.corrcoef(within.T), n_factor=1, method="ml", nobs=1200).fit()
    loadings = np.abs(factor.loadings[:, 0]) * within.std(axis=0)
    common = loadings[1:].sum() ** 2
    unique = (within.var(axis=0) - loadings**2)[1:].sum()
    rest, mean = values[:, 1:].sum(axis=1), centre[:, 1:].sum(axis=1)
    X = pd.DataFrame({"x": mean + common / (common + unique) * (rest - mean), "g": code})
    theirs = OrderedModel(values[:, 0], X, distr="logit").fit(
        method="bfgs", disp=False, gtol=1e-8, cov_type="cluster", cov_kwds={"groups": cluster}
    )
    units = cluster.max() + 1
    # Theirs leaves the factor for few units out or puts (n - 1) / (n - k) in: both are near 1.
    expected = f.sf((theirs.params["g"] / theirs.bse["g"]) ** 2, 1, units - 1)
    assert found["p_uniform"] == pytest.approx(expected, rel=0.1)


def test_groups_that_truly_differ_are_comparable(rng):
    flagged, significant = [], []
    for _ in range(12):
        found = assess(*made(rng, higher=0.8))
        flagged.append(found.items["is_different"].any())
        significant.append((found.items["p"] < 0.05).any())

    assert not any(flagged)
    assert np.mean(significant) <= 0.25


def test_a_shifted_item_is_found_and_told_apart_from_the_others(rng):
    found = assess(*made(rng, shifts=(0, 0.5, 0, 0)))

    assert different(found) == {
        "a1": False,
        "a2": True,
        "a3": False,
        "a4": False,
    }
    shifted = found.items.set_index("item").loc["a2"].iloc[0]
    assert shifted["p_uniform"] < 0.001 < shifted["p_nonuniform"]
    assert shifted["class"] in ("B", "C")


def test_what_shifted_items_make_of_a_difference_is_known(rng):
    responses, group = made(rng, respondents=6000, shifts=(0, 0, 0, 0.5))
    same = made(np.random.default_rng(2019), respondents=6000)[0]

    found = assess(responses, group)

    # The same people and chances without the shift: what is left of the difference.
    def difference(frame):
        means = frame[ITEMS].mean(axis=1).groupby(group).mean()
        return means["hoog"] - means["laag"]

    row = found.scales.iloc[0]
    assert row["observed"] == pytest.approx(difference(responses), abs=0.03)
    assert row["made"] == pytest.approx(difference(responses) - difference(same), abs=0.02)
    groups = found.groups.set_index("group")
    assert groups["left"].to_numpy() == pytest.approx(
        (groups["observed"] - groups["made"]).to_numpy()
    )


def test_an_item_that_is_flatter_for_one_group_is_found_as_such(rng):
    found = assess(*made(rng, respondents=6000, higher=0.0, flatter=(0.6, 0, 0, 0)))

    row = found.items.set_index("item").loc["a1"].iloc[0]
    assert row["p_nonuniform"] < 0.001
    assert row["is_different"]


@pytest.mark.parametrize(
    ("shifts", "judgement", "reason"),
    [
        ((0, 0, 0, 0), "comparable", ""),
        ((0, 0.4, 0, 0), "with care", "small"),
        ((0, 1.2, 0, 0), "not comparable", "large"),
        ((0.6, -0.6, 0, 0), "not comparable", "no anchor"),
    ],
)
def test_a_scale_is_judged_by_what_its_items_do(rng, shifts, judgement, reason):
    row = assess(*made(rng, respondents=4000, shifts=shifts)).scales.iloc[0]

    assert (row["judgement"], row["reason"]) == (judgement, reason)


def test_a_lower_floor_judges_more_strictly(rng):
    survey = made(rng, respondents=4000, shifts=(0, 0.4, 0, 0))

    judged = [assess(*survey, floor=floor).scales.iloc[0]["judgement"] for floor in (0.05, 0.01)]

    assert judged == ["with care", "not comparable"]


def test_units_that_differ_on_an_item_do_not_pass_for_groups_that_do(rng):
    # A group here is a set of whole units, and each unit has its own view of item a1.
    significant = []
    for _ in range(15):
        responses, _ = made(rng, higher=0.0)
        unit = pd.factorize(responses["organisatie"])[0]
        own = rng.normal(0, 0.5, unit.max() + 1)[unit]
        responses["a1"] = 1.0 + np.digitize(own + rng.standard_normal(len(unit)), BORDERS)
        group = pd.Series(np.where(unit % 2, "oneven", "even"))
        significant.append(assess(responses, group).items["p_uniform"][0] < 0.05)

    assert np.mean(significant) <= 0.2


def test_a_reversed_item_is_turned_before_it_is_tested(rng):
    responses, group = made(rng, shifts=(0, 0.5, 0, 0))
    turned = responses.assign(a3=6 - responses["a3"])

    plain = assess(responses, group)
    again = assess(turned, group, questionnaire({"a": ITEMS}, reverse=["a3"]))

    pd.testing.assert_frame_equal(plain.items, again.items)


def test_the_scale_of_weights_changes_no_test(rng):
    responses, group = made(rng)

    heavier = responses.assign(weight=1000 * responses["weight"])

    pd.testing.assert_frame_equal(assess(responses, group).items, assess(heavier, group).items)


def test_p_values_are_adjusted_over_all_items_of_an_attribute(rng):
    responses, group = made(rng, shifts=(0, 0.18, 0, 0))
    more, _ = made(rng)
    names = {item: item.replace("a", "b") for item in ITEMS}
    both = responses.join(more[ITEMS].rename(columns=names))
    book = questionnaire({"a": ITEMS, "b": list(names.values())})

    alone, together = assess(responses, group), assess(both, group, book)

    assert len(together.items) == 16
    first, same = (one.items.set_index("item").loc["a2", "p"].max() for one in (together, alone))
    assert first > same


def test_small_groups_are_named_and_not_tested(rng):
    responses, group = made(rng)
    group[:100] = "weinig"

    found = assess(responses, group)

    row = found.scales.iloc[0]
    assert row["untested"] == "weinig"
    assert row["judgement"] == "comparable"
    groups = found.groups.set_index("group")
    assert groups["judgement"].to_dict() == {
        "hoog": "comparable",
        "laag": "comparable",
        "weinig": "with care",
    }
    assert groups["n"]["weinig"] == 100
    assert np.isnan(groups["made"]["weinig"])


def test_a_small_group_is_not_comparable_where_none_is(rng):
    responses, group = made(rng, respondents=4000, shifts=(0, 1.2, 0, 0))
    group[:100] = "weinig"

    groups = assess(responses, group).groups.set_index("group")

    assert groups["judgement"]["weinig"] == "not comparable"


@pytest.mark.parametrize(
    ("items", "change", "reason"),
    [
        (["a1"], {}, "one item"),
        (["a1", "a2"], {}, "two items"),
        (["b1", "b2", "b3"], {}, "absent"),
        (["a1", "a2", "a3"], {"a2": 3.0}, "one answer"),
        (["a1", "a2", "a3"], {"a2": lambda r: r["a1"]}, "alike"),
        (["a1", "a2", "a3"], {"a2": lambda r: 6 - r["a1"]}, "alike"),
        (["a1", "a2"], {"a2": lambda r: r["a1"]}, "alike"),
    ],
)
def test_what_cannot_be_tested_is_shown_with_care(rng, items, change, reason):
    responses, group = made(rng)

    found = assess(responses.assign(**change), group, questionnaire({"a": items}))

    row = found.scales.iloc[0]
    assert (row["judgement"], row["reason"]) == ("with care", reason)


@pytest.mark.parametrize("group", ["one", "missing", "unit"])
def test_groups_that_cannot_be_compared_say_so(rng, group):
    responses, _ = made(rng)
    unit = pd.factorize(responses["organisatie"])[0]
    groups = {
        "one": pd.Series("iedereen", index=responses.index),
        "missing": pd.Series(np.nan, index=responses.index),
        # Each group is four organisations: too few to know how much organisations differ.
        "unit": pd.Series(np.char.add("g", (unit // 4).astype(str))).where(unit < 8),
    }

    row = assess(responses, groups[group]).scales.iloc[0]

    assert (row["judgement"], row["reason"]) == ("with care", "few groups")


def test_units_themselves_are_compared_by_their_people(rng):
    responses, _ = made(rng, respondents=2400)
    country = pd.Series(np.repeat(["BE", "DE", "DK", "FR", "NL", "UK"], len(responses) // 6))
    responses["a2"] = (responses["a2"] + (country == "NL")).clip(upper=5)

    found = assess(responses.assign(organisatie=country, sector="S"), country)

    assert different(found) == {
        "a1": False,
        "a2": True,
        "a3": False,
        "a4": False,
    }
    assert found.barred("opleiding") == {"a": frozenset({"NL"})}


def test_a_survey_of_one_organisation_is_tested_by_its_people(rng):
    responses, group = made(rng, shifts=(0, 0.6, 0, 0))
    single = responses.assign(organisatie="O1", sector="S1", team="T1")

    found = assess(single, group)

    assert different(found)["a2"]


def test_nothing_asked_gives_nothing():
    responses = pd.DataFrame({"weight": [1.0], "organisatie": ["O"], "sector": ["S"]})

    found = assess_invariance(responses, FOUR, read_design(responses, FOUR), {})

    assert len(found.items) == len(found.scales) == len(found.groups) == 0


def test_every_reason_has_a_text(rng):
    found = assess(*made(rng))

    assert set(found.scales["reason"]) <= set(REASONS)
    parts = {reason.replace(" ", "_") or "none" for reason in REASONS}
    assert parts == set(PARTS["comparison.reason"])


def test_a_real_survey_is_judged(fevs_file):
    book = load_codebook("fevs-2018")
    responses = read_survey(fevs_file, book, Settings().intake).responses
    part = responses.sample(8000, random_state=1).reset_index(drop=True)
    attributes = {"DSUPER": break_down_people(part, book)["DSUPER"]}

    found = assess_invariance(part, book, read_design(part, book), attributes)

    judged = found.scales.set_index("scale")["judgement"]
    # A reasonable workload (Q10) is another question to those who divide the work.
    assert judged["leidinggevende"] == "comparable"
    assert judged["middelen"] != "comparable"


def test_too_few_units_leave_it_unknown(rng):
    # Five organisations in four sectors tell one error at most, and a test needs two.
    responses, group = made(rng)
    place = rng.permutation(len(responses)) % 5
    few = responses.assign(
        organisatie=[f"O{one}" for one in place], sector=[f"S{one % 4}" for one in place], team="T"
    )

    row = assess(few, group).scales.iloc[0]

    assert (row["judgement"], row["reason"]) == ("with care", "few units")


COUNTRIES = [f"L{number:02d}" for number in range(18)]


def countries(rng, odd=(0, 0, 0, 0), people=300, count=18):
    """Answers of countries that truly differ, and of which one reads items otherwise."""
    country = np.repeat(np.arange(count), people)
    factor = np.linspace(-0.8, 0.8, count)[country] + rng.standard_normal(len(country))
    noise = rng.standard_normal((len(country), 4)) * np.sqrt(1 - LOADINGS**2)
    latent = factor[:, None] * LOADINGS + noise + np.outer(country == 4, odd)
    answers = 1.0 + np.digitize(latent, BORDERS)
    responses = pd.DataFrame(dict(zip(ITEMS, answers.T, strict=True)))
    name = pd.Series(COUNTRIES)[country].reset_index(drop=True)
    return responses.assign(organisatie=name, sector="S", team="T", weight=1.0), name


def test_noise_alone_bars_none_of_many_groups(rng):
    found = [assess(*countries(rng)) for _ in range(8)]

    judged = pd.concat([one.groups for one in found])
    assert len(judged) == 8 * len(COUNTRIES)
    assert not (judged["judgement"] == "not comparable").any()
    assert (judged["judgement"] == "comparable").mean() > 0.97


@pytest.mark.parametrize("count", [18, 6])
@pytest.mark.parametrize(
    ("odd", "reason"), [((1.6, 0, 0, 0), "large"), ((1.2, -0.8, 0, 0), "no anchor")]
)
def test_only_the_group_that_is_odd_is_barred(rng, odd, reason, count):
    found = assess(*countries(rng, odd, count=count))

    judged = found.groups.set_index("group")
    barred = judged[judged["judgement"] == "not comparable"]
    assert barred["reason"].to_dict() == {"L04": reason}
    assert (judged["judgement"] == "comparable").sum() >= count - 2
    row = found.scales.iloc[0]
    assert (row["judgement"], row["reason"], row["barred"]) == ("with care", "some groups", "L04")
    assert found.barred("opleiding") == {"a": frozenset({"L04"})}


def test_a_smaller_shift_of_one_of_many_groups_is_told_with_care(rng):
    judged = assess(*countries(rng, (0.7, 0, 0, 0))).groups.set_index("group")

    assert (judged["judgement"]["L04"], judged["reason"]["L04"]) == ("with care", "small")
    assert (judged["judgement"].drop("L04") == "comparable").all()


def test_the_error_of_what_items_make_is_how_much_it_varies(rng):
    found = pd.concat([assess(*made(rng, shifts=(0, 0, 0, 0.5))).groups for _ in range(40)])

    made_of = found[found["group"] == "hoog"]
    assert (made_of["made"] > 0).all()
    assert made_of["made"].std() == pytest.approx(made_of["error"].mean(), rel=0.3)


def test_where_fewer_than_two_groups_are_left_none_is_compared(rng):
    responses, group = made(rng, respondents=4000, shifts=(0, 1.2, 0, 0))

    found = assess(responses, group)

    assert set(found.groups["judgement"]) == {"not comparable"}
    assert found.barred("opleiding") == {"a": frozenset({"hoog", "laag"})}
