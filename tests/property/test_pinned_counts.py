"""Hidden counts that are called free, held against all answers that give the same percentages."""

import random

import numpy as np
import pytest
from scipy.sparse import csr_array

from blijfwijzer.disclosure.choice import Hidden, choose_shown
from blijfwijzer.disclosure.counts import Published, find_pinned
from blijfwijzer.disclosure.parts import Outsider
from blijfwijzer.disclosure.programmes import Pool
from blijfwijzer.settings import DisclosureSettings
from small_worlds import everyone, members, none

_MOST_WORLDS = 5_000
_WIDE = 6


def draw_people(rng):
    """Give people per cell, now and then some hundreds, of whom some have the outcome."""
    while True:
        sizes = [rng.randint(1, 6) for _ in range(rng.randint(3, 6))]
        if rng.random() < 0.6:
            sizes[0] = rng.choice([rng.randint(60, 160), rng.randint(300, 900)])
        if np.prod([size + 1.0 for size in sizes]) <= _MOST_WORLDS:
            break
    share = rng.choice([0.03, 0.2, 0.5, 0.95])
    truth = [sum(rng.random() < share for _ in range(size)) for size in sizes]
    return np.array(sizes), np.array(truth)


def draw_groups(rng, cells, most, share):
    rows = [[int(rng.random() < share) for _ in range(cells)] for _ in range(rng.randint(1, most))]
    return np.array([row for row in rows if any(row)] or [[1] * cells])


def shown_by_turns(rng, groups, known):
    """Give the groups that are shown in some calls: some, then others withheld and shown again."""
    offered = range(known, len(groups))
    shown = {place for place in offered if rng.random() < 0.5}
    for _ in range(rng.randint(2, 4)):
        yield [*range(known), *sorted(shown)]
        shown ^= {place for place in offered if rng.random() < 0.4}


def possible(published, worlds):
    """Tell which worlds give the percentages, and the counts of the first groups as they are."""
    made, counts = worlds @ published.rows.T, published.rows @ published.counts
    low, high = published.windows
    is_exact = (np.arange(len(counts)) < published.exact) & (high - low + 1 < _WIDE)
    low, high = np.where(is_exact, counts, low), np.where(is_exact, counts, high)
    return np.all((made >= low) & (made <= high), axis=1)


@pytest.fixture(params=[(1_000, (60,)), (0, (3,)), (0, (1, 2, 4)), (0, (60,))])
def around(request, monkeypatch):
    """Ask of large programmes only, or of all, what the cells around a count tell of it."""
    programmes = "blijfwijzer.disclosure.programmes"
    monkeypatch.setattr(f"{programmes}._LARGE", request.param[0])
    monkeypatch.setattr(f"{programmes}._RINGS", request.param[1])
    monkeypatch.setattr(f"{programmes}._PART_AROUND", 1.0)


@pytest.mark.usefixtures("around")
@pytest.mark.parametrize(("seed", "most_cells"), [*((seed, 20_000) for seed in range(4)), (4, 0)])
def test_no_count_is_called_free_that_all_answers_pin(seed, most_cells, monkeypatch):
    monkeypatch.setattr("blijfwijzer.disclosure.counts._MOST_CELLS", most_cells)
    rng, free = random.Random(seed), 0
    for _ in range(40):
        sizes, truth = draw_people(rng)
        cells = len(sizes)
        groups = draw_groups(rng, cells, 6, rng.choice([0.3, 0.5, 0.8]))
        hidden = draw_groups(rng, cells, 3, 0.5)
        targets = np.vstack([np.eye(cells, dtype=int), hidden])
        need = np.array([2] * cells + [3] * len(hidden))
        worlds = np.stack(np.meshgrid(*map(np.arange, sizes + 1)), axis=-1).reshape(-1, cells)
        pool, known = Pool(cells, len(targets)), rng.choice([0, 0, 1])
        for shown in shown_by_turns(rng, groups, known):
            published = Published(csr_array(groups[shown]), sizes, truth, known)
            asked = sorted(rng.sample(range(len(targets)), rng.choice([2, len(targets)])))
            found = find_pinned(published, csr_array(targets[asked]), need[asked], pool)
            counts = worlds[possible(published, worlds)] @ targets.T
            for place, pin in zip(asked, found, strict=True):
                if pin is None:
                    free += 1
                    enough = min(need[place], targets[place] @ sizes + 1)
                    assert len(np.unique(counts[:, place])) >= enough
    assert free > 100


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rings", [(1,), (3,), (1, 2, 3, 5), (60,)])
def test_cells_around_a_count_tell_of_it_what_all_tell(seed, rings, monkeypatch):
    programmes = "blijfwijzer.disclosure.programmes"
    rng = random.Random(seed)
    monkeypatch.setattr(f"{programmes}._RINGS", rings)
    monkeypatch.setattr(f"{programmes}._PART_AROUND", 1.0)
    pinned = 0
    for _ in range(40):
        sizes, truth = draw_people(rng)
        groups = draw_groups(rng, len(sizes), 6, rng.choice([0.3, 0.5]))
        targets = np.vstack([np.eye(len(sizes), dtype=int), groups[:1]])
        need = np.full(len(targets), 3)
        told = []
        for large in (1_000, 0):
            monkeypatch.setattr(f"{programmes}._LARGE", large)
            published = Published(csr_array(groups), sizes, truth, 0)
            found = find_pinned(published, csr_array(targets), need)
            told.append([None if pin is None else pin.values for pin in found])
        assert told[0] == told[1]
        pinned += sum(values is not None for values in told[0])
    assert pinned > 50


@pytest.mark.parametrize(("have_it", "is_withheld"), [(61, False), (64, True)])
def test_an_edge_of_a_wide_percentage_says_nothing_of_the_rest(have_it, is_withheld):
    # Of 612 people 10 % have it: 59 to 64. Ten departments of 60 tell each their count, so that
    # with 64 among these none of the other twelve has it: a 65th would be 11 %.
    department = np.repeat(np.arange(11), [60] * 10 + [12])
    answers = np.zeros(612)
    for person in range(have_it):
        answers[person % 10 * 60 + person // 10] = 1
    groups = members(*(department == unit for unit in range(10)))
    hidden = Hidden(members(department == 10), [answers], 3)

    known = Outsider(everyone(612), none(612))
    choice = choose_shown(groups, known, DisclosureSettings(minimum=10), hidden)

    assert (choice.pinning > 0) == is_withheld


@pytest.mark.parametrize("teams", [3, 4])
def test_what_moves_together_stays_within_a_wide_percentage(teams):
    # Teams of 20 of whom none has it are each told with the same 15 others, so that one more in a
    # team is one fewer of these, and one more in every team. In all teams and ten departments that
    # tell theirs one or two more would be the same percentage; as many as there are teams are not.
    unit = np.repeat(np.arange(1 + teams + 10), [15, *[20] * teams, *[60] * 10])
    answers = np.zeros(len(unit))
    answers[:3] = 1
    for person in range({3: 60, 4: 61}[teams]):
        answers[15 + 20 * teams + person % 10 * 60 + person // 10] = 1
    own = [(unit == 0) | (unit == team) for team in range(1, teams + 1)]
    groups = members(*own, *(unit == u for u in range(teams + 1, teams + 11)), unit > 0)
    hidden = Hidden(groups[:0], [answers], 3)

    known = Outsider(everyone(len(unit)), none(len(unit)))
    choice = choose_shown(groups, known, DisclosureSettings(minimum=10), hidden)

    assert choice.pinning > 0


def test_a_wide_percentage_of_before_a_few_left_says_nothing_of_the_rest():
    # Of 639 people 38 % had it, of whom ten departments of 60 tell each their count, 246 together:
    # a 247th would have been 39 %. Of the 630 who stay 39 % have it, as would two more.
    department = np.repeat(np.arange(11), [60] * 10 + [30])
    answers = np.zeros(630)
    for person in range(246):
        answers[person % 10 * 60 + person // 10] = 1
    groups = members(*(department == unit for unit in range(10)))
    hidden = Hidden(members(department == 10), [answers], 3)

    before = Outsider(none(630), everyone(630), 9, everyone(630))
    choice = choose_shown(groups, before, DisclosureSettings(minimum=10), hidden)

    assert choice.pinning > 0
