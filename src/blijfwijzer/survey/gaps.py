"""Codes that stand apart from the answers beside them, as 9 beside 1-5: mostly no answer at all."""

from collections.abc import Iterable

_NO_ANSWERS = frozenset(
    {
        *(7, 8, 9),
        *(77, 88, 96, 97, 98, 99),
        *(777, 888, 996, 997, 998, 999),
        *(7777, 8888, 9996, 9997, 9998, 9999),
        *(-1, -2, -7, -8, -9, -77, -88, -99, -999),
    }
)
"""Codes that survey tools use for do not know, refused and not applicable."""
_ALONE_AN_ANSWER = 7
"""A 7 is no answer only beside an 8 or 9; alone it may be the end of a scale of which nobody chose
the step before."""
_WIDE = 10
"""How far such a code lies from the other values of a number. Ours."""


def gap_codes(codes: Iterable[float]) -> list[int]:
    """Find codes beyond a gap after an unbroken run of answers, which are likely to be none.

    >>> gap_codes([1, 2, 3, 4, 5, 9]), gap_codes([0, 1, 8, 9]), gap_codes([1, 2, 4, 9])
    ([9], [8, 9], [])
    """
    whole = sorted({int(code) for code in codes if float(code).is_integer()})
    run = [code for code in whole if code >= 0][:1]
    while run and run[-1] + 1 in whole:
        run.append(run[-1] + 1)
    rest = [code for code in whole if code not in run]
    touches = bool(run) and run[0] - 1 in whole
    if len(run) < 2 or touches or rest == [_ALONE_AN_ANSWER] or not _NO_ANSWERS.issuperset(rest):
        return []
    return rest


def gap_numbers(numbers: Iterable[float]) -> list[int]:
    """Find values far beyond all others of a number that are likely to be no answer.

    >>> gap_numbers([*range(41), 99]), gap_numbers([*range(95), 99])
    ([99], [])
    """
    told = {float(number) for number in numbers}
    high = {n for n in told if n >= 10 and n in _NO_ANSWERS}
    rest = max(told - high, default=float("nan"))
    apart = sorted(int(n) for n in high if n > rest)
    return apart if apart and apart[0] - rest >= _WIDE else []
