"""Progress of long work: a line that changes on a terminal, nothing in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[str], None]
"""Say what is being done now, as a short phrase."""


def silent(_step: str) -> None:
    """Tell nobody."""


@contextmanager
def show_progress() -> Iterator[Tell]:
    """Give a `Tell` that shows the present step, with the time since the start, on a terminal.

    It writes to standard error, so that results on standard output can be piped on.
    """
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("start", total=None)
        yield lambda step: progress.update(task, description=step)
