"""Those of a unit who work in none of its shown parts are a group of their own."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.remainders import find_remainders
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.runs.offers.needs import parts_of, read_partitions, read_rule
from blijfwijzer.runs.scoring.remainders import rates_of_remainders
from blijfwijzer.settings import Settings

DEPARTMENTS = 3
"""Per organisation; only the first is shown."""


def nested(organisations, per):
    """Organisations of one sector, each of which is parted in departments of `per` people."""
    people = organisations * DEPARTMENTS * per
    department = np.arange(people) // per
    organisation = department // DEPARTMENTS
    names, parents, levels, rows = ["all"], [""], [""], [np.ones(people)]
    for o in range(organisations):
        names.append(f"organisatie=O{o}")
        parents.append("all")
        levels.append("organisatie")
        rows.append(organisation == o)
    for d in range(organisations * DEPARTMENTS):
        above = f"organisatie=O{d // DEPARTMENTS}"
        names.append(f"{above}/afdeling=A{d}")
        parents.append(above)
        levels.append("afdeling")
        rows.append(department == d)
    members = np.array(rows, dtype=np.int8)
    groups = pd.DataFrame(
        {"parent": parents, "level": levels, "n": members.sum(axis=1), "people": np.nan},
        index=names,
    ).assign(kind=["all"] + ["unit"] * (len(names) - 1), sector="all")
    none = csr_array((0, people), dtype=np.int8)
    grouping = Grouping(groups, csr_array(members), pd.DataFrame(), none)
    shown = np.ones(len(names), dtype=bool)
    shown[1 + organisations :] = np.arange(organisations * DEPARTMENTS) % DEPARTMENTS == 0
    return grouping, shown, department


def test_a_remainder_holds_everybody_who_is_in_no_part_that_is_shown():
    grouping, shown, department = nested(2, 4)

    left = find_remainders(grouping, shown).toarray()

    assert left[0].sum() == 0
    assert left[1].tolist() == np.isin(department, [1, 2]).tolist()
    assert left[2].tolist() == np.isin(department, [4, 5]).tolist()
    assert left[3:].sum() == 0


def test_rates_of_remainders_cover_their_own_truth_and_not_that_of_the_whole():
    rng = np.random.default_rng(4)
    grouping, shown, department = nested(30, 20)
    left, organisations = find_remainders(grouping, shown), slice(1, 31)
    held, whole = [], []
    for seed in range(8):
        # Departments that are shown differ from the others of their organisation.
        true = np.clip(0.25 + 0.06 * rng.standard_normal(90), 0.02, 0.9)
        true[::DEPARTMENTS] += 0.15
        values = (rng.random(len(department)) < true[department]).astype(float)
        risk = np.clip(0.3 + 0.1 * rng.standard_normal(len(values)), 0.01, 0.99)
        design = Design.of_units(np.ones(len(values)), pd.Series(department))
        wave = SimpleNamespace(
            grouping=grouping,
            settings=Settings(seed=seed),
            predictions=lambda v, r, d=design: Predictions(v, r, d),
        )
        stored = SimpleNamespace(effects=pd.DataFrame(columns=["effect", "se", "between"]))
        need = SimpleNamespace(values=values, scored=SimpleNamespace(risk=risk), stored=stored)

        table = rates_of_remainders(need, wave, left, shown)

        own = true.reshape(30, DEPARTMENTS)[:, 1:].mean(axis=1)
        told = table.iloc[organisations]
        held.append((told["low"] <= own) & (own <= told["high"]))
        whole.append(abs(told["rate"] - own).mean() < 0.06)
        assert table.drop(index=table.index[organisations]).isna().all(axis=None)

    assert 0.92 <= np.mean(held) <= 0.99
    assert all(whole)


def released(**columns):
    table = pd.DataFrame(
        {
            "group": ["organisatie=O1", "organisatie=O1/afdeling=A", "organisatie=O2"],
            "n": [60, 20, 30],
            "own_n": [40, 20, 30],
            "own_people": [80, 40, 60],
            "need_rate": [30, 50, 20],
            "need_low": [20, 40, 10],
            "need_high": [40, 60, 30],
        }
    )
    return table.assign(**columns)


def units_of(groups):
    none = pd.DataFrame(columns=["target", "rate"])
    (units,) = read_partitions(groups, none, "need", {})
    return units


def test_vouchers_go_by_the_remainders_own_rate_and_error():
    own = {"need_own_rate": [18.0, np.nan, np.nan], "need_own_low": [10.0, np.nan, np.nan]}

    needs = units_of(released(**own, need_own_high=[26.0, np.nan, np.nan])).needs

    assert needs.rate.tolist() == pytest.approx([0.18, 0.5, 0.2])
    assert needs.se.iloc[0] == pytest.approx(0.16 / (2 * 1.959964))


def test_a_remainder_whose_rate_is_not_told_gets_no_vouchers():
    units = units_of(released())

    assert units.needs.rate.index.tolist() == ["organisatie=O1/afdeling=A", "organisatie=O2"]
    assert units.needs.people.tolist() == [40, 60]


def parted_by_rule(**columns):
    parts = ("all&simple_rule=0", "all&simple_rule=1", "O1&simple_rule=0", "O1&simple_rule=1")
    names = ["all", *(part.replace("O1", "organisatie=O1") for part in parts)]
    table = pd.DataFrame(
        {
            "group": names,
            "n": [300, 240, 60, 120, 30],
            "people": [600, None, None, None, None],
            "own_n": [None, 120, 30, 120, 30],
            "own_people": [None, 240, 60, 240, 60],
            "need_rate": [20, 10, 60, 10, 60],
            "need_low": [15, 5, 50, 5, 50],
            "need_high": [25, 15, 70, 15, 70],
        }
    )
    return table.assign(**columns)


def test_nobody_who_fits_is_left_out_where_a_part_of_them_is_withheld():
    groups, none = parted_by_rule(), pd.DataFrame(columns=["target", "rate"])

    parted, as_one = read_partitions(groups, none, "need", {})

    assert parted.needs.people.to_dict() == {
        "organisatie=O1&simple_rule=0": 240,
        "organisatie=O1&simple_rule=1": 60,
    }
    assert as_one.needs.people.to_dict() == {
        "all&simple_rule=1": 120,
        "organisatie=O1&simple_rule=0": 240,
    }
    assert as_one.needs.rate["all&simple_rule=1"] == 0.6
    assert set(as_one.needs.groups) < set(parts_of(as_one.name, groups["group"]))


def test_a_rule_of_which_a_release_tells_nothing_makes_no_group():
    untold = parted_by_rule(need_rate=[20, 10, np.nan, 10, 60])
    none = pd.DataFrame(columns=["target", "rate"])

    (parted,) = read_partitions(untold, none, "need", {})

    assert parted.name == "simple_rule"
    assert read_rule(untold, "need", {}) is None
