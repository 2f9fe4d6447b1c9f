"""Which columns each table of the report has: name, heading, kind of value.

The page and the workbook show the same columns from here; a column that is not listed reaches
neither.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from blijfwijzer.publish.texts import Kind
from blijfwijzer.survey.codebook import Language


@dataclass(frozen=True)
class Column:
    """A column that is shown."""

    name: str
    nl: str
    en: str
    kind: Kind = "text"
    low: str = ""
    """Column with the lower end of the value's interval; the page shows the three as one."""
    high: str = ""
    """Column with the upper end; without `low` the value itself is the lower end of a range."""
    is_optional: bool = False
    is_key: bool = False
    """Ties tables together and is not shown."""
    absent: str = ""
    """What is told where there is no figure, if that is not because it may not be shown."""
    is_long: bool = False
    """Holds sentences, which the page shows whole."""
    width: str = ""
    """How wide it is on the page, as the page's style names it; "" as its text asks."""
    kind_from: str = ""
    """Column with the kind of value of each row, where rows hold different kinds."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Columns of a table that it shows: the value, and the ends of its interval."""
        return tuple(part for part in (self.name, self.low, self.high) if part)

    def heading(self, language: Language) -> str:
        """Give what stands above the column."""
        return self.nl if language == "nl" else self.en


_LABEL = Column("label", "Groep", "Group")
_GROUP = Column("group", "", "", is_key=True)
_TARGET = Column("target", "Risico", "Risk")
_N = Column("n", "Respondenten", "Respondents")
_PEOPLE = Column("people", "Mensen", "People")
_RATE = Column(
    "rate", "Percentage (95 %-interval)", "Rate (95% interval)", "percent", "low", "high"
)
_REFERENCE = Column("reference", "Vergeleken met", "Reference", "percent")

FRAMES: dict[str, tuple[Column, ...]] = {
    "rejected": (
        Column("reason", "Reden", "Reason"),
        Column("responses", "Formulieren", "Forms", "count"),
    ),
    "wave": (
        Column("column", "Kolom", "Column"),
        Column("label", "Vraag", "Question"),
        Column("missing_then", "Ontbrak toen", "Missing then", "percent"),
        Column("missing_now", "Ontbreekt nu", "Missing now", "percent"),
        Column("unseen", "Onbekend antwoord", "Unknown answer", "percent"),
        Column("moved_to_limit", "Buiten bereik", "Out of range", "percent"),
        Column("drift", "Verschuiving (PSI)", "Drift (PSI)", "ratio"),
        Column("verdict", "Oordeel", "Verdict", "verdict"),
    ),
    "sectors": (_TARGET, Column("label", "Sector", "Sector"), _N, _RATE),
    "flagged": (
        _GROUP,
        _TARGET,
        _LABEL,
        Column("level", "Niveau", "Level"),
        Column("sector", "Sector", "Sector"),
        _N,
        _RATE,
        _REFERENCE,
        Column(
            "probability",
            "Kans",
            "Probability",
            "percent",
        ),
        Column("stability", "Stabiliteit", "Stability", "percent"),
        Column("verdict", "Oordeel", "Verdict", "verdict"),
    ),
    "drivers": (
        _GROUP,
        _TARGET,
        _LABEL,
        Column("driver", "Onderwerp", "Driver"),
        Column("is_changeable", "Te veranderen", "Changeable", "truth"),
        Column("contrast", "Procentpunten (95 %)", "Points (95%)", "points", "low", "high"),
    ),
    "segments": (
        _TARGET,
        Column("label", "Wie", "Who", is_long=True),
        _N,
        _RATE,
        _REFERENCE,
    ),
    "vouchers": (
        _LABEL,
        Column("level", "Niveau", "Level"),
        Column("sector", "Sector", "Sector"),
        Column("kind", "Waarom", "Why", is_optional=True),
        Column("vouchers", "Vouchers", "Vouchers", "count"),
        Column("need", "Mensen die het nodig hebben", "People in need", "count"),
        Column(
            "extra",
            "Verwacht extra geschoold van wie het nodig heeft",
            "Expected extra trained of those in need",
            "decimal",
        ),
    ),
    "alternatives": (
        Column("rule", "Verdeling", "Allocation"),
        Column("is_plan", "Dit voorstel", "This proposal", "truth"),
        Column("extra", "Verwacht extra geschoold", "Expected extra trained", "decimal"),
        Column("cost_per_extra", "Kosten per extra geschoolde", "Cost per extra person", "euro"),
        Column("need_reached", "Bereikt van wie het nodig heeft", "Need reached", "tenths"),
        Column("exclusion", "Gemist", "Missed", "tenths"),
        Column("inclusion", "Onnodig", "Unneeded", "tenths"),
    ),
    "lottery": (Column("label", "Wat", "What"), Column("value", "Waarde", "Value")),
    "fairness": (
        Column("attribute", "Kenmerk", "Attribute"),
        _LABEL,
        _N,
        Column("selection", "Gekozen", "Selected", "percent"),
        Column(
            "missed", "Gemist (95 %-interval)", "Missed (95% interval)", "percent", "low", "high"
        ),
        Column("inclusion", "Onnodig", "Unneeded", "percent"),
    ),
    "gaps": (
        Column("attribute", "Kenmerk", "Attribute"),
        Column(
            "gap",
            "Grootste verschil in gemist (95 %-interval)",
            "Largest difference in missed (95% interval)",
            "percent",
            "low",
            "high",
        ),
        Column("ratio", "Selectieratio", "Selection ratio", "ratio"),
    ),
    "conclusions": (
        Column("attribute", "Kenmerk", "Attribute"),
        Column("conclusion", "Conclusie", "Conclusion", is_long=True),
    ),
    "withheld": (
        Column("reason", "Reden", "Reason"),
        Column("groups", "Groepen", "Groups", "count"),
        Column("people", "Mensen", "People"),
    ),
    "rolled_up": (
        _LABEL,
        Column("level", "Niveau", "Level"),
        Column("into", "Samengevoegd met", "Merged into"),
        Column("reason", "Reden", "Reason"),
    ),
}

_GROUP_FIRST = (
    _LABEL,
    Column("level", "Niveau", "Level"),
    Column("sector", "Sector", "Sector", is_optional=True),
    _N,
    _PEOPLE,
)
_GROUP_LAST = (
    Column(
        "talent_best",
        "Vertrekintentie bij de best presterenden",
        "Intention to leave among best performers",
        "percent",
        is_optional=True,
    ),
    Column(
        "talent_rest",
        "Vertrekintentie bij de anderen",
        "Intention to leave among the others",
        "percent",
        is_optional=True,
    ),
)


def group_columns(targets: Iterable[tuple[str, str]]) -> tuple[Column, ...]:
    """Give the columns of `groups`: for each target its rate, and its bounds under nonresponse."""
    rates: list[Column] = []
    for target, label in targets:
        rates.append(
            Column(
                f"{target}_rate",
                f"{label} (95 %-interval)",
                f"{label} (95% interval)",
                "percent",
                f"{target}_low",
                f"{target}_high",
            )
        )
        rates.append(
            Column(
                f"{target}_nonresponse_low",
                f"{label} als niet-deelnemers anders zijn",
                f"{label} if non-respondents differ",
                "percent",
                high=f"{target}_nonresponse_high",
                is_optional=True,
            )
        )
    return (*_GROUP_FIRST, *rates, *_GROUP_LAST)


def check_columns(table: pd.DataFrame, columns: tuple[Column, ...], name: str) -> None:
    """Hold a table against its columns.

    Raises
    ------
    ValueError
        A column is missing, or is there and would be shown nowhere.
    """
    told = {part for column in columns for part in column.parts}
    needed = {part for column in columns if not column.is_optional for part in column.parts}
    missing, unknown = needed - set(table.columns), set(table.columns) - told
    if missing or unknown:
        raise ValueError(
            f"report, table {name}: missing columns {sorted(missing)}, unknown columns "
            f"{sorted(unknown)}. Fill the table as `Report` documents it."
        )


def kinds_of(column: Column, rows: pd.DataFrame) -> list[Kind]:
    """Give the kind of value of each row of a column."""
    return rows[column.kind_from].tolist() if column.kind_from else [column.kind] * len(rows)


def present(columns: tuple[Column, ...], table: pd.DataFrame) -> tuple[Column, ...]:
    """Keep the columns of a table that are shown; an optional one may be absent."""
    return tuple(column for column in columns if column.name in table and not column.is_key)
