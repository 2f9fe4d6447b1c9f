"""Whether a pack is what it says: whole, unaltered, and each figure as its evidence has it.

It reads files alone, and shares no code with what fills or writes a pack.
"""

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from blijfwijzer.errors import EvidenceError, GovernanceError
from blijfwijzer.governance.document import Governance, read_governance
from blijfwijzer.governance.pack_checks import CHECKS, DOCUMENTS, QUESTIONS, ReadPack, declared_in
from blijfwijzer.governance.rereading import EvidenceRun, open_run

RECORD = "pack.json"
ANSWERS = "answers.json"


def verify_pack(folder: Path, elsewhere: Mapping[str, Path] | None = None) -> list[str]:
    """Say all that is wrong with a pack; nothing where all is as it should be.

    Parameters
    ----------
    elsewhere : name of a run, or `governance`, to where it lies now, if not where it lay

    Raises
    ------
    EvidenceError
        It is no pack, or so damaged that nothing can be told of it.
    """
    record, answers = _read(folder, RECORD), _read(folder, ANSWERS)
    try:
        faults = list(_faults_of_files(folder, record))
        runs, missing = _open_runs(folder, record, elsewhere or {})
        pack = ReadPack(folder, record, answers, runs)
        for check in CHECKS:
            faults += check(pack)
        faults += missing + list(_faults_of_governance(pack, elsewhere or {}))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise EvidenceError(
            f"{folder}: its {RECORD} or {ANSWERS} is not as a pack has it "
            f"({type(error).__name__}). Make the pack again."
        ) from error
    return list(dict.fromkeys(faults))


def _read(folder: Path, name: str) -> dict[str, Any]:
    try:
        read = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EvidenceError(
            f"{folder}: is no pack: its {name} is missing or unreadable. Give a folder that "
            "`blijfwijzer govern pack` made."
        ) from error
    if not isinstance(read, dict):
        raise EvidenceError(f"{folder}: its {name} is no record of a pack. Make the pack again.")
    return read


def _faults_of_files(folder: Path, record: Mapping[str, Any]) -> Iterator[str]:
    """Hold the files of a pack against its list of them."""
    listed = dict(record["files"])
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name, digest in listed.items():
        if name not in there:
            yield f"{name}: is listed and not there"
        elif _digest(folder / name) != digest:
            yield f"{name}: was altered"
    for name in sorted(there - set(listed) - {RECORD}):
        yield f"{name}: is there and not listed"
    needed = {f"{name}.json" for name in DOCUMENTS} | {f"{name}.html" for name in QUESTIONS}
    of_models = {f"model-card-{r['about']}.json" for r in record["runs"] if r["kind"] == "model"}
    for name in sorted((needed | of_models | {ANSWERS, "index.html"}) - set(listed)):
        yield f"{name}: belongs to a pack and is not listed"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _open_runs(
    folder: Path, record: Mapping[str, Any], elsewhere: Mapping[str, Path]
) -> tuple[dict[str, EvidenceRun], list[str]]:
    """Open the runs that a pack was made from."""
    runs, faults = dict[str, EvidenceRun](), list[str]()
    for told in record["runs"]:
        name = str(told["name"])
        place = elsewhere.get(name, folder / str(told["place"]))
        run = open_run(place, str(told["kind"]), name, str(told["about"]))
        if isinstance(run, str):
            faults.append(run)
            continue
        runs[name] = run
        if run.record != told["sha256"]:
            faults.append(f"{name}: is another run than the pack was made from, or was altered")
        target = run.told.get("target")
        if target is not None and target != run.about:
            faults.append(f"{name}: is a model of {target}, and the pack says of {run.about}")
    if not any(told["kind"] == "model" for told in record["runs"]):
        faults.append("no model: a pack is about one at least")
    return runs, faults


def _faults_of_governance(pack: ReadPack, elsewhere: Mapping[str, Path]) -> Iterator[str]:
    """Hold what the pack says was settled against the governance file, and its dates in order."""
    told = pack.record["governance"]
    settled = [
        (f"{form} {item}", passage)
        for form, items in pack.answers["forms"].items()
        for item, passages in items.items()
        for passage in passages
        if passage["source"] == "settled"
    ]
    if told is None:
        if settled:
            yield f"{settled[0][0]}: says what was settled, and there is no governance file"
        return
    path = elsewhere.get("governance", pack.folder / str(told["place"]))
    try:
        governance = read_governance(path)
    except GovernanceError as error:
        yield f"governance: {error}"
        return
    if governance.acceptance.sha256 != told["acceptance_sha256"]:
        yield "governance: a threshold was moved after this pack was made"
    if governance.sha256 != told["sha256"]:
        yield "governance: the file says something else than when this pack was made"
    yield from _faults_of_dates(pack, governance)
    yield from _faults_of_releases(pack, governance)
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    for where, passage in settled:
        value = raw
        for key in str(passage["name"]).split("."):
            value = value.get(key, {}) if isinstance(value, dict) else {}
        if not all(_holds(passage[name]["text"], value, name) for name in ("nl", "en")):
            yield f"{where}: {passage['name']} is told otherwise than the governance file has it"


def _holds(text: str, value: Any, language: str) -> bool:
    """Tell whether a text holds a value of the governance file."""
    if isinstance(value, dict):
        return bool(value) and _holds(text, value.get(language, ""), language)
    if isinstance(value, list):
        return all(_holds(text, one, language) for one in value)
    if isinstance(value, float):
        # What it is called may hold a number too; the value stands last.
        told_last = re.findall(r"[0-9]+(?:[.,][0-9]+)?", text)[-1:]
        wanted = value * (100 if "%" in text else 1)
        return any(math.isclose(float(one.replace(",", ".")), wanted) for one in told_last)
    told = str(value)
    words = declared_in("settled")["values"].get(told, {}).get(language, told)
    return " ".join(words.split()) in " ".join(text.split())


def _faults_of_releases(pack: ReadPack, governance: Governance) -> Iterator[str]:
    """Hold what is settled now against what was when a release was made."""
    for name, run in pack.runs.items():
        then = run.told.get("governance")
        if not isinstance(then, dict):
            continue
        if then["thresholds_sha256"] != governance.acceptance.sha256:
            yield f"{name}: was judged by other thresholds than the governance file has now"
        for clause, settled in governance.settlements.items():
            if settled is not None and not then["document"][clause]:
                yield f"governance: {clause} is of after {name} was made, which it is told of"


def _faults_of_dates(pack: ReadPack, governance: Governance) -> Iterator[str]:
    made = date.fromisoformat(str(pack.record["made"])[:10])
    for name, one in governance.settlements.items():
        if one is not None and one.date > made:
            yield f"governance: {name} is dated {one.date}, after this pack was made ({made})"
    if governance.expiry < made:
        yield f"governance: expired on {governance.expiry}, before this pack was made ({made})"
    for name, run in pack.models.items():
        if str(run.told.get("made", ""))[:10] > made.isoformat():
            yield f"{name}: was made after this pack, which tells of it"
