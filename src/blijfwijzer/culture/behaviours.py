"""Unwanted behaviours that a survey asks, who did them, and what they are broken down by.

Each behaviour is a concept of the codebook: the same question must be asked for the figure to be
about it.
"""

from types import MappingProxyType

import pandas as pd

from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concepts import INSIDE, OUTSIDE
from blijfwijzer.survey.held import Responses

EXTERNAL, INTERNAL, UNASKED = "external", "internal", ""
"""Who did it: citizens, pupils or patients; colleagues or managers; the question does not say."""
ANY_OUTSIDE, ANY_INSIDE = "extern_iets", "intern_iets"
"""Any of the behaviours from outside, or from inside, that the survey asks."""
BEHAVIOURS = MappingProxyType(
    {
        ANY_OUTSIDE: (EXTERNAL, "any"),
        **{name: (EXTERNAL, name.removeprefix("extern_")) for name in OUTSIDE},
        ANY_INSIDE: (INTERNAL, "any"),
        **{name: (INTERNAL, name.removeprefix("intern_")) for name in INSIDE},
        "discriminatie": (UNASKED, "discriminatie"),
        "integriteit_gezien": (UNASKED, "integriteit"),
    }
)
"""Behaviour to who did it and of what kind it is."""
CONTACT, SAFETY, LEAVES = "klantcontact", "psychologische_veiligheid", "vertrekintentie"


def read_behaviours(concepts: Responses) -> pd.DataFrame:
    """One column per behaviour that is asked: 1, 0 or NaN; any of a source among them.

    Any is yes when one of its behaviours is, and no when all are: an answer that is missing beside
    a no could be a yes.
    """
    made = {name: concepts[name] for name in BEHAVIOURS if name in concepts}
    for any_name, parts in ((ANY_OUTSIDE, OUTSIDE), (ANY_INSIDE, INSIDE)):
        part = concepts[[name for name in parts if name in concepts]]
        if part.shape[1] > 1:
            happened = part.max(axis=1)
            made[any_name] = happened.where((happened == 1) | part.notna().all(axis=1))
    return pd.DataFrame({name: made[name] for name in BEHAVIOURS if name in made})


def break_down_conduct(
    responses: Responses, concepts: Responses, codebook: Codebook
) -> dict[str, pd.Series]:
    """Give what shares are broken down by: name to the category of each response."""
    categories = {EVERYONE: pd.Series(EVERYONE, index=responses.index)}
    if CONTACT in concepts:
        codes: dict[float, str] = {}
        column = codebook.columns.get(codebook.concepts[CONTACT].column or "")
        if column is not None and not codebook.concepts[CONTACT].reversed:
            codes = {value: code for code, value in column.values.items()}
        categories[CONTACT] = concepts[CONTACT].map(lambda value: codes.get(value, f"{value:g}"))
        categories[CONTACT] = categories[CONTACT].where(concepts[CONTACT].notna())
    largest = codebook.units.levels[0]
    if largest in responses:
        categories[largest] = responses[largest].astype("object")
    return categories


def named(behaviour: str) -> dict[str, str]:
    """Name a behaviour as its row does."""
    source, kind = BEHAVIOURS[behaviour]
    return {"behaviour": behaviour, "source": source, "kind": kind}
