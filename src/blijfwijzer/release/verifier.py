"""Check that nothing about few people follows from a release: for an expert who trusts nobody.

Copy this file, read it, and run it; it needs Python alone:

    python verifier.py RELEASE_FOLDER --proof PROOF.json --ledger releases.jsonl

A proof holds invented populations ("worlds") that give exactly the size of every group that is
shown. R are the groups in cells, n their sizes, k the fewest people of whom anything may follow. A
set x of people follows from what is shown if it is a combination of groups: x = R'l. If a world
d >= 0 with R d = n has k people or more in cell a, then a set that holds cell a has
x.w = l.Rw = l.n = l.Rd = x.d >= d_a >= k people, whoever the true people w are. So if every cell
that labels allow is large in one world, no set of 1 to k - 1 people follows. A cell in which nobody
can be needs no world: numbers m with R'm >= 0, above 0 in that cell, and m.n = 0 show it empty.

It ends with 0 if all was checked and holds, 1 if something stays open, 2 if something fails.
"""

import argparse
import csv
import io
import json
import math
import re
import sys
from collections.abc import Iterable
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote

HOLDS, OPEN, FAILS = 0, 1, 2
CANNOT = """What this cannot check, whatever it says above:
- that sizes and shares are those of the survey, and rates that are estimated or weighted;
- that labels are true (one unit of a level and one answer per person) and people distinct;
- what answers tell beside sizes: that all of a group said the same, or that shares pin a count;
- figures of parts that cut through groups, such as segments, and what pages say in words;
- what follows for who knows that nobody gave some answer, or a register (`disclosure audit`);
- releases that this ledger does not know, and what else an outsider knows from elsewhere."""
_MOST_CELLS = 5_000_000
_QUOTE = re.compile("'(?=[=+\\-@|'＝＋－＠])")  # A CSV has it before what would start a formula.
Json = dict[str, Any]
Parts = tuple[tuple[str, str], ...]


class Verified(list[tuple[int, str]]):
    """What was checked, each with whether it holds."""

    def add(self, what: str, faults: list[str], kind: int = FAILS) -> bool:
        """Tell that something holds, or what is at odds with it."""
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        told = f"{what}: {'; '.join(faults[:3])}{more}" if faults else what
        self.append((kind if faults else HOLDS, told))
        return not faults

    def __str__(self) -> str:
        """Say it, a line per check."""
        return "\n".join(f"{('holds', 'open ', 'FAILS')[kind]}  {what}" for kind, what in self)


class ReadProof:
    """A proof as it was read: groups and cells by their place, a cell as its groups."""

    def __init__(self, raw: Json, wave: str) -> None:
        """Read it; whatever is not as it must be is an error."""
        if (raw["form"], raw["wave"]) != (1, wave):
            raise ValueError(f"the proof is of another form than 1, or another wave than {wave}")
        self.minimum, self.groups = whole(raw["minimum"], 2), raw["groups"]
        self.names, self.labels = list(self.groups), [read_label(name) for name in self.groups]
        self.sizes = [whole(group["n"]) for group in self.groups.values()]
        self.earlier, self.answered = set(raw["earlier"]), raw["answered"]
        self.worlds, self.cells = raw["worlds"], [tuple(cell) for cell in raw["cells"]]
        self.empty, self.unserved = set(raw["empty"]), set(raw["unserved"])
        self.multipliers = {int(g): whole(m, -math.inf) for g, m in raw["multipliers"].items()}

    def who(self, cells: Iterable[int]) -> list[str]:
        """Say who are in cells."""
        return ["those in " + " and ".join(self.names[g] for g in self.cells[c]) for c in cells]


def verify(release: Path, proofs: list[Path], ledger: Path | None) -> Verified:
    """Check a release, its proofs (one per wave), and the ledger that it stands in."""
    findings = Verified()
    try:
        run = parse((release / "run.json").read_text("utf-8"))
        hold_files(findings, release, run)
        lines = [] if ledger is None else hold_ledger(findings, ledger, run)
        findings.add("a ledger is given", ["none"] if ledger is None else [], OPEN)
        given = {sha256(path.read_bytes()).hexdigest(): path for path in proofs}
        for told in run["proofs"]:
            wave, sha = told["wave"], told.get("sha256", "")
            kind = FAILS if given and sha else OPEN
            why = [told.get("left_out", "no file has its hash")] * (sha not in given)
            if not findings.add(f"the proof of wave {wave} is given", why, kind):
                continue
            proof = ReadProof(parse(given[sha].read_text("utf-8")), wave)
            hold_proof(findings, proof, run["settings"]["disclosure"]["minimum"])
            if wave == run["wave"] and (release / "groups.csv").is_file():
                hold_groups(findings, proof, (release / "groups.csv").read_text("utf-8-sig"))
            if ledger is not None:
                hold_entry(findings, proof, sha, lines)
        findings.add("there is a proof", [] if run["proofs"] else ["none was made"], OPEN)
    except Exception as error:  # What cannot be read as what it must be proves nothing.
        findings.add("all can be read", [f"{type(error).__name__}: {error}"])
    return findings


def hold_proof(findings: Verified, proof: ReadProof, promised: int) -> None:
    """Check a proof by itself: its cells by their labels, its worlds, and that they serve all."""
    k, sized = proof.minimum, list(zip(proof.names, proof.sizes, strict=True))
    faults = [f"{name} has {n}" for name, n in sized if n < k]
    faults += [f"run.json promises {promised}"] * (promised != k)
    findings.add(f"{len(sized)} groups have {k} people or more, as promised", faults)
    faults = [n for n, g in proof.groups.items() if g["definition"] != dict(sum(read_label(n), ()))]
    findings.add("groups are defined as their names say", faults)
    allowed, given = derive_cells(proof.labels), set(proof.cells)
    odd = f"{len(allowed - given)} are left out, {len(given - allowed)} cannot be"
    faults = [odd] if allowed != given else ["twice"] * (len(given) < len(proof.cells))
    findings.add(f"the {len(allowed)} cells that labels allow are those of the proof", faults)
    left = set(range(len(proof.cells))) - hold_empty(findings, proof)
    for number, world in enumerate(proof.worlds, start=1):
        parts, totals = whole(world["parts"], 1), [0] * len(sized)
        people = {int(cell): whole(n, -math.inf) for cell, n in world["people"].items()}
        for cell, count in people.items():
            for group in proof.cells[cell]:
                totals[group] += count
        faults = [f"{who} are negative" for who in proof.who(c for c in people if people[c] < 0)]
        both = zip(sized, totals, strict=True)
        faults += [f"{who} has {t}/{parts}, not {n}" for (who, n), t in both if t != n * parts]
        if findings.add(f"world {number} gives every size", faults):
            left -= {cell for cell, count in people.items() if count >= k * parts}
    lost = proof.who(sorted(left ^ proof.unserved))
    findings.add(f"every cell has {k} people in a world, or is empty, or else is named", lost)
    named = proof.who(sorted(left & proof.unserved))
    findings.add("no cell is left of which nothing is proven (not checked here)", named, OPEN)


def derive_cells(labels: list[tuple[Parts, Parts]]) -> set[tuple[int, ...]]:
    """Give all cells that labels allow, each as the places of the groups that its people are in.

    Whoever works in a unit works in one of its parts that is named or in the rest of it, and gave
    one of the answers that are named or another one. Who is in no group is in no set that follows.
    """
    groups_at: dict[Parts, list[tuple[int, Parts]]] = {}
    answers: dict[str, set[str | None]] = {}
    for place, (units, crossed) in enumerate(labels):
        groups_at.setdefault(units, []).append((place, crossed))
        for question, answer in crossed:
            answers.setdefault(question, {None}).add(answer)
    ways = {units[:depth] for units, _ in labels for depth in range(len(units) + 1)}
    levels = {(depth, level) for way in ways for depth, (level, _) in enumerate(way)}
    if {level for _, level in levels} & {*answers} or len(levels) > max(map(len, ways), default=0):
        raise ValueError("names of groups have units of other levels, or ask a level")
    if len(ways) * math.prod(map(len, answers.values())) > _MOST_CELLS:
        raise ValueError(f"labels allow more than {_MOST_CELLS} cells")
    given = [dict(zip(answers, said, strict=True)) for said in product(*answers.values())]
    cells = set()
    for way in ways:
        near = [own for depth in range(len(way) + 1) for own in groups_at.get(way[:depth], [])]
        for said in given:
            cells.add(tuple(sorted(g for g, own in near if all(said[q] == a for q, a in own))))
    return cells - {()}


def hold_empty(findings: Verified, proof: ReadProof) -> set[int]:
    """Check that multiples of sizes show cells empty; give those that are."""
    factors = [proof.multipliers.get(group, 0) for group in range(len(proof.sizes))]
    over = [sum(factors[group] for group in cell) for cell in proof.cells]
    total = sum(m * n for m, n in zip(factors, proof.sizes, strict=True))
    faults = [f"{w} count below 0" for w in proof.who(c for c, x in enumerate(over) if x < 0)]
    faults += [f"{w} need not be" for w in proof.who(c for c in proof.empty if over[c] <= 0)]
    faults += [f"multiples add up to {total}, not 0"] * bool(total)
    holds = findings.add(f"{len(proof.empty)} cells are empty, by multiples of sizes", faults)
    return proof.empty if holds else set()


def hold_groups(findings: Verified, proof: ReadProof, text: str) -> None:
    """Check that groups.csv has the groups of a proof, sizes in their bands and shares that fit."""
    head, *told = csv.reader(io.StringIO(text), delimiter=";")
    rows = {_QUOTE.sub("", r["group"]): r for r in (dict(zip(head, x, strict=True)) for x in told)}
    places = {_QUOTE.sub("", name): place for place, name in enumerate(proof.names)}
    beside = {_QUOTE.sub("", name) for name in proof.earlier} | {"all"}  # There if withheld too.
    faults = [f"{name} is not in the proof" for name in sorted(set(rows) - set(places) - {"all"})]
    faults += [f"{name} is not shown" for name in sorted(set(places) - set(rows) - beside)]
    twice = len(told) + len(head) - len(rows) - len({*head})
    faults += ["groups or columns are there twice"] * bool(twice)
    findings.add("groups.csv has the groups of the proof", faults)
    shown = [(rows[name], proof.sizes[at], at) for name, at in places.items() if name in rows]
    bands = [(r, n, [whole(json.loads(e)) for e in r["n_band"].split("–")]) for r, n, _ in shown]
    faults = [f"{r['group']}: {n}" for r, n, (a, z) in bands if r["n"] != f"{a}" or not a <= n <= z]
    findings.add("groups.csv has every size in its band", faults)
    for name, answered in proof.answered.items():
        faults = []
        for row, n, at in (x for x in shown if x[0][f"{name}_source"] == "direct"):
            p, k = whole(json.loads(row[f"{name}_rate"])), min(answered[at] or 0, n)
            if answered[at] is None or not 0 <= p <= 100 or 2 * min(p * k % 100, -p * k % 100) > k:
                faults.append(f"{row['group']}: no count of {k} is {p} %")
        findings.add(f"groups.csv has direct rates of {name} that some count has", faults)


def hold_files(findings: Verified, release: Path, run: Json) -> None:
    """Check the hash of every file, and that there are no others."""
    there = {str(p.relative_to(release)): p for p in release.rglob("*") if not p.is_dir()}
    files, strange = run["files"], set(there) - set(run["files"]) - {"run.json", "lottery.json"}
    faults = [f"{name} is missing" for name in sorted(set(files) - set(there))]
    faults += [f"{name} is no part of it" for name in sorted(strange)]
    hashes = {name: sha256(path.read_bytes()).hexdigest() for name, path in there.items()}
    faults += [f"{n} is altered" for n in sorted(files) if hashes.get(n, files[n]) != files[n]]
    findings.add(f"the {len(files)} files of the release are as run.json has them", faults)


def hold_ledger(findings: Verified, path: Path, run: Json) -> list[Json]:
    """Check that the chain is unbroken and has the release; give its lines that still stand."""
    path = path / "releases.jsonl" if path.is_dir() else path
    lines, ends, faults = list[Json](), [(0, "0" * 64)], list[str]()
    for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        lines.append(parse(text))
        told, line = lines[-1]["hash"], {n: x for n, x in lines[-1].items() if n != "hash"}
        made = json.dumps(line, sort_keys=True, separators=(",", ":"))
        faults += [f"line {number} is altered"] * (sha256(made.encode()).hexdigest() != told)
        is_next = (line["sequence"] - 1, line["previous"]) == ends[-1]
        faults += [f"line {number} does not follow the one before"] * (not is_next)
        ends.append((number, told))
    head = parse((path.parent / "head.json").read_text("utf-8"))
    # Who is interrupted between line and head leaves one line more than the head knows.
    is_cut = (head["sequence"], head["hash"]) not in ends[-2:]
    odd = {(3, x["owner"], x["key"]) for x in lines} - {(head["form"], head["owner"], head["key"])}
    faults += ["it does not end as head.json tells, or in form or key"] * (is_cut or bool(odd))
    findings.add(f"the ledger's {len(lines)} lines are an unbroken chain", faults)
    notes = [x["content"]["note"] for x in lines if x["content"]["kind"] == "withdraw"]
    lines = [x for x in lines if not any(x["sequence"] in note["lines"] for note in notes)]
    added = [name for name, told in run.items() if isinstance(told, dict) and "ledger" in told]
    heads = [run["ledger"], *(run[name]["ledger"] for name in added)]
    own = [x["content"] for head in heads for x in lines if x["hash"] == head["hash"]]
    faults = ["a line of it is not there, or was taken back"] * (len(own) < len(heads))
    if findings.add("the ledger has the release", faults):
        last, bare = own[-1], json.loads(json.dumps(run))
        del (bare[last["kind"]] if last["kind"] in added else bare)["ledger"]  # Its own place.
        made = sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()
        is_other = (last["outputs"], last["record"]) != (run["files"], made)
        faults = ["other files were entered, or another run.json"] * is_other
        findings.add("the ledger has its files and its record", faults)
    return lines


def hold_entry(findings: Verified, proof: ReadProof, sha: str, lines: list[Json]) -> None:
    """Check that a proof is of the groups that were entered, and of those entered before."""
    at = [number for number, x in enumerate(lines) if x["content"].get("proof") == sha]
    if not findings.add("the ledger has the proof", [] if at else ["no line has its hash"]):
        return
    own, before = lines[at[-1]]["content"], [x["content"] for x in lines[: at[-1]]]
    told = {name: group["definition"] for name, group in own["groups"].items()}
    kept = {name: group["definition"] for name, group in proof.groups.items()}
    faults = [f"{n} is not in the proof as entered" for n in sorted(told) if told[n] != kept.get(n)]
    faults += [f"{n} was not entered" for n in sorted({*kept} - {*told, *proof.earlier, "all"})]
    faults += [f"{own['minimum']} were promised"] * (own["minimum"] != proof.minimum)
    findings.add("the ledger has the groups of the proof", faults)
    lost = {n for x in before if x.get("dataset") == own["dataset"] for n in x["groups"]} - {*kept}
    findings.add("groups shown before of these people are in the proof", sorted(lost), OPEN)


def read_label(name: str) -> tuple[Parts, Parts]:
    """Read a name such as `sector=rijk/organisatie=O1&opleiding=1`: units, and answers."""
    unit, *crossed = name.split("&")
    pairs = [part.split("=", 1) for part in ([] if unit == "all" else unit.split("/")) + crossed]
    parts = tuple((column, unquote(code)) for column, code in pairs)
    return parts[: len(parts) - len(crossed)], parts[len(parts) - len(crossed) :]


def whole(number: Any, least: float = 0, most: float = math.inf) -> int:
    """Give a whole number within bounds, or an error."""
    if type(number) is not int or not least <= number <= most:
        raise ValueError(f"{number!r} is no whole number of {least} to {most}")
    return number


def parse(text: str) -> Any:
    """Read JSON in which no name stands twice."""

    def once(pairs: list[tuple[str, Any]]) -> Json:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name stands twice in one object")
        return dict(pairs)

    return json.loads(text, object_pairs_hook=once)


def main(arguments: list[str] | None = None) -> int:
    """Run as a program; give its exit code."""
    parser = argparse.ArgumentParser(description="Check that nothing about few follows.")
    parser.add_argument("release", type=Path, help="folder of the release")
    parser.add_argument("--proof", dest="proofs", type=Path, action="append", default=[])
    parser.add_argument("--ledger", type=Path, help="releases.jsonl, head.json beside it")
    findings = verify(**vars(parser.parse_args(arguments)))
    print(f"{findings}\n\n{CANNOT}")
    return max(kind for kind, _ in findings)


if __name__ == "__main__":
    sys.exit(main())
