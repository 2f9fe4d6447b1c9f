"""What the gate costs: CPU-seconds and peak memory, each case in a process of its own.

`python -m studies.gate_bench CASE` measures one and prints it as JSON.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.choice import Candidates, Hidden, choose_groups, choose_shown
from blijfwijzer.disclosure.earlier import read_earlier
from blijfwijzer.disclosure.entry import Entry
from blijfwijzer.disclosure.fingerprint import add_up, to_text
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.parts import Outsider
from blijfwijzer.disclosure.present import Present
from blijfwijzer.disclosure.proof import Told, prove
from blijfwijzer.disclosure.sealing import seal
from blijfwijzer.files import to_lines
from blijfwijzer.progress import Tell
from blijfwijzer.release.identity import key_columns
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey
from studies.organisations import SHAPES, K

_LONGEST = 900
"""Seconds on the clock after which a case is stopped, and told as not ended."""
_LEVELS = ("sector", "organisatie", "afdeling", "team")
_QUESTION = "opleiding"
_CROSSED, _DENSE, _MIXED = [list(SHAPES)[place] for place in (1, 2, 5)]
_RELEASES = 10


@dataclass(frozen=True)
class Cost:
    """What a case took."""

    seconds: float
    """CPU, without making the people."""
    groups: int
    shown: int
    note: str = ""


@dataclass(frozen=True)
class Offered:
    """Groups of ten or more."""

    definitions: list[dict[str, str]]
    members: csr_array


def _draw(rng: np.random.Generator, shapes: Sequence[str], most: int) -> csr_array:
    """Give groups of ten or more of 300 people, of some shapes at once."""
    rows = np.unique(np.vstack([SHAPES[shape](rng, 300) for shape in shapes]), axis=0)
    n = rows.sum(axis=1)
    passed = rows[(n >= K) & (n <= 300 - K)]
    return csr_array(rng.permutation(passed)[:most].astype(np.int8))


def choose(
    members: csr_array, rounds: int, values: list[NDArray[np.float64]], protection: int = 3
) -> NDArray[np.bool_]:
    """Say which groups the gate shows, with the counts of some outcomes or sizes only.

    Parameters
    ----------
    protection : values that the count of a withheld group must be able to have
    """
    people = members.shape[1]
    everyone = csr_array(np.ones((1, people), dtype=np.int8))
    nobody = csr_array((0, people), dtype=np.int8)
    settings = DisclosureSettings(minimum=K, rounds=rounds)
    hidden = Hidden(nobody, values, protection) if values else None
    return choose_shown(members, Outsider(everyone, nobody), settings, hidden).shown


def _small(shapes: Sequence[str], most: int, rounds: int) -> Cost:
    """Mean of five."""
    seconds, offered, shown = [], 0, 0
    for seed in range(5):
        members = _draw(np.random.default_rng(seed), shapes, most)
        start = time.process_time()
        chosen = choose(members, rounds, [])
        seconds.append(time.process_time() - start)
        offered, shown = offered + members.shape[0], shown + int(chosen.sum())
    note = f"slowest of five {max(seconds):.1f} s"
    return Cost(float(np.mean(seconds)), offered // 5, shown // 5, note)


def people_of(copies: int) -> pd.DataFrame:
    """Give the built-in survey, so many times beside itself with answers dealt anew."""
    rng = np.random.default_rng(4)
    own = make_survey().responses[[*_LEVELS, _QUESTION, "vertrek"]].astype("str")
    if copies == 1:
        return own.astype("category")
    parts = []
    for copy in range(copies):
        answers = {name: rng.permutation(own[name].to_numpy()) for name in (_QUESTION, "vertrek")}
        units = {name: f"{copy}/" + own[name] for name in _LEVELS}
        parts.append(own.assign(**units, **answers).astype("category"))
    return pd.DataFrame(
        {name: union_categoricals([part[name] for part in parts]) for name in own.columns}
    )


def groups_of(people: pd.DataFrame, levels: tuple[str, ...]) -> Offered:
    """Give groups of ten or more: units of each level, and each by the question."""
    definitions: list[dict[str, str]] = []
    rows: list[csr_array] = []
    paths = [list(levels[:depth]) for depth in range(1, len(levels) + 1)]
    for keys in [*paths, *([*path, _QUESTION] for path in paths), [_QUESTION]]:
        grouped = people.groupby(keys, sort=True, observed=True)
        code = grouped.ngroup().to_numpy()
        sizes = np.bincount(code)
        kept = np.flatnonzero(sizes >= K)
        ones = np.ones(len(code), dtype=np.int8)
        matrix = csr_array((ones, (code, np.arange(len(code)))), shape=(len(sizes), len(code)))
        rows.append(csr_array(matrix[kept]))
        first = pd.Series(code).drop_duplicates()
        labels = people.iloc[first.index][keys].to_numpy()[np.argsort(first.to_numpy())]
        definitions += [dict(zip(keys, label, strict=True)) for label in labels[kept].tolist()]
    return Offered(definitions, csr_array(vstack(rows, format="csr")))


def _large(copies: int, rounds: int, *, is_told: bool = False) -> Cost:
    people = people_of(copies)
    groups = groups_of(people, _LEVELS)
    values = (people["vertrek"].astype(float) >= 4).to_numpy().astype(float)
    start = time.process_time()
    shown = choose(groups.members, rounds, [values] if is_told else [])
    return Cost(time.process_time() - start, len(shown), int(shown.sum()))


def _certified(copies: int) -> Cost:
    people = people_of(copies)
    groups = groups_of(people, _LEVELS)
    start = time.process_time()
    shown = choose(groups.members, 0, [])
    chosen = time.process_time() - start
    sizes = [len(people), *np.asarray(groups.members.sum(axis=1)).ravel()[shown].tolist()]
    kept = [{}, *(groups.definitions[place] for place in np.flatnonzero(shown))]
    told = Told({str(place): own for place, own in enumerate(kept)}, sizes)
    start = time.process_time()
    proof = prove(told, _LEVELS, minimum=K, wave="2022")
    seconds = time.process_time() - start
    if proof.reason:
        return Cost(chosen, len(shown), int(shown.sum()), f"no certificate: {proof.reason}")
    unserved = len(json.loads(proof.content)["unserved"])
    return Cost(
        chosen + seconds,
        len(shown),
        int(shown.sum()),
        f"certificate {seconds:.1f} s, {unserved} cells without a population",
    )


def _many_releases() -> Cost:
    """Release ten times, after one in a hundred left each time."""
    rng = np.random.default_rng(6)
    people = make_survey().responses.reset_index(drop=True)
    ledger, seconds, shown, size = Ledger(Path(), "owner", bytes(32)), [], 0, 0.0
    for number in range(_RELEASES):
        stays = rng.random(len(people)) >= (0.01 if number else 0)
        people = people[stays].reset_index(drop=True)
        start = time.process_time()
        entry = _release(ledger, people, str(number))
        seconds.append(time.process_time() - start)
        shown = len(entry["groups"])
        size = len(to_lines(seal(entry, bytes(32)))) / max(1, shown) if not number else size
    return Cost(
        seconds[-1],
        0,
        shown,
        f"the first took {seconds[0]:.1f} s, so {seconds[-1] / seconds[0]:.1f} times as long; the "
        f"slowest {max(seconds):.1f} s; {size / 1000:.1f} KB of ledger per group",
    )


def _release(ledger: Ledger, people: pd.DataFrame, request: str) -> dict[str, Any]:
    views = key_columns(load_codebook(CODEBOOK), people)
    own = people[list(_LEVELS[:3]) + [_QUESTION]].astype("str")
    groups = groups_of(own, _LEVELS[:3])
    everyone = csr_array(np.ones((1, len(people)), dtype=np.int8))
    members = csr_array(vstack([everyone, groups.members], format="csr"))
    names = ["all", *(json.dumps(definition) for definition in groups.definitions)]
    row_of = {name: place for place, name in enumerate(names)}

    def members_of(definition: dict[str, str]) -> NDArray[np.bool_] | None:
        place = row_of.get(json.dumps(definition) if definition else "all")
        if place is None:
            return None
        inside = np.zeros(len(people), dtype=bool)
        inside[members.indices[members.indptr[place] : members.indptr[place + 1]]] = True
        return inside

    present = Present(people, members, members_of)
    earlier = read_earlier(ledger, present, "survey", "2022", K, request)
    count = len(people)
    candidates = Candidates(
        members, np.full(len(names), np.nan), csr_array((0, count), dtype=np.int8), np.ones(count)
    )
    choice = choose_groups(candidates, {}, DisclosureSettings(minimum=K, rounds=0), earlier)
    told = choice.shown & (choice.tells_everyone | (np.arange(len(names)) > 0))
    prints = add_up(present.see(views, ledger.secret).marks, members)
    shown = {
        names[place]: {
            "definition": {} if not place else groups.definitions[place - 1],
            "fingerprint": to_text(prints[place]),
        }
        for place in np.flatnonzero(told)
    }
    content = Entry(
        "survey", "2022", request, "score", request, shown, {}, columns=views, minimum=K
    ).content
    ledger.releases.append(Release(content, len(ledger.releases) + 1, request))
    return content


@dataclass(frozen=True)
class _Case:
    title: str
    goal: str
    run: Callable[[], Cost]


CASES: dict[str, _Case] = {
    "hierarchy": _Case(
        "units by an answer, of 300 people: best", "2 s", lambda: _small((_CROSSED,), 60, 40)
    ),
    "dense60": _Case(
        "five answers and pairs of them, of 300 people: proven",
        "4 s",
        lambda: _small((_DENSE,), 60, 0),
    ),
    "dense150": _Case(
        "the same with units by three other answers: proven",
        "20 s",
        lambda: _small((_DENSE, _MIXED), 150, 0),
    ),
    "certified": _Case(
        "40,000 respondents, four levels by education: proven, with certificate",
        "10 s",
        lambda: _certified(1),
    ),
    "best": _Case("the same: best", "60 s", lambda: _large(1, 40)),
    "told": _Case(
        "the same: proven, with an outcome", "60 s more", lambda: _large(1, 0, is_told=True)
    ),
    "million": _Case(
        "1,000,000 respondents, the same: proven", "30 s, 1 GB", lambda: _large(25, 0)
    ),
    "million_certified": _Case(
        "the same: with certificate", "90 s more, 1 GB", lambda: _certified(25)
    ),
    "releases": _Case(
        "40,000 respondents, three levels by education, 1 % leave each time: tenth release",
        "2 times the first, 1.5 KB of ledger per group",
        _many_releases,
    ),
}


def bench_gate(tell: Tell) -> str:
    """Measure all cases, and write them as a section."""
    lines = []
    for name, case in CASES.items():
        tell(f"gate: {case.title}")
        found = _measure(name)
        lines.append(f"| {case.title} | {case.goal} | {found} |\n")
    return (
        "## The gate\n\nCPU-seconds of one core and peak memory, each in a process of its own; the "
        "groups are given, so that neither reading nor writing is in it. Memory is of the whole "
        "process, with the people that are made for it.\n\n"
        "| case | goal | CPU | memory | groups | shown | |\n|---|---|---|---|---|---|---|\n"
        + "".join(lines)
    )


def _measure(name: str) -> str:
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "studies.gate_bench", name],
            check=True,
            capture_output=True,
            text=True,
            timeout=_LONGEST,
        )
    except subprocess.TimeoutExpired:
        return f"not ended in {_LONGEST} s | | | | "
    found = json.loads(ended.stdout)
    cost = Cost(**found["cost"])
    groups = f"{cost.groups:,}" if cost.groups else ""
    return (
        f"**{cost.seconds:.1f} s** | {found['gigabytes']:.2f} GB | {groups} | {cost.shown:,} | "
        f"{cost.note}"
    )


if __name__ == "__main__":
    made = CASES[sys.argv[1]].run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"cost": asdict(made), "gigabytes": peak}))
