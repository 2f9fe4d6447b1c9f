"""The commands of `blijfwijzer merge`."""

from pathlib import Path
from typing import Annotated

import typer

from blijfwijzer.cli.options import LedgerFolder, SettingsFile, SurveyFile
from blijfwijzer.cli.programs import ForProgram, speaks

merge = typer.Typer(no_args_is_help=True, help="One release of offices that never pool files.")

Agreed = Annotated[
    Path, typer.Option(help="What the offices agreed on (TOML): docs/scaling.md has an example.")
]
Models = Annotated[
    Path, typer.Option("--models", "--pack", help="Folder of models, or a pack: the same for all.")
]


@merge.command("key", epilog="Example: `blijfwijzer merge key offices.key`")
@speaks
def key(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
) -> ForProgram:
    """Make the key that masks what offices leave; who merges does not get it."""
    from blijfwijzer.records.agreement import make_key

    make_key(output)
    print(f"{output}: the key of the offices. Give it to each of them, and to nobody else.")
    return ForProgram({"file": str(output)})


@merge.command(
    "part",
    epilog="Example: `blijfwijzer merge part data/wave.sav --agreement offices.toml --office north "
    "--models models --key offices.key --output north.part`",
)
@speaks
def part(
    survey: SurveyFile,
    agreement: Agreed,
    office: Annotated[str, typer.Option(help="Which of the offices this is.")],
    key: Annotated[Path, typer.Option(help="The key that the offices have together.")],
    output: Annotated[Path, typer.Option(help="File to write.")],
    models: Models = Path("models"),
    settings: SettingsFile = None,
) -> ForProgram:
    """Add up what leaves an office of its survey, masked, for whoever merges."""
    from blijfwijzer.runs.merging.part import PartRequest, leave_part

    left = leave_part(PartRequest(survey, agreement, office, models, key, settings), output)
    numbers = int(left.numbers.high.size)
    return ForProgram({"output": str(output), "office": office, "numbers": numbers})


@merge.command(
    "release",
    epilog="Example: `blijfwijzer merge release north.part south.part --agreement offices.toml "
    "--models models --output out/2022`",
)
@speaks
def release(
    parts: Annotated[list[Path], typer.Argument(metavar="PART...", help="What each office left.")],
    agreement: Agreed,
    output: Annotated[Path, typer.Option(help="Folder to write what may be shown.")],
    models: Models = Path("models"),
    ledger: LedgerFolder = Path("ledger"),
    settings: SettingsFile = None,
) -> ForProgram:
    """Add up what offices left, and write the rates of groups that may be shown."""
    from blijfwijzer.runs.merge import MergeRequest, merge

    shown = merge(MergeRequest(tuple(parts), agreement, models, settings), output, ledger)
    return ForProgram(shown.as_json())
