"""Figures of a pack read from their evidence again, by other code than that which filled them in.

Nothing here is shared with `figures.py` or with what writes a pack: a fault of reading, rounding or
writing there is found here, since it would have to be made twice.
"""

import csv
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_LISTS = {"model": ("manifest.json", "sha256"), "release": ("run.json", "files")}
"""Kind of run to its record, and the key under which that lists files with their hashes."""
_HIDDEN_AS = ("niet getoond", "not shown")
"""What a reader sees of a figure that may not be shown, in either language."""
_NO_DIGIT = re.compile(r"[^0-9,.\-−]")


@dataclass(frozen=True)
class EvidenceRun:
    """A run as it lies on disk now."""

    name: str
    about: str
    folder: Path
    record: str
    """SHA-256 of its record now."""
    listed: Mapping[str, str]
    """File to its SHA-256, as its record lists them."""
    told: Mapping[str, Any]
    """What its record says."""


def open_run(folder: Path, kind: str, name: str, about: str) -> EvidenceRun | str:
    """Read the record of a run; a fault in words where there is none."""
    file, key = _LISTS[kind]
    try:
        content = (folder / file).read_bytes()
        told = json.loads(content)
        listed = {**told[key], file: _digest(content)}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return f"{name}: its evidence is missing: there is no {file} in {folder}"
    return EvidenceRun(name, about, folder, _digest(content), listed, told)


def reread(figure: Mapping[str, Any], runs: Mapping[str, EvidenceRun]) -> Iterator[str]:
    """Hold a figure against its evidence, and say each fault."""
    name, run = str(figure["name"]), runs.get(str(figure["run"]))
    file = str(figure["file"])
    if run is None:
        yield f"{name}: is cited from {figure['run']}, which is no run of this pack"
    elif run.listed.get(file) != figure["sha256"]:
        yield f"{name}: {run.name} published another {file} than the one that is cited, or none"
    else:
        try:
            content = (run.folder / file).read_bytes()
            found = _at(_parsed(file, content), list(figure["path"]))
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            yield f"{name}: its evidence is missing: {run.name}/{file} cannot be read there"
            return
        if _digest(content) != figure["sha256"]:
            yield f"{name}: its evidence was altered: {run.name}/{file}"
        elif found != figure["value"]:
            yield f"{name}: the pack says another value than {run.name}/{file}"


def says_value(written: str, figure: Mapping[str, Any]) -> bool:
    """Tell whether a piece of text is a figure's value as a reader sees it.

    >>> says_value("0,81", {"value": 0.812, "kind": "ratio"})
    True
    >>> says_value("0,91", {"value": 0.812, "kind": "ratio"})
    False
    """
    value, kind = figure["value"], figure["kind"]
    if value is None:
        return written in _HIDDEN_AS
    if isinstance(value, dict):
        return written in value.values()
    if isinstance(value, str):
        # Words of a family stand for a value; that itself is held against the evidence.
        shortened = kind in ("day", "hash") and len(written) >= 10
        return written == value or (shortened and value.startswith(written)) or kind == "candidate"
    told = _number(written)
    if told is None:
        return False
    number, decimals = told
    wanted = 100 * value if kind == "share" else value
    return bool(abs(number - wanted) <= 0.5 * 10.0**-decimals + 1e-9 * abs(wanted))


def _number(written: str) -> tuple[float, int] | None:
    r"""Read a number of either language, and how many decimals it has.

    >>> _number("1.234,5"), _number("1,234.5"), _number("84\u00a0%"), _number("250,000")
    ((1234.5, 1), (1234.5, 1), (84.0, 0), (250000.0, 0))
    """
    digits = _NO_DIGIT.sub("", written).replace("−", "-")
    marks = [mark for mark in digits if mark in ",."]
    decimal = ""
    if marks:
        last = marks[-1]
        behind = digits.rpartition(last)[2]
        # One kind of mark before three digits parts thousands, unless nothing but zero is before.
        thousands = len(behind) == 3 and len(set(marks)) == 1 and not re.match(r"-?0[,.]", digits)
        decimal = "" if thousands else last
    whole = digits.replace("." if decimal == "," else ",", "")
    whole = whole.replace(decimal, ".") if decimal else whole.replace(".", "").replace(",", "")
    try:
        return float(whole), len(whole.partition(".")[2])
    except ValueError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=64)
def _parsed(file: str, content: bytes) -> Any:
    text = content.decode("utf-8-sig")
    if file.endswith(".json"):
        return json.loads(text)
    if file.endswith(".toml"):
        return tomllib.loads(text)
    header, *rows = list(csv.reader(text.splitlines()))
    return [dict(zip(header, map(_cell, row), strict=True)) for row in rows]


def _cell(text: str) -> Any:
    if text == "":
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _at(content: Any, path: list[Any]) -> Any:
    """Give what stands in a place."""
    if not path:
        return content
    step, rest = path[0], path[1:]
    if step == "#":
        return len(content)
    if isinstance(step, dict) and "#" in step:
        return len([row for row in content if step["#"].items() <= row.items()])
    if isinstance(step, dict) and "most" in step:
        place = step["most"]
        ranked = sorted((row for row in content if row[place] is not None), key=lambda r: -r[place])
        return _at(ranked[0], rest)
    if isinstance(step, dict):
        rows = [row for row in content if step.items() <= row.items()]
        if len(rows) != 1:
            raise LookupError(f"{len(rows)} rows")
        return _at(rows[0], rest)
    return _at(content[step], rest)
