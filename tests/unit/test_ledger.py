"""An append-only ledger: every change, loss and crowd is noticed."""

import base64
import json
import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from blijfwijzer.disclosure import fingerprint
from blijfwijzer.disclosure.chain import FILE, HEAD, KEY, verify
from blijfwijzer.disclosure.earlier import read_earlier
from blijfwijzer.disclosure.entry import Entry
from blijfwijzer.disclosure.fingerprint import (
    differing_sums,
    fingerprint_groups,
    from_text,
    share_of_copies,
    to_text,
    view_keys,
)
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.disclosure.present import Present
from blijfwijzer.errors import BusyError, LedgerError, NotWritableError
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import make_survey

SECRET = bytes(32)


def keys(count):
    return [np.arange(count, dtype=np.uint64)]


def one_group(people, count):
    inside = np.zeros((1, count), dtype=np.int8)
    inside[0, list(people)] = 1
    return csr_array(inside)


def content(number=1):
    return Entry("survey", "2022", f"hash {number}", "score", "request", {}, {}).content


def filled(folder, releases=3):
    for number in range(releases):
        with open_ledger(folder, "owner") as ledger:
            ledger.append(content(number))
    return folder


def test_a_fingerprint_is_read_as_it_was_written():
    prints = fingerprint_groups([*keys(60), *keys(60)], SECRET, one_group(range(30), 60))

    assert prints.shape == (1, 2, 64)
    assert (from_text(to_text(prints[0])) == prints[0]).all()


def test_a_fingerprint_in_base_85_as_it_was_written_for_a_while_is_still_read():
    """Which sums are not 0, in bits, and these: 1 in the first, and in the next view none."""
    assert (from_text(":fB*mh00000000010000000000") == np.eye(2, 64) * [[1], [0]]).all()


@given(
    arrays(np.int64, (3, 64), elements=st.integers(0, 2**31 - 2) | st.just(0)),
)
def test_a_fingerprint_of_any_sums_is_read_as_it_was_written(prints):
    assert (from_text(to_text(prints)) == prints).all()


def test_the_order_of_people_does_not_matter(rng):
    order = rng.permutation(60)
    shuffled = [keys(60)[0][order]]
    inside = one_group(range(20), 60)

    straight = fingerprint_groups(keys(60), SECRET, inside)
    other = fingerprint_groups(shuffled, SECRET, csr_array(inside.toarray()[:, order]))

    assert (straight == other).all()


def test_two_people_who_answer_alike_are_two():
    answers = pd.DataFrame({"a": [1.0, 1.0, 2.0], "weight": [1.0, 2.0, 3.0]})
    alike = view_keys(answers, [["a"]])

    both, one = (fingerprint_groups(alike, SECRET, one_group(g, 3))[0] for g in ((0, 1), (0,)))

    assert differing_sums(both, one).tolist() == [1]


def test_people_are_known_the_same_however_many_are_read_at_once(monkeypatch, rng):
    answers = pd.DataFrame(
        {
            "number": np.where(rng.random(100) < 0.1, np.nan, rng.normal(size=100)),
            "sign": rng.choice([0.0, -0.0], 100),
            "code": rng.integers(0, 9, 100).astype("int8"),
            "unit": pd.Categorical(rng.choice(["a", "b", None], 100)),
        }
    )
    views = [["number", "unit"], ["code", "sign"]]
    whole = view_keys(answers, views)

    monkeypatch.setattr(fingerprint, "_ROWS_AT_ONCE", 7)

    assert np.array_equal(view_keys(answers, views), whole)
    assert [len(own) for own in view_keys(answers.iloc[:0], views)] == [0, 0]


def test_a_column_coded_anew_leaves_the_other_views_as_they_were(rng):
    answers = pd.DataFrame(
        rng.integers(1, 6, (200, 12)).astype(float), columns=list("abcdefghijkl")
    )
    views = [list("adgj"), list("behk"), list("cfil")]
    group = one_group(range(40), 200)
    before = fingerprint_groups(view_keys(answers, views), SECRET, group)[0]

    anew = view_keys(answers.assign(a=answers["a"] + 1, d=0.0), views)
    same, less = (
        fingerprint_groups(anew, SECRET, g)[0] for g in (group, one_group(range(37), 200))
    )

    assert differing_sums(before, same)[1:].tolist() == [0, 0]
    assert differing_sums(before, less)[1:].max() in (1, 2, 3)


@pytest.fixture(scope="module")
def small_waves(tmp_path_factory):
    """Two waves of 300 people, and the columns that both asked."""
    folder, codebook = tmp_path_factory.mktemp("small"), load_codebook("werkonderzoek-2019")
    waves = []
    for wave in (2019, 2022):
        write_survey(make_survey(300, 7, wave).responses, codebook, folder / f"{wave}.parquet")
        intake = read_survey(folder / f"{wave}.parquet", codebook, Settings().intake)
        waves.append(intake.responses)
    asked = codebook.with_role("item", "career", "audit")
    return *waves, [c.name for c in asked if all(c.name in wave for wave in waves)]


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 6, 10, 40])
def test_two_waves_of_few_people_and_few_questions_are_no_copies(small_waves, rng, columns):
    before, now, asked = small_waves

    for _ in range(10):
        some = list(rng.choice(asked, columns, replace=False))
        assert share_of_copies(now[some], before[some]) < 0.1


@pytest.mark.parametrize("left", [0, 1, 100])
def test_a_wave_less_some_people_is_a_copy(small_waves, rng, left):
    _, now, asked = small_waves

    for columns in (10, len(asked)):
        some = list(rng.choice(asked, columns, replace=False))
        less = now[some].sample(len(now) - left, random_state=1)
        assert share_of_copies(now[some], less) > 0.99


def test_releases_are_read_as_they_were_written(tmp_path):
    filled(tmp_path)

    assert [r.sequence for r in verify(tmp_path)] == [1, 2, 3]
    assert [r.content["dataset"] for r in verify(tmp_path)] == ["hash 0", "hash 1", "hash 2"]


def test_every_changed_byte_is_found(tmp_path):
    raw = (filled(tmp_path) / FILE).read_bytes()

    for place in range(0, len(raw), 37):
        (tmp_path / FILE).write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises(LedgerError):
            verify(tmp_path)


def test_the_first_altered_line_is_named(tmp_path):
    lines = (filled(tmp_path) / FILE).read_text().splitlines(keepends=True)
    lines[1] = lines[1].replace("hash 1", "hash 9")
    (tmp_path / FILE).write_text("".join(lines))

    with pytest.raises(LedgerError, match="line 2 is not as it was written"):
        verify(tmp_path)


@pytest.mark.parametrize("keep", [[0, 2], [0, 1], [1, 0, 2], [0, 1, 2, 2]])
def test_lost_and_moved_lines_are_found(tmp_path, keep):
    lines = (filled(tmp_path) / FILE).read_text().splitlines(keepends=True)
    (tmp_path / FILE).write_text("".join(lines[place] for place in keep))

    with pytest.raises(LedgerError):
        verify(tmp_path)


@pytest.mark.parametrize("name", [FILE, HEAD, KEY])
def test_a_lost_part_stops_publication(tmp_path, name):
    (filled(tmp_path) / name).unlink()

    with pytest.raises(LedgerError, match="lost"), open_ledger(tmp_path, "owner"):
        pass


def test_a_ledger_of_another_owner_is_refused(tmp_path):
    filled(tmp_path)

    with pytest.raises(LedgerError, match="is the ledger of owner"), open_ledger(tmp_path, "me"):
        pass


def test_a_new_ledger_cannot_stand_for_a_lost_one(tmp_path):
    with pytest.raises(LedgerError, match="release 2"), open_ledger(tmp_path, "o", (2, "a" * 64)):
        pass


def test_a_line_that_was_never_completed_is_cut_off(tmp_path):
    with (filled(tmp_path) / FILE).open("ab") as file:
        file.write(b'{"content":')

    with open_ledger(tmp_path, "owner") as ledger:
        assert (tmp_path / FILE).read_bytes().endswith(b"}\n")
        ledger.append(content(4))

    assert len(verify(tmp_path)) == 4


def _append(folder, number):
    with open_ledger(folder, "owner") as ledger:
        time.sleep(0.05)
        ledger.append(content(number))


def test_processes_that_append_at_once_keep_the_chain(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append, args=(tmp_path, n)) for n in range(4)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(verify(tmp_path)) == 4


def test_a_held_ledger_is_busy(tmp_path, monkeypatch):
    monkeypatch.setattr("blijfwijzer.disclosure.ledger._PATIENCE_SECONDS", 0.2)

    with (
        open_ledger(tmp_path, "owner"),
        pytest.raises(BusyError, match="another run"),
        open_ledger(tmp_path, "owner"),
    ):
        pass


def test_a_killed_run_leaves_a_ledger_that_can_be_used(tmp_path):
    code = (
        "import sys, time; from pathlib import Path\n"
        "from blijfwijzer.disclosure.ledger import open_ledger\n"
        "with open_ledger(Path(sys.argv[1]), 'owner') as ledger:\n"
        "    for n in range(10**6):\n"
        "        ledger.append({'n': n}); print(n, flush=True)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert run.stdout is not None
    for _ in range(5):
        run.stdout.readline()
    run.kill()
    run.wait()
    run.stdout.close()

    with open_ledger(tmp_path, "owner") as ledger:
        ledger.append(content())

    assert len(verify(tmp_path)) >= 6


def test_a_run_that_is_killed_while_it_holds_the_ledger_holds_it_no_longer(tmp_path, monkeypatch):
    monkeypatch.setattr("blijfwijzer.disclosure.ledger._PATIENCE_SECONDS", 0.2)
    code = (
        "import sys, time; from pathlib import Path\n"
        "from blijfwijzer.disclosure.ledger import open_ledger\n"
        "with open_ledger(Path(sys.argv[1]), 'owner'):\n"
        "    print('held', flush=True); time.sleep(600)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stdout.readline().strip() == b"held"
    with pytest.raises(BusyError), open_ledger(tmp_path, "owner"):
        pass
    run.kill()
    run.wait()
    run.stdout.close()

    with open_ledger(tmp_path, "owner") as ledger:
        ledger.append(content())

    assert len(verify(tmp_path)) == 1


@pytest.fixture
def team(rng):
    """Sixty responses in three teams of twenty."""
    answers = rng.integers(1, 6, (60, 9)).astype(float)
    frame = pd.DataFrame(answers, columns=list("abcdefghi"))
    return frame.assign(team=np.repeat(["one", "two", "three"], 20))


VIEWS = (("a", "d", "g"), ("b", "e", "h"), ("c", "f", "i"), tuple("abcdefghi"))


def rows_of(frame):
    return csr_array(np.array([frame["team"] == n for n in ("one", "two", "three")], dtype=np.int8))


def release(ledger, frame, request="first", minimum=10, columns=VIEWS, also=None):
    prints = fingerprint_groups(view_keys(frame, columns), ledger.secret, rows_of(frame))
    shown = {
        name: {"definition": {"team": name}, "fingerprint": to_text(own)}
        for name, own in zip(("one", "two", "three"), prints, strict=True)
    }
    shown |= also or {}
    made = Entry(
        "survey", "1", "x", "score", request, shown, {}, columns=columns, minimum=minimum
    ).content
    ledger.append(made)


def read(ledger, frame, request="", wave="1"):
    def members_of(definition):
        return (frame["team"] == definition["team"]).to_numpy()

    return read_earlier(
        ledger, Present(frame, rows_of(frame), members_of), "survey", wave, 10, request
    )


def test_earlier_groups_are_known_changed_or_others(tmp_path, team):
    with open_ledger(tmp_path, "owner") as ledger:
        release(ledger, team)
        now = team.drop(index=[20, 21, 22, *range(40, 58)]).reset_index(drop=True)

        earlier, rerun = read(ledger, now), read(ledger, now, "first")

    assert earlier.repeated.tolist() == [True, False, False]
    changed = {tuple(row) for row in earlier.forbidden.toarray()}
    assert changed == {tuple((now["team"] == "two").astype(int))}
    assert rerun.known.shape[0] == rerun.forbidden.shape[0] == 0


@pytest.mark.parametrize("left, since", [([], 0), ([0, 1], 2)])
def test_a_part_of_nearly_all_of_a_group_is_held_back_and_has_not_changed(
    tmp_path, team, left, since
):
    with open_ledger(tmp_path, "owner") as ledger:
        release(ledger, team)
        now = team.drop(index=left).reset_index(drop=True)
        part = csr_array(((now["team"] == "one") & (now.index < 16)).to_numpy()[None].astype(int))

        earlier = read_earlier(
            ledger,
            Present(now, part, lambda group: (now["team"] == group["team"]).to_numpy()),
            *("survey", "1", 10),
        )

    assert earlier.changed.tolist() == [True]
    assert earlier.changed_since == since


def test_who_joined_a_group_is_told_from_who_was_there(tmp_path, team, monkeypatch):
    # By another key two of the four who came or went may share one of 64 sums: nobody is found then.
    monkeypatch.setattr("secrets.token_bytes", bytes)
    with open_ledger(tmp_path, "owner") as ledger:
        release(ledger, team.drop(index=[25, 30]).reset_index(drop=True))
        now = team.drop(index=[20, 21]).reset_index(drop=True)

        earlier = read(ledger, now)

    is_new = now.index.isin([23, 28])
    assert earlier.forbidden.toarray().tolist() == [(now["team"] == "two").astype(int).tolist()]
    assert earlier.former.toarray().tolist() == [
        ((now["team"] == "two") & ~is_new).astype(int).tolist()
    ]


@pytest.mark.parametrize("few, bars", [(0, False), (1, True), (9, True)])
def test_a_rest_of_two_releases_and_a_few_more_is_not_shown(tmp_path, few, bars):
    answers = np.random.default_rng(4).integers(1, 6, (80, 9)).astype(float)
    team = pd.DataFrame(answers, columns=list("abcdefghi")).assign(team="one")
    with open_ledger(tmp_path, "owner") as ledger:
        release(ledger, team, "all")
        release(ledger, team[:40], "half")

        earlier = read(ledger, team[40 - few :].reset_index(drop=True))

    assert earlier.forbidden.shape[0] == bars
    assert not earlier.repeated[0]
    assert earlier.changed[0] == bars


def test_a_group_is_known_again_under_another_name(tmp_path, team):
    with open_ledger(tmp_path, "owner") as ledger:
        release(ledger, team)
        less = team.drop(index=[0, 1, 2]).reset_index(drop=True)
        renamed = less.replace({"team": {"one": "uno"}})
        groups = csr_array((renamed["team"] == "uno").to_numpy()[None, :].astype(np.int8))

        earlier = read_earlier(ledger, Present(renamed, groups, lambda _: None), "survey", "1", 10)

    assert earlier.forbidden.shape[0] == 1


def of_teams(team, names):
    """Give the people, everyone and by team, as they are called now."""
    frame = team.assign(team=team["team"].map(names))
    codes = sorted(frame["team"].unique())
    groups = [np.ones(len(frame), bool), *((frame["team"] == code).to_numpy() for code in codes)]

    def members_of(definition):
        if not definition:
            return groups[0]
        return (frame["team"] == definition["team"]).to_numpy()

    return Present(frame, csr_array(np.array(groups, dtype=np.int8)), members_of)


@pytest.mark.parametrize(
    "names, new, lost",
    [
        ({"one": "one", "two": "two", "three": "three"}, [], 0),
        # Renamed in a circle: all are known by who is in them.
        ({"one": "two", "two": "three", "three": "one"}, [], 0),
        # Two made one, and all three cut otherwise.
        ({"one": "one", "two": "both", "three": "both"}, ["both"], 2),
    ],
)
def test_beside_groups_that_are_not_found_again_nothing_new_is_shown(
    tmp_path, team, names, new, lost
):
    with open_ledger(tmp_path, "owner") as ledger:
        every = fingerprint_groups(view_keys(team, VIEWS), ledger.secret, one_group(range(60), 60))
        everyone = {"definition": {}, "fingerprint": to_text(every[0])}
        release(ledger, team, also={"all": everyone})
        present = of_teams(team, names)

        earlier = read_earlier(ledger, present, "survey", "1", 10)

    codes = ["all", *sorted(set(names.values()))]
    assert earlier.lost == lost
    assert [code for code, own in zip(codes, earlier.repeated, strict=True) if not own] == new
    assert [code for code, own in zip(codes, earlier.changed, strict=True) if own] == new


def test_an_optional_column_less_or_in_another_place_changes_nothing(tmp_path, team):
    with open_ledger(tmp_path, "owner") as ledger:
        release(ledger, team.assign(z=1.0))
        now = team.drop(index=[0, 1, 2]).reset_index(drop=True)[team.columns[::-1]]

        earlier = read(ledger, now)

    assert earlier.repeated.tolist() == [False, True, True]
    assert earlier.forbidden.shape[0] >= 1


def test_people_who_cannot_be_known_again_stop_a_release(tmp_path, team):
    with open_ledger(tmp_path, "owner") as ledger:
        release(ledger, team)
        bare = team.drop(columns=["a", "b", "c"])

        with pytest.raises(LedgerError, match="3 columns by which its people are known"):
            read(ledger, bare)
        assert read(ledger, bare, wave="2").forbidden.shape[0] == 0


def test_the_largest_minimum_that_was_promised_is_kept(tmp_path, team):
    with open_ledger(tmp_path, "owner") as ledger:
        release(ledger, team, minimum=15)

        assert read(ledger, team).minimum == 15


def test_a_part_is_held_against_groups_and_parts_whatever_their_name(tmp_path, team):
    with open_ledger(tmp_path, "owner") as ledger:
        release(ledger, team)
        part = fingerprint_groups(view_keys(team, VIEWS), ledger.secret, one_group(range(45), 60))
        made = Entry(
            "survey", "1", "x", "score", "a", {}, {}, {"age": [to_text(part[0])]}, VIEWS, 10
        ).content
        ledger.append(made)
        earlier = read(ledger, team)
        sets = [range(45), range(42), range(35, 60), range(20), range(23, 40), range(5, 60, 2)]
        rows = csr_array(np.vstack([one_group(people, 60).toarray() for people in sets]))

        likeness = earlier.compare_parts(rows, 10)

    assert likeness.is_same.tolist() == [True, False, False, True, False, False]
    assert likeness.is_near.tolist() == [False, True, True, False, True, False]
    assert (likeness.apart <= [0, 3, 5, 0, 3, 0]).all()
    assert ((likeness.apart > 0) == likeness.is_near).all()


def test_a_group_is_held_against_parts_of_figures(tmp_path, team):
    with open_ledger(tmp_path, "owner") as ledger:
        part = fingerprint_groups(view_keys(team, VIEWS), ledger.secret, one_group(range(18), 60))
        made = Entry(
            "survey", "1", "x", "score", "a", {}, {}, {"age": [to_text(part[0])]}, VIEWS, 10
        ).content
        ledger.append(made)

        assert read(ledger, team).changed.tolist() == [True, False, False]


def test_a_part_is_known_again_when_the_codebook_has_a_column_more(tmp_path, team):
    less = team.drop(index=[0]).reset_index(drop=True).assign(z=1.0)
    with open_ledger(tmp_path, "owner") as ledger:
        part = fingerprint_groups(view_keys(team, VIEWS), ledger.secret, one_group(range(30), 60))
        made = Entry(
            "survey", "1", "x", "score", "a", {}, {}, {"age": [to_text(part[0])]}, VIEWS, 10
        ).content
        ledger.append(made)

        likeness = read(ledger, less).compare_parts(one_group(range(29), 59), 10)

    assert likeness.is_near.tolist() == [True]


def test_a_rerun_is_held_against_what_there_was_before_it(tmp_path, team):
    with open_ledger(tmp_path, "owner") as ledger:
        release(ledger, team, "first")
        release(ledger, team.drop(index=[0]).reset_index(drop=True), "second")

        earlier = read(ledger, team, "first")

    assert earlier.releases == 0
    assert not earlier.changed.any()


def test_another_key_stops_publication(tmp_path):
    (filled(tmp_path) / KEY).write_bytes(b"x" * 32)

    with pytest.raises(LedgerError, match="is another one"), open_ledger(tmp_path, "owner"):
        pass


@pytest.mark.parametrize("lost", [(), (KEY,), (KEY, FILE), (KEY, FILE, HEAD)])
def test_a_first_run_that_was_stopped_half_way_does_not_lock_the_ledger(tmp_path, lost):
    with open_ledger(tmp_path, "owner"):
        pass
    for name in lost:
        (tmp_path / name).unlink()

    with open_ledger(tmp_path, "owner") as ledger:
        ledger.append(content())

    assert len(verify(tmp_path)) == 1


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_in_the_place_of_a_ledger_is_told(tmp_path, below):
    (tmp_path / "ledger").write_text("x")

    with (
        pytest.raises(LedgerError, match="a file is in the place"),
        open_ledger(tmp_path / "ledger" / below, "owner"),
    ):
        pass


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_ledger_that_cannot_be_made_is_told():
    with (
        pytest.raises(NotWritableError, match="no ledger can be made here"),
        open_ledger(Path("/proc/ledger"), "owner"),
    ):
        pass


def kept_sums(folder):
    """All sums of groups and parts in the file of a ledger, as whoever has no key can read them."""
    for line in (folder / FILE).read_text(encoding="utf-8").splitlines():
        told = json.loads(line)["content"]
        texts = [group["fingerprint"] for group in told["groups"].values()]
        texts += [text for own in told["parts"].values() for text in own]
        for text in [*texts, told["fitted"]]:
            raw = base64.b64decode(text.removeprefix("."))
            yield np.frombuffer(raw[-512:], ">u4").reshape(-1, 64)


def test_without_its_key_a_ledger_tells_of_no_two_sets_whom_both_hold(tmp_path):
    """Of twenty people four were bullied: their numbers stood in the sums of both."""
    both = csr_array(np.array([np.arange(60) < 20, np.arange(60) >= 16, np.arange(60) >= 0]))
    views = keys(60) * 2
    with open_ledger(tmp_path, "owner") as ledger:
        team, bullied, fitted = fingerprint_groups(views, ledger.secret, both.astype(np.int8))
        told = {"a": {"definition": {"team": "a"}, "fingerprint": to_text(team)}}
        entry = Entry("s", "1", "x", "claims", "r", told, {}, parts={"claim:H": [to_text(bullied)]})
        entered = ledger.append({**entry.content, "fitted": to_text(fitted)})

    kept = list(kept_sums(tmp_path))

    assert not any(
        ((one == other) & (one > 0)).any() for one in kept for other in kept if one is not other
    )
    assert all((sums > 0).mean() > 0.9 for sums in kept)
    assert [line.content for line in verify(tmp_path)] == [entered.content]
    with open_ledger(tmp_path, "owner") as ledger:
        assert [line.content for line in ledger.releases] == [entered.content]


def test_without_its_key_a_ledger_tells_no_hash_of_what_was_asked(tmp_path):
    """It covers the hash of the survey's file: all but one answer known, that one is soon found."""
    asked = "5f" * 32
    with open_ledger(tmp_path, "owner") as ledger:
        ledger.append(Entry("s", "1", "x", "score", asked, {}, {}).content)

    assert asked not in (tmp_path / FILE).read_text(encoding="utf-8")
    assert [line.content["request"] for line in verify(tmp_path)] == [asked]


def test_a_ledger_of_open_fingerprints_is_read_as_before(tmp_path, monkeypatch):
    """Lines that were written before fingerprints were sealed keep their hash and what they tell."""
    group = to_text(fingerprint_groups(keys(9), SECRET, one_group(range(9), 9))[0])
    told = {"a": {"definition": {"team": "a"}, "fingerprint": group}}
    with monkeypatch.context() as patch:
        patch.setattr("blijfwijzer.disclosure.ledger.seal", lambda content, _: dict(content))
        with open_ledger(tmp_path, "owner") as ledger:
            ledger.append(Entry("s", "1", "x", "score", "r", told, {}).content)
    with open_ledger(tmp_path, "owner") as ledger:
        ledger.append(Entry("s", "1", "x", "score", "again", told, {}).content)

    found = [line.content["groups"] for line in verify(tmp_path)]

    assert found == [told, told]
    lines = [json.loads(line) for line in (tmp_path / FILE).read_text("utf-8").splitlines()]
    texts = [line["content"]["groups"]["a"]["fingerprint"] for line in lines]
    assert [text[0] == "." for text in texts] == [False, True]


def test_the_ledger_holds_no_answer(tmp_path):
    filled(tmp_path)

    line = json.loads((tmp_path / FILE).read_text().splitlines()[0])

    assert set(line["content"]) == {
        *("survey", "wave", "dataset", "kind", "request", "groups", "outputs"),
        *("parts", "columns", "minimum", "record", "model", "release", "proof"),
    }
