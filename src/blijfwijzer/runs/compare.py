"""The story of `compare`: two models of one outcome on one survey, and what would change."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from blijfwijzer.files import refuse_strange
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.facts import clear_rejected
from blijfwijzer.publish.files.release_files import csv_file
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.comparison import Compared, comparison_chapter, comparison_files
from blijfwijzer.publish.pages.comparison_page import render_comparison
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.release.folder import RECORD
from blijfwijzer.release.preview import Found, Wish
from blijfwijzer.release.publication import publication
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.shown import Shown
from blijfwijzer.runs.models.compared import compare_pair
from blijfwijzer.runs.models.explained import count_told
from blijfwijzer.runs.models.measured import admit_people
from blijfwijzer.runs.models.pairs import CompareRequest, ModelPair, read_pair
from blijfwijzer.runs.tracked import track_compared


def compare(asked: CompareRequest, output: Path, ledgers: Path | None) -> Shown:
    """Hold two models against each other on a survey, and show what would change.

    Parameters
    ----------
    ledgers : folder of the ledgers; beside the folder of the second model when None
    """
    refuse_strange(output, RECORD)
    with show_progress() as tell:
        pair = read_pair(asked, tell)
        shown = publish_comparison(pair, output, ledgers or pair.second.stored.ledgers, tell)
    print(shown)
    return shown


def publish_comparison(pair: ModelPair, output: Path, ledgers: Path, tell: Tell) -> Shown:
    """Write how two models differ, by what may be shown."""
    with publication(output, pair.request("compare"), ledgers) as release:
        found = compare_pair(pair, release, tell)
        told = (*release.remarks, *found.warnings)
        compared = replace(found, warnings=told, provenance=release.origin)
        chapter = comparison_chapter(compared)
        rejected = clear_rejected(compared.intake.rejected, pair.settings.disclosure.minimum)
        files = {
            "report.html": render_comparison(chapter),
            **comparison_files(compared),
            "tables/rejected.csv": csv_file(rejected),
        }
        release.publish(files, compared.counts)
    stored = [one.stored for one in pair.each]
    tracked = track_compared(release, stored, pair.second.intake, compared.told)
    said = [*_say(output, compared), *release.said, *tracked]
    return Shown.of(chapter, output, said)


def wish_comparison(pair: ModelPair) -> Wish:
    """Give what would be told of two models, to foretell how much may be."""

    def find(release: Rehearsal) -> Found:
        breakdown = admit_people(pair.second, pair.first.contributions.risk, pair.by, release)
        return Found(count_told(breakdown, pair.second.intake))

    return Wish(pair.request("compare"), find)


def _say(output: Path, compared: Compared) -> Iterator[str]:
    """Say on the screen which is better, and what would change."""
    yield f"{output / 'report.html'}: two models of {compared.subject.outcome.name}."
    for name, folder in zip("AB", compared.models["folder"], strict=True):
        yield f"  {name} is {folder}"
    yield f"  {write(compared.verdict, SCREEN)}"
    yield from (f"  {write(one, SCREEN)}" for one in compared.held)
    yield f"  {len(compared.changed)} of {len(compared.groups)} groups would change"
