"""The story of `uptake`: from offered to accepted to completed, as HR counts it."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.standing import standing
from blijfwijzer.errors import DecisionError, counted
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.tables.decision_tables import show_uptake
from blijfwijzer.release.draws import share_people
from blijfwijzer.release.folder import settings_of
from blijfwijzer.release.publication import Addition
from blijfwijzer.release.shown import Shown
from blijfwijzer.runs.decide import Proposed, add_to_release, read_proposed, sealed_in
from blijfwijzer.survey.files import read_table
from blijfwijzer.vouchers.uptake import read_counts, tell_uptake

KIND = "uptake"


def uptake(release: Path, counts: Path, ledgers: Path) -> Shown:
    """Add to a release who accepted and completed what was offered, by background.

    Once for each wave: of two counts, the difference could tell of few people.

    Raises
    ------
    DecisionError
        Counts are no counts, nothing was proposed, or other ones of this wave were told already.
    """
    proposed = read_proposed(release, ledgers)
    rows = read_counts(read_table(counts).frame, counts.name)
    rules = settings_of(proposed.run).disclosure
    found = tell_uptake(rows, rules)
    shown = show_uptake(proposed.report, found, rules.minimum)
    told = {"groups": len(found.rows), "withheld": found.withheld}
    hold = partial(refuse_recounted, proposed, shown)
    added = Addition(KIND, told, {}, hold, unlisted=sealed_in(release))
    groups = counted(len(found.rows), "group")
    said = f"{release}: uptake of {groups} told, of {found.withheld} not."
    return add_to_release(release, proposed, added, ({}, shown), ledgers, (said,))


def refuse_recounted(proposed: Proposed, shown: Chapter, entered: Sequence[Release]) -> None:
    """Refuse counts of people of whom others were told: subtracted, both could tell of a few.

    A wave is called after its file, which anybody may call otherwise, or save anew.

    Raises
    ------
    DecisionError
    """
    released, here = {one.hash: one for one in entered}, proposed.run["ledger"]["hash"]
    told = [
        line
        for line in standing(entered)
        if line.content["kind"] == KIND
        and share_people(released[here], released[line.content["release"]])
    ]
    own = proposed.report.tables.get(KIND)
    is_same = own is not None and own.frame.equals(shown.tables[KIND].frame)
    elsewhere = [line for line in told if line.content["release"] != here]
    if told and (elsewhere or not is_same):
        raise DecisionError(
            f"uptake of wave {proposed.run['wave']} was told already, in entry "
            f"{told[-1].sequence} of the ledger, by other counts or of another release of its "
            "people. Nothing was entered: the difference of both could tell of few people. Count "
            "once, when all is done."
        )
