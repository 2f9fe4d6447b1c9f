"""Others who answer alike by part of a short form are not taken for the people of before."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer.disclosure.earlier import read_earlier
from blijfwijzer.disclosure.entry import Entry
from blijfwijzer.disclosure.fingerprint import SUMS, fingerprint_groups, to_text, view_keys
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.disclosure.present import Present
from blijfwijzer.disclosure.returning import hide_others, share_again
from blijfwijzer.release.verify import changed_by_few

QUESTIONS = list("abcdefghijkl")
VIEWS = (*(tuple(QUESTIONS[start::3]) for start in range(3)), tuple(QUESTIONS))
KEYS = range(20)


def short_form(people, rng):
    """Twelve questions to which a third gives one answer, in teams of ten to thirty."""
    base = rng.normal(3.6, 0.6, (people, 1))
    answers = np.clip(np.rint(base + rng.normal(0, 0.8, (people, 12))), 1, 5)
    alike = rng.random(people) < 0.35
    answers[alike] = rng.choice([3, 4, 4, 5], (alike.sum(), 1))
    frame = pd.DataFrame(answers, columns=QUESTIONS)
    return frame.assign(team=np.repeat(np.arange(20), np.arange(10, 30))[:people].astype(str))


def answered_anew(wave, rng):
    """Six of ten answer again, a third of the questions otherwise, and others take the rest."""
    again = short_form(len(wave), rng)
    stays = rng.random(len(wave)) < 0.6
    same = stays[:, None] & (rng.random((len(wave), 12)) < 0.67)
    return again.assign(**again[QUESTIONS].mask(same, wave[QUESTIONS]))


def coded_anew(wave, rng):
    """Three of each team withdrew, and a column was coded anew."""
    left = wave.groupby("team").sample(3, random_state=1).index
    return wave.drop(index=left).assign(a=lambda now: now["a"] + 10).reset_index(drop=True)


def grouped(wave):
    names = sorted(wave["team"].unique())
    rows = np.array([np.ones(len(wave), bool), *(wave["team"] == name for name in names)])
    return [{}, *({"team": name} for name in names)], csr_array(rows.astype(np.int8))


def people_of(wave):
    def members_of(group):
        return (wave["team"] == group.get("team", wave["team"])).to_numpy()

    return Present(wave, grouped(wave)[1], members_of)


def bars(folder, then, now, key, monkeypatch):
    """Count the groups that may not be shown now, and those that an audit names if they are."""
    monkeypatch.setattr("secrets.token_bytes", lambda size: bytes([key] * size))
    with open_ledger(folder / str(key), "owner") as ledger:
        for request, wave in (("then", then), ("now", now)):
            definitions, members = grouped(wave)
            if request == "now":
                found = read_earlier(ledger, people_of(wave), "survey", "2", 10)
            prints = fingerprint_groups(view_keys(wave, VIEWS), ledger.secret, members)
            shown = {
                str(place): {"definition": group, "fingerprint": to_text(own)}
                for place, (group, own) in enumerate(zip(definitions, prints, strict=True))
            }
            entry = Entry(
                "survey", request, request, "score", request, shown, {}, columns=VIEWS, minimum=10
            )
            ledger.append({**entry.content, "shared": [0, 1, 2]})
        return found.forbidden.shape[0], len(changed_by_few(ledger.releases))


def test_people_who_answer_a_short_form_anew_bar_nothing(tmp_path, rng, monkeypatch):
    then = short_form(390, rng)
    now = answered_anew(then, rng)

    assert {bars(tmp_path, then, now, key, monkeypatch) for key in KEYS} == {(0, 0)}


def test_a_short_form_with_a_column_coded_anew_is_that_of_before(tmp_path, rng, monkeypatch):
    then = short_form(390, rng)
    now = coded_anew(then, rng)

    found = [bars(tmp_path, then, now, key, monkeypatch) for key in KEYS]

    assert min(found) >= (20, 20)


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 1])
def test_the_share_that_is_here_again_is_found(rng, share):
    people, size = 2000, 20
    then = rng.integers(2**63, size=people).astype(np.uint64)
    now = np.where(rng.random(people) < share, then, then + np.uint64(2**63))
    members = csr_array(np.kron(np.eye(people // size), np.ones((1, size))).astype(np.int8))
    marks = [fingerprint_groups([own], bytes(32), members) for own in (now, then)]

    assert share_again(*marks) == pytest.approx([share], abs=0.05)


def test_of_a_crowd_that_changed_no_share_is_told(rng):
    crowds = rng.integers(1, 2**31, (2, 1, 1, SUMS))

    assert np.isnan(share_again(*crowds)).all()


def test_only_what_was_told_of_others_alone_is_hidden():
    sets = np.ones((3, 2, SUMS), dtype=np.int64)
    others = np.array([[True, False], [False, False]])

    hidden = hide_others(sets, [[0], [0, 1], []], others)

    assert (hidden < 0).all(axis=-1).tolist() == [[True, False], [False, False], [False, False]]
