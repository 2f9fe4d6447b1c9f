"""Writes `docs/settings.md`; `python -m blijfwijzer.cli.settings_document` prints it."""

import ast
import inspect
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from blijfwijzer.section import Section
from blijfwijzer.settings import Settings

_HEAD = """# Settings

Written by `python -m blijfwijzer.cli.settings_document`. What a user may choose stands in a
TOML file that every command takes as `--settings`, or that `BLIJFWIJZER_SETTINGS` names. What
is left out is at its default; an unknown key or a value out of its bounds is refused, all
faults at once. The settings that a result was made with are kept with it (`run.json`, and
`settings.toml` in a model folder).

```toml
language = "en"

[contact]
ask = "hr-analytics@gemeente.example"
object = "privacy@gemeente.example"
```

From Python they are a value: `bw.Settings(seed=1)`, `bw.load_settings("settings.toml")`.
"""
_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path of a file",
    type(None): "nothing",
}


def describe_settings() -> str:
    """List every key with its default, bounds and meaning, as a page of the docs."""
    return "\n".join([_HEAD, *_section(Settings, ())])


def _section(section: type[Section], path: tuple[str, ...]) -> Iterator[str]:
    parts = {key: field for key, field in section.model_fields.items() if _is_section(field)}
    keys = {key: field for key, field in section.model_fields.items() if key not in parts}
    yield f"## `[{'.'.join(path)}]`\n" if path else "## At the top of the file\n"
    if path:
        yield f"{inspect.getdoc(section)}\n"
    meanings = read_meanings(section)
    yield "| key | default | values | what |\n|---|---|---|---|"
    yield from (_row(key, field, meanings.get(key, "")) for key, field in keys.items())
    yield ""
    for key, field in parts.items():
        assert isinstance(field.annotation, type)
        yield from _section(field.annotation, (*path, key))


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, Section)


def _row(key: str, field: FieldInfo, meaning: str) -> str:
    return f"| `{key}` | {_default(field)} | {_values(field)} | {meaning} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    return "" if value in ("", (), {}, None, date.min) else f"`{_toml(value)}`"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _values(field: FieldInfo) -> str:
    bounds = [bound for one in field.metadata if (bound := _bound(one))]
    return ", ".join([_kind(field.annotation), *bounds])


def _kind(annotation: Any) -> str:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{_toml(one)}`" for one in inside)
    if origin is UnionType:
        return " or ".join(_kind(one) for one in inside)
    if origin is tuple:
        return f"list of {_kind(inside[0])}" if ... in inside else f"{len(inside)} values"
    if origin is dict:
        return "table"
    return _WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _bound(bound: object) -> str:
    """Say a bound of a field, as `annotated_types` declares it; nothing where it has no number."""
    words = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "max_length": "at most"}
    for name, word in words.items():
        if (limit := getattr(bound, name, None)) is not None:
            return f"{word} {limit:,}" + (" characters" if name == "max_length" else "")
    return ""


def read_meanings(section: type[Section]) -> dict[str, str]:
    """Give what is written below each field of a section, by key."""
    [written] = ast.parse(inspect.getsource(section)).body
    assert isinstance(written, ast.ClassDef)
    meanings = {}
    for pair in pairwise(written.body):
        match pair:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                meanings[name] = " ".join(text.split())
    return meanings


if __name__ == "__main__":
    print(describe_settings(), end="")
