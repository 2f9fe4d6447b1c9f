"""The story of `merge part`: what an office leaves of its survey, for others to add to theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.fingerprint import (
    Views,
    digest_keys,
    mark_people,
    numbers_of,
    view_keys,
)
from blijfwijzer.errors import AgreementError, OfficesError
from blijfwijzer.estimation.masks import mask
from blijfwijzer.files import hash_bytes, to_json
from blijfwijzer.governance.places import governed
from blijfwijzer.groups.frame import Frame, make_frame
from blijfwijzer.progress import show_progress
from blijfwijzer.records.agreement import OfficeAgreement, OfficeKey, read_agreement, read_key
from blijfwijzer.records.model_choice import ModelChoice, choose_models
from blijfwijzer.records.part_file import OfficePart, refuse_other, write_part
from blijfwijzer.records.provenance import provenance
from blijfwijzer.release.identity import key_columns
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.risk.waves import compare_wave, refuse_different
from blijfwijzer.runs.merging.numbers import OutcomeAnswers, gather_numbers
from blijfwijzer.runs.score import read_for_models
from blijfwijzer.runs.scoring.targets import known_outcome
from blijfwijzer.runs.waves import without_outcomes
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.scales import score_scales


@dataclass(frozen=True)
class PartRequest:
    """What an office is asked to leave."""

    survey: Path
    agreement: Path
    office: str
    models: Path
    """Folder of models, or a pack."""
    key: Path
    """That only the offices have."""
    settings: Settings | Path | None = None


@dataclass(frozen=True)
class Common:
    """What all offices, and who merges, have in common."""

    agreed: OfficeAgreement
    settings: Settings
    models: Mapping[str, ModelChoice]
    codebook: Codebook
    """In which outcomes may be absent."""
    frame: Frame

    @classmethod
    def of(cls, agreement: Path, models: Path, settings: Settings | Path | None) -> "Common":
        """Read an agreement, models, and settings.

        Raises
        ------
        AgreementError
            Weights that every unit has alike need everybody at once.
        """
        own = governed(load_settings(settings), models)
        agreed = read_agreement(agreement)
        chosen = choose_models(models, own.packs)
        codebook = without_outcomes(next(iter(chosen.values())).stored.codebook)
        if codebook.weight is not None and codebook.weight.equalise:
            raise AgreementError(
                f"codebook {codebook.survey.name}: weight.equalise makes weights of all responses "
                "of a unit at once, so these cannot be merged. Score the pooled survey, or leave "
                "it out of the codebook."
            )
        table = read_table(agreed.population).frame
        name, by = agreed.population.name, (agreed.by, agreed.cross)
        frame = make_frame(table, name, codebook, *by)
        return cls(agreed, own.spoken(codebook.survey.language), chosen, codebook, frame)

    @property
    def made_by(self) -> dict[str, Any]:
        """By what numbers are made that may be added, each under what an error calls it."""
        settings = self.settings.model_dump(mode="json", exclude={"governance", "tracking"})
        versions = provenance("", self.codebook, self.settings)
        left_out = ("survey", "survey_sha256", "codebook_sha256", "settings_sha256", "commit")
        return {
            "agreement": self.agreed.sha256,
            "model": {n: c.stored.manifest.sha256 for n, c in self.models.items()},
            "codebook": hash_bytes(self.codebook.model_dump_json().encode()),
            "settings": hash_bytes(to_json(settings)),
            "version": {n: v for n, v in versions.items() if n not in left_out},
        }


def leave_part(asked: PartRequest, output: Path) -> OfficePart:
    """Read the survey of an office, add up what leaves it, mask that, and write it.

    Raises
    ------
    OfficesError
        The office is none of those that agreed.
    AgreementError
        Other numbers were left in this round before.
    NotWritableError
        Something else than a part is in the place of the output.
    """
    refuse_other(output)
    with show_progress() as tell:
        common = Common.of(asked.agreement, asked.models, asked.settings)
        if asked.office not in common.agreed.offices:
            raise OfficesError(
                f"{asked.office}: is none of the offices of {asked.agreement.name}: "
                f"{', '.join(common.agreed.offices)}. Give the name that was agreed."
            )
        key = read_key(asked.key)
        intake, _ = read_for_models(asked.survey, common.models, common.settings, tell)
        tell("add up what leaves")
        part = make_part(intake, common, asked.office, key)
        key = key.use(common.agreed.round, asked.office, part.numbers.tobytes())
        # First that it was used: a part that is not written can be made again, as it was.
        key.keep(asked.key)
        write_part(output, part)
    print(f"{output}: {asked.office} leaves {part.numbers.high.size:,} masked numbers.")
    print("It is personal data still: send it as such, and to nobody but who merges.")
    return part


def make_part(intake: Intake, common: Common, office: str, key: OfficeKey) -> OfficePart:
    """Add up what leaves an office, by place, and mask it."""
    responses, agreed, frame = intake.held, common.agreed, common.frame
    place = frame.find(responses)
    ones = np.ones(len(place), dtype=np.int8)
    shape = (frame.places, len(place))
    members = csr_array((ones, (place, np.arange(len(place)))), shape=shape)
    weight = intake.given_weight
    if weight is None:
        raise ValueError("a survey that was accepted has weights")
    views = key_columns(common.codebook, responses)
    keys, secret = view_keys(responses, views), key.derive("people")
    answered = _answer(intake, common)
    is_own = [name == office for name in agreed.offices]
    sums = gather_numbers(answered, mark_people(keys, secret), weight, members, is_own)
    made_by = {
        **common.made_by,
        "columns": [list(view) for view in views],
        "key": hash_bytes(key.derive("name")),
    }
    masks = key.derive(f"masks {agreed.sha256}")
    return OfficePart(
        office,
        made_by,
        mask(sums, office, agreed.offices, masks),
        _mark_each(keys, secret),
        bool((weight == 1).all()),
    )


def _answer(intake: Intake, common: Common) -> dict[str, OutcomeAnswers]:
    """Give outcome and risk of each response.

    Raises
    ------
    WaveTooDifferentError
        The survey is not one that a model can read.
    """
    responses, settings = intake.held, common.settings.wave
    scales = score_scales(responses, common.codebook)
    weight, found = responses["weight"].to_numpy(dtype=float), {}
    for name, choice in common.models.items():
        stored = choice.stored
        built = build_features(responses, scales, stored.model.schema)
        compared = compare_wave(built, stored.reference, weight, settings, len(weight))
        refuse_different(compared, settings, name)
        values = known_outcome(stored, responses, scales, common.codebook)
        found[name] = OutcomeAnswers(values, predict_risk(stored.model, built.frame))
    return found


def _mark_each(keys: Views, secret: bytes) -> tuple[NDArray[np.uint64], ...]:
    """Give a keyed mark of each person per view, by which it is seen who answered alike.

    In order of size, so that a place in the file tells nothing of whom it is.
    """
    marks = []
    for view, own in enumerate(keys):
        name = secret + b"mark" + bytes([view])
        marks.append(np.sort(numbers_of(digest_keys(own, name))))
    return tuple(marks)
