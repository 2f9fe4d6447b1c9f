"""Whom a self-check card reaches in a new wave, where it is known who is in need."""

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.disclosure.rules import is_telling
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.risk.card import Judged, judge
from blijfwijzer.runs.scoring.targets import NewWave, Target
from blijfwijzer.survey.texts import Message, Value, say


def judge_card(
    target: Target, wave: NewWave, release: Rehearsal, admission: Admission
) -> Judged | Message | None:
    """Hold the card that a training left against a new wave, or say why that is not told.

    As other figures of everyone it is told where everyone may be told of, rounded, and only if both
    those whom it reaches and the others are enough and not all alike.

    Returns
    -------
    None where vouchers are not for this outcome.
    """
    stored, codebook, values = target.stored, wave.codebook, target.values
    if not codebook.offers_vouchers_for(codebook.outcomes[stored.model.target]):
        return None
    if stored.card is None:
        return say("card.none")
    if values is None:
        return say("card.not_asked")
    if stored.manifest.survey_hmac_sha256 == release.origin.get("survey_hmac_sha256"):
        return say("card.same_survey")
    asked = [question.column for question in stored.card.questions]
    lacking = [n for n in asked if n not in wave.responses or wave.responses[n].isna().all()]
    if lacking:
        labels: tuple[Value, ...] = tuple(codebook.columns[n].label for n in lacking)
        return say("card.questions_absent", questions=labels)
    known = ~np.isnan(values)
    points = stored.card.points(wave.responses[asked][known])
    judged = judge(points, points >= stored.card.cut, values[known], wave.weight[known])
    is_told = admission.choice.tells_everyone and _is_tellable(judged, wave)
    return judged if is_told else say("card.withheld")


def _is_tellable(judged: Judged, wave: NewWave) -> bool:
    """Say whether no part of people tells what each in it answered, or what two did."""
    rules = wave.settings.disclosure
    parts = csr_array(np.array([judged.reached, ~judged.reached], dtype=np.int8))
    telling = is_telling(parts, judged.values, judged.weight, rules)
    return judged.is_tellable(rules.minimum, rules.unanimity) and not telling
