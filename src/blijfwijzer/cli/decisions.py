"""The commands about what people decide on what was proposed."""

from pathlib import Path
from typing import Annotated

import typer

from blijfwijzer.cli.options import LedgerFolder, ReleaseFolder
from blijfwijzer.cli.programs import ForProgram, speaks


def add_decision_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command(
        epilog="Example: `blijfwijzer decide out/2022 decisions.csv`",
    )(speaks(decide))
    app.command(
        epilog="Example: `blijfwijzer blind out/2022 --output cases.csv --key key.json`",
    )(speaks(blind))
    app.command(
        epilog="Example: `blijfwijzer uptake out/2022 uptake.csv`",
    )(speaks(uptake))


def uptake(
    release: ReleaseFolder,
    counts: Annotated[
        Path,
        typer.Argument(
            metavar="COUNTS", help="Table: attribute, label, offered, accepted, completed."
        ),
    ],
    ledger: LedgerFolder = Path("ledger"),
) -> ForProgram:
    """Add who accepted and completed what a release offers, by background, as HR counts it."""
    from blijfwijzer.runs import uptake as story

    return ForProgram(story.uptake(release, counts, ledger).as_json())


def decide(
    release: ReleaseFolder,
    decisions: Annotated[
        Path,
        typer.Argument(
            metavar="DECISIONS", help="Table: group, decision, given, by, date, reason."
        ),
    ],
    key: Annotated[
        Path | None, typer.Option(help="Key of a blind review, whose cases the table is about.")
    ] = None,
    again: Annotated[
        str, typer.Option(help="Why a decision that stands already is another one now.")
    ] = "",
    ledger: LedgerFolder = Path("ledger"),
) -> ForProgram:
    """Enter what people decided about the vouchers of a release: accept, change or reject."""
    from blijfwijzer.runs import decide as story

    asked = story.DecideRequest(release, decisions, key, again)
    return ForProgram(story.decide(asked, ledger).as_json())


def blind(
    release: ReleaseFolder,
    output: Annotated[Path, typer.Option(help="Table of cases, for who reviews.")],
    key: Annotated[Path, typer.Option(help="Which case is which, for somebody who does not.")],
    ledger: LedgerFolder = Path("ledger"),
) -> ForProgram:
    """Write groups for a review by people who do not know what was proposed."""
    from blijfwijzer.runs import blind as story

    cases = story.blind(release, output, key, ledger)
    return ForProgram({"output": str(output), "key": str(key), "cases": cases})
