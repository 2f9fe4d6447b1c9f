"""Forms that are copies of each other: together they are one person, for all that anybody knows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

Forms = NDArray[np.intp]
"""Number of each response's form: the same for those with the very same answers."""


def number_forms(answers: pd.DataFrame) -> Forms:
    """Give each response the number of its form.

    Parameters
    ----------
    answers : one row per response, of all that was asked
    """
    if not len(answers.columns):
        return np.arange(len(answers), dtype=np.intp)
    hashes = pd.util.hash_pandas_object(answers, index=False)
    return np.asarray(pd.factorize(hashes)[0], dtype=np.intp)


def count_forms(members: csr_array, forms: Forms) -> NDArray[np.int64]:
    """Count the different forms in each group.

    Parameters
    ----------
    members : one row per group, one column per response
    """
    ones = np.ones(len(forms), dtype=np.int64)
    to_form = csr_array((ones, (np.arange(len(forms)), forms)))
    return np.asarray(np.diff((members.astype(np.int64) @ to_form).indptr), dtype=np.int64)


def keep_first(members: csr_array, forms: Forms) -> NDArray[np.bool_]:
    """Say of each response whether it is the first of its form in the very same groups.

    Parameters
    ----------
    members : one row per group, one column per response
    """
    if len(np.unique(forms)) == len(forms):
        return np.ones(len(forms), dtype=bool)
    # Two different sets of groups agree by chance once in 2^62.
    keys = np.random.default_rng(1).integers(0, 2**62, size=members.shape[0], dtype=np.int64)
    sets = members.T.tocsr().astype(np.int64) @ keys
    return np.asarray(~pd.DataFrame({"form": forms, "groups": sets}).duplicated())
