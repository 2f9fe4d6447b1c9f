"""Claims: verdicts that are right where the truth is known, and honest where it is not."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.weightstats import DescrStatsW

from blijfwijzer.claims.estimates import Measure
from blijfwijzer.claims.evidence import gather
from blijfwijzer.claims.findings import NotTestableError, Requirement, decide
from blijfwijzer.claims.leaving import tell_reversal
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.register import CLAIMS, find_claims
from blijfwijzer.claims.thresholds import FLOOR_D
from blijfwijzer.claims.verdicts import VERDICTS, run_claims, tell_p, write_bound, write_size
from blijfwijzer.errors import CultureError
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.estimation.intervals import Estimate, estimate_of
from blijfwijzer.estimation.means import difference
from blijfwijzer.publish.language.catalogue import PARTS
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.tables.claim_tables import tabulate_verdicts
from blijfwijzer.settings import CultureSettings, Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.concepts import CONCEPTS, MOTIVES
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.texts import Message
from studies.claim_edges import alike
from studies.claim_truths import CLAIM_TRUTHS
from studies.claim_worlds import ClaimWorld, gather_people, survey_of
from studies.claims import plant, read_built_in, remove

BY_ID = {claim.id: claim for claim in CLAIMS}
FALSE_HERE = ("H1b", "H6", "H12")
# Large in the built-in survey, so that a survey of 6,000 is enough; all others, and how often
# each verdict is right, are in docs/validation.md.
SURE = ("H4", "H9", "H10", "H11", "H13", "H14", "H15", "H16", "H18", "H19", "H7", "H8b")


@pytest.fixture(scope="module")
def evidence():
    return read_built_in(6000, 11)


@pytest.fixture(scope="module")
def large():
    """As large as the real survey: few teams are extreme, and halves of teams are small."""
    return read_built_in(40_000, 11)


@pytest.fixture(scope="module")
def verdicts(evidence):
    return {verdict.claim.id: verdict for verdict in run_claims(evidence)}


@pytest.fixture(scope="module")
def waves():
    return read_built_in(6000, 12, 2022, read_built_in(6000, 12))


def reason(verdict, language="en"):
    return " ".join(write(one, language) for one in verdict.reason)


def values(estimates):
    return {one.name: one.estimate.value for one in estimates}


def everything(verdict):
    return (*verdict.finding.estimates, *verdict.finding.checks)


def public(name, path, ids=()):
    book = load_codebook(name)
    responses = read_survey(path, book, Settings().intake).responses
    scales = score_scales(responses, book)
    held = gather(
        responses,
        scales,
        book,
        read_design(responses, book),
        settings=CultureSettings(bootstraps=100),
    )
    return held, {v.claim.id: v for v in run_claims(held, find_claims(ids))}


def test_there_are_twenty_claims_and_two_variants_each_with_its_truth():
    assert {c.id for c in CLAIMS} == {f"H{n}" for n in range(1, 21)} | {"H1b", "H8b"}
    assert set(CLAIM_TRUTHS) == {c.id for c in CLAIMS}
    assert {name for c in CLAIMS for name in c.needs} <= set(CONCEPTS)
    assert set(VERDICTS) >= {v for truth in CLAIM_TRUTHS.values() for v in truth.verdicts}


def test_each_claim_measure_family_and_verdict_has_words():
    assert [
        claim.id.lower() for claim in CLAIMS if claim.id.lower() not in PARTS["claim.says"]
    ] == []
    assert len(PARTS["claim.says"]) == len(PARTS["claim.criterion"]) == len(CLAIMS)
    assert {measure.value for measure in Measure} == set(PARTS["unit"])
    assert {claim.family for claim in CLAIMS} == set(PARTS["claim.family"])
    assert {verdict.replace(" ", "_") for verdict in VERDICTS} == set(PARTS["claim.verdict"])


@pytest.mark.parametrize("claim", SURE)
def test_what_is_true_of_the_built_in_survey_is_supported(verdicts, claim):
    assert verdicts[claim].verdict == "supported", reason(verdicts[claim])


@pytest.mark.parametrize("claim", [c.id for c in CLAIMS if c.id not in (*SURE, *FALSE_HERE, "H20")])
def test_what_is_true_is_supported_in_a_survey_as_large_as_the_real_one(large, claim):
    assert BY_ID[claim].test(Reader(large)).direction == "claimed"


def test_fair_enough_and_a_reason_to_look_closer_are_never_said_together(large):
    """The truth is calibrated alike, and offers reach the low educated more often."""
    as_is = BY_ID["H20"].test(Reader(large))

    assert as_is.decision.p <= 0.05
    assert as_is.direction == "neither"
    notes = {note.id: note for note in as_is.notes}
    selected = {one.name: one.estimate.value for one in as_is.checks if "selected_" in one.name}
    of_education = [v for name, v in selected.items() if "opleiding=" in name]
    ratio = min(of_education) / max(of_education)
    assert notes["claim.h20.reviewed"].values["ratio"] <= ratio < 0.8


def test_a_calibrated_score_that_reaches_all_alike_is_fair_enough(large, rng):
    """Who falls behind is chance, and so is who scores high."""
    size = len(large.concepts)
    risk = rng.uniform(0.1, 0.5, size)
    falls = (rng.random(size) < risk).astype(float)
    held = replace(large, risk=risk, concepts=large.concepts.assign(achterblijver=falls))

    assert BY_ID["H20"].test(Reader(held)).direction == "claimed"


@pytest.mark.parametrize("claim", [c for c in FALSE_HERE if c != "H12"])
def test_what_is_false_of_the_built_in_survey_is_not_supported(verdicts, claim):
    assert verdicts[claim].verdict in CLAIM_TRUTHS[claim].verdicts


@pytest.mark.parametrize("claim", [c.id for c in CLAIMS if c.id not in FALSE_HERE])
def test_without_its_effect_a_claim_is_not_supported(evidence, rng, claim):
    held = remove(claim)(evidence, rng)

    assert BY_ID[claim].test(Reader(held)).direction != "claimed"


@pytest.mark.parametrize("claim", ["H1b", "H6"])
def test_a_claim_that_was_made_true_is_supported(evidence, rng, claim):
    assert BY_ID[claim].test(Reader(plant(claim)(evidence, rng))).direction == "claimed"


def test_whom_a_verdict_is_of_is_known_but_for_numbers_of_several_groups(verdicts):
    """A verdict is withheld with the estimates that it repeats; these sum up several of them."""
    summed = {"H4", "H13", "H20"}

    for claim, verdict in verdicts.items():
        if verdict.finding is not None and claim not in summed:
            size = verdict.finding.effect.size
            assert any(one.estimate is size for one in verdict.finding.decisive), claim


def test_a_change_needs_two_waves_and_is_found_only_when_there_is_one(waves, verdicts, rng):
    assert verdicts["H12"].verdict == "not testable"
    assert "--previous" in reason(verdicts["H12"])

    as_is = BY_ID["H12"].test(Reader(waves))
    changed = BY_ID["H12"].test(Reader(plant("H12")(waves, rng)))

    assert as_is.direction == "neither"
    assert values(changed.estimates)["discriminatie"] > 0.01
    assert values(changed.estimates)["integriteit_gezien"] < -0.01
    assert as_is.notes == (Message("claim.h12.note"),)


def test_a_verdict_says_its_estimate_with_an_interval_and_the_respondents(verdicts):
    for verdict in verdicts.values():
        if verdict.finding is None:
            assert verdict.verdict == "not testable"
            continue
        estimates = [one.estimate for one in verdict.finding.estimates]
        assert all(not np.isnan(found.value) and found.n > 0 for found in estimates)
        known = [found for found in estimates if not np.isnan(found.low)]
        assert len(known) > 0
        assert all(found.low <= found.value <= found.high for found in known)
        assert write(verdict.finding.effect.label, "nl") in reason(verdict, "nl")


def test_verdicts_as_tables_lose_nothing(verdicts):
    claims = tabulate_verdicts(tuple(verdicts.values()))

    assert claims["claim"].tolist() == [claim.id for claim in CLAIMS]
    assert set(claims["verdict"]) <= set(VERDICTS)
    assert claims.filter(regex="^(statement|criterion|reason|verdict)_").ne("").all(axis=None)


def test_each_estimate_of_a_claim_has_a_name_of_its_own_and_a_measure(verdicts):
    for verdict in verdicts.values():
        if verdict.finding is None:
            continue
        for estimates in (verdict.finding.estimates, verdict.finding.checks):
            names = [one.name for one in estimates]
            assert len(set(names)) == len(names)
            assert all(isinstance(one.measure, Measure) for one in estimates)
            assert all(write(one.label, language) for one in estimates for language in ("nl", "en"))


def test_an_untestable_claim_says_what_is_missing_and_has_no_finding(evidence):
    nothing = replace(evidence, concepts=evidence.concepts[[]])

    (verdict,) = run_claims(nothing, find_claims(["H5"]))

    missing = tabulate_verdicts([verdict])["missing"].item()
    assert missing.startswith("vertrekintentie")
    assert verdict.finding is None


def test_asking_for_one_claim_gives_the_same_verdict_and_adjustment(evidence, verdicts):
    alone = run_claims(evidence, find_claims(["H20", "H11"]))

    assert [v.claim.id for v in alone] == ["H20", "H11"]
    for verdict in alone:
        known = verdicts[verdict.claim.id]
        assert verdict.p == known.p >= known.finding.p
        assert [repr(one.estimate) for one in everything(verdict)] == [
            repr(one.estimate) for one in everything(known)
        ]


def test_an_unknown_claim_is_refused():
    with pytest.raises(CultureError, match="1 unknown: H99. Choose from H1"):
        find_claims(["H1", "H99"])


def test_a_claim_whose_question_was_not_asked_names_it(evidence):
    nothing = replace(evidence, concepts=evidence.concepts[["tevreden_baan"]])

    for verdict in run_claims(nothing, [c for c in CLAIMS if c.needs]):
        lacking = tuple(n for n in verdict.claim.needs if n != "tevreden_baan")
        if lacking:
            assert verdict.verdict == "not testable"
            assert verdict.missing == lacking
            assert all(CONCEPTS[name].nl in reason(verdict, "nl") for name in lacking)


# What is told of a claim where a survey has what it needs and nothing besides; then without culture.
BARE = {
    "H4": "claim.h4.few_conditions",
    "H6": "claim.h6.no_performance",
    "H7": "claim.untestable.few_low",
    "H8": "claim.untestable.few_low",
    "H8b": "claim.untestable.few_low",
    "H9": "claim.h9.few_traits",
    "H10": "claim.h10.few_deeds",
    "H12": "claim.h12.one_wave",
    "H13": "claim.h13.nothing_measured",
}
WITHOUT_CULTURE = {
    **dict.fromkeys(("H1", "H1b"), "claim.untestable.few_dimensions"),
    **dict.fromkeys(("H15", "H18"), "claim.untestable.no_dimensions"),
    "H19": "claim.h19.no_culture",
    "H20": "claim.h20.few_groups",
}


@pytest.fixture(scope="module")
def small():
    return read_built_in(1500, 12)


@pytest.mark.parametrize("claim", BY_ID)
def test_a_claim_reads_no_more_than_it_says_it_needs(small, claim):
    bare = replace(small, concepts=small.concepts[list(BY_ID[claim].needs)])
    alone = replace(bare, dimensions=bare.dimensions[[]], culture=(), groups=bare.groups[[]])

    assert told_of(claim, bare) == BARE.get(claim, "")
    assert told_of(claim, alone) == (BARE | WITHOUT_CULTURE).get(claim, "")


def told_of(claim, evidence):
    """Why a claim cannot be tested; nothing where it can, and every word of it can be said."""
    try:
        found = BY_ID[claim].test(Reader(evidence))
    except NotTestableError as error:
        assert write(error.reason, "nl") and write(error.reason, "en")
        return error.reason.id
    labels = (found.effect.label, *(one.label for one in (*found.estimates, *found.checks)))
    assert all(write(label, language) for label in labels for language in ("nl", "en"))
    return ""


@pytest.mark.parametrize("claim", [name for name in BY_ID if name not in ("H1", "H1b")])
def test_a_claim_can_be_put_without_any_one_question_that_it_does_not_need(small, claim):
    reader = Reader(small)
    with suppress(NotTestableError):
        BY_ID[claim].test(reader)
    for name in reader.read & set(small.concepts) - set(BY_ID[claim].needs):
        told_of(claim, replace(small, concepts=small.concepts.drop(columns=name)))


def test_the_relation_with_performance_reverses_only_where_both_are_sure():
    def estimate(low, high):
        return replace(estimate_of((low + high) / 2, 1.0, 100.0, 100), low=low, high=high)

    up, down, unsure = estimate(0.1, 0.3), estimate(-0.3, -0.1), estimate(-0.1, 0.2)
    told = {
        (down, up, up): "claim.h6.reverses",
        (up, down, down): "claim.h6.reverses",
        (unsure, up, up): "claim.h6.moves_up",
        (up, unsure, down): "claim.h6.moves_down",
        (up, up, unsure): "claim.h6.stays",
    }
    assert [tell_reversal(*found).id for found in told] == list(told.values())


def test_a_rating_of_many_values_is_told_in_fifths(small, rng):
    fine = small.concepts["prestatie_leiding"] + rng.uniform(0, 1, len(small.concepts))
    held = replace(small, concepts=small.concepts.assign(prestatie_leiding=fine))

    checks = BY_ID["H6"].test(Reader(held)).checks

    assert [one.name for one in checks if one.name.endswith("_prestatie_leiding")] == [
        f"fifth_{fifth}_prestatie_leiding" for fifth in range(1, 6)
    ]


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (0.001, "claim.p.below"),
        (0.049, "claim.p.just_below"),
        (0.051, "claim.p.just_above"),
        (0.2, "claim.p.is"),
    ],
)
def test_a_p_that_rounds_to_the_level_says_on_which_side_it_lies(p, told):
    assert tell_p(p).id == told


def test_a_survey_with_few_dimensions_cannot_say_whether_all_go_together(evidence):
    few = replace(evidence, dimensions=evidence.dimensions.iloc[:, :4])

    with pytest.raises(NotTestableError) as error:
        BY_ID["H1"].test(Reader(few))

    assert "Beside the pair there are 2 culture dimensions" in write(error.value.reason, "en")


def test_a_wave_before_that_did_not_ask_is_named(waves):
    before = waves.previous
    lacking = replace(before, concepts=before.concepts.drop(columns="integriteit_gezien"))

    with pytest.raises(NotTestableError) as error:
        BY_ID["H12"].test(Reader(replace(waves, previous=lacking)))

    assert write(error.value.reason, "en") == "The wave before lacks: Saw an integrity violation."


def test_one_answer_per_scale_is_enough(evidence):
    single = evidence.concepts.assign(psychologische_veiligheid=evidence.responses["psy_1"])

    assert BY_ID["H4"].test(Reader(replace(evidence, concepts=single))).direction == "claimed"


def test_the_plain_and_the_adjusted_relation_and_the_shift_are_told(verdicts):
    found = values(verdicts["H6"].finding.estimates)

    plain, adjusted = found["plain_prestatie_leiding"], found["adjusted_prestatie_leiding"]
    assert found["reversal_prestatie_leiding"] == pytest.approx(adjusted - plain)
    assert plain < adjusted
    # The relation moves for sure; that it turns into its opposite is more than 6,000 can show.
    assert "moves up, but a reversal is not shown" in reason(verdicts["H6"])
    steps = {one.name for one in verdicts["H6"].finding.checks}
    assert {"rating_2_prestatie_leiding", "rating_5_prestatie_leiding"} <= steps


def test_the_gap_in_training_is_divided_over_offer_and_take_up(verdicts):
    found = values(verdicts["H8b"].finding.estimates)

    assert found["offer"] + found["take_up"] + found["own"] == pytest.approx(found["gap"])
    assert found["share"] > 0.7
    methods = {one.name.split("_")[0] for one in verdicts["H8b"].finding.checks}
    assert {"oaxaca", "fairlie"} <= methods


def simple(evidence):
    """Let people count alike and be drawn one by one, as textbook tests have it."""
    size = len(evidence.concepts)
    design = Design(np.ones(size), np.arange(size), np.zeros(size, dtype=np.intp))
    return replace(evidence, design=design)


def test_more_from_outside_than_inside_is_mcnemar_s_question(evidence):
    held = simple(evidence)
    found = BY_ID["H11"].test(Reader(held)).estimates[0].estimate

    out = held.concepts[["extern_agressie", "extern_intimidatie"]].max(axis=1)
    inside = held.concepts[["intern_agressie", "intern_intimidatie"]].max(axis=1)
    table = pd.crosstab(out, inside)
    z = np.sqrt(mcnemar(table, exact=False, correction=False).statistic)
    half = (found.high - found.low) / 2
    assert found.value == pytest.approx((out - inside).mean())
    # McNemar's error is that under equality, so it is a little larger than that of an interval.
    assert found.value / (half / 1.96) == pytest.approx(z, rel=0.12)


def test_a_difference_of_shares_rests_on_the_smallest_side_of_either(rng):
    values, group = np.array([1.0] * 12 + [0.0] * 30 + [1.0] * 40), np.arange(82) < 12
    design = Design(np.ones(82), np.arange(82), np.zeros(82, dtype=np.intp))

    # All twelve of the first are what it is about: that would follow for each of them.
    assert difference(values, group, ~group, design).fewest == 0
    assert difference(values + rng.random(82), group, ~group, design).fewest == 12


def test_the_order_of_satisfaction_is_a_paired_difference(evidence):
    found = BY_ID["H16"].test(Reader(simple(evidence))).estimates[0]

    apart = (
        evidence.concepts["tevreden_baan"] - evidence.concepts["tevreden_organisatie"]
    ).dropna()
    low, high = DescrStatsW(apart).tconfint_mean()
    assert found.name == "tevreden_baan"
    assert found.estimate.value == pytest.approx(apart.mean())
    assert found.estimate.low == pytest.approx(low, abs=1e-4)
    assert found.estimate.high == pytest.approx(high, abs=1e-4)


def test_a_tiny_effect_is_no_support_however_sure(evidence, rng):
    harmed = Reader(evidence).z("tevredenheid")
    exposed = (rng.random(len(harmed)) < 0.3).astype(float)
    slight = {
        name: -0.08 * exposed + 0.2 * rng.standard_normal(len(harmed)) / 0.2
        for name in ("bevlogenheid", "tevredenheid", "prestatie_leiding")
    }
    concepts = evidence.concepts.assign(reorganisatie=exposed, **slight)

    finding = BY_ID["H13"].test(Reader(replace(evidence, concepts=concepts)))

    assert finding.estimates[0].estimate.high < 0
    assert finding.estimates[0].estimate.value > -FLOOR_D
    assert finding.direction in ("neither", "short")


def about(value, se):
    return estimate_of(value, se**2, 1000, 5000)


@pytest.mark.parametrize(
    ("value", "se", "direction"),
    [
        # Surely not zero, and just at the floor: a test against zero would support half of these.
        (0.10, 0.01, "neither"),
        (0.125, 0.01, "claimed"),
        (0.115, 0.01, "neither"),
        (0.07, 0.01, "short"),
        (0.0, 0.01, "short"),
        (0.0, 0.08, "neither"),
        (-0.115, 0.01, "short"),
        (-0.125, 0.01, "opposite"),
        (-0.25, 0.20, "neither"),
    ],
)
def test_a_number_is_held_against_the_floor_and_not_against_zero(value, se, direction):
    decision = decide([Requirement(about(value, se), floor=0.1)])

    assert decision.direction == direction
    assert decision.by.bound == {"opposite": -0.1}.get(direction, 0.1)


def test_the_hardest_of_all_requirements_decides_and_the_page_says_which(verdicts):
    sure, hard = Requirement(about(0.3, 0.01)), Requirement(about(0.2, 0.04), floor=0.1)

    decision = decide([sure, hard])

    assert decision.by.estimate is hard.estimate
    assert decision.p == pytest.approx(2 * t.sf(2.5, 1000))
    found = verdicts["H16"]
    by, said = found.finding.decision.by, reason(found)
    assert f"Whether it lies above {by.bound:.2g}: p below 0.01, adjusted for 4 claims." in said
    assert found.p < 0.01


def motives(evidence, rng, culture, career):
    """Let leavers name motives independently, so often."""
    size = len(evidence.concepts)
    chances = dict.fromkeys(MOTIVES, 0.05)
    named = ("motief_anders_werk", "motief_cultuur", "motief_loopbaan")
    chances |= dict(zip(named, (0.45, culture, career), strict=True))
    told = {name: (rng.random(size) < chance).astype(float) for name, chance in chances.items()}
    leaves = (rng.random(size) < 0.3).astype(float)
    held = evidence.concepts.assign(vertrekintentie=leaves, openbaar_bestuur=1.0, **told)
    return replace(evidence, concepts=held)


def test_a_tie_for_the_second_motive_is_undecided_and_a_lead_is_support(evidence, rng):
    tied = [
        BY_ID["H5"].test(Reader(motives(evidence, rng, 0.25, 0.25))).direction for _ in range(20)
    ]

    # Four of five draws would be reached by one in five of these.
    assert tied.count("claimed") <= 2
    assert tied.count("opposite") <= 2
    ahead = BY_ID["H5"].test(Reader(motives(evidence, rng, 0.35, 0.20)))
    assert ahead.direction == "claimed"
    assert ahead.p <= 0.05
    behind = BY_ID["H5"].test(Reader(motives(evidence, rng, 0.20, 0.35)))
    assert behind.direction == "opposite"


def test_that_culture_and_leaving_are_told_by_the_same_person_is_said(verdicts):
    assert "the same person at one moment" in reason(verdicts["H19"])


def test_a_mood_makes_no_team_good_on_all(rng):
    """Of teams that are truly extreme .42 are so on all else; whoever says one thing says all."""
    people = gather_people(ClaimWorld(teams=400, mood=0.9), rng)
    found = BY_ID["H1"].test(Reader(survey_of(people, alike(0.34))))
    # Teams are counted, and on the smaller side there may be nine of them: these are no people.
    assert all(np.isnan(one.estimate.fewest) for one in found.decisive)
    # Of few clusters it would reach beyond what a share can be.
    assert 0 <= found.effect.size.low <= found.effect.size.high <= 1

    assert found.direction != "claimed"
    share = found.effect.size
    assert share.low < 0.42 < share.high


def test_teams_that_are_truly_alike_are_found_so(rng):
    people = gather_people(ClaimWorld(teams=400, mood=0.9), rng)

    assert BY_ID["H1"].test(Reader(survey_of(people, alike(0.9)))).direction == "claimed"


def test_few_units_cannot_tell_how_large_differences_are(rng):
    people = gather_people(ClaimWorld(clusters=8), rng)

    with pytest.raises(NotTestableError) as error:
        BY_ID["H18"].test(Reader(survey_of(people, alike(0.5))))

    assert "20 units or more" in write(error.value.reason, "en")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.id)
def test_a_survey_in_which_all_answer_alike_supports_nothing(evidence, claim):
    concepts = evidence.concepts.copy()
    concepts.loc[:] = 1.0
    alike = replace(
        evidence,
        concepts=concepts,
        dimensions=evidence.dimensions * 0 + 3.0,
        scales=evidence.scales * 0 + 3.0,
    )

    try:
        finding = claim.test(Reader(alike))
    except NotTestableError:
        return
    # Everybody agreeing is an answer; that everything goes together cannot follow from it.
    assert finding.direction != "claimed" or claim.id in ("H14",)


@pytest.fixture(scope="module")
def one_unit(evidence):
    rows = np.flatnonzero(evidence.responses["organisatie"].eq("O00001").to_numpy())
    responses = evidence.responses.iloc[rows].reset_index(drop=True)
    scales = evidence.scales.iloc[rows].reset_index(drop=True)
    design = read_design(responses, evidence.codebook)
    return gather(
        responses, scales, evidence.codebook, design, settings=CultureSettings(bootstraps=50)
    )


def test_a_survey_of_one_unit_is_judged_or_said_to_be_untestable(one_unit):
    found = run_claims(one_unit)

    assert len(one_unit.concepts) < 300
    assert {v.claim.id for v in found if v.verdict == "not testable"} >= {"H1", "H1b", "H17", "H7"}
    assert all(reason(v, language) for v in found for language in ("nl", "en"))


def test_fevs_tests_what_it_asks_and_says_what_stands_for_what(fevs_file):
    _, found = public("fevs-2018", fevs_file)

    tested = {name for name, verdict in found.items() if verdict.finding is not None}
    assert tested == {"H1", "H1b", "H2", "H4", "H8", "H17", "H18", "H19"}
    assert found["H19"].verdict == "supported"
    assert found["H16"].missing == ("tevreden_team",)
    assert "Q40" in reason(found["H2"])
    # Not needed, yet used: what stands for it is told all the same.
    assert "Q17" in reason(found["H4"])
    assert "The smallest unit here is" in reason(found["H2"])
    assert found["H3"].missing == ("regeldruk",)
    assert "Red tape" in reason(found["H3"])


def test_piaac_tests_the_gap_in_training_and_can_test_the_fairness_of_a_score(piaac_file):
    careers = [claim.id for claim in CLAIMS if claim.family == "careers"]
    held, found = public("piaac", piaac_file, careers)

    assert {name for name, verdict in found.items() if verdict.finding is not None} == {"H7"}
    assert found["H7"].verdict == "supported"
    assert "not asked was: Had a development agreement, Made an internal move" in reason(
        found["H7"]
    )
    assert "1992" in reason(found["H7"])
    able = {claim.id for claim in CLAIMS if claim.needs and all(map(Reader(held).has, claim.needs))}
    assert able == {"H7", "H20"}


@pytest.mark.parametrize(
    ("number", "size", "bound"),
    [
        ("percent", "66% (65 to 67)", "52%"),
        ("points", "+66.0 (+65.0 to +67.0) percentage points", "52 percentage points"),
        ("ratio", "0.66 (0.65 to 0.67)", "0.52"),
    ],
)
def test_a_reason_writes_a_number_as_the_table_of_estimates_does(number, size, bound):
    estimate = Estimate(0.661, 0.005, 0.651, 0.671, 100.0, 500)

    assert write(write_size(estimate, number), "en") == size
    assert write(write_bound(0.52, number), "en") == bound
