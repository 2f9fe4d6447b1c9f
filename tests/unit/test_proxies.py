"""Whether columns rebuild an attribute."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.fairness.proxies import measure_proxies, tell_proxy
from blijfwijzer.publish.language.texts import write


def people(rng, strength, rows=3000):
    old = rng.random(rows) < 0.4
    frame = pd.DataFrame(
        {"a": strength * old + rng.standard_normal(rows), "b": rng.standard_normal(rows)}
    )
    frame.loc[:50, "b"] = np.nan
    band = pd.Series(np.where(old, "55+", "<55"))
    return frame, {"age": band}, np.ones(rows), pd.Series(rng.integers(0, 30, rows))


def test_a_planted_proxy_is_named(rng):
    (found,) = measure_proxies(*people(rng, 3.0))

    assert found.auc > 0.95
    assert "give it away" in write(tell_proxy(found, None), "en")


def test_columns_that_know_nothing_are_at_chance(rng):
    (found,) = measure_proxies(*people(rng, 0.0))

    assert found.auc == pytest.approx(0.5, abs=0.05)
    assert "hardly" in write(tell_proxy(found, None), "en")


def test_an_attribute_of_few_is_left_out(rng):
    frame, _, weight, units = people(rng, 1.0)
    rare = pd.Series(np.where(np.arange(3000) < 20, "x", "y"))

    assert measure_proxies(frame, {"rare": rare.where(rare == "x")}, weight, units) == []


def test_a_level_of_few_among_those_looked_at_leaves_the_others(rng):
    frame, attributes, weight, units = people(rng, 3.0, rows=40_000)
    some = np.arange(40_000) % 301 == 0  # 133 of all, and half of them among those looked at
    group = attributes["age"].mask(some, "x")

    (found,) = measure_proxies(frame, {"age": group}, weight, units)

    assert found.level != "x"
    assert found.auc > 0.95
