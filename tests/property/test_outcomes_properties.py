"""Labels: three-valued, with cuts that are kept, barring their own ingredients."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blijfwijzer.survey.rule_truth import share_cut


@given(st.lists(st.integers(1, 20), min_size=1, max_size=60), st.floats(0.05, 0.95))
def test_no_other_cut_comes_nearer_to_the_share(answers, share):
    values = np.array(answers, dtype=float)

    cut = share_cut(values, np.ones(len(values)), share)

    distance = abs((values <= cut).mean() - share)
    assert all(abs((values <= v).mean() - share) >= distance - 1e-9 for v in values)
