"""Options that several commands have."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blijfwijzer.engines.engine import Engine, Kind

if TYPE_CHECKING:
    from blijfwijzer.settings import Settings

SurveyFile = Annotated[
    Path,
    typer.Argument(
        metavar="SURVEY",
        help="Survey: .sav, .zsav, .parquet, .csv, .csv.gz, .tsv, .xlsx or .dat, as a tool exports "
        "it, or a folder of .parquet.",
    ),
]
SheetName = Annotated[
    str,
    typer.Option("--sheet", help="Sheet of a workbook; later commands take it from the codebook."),
]
CodebookName = Annotated[
    str, typer.Option("--codebook", "-c", help="Name of a shipped codebook, or path of a .toml.")
]
OwnCodebook = Annotated[
    str,
    typer.Option(
        "--codebook",
        "-c",
        help="Name of a shipped codebook, or path of a .toml; that of the pack when left out.",
    ),
]
SEVERAL = "several with commas, or by repeating the option"
UnitLevels = Annotated[
    list[str] | None,
    typer.Option("--by", help=f"Unit levels; {SEVERAL}. Left out: to one below the cluster."),
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
GovernanceFile = Annotated[
    Path | None,
    typer.Option(
        "--governance",
        envvar="BLIJFWIJZER_GOVERNANCE",
        help="What was settled about the survey (TOML); what stands beside codebook or models when "
        "left out.",
    ),
]
ReleaseFolder = Annotated[
    Path,
    typer.Argument(
        metavar="RELEASE", help="A folder that `score` made; of `pages` also `climate`."
    ),
]
LEDGERS = "BLIJFWIJZER_LEDGER"
"""Environment variable that names the ledgers where `--ledger` is left out."""
LedgerFolder = Annotated[
    Path, typer.Option(envvar=LEDGERS, help="Folder of the ledgers of releases.")
]
OwnLedger = Annotated[
    Path | None,
    typer.Option(
        envvar=LEDGERS, help="Folder of the ledgers of releases; beside the models when left out."
    ),
]
PreviousFile = Annotated[
    Path | None, typer.Option(help="The wave before, read with the same codebook.")
]
PeopleFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--population",
        help="How many people work in each unit: levels and `people`. Repeated: how many have "
        "which age, contract ...: levels, `variable`, `code` and `people`.",
    ),
]
Register = Annotated[
    list[Path] | None,
    typer.Option(
        "--population",
        help="How many people have which age, contract ...: levels, `variable`, `code`, `people`.",
    ),
]
PreviousPeople = Annotated[
    list[Path] | None,
    typer.Option("--previous-population", help="The same of the people of the wave before."),
]
WaveName = Annotated[
    str, typer.Option(help="What this wave is called; the name of the file when left out.")
]
LabelsFile = Annotated[
    Path | None,
    typer.Option(
        help="What codes are called: a table of `column`, `code`, `label` and, if you like, "
        "`language`; the codebook comes first."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(help="Folder to write what may be shown; needed unless --preview is given."),
]
Preview = Annotated[
    bool, typer.Option("--preview", help="Say how much would be shown; write and enter nothing.")
]

EngineKind = Annotated[
    Kind,
    typer.Option("--engine", help="Where rows are worked on; every output is the same, to a byte."),
]
Scheduler = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Of the scheduler of Dask, with --engine dask.")
]
Workers = Annotated[
    int,
    typer.Option(min=0, help="With --engine processes; as many as there are cores when 0."),
]


def engine_of(kind: Kind, scheduler: str, workers: int) -> Engine:
    """Give the engine that is asked for; what another one takes is a slip."""
    if scheduler and kind != Kind.DASK:
        raise typer.BadParameter("--scheduler goes with --engine dask.")
    if workers and kind != Kind.PROCESSES:
        raise typer.BadParameter("--workers goes with --engine processes.")
    return Engine(kind, scheduler, workers)


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


def governed_by(settings: Path | None, governance: Path | None) -> "Settings | Path | None":
    """Let settings name a governance file that was given beside them."""
    if governance is None:
        return settings
    from blijfwijzer.settings import load_settings

    return load_settings(settings).model_copy(update={"governance": governance})


def part_names(texts: list[str] | None) -> tuple[str, ...]:
    """Part names that stand behind commas, or that an option was repeated for."""
    return tuple(name.strip() for text in texts or [] for name in text.split(",") if name.strip())
