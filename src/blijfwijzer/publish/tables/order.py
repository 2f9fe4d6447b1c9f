"""The order of rows: the answers of a question stand as the codebook has them."""

import re
from collections.abc import Hashable, Sequence

from blijfwijzer.survey.codebook import Codebook


def in_codebook_order(
    blocks: Sequence[Hashable], answers: Sequence[tuple[str, str]], codebook: Codebook
) -> list[int]:
    """Give the places of rows in the order in which they are shown.

    Parameters
    ----------
    blocks : what each row is a part of; a block keeps the place of its first row
    answers : column and code, or band, that each row is about
    """
    first: dict[Hashable, int] = {}
    keys = [
        (first.setdefault(block, place), *place_of(codebook, *answer), place)
        for place, (block, answer) in enumerate(zip(blocks, answers, strict=True))
    ]
    return sorted(range(len(keys)), key=keys.__getitem__)


def place_of(codebook: Codebook, attribute: str, group: str) -> tuple[int, float, str]:
    """Give the place of an answer, or of a band of a number, in the order of the codebook.

    Those that it does not know come last, in order of name.
    """
    column = codebook.columns.get(attribute)
    if column is not None and group in column.codes:
        return 0, float(list(column.codes).index(group)), group
    if column is not None and column.bands:
        number = re.search(r"\d+(\.\d+)?", group)
        if number is not None:
            # "<35" lies below "35-44", though both begin at the same cut.
            return 0, float(number[0]) - (0.5 if group.startswith("<") else 0.0), group
    return 1, 0.0, group
