"""What people decide about proposals: what is refused, what is shown, and whether anybody deviates."""

import csv
import io
import json
from datetime import date

import pandas as pd
import pytest

from blijfwijzer.disclosure.chain import verify
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.errors import DecisionError, NotWritableError, ReleaseError, TrialError
from blijfwijzer.files import hash_bytes
from blijfwijzer.governance.rulings import read_rulings
from blijfwijzer.release.decisions import followed_in, remark_followed
from blijfwijzer.release.verify import hold_release
from blijfwijzer.runs.blind import blind
from blijfwijzer.runs.decide import DecideRequest, decide
from blijfwijzer.runs.vouchers import VoucherRequest, vouchers
from blijfwijzer.runs.withdraw import withdraw
from blijfwijzer.vouchers.blind import open_key
from blijfwijzer.vouchers.decided import FEWEST_DECIDED, FollowRate
from small_releases import make_release, write_secret

TODAY = date.today().isoformat()
ROW = {"group": "a", "decision": "accept", "given": "", "by": "HR", "date": TODAY, "reason": ""}


def divide(folder, wave="2", seed=1, **asked):
    release = make_release(folder, wave=wave, seed=seed)
    asked = VoucherRequest(release, secret=write_secret(folder), **asked)
    vouchers(asked, folder / "ledger")
    return release


def proposals(release):
    text = (release / "vouchers.csv").read_text(encoding="utf-8-sig")
    return {
        r["group"]: int(r["vouchers"]) for r in csv.DictReader(io.StringIO(text), delimiter=";")
    }


def write(folder, rows, name="decisions.csv"):
    path = folder / name
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def divided(tmp_path_factory):
    folder = tmp_path_factory.mktemp("divided")
    return divide(folder)


def copy_of(divided, folder):
    """A release and its ledger to change."""
    import shutil

    shutil.copytree(divided.parent, folder / "own")
    return folder / "own" / "out"


FAULTS = {
    "decision is none of": {"decision": "agreed"},
    "given is no whole number": {"decision": "change", "given": "1.5", "reason": "x"},
    "given is empty": {"decision": "change", "reason": "x"},
    "reason is empty": {"decision": "reject"},
    "date is no date": {"date": "2026-02-30"},
    "by is an address": {"by": "j.jansen@example.nl"},
    "by is not decided yet": {"by": " "},
    "reason begins as a formula": {"decision": "reject", "reason": "=cmd()"},
    "reason holds <": {"decision": "reject", "reason": "<script>"},
    "given is more than 1,000,000": {"decision": "change", "given": "1e300", "reason": "x"},
    "group has more than 200": {"group": "g" * 201},
    "more than 500": {"decision": "reject", "reason": "a" * 501},
}


@pytest.mark.parametrize("why", FAULTS)
def test_a_decision_that_lacks_something_is_refused(why):
    with pytest.raises(DecisionError, match=f"row 2: .*{why}"):
        read_rulings(pd.DataFrame([ROW | FAULTS[why]]), "d.csv")


def test_all_rows_are_told_at_once_and_a_second_one_about_the_same_is_refused():
    rows = pd.DataFrame([ROW, ROW, ROW | {"group": "b", "date": "", "decision": ""}])

    with pytest.raises(DecisionError, match="3 faults: row 3: group has a row already; row 4"):
        read_rulings(rows, "d.csv")
    with pytest.raises(DecisionError, match="2 columns are missing: by, reason"):
        read_rulings(rows.drop(columns=["by", "reason"]), "d.csv")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"group": "organisatie=elsewhere"}, "no proposal was made"),
        ({"given": "999"}, "was accepted, and"),
        ({"decision": "reject", "reason": "x", "given": "3"}, "was rejected, and something"),
        ({"date": "2020-01-01"}, "before the proposal"),
        ({"date": "2999-01-01"}, "or is yet to be"),
    ],
)
def test_a_decision_that_contradicts_the_proposal_is_refused(divided, tmp_path, changed, why):
    group = next(name for name, given in proposals(divided).items() if given)
    before = (divided / "run.json").read_bytes()

    with pytest.raises(DecisionError, match=why):
        asked = DecideRequest(divided, write(tmp_path, [ROW | {"group": group} | changed]))
        decide(asked, divided.parent / "ledger")

    assert (divided / "run.json").read_bytes() == before


def test_decisions_stand_beside_proposals_on_the_page_and_in_the_ledger(divided, tmp_path):
    release = copy_of(divided, tmp_path)
    ledgers = release.parent / "ledger"
    offered = [name for name, given in proposals(release).items() if given][:3]
    rows = [ROW | {"group": offered[0]}]
    rows += [ROW | {"group": offered[1], "decision": "reject", "reason": "a merger is near"}]
    rows += [ROW | {"group": offered[2], "decision": "change", "given": "1", "reason": "full"}]

    decide(DecideRequest(release, write(tmp_path, rows[:2])), ledgers)
    decide(DecideRequest(release, write(tmp_path, rows)), ledgers)

    run = json.loads((release / "run.json").read_text())
    entered = verify(ledgers / "small")
    page = (release / "report.html").read_text()
    assert hold_release(release, run, entered)
    assert (release / "lottery.json").exists()
    assert run["decisions"]["follow"] == {"followed": 1, "decided": 3}
    assert followed_in(entered) == FollowRate(1, 3)
    assert "a merger is near" in page and "33% (6 to 79) were followed" in page

    other = [rows[1] | {"decision": "accept", "reason": ""}]
    with pytest.raises(DecisionError, match="1 groups were decided about already"):
        decide(DecideRequest(release, write(tmp_path, other)), ledgers)
    decide(DecideRequest(release, write(tmp_path, other), again="no merger"), ledgers)
    assert followed_in(verify(ledgers / "small")) == FollowRate(2, 3)

    with pytest.raises(DecisionError, match="another division would take its place"):
        vouchers(VoucherRequest(release, secret=write_secret(tmp_path)), ledgers)


def test_the_next_round_shows_what_was_decided_in_this_one(divided, tmp_path):
    release = copy_of(divided, tmp_path)
    offered = next(name for name, given in proposals(release).items() if given)
    rows = [ROW | {"group": offered, "decision": "reject", "reason": "a merger is near"}]
    decide(DecideRequest(release, write(tmp_path, rows)), release.parent / "ledger")

    later = divide(tmp_path / "later", wave="3", seed=2, decided=release)
    page = (later / "report.html").read_text()

    assert "Decisions of the round before" in page and "a merger is near" in page
    with pytest.raises(DecisionError, match="was not decided about"):
        divide(tmp_path / "last", wave="4", seed=3, decided=later)


def test_nothing_is_decided_where_nothing_was_proposed(tmp_path):
    release = make_release(tmp_path)

    with pytest.raises(DecisionError, match="proposes nothing"):
        decide(DecideRequest(release, write(tmp_path, [ROW])), tmp_path / "ledger")


@pytest.mark.parametrize(
    ("followed", "decided", "warns"),
    [(20, 20, True), (19, 20, False), (19, 19, False), (97, 100, True), (95, 100, False)],
)
def test_hardly_anybody_deviates_above_95_percent_of_enough_decisions(followed, decided, warns):
    assert FEWEST_DECIDED == 20
    assert FollowRate(followed, decided).is_automatic is warns


def test_the_interval_of_a_follow_rate_is_wilson_s():
    # 97 of 100, as statsmodels gives it: proportion_confint(97, 100, method="wilson").
    assert FollowRate(97, 100).ends == pytest.approx((0.9155, 0.9897), abs=5e-5)


def test_every_later_page_warns_where_hardly_anybody_deviates(tmp_path):
    with open_ledger(tmp_path, "small") as ledger:
        for name in ("first", "second"):
            told = {"followed": 15, "decided": 15}
            entry = {"kind": "decisions", "release": name, "draw": told, "groups": {}}
            ledger.append({"survey": "small", **entry})

        (told,) = remark_followed(ledger)

    assert (told.id, told.values["decided"]) == ("decided.automatic", 30)


def test_a_blind_review_tells_nothing_of_what_was_proposed_and_is_unblinded_by_its_key(
    divided, tmp_path
):
    release, cases, key = copy_of(divided, tmp_path), tmp_path / "cases.csv", tmp_path / "key.json"
    ledgers = release.parent / "ledger"
    count = blind(release, cases, key, ledgers)

    table = pd.read_csv(cases, sep=";", dtype=str, encoding="utf-8-sig")
    told = json.loads(key.read_text())["cases"]
    assert len(table) == count == len(told)
    assert set(table) <= {
        *("case", "label", "level", "sector", "n"),
        *("decision", "by", "date", "reason"),
    }
    sources = [source for _, source in told.values()]
    assert {*sources} == {"proposed", "lot", "comparison"}
    assert sources.count("comparison") == sources.count("lot")
    assert sources != sorted(sources)

    verdicts = [
        ROW
        | {"case": case, "decision": "accept" if source == "proposed" else "reject"}
        | {"reason": "as I know it"}
        for case, (_, source) in told.items()
    ]
    path = write(tmp_path, verdicts)
    spoilt = tmp_path / "spoilt.json"
    spoilt.write_text(key.read_text().replace("comparison", "proposed"))
    with pytest.raises(DecisionError, match="not the key that was sealed"):
        decide(DecideRequest(release, path, spoilt), ledgers)
    decide(DecideRequest(release, path, key), ledgers)

    run = json.loads((release / "run.json").read_text())
    assert {one["source"]: one["accepted"] for one in run["blind"]["sources"]} == {
        "proposed": 1.0,
        "lot": 0.0,
        "comparison": 0.0,
    }
    assert "decisions" not in run
    with pytest.raises(DecisionError, match="begun already"):
        blind(release, tmp_path / "c2.csv", tmp_path / "k2.json", ledgers)


@pytest.mark.parametrize("content", [b"[]", b'{"cases": {"1": []}}', b"[" * 9_999, b"\xff", b""])
def test_what_is_no_key_is_refused(tmp_path, content):
    path = tmp_path / "key.json"
    path.write_bytes(content)

    with pytest.raises(DecisionError, match="is no key of a blind review"):
        open_key(path, "0")


def test_the_key_of_a_blind_review_takes_the_place_of_nothing(divided, tmp_path):
    ledgers, there = divided.parent / "ledger", tmp_path / "key.json"
    there.write_text("mine")

    for key, why in ((there, "is there already"), (divided / "key.json", "inside the release")):
        with pytest.raises(NotWritableError, match=why):
            blind(divided, tmp_path / "cases.csv", key, ledgers)

    assert there.read_text() == "mine" and not (tmp_path / "cases.csv").exists()


def test_an_output_with_a_sealed_lottery_is_not_taken_back(divided):
    ledgers, digest = divided.parent / "ledger", hash_bytes((divided / "run.json").read_bytes())
    before = verify(ledgers / "small")

    with pytest.raises(ReleaseError, match="holds a sealed lottery"):
        withdraw(divided, ledgers, digest, "wrong export")

    moved = (divided / "lottery.json").rename(ledgers / "elsewhere.json")
    with pytest.raises(TrialError, match=r"lottery\.json: cannot be read"):
        withdraw(divided, ledgers, digest, "wrong export")
    moved.rename(divided / "lottery.json")

    assert verify(ledgers / "small") == before


def test_the_key_and_the_cases_of_a_blind_review_are_not_one_file(divided, tmp_path):
    both = tmp_path / "both.csv"

    with pytest.raises(NotWritableError, match="the key and the cases are one file"):
        blind(divided, both, tmp_path / "." / "both.csv", divided.parent / "ledger")

    assert not both.exists()
