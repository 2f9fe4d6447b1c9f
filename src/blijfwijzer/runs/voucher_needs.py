"""What vouchers follow from: the need of a release, and in the built-in survey the truth."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.errors import ReleaseError
from blijfwijzer.estimation.intervals import Z
from blijfwijzer.groups.paths import GroupPath, crossed_with
from blijfwijzer.survey.files import read_table
from blijfwijzer.vouchers.needs import Needs


def read_needs(
    groups: pd.DataFrame, target: str, across: str = ""
) -> tuple[Needs, pd.Series | None, pd.Series]:
    """Take from a release what vouchers depend on: need, people, and where they work.

    Parameters
    ----------
    groups : as in groups.parquet; no other column than those of the one need is looked at
    target : the need
    across : variable over whose groups everyone is parted; units when empty

    Returns
    -------
    The needs; the share of each group that fits the simple profile, where the release has it; and
    the respondents of each group.

    Raises
    ------
    ReleaseError
        The release was not crossed with the variable.
    """
    crossed = pd.Series(crossed_with(groups["group"]), index=groups.index)
    own = groups[groups["own_n"].notna() & (crossed == across)].set_index("group").copy()
    # Both are rounded: where a remainder is told it is one, however near to the whole.
    is_told = own.get(f"{target}_own_rate", pd.Series(np.nan, own.index)).notna()
    whole = (own["own_n"] >= own["n"]) & ~is_told
    for part in ("rate", "low", "high"):
        # Who is in no smaller unit that is shown is a group of its own, not the whole unit.
        rest = own.get(f"{target}_own_{part}", pd.Series(np.nan, own.index))
        own[f"{target}_{part}"] = own[f"{target}_{part}"].where(whole, rest)
    # A group of which the need is not told gets none: vouchers would tell of it.
    is_told, there = own[f"{target}_rate"].notna(), not own.empty
    own = own[is_told]
    if there and own.empty:
        raise ReleaseError(
            f"groups.parquet: of none of {len(is_told)} groups the rate of {target} is told, so "
            "there is no need to divide by. Score by larger units, or before other releases of "
            "this wave."
        )
    if own.empty:
        raise ReleaseError(
            f"groups.parquet: no group is crossed with {across[:80]!r}. Score with --and "
            f"{across[:80]}, or leave `vouchers.across` out of the settings."
        )
    people = own["own_people"].fillna(own["own_n"])
    width = (own[f"{target}_high"] - own[f"{target}_low"]) / 100
    places = [GroupPath.parse(group).definition for group in own.index]
    strata = pd.DataFrame(places, index=own.index).astype("str")
    if len(strata.columns) and "sector" not in strata:
        strata["sector"] = strata[strata.columns[0]]
    needs = Needs(own[f"{target}_rate"] / 100, width / (2 * Z), people, strata)
    return needs, _profile(own), own["own_n"]


def _profile(own: pd.DataFrame) -> pd.Series | None:
    """Give the share of each group that fits the simple profile, if any group tells it.

    A group that does not tell it is taken as the middle one: whoever followed the profile would
    have to guess.
    """
    if "profile" not in own or own["profile"].isna().all():
        return None
    return own["profile"].fillna(own["profile"].median()) / 100


def read_truth(file: Path, target: str, groups: pd.Index) -> pd.Series:
    """Read the true share in need of each group of the built-in survey.

    Parameters
    ----------
    file : as `synthesise --truth` writes it: one row per respondent, the units and the
        chance of each outcome, as `p_<outcome>`
    groups : units that part everyone; a respondent counts in the smallest

    Raises
    ------
    ReleaseError
        The table lacks columns, or no respondent works in some group.
    """
    table, chance = read_table(file).frame, f"p_{target}"
    definitions = {str(group): GroupPath.parse(group).definition for group in groups}
    needed = {chance, *(name for definition in definitions.values() for name in definition)}
    missing = sorted(needed - set(map(str, table.columns)))
    if missing:
        raise ReleaseError(
            f"{file.name}: {len(missing)} columns are missing: {', '.join(missing)}. Give what "
            "`blijfwijzer synthesise --truth` wrote for this wave."
        )
    owner = pd.Series("", index=table.index)
    for group, definition in sorted(definitions.items(), key=lambda item: len(item[1])):
        inside = np.ones(len(table), dtype=bool)
        for name, code in definition.items():
            inside &= (table[name].astype("str") == code).to_numpy()
        owner = owner.mask(inside, group)
    rates = table[chance].astype(float).groupby(owner).mean().reindex(groups.astype("str"))
    if rates.isna().any():
        raise ReleaseError(
            f"{file.name}: nobody works in {int(rates.isna().sum())} of {len(groups)} groups. Give "
            "the truth of the same wave."
        )
    return rates.set_axis(groups)


def choose_need(run: dict[str, Any], asked: str) -> str:
    """Choose the need that vouchers are for; a turnover risk is never one.

    Raises
    ------
    ReleaseError
        The release tells of no need, of several and none is asked, or not of the one that is.
    """
    needs = run.get("needs")
    if not isinstance(needs, list):
        raise ReleaseError(
            "run.json: does not say which outcomes are needs, so it is of another command or "
            "version. Score the survey again."
        )
    if not needs:
        raise ReleaseError(
            "run.json: the release tells of no outcome of the kind need, and vouchers are for "
            "nothing else. Score with a model of one."
        )
    if asked in needs or (not asked and len(needs) == 1):
        return asked or str(needs[0])
    what = f"{asked} is no need of this release" if asked else f"{len(needs)} needs are told of"
    raise ReleaseError(f"run.json: {what}. Give --target, one of: {', '.join(needs)}.")
