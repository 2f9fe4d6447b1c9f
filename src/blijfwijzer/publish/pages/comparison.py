"""How two models differ, and the tables of that: each goes through the gate here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.facts import facts, origin_facts, shown_rejected, survey_title
from blijfwijzer.publish.files.release_files import plain_csv_file
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pictures.canvas import Subject
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.settings import Settings
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.texts import Message, Quantity, Value, say

NAMES = ("A", "B")
"""What the first and the second model are called."""
_MOST_DRIVERS = 20


@dataclass(frozen=True)
class Compared:
    """How two models of one outcome differ on a survey, by what may be shown."""

    subject: Subject
    intake: Intake
    settings: Settings
    wave: str
    models: pd.DataFrame
    """One row per model: folder, kind, wave, and made: the day, as ISO 8601."""
    drivers: pd.DataFrame
    """One row per scale, the most important first: first, second (mean size of its contribution, as
    a probability), each with _low, _high (95 % interval) and _rank; missing where one lacks it."""
    groups: pd.DataFrame
    """One row per group that may be told of: group, label, level, first_flag, second_flag, and of a
    budget first_vouchers, second_vouchers."""
    measures: pd.DataFrame | None = None
    """As `compare_risks` gives, rounded; None where a model knows these people or organisations."""
    calibration: pd.DataFrame | None = None
    """One row per model and bin of its risk: model, n, effective_n, predicted, observed, low,
    high."""
    gaps: pd.DataFrame | None = None
    """As `compare_gaps` gives, of each attribute that may be told of."""
    held: tuple[Message, ...] = ()
    """Of each model, whom its figures of quality are of, or why there are none."""
    warnings: tuple[Value, ...] = ()
    provenance: Mapping[str, str] | None = None

    @property
    def edge(self) -> Edge:
        """Who reads of it."""
        return Edge.of(self.settings)

    @property
    def counts(self) -> dict[str, int]:
        """Forms that were read, for the record of a release."""
        refused = len(self.intake.rejected)
        return {
            "forms": self.intake.rows,
            "accepted": len(self.intake.held),
            "refused": refused,
            "shown": len(self.groups),
        }

    @property
    def told(self) -> dict[str, float]:
        """Measures by one name each, for a tracked run."""
        if self.measures is None:
            return {}
        rows = self.measures.to_dict("index")
        flat = {f"{name}.{part}": float(v) for name, r in rows.items() for part, v in r.items()}
        return {name: value for name, value in flat.items() if value == value}

    @property
    def changed(self) -> pd.DataFrame:
        """Groups of which the flag or the vouchers would change."""
        rows = self.groups
        is_other = rows["first_flag"] != rows["second_flag"]
        if "first_vouchers" in rows:
            is_other |= rows["first_vouchers"].fillna(0) != rows["second_vouchers"].fillna(0)
        return rows[is_other]

    @property
    def verdict(self) -> Message:
        """Say which of two is better, if that is known."""
        if self.measures is None:
            return say("compare.verdict_none")
        loss = self.measures.loc["log_loss"]
        gap = Quantity(loss["difference"], "fine", (loss["low"], loss["high"]))
        if loss["high"] < 0:
            return say("compare.verdict_second", gap=gap)
        if loss["low"] > 0:
            return say("compare.verdict_first", gap=gap)
        return say("compare.verdict_open", gap=gap)


def comparison_tables(compared: Compared) -> dict[str, Cleared]:
    """Clear every table of the page."""
    edge, subject = compared.edge, compared.subject
    rejected = shown_rejected(compared.intake.rejected, subject.codebook, edge)
    rows = dict(_rows(compared))
    return {"rejected": rejected, **{name: edge.clear(name, own) for name, own in rows.items()}}


def _rows(compared: Compared) -> Iterator[tuple[str, pd.DataFrame]]:
    models, labels = compared.models, compared.subject.labels
    kinds = list[Any](say(id_of("candidate", kind)) for kind in models["kind"])
    yield "compared_models", models.assign(model=list(NAMES), kind=kinds)
    if compared.measures is not None:
        words = list[Any](say(id_of("metric", str(name))) for name in compared.measures.index)
        yield "compared_measures", compared.measures.assign(metric=words)
    if compared.calibration is not None:
        yield "compared_calibration", compared.calibration
    drivers = compared.drivers.head(_MOST_DRIVERS)
    yield "compared_drivers", drivers.assign(label=[labels[str(n)] for n in drivers.index])
    yield "compared_groups", compared.changed
    if compared.gaps is not None:
        yield (
            "compared_gaps",
            compared.gaps.assign(attribute=compared.gaps["attribute"].map(labels)),
        )


def comparison_files(compared: Compared) -> dict[str, bytes]:
    """Write the tables as CSV, with the names of the codebook."""
    edge = compared.edge
    drivers = compared.drivers.rename_axis("name").reset_index()
    tables = {"compared_drivers_file": drivers, "compared_groups": compared.groups}
    if compared.measures is not None:
        tables["compared_measures"] = compared.measures.rename_axis("metric").reset_index()
    if compared.calibration is not None:
        tables["compared_calibration"] = compared.calibration
    if compared.gaps is not None:
        tables["compared_gaps"] = compared.gaps
    return {
        TABLES[name].files[0]: plain_csv_file(edge.clear(name, rows))
        for name, rows in tables.items()
    }


def comparison_chapter(compared: Compared) -> Chapter:
    """Gather what the page tells."""
    subject, counts = compared.subject, compared.counts
    read = {name: counts[name] for name in ("forms", "accepted", "refused")}
    same, changed = len(compared.groups) - len(compared.changed), len(compared.changed)
    told: tuple[Value, ...] = (say("compare.groups", changed=changed, same=same),)
    return Chapter(
        language=subject.language,
        title=say("title.compare", outcome=subject.outcome.label),
        survey=survey_title(compared.wave, subject.codebook),
        facts=facts(read),
        tables=comparison_tables(compared),
        method=(),
        provenance=origin_facts(compared.provenance or {}),
        warnings=compared.warnings,
        notes={"compared": (compared.verdict, *compared.held), "changes": told},
    )
