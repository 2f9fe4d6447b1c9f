"""The commands of `blijfwijzer govern`."""

from pathlib import Path
from typing import Annotated

import typer

from blijfwijzer.cli.options import LedgerFolder, SettingsFile
from blijfwijzer.cli.programs import ForProgram, speaks

govern = typer.Typer(
    no_args_is_help=True, help="What is settled before results are used, and what is stopped."
)
ModelFolder = Annotated[
    Path | None,
    typer.Option(
        help="Folder of one model, its address in the registry, or a pack; all when left out."
    ),
]


@govern.command("draft", epilog="Example: `blijfwijzer govern draft mine.toml`")
@speaks
def draft(
    codebook: Annotated[
        str, typer.Argument(metavar="CODEBOOK", help="Of the survey: a name, or a .toml.")
    ],
    output: Annotated[Path | None, typer.Option(help="Where to write it; else the screen.")] = None,
) -> ForProgram:
    """Draft the governance file of a survey, for people to finish."""
    from blijfwijzer.runs import govern as story

    text = story.draft(codebook, output)
    return ForProgram({"output": None if output is None else str(output), "text": text})


@govern.command("check", epilog="Example: `blijfwijzer govern check governance.toml`")
@speaks
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A governance file.")],
    ledger: LedgerFolder = Path("ledger"),
) -> ForProgram:
    """Say all that a governance file lacks or contradicts, beside the results that were made."""
    from blijfwijzer.runs import govern as story

    checked = story.check(file, ledger)
    told = checked.governance
    result = {
        "survey": told.survey,
        "sha256": told.sha256,
        "thresholds_sha256": told.acceptance.sha256,
        "faults": list(checked.faults),
    }
    return ForProgram(result, checked.exit_code)


@govern.command("stop", epilog="Example: `blijfwijzer govern stop --reason 'a complaint'`")
@speaks
def stop(
    reason: Annotated[str, typer.Option(help="Why, for whoever reads the ledger later.")],
    model: ModelFolder = None,
    ledger: LedgerFolder = Path("ledger"),
    settings: SettingsFile = None,
) -> ForProgram:
    """Stop all that is made with a model, or all, until somebody resumes it."""
    from blijfwijzer.runs import govern as story
    from blijfwijzer.settings import load_settings

    packs = load_settings(settings).packs
    return ForProgram({"ledgers": story.stop(ledger, model, reason, packs)})


@govern.command(
    "resume", epilog="Example: `blijfwijzer govern resume --by 'director HR' --reason 'mended'`"
)
@speaks
def resume(
    by: Annotated[str, typer.Option(help="Who decides so: a role, or a name.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever reads the ledger later.")],
    model: ModelFolder = None,
    ledger: LedgerFolder = Path("ledger"),
    settings: SettingsFile = None,
) -> ForProgram:
    """Resume what was stopped; the ledger keeps who did, and why."""
    from blijfwijzer.runs import govern as story
    from blijfwijzer.settings import load_settings

    packs = load_settings(settings).packs
    return ForProgram({"ledgers": story.resume(ledger, model, by, reason, packs)})


@govern.command("log", epilog="Example: `blijfwijzer govern log log --verify`")
@speaks
def log(
    logs: Annotated[Path, typer.Argument(metavar="LOGS", help="Folder of the logs.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Check each line, and that none is lost.")
    ] = False,
    purge: Annotated[
        int, typer.Option(help="Delete whole months that ended more than so many days ago.")
    ] = 0,
    ledger: LedgerFolder = Path("ledger"),
) -> ForProgram:
    """Tell where the logs of what was done end; check them, or delete what may go."""
    from blijfwijzer.runs import logs as story

    gone = story.purge(logs, purge) if purge else []
    ledgers = ledger if ledger.is_dir() else None
    told = story.verify_logs(logs, ledgers) if verify or purge else story.tell_logs(logs)
    return ForProgram({**told.as_json(), "deleted": gone})
