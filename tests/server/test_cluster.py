"""A real scheduler of Dask with workers that die: every output stays the same, to the byte."""

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial

import pytest

from blijfwijzer.engines.engine import LOCAL, Engine, Kind
from blijfwijzer.errors import DiskFullError, EngineError, WaveTooDifferentError
from command_line import call
from shared_engines import add, die_always, die_once, fail, refuse

psutil = pytest.importorskip("psutil", reason='needs the extra "dask"')
Client = pytest.importorskip("distributed", reason='needs the extra "dask"').Client
MEMORY_ONLY = {
    "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "False",
}
TESTS = os.pathsep.join(sys.path)
NUMBERS = range(1, 13)


def begin(log, *command, **environment):
    own = {**os.environ, "PYTHONPATH": TESTS, "OMP_NUM_THREADS": "1", **environment}
    command = [sys.executable, "-m", "distributed.cli." + command[0], *command[1:]]
    return subprocess.Popen(command, stdout=log, stderr=log, env=own, start_new_session=True)


def stop(process):
    """End a process and those that it began."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Cluster:
    """A scheduler, and workers of one thread each."""

    def __init__(self, folder):
        self.folder, self.address = folder, f"tcp://127.0.0.1:{free_port()}"
        self._log, self._begun = (folder / "log").open("w"), []
        self.scheduler = self._begin(
            *("dask_scheduler", "--host", self.address, "--no-dashboard"),
            *("--protocol", "tcp"),
        )

    def _begin(self, *command, **environment):
        process = begin(self._log, *command, **environment)
        self._begun.append(process)
        return process

    def add_worker(self, **environment):
        """Begin a worker, and a nanny that begins it again when it dies."""
        return self._begin(
            *("dask_worker", self.address, "--no-dashboard", "--nthreads", "1"),
            *("--local-directory", str(self.folder), "--host", "127.0.0.1"),
            **{**MEMORY_ONLY, **environment},
        )

    def pids(self):
        """Give the process of each worker."""
        with Client(self.address, set_as_default=False) as client:
            return client.run(os.getpid)

    def one_at_work(self, run=None):
        """Give the first worker that is seen to have a task, while a process runs."""
        with Client(self.address, set_as_default=False) as client:
            while run is None or run.poll() is None:
                busy = [name for name, tasks in client.processing().items() if tasks]
                if busy:
                    return busy[0]
        return None

    def kill_one_at_work(self, killed):
        """Kill the first worker that is seen to have a task."""
        pids = self.pids()
        killed.append(pids[self.one_at_work()])
        os.kill(killed[0], signal.SIGKILL)

    @property
    def engine(self):
        return Engine(Kind.DASK, self.address)

    def text(self):
        return (self.folder / "log").read_text()

    def stop(self):
        for process in self._begun:
            stop(process)
        self._log.close()


@contextmanager
def cluster_of(folder, workers):
    cluster = Cluster(folder)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with cluster_of(tmp_path_factory.mktemp("cluster"), 2) as made:
        yield made


def fold(engine, work):
    return engine.fold(work, NUMBERS, lambda _: None)


def test_a_cluster_gives_what_one_process_gives(cluster):
    shared = fold(cluster.engine, add)

    assert shared.total == fold(LOCAL, add).total
    assert os.getpid() not in shared.places


def test_batches_of_a_worker_that_dies_are_done_by_another(cluster, tmp_path):
    shared = fold(cluster.engine, partial(die_once, tmp_path))

    assert (tmp_path / "died").exists()
    assert shared.total == sum(NUMBERS)


def test_a_batch_at_which_every_worker_dies_ends_the_run(tmp_path):
    with cluster_of(tmp_path, 1) as fragile, pytest.raises(EngineError, match="died 3 times"):
        fold(fragile.engine, die_always)


def test_an_error_of_the_work_is_that_of_the_run_and_no_log_tells_of_answers(cluster):
    with pytest.raises(WaveTooDifferentError, match="other columns"):
        fold(cluster.engine, refuse)
    with pytest.raises(ZeroDivisionError):
        cluster.engine.fold(fail, ["an answer of somebody"], lambda _: None)

    assert "an answer of somebody" not in cluster.text()


def test_an_address_at_which_nobody_answers_is_refused(monkeypatch):
    monkeypatch.setattr("blijfwijzer.engines.cluster._TO_CONNECT", 2)
    with pytest.raises(EngineError, match="no scheduler of Dask answers") as told:
        fold(Engine(Kind.DASK, f"tcp://127.0.0.1:{free_port()}"), add)
    assert told.value.exit_code == 80


def test_a_cluster_is_refused_without_workers_and_with_workers_that_are_not_fit(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("blijfwijzer.engines.cluster._TO_CONNECT", 5)
    with cluster_of(tmp_path, 0) as empty:
        with pytest.raises(EngineError, match="has no worker"):
            fold(empty.engine, add)

        empty.add_worker(DASK_DISTRIBUTED__WORKER__MEMORY__SPILL="0.7")
        monkeypatch.setattr("blijfwijzer.engines.cluster._TO_CONNECT", 60)
        with pytest.raises(EngineError, match="may write what it holds to a disk"):
            fold(empty.engine, add)


def test_a_scheduler_that_goes_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr("blijfwijzer.engines.cluster._TO_RETURN", 10)
    with cluster_of(tmp_path, 1) as mortal:
        threading.Timer(6, stop, [mortal.scheduler]).start()
        with pytest.raises(EngineError, match="scheduler of Dask") as told:
            mortal.engine.fold(sleep, range(60), lambda _: None)
    assert "nothing was written" in str(told.value)


def sleep(number):
    time.sleep(1)
    return add(number)


QUICK = """
[evaluation]
bootstraps = 50
[drivers]
bootstraps = 50
[flags]
bootstraps = 50
[culture]
bootstraps = 50
splits = 10
draws = 200
[tracking]
enabled = false
[wave]
batch = 1000
[model]
candidates = ["prevalence", "items", "trees"]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A survey, and a model of a risk in it."""
    place = tmp_path_factory.mktemp("made")
    (place / "quick.toml").write_text(QUICK)
    assert not call("synthesise", "--respondents", 3000, "--output", place / "w.parquet")
    assert not call(
        *("train", place / "w.parquet", "--codebook", "werkonderzoek-2019"),
        *("--settings", place / "quick.toml", "--models", place / "models"),
        *("--target", "vertrekintentie"),
    )
    return place


COMMANDS = {
    "score": ("score", "w.parquet", "--by", "organisatie", "--and", "opleiding"),
    "explain": ("explain", "models", "w.parquet", "--target", "vertrekintentie"),
    "monitor": ("monitor", "w.parquet"),
    "climate": ("climate", "w.parquet", "--codebook", "werkonderzoek-2019"),
}


def write_all(made, folder, engine, monkeypatch, names=tuple(COMMANDS)):
    """Run commands that an engine serves, at one moment and with one key; give all files."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1764000000")
    monkeypatch.setattr("secrets.token_bytes", bytes)
    monkeypatch.chdir(made)
    for name in names:
        models = () if name == "explain" else ("--models", "models")
        places = ("--ledger", folder / "ledger" / name, "--output", folder / name)
        asked = (*COMMANDS[name], *models, "--settings", "quick.toml", *places, *engine)
        assert call(*asked) == 0
    files = (path for path in folder.rglob("*") if path.is_file())
    # The moment of a line in the ledger, and the hashes that follow from it.
    return {
        path.relative_to(folder).as_posix(): re.sub(
            rb'"(hash|previous|time)": ?"[^"]*"', b"", path.read_bytes()
        )
        for path in files
    }


def test_every_output_is_the_same_from_one_process_several_and_a_cluster_whose_worker_dies(
    made, cluster, tmp_path, monkeypatch
):
    alone = write_all(made, tmp_path / "alone", (), monkeypatch)
    two = ("--engine", "processes", "--workers", 2)
    several = write_all(made, tmp_path / "several", two, monkeypatch, ["score"])
    killed = []
    killer = threading.Thread(target=cluster.kill_one_at_work, args=[killed])
    killer.start()
    asked = ("--engine", "dask", "--scheduler", cluster.address)
    shared = write_all(made, tmp_path / "shared", asked, monkeypatch)
    killer.join()

    assert killed
    assert killed[0] not in cluster.pids().values()
    assert len(alone) > 40
    assert set(shared) == set(alone)
    assert [name for name in alone if shared[name] != alone[name]] == []
    assert len(several) > 10
    assert [name for name in several if several[name] != alone[name]] == []


@pytest.mark.parametrize("kind", ["processes", "dask"])
def test_ctrl_c_leaves_nothing_half_written_and_the_run_can_be_started_again(
    kind, made, cluster, tmp_path
):
    asked = ["--engine", kind, *(["--scheduler", cluster.address] if kind == "dask" else [])]
    command = [
        *(sys.executable, "-m", "blijfwijzer", "score", made / "w.parquet"),
        *("--models", made / "models", "--by", "organisatie", "--settings", made / "quick.toml"),
        *("--output", tmp_path / "out", "--ledger", tmp_path / "ledger", *asked),
    ]
    with (tmp_path / "log").open("w") as log:
        run = subprocess.Popen(
            list(map(str, command)),
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": TESTS},
            start_new_session=True,
            # What runs in the background of a shell is begun deaf to Ctrl-C.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        # Work is handed out: to a worker, or to processes of its own beside that which tracks them.
        if kind == "dask":
            cluster.one_at_work(run)
        while kind == "processes" and run.poll() is None:
            if len(psutil.Process(run.pid).children()) > 1:
                break
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGINT)
        code = run.wait(120)

    said = (tmp_path / "log").read_text()
    assert code == 130, said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()
    assert list(tmp_path.iterdir()) == [tmp_path / "log"]
    assert call(*command[3:]) == 0


def test_a_full_disk_at_the_end_of_shared_work_leaves_nothing_half_written(
    made, cluster, tmp_path, monkeypatch
):
    def refuse(*_args, **_named):
        raise OSError(errno.ENOSPC, "No space left on device")

    command = (
        *("score", made / "w.parquet", "--models", made / "models", "--by", "organisatie"),
        *("--settings", made / "quick.toml", "--ledger", tmp_path / "ledger"),
        *("--output", tmp_path / "out", "--engine", "dask", "--scheduler", cluster.address),
    )
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", refuse)
        assert call(*command) == DiskFullError.exit_code
    assert not (tmp_path / "out").exists()

    assert call(*command) == 0
