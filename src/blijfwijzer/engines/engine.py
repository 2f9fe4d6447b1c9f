"""The engine: a function mapped over batches, and what is left of them merged."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self, TypeVar

from blijfwijzer.engines.tasks import WorkerPool, parts_of


class Mergeable(Protocol):
    """What is left of a batch; merging is associative and commutative, to the byte."""

    def merge(self, other: Self) -> Self:
        """Give what is left of both."""
        ...


M = TypeVar("M", bound=Mergeable)
B = TypeVar("B")
Heard = Callable[[int], None]
"""Is told how many batches are merged."""


class Kind(StrEnum):
    """Engines that there are."""

    LOCAL = "local"
    PROCESSES = "processes"
    DASK = "dask"


@dataclass(frozen=True)
class Engine:
    """Where batches are worked on; no output tells which it was."""

    kind: Kind = Kind.LOCAL
    scheduler: str = ""
    """Address of the scheduler of a cluster of Dask, such as tls://10.0.0.1:8786."""
    workers: int = 0
    """Processes; as many as there are cores when 0."""

    def fold(self, work: Callable[[B], M], batches: Iterable[B], heard: Heard) -> M:
        """Do the work of each batch, and merge what is left of them.

        Parameters
        ----------
        work, batches : both can be pickled; one batch at least

        Raises
        ------
        EngineError
            Workers are gone, or cannot do this work.
        BlijfwijzerError
            Whatever the work itself raises.
        """
        if self.kind == Kind.LOCAL:
            return _merge(map(work, batches), heard)
        with self._pool() as pool:
            parts: Iterator[M] = parts_of(pool, work, batches)
            return _merge(parts, heard)

    def _pool(self) -> AbstractContextManager[WorkerPool]:
        if self.kind == Kind.PROCESSES:
            from blijfwijzer.engines.processes import start_processes

            return start_processes(self.workers)
        from blijfwijzer.engines.cluster import connect

        return connect(self.scheduler)


LOCAL = Engine()
"""This process alone."""


def _merge(parts: Iterator[M], heard: Heard) -> M:
    merged = next(parts)
    heard(1)
    for count, part in enumerate(parts, 2):
        merged = merged.merge(part)
        heard(count)
    return merged
