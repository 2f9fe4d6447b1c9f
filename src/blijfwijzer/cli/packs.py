"""The commands of `blijfwijzer pack`."""

from pathlib import Path
from typing import Annotated

import typer

from blijfwijzer.cli.options import OwnLedger, SettingsFile
from blijfwijzer.cli.programs import ForProgram, speaks

pack = typer.Typer(no_args_is_help=True, help="One file of models, signed, for others to use.")


@pack.command(
    "make",
    epilog="Example: `blijfwijzer pack make models --name National --key ministry.pem "
    "--output national.pack`",
)
@speaks
def make(
    models: Annotated[Path, typer.Argument(metavar="MODELS", help="Folder of models.")],
    name: Annotated[str, typer.Option(help="What whoever uses it sees that it is called.")],
    key: Annotated[
        list[Path], typer.Option(help="Your private key; repeated: the old and the new one.")
    ],
    output: Annotated[Path, typer.Option(help="File to write.")],
    until: Annotated[
        str, typer.Option(help="Last day on which it may be used: 2027-12-31. Left out: no end.")
    ] = "",
    ledger: OwnLedger = None,
) -> ForProgram:
    """Write the models that `score` would use to one file, with all they bring along; sign it."""
    from blijfwijzer.runs import pack as story

    asked = story.PackRequest(models, name, tuple(key), until)
    return ForProgram(story.tell_made(story.pack(asked, output, ledger)))


@pack.command("check", epilog="Example: `blijfwijzer pack check national.pack`")
@speaks
def check(
    file: Annotated[Path, typer.Argument(metavar="PACK", help="A file that `pack make` wrote.")],
    settings: SettingsFile = None,
) -> ForProgram:
    """Check a pack by the keys that your settings trust, and tell what is in it."""
    from blijfwijzer.runs import pack as story

    return ForProgram(story.tell_checked(file, story.inspect_pack(file, settings)))


@pack.command("key", epilog="Example: `blijfwijzer pack key ministry.pem`")
@speaks
def key(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
) -> ForProgram:
    """Make a private key to sign packs with, and tell the public one."""
    from blijfwijzer.runs import pack as story

    return ForProgram({"file": str(output), "public_key": story.make_key(output)})
