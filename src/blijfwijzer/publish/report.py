"""What the report and the workbook tell: tables that were estimated and checked elsewhere."""

from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd

from blijfwijzer.disclosure.release import Cleared, require_cleared
from blijfwijzer.publish.columns import FRAMES, Column, check_columns, group_columns
from blijfwijzer.survey.codebook import Language


class Told(Protocol):
    """What a page and a workbook need of anything that is told."""

    @property
    def language(self) -> Language:
        """Of all texts."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def survey(self) -> str:
        """Label of the survey."""

    @property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Id and label of each risk; empty when there are none."""

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What was read, as label and value."""

    @property
    def method(self) -> tuple[str, ...]:
        """How figures came about."""

    @property
    def provenance(self) -> tuple[tuple[str, str], ...]:
        """What it was made from."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Shown at the top."""

    @property
    def notes(self) -> dict[str, tuple[str, ...]]:
        """Paragraphs at the start of a section."""

    def rows(self, name: str) -> pd.DataFrame:
        """Give the rows of a table, which passed the gate."""

    def columns(self, name: str) -> tuple[Column, ...]:
        """Give the columns that are shown of a table."""


@dataclass(frozen=True)
class Report:
    """All that the report and the workbook show, as it may be shown.

    Percentages are whole numbers from 0 to 100, contrasts percentage points, money euros. A number
    that may not be shown is missing (NaN or None) and is told as "niet getoond"; a text in its
    place is shown as it is. Labels are texts to show, in the language of the report, and may hold
    anything: they are escaped here. Rows are shown in the order given.
    """

    language: Language
    title: str
    survey: str
    """Label of the survey."""
    targets: tuple[tuple[str, str], ...]
    """Id and label of each risk; the ids stand in `target` and before `_rate` in `groups`."""
    facts: tuple[tuple[str, str], ...]
    """What was read, as label and value: forms, accepted, refused, rolled up."""
    rejected: Cleared
    """reason, responses."""
    wave: Cleared
    """column, label, missing_then (%), missing_now, unseen, moved_to_limit (%), drift (PSI),
    verdict (text, or "same" or "shifted")."""
    sectors: Cleared
    """target, label, n (band, text), rate, low, high."""
    flagged: Cleared
    """group (id, not shown), target, label, level, sector, n, rate, low, high, reference,
    probability, stability, verdict ("certain" or "uncertain"). In the order of showing."""
    drivers: Cleared
    """group (id, as in `flagged`), target, label, driver, is_changeable, contrast, low, high."""
    groups: Cleared
    """label, level, [sector], n, people (bands); per target <id>_rate, <id>_low, <id>_high,
    [<id>_nonresponse_low, <id>_nonresponse_high]; [talent_best, talent_rest]. Those in brackets
    may be absent."""
    segments: Cleared
    """target, label (who, in words), n, rate, low, high, reference."""
    vouchers: Cleared | None
    """label, level, sector, [kind (why: by risk, by lot, by hand)], vouchers, need, extra; None
    before a budget is divided."""
    alternatives: Cleared | None
    """rule, is_plan, extra, cost_per_extra, need_reached, exclusion, inclusion."""
    lottery: Cleared | None
    """label, value: texts."""
    fairness: Cleared
    """attribute, label (group), n, selection, missed, low, high (of missed), inclusion."""
    gaps: Cleared
    """attribute, gap (of missed), low, high (%), ratio (of selection, smallest over largest)."""
    conclusions: Cleared
    """attribute, conclusion: one plain sentence each."""
    withheld: Cleared
    """reason, groups, people (band)."""
    rolled_up: Cleared
    """label, level, into, reason."""
    method: tuple[str, ...]
    provenance: tuple[tuple[str, str], ...]
    """Label and value: model, hashes, settings, versions."""
    warnings: tuple[str, ...] = ()
    """Shown at the top."""
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Paragraphs of this run at the start of a section: read, sectors, flagged, vouchers, fairness,
    withheld."""

    def __post_init__(self) -> None:
        """Hold each table against what is shown of it."""
        for name in (*FRAMES, "groups"):
            if getattr(self, name) is not None:
                check_columns(self.rows(name), self.columns(name), name)

    def rows(self, name: str) -> pd.DataFrame:
        """Give the rows of the table `name`; only what passed the gate can be shown."""
        return require_cleared(getattr(self, name)).frame

    def columns(self, name: str) -> tuple[Column, ...]:
        """Give the columns that are shown of the table `name`."""
        return group_columns(self.targets) if name == "groups" else FRAMES[name]
