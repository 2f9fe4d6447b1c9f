"""How much of what a model says of people cells of ten keep, and how much they could."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Literal

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.copies import number_forms
from blijfwijzer.drivers.cells import Alike, kept_shares, make_cells
from blijfwijzer.drivers.contributions import centre, contribute
from blijfwijzer.progress import Tell, silent
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.selection import select_model
from blijfwijzer.risk.training import prepare
from blijfwijzer.runs.synthesise import synthesise
from blijfwijzer.settings import ModelSettings, Settings
from blijfwijzer.survey.arrays import Array, Codes
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales

_SMALLEST, _DOMINANCE = 10, 0.9
_FEW, _MANY, _LEARNT = 4_000, 40_000, 4_000
"""Responses that are put in cells, and that models are fitted on."""
_STEPS, _AT_ONCE = 8, 2_000
_Kind = Literal["items", "trees"]
_KINDS: tuple[_Kind, ...] = ("items", "trees")


@dataclass(frozen=True)
class Kept:
    """What cells keep of the variance of contributions."""

    people: int
    cells: int
    together: float
    """Of all features."""
    half: float
    """Half of the features keep so much or more."""
    freely: float
    """What as many clusters of any size keep, by k-means from these cells: about the most that
    cells could."""
    seconds: float
    """Of the processor, to make the cells."""


def try_cells(people: Alike) -> Kept:
    """Put people in cells, and measure what these keep."""
    began = process_time()
    cells = make_cells(people, _SMALLEST, _DOMINANCE)
    seconds = process_time() - began
    together, each = kept_shares(people.values, people.weight, cells)
    freely, _ = kept_shares(people.values, people.weight, _cluster(people, cells))
    count = int(cells.max()) + 1
    return Kept(len(cells), count, together, float(each.median()), freely, seconds)


def _cluster(people: Alike, cells: Codes) -> Codes:
    """Move people to the nearest mean, and means to their people, whatever sizes come of it."""
    values, found = people.values.to_numpy(), cells
    for _ in range(_STEPS):
        means = _means(values, people.weight, np.unique(found, return_inverse=True)[1])
        sizes = (means**2).sum(axis=1)
        parts = (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
        found = np.concatenate([np.argmin(sizes - 2 * part @ means.T, axis=1) for part in parts])
    return found


def _means(values: Array, weight: Array, number: Codes) -> Array:
    total = np.bincount(number, weights=weight)
    sums = [np.bincount(number, weights=weight * column) for column in values.T]
    return np.stack(sums, axis=1) / total[:, None]


def _surveys(data: Path, folder: Path) -> Iterator[tuple[str, pd.DataFrame, Codebook]]:
    """Give responses of the built-in survey and of FEVS, with their codebooks."""
    synthesise(folder / "built-in.parquet", _MANY, seed=11)
    files = {"built-in": (folder / "built-in.parquet", "werkonderzoek-2019")}
    if (data / "fevs2018.csv.gz").exists():
        files["FEVS 2018"] = (data / "fevs2018.csv.gz", "fevs-2018")
    for name, (file, book) in files.items():
        codebook = load_codebook(book)
        responses = read_survey(file, codebook, Settings().intake).responses
        yield name, responses.iloc[_spread(len(responses), _MANY)], codebook


def _spread(count: int, most: int) -> Codes:
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.intp))


def _explained(responses: pd.DataFrame, codebook: Codebook, kind: _Kind) -> Alike:
    """Explain whether people mean to leave by a model of some of them."""
    settings = Settings().model_copy(
        update={"model": ModelSettings(candidates=(kind,), folds=2, threads=1)}
    )
    few = responses.iloc[_spread(len(responses), _LEARNT)].reset_index(drop=True)
    outcome = codebook.outcomes["vertrekintentie"]
    task = prepare(few, score_scales(few, codebook), codebook, outcome, settings).task
    model = centre(select_model(task).champion, task.frame, task.weight)
    frame = build_features(responses, score_scales(responses, codebook), model.schema).frame
    units = responses[codebook.units.cluster].astype("str").to_numpy()
    weight = responses["weight"].to_numpy(dtype=float)
    number = np.unique(units, return_inverse=True)[1]
    return Alike(contribute(model, frame).values, weight, number_forms(frame), number)


def _take(people: Alike, count: int) -> Alike:
    rows = _spread(len(people.weight), count)
    values = people.values.iloc[rows]
    return Alike(values, people.weight[rows], people.forms[rows], people.units[rows])


def validate_cells(data: Path, tell: Tell = silent) -> str:
    """Put people in cells by models of several kinds, and write what these keep."""
    lines = [
        "## Cells",
        "",
        "Share of the variance of contributions that lies between cells of ten people: in all, and "
        "of the feature in the middle. *Any size*: what as many clusters keep that need not hold "
        "ten (k-means from these cells), which is about the most that cells can. Goals: .91 on the "
        "built-in survey and .88 on FEVS, 100,000 people in a minute.",
        "",
        "| survey | model | people | cells | kept | feature in the middle | any size | seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with TemporaryDirectory() as folder:
        for name, responses, codebook in _surveys(data, Path(folder)):
            for kind in _KINDS:
                tell(f"cells: {name}, {kind}")
                people = _explained(responses, codebook, kind)
                for count in (_FEW, _MANY):
                    found = try_cells(_take(people, count))
                    shares = (found.together, found.half, found.freely)
                    told = " | ".join(f"{one:.2f}" for one in shares)
                    lines.append(
                        f"| {name} | {kind} | {found.people:,} | {found.cells:,} | {told} | "
                        f"{found.seconds:.0f} |"
                    )
    return "\n".join([*lines, ""])
