"""A loaded model explains a survey: groups, cells or, by written leave, persons, for shap's plots.

What a call gives back is shown, so it is chosen against all that was shown before and entered in
the ledger before it leaves. The library shap is needed to hold it, and for nothing else here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.copies import number_forms
from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.disclosure.rounding import band_text
from blijfwijzer.drivers.cells import Alike, kept_shares, make_cells
from blijfwijzer.drivers.kinds import find_kinds
from blijfwijzer.drivers.mean_rows import MeanRows, mean_rows
from blijfwijzer.errors import GroupError, ModelFolderError, refuse_without
from blijfwijzer.files import plain, to_json
from blijfwijzer.governance.places import governed
from blijfwijzer.groups.grouping import everyone_alone
from blijfwijzer.groups.segments import find_segments
from blijfwijzer.progress import Tell, silent
from blijfwijzer.publish.language.texts import write
from blijfwijzer.records.model_choice import ModelChoice
from blijfwijzer.records.model_folder import Stored, read_model
from blijfwijzer.records.provenance import provenance
from blijfwijzer.release.alike import (
    admit_cells,
    alike_figure,
    cells_before,
    find_ties,
    units_beside,
)
from blijfwijzer.release.breakdown import admit_breakdown, are_narrow
from blijfwijzer.release.persons import refuse_persons
from blijfwijzer.release.publication import Showing, showing
from blijfwijzer.release.request import Request
from blijfwijzer.release.stops import refuse_stopped_here
from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.runs.models.explained import Explained, contribute_intake, refuse_drift
from blijfwijzer.runs.waves import wave_of, without_outcomes
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.breakdown import in_order
from blijfwijzer.survey.intake import Intake, read_survey, require_enough
from blijfwijzer.survey.labels import group_label, labels_of
from blijfwijzer.survey.texts import Value

if TYPE_CHECKING:
    import shap

CELLS, SEGMENTS, PERSONS = "cells", "segments", "persons"


@dataclass(frozen=True)
class Model(Stored):
    """A model folder that was read, and can explain a survey."""

    def explain(
        self,
        survey: Intake | Path | str,
        *,
        by: str | Sequence[str] = CELLS,
        settings: Settings | Path | str | None = None,
        ledgers: Path | str | None = None,
        wave: str = "",
        tell: Tell = silent,
    ) -> "shap.Explanation":
        """Explain the calibrated probability of groups, cells or persons, as shap's plots take it.

        It is shown by this call: chosen against all that was shown before, and in the ledger.
        Contributions are in probability, start at the mean probability of the training and add up
        to the mean probability of each row's people; those of groups and cells are rounded to a
        hundredth of a percentage point, together with their sum.

        Parameters
        ----------
        survey : file, or as `read_survey` gives it
        by : "cells": ten people or more of whom the model says nearly the same; "segments":
            readable segments; unit levels or attributes to break down by; "persons": by written
            leave in the settings only, and then in memory only
        settings : those of the model when left out
        ledgers : folder of the ledgers; beside the folder of models when left out
        wave : what it is called in the ledger; the name of its file when left out

        Returns
        -------
        An Explanation with a row per group, and beside what shap knows of: `rows`, a frame with
        what each row is, its people as a band and its mean risk; of cells `kept`, the share of the
        variance of each feature's contributions that lies between them, and in all as ""; of units
        and attributes `kinds`, which of them are driven by the same (`find_kinds`).

        Raises
        ------
        DisclosureError
            What is asked would tell of few, or of persons without leave.
        GroupError
            There is no such level or attribute.
        WaveTooDifferentError, MissingExtraError, LedgerError, BusyError
            The survey is not one that the model can read; shap is not installed; no ledger.
        """
        refuse_without("shap", "explain", "an explanation")
        chosen = load_settings(settings)
        own = governed(self.settings if settings is None else chosen, self.folder)
        beside = self.ledgers if ledgers is None else Path(ledgers)
        if by == PERSONS:
            refuse_persons(own.explain.persons)
            refuse_stopped_here(self, beside)
        explained = _contribute(self, survey, own, tell)
        if by == PERSONS:
            return _explanation(_of_persons(explained), explained)
        asked = (by,) if isinstance(by, str) else tuple(by)
        request = _request(explained, asked, wave or wave_of(explained.file))
        with showing(request, beside) as release:
            tell("find what could be derived")
            found = _find_rows(explained, asked, release)
            release.enter({"explanation.json": found.content})
        return _explanation(found, explained)


@dataclass(frozen=True)
class _Rows:
    """What is told of some people."""

    about: pd.DataFrame
    told: MeanRows
    kept: pd.Series | None = None
    kinds: pd.DataFrame | None = None

    @property
    def content(self) -> bytes:
        """All of it, for its hash in the ledger."""
        parts = (self.about, self.told.contributions, self.told.answers)
        return to_json([self.told.base, *(_plain_rows(part) for part in parts)])


def _plain_rows(table: pd.DataFrame) -> list[list[Any]]:
    """Give the names of columns, and all rows."""
    rows = table.astype(object).to_numpy()
    return [list(map(str, table)), *([plain(value) for value in row] for row in rows)]


def _contribute(
    stored: Stored, survey: Intake | Path | str, own: Settings, tell: Tell
) -> Explained:
    if isinstance(survey, Intake):
        intake = survey
    else:
        tell(f"read {Path(survey).name}")
        intake = read_survey(Path(survey), without_outcomes(stored.codebook), own.intake)
    require_enough(intake, own.intake.minimum_responses)
    explained = contribute_intake(ModelChoice(stored, "as given"), own, intake, tell)
    refuse_drift(explained)
    return explained


def _request(explained: Explained, by: tuple[str, ...], wave: str) -> Request:
    stored, settings = explained.stored, explained.settings
    origin = provenance(explained.intake.sha256, stored.codebook, settings)
    origin |= stored.origin
    target = stored.model.target
    asked = {"target": target, "by": list(by), "wave": wave, "as": "explanation"}
    statistics = (f"risk:{target}",)
    codebook = without_outcomes(stored.codebook)
    return Request("explain", codebook, settings, wave, statistics, origin, asked, (stored,))


def _find_rows(explained: Explained, by: tuple[str, ...], release: Showing) -> _Rows:
    """Choose the people to tell of, and tell of them."""
    if by == (CELLS,):
        return _cells(explained, release)
    is_segments = by == (SEGMENTS,)
    found = [*(_segments(explained, release) if is_segments else _groups(explained, by, release))]
    if not found:
        raise GroupError(
            f"{', '.join(by)}: no group may be told of. Nothing was shown. Ask for larger groups."
        )
    rows = csr_array(np.array([inside for _, inside in found], dtype=np.int8))
    unanimity = explained.settings.disclosure.unanimity
    telling = dict.fromkeys(explained.contributions.values.columns, unanimity)
    told = _tell(explained, rows, [name for name, _ in found], telling)
    if by == (SEGMENTS,):
        return told
    # Of what is told, rounded as it is, so that it tells nothing more.
    profiles = told.told.contributions.to_numpy()
    return replace(
        told, kinds=find_kinds(profiles, told.about["row"].tolist(), explained.settings.seed)
    )


def _tell(
    explained: Explained, rows: csr_array, names: list[str], telling: dict[str, float]
) -> _Rows:
    minimum = explained.settings.disclosure.minimum
    told = mean_rows(explained.contributed, explained.weight, rows, minimum, telling)
    n = np.diff(csr_array(rows).indptr).astype(float)
    risk = told.base + told.contributions.sum(axis=1)
    about = pd.DataFrame({"row": names, "people": [band_text(one) for one in n], "risk": risk})
    return _Rows(about, told)


def _groups(
    explained: Explained, by: tuple[str, ...], release: Showing
) -> Iterator[tuple[str, Array]]:
    """Give units and groups of attributes that may be told of, each with who is in it."""
    codebook, language = release.request.codebook, explained.settings.language
    levels = [name for name in by if name in codebook.units.levels]
    strange = [n for n in by if n not in levels and n not in explained.intake.held]
    if strange:
        raise GroupError(
            f"{len(strange)} names are no unit level and no column of the survey: "
            f'{", ".join(strange)}. Give "cells", "segments", "persons", or levels of: '
            f"{', '.join(codebook.units.levels)}."
        )
    risk, intake = explained.contributions.risk, explained.intake
    of_nobody = np.full(len(risk), np.nan)
    breakdown = admit_breakdown(release, intake, of_nobody, risk, by=levels)
    grouping = breakdown.admission.grouping
    for level in levels:
        of_level = grouping.groups["level"].eq(level).to_numpy()
        for place in np.flatnonzero(of_level & breakdown.told):
            label: Value = grouping.groups["label"].iloc[place]
            yield write(label, language), grouping.members[[place]].toarray()[0]
    for name in (n for n in by if n not in levels):
        if name not in breakdown.groups:
            raise GroupError(
                f"{name}: results are not broken down by it. Name it in report_by of the codebook."
            )
        group = breakdown.groups[name]
        attribute = write(labels_of(codebook)[name], language)
        for level in in_order(group, group):
            label = group_label(codebook, name, str(level))
            inside = (group == level).to_numpy(dtype=bool)
            yield f"{attribute}: {write(label, language)}", inside


def _segments(explained: Explained, release: Showing) -> Iterator[tuple[str, Array]]:
    """Give readable segments that may be told of, each with who is in it."""
    codebook, settings, intake = release.request.codebook, explained.settings, explained.intake
    target = explained.stored.model.target
    found = find_segments(
        intake.held,
        explained.predictions,
        codebook.with_role("career"),
        settings.segments,
        settings.seed,
        barred_columns(codebook, codebook.outcomes[target]),
    )
    admission = release.admit(intake, everyone_alone(intake.held), {})
    weight, risk = explained.weight, explained.contributions.risk
    narrow = are_narrow(found.members, risk, weight, settings.disclosure.unanimity)
    names = {
        FigureId("segment", (str(name), target)): place
        for place, name in enumerate(found.table.index)
        if not narrow[place]
    }
    offered: Figures = {figure: found.members[[place]] for figure, place in names.items()}
    for figure in release.figures(admission, offered):
        rule: Value = found.table["rule"].iloc[names[figure]]
        yield write(rule, settings.language), found.members[[names[figure]]].toarray()[0]


def _cells(explained: Explained, release: Showing) -> _Rows:
    """Give cells that may be told of: those of the model whose cells were shown before, if any."""
    smallest = max(explained.settings.explain.cell, explained.settings.disclosure.minimum)
    model, size = explained.stored.folder.name, smallest
    before = cells_before(release.ledger, release.request.wave)
    made_by = explained
    if before is not None and before[1] >= smallest and before[0] != model:
        made_by = _other(explained, before[0])
        if made_by is not explained:
            model, size = before
    # Cells go by the units that can be told of at all, so that they are the same whatever was told.
    units = units_beside(release, explained.intake)
    ties = find_ties(units, explained.settings.disclosure.minimum)
    cells = _make_cells(made_by, size, ties)
    _, rows = admit_cells(release, explained.intake, cells, alike_figure(model, size), units)
    # What colleagues know of each other must not tell which cell somebody is in.
    known = {f.name for f in explained.stored.model.schema.features if f.kind == "career"}
    names = explained.contributions.values.columns
    unanimity = explained.settings.disclosure.unanimity
    telling = {name: unanimity if name in known else np.inf for name in names}
    told = _tell(explained, rows, [f"{place + 1}" for place in range(rows.shape[0])], telling)
    together, each = kept_shares(explained.contributions.values, explained.weight, cells)
    kept = pd.concat([pd.Series({"": together}), each]).round(2)
    return _Rows(told.about, told.told, kept)


def _other(explained: Explained, name: str) -> Explained:
    """Explain the same survey by a model beside this one; by this one where it is not there."""
    folder = explained.stored.folder.parent / name
    try:
        stored = read_model(folder)
    except ModelFolderError:
        return explained
    return contribute_intake(
        ModelChoice(stored, "as given"), explained.settings, explained.intake, silent
    )


def _make_cells(explained: Explained, smallest: int, ties: Mask) -> Codes:
    units = explained.units.astype("str").to_numpy()
    people = Alike(
        explained.contributions.values,
        explained.weight,
        # By what the model reads: who differ elsewhere alone are one to it.
        number_forms(explained.built.frame),
        np.unique(units, return_inverse=True)[1],
        ties,
    )
    return make_cells(people, smallest, explained.settings.disclosure.dominance)


def _of_persons(explained: Explained) -> _Rows:
    """Give what each answer adds to each person's risk; for who called, and for nobody else."""
    found = explained.contributions
    about = pd.DataFrame({"risk": found.risk})
    return _Rows(about, MeanRows(found.values, explained.built.frame, found.base))


def _explanation(rows: _Rows, explained: Explained) -> "shap.Explanation":
    """Make what shap's plots take."""
    import shap

    told = rows.told
    found = shap.Explanation(
        values=told.contributions.to_numpy(),
        base_values=np.full(len(told.contributions), told.base),
        data=told.answers.to_numpy(),
        display_data=_in_words(told.answers, explained),
        feature_names=_names(explained),
    )
    found.rows, found.kept, found.kinds = rows.about, rows.kept, rows.kinds
    return found


def _names(explained: Explained) -> list[str]:
    """Give the label of each feature in the codebook's words; with its name where two have one."""
    language = explained.settings.language
    names = explained.stored.model.schema.names
    labels = labels_of(explained.stored.codebook)
    said = [write(labels[name], language) for name in names]
    often = Counter(said)
    return [
        f"{text} ({name})" if often[text] > 1 else text
        for text, name in zip(said, names, strict=True)
    ]


def _in_words(answers: pd.DataFrame, explained: Explained) -> Any:
    """Give answers as they are shown: levels of a nominal feature by their label."""
    shown = answers.astype(object).to_numpy().copy()
    codebook, language = explained.stored.codebook, explained.settings.language
    for place, feature in enumerate(explained.stored.model.schema.features):
        if feature.is_nominal:
            words = [
                write(group_label(codebook, feature.name, x), language) for x in feature.levels
            ]
            shown[:, place] = [
                "" if np.isnan(level) else words[int(level)] for level in answers.iloc[:, place]
            ]
    return shown
