"""What sharing the work on rows costs and saves: one process beside several and a cluster."""

import os
import pickle
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from blijfwijzer.drivers.group_profiles import Rows, Scored, score_groups
from blijfwijzer.drivers.row_batches import Batching, part_rows
from blijfwijzer.engines.engine import LOCAL, Engine, Kind
from blijfwijzer.estimation.fixed_point import FixedSums
from blijfwijzer.files import hash_bytes
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.progress import Tell, silent
from blijfwijzer.risk.boosting import Boosting, grow_trees
from blijfwijzer.risk.linear import fit_linear
from blijfwijzer.risk.model import Calibrator, RiskModel
from blijfwijzer.risk.training import prepare
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey

_RESPONDENTS, _TREES, _SIZE = 40_000, 300, 5_000
_IN_MEMORY = {
    "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "False",
}


def bench_engines(tell: Tell) -> str:
    """Score the built-in survey by each engine, and write what it took as Markdown."""
    return "\n".join(_lines(tell))


def _lines(tell: Tell) -> Iterator[str]:
    tell("make a survey and a model")
    model, rows = _make()
    yield "## Engines"
    yield ""
    yield (
        f"Risks, contributions and their sums of {len(rows.responses):,} responses and "
        f"{rows.members.shape[0]:,} groups, a regression with {_TREES} trees of depth 4 and "
        f"{len(model.schema.features)} columns. Reading, pooling and the gate are not in it. "
        "Seconds and CPU-seconds are with beginning processes, not with beginning the cluster."
    )
    yield ""
    yield "| engine | rows of a batch | seconds | CPU-seconds | SHA-256 of what is found |"
    yield "|---|---|---|---|---|"
    with _engines() as engines:
        for name, engine, size in engines:
            tell(name)
            started, used = time.perf_counter(), _cpu()
            scored = score_groups(model, rows, Batching(size, 1e-5, engine), silent)
            took, cost = time.perf_counter() - started, _cpu() - used
            # Workers of the cluster have not ended, and what they used is not known.
            used_by_all = "–" if engine.kind == Kind.DASK else f"{cost:.1f}"
            yield f"| {name} | {size:,} | {took:.1f} | {used_by_all} | `{_hash(scored)[:12]}` |"
    yield ""
    batch = next(part_rows(rows.responses, rows.scales, model.schema, _SIZE))
    yield (
        f"- A batch for another process holds {len(pickle.dumps(batch)) / _SIZE:.0f} bytes a row, "
        f"and the model with it {len(pickle.dumps(model)) / 1e6:.1f} MB; 8 bytes a row come back, "
        "and 32 of each driver and group with people in the batch."
    )
    exact, float_ = _compare_sums(rows)
    yield (
        f"- Exact sums by group of 15 columns take {exact:.2f} CPU-seconds where sums in floating "
        f"point take {float_:.2f}."
    )


def _make() -> tuple[RiskModel, Rows]:
    settings, codebook = Settings(), load_codebook(CODEBOOK)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "survey.parquet"
        write_survey(make_survey(_RESPONDENTS).responses, codebook, file)
        responses = read_survey(file, codebook, settings.intake).responses
    scales = score_scales(responses, codebook)
    outcome = next(iter(codebook.outcomes.values()))
    task = prepare(responses, scales, codebook, outcome, settings).task
    known = task.frame, task.schema
    weight = task.design.weight
    linear = fit_linear(*known[:1], task.schema, task.schema.names, task.values, weight, 0.01)
    trees = grow_trees(*known, task.values, weight, None, _TREES, Boosting())
    model = RiskModel(outcome.name, "trees", task.schema, linear, trees, Calibrator(), {})
    grouping = make_groups(responses, codebook, codebook.units.levels[:2], settings)
    return model, Rows(responses, scales, grouping.members)


@contextmanager
def _engines() -> Iterator[Iterator[tuple[str, Engine, int]]]:
    """Give engines by name, with the rows of a batch; the cluster ends with the block."""
    own = [
        ("local", LOCAL, 100_000),
        ("local", LOCAL, _SIZE),
        ("processes (2)", Engine(Kind.PROCESSES, workers=2), _SIZE),
    ]
    if find_spec("distributed") is None:
        yield iter(own)
        return
    os.environ.update(_IN_MEMORY)
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        engine = Engine(Kind.DASK, cluster.scheduler_address)
        yield iter([*own, ("dask (2 workers)", engine, _SIZE)])


def _cpu() -> float:
    """CPU-seconds of this process and of its children that have ended."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(own.ru_utime + own.ru_stime for own in used)


def _hash(scored: Scored) -> str:
    arrays = scored.risk, scored.means.to_numpy(), scored.variances.to_numpy(), scored.worth
    return hash_bytes(b"".join(array.tobytes() for array in arrays))


def _compare_sums(rows: Rows) -> tuple[float, float]:
    """CPU-seconds of exact sums by group, and of such in floating point."""
    terms = np.random.default_rng(0).normal(0, 0.1, (len(rows.responses), 15))
    took = []
    for add in (partial(FixedSums.of, terms, rows.members), lambda: rows.members @ terms):
        started = time.process_time()
        add()
        took.append(time.process_time() - started)
    return took[0], took[1]
