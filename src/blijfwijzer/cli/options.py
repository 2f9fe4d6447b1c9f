"""Options that several commands have."""

import sys
from pathlib import Path
from typing import Annotated

import typer

SurveyFile = Annotated[
    Path,
    typer.Argument(
        metavar="SURVEY",
        help="Survey: .sav, .zsav, .parquet, .csv, .csv.gz, .tsv or .xlsx, as a tool exports it.",
    ),
]
SheetName = Annotated[
    str,
    typer.Option("--sheet", help="Sheet of a workbook; later commands take it from the codebook."),
]
CodebookName = Annotated[
    str, typer.Option("--codebook", "-c", help="Name of a shipped codebook, or path of a .toml.")
]
SETTINGS = "BLIJFWIJZER_SETTINGS"
"""Environment variable that names the settings where `--settings` is left out."""


def _say_where_from(ctx: typer.Context, path: Path | None) -> Path | None:
    """Say which settings are used that nobody gave on this command line."""
    source = ctx.get_parameter_source("settings")
    if path is not None and source is not None and source.name == "ENVIRONMENT":
        print(f"blijfwijzer: settings of {SETTINGS}: {path}", file=sys.stderr)
    return path


SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        envvar=SETTINGS,
        callback=_say_where_from,
        help="Settings (TOML); defaults where left out.",
    ),
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


def read_euro(text: str) -> float:
    """Read an amount of money, unless a sign in it may part thousands or decimals.

    >>> read_euro("250000"), read_euro("999,50")
    (250000.0, 999.5)
    """
    from blijfwijzer.survey.cells import number_of, plain_text

    number = number_of(plain_text(text))
    if number is None:
        raise typer.BadParameter(
            f"{text} is no amount, or may be two: write it without a point or comma between "
            "thousands, as 1000 or 999.50."
        )
    return number


SEVERAL = "several with commas, or by repeating the option"


def part_names(texts: list[str] | None) -> tuple[str, ...]:
    """Part names that stand behind commas, or that an option was repeated for."""
    return tuple(name.strip() for text in texts or [] for name in text.split(",") if name.strip())
