"""The commands of `blijfwijzer govern` about packs: forms that are filled, and if they hold."""

from pathlib import Path
from typing import Annotated

import typer

from blijfwijzer.cli.programs import ForProgram, speaks

_Language = Annotated[str, typer.Option("--language", help="Of the pages: nl or en.")]


def add_form_commands(govern: typer.Typer) -> None:
    """Add these commands to those of `govern`."""
    govern.command(
        "pack",
        epilog="Example: `blijfwijzer govern pack --models models --release out/2022 "
        "--output out/accountability`",
    )(speaks(pack))
    govern.command("verify", epilog="Example: `blijfwijzer govern verify out/accountability`")(
        speaks(verify)
    )


def pack(
    output: Annotated[Path, typer.Option(help="Folder for pages and files.")],
    models: Annotated[
        Path, typer.Option(help="Folder with the models of a survey, or a model folder.")
    ] = Path("models"),
    release: Annotated[
        list[Path] | None, typer.Option(help="What `score` made with these; repeat it for each.")
    ] = None,
    governance: Annotated[
        Path | None,
        typer.Option(help="The governance file; that among the models when left out."),
    ] = None,
    language: _Language = "nl",
) -> ForProgram:
    """Fill forms, cards and pages for works council, privacy officer and auditor from runs."""
    from blijfwijzer.runs import govern_pack as story

    asked = story.FormsRequest(models, tuple(release or ()), governance, language)
    return ForProgram(story.govern_pack(asked, output))


def verify(
    folder: Annotated[Path, typer.Argument(metavar="PACK", help="What `govern pack` made.")],
    models: Annotated[
        Path | None, typer.Option(help="Where its models lie now, if they were moved.")
    ] = None,
    release: Annotated[
        list[Path] | None, typer.Option(help="Where a release of it lies now; repeat it for each.")
    ] = None,
    governance: Annotated[
        Path | None, typer.Option(help="Where its governance file lies now, if it was moved.")
    ] = None,
) -> ForProgram:
    """Read every figure of a pack from its evidence again, and tell all that differs."""
    from blijfwijzer.runs import govern_pack as story

    places = {path.name: path for path in release or ()}
    if models is not None:
        places |= {path.name: path for path in (models, *models.glob("*/"))}
    if governance is not None:
        places["governance"] = governance
    return ForProgram(story.govern_verify(folder, places))
