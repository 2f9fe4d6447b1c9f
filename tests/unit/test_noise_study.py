"""The noise that is compared with withholding is what its method says."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from studies.noise import noise_table, perturb


@pytest.mark.parametrize(("count", "most", "variance"), [(10, 2, 1.0), (10, 5, 4.0), (2, 5, 4.0)])
def test_changes_have_no_bias_and_the_variance_that_is_asked(count, most, variance):
    changes, likely = noise_table(count, most, variance)
    assert likely.sum() == pytest.approx(1)
    assert changes @ likely == pytest.approx(0, abs=1e-6)
    assert changes**2 @ likely == pytest.approx(min(variance, count), abs=1e-6)
    assert count + changes.min() >= 0


def test_the_same_people_get_the_same_change_wherever_they_are_counted():
    rng = np.random.default_rng(1)
    groups = csr_array((rng.random((400, 90)) < 0.5).astype(np.int8))
    keys = rng.random(90)
    once = perturb(groups, np.ones(90), keys, (2, 1.0))
    assert (once == perturb(groups, np.ones(90), keys, (2, 1.0))).all()
    changes = once - np.asarray(groups.sum(axis=1)).ravel()
    assert abs(changes.mean()) < 0.2
    assert 0.7 < changes.var() < 1.3
