"""People taken together who are in exactly the same groups: nobody can tell them apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Atoms:
    """Groups written in atoms."""

    rows: csr_array
    """One row per group, one column per atom: 1 where the atom lies in the group."""
    sizes: Integers
    """People in each atom."""
    atom_of: Integers
    """Atom of each person."""


def find_atoms(members: csr_array) -> Atoms:
    """Collapse people to atoms by the set of groups they are in.

    Any total over people that can be derived from totals of groups is a total over whole atoms,
    so atoms are all that an audit needs to know of people.

    Parameters
    ----------
    members : one row per group, one column per person; 1 where the person is in the group
    """
    # A person's set of groups is told by two sums of random 62-bit numbers, one per group: two
    # different sets agree by chance once in 2^124.
    keys = np.random.default_rng(1).integers(0, 2**62, size=(members.shape[0], 2), dtype=np.int64)
    signature = members.T @ keys
    _, first, atom_of, sizes = np.unique(
        signature, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    rows = csr_array(members[:, first].astype(np.int64))
    return Atoms(rows, sizes.astype(np.int64), atom_of.ravel().astype(np.int64))


def members_of(groups: csr_array) -> list[NDArray[np.int32]]:
    """Give the columns that each row holds, in order."""
    groups.sort_indices()
    return np.split(groups.indices, groups.indptr[1:-1]) if groups.shape[0] else []
