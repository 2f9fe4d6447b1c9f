"""The story of `score`: a new wave to groups, flags, and files that may be shown."""

import tempfile
from pathlib import Path

import pandas as pd

from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.files import hash_bytes, hash_files, to_json, write_files, write_folder_beside
from blijfwijzer.groups.flags import CERTAIN, NOT
from blijfwijzer.groups.grouping import make_groups, read_population
from blijfwijzer.progress import show_progress, silent
from blijfwijzer.publish.findings import Findings
from blijfwijzer.publish.release_files import release_files
from blijfwijzer.publish.report_tables import clear_groups, make_report
from blijfwijzer.records.model_folder import Stored, choose_models
from blijfwijzer.records.provenance import provenance
from blijfwijzer.release.admission import (
    RECORD,
    admit_groups,
    anchor_of,
    banded,
    enter_release,
    ledger_folder,
    refuse_place,
    wave_of,
    without_outcomes,
)
from blijfwijzer.runs.score_findings import estimates_of, gather
from blijfwijzer.runs.score_targets import Target, estimate_target
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.files import Table, read_table
from blijfwijzer.survey.intake import Intake, read_responses, read_survey, require_enough
from blijfwijzer.survey.scales import score_scales


def score(
    survey_file: Path,
    models: Path,
    by: list[str],
    cross: list[str],
    output: Path,
    ledgers: Path,
    population_file: Path | None,
    settings_file: Path | None,
    wave: str = "",
) -> None:
    """Estimate both risks per group of a new wave, flag groups, and write what may be shown."""
    settings, wave = load_settings(settings_file), wave or wave_of(survey_file)
    refuse_place(output, [survey_file, models, ledgers, population_file, settings_file], ledgers)
    chosen = choose_models(models)
    codebook = without_outcomes(next(iter(chosen.values())).codebook)
    with show_progress() as tell:
        tell(f"read {survey_file.name}")
        intake = read_survey(survey_file, codebook, settings.intake)
        require_enough(intake, settings.intake)
        population = _population(population_file, codebook)
        grouping = make_groups(
            intake.responses,
            codebook,
            by,
            cross,
            population,
            settings.groups,
            settings.disclosure.minimum,
            settings.language,
        )
        scales = score_scales(intake.responses, codebook)
        targets = {
            name: estimate_target(stored, intake, scales, grouping, codebook, by, settings, tell)
            for name, stored in chosen.items()
        }
        origin = _origin(intake, codebook, settings, chosen, population_file)
        request = hash_bytes(to_json({**origin, "wave": wave, "by": by, "cross": cross}))
        owner = settings.disclosure.owner or codebook.survey.name
        with open_ledger(ledger_folder(ledgers, codebook), owner, anchor_of(output)) as ledger:
            tell("find what could be derived")
            admission = admit_groups(
                intake.responses,
                grouping,
                {n: t.values for n, t in targets.items() if t.values is not None},
                codebook,
                wave,
                ledger,
                request,
                settings.disclosure,
            )
            tell("find segments and whom it misses")
            findings, figures = gather(
                intake, scales, targets, admission, ledger, codebook, by, settings
            )
            tell(f"write {output}")
            files = release_files(make_report(findings, origin, wave), findings)
            with write_folder_beside(output, RECORD) as beside:
                head = enter_release(
                    ledger,
                    admission,
                    figures,
                    "score",
                    [f"rate:{name}" for name in targets],
                    codebook,
                    intake.sha256,
                    files,
                )
                run = {
                    "provenance": origin,
                    "settings": settings.model_dump(mode="json"),
                    "survey": codebook.survey.name,
                    "owner": owner,
                    "wave": wave,
                    "counts": banded(findings.counts()),
                    "files": hash_files(files),
                    "ledger": head,
                }
                write_files(beside, {**files, RECORD: to_json(run)})
    _report(output, findings, targets, head["sequence"])


def tabulate_groups(rows: pd.DataFrame, stored: Stored, by: list[str]) -> pd.DataFrame:
    """Estimate one risk per group of some rows, and give what may be shown of it.

    Parameters
    ----------
    rows : one row per response, columns as in the survey's file
    by : unit levels

    Returns
    -------
    One row per group that may be shown, as in groups.parquet.
    """
    settings, codebook = stored.settings, without_outcomes(stored.codebook)
    intake = read_responses(Table(rows), "rows", codebook, settings.intake)
    require_enough(intake, settings.intake)
    minimum = settings.disclosure.minimum
    scales = score_scales(intake.responses, codebook)
    grouping = make_groups(
        intake.responses, codebook, by, [], None, settings.groups, minimum, settings.language
    )
    target = estimate_target(stored, intake, scales, grouping, codebook, by, settings, silent)
    targets = {stored.model.target: target}
    values = {} if target.values is None else {stored.model.target: target.values}
    # What is answered is safe by itself; a ledger of one's own would make answers depend on
    # what others asked before.
    with (
        tempfile.TemporaryDirectory() as folder,
        open_ledger(Path(folder) / "ledger", codebook.survey.name) as ledger,
    ):
        admission = admit_groups(
            intake.responses, grouping, values, codebook, "", ledger, "", settings.disclosure
        )
    estimates = estimates_of(intake.responses, scales, targets, admission, codebook)
    return clear_groups(estimates, minimum).frame


def _population(file: Path | None, codebook: Codebook) -> pd.DataFrame | None:
    return None if file is None else read_population(read_table(file).frame, codebook, file.name)


def _origin(
    intake: Intake,
    codebook: Codebook,
    settings: Settings,
    chosen: dict[str, Stored],
    population: Path | None,
) -> dict[str, str]:
    models = {f"model_{name}": stored.folder.name for name, stored in chosen.items()}
    manifests = {
        f"model_{name}_sha256": hash_bytes((stored.folder / "manifest.json").read_bytes())
        for name, stored in chosen.items()
    }
    counted = (
        {} if population is None else {"population_sha256": hash_bytes(population.read_bytes())}
    )
    return {**provenance(intake.sha256, codebook, settings), **models, **manifests, **counted}


def _report(output: Path, findings: Findings, targets: dict[str, Target], sequence: int) -> None:
    counts = findings.counts()
    print(
        f"{output}: {counts['shown']} groups shown, {counts['withheld']} withheld, "
        f"{counts['rolled_up']} rolled up; release {sequence} in the ledger."
    )
    for name, target in targets.items():
        verdict = target.flags["verdict"][findings.estimates.shown]
        print(
            f"  {name}: {(verdict == CERTAIN).sum()} groups flagged, "
            f"{((verdict != CERTAIN) & (verdict != NOT)).sum()} uncertain"
        )
    print(f"  look at {output / 'report.html'}")
