from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.proportion import proportion_confint

from blijfwijzer.claims.conduct import changed_conduct
from blijfwijzer.claims.evidence import gather
from blijfwijzer.claims.reader import Reader
from blijfwijzer.culture.behaviours import ANY_INSIDE, ANY_OUTSIDE, EXTERNAL
from blijfwijzer.culture.conduct import CHANGE_COLUMNS, SHARE_COLUMNS, measure_conduct
from blijfwijzer.culture.conduct_links import LINK_COLUMNS
from blijfwijzer.culture.waves import compare_waves
from blijfwijzer.disclosure.rounding import band_middle, to_band
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.estimation.means import estimate_share
from blijfwijzer.groups.paths import EVERYONE
from blijfwijzer.publish.culture_findings import link_figure
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.tables.conduct_tables import clear_conduct
from blijfwijzer.release.culture import offer_figures, told_compared, told_conduct
from blijfwijzer.settings import CultureSettings, Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.scales import score_scales
from questionnaires import built_in_wave

CODEBOOK = load_codebook("werkonderzoek-2019")


@pytest.fixture(scope="module")
def surveys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("waves")
    return [built_in_wave(folder, 4000, wave) for wave in (2019, 2022)]


def conduct_of(responses, design=None, settings=None, previous=None):
    design = read_design(responses, CODEBOOK) if design is None else design
    scales, settings = (
        score_scales(responses, CODEBOOK),
        settings or CultureSettings(mix=("sector",)),
    )
    pair = None if previous is None else compare_waves(previous, responses, CODEBOOK, settings)
    return measure_conduct(responses, scales, CODEBOOK, design, settings, pair)


@pytest.fixture(scope="module")
def conduct(surveys):
    return conduct_of(surveys[1], previous=surveys[0])


def alone(count):
    return Design(np.ones(count), np.arange(count), np.zeros(count, dtype=np.intp))


def row_of(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_a_share_is_weighted_and_names_who_answered_and_whom_it_happened_to(conduct, surveys):
    answers, weight = surveys[1]["extern_intimidatie"], surveys[1]["weight"]
    known = answers.notna()

    row = row_of(conduct.shares, behaviour="extern_intimidatie", by="all")

    assert row["share"] == pytest.approx(np.average(answers[known], weights=weight[known]))
    assert (row["n"], row["hits"]) == (known.sum(), answers.sum())
    assert (row["source"], row["kind"]) == (EXTERNAL, "intimidatie")
    assert list(conduct.shares.columns) == SHARE_COLUMNS


def test_without_weights_and_units_an_interval_is_that_of_clopper_and_pearson(surveys):
    responses = surveys[0].head(400).assign(weight=1.0)

    row = row_of(conduct_of(responses, alone(400)).shares, behaviour="intern_pesten", by="all")

    # Of as many people as the middle of the band of n, and of the share as it is shown.
    worth = band_middle(row["n"])
    low, high = proportion_confint(row["share"].round(2) * worth, worth, method="beta")
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=2e-4)


def test_shares_are_told_by_client_contact_and_by_the_largest_unit(conduct, surveys):
    shares = conduct.shares[conduct.shares["behaviour"] == ANY_OUTSIDE]

    by_contact = shares[shares["by"] == "klantcontact"]
    assert by_contact["category"].tolist() == ["1", "2", "3"]
    assert by_contact["share"].is_monotonic_increasing
    by_sector = shares[shares["by"] == "sector"]
    assert set(by_sector["category"]) == set(surveys[1]["sector"].astype("str"))
    everyone = row_of(shares, by="all")
    assert everyone["n"] == by_sector["n"].sum()


def test_any_is_yes_with_one_yes_and_unknown_when_a_missing_answer_could_be_one(surveys):
    responses = (
        surveys[0]
        .head(6)
        .assign(
            intern_agressie=[1, 0, 0, np.nan, np.nan, 0],
            intern_pesten=[np.nan, 0, 0, 0, np.nan, 1],
            intern_intimidatie=[np.nan, 0, np.nan, 0, np.nan, 1],
        )
    )

    row = row_of(conduct_of(responses, alone(6)).shares, behaviour=ANY_INSIDE, by="all")

    assert (row["n"], row["hits"]) == (3, 2)


def test_changes_hold_what_the_built_in_survey_was_given(conduct):
    changes = conduct.changes

    assert list(changes.columns) == CHANGE_COLUMNS
    for behaviour, truth in (("extern_agressie", 0.04), ("extern_intimidatie", 0.03)):
        row = row_of(changes, behaviour=behaviour)
        assert row["net_low"] < truth < row["net_high"]
        assert row["now"] - row["before"] == pytest.approx(row["raw"])
    inside = row_of(changes, behaviour=ANY_INSIDE)
    assert inside["net_low"] < 0 < inside["net_high"]


def test_the_claim_about_change_tells_the_changes_of_this_chapter(surveys):
    settings = CultureSettings(mix=("geslacht",))
    changes = conduct_of(surveys[1], settings=settings, previous=surveys[0]).changes
    before, now = (
        gather(wave, score_scales(wave, CODEBOOK), CODEBOOK, read_design(wave, CODEBOOK))
        for wave in surveys
    )

    found = changed_conduct(Reader(replace(now, previous=before, settings=settings)))

    changed = {one.name: one.estimate for one in (*found.estimates, *found.checks)}
    for behaviour in ("discriminatie", "integriteit_gezien"):
        row = row_of(changes, behaviour=behaviour)
        raw, net = changed[behaviour], changed[f"{behaviour}_net"]
        assert [raw.value, raw.low, raw.high] == row[["raw", "raw_low", "raw_high"]].tolist()
        assert [net.value, net.low, net.high] == row[["net", "net_low", "net_high"]].tolist()
        assert raw.n == row["n_before"] + row["n_now"]


def test_changes_are_adjusted_for_their_number(surveys):
    wave = surveys[1].head(1500)

    found = conduct_of(wave, previous=wave.assign(weight=1.0)).changes

    assert (found["p"] <= 1).all()
    assert (found["p"] > 0.5).all()


def test_inside_behaviour_goes_with_less_safety_and_outside_does_not(conduct):
    links = conduct.links[conduct.links["outcome"] == "psychologische_veiligheid"]

    inside, outside = (row_of(links, behaviour=b) for b in (ANY_INSIDE, ANY_OUTSIDE))

    assert list(conduct.links.columns) == LINK_COLUMNS
    assert inside["high"] < -0.2
    assert inside["is_large"]
    assert outside["low"] < 0.1
    assert not outside["is_large"]


def test_a_link_with_safety_is_a_regression_given_traits(surveys):
    responses = surveys[0].head(1500).assign(weight=1.0)
    happened = responses["intern_pesten"].astype(float)
    safety = score_scales(responses, CODEBOOK)["psychologische_veiligheid"]
    known = happened.notna() & safety.notna()

    row = row_of(
        conduct_of(responses, alone(1500)).links,
        behaviour="intern_pesten",
        outcome="psychologische_veiligheid",
    )

    counts = responses["sector"].astype("str")
    X = pd.get_dummies(counts, drop_first=True).astype(float).assign(happened=happened, one=1.0)
    fitted = sm.OLS(safety[known], X[known]).fit(cov_type="HC0")
    assert row["adjusted"] == pytest.approx(fitted.params["happened"])
    width = 2 * 1.96 * fitted.bse["happened"]
    assert row["high"] - row["low"] == pytest.approx(width, rel=0.01)
    assert row["d"] == pytest.approx(row["adjusted"] / safety[known].std(ddof=0), rel=0.01)


def test_a_link_with_leaving_is_an_odds_ratio_and_a_difference_of_shares(surveys):
    responses = surveys[0].head(1500).assign(weight=1.0)
    happened = responses["intern_pesten"].astype(float)
    leaves = (responses["vertrek"] >= 4).astype(float).where(responses["vertrek"].notna())
    known = happened.notna() & leaves.notna()

    row = row_of(
        conduct_of(responses, alone(1500), CultureSettings(mix=("geslacht",))).links,
        behaviour="intern_pesten",
        outcome="vertrekintentie",
    )

    sex = responses["geslacht"].astype("str")
    # The third answer is too rare to be a category of its own.
    sex = sex.where(sex != "3", sex.value_counts().idxmax())
    X = pd.DataFrame({"sex": (sex == "2").astype(float), "happened": happened, "one": 1.0})
    fitted = sm.Logit(leaves[known], X[known]).fit(disp=0)
    margin = fitted.get_margeff(dummy=True).summary_frame().loc["happened"]
    assert row["odds_ratio"] == pytest.approx(np.exp(fitted.params["happened"]), rel=1e-5)
    assert row["adjusted"] == pytest.approx(margin["dy/dx"], rel=1e-5)
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * margin["Std. Err."], rel=0.05)
    assert row["d"] == pytest.approx(fitted.params["happened"] * np.sqrt(3) / np.pi, rel=1e-5)
    apart = leaves[known & (happened == 1)].mean() - leaves[known & (happened == 0)].mean()
    assert row["plain"] == pytest.approx(apart)


def test_a_shuffled_behaviour_has_no_link(surveys, rng):
    responses, found = surveys[0].head(1500), 0
    for _ in range(3):
        shuffled = responses.assign(intern_pesten=rng.permutation(responses["intern_pesten"]))
        links = conduct_of(shuffled).links
        found += int(
            row_of(links, behaviour="intern_pesten", outcome="vertrekintentie")["is_large"]
        )

    assert found == 0


def test_a_survey_that_asks_no_behaviour_says_so():
    codebook = load_codebook("piaac")
    responses = pd.DataFrame({"weight": np.ones(5), "cntry": list("abcde")})
    scales = score_scales(responses, codebook)

    found = measure_conduct(responses, scales, codebook, alone(5), CultureSettings())

    assert found.reason is not None
    assert "[concepts]" in write(found.reason, "en")
    assert found.shares.empty
    assert list(found.links.columns) == LINK_COLUMNS


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_one_answer_by_all_gives_an_interval_and_no_link(answer, surveys):
    responses = surveys[0].head(300).assign(intern_pesten=answer)

    found = conduct_of(responses, alone(300))

    row = row_of(found.shares, behaviour="intern_pesten", by="all")
    assert row["share"] == answer
    assert 0 < row["high"] - row["low"] < 0.05
    links = found.links[found.links["behaviour"] == "intern_pesten"]
    assert links["adjusted"].isna().all()
    assert not links["is_large"].any()


def test_without_client_contact_shares_are_of_everybody_and_of_units(surveys):
    found = conduct_of(surveys[0].head(500).drop(columns=["klantcontact"]), alone(500))

    assert set(found.shares["by"]) == {"all", "sector"}


def test_an_interval_tells_no_more_of_a_share_than_its_percentage_and_band():
    told = {}
    for people in range(60, 70):
        for hits in range(1, people):
            found = estimate_share(np.arange(people) < hits, alone(people), to_band)
            percent = float(np.round(100 * found.value))
            told.setdefault(percent, set()).add((round(found.low, 9), round(found.high, 9)))

    assert {len(ends) for ends in told.values()} == {1}


def test_the_interval_of_a_withheld_share_is_withheld():
    # One of 75 is the only count that is 1 % of 70 to 79 people; 20 % of 120 to 139 are 24 to 28.
    rows = pd.DataFrame({"n": [75, 120], "share": [1 / 75, 0.2], "low": [0.0, 0.1]})
    rows = rows.assign(high=[0.07, 0.3], behaviour="", by="", category="")

    shown = Edge("en", 10).clear("conduct", rows).frame

    assert shown[["share", "low", "high"]].isna().all(axis=1).tolist() == [True, False]


def cleared(conduct, figures=(), told=()):
    """What a page tells of conduct, where these figures and cells may be told."""
    permission = SimpleNamespace(figures=figures, conduct=told, tells_before=True)
    findings = SimpleNamespace(
        conduct=conduct,
        permission=permission,
        codebook=CODEBOOK,
        settings=Settings(),
        edge=Edge("en", 10),
    )
    return clear_conduct(findings)


def links_of(responses):
    """What is told to go with bullying, wherever that may be told by those it happened to."""
    shown = cleared(conduct_of(responses), [link_figure("intern_pesten")])["conduct_links"]
    return shown.frame["outcome"].tolist()


def test_nothing_is_told_to_go_with_what_happened_to_people_who_all_want_to_leave(surveys):
    responses = surveys[0].head(900)
    leaves = responses["vertrek"].mask(responses["intern_pesten"] == 1, 5.0)

    assert len(links_of(responses)) == 2
    assert len(links_of(responses.assign(vertrek=leaves))) == 1


def test_what_happened_to_people_of_whom_none_feels_safe_is_no_figure(surveys):
    responses, items = surveys[0].head(900), CODEBOOK.scales["psychologische_veiligheid"].items
    bullied = responses["intern_pesten"] == 1
    unsafe = {
        item: responses[item].mask(bullied, 5.0 if item == "psy_3" else 1.0) for item in items
    }

    def offered(answers):
        wave = SimpleNamespace(responses=answers, scales=score_scales(answers, CODEBOOK))
        return offer_figures(wave, {}, CODEBOOK, Settings())

    assert link_figure("intern_pesten") in offered(responses)
    assert link_figure("intern_pesten") not in offered(responses.assign(**unsafe))


def test_a_change_is_told_in_whole_points_of_the_shares_that_are_told(conduct):
    cells = [(name, EVERYONE, EVERYONE) for name in conduct.changes["behaviour"]]

    shown = cleared(conduct, told=cells)["conduct_changes"].frame

    assert len(shown)
    assert (shown["raw"] == shown["now"] - shown["before"]).all()
    assert (shown[["raw", "raw_low", "net", "net_high"]] % 1 == 0).all(axis=None)


@pytest.mark.parametrize("wave", ["before", "now"])
def test_no_change_is_told_of_a_share_that_is_one_count_only(conduct, wave):
    """One of 75 is withheld as a share, and would stand as such beside its change."""
    few = conduct.changes.head(1).assign(**{wave: 1 / 75, f"n_{wave}": 75})
    cells = [(name, EVERYONE, EVERYONE) for name in few["behaviour"]]

    assert not len(cleared(replace(conduct, changes=few), told=cells)["conduct_changes"])
    assert len(
        cleared(replace(conduct, changes=conduct.changes.head(1)), told=cells)["conduct_changes"]
    )


def test_a_sector_that_is_withheld_is_told_by_no_organisation_in_it(conduct, surveys):
    responses, names = surveys[1], ["all", "sector=rijk", "sector=politie", "sector=politie/o=x"]
    told = np.array([True, True, False, True])
    groups = pd.DataFrame({"level": ["all", "sector", "sector", "o"]}, index=names)
    choice = SimpleNamespace(tells_everyone=True)
    admission = SimpleNamespace(told=told, shown=told, choice=choice, tells=lambda _: told)
    scales, grouping = score_scales(responses, CODEBOOK), SimpleNamespace(groups=groups)
    now = SimpleNamespace(
        responses=responses, scales=scales, admission=admission, grouping=grouping
    )
    rows = pd.DataFrame(
        {"scale": "bevlogenheid", "attribute": "sector", "group": ["rijk", "politie"], "n": 99}
    )
    about = now, frozenset(), CODEBOOK, Settings()

    found = [told_conduct(conduct, *about), told_compared(rows, *about)]

    for cells in found:
        assert {category for _, by, category in cells if by == "sector"} == {"rijk"}
