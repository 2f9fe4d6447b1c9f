"""The story of `uptake`: from offered to accepted to completed, as HR counts it."""

from pathlib import Path

from blijfwijzer.publish.decision_tables import show_uptake
from blijfwijzer.publish.release_files import report_files
from blijfwijzer.release.folder import settings_of
from blijfwijzer.release.publication import Addition, addition
from blijfwijzer.release.shown import Shown
from blijfwijzer.release.verify import REMADE
from blijfwijzer.runs.decide import nothing_held, read_proposed, sealed_in
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
    added = Addition(KIND, told, {}, nothing_held, unlisted=sealed_in(release))
    with addition(release, proposed.run, ledgers, added) as adding:
        kept = {n: (release / n).read_bytes() for n in proposed.run["files"] if n not in REMADE}
        adding.publish({**kept, **report_files(shown)})
    said = f"{release}: uptake of {len(found.rows)} groups told, of {found.withheld} not."
    result = Shown.of(shown, release, (said,))
    print(result)
    return result
