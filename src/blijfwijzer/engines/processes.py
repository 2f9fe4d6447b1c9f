"""Processes of this machine that take tasks; when one dies, others are started in their place."""

import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from multiprocessing import get_context, resource_tracker

from blijfwijzer.engines.tasks import BatchTask, Done, run_task


class Processes:
    """Processes that take tasks."""

    def __init__(self, count: int) -> None:
        self.slots = count
        self._executor = self._start()

    def submit(self, task: BatchTask) -> "Future[Done]":
        """Begin a task."""
        with _interrupts_withheld():
            try:
                return self._executor.submit(run_task, task)
            except BrokenProcessPool:
                # One process that dies takes all along.
                self._executor.shutdown(wait=True)
                self._executor = self._start()
                return self._executor.submit(run_task, task)

    def finished(
        self, running: "Iterable[Future[Done]]"
    ) -> "Iterator[tuple[Future[Done], Done | None]]":
        """Wait until some have ended."""
        for future in wait(list(running), return_when=FIRST_COMPLETED).done:
            try:
                yield future, future.result()
            except BrokenProcessPool:
                yield future, None

    def close(self) -> None:
        """Let processes end what they are at, and no more."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        # A fork of a process with threads may hang (of OpenMP it does), so each starts anew.
        return ProcessPoolExecutor(self.slots, get_context("spawn"), _begin)


@contextmanager
def start_processes(count: int) -> Iterator[Processes]:
    """Give processes that take tasks.

    Parameters
    ----------
    count : as many as there are cores when 0
    """
    pool = Processes(count or os.cpu_count() or 1)
    try:
        yield pool
    finally:
        pool.close()


@contextmanager
def _interrupts_withheld() -> Iterator[None]:
    """Let Ctrl-C wait while processes are begun, and never reach these.

    Ctrl-C goes to all processes of a terminal, and any thread of this one may take it: one that is
    begun would end by it before it knows better, or find half of what it is to begin with.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    come: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: come.append(number))
    try:
        with _interrupts_blocked() if hasattr(signal, "pthread_sigmask") else nullcontext():
            yield
    finally:
        signal.signal(signal.SIGINT, handler or signal.SIG_DFL)
    if come:
        signal.raise_signal(signal.SIGINT)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block Ctrl-C in this thread, and so in processes that it begins."""
    # This clears the mask when it begins its own process.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Leave Ctrl-C to the process that began, and cores to the processes beside this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
