"""What a command tells: a person in lines, a program as JSON, or nobody at all."""

import errno
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import wraps
from io import StringIO
from typing import Annotated, Any

import typer

from blijfwijzer import errors
from blijfwijzer.files import to_json

AsJson = Annotated[
    bool, typer.Option("--json", help="Tell it to a program, and errors too (docs/json.md).")
]
IsQuiet = Annotated[bool, typer.Option("--quiet", help="Say nothing but warnings and errors.")]

_LOG = "BLIJFWIJZER_LOG"
"""Environment variable of `records.logbook`, which is imported only where that is set."""


@dataclass(frozen=True)
class ForProgram:
    """What a command has to tell a program."""

    result: Mapping[str, Any]
    """As docs/json.md has it."""
    exit_code: int = 0
    """With which the command ends all the same; 0 unless what it found is a reason not to go on."""


def is_planned(ctx: typer.Context, kind: str, asked: Any) -> bool:
    """Hand what is asked to a plan, where one reads the command; say whether one does."""
    if _is_for_plan(ctx):
        ctx.obj.append((kind, asked))
    return _is_for_plan(ctx)


def _is_for_plan(ctx: typer.Context) -> bool:
    return isinstance(ctx.obj, list)


def speaks(command: Callable[..., ForProgram]) -> Callable[..., None]:
    """Let a command take `--json` and `--quiet`, beside its own options.

    Typer reads options from a signature, so that the two are added to it here, once for all.
    """
    own = inspect.signature(command)

    @wraps(command)
    def run(
        ctx: typer.Context, *, as_json: bool = False, is_quiet: bool = False, **options: Any
    ) -> None:
        given = {"ctx": ctx} if "ctx" in own.parameters else {}
        with _heard_by(as_json, is_quiet) as answer, _logged(ctx, options) as keep:
            told = command(**given, **options)
            keep(told)
            if as_json:
                answer(told.result)
        if told.exit_code:
            raise typer.Exit(told.exit_code)

    told = {name: one for name, one in own.parameters.items() if name != "ctx"}
    place, kind = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("ctx", place, annotation=typer.Context)
    added = {"as_json": AsJson, "is_quiet": IsQuiet}
    more = [inspect.Parameter(n, kind, default=False, annotation=a) for n, a in added.items()]
    vars(run).update(__signature__=own.replace(parameters=[context, *told.values(), *more]))
    run.__annotations__ = {**command.__annotations__, "ctx": typer.Context, **added}
    return run


@contextmanager
def _logged(
    ctx: typer.Context, options: Mapping[str, Any]
) -> Iterator[Callable[[ForProgram], None]]:
    """Log a command by its whole name where logs are kept, which costs nothing where none are.

    What a plan asks is not done, and so is not logged either.

    Yields
    ------
    What keeps how it ended, and the place in the ledger of what it made.
    """
    if _is_for_plan(ctx) or not os.environ.get(_LOG):
        yield lambda told: None
        return
    from blijfwijzer.records.logbook import logged

    names, at = [str(ctx.info_name)], ctx.parent
    while at is not None and at.parent is not None:
        names, at = [str(at.info_name), *names], at.parent
    with logged(" ".join(names), options) as operation:
        yield lambda told: operation.told(told.result, told.exit_code)


@contextmanager
def _heard_by(as_json: bool, is_quiet: bool) -> Iterator[Callable[[Any], None]]:
    """Send what a person would read where it is asked: to standard error beside JSON, or nowhere.

    An error is told as JSON where a program asks; it ends the command as ever.

    Yields
    ------
    What writes a result as JSON.
    """
    output = sys.stdout
    aside = StringIO() if is_quiet else sys.stderr

    def answer(result: Any) -> None:
        print(to_json(result).decode(), end="", file=output)

    if not (as_json or is_quiet):
        yield answer
        return
    try:
        with redirect_stdout(aside), redirect_stderr(aside):
            yield answer
    except (errors.BlijfwijzerError, OSError) as error:
        if as_json:
            text, code = tell_error(error)
            answer({"error": {"exit_code": code, "kind": type(error).__name__, "text": text}})
        raise


def tell_error(error: errors.BlijfwijzerError | OSError) -> tuple[str, int]:
    """Say what went wrong, and by which exit code.

    Of the system's errors only want of space, permission or place is no bug; others are raised.
    """
    if isinstance(error, errors.BlijfwijzerError):
        return str(error), error.exit_code
    where = error.filename or "the output"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{where}: the disk is full. Free some space.", errors.DiskFullError.exit_code
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT):
        return f"{where}: {error.strerror}.", errors.NotWritableError.exit_code
    raise error
