"""The judge of the gate finds what is planted."""

import numpy as np
import pytest

from studies.__main__ import main, put_in_place
from studies.gate import gate_text, tells_of_few, try_gate
from studies.twins import find_twins, percent
from studies.validation import SECTIONS


def groups(people, *members):
    return np.array([np.isin(np.arange(people), own) for own in members])


def test_the_judge_finds_one_person_between_two_groups():
    shown = groups(60, range(60), range(30), range(29))
    assert tells_of_few(shown)
    assert not tells_of_few(groups(60, range(60), range(30), range(20)))


def test_the_judge_finds_a_set_that_only_a_sum_of_groups_gives():
    # 1 to 20, 21 to 40 and 1 to 45 give the five last.
    shown = groups(60, range(60), range(20), range(20, 40), range(45))
    assert tells_of_few(shown)


def test_people_whom_a_percentage_tells_all_of_have_no_twin():
    answers = np.arange(60) >= 12
    found = find_twins(groups(60, range(60), range(12)), answers)
    assert (found.exchanged, found.constructed, found.missing) == (0, 0, 60)


def test_people_who_answered_alike_have_a_twin_where_others_can_change():
    # In four quarters of an overlap all of one answered alike; the sums leave room for others.
    shown = groups(40, range(40), range(20), [*range(10), *range(20, 30)])
    answers = np.isin(np.arange(40), [10, 11, 12, 20, 21, 22, 30, 31, 32])
    found = find_twins(shown, answers)
    assert (found.exchanged, found.constructed, found.missing) == (30, 10, 0)


@pytest.mark.parametrize(("count", "shown"), [(1, 12), (3, 38), (5, 62), (0, 0), (8, 100)])
def test_halves_of_a_percentage_go_to_even(count, shown):
    assert percent(count, 8) == shown


@pytest.mark.parametrize("number", [12, 18])
def test_the_gate_passes_the_judge_with_two_outcomes_and_two_releases(number):
    trial = try_gate(1, number)
    assert trial.kind in {"two outcomes", "two releases"}
    assert not trial.is_leak
    assert trial.missing == 0 < trial.exchanged


def test_what_was_tried_is_not_tried_again(tmp_path):
    told = []
    record = tmp_path / "out" / "gate.jsonl"
    first = gate_text(2, told.append, record)
    lines = record.read_text()
    assert gate_text(2, told.append, record) == first
    assert record.read_text() == lines
    gate_text(1, told.append, record, seed=5)
    assert record.read_text().count("\n") == 3


def test_a_section_takes_the_place_of_the_one_with_its_heading():
    page = "# Page\n\n## One\n\nold\n\n### Part\n\nold\n\n## Two\n\nkept\n"
    put = put_in_place("## One\n\nnew\n", page)
    assert put == "# Page\n\n## One\n\nnew\n\n## Two\n\nkept\n"
    assert put_in_place("## Three\n\nnew\n", put).endswith("kept\n\n## Three\n\nnew\n")


def test_each_section_of_a_page_is_made_alone_by_its_name(monkeypatch, tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n## Claims\n\nold\n\n## Two\n\nkept\n", encoding="utf-8")
    monkeypatch.setitem(SECTIONS, "claims", lambda data, tell: "## Claims\n\nnew\n")
    asked = ["studies", "validation", "--output", str(page), "--only"]

    monkeypatch.setattr("sys.argv", [*asked, "claims"])
    main()
    assert page.read_text(encoding="utf-8") == "# Page\n\n## Claims\n\nnew\n\n## Two\n\nkept\n"

    monkeypatch.setattr("sys.argv", [*asked, "nonsense"])
    with pytest.raises(SystemExit, match="no such section; rates, levels, margins"):
        main()
