"""What a command tells a program: its result or its error as JSON, and nothing else."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Annotated

import typer

from blijfwijzer import errors
from blijfwijzer.files import to_json

AsJson = Annotated[
    bool, typer.Option("--json", help="Tell it to a program, and errors too (docs/json.md).")
]


@contextmanager
def told_to_programs(is_asked: bool) -> Iterator[None]:
    """Print an error as JSON where a program asks; it ends the command as ever.

    What a person would read goes to standard error meanwhile.
    """
    if not is_asked:
        yield
        return
    answer = sys.stdout
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (errors.BlijfwijzerError, OSError) as error:
        text, code = tell_error(error)
        told = {"exit_code": code, "kind": type(error).__name__, "text": text}
        answer.write(to_json({"error": told}).decode())
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
