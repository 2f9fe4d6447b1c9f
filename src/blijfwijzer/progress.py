"""Progress of long work: a line that changes on a terminal, a line per step elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Tell = Callable[[str], None]
"""Say what is being done now, as a short phrase."""


_SECONDS_BETWEEN = 5.0
_LEAST_BETWEEN = 0.2
"""Seconds between steps that are told from within: far more often there is something to tell."""


def silent(_step: str) -> None:
    """Tell nobody."""


_SHOWN: ContextVar[Tell] = ContextVar("_SHOWN", default=silent)


def tell_within(step: str) -> None:
    """Say how far long work is from deep within it, to whoever shows progress, if anybody does.

    What decides by numbers alone would else have to be handed a `Tell` through all its calls.
    """
    _SHOWN.get()(step)


def _now_and_then(tell: Tell) -> Tell:
    last = time.monotonic()

    def tell_rarely(step: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _LEAST_BETWEEN:
            last = now
            tell(step)

    return tell_rarely


def _tell_in_lines(start: float) -> Tell:
    last = start

    def tell(step: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN:
            last = now
            print(f"  {now - start:.0f} s: {step}", file=sys.stderr, flush=True)

    return tell


@contextmanager
def show_progress() -> Iterator[Tell]:
    """Give a `Tell` that shows the present step, with the time since the start.

    It writes to standard error, so that results on standard output can be piped on. Where that is
    no terminal, as in a log, a step gets a line when five seconds have passed since the last.
    """
    with _shown() as tell:
        before = _SHOWN.set(_now_and_then(tell))
        try:
            yield tell
        finally:
            _SHOWN.reset(before)


@contextmanager
def _shown() -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _tell_in_lines(time.monotonic())
        return
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("start", total=None)
        yield lambda step: progress.update(task, description=step)
