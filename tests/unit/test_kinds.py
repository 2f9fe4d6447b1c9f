"""Every kind of figure that exists passes the rules: a new one fails here until it says by which."""

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import blijfwijzer
from blijfwijzer.disclosure.figures import FigureKind
from blijfwijzer.groups.estimates import estimate_among
from blijfwijzer.groups.flags import CHOICES, OTHERWISE
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.rates import PooledRates
from blijfwijzer.publish.culture_findings import Permission
from blijfwijzer.publish.tables import culture_tables, worrying_tables
from blijfwijzer.publish.tables.register import STORIES, TABLES
from blijfwijzer.publish.tables.report_tables import tell_risk
from blijfwijzer.publish.tables.spec import Held
from blijfwijzer.risk.linear import Linear, Term
from blijfwijzer.runs.scoring.targets import (
    NewWave,
    ScoredTarget,
    flag_estimates,
    flag_units,
    which_flagged,
)
from blijfwijzer.settings import Settings

SOURCE = Path(blijfwijzer.__file__).parent
GROUPS = ("all", "a", "b")
BY_THEMSELVES = {
    # n and people are bands; whether a group is shown at all is decided by them.
    *("n", "people", "response", "own_n", "own_people"),
    # Each is withheld by a figure of its own: `_profile` and `_talent` of `score_findings`.
    *("profile", "talent_best", "talent_rest"),
}


def calls(name):
    """Each call of a function, with its module."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = getattr(node, "func", None)
            if name in (getattr(called, "id", None), getattr(called, "attr", None)):
                yield file.relative_to(SOURCE).as_posix(), node


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_a_table_with_figures_says_by_which_rules_they_were_held(table):
    has_figures = any(column.is_figure for column in table.columns)

    assert (table.held != "") == has_figures
    assert table.held in get_args(Held)


def test_parts_that_cut_through_groups_are_of_known_kinds_and_offered_to_the_rules():
    made = {(module, node.args[0].value) for module, node in calls("FigureId") if node.args}

    assert {kind for _, kind in made} == set(get_args(FigureKind))
    # Who makes one is a story that offers it, or names it for one that does.
    offering = {module for module, _ in calls("figures")}
    assert offering == {
        *("release/breakdown.py", "release/claims.py"),
        *(
            "runs/culture/findings.py",
            "runs/scoring/findings.py",
            "runs/offers/reach.py",
        ),
        "runs/models/explanation.py",
    }
    # Cells are held by a rule of their own, in `admit_cells`.
    naming = {
        *("release/alike.py", "release/margins.py"),
        "runs/scoring/needs.py",
        "runs/scoring/register.py",
        "runs/scoring/remainders.py",
        "publish/culture_findings.py",
    }
    assert {module for module, _ in made} <= offering | naming


def test_groups_are_admitted_with_what_each_figure_rests_on():
    admitting = {module for module, _ in calls("admit")} - {"runs/score.py"}

    assert {module for module, _ in calls("admit_crowd")} == {
        *("release/rehearsal.py", "runs/merge.py"),
    }
    assert admitting == {
        *("release/breakdown.py", "runs/claims.py", "runs/culture/findings.py"),
        # Beside groups that were told before, or everyone, these tell of parts only.
        *(
            "runs/offers/reach.py",
            "runs/models/explanation.py",
            "release/alike.py",
            "runs/models/then.py",
        ),
    }
    assert {module for module, _ in calls("Basis")} == {
        *("release/breakdown.py", "release/culture.py"),
        *(
            "runs/claims.py",
            "runs/scoring/targets.py",
            "runs/models/then.py",
            "runs/merging/crowd.py",
        ),
    }


def test_each_column_of_a_risk_is_withheld_with_its_rate():
    told = {c.name for c in TABLES["groups_file"].columns for part in c.parts if c.is_figure}
    parts = {p for c in TABLES["groups_file"].columns if c.is_figure for p in c.parts}
    of_risk = {name.removeprefix("{target}_") for name in parts if "{target}" in name}

    assert {n for n in told if "{target}" not in n} <= BY_THEMSELVES
    # Those of remainders are withheld by a figure of their own: `runs.remainders`.
    of_rest = {"own_rate", "own_low", "own_high"}
    left = tell_risk(pd.DataFrame(withheld()))
    assert of_risk - of_rest <= set(left)

    for column, values in left.items():
        told = values if column in CHOICES else values.replace("", np.nan).notna()
        assert not told.any(), column


def estimated(told):
    """All that is known of one risk: of everyone, a sector, and a unit that lies far above both."""
    groups = pd.DataFrame({"sector": ["all", "a", "a"], "level": GROUPS}, index=list(GROUPS))
    nobody = csr_array((0, 2), dtype=np.int8)
    members = csr_array(np.array([[1, 1], [1, 0], [1, 0]], dtype=np.int8))
    grouping = Grouping(groups, members, pd.DataFrame(), nobody)
    held = pd.DataFrame({"b": ["x", "y"]})
    codebook = SimpleNamespace(units=SimpleNamespace(cluster="b"))
    wave = NewWave(SimpleNamespace(held=held), held, grouping, codebook, ("b",), Settings())
    figures = dict.fromkeys(("low", "high", "nonresponse_low", "nonresponse_high"), 0.3)
    rates = pd.DataFrame({"rate": [0.2, 0.2, 0.9], **figures, "se": 0.01, "source": "direct"})
    areas = pd.DataFrame({"n": [900.0, 500, 50], "effective_n": [900.0, 500, 50], "model": 0.2})
    areas = areas.assign(direct=rates["rate"])

    def estimate(own):
        rows = groups.index.get_indexer(own.groups.index)
        table = rates.iloc[rows].reset_index(drop=True)
        draws = np.repeat(table[["rate"]].to_numpy(), 100, axis=1)
        return PooledRates(table, draws), areas.iloc[rows].reset_index(drop=True)

    told = np.array(told)
    found = estimate_among(grouping, told, estimate)
    return flag_estimates(found, which_flagged(*found, told, wave), told, wave)


def withheld():
    """All that is known of one risk in groups that are not told of it."""
    found = estimated([False, False, False])
    return {**found.pooled.table, **found.flags}


def test_the_rate_of_a_group_that_is_not_told_is_no_reference_either():
    assert estimated([True, True, True]).flags["verdict"].tolist() == ["", "", "flagged"]

    found = estimated([True, False, True])

    assert found.pooled.table["rate"].notna().tolist() == [True, False, True]
    assert found.flags["reference"].isna().all()
    # How surely a unit exceeds a rate tells that rate.
    assert found.flags["probability"].isna().all()
    assert found.flags["verdict"].tolist() == ["", "", ""]
    assert not found.flags[list(CHOICES)].any(axis=None)


def test_a_flag_is_held_against_the_other_reference_only_where_that_is_told():
    assert estimated([True, True, True]).flags[OTHERWISE].tolist() == [False, False, True]

    found = estimated([False, True, True]).flags

    assert found["verdict"].tolist() == ["", "", "flagged"]
    assert found[OTHERWISE].tolist() == [False, False, False]
    assert found[[name for name in CHOICES if name != OTHERWISE]].iloc[2].all()


@pytest.mark.parametrize("exact", [0.1951, 0.2049])
def test_groups_exceed_a_rate_of_own_answers_as_it_is_shown(exact, rng):
    """At one margin after another the exact rate, and so the count of hundreds, would follow."""
    areas = pd.DataFrame(
        {"direct": [exact, 0.26, 0.18], "model": 0.2, "effective_n": [900.0, 400.0, 500.0]}
    ).assign(n=[900.0, 400.0, 500.0], var_risk=0.01, cov=0.0)
    draws = rng.normal(0.22, 0.02, (3, 1000))
    names = pd.Index(["all", "sector=a", "sector=b"])
    groups = pd.DataFrame({"sector": names, "level": ["all", "sector", "sector"]}, index=names)
    members = csr_array(np.array([[1, 1], [1, 0], [0, 1]]))
    wave = SimpleNamespace(
        by=("sector",),
        settings=Settings(),
        grouping=SimpleNamespace(groups=groups, members=members),
        codebook=SimpleNamespace(units=SimpleNamespace(cluster="sector")),
        responses=pd.DataFrame({"sector": ["a", "b"]}),
    )

    def flagged(rate):
        table = pd.DataFrame({"rate": [rate, 0.26, 0.18], "se": 0.02, "source": "direct"})
        return flag_units(PooledRates(table, draws), areas, np.ones(3, dtype=bool), wave)

    assert flagged(exact)["probability"].notna().tolist() == [False, True, True]
    assert flagged(exact).equals(flagged(0.2))


@pytest.mark.parametrize(("is_told", "left"), [(True, 3), (False, 0)])
def test_how_surely_a_unit_lies_below_its_sector_is_told_only_with_that(is_told, left):
    groups = pd.DataFrame({"sector": ["a", "a"]}, index=["a", "a/b"])
    table = pd.DataFrame(
        {"group": ["a/b"], "dimension": "x", "pooled": 2.9, "low": 2.7, "high": 3.1}
    ).assign(reference=3.4, difference=-0.5, probability=0.95)
    findings = SimpleNamespace(
        judge=lambda *_: "comparable",
        settings=Settings.model_validate({"culture": {"reference": "sector"}}),
        grouping=SimpleNamespace(groups=groups),
        groups=groups if is_told else groups.iloc[1:],
        permission=SimpleNamespace(hides=lambda table, *_: np.zeros(len(table), dtype=bool)),
    )

    shown = worrying_tables._withhold_reference(table, findings)

    assert shown[["pooled", "low", "high"]].notna().all(axis=None)
    assert shown[["reference", "difference", "probability"]].notna().sum(axis=None) == left


def basis_of(model, values, risk):
    stored = SimpleNamespace(model=model)
    scored = SimpleNamespace(risk=risk)
    return ScoredTarget(stored, scored, None, values).basis


def model_of(*names):
    terms = tuple(Term(name, None, 0.0, 0.5) for name in names)
    return SimpleNamespace(trees="", linear=Linear(0.0, terms))


def test_only_a_model_that_looks_at_no_answer_leaves_rates_to_answers_alone():
    values, alike = np.array([1.0, 0.0, np.nan]), np.full(3, 0.2)

    assert basis_of(model_of(), values, alike).risk is None
    assert basis_of(model_of(), values, alike).values[0] is values
    # Risks that are alike in one file tell what the model expects of the form that is copied in it.
    assert basis_of(model_of("a"), values, alike).risk is alike
    trees = SimpleNamespace(trees="tree", linear=Linear(0.0, ()))
    assert basis_of(trees, values, alike).risk is alike
    # Without answers only the risk would be told.
    assert basis_of(model_of(), None, alike).risk is alike


def test_figures_of_everyone_are_absent_where_everyone_may_not_be_told_of():
    whole = {table.name for table in STORIES["climate"] if table.held == "everyone"}

    assert whole <= set(culture_tables._OF_EVERYONE)


def permission(answers, before=frozenset()):
    nothing = frozenset()
    return Permission(
        np.ones(3, dtype=bool),
        pd.Series([""] * 3),
        True,
        nothing,
        True,
        nothing,
        answers,
        before,
        nothing,
        nothing,
        nothing,
        0,
    )


def test_a_dimension_is_hidden_of_its_own_group_and_as_a_reference():
    rows = pd.DataFrame({"group": ["a", "b", "b"], "dimension": ["x", "x", "y"]})
    held = permission(frozenset({("a", "x")}), frozenset({("b", "y")}))

    assert held.hides(rows).tolist() == [True, False, False]
    assert held.hides(rows, np.array(["b", "a", "a"])).tolist() == [False, True, False]
    assert held.hid_before(rows).tolist() == [False, False, True]
