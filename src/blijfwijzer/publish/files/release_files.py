"""A release as files: every table goes through the gate, then into page, workbook and files."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from blijfwijzer.disclosure.release import Cleared, reopen, require_cleared
from blijfwijzer.errors import ReleaseError, counted
from blijfwijzer.files import parse_json, plain
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.facts import clear_rejected
from blijfwijzer.publish.files.cells import safe_text, to_csv
from blijfwijzer.publish.findings import Findings
from blijfwijzer.publish.pages.explore_page import render_explorer
from blijfwijzer.publish.pages.score_page import render_report, write_workbook
from blijfwijzer.publish.tables.report_tables import clear_groups, clear_segments

_TOLD = ("language", "title", "survey", "targets", "facts")
_TABLES = (
    *("rejected", "wave", "questions", "sectors", "flagged", "drivers", "groups", "segments"),
    *(
        "vouchers",
        "proposal",
        "alternatives",
        "offered_drivers",
        "lottery",
        "card",
        "reach",
        "reach_gaps",
        "reach_conclusions",
    ),
    *("detectable", "beside", "beside_means", "beside_drivers"),
    *("fairness", "gaps", "conclusions", "response", "moved", "withheld", "rolled_up"),
    *("decided_before", "decisions", "blind", "uptake"),
)
_ABOUT = ("method", "provenance", "warnings", "notes")
_MARKS = "marks"
"""A report of an earlier version lacks these."""
_PERHAPS = frozenset({"segments", "vouchers", "alternatives", "lottery", "card", "gaps"}) | {
    *("reach", "reach_gaps", "reach_conclusions", "questions", "proposal"),
    *("detectable", "beside", "beside_means", "beside_drivers"),
    "offered_drivers",
    *("decided_before", "decisions", "blind", "uptake"),
}
"""Tables that a page can do without; a report of an earlier version may lack them."""


def release_files(report: Chapter, findings: Findings) -> dict[str, bytes]:
    """Write everything of a release but its record."""
    groups = clear_groups(findings.estimates, findings.codebook, findings.edge)
    rejected = clear_rejected(findings.intake.rejected, findings.edge.minimum)
    return {
        "groups.csv": csv_file(groups),
        "groups.parquet": parquet_file(groups),
        "segments.parquet": parquet_file(clear_segments(findings)),
        "rejected.csv": csv_file(rejected),
        **report_files(report),
    }


def report_files(report: Chapter) -> dict[str, bytes]:
    """Write what shows a report: pages, the workbook, and the tables to make them again."""
    return {
        "report.html": render_report(report),
        "explore.html": render_explorer(report),
        "blijfwijzer.xlsx": write_workbook(report),
        "report.json": report_to_json(report),
    }


def csv_file(table: Cleared) -> bytes:
    """Write a cleared table as CSV."""
    return to_csv(require_cleared(table).frame)


def plain_csv_file(table: Cleared) -> bytes:
    """Write a cleared table as CSV for programs: commas, decimal points, no byte order mark.

    Texts and names of columns start no formula here either, as they may be opened in a spreadsheet.
    """
    frame = require_cleared(table).frame
    texts = {
        str(name): column.map(_safe_cell)
        for name, column in frame.items()
        if not is_numeric_dtype(column.dtype)
    }
    return frame.assign(**texts).rename(columns=safe_text).to_csv(index=False).encode()


def _safe_cell(cell: Any) -> Any:
    return safe_text(cell) if isinstance(cell, str) else cell


def parquet_file(table: Cleared) -> bytes:
    """Write a cleared table as parquet."""
    buffer = io.BytesIO()
    require_cleared(table).frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def report_to_json(report: Chapter) -> bytes:
    """Write a report's tables, to show them again beside vouchers."""
    content = {
        **{name: _written(getattr(report, name), report) for name in _TOLD},
        **{name: _table_to_json(report.tables.get(name)) for name in _TABLES},
        **{name: _written(getattr(report, name), report) for name in (*_ABOUT, _MARKS)},
    }
    return (json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _written(told: Any, report: Chapter) -> Any:
    """Write each text that is told, in the order and nesting that they have."""
    if isinstance(told, Mapping):
        return {name: _written(texts, report) for name, texts in told.items()}
    if isinstance(told, tuple):
        return [_written(one, report) for one in told]
    return report.in_words(told)


def _table_to_json(table: Cleared | None) -> dict[str, Any] | None:
    if table is None:
        return None
    rows = [[plain(cell) for cell in row] for row in table.frame.itertuples(index=False)]
    return {"columns": list(table.frame.columns), "rows": rows}


def report_from_json(content: bytes) -> Chapter:
    """Read what `report_to_json` wrote, perhaps in an earlier version.

    Raises
    ------
    ReleaseError
        It lacks what no page can do without.
    """
    raw = parse_json(content)
    tables_of_each = [name for name in _TABLES if name not in _PERHAPS]
    lacking = [name for name in (*_TOLD, *_ABOUT, *tables_of_each) if raw.get(name) is None]
    if lacking:
        raise ReleaseError(
            f"report.json: {counted(len(lacking), 'part is', 'parts are')} missing: "
            f"{', '.join(lacking)}. It is of another version. Score the survey again."
        )
    tables = {
        name: reopen(pd.DataFrame(raw[name]["rows"], columns=raw[name]["columns"]))
        for name in _TABLES
        if raw.get(name) is not None
    }
    told = {name: raw[name] for name in (*_TOLD, *_ABOUT)}
    for name in ("targets", "facts", "provenance"):
        told[name] = tuple((str(label), str(value)) for label, value in raw[name])
    told |= {name: tuple(raw[name]) for name in ("method", "warnings")}
    told["notes"] = {name: tuple(texts) for name, texts in raw["notes"].items()}
    return Chapter(**told, tables=tables, marks=tuple(raw.get(_MARKS, ())))
