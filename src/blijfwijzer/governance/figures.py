"""Figures as runs published them, each with the file and the place in it where it can be read."""

import csv
import io
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeAlias

from blijfwijzer.errors import GovernanceError
from blijfwijzer.files import hash_bytes

Step: TypeAlias = "str | int | Mapping[str, Any]"
"""Into what was read of a file: a key, a place, `#` for how many there are, the row that has values
(`{"#": values}` for how many rows have them), or the row with the largest number in a place
(`{"most": place}`)."""
Scope = Literal["model", "release"]
RECORDS: Mapping[Scope, str] = {"model": "manifest.json", "release": "run.json"}
"""The file by which a folder is known, which lists all others with their hashes."""


@dataclass(frozen=True)
class Run:
    """A folder that was published: a model or a release."""

    kind: Scope
    folder: Path
    about: str
    """The outcome of a model; the wave of a release."""
    hashes: Mapping[str, str] = field(repr=False)
    """File to its SHA-256, as its record lists them."""

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name

    @cached_property
    def sha256(self) -> str:
        """Hash of its record, and so of all that the record lists."""
        return hash_bytes((self.folder / RECORDS[self.kind]).read_bytes())

    def hash_of(self, file: str) -> str:
        """Give the hash of a file that it published.

        Raises
        ------
        GovernanceError
            It published no such file.
        """
        if file == RECORDS[self.kind]:
            return self.sha256
        if file not in self.hashes:
            raise GovernanceError(
                f"{self.folder}: published no {file}, from which a figure of the pack is read. "
                "Make the model or release again with this version."
            )
        return self.hashes[file]

    def read(self, file: str) -> Any:
        """Give what a published file holds: keys and values, or the rows of a table."""
        return _read(self.folder / file, self.hash_of(file))


@dataclass(frozen=True)
class Cited:
    """A figure, and where it stands."""

    name: str
    value: Any
    """A number, a text, yes or no, or words by language; None where the run does not show it."""
    kind: str
    """How it is written: a kind of number, `day`, `text`, `words` of a codebook, or a family of the
    catalogues."""
    run: Run = field(repr=False)
    file: str
    path: tuple[Step, ...]

    @property
    def sha256(self) -> str:
        """Hash of the file."""
        return self.run.hash_of(self.file)


@dataclass(frozen=True)
class FigureSpec:
    """What a figure's name stands for, in each run of a kind."""

    name: str
    of: Scope
    file: str
    path: tuple[Step, ...]
    kind: str
    is_optional: bool = False
    """Whether a run may have nothing in this place."""

    def cite(self, run: Run) -> Cited:
        """Read the figure from a run."""
        path = tuple(_of_record(run, step) for step in self.path)
        return cite(run, self.name, self.file, path, self.kind)


def cite(run: Run, name: str, file: str, path: tuple[Step, ...], kind: str) -> Cited:
    """Read a figure by its place.

    Raises
    ------
    GovernanceError
        The run has nothing in this place.
    """
    found = run.read(file)
    try:
        for step in path:
            found = _follow(found, step)
    except (KeyError, IndexError, TypeError, StopIteration) as error:
        raise GovernanceError(
            f"{run.folder}: {file} has no {name}, which the pack cites. It is of another version: "
            "make the model or release again."
        ) from error
    return Cited(name, found, kind, run, file, path)


def _of_record(run: Run, step: Step) -> Step:
    """Put what a run's record says in place of a step that names it."""
    if not (isinstance(step, str) and step.startswith("{")):
        return step
    return str(run.read(RECORDS[run.kind])[step.strip("{}")])


def _follow(found: Any, step: Step) -> Any:
    if step == "#":
        return len(found)
    if not isinstance(step, Mapping):
        return found[step]
    if "most" in step:
        known = [row for row in found if row[step["most"]] is not None]
        return max(known, key=lambda row: row[step["most"]]) if known else found[0]
    if "#" in step:
        return sum(_has(row, step["#"]) for row in found)
    return next(row for row in found if _has(row, step))


def _has(row: Any, wanted: Mapping[str, Any]) -> bool:
    return all(row[key] == value for key, value in wanted.items())


@cache
def figure_specs() -> Mapping[str, FigureSpec]:
    """Give all figures that sentences may cite, as `forms/figures.toml` declares them."""
    return {
        name: FigureSpec(
            *(name, raw["of"], raw["file"], tuple(raw["path"]), raw["kind"]),
            is_optional=raw.get("optional", False),
        )
        for name, raw in read_form_file("figures").items()
    }


def read_form_file(name: str) -> dict[str, Any]:
    """Read a data file of this room."""
    file = resources.files("blijfwijzer.governance.forms") / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def _read(path: Path, sha256: str) -> Any:
    """Read a file once; its hash stands in the key, so that another content is read anew."""
    content = path.read_bytes()
    if hash_bytes(content) != sha256:
        raise GovernanceError(f"{path}: is not as it was published. Restore it from a copy.")
    text = content.decode("utf-8-sig")
    if path.suffix == ".toml":
        return tomllib.loads(text)
    if path.suffix == ".csv":
        return [_typed(row) for row in csv.DictReader(io.StringIO(text))]
    return json.loads(text)


def _typed(row: Mapping[str, str]) -> dict[str, Any]:
    """Give numbers of a table as numbers, and an empty cell as none."""
    typed: dict[str, Any] = {}
    for name, value in row.items():
        try:
            typed[name] = float(value) if value else None
        except ValueError:
            typed[name] = value
    return typed
