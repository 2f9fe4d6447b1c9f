import time

import numpy as np
import pandas as pd

from blijfwijzer.estimation.pooling import pool_means
from studies.costs import tell_costs
from studies.sampling import Sampler


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
