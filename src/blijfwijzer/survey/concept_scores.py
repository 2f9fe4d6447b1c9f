"""Answers of a survey by the names that claims use."""

import numpy as np
import pandas as pd

from blijfwijzer.survey.answers import Answers
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concepts import YES_OR_NO, Concept
from blijfwijzer.survey.held import Held, Responses, pack
from blijfwijzer.survey.rule_truth import holds, label
from blijfwijzer.survey.rules import Rule, conditions_of


def read_concepts(responses: Responses, scales: Responses, codebook: Codebook) -> Held:
    """Give what the survey has of the concepts that its codebook maps.

    A concept whose column the file lacks, or that nobody answered, is left out: a claim that needs
    it cannot be tested.

    Parameters
    ----------
    responses : one row per response, with the column `weight`
    scales : same rows, one column per scale

    Returns
    -------
    Same rows; one column per concept, as a number, more being more of it, and 1 or 0 where it is
    yes or no; NaN where unknown.
    """
    found: dict[str, Answers | pd.Series] = {}
    for name, concept in codebook.concepts.items():
        if _is_present(concept, responses, scales, codebook):
            values = _read(name, concept, responses, scales, codebook)
            if not np.isnan(values).all():
                found[name] = pack(values)
    return Held(found, len(responses))


def _is_present(
    concept: Concept, responses: Responses, scales: Responses, codebook: Codebook
) -> bool:
    sources = {concept.column} - {None}
    rule = _rule(concept, codebook)
    if rule is not None:
        sources |= {condition.column for condition in conditions_of(rule)} - {None}
        if any(c.scale is not None and c.scale not in scales for c in conditions_of(rule)):
            return False
    return sources <= set(responses) and (concept.scale is None or concept.scale in scales)


def _rule(concept: Concept, codebook: Codebook) -> Rule | None:
    return codebook.outcomes[concept.outcome].rule if concept.outcome else concept.rule


def _read(
    name: str,
    concept: Concept,
    responses: Responses,
    scales: Responses,
    codebook: Codebook,
) -> Array:
    if concept.outcome is not None:
        found = label(responses, scales, codebook, codebook.outcomes[concept.outcome])
        return np.asarray(found.values, dtype=float)
    if concept.rule is not None:
        return holds(concept.rule, responses, scales, codebook)
    if name in YES_OR_NO:
        return _read_yes_or_no(concept, responses, codebook)
    source = concept.column or concept.scale or ""
    held = responses if concept.column is not None else scales
    values = np.asarray(held[source], dtype=float)
    if not concept.reversed:
        return values
    item = source if concept.column is not None else codebook.scales[source].items[0]
    low, high = codebook.columns[item].span or (np.nan, np.nan)
    return np.asarray(low + high - values)


def _read_yes_or_no(concept: Concept, responses: Responses, codebook: Codebook) -> Array:
    """Read two answers as 1 and 0, whatever their codes: shares are made of them."""
    source = concept.column or ""
    values = responses[source].to_numpy(dtype=float)
    low, high = codebook.columns[source].pair or (np.nan, np.nan)
    yes, no = (low, high) if concept.reversed else (high, low)
    return np.select([values == yes, values == no], [1.0, 0.0], np.nan)
