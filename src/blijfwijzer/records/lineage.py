"""Of which survey a tracked run is: its name, a keyed digest and its columns; none of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blijfwijzer.files import to_json
from blijfwijzer.survey.codebook import Codebook

_DIGITS = 16
"""Of a digest that a run tells; MLflow keeps 36 at most."""
_TYPES = {"ordinal": "double", "number": "double", "nominal": "string"}


@dataclass(frozen=True)
class Dataset:
    """A survey that a run read."""

    name: str
    """Of its codebook and wave."""
    file: str
    """Name of its file, without its place."""
    digest: str
    """Keyed hash of the file, of no use without the key of the ledger."""
    columns: Mapping[str, str]
    """Column that was read to its type."""
    context: str
    """What it was used for, such as training."""

    @classmethod
    def of(cls, codebook: Codebook, file: str, digest: str, context: str) -> "Dataset":
        """Give what may be told of a survey that was read with a codebook."""
        read = [c for c in codebook.columns.values() if c.role not in ("id", "ignore")]
        columns = {column.name: _TYPES[column.type] for column in read}
        name = f"{codebook.survey.name}-{codebook.survey.wave}"
        return cls(name, file, digest[:_DIGITS], columns, context)

    def as_input(self) -> Any:
        """Give it as MLflow keeps it."""
        from mlflow.entities import Dataset as Entity
        from mlflow.entities import DatasetInput, InputTag

        types = [
            {"type": kind, "name": name, "required": False} for name, kind in self.columns.items()
        ]
        entity = Entity(
            name=self.name,
            digest=self.digest,
            source_type="local",
            source=to_json({"uri": self.file}).decode(),
            schema=to_json({"mlflow_colspec": types}).decode(),
        )
        return DatasetInput(entity, [InputTag("mlflow.data.context", self.context)])
