"""Whether a model may take the place of the one in use: every reason why not, each by itself.

A reason says what was found, what is allowed, and what to do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from blijfwijzer.checks.findings import look_at
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.files import plain, plain_rows
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.records.lint import SMALLEST_LEAF, find_disclosures
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.risk.calibration import estimate_slope, judge_slope
from blijfwijzer.risk.metrics import to_margin
from blijfwijzer.risk.rivals import Rivals
from blijfwijzer.runs.models.held_out import HeldOut
from blijfwijzer.runs.models.measured import Measured
from blijfwijzer.settings import PromotionSettings

LARGEST_LEVEL = 0.02
"""By how much a mean risk may be off the share in the answers; convention of ours."""


@dataclass(frozen=True)
class Candidacy:
    """A model that is to take the place of another one, and what is known of both."""

    stored: Stored
    champion: Stored | None
    """None where none was named: it is then held against the share of everyone."""
    survey: str
    """Name of the file on which they are measured."""
    held: tuple[HeldOut, ...]
    """The champion's, if there is one, and its own."""
    settings: PromotionSettings
    measured: Measured | None = None
    rivals: Rivals | None = None
    """Of those on whom they were measured."""
    silenced: Mapping[str, str] = field(default_factory=dict)
    """Code of a check to why what it found is accepted."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.stored.folder.name

    @property
    def against(self) -> str:
        """What it is held against."""
        if self.champion is None:
            return "the share of everyone"
        return f"{self.champion.folder.name}, the champion"


def find_reasons(candidacy: Candidacy) -> tuple[str, ...]:
    """Give every reason why a model may not become champion; none where it may."""
    found = [*_of_survey(candidacy), *_of_model(candidacy), *_of_checks(candidacy)]
    if candidacy.measured is not None and candidacy.rivals is not None:
        found += _of_loss(candidacy, candidacy.measured, candidacy.rivals)
        found += _of_calibration(candidacy, candidacy.rivals)
        found += _of_fairness(candidacy, candidacy.measured)
    return tuple(found)


def tell_measured(measured: Measured) -> dict[str, Any]:
    """Give what was found as plain values."""
    measures = measured.measures.to_dict("index")
    return {
        "measures": {str(m): {k: plain(v) for k, v in row.items()} for m, row in measures.items()},
        "gaps": plain_rows(measured.gaps),
    }


def _of_survey(candidacy: Candidacy) -> Iterator[str]:
    """Say why both cannot be measured on a survey, or should be on another one."""
    own, others = candidacy.held[-1], candidacy.held[:-1]
    if any(one.way == "file" for one in others) and own.way in ("apart", "folds", "units"):
        yield (
            f"{candidacy.survey}: is what the champion was trained on, and {candidacy.name} was "
            "trained on another wave. Give that wave, or a newer one."
        )
    if any(one.way == "unknown" for one in candidacy.held):
        yield (
            f"{candidacy.survey}: it is not known whether a model was trained on its "
            "organisations, so it may look better than it is. Give the ledger with which it was "
            "trained (--ledger), or train it again."
        )
    if candidacy.measured is None:
        yield (
            f"{candidacy.survey}: has too few people whom no model was fitted on, so how good "
            f"{candidacy.name} is cannot be measured. Give the survey that it was trained on, "
            "with --trained the file that the champion was trained on, or a survey of other "
            "organisations."
        )


def _of_model(candidacy: Candidacy) -> Iterator[str]:
    """Say what is wrong with the model itself."""
    for fault in find_disclosures(candidacy.stored.model, SMALLEST_LEAF):
        yield (
            f"{candidacy.name}: its text would tell about few people: {fault}. Raise "
            "model.minimum_leaf in the settings and train again."
        )


def _of_checks(candidacy: Candidacy) -> Iterator[str]:
    """Say what checks found in its training that nobody accepted."""
    if candidacy.stored.findings is None:
        yield (
            f"{candidacy.name}: was made before trainings were checked, so it is not known what "
            "checks would find. Train it again."
        )
    for finding in look_at(candidacy.stored.findings or ()):
        code = finding.check.code
        if not candidacy.silenced.get(code, "").strip():
            yield (
                f"{candidacy.name}: {code} asks for a look: {write(finding.told, SCREEN)} Mend it "
                "and train again, or say under [checks.silenced] in the settings why it is "
                "accepted (docs/checks.md)."
            )


def _of_loss(candidacy: Candidacy, measured: Measured, rivals: Rivals) -> Iterator[str]:
    """Say that it is worse, or may be by more than is allowed."""
    if np.array_equal(rivals.first, rivals.second):
        return
    loss = measured.measures.loc["log_loss"].astype(float).to_dict()
    most = 0.0 if candidacy.champion is None else candidacy.settings.largest_loss
    if not loss["high"] <= most:
        setting = "" if candidacy.champion is None else ", or raise promotion.largest_loss"
        yield (
            f"{candidacy.name}: its log loss less that of {candidacy.against} is "
            f"{loss['difference']:g} ({_ends(loss['low'], loss['high'])}), of which the upper end "
            f"may be {most:g} at most. Train on more responses or better questions{setting}."
        )


def _of_calibration(candidacy: Candidacy, rivals: Rivals) -> Iterator[str]:
    """Say that its risks are not as large as they should be."""
    slope = estimate_slope(rivals.values, to_margin(rivals.second), rivals.design)
    if judge_slope(slope) == "off":
        yield (
            f"{candidacy.name}: its risks are too far apart or too near to each other: the slope "
            f"of calibration is {_rounded(slope)} and should be 1. Train it again with this wave."
        )
    weight = rivals.design.weight
    expected, found = (
        float(np.average(part, weights=weight)) for part in (rivals.second, rivals.values)
    )
    if abs(expected - found) > LARGEST_LEVEL:
        yield (
            f"{candidacy.name}: it expects {expected:.0%} where {found:.0%} gave the outcome, and "
            f"{LARGEST_LEVEL:.0%} apart is allowed. Train it again with this wave."
        )


def _of_fairness(candidacy: Candidacy, measured: Measured) -> Iterator[str]:
    """Say that groups of people are further apart than with the champion, or that nobody knows."""
    settings, gaps = candidacy.settings, measured.gaps
    if candidacy.champion is None:
        return
    if gaps.empty and not settings.no_fairness.strip():
        yield (
            f"{candidacy.survey}: of no audit attribute two levels are large enough and may be "
            "told of, so it is not known whether the model is less fair. Name audit attributes in "
            "report_by of the codebook, or say in promotion.no_fairness why it need not be known."
        )
    for row in gaps.to_dict("records"):
        if row["difference"] > settings.largest_gap:
            yield (
                f"{candidacy.name}: levels of {row['attribute']} are {row['difference']:.0%} "
                f"further apart ({settings.fairness}) than with the champion "
                f"({_ends(row['low'], row['high'])}), and {settings.largest_gap:.0%} is allowed. "
                "Look at what the model reads of them (score tells of proxies), or keep the "
                "champion."
            )


def _ends(low: float, high: float) -> str:
    return (
        f"{low:g} to {high:g}" if np.isfinite([low, high]).all() else "with too few units to know"
    )


def _rounded(slope: Estimate) -> str:
    return f"{slope.value:.2f} ({_ends(round(slope.low, 2), round(slope.high, 2))})"
