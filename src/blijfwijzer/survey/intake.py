"""A raw file to accepted and rejected responses; nothing is dropped in silence."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import (
    BlijfwijzerError,
    CodebookError,
    EmptyColumnError,
    MissingColumnsError,
    TooFewResponsesError,
    UnreadableColumnError,
    counted,
)
from blijfwijzer.settings import IntakeSettings
from blijfwijzer.survey.accounting import NO_ACCOUNT, Account, account_for
from blijfwijzer.survey.answers import Answers, Cell, read_answers
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.cells import code_text, is_number, number_of, part
from blijfwijzer.survey.codebook import WHOLE_SURVEY, Codebook, Column
from blijfwijzer.survey.concepts import YES_OR_NO
from blijfwijzer.survey.copies import copies_fault, count_copies, remark_copies
from blijfwijzer.survey.files import hash_file, read_table
from blijfwijzer.survey.held import Held, Responses
from blijfwijzer.survey.identifiers import refuse_identifiers
from blijfwijzer.survey.labels import compare_labels
from blijfwijzer.survey.levels import hold
from blijfwijzer.survey.rejections import Rejection
from blijfwijzer.survey.remarks import (
    remark_answers,
    remark_gaps,
    remark_names,
    remark_stray,
    remark_weights,
)
from blijfwijzer.survey.replicates import read_replicates
from blijfwijzer.survey.table import Table, tell_names
from blijfwijzer.survey.texts import Message, Text
from blijfwijzer.survey.weights import uneven_weights, weigh, weight_fault

# A column in which more answers than this are not allowed is another column than the codebook
# means; fewer are slips of single responses. Convention of ours.
_MOST_REFUSED = 0.5
_FEWEST_ITEMS_FOR_A_LINE = 10
Reasons = list[tuple[Rejection, NDArray[np.intp]]]
"""Each with the rows of the file that it holds for."""


@dataclass(frozen=True)
class Intake:
    """A survey, read: rows = accepted + rejected."""

    held: Held
    """Accepted responses: numbers, categories, `weight` with mean 1, and replicate weights on the
    same scale."""
    rejected: pd.DataFrame
    """One row per rejected response: its place among the rows of the file below the headings
    (from 1), and `reasons`, a tuple."""
    remarks: tuple[Message, ...]
    errors: tuple[BlijfwijzerError, ...]
    """Faults that forbid its use; empty in what `read_survey` gives."""
    sha256: str
    """Of the file's bytes."""
    file: str
    """Its name, for messages."""
    account: Account = NO_ACCOUNT
    """What became of every row and cell of the file."""
    units: Mapping[str, Mapping[str, str | Text]] = field(default_factory=dict)
    """Unit level to code to what the file, or a table of labels, says that it means."""
    given_weight: NDArray[np.float64] | None = field(default=None, compare=False)
    """Weight per accepted response as the file has it; None where it could not be read."""
    began: float = field(default=0.0, compare=False)
    """When it began to be read, in seconds since 1970; 0 of what was in memory."""

    @property
    def responses(self) -> pd.DataFrame:
        """Accepted responses as a table, one row each, made anew: eight bytes for each number.

        Where they may be many, `held` gives a column by its name.
        """
        return self.held.frame()

    def among(self, rows: Mask) -> "Intake":
        """Give it with some of the accepted responses; what is told of the file is of all."""
        weight = None if self.given_weight is None else self.given_weight[rows]
        return replace(self, held=self.held.take(rows), given_weight=weight)

    @property
    def rows(self) -> int:
        """Responses in the file."""
        return len(self.held) + len(self.rejected)


def read_survey(path: Path, codebook: Codebook, settings: IntakeSettings) -> Intake:
    """Read a survey with its codebook, or refuse it.

    Raises
    ------
    BlijfwijzerError
        Of the first fault found; `check_survey` gives all of them at once.
    """
    return _accept(check_survey(path, codebook, settings))


def read_responses(table: Table, name: str, codebook: Codebook, settings: IntakeSettings) -> Intake:
    """Read a survey that is in memory already, or refuse it.

    Raises
    ------
    BlijfwijzerError
        Of the first fault found.
    """
    return _accept(_check_table(table, name, "", codebook, settings))


def _accept(intake: Intake) -> Intake:
    if intake.errors:
        more = len(intake.errors) - 1
        if more:
            told = counted(more, "more fault")
            intake.errors[0].args = (
                f"{intake.errors[0]} ({told}: `blijfwijzer check` lists all.)",
            )
        raise intake.errors[0]
    return intake


def check_survey(path: Path, codebook: Codebook, settings: IntakeSettings) -> Intake:
    """Read a survey as far as it can be, collecting every fault.

    Raises
    ------
    BlijfwijzerError
        Only if the file itself cannot be read.
    """
    began = time.time()
    # The table has no name here, so that it is let go of as soon as all is made of it.
    intake = _check_table(
        read_table(path, settings.maximum_bytes, codebook.survey.sheet, hold),
        path.name,
        hash_file(path),
        codebook,
        settings,
    )
    return replace(intake, began=began)


def _check_table(
    table: Table, file: str, sha256: str, codebook: Codebook, settings: IntakeSettings
) -> Intake:
    names = _names_in_file(table, codebook)
    errors: list[BlijfwijzerError] = []
    _add(errors, refuse_identifiers(file, table.frame))
    _add(errors, _missing_columns(file, table, codebook, names))
    answers = _read_columns(table, codebook, names)
    errors += _column_faults(file, answers, codebook)
    replicates, fault = read_replicates(file, table.frame, codebook)
    _add(errors, fault)
    held = _hold(answers, replicates, len(table.frame), codebook)
    _add(errors, _fractions_fault(file, held, codebook))
    reasons = _stray_rows(answers, codebook)
    reasons.append((Rejection("missing_weight"), _where(replicates.isna().any(axis=1))))
    reasons += _row_faults(table, codebook, names, held, settings)
    _add(errors, weight_fault(file, held["weight"]))
    rejected = _reject(reasons)
    is_accepted = ~np.isin(np.arange(held.rows), rejected["row"])
    rejected["row"] = table.places[rejected["row"].to_numpy()]
    levels = [names[level] for level in codebook.units.levels if level in names]
    copies = count_copies(_without_ids(table.frame, codebook, names), is_accepted, levels)
    of_table = (*remark_names(table, codebook, names), *compare_labels(table, codebook, names))
    units = {name: table.codes.get(names.get(name, ""), {}) for name in codebook.units.levels}
    empty = table.empty
    # Of a large survey the largest things that are held.
    del table, replicates
    held = held.take(is_accepted)
    counts = {name: of.count(is_accepted) for name, of in answers.items()}
    del answers
    _add(errors, copies_fault(file, copies, held.rows, settings.most_copies))
    given = None
    if not errors:
        given = held["weight"].to_numpy(dtype=float)
        held = held.replace(weigh(held, codebook))
        _add(errors, uneven_weights(file, held["weight"], settings))
    remarks = (
        *remark_stray(counts, codebook),
        *of_table,
        *remark_answers(held, codebook),
        *remark_gaps(held, codebook),
        *remark_weights(held, codebook),
        *remark_copies(copies, len(held)),
    )
    account = account_for(counts, is_accepted, empty)
    return Intake(held, rejected, remarks, tuple(errors), sha256, file, account, units, given)


def require_enough(intake: Intake, fewest: int) -> None:
    """Refuse a survey that is too small for what is asked of it.

    Parameters
    ----------
    fewest : usable responses that it needs, as `IntakeSettings` has it for each use

    Raises
    ------
    TooFewResponsesError
    """
    usable = len(intake.held)
    if usable < fewest:
        raise TooFewResponsesError(
            f"{intake.file}: {usable} of {intake.rows} responses are usable, "
            f"{fewest} are needed. Look in the list of rejected rows why "
            "others were not."
        )


def _names_in_file(table: Table, codebook: Codebook) -> dict[str, str]:
    """Name in the codebook to name in the file, by the name itself or an alias of it."""
    present = {str(name) for name in table.frame.columns}
    found = {
        column.name: next((n for n in (column.name, *column.aliases) if n in present), None)
        for column in codebook.columns.values()
        if column.role != "ignore"
    }
    return {name: in_file for name, in_file in found.items() if in_file is not None}


def _without_ids(forms: pd.DataFrame, codebook: Codebook, names: dict[str, str]) -> pd.DataFrame:
    ids = [names[column.name] for column in codebook.with_role("id") if column.name in names]
    return forms.drop(columns=ids)


def _missing_columns(
    file: str, table: Table, codebook: Codebook, names: dict[str, str]
) -> BlijfwijzerError | None:
    read = [c for c in codebook.columns.values() if c.role != "ignore"]
    missing = [c.name for c in read if c.name not in names and c.absent == "reject"]
    if not missing:
        return None
    present = tell_names(map(str, table.frame.columns))
    if len(missing) > len(read) / 2:
        return CodebookError(
            f"{file}: {len(missing)} of the {len(read)} columns of codebook "
            f"{codebook.survey.name}-{codebook.survey.wave} are missing, so it is that of another "
            f"survey. Choose the right codebook. {present}"
        )
    lacks = counted(len(missing), "column of the codebook is", "columns of the codebook are")
    return MissingColumnsError(
        f"{file}: {lacks} missing: {', '.join(missing)}. Add them to the export, or remove them "
        f"from the codebook. {present}"
    )


def _read_columns(table: Table, codebook: Codebook, names: dict[str, str]) -> dict[str, Answers]:
    """Read each column as the codebook says, but numbers of persons."""
    return {
        name: read_answers(
            table.frame[in_file], codebook.columns[name], table.missing.get(in_file, [])
        )
        for name, in_file in names.items()
        if codebook.columns[name].role != "id"
    }


def _column_faults(
    file: str, answers: Mapping[str, Answers], codebook: Codebook
) -> Iterator[BlijfwijzerError]:
    """Refuse columns that are others than the codebook means."""
    unreadable: list[str] = []
    empty: list[str] = []
    doubtful: list[str] = []
    for name, read in answers.items():
        counts = read.count()
        refused = int(counts[Cell.STRAY :].sum())
        given = int(counts[Cell.READ]) + refused
        if counts[Cell.DOUBTFUL]:
            doubtful.append(name)
        elif refused > _MOST_REFUSED * given:
            unreadable.append(f"{name} ({refused} of {given} answers)")
        if given == 0 and codebook.columns[name].role != "audit":
            empty.append(name)
    if unreadable:
        yield UnreadableColumnError(
            f"{file}: {counted(len(unreadable), 'column holds', 'columns hold')} mostly "
            f"answers that the codebook does not allow: {', '.join(unreadable)}. Correct "
            "their type, codes or range in the codebook, or the export."
        )
    if doubtful:
        yield UnreadableColumnError(
            f"{file}: {counted(len(doubtful), 'column holds', 'columns hold')} numbers with a "
            "comma or a point before three digits, which may part thousands or decimals: "
            f"{', '.join(doubtful)}. Say in the codebook which is the sign before decimals, as "
            '`decimal = ","` or `decimal = "."` of each, or export them without thousands.'
        )
    if empty:
        yield EmptyColumnError(
            f"{file}: {counted(len(empty), 'column has', 'columns have')} no valid answer at "
            f"all: {', '.join(empty)}. "
            'Check their codes in the codebook, or give them the role "ignore".'
        )


def _stray_rows(answers: Mapping[str, Answers], codebook: Codebook) -> Reasons:
    """Give the rows with an answer that is not allowed, where the codebook then rejects a row."""
    return [
        (Rejection("out_of_range_code", name), _where(read.is_stray))
        for name, read in answers.items()
        if codebook.columns[name].stray == "reject"
    ]


def _hold(
    answers: Mapping[str, Answers], replicates: pd.DataFrame, rows: int, codebook: Codebook
) -> Held:
    """Give all that is read of responses, each with a weight and a unit."""
    columns: dict[str, Answers | pd.Series] = {
        "weight" if codebook.columns[name].role == "weight" else name: of
        for name, of in answers.items()
    }
    if "weight" not in columns:
        columns["weight"] = pd.Series(np.ones(rows))
    if WHOLE_SURVEY in codebook.columns:
        columns[WHOLE_SURVEY] = pd.Series(pd.Categorical(["1"] * rows))
    return Held({**columns, **{str(name): of for name, of in replicates.items()}}, rows)


def _fractions_fault(file: str, responses: Held, codebook: Codebook) -> CodebookError | None:
    """Refuse numbers between the two that a concept takes for yes and no."""
    asked = {c.column or "": name for name, c in codebook.concepts.items() if name in YES_OR_NO}
    between = [
        f"{column} (concepts.{name})"
        for column, name in asked.items()
        if column in responses
        and codebook.columns[column].type == "number"
        and (responses[column].dropna() % 1 != 0).any()
    ]
    if not between:
        return None
    return CodebookError(
        f"{file}: {counted(len(between), 'column')} of yes or no with answers between the two: "
        f"{', '.join(between)}. Say with a rule from where it is yes."
    )


def _row_faults(
    table: Table,
    codebook: Codebook,
    names: dict[str, str],
    responses: Held,
    settings: IntakeSettings,
) -> Reasons:
    """Reasons that concern a response as a whole."""
    faults: Reasons = []
    for column in codebook.with_role("id"):
        if column.name in names:
            twice = _is_given_before(table.frame[names[column.name]], column)
            faults.append((Rejection("duplicate_id"), _where(twice)))
    equalised = codebook.weight.equalise if codebook.weight is not None else None
    for unit in dict.fromkeys([codebook.units.cluster, equalised]):
        if unit is not None and unit in responses:
            faults.append((Rejection("missing_unit", unit), _where(responses[unit].isna())))
    weight = responses["weight"]
    faults.append((Rejection("missing_weight"), _where(weight.isna())))
    faults.append((Rejection("weight_of_zero"), _where(weight == 0)))
    if settings.straight_lining:
        straight = find_straight_lines(responses, codebook)
        faults.append((Rejection("straight_lining"), _where(straight)))
    return faults


def _is_given_before(ids: pd.Series, column: Column) -> NDArray[np.bool_]:
    """Say of each number of a person whether a row before has it."""
    if is_number(ids.dtype):
        numbers = [number_of(code) for code in column.missing]
        return np.asarray(ids.notna() & ~ids.isin(numbers) & ids.duplicated())
    places, levels = part(ids)
    texts = [code_text(level) for level in levels]
    own = np.append(pd.factorize(pd.Series(texts, dtype="str"))[0], -1)[places]
    is_known = np.array([*(text not in ("", *column.missing) for text in texts), False])[places]
    return np.asarray(is_known & pd.Series(own).duplicated().to_numpy())


def _where(rows: pd.Series | NDArray[np.bool_]) -> NDArray[np.intp]:
    return np.flatnonzero(np.asarray(rows))


def find_straight_lines(responses: Responses, codebook: Codebook) -> NDArray[np.bool_]:
    """Responses that give one answer to all items, of which some are worded the other way round.

    Without reversed items one answer to everything can be meant, so nothing is said; the same
    when fewer than ten items were answered.
    """
    scales = codebook.scales.values()
    reversed_items = [i for s in scales for i in s.reversed if i in responses]
    spans = {codebook.columns[item].span for item in reversed_items}
    items = [
        column.name
        for column in codebook.with_role("item")
        if column.name in responses and column.span in spans
    ]
    rows = len(responses)
    both_ways = np.zeros(rows, dtype=bool)
    if not reversed_items:
        return both_ways
    low, high = np.full((2, rows), np.nan)
    answered = np.zeros(rows, dtype=np.int64)
    for item in items:
        answers = responses[item].to_numpy(dtype=np.float64)
        low, high = np.fmin(low, answers), np.fmax(high, answers)
        answered += ~np.isnan(answers)
    for item in reversed_items:
        both_ways |= responses[item].notna().to_numpy()
    return np.asarray((low == high) & (answered >= _FEWEST_ITEMS_FOR_A_LINE) & both_ways)


def _reject(reasons: Reasons) -> pd.DataFrame:
    """Give the responses that are rejected, with their places from 0."""
    told: dict[int, list[Rejection]] = {}
    for reason, where in reasons:
        for row in where:
            told.setdefault(int(row), []).append(reason)
    rows = sorted(told)
    return pd.DataFrame({"row": rows, "reasons": [tuple(told[row]) for row in rows]}).astype(
        {"row": "int64", "reasons": "object"}
    )


def _add(errors: list[BlijfwijzerError], error: BlijfwijzerError | None) -> None:
    if error is not None:
        errors.append(error)
