"""Decisions in the ledger: how many there were of each release, and how often they followed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.standing import standing
from blijfwijzer.errors import DecisionError
from blijfwijzer.survey.texts import Message, Quantity, say
from blijfwijzer.vouchers.decided import FollowRate

KIND = "decisions"
_PERCENT = 100


def followed_in(entered: Sequence[Release]) -> FollowRate:
    """Give how often proposals were followed in all releases: of each by its last decisions."""
    last: dict[str, Mapping[str, Any]] = {}
    for line in standing(entered):
        if line.content.get("kind") == KIND:
            last[str(line.content["release"])] = line.content["draw"]
    rates = [FollowRate(int(told["followed"]), int(told["decided"])) for told in last.values()]
    return sum(rates, FollowRate(0, 0))


def remark_followed(ledger: Ledger) -> Iterator[Message]:
    """Say that hardly anybody deviates from what is proposed, where that is so."""
    rate = followed_in(ledger.releases)
    if rate.is_automatic:
        yield say_followed(rate)


def say_followed(rate: FollowRate) -> Message:
    """Say how often proposals were followed, and what that means where hardly anybody deviates."""
    if not rate.decided:
        return say("decided.nothing")
    low, high = rate.ends
    ends = round(_PERCENT * low), round(_PERCENT * high)
    told = Quantity(round(_PERCENT * rate.share), "percent", ends)
    if rate.is_automatic:
        return say("decided.automatic", share=told, decided=rate.decided)
    return say("decided.followed", share=told, decided=rate.decided)


def refuse_decided(run: Mapping[str, Any]) -> None:
    """Refuse to propose anew where people decided about what was proposed.

    Raises
    ------
    DecisionError
    """
    if KIND in run:
        raise DecisionError(
            "run.json: people decided about the vouchers of this release, and another division "
            "would take its place. Nothing was changed. Score the next wave and divide that."
        )
