"""The people of a survey, as earlier releases know them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.entry import Columns
from blijfwijzer.disclosure.fingerprint import (
    Marks,
    ResponseTable,
    Sight,
    holds_all,
    mark_people,
    view_keys,
)
from blijfwijzer.disclosure.samples import Definition, Finder


@dataclass(frozen=True)
class Seen:
    """The present people, as they are known by some columns."""

    usable: list[int]
    """Views that can be made of these people."""
    sight: Sight
    """How well each of these tells them apart."""
    marks: Marks
    """What each person adds to fingerprints, in each of these."""


@dataclass(frozen=True)
class Present:
    """The people of a survey, and the groups that are to be shown of them."""

    responses: ResponseTable
    """One row per response."""
    groups: csr_array
    """One row per group."""
    members_of: Finder
    _seen: dict[tuple[Columns, bytes], Seen] = field(default_factory=dict, init=False)
    _known: dict[Columns, Seen] = field(default_factory=dict, init=False)

    def know(self, views: Columns, people: Seen) -> None:
        """Keep how the people are known by columns that stand for answers which nobody has here."""
        self._known[views] = people

    def see(self, views: Columns, secret: bytes) -> Seen:
        """Look at the people by some columns; hashing everybody takes long, and is done once.

        Parameters
        ----------
        views : columns of each; of these a view is used of which no column is missing
        secret : the ledger's
        """
        if views in self._known:
            return self._known[views]
        if (views, secret) not in self._seen:
            usable = [v for v, columns in enumerate(views) if set(columns) <= set(self.responses)]
            keys = view_keys(self.responses, [views[v] for v in usable])
            sight = Sight.of(keys, holds_all(views)[usable])
            self._seen[views, secret] = Seen(usable, sight, mark_people(keys, secret))
        return self._seen[views, secret]

    def form(
        self, definitions: Sequence[Definition], find: Finder
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], csr_array]:
        """Form earlier groups anew, each definition once.

        Parameters
        ----------
        find : as `members_of`, among those of whom each release told

        Returns
        -------
        Places of those that somebody fits, the row of each, and who is in these rows.
        """
        own = [frozenset(definition.items()) for definition in definitions]
        rows: dict[frozenset[tuple[str, str]], NDArray[np.intp]] = {}
        for name, definition in dict(zip(own, definitions, strict=True)).items():
            inside = find(definition)
            if inside is not None and inside.any():
                rows[name] = np.flatnonzero(inside)
        place_of = {name: place for place, name in enumerate(rows)}
        formed = [place for place, name in enumerate(own) if name in rows]
        row_of = [place_of[own[place]] for place in formed]
        people = np.concatenate([np.zeros(0, dtype=np.intp), *rows.values()])
        ends = np.cumsum([0, *map(len, rows.values())])
        shape = (len(rows), len(self.responses))
        members = csr_array((np.ones(len(people), dtype=np.int8), people, ends), shape)
        return np.array(formed, dtype=np.intp), np.array(row_of, dtype=np.intp), members


def are_among(groups: csr_array, rows: csr_array) -> NDArray[np.bool_]:
    """Tell of each group whether a row holds the very same present people."""
    known = set(_people_of(rows))
    return np.array([people in known for people in _people_of(groups)], dtype=bool)


def _people_of(groups: csr_array) -> list[bytes]:
    groups.sort_indices()
    ends = zip(groups.indptr, groups.indptr[1:], strict=False)
    people = groups.indices.astype(np.int64)
    return [people[start:end].tobytes() for start, end in ends]


def distinct(groups: csr_array) -> csr_array:
    """Keep each set of people once, however many releases showed it and under whatever name."""
    first: dict[bytes, int] = {}
    for place, people in enumerate(_people_of(groups)):
        first.setdefault(people, place)
    return groups[np.array(sorted(first.values()), dtype=np.intp)]
