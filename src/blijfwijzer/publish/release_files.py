"""A release as files: every table goes through the gate, then into page, workbook and files."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.disclosure.release import Cleared, Kind, clear, reopen, require_cleared
from blijfwijzer.disclosure.rounding import band_text
from blijfwijzer.fairness.proxies import Proxy, tell_proxy
from blijfwijzer.fairness.targeting import Targeting
from blijfwijzer.groups.flags import NOT
from blijfwijzer.groups.grouping import EVERYONE, Grouping
from blijfwijzer.groups.segments import Segments
from blijfwijzer.publish.cells import to_csv
from blijfwijzer.publish.report import Report
from blijfwijzer.publish.report_page import render_report
from blijfwijzer.publish.wording import method, told
from blijfwijzer.publish.workbook import write_workbook
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, Language
from blijfwijzer.survey.intake import Intake, count_reasons

_LOOSE = ("small", "respondents", "people", "complement")


@dataclass(frozen=True)
class Findings:
    """What a new wave tells, before the gate; nothing of it is written as it is."""

    codebook: Codebook
    settings: Settings
    intake: Intake
    grouping: Grouping
    shown: NDArray[np.bool_]
    reasons: pd.Series
    """Per group: "" or why it is withheld."""
    rates: dict[str, pd.DataFrame]
    """Outcome to one row per group: rate, low, high, source, nonresponse_low, nonresponse_high."""
    flags: dict[str, pd.DataFrame]
    drivers: dict[str, pd.DataFrame]
    waves: dict[str, pd.DataFrame]
    talent: pd.DataFrame | None
    segments: Segments | None
    targeting: Targeting | None
    proxies: tuple[Proxy, ...]
    own: pd.DataFrame
    """Per shown unit with people of its own: own_n, own_people."""
    profile: NDArray[np.float64] | None
    """Share of each group that fits the simple profile."""
    releases: int
    forbidden: int

    def counts(self) -> dict[str, int]:
        """Count what was read and shown, for the run's record."""
        return {
            "forms": self.intake.rows,
            "accepted": len(self.intake.responses),
            "refused": len(self.intake.rejected),
            "groups": len(self.grouping.groups),
            "shown": int(self.shown.sum()),
            "withheld": int((~self.shown).sum()),
            "rolled_up": int(self.grouping.rolled_up["groups"].sum()),
            "earlier_releases": self.releases,
            "changed_since": self.forbidden,
        }


def make_report(findings: Findings, origin: dict[str, str]) -> Report:
    """Clear every table of a release and gather them."""
    codebook, language = findings.codebook, findings.settings.language
    groups = clear_groups(findings).frame
    outcomes = {name: codebook.outcomes[name] for name in findings.rates}
    targets = tuple((name, o.label.in_(language)) for name, o in outcomes.items())
    sectors = groups[groups["level"].isin([codebook.units.levels[0], EVERYONE])]
    return Report(
        language=language,
        title=told("title", language),
        survey=codebook.survey.label.in_(language),
        targets=targets,
        facts=_facts(findings, language),
        rejected=_rejected(findings),
        wave=_wave(findings, language),
        sectors=_by_target(sectors, targets),
        flagged=_flagged(groups, targets),
        drivers=_drivers(findings, groups, language),
        groups=_shown_groups(groups, targets),
        segments=_segments(findings, language),
        vouchers=None,
        alternatives=None,
        lottery=None,
        fairness=_fairness(findings, language),
        conclusions=_conclusions(findings, language),
        withheld=_withheld(findings, language),
        rolled_up=_rolled_up(findings, language),
        method=method(findings.settings, language),
        provenance=tuple(origin.items()),
        warnings=_warnings(findings, language),
        notes={},
    )


def clear_groups(findings: Findings) -> Cleared:
    """Clear the table of groups that are shown, one row each."""
    shown, groups = findings.shown, findings.grouping.groups
    table = groups[shown].reset_index()
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("group", "label", "level", "parent", "sector", "kind"), "text"),
        "n": "count",
        "people": "count",
        "response": "share",
    }
    own = findings.own.reindex(groups.index[shown])
    table["own_n"], table["own_people"] = own["own_n"].to_numpy(), own["own_people"].to_numpy()
    kinds |= {"own_n": "count", "own_people": "count"}
    if findings.profile is not None:
        table["profile"] = findings.profile[shown]
        kinds["profile"] = "share"
    for name, rates in findings.rates.items():
        for column in ("rate", "low", "high", "nonresponse_low", "nonresponse_high"):
            table[f"{name}_{column}"] = rates[column].to_numpy()[shown]
            kinds[f"{name}_{column}"] = "share"
        table[f"{name}_source"] = rates["source"].to_numpy()[shown]
        kinds[f"{name}_source"] = "text"
        for column in ("reference", "probability", "stability"):
            table[f"{name}_{column}"] = findings.flags[name][column].to_numpy()[shown]
            kinds[f"{name}_{column}"] = "share"
        table[f"{name}_verdict"] = findings.flags[name]["verdict"].to_numpy()[shown]
        kinds[f"{name}_verdict"] = "text"
    if findings.talent is not None:
        talent = findings.talent.to_numpy()[shown]
        columns = list(findings.talent.columns)
        enough = (talent[:, columns.index("n_best")] >= _FEWEST_TALENT) & (
            talent[:, columns.index("n_rest")] >= _FEWEST_TALENT
        )
        for column in ("best", "rest"):
            table[f"talent_{column}"] = np.where(enough, talent[:, columns.index(column)], np.nan)
            kinds[f"talent_{column}"] = "share"
    return clear(table, kinds, findings.settings.disclosure.minimum, counted_by="n")


_FEWEST_TALENT = 100
"""Best performers, and others, that a share is shown of: these parts of a group are not among the
groups that the audit looks at, so they must be large."""


def release_files(report: Report, findings: Findings) -> dict[str, bytes]:
    """Write everything of a release but its record."""
    groups = clear_groups(findings)
    rejected = clear(
        count_reasons(findings.intake.rejected), {"reason": "text", "responses": "count"}, 0
    )
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


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write files, readable by their owner only."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)


def report_to_json(report: Report) -> bytes:
    """Write a report's tables, to show them again beside vouchers."""
    content: dict[str, Any] = {}
    for name, value in vars(report).items():
        if isinstance(value, pd.DataFrame):
            rows = [[_plain(cell) for cell in row] for row in value.itertuples(index=False)]
            content[name] = {"columns": list(value.columns), "rows": rows}
        else:
            content[name] = value
    return (json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n").encode()


def report_from_json(content: bytes) -> Report:
    """Read what `report_to_json` wrote."""
    raw = json.loads(content)
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if isinstance(value, dict) and set(value) == {"columns", "rows"}:
            table = pd.DataFrame(value["rows"], columns=value["columns"])
            values[name] = reopen(table).frame
        elif isinstance(value, list):
            values[name] = tuple(tuple(v) if isinstance(v, list) else v for v in value)
        elif isinstance(value, dict):
            values[name] = {key: tuple(texts) for key, texts in value.items()}
        else:
            values[name] = value
    return Report(**values)


def _plain(cell: Any) -> Any:
    if isinstance(cell, float | np.floating):
        return None if not np.isfinite(cell) else float(cell)
    if isinstance(cell, np.generic):
        return cell.item()
    return None if cell is None or cell is pd.NA else cell


def _facts(findings: Findings, language: Language) -> tuple[tuple[str, str], ...]:
    counts = findings.counts()
    names = ("forms", "accepted", "refused", "shown", "withheld", "rolled_up", "earlier_releases")
    return tuple((told(name, language), str(counts[name])) for name in names)


def _rejected(findings: Findings) -> pd.DataFrame:
    counted = count_reasons(findings.intake.rejected)
    cleared = clear(counted, {"reason": "text", "responses": "count"}, 0).frame
    return cleared[["reason", "responses"]]


def _wave(findings: Findings, language: Language) -> pd.DataFrame:
    codebook = findings.codebook
    tables = []
    for waves in findings.waves.values():
        tables.append(waves)
    table = pd.concat(tables).drop_duplicates("feature")
    labels = {n: s.label.in_(language) for n, s in codebook.scales.items()}
    labels |= {n: c.label.in_(language) for n, c in codebook.columns.items()}
    table = pd.DataFrame(
        {
            "column": table["feature"],
            "label": table["feature"].map(labels),
            "missing_then": table["missing_then"],
            "missing_now": table["missing_now"],
            "drift": table["drift"],
            "verdict": table["verdict"],
        }
    ).sort_values("drift", ascending=False)
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("column", "label", "verdict"), "text"),
        "missing_then": "share",
        "missing_now": "share",
        "drift": "metric",
    }
    return clear(table, kinds, 0).frame[list(table.columns)]


def _by_target(groups: pd.DataFrame, targets: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    tables = [
        pd.DataFrame(
            {
                "target": name,
                "label": groups["label"],
                "n": groups["n_band"],
                "rate": groups[f"{name}_rate"],
                "low": groups[f"{name}_low"],
                "high": groups[f"{name}_high"],
            }
        )
        for name, _ in targets
    ]
    return pd.concat(tables, ignore_index=True)


def _flagged(groups: pd.DataFrame, targets: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    sectors = groups.set_index("group")["label"]
    tables = []
    for name, _ in targets:
        marked = groups[~groups[f"{name}_verdict"].isin([NOT])]
        table = pd.DataFrame(
            {
                "group": marked["group"],
                "target": name,
                "label": marked["label"],
                "level": marked["level"],
                "sector": marked["sector"].map(sectors).fillna("").to_numpy(),
                "n": marked["n_band"],
                **{
                    column: marked[f"{name}_{column}"]
                    for column in (
                        *("rate", "low", "high", "reference"),
                        *("probability", "stability", "verdict"),
                    )
                },
            }
        )
        tables.append(table.sort_values(["verdict", "probability"], ascending=[True, False]))
    return pd.concat(tables, ignore_index=True)


def _drivers(findings: Findings, groups: pd.DataFrame, language: Language) -> pd.DataFrame:
    codebook = findings.codebook
    labels = {n: s.label.in_(language) for n, s in codebook.scales.items()}
    labels |= {n: c.label.in_(language) for n, c in codebook.columns.items()}
    changeable = {n: s.changeable for n, s in codebook.scales.items()}
    changeable |= {n: c.changeable for n, c in codebook.columns.items() if n not in changeable}
    names = findings.grouping.groups.index
    told_labels = groups.set_index("group")["label"]
    tables = []
    for target, drivers in findings.drivers.items():
        group = names[drivers["group"].to_numpy(dtype=np.intp)]
        table = pd.DataFrame(
            {
                "group": group,
                "target": target,
                "label": pd.Series(group).map(told_labels).to_numpy(),
                "driver": drivers["driver"].map(labels).to_numpy(),
                "is_changeable": drivers["driver"].map(changeable).to_numpy(),
                **{c: drivers[c].to_numpy(dtype=float) for c in ("contrast", "low", "high")},
            }
        )
        table["size"] = table["contrast"].abs()
        tables.append(table.sort_values("size", ascending=False).groupby("group").head(_DRIVERS))
    table = pd.concat(tables).sort_values(
        ["target", "group", "is_changeable", "size"], ascending=[True, True, False, False]
    )
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("group", "target", "label", "driver"), "text"),
        "is_changeable": "flag",
        **dict.fromkeys(("contrast", "low", "high"), "points"),
    }
    return clear(table.drop(columns="size"), kinds, 0).frame


_DRIVERS = 6
"""Drivers told of each group."""


def _shown_groups(groups: pd.DataFrame, targets: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    sectors = groups.set_index("group")["label"]
    table = pd.DataFrame(
        {
            "label": groups["label"],
            "level": groups["level"],
            "sector": groups["sector"].map(sectors).fillna("").to_numpy(),
            "n": groups["n_band"],
            "people": groups["people_band"],
        }
    )
    for name, _ in targets:
        for column in ("rate", "low", "high", "nonresponse_low", "nonresponse_high"):
            table[f"{name}_{column}"] = groups[f"{name}_{column}"]
    for column in ("talent_best", "talent_rest"):
        if column in groups:
            table[column] = groups[column]
    return table


def _segments(findings: Findings, language: Language) -> pd.DataFrame:
    columns = ["target", "label", "n", "rate", "low", "high", "reference"]
    segments = findings.segments
    if segments is None or not len(segments.table):
        return pd.DataFrame(columns=columns)
    found = segments.table
    name = "achterblijver"
    overall = float(findings.rates[name]["rate"].iloc[0])
    table = pd.DataFrame(
        {
            "target": name,
            "label": found[f"rule_{language}"],
            "n": found["n_estimated"],
            **{c: found[c] for c in ("rate", "low", "high")},
            "reference": overall,
        }
    )
    kinds: dict[str, Kind] = {
        "target": "text",
        "label": "text",
        "n": "count",
        **dict.fromkeys(("rate", "low", "high", "reference"), "share"),
    }
    cleared = clear(table, kinds, findings.settings.disclosure.minimum, "n").frame
    return cleared.assign(n=cleared["n_band"])[columns]


def _fairness(findings: Findings, language: Language) -> pd.DataFrame:
    columns = ["attribute", "label", "n", "selection", "missed", "low", "high", "inclusion"]
    if findings.targeting is None:
        return pd.DataFrame(columns=columns)
    both = pd.concat([findings.targeting.by_group, findings.targeting.intersections])
    keys = ["attribute", "group"]
    wide = both.pivot_table(
        index=keys, columns="measure", values=["value", "low", "high", "n"], sort=False
    )
    hidden = ~both.groupby(keys, sort=False)["is_shown"].all().reindex(wide.index)
    rows = pd.DataFrame(
        {
            "attribute": [_attribute(a, findings, language) for a, _ in wide.index],
            "label": [_level(a, g, findings, language) for a, g in wide.index],
            "n": wide["n"].to_numpy(dtype=float).min(axis=1),
            "selection": wide["value"]["selection"].to_numpy(),
            "missed": wide["value"]["exclusion"].to_numpy(),
            "low": wide["low"]["exclusion"].to_numpy(),
            "high": wide["high"]["exclusion"].to_numpy(),
            "inclusion": wide["value"]["inclusion"].to_numpy(),
        }
    )
    kinds: dict[str, Kind] = {
        "attribute": "text",
        "label": "text",
        "n": "count",
        **dict.fromkeys(("selection", "missed", "low", "high", "inclusion"), "share"),
    }
    shown = rows[~hidden.to_numpy()]
    cleared = clear(shown, kinds, findings.settings.disclosure.minimum, "n").frame
    few = rows.loc[hidden.to_numpy(), ["attribute", "label"]].assign(
        n="", missed=told("too_few", language)
    )
    table = pd.concat([cleared.assign(n=cleared["n_band"]).astype(object), few.astype(object)])
    return table.reindex(columns=columns).reset_index(drop=True)


def _attribute(name: str, findings: Findings, language: Language) -> str:
    columns = findings.codebook.columns
    return " × ".join(columns[part].label.in_(language) for part in name.split("&"))  # noqa: RUF001


def _level(attribute: str, group: str, findings: Findings, language: Language) -> str:
    columns = findings.codebook.columns
    parts = []
    for name, level in zip(attribute.split("&"), str(group).split("&"), strict=False):
        texts = {c: t.in_(language) for c, t in columns[name].codes.items()}
        texts |= {f"{columns[name].values[c]:g}": t for c, t in list(texts.items())}
        parts.append(texts.get(level, texts.get(level.removesuffix(".0"), level)))
    return ", ".join(parts)


def _conclusions(findings: Findings, language: Language) -> pd.DataFrame:
    found = [] if findings.targeting is None else list(findings.targeting.conclusions.items())
    columns = findings.codebook.columns
    found += [(p.attribute, tell_proxy(p, columns.get(p.attribute))) for p in findings.proxies]
    return pd.DataFrame(
        {
            "attribute": [_attribute(name, findings, language) for name, _ in found],
            "conclusion": [text.in_(language) for _, text in found],
        }
    )


def _withheld(findings: Findings, language: Language) -> pd.DataFrame:
    """Count what is withheld; that answers were alike is not told, since it would tell them."""
    groups = findings.grouping.groups[~findings.shown]
    reasons = findings.reasons[~findings.shown].map(lambda r: "small" if r in _LOOSE else "derived")
    rows = [
        {
            "reason": told(f"reason_{reason}", language),
            "groups": int((reasons == reason).sum()),
            "people": band_text(
                float(groups["n"].to_numpy()[(reasons == reason).to_numpy()].sum())
            ),
        }
        for reason in ("small", "derived")
        if (reasons == reason).any()
    ]
    return pd.DataFrame(rows, columns=["reason", "groups", "people"])


def _rolled_up(findings: Findings, language: Language) -> pd.DataFrame:
    levels = list(findings.codebook.units.levels)
    rows = []
    for row in findings.grouping.rolled_up.to_dict("records"):
        first = str(row["level"]).split("&")[0]
        above = levels[levels.index(first) - 1] if first in levels[1:] else EVERYONE
        rows.append(
            {
                "label": told("groups_of", language).format(
                    groups=row["groups"], people=band_text(float(row["n"]))
                ),
                "level": row["level"],
                "into": above,
                "reason": told(f"rolled_{row['reason'].split()[0]}", language),
            }
        )
    return pd.DataFrame(rows, columns=["label", "level", "into", "reason"])


def _warnings(findings: Findings, language: Language) -> tuple[str, ...]:
    warnings = [f.text for f in findings.intake.findings if f.level == "warning"]
    if any((rates["source"] == "carried over").any() for rates in findings.rates.values()):
        warnings.insert(0, told("carried", language))
    if findings.forbidden:
        warnings.append(told("changed", language).format(groups=findings.forbidden))
    return tuple(warnings)
