"""What earlier releases showed, as rows of the present people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.changes import (
    ChangedGroups,
    are_there,
    find_composed,
    find_lost,
    find_telling,
    is_composed,
    near_changed,
)
from blijfwijzer.disclosure.entry import Columns
from blijfwijzer.disclosure.fingerprint import (
    PRIME,
    SUMS,
    Fingerprints,
    Likeness,
    ResponseTable,
    Sight,
    add_up,
    compare,
    differing_sums,
    find_joined,
    from_text,
    judge,
)
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.present import Present, Seen, are_among, distinct
from blijfwijzer.disclosure.returning import find_others, hide_others
from blijfwijzer.disclosure.samples import Definition, define, is_of_people, within_samples
from blijfwijzer.disclosure.sealing import FITTED
from blijfwijzer.disclosure.standing import lines_before, promised, standing
from blijfwijzer.errors import LedgerError

_CROSSED = "&"
"""In the name of a group that is a part of a unit by an answer."""


@dataclass(frozen=True)
class Past:
    """What releases showed that know people by the same columns."""

    people: Seen
    groups: Fingerprints
    parts: Fingerprints
    """Of the parts that figures are totals over."""
    fitted: Fingerprints
    """Of the people that models were fitted on."""

    def compare_sets(self, now: Fingerprints, minimum: int) -> tuple[Likeness, Likeness]:
        """Hold sets of the present people against groups, and against parts."""
        sight = self.people.sight
        return compare(now, self.groups, minimum, sight), compare(now, self.parts, minimum, sight)


@dataclass(frozen=True)
class Earlier:
    """Earlier groups, read on the present responses."""

    known: csr_array
    """Groups that hold the same people as when they were shown."""
    forbidden: csr_array
    """Groups that a few people have joined or left since: to show what such a group holds now
    would tell of those few by subtraction."""
    few: int
    """People by whom these differ, at most, as far as fingerprints tell: below the minimum."""
    former: csr_array
    """Those people of such groups who were in them when they were told, as far as that is seen."""
    repeated: NDArray[np.bool_]
    """Per present group: whether an earlier release shows the very same people."""
    changed: NDArray[np.bool_]
    """Per present group: whether an earlier release shows nearly the same people, of whom a few
    have joined or left since."""
    past: tuple[Past, ...]
    releases: int
    """Releases of this survey that were looked at."""
    minimum: int
    """Largest minimum that these promised; 0 when there are none."""
    lost: int = 0
    """Groups that were told and are not found again, though their people are still there: beside
    these only groups that were told before may be shown."""
    near: frozenset[str] = frozenset()
    """Names of groups that were told and that a few people have joined or left since."""
    changed_since: int = 0
    """Groups that were told and that a few people have joined or left since, but for parts by an
    answer: not those that are held back beside a group of nearly the same people, which is as it
    was."""

    def compare_parts(self, parts: csr_array, minimum: int) -> Likeness:
        """Hold parts of figures against all groups and parts that were shown, whatever their name.

        Parameters
        ----------
        parts : one row each, one column per present response
        """
        return self._compare(parts, minimum, lambda past: (past.groups, past.parts))

    def compare_fitted(self, people: csr_array, minimum: int) -> Likeness:
        """Hold people that a model is fitted on against those that earlier ones were, and any two.

        Parameters
        ----------
        people : one row, one column per present response
        """
        found = self._compare(people, minimum, lambda past: (past.fitted,))
        for past in self.past:
            now, sight = add_up(past.people.marks, people)[0], past.people.sight
            if is_composed(now, past.fitted, minimum, sight):
                return replace(found, is_near=np.ones_like(found.is_near))
        return found

    def _compare(
        self, sets: csr_array, minimum: int, told: Callable[[Past], tuple[Fingerprints, ...]]
    ) -> Likeness:
        found = Likeness.of_none(sets.shape[0])
        for past in self.past:
            now = add_up(past.people.marks, sets)
            for then in told(past):
                found = found.joined_with(compare(now, then, minimum, past.people.sight))
        return found


def read_earlier(
    ledger: Ledger, present: Present, survey: str, wave: str, minimum: int, request: str = ""
) -> Earlier:
    """Hold the groups of earlier releases against the present people.

    Present groups are held against all earlier ones, and against the parts that earlier figures
    were totals over, by who is in them, whatever they are called; earlier groups are also formed
    anew by their definition. A group of which at least `minimum` people joined or left is another
    group: subtracting it tells of that many.

    Parameters
    ----------
    survey : name of the survey; releases of other surveys ask other people
    wave : its wave; people of another wave gave other answers
    request : hash of all that the present release is made from; a rerun is held against what there
        was when it was first made, so that it shows the same

    Raises
    ------
    LedgerError
        Columns are missing by which the people of an earlier release would be known again.
    """
    responses, groups = present.responses, present.groups
    before = lines_before(ledger.releases, {"survey": survey, "request": request})
    repeated, changed, moved = np.zeros((3, groups.shape[0]), dtype=bool)
    nobody = csr_array((0, len(responses)), dtype=np.int8)
    same, few, former, parts, past = [nobody], [nobody], [nobody], [nobody], []
    most, lost, near = 0, 0, frozenset[str]()
    find = within_samples(present.members_of, standing(before), ledger, responses)
    for views, shown in _by_columns(standing(before), wave, responses).items():
        people = present.see(views, ledger.secret)
        _refuse_blind(people.sight, views, wave, shown)
        formed, row_of, rows = present.form(list(shown.groups.values()), find)
        both = csr_array(vstack([groups, rows], format="csr"))
        prints = add_up(people.marks, both)
        anew = prints[groups.shape[0] :][row_of]
        past.append(_without_others(_recall(people, shown), shown, formed, anew))
        # By who is in them.
        of_groups, of_parts = past[-1].compare_sets(prints[: groups.shape[0]], minimum)
        changed |= of_groups.is_near | of_parts.is_near
        # By what they are called: also where others answered alike, it is the same group then.
        found = judge(differing_sums(anew, past[-1].groups[formed]), minimum, people.sight)
        others = np.delete(past[-1].groups, formed[found.is_equal], axis=0)
        names, crossed = _name_near(shown, formed, row_of, found)
        near, parts = near | names, [*parts, rows[crossed]]
        moved |= near_changed(prints, of_groups, others, minimum, people.sight)
        same.append(rows[np.unique(row_of[found.is_equal])])
        few.append(rows[np.unique(row_of[found.is_near])])
        changes = anew[found.is_near], past[-1].groups[formed[found.is_near]]
        former.append(_less_joined(rows[row_of[found.is_near]], people, *changes))
        n = np.asarray(rows.sum(axis=1, dtype=np.int64)).ravel()[row_of]
        telling = _find_telling(shown, formed, (anew, n), found, past[-1], minimum)
        composed = find_composed(row_of, (anew, past[-1].groups[formed]), minimum, people.sight)
        telling = np.union1d(row_of[telling], composed)
        few.append(rows[np.setdiff1d(telling, row_of[found.is_equal])])
        few.append(_find_left(shown, present, people, minimum))
        changed |= are_among(groups, csr_array(vstack(few[-2:], format="csr")))
        repeated |= of_groups.is_same | are_among(groups, same[-1])
        # Another name may have taken theirs.
        gone = past[-1].groups[_find_lost(shown, formed, (anew, n), found, past[-1])]
        again = compare(prints, gone, minimum, people.sight).is_same
        same.append(both[np.flatnonzero(again)])
        lost += int(np.count_nonzero(~compare(gone, prints, minimum, people.sight).is_same))
        most = max(most, *(x.apart.max(initial=0) for x in (of_groups, of_parts, found)))
    # Whoever was shown before in the same company tells nothing new, whatever else was nearly so.
    changed = (changed | (lost > 0)) & ~repeated
    same.append(groups[np.flatnonzero(repeated)])
    few.append(groups[np.flatnonzero(changed)])
    return Earlier(
        distinct(csr_array(vstack(same, format="csr"))),
        distinct(csr_array(vstack(few, format="csr"))),
        int(most),
        distinct(csr_array(vstack(former, format="csr"))),
        repeated,
        changed,
        tuple(past),
        sum(release.content["survey"] == survey for release in standing(before)),
        promised(before, survey),
        lost,
        near,
        _count_since([*few[:-1], groups[np.flatnonzero(moved & changed)]], parts),
    )


def _name_near(
    shown: "_Shown", formed: NDArray[np.intp], row_of: NDArray[np.intp], found: Likeness
) -> tuple[frozenset[str], NDArray[np.intp]]:
    """Name the groups that a few joined or left, and give the rows of parts by an answer."""
    names = [name for name, _ in shown.groups]
    near = {names[place]: row_of[at] for at, place in enumerate(formed) if found.is_near[at]}
    crossed = {int(row) for name, row in near.items() if _CROSSED in name}
    return frozenset(near), np.array(sorted(crossed), dtype=np.intp)


def _count_since(changed: list[csr_array], parts: list[csr_array]) -> int:
    """Count groups that changed, but for parts by an answer.

    How many of these did would tell which answer who came or left had given.
    """
    groups = distinct(csr_array(vstack(changed, format="csr")))
    return int(np.count_nonzero(~are_among(groups, csr_array(vstack(parts, format="csr")))))


def _without_others(
    past: Past, shown: "_Shown", formed: NDArray[np.intp], anew: Fingerprints
) -> Past:
    """Leave out of what was told of each survey file the views by which others look like it."""
    named, sight = list(shown.groups), past.people.sight
    everyone = np.array([not definition for definition in shown.groups.values()], dtype=bool)
    others = np.zeros((len(shown.datasets), past.groups.shape[1]), dtype=bool)
    for place, told in enumerate(shown.datasets.values()):
        inside = np.array([named[group] in told for group in formed], dtype=bool)
        own = formed[inside]
        others[place] = find_others(anew[inside], past.groups[own], everyone[own], sight)

    def hide(sets: Fingerprints, names: Sequence[str | tuple[str, str]]) -> Fingerprints:
        tellers = [
            [n for n, told in enumerate(shown.datasets.values()) if x in told] for x in names
        ]
        return hide_others(sets, tellers, others)

    return replace(
        past, groups=hide(past.groups, named), parts=hide(past.parts, sorted(shown.parts))
    )


def _find_telling(
    shown: "_Shown",
    formed: NDArray[np.intp],
    now: tuple[Fingerprints, NDArray[np.int64]],
    found: Likeness,
    past: Past,
    minimum: int,
) -> NDArray[np.intp]:
    """Give the places of formed groups that many joined or left, and nearly all in others too.

    Parameters
    ----------
    now : of each its sums, and how many people are in it
    """
    many = np.flatnonzero(~found.is_equal & ~found.is_near)
    names, named = list(shown.groups), list(shown.groups.values())
    place_of = {names[one]: place for place, one in enumerate(formed[many].tolist())}
    changed = ChangedGroups(
        [named[one] for one in formed[many]],
        (now[0][many] - past.groups[formed[many]]) % PRIME,
        now[1][many],
        [[place_of[one] for one in told if one in place_of] for told in shown.releases],
    )
    return many[find_telling(changed, minimum, past.people.sight)]


def _find_left(shown: "_Shown", present: Present, people: Seen, minimum: int) -> csr_array:
    """Give groups of whom people were drawn, where those who are left tell of a few together.

    Of a unit and its parts all and the drawn are told: what is left of the unit less what is left
    of its parts is of few, where those in no part are few more than were drawn of these.
    """
    drawn = [(name, one) for told in shown.drawn for name, one in told.items()]
    formed, row_of, rows = present.form([one for _, one in drawn], present.members_of)
    then = _read([text for (_, text), _ in drawn], people.usable)[formed]
    now = add_up(people.marks, rows)[row_of]
    found = judge(differing_sums(now, then), minimum, people.sight)
    many = np.flatnonzero(~found.is_equal & ~found.is_near)
    place_of = {drawn[formed[one]][0]: place for place, one in enumerate(many.tolist())}
    left = ChangedGroups(
        [drawn[formed[one]][1] for one in many],
        (now[many] - then[many]) % PRIME,
        np.asarray(rows.sum(axis=1, dtype=np.int64)).ravel()[row_of[many]],
        [[place_of[one] for one in told if one in place_of] for told in shown.drawn],
    )
    return rows[np.unique(row_of[many[find_telling(left, minimum, people.sight)]])]


def _find_lost(
    shown: "_Shown",
    formed: NDArray[np.intp],
    now: tuple[Fingerprints, NDArray[np.int64]],
    found: Likeness,
    past: Past,
) -> NDArray[np.intp]:
    """Give the places of groups that have lost people, but for those that are held as near.

    Parameters
    ----------
    now : of each that is formed its sums, and how many people are in it
    """
    sums, people = np.zeros_like(past.groups), np.zeros(len(past.groups), dtype=np.int64)
    sums[formed], people[formed] = now
    place_of = {told: place for place, told in enumerate(shown.groups)}
    told = [[place_of[one] for one in own] for own in shown.releases]
    # By views by which many answer alike nobody is known again.
    sharp = past.people.sight.is_sharp
    changes = ((sums - past.groups) % PRIME)[:, sharp]
    is_there = are_there(sums[:, sharp], changes, people)
    lost = find_lost(list(shown.groups.values()), changes, is_there, told)
    lost[formed[found.is_near | found.is_equal]] = False
    return np.flatnonzero(lost)


def _less_joined(
    groups: csr_array, people: Seen, now: Fingerprints, before: Fingerprints
) -> csr_array:
    """Give groups without those who joined them since, as the view tells that parts people best.

    Parameters
    ----------
    now, before : groups x views x 64
    """
    view = int(np.argmin(people.sight.alike))
    marks = people.marks[view]
    kept = groups.astype(bool)
    for place, (start, end) in enumerate(zip(kept.indptr, kept.indptr[1:], strict=False)):
        inside = kept.indices[start:end]
        sums = before[place, view], now[place, view]
        kept.data[start:end] = ~find_joined(marks, inside, *sums)
    kept.eliminate_zeros()
    return csr_array(kept.astype(np.int8))


def _recall(people: Seen, shown: "_Shown") -> Past:
    """Give what was shown, by the views that can be made of the present people."""
    groups = _read([text for _, text in shown.groups], people.usable)
    parts, fitted = (_read(sorted(told), people.usable) for told in (shown.parts, shown.fitted))
    return Past(people, groups, parts, fitted)


def _refuse_blind(sight: Sight, views: Columns, wave: str, shown: "_Shown") -> None:
    """Refuse people who cannot be told apart by the columns that are left of an earlier release."""
    if wave in shown.waves and sight.is_blind:
        raise LedgerError(
            f"an earlier release of wave {wave}: by the columns that are left of those by which "
            f"its people are known again, {int(min(sight.alike))} people answered as "
            "somebody else did, so it cannot be told who joined or left. Nothing was shown. Add "
            f"columns of: {', '.join(sorted({n for view in views for n in view})[:5])}; or give "
            "the survey another --wave if it asked other people."
        )


def _read(texts: list[str], views: list[int]) -> Fingerprints:
    """Read fingerprints, of each the views that can be compared."""
    read = [from_text(text)[views] for text in texts]
    return np.array(read, dtype=np.int64).reshape(len(texts), len(views), SUMS)


@dataclass
class _Shown:
    """What releases showed; grows release by release."""

    groups: dict[tuple[str, str], Definition] = field(default_factory=dict)
    """Name and fingerprint to definition."""
    releases: list[list[tuple[str, str]]] = field(default_factory=list)
    """Of these, what each release told, of those that can be formed again."""
    drawn: list[dict[tuple[str, str], Definition]] = field(default_factory=list)
    """Of releases of people who were drawn one by one: the groups that these are some of."""
    datasets: dict[str, set[str | tuple[str, str]]] = field(default_factory=dict)
    """Hash of each survey's file to the groups and parts that were told of it."""
    parts: set[str] = field(default_factory=set)
    """Fingerprints."""
    fitted: set[str] = field(default_factory=set)
    """Fingerprints of the people that models were fitted on."""
    waves: set[str] = field(default_factory=set)


def _by_columns(
    releases: list[Release], wave: str, responses: ResponseTable
) -> dict[Columns, _Shown]:
    """Take together what releases showed that know people by the same columns."""
    shown: dict[Columns, _Shown] = {}
    for release in releases:
        content = release.content
        if not (content["groups"] or content["parts"] or FITTED in content):
            continue
        views = tuple(tuple(columns) for columns in content["columns"])
        missing = sorted({n for columns in views for n in columns} - set(responses))
        if all(set(columns) & set(missing) for columns in views):
            if content["wave"] != wave:
                continue
            raise LedgerError(
                f"release {release.sequence} of wave {wave}: {len(missing)} columns by which its "
                f"people are known again are not in this survey: {', '.join(missing[:5])}. Nothing "
                "was shown, since it cannot be told who joined or left. Add these columns, or give "
                "the survey another --wave if it asked other people."
            )
        own = shown.setdefault(views, _Shown())
        for name, group in content["groups"].items():
            own.groups[name, group["fingerprint"]] = define(release, group["definition"])
        # Of people who were drawn one by one no group is formed again, so that none is lost.
        told = {(name, g["fingerprint"]): g["definition"] for name, g in content["groups"].items()}
        if is_of_people(release):
            own.drawn.append(told)
        else:
            own.releases.append(list(told))
            of_survey = own.datasets.setdefault(content["dataset"], set())
            of_survey.update(told, *content["parts"].values())
        own.waves.add(content["wave"])
        own.parts |= {text for texts in content["parts"].values() for text in texts}
        own.fitted |= {content[FITTED]} if FITTED in content else set()
    return shown
