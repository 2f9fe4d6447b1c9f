"""An append-only ledger: every change, loss and crowd is noticed."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from blijfwijzer.disclosure.earlier import read_earlier, release_content
from blijfwijzer.disclosure.fingerprint import (
    fingerprint_groups,
    from_text,
    least_difference,
    person_keys,
    subtract,
    to_text,
)
from blijfwijzer.disclosure.ledger import FILE, HEAD, KEY, open_ledger, verify
from blijfwijzer.errors import BusyError, LedgerError

SECRET = bytes(32)


def keys(count):
    return [f"person {number}".encode() for number in range(count)]


def one_group(people, count):
    inside = np.zeros((1, count), dtype=np.int8)
    inside[0, list(people)] = 1
    return csr_array(inside)


def content(number=1):
    return release_content("survey", "2022", f"hash {number}", "score", "request", {}, {})


def filled(folder, releases=3):
    for number in range(releases):
        with open_ledger(folder, "owner") as ledger:
            ledger.append(content(number))
    return folder


@given(st.sets(st.integers(0, 59), min_size=1), st.sets(st.integers(0, 59), min_size=1))
@settings(max_examples=60, deadline=None)
def test_the_bound_never_passes_the_true_difference(one, other):
    prints = [fingerprint_groups(keys(60), SECRET, one_group(g, 60))[0] for g in (one, other)]

    assert least_difference(*prints) <= len(one ^ other)
    assert (least_difference(*prints) == 0) == (one == other)


def test_a_rest_has_the_fingerprint_of_its_people():
    whole, part, rest = ({*range(50)}, {*range(30)}, {*range(30, 50)})
    prints = [fingerprint_groups(keys(60), SECRET, one_group(g, 60)) for g in (whole, part, rest)]

    assert (subtract(prints[0][0], prints[1]) == prints[2][0]).all()
    assert (from_text(to_text(prints[0][0])) == prints[0][0]).all()


def test_the_order_of_people_does_not_matter(rng):
    order = rng.permutation(60)
    shuffled = [keys(60)[place] for place in order]
    inside = one_group(range(20), 60)

    straight = fingerprint_groups(keys(60), SECRET, inside)
    other = fingerprint_groups(shuffled, SECRET, csr_array(inside.toarray()[:, order]))

    assert (straight == other).all()


def test_two_people_who_answer_alike_are_two():
    answers = pd.DataFrame({"a": [1.0, 1.0, 2.0], "weight": [1.0, 2.0, 3.0]})

    assert len(set(person_keys(answers))) == 3


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
        assert ledger.repaired
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
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    run.stdout.close()

    with open_ledger(tmp_path, "owner") as ledger:
        ledger.append(content())

    assert len(verify(tmp_path)) >= 6


def test_earlier_groups_are_known_changed_or_others(tmp_path):
    people = 60
    groups = {"same": {*range(20)}, "less": {*range(20, 40)}, "new": {*range(40, 60)}}
    with open_ledger(tmp_path, "owner") as ledger:
        then = {
            **groups,
            "less": groups["less"] | {0, 1, 2},
            "new": {*range(0, 20)},
        }
        shown = {
            name: {
                "definition": {"team": name},
                "fingerprint": to_text(
                    fingerprint_groups(keys(people), ledger.secret, one_group(who, people))[0]
                ),
            }
            for name, who in then.items()
        }
        ledger.append(release_content("survey", "1", "x", "score", "first", shown, {}))

        def inside(definition):
            found = np.zeros(people, dtype=bool)
            found[list(groups[definition["team"]])] = True
            return found

        earlier = read_earlier(ledger, "survey", keys(people), inside, 10)
        rerun = read_earlier(ledger, "survey", keys(people), inside, 10, "first")

    assert earlier.known_ids == ("same",)
    assert earlier.forbidden.shape[0] == 1
    assert np.flatnonzero(earlier.forbidden.toarray()[0]).tolist() == [*range(20, 40)]
    assert rerun.known.shape[0] == 0


def test_the_ledger_holds_no_answer(tmp_path):
    filled(tmp_path)

    line = json.loads((tmp_path / FILE).read_text().splitlines()[0])

    assert set(line["content"]) == {
        *("survey", "wave", "dataset", "kind", "request", "groups", "outputs")
    }
