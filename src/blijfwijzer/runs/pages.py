"""The story of `pages`: a page for the manager of each unit, of what a release shows already."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from blijfwijzer.errors import NotWritableError, ReleaseError
from blijfwijzer.files import hash_files, to_json, write_files, write_folder_beside
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.pages.culture_unit_page import (
    ReadClimate,
    read_climate_page,
    render_culture_unit,
)
from blijfwijzer.publish.pages.unit_page import ReadRelease, render_index, render_unit
from blijfwijzer.publish.pages.unit_questions import ReadQuestions
from blijfwijzer.release.folder import (
    CLIMATE,
    read_climate,
    read_questions,
    read_record,
    read_release,
    settings_of,
)

RECORD = "pages.json"
"""By this file a folder is known as pages that were made before."""


@dataclass(frozen=True)
class PagesRequest:
    """Of which releases pages are asked."""

    release: Path
    """What `score` made, perhaps with vouchers, or `climate`."""
    previous: Path | None = None
    """The release of the wave before."""
    climate: Path | None = None
    """What `climate` made of the same file, which tells of each question."""


def pages(asked: PagesRequest, output: Path) -> int:
    """Write a page for each unit that a release shows, and a list of them.

    They tell nothing that the release does not: no survey is read, and no ledger is needed.
    """
    _refuse_inside(asked, output)
    with show_progress() as tell:
        pages = _of_climate(asked) if (asked.release / CLIMATE).exists() else _of_score(asked)
        files = dict(_render(pages, tell))
        record = {"release": asked.release.name, "files": hash_files(files)}
        with write_folder_beside(output, RECORD) as beside:
            write_files(beside, {**files, RECORD: to_json(record)})
    count = len(files) - 1
    print(f"{output}: {count} pages.\n  look at {output / 'index.html'}")
    return count


@dataclass(frozen=True)
class _Pages:
    """How the page of each unit is made."""

    report: Chapter
    units: pd.DataFrame
    """One row per unit: group, label, sector_label."""
    render: Callable[[str], bytes]


def _of_score(asked: PagesRequest) -> _Pages:
    release = _read(asked.release)
    previous = None if asked.previous is None else _read(asked.previous)
    _refuse_other(asked, release, previous)
    if asked.climate is not None:
        release = replace(release, questions=_questions_of(asked.release, asked.climate))
    units = release.groups[release.groups["group"].isin(release.units)]
    return _Pages(release.report, units, lambda unit: render_unit(release, unit, previous))


def _of_climate(asked: PagesRequest) -> _Pages:
    """Make pages of a climate, which tells itself how units changed.

    Raises
    ------
    ReleaseError
        A release of the wave before is given too.
    """
    if asked.previous is not None:
        raise ReleaseError(
            f"{asked.release}: is a climate, which is told beside the wave before by itself. "
            "Leave --previous out here, and give it to `climate`."
        )
    if asked.climate is not None:
        raise ReleaseError(
            f"{asked.release}: is a climate itself. Leave --climate out here, or give a release of "
            "`score` before it."
        )
    run, rows = read_climate(asked.release)
    page = read_climate_page(run, settings_of(run))
    release = ReadClimate(page, rows, _questions(asked.release))
    return _Pages(release.page, release.groups, lambda unit: render_culture_unit(release, unit))


def _questions_of(release: Path, climate: Path) -> ReadQuestions | None:
    """Read the questions that a climate tells of, if it is of the very people of a release.

    Raises
    ------
    ReleaseError
        It is of another file, or stands in another ledger, so that this cannot be told.
    """
    own, other = (
        read_record(folder)["provenance"]["survey_hmac_sha256"] for folder in (release, climate)
    )
    if own != other:
        raise ReleaseError(
            f"{climate}: is of another file than {release}, or stands in another ledger. Give what "
            "`climate` made of the same file with the same --ledger, or leave --climate out."
        )
    read_climate(climate)
    return _questions(climate)


def _questions(folder: Path) -> ReadQuestions | None:
    rows = read_questions(folder)
    return None if rows is None else ReadQuestions(rows)


def _render(pages: _Pages, tell: Tell) -> Iterator[tuple[str, bytes]]:
    units = pages.units["group"].astype(str)
    names = {unit: f"unit-{place:04d}.html" for place, unit in enumerate(units, start=1)}
    for place, (unit, name) in enumerate(names.items(), start=1):
        tell(f"page {place} of {len(names)}")
        yield name, pages.render(unit)
    yield "index.html", render_index(pages.report, pages.units, names)


def _read(folder: Path) -> ReadRelease:
    run, groups, report = read_release(folder)
    given: tuple[str, ...] = ()
    if (folder / "vouchers.csv").exists():
        table = pd.read_csv(folder / "vouchers.csv", sep=";", dtype=str, encoding="utf-8-sig")
        given = tuple(table["group"])
    if len(report.rows("groups")) != len(groups):
        raise ReleaseError(
            f"{folder}: its report has {len(report.rows('groups'))} groups and groups.parquet "
            f"{len(groups)}. It is of another version. Score the survey again."
        )
    return ReadRelease(report, groups, given, run["survey"], run["wave"])


def _refuse_inside(asked: PagesRequest, output: Path) -> None:
    """Refuse pages in a release: it would hold files that are no part of it, and be read no more.

    Raises
    ------
    NotWritableError
    """
    place = output.resolve()
    for release in (asked.release, asked.previous, asked.climate):
        if release is not None and place.is_relative_to(release.resolve()):
            raise NotWritableError(
                f"{output}: lies inside the release {release}, which may hold nothing but what it "
                "was entered with. Give --output another place."
            )


def _refuse_other(asked: PagesRequest, release: ReadRelease, previous: ReadRelease | None) -> None:
    """Refuse a wave before that is none, or that is told in other columns.

    Units of two surveys may have one code, so that a page would show people of elsewhere.
    """
    if previous is None:
        return
    if previous.survey != release.survey:
        raise ReleaseError(
            f"{asked.previous}: is of the survey {previous.survey} and {asked.release} of "
            f"{release.survey}. Give releases of one survey."
        )
    if previous.wave == release.wave:
        raise ReleaseError(
            f"{asked.previous} and {asked.release}: are both of the wave {release.wave}. Give the "
            "release of the wave before, or leave --previous out."
        )
    targets = (release.report.targets, previous.report.targets)
    if targets[0] != targets[1]:
        raise ReleaseError(
            f"{asked.previous}: {len(targets[1])} risks are told there and {len(targets[0])} in "
            f"{asked.release}, or by other names. Give releases of one survey, in one language."
        )
