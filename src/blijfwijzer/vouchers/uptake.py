"""From offered to accepted to completed, by background, as HR counts it.

Bias may enter at each step, and not only where offers are computed (Algorithm Audit, audit of DUO's
control process, 2024: composition after each step). Counts of people are told as the gate tells of
answers: by groups that are large enough, and so that nothing follows about those that are not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from blijfwijzer.errors import DecisionError
from blijfwijzer.estimation.intervals import wilson
from blijfwijzer.governance.document import plain_text
from blijfwijzer.governance.rulings import refuse_faults
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.cells import number_of
from blijfwijzer.vouchers.uptake_steps import STEPS, are_free_together, coarsen, is_free

COUNTS = ("offered", "accepted", "completed")
"""What HR counts, each among those before."""
_NAMED, _SHARES = ("attribute", "label"), COUNTS[1:]
_FEWEST_HIDDEN = 2
"""Groups of an attribute whose shares are hidden, where any is: one would follow from the rest."""
_PATIENCE_SECONDS = 10.0
"""For whether groups could lie within others; what is not known by then counts as yes."""
_IMPOSSIBLE = 2
"""What `scipy.optimize.milp` calls it where nothing satisfies."""
_LONGEST = 200
"""Characters of an attribute or a label."""
_MOST = 100_000_000
"""People; more than this are no count of employees, but a slip."""


@dataclass(frozen=True)
class Uptake:
    """Who was offered something, who accepted and who completed, by attribute."""

    rows: pd.DataFrame
    """One row per group of an attribute that may be told of: attribute, label, n (who were offered
    something), accepted, completed (shares of n in [0, 1] as `coarsen` gives them, NaN where they
    may not be told)."""
    withheld: int
    """Groups that are too few to tell of, or of which these would follow."""


def read_counts(frame: pd.DataFrame, file: str) -> pd.DataFrame:
    """Read what HR counted, a row per group of an attribute.

    Raises
    ------
    DecisionError
        Columns are missing; or rows lack something, count more than before, or are there twice.
        What they say is not repeated.
    """
    lacking = [name for name in (*_NAMED, *COUNTS) if name not in frame]
    if lacking:
        raise DecisionError(
            f"{file}: columns are missing: {', '.join(lacking)}. Nothing was entered. "
            "docs/governance.md shows such a table."
        )
    faults, rows = list[str](), dict[tuple[str, str], list[int]]()
    for number, row in enumerate(frame.to_dict("records"), start=2):
        names = [str(row[name]).strip() for name in _NAMED]
        counts = [number_of(str(row[name]).strip()) for name in COUNTS]
        wrong = [*_faults_of(names, counts)]
        if (names[0], names[1]) in rows:
            wrong.append("this group has a row already")
        faults += [f"row {number}: {what}" for what in wrong]
        if not wrong:
            rows[names[0], names[1]] = [int(count or 0) for count in counts]
    refuse_faults(file, faults)
    told = [(*names, *counts) for names, counts in rows.items()]
    return pd.DataFrame(told, columns=[*_NAMED, *COUNTS])


def _faults_of(names: list[str], counts: list[float | None]) -> Iterator[str]:
    for column, name in zip(_NAMED, names, strict=True):
        if len(name) > _LONGEST:
            yield f"{column} has more than {_LONGEST} characters"
            continue
        try:
            plain_text("" if name == "nan" else name)
        except ValueError as error:
            yield f"{column} {error}"
    known = [n for n in counts if n is not None and 0 <= n <= _MOST and n == int(n)]
    if len(known) < len(COUNTS):
        yield f"{', '.join(COUNTS)} are not all whole numbers"
    elif known != sorted(known, reverse=True):
        yield "more accepted than were offered something, or completed than accepted"


def tell_uptake(counted: pd.DataFrame, rules: DisclosureSettings) -> Uptake:
    """Choose what may be told of counts, by the rules that hold for answers.

    A group is told of from the minimum on. A share is not where nearly all or nearly none did it,
    as that tells of each of them; nor is who completed where that is nearly all or nearly none of
    those who accepted, or where fewer than the minimum did. What is hidden of an attribute is of
    the minimum or more people, and of two groups or more, who did not all do the same: else it
    would follow from the rest, and from everyone. Whoever is counted by another attribute and not
    by this one is hidden here too.

    Raises
    ------
    DecisionError
        Groups of one attribute may lie within those of another one, and what is hidden of the first
        would follow from the second.
    """
    if counted.empty:
        return Uptake(pd.DataFrame(columns=[*_NAMED, "n", *_SHARES]), 0)
    everyone = float(counted.groupby("attribute")["offered"].sum().max())
    for least in range(len(STEPS)):
        rows = _choose(counted, rules, least)
        _refuse_nested(counted, rows)
        if all(are_free_together(rows, name, everyone, least) for name in _SHARES):
            return Uptake(coarsen(rows, _SHARES, least), len(counted) - len(rows))
    return Uptake(rows.assign(**dict.fromkeys(_SHARES, np.nan)), len(counted) - len(rows))


def _choose(counted: pd.DataFrame, rules: DisclosureSettings, least: int) -> pd.DataFrame:
    """Choose what may be told of each attribute.

    Parameters
    ----------
    least : place of the finest step of a share, as in `uptake_steps.step_of`
    """
    totals = counted.groupby("attribute")[list(COUNTS)].sum()
    parts = [
        _tell(own.reset_index(drop=True), _left(totals.max(), totals.loc[str(name)]), rules, least)
        for name, own in counted.groupby("attribute")
    ]
    return pd.concat(parts, ignore_index=True)


def _refuse_nested(counted: pd.DataFrame, told: pd.DataFrame) -> None:
    """Refuse attributes of which one may part the groups of the other, where something is hidden.

    A group that is told, less its parts that are told, is what is hidden of it. Whether groups lie
    within others does not stand in the table, so it is asked of the counts whether they could.
    """
    parts = {str(name): own[list(COUNTS)].to_numpy() for name, own in counted.groupby("attribute")}
    whole = told.dropna()["attribute"].tolist() if len(told) else []
    for fine, coarse in permutations(parts, 2):
        all_told = whole.count(fine) == len(parts[fine])
        is_all = bool((parts[fine].sum(axis=0) == parts[coarse].sum(axis=0)).all())
        if not (all_told and is_all) and _could_part(parts[fine], parts[coarse]):
            raise DecisionError(
                f"the groups of {fine} may lie within those of {coarse}, and not all can be told, "
                "so those that are not would follow by subtraction. Nothing was entered. Count one "
                "of both."
            )


def _could_part(fine: np.ndarray, coarse: np.ndarray) -> bool:
    """Tell whether groups can be dealt to others so that they add up, but for who is not counted.

    Parameters
    ----------
    fine, coarse : one row per group, one column of `COUNTS`
    """
    slack = coarse.sum(axis=0) - fine.sum(axis=0)
    if len(coarse) < 2 or len(fine) < len(coarse) or (slack < 0).any():
        return False
    dealt = np.kron(np.eye(len(fine)), np.ones(len(coarse)))
    sums = np.vstack([np.kron(count, np.eye(len(coarse))) for count in fine.T])
    target, room = coarse.T.ravel(), np.repeat(slack, len(coarse))
    answer = milp(
        np.zeros(len(fine) * len(coarse)),
        constraints=[LinearConstraint(dealt, 1, 1), LinearConstraint(sums, target - room, target)],
        integrality=1,
        bounds=Bounds(0, 1),
        options={"time_limit": _PATIENCE_SECONDS},
    )
    return int(answer.status) != _IMPOSSIBLE


def _left(everyone: pd.Series, counted: pd.Series | pd.DataFrame) -> "pd.Series[float]":
    """Count whom an attribute does not tell of."""
    left = everyone.to_numpy(dtype=float) - counted.to_numpy(dtype=float)
    return pd.Series(left, index=everyone.index)


def _tell(
    own: pd.DataFrame, left: "pd.Series[float]", rules: DisclosureSettings, least: int
) -> pd.DataFrame:
    """Tell of an attribute.

    Parameters
    ----------
    left : counts of people whom other attributes count and this one does not
    """
    n, out = own["offered"].to_numpy(dtype=float), float(left["offered"])

    def are_enough(hidden: np.ndarray) -> bool:
        groups = hidden.sum() + (out > 0)
        is_alone = not hidden.any()
        return bool(n[hidden].sum() + out >= rules.minimum) and (
            is_alone or groups >= _FEWEST_HIDDEN
        )

    shown = _hide_enough(n >= rules.minimum, n, out, are_enough)
    rows = pd.DataFrame({"attribute": own["attribute"], "label": own["label"], "n": n})
    for name, befores in {"accepted": ("offered",), "completed": ("offered", "accepted")}.items():

        def are_mixed(hidden: np.ndarray, name: str = name, of: tuple[str, ...] = befores) -> bool:
            known = own.loc[hidden].sum(numeric_only=True) + left
            share = known[name] / np.maximum(known[list(of)].to_numpy(dtype=float), 1)
            return are_enough(hidden) and bool(_is_mixed(share, rules).all())

        is_told = shown & _may_be_told(own, befores, name, rules)
        counts = zip(n, *_beside(own, rows, name), strict=True)
        is_told &= [m > 0 and is_free(m, (a, c), rules, least) for m, a, c in counts]
        told = _hide_enough(is_told, n, out, are_mixed)
        rows[name] = np.where(told, own[name] / np.maximum(n, 1), np.nan)
    return rows.loc[shown]


def _beside(own: pd.DataFrame, rows: pd.DataFrame, name: str) -> tuple[pd.Series, pd.Series]:
    """Give who accepted and who completed, NaN where that is not told beside a share."""
    accepted, completed = own["accepted"].astype(float), own["completed"].astype(float)
    if name == "accepted":
        return accepted, completed.where(completed < 0)
    return accepted.where(rows["accepted"].notna()), completed


def _may_be_told(
    own: pd.DataFrame, befores: tuple[str, ...], name: str, rules: DisclosureSettings
) -> np.ndarray:
    """Tell of which groups a share may be told, whatever is told of others.

    Parameters
    ----------
    befores : what those did who might have done it, each of them
    """
    told = np.ones(len(own), dtype=bool)
    for before in befores:
        of = own[before].to_numpy(dtype=float)
        told &= (of >= rules.minimum) & _is_mixed(own[name] / np.maximum(of, 1), rules)
    return told


def _is_mixed(share: np.ndarray, rules: DisclosureSettings) -> np.ndarray:
    """Tell whether a share, in [0, 1], is of neither nearly all nor nearly none."""
    return np.asarray((share < rules.unanimity) & (share > 1 - rules.unanimity))


def _hide_enough(
    shown: np.ndarray, n: np.ndarray, out: float, are_enough: Callable[[np.ndarray], bool]
) -> np.ndarray:
    """Hide more groups, smallest first, until those that are hidden are enough together.

    Parameters
    ----------
    out : people who are hidden besides
    are_enough : tells it of which groups are hidden
    """
    shown = shown.copy()
    for place in np.argsort(n, kind="stable"):
        if (shown.all() and not out) or are_enough(~shown):
            break
        shown[place] = False
    return shown


def furthest_apart(rows: pd.DataFrame, of: str) -> tuple[str, str, str] | None:
    """Give the attribute of which two groups surely differ most in a share, and these groups.

    Returns
    -------
    Attribute, the group with the larger share and that with the smaller one; None where no two
    intervals (95 %, Wilson 1927) keep apart.
    """
    known = rows[rows[of].notna()]
    low, high = wilson(known[of].to_numpy(dtype=float), known["n"].to_numpy(dtype=float))
    best, found = 0.0, None
    for attribute, own in known.assign(low=low, high=high).groupby("attribute"):
        ends, labels = own[["low", "high"]].to_numpy(dtype=float), own["label"].astype(str)
        top, bottom = int(np.argmax(ends[:, 0])), int(np.argmin(ends[:, 1]))
        if ends[top, 0] - ends[bottom, 1] > best:
            best = float(ends[top, 0] - ends[bottom, 1])
            found = str(attribute), labels.iloc[top], labels.iloc[bottom]
    return found
