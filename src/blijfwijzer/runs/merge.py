"""The story of `merge release`: what offices left, added up, to groups that may be shown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.errors import DamagedPartError, OfficesError, OtherPartError, counted
from blijfwijzer.estimation.masks import unmask
from blijfwijzer.files import hash_bytes
from blijfwijzer.groups.estimates import Estimates, estimate_among, estimate_from_sums
from blijfwijzer.groups.flags import FLAGGED
from blijfwijzer.groups.grouping import Grouping, make_groups
from blijfwijzer.groups.naming import name_groups
from blijfwijzer.groups.rates import forget_outcome
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.files.release_files import csv_file, parquet_file
from blijfwijzer.publish.tables.report_tables import clear_groups
from blijfwijzer.records.part_file import OfficePart, read_part
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import expect_tracking
from blijfwijzer.release.admission import Admission, told_before
from blijfwijzer.release.folder import refuse_place
from blijfwijzer.release.publication import publication
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.request import Request
from blijfwijzer.release.shown import Shown
from blijfwijzer.risk.model import is_constant
from blijfwijzer.runs.merging.crowd import (
    People,
    are_weighed,
    basis_of,
    between_units,
    crowd_of,
    hide_lopsided,
)
from blijfwijzer.runs.merging.insiders import is_of_others, safe_from_offices
from blijfwijzer.runs.merging.numbers import Numbers, name_numbers
from blijfwijzer.runs.merging.part import Common
from blijfwijzer.runs.scoring.findings import count_earlier, estimates_of
from blijfwijzer.runs.scoring.targets import (
    Estimated,
    NewWave,
    flag_estimates,
    is_asked,
    which_flagged,
)
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake


@dataclass(frozen=True)
class MergeRequest:
    """What is asked of parts that offices left."""

    parts: tuple[Path, ...]
    agreement: Path
    models: Path
    """Folder of models, or a pack: the same as at the offices."""
    settings: Settings | Path | None = None


@dataclass(frozen=True)
class Merged:
    """What all offices left, added up."""

    common: Common
    people: People
    is_counted: bool
    """Whether everybody weighs one."""

    @property
    def dataset(self) -> str:
        """Hash of all that was left, the same in however many parts."""
        marks = b"".join(own.tobytes() for own in self.people.marks)
        numbers = self.people.numbers.told
        return hash_bytes(numbers.high.tobytes() + numbers.low.tobytes() + marks)

    @cached_property
    def wave(self) -> NewWave:
        """Groups of the people, of whom no more is known than the groups that they are in."""
        common, responses = self.common, self.people.responses()
        agreed, frame, settings = common.agreed, common.frame, common.settings
        grouping = make_groups(
            responses, common.codebook, agreed.by, settings, agreed.cross, frame.population
        )
        any_target, groups = self.people.numbers.targets[0], self.people.parts_of(grouping.members)
        sums = self.people.numbers.rates(any_target, "rates", groups)
        grouping = hide_lopsided(grouping, sums, settings.disclosure)
        grouping = name_groups(grouping, common.codebook)
        nobody = pd.DataFrame({"row": [], "reasons": []})
        intake = Intake(Held.of(responses), nobody, (), (), self.dataset, agreed.wave)
        about = agreed.by, settings
        return NewWave(intake, pd.DataFrame(), grouping, common.codebook, *about)


def merge(asked: MergeRequest, output: Path, ledgers: Path) -> Shown:
    """Add up what offices left, and write the groups and rates of it that may be shown."""
    refuse_place(output, [*asked.parts, asked.agreement, asked.models, ledgers], ledgers)
    with show_progress() as tell:
        common = Common.of(asked.agreement, asked.models, asked.settings)
        expect_tracking(common.settings.tracking)
        tell("add up parts")
        merged = add_up([(path.name, read_part(path)) for path in asked.parts], common)
        shown = publish_merged(merged, output, ledgers, tell)
    print(shown)
    return shown


def add_up(parts: Sequence[tuple[str, OfficePart]], common: Common) -> Merged:
    """Add up what offices left, or refuse it.

    Parameters
    ----------
    parts : each with the name of its file, in whatever order

    Raises
    ------
    OfficesError
        An office is missing, is there twice, or asked the people of another one.
    OtherPartError
        A part was made by something else.
    DamagedPartError
        Masks do not cancel.
    """
    own = [part for _, part in parts]
    _refuse_offices([part.office for part in own], common.agreed.offices)
    _refuse_others(parts, common)
    columns = tuple(tuple(view) for view in own[0].made_by["columns"])
    targets = tuple(common.models)
    agreed = common.agreed.offices
    numbers = Numbers(unmask(part.numbers for part in own), targets, len(columns), len(agreed))
    many = {part.office: len(part.marks[0]) for part in own}
    if not (numbers.offices == len(own)).all() or not numbers.are_of([many[n] for n in agreed]):
        raise DamagedPartError(
            f"{counted(len(own), 'part')}: masks do not cancel to numbers of people, so one was "
            "altered or made with another key. Nothing was written. Have all offices leave their "
            "parts again, with one key and in a new round."
        )
    by_view = zip(*(part.marks for part in own), strict=True)
    marks = tuple(np.sort(np.concatenate(list(view))) for view in by_view)
    people = People(numbers, marks, columns, str(own[0].made_by["key"]), common.frame)
    _refuse_shared(own, common.settings.intake.most_copies)
    return Merged(common, people, all(part.is_counted for part in own))


def _refuse_offices(found: Sequence[str], agreed: Sequence[str]) -> None:
    twice = sorted(name for name, often in Counter(found).items() if often > 1)
    missing, strange = sorted({*agreed} - {*found}), sorted({*found} - {*agreed})
    told = [
        f"{what}: {', '.join(names)}"
        for what, names in (("twice", twice), ("missing", missing), ("not agreed", strange))
        if names
    ]
    if told:
        raise OfficesError(
            f"{counted(len(found), 'part')} of the {len(agreed)} offices that agreed; "
            f"{'; '.join(told)}. Nothing was written. Give one part of each office: the numbers of "
            "fewer stay masked."
        )


def _refuse_others(parts: Sequence[tuple[str, OfficePart]], common: Common) -> None:
    first = parts[0][1].made_by
    made_by = {**common.made_by, "columns": first.get("columns"), "key": first.get("key")}
    for name, part in parts:
        other = sorted(w for w, own in made_by.items() if not own or part.made_by.get(w) != own)
        if other:
            raise OtherPartError(
                f"{name}: {counted(len(other), 'thing')} by which it was made is not that of the "
                f"others: {', '.join(other)}. Nothing was written. Let all offices, and who "
                "merges, take the same agreement, models, codebook, settings and version; columns "
                "are those that a file has."
            )
    numbers = name_numbers(
        tuple(common.models), len(made_by["columns"]), len(common.agreed.offices)
    )
    shape = common.frame.places, len(numbers)
    odd = [name for name, part in parts if part.numbers.high.shape != shape]
    if odd:
        raise OtherPartError(
            f"{odd[0]}: {counted(len(odd), 'part')} with other places or numbers than were agreed. "
            "Nothing was written. Have the office leave it again."
        )


def _refuse_shared(parts: Sequence[OfficePart], most: float) -> None:
    """Refuse parts in which the same people are counted: of the same answers to all that was asked.

    Parameters
    ----------
    most : share of all people that may be
    """
    forms = [max(part.marks, key=lambda own: len(np.unique(own))) for part in parts]
    people = sum(map(len, forms))
    # Beyond those who answered as somebody of their own office did, as happens by chance.
    alike = sum(len(own) - len(np.unique(own)) for own in forms)
    everyone = np.concatenate(forms)
    shared = len(everyone) - len(np.unique(everyone)) - 2 * alike
    if shared > most * people:
        raise OfficesError(
            f"{shared} of {people} people gave the same answers to everything as one of another "
            "office, so that two offices asked, or read, the same people. Nothing was written. Let "
            "each office read its own file."
        )


def publish_merged(merged: Merged, output: Path, ledgers: Path, tell: Tell) -> Shown:
    """Choose what may be shown of groups, by the same gate and ledger as of one survey."""
    wave, common = merged.wave, merged.common
    request = _request(merged)
    with publication(output, request, ledgers) as release:
        tell("find what could be derived")
        admission = admit_merged(merged, release)
        tell("pool rates")
        told = {n: _estimate(n, admission.tells(f"rate:{n}"), merged) for n in common.models}
        groups = clear_groups(estimates_of(told, admission), wave.codebook, Edge.of(wave.settings))
        files = {"groups.csv": csv_file(groups), "groups.parquet": parquet_file(groups)}
        shown = int(admission.shown.sum())
        counts = {
            "accepted": len(wave.responses),
            "groups": len(admission.shown),
            "shown": shown,
            "withheld": len(admission.shown) - shown,
            "rolled_up": int(wave.grouping.rolled_up["groups"].sum()),
            **count_earlier(admission),
        }
        head = release.publish(files, counts)
    said = [
        f"{output}: {shown} groups shown, {counts['withheld']} withheld, {counts['rolled_up']} "
        f"rolled up; release {head['sequence']} in the ledger.",
        *(f"  {choice}" for choice in common.models.values()),
        *(
            f"  {name}: {int((one.flags['verdict'] == FLAGGED)[admission.shown].sum())} flagged"
            for name, one in told.items()
        ),
        *release.said,
    ]
    return Shown(output, {"groups_file": groups.frame}, tuple(said))


def admit_merged(merged: Merged, release: Rehearsal) -> Admission:
    """Choose groups, and what each is told by, of people of whom only numbers were left."""
    wave, people = merged.wave, merged.people
    grouping: Grouping = wave.grouping
    groups, rules = people.parts_of(grouping.members), wave.settings.disclosure
    bases: dict[str, Basis] = {
        f"rate:{name}": basis_of(
            people,
            name,
            groups,
            rules,
            is_constant=is_constant(choice.stored.model),
            weighed=None if merged.is_counted else grouping.groups["level"],
        )
        for name, choice in merged.common.models.items()
    }
    crowd = crowd_of(
        people,
        grouping,
        wave.codebook,
        dataset=merged.dataset,
        is_counted=merged.is_counted,
    )
    asked, is_safe = (release.request, release.ledger), False
    while not is_safe:
        admission = release.admit_crowd(crowd, grouping, bases)
        is_new = ~admission.earlier.repeated & is_of_others(crowd, admission, *asked)
        is_new &= len(merged.common.agreed.offices) > 1
        is_safe = True
        for name in merged.common.models:
            figure = f"rate:{name}"
            told, before = admission.tells(figure), told_before(crowd, *asked, figure)
            own = groups[told], people.parts_of(before)
            barred = np.ones(len(told), dtype=bool)
            barred[told] = is_new[told] | ~safe_from_offices(people, name, own, rules)
            if not merged.is_counted:
                answered = np.asarray(groups @ people.numbers.known(name)[1])
                barred |= are_weighed(grouping.groups["level"], answered, ~barred)
            bases[figure] = replace(bases[figure], barred=barred)
            is_safe &= not barred[told].any()
    return admission


def _estimate(name: str, told: Mask, merged: Merged) -> Estimated:
    """Pool and flag rates of an outcome as `score` does, from what was left.

    Parameters
    ----------
    told : whether each group is told of it
    """
    wave, people = merged.wave, merged.people
    stored, settings = merged.common.models[name].stored, wave.settings
    known, everybody = people.numbers.known(name)[1].sum(), people.counts.sum()
    asked = is_asked(int(known), int(everybody))

    def estimate(own: Grouping, kind: str) -> Estimates:
        groups = people.parts_of(own.members)
        sums = people.numbers.rates(name, kind, groups)
        sums = sums if asked else forget_outcome(sums)
        units, about = wave.codebook.units, (stored.effects, settings.rates, settings.seed)
        is_drawn = kind == "rates" and asked and units.varying == "drawn"
        between = between_units(people, name, groups, units.cluster) if is_drawn else None
        return estimate_from_sums(own.groups, sums, *about, between)

    plain, found = (
        estimate_among(wave.grouping, told, partial(estimate, kind=kind))
        for kind in ("plain", "rates")
    )
    return flag_estimates(found, which_flagged(*plain, told, wave), told, wave)


def _request(merged: Merged) -> Request:
    common, wave = merged.common, merged.wave
    agreed = common.agreed
    origin = provenance(merged.dataset, wave.codebook, wave.settings)
    for name, choice in common.models.items():
        own = choice.stored.manifest
        origin |= {f"model_{name}": own.folder.name, f"model_{name}_sha256": own.sha256}
        origin |= {} if choice.stored.signed is None else choice.stored.signed.origin
    origin["population_sha256"] = agreed.population_sha256
    return Request(
        "merge",
        wave.codebook,
        wave.settings,
        agreed.wave,
        tuple(f"rate:{name}" for name in common.models),
        origin,
        {"wave": agreed.wave, "by": list(agreed.by), "cross": list(agreed.cross)},
        tuple(choice.stored for choice in common.models.values()),
    )
