"""Which groups are of one level of education, by which offers are used more or less readily."""

from typing import Literal

from blijfwijzer.groups.simple_rule import FITS, SIMPLE_RULE
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.rules import AllOf, Condition

Level = Literal["low", "middle", "high"]
_CONCEPT = "opleiding"


def education_levels(codebook: Codebook) -> dict[str, Level]:
    """Give the level of all who gave an answer: the lowest code, the highest, or between.

    Returns
    -------
    "variable=code" to level, of the codes of education and of the simple rule where it asks for
    one level; empty where the codebook maps no column to education.
    """
    concept = codebook.concepts.get(_CONCEPT)
    if concept is None or concept.column is None:
        return {}
    column = codebook.columns[concept.column]
    codes = list(column.codes)[:: -1 if concept.reversed else 1]
    if len(codes) < 2:
        return {}
    levels: dict[str, Level] = dict.fromkeys(codes, "middle")
    levels |= {codes[0]: "low", codes[-1]: "high"}
    found = {f"{column.name}={code}": level for code, level in levels.items()}
    rule = codebook.simple_rule
    for part in rule.all if isinstance(rule, AllOf) else (rule,):
        if isinstance(part, Condition) and part.column == column.name and part.one_of is not None:
            asked = {levels[code] for code in part.one_of}
            if len(asked) == 1:
                found[f"{SIMPLE_RULE}={FITS}"] = asked.pop()
    return found
