"""A release with its proof and ledger, written by code that is not the product's, to tamper with."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.disclosure.choice import choose_shown
from blijfwijzer.disclosure.parts import Outsider
from blijfwijzer.disclosure.proof import Told, prove
from blijfwijzer.disclosure.rounding import band, percent_of
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.release import verifier
from blijfwijzer.settings import DisclosureSettings
from small_worlds import everyone, none

K = 10
LEVELS = ["sector", "unit"]
NEVER = "0" * 64
ABOUT = {"time": "2026-01-02T03:04:05+00:00", "owner": "o", "key": "k"}
"""What each line of a ledger tells beside what was shown."""


def draw_groups(rng, people):
    """Give who is in each group of two or three sectors, their units, and two questions."""
    sectors = int(rng.integers(2, 4))
    sector = rng.choice(sectors, people, p=rng.dirichlet(np.full(sectors, 3.0)))
    unit = rng.choice(3, people)
    answers = {"level": rng.choice(3, people, p=[0.2, 0.35, 0.45]), "sex": rng.choice(2, people)}
    groups = {"all": np.ones(people, dtype=bool)}
    for name, given in {"": None, **answers}.items():
        codes = [None] if given is None else range(int(given.max()) + 1)
        for code in codes:
            own = np.ones(people, dtype=bool) if code is None else given == code
            end = "" if code is None else f"&{name}={code}"
            groups["all" + end] = own
            for s in range(sectors):
                groups[f"sector={s}{end}"] = own & (sector == s)
                for u in range(3 if code is None else 0):
                    groups[f"sector={s}/unit={u}"] = own & (sector == s) & (unit == u)
    return {name: own for name, own in groups.items() if own.sum() >= K}


def choose(groups):
    """Give the groups that may be shown of those that are large enough, everyone first."""
    names = [name for name in groups if name != "all"]
    rows = csr_array(np.array([groups[name] for name in names], dtype=np.int8))
    people = len(groups["all"])
    choice = choose_shown(
        rows, Outsider(everyone(people), none(people)), DisclosureSettings(minimum=K)
    )
    kept = ["all", *(name for name, is_in in zip(names, choice.shown, strict=True) if is_in)]
    return {name: groups[name] for name in kept}


def tell(groups, answered=None):
    """Give groups as an outsider knows them."""
    definitions = {name: GroupPath.parse(name).definition for name in groups}
    return Told(definitions, [int(own.sum()) for own in groups.values()], (), answered or {})


def prove_groups(groups, answered=None):
    """Prove it as the product does; give the proof as plain values."""
    return json.loads(prove(tell(groups, answered), LEVELS, minimum=K, wave="1").content)


def verdict_of(proof):
    """Check a proof by itself; give what was found."""
    findings = verifier.Verified()
    verifier.hold_proof(findings, verifier.ReadProof(proof, "1"), K)
    return findings


@dataclass
class Written:
    """A release on disk; what is changed through this is sealed again, so that hashes agree."""

    place: Path
    proof: dict
    run: dict
    contents: list[dict]

    @property
    def folder(self):
        return self.place / "out"

    @property
    def proof_file(self):
        return self.place / "ledger" / "proofs" / "2.json"

    def seal(self):
        """Write all, with hashes that agree."""
        self.proof_file.parent.mkdir(parents=True, exist_ok=True)
        self.proof_file.write_text(json.dumps(self.proof))
        self.run["proofs"] = [{"wave": "1", "sha256": sha256(self.proof_file.read_bytes())}]
        self.run["files"] = {
            path.name: sha256(path.read_bytes())
            for path in sorted(self.folder.iterdir())
            if path.name != "run.json"
        }
        self.contents[1] |= {
            "outputs": self.run["files"],
            "proof": self.run["proofs"][0]["sha256"],
        }
        made = {name: told for name, told in self.run.items() if name != "ledger"}
        self.contents[1]["record"] = sha256(json.dumps(made, sort_keys=True).encode())
        lines, previous = [], NEVER
        for number, content in enumerate(self.contents, start=1):
            line = {"sequence": number, "content": content, "previous": previous, **ABOUT}
            previous = sha256(json.dumps(line, sort_keys=True, separators=(",", ":")).encode())
            lines.append({**line, "hash": previous})
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (self.place / "ledger" / "releases.jsonl").write_text(text)
        head = {"sequence": len(lines), "hash": previous, "form": 3, "owner": "o", "key": "k"}
        (self.place / "ledger" / "head.json").write_text(json.dumps(head))
        self.run["ledger"] = {"sequence": 2, "hash": lines[1]["hash"]}
        self.write_run()

    def write_run(self):
        (self.folder / "run.json").write_text(json.dumps(self.run))

    def verify(self):
        return verifier.verify(self.folder, [self.proof_file], self.place / "ledger")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def write_release(place, seed=4, people=260):
    """Write a release of a small organisation, its proof, and a ledger of three lines."""
    rng = np.random.default_rng(seed)
    shown = choose(draw_groups(rng, people))
    leaves = rng.random(people) < 0.3
    answered = {"leaving": [int(own.sum()) for own in shown.values()]}
    (place / "out").mkdir(parents=True)
    lines = ['"group";"n";"n_band";"leaving_rate";"leaving_source"']
    for name, own in shown.items():
        n = int(own.sum())
        low, high = band(n)
        share = percent_of(int((own & leaves).sum()), n)
        lines.append(f'"{name}";{low};"{low}\u2013{high}";{share};"direct"')
    (place / "out" / "groups.csv").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig")
    (place / "out" / "report.html").write_text("page")
    groups = {name: {"definition": GroupPath.parse(name).definition} for name in shown}
    line = {"kind": "score", "dataset": "d", "minimum": K}
    contents = [
        {**line, "dataset": "other", "groups": {"sector=9": {}}, "outputs": {}},
        {**line, "groups": groups, "outputs": {}},
        {**line, "dataset": "third", "groups": {}, "outputs": {}},
    ]
    run = {"wave": "1", "settings": {"disclosure": {"minimum": K}}}
    written = Written(place, prove_groups(shown, answered), run, contents)
    written.seal()
    return written
