"""The command line's door: parse, call one run, turn errors into exit codes."""

from blijfwijzer.cli.commands import app
from blijfwijzer.cli.entry import main

__all__ = ["app", "main"]
