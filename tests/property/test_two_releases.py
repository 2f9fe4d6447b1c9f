"""Two releases of a survey that a few people left or joined in between, held against brute force."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from blijfwijzer.disclosure.atoms import find_atoms
from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.choice import Candidates, choose_groups, choose_shown
from blijfwijzer.disclosure.earlier import read_earlier
from blijfwijzer.disclosure.entry import Entry
from blijfwijzer.disclosure.fingerprint import fingerprint_groups, to_text, view_keys
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.parts import Outsider
from blijfwijzer.disclosure.present import Present
from blijfwijzer.settings import DisclosureSettings
from small_worlds import brute_force, everyone, members, none

K = 5
VIEWS = (("first",), ("second",), ("third",))
KINDS = ("sector", "unit", "age", "sex")


def organisation(seed, people):
    """Six units in two sectors, some of them small, with two attributes across."""
    rng = np.random.default_rng(seed)
    unit = rng.choice(6, people, p=rng.dirichlet(np.full(6, 4.0)))
    answers = {name: rng.permutation(10 * people)[:people] for name in ("first", "second", "third")}
    return pd.DataFrame(
        {
            **answers,
            "sector": unit % 2,
            "unit": unit,
            "age": rng.choice(3, people, p=[0.2, 0.3, 0.5]),
            "sex": rng.choice(2, people),
        }
    )


def groups_by(responses, kinds):
    """Everyone first, then a group of each code."""
    names = [f"{kind}={code}" for kind in kinds for code in sorted(responses[kind].unique())]
    rows = [responses[n.split("=")[0]] == int(n.split("=")[1]) for n in names]
    return ["all", *names], members(np.ones(len(responses)), *rows)


def release(ledger, responses, kinds, values=None):
    """Show what may be shown and enter it; give who is in each group that was told."""
    names, groups = groups_by(responses, kinds)

    def members_of(definition):
        inside = np.ones(len(responses), dtype=bool)
        for kind, code in definition.items():
            inside &= (responses[kind] == int(code)).to_numpy()
        return inside

    request = str(len(ledger.releases))
    earlier = read_earlier(
        ledger, Present(responses, groups, members_of), "survey", "1", K, request
    )
    count = len(responses)
    candidates = Candidates(groups, np.full(len(names), np.nan), none(count), np.ones(count))
    choice = choose_groups(candidates, values or {}, DisclosureSettings(minimum=K), earlier)
    told = choice.shown & (choice.tells_everyone | (np.arange(len(names)) > 0))
    prints = fingerprint_groups(view_keys(responses, VIEWS), ledger.secret, groups)
    shown = {
        names[place]: {
            "definition": dict([names[place].split("=")]) if place else {},
            "fingerprint": to_text(prints[place]),
        }
        for place in np.flatnonzero(told)
    }
    content = Entry(
        "survey", "1", request, "score", request, shown, {}, columns=VIEWS, minimum=K
    ).content
    ledger.releases.append(Release(content, len(ledger.releases) + 1, request))
    rows = groups.toarray()[told].astype(bool)
    return [frozenset(responses["first"].to_numpy()[row]) for row in rows]


def new_ledger():
    return Ledger(Path(), "owner", bytes(32))


def apart_by_few(sets):
    return [
        len(one ^ other)
        for place, one in enumerate(sets)
        for other in sets[:place]
        if 0 < len(one ^ other) < K
    ]


def follows_of_few(sets):
    people = sorted(set().union(*sets))
    atoms = find_atoms(members(*([person in one for person in people] for one in sets)))
    return brute_force(atoms.rows.toarray(), atoms.sizes, K)


kinds = st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True)


@given(
    seed=st.integers(0, 10**6),
    left=st.integers(0, 2),
    joined=st.integers(0, 2),
    first=kinds,
    second=kinds,
)
@settings(max_examples=60, deadline=None)
def test_two_releases_tell_nothing_of_the_few_who_left_or_joined(seed, left, joined, first, second):
    both = organisation(seed, 60)
    ledger = new_ledger()
    before, now = both.iloc[: 60 - joined], both.iloc[left:]

    shown = release(ledger, before.reset_index(drop=True), first)
    shown += release(ledger, now.reset_index(drop=True), second)

    assert not apart_by_few(shown)
    assert not follows_of_few(shown)


def test_a_unit_that_lost_one_person_is_not_shown_again_beside_its_siblings():
    responses = organisation(1, 80).assign(unit=np.repeat([0, 1, 2, 3], 20))
    ledger = new_ledger()

    before = release(ledger, responses, ["unit"])
    after = release(ledger, responses.iloc[1:].reset_index(drop=True), ["unit"])

    assert len(before) == 5
    assert sorted(map(len, after)) == [20, 20, 20]


def test_a_barred_group_is_withheld_also_where_it_follows_anyway():
    unit = np.repeat([0, 1, 2], 20)
    changed, *others = (members(unit == place) for place in range(3))
    known = csr_array(np.vstack([everyone(60).toarray(), *(o.toarray() for o in others)]))

    choice = choose_shown(changed, Outsider(known, changed, 1), DisclosureSettings(minimum=10))

    assert choice.shown.tolist() == [False]


def test_everyone_is_not_told_where_a_barred_group_would_follow(rng):
    # The first release could not tell of everyone, who answered alike; the second could.
    responses = organisation(2, 80).assign(unit=np.repeat([0, 1, 2, 3], 20))
    ledger = new_ledger()
    alike = {"y": np.r_[np.zeros(8), np.ones(72)]}
    mixed = {"y": (rng.random(79) < 0.5).astype(float)}

    before = release(ledger, responses, ["unit"], {"y": np.tile([0.0, 1.0], 40)} | alike)
    after = release(ledger, responses.iloc[1:].reset_index(drop=True), ["unit"], mixed)

    assert not apart_by_few(before + after)
    assert not follows_of_few(before + after)


def test_a_rest_of_an_earlier_group_does_not_follow_from_its_parts():
    # Thirty people, then 29 in three parts of which the last is small: what is left is eight.
    responses = organisation(3, 80).assign(sector=np.repeat([0, 1], [30, 50]))
    parts = responses.assign(unit=np.repeat([0, 1, 2, 3, 4], [13, 13, 4, 25, 25]))
    ledger = new_ledger()

    before = release(ledger, parts, ["sector"])
    after = release(ledger, parts.drop(index=0).reset_index(drop=True), ["unit"])

    assert not follows_of_few(before + after)


@pytest.mark.parametrize("joined", [3, 4])
def test_who_joined_cannot_hide_that_a_rest_is_small(joined):
    # Thirty people and then a few more; the rest beside two parts are these and four others.
    size = 30 + joined
    responses = organisation(4, size + 50).assign(sector=np.repeat([0, 1], [size, 50]))
    parts = responses.assign(unit=np.repeat([0, 1, 2, 3], [13, 13, 4 + joined, 50]))
    ledger = new_ledger()

    before = release(
        ledger,
        parts.iloc[: 80 + joined].drop(index=range(26, 26 + joined)).reset_index(drop=True),
        ["sector"],
    )
    after = release(ledger, parts, ["unit"])

    assert not apart_by_few(before + after)
    assert not follows_of_few(before + after)
