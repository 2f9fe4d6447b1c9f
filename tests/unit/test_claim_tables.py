"""Which estimates of a claim are shown: by whom they are about, never by what they are called."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.claims.estimates import ClaimEstimate, Domain, Measure
from blijfwijzer.claims.findings import BoundTest, ClaimFinding, Decision, Effect
from blijfwijzer.claims.register import CLAIMS
from blijfwijzer.claims.verdicts import Verdict
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.publish.claim_findings import ClaimPart, ShownClaims
from blijfwijzer.release.claims import admit_claims
from blijfwijzer.settings import Settings
from blijfwijzer.survey.texts import Message

CLAIM = next(claim for claim in CLAIMS if claim.id == "H20")
SOME = np.array([True, True, False])
YOUNG, OLD = (Domain(f"leeftijd={band}", (SOME,), ("leeftijd", band)) for band in ("15-24", "55+"))


def estimate(name, part=None, n=400, fewest=float("nan")):
    found = Estimate(0.5, 0.1, 0.3, 0.7, np.inf, n, fewest=fewest)
    return ClaimEstimate(name, Measure.SHARE, found, Message("claim.h1.good"), part)


def verdict(*estimates, checks=(), domain=None, effect=None, by=None):
    size = Estimate(0.5, 0.1, 0.3, 0.7, np.inf, 400) if effect is None else effect.estimate
    decision = Decision("claimed", 0.0, None if by is None else BoundTest(by.estimate, 1, 0.0))
    finding = ClaimFinding(
        estimates,
        Effect(size, Message("claim.h20.effect")),
        decision,
        checks=tuple(checks),
        domain=domain,
    )
    return Verdict(CLAIM, "supported", (), finding=finding)


def names(shown, verdict):
    return [one.name for _, one in shown.estimates(verdict, 10)]


def shown(*hidden):
    return ShownClaims(frozenset({"H20"}), frozenset(ClaimPart("H20", name) for name in hidden))


def test_what_is_about_a_hidden_domain_is_left_out_whatever_it_is_called():
    found = verdict(
        estimate("all"), estimate("a", YOUNG), estimate("b", OLD), checks=[estimate("c", YOUNG)]
    )

    assert names(shown(), found) == ["all", "a", "b", "c"]
    assert names(shown(YOUNG.name), found) == ["all", "b"]


def test_a_name_that_ends_like_a_hidden_domain_is_not_hidden_with_it():
    found = verdict(estimate(f"not_{YOUNG.name}", OLD), estimate(YOUNG.name))

    assert names(shown(YOUNG.name), found) == [f"not_{YOUNG.name}", YOUNG.name]


def test_where_nobody_whom_a_claim_is_about_may_be_shown_no_estimate_is():
    found = verdict(estimate("all"), estimate("a", YOUNG), domain=Domain("", (SOME,)))

    assert names(shown(), found) == ["all", "a"]
    assert names(shown(""), found) == []


def test_a_hidden_part_of_another_claim_hides_nothing_here():
    other = ShownClaims(frozenset({"H20"}), frozenset({ClaimPart("H5", YOUNG.name)}))

    assert names(other, verdict(estimate("a", YOUNG))) == ["a"]


@pytest.mark.parametrize(("n", "fewest"), [(9, float("nan")), (400, 9.0)])
def test_what_few_make_is_left_out(n, fewest):
    assert names(shown(), verdict(estimate("few", n=n, fewest=fewest))) == []


def test_of_a_claim_that_may_not_be_shown_nothing_is():
    assert names(ShownClaims(), verdict(estimate("all"))) == []


def admitted(found, *hidden):
    """Give the claims that are told of where figures of some domains are withheld."""

    def figures(_admission, offered, _rounded):
        return [figure for figure in offered if figure.of[-1] not in hidden]

    release = SimpleNamespace(request=SimpleNamespace(settings=Settings()), figures=figures)
    evidence = SimpleNamespace(concepts=pd.DataFrame(), previous=None)
    shown = admit_claims((found,), evidence, SimpleNamespace(), release, {})
    return shown.tells(found)


def test_a_verdict_is_withheld_with_the_number_that_it_repeats():
    many = Domain("many", (np.ones(400, dtype=bool),))
    one, rest = estimate("one", many), estimate("rest")

    assert admitted(verdict(one, rest, effect=one))
    assert admitted(verdict(one, rest, effect=rest), "many")
    assert not admitted(verdict(one, rest, effect=one), "many")
    assert not admitted(verdict(rest, checks=[one], effect=rest, by=one), "many")


def test_a_verdict_about_one_person_is_withheld():
    best = estimate("best", Domain("best", (np.arange(400) == 3,)))
    few = estimate("few", fewest=9.0)

    assert not admitted(verdict(best, effect=best))
    assert not admitted(verdict(few, effect=few))


def test_every_measure_says_how_its_numbers_are_told():
    assert {measure.number for measure in Measure} == {"percent", "points", "ratio", "decimal"}
    assert Measure.SHARE == "share"
    assert Measure("difference").number == "points"
