"""Governance files for tests: one that allows everything of a made-up survey, and ways to spoil it."""

import tomllib
from pathlib import Path

import tomli_w

SHIPPED = (
    Path(__file__).parents[1]
    / "src/blijfwijzer/survey/codebooks/werkonderzoek-2019.governance.toml"
)


def write_governance(folder: Path, survey: str | None = "small", **changed: object) -> Path:
    """Write a file that allows all of a survey, with some keys changed ("acceptance.power" ...).

    None leaves a key out.
    """
    told = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    for name, value in {"survey": survey, **changed}.items():
        part = told
        *above, key = name.split(".")
        for step in above:
            part = part[step]
        if value is None:
            del part[key]
        else:
            part[key] = value
    path = folder / "governance.toml"
    path.write_text(tomli_w.dumps(told), encoding="utf-8")
    return path
