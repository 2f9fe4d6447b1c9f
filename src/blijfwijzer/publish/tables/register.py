"""All tables by name: the key by which pages, workbooks, files and `docs/tables.md` find one.

A file by story declares them. A column is named after what the gate makes of it (`share = "rate"`),
is one that stands under `[columns]` there or in `shared.toml`, by its key there, or differs from
one of these (`like`).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from types import MappingProxyType
from typing import Any, get_args

from blijfwijzer.disclosure.release import ColumnKind
from blijfwijzer.publish.tables.columns import ShownColumn
from blijfwijzer.publish.tables.spec import ShownTable

_STORIES = (
    *("score", "vouchers", "decide", "climate", "claims"),
    *("train", "compare", "monitor", "pack"),
)
_KINDS = frozenset(get_args(ColumnKind))


def _read(story: str) -> dict[str, Any]:
    file = resources.files("blijfwijzer.publish.tables") / f"{story}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _tables(story: str, shared: Mapping[str, ShownColumn]) -> tuple[ShownTable, ...]:
    raw = _read(story)
    own = {key: _column(entry, shared) for key, entry in raw.get("columns", {}).items()}
    known = {**shared, **own}
    return tuple(_table(name, entry, known) for name, entry in raw["tables"].items())


def _table(name: str, raw: dict[str, Any], known: Mapping[str, ShownColumn]) -> ShownTable:
    columns = tuple(
        known[entry] if isinstance(entry, str) else _column(entry, known)
        for entry in raw.pop("columns")
    )
    return ShownTable(name, columns=columns, files=tuple(raw.pop("files", ())), **raw)


def _column(raw: dict[str, Any], known: Mapping[str, ShownColumn]) -> ShownColumn:
    told: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
    }
    for kind in _KINDS & told.keys():
        told |= {"name": told.pop(kind), "kind": kind}
    like = told.pop("like", None)
    return ShownColumn(**told) if like is None else replace(known[like], **told)


_SHARED = {key: _column(entry, {}) for key, entry in _read("shared")["columns"].items()}
STORIES = MappingProxyType({story: _tables(story, _SHARED) for story in _STORIES})
"""The tables of each command; a name stands once."""
TABLES = MappingProxyType({table.name: table for own in STORIES.values() for table in own})
