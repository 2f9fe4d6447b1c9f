"""Forms that are copies of each other: together they are one person, for all that anybody knows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.fingerprint import ResponseTable, some_at_a_time

Forms = NDArray[np.intp]
"""Number of each response's form: the same for those with the very same answers."""


def number_forms(answers: ResponseTable) -> Forms:
    """Give each response the number of its form.

    Parameters
    ----------
    answers : one row per response, of all that was asked
    """
    asked = [str(name) for name in answers]
    if not asked or not len(answers):
        return np.arange(len(answers), dtype=np.intp)
    hashes = [
        pd.util.hash_pandas_object(part, index=False).to_numpy()
        for part in some_at_a_time(answers, asked)
    ]
    return np.asarray(pd.factorize(np.concatenate(hashes))[0], dtype=np.intp)


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
