"""Commands about vouchers: whom they are offered, what managers read, what they did."""

from pathlib import Path
from typing import Annotated

import typer

from blijfwijzer.cli.options import (
    GovernanceFile,
    LedgerFolder,
    ReleaseFolder,
    SettingsFile,
    read_euro,
)
from blijfwijzer.cli.programs import ForProgram, speaks


def add_voucher_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command(
        epilog="Example: `blijfwijzer vouchers out/2022 --budget 250000 --cost 1000 "
        "--survey data/werkonderzoek-2022.sav`"
    )(speaks(vouchers))
    app.command(epilog="Example: `blijfwijzer pages out/2022 --output out/2022-pages`")(
        speaks(pages)
    )
    app.command(
        epilog="Example: `blijfwijzer trial out/2022/lottery.json trained.csv --output effect.json`"
    )(speaks(trial))


def vouchers(
    release: ReleaseFolder,
    budget: Annotated[
        float | None,
        typer.Option(parser=read_euro, metavar="EURO", help="Else that of the settings."),
    ] = None,
    cost: Annotated[
        float | None,
        typer.Option(
            parser=read_euro, metavar="EURO", help="Per voucher; else that of the settings."
        ),
    ] = None,
    settings: SettingsFile = None,
    governance: GovernanceFile = None,
    ledger: LedgerFolder = Path("ledger"),
    truth: Annotated[
        Path | None, typer.Option(help="What `synthesise --truth` wrote: show the true outcomes.")
    ] = None,
    target: Annotated[
        str, typer.Option(help="The need that vouchers are for, where the release has several.")
    ] = "",
    secret: Annotated[
        Path | None,
        typer.Option(help="File whose SHA-256 the settings promised at scoring, for a lottery."),
    ] = None,
    again: Annotated[
        str, typer.Option(help="Why these people are drawn among again, or by another plan.")
    ] = "",
    survey: Annotated[
        Path | None,
        typer.Option(help="The file that was scored: tell whom the vouchers help and miss."),
    ] = None,
    models: Annotated[
        Path, typer.Option("--models", "--pack", help="Those that it was scored with.")
    ] = Path("models"),
    accepted_by: Annotated[
        str, typer.Option(help="Who accepts that a threshold fixed beforehand is not met.")
    ] = "",
    accepted_why: Annotated[str, typer.Option(help="Why; it stands on the page.")] = "",
    decided: Annotated[
        Path | None, typer.Option(help="Release of the round before: show what was decided then.")
    ] = None,
    population: Annotated[
        Path | None,
        typer.Option(help="The margins of a register that it was scored with, beside --survey."),
    ] = None,
) -> ForProgram:
    """Divide a voucher budget over the groups of a release, by need alone."""
    from blijfwijzer.governance.acceptance import Accepted
    from blijfwijzer.runs import vouchers as story

    told = settings, target, secret, again, truth, survey, models, governance
    accepted = Accepted(accepted_by, accepted_why)
    asked = story.VoucherRequest(release, budget, cost, *told, accepted, decided, population)
    return ForProgram(story.vouchers(asked, ledger).as_json())


def pages(
    release: ReleaseFolder,
    output: Annotated[Path, typer.Option(help="Folder to write the pages in.")],
    previous: Annotated[
        Path | None, typer.Option(help="The release of the wave before, to stand beside it.")
    ] = None,
    climate: Annotated[
        Path | None,
        typer.Option(help="What `climate` made of the same file: tell of each question too."),
    ] = None,
) -> ForProgram:
    """Write a page for the manager of each unit, of what a release shows already."""
    from blijfwijzer.runs import pages as story

    count = story.pages(story.PagesRequest(release, previous, climate), output)
    return ForProgram({"folder": str(output), "pages": count})


def trial(
    sealed: Annotated[Path, typer.Argument(metavar="LOTTERY", help="The sealed lottery.")],
    outcomes: Annotated[
        Path,
        typer.Argument(metavar="OUTCOMES", help="Table: group, n, and share or count trained."),
    ],
    sha256: Annotated[str, typer.Option(help="Hash that was published with the lottery.")] = "",
    before: Annotated[
        list[Path] | None,
        typer.Option(help="Outcomes with which it was analysed before, where these are others."),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Where to write the result (JSON).")] = None,
    ledger: LedgerFolder = Path("ledger"),
) -> ForProgram:
    """Estimate, a year later, what the vouchers of a lottery did."""
    from blijfwijzer.runs import trial as story

    asked = story.TrialRequest(sealed, outcomes, sha256, tuple(before or ()))
    return ForProgram(story.trial(asked, output, ledger))
