"""Interactions of trees against those of the library shapiq, as `shapiq_pairs.py` had them."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.drivers.tree_contributions import tree_interactions

HERE = Path(__file__).parent


def test_interactions_equal_those_of_shapiq():
    theirs = pd.read_csv(HERE / "shapiq_pairs.csv")
    X = theirs.filter(regex=r"^x\d$").to_numpy(dtype=float)
    alone = csr_array(np.eye(len(X), dtype=np.int8))

    ours = tree_interactions((HERE / "shapiq_pairs.txt").read_text(), X, np.ones(len(X)), alone)

    assert len(ours.pairs) == 10
    expected = theirs[[f"x{one}x{other}" for one, other in ours.pairs]].to_numpy()
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(ours.means, expected, rtol=0, atol=1e-9)
