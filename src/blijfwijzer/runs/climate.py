"""The story of `climate`: how it is to work in each unit."""

from collections.abc import Iterator
from pathlib import Path

from blijfwijzer.culture.dimensions import find_dimensions
from blijfwijzer.errors import counted
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.facts import count_groups
from blijfwijzer.publish.files.release_files import parquet_file
from blijfwijzer.publish.pages.culture_explorer import render_culture_explorer
from blijfwijzer.publish.pages.culture_page import render_climate, write_climate_workbook
from blijfwijzer.publish.tables.climate_tables import (
    clear_climate,
    clear_unit_questions,
    count_told,
)
from blijfwijzer.publish.tables.culture_tables import climate_chapter
from blijfwijzer.release.culture import asked_by, told_by
from blijfwijzer.release.folder import refuse_place
from blijfwijzer.release.preview import Found, Wish
from blijfwijzer.release.publication import publication
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.request import Request
from blijfwijzer.release.shown import Shown
from blijfwijzer.runs.culture.findings import (
    MeasuredCulture,
    default_levels,
    find_culture,
    measure_culture,
    permit_culture,
)
from blijfwijzer.runs.waves import (
    Waves,
    WavesRequest,
    know_people,
    paths_of,
    read_waves,
    track_waves,
)


def climate(asked: WavesRequest, output: Path, ledgers: Path) -> Shown:
    """Measure how it is to work in each unit, and write what may be shown of it."""
    refuse_place(output, [*paths_of(asked), ledgers], ledgers)
    with show_progress() as tell:
        measured = measure_climate(asked, tell)
        shown = publish_climate(measured, output, ledgers, tell)
    print(shown)
    return shown


def measure_climate(asked: WavesRequest, tell: Tell) -> MeasuredCulture:
    """Read a survey, perhaps with the wave before, and measure its culture."""
    waves = read_waves(asked, "vertrekintentie", tell)
    levels = asked.only or default_levels(waves.codebook, waves.now.responses)
    return measure_culture(know_people(waves, asked, levels), levels, tell)


def publish_climate(measured: MeasuredCulture, output: Path, ledgers: Path, tell: Tell) -> Shown:
    """Choose what may be shown of a culture, and write it."""
    waves, request = measured.waves, _request(measured)
    with publication(output, request, ledgers) as release:
        findings = find_culture(measured, release, tell)
        tell(f"write {output}")
        chapter = climate_chapter(findings, release.origin, request.wave)
        chapter = release.warned(chapter.warned(waves.left_out))
        label = waves.codebook.survey.label.model_dump()
        release.publish(_files(findings, chapter), findings.counts(), survey_label=label)
    counts = findings.counts()
    metrics = {**{name: float(counts[name]) for name in _OF_GROUPS}, "listed": _listed(findings)}
    tracked = track_waves(waves, release, metrics, ledgers, by=" ".join(measured.levels))
    return Shown.of(chapter, output, [*_say(output, findings, waves), *release.said, *tracked])


def wish_climate(measured: MeasuredCulture, tell: Tell) -> Wish:
    """Give what would be told of a culture, to foretell how much may be."""

    def find(release: Rehearsal) -> Found:
        now, permission = permit_culture(measured, release, tell)
        counts = count_groups(now.intake, now.grouping, permission.shown)
        return Found({**counts, "earlier_releases": permission.releases})

    return Wish(_request(measured), find)


def _request(measured: MeasuredCulture) -> Request:
    waves = measured.waves
    dimensions = find_dimensions(waves.codebook, waves.settings.culture)
    told = tuple(told_by(dimension.name) for dimension in dimensions)
    told += tuple(map(asked_by, dict.fromkeys(measured.questions.dimension_of.values())))
    return waves.request("climate", told, by=list(measured.levels))


def _files(findings: CultureFindings, chapter: Chapter) -> dict[str, bytes]:
    return {
        "climate.parquet": parquet_file(clear_climate(findings)),
        "questions.parquet": parquet_file(clear_unit_questions(findings)),
        "climate.xlsx": write_climate_workbook(chapter),
        "report.html": render_climate(chapter),
        **({"explore.html": render_culture_explorer(chapter)} if chapter.has("climate") else {}),
    }


_OF_GROUPS = ("shown", "withheld", "rolled_up", "earlier_releases")


def _listed(findings: CultureFindings) -> float:
    """Count the units with a worrying culture."""
    units = [screening.units for screening in findings.screenings.values()]
    return float(sum(int(table["is_listed"].sum()) for table in units if len(table)))


def _say(output: Path, findings: CultureFindings, waves: Waves) -> Iterator[str]:
    counts = count_told(clear_climate(findings), findings)
    barred = f"{counts['uncompared']} not compared, " if counts["uncompared"] else ""
    yield (
        f"{output}: {counted(counts['shown'], 'group')} shown, {counts['withheld']} withheld, "
        f"{barred}{counts['rolled_up']} rolled up; {counted(int(_listed(findings)), 'unit')} with "
        "a worrying culture."
    )
    if waves.choice is not None:
        yield f"  {waves.choice}"
    yield f"  look at {output / 'report.html'}"
