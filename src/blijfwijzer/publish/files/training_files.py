"""Tables and pictures of a training as files: bytes by their path in a folder."""

from collections.abc import Mapping

import pandas as pd

from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.estimation.reliability import Reliability
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.files.release_files import plain_csv_file
from blijfwijzer.publish.pictures.canvas import Picture, to_bytes
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.risk.evaluation import TOO_SMALL, Evaluation
from blijfwijzer.risk.selection import Selection
from blijfwijzer.survey.texts import say


def picture_files(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    """Render each picture as PNG and as SVG."""
    return {
        f"plots/{name}.{kind}": content
        for name, picture in pictures.items()
        for kind, content in (("png", picture.png), ("svg", to_bytes(picture.figure, "svg")))
    }


def driver_tables(drivers: Drivers, edge: Edge) -> dict[str, bytes]:
    """Write what drives a risk; every row is a mean over at least ten respondents."""
    return table_files(
        {
            "scale_drivers": drivers.scales.rename_axis("name").reset_index(),
            "answer_drivers": drivers.features.rename_axis("name").reset_index(),
            "constructs": drivers.constructs,
            "dependence": drivers.dependence,
            "interactions": drivers.interactions,
            "cohorts": drivers.cohorts,
            "stability": drivers.stability,
        },
        edge,
    )


def training_tables(
    selection: Selection, evaluation: Evaluation, reliability: Reliability, edge: Edge
) -> dict[str, bytes]:
    """Write how a model was chosen, how good it is, and how well scales measure."""
    return table_files(
        {
            "candidates": selection.scores.reset_index(),
            "metrics": evaluation.overall.rename_axis("metric").reset_index(),
            "by_group": evaluation.by_group,
            "by_unit": evaluation.by_unit,
            "reliability": reliability.scales,
            "reliability_items": reliability.items,
        },
        edge,
    )


def curve_tables(
    selection: Selection, learning: pd.DataFrame | None, edge: Edge
) -> dict[str, bytes]:
    """Write how each setting did that was tried, and whether more responses would help."""
    tables = {"tuning": selection.tuning}
    if learning is not None:
        tables["learning"] = learning
    return table_files(tables, edge)


def table_files(tables: Mapping[str, pd.DataFrame], edge: Edge) -> dict[str, bytes]:
    """Clear tables and write each to its file."""
    return {
        TABLES[name].files[0]: plain_csv_file(edge.clear(name, _named(rows)))
        for name, rows in tables.items()
    }


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the group of those that are too small into words: what was computed has a code."""
    if "group" not in rows:
        return rows
    small = say("group.too_small")
    named = [small if group == TOO_SMALL else group for group in rows["group"]]
    return rows.assign(group=pd.Series(named, index=rows.index, dtype="object"))
