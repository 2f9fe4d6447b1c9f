"""Texts that come with a division of vouchers: a memo to the management and a mail to employees."""

from collections.abc import Iterator

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.pages.blocks import Block
from blijfwijzer.publish.pages.first_page import (
    missed_of,
    offer_of,
    proposal_of,
    room_for_contact,
    served,
    sureness_of,
)
from blijfwijzer.publish.pages.page_table import tidy
from blijfwijzer.survey.texts import Message, Value, say

MOST_NAMED = 12
"""Groups that a letter names."""


def letters(report: Chapter) -> Iterator[Block]:
    """Give both texts, to copy; they say what the first page says."""
    yield Block(say("memo.heading"), (*_memo(report),))
    yield Block(say("mail.heading"), (*_mail(report),))


def _memo(report: Chapter) -> Iterator[Value]:
    yield say("memo.subject", survey=report.survey)
    yield say("memo.asked")
    yield from offer_of(report)
    yield _groups(report)
    yield from sureness_of(report)
    yield next(missed_of(report))
    yield say("memo.rights")
    yield from room_for_contact(report)
    yield say("memo.never")


def _mail(report: Chapter) -> Iterator[Value]:
    yield say("mail.subject")
    yield say("mail.why", survey=report.survey, vouchers=proposal_of(report)["vouchers"])
    yield _groups(report)
    if len(served(report)) > MOST_NAMED:
        yield say("mail.unnamed")
    yield from map(say, ("mail.how", "mail.free", "mail.ask"))
    plan = proposal_of(report)
    if plan["served"] < plan["groups"]:
        yield say("mail.others")
    yield from room_for_contact(report)


def _groups(report: Chapter) -> Message:
    """Name the groups with vouchers, or those with most where they are many."""
    groups = served(report)
    named = groups.head(MOST_NAMED)
    names: tuple[Value, ...] = tuple(
        say("letter.group", group=tidy(group), vouchers=count)
        for group, count in zip(named["label"], named["vouchers"], strict=True)
    )
    if len(groups) <= MOST_NAMED:
        return say("letter.groups", groups=names)
    return say("letter.most_groups", count=len(named), groups=names, all=len(groups))
