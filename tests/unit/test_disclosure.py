"""What follows from totals of groups, held against brute force that knows nothing of our code."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import OptimizeResult
from scipy.sparse import csr_array

from blijfwijzer.disclosure.atoms import find_atoms
from blijfwijzer.disclosure.choice import Candidates, Hidden, choose_groups, choose_shown
from blijfwijzer.disclosure.counts import Published, find_pinned
from blijfwijzer.disclosure.guard import Guard, Known
from blijfwijzer.disclosure.parts import Outsider
from blijfwijzer.disclosure.programmes import Pool
from blijfwijzer.disclosure.release import clear, require_cleared
from blijfwijzer.disclosure.rounding import band_text
from blijfwijzer.disclosure.rules import find_faults
from blijfwijzer.disclosure.span import indicator
from blijfwijzer.errors import DisclosureError, SettingsError
from blijfwijzer.release.admission import rank_groups, refuse_unknown_priority
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.codebook import load_codebook
from small_worlds import brute_force, everyone, members, none

K = 10


def organisation(rng):
    """30-90 people in 14 overlapping groups, as reports have them."""
    people = int(rng.integers(30, 91))
    team = rng.choice(5, people, p=rng.dirichlet(np.full(5, 3.0)))
    age = rng.choice(3, people, p=[0.25, 0.4, 0.35])
    education = rng.choice(3, people, p=[0.15, 0.35, 0.5])
    sex, manager = rng.random(people) < 0.5, rng.random(people) < 0.3
    groups = [team == i for i in range(5)] + [age == i for i in range(3)]
    groups += [education == i for i in range(3)] + [sex, ~sex, manager]
    return np.array(groups)


def shown_by(candidates, people, forbidden=None, known=None, **asked):
    """Choose among candidates beside everyone."""
    outsider = Outsider(
        everyone(people) if known is None else known,
        none(people) if forbidden is None else forbidden,
    )
    return choose_shown(candidates, outsider, DisclosureSettings(minimum=K, **asked))


def refusals(*rows, minimum=K):
    """Offer all rows in turn, the first as known, and say what was refused and why."""
    atoms = find_atoms(members(*rows))
    known, *offered = (indicator(np.flatnonzero(row)) for row in atoms.rows.toarray())
    guard = Guard(atoms.sizes.tolist(), minimum, Known([known]))
    told = [guard.offer(name, row) for name, row in enumerate(offered)]
    return [None if refusal is None else set(refusal.together) for refusal in told]


def test_forty_three_less_forty_is_three():
    whole, part = np.ones(43), np.r_[np.ones(40), np.zeros(3)]

    assert refusals(whole, part) == [{0}]
    assert refusals(whole, part, minimum=3) == [None]


def test_a_sum_of_parts_taken_from_a_whole_is_found():
    places = np.repeat([0, 1, 2, 3], [20, 15, 30, 4])
    rows = [np.ones(69), places == 0, places == 1, places == 2]

    assert refusals(*rows) == [None, None, {0, 1, 2}]


def test_what_a_changed_row_tells_is_found_beside_what_the_new_one_tells():
    # Nothing small holds the new pivot; 54 less 53 does, through a row that the new one changes.
    places = np.repeat([0, 1, 2, 3], [30, 53, 1, 40])
    whole, without = np.isin(places, [1, 2]), places == 1

    assert refusals(np.ones(124), whole, without) == [None, {0, 1}]


@pytest.mark.parametrize("seed", range(25))
def test_what_is_shown_of_an_organisation_tells_nothing_of_few(seed):
    groups = organisation(np.random.default_rng(seed))
    people = groups.shape[1]
    passed = groups[(groups.sum(1) >= K) & (people - groups.sum(1) >= K)].astype(np.int8)

    choice = shown_by(csr_array(passed), people)

    rows = np.vstack([np.ones(people), passed[choice.shown]])
    atoms = find_atoms(members(*rows))
    assert not brute_force(atoms.rows.toarray(), atoms.sizes, K)
    assert choice.unavoidable == 0


@pytest.mark.parametrize("seed", range(12))
def test_a_row_is_refused_exactly_when_brute_force_says_so(seed):
    groups = organisation(np.random.default_rng(100 + seed))
    atoms = find_atoms(members(np.ones(groups.shape[1]), *groups[groups.sum(1) >= K]))
    rows = atoms.rows.toarray()
    guard = Guard(atoms.sizes.tolist(), K, Known([indicator(np.flatnonzero(rows[0]))]))
    taken = [rows[0]]

    for name, row in enumerate(rows[1:8]):
        is_refused = guard.offer(name, indicator(np.flatnonzero(row))) is not None

        assert is_refused == brute_force(np.array([*taken, row]), atoms.sizes, K)
        taken += [] if is_refused else [row]


def test_no_more_is_withheld_than_needed():
    # Two teams and a rest of 4: the best is to withhold the smaller team.
    places = np.repeat([0, 1, 2], [30, 15, 4])
    teams = members(places == 0, places == 1)

    choice = shown_by(teams, 49)

    assert choice.shown.tolist() == [True, False]


def test_what_an_earlier_release_showed_cannot_be_subtracted():
    team, less = np.r_[np.ones(20), np.zeros(30)], np.r_[np.ones(17), np.zeros(33)]

    alone = shown_by(members(less), 50)
    after = shown_by(members(less), 50, known=members(np.ones(50), team))
    barred = shown_by(members(less), 50, forbidden=members(less))

    assert alone.shown.tolist() == [True]
    assert after.shown.tolist() == [False]
    assert barred.shown.tolist() == [False]


def test_what_is_known_pins_alone_takes_no_group_that_is_far_away():
    # Of 612 people 64 have it: 10 %, and with one more 11 %, so that everyone hangs all together.
    # Forty and fifty-five of them are known, and so are the fifteen between, whatever is shown.
    people = np.arange(612)
    everyone, few, more = people >= 0, people < 40, people < 55
    known, team = (people >= 100) & (people < 130), (people >= 130) & (people < 143)
    has_it = np.isin(people, [*range(5), *range(40, 44), *range(100, 106), *range(130, 134)])
    has_it |= people >= 612 - 45
    assert has_it.sum() == 64

    choice = choose_shown(
        members(known | team, team),
        Outsider(members(everyone, few, more, known), none(612)),
        DisclosureSettings(minimum=K),
        Hidden(members(more & ~few), [has_it.astype(float)], 3),
    )

    # Either alone would tell of the other; together they tell of no hidden count.
    assert choice.shown.tolist() == [True, True]


def test_groups_that_span_many_blocks_are_audited_too(rng):
    # Thirty teams, all shown but one of four people: everyone less the others tells of it.
    sizes = [*rng.integers(15, 40, 29), 4]
    team = np.repeat(np.arange(30), sizes)
    groups = members(*(team == i for i in range(29)))

    choice = shown_by(groups, len(team))

    assert choice.shown.sum() == 28
    smallest = np.argmin(sizes[:29])
    assert not choice.shown[smallest]


def pinned(sizes, counts, rows, hidden, need=3):
    published = Published(members(*rows), np.array(sizes), np.array(counts))
    found = find_pinned(published, members(*hidden), np.full(len(hidden), need))
    return [None if pin is None else pin.touching.tolist() for pin in found]


def test_a_hidden_count_that_bounds_pin_is_found():
    # Twelve people, none of whom has the outcome but one: the hidden five have at most one.
    assert pinned([7, 5], [1, 0], [[1, 1]], [[0, 1]]) == [[0]]
    assert pinned([7, 5], [3, 2], [[1, 1]], [[0, 1]]) == [None]


def test_a_count_that_no_work_is_left_to_decide_counts_as_pinned(monkeypatch):
    pool = Pool(cells=2, counts=1)
    assert pool.nodes == 11
    pool.spend(4)
    assert pool.nodes == 8
    pool.spend(500)
    assert pool.nodes == 1

    undecided = OptimizeResult(x=None, mip_node_count=1)
    monkeypatch.setattr("blijfwijzer.disclosure.programmes.milp", lambda *_, **__: undecided)
    assert pinned([7, 5], [3, 2], [[1, 1]], [[0, 1]]) == [[0]]


def test_a_hidden_count_that_parity_pins_is_found():
    # Only one more in each of three cells and two fewer in the fourth keeps all sums, so that of
    # the three people there one or three have it; fractions would leave all from none to three.
    rows = [[1, 1, 0, 1], [0, 1, 1, 1], [1, 0, 1, 1]]
    hidden = [[0, 0, 0, 1]]

    assert pinned([6, 6, 6, 3], [3, 3, 3, 1], rows, hidden, need=2) == [None]
    assert pinned([6, 6, 6, 3], [3, 3, 3, 1], rows, hidden, need=3) == [[0, 1, 2]]


def test_a_percentage_that_tells_the_answers_of_the_rest_is_withheld():
    # Everyone and forty of them are shown, so that of the other twelve none has the outcome.
    answers = np.r_[np.ones(16), np.zeros(36)]
    groups = members(np.r_[np.ones(40), np.zeros(12)])
    known = Outsider(everyone(52), none(52))

    def shown(values):
        hidden = Hidden(none(52), [values], 3)
        return choose_shown(groups, known, DisclosureSettings(minimum=K), hidden)

    assert not shown(answers).shown.any()
    assert shown(answers).pinning == 1
    assert shown(np.r_[np.ones(10), np.zeros(30), np.ones(5), np.zeros(7)]).shown.all()


@pytest.mark.parametrize(("left", "shown"), [(0, [False, True]), (30, [False, False])])
def test_that_nobody_of_a_group_has_it_stays_hidden_also_where_a_few_left(left, shown):
    # What is left of a group of thirty one of whom left, who had the outcome: nobody has it. What
    # may free these thirty, the answer of who left, is not known: nothing is told beside them.
    people = np.arange(200)
    answers = (people >= 30) & (people % 3 == 0)
    groups = members(people < 12, (people >= 30) & (people < 80))
    changed = members(people < left) if left else none(200)
    hidden = Hidden(none(200), [answers.astype(float)], 3)

    outsider = Outsider(everyone(200), changed, 1, changed)
    choice = choose_shown(groups, outsider, DisclosureSettings(minimum=10), hidden)

    assert choice.shown.tolist() == shown


@pytest.mark.parametrize(("is_told", "shown"), [(False, True), (True, False)])
def test_a_percentage_told_before_one_left_stays_what_it_was(is_told, shown):
    # Of 112 people 4 % (4 or 5) were told, of the 99 left of all but twelve 5 % are: these are
    # five, so none of the twelve has it. Of the 111 that are left five would be 5 % (5 or 6).
    people = np.arange(300)
    answers = (people >= 12) & ((people < 17) | (people >= 200))
    old, new = people < 111, (people >= 12) & (people < 111)
    hidden = Hidden(none(300), [answers.astype(float)], 3)
    outsider = Outsider(everyone(300), members(old), 1, members(old) if is_told else None)

    choice = choose_shown(members(new), outsider, DisclosureSettings(minimum=10), hidden)

    assert choice.shown.tolist() == [shown]


def cases():
    half = np.r_[np.ones(15), np.zeros(15)]
    return [
        ("respondents", 9, half, 50.0),
        ("", 10, half, 50.0),
        ("people", 12, half, 9.0),
        ("complement", 25, half, 80.0),
        ("alike", 12, np.ones(30), 60.0),
        ("alike", 12, np.zeros(30), 12.0),
        ("", 12, np.zeros(30), 60.0),
    ]


@pytest.mark.parametrize(("reason", "n", "values", "people"), cases())
def test_a_group_is_withheld_for_its_own_reason(reason, n, values, people):
    inside = np.zeros(30)
    inside[10 : 10 + n] = 1
    inside[: max(0, n - 20)] = 1

    found = find_faults(
        members(inside), np.array([people]), {"y": values}, np.ones(30), DisclosureSettings()
    )

    assert found.tolist() == [reason]


def test_two_people_who_carry_the_weight_are_found():
    weight = np.r_[1000.0, 1000.0, np.ones(28)]
    inside = np.r_[np.ones(12), np.zeros(18)]
    values = {"y": np.tile([0.0, 1.0], 15)}

    found = find_faults(members(inside), np.array([50.0]), values, weight, DisclosureSettings())

    assert found.tolist() == ["dominance"]


def test_a_minimum_below_five_is_no_setting():
    with pytest.raises(ValueError, match="greater than or equal to 5"):
        DisclosureSettings(minimum=4)


def test_groups_that_pass_are_shown_with_everyone(rng):
    team = np.repeat([0, 1, 2], [40, 30, 8])
    groups = csr_array(np.vstack([np.ones(78), *(team == i for i in range(3))]).astype(np.int8))
    values = {"y": (rng.random(78) < 0.3).astype(float)}

    choice = choose_groups(
        Candidates(groups, np.full(4, np.nan), none(78), np.ones(78)), values, DisclosureSettings()
    )

    assert choice.shown.tolist() == [True, True, False, False]
    assert choice.reasons.tolist() == ["", "", "derivable", "respondents"]


def test_a_priority_that_no_group_can_have_is_refused():
    codebook = load_codebook("werkonderzoek-2019")

    refuse_unknown_priority(["sector", "opleiding"], codebook)
    with pytest.raises(SettingsError, match="1 names are no unit level.*: organistatie. Use: sec"):
        refuse_unknown_priority(["sector", "organistatie"], codebook)


def test_what_has_priority_is_kept_although_fewer_people_are_in_it():
    place = np.arange(100)
    ids = ["all", "team=a", "all&sex=m"]
    # Five people are in one of the two and not in the other, so only one of them can be shown.
    groups = members(place >= 0, place < 50, place < 45)

    def kept(*priority):
        rank = rank_groups(ids, priority)
        offered = Candidates(groups, np.full(3, np.nan), none(100), np.ones(100), rank)
        shown = choose_groups(offered, {}, DisclosureSettings()).shown
        return [name for name, is_shown in zip(ids, shown, strict=True) if is_shown]

    assert kept() == kept("team") == ["all", "team=a"]
    assert kept("sex") == kept("sex", "team") == ["all", "all&sex=m"]


def test_a_group_is_as_important_as_the_less_important_of_what_it_is_of():
    ids = ["all", "sector=a/team=b", "sector=a/team=b&sex=m", "sector=a", "all&age=1"]

    assert rank_groups(ids, ("sex", "team")).tolist() == [-1, 1, 1, 2, 2]
    assert rank_groups(ids, ("age", "sector")).tolist() == [-1, 2, 2, 1, 0]


def test_a_band_is_no_date():
    assert band_text(12) == "10–14"
    assert "-" not in band_text(12)


def test_a_row_of_few_people_stops_at_the_gate():
    table = pd.DataFrame({"n": [9], "rate": [0.5]})

    with pytest.raises(DisclosureError, match="1 rows stand for fewer than 10"):
        clear(table, {"n": "count", "rate": "share"}, K, counted_by="n")


def test_a_column_of_unknown_kind_stops_at_the_gate():
    with pytest.raises(DisclosureError, match="kind is not said: secret"):
        clear(pd.DataFrame({"secret": [1.0]}), {}, K)


def test_what_did_not_pass_the_gate_cannot_be_written():
    from blijfwijzer.disclosure.release import Cleared

    with pytest.raises(DisclosureError, match="not cleared"):
        require_cleared(pd.DataFrame({"n": [100]}))
    with pytest.raises(DisclosureError, match="not cleared"):
        Cleared(pd.DataFrame({"n": [100]}))


def test_the_gate_coarsens_each_kind():
    table = pd.DataFrame({"n": [43], "rate": [0.2149], "gap": [0.0123], "score": [3.456]})
    kinds = {"n": "count", "rate": "share", "gap": "points", "score": "mean"}

    shown = clear(table, kinds, K, counted_by="n").frame

    assert shown.loc[0].to_dict() == {
        "n": 40.0,
        "n_band": "40–44",
        "rate": 21.0,
        "gap": 1.2,
        "score": 3.5,
    }


# Everything that can put bytes outside the process, and the modules that do. Tables of people pass
# `release.clear` on their way to each of them; the rest writes surveys that are made, models behind
# their linter, which of them are used, the ledger, what a served model remembers, and pages of
# units, which pick rows of what was released.
RITE = {"release/publication.py"}
REHEARSAL = {"release/rehearsal.py"}
LEDGER = {"disclosure/ledger.py", "disclosure/chain.py"}
CHAMPIONS = {"records/champions.py"}
PAGES = {"runs/pages.py", "runs/govern_pack.py"}
# Model folders, as the ledger knows them, in one file; and a key.
PACKS = {"records/archive.py", "records/signing.py"}
REGISTRY = {"records/registry.py"}
# Files for people to finish: what a column is, and what is settled; no answer is in either.
DRAFTS = {"runs/draft.py", "runs/govern.py"}
# What an office leaves, masked, for nobody but who merges; and the key of its masks.
MASKED = {"records/agreement.py", "records/part_file.py"}
UNDOING = {"runs/withdraw.py", "runs/govern.py"}
WRITERS = {
    "Entry": RITE | REHEARSAL,
    "admit_figures": REHEARSAL,
    "admit_groups": REHEARSAL,
    # What is undone shows nothing, and enters a line that says so.
    # So does what is stopped; a log is a chain of the same kind, in which nothing is shown.
    "open_ledger": RITE | UNDOING | {"release/verify.py", "records/logbook.py"},
    "track_release": RITE,
    "track_training": RITE,
    "write_apart": {"runs/train.py"},
    # A log keeps the head of its newest segment apart.
    "write_beside": RITE
    | LEDGER
    | CHAMPIONS
    | PACKS
    | DRAFTS
    | MASKED
    | {"records/logbook.py", "synthetic/export.py"},
    # What was unpacked of a pack is read from a folder that is gone then.
    "write_files": RITE | PAGES | {"records/pack.py"},
    "write_folder_beside": RITE | PAGES,
    "create_model_version": REGISTRY,
    "create_registered_model": REGISTRY,
    "log_artifacts": {"records/tracking.py"},
    "log_batch": {"records/tracking.py"},
    "reopen": {"publish/files/release_files.py", "release/folder.py"},
    "save": {"publish/files/workbook.py"},
    "save_model": REGISTRY,
    "savefig": {"publish/pictures/canvas.py"},
    "to_csv": {
        *("publish/files/release_files.py", "synthetic/export.py"),
    },
    "to_excel": {"synthetic/export.py"},
    "to_parquet": {"publish/files/release_files.py", "synthetic/export.py"},
    "write": {"disclosure/ledger.py", "publish/files/workbook.py", "synthetic/export.py"},
    # What a served model was asked it remembers by keyed hashes.
    "write_bytes": RITE | LEDGER | CHAMPIONS | PACKS | MASKED | {"files.py", "release/answered.py"},
    "write_sav": {"synthetic/export.py"},
    "write_text": {"disclosure/chain.py", "records/logbook.py"} | DRAFTS,
    "writestr": {"records/archive.py"},
}
NEVER = (
    "dump copyfile copytree copy2 move writelines to_pickle to_html to_feather to_sql to_string "
    "to_markdown to_latex to_stata to_hdf tofile savetxt savez write_table write_image log_artifact "
    "log_table log_figure log_dict log_text log_image log_input log_model autolog"
).split()
SOURCE = Path(__file__).parents[2] / "src" / "blijfwijzer"
# Of answers that were read, for the process that reads them; of an invented survey, to its file.
TABLES = {"survey/files.py", "survey/spss.py", "synthetic/export.py"}
WORDS = "publish/language/texts.py"
"""Its `write` gives a text, and writes no file."""


def called():
    """Give all names that are called, with the modules that call them; a file that is opened to be
    written counts as `write`, and our own function that puts a message into words does not."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        name, tree = path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text("utf-8"))
        sources = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        words = name == WORDS or WORDS.removesuffix(".py").replace("/", ".") in {
            (source or "").removeprefix("blijfwijzer.") for source in sources
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            if words and isinstance(node.func, ast.Name) and node.func.id == "write":
                continue
            function = node.func
            is_method = isinstance(function, ast.Attribute)
            verb = function.attr if is_method else getattr(function, "id", "")
            texts = [a.value for a in ast.walk(node) if isinstance(a, ast.Constant)]
            if verb == "open" and any(t in ("w", "wb", "a", "ab", "x", "xb", "r+b") for t in texts):
                verb = "write"
            found.setdefault(verb, set()).add(name)
    return found


def test_nobody_writes_past_the_gate():
    by_name = called()

    assert {name: by_name.get(name, set()) for name in WRITERS} == WRITERS
    assert not set(NEVER) & set(by_name) - {"write_table"}
    assert by_name.get("write_table", set()) <= TABLES


def test_no_story_clears_by_itself():
    clearing = {
        name: called().get(name, set()) for name in ("clear", "clear_whole", "reopen", "Cleared")
    }

    assert all(clearing.values())
    assert not {name for names in clearing.values() for name in names if name.startswith("runs/")}


def test_a_report_of_tables_that_were_not_cleared_cannot_be_made():
    from reports import make_report

    report = make_report()

    with pytest.raises(DisclosureError, match="not cleared"):
        replace(report, tables={**report.tables, "groups": report.rows("groups")})


def test_the_tables_of_a_release_are_written_from_cleared_ones_only():
    from blijfwijzer.publish.files.release_files import csv_file, parquet_file

    for write in (csv_file, parquet_file):
        with pytest.raises(DisclosureError, match="not cleared"):
            write(pd.DataFrame({"n": [100]}))
