"""Tables and pictures as files: bytes by their path in a folder."""

import pandas as pd

from blijfwijzer.disclosure.release import Kind, clear
from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.publish.canvas import Picture, to_bytes
from blijfwijzer.risk.evaluation import Evaluation
from blijfwijzer.risk.selection import Selection
from blijfwijzer.survey.scales import Reliability


def picture_files(pictures: dict[str, Picture]) -> dict[str, bytes]:
    """Render each picture as PNG and as SVG."""
    return {
        f"plots/{name}.{kind}": to_bytes(picture.figure, kind)
        for name, picture in pictures.items()
        for kind in ("png", "svg")
    }


def driver_tables(drivers: Drivers) -> dict[str, bytes]:
    """Write what drives a risk; every row is a mean over at least ten respondents."""
    named = {"drivers": drivers.scales, "answers": drivers.features}
    plain = {
        "constructs": drivers.constructs,
        "dependence": drivers.dependence,
        "interactions": drivers.interactions,
        "cohorts": drivers.cohorts,
        "stability": drivers.stability,
    }
    return {
        f"tables/{n}.csv": to_csv(t.rename_axis("name").reset_index()) for n, t in named.items()
    } | {f"tables/{name}.csv": to_csv(table) for name, table in plain.items()}


def training_tables(
    selection: Selection, evaluation: Evaluation, drivers: Drivers, reliability: Reliability
) -> dict[str, bytes]:
    """Write all tables of a training."""
    return {
        **driver_tables(drivers),
        "tables/candidates.csv": to_csv(selection.scores.reset_index()),
        "tables/metrics.csv": to_csv(evaluation.overall.rename_axis("metric").reset_index()),
        "tables/by_group.csv": to_csv(evaluation.by_group),
        "tables/by_unit.csv": to_csv(evaluation.by_unit),
        "tables/reliability.csv": to_csv(reliability.scales),
        "tables/items.csv": to_csv(reliability.items),
    }


def to_csv(table: pd.DataFrame) -> bytes:
    """Clear a table by what its columns hold, and write it as plain CSV."""
    cleared = clear(table, {str(name): _kind(table[name]) for name in table}, 0)
    return cleared.frame.to_csv(index=False).encode()


def _kind(column: pd.Series) -> Kind:
    """Say what a column holds: numbers that count no respondents are means and measures."""
    if column.name in ("n", "effective_n"):
        return "count"
    if pd.api.types.is_bool_dtype(column):
        return "flag"
    if pd.api.types.is_numeric_dtype(column):
        return "fine"
    return "text"
