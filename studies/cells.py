"""How much of what a model says of people cells of ten keep, and how much they could."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.copies import number_forms
from blijfwijzer.drivers.cells import Alike, kept_shares, make_cells, project
from blijfwijzer.drivers.contributions import centre, contribute
from blijfwijzer.progress import Tell, silent
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.risk.selection import select_model
from blijfwijzer.risk.training import prepare
from blijfwijzer.runs.synthesise import synthesise
from blijfwijzer.settings import Candidate, ModelSettings, Settings
from blijfwijzer.survey.arrays import Array, Codes
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales

_SMALLEST, _DOMINANCE = 10, 0.9
_FEW, _MANY = 4_000, 100_000
"""Responses of a wave of few, and of many."""
_STEPS, _AT_ONCE = 5, 2_000


@dataclass(frozen=True)
class Kept:
    """What cells keep of the variance of contributions."""

    people: int
    cells: int
    together: float
    """Of all features."""
    half: float
    """Half of the features keep so much or more."""
    plainly: float
    """What cells of ten by MDAV keep, to which no other rule applies."""
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
    points = project(people.values.to_numpy(), people.weight)
    plainly, freely = (
        kept_shares(people.values, people.weight, other)[0]
        for other in (
            group_by_distance(points, people.weight, _SMALLEST),
            _cluster(points, people.weight, cells),
        )
    )
    count = int(cells.max()) + 1
    return Kept(len(cells), count, together, float(each.median()), plainly, freely, seconds)


def group_by_distance(points: Array, weight: Array, size: int) -> Codes:
    """Group people by MDAV: those nearest to whoever is farthest from the middle, and so on.

    Of those who are in no group yet, who is farthest from their mean and who is farthest from
    that one each make a group with the others who are nearest (Domingo-Ferrer & Torra 2005,
    doi:10.1007/s10618-005-0007-5, MDAV-generic).

    Parameters
    ----------
    points : one row per person, at least `size`
    size : people in a group; the last has up to twice as many, less one

    Returns
    -------
    Number of the group of each person, from 0 on.
    """
    found = np.empty(len(points), dtype=np.intp)
    left, own, weighed, groups = np.arange(len(points)), points, weight, 0

    def apart(place: Array) -> Array:
        return np.asarray((own**2).sum(axis=1) - 2 * own @ place)

    while len(left) >= 2 * size:
        first = own[np.argmax(apart(weighed @ own / weighed.sum()))]
        ends = [first, own[np.argmax(apart(first))]] if len(left) >= 3 * size else [first]
        for end in ends:
            stays = np.ones(len(left), dtype=bool)
            stays[np.argpartition(apart(end), size - 1)[:size]] = False
            found[left[~stays]], groups = groups, groups + 1
            left, own, weighed = left[stays], own[stays], weighed[stays]
    found[left] = groups
    return found


def _cluster(points: Array, weight: Array, cells: Codes) -> Codes:
    """Move people to the nearest mean, and means to their people, whatever sizes come of it."""
    found = cells
    for _ in range(_STEPS):
        means = _means(points, weight, np.unique(found, return_inverse=True)[1])
        sizes = (means**2).sum(axis=1)
        parts = (points[start : start + _AT_ONCE] for start in range(0, len(points), _AT_ONCE))
        found = np.concatenate([np.argmin(sizes - 2 * part @ means.T, axis=1) for part in parts])
    return found


def _means(values: Array, weight: Array, number: Codes) -> Array:
    total = np.bincount(number, weights=weight)
    sums = [np.bincount(number, weights=weight * column) for column in values.T]
    return np.stack(sums, axis=1) / total[:, None]


def _spread(count: int, most: int) -> Codes:
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.intp))


@dataclass(frozen=True)
class _Asked:
    """A model that explains whether people mean to leave."""

    codebook: Codebook
    kind: Candidate

    def learn(self, responses: pd.DataFrame) -> RiskModel:
        """Fit it on responses, as it does best on two folds."""
        alone = ModelSettings(candidates=(self.kind,), folds=2)
        settings = Settings().model_copy(update={"model": alone})
        outcome = self.codebook.outcomes["vertrekintentie"]
        scales = score_scales(responses, self.codebook)
        task = prepare(responses, scales, self.codebook, outcome, settings).task
        return centre(select_model(task).champion, task.frame, task.weight)

    def explain(self, model: RiskModel, responses: pd.DataFrame) -> Alike:
        """Say what the model says of people, and what else cells are made by."""
        scales = score_scales(responses, self.codebook)
        frame = build_features(responses, scales, model.schema).frame
        units = responses[self.codebook.units.cluster].astype("str").to_numpy()
        weight = responses["weight"].to_numpy(dtype=float)
        number = np.unique(units, return_inverse=True)[1]
        return Alike(contribute(model, frame).values, weight, number_forms(frame), number)


def _take(people: Alike, count: int) -> Alike:
    return people.take(_spread(len(people.weight), count))


def _rows(name: str, asked: _Asked, files: tuple[Path, ...], tell: Tell) -> Iterator[str]:
    """Fit a model on the first file, and tell what cells keep of it there and in the others."""
    waves = [read_survey(file, asked.codebook, Settings().intake).responses for file in files]
    tell(f"cells: {name}, {asked.kind}")
    model = asked.learn(waves[0])
    explained = [asked.explain(model, wave) for wave in waves]
    for people in (_take(explained[0], _FEW), *explained):
        found = try_cells(people)
        shares = (found.together, found.plainly, found.freely, found.half)
        told = " | ".join(f"{one:.3f}" for one in shares)
        yield (
            f"| {name} | {asked.kind} | {found.people:,} | {found.cells:,} | {told} "
            f"| {found.seconds:.0f} |"
        )


def validate_cells(data: Path, tell: Tell = silent) -> str:
    """Put people in cells by models of several kinds, and write what these keep."""
    lines = [
        "## Cells",
        "",
        "Share of the variance of contributions that lies between cells of ten people, by a model "
        "of the kind that `train` chooses there (built-in: additive, FEVS: trees) and by one that "
        "leaves cells least, a regression on all items; fitted on all respondents, and the last "
        "additive row on a later wave. *MDAV*: what the usual way to make cells keeps, to which no "
        "rule applies but ten. *Any size*: what as many clusters keep that need not hold ten "
        "(k-means from these cells), which is about the most that cells can. *Middle*: of the "
        "feature in the middle. Goals, of the kind that is chosen and all respondents: .91 on the "
        "built-in survey and .88 on FEVS, 100,000 people in a minute. Seconds are of the "
        "processor.",
        "",
        "| survey | model | people | cells | kept | MDAV | any size | middle | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    with TemporaryDirectory() as folder:
        then, later = Path(folder) / "then.parquet", Path(folder) / "later.parquet"
        synthesise(then, 40_000, seed=2019)
        synthesise(later, _MANY, seed=2019, wave=2022)
        built_in = load_codebook("werkonderzoek-2019")
        lines += _rows("built-in", _Asked(built_in, "additive"), (then, later), tell)
        lines += _rows("built-in", _Asked(built_in, "items"), (then,), tell)
        if (file := data / "fevs2018.csv.gz").exists():
            lines += _rows("FEVS 2018", _Asked(load_codebook("fevs-2018"), "trees"), (file,), tell)
        else:
            lines.append("| FEVS 2018 | not measured: fevs2018.csv.gz is absent | | | | | | | |")
    return "\n".join([*lines, ""])
