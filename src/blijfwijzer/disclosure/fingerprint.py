"""Fingerprints of sets of people: whether two sets are the same, and by how many they differ.

A ledger must know whether a group of an earlier release still holds the same people, and must not
hold people. A fingerprint is 64 sums: each person's keyed hash chooses a sum and a number that is
added to it. Equal sums mean equal sets (but for a chance of 2^-31 per sum); each sum that differs
takes at least one person who joined or left, so the number of differing sums is a lower bound on
how many did. Fingerprints add up: that of a rest is that of the whole less those of its parts.

A person is known by answers and by nothing else, so a fingerprint is that of a multiset: of two who
answered alike each adds the same, and in which order a file holds them plays no part. Whoever
takes the place of somebody who answered alike in all that was asked changes no figure, and is not
seen. By a part of the answers that may well happen, so a part by which many answer alike never
proves that two sets are the same.

With the key and a guess of a whole group somebody could confirm the guess; that is why the key
stays beside the ledger, readable by its owner only. Without it the sums are random numbers, but
those of two sets still tell whom both hold: on disk they are sealed (`sealing.py`).
"""

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

SUMS = 64
PRIME = 2**31 - 1
"""Sums are modulo this, so that four bytes hold one: with twice as many a group of a ledger took
2.9 KB, and a change that goes unseen once in two thousand million is seen no less for it."""

Fingerprints = NDArray[np.int64]
Views = list[NDArray[np.uint64]]
"""Per view one number per response, by which the same answers are known again."""


class ResponseTable(Protocol):
    """Responses of which some columns are asked for, some responses at a time."""

    def __len__(self) -> int:
        """Count the responses."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Name the columns."""
        ...

    def __getitem__(self, names: list[str], /) -> Any:
        """Give some columns as a table of pandas."""
        ...

    def take(self, rows: NDArray[np.intp], /) -> Any:
        """Give some responses, by their places."""
        ...


Marks = list[csr_array]
"""Per view what each person adds to each sum: one row per response, 64 columns."""

_MOST_ALIKE = 0.1
"""Share of people who answer as somebody else does, above which a part of the answers tells people
apart no longer. Convention of ours: of groups of ten, one in three would hold nobody of them."""
_BASE_85 = ":"
"""What a text in base 85 begins with; it is no letter of either base."""
_ROWS_AT_ONCE = 50_000
"""Responses that are texts at a time: some 80 MB of 90 columns."""
_AT_ONCE = 10_000
"""Sets that are added up, and pairs of which all sums are held against each other: 20 MB a view."""


def view_keys(responses: ResponseTable, views: Sequence[Sequence[str]]) -> Views:
    """Give the number of each response by which the same response is known again.

    Parameters
    ----------
    responses : one row per response
    views : parts of the columns; in each a response is known by its answers there, so that a column
        that is lost or coded anew leaves the other views as they were
    """
    names = sorted({name for view in views for name in view})
    keys: Views = [np.empty(len(responses), dtype=np.uint64) for _ in views]
    done = 0
    for answers in some_at_a_time(responses, names):
        texts = _to_texts(answers)
        for own, view in zip(keys, views, strict=True):
            own[done : done + len(texts)] = _hash_rows(texts[sorted(view)])
        done += len(texts)
    return keys


def some_at_a_time(responses: ResponseTable, names: list[str]) -> Iterator[pd.DataFrame]:
    """Give columns of so many responses as are texts at a time; none where there are none."""
    for start in range(0, len(responses), _ROWS_AT_ONCE):
        rows = np.arange(start, min(start + _ROWS_AT_ONCE, len(responses)))
        yield responses.take(rows)[names]


def _to_texts(answers: pd.DataFrame) -> pd.DataFrame:
    """Write answers as text, each number that is in a column once."""
    texts = {name: _to_text(column) for name, column in answers.items()}
    return pd.DataFrame(texts, index=answers.index, copy=False)


def _to_text(column: pd.Series) -> pd.Series:
    if column.dtype != np.float64:
        return column.astype("str")
    # By their bits, since 0.0 and -0.0 are equal and are not written the same.
    codes, bits = pd.factorize(column.to_numpy().view(np.int64))
    return pd.Series(bits.view(np.float64)).astype("str").take(codes).set_axis(column.index)


def _hash_rows(texts: pd.DataFrame) -> pd.Series:
    return pd.util.hash_pandas_object(texts, index=False)


def share_of_copies(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Share of the smaller of two waves that is in the other one, beyond what chance would bring.

    Where a form has few questions, people answer alike who never met. How many do is told by the
    two halves of each wave, taken in turn: these hold different people. Twice as many people find
    each other twice as often; what is left above that is taken as share of those whom chance
    leaves.

    Parameters
    ----------
    one, other : one row per response, the columns that both waves asked

    Returns
    -------
    Share in [0, 1]; 0 where people cannot be told apart.

    >>> answers = pd.DataFrame({"a": range(40), "b": range(40)})
    >>> share_of_copies(answers, answers.iloc[1:]), share_of_copies(answers, answers + 40)
    (1.0, 0.0)
    """
    waves = [_to_texts(wave[sorted(wave, key=str)]) for wave in (one, other)]
    chance = 2 * max(_share_in_common(wave.iloc[::2], wave.iloc[1::2]) for wave in waves)
    if chance >= 1:
        return 0.0
    return max(0.0, (_share_in_common(*waves) - chance) / (1 - chance))


def _share_in_common(one: pd.DataFrame, other: pd.DataFrame) -> float:
    keys = [Counter(_hash_rows(texts)) for texts in (one, other)]
    return (keys[0] & keys[1]).total() / max(1, min(key.total() for key in keys))


@dataclass(frozen=True)
class Sight:
    """How well each view tells people apart: one value of each per view."""

    alike: NDArray[np.int64]
    """People in whose place somebody else could stand."""
    most: NDArray[np.int64]
    """Largest number of people who answered alike."""
    is_sharp: NDArray[np.bool_]
    """Whether few answer alike, so that equal sums mean the same people."""
    is_whole: NDArray[np.bool_]
    """Whether a view holds the columns of all, so that equal sums mean people of whom every figure
    tells the same, also where many answer alike."""

    @classmethod
    def of(cls, keys: Views, is_whole: NDArray[np.bool_]) -> "Sight":
        """See how well present people are told apart.

        Parameters
        ----------
        keys : as `view_keys` gives them
        is_whole : per view, whether it holds the columns of all
        """
        counts = [np.unique(own, return_counts=True)[1] for own in keys]
        alike = np.array([int(n[n > 1].sum()) for n in counts], dtype=np.int64)
        most = np.array([int(n.max(initial=0)) for n in counts], dtype=np.int64)
        people = max([1, *map(len, keys)])
        return cls(alike, most, alike <= _MOST_ALIKE * people, is_whole)

    @property
    def is_blind(self) -> bool:
        """Whether no view proves that anybody is the same."""
        return not (self.is_sharp | self.is_whole).any()


def holds_all(columns: Sequence[Sequence[str]]) -> NDArray[np.bool_]:
    """Tell of each view whether it is made from the columns of all."""
    every = {name for view in columns for name in view}
    return np.array([set(view) == every for view in columns], dtype=bool)


def fingerprint_groups(views: Views, secret: bytes, members: csr_array) -> Fingerprints:
    """Fingerprint each group.

    Parameters
    ----------
    views : as `view_keys` gives them
    members : one row per group, one column per response

    Returns
    -------
    Groups x views x 64 sums modulo 2^31 - 1.
    """
    return add_up(mark_people(views, secret), members)


def mark_people(views: Views, secret: bytes) -> Marks:
    """Give what each person adds to the sums of a fingerprint.

    Parameters
    ----------
    views : as `view_keys` gives them
    """
    return [_mark(keys, secret) for keys in views]


def digest_keys(keys: NDArray[np.uint64], secret: bytes) -> NDArray[np.uint8]:
    """Give a keyed hash of the number of each response, a row of 32 bytes."""
    digests = np.empty((len(keys), hashlib.sha256().digest_size), dtype=np.uint8)
    for start in range(0, len(keys), _ROWS_AT_ONCE):
        rows = digests[start : start + _ROWS_AT_ONCE]
        found = [
            hmac.digest(secret, str(key).encode(), hashlib.sha256)
            for key in keys[start : start + _ROWS_AT_ONCE].tolist()
        ]
        rows[:] = np.frombuffer(b"".join(found), dtype=np.uint8).reshape(rows.shape)
    return digests


def numbers_of(digests: NDArray[np.uint8], first: int = 0) -> NDArray[np.uint64]:
    """Read eight bytes of each hash, from one of them on, as a number."""
    own = np.ascontiguousarray(digests[:, first : first + 8])
    return own.view(">u8").ravel().astype(np.uint64)


def _mark(keys: NDArray[np.uint64], secret: bytes) -> csr_array:
    digests = digest_keys(keys, secret)
    bucket = digests[:, 0] % SUMS
    number = (numbers_of(digests, 1) % PRIME).astype(np.int64)
    return csr_array((number, (np.arange(len(keys)), bucket)), shape=(len(keys), SUMS))


def add_up(marks: Marks, members: csr_array) -> Fingerprints:
    """Fingerprint each group by what its people add: see `fingerprint_groups`."""
    sums = np.zeros((members.shape[0], len(marks), SUMS), dtype=np.int64)
    for start in range(0, len(sums), _AT_ONCE):
        groups = slice(start, start + _AT_ONCE)
        # Numbers of 31 bits, added up in 64: exact for groups of up to 2^32 people.
        whole = members[groups].astype(np.int64)
        for place, numbers in enumerate(marks):
            sums[groups, place] = (whole @ numbers).toarray() % PRIME
    return sums


def differing_sums(one: Fingerprints, other: Fingerprints) -> NDArray[np.int64]:
    """Count the sums that differ, per view: fewest people by which sets can differ.

    Parameters
    ----------
    one, other : ... x views x 64; broadcast against each other

    >>> differing_sums(np.zeros((1, 64), dtype=np.int64), np.zeros((1, 64), dtype=np.int64))
    array([0])
    """
    return np.asarray((one != other).sum(axis=-1))


def find_joined(
    marks: csr_array, people: NDArray[np.intp], before: Fingerprints, now: Fingerprints
) -> NDArray[np.bool_]:
    """Say who of a group joined it since: those by whom alone a sum differs from what it was.

    Of two who joined, or left, in the same sum nobody is found.

    Parameters
    ----------
    marks : what each person adds, in one view
    people : those of the group as it is now
    before, now : its 64 sums

    >>> marks = csr_array(np.diag([5, 6, 7]))
    >>> find_joined(marks, np.arange(3), np.array([5, 6, 0]), np.array([5, 6, 7]))
    array([False, False,  True])
    """
    gain = (now - before) % PRIME
    # Of each person one number is held, so that its place is the person's.
    return np.asarray(marks.data[people] == gain[marks.indices[people]])


@dataclass(frozen=True)
class Likeness:
    """How sets compare with earlier ones: one of each per set."""

    is_same: NDArray[np.bool_]
    """An earlier set holds the very same people."""
    is_equal: NDArray[np.bool_]
    """An earlier set holds the same people, or others who gave the same answers to everything."""
    is_near: NDArray[np.bool_]
    """An earlier set holds nearly the same: a few have joined or left, or it cannot be told."""
    apart: NDArray[np.int64]
    """People by whom near ones differ, at most, as far as sums tell; 0 where none is near."""

    @classmethod
    def of_none(cls, sets: int) -> "Likeness":
        """Give how sets compare with no earlier ones."""
        no = np.zeros(sets, dtype=bool)
        return cls(no, no, no, np.zeros(sets, dtype=np.int64))

    def joined_with(self, other: "Likeness") -> "Likeness":
        """Give how the same sets compare with the earlier ones of both."""
        return Likeness(
            self.is_same | other.is_same,
            self.is_equal | other.is_equal,
            self.is_near | other.is_near,
            np.maximum(self.apart, other.apart),
        )


def judge(sums: NDArray[np.int64], minimum: int, sight: Sight) -> Likeness:
    """Judge pairs of sets by how many sums differ.

    Sets are near as soon as one view says so, also beside one in which nothing differs: there
    somebody may have been followed by one who answered alike. Equal sums of a part of the answers
    by which many answer alike are no proof of anything, so these are near, too.

    Parameters
    ----------
    sums : pairs x views
    minimum : people by whom sets must differ to be others
    """
    is_few = ((sums > 0) & (sums < minimum)).any(axis=-1)
    is_zero = sums == 0
    is_same = (is_zero & sight.is_sharp).any(axis=-1) & ~is_few
    is_equal = (is_zero & (sight.is_sharp | sight.is_whole)).any(axis=-1) & ~is_few
    is_near = is_few | (is_zero.any(axis=-1) & ~is_equal)
    # Of two people in one sum one view may tell one, and another view both; of people who answered
    # alike all are told as one, so only the views count by which the fewest do.
    best = sight.most == sight.most.min(initial=np.iinfo(np.int64).max)
    told = (sums * sight.most)[..., best].max(axis=-1, initial=1)
    most = np.clip(told, 1, max(1, minimum - 1))
    return Likeness(is_same, is_equal, is_near, np.where(is_near, most, 0))


def compare(now: Fingerprints, before: Fingerprints, minimum: int, sight: Sight) -> Likeness:
    """Hold each set against all earlier ones.

    Parameters
    ----------
    now, before : sets x views x 64
    minimum : people by whom sets must differ to be others
    """
    is_same, is_equal, is_near = (np.zeros(len(now), dtype=bool) for _ in range(3))
    apart = np.zeros(len(now), dtype=np.int64)
    ours, theirs = _pairs(now, before, minimum)
    for start in range(0, len(ours), _AT_ONCE):
        own, other = ours[start : start + _AT_ONCE], theirs[start : start + _AT_ONCE]
        found = judge(differing_sums(now[own], before[other]), minimum, sight)
        for told, judged in (
            (is_same, found.is_same),
            (is_equal, found.is_equal),
            (is_near, found.is_near),
        ):
            told[own[judged]] = True
        np.maximum.at(apart, own, found.apart)
    return Likeness(is_same, is_equal, is_near, apart)


def _pairs(
    now: Fingerprints, before: Fingerprints, minimum: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give all pairs of sets of which fewer sums than the minimum differ in some view.

    A sum in which neither set has people does not differ, so as many differ as either has people
    in, less those that are the same. Most pairs have no such sum in common, and are never made.
    """
    found = [np.zeros(0, dtype=np.int64)]
    for view in range(now.shape[1]):
        sums = now[:, view], before[:, view]
        masks = [(own != 0) @ (1 << np.arange(SUMS, dtype=np.uint64)) for own in sums]
        numbers = np.unique(sums[0][sums[0] != 0])
        shared = (_where(sums[0], numbers) @ _where(sums[1], numbers).T).tocoo()
        either = np.bitwise_count(masks[0][shared.row] | masks[1][shared.col])
        is_near = either - shared.data < minimum
        found.append(shared.row[is_near].astype(np.int64) * len(before) + shared.col[is_near])
        few = [np.flatnonzero(np.bitwise_count(mask) < minimum) for mask in masks]
        for own in few[0]:
            either = np.bitwise_count(masks[0][own] | masks[1][few[1]])
            found.append(own * len(before) + few[1][either < minimum])
    ours, theirs = np.divmod(np.unique(np.concatenate(found)), max(1, len(before)))
    return ours, theirs


def _where(sums: Fingerprints, numbers: NDArray[np.int64]) -> csr_array:
    """Say which sets have which numbers among their sums: one row per set, one column each."""
    rows, buckets = np.nonzero(sums if len(numbers) else sums[:0])
    columns = np.searchsorted(numbers[:-1], found := sums[rows, buckets])
    is_one = numbers[columns] == found
    places = rows[is_one], columns[is_one]
    ones = np.ones(int(is_one.sum()), dtype=np.int64)
    return csr_array((ones, places), shape=(len(sums), len(numbers)))


def to_text(fingerprint: Fingerprints) -> str:
    """Write all sums of a fingerprint as text (base 64).

    >>> to_text(np.eye(1, 64, dtype=np.int64))[:12]
    'AAAAAQAAAAAA'
    """
    return base64.b64encode(fingerprint.astype(">u4").tobytes()).decode()


def from_text(text: str) -> Fingerprints:
    """Read what `to_text` wrote, or what it wrote for a while, in base 85: views x 64.

    That was per view which sums are not 0, in bits, and these.
    """
    if not text.startswith(_BASE_85):
        raw = np.frombuffer(base64.b64decode(text), dtype=">u4")
        return raw.astype(np.int64).reshape(-1, SUMS)
    left, views = base64.b85decode(text.removeprefix(_BASE_85)), list[Fingerprints]()
    while left:
        sums = np.zeros(SUMS, dtype=np.int64)
        is_held = np.unpackbits(np.frombuffer(left[: SUMS // 8], dtype=np.uint8)).astype(bool)
        end = SUMS // 8 + 4 * int(is_held.sum())
        sums[is_held] = np.frombuffer(left[SUMS // 8 : end], dtype=">u4")
        views.append(sums)
        left = left[end:]
    return np.array(views, dtype=np.int64).reshape(-1, SUMS)
