"""Which groups and figures may be shown, given all that was shown before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.choice import GroupChoice, choose_groups
from blijfwijzer.disclosure.crosscuts import CrossCuts, choose_figures
from blijfwijzer.disclosure.earlier import Earlier, Present, read_earlier
from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.disclosure.fingerprint import (
    Views,
    fingerprint_groups,
    to_text,
    view_keys,
)
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.groups.grouping import Grouping, member_finder
from blijfwijzer.release.identity import hold_minimum, key_columns
from blijfwijzer.release.request import Request
from blijfwijzer.survey.intake import Intake


@dataclass(frozen=True)
class Admission:
    """What may be shown of some groups, and what the ledger must know of them."""

    grouping: Grouping
    choice: GroupChoice
    earlier: Earlier
    columns: tuple[tuple[str, ...], ...]
    """Those by whose answers a response is known again, in views."""
    keys: Views
    wave: str
    dataset: str
    """Hash of the survey's file."""
    minimum: int

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Whether each group may be shown."""
        return self.choice.shown

    @property
    def told(self) -> NDArray[np.bool_]:
        """Whether figures of each group may be shown: everyone has a place even when not."""
        is_everyone = self.grouping.groups["kind"].eq("all").to_numpy()
        return np.asarray(self.shown & (self.choice.tells_everyone | ~is_everyone))

    @property
    def names(self) -> list[str]:
        """Ids of the groups that may be shown."""
        return [str(name) for name in self.grouping.groups.index[self.shown]]


def admit_groups(
    intake: Intake,
    grouping: Grouping,
    values: Mapping[str, NDArray[np.float64]],
    request: Request,
    ledger: Ledger,
    wave: str,
) -> Admission:
    """Choose the groups to show, given all that was shown before.

    Parameters
    ----------
    grouping : of the responses of `intake`
    values : outcome to its value per response: 1, 0, or NaN where not known
    request : the same request again shows the same
    wave : that the responses are of
    """
    responses, codebook = intake.responses, request.codebook
    settings = request.settings.disclosure
    columns = key_columns(codebook, responses)
    present = Present(responses, grouping.members, member_finder(responses, codebook))
    earlier = read_earlier(ledger, present, request.survey, wave, settings.minimum, request.sha256)
    hold_minimum(settings, earlier.minimum, request.kind)
    choice = choose_groups(
        grouping.members,
        grouping.groups["people"].to_numpy(dtype=float),
        grouping.too_small,
        dict(values),
        responses["weight"].to_numpy(dtype=float),
        settings,
        earlier,
    )
    return Admission(
        grouping,
        choice,
        earlier,
        columns,
        view_keys(responses, columns),
        wave,
        intake.sha256,
        settings.minimum,
    )


def admit_figures(
    figures: Figures,
    admission: Admission,
    ledger: Ledger,
    rounded: frozenset[FigureId] = frozenset(),
) -> frozenset[FigureId]:
    """Choose the figures about parts that cut through groups to show beside the groups.

    A part of nearly the same people as a group or part that was shown before, under whatever name,
    is withheld: one less the other would tell of the few who are in one of them only.

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
    likeness = admission.earlier.compare_parts(_stack(figures.values()), ledger.secret, minimum)
    near = _name_figures(figures, likeness.is_near, np.logical_or)
    # What was shown before is known whatever is chosen now, so it comes first.
    same = _name_figures(figures, likeness.is_same, np.logical_and)
    safe = rounded & set(figures) - near
    news = [name for name in figures if name not in near | safe]
    news.sort(key=lambda name: name not in same)
    if not news:
        return safe
    sizes = [figures[name].shape[0] for name in news]
    chosen = choose_figures(
        CrossCuts(_stack(figures[name] for name in news), np.repeat(np.arange(len(news)), sizes)),
        _known_beside(admission),
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


def _known_beside(admission: Admission) -> csr_array:
    """Give the groups that are known beside the figures of a release."""
    told = admission.grouping.members[np.flatnonzero(admission.told)]
    everyone = np.ones((0 if admission.choice.bars_everyone else 1, told.shape[1]), dtype=np.int8)
    return _stack([csr_array(everyone), told, admission.earlier.known])


def fingerprint_figures(
    figures: Figures, admission: Admission, ledger: Ledger
) -> dict[str, list[str]]:
    """Fingerprint the parts of all figures in one pass over the people, in order of name."""
    if not figures:
        return {}
    prints = fingerprint_groups(admission.keys, ledger.secret, _stack(figures.values()))
    ends = np.cumsum([members.shape[0] for members in figures.values()])
    own = dict(zip(map(str, figures), np.split(prints, ends[:-1]), strict=True))
    return {name: [to_text(part) for part in own[name]] for name in sorted(own)}
