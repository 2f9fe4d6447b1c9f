"""Who fits the codebook's simple rule, as a background that units can be crossed with.

A rule of thumb such as "low educated and long in service" parts each unit in two. Units parted so
are groups like others: they pass the same gate, and a voucher plan may be made over them.
"""

import pandas as pd

from blijfwijzer.survey.codebook import Codebook, Column
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.rule_truth import holds
from blijfwijzer.survey.rules import conditions_of
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.texts import Text

SIMPLE_RULE = "simple_rule"
"""Name of the background, in ids of groups and in the ledger."""
FITS, OTHERS = "1", "0"

COLUMN = Column(
    name=SIMPLE_RULE,
    label=Text(nl="Eenvoudige regel", en="Simple rule"),
    role="career",
    type="nominal",
    codes={
        FITS: Text(nl="voldoet aan de eenvoudige regel", en="fits the simple rule"),
        OTHERS: Text(nl="voldoet niet aan de eenvoudige regel", en="does not fit the simple rule"),
    },
)


def part_by_rule(responses: Responses, codebook: Codebook) -> pd.Series | None:
    """Say of each response whether it fits the simple rule: `FITS` or `OTHERS`.

    Whoever left out an answer that decides it does not fit, as far as is known, so that the rule
    leaves no third part of a few people.

    Returns
    -------
    One code per response; None where the codebook has no rule, or the survey lacks its columns.
    """
    rule = codebook.simple_rule
    if rule is None:
        return None
    conditions = list(conditions_of(rule))
    asked = {c.column for c in conditions if c.column is not None}
    for scale in (c.scale for c in conditions if c.scale is not None):
        asked |= set(codebook.scales[scale].items)
    if not asked <= set(responses):
        return None
    scales = pd.DataFrame(index=responses.index)
    if any(c.scale is not None for c in conditions):
        scales = score_scales(responses, codebook)
    fits = holds(rule, responses, scales, codebook) == 1
    return pd.Series(fits, index=responses.index).map({True: FITS, False: OTHERS})
