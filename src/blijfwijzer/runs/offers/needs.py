"""What vouchers follow from: the need of a release, and in the built-in survey the truth."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.errors import ReleaseError
from blijfwijzer.estimation.intervals import Z
from blijfwijzer.groups.grouping import member_finder
from blijfwijzer.groups.paths import GroupPath, crossed_with
from blijfwijzer.groups.simple_rule import FITS, OTHERS, SIMPLE_RULE
from blijfwijzer.release.folder import require_columns
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.held import Responses
from blijfwijzer.synthetic.survey import CODEBOOK
from blijfwijzer.vouchers.needs import RULE_AS_ONE, SEGMENTS, UNITS, Needs, Partition

_ORDER = (UNITS, SIMPLE_RULE)
"""Partitions that stand before others, so that of equals the plainest is proposed."""
_EACH_WHO_FITS = str(GroupPath((), (SIMPLE_RULE, FITS)))


def read_partitions(
    groups: pd.DataFrame,
    segments: pd.DataFrame,
    target: str,
    education: Mapping[str, str],
    truth: pd.DataFrame | None = None,
) -> list[Partition]:
    """Take from a release each way in which it parts everyone and tells the need of the parts.

    Those who fit the simple rule are also one group, wherever they work, beside the others of each
    unit: so nobody who fits is left out because a part of them is withheld.

    Parameters
    ----------
    groups : as in groups.parquet; no other column than those of the one need is looked at
    segments : as in segments.parquet
    target : the need
    education : "variable=code" to the level of education of all who gave that answer
    truth : as `synthesise --truth` writes it; partitions of which it tells no truth are left out

    Raises
    ------
    ReleaseError
        The need of no group is told, or the table is of another version.
    """
    require_columns(groups, (f"{target}_{part}" for part in ("rate", "low", "high")))
    crossed = pd.Series(crossed_with(groups["group"]), index=groups.index)
    own = groups[groups["own_n"].notna()].copy()
    # Both are rounded: where a remainder is told it is one, however near to the whole.
    is_told = own.get(f"{target}_own_rate", pd.Series(np.nan, own.index)).notna()
    whole = (own["own_n"] >= own["n"]) & ~is_told
    for part in ("rate", "low", "high"):
        # Who is in no smaller unit that is shown is a group of its own, not the whole unit.
        rest = own.get(f"{target}_own_{part}", pd.Series(np.nan, own.index))
        own[f"{target}_{part}"] = own[f"{target}_{part}"].where(whole, rest)
    told = own[own[f"{target}_rate"].notna()]
    if told.empty:
        raise ReleaseError(
            f"groups.parquet: of none of {len(own)} groups the rate of {target} is told, so there "
            "is no need to divide by. Score by larger units, or before other releases of this wave."
        )
    names = sorted(set(crossed[told.index]), key=lambda name: (name or UNITS) not in _ORDER)
    found = [
        _of_groups(name or UNITS, told[crossed[told.index] == name], target, education)
        for name in names
    ]
    found += _rule_as_one(groups, told, target, education)
    if truth is not None:
        return [replace(p, true_rate=true_rates(truth, target, p.needs.groups)) for p in found]
    return [*found, *_of_segments(segments, groups, target)]


def parts_of(name: str, groups: pd.Series) -> pd.Series:
    """Give the groups over which a partition of units divides, however many of these are told of.

    Parameters
    ----------
    name : of the partition; not `SEGMENTS`
    groups : ids of all groups of a release
    """
    paths = groups.map(GroupPath.parse)
    if name == RULE_AS_ONE:
        fits = (SIMPLE_RULE, FITS)
        inside = [
            p.cross == (SIMPLE_RULE, OTHERS) or (p.cross == fits and not p.units) for p in paths
        ]
    else:
        variable = "" if name == UNITS else name
        inside = [(p.cross[0] if p.cross else "") == variable for p in paths]
    return groups[np.asarray(inside, dtype=bool)]


def read_rule(
    groups: pd.DataFrame,
    target: str,
    education: Mapping[str, str],
    truth: pd.DataFrame | None = None,
) -> Partition | None:
    """Take those who fit the simple rule and those who do not, wherever they work, in that order.

    Returns
    -------
    None where the release does not tell of both.
    """
    whole = _wholes(groups, (FITS, OTHERS))
    if whole[f"{target}_rate"].isna().any():
        return None
    found = _of_groups(SIMPLE_RULE, whole, target, education)
    if truth is None:
        return found
    return replace(found, true_rate=true_rates(truth, target, found.needs.groups))


def _rule_as_one(
    groups: pd.DataFrame, told: pd.DataFrame, target: str, education: Mapping[str, str]
) -> list[Partition]:
    """Give those who fit the simple rule as one group, wherever they work; others by unit.

    Parts of them can be withheld, and sizes of parts are rounded: the whole leaves nobody out.
    """
    own = told["group"].isin(parts_of(RULE_AS_ONE, told["group"]))
    others = told[own & (told["group"] != _EACH_WHO_FITS)]
    if others.empty:
        return []
    fits = _wholes(groups, (FITS,))
    if fits[f"{target}_rate"].isna().any():
        return []
    return [_of_groups(RULE_AS_ONE, pd.concat([fits, others]), target, education)]


def _wholes(groups: pd.DataFrame, codes: tuple[str, ...]) -> pd.DataFrame:
    """Take those who fit the simple rule, or do not, each as a whole group, wherever they work."""
    names = [str(GroupPath((), (SIMPLE_RULE, code))) for code in codes]
    rows = groups.set_index("group").reindex(names)
    each = _people_each(groups)
    return rows.assign(own_n=rows["n"], own_people=rows["n"] * each).reset_index()


def _of_groups(
    name: str, own: pd.DataFrame, target: str, education: Mapping[str, str]
) -> Partition:
    own = own.set_index("group")
    people = own["own_people"].fillna(own["own_n"])
    width = (own[f"{target}_high"] - own[f"{target}_low"]) / 100
    paths = [GroupPath.parse(group) for group in own.index]
    strata = pd.DataFrame([path.definition for path in paths], index=own.index)
    strata = strata.astype(object).where(strata.notna(), None)
    units = [level for level in strata if level not in (name, SIMPLE_RULE)]
    if units and "sector" not in strata:
        strata["sector"] = strata[units[0]]
    taught = [education.get("=".join(path.cross or ()), "") for path in paths]
    needs = Needs(
        own[f"{target}_rate"] / 100,
        width / (2 * Z),
        people,
        strata,
        pd.Series(taught, index=own.index, dtype="str"),
    )
    return Partition(name, needs, own["own_n"])


def _of_segments(segments: pd.DataFrame, groups: pd.DataFrame, target: str) -> list[Partition]:
    """Give the readable profiles as a partition; their rates rest on half of the respondents."""
    own = segments[(segments["target"] == target) & segments["rate"].notna()]
    if own.empty:
        return []
    own = own.set_index(pd.Index(own["label"].astype(str), name="group"))
    width = (own["high"] - own["low"]) / 100
    people = own["n"] * 2 * _people_each(groups)
    needs = Needs(own["rate"] / 100, width / (2 * Z), people, pd.DataFrame(index=own.index))
    return [Partition(SEGMENTS, needs, own["n"])]


def _people_each(groups: pd.DataFrame) -> float:
    """People that a respondent stands for, by those who are shown in units."""
    known = groups[groups["people"].notna() & (groups["n"] > 0)]
    if known.empty:
        return 1.0
    largest = known.nlargest(1, "n")
    return float((largest["people"] / largest["n"]).iloc[0])


def read_truth(file: Path, target: str) -> pd.DataFrame:
    """Read what is true of the respondents of the built-in survey.

    Parameters
    ----------
    file : as `synthesise --truth` writes it: one row per respondent, units, career variables and
        the chance of each outcome, as `p_<outcome>`

    Raises
    ------
    ReleaseError
        The table lacks the chance.
    """
    table = read_table(file).frame
    if f"p_{target}" not in table:
        raise ReleaseError(
            f"{file.name}: 1 column is missing: p_{target}. Give what `blijfwijzer synthesise "
            "--truth` wrote for this wave."
        )
    return table


def true_rates(truth: pd.DataFrame, target: str, groups: pd.Index) -> pd.Series:
    """Give the true share in need of each group of the built-in survey.

    Parameters
    ----------
    groups : those that part everyone; a respondent counts in the smallest

    Raises
    ------
    ReleaseError
        No respondent is in some group, or the table lacks a column.
    """
    owner = owners_of(groups, truth, load_codebook(CODEBOOK))
    if owner is None:
        raise ReleaseError(
            f"truth: columns are missing by which {len(groups)} groups are made. Give what "
            "`blijfwijzer synthesise --truth` wrote for this wave."
        )
    chance = truth[f"p_{target}"].astype(float)
    rates = chance.groupby(owner).mean().reindex(groups.astype("str"))
    if rates.isna().any():
        raise ReleaseError(
            f"truth: nobody is in {int(rates.isna().sum())} of {len(groups)} groups. Give the "
            "truth of the same wave."
        )
    return rates.set_axis(groups)


def owners_of(
    groups: Iterable[Hashable], responses: Responses, codebook: Codebook
) -> pd.Series | None:
    """Give the smallest group that each response is in, "" where it is in none.

    Parameters
    ----------
    groups : ids of units, or of units crossed with one variable

    Returns
    -------
    One id per response; None where a column is missing that they are made of.
    """
    find = member_finder(responses, codebook)
    definitions = {str(group): GroupPath.parse(group).definition for group in groups}
    owner = pd.Series("", index=responses.index)
    for group, definition in sorted(definitions.items(), key=lambda item: len(item[1])):
        inside = find(definition)
        if inside is None:
            return None
        owner = owner.mask(inside, group)
    return owner


def choose_need(run: dict[str, Any], asked: str) -> str:
    """Choose the need that vouchers are for; a turnover risk is never one.

    What is asked comes first, then what the codebook says (`[vouchers] outcome`), then the only
    one there is.

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
    asked = asked or str(run.get("voucher_outcome", ""))
    if asked in needs or (not asked and len(needs) == 1):
        return asked or str(needs[0])
    what = f"{asked} is no need of this release" if asked else f"{len(needs)} needs are told of"
    raise ReleaseError(
        f"run.json: {what}. Give --target, or `[vouchers] outcome` in the "
        f"codebook, one of: {', '.join(needs)}."
    )
