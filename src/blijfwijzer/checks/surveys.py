"""Checks of a survey that rest on more than single columns: scales, responses that were lost."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from blijfwijzer.checks.register import limit_of
from blijfwijzer.estimation.reliability import Reliability
from blijfwijzer.survey.accounting import Account
from blijfwijzer.survey.labels import call
from blijfwijzer.survey.remarks import shortened
from blijfwijzer.survey.texts import Message, Value, say

_LINES_TOLD = 10


def find_low_reliability(
    reliability: Reliability, called: Mapping[str, Value]
) -> Iterator[Message]:
    """Name scales that measure badly.

    Parameters
    ----------
    called : name of a column or scale to how a reader finds it
    """
    scales = reliability.scales
    low = scales[scales["is_low"].astype(bool)]
    for scale, alpha in zip(call(low["scale"], called), low["alpha"], strict=True):
        yield say("remark.scale_low", scale=scale, alpha=float(alpha))


def find_items_against(items: pd.DataFrame, called: Mapping[str, Value]) -> Iterator[Message]:
    """Name items that run against the rest of their scale.

    Parameters
    ----------
    items : as `Reliability.items`
    called : name of a column or scale to how a reader finds it
    """
    against = items[items["item_rest"] < limit_of("item_against")]
    names = (call(against[part], called) for part in ("item", "scale"))
    for item, scale, r in zip(*names, against["item_rest"], strict=True):
        yield say("remark.item_against", item=item, scale=scale, r=float(r))


def find_lost(account: Account) -> Iterator[Message]:
    """Say that many responses or answers could not be used; not how many."""
    if account.share_rejected > (share := limit_of("many_rejected")):
        yield say("remark.many_rejected", share=round(100 * share))
    if account.share_stray > (share := limit_of("many_stray")):
        yield say("remark.much_stray", share=round(100 * share))


def find_drafted(lines: Sequence[int]) -> Iterator[Message]:
    """Say which lines of a codebook a person has still to decide."""
    if lines:
        told = shortened(list[Value](lines), _LINES_TOLD)
        yield Message("remark.undecided", {"lines": told}, len(lines))
