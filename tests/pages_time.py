"""Time pages of units of a made-up release, and memory: `python tests/pages_time.py [UNITS]`."""

import resource
import sys
import time
from collections.abc import Callable

import pandas as pd

from blijfwijzer.disclosure.release import reopen
from blijfwijzer.publish.pages.culture_unit_page import (
    ReadClimate,
    read_climate_page,
    render_culture_unit,
)
from blijfwijzer.publish.pages.unit_page import ReadRelease, render_unit
from blijfwijzer.publish.pages.unit_questions import ReadQuestions
from blijfwijzer.settings import Settings
from reports import changed, make_report

DIMENSIONS, QUESTIONS = 9, 30


def ids_of(units: int) -> list[str]:
    """Give the ids of departments in twenty organisations."""
    return [f"sector=a/organisatie={n % 20}/afdeling={n}" for n in range(units)]


def questions(units: int) -> ReadQuestions:
    """Make what a climate tells of thirty questions of each unit."""
    ids = [unit for unit in ids_of(units) for _ in range(QUESTIONS)]
    rows = pd.DataFrame({"group": ids, "pooled": 3.4, "low": 3.1, "high": 3.7})
    rows["question_label"] = [f"I may say what I think, {n % QUESTIONS}" for n in range(len(rows))]
    for against in ("sector", "all", "previous"):
        told = {"mean": 3.5, "difference": -0.1, "mark": "no_mark"}
        rows = rows.assign(**{f"{against}_{part}": value for part, value in told.items()})
    return ReadQuestions(reopen(rows))


def score(units: int) -> Callable[[], object]:
    """Make a release of `score` with vouchers, of which a tenth of units stands out."""
    report = make_report("nl", groups=units, flagged=units // 10)
    ids = ids_of(units)
    names = {f"afdeling={n}": ids[n] for n in range(units)}
    drivers = report.rows("drivers")
    report = changed(report, drivers=drivers.assign(group=drivers["group"].map(names), helps=""))
    groups = pd.DataFrame({"group": ids, "label": report.rows("groups")["label"], "kind": "unit"})
    groups = groups.assign(parent="all", sector="sector=a", sector_label="A", n=50.0)
    groups = groups.assign(**{f"{target}_probability": 0.5 for target, _ in report.targets})
    release = ReadRelease(report, groups, tuple(ids), questions=questions(units))
    return lambda: [render_unit(release, unit, release) for unit in ids]


def climate(units: int) -> Callable[[], object]:
    """Make a release of `climate` with nine dimensions of thirty questions."""
    ids = [unit for unit in ids_of(units) for _ in range(DIMENSIONS)]
    rows = pd.DataFrame({"group": ids, "label": ids, "sector": "A", "n_band": "20–24"})
    rows["dimension"] = [f"d{n % DIMENSIONS}" for n in range(len(rows))]
    rows = rows.assign(dimension_label=rows["dimension"], pooled=3.4, low=3.1, high=3.7)
    for against in ("sector", "all", "previous"):
        told = {"mean": 3.5, "difference": -0.1, "low": -0.4, "high": 0.2, "mark": "no_mark"}
        rows = rows.assign(**{f"{against}_{part}": value for part, value in told.items()})
    page = read_climate_page({"wave": "2022", "survey": "made up"}, Settings())
    release = ReadClimate(page, reopen(rows), questions(units))
    return lambda: [render_culture_unit(release, unit) for unit in dict.fromkeys(ids)]


def main() -> None:
    """Print how long the pages of each kind of release take, and how much memory."""
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 1_400
    for name, make in (("score", score(units)), ("climate", climate(units))):
        start = time.process_time()
        make()
        print(f"{units} pages of {name}: {time.process_time() - start:.0f} s of processor time")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000_000
    print(f"peak memory: {peak:.2f} GB")


if __name__ == "__main__":
    main()
