"""The edge: where what was found meets those who read it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.tables.spec import ShownTable
from blijfwijzer.settings import Settings
from blijfwijzer.survey.texts import Language, Message, Quantity, Text, Value


@dataclass(frozen=True)
class Edge:
    """In which language readers are told, and how many people a counted row must stand for."""

    language: Language
    minimum: int = 0
    """Respondents."""

    @classmethod
    def of(cls, settings: Settings) -> "Edge":
        """Give the edge that a user chose."""
        return cls(settings.language, settings.disclosure.minimum)

    def in_words(self, value: Value) -> str:
        """Write what is to be said."""
        return write(value, self.language)

    def enough(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Keep the rows that stand for enough respondents, `n`."""
        return rows[rows["n"] >= self.minimum]

    def clear(
        self,
        name: str,
        rows: pd.DataFrame | Sequence[Mapping[Any, Any]],
        targets: Iterable[tuple[str, Value]] = (),
    ) -> Cleared:
        """Write what texts say, and pass a table through the gate as it is declared.

        Parameters
        ----------
        name : of the table, in `tables/`
        rows : in the order of showing; a text may be anything that can be said
        targets : id and label of each risk, for a table that has columns for each
        """
        table = TABLES[name].of_targets(targets)
        if not isinstance(rows, pd.DataFrame):
            rows = pd.DataFrame(rows, columns=table.names)
        return table.clear(self._written(rows, table), self.minimum)

    def clear_parts(self, name: str, parts: Sequence[pd.DataFrame]) -> Cleared:
        """Clear the parts of a table below each other."""
        return self.clear(name, pd.concat(parts)) if parts else TABLES[name].empty()

    def _written(self, rows: pd.DataFrame, table: ShownTable) -> pd.DataFrame:
        texts = [c.name for c in table.columns if c.kind == "text" and c.name in rows]
        said = [name for name in texts if rows[name].dtype == object]
        return rows.assign(**{name: rows[name].map(self._told) for name in said})

    def _told(self, value: Any) -> Any:
        is_said = isinstance(value, Message | Text | Quantity | tuple)
        return self.in_words(value) if is_said else value
