"""Runs the command line, and turns errors into exit codes."""

import os
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, TextIO

from blijfwijzer import errors
from blijfwijzer.cli.commands import app
from blijfwijzer.cli.programs import tell_error


def main() -> None:
    """Run the command line; a user's error is one paragraph and an exit code of its own."""
    # Threads of OpenMP wait at full speed; where other work runs on the same cores a training then
    # takes ten times as long. Passive waiting costs nothing that can be measured on quiet ones.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    before = warnings.showwarning
    # Bound to this screen: what is quiet otherwise still warns.
    warnings.showwarning = partial(_warn, before, sys.stderr)
    try:
        app()
    except (errors.BlijfwijzerError, OSError) as error:
        _stop(*tell_error(error))
    except KeyboardInterrupt:
        _stop("Interrupted: nothing was left half-written.", errors.INTERRUPTED)
    except SystemExit as end:
        if end.code == errors.INTERRUPTED:
            _stop("Interrupted: nothing was left half-written.", errors.INTERRUPTED)
        raise
    finally:
        warnings.showwarning = before


def _warn(
    otherwise: Callable[..., None],
    screen: TextIO,
    message: Warning | str,
    category: type[Warning],
    *rest: Any,
) -> None:
    """Show a warning that is meant for a user as one, without a place in the code."""
    if issubclass(category, errors.CodebookWarning | errors.PromiseWarning):
        print(f"blijfwijzer: warning: {message}", file=screen)
    else:
        otherwise(message, category, *rest)


def _stop(message: str, code: int) -> None:
    print(f"blijfwijzer: {message}", file=sys.stderr)
    raise SystemExit(code)
