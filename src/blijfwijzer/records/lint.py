"""What a model's own text would tell about few people; such a model is not written.

A tree's text holds the number of responses in each leaf and the range of each column. With
leaves of ten or more, ranges moved to where ten respondents are, and counts and values that one
person does not move (`risk.told_trees`), it tells nothing about fewer.
"""

import re

from blijfwijzer.errors import ModelDisclosureError
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.risk.told_trees import SUMS

SMALLEST_LEAF = 10
"""Fewest respondents that any number in a model may describe (CBS and ACRO ask ten)."""


def refuse_disclosure(model: RiskModel) -> None:
    """Refuse a model whose text tells of fewer respondents than is allowed.

    Raises
    ------
    ModelDisclosureError
        Saying what and how many.
    """
    faults = find_disclosures(model, SMALLEST_LEAF)
    if faults:
        raise ModelDisclosureError(
            f"{model.target}: the model's text would tell about few people: {'; '.join(faults)}. "
            "Nothing was written. Raise model.minimum_leaf in the settings and train again."
        )


def find_disclosures(model: RiskModel, minimum: int) -> list[str]:
    """List what a model's text tells of fewer than `minimum` respondents."""
    faults = []
    for name in ("leaf_count", "internal_count"):
        counts = [int(n) for line in _lines(model.trees, name) for n in line.split()]
        few = sum(count < minimum for count in counts)
        if few:
            faults.append(f"{few} of {len(counts)} entries of {name} are below {minimum}")
    sums = [one for name in SUMS for line in _lines(model.trees, name) for one in line.split()]
    if any(float(one) != 0 for one in sums):
        faults.append(f"{len(sums)} sums over its leaves stand in it to the digit")
    wider = []
    ranges = (line.split(" ") for line in _lines(model.trees, "feature_infos"))
    for feature, told in zip(model.schema.features, next(ranges, []), strict=False):
        bounds = re.fullmatch(r"\[(.+):(.+)\]", told)
        if bounds and not (feature.low <= float(bounds[1]) and float(bounds[2]) <= feature.high):
            wider.append(feature.name)
    if wider:
        faults.append(f"{len(wider)} ranges are wider than coded: {', '.join(wider)}")
    if "\nparameters:" in model.trees or "pandas_categorical:[[" in model.trees:
        faults.append("it holds settings of the machine or levels as text")
    return faults


def _lines(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", text, flags=re.MULTILINE)
