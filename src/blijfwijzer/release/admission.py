"""Which groups and figures may be shown, given all that was shown before."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.answers import Basis, choose_different, choose_told
from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.choice import Candidates, GroupChoice, choose_shown
from blijfwijzer.disclosure.copies import Forms, number_forms
from blijfwijzer.disclosure.crosscuts import CrossCuts, choose_figures
from blijfwijzer.disclosure.earlier import Earlier, read_earlier
from blijfwijzer.disclosure.figures import OF_GROUPS, FigureId, Figures
from blijfwijzer.disclosure.fingerprint import add_up, to_text
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.parts import Outsider
from blijfwijzer.disclosure.present import Present, Seen
from blijfwijzer.errors import SettingsError
from blijfwijzer.groups.grouping import Grouping, member_finder
from blijfwijzer.groups.paths import EVERYONE, GroupPath
from blijfwijzer.groups.rates import rest_on_own
from blijfwijzer.groups.simple_rule import SIMPLE_RULE
from blijfwijzer.release.identity import hold_minimum, key_columns
from blijfwijzer.release.origin import other_weights, rates_otherwise, told_otherwise
from blijfwijzer.release.request import Request
from blijfwijzer.release.telling import are_beside, tell_of_units
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake

_Responses = TypeVar("_Responses", pd.DataFrame, Held)
_RATE = "rate:"
"""What figures of a group's answers to an outcome begin with."""


@dataclass(frozen=True)
class Crowd:
    """The people of whom groups are told, as far as it must be known of them what may be shown."""

    present: Present
    """With what groups are made of, and by what they are known again."""
    columns: tuple[tuple[str, ...], ...]
    """Those by whose answers a response is known again, in views."""
    weight: NDArray[np.float64]
    """Per response."""
    forms: Forms
    dataset: str
    """Hash of what they are read from."""
    is_counted: bool
    """Whether all weigh the same, so that a share is of a count."""

    @classmethod
    def of(cls, intake: Intake, members: csr_array, codebook: Codebook) -> "Crowd":
        """Give the people of a survey that was read.

        Parameters
        ----------
        members : one row per group that is to be shown
        """
        responses = intake.held
        weight = responses["weight"].to_numpy(dtype=float)
        return cls(
            Present(responses, members, member_finder(responses, codebook)),
            key_columns(codebook, responses),
            weight,
            number_forms(answers_of(responses, codebook)),
            intake.sha256,
            bool((weight == weight[:1]).all()),
        )


@dataclass(frozen=True)
class Admission:
    """What may be shown of some groups, and what the ledger must know of them."""

    grouping: Grouping
    choice: GroupChoice
    earlier: Earlier
    columns: tuple[tuple[str, ...], ...]
    """Those by whose answers a response is known again, in views."""
    people: Seen
    """As they are known by these."""
    wave: str
    dataset: str
    """Hash of the survey's file."""
    minimum: int
    told_of: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    """Figure to whether each group is told by it; by any other none is."""
    otherwise: Earlier | None = None
    """What was told of these people with other margins of a register, if anything was."""
    rated: Earlier | None = None
    """What tells rates of them by other weights, if anything does: see `told_twice`."""

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Whether each group may be shown."""
        return self.choice.shown

    @property
    def told(self) -> NDArray[np.bool_]:
        """Whether figures of each group may be shown: everyone has a place even when not."""
        is_everyone = self.grouping.groups["kind"].eq("all").to_numpy()
        return np.asarray(self.shown & (self.choice.tells_everyone | ~is_everyone))

    def tells(self, figure: str) -> NDArray[np.bool_]:
        """Say of each group whether it is told by a figure: enough people answered, not all alike.

        Parameters
        ----------
        figure : as groups are told by it in the ledger, such as "rate:vertrekintentie"
        """
        return np.asarray(self.told & self.told_of.get(figure, False))

    def told_twice(self, people: csr_array) -> NDArray[np.bool_]:
        """Say of some people whether a rate of these, or nearly these, was told by other weights.

        Two rates of the same answers, of which it is known what they weigh, tell of those with each
        code.

        Parameters
        ----------
        people : one row per set of people
        """
        if self.rated is None:
            return np.zeros(people.shape[0], dtype=bool)
        found = self.rated.compare_parts(people, self.minimum)
        return np.asarray(found.is_same | found.is_near)

    @property
    def names(self) -> list[str]:
        """Ids of the groups that may be shown."""
        return [str(name) for name in self.grouping.groups.index[self.shown]]


def admit_groups(
    crowd: Crowd,
    grouping: Grouping,
    bases: Mapping[str, Basis],
    request: Request,
    ledger: Ledger,
    wave: str,
) -> Admission:
    """Choose the groups to show, and what each is told by, given all that was shown before.

    Parameters
    ----------
    grouping : of the responses of `crowd`
    bases : what groups are told by, such as "rate:vertrekintentie", to what that rests on
    request : the same request again shows the same
    wave : that the responses are of

    Raises
    ------
    DisclosureError
        Figures of some of these people were told with other weights.
    """
    present, codebook = crowd.present, request.codebook
    settings = request.settings.disclosure

    def read(told: Ledger) -> Earlier:
        return read_earlier(told, present, request.survey, wave, settings.minimum, request.sha256)

    def earlier_of(figure: str) -> Earlier:
        told = _telling(ledger, figure, request)
        # Who joined or left is the same whatever was told; reading it takes long.
        known, repeated = earlier.known[:0], np.zeros_like(earlier.repeated)
        if any(release.content.get("groups") for release in told.releases):
            found = read(told)
            known, repeated = found.known, found.repeated
        return replace(earlier, known=known, repeated=repeated)

    refuse_unknown_priority(settings.priority, codebook)
    otherwise = other_weights(request, ledger, wave)
    lines, twice = _group_lines(otherwise), rates_otherwise(request, ledger, wave)
    told = read(otherwise) if lines else None
    if told is not None:
        parts = told.compare_parts(grouping.members, settings.minimum)
        again = grouping.members[np.flatnonzero(parts.is_same | parts.is_near)]
        rows = _stack([told.forbidden, again])
        if told.known.shape[0] or _is_tellable(rows, settings.minimum):
            raise told_otherwise(wave, lines)
    earlier = beside_register(read(ledger), grouping.answered_by_all, settings)
    hold_minimum(settings, earlier.minimum, request.kind)
    candidates = Candidates(
        grouping.members,
        grouping.groups["people"].to_numpy(dtype=float),
        grouping.too_small,
        crowd.weight,
        rank_groups(grouping.groups.index, settings.priority),
        tell_of_units(grouping, settings.unanimity)
        | (earlier.repeated & are_beside(earlier.near, grouping)),
    )
    values = {
        f"{name}:{place}": answers
        for name, basis in bases.items()
        if basis.among is None
        for place, answers in enumerate(basis.values)
    }
    choice = choose_different(candidates, values, crowd.forms, settings, earlier)
    told_of = choose_told(bases, candidates, choice.shown, settings, earlier_of, earlier.repeated)
    admission = Admission(
        grouping,
        choice,
        earlier,
        crowd.columns,
        present.see(crowd.columns, ledger.secret),
        wave,
        crowd.dataset,
        settings.minimum,
        told_of,
        told,
        read(twice) if _group_lines(twice) else None,
    )
    return replace(admission, told_of=_leave_told_twice(admission))


def told_before(crowd: Crowd, request: Request, ledger: Ledger, figure: str) -> csr_array:
    """Give the groups of the same people that earlier releases told by a figure: a row each."""
    settings = request.settings.disclosure
    about = crowd.present, request.survey, request.wave, settings.minimum, request.sha256
    return read_earlier(_telling(ledger, figure, request), *about).known


def _group_lines(ledger: Ledger) -> list[Release]:
    """Give the lines that tell of groups, of those not taken back."""
    return [line for line in ledger.standing if line.content.get("groups")]


def _leave_told_twice(admission: Admission) -> dict[str, NDArray[np.bool_]]:
    """Leave out rates of a group's own answers that were told by other weights.

    Of everyone these are many: codes of few count as one there.
    """
    groups = admission.grouping.groups
    is_own = rest_on_own(groups["level"], np.ones(len(groups), dtype=bool))
    is_own &= groups["kind"].ne("all").to_numpy()
    left = ~(is_own & admission.told_twice(admission.grouping.members))
    told_of = admission.told_of
    return {n: rows & left if n.startswith(_RATE) else rows for n, rows in told_of.items()}


def _is_tellable(groups: csr_array, minimum: int) -> bool:
    """Tell whether so many are left of an earlier group that figures of these can be told now.

    Of fewer nothing is told, nor follows from what is told. A team of ten that holds one other
    person in another wave, say, may look as if a few had left it, though nobody is the same: of
    these eleven two often fall in one sum of a fingerprint.

    Parameters
    ----------
    groups : as `Earlier.forbidden`, one row per group and one column per person of now
    """
    return bool((groups.sum(axis=1) >= minimum).any())


def beside_register(
    earlier: Earlier, answered_by_all: csr_array | None, settings: DisclosureSettings
) -> Earlier:
    """Let whoever knows a register know how many responded where everybody did.

    Those are totals of people, and no answers. Where a set of few follows from them alone, it must
    stay as hard to reach by what is shown as it is without them: rows are taken as known only as
    far as no such set follows, so that nothing is shown that would not be without a register.
    """
    if answered_by_all is None or not answered_by_all.shape[0]:
        return earlier
    everyone = csr_array(np.ones((1, answered_by_all.shape[1]), dtype=np.int8))
    outsider = Outsider(_stack([everyone, earlier.known]), earlier.forbidden, earlier.few)
    rows = known_by_register(answered_by_all, outsider, settings)
    return replace(earlier, known=_stack([earlier.known, rows]))


def known_by_register(
    answered_by_all: csr_array, outsider: Outsider, settings: DisclosureSettings
) -> csr_array:
    """Give the totals that whoever knows a register knows, as far as no few follow from these."""
    known = choose_shown(answered_by_all, outsider, settings).shown
    return answered_by_all[np.flatnonzero(known)]


def refuse_unknown_priority(priority: Sequence[str], codebook: Codebook) -> None:
    """Refuse a priority for what no group can be: nothing would be chosen first by it.

    Raises
    ------
    SettingsError
    """
    known = [*codebook.units.levels, *(c.name for c in codebook.with_role("career"))]
    strange = [name for name in priority if name not in known]
    if strange:
        raise SettingsError(
            f"[disclosure] priority: {len(strange)} names are no unit level and no career variable "
            f"of {codebook.survey.name}: {', '.join(strange)}. Use: {', '.join(known)}."
        )


def rank_groups(groups: Iterable[Hashable], priority: Sequence[str]) -> NDArray[np.int64]:
    """Give the rank of each group: those of a lower one are chosen first.

    A group is as important as its unit level or the variable it is crossed with, the less important
    where both are named; those of which neither is come last, together. After these come units
    parted by the simple rule, which nobody asks for and which shall displace nothing.

    Parameters
    ----------
    groups : their ids
    priority : unit levels and variables, the most important first

    >>> rank_groups(["all", "sector=a", "sector=a&sex=1", "sector=a/team=b"], ["sector", "sex"])
    array([-1,  0,  1,  2])
    """
    return np.array([_rank(GroupPath.parse(group), priority) for group in groups], dtype=np.int64)


def _rank(path: GroupPath, priority: Sequence[str]) -> int:
    of = [*path.levels[-1:], *([] if path.cross is None else [path.cross[0]])]
    if SIMPLE_RULE in of:
        return len(priority) + 1
    if not of:
        return -1
    return max((priority.index(name) for name in of if name in priority), default=len(priority))


def _telling(ledger: Ledger, figure: str, request: Request) -> Ledger:
    """Give the ledger with only the groups that were told by a figure, as it is defined now.

    Parameters
    ----------
    figure : "rate:x" is also told by releases that say no more than "rate"
    """
    names = {figure, figure.partition(":")[0]}
    releases = []
    for release in ledger.releases:
        is_same = release.content.get("defined", request.defined) == request.defined
        groups = {
            name: group
            for name, group in release.content.get("groups", {}).items()
            if is_same and names & set(group["statistics"])
        }
        releases.append(replace(release, content={**release.content, "groups": groups}))
    return replace(ledger, releases=releases)


def answers_of(responses: _Responses, codebook: Codebook) -> _Responses:
    """Give all that was answered, and not who or where people are."""
    asked = codebook.with_role("item", "career", "audit", "claim", "outcome")
    names = [column.name for column in asked if column.name in responses]
    return responses.only(names) if isinstance(responses, Held) else responses[names]


def admit_figures(
    figures: Figures,
    admission: Admission,
    rounded: frozenset[FigureId] = frozenset(),
) -> frozenset[FigureId]:
    """Choose the figures about parts that cut through groups to show beside the groups.

    A part of nearly the same people as a group or part that was shown before, under whatever name,
    is withheld: one less the other would tell of the few who are in one of them only. So is one of
    the same people where these were told of with other margins of a register.

    Parameters
    ----------
    figures : the most important first
    rounded : ids of figures over so many people that rounding alone leaves each count several
        values; nothing follows from them exactly

    Returns
    -------
    Ids of the figures that may be shown.
    """
    if not figures:
        return frozenset()
    minimum = admission.minimum
    parts = _stack(figures.values())
    likeness = admission.earlier.compare_parts(parts, minimum)
    near = _name_figures(figures, likeness.is_near, np.logical_or)
    if admission.otherwise is not None:
        told = admission.otherwise.compare_parts(parts, minimum)
        near |= _name_figures(figures, told.is_same | told.is_near, np.logical_or)
    # What was shown before is known whatever is chosen now, so it comes first.
    same = _name_figures(figures, likeness.is_same, np.logical_and)
    if EVERYONE in admission.earlier.near:
        # Of two parts that were told, the one that is told no more is that of who came or left.
        near |= {name for name in same if name.kind not in OF_GROUPS}
    safe = rounded & set(figures) - near
    news = [name for name in figures if name not in near | safe]
    news.sort(key=lambda name: name not in same)
    if not news:
        return safe
    sizes = [figures[name].shape[0] for name in news]
    chosen = choose_figures(
        CrossCuts(_stack(figures[name] for name in news), np.repeat(np.arange(len(news)), sizes)),
        known_beside(admission),
        minimum + admission.earlier.few,
        admission.earlier.forbidden,
    )
    return safe | {name for name, is_shown in zip(news, chosen, strict=True) if is_shown}


def _stack(figures: Iterable[csr_array]) -> csr_array:
    return csr_array(vstack(list(figures), format="csr"))


def _name_figures(
    figures: Figures, of_parts: NDArray[np.bool_], together: np.ufunc
) -> frozenset[FigureId]:
    """Name the figures of which any part, or all parts, are so."""
    ends = np.cumsum([members.shape[0] for members in figures.values()])
    return frozenset(
        name
        for name, own in zip(figures, np.split(of_parts, ends[:-1]), strict=True)
        if together.reduce(own)
    )


def known_beside(admission: Admission) -> csr_array:
    """Give the groups that are known beside the figures of a release."""
    told = admission.grouping.members[np.flatnonzero(admission.told)]
    everyone = np.ones((0 if admission.choice.bars_everyone else 1, told.shape[1]), dtype=np.int8)
    return _stack([csr_array(everyone), told, admission.earlier.known])


def fingerprint_figures(figures: Figures, admission: Admission) -> dict[str, list[str]]:
    """Fingerprint the parts of all figures in one pass over the people, in order of name."""
    if not figures:
        return {}
    prints = add_up(admission.people.marks, _stack(figures.values()))
    ends = np.cumsum([members.shape[0] for members in figures.values()])
    own = dict(zip(map(str, figures), np.split(prints, ends[:-1]), strict=True))
    return {name: [to_text(part) for part in own[name]] for name in sorted(own)}
