"""A batch and what is to be done with it, and the workers that take such tasks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from blijfwijzer.errors import BlijfwijzerError, EngineError

_TRIES = 3
"""Times that a batch is begun where workers die of it, or beside it; convention of ours."""
_IN_FLIGHT = 2
"""Batches per worker that are held at a time: one is worked on, and one waits."""


@dataclass(frozen=True, repr=False)
class BatchTask:
    """A batch and its work."""

    work: Callable[[Any], Any]
    batch: Any
    tries: int = 1

    def __repr__(self) -> str:
        """Give a text that tells no answer, since logs of workers may hold it."""
        return "BatchTask"

    def again(self) -> "BatchTask":
        """Give the task for another worker, as that which had it was lost.

        Raises
        ------
        EngineError
            Enough were lost by it.
        """
        if self.tries >= _TRIES:
            raise EngineError(
                f"workers died {_TRIES} times at the same batch, which mostly means that they have "
                "too little memory; nothing was written. Use fewer workers, or give them more."
            )
        return BatchTask(self.work, self.batch, self.tries + 1)


@dataclass(frozen=True, repr=False)
class Done:
    """What came of a task: what is left of the batch, or an error to tell the user."""

    part: Any = None
    error: BlijfwijzerError | None = None

    def __repr__(self) -> str:
        """Give a text that tells nothing of what was found."""
        return "Done"


def run_task(task: BatchTask) -> Done:
    """Do the work, wherever this is; an error to tell is a value, which nobody logs or retries."""
    try:
        return Done(task.work(task.batch))
    except BlijfwijzerError as error:
        return Done(error=error)


class WorkerPool(Protocol):
    """Workers that take tasks."""

    @property
    def slots(self) -> int:
        """Tasks that are worked on at a time."""
        ...

    def submit(self, task: BatchTask) -> Any:
        """Begin a task, and give what stands for it."""
        ...

    def finished(self, running: Iterable[Any]) -> Iterator[tuple[Any, Done | None]]:
        """Wait until some have ended, and give these; None of one whose worker was lost."""
        ...


def parts_of(pool: WorkerPool, work: Callable[[Any], Any], batches: Iterable[Any]) -> Iterator[Any]:
    """Give what is left of each batch, as workers end; only a few batches are held at a time.

    Raises
    ------
    EngineError
        Workers were lost too often.
    BlijfwijzerError
        Whatever the work itself raises.
    """
    tasks = (BatchTask(work, batch) for batch in batches)
    running: dict[Any, BatchTask] = {}
    while True:
        while len(running) < _IN_FLIGHT * pool.slots and (task := next(tasks, None)) is not None:
            running[pool.submit(task)] = task
        if not running:
            return
        for handle, done in list(pool.finished(running)):
            task = running.pop(handle)
            if done is None:
                again = task.again()
                running[pool.submit(again)] = again
            elif done.error is not None:
                raise done.error
            else:
                yield done.part
