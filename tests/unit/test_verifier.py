"""The verifier: an honest release passes, and each way to tamper with one is told."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from blijfwijzer.release import verifier
from command_line import call
from shared_proof import choose, draw_groups, prove_groups, sha256, verdict_of, write_release
from small_releases import make_release, write_secret

FILE = Path(verifier.__file__)


@pytest.fixture
def release(tmp_path):
    return write_release(tmp_path)


def worst(findings):
    return max(kind for kind, _ in findings)


def failing(findings):
    return "\n".join(text for kind, text in findings if kind == verifier.FAILS)


def lines_of(release):
    return (release.place / "ledger" / "releases.jsonl").read_text().splitlines(keepends=True)


def write_lines(release, lines):
    (release.place / "ledger" / "releases.jsonl").write_text("".join(lines))


def on_proof(change):
    """Tamper with the proof, and seal all again."""

    def tamper(release):
        change(release.proof)
        release.seal()

    return tamper


def add_one(proof):
    people = proof["worlds"][0]["people"]
    people[next(iter(people))] += 1


def go_below_none(proof):
    """Go on from one world through another until somebody is less than none: sizes stay."""
    first, second = proof["worlds"][:2]
    one, other = (
        {cell: n * beside["parts"] for cell, n in world["people"].items()}
        for world, beside in ((first, second), (second, first))
    )
    beyond = {cell: 50 * one.get(cell, 0) - 49 * other.get(cell, 0) for cell in {**one, **other}}
    assert min(beyond.values()) < 0
    proof["worlds"][0] = {"parts": first["parts"] * second["parts"], "people": beyond}


def drop_last_cell(proof):
    last = len(proof["cells"]) - 1
    proof["cells"].pop()
    for world in proof["worlds"]:
        world["people"].pop(str(last), None)
    proof["empty"] = [cell for cell in proof["empty"] if cell != last]


def shift_a_size(by):
    def change(proof):
        name = list(proof["groups"])[3]
        proof["groups"][name]["n"] += by

    return change


def size_inside_its_band(proof):
    name, group = next((name, g) for name, g in proof["groups"].items() if g["n"] % 5 == 1)
    assert name != "all"
    group["n"] += 1


def lower_everywhere_but_in_the_ledger(release):
    release.proof["minimum"] = release.run["settings"]["disclosure"]["minimum"] = 9
    release.seal()


def change_multipliers(proof):
    group = next(iter(proof["multipliers"]))
    proof["multipliers"][group] *= -3


def empty_what_is_not(proof):
    served = next(int(c) for c, n in proof["worlds"][0]["people"].items() if n >= 10)
    proof["empty"].append(served)


def prove_fewer(release):
    groups = choose(draw_groups(np.random.default_rng(4), 260))
    answered = release.proof["answered"]["leaving"][:-1]
    release.proof = prove_groups(dict(list(groups.items())[:-1]), {"leaving": answered})
    release.seal()


def prove_more(release):
    groups = draw_groups(np.random.default_rng(4), 260)
    shown = choose(groups)
    parts = ((f"sector=1/unit={u}", f"level={c}") for u in range(3) for c in range(3))
    crossed = {f"{u}&{c}": groups[u] & groups[f"all&{c}"] for u, c in parts if u in groups}
    extra = next(name for name, own in crossed.items() if own.sum() >= 10)
    release.proof = prove_groups({**shown, extra: crossed[extra]})
    release.seal()


def point_elsewhere(release):
    release.run["proofs"][0]["sha256"] = "1" * 64
    release.write_run()


def flip_a_byte(release):
    path = release.folder / "report.html"
    path.write_bytes(b"P" + path.read_bytes()[1:])


def hash_what_was_altered(release):
    flip_a_byte(release)
    release.run["files"]["report.html"] = sha256((release.folder / "report.html").read_bytes())
    release.write_run()


def alter_a_line(release):
    lines = lines_of(release)
    write_lines(release, [lines[0].replace('"other"', '"d"'), *lines[1:]])


def forge_a_line(release):
    """Alter a line and its own hash: the next one still tells of the old."""
    first = json.loads(lines_of(release)[0])
    del first["hash"]
    first["content"]["dataset"] = "d"
    made = json.dumps(first, sort_keys=True, separators=(",", ":")).encode()
    write_lines(
        release, [json.dumps({**first, "hash": sha256(made)}) + "\n", *lines_of(release)[1:]]
    )


def alter_the_record(release):
    release.run["unknown_models"] = ["other"]
    release.write_run()


def on_head(name, value):
    def tamper(release):
        path = release.place / "ledger" / "head.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))

    return tamper


def cut_the_last(release):
    write_lines(release, lines_of(release)[:-1])


def lose_the_release(release):
    """Cut the ledger off before the release, with a head that agrees."""
    release.run["ledger"]["hash"] = "2" * 64
    release.write_run()


def take_back(release):
    release.contents.append({"kind": "withdraw", "note": {"lines": [2]}})
    release.seal()


def enter_other_groups(release):
    groups = release.contents[1]["groups"]
    groups[list(groups)[2]] = {"definition": {"sector": "somewhere"}}
    release.seal()


def change_a_definition(proof):
    group = list(proof["groups"].values())[2]
    group["definition"] = {"sector": "somewhere"}


def on_csv(before, after):
    def tamper(release):
        path = release.folder / "groups.csv"
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        lines[-1] = ";".join(
            after if place == before else cell for place, cell in enumerate(lines[-1].split(";"))
        )
        path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig")
        release.seal()

    return tamper


def tell_another_row(release):
    """Put a row of the last group before its own: that of nine people."""
    path = release.folder / "groups.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    cells = lines[-1].split(";")
    cells[1:3] = "9", '"1\u20139"'
    lines.insert(-1, ";".join(cells))
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig")
    release.seal()


def add_a_file(release):
    (release.folder / "proof.json").write_text(json.dumps(release.proof))


def say_a_size_twice(release):
    """A reader that takes the last of two and one that takes the first see two proofs."""
    text = json.dumps(release.proof).replace('"minimum": 10', '"minimum": 10, "minimum": 10')
    release.seal()
    release.proof_file.write_text(text)
    release.run["proofs"][0]["sha256"] = sha256(text.encode())
    release.write_run()


TAMPERS = {
    "a world is off by one": (on_proof(add_one), "world 1 gives every size: "),
    "a cell is less than none": (on_proof(go_below_none), "are negative"),
    "a world is in half people": (
        on_proof(lambda proof: proof["worlds"][0]["people"].update({"0": 2.5})),
        "no whole number",
    ),
    "a world is divided by nothing": (
        on_proof(lambda proof: proof["worlds"][0].update(parts=0)),
        "no whole number",
    ),
    "a world is dropped": (
        on_proof(lambda proof: proof["worlds"].pop()),
        "or else is named: those in",
    ),
    "a cell is dropped": (on_proof(drop_last_cell), "1 are left out, 0 cannot be"),
    "a cell is added": (
        on_proof(lambda proof: proof["cells"].append([0, 1, 2, 3, 4, 5])),
        "0 are left out, 1 cannot be",
    ),
    "a cell stands twice": (
        on_proof(lambda proof: proof["cells"].append(proof["cells"][0])),
        "those of the proof: twice",
    ),
    "a group is missing in the proof": (prove_fewer, "is not in the proof"),
    "a group is in the proof only": (prove_more, "is not shown"),
    "a cell is called left that is served": (
        on_proof(lambda proof: proof.update(unserved=[0])),
        "or else is named: those in",
    ),
    "n is off, out of its band": (on_proof(shift_a_size(40)), "every size in its band: "),
    "n is off, within its band": (on_proof(size_inside_its_band), "world 1 gives every size: "),
    "the proof is of fewer people": (
        on_proof(lambda proof: proof.update(minimum=9)),
        "run.json promises 10",
    ),
    "proof and record are of fewer people": (
        lower_everywhere_but_in_the_ledger,
        "10 were promised",
    ),
    "multipliers are altered": (on_proof(change_multipliers), "cells are empty"),
    "a cell is called empty that is not": (on_proof(empty_what_is_not), "need not be"),
    "multipliers are gone": (on_proof(lambda proof: proof.update(multipliers={})), "need not be"),
    "the proof is another one": (point_elsewhere, "no file has its hash"),
    "a name stands twice": (say_a_size_twice, "a name stands twice"),
    "a byte is flipped": (flip_a_byte, "report.html is altered"),
    "a byte is flipped and its hash too": (hash_what_was_altered, "other files were entered"),
    "what the record tells is altered": (alter_the_record, "or another run.json"),
    "the ledger is of an earlier form": (on_head("form", 2), "or in form or key"),
    "the key took the place of another": (on_head("key", "l"), "or in form or key"),
    "a file is lost": (
        lambda release: (release.folder / "report.html").unlink(),
        "report.html is missing",
    ),
    "the proof is among what is shown": (add_a_file, "proof.json is no part of it"),
    "a line of the ledger is altered": (alter_a_line, "line 1 is altered"),
    "a line of the ledger is forged": (forge_a_line, "line 2 does not follow the one before"),
    "the end of the ledger is cut off": (cut_the_last, "does not end as head.json tells"),
    "the release is in no line": (lose_the_release, "is not there, or was taken back"),
    "the release was taken back": (take_back, "is not there, or was taken back"),
    "other groups were entered": (enter_other_groups, "is not in the proof as entered"),
    "a definition is altered": (on_proof(change_a_definition), "as their names say: "),
    "a share is altered": (on_csv(3, "101"), "is 101 %"),
    "a share is told that must not be": (
        on_proof(lambda proof: proof["answered"]["leaving"].__setitem__(-1, None)),
        "no count of 0 is",
    ),
    "a share is none of any count": (on_csv(3, "1"), "is 1 %"),
    "a band is altered": (on_csv(2, '"500\u2013599"'), "every size in its band: "),
    "the lowest of a band is altered": (on_csv(1, "12"), "every size in its band: "),
    "a group has two rows": (tell_another_row, "groups or columns are there twice"),
    "a number is written otherwise": (on_csv(1, "1_2"), "every size in its band: "),
    "a share is no number": (on_csv(3, ""), "JSONDecodeError"),
    "a label is altered": (on_csv(0, '"sector=7"'), "sector=7 is not in the proof"),
}


def test_an_honest_release_passes(release):
    found = release.verify()

    assert {kind for kind, _ in found} == {verifier.HOLDS}
    assert len(found) >= 15


def test_a_release_to_which_vouchers_were_added_passes_until_its_record_is_altered(tmp_path):
    folder, ledger = make_release(tmp_path), tmp_path / "ledger" / "small"
    call("vouchers", folder, "--ledger", ledger.parent, "--secret", write_secret(tmp_path))
    proofs, record = sorted((ledger / "proofs").iterdir()), folder / "run.json"
    run = json.loads(record.read_text())

    honest = verifier.verify(folder, proofs, ledger)
    record.write_text(json.dumps({**run, "vouchers": {**run["vouchers"], "reason": "none"}}))
    altered = verifier.verify(folder, proofs, ledger)

    assert run["vouchers"]["ledger"]["sequence"] == 3, "after the thresholds and the release"
    assert worst(honest) == verifier.HOLDS
    assert "or another run.json" in failing(altered)


@pytest.mark.parametrize("tamper", TAMPERS)
def test_what_is_tampered_with_is_told(release, tamper):
    change, word = TAMPERS[tamper]
    change(release)

    found = release.verify()

    assert worst(found) == verifier.FAILS
    assert word in failing(found)


def served_by(world):
    return {int(cell) for cell, n in world["people"].items() if n >= 10 * world["parts"]}


def test_cells_of_which_nothing_is_proven_are_named_and_do_not_pass(release):
    lost = served_by(release.proof["worlds"].pop())
    release.proof["unserved"] = sorted(
        lost.difference(*(served_by(world) for world in release.proof["worlds"]))
    )
    release.seal()

    found = release.verify()

    assert worst(found) == verifier.OPEN
    assert "not checked here): those in all" in str(found)


def test_without_proof_or_ledger_nothing_passes(release):
    assert worst(verifier.verify(release.folder, [], release.place / "ledger")) == verifier.OPEN
    assert worst(verifier.verify(release.folder, [release.proof_file], None)) == verifier.OPEN


def test_groups_shown_before_of_these_people_must_be_in_the_proof(release):
    release.contents[0]["dataset"] = "d"
    release.seal()

    found = release.verify()

    assert worst(found) == verifier.OPEN
    assert "are in the proof: sector=9" in str(found)


def test_fifty_four_less_fifty_three_never_passes():
    people = np.arange(120)
    groups = {"all": people >= 0, "sector=a": people < 54, "sector=a/unit=x": people < 53}

    proof = prove_groups(groups)

    assert proof["unserved"]
    assert worst(verdict_of(proof)) == verifier.OPEN
    assert worst(verdict_of({**proof, "unserved": []})) == verifier.FAILS
    hidden = {**proof, "unserved": [], "empty": proof["empty"] + proof["unserved"]}
    assert worst(verdict_of(hidden)) == verifier.FAILS


def test_who_knows_that_a_cell_is_empty_may_know_more():
    """What the verifier cannot see, since labels allow it; the audit with the survey does."""
    people = np.arange(60)
    groups = {"all": people >= 0, "sector=a": people < 20, "all&sex=1": people < 12}

    assert worst(verdict_of(prove_groups(groups))) == verifier.HOLDS
    assert "knows that nobody" in verifier.CANNOT


def test_a_unit_of_another_depth_is_no_label():
    labels = [verifier.read_label(name) for name in ("all", "sector=a", "unit=x")]

    with pytest.raises(ValueError, match="other levels"):
        verifier.derive_cells(labels)


def test_the_file_is_short_and_needs_python_alone():
    source = FILE.read_text(encoding="utf-8")
    imported = [node for node in ast.walk(ast.parse(source)) if "Import" in type(node).__name__]
    names = {a.name.split(".")[0] for n in imported if isinstance(n, ast.Import) for a in n.names}
    names |= {str(n.module).split(".")[0] for n in imported if isinstance(n, ast.ImportFrom)}

    assert len(source.splitlines()) <= 300
    assert names
    assert names <= set(sys.stdlib_module_names)
    assert not {n.level for n in imported if isinstance(n, ast.ImportFrom)} - {0}


@pytest.mark.parametrize("tamper", [None, flip_a_byte])
def test_a_copy_of_the_file_runs_by_itself(release, tmp_path, tamper):
    shutil.copy(FILE, tmp_path / "copy.py")
    if tamper is not None:
        tamper(release)
    call = [sys.executable, "-I", "-S", tmp_path / "copy.py", release.folder]
    call += ["--proof", release.proof_file, "--ledger", release.place / "ledger" / "releases.jsonl"]

    done = subprocess.run(call, capture_output=True, text=True, encoding="utf-8", check=False)

    assert done.returncode == (verifier.HOLDS if tamper is None else verifier.FAILS)
    assert "What this cannot check" in done.stdout
    assert done.stderr == ""
