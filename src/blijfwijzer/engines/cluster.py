"""Workers of a cluster of Dask that take tasks; the only module that imports dask.

A cluster holds answers of people, and what a model says of them, while a batch is worked on. So
workers that may write what they hold to a disk are refused. What crosses the network is encrypted
where the address begins with tls://.
"""

import logging
import platform
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import numpy as np

from blijfwijzer.engines.tasks import BatchTask, Done, run_task
from blijfwijzer.errors import EngineError, refuse_without

_TO_CONNECT, _TO_RETURN = 20, 60
"""Seconds that a scheduler may take to answer, and that it may be without any worker."""
_PACKAGES = ("blijfwijzer", "lightgbm", "numpy", "pandas", "scikit-learn", "scipy")


class Cluster:
    """Workers of Dask that take tasks."""

    def __init__(self, client: Any, kind: dict[str, str]) -> None:
        self._client = client
        self._kind = kind

    @property
    def slots(self) -> int:
        """Threads of all workers that are there now; one while there is none."""
        return max(sum(self._threads().values()), 1)

    def submit(self, task: BatchTask) -> Any:
        """Begin a task."""
        return self._client.submit(_run, task, self._kind, pure=False)

    def finished(self, running: Iterable[Any]) -> Iterator[tuple[Any, Done | None]]:
        """Wait until some have ended; what a lost worker had Dask begins again itself.

        Raises
        ------
        EngineError
            The scheduler is gone, or has no worker any more.
        """
        from distributed.scheduler import KilledWorker

        for future in self._wait(list(running)):
            try:
                yield future, future.result(timeout=_TO_RETURN)
            except KilledWorker:
                yield future, None
            except (CancelledError, OSError, TimeoutError) as error:
                raise _gone("is gone, or a worker with what it had found is") from error

    def _wait(self, futures: list[Any]) -> Iterable[Any]:
        from distributed import wait

        waited = 0
        while waited < _TO_RETURN:
            try:
                done: Iterable[Any] = wait(futures, timeout=5, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                waited = 0 if self._threads() else waited + 5
            except (CancelledError, OSError) as error:
                raise _gone("is gone") from error
            else:
                return done
        raise _gone(f"has had no worker for {_TO_RETURN} seconds")

    def _threads(self) -> dict[str, int]:
        try:
            return dict(self._client.nthreads())
        except (OSError, TimeoutError, RuntimeError) as error:
            raise _gone("is gone") from error


@contextmanager
def connect(scheduler: str) -> Iterator[Cluster]:
    """Give the workers of a cluster, if they are fit for the work.

    Parameters
    ----------
    scheduler : address

    Raises
    ------
    MissingExtraError
        Dask is not installed.
    EngineError
        There is no such cluster, it has no worker, or workers differ from this process.
    """
    refuse_without("distributed", "dask", "--engine dask")
    if not scheduler:
        raise EngineError("--engine dask needs the address of a cluster: give --scheduler too.")
    import dask
    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    # A batch is large, and is meant to be sent.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
        try:
            client = Client(scheduler, timeout=_TO_CONNECT, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise EngineError(
                f"{scheduler}: no scheduler of Dask answers there, and nothing was written. Start "
                "one (`dask scheduler`), or give its address as it says it."
            ) from error
        try:
            with client.as_current():
                yield Cluster(client, _require_fit(client, scheduler))
        finally:
            client.close(timeout=5)


def describe_process() -> dict[str, str]:
    """Say what figures may follow from in their last digits: versions, and what the processor has.

    Libraries choose how they work out logarithms by what a processor has.
    """
    found = np.show_config(mode="dicts")["SIMD Extensions"]
    has = " ".join([*found["baseline"], *found.get("found", [])])
    versions = {name: version(name) for name in _PACKAGES}
    return {"Python": platform.python_version(), **versions, "processor": has}


def _require_fit(client: Any, scheduler: str) -> dict[str, str]:
    """Refuse workers that would find other digits, or may write people's answers to a disk.

    Returns
    -------
    What this process is, as each worker must be; one that joins later is asked with its first task.
    """
    kind = describe_process()
    try:
        client.wait_for_workers(1, timeout=_TO_CONNECT)
        faults = client.run(_find_faults, kind)
    except TimeoutError as error:
        raise EngineError(
            f"{scheduler}: the cluster has no worker. Start some (`dask worker {scheduler}`)."
        ) from error
    except Exception as error:
        raise EngineError(
            f"{scheduler}: workers cannot run blijfwijzer ({type(error).__name__}). Install this "
            "version of it where they run, with the same lock file."
        ) from error
    for worker, found in faults.items():
        if found:
            raise _unfit(f"worker {worker}", found)
    return kind


def _find_faults(kind: dict[str, str], dask_worker: Any = None) -> str:
    """Say what makes this worker unfit; nothing where it is fit."""
    own = describe_process()
    other = [name for name in kind if own.get(name) != kind[name]]
    if other:
        return f"differs in {', '.join(other)} from the process that asks"
    if type(dask_worker.data) is not dict:
        return "may write what it holds to a disk"
    return ""


def _run(task: BatchTask, kind: dict[str, str]) -> Done:
    """Do a task in a worker, if it is fit."""
    from distributed import get_worker

    found = _find_faults(kind, get_worker())
    return Done(error=_unfit("a worker", found)) if found else run_task(task)


def _unfit(worker: str, found: str) -> EngineError:
    return EngineError(
        f"{worker} {found}. Give all machines the same lock file and kind of processor, and start "
        "workers with DASK_DISTRIBUTED__WORKER__MEMORY__SPILL=False and "
        "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET=False. Nothing was written."
    )


def _gone(what: str) -> EngineError:
    return EngineError(
        f"the scheduler of Dask {what}, so the work could not be ended; nothing was written. Start "
        "it again, with its workers, and then this command."
    )
