"""Traits by which people differ, whatever they say of culture: to weigh by, or to adjust for."""

from collections.abc import Sequence

import pandas as pd

from blijfwijzer.disclosure.rounding import band_floor
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.breakdown import break_down
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses

TRAITS = ("leeftijd", "opleiding", "dienstjaren", "leidinggevende")
"""Concepts that are traits."""
OTHER = "other"
"""Category of those too few to be weighed by themselves."""
UNKNOWN = "unknown"
"""Category of those who gave no answer."""


def find_traits(
    waves: Sequence[Responses], codebook: Codebook, settings: CultureSettings
) -> tuple[str, ...]:
    """Find the columns that are traits and that every wave knows.

    Those of the settings; else the largest unit level, audit attributes, and what the codebook
    maps to age, education, years of service and managing, as far as they have codes or bands. What
    people think of their job is no trait: a change in that is what a trend is about.
    """
    mapped = [codebook.concepts[name].column for name in TRAITS if name in codebook.concepts]
    audit = [column.name for column in codebook.with_role("audit")]
    personal = dict.fromkeys(name for name in (*audit, *mapped) if name is not None)
    told = [codebook.columns[name] for name in personal]
    usual = (codebook.units.levels[0], *(c.name for c in told if c.codes or c.bands))
    return tuple(
        name
        for name in settings.mix or usual
        if all(name in wave and wave[name].notna().any() for wave in waves)
    )


def read_traits(responses: Responses, names: Sequence[str], codebook: Codebook) -> pd.DataFrame:
    """Give traits as text: the codebook's codes, or bands of a number; no answer as well.

    Returns
    -------
    Same rows; one column per trait.
    """
    groups = break_down(responses, codebook.model_copy(update={"report_by": tuple(names)}))
    told = {}
    for name, answers in groups.items():
        column = codebook.columns[name]
        if column.codes and pd.api.types.is_float_dtype(answers):
            answers = answers.map({value: code for code, value in column.values.items()})
        told[name] = answers.astype("object").where(answers.notna(), UNKNOWN).astype("str")
    return pd.DataFrame(told, index=responses.index)


def merge_small(trait: pd.Series, parts: Sequence[Mask], minimum: int) -> pd.Series:
    """Put categories that few have, in any of the parts, together.

    They join `other`, and that the largest category when it is still too small. How few these are
    is taken in bands: figures change where a category joins, so by one minimum after another the
    count of each would be told.
    """

    def smallest(trait: pd.Series) -> pd.Series:
        counts = [trait[part].value_counts() for part in parts]
        return pd.concat(counts, axis=1).reindex(trait.unique()).fillna(0).min(axis=1)

    few = smallest(trait)
    trait = trait.where(~trait.isin(few.index[band_floor(few) < minimum]), OTHER)
    few = smallest(trait)
    if band_floor(few).get(OTHER, minimum) < minimum:
        trait = trait.where(trait != OTHER, few.idxmax())
    return trait


def as_columns(traits: pd.DataFrame) -> pd.DataFrame:
    """Give traits as columns of yes and no, one per category but the first of each trait."""
    made = {}
    for name in traits:
        code, categories = pd.factorize(traits[name], sort=True)
        for place, category in enumerate(categories[1:], start=1):
            made[f"{name}={category}"] = code == place
    return pd.DataFrame(made, index=traits.index)
