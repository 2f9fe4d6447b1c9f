"""The commands of `blijfwijzer disclosure`."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from blijfwijzer.cli.options import LedgerFolder, SettingsFile, SurveyFile
from blijfwijzer.cli.programs import ForProgram, speaks

_MADE: dict[str, tuple[str, ...]] = {
    "score": ("--preview",),
    "climate": ("--preview",),
    "claims": ("--preview",),
    "monitor": ("--output", "."),
    "explain": ("--output", "."),
    "compare": ("--output", "."),
    "promote": (),
}
"""Commands of which it can be foretold what they would show, with what stands in for an output."""
_WITH_CODEBOOK = ("climate", "claims")
disclosure = typer.Typer(no_args_is_help=True, help="What may be shown, and what was.")


@disclosure.command("audit", epilog="Example: `blijfwijzer disclosure audit out/2019 out/2022`")
@speaks
def audit(
    releases: Annotated[
        list[Path],
        typer.Argument(
            metavar="RELEASE...", help="Folders that `score`, `climate` or `claims` made."
        ),
    ],
    ledger: LedgerFolder = Path("ledger"),
    survey: Annotated[
        Path | None, typer.Option(help="The survey they were made from, to derive all again.")
    ] = None,
    codebook: Annotated[
        str | None, typer.Option("--codebook", "-c", help="The codebook it was read with.")
    ] = None,
    population: Annotated[
        Path | None,
        typer.Option(help="The margins of a register that it was made with: HR knows these too."),
    ] = None,
) -> ForProgram:
    """Work out what could be derived from releases together, and with the ledger."""
    from blijfwijzer.runs import audit as story

    told = story.audit(releases, ledger, survey, codebook, population)
    return ForProgram({"releases": told})


@disclosure.command("check-proof", epilog="Example: `blijfwijzer disclosure check-proof out/2022`")
@speaks
def check_proof(
    release: Annotated[
        Path,
        typer.Argument(
            metavar="RELEASE", help="A folder that `score`, `climate` or `claims` made."
        ),
    ],
    ledger: LedgerFolder = Path("ledger"),
    proof: Annotated[
        list[Path] | None,
        typer.Option(help="Proof of a wave; those beside the ledger when left out."),
    ] = None,
) -> ForProgram:
    """Check the proof that nothing about few people follows, without the survey."""
    from blijfwijzer.runs import audit as story

    return ForProgram({"checks": story.check_proof(release, ledger, proof or [])})


@disclosure.command("verify", epilog="Example: `blijfwijzer disclosure verify ledger`")
@speaks
def verify(
    ledgers: Annotated[
        list[Path],
        typer.Argument(metavar="LEDGER...", help="Folders of ledgers; copies are held together."),
    ],
) -> ForProgram:
    """Check ledgers of releases line by line, and whether copies of one parted ways."""
    from blijfwijzer.runs import audit as story

    return ForProgram({"ledgers": story.verify_ledgers(ledgers)})


@disclosure.command(
    "withdraw",
    epilog="Example: `blijfwijzer disclosure withdraw out/2022 --reason 'wrong export' "
    "--sha256 ...`",
)
@speaks
def withdraw(
    release: Annotated[
        Path, typer.Argument(metavar="RELEASE", help="Folder of an output, or of a model.")
    ],
    reason: Annotated[str, typer.Option(help="Why, for whoever reads the ledger later.")],
    sha256: Annotated[
        str,
        typer.Option(
            help="SHA-256 of its run.json (of a model: manifest.json): nobody was given any of it."
        ),
    ] = "",
    ledger: LedgerFolder = Path("ledger"),
) -> ForProgram:
    """Take back the last output, if it was never handed out; the ledger keeps that it was."""
    from blijfwijzer.runs import withdraw as story

    lines = story.withdraw(release, ledger, sha256, reason)
    return ForProgram({"folder": str(release), "lines": lines})


@disclosure.command(
    "lower",
    epilog="Example: `blijfwijzer disclosure lower ledger/werkonderzoek --minimum 10 "
    "--reason 'a trial run had 120'`",
)
@speaks
def lower(
    ledger: Annotated[Path, typer.Argument(metavar="LEDGER", help="Folder of one ledger.")],
    minimum: Annotated[int, typer.Option(help="Fewest people that may be told of from now on.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever reads the ledger later.")],
) -> ForProgram:
    """Lower the fewest people that earlier releases promised to tell of; the ledger keeps it."""
    from blijfwijzer.runs import withdraw as story

    before = story.lower(ledger, minimum, reason)
    return ForProgram({"ledger": str(ledger), "minimum": minimum, "before": before})


@disclosure.command(
    "plan",
    epilog="Example: `blijfwijzer disclosure plan wave2.sav 'score --by organisatie,afdeling' "
    "'climate --previous wave1.sav' claims --codebook mine.toml`",
)
@speaks
def plan(
    ctx: typer.Context,
    survey: SurveyFile,
    wishes: Annotated[
        list[str],
        typer.Argument(
            metavar="WISH...",
            help="What you would give after `blijfwijzer`, each in quotes: `score`, `climate`, "
            "`claims`, `monitor`, `explain MODEL`, `compare A B` or `promote MODEL` with its "
            "options, less the survey and the output.",
        ),
    ],
    codebook: Annotated[
        str | None, typer.Option("--codebook", "-c", help="Of each `climate` and `claims`.")
    ] = None,
    settings: SettingsFile = None,
    ledger: LedgerFolder = Path("ledger"),
) -> ForProgram:
    """Tell what outputs would cost each other before the first is made; enter nothing."""
    from blijfwijzer.runs import preview as story

    asked = list[tuple[str, Any]]()
    for wish in wishes:
        kind, words = _part_wish(wish)
        shared = [] if settings is None else ["--settings", str(settings)]
        if codebook is not None and kind in _WITH_CODEBOOK:
            shared += ["--codebook", codebook]
        # Read as the command that makes it reads it; later words win, and models come first.
        command = [kind, *_MADE[kind], *shared, *words, str(survey)]
        ctx.find_root().command.main(command, standalone_mode=False, obj=asked)
    named = [(name, *own) for name, own in zip(wishes, asked, strict=True)]
    return ForProgram(story.plan(named, ledger).as_json())


def _part_wish(wish: str) -> tuple[str, list[str]]:
    """Part a wish in its command and its options."""
    try:
        words = shlex.split(wish)
    except ValueError as error:
        raise typer.BadParameter(f"{wish}: cannot be read ({error}).") from error
    if not words or words[0] not in _MADE:
        raise typer.BadParameter(f"{wish}: is none of {', '.join(_MADE)}, with its options.")
    return words[0], words[1:]
