"""Withholding beside cell-key perturbation: what can be read, how well, and what still follows.

The cell-key method gives each record a random key; the keys of a group's records, added, choose
from a fixed table by how much its count is changed, so that the same people always get the same
change (Fraser & Wooton 2005; Thompson, Broadfoot & Elazar 2013). The table has the largest entropy
of all with no bias, a given variance and a largest change (Giessing 2016).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.sparse import csr_array

from blijfwijzer.progress import Tell
from studies.gate_bench import choose, groups_of, people_of
from studies.organisations import K

Numbers = NDArray[np.float64]

_LEVELS = ("organisatie", "afdeling")
_TABLES = ((2, 1.0), (5, 4.0))
"""Largest change, and variance."""
_PROTECTED = (2, 3)
"""Values that the count of a withheld group must be able to have; the second is the default."""
_BANDS = ((10, 14), (15, 24), (25, 49), (50, 10**6))


def noise_table(count: int, most: int, variance: float) -> tuple[Numbers, Numbers]:
    """Give the changes that a count can have, and how likely each is.

    No count becomes negative, 0 stays 0, and the mean change is 0. Where a count is too small for
    the variance, the variance is as large as the count.
    """
    changes = np.arange(-min(count, most), most + 1, dtype=float)
    if not count:
        return np.zeros(1), np.ones(1)
    wanted = min(variance, float(count))

    def likely(at: Numbers) -> Numbers:
        power = at[0] * changes + at[1] * changes**2
        weight = np.exp(power - power.max())
        return np.asarray(weight / weight.sum())

    def missed(at: Numbers) -> list[float]:
        p = likely(at)
        return [float(p @ changes), float(p @ changes**2) - wanted]

    return changes, likely(root(missed, [0.0, -0.3]).x)


def perturb(groups: csr_array, has_it: Numbers, keys: Numbers, table: tuple[int, float]) -> Numbers:
    """Give the count of each group's people who have it, changed by its cell key."""
    inside = csr_array(groups.astype(float) * has_it[None, :])
    counts = np.asarray(inside.sum(axis=1)).ravel().round().astype(int)
    cell_keys = np.asarray(inside @ keys).ravel() % 1
    changed = counts.astype(float)
    tables = {count: noise_table(count, *table) for count in range(table[0] + 1)}
    for place, (count, key) in enumerate(zip(counts.tolist(), cell_keys.tolist(), strict=True)):
        changes, likely = tables[min(count, table[0])]
        changed[place] += changes[min(np.searchsorted(np.cumsum(likely), key), len(changes) - 1)]
    return changed


@dataclass(frozen=True)
class _Rests:
    """What is left of departments less their groups by education: one to nine people."""

    groups: csr_array
    """Rows of +1 for the department and -1 for its groups, over all groups."""
    counts: Numbers
    sizes: Numbers


def compare_noise(tell: Tell) -> str:
    """Compare, on the built-in survey of 40,000, by organisation and department by education."""
    people = people_of(1)
    offered = groups_of(people, _LEVELS)
    members = offered.members
    has_it = (people["vertrek"].astype(float) >= 4).to_numpy().astype(float)
    sizes = np.asarray(members.sum(axis=1)).ravel().astype(float)
    counts = np.asarray(members @ has_it)
    true = 100 * counts / sizes
    tell("noise: withholding")
    plain = choose(members, 40, [])
    rounded = np.abs(true.round() - true)
    rests = _find_rests(members, offered.definitions, has_it)
    rows = [
        _row("withholding, sizes only", plain, sizes, rounded, "none of 1-9 people, proven"),
    ]
    for values in _PROTECTED:
        name = f"withholding, with the percentages, {values} values"
        told = choose(members, 40, [has_it], values)
        rows.append(_row(name, told, sizes, rounded, "none, proven"))
    keys = np.random.default_rng(12).random(len(people))
    for table in _TABLES:
        tell(f"noise: changes of at most {table[0]}")
        people_shown = perturb(members, np.ones(len(people)), keys, table)
        with_it = perturb(members, has_it, keys, table)
        shown = 100 * np.clip(with_it / np.maximum(people_shown, 1), 0, 1)
        error = np.abs(shown.round() - true)
        name = f"cell keys, at most {table[0]}, variance {table[1]:g}"
        every = np.ones(len(sizes), dtype=bool)
        rows.append(_row(name, every, sizes, error, _attack(rests, people_shown, with_it)))
    guessed = (np.round(has_it.mean() * rests.sizes) == rests.counts).mean()
    spread = true[sizes >= 50].std()
    return (
        "## Withholding and cell keys\n\nBuilt-in survey of 2019, 40,000 respondents: "
        f"{len(sizes):,} groups of {K} or more by organisation and department, each by education "
        f"too; one outcome, {100 * has_it.mean():.0f} % have it. Error: root mean square of the "
        "shown percentage against the true one of the same respondents, in points, by size. "
        f"Shares of groups of 50 and more differ by {spread:.1f} points (standard deviation). "
        f"{len(rests.sizes):,} departments leave 1-9 people when their groups by education are "
        "subtracted: how often subtracting what is shown gives their exact number, and exactly how "
        f"many of them have it; guessing by the overall share gives the latter of {guessed:.0%}.\n"
        "\n| method | groups shown | people in them, summed | error: 10-14 | 15-24 | 25-49 | 50 "
        "and more | what follows of few |\n|---|---|---|---|---|---|---|---|\n" + "".join(rows)
    )


def _row(name: str, shown: NDArray[np.bool_], sizes: Numbers, error: Numbers, follows: str) -> str:
    cells = []
    for low, high in _BANDS:
        own = error[shown & (sizes >= low) & (sizes <= high)]
        cells.append(f"{np.sqrt((own**2).mean()):.1f}" if len(own) else "-")
    covered = sizes[shown].sum() / sizes.sum()
    return f"| {name} | {shown.mean():.1%} | {covered:.1%} | {' | '.join(cells)} | {follows} |\n"


def _find_rests(members: csr_array, definitions: list[dict[str, str]], has_it: Numbers) -> _Rests:
    units: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for place, own in enumerate(definitions):
        if _LEVELS[-1] in own:
            units.setdefault(tuple((level, own[level]) for level in _LEVELS), []).append(place)
    entries = [
        (row, place, 1.0 if len(definitions[place]) == len(_LEVELS) else -1.0)
        for row, places in enumerate(units.values())
        for place in places
    ]
    at = np.array([entry[:2] for entry in entries]).T
    signs = np.array([entry[2] for entry in entries])
    matrix = csr_array((signs, (at[0], at[1])), shape=(len(units), len(definitions)))
    left = np.asarray(matrix @ np.asarray(members.sum(axis=1)).ravel())
    small = np.flatnonzero((left > 0) & (left < K))
    return _Rests(csr_array(matrix[small]), (matrix @ (members @ has_it))[small], left[small])


def _attack(rests: _Rests, people: Numbers, with_it: Numbers) -> str:
    sizes = np.asarray(rests.groups @ people).round()
    counts = np.clip(np.asarray(rests.groups @ with_it).round(), 0, np.maximum(sizes, 0))
    return (
        f"number of {np.mean(sizes == rests.sizes):.0%}, with it of "
        f"{np.mean(counts == rests.counts):.0%}"
    )
