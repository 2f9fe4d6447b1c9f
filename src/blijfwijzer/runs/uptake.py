"""The story of `uptake`: from offered to accepted to completed, as HR counts it."""

from pathlib import Path

from blijfwijzer.publish.decision_tables import show_uptake
from blijfwijzer.release.folder import settings_of
from blijfwijzer.release.shown import Shown
from blijfwijzer.runs.decide import add_to_release, read_proposed
from blijfwijzer.survey.files import read_table
from blijfwijzer.vouchers.uptake import read_counts, tell_uptake

KIND = "uptake"


def uptake(release: Path, counts: Path, ledgers: Path) -> Shown:
    """Add to a release who accepted and completed what was offered, by background."""
    proposed = read_proposed(release, ledgers)
    counted = read_counts(read_table(counts).frame, counts.name)
    rules = settings_of(proposed.run).disclosure
    found = tell_uptake(counted, rules)
    shown = show_uptake(proposed.report, found, rules.minimum)
    told = {"groups": len(found.rows), "withheld": found.withheld}
    said = f"{release}: uptake of {len(found.rows)} groups told, of {found.withheld} not."
    return add_to_release(release, proposed, (KIND, told), ({}, shown), ledgers, (said,))
