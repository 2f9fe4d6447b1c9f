"""An employer beside others of its kind: tables through the gate, and what they say in words."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from blijfwijzer.culture.dimensions import BETTER, WORSE
from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.findings import BesideOthers, Findings
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pages.page_table import tidy
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.codebook import Codebook, Column, Scale
from blijfwijzer.survey.labels import labels_of
from blijfwijzer.survey.texts import Message, Quantity, Value, say

MOST_DRIVERS = 12
"""Drivers of each risk that are told: those that surely differ, by size."""
_NAMES = ("beside", "beside_means", "beside_drivers")


def clear_beside(findings: Findings) -> dict[str, Cleared]:
    """Clear what everyone answered beside others; no rows where there are none to stand beside."""
    beside, edge = findings.beside, findings.edge
    if beside is None:
        return {name: TABLES[name].empty() for name in _NAMES}
    codebook = findings.codebook
    labels = labels_of(codebook)
    parts: dict[str, Column | Scale] = {**codebook.columns, **codebook.scales}
    drivers = _largest(beside.drivers)
    changeable = [parts[name].changeable for name in drivers["driver"]]
    return {
        "beside": edge.clear("beside", beside.rates.rename(columns={"name": "target"})),
        "beside_means": clear_means(beside, codebook, edge),
        "beside_drivers": edge.clear(
            "beside_drivers",
            drivers.assign(
                target=drivers["name"],
                driver=drivers["driver"].map(labels),
                is_changeable=changeable,
            ),
        ),
    }


def clear_means(beside: BesideOthers | None, codebook: Codebook, edge: Edge) -> Cleared:
    """Clear means of everyone beside those of others; no rows where there are none of these."""
    if beside is None:
        return TABLES["beside_means"].empty()
    named = beside.means["name"].map(labels_of(codebook))
    verdict = _judge(beside.means, codebook.scales)
    return edge.clear("beside_means", beside.means.assign(dimension=named, verdict=verdict))


def say_others(beside: BesideOthers) -> Message:
    """Say beside whom an employer stands."""
    told = {"survey": beside.survey, "organisations": beside.organisations}
    if beside.label:
        return say("beside.of", sector=beside.label, **told)
    return say("beside.all", **told)


def say_beside(findings: Findings) -> Iterator[Message]:
    """Say beside whom an employer stands, and by how much it differs in each risk."""
    beside = findings.beside
    if beside is None:
        return
    yield say_others(beside)
    outcomes = findings.codebook.outcomes
    for row in beside.rates.round({"value": 2, "there": 2}).to_dict("records"):
        yield _say_rate(outcomes[str(row["name"])].label, row)


def say_means(report: Chapter) -> Iterator[Message]:
    """Say in which dimensions it is surely better or worse than with others."""
    if not report.has("beside_means"):
        return
    rows = report.rows("beside_means")
    for way in (WORSE, BETTER):
        names = tuple(map(tidy, rows.loc[rows["verdict"] == way, "dimension"]))
        if names:
            yield say(id_of("beside", way), names=names)
    if not rows["verdict"].isin([WORSE, BETTER]).any():
        yield say("beside.means_alike", count=len(rows))


def _judge(rows: pd.DataFrame, scales: Mapping[str, Scale]) -> list[str]:
    """Say of each dimension which way a sure difference goes; of red tape less is better."""
    turned = [scales[name].higher_is == "worse" for name in rows["name"]]
    better = (rows["difference"] > 0).to_numpy() != np.array(turned, dtype=bool)
    way = np.where(better, BETTER, WORSE)
    return list(np.where(rows["is_sure"].to_numpy(dtype=bool), way, ""))


def _say_rate(label: Value, row: dict[object, float]) -> Message:
    gap, low, high = (row[f"difference{end}"] for end in ("", "_low", "_high"))
    way = "alike" if not row["is_sure"] else "higher" if gap > 0 else "lower"
    told = {
        "here": Quantity(row["value"] * 100, "percent"),
        "there": Quantity(row["there"] * 100, "percent"),
        "gap": Quantity(abs(gap) * 100, "decimal", _ends(gap, low, high)),
    }
    return say(id_of("beside", way), target=label, **told)


def _ends(gap: float, low: float, high: float) -> tuple[float, float]:
    """Give the ends of the interval of the size of a difference, which goes one way."""
    return (low * 100, high * 100) if gap >= 0 else (-high * 100, -low * 100)


def _largest(drivers: pd.DataFrame) -> pd.DataFrame:
    """Keep the drivers of each risk that are sure, and make a difference that is seen."""
    seen = (100 * drivers["difference"].abs()).round(1) > 0
    kept = drivers[drivers["is_sure"] & seen]
    kept = kept.assign(size=kept["difference"].abs())
    kept = kept.sort_values(["name", "size"], ascending=[True, False], kind="stable")
    return kept.groupby("name").head(MOST_DRIVERS)
