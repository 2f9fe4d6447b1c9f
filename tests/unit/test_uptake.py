"""Who used what was offered: what may be told of it, and what it tells."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.fingerprint import to_text
from blijfwijzer.errors import DecisionError, ReleaseError
from blijfwijzer.files import hash_bytes
from blijfwijzer.runs.decide import Proposed
from blijfwijzer.runs.uptake import refuse_recounted, uptake
from blijfwijzer.runs.vouchers import VoucherRequest, vouchers
from blijfwijzer.runs.withdraw import withdraw
from blijfwijzer.settings import DisclosureSettings, Settings
from blijfwijzer.vouchers.uptake import furthest_apart, read_counts, tell_uptake
from reports import make_report
from small_releases import make_release

K = 10
RULES = DisclosureSettings(minimum=K)
PLAN = {"lottery": 0.0, "no_lottery": "to keep it short", "budget": 500_000, "cost": 1000}


def counted(*rows):
    return pd.DataFrame(rows, columns=["attribute", "label", "offered", "accepted", "completed"])


ROWS = counted(
    ("education", "low", 210, 60, 30),
    ("education", "middle", 230, 115, 90),
    ("education", "high", 8, 4, 2),
    ("sex", "woman", 240, 120, 61),
    ("sex", "man", 208, 59, 59),
)


def test_a_group_below_the_minimum_takes_another_with_it():
    told = tell_uptake(ROWS, RULES)

    assert told.rows["label"].tolist() == ["middle", "woman", "man"]
    assert told.withheld == 2


NESTED = (
    ("education", "low", 105, 60, 30),
    ("education", "middle", 230, 115, 90),
    ("schooling", "primary", 100, 57, 29),
    ("schooling", "some secondary", 5, 3, 1),
    ("schooling", "middle", 230, 115, 90),
)
"""Low education less primary school is the five of whom nothing may be told."""


def test_groups_within_groups_are_refused_where_a_few_would_follow():
    with pytest.raises(DecisionError, match="schooling may lie within those of education"):
        tell_uptake(counted(*NESTED), RULES)


def test_people_whom_the_finer_attribute_leaves_out_do_not_hide_that():
    rows = [row for row in NESTED if row[1] != "some secondary"]

    with pytest.raises(DecisionError, match="schooling may lie within those of education"):
        tell_uptake(counted(*rows), RULES)


def test_groups_within_groups_are_told_where_nothing_is_hidden():
    rows = [(*row[:2], 50, 27, 12) if row[2] == 5 else row for row in NESTED]
    rows[0] = ("education", "low", 150, 84, 41)

    assert tell_uptake(counted(*rows), RULES).withheld == 0


def test_a_share_of_nearly_all_or_nearly_none_is_not_told_nor_what_it_follows_from():
    rows = counted(
        ("sex", "woman", 100, 95, 50), ("sex", "man", 100, 50, 20), ("sex", "other", 40, 20, 10)
    )

    told = tell_uptake(rows, RULES).rows.set_index("label")

    assert told["accepted"].isna().to_dict() == {"woman": True, "man": False, "other": True}
    assert told["completed"].notna().all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_what_is_hidden_of_an_attribute_is_nobody_or_enough(sizes, chance):
    rows = []
    for place, size in enumerate(sizes):
        accepted = chance.randint(0, size)
        rows.append(("a", f"g{place}", size, accepted, chance.randint(0, accepted)))

    told = tell_uptake(counted(*rows), RULES).rows

    assert (told["n"] >= K).all()
    for name in ("n", "accepted", "completed"):
        shown = set(told.loc[told[name].notna(), "label"])
        hidden = [
            size
            for label, size in zip([r[1] for r in rows], sizes, strict=True)
            if label not in shown
        ]
        all_hidden = len(hidden) == len(sizes)
        assert not hidden or all_hidden or (sum(hidden) >= K and len(hidden) >= 2)


def told_of(groups):
    rows = [("a", f"g{place}", *group) for place, group in enumerate(groups)]
    return tell_uptake(counted(*rows), RULES).rows


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(10, 60), st.floats(0.1, 0.9), st.floats(0.1, 0.9)),
        min_size=2,
        max_size=3,
    )
)
@example([(10, 1 / 3, 0.5), (10, 0.5, 0.5), (13, 0.6875, 0.5)])
def test_other_counts_give_the_same_shares_beside_each_other(made):
    groups = [(n, round(n * share), round(round(n * share) * done)) for n, share, done in made]
    told = told_of(groups)

    for place in told.index[told["accepted"].notna()]:
        n, a, c = groups[place]
        # With ten who accepted or more, who completed is hidden where nearly all or none did.
        near = {(x, y) for x in range(a - 2, a + 3) for y in (*range(c - 2, c + 3), 0, 1, x - 1, x)}
        fits = [
            (x, y)
            for x, y in near
            if 0 <= y <= x <= n
            and told_of([*groups[:place], (n, x, y), *groups[place + 1 :]]).equals(told)
        ]
        assert len({x for x, _ in fits}) > 1
        if np.isnan(told.loc[place, "completed"]):
            continue
        assert len({y for _, y in fits}) > 1
        assert len({x - y for x, y in fits}) > 1


def test_shares_are_coarser_where_those_of_two_attributes_meet_in_one_count():
    """33 % of 300 people are 99-101: all at most in one attribute, and all at least in the other."""
    high = [("a", name, 300, 100, 50) for name in "xyz"]
    low = [("b", "u", 300, 98, 50), ("b", "v", 300, 101, 50), ("b", "w", 300, 101, 50)]

    alone, both = (tell_uptake(counted(*rows), RULES).rows for rows in (high, [*high, *low]))

    np.testing.assert_allclose(alone["accepted"], 0.33)
    np.testing.assert_allclose(both["accepted"], 0.35)


def test_what_nearly_all_did_who_accepted_is_not_told():
    rows = counted(("a", "x", 100, 50, 46), ("a", "y", 120, 60, 30), ("a", "z", 60, 9, 3))

    told = tell_uptake(rows, RULES).rows.set_index("label")

    assert told["accepted"].notna().all()
    assert told["completed"].notna().to_dict() == {"x": False, "y": True, "z": False}


def test_only_groups_that_surely_differ_are_named():
    rows = tell_uptake(ROWS, RULES).rows

    assert furthest_apart(rows, "accepted") == ("sex", "woman", "man")
    assert furthest_apart(rows, "completed") is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"offered": "x"}, "not all whole numbers"),
        ({"offered": 5.5}, "not all whole numbers"),
        ({"offered": -1}, "not all whole numbers"),
        ({"offered": 1e300}, "not all whole numbers"),
        ({"accepted": 300}, "more accepted than were offered"),
        ({"label": "a" * 201}, "label has more than 200 characters"),
        ({"label": "=1+1"}, "label begins as a formula"),
        ({"label": np.nan}, "label is not decided yet"),
    ],
)
def test_counts_that_cannot_be_are_refused_and_not_repeated(changed, why):
    rows = ROWS.astype(object)
    for name, value in changed.items():
        rows.loc[0, name] = value

    with pytest.raises(DecisionError, match=f"1 fault: row 2: .*{why}") as found:
        read_counts(rows, "u.csv")

    assert "=1+1" not in str(found.value)
    with pytest.raises(DecisionError, match="row 7: this group has a row already"):
        read_counts(pd.concat([ROWS, ROWS.head(1)]), "u.csv")
    with pytest.raises(DecisionError, match="columns are missing: completed"):
        read_counts(ROWS.drop(columns="completed"), "u.csv")


def test_uptake_stands_on_the_page_of_its_release(tmp_path):
    release = make_release(tmp_path, PLAN)
    vouchers(VoucherRequest(release, settings=Settings(vouchers=PLAN)), tmp_path / "ledger")
    ROWS.to_csv(tmp_path / "uptake.csv", index=False)

    uptake(release, tmp_path / "uptake.csv", tmp_path / "ledger")

    run = json.loads((release / "run.json").read_text())
    page = (release / "report.html").read_text()
    assert {name: run["uptake"][name] for name in ("groups", "withheld")} == {
        "groups": 3,
        "withheld": 2,
    }
    assert "From offered to accepted to completed" in page and "Of no two groups" in page
    assert "230\u2013" not in page and ">230<" not in page and "200\u2013249" in page

    uptake(release, tmp_path / "uptake.csv", tmp_path / "ledger")
    more = ROWS.assign(accepted=ROWS["accepted"] + [0, 12, 0, 0, 1])
    more.to_csv(tmp_path / "more.csv", index=False)
    before = (release / "run.json").read_bytes()
    with pytest.raises(DecisionError, match="of few people"):
        uptake(release, tmp_path / "more.csv", tmp_path / "ledger")
    assert (release / "run.json").read_bytes() == before


def test_counts_that_were_taken_back_are_counted_anew(tmp_path):
    """What nobody saw bars nothing; of what was taken back it is said to make that again."""
    ledgers = tmp_path / "ledger"
    for change in ([0, 0, 0, 0, 0], [0, 12, 0, 0, 1]):
        release = make_release(tmp_path, PLAN)
        vouchers(VoucherRequest(release, settings=Settings(vouchers=PLAN)), ledgers)
        ROWS.assign(accepted=ROWS["accepted"] + change).to_csv(tmp_path / "u.csv", index=False)
        uptake(release, tmp_path / "u.csv", ledgers)
        withdraw(release, ledgers, hash_bytes((release / "run.json").read_bytes()), "miscounted")
        with pytest.raises(ReleaseError, match="taken back .* Make it again"):
            uptake(release, tmp_path / "u.csv", ledgers)


@pytest.mark.parametrize("same", ["wave", "dataset", "group"])
def test_uptake_of_a_wave_is_told_in_one_release_also_where_its_file_is_called_otherwise(same):
    prints = {name: to_text(np.full((1, 64), place)) for place, name in enumerate(("own", "other"))}

    def released(name, told):
        group = {"fingerprint": prints[told.pop("group", name)]}
        return {"kind": "score", "wave": name, "dataset": name, "groups": {"all": group}, **told}

    added = {"kind": "uptake", "release": "other"}
    lines = [
        Release(released("own", {}), 5, "h"),
        Release(released("other", {same: "own"}), 6, "other"),
        Release(added, 7, "added"),
    ]
    run = {"wave": "own", "ledger": {"hash": "h"}}
    report = make_report("en", groups=4, flagged=2)
    proposed = Proposed(run, pd.DataFrame(), report, {}, {}, date(2026, 1, 1))

    with pytest.raises(DecisionError, match="entry 7 of the ledger"):
        refuse_recounted(proposed, report, lines)
    others = replace(lines[1], content=released("other", {}))
    refuse_recounted(proposed, report, [lines[0], others, lines[2]])


def test_groups_that_are_hidden_did_not_all_do_the_same():
    """Else what everyone did, by another attribute, tells what each of them did."""
    rows = counted(
        ("a", "x", 20, 20, 10),
        ("a", "y", 20, 20, 10),
        ("a", "z", 40, 20, 10),
        ("b", "v", 80, 60, 30),
    )

    told = tell_uptake(rows, RULES).rows.set_index("label")

    assert told["accepted"].isna().to_dict() == {"x": True, "y": True, "z": True, "v": False}
    assert told["completed"].notna().all()


def test_people_whom_an_attribute_leaves_out_do_not_follow_from_another():
    rows = counted(
        ("a", "x", 30, 15, 9), ("a", "y", 40, 20, 9), ("b", "x", 36, 16, 8), ("b", "y", 32, 16, 9)
    )

    told = tell_uptake(rows, RULES).rows

    assert told[["attribute", "label"]].to_numpy().tolist() == [["a", "x"], ["a", "y"], ["b", "x"]]
