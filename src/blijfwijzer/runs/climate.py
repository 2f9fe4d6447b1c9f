"""How it is to work in each unit."""

from pathlib import Path

from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.errors import counted
from blijfwijzer.files import hash_bytes, to_json
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.progress import show_progress
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.culture_page import render_climate, write_climate_workbook
from blijfwijzer.publish.culture_tables import clear_climate, climate_chapter, count_told
from blijfwijzer.publish.release_files import parquet_file
from blijfwijzer.records.model_choice import choose_model
from blijfwijzer.release.admission import (
    admit_groups,
    anchor_of,
    ledger_folder,
    refuse_one_name,
    refuse_place,
    wave_of,
    without_outcomes,
)
from blijfwijzer.release.culture import Wave, favourable
from blijfwijzer.runs.climate_findings import (
    default_levels,
    measure_culture,
    require_culture,
)
from blijfwijzer.runs.waves import (
    Entered,
    asked_of,
    group,
    origin_of,
    read_waves,
    record_of,
    track,
    write_release,
)
from blijfwijzer.settings import load_settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.scales import score_scales


def climate(
    survey_file: Path,
    codebook_name: str,
    previous_file: Path | None,
    by: list[str],
    models: Path | None,
    output: Path,
    ledgers: Path,
    settings_file: Path | None,
    wave: str = "",
) -> None:
    """Measure how it is to work in each unit, and write what may be shown of it."""
    settings, wave = load_settings(settings_file), wave or wave_of(survey_file)
    refuse_place(output, [survey_file, previous_file, models, ledgers, settings_file], ledgers)
    refuse_one_name(wave, previous_file)
    codebook = without_outcomes(load_codebook(codebook_name))
    stored = None if models is None else choose_model(models, codebook, "intention")
    with show_progress() as tell:
        intake, before = read_waves(survey_file, previous_file, codebook, settings, tell)
        scales = score_scales(intake.responses, codebook)
        unasked = require_culture(intake.responses, scales, codebook, settings)
        levels = by or default_levels(codebook, intake.responses)
        grouping = group(intake.responses, codebook, levels, settings)
        origin = origin_of(intake, before, codebook, settings, stored)
        request = hash_bytes(to_json({**origin, "wave": wave, "by": levels, "kind": "climate"}))
        owner = settings.disclosure.owner or codebook.survey.name
        with open_ledger(ledger_folder(ledgers, codebook), owner, anchor_of(output)) as ledger:

            def admit(intake: Intake, grouping: Grouping, name: str) -> Wave:
                tell(f"find what could be derived of {name}")
                scales = score_scales(intake.responses, codebook)
                values = favourable(scales, codebook, settings)
                admission = admit_groups(
                    intake.responses,
                    grouping,
                    values,
                    codebook,
                    name,
                    ledger,
                    request,
                    settings.disclosure,
                )
                return Wave(intake, scales, admission)

            now = admit(intake, grouping, wave)
            earlier = None
            if before is not None and previous_file is not None:
                grouped = group(before.responses, codebook, levels, settings)
                earlier = admit(before, grouped, wave_of(previous_file))
            findings, figures, then = measure_culture(
                now, earlier, stored, ledger, codebook, settings, unasked, tell
            )
            tell(f"write {output}")
            chapter = climate_chapter(findings, origin, wave)
            files = {
                "climate.parquet": parquet_file(clear_climate(findings)),
                "climate.xlsx": write_climate_workbook(chapter),
                "report.html": render_climate(
                    chapter, {name: findings.level_words(name) for name in codebook.units.levels}
                ),
            }
            entered: Entered = []
            if earlier is not None:
                entered.append((earlier.admission, then, earlier.intake))
            entered.append((now.admission, figures, intake))
            told = ["mean", "favourable"]
            record = record_of(origin, settings, codebook, owner, wave, findings.counts(), files)
            write_release(output, files, record, ledger, entered, "climate", told, codebook)
    _tell_climate(output, findings)
    metrics = {
        **{name: float(count) for name, count in findings.counts().items() if name in _OF_GROUPS},
        "listed": float(_listed(findings)),
    }
    params = asked_of(settings, previous_file, by=" ".join(levels))
    track("climate", wave, output, origin, params, metrics, settings, ledgers)


_OF_GROUPS = ("shown", "withheld", "rolled_up", "earlier_releases")


def _listed(findings: CultureFindings) -> int:
    return sum(
        int(screening.units["is_listed"].sum())
        for screening in findings.screenings.values()
        if len(screening.units)
    )


def _tell_climate(output: Path, findings: CultureFindings) -> None:
    counts = count_told(clear_climate(findings), findings)
    barred = f"{counts['uncompared']} not compared, " if counts["uncompared"] else ""
    print(
        f"{output}: {counted(counts['shown'], 'group')} shown, {counts['withheld']} withheld, "
        f"{barred}{counts['rolled_up']} rolled up; {counted(_listed(findings), 'unit')} with a "
        "worrying culture."
    )
    print(f"  look at {output / 'report.html'}")
