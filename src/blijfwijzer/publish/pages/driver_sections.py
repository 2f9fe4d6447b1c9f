"""What drivers earn, how far the game matters, and who is explained differently."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import pandas as pd

from blijfwijzer.drivers.gaps import ALL
from blijfwijzer.drivers.profiles import Drivers, part_names
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.files.training_files import table_files
from blijfwijzer.publish.pages.blocks import Block, paragraph, present
from blijfwijzer.publish.pictures.canvas import Subject
from blijfwijzer.survey.texts import Value, say

_MOST_SCALES, _MOST_PAIRS, _MOST_NAMED = 20, 6, 12
_EARNED = ("earned_scales", "earned_constructs")


def section_rows(drivers: Drivers, subject: Subject) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give the tables of the page, in words."""
    labels = subject.labels
    if drivers.earned is not None:
        scales = _with_size(drivers).head(_MOST_SCALES)
        yield "earned_scales", scales.assign(label=[labels[str(name)] for name in scales.index])
        yield "earned_constructs", _in_words(part_names(drivers.earned.constructs), subject)
    if drivers.games is not None:
        yield "games_constructs", _in_words(part_names(drivers.games.constructs), subject)
    if drivers.gaps is not None and len(drivers.gaps.constructs):
        yield "gap_constructs", _gaps(drivers.gaps.constructs, subject)


def section_files(drivers: Drivers, edge: Edge) -> dict[str, bytes]:
    """Write the same for programs, and of each scale."""
    tables = {}
    if drivers.earned is not None:
        tables["earned_constructs"] = part_names(drivers.earned.constructs)
        tables["earned_scales_file"] = _named(_with_size(drivers))
    if drivers.games is not None:
        tables["games_constructs"] = part_names(drivers.games.constructs)
        tables["games_scales"] = _named(drivers.games.scales)
    if drivers.gaps is not None:
        tables["gap_scales"] = drivers.gaps.scales
    return table_files(tables, edge)


def earned_blocks(chapter: Chapter) -> list[Block]:
    """Say what drivers earn; nothing where that is not known."""
    blocks = list(present(chapter, *_EARNED))
    return [paragraph("review.earned"), *blocks] if blocks else []


def withheld_blocks(drivers: Drivers, subject: Subject) -> list[Block]:
    """Name the groups that are held against no others; of many of one attribute how many."""
    names = list[str]()
    for attribute, of_one in groupby(drivers.withheld, key=itemgetter(0)):
        groups = [group for _, group in of_one]
        label = subject.labels[attribute]
        if len(groups) > _MOST_NAMED:
            names.append(f"{label} ({len(groups)})")
        else:
            names += [f"{label}: {subject.group(attribute, group)}" for group in groups]
    return [Block(paragraphs=(say("review.withheld", names=tuple(names)),))] if names else []


def game_blocks(chapter: Chapter, drivers: Drivers, subject: Subject) -> list[Block]:
    """Say how far it matters which game contributions are of."""
    games = drivers.games
    if games is None:
        return []
    told: list[Value] = [say("review.games")]
    if games.agreement == games.agreement:
        told.append(say("review.games_agree", agreement=games.agreement))
    labels = subject.labels
    pairs = tuple(
        say(
            "remark.pair",
            first=labels[pair.first],
            second=labels[pair.second],
            r=round(pair.correlation, 2),
        )
        for pair in games.together[:_MOST_PAIRS]
    )
    told.append(say("review.games_together", pairs=pairs) if pairs else say("review.games_apart"))
    return [Block(paragraphs=tuple(told)), *present(chapter, "games_constructs")]


def gap_blocks(chapter: Chapter) -> list[Block]:
    """Say what lies behind gaps in risk between people of other backgrounds."""
    blocks = list(present(chapter, "gap_constructs"))
    return [paragraph("review.gaps"), *blocks] if blocks else []


def _with_size(drivers: Drivers) -> pd.DataFrame:
    """Give what scales earn beside how much they move, the largest first."""
    assert drivers.earned is not None
    return drivers.scales[["mean_abs"]].join(drivers.earned.scales)


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.rename_axis("name").reset_index()


def _in_words(rows: pd.DataFrame, subject: Subject) -> pd.DataFrame:
    named, other = subject.codebook.constructs, say("review.other_construct")
    return rows.assign(construct=list[Any](named.get(name, other) for name in rows["construct"]))


def _gaps(rows: pd.DataFrame, subject: Subject) -> pd.DataFrame:
    parted = part_names(rows.set_index("name"))
    told = _in_words(parted, subject)
    whole = parted.index == ALL
    said: Value = say("review.whole_gap")
    constructs = [said if w else c for w, c in zip(whole, told["construct"], strict=True)]
    groups = {
        side: [
            subject.group(attribute, group)
            for attribute, group in zip(parted["attribute"], parted[side], strict=True)
        ]
        for side in ("highest", "lowest")
    }
    return told.assign(
        construct=list[Any](constructs),
        is_changeable=told["is_changeable"].astype("object").mask(whole, None),
        attribute=parted["attribute"].map(subject.labels),
        **groups,
    )
