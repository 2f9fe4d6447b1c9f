"""A release as files: every table goes through the gate, then into page, workbook and files."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import Cleared, reopen, require_cleared
from blijfwijzer.publish.cells import to_csv
from blijfwijzer.publish.findings import Findings
from blijfwijzer.publish.report import Report
from blijfwijzer.publish.report_page import render_report
from blijfwijzer.publish.report_tables import clear_groups, clear_rejected
from blijfwijzer.publish.workbook import write_workbook


def release_files(report: Report, findings: Findings) -> dict[str, bytes]:
    """Write everything of a release but its record."""
    groups = clear_groups(findings.estimates, findings.settings.disclosure.minimum)
    rejected = clear_rejected(findings.intake.rejected)
    return {
        "groups.csv": csv_file(groups),
        "groups.parquet": parquet_file(groups),
        "rejected.csv": csv_file(rejected),
        **report_files(report),
    }


def report_files(report: Report) -> dict[str, bytes]:
    """Write what shows a report: the page, the workbook, and the tables to make both again."""
    return {
        "report.html": render_report(report),
        "blijfwijzer.xlsx": write_workbook(report),
        "report.json": report_to_json(report),
    }


def csv_file(table: Cleared) -> bytes:
    """Write a cleared table as CSV."""
    return to_csv(require_cleared(table).frame)


def parquet_file(table: Cleared) -> bytes:
    """Write a cleared table as parquet."""
    buffer = io.BytesIO()
    require_cleared(table).frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def report_to_json(report: Report) -> bytes:
    """Write a report's tables, to show them again beside vouchers."""
    content: dict[str, Any] = {}
    for name, value in vars(report).items():
        if isinstance(value, Cleared):
            table = value.frame
            rows = [[plain(cell) for cell in row] for row in table.itertuples(index=False)]
            content[name] = {"columns": list(table.columns), "rows": rows}
        else:
            content[name] = value
    return (json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n").encode()


def report_from_json(content: bytes) -> Report:
    """Read what `report_to_json` wrote."""
    raw = json.loads(content)
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if isinstance(value, dict) and set(value) == {"columns", "rows"}:
            values[name] = reopen(pd.DataFrame(value["rows"], columns=value["columns"]))
        elif isinstance(value, list):
            values[name] = tuple(tuple(v) if isinstance(v, list) else v for v in value)
        elif isinstance(value, dict):
            values[name] = {key: tuple(texts) for key, texts in value.items()}
        else:
            values[name] = value
    return Report(**values)


def plain(cell: Any) -> Any:
    """Give a cell as a value that JSON can hold."""
    if isinstance(cell, float | np.floating):
        return None if not np.isfinite(cell) else float(cell)
    if isinstance(cell, np.generic):
        return cell.item()
    return None if cell is None or cell is pd.NA else cell
