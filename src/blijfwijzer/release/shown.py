"""What a story gives back: what was published, as it may be shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.release.folder import read_record


@dataclass(frozen=True)
class Shown:
    """What was published: it passed the gate, stands in the ledger, and lies in its folder."""

    folder: Path
    tables: Mapping[str, pd.DataFrame]
    """Name, as `docs/tables.md` lists it, to the rows of a table as they may be shown."""
    said: tuple[str, ...]
    """What the command line says of it, a line each."""

    @classmethod
    def of(cls, chapter: Chapter, folder: Path, said: Iterable[str]) -> "Shown":
        """Give what a page tells, with where it lies."""
        return cls(folder, {name: chapter.rows(name) for name in chapter.tables}, tuple(said))

    def as_json(self) -> dict[str, Any]:
        """Tell a program of it: where it lies, what is said of it, and the record beside it."""
        return {
            "folder": str(self.folder),
            "said": list(self.said),
            "record": read_record(self.folder),
        }

    def __str__(self) -> str:
        """Say it as the command line does."""
        return "\n".join(self.said)
