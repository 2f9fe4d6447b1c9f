"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

SurveyFile = Annotated[
    Path, typer.Argument(metavar="SURVEY", help="Survey: .sav, .parquet, .csv, .csv.gz or .xlsx.")
]
CodebookName = Annotated[
    str, typer.Option("--codebook", "-c", help="Name of a shipped codebook, or path of a .toml.")
]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="Settings (TOML); defaults where left out.")
]
ReleaseFolder = Annotated[
    Path, typer.Argument(metavar="RELEASE", help="A folder that `score` made.")
]
LedgerFolder = Annotated[Path, typer.Option(help="Folder of the ledgers of releases.")]
OwnLedger = Annotated[
    Path | None,
    typer.Option(help="Folder of the ledgers of releases; beside the models when left out."),
]
PreviousFile = Annotated[
    Path | None, typer.Option(help="The wave before, read with the same codebook.")
]
WaveName = Annotated[
    str, typer.Option(help="What this wave is called; the name of the file when left out.")
]
Output = Annotated[
    Path | None,
    typer.Option(help="Folder to write what may be shown; needed unless --preview is given."),
]
Preview = Annotated[
    bool, typer.Option("--preview", help="Say how much would be shown; write and enter nothing.")
]
SEVERAL = "several with commas, or by repeating the option"


def part_names(texts: list[str] | None) -> tuple[str, ...]:
    """Part names that stand behind commas, or that an option was repeated for."""
    return tuple(name.strip() for text in texts or [] for name in text.split(",") if name.strip())
