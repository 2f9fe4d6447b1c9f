"""What a lottery told, a year after: the effect of the offer, as coarse as it may be shown."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.errors import TrialError
from blijfwijzer.survey.cells import numbers_in
from blijfwijzer.vouchers.leeway import COARSE, FINE, Counts, Steps, is_pinned
from blijfwijzer.vouchers.permutation import (
    PERMUTATIONS,
    Arms,
    OfUse,
    Randomised,
    effect_of_use,
    randomise,
)
from blijfwijzer.vouchers.seal import NOT_OFFERED, OFFERED, Lottery

_FEWEST = 3
"""Groups of an arm. The share of one or two groups nearly is what each answered; from three on
their counts say what may be told (`leeway.is_pinned`)."""
_LADDER = (
    (Steps(FINE, FINE), ""),
    (Steps(COARSE, COARSE), "effects in whole points"),
    (Steps(COARSE), "effect in whole points, use withheld"),
)
"""From what is told of most trials to the least, and what is said of it."""
_NARROWEST = 1e-6
"""Width below which an interval comes from groups that are all alike, and tells nothing."""


@dataclass(frozen=True)
class TrialResult:
    """The effect of offering vouchers on the share of a group that trained."""

    found: Randomised
    """In shares: offered less not offered, within strata."""
    offered: int
    not_offered: int
    """Groups compared."""
    lost_offered: int
    lost_not_offered: int
    """Groups of the lottery without outcome; if the two differ much, the comparison is no longer
    fair."""
    left_out: int
    """Groups with an outcome in strata that are left with one arm."""
    share_offered: float
    share_not_offered: float
    """Mean share over groups, not adjusted for strata."""
    of_use: OfUse | None = None
    """What use did to those who used a voucher because it was offered; None where it is not known
    how many used one, and where it is withheld."""
    step: float = FINE
    """In which the effects may be told, in shares."""
    coarsened: str = ""
    """What is told less finely than of most trials, or withheld, as single groups' answers would
    follow; "" if nothing."""

    @property
    def why_no_interval(self) -> str:
        """Why there is no interval: too few groups, groups that are all alike; "" if there is."""
        if not np.isfinite(self.found.low):
            return "few groups"
        return "alike" if self.found.high - self.found.low < _NARROWEST else ""


def analyse_trial(
    lottery: Lottery, outcomes: pd.DataFrame, minimum: int, permutations: int = PERMUTATIONS
) -> TrialResult:
    """Estimate the effect of offering vouchers, whoever used them (intention to treat).

    Groups are what was drawn, so groups are the unit: each counts once, however many answered
    (Hayes & Moulton 2017, ch. 10).

    Parameters
    ----------
    lottery : as `open_sealed` gives it
    outcomes : one row per group, indexed by group id: `n` respondents, and `share` that trained in
        [0, 1] or `count` of them, and perhaps `used`, how many used a voucher; groups outside the
        comparison may be in it, and count for nothing
    minimum : fewest people that anything may tell of: respondents of a group, and in each arm both
        those who trained and those who did not

    Raises
    ------
    TrialError
        Columns are missing, groups double or unknown, figures impossible, or too few groups left.
        Or a group, or what an arm would tell, is of fewer than `minimum` people, or what single
        groups answered would follow from it.
    """
    known = _read(outcomes, lottery)
    compared = lottery.compared.join(known)
    is_lost = compared["share"].isna()
    answered = compared[~is_lost]
    arms = answered.groupby("stratum")["arm"].transform("nunique")
    used = answered[arms == 2]
    _refuse_few(used, len(compared), minimum)
    if "used" in used:
        _refuse_few_users(used, minimum)
    is_offered = (used["arm"] == OFFERED).to_numpy()
    share = used["share"].to_numpy(dtype=np.float64)
    groups = Arms(is_offered, used["stratum"].to_numpy(dtype=str))
    told, coarsened = _coarsen(used, groups, minimum)
    of_use = None if told.of_use is None else used["used"].to_numpy(dtype=np.float64)
    return TrialResult(
        found=randomise(share, groups, permutations, lottery.origin.seed),
        offered=int(is_offered.sum()),
        not_offered=int((~is_offered).sum()),
        lost_offered=int((is_lost & (compared["arm"] == OFFERED)).sum()),
        lost_not_offered=int((is_lost & (compared["arm"] != OFFERED)).sum()),
        left_out=len(answered) - len(used),
        share_offered=float(share[is_offered].mean()),
        share_not_offered=float(share[~is_offered].mean()),
        of_use=None
        if of_use is None
        else effect_of_use(share, of_use, groups, permutations, lottery.origin.seed),
        step=told.effect,
        coarsened=coarsened,
    )


def refuse_recounted(
    lottery: Lottery, outcomes: pd.DataFrame, before: pd.DataFrame, minimum: int
) -> None:
    """Refuse outcomes of which the result, less that of earlier ones, would tell of few people.

    In an arm nothing may differ, or three groups or more, and in these ten people or more: answers
    that came in late are else told by how the share of the arm moved.

    Parameters
    ----------
    outcomes, before : as in `analyse_trial`
    minimum : fewest people that the difference may be of

    Raises
    ------
    TrialError
    """
    now, then = (_counts(rows, lottery) for rows in (outcomes, before))
    moved = pd.DataFrame(0.0, index=now.index, columns=now.columns.union(then.columns))
    moved += now.sub(then, fill_value=0.0).abs()
    people, arm = moved.max(axis=1), lottery.compared["arm"]
    differ = (people > 0).groupby(arm).sum()
    few = (differ > 0) & ((differ < _FEWEST) | (people.groupby(arm).sum() < minimum))
    if few.any():
        raise TrialError(
            f"outcomes: in {int(few.sum())} of 2 arms they differ from those of an earlier result "
            f"in fewer than {_FEWEST} groups or {minimum} people, so what these answered would "
            "follow from both results. Nothing was shown. Analyse once, when all is in."
        )


def _counts(outcomes: pd.DataFrame, lottery: Lottery) -> pd.DataFrame:
    """Give people, those who trained and those who used a voucher, per group that is compared."""
    known = _read(outcomes, lottery)
    parts = known.drop(columns="n").mul(known["n"], axis=0).assign(n=known["n"])
    return parts.reindex(lottery.compared.index).fillna(0.0).round()


def _coarsen(used: pd.DataFrame, groups: Arms, minimum: int) -> tuple[Steps, str]:
    """Find how finely effects may be told, so that each group's count can have several values.

    Where it is not known how many used a voucher, nothing of use is withheld.
    """
    n = used["n"].to_numpy(dtype=np.float64)
    kinds = [
        Counts(used[name].to_numpy(dtype=np.float64) * n, n, groups, minimum, name == "share")
        for name in ("share", "used")
        if name in used
    ]
    users = kinds[1] if len(kinds) > 1 else None
    for told, coarsened in _LADDER:
        if users is None:
            told = Steps(told.effect)
        if not is_pinned(kinds[0], None if told.of_use is None else users, told):
            return told, coarsened
    raise TrialError(
        f"outcomes: what single groups answered would follow from a result of these {len(used)} "
        "groups, even in whole points. Nothing was shown. Collect outcomes of more groups."
    )


def _refuse_few_users(used: pd.DataFrame, minimum: int) -> None:
    """Refuse to tell of use when few in the offered arm used a voucher, or few did not.

    Where nothing was offered nobody may have used one: that is known of the draw, and of no one.
    """
    taken = (used["used"] * used["n"]).groupby(used["arm"]).sum()
    others = used.groupby("arm")["n"].sum() - taken
    few = taken[OFFERED] < minimum or bool((others < minimum).any())
    if few or 0 < taken[NOT_OFFERED] < minimum:
        raise TrialError(
            f"outcomes: in an arm fewer than {minimum} people used a voucher, or fewer than "
            f"{minimum} did not. Nothing was shown, as it would tell of few people. Leave `used` "
            "out, or collect outcomes of more groups."
        )


def _refuse_few(used: pd.DataFrame, drawn: int, minimum: int) -> None:
    """Refuse what would tell of few people: a small group, or an arm in which few did or did not.

    The groups of each arm stand in the published draw, so an arm's share tells of all its people;
    that nobody, everybody or a handful of them trained is an answer of each.
    """
    fewest = min(int((used["arm"] == arm).sum()) for arm in (OFFERED, NOT_OFFERED))
    if fewest < _FEWEST:
        raise TrialError(
            f"outcomes: {len(used)} groups can be compared, of {drawn} in the lottery, {fewest} in "
            f"the smaller arm, so what single groups answered would follow. Nothing was shown. "
            f"Collect outcomes of {_FEWEST} groups or more in each arm."
        )
    small = int((used["n"] < minimum).sum())
    if small:
        raise TrialError(
            f"outcomes: {small} of {len(used)} groups have fewer than {minimum} respondents, so "
            "the result could tell of few people. Nothing was shown. Leave these groups out."
        )
    trained = (used["share"] * used["n"]).groupby(used["arm"]).sum()
    others = used.groupby("arm")["n"].sum() - trained
    few = int(((trained < minimum) | (others < minimum)).sum())
    if few:
        raise TrialError(
            f"outcomes: in {few} of 2 arms fewer than {minimum} people trained, or fewer than "
            f"{minimum} did not. Nothing was shown, as it would tell of few people. Collect "
            "outcomes of more groups."
        )


def _read(outcomes: pd.DataFrame, lottery: Lottery) -> pd.DataFrame:
    """Give `n` and `share` of each group, missing where nobody answered."""
    if "n" not in outcomes or ("share" in outcomes) == ("count" in outcomes):
        raise TrialError(
            "outcomes: a column `n` and one of `share` and `count` are needed. Add or drop columns."
        )
    unknown = int((~outcomes.index.isin(lottery.table.index)).sum())
    if unknown or not outcomes.index.is_unique:
        raise TrialError(
            f"outcomes: {unknown} of {len(outcomes)} groups are not in the sealed lottery, "
            f"{int(outcomes.index.duplicated().sum())} are double. Give each group of the lottery "
            "once."
        )
    figures = outcomes.apply(lambda cells: pd.Series(numbers_in(cells)[0], index=cells.index))
    n = figures["n"].fillna(0)
    share: pd.Series = figures["share"] if "share" in figures else figures["count"] / n.where(n > 0)
    unread = int((figures.isna() & outcomes.notna()).to_numpy().sum())
    counts = figures[[name for name in ("n", "count", "used") if name in figures]].fillna(0)
    unread += int((counts % 1 != 0).to_numpy().sum())
    wrong = unread + int(((n < 0) | (share < 0) | (share > 1)).sum())
    if "used" in figures:
        wrong += int(((figures["used"] < 0) | (figures["used"] > n)).sum())
    if wrong:
        raise TrialError(
            f"outcomes: {wrong} figures are no number, no whole count, below 0, or a share above 1 "
            "(a count above n). Mend these."
        )
    known = pd.DataFrame({"n": n, "share": share.where(n > 0)})
    if "used" not in figures:
        return known
    return known.assign(used=(figures["used"].fillna(0) / n.where(n > 0)))
