import pkgutil
import time

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.estimation.pooling import pool_means
from studies.costs import DONE, tell_costs
from studies.sampling import IMPORTS, Costs, Sampler


def test_cpu_time_is_charged_to_the_function_of_ours_that_needs_it(rng):
    end = time.process_time() + 0.15
    parents = pd.Series(np.arange(300) // 10)

    with Sampler() as sampler:
        while time.process_time() < end:
            pool_means(rng.normal(3, 1, 300), np.full(300, 0.1), parents, 400, rng)

    costs = sampler.costs()
    assert costs.under["estimation.pooling.pool_means"] > 0.5 * costs.seconds
    assert sum(costs.own.values()) <= costs.seconds
    assert "estimation." in tell_costs(costs)


def test_what_was_done_is_said_of_a_function_or_its_module():
    own = {"publish.files.sheet.fill_sheet": 2.0, "survey.scales.score_scales": 1.0}

    told = tell_costs(Costs(3.0, own, {})).splitlines()

    assert told[-2].endswith(f"| {DONE['publish.files.sheet']} |")
    assert told[-1].endswith("| nothing |")


@pytest.mark.parametrize("name", sorted(DONE.keys() - {IMPORTS}))
def test_what_was_done_is_about_what_is_there(name):
    assert pkgutil.resolve_name(f"blijfwijzer.{name}")
