"""Tables and pictures of a training as files: bytes by their path in a folder."""

from collections.abc import Mapping

import pandas as pd

from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.estimation.reliability import Reliability
from blijfwijzer.publish.canvas import Picture, to_bytes
from blijfwijzer.publish.release_files import plain_csv_file
from blijfwijzer.publish.tables.training import TABLES
from blijfwijzer.risk.evaluation import Evaluation
from blijfwijzer.risk.selection import Selection


def picture_files(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    """Render each picture as PNG and as SVG."""
    return {
        f"plots/{name}.{kind}": to_bytes(picture.figure, kind)
        for name, picture in pictures.items()
        for kind in ("png", "svg")
    }


def driver_tables(drivers: Drivers) -> dict[str, bytes]:
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
        }
    )


def training_tables(
    selection: Selection, evaluation: Evaluation, drivers: Drivers, reliability: Reliability
) -> dict[str, bytes]:
    """Write all tables of a training."""
    return driver_tables(drivers) | table_files(
        {
            "candidates": selection.scores.reset_index(),
            "metrics": evaluation.overall.rename_axis("metric").reset_index(),
            "by_group": evaluation.by_group,
            "by_unit": evaluation.by_unit,
            "reliability": reliability.scales,
            "reliability_items": reliability.items,
        }
    )


def table_files(tables: Mapping[str, pd.DataFrame]) -> dict[str, bytes]:
    """Clear tables and write each to its file."""
    return {
        TABLES[name].files[0]: plain_csv_file(TABLES[name].clear(rows))
        for name, rows in tables.items()
    }
