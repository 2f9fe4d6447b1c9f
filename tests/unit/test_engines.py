"""Whoever works on batches, and whoever of them dies, the same comes of it."""

import os
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from multiprocessing import active_children

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer.drivers.contributions import contribute
from blijfwijzer.drivers.group_profiles import Rows, score_groups
from blijfwijzer.drivers.row_batches import Batching, contribute_rows, part_rows
from blijfwijzer.engines.engine import LOCAL, Engine, Kind
from blijfwijzer.engines.processes import start_processes
from blijfwijzer.engines.tasks import BatchTask, Done
from blijfwijzer.errors import EngineError, WaveTooDifferentError
from blijfwijzer.progress import silent
from blijfwijzer.risk.boosting import Boosting, grow_trees
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.linear import fit_linear
from blijfwijzer.risk.model import Calibrator, RiskModel
from shared_engines import add, die_always, die_once, fail, refuse
from shared_models import SCHEMA, make_survey

ONE, TWO = (Engine(Kind.PROCESSES, workers=workers) for workers in (1, 2))
NUMBERS = range(1, 13)


def fold(engine, work, numbers=NUMBERS):
    heard = []
    return engine.fold(work, numbers, heard.append), heard


def test_processes_give_what_one_process_gives():
    alone, in_order = fold(LOCAL, add)
    shared, heard = fold(TWO, add)

    assert shared.total == alone.total == sum(NUMBERS)
    assert heard == in_order == list(NUMBERS)
    assert os.getpid() not in shared.places


def test_batches_of_a_worker_that_dies_are_done_again(tmp_path):
    shared, heard = fold(TWO, partial(die_once, tmp_path))

    assert (tmp_path / "died").exists()
    assert shared.total == sum(NUMBERS)
    assert heard == list(NUMBERS)


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C goes to one process there")
def test_ctrl_c_does_not_reach_a_worker_that_is_only_being_begun():
    with start_processes(1) as pool:
        doing = pool.submit(BatchTask(add, 3))
        for worker in active_children():
            os.kill(worker.pid, signal.SIGINT)
        done = [result for _, result in pool.finished([doing])]

    assert None not in done


def test_ctrl_c_waits_until_workers_are_begun(monkeypatch):
    submit = ProcessPoolExecutor.submit

    def interrupted(executor, *arguments):
        other.submit(signal.raise_signal, signal.SIGINT).result()
        begun.append(submit(executor, *arguments))
        return begun[0]

    begun = []
    monkeypatch.setattr(ProcessPoolExecutor, "submit", interrupted)
    # Who runs tests side by side lets them ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with start_processes(1) as pool, ThreadPoolExecutor(1) as other:
        other.submit(int).result()
        with pytest.raises(KeyboardInterrupt):
            pool.submit(BatchTask(add, 3))
    signal.signal(signal.SIGINT, before)

    assert begun[0].result().part.total == 3


def test_a_batch_at_which_every_worker_dies_ends_the_run_with_what_to_do():
    with pytest.raises(EngineError, match=r"died 3 times .* Use fewer workers") as told:
        fold(ONE, die_always)
    assert told.value.exit_code == 80


@pytest.mark.parametrize("engine", [LOCAL, ONE], ids=["local", "processes"])
def test_an_error_of_the_work_is_that_of_the_run(engine):
    with pytest.raises(WaveTooDifferentError, match="other columns"):
        fold(engine, refuse)


def test_a_fault_of_the_work_is_no_error_to_tell():
    with pytest.raises(ZeroDivisionError):
        fold(ONE, fail, [1])


def test_a_cluster_without_an_address_is_refused():
    with pytest.raises(EngineError, match="give --scheduler"):
        fold(Engine(Kind.DASK), add)


def test_what_logs_may_hold_of_a_task_tells_no_answer():
    assert repr(BatchTask(add, "an answer")) == "BatchTask"
    assert repr(Done("an answer")) == "Done"


@pytest.fixture(scope="module")
def model():
    frame, values, weight, _ = make_survey(np.random.default_rng(2019), 1500)
    linear = fit_linear(frame, SCHEMA, SCHEMA.names, values, weight, 1.0)
    trees = grow_trees(frame, SCHEMA, values, weight, None, 40, Boosting(depth=3))
    return RiskModel("leaving", "trees", SCHEMA, linear, trees, Calibrator(0.1, 0.9), {})


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(7)
    frame, _, weight, _ = make_survey(rng, 2600)
    sort = frame["sort"].map({0.0: "x", 1.0: "y", 2.0: "z"}).astype("category")
    responses = frame[["a", "b"]].assign(sort=sort, weight=weight / 3, remark="is read by nobody")
    members = csr_array((rng.random((9, len(frame))) < 0.3).astype(float))
    return Rows(responses, frame[["mean"]], members)


def bytes_of(scored):
    arrays = scored.risk, scored.means, scored.variances, scored.worth
    counts = scored.sample.counts.to_numpy(dtype=str).tolist()
    return [np.ascontiguousarray(array).tobytes() for array in arrays], counts


@pytest.mark.parametrize("size", [1, 7, 1000, 1024, 2599])
def test_no_bit_of_a_score_depends_on_the_size_of_batches(size, model, rows):
    some = Rows(rows.responses[:20], rows.scales[:20], rows.members[:, :20].tocsr())
    own = some if size < 10 else rows

    whole = score_groups(model, own, Batching(10_000, 1e-9), silent)
    parted = score_groups(model, own, Batching(size, 1e-9), silent)

    assert bytes_of(parted) == bytes_of(whole)


def test_no_bit_of_an_explanation_depends_on_the_size_of_batches(model, rows):
    frame = build_features(rows.responses[:200], rows.scales[:200], SCHEMA).frame

    whole, parted = (
        contribute_rows(model, frame, Batching(size, 1e-9), silent) for size in (1000, 33)
    )

    pd.testing.assert_frame_equal(whole.values, parted.values, check_exact=True)
    assert whole.risk.tobytes() == parted.risk.tobytes()
    assert (whole.base, whole.largest_gap) == (parted.base, parted.largest_gap)
    pd.testing.assert_frame_equal(whole.values, contribute(model, frame).values, check_exact=True)


def test_no_bit_of_a_group_depends_on_the_order_of_rows(model, rows, rng):
    order = rng.permutation(len(rows.responses))
    moved = Rows(rows.responses.iloc[order], rows.scales.iloc[order], rows.members[:, order])

    one, other = (score_groups(model, own, Batching(1000, 1e-9), silent) for own in (rows, moved))

    assert one.risk[order].tobytes() == other.risk.tobytes()
    pd.testing.assert_frame_equal(one.means, other.means, check_exact=True)
    pd.testing.assert_frame_equal(one.variances, other.variances, check_exact=True)


def test_means_of_groups_are_those_of_sums_in_floating_point(model, rows):
    scored = score_groups(model, rows, Batching(1000, 1e-9), silent)

    weight = rows.responses["weight"].to_numpy()
    risk = (rows.members @ (weight * scored.risk)) / (rows.members @ weight)
    gaps = risk - scored.means.sum(axis=1).to_numpy()
    np.testing.assert_allclose(gaps, gaps[0], atol=1e-12)


def test_a_batch_holds_what_the_model_reads_and_nothing_else(rows):
    batches = list(part_rows(rows.responses, rows.scales, SCHEMA, 1000))

    assert {*batches[0].responses, *batches[0].scales} == {"a", "b", "sort", "mean"}
    assert all(one.rows.stop == other.rows.start for one, other in pairwise(b for b in batches))
    assert sum(len(batch.responses) for batch in batches) == len(rows.responses)
