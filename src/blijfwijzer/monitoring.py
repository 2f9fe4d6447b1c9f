"""The stories of culture: `climate`, how it is to work in each unit, and `claims`, the policy's.

Both read a survey, measure, choose what may be shown, and write it as a chapter of its own: a page,
a workbook, tables. What they publish is entered in the ledger beside all else that was shown.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.counts import counted
from blijfwijzer.culture.claims import CLAIMS, find_claims, run_claims
from blijfwijzer.culture.design import read_design
from blijfwijzer.culture.evidence import Evidence
from blijfwijzer.culture.evidence import gather as gather_evidence
from blijfwijzer.culture.waves import common_items
from blijfwijzer.disclosure.ledger import Ledger, open_ledger
from blijfwijzer.errors import SameWaveError
from blijfwijzer.files import hash_bytes, hash_files, to_json, write_files, write_folder_beside
from blijfwijzer.foreseeing import choose_model, foresee
from blijfwijzer.groups.grouping import Grouping, everyone_alone, make_groups
from blijfwijzer.measuring import (
    default_levels,
    measure_culture,
    require_culture,
)
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.claims_page import (
    ClaimFindings,
    Told,
    claims_chapter,
    claims_json,
    clear_claims,
    render_claims,
    write_claims_workbook,
)
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.culture_page import render_climate, write_climate_workbook
from blijfwijzer.publish.culture_tables import clear_climate, climate_chapter, count_told
from blijfwijzer.publish.release_files import parquet_file
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import Released, track_release, tracking_uri
from blijfwijzer.releasing import (
    RECORD,
    Admission,
    Figures,
    admit_groups,
    anchor_of,
    banded,
    enter_release,
    ledger_folder,
    refuse_copies,
    refuse_one_name,
    refuse_place,
    wave_of,
    without_outcomes,
)
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import Intake, read_survey, require_enough
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.telling import Wave, favourable
from blijfwijzer.telling_claims import admit_claims

Array = NDArray[np.float64]
Entered = list[tuple[Admission, Figures, Intake]]


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
        intake, before = _read(survey_file, previous_file, codebook, settings, tell)
        scales = score_scales(intake.responses, codebook)
        unasked = require_culture(intake.responses, scales, codebook, settings)
        levels = by or default_levels(codebook, intake.responses)
        grouping = _group(intake.responses, codebook, levels, settings)
        origin = _origin(intake, before, codebook, settings, stored)
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
                grouped = _group(before.responses, codebook, levels, settings)
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
            record = _record(origin, settings, codebook, owner, wave, findings.counts(), files)
            _write(output, files, record, ledger, entered, "climate", told, codebook)
    _tell_climate(output, findings)
    metrics = {
        **{name: float(count) for name, count in findings.counts().items() if name in _OF_GROUPS},
        "listed": float(_listed(findings)),
    }
    params = _asked(settings, previous_file, by=" ".join(levels))
    _track("climate", wave, output, origin, params, metrics, settings, ledgers)


def claims(
    survey_file: Path,
    codebook_name: str,
    wanted: list[str],
    previous_file: Path | None,
    models: Path | None,
    output: Path,
    ledgers: Path,
    settings_file: Path | None,
    wave: str = "",
) -> None:
    """Test the policy's claims on a survey, and write the verdicts with what they rest on."""
    settings, wave = load_settings(settings_file), wave or wave_of(survey_file)
    refuse_place(output, [survey_file, previous_file, models, ledgers, settings_file], ledgers)
    refuse_one_name(wave, previous_file)
    codebook, chosen = without_outcomes(load_codebook(codebook_name)), find_claims(wanted)
    stored = None if models is None else choose_model(models, codebook, "risk")
    with show_progress() as tell:
        intake, before = _read(survey_file, previous_file, codebook, settings, tell)
        origin = _origin(intake, before, codebook, settings, stored)
        asked = [claim.id for claim in chosen]
        request = hash_bytes(to_json({**origin, "wave": wave, "claims": asked, "kind": "claims"}))
        owner = settings.disclosure.owner or codebook.survey.name
        earlier = None if before is None else _evidence(before, codebook, settings)
        risk = None if stored is None else foresee(stored, intake, settings, tell)
        evidence = _evidence(intake, codebook, settings, earlier, risk)
        # All, whatever was asked: what may be told of one depends on what is told of others.
        verdicts = run_claims(evidence, CLAIMS, tell)
        with open_ledger(ledger_folder(ledgers, codebook), owner, anchor_of(output)) as ledger:

            def admit(intake: Intake, name: str) -> Admission:
                everyone = everyone_alone(intake.responses, settings.language)
                return admit_groups(
                    intake.responses,
                    everyone,
                    {},
                    codebook,
                    name,
                    ledger,
                    request,
                    settings.disclosure,
                )

            admission = admit(intake, wave)
            entered: Entered = []
            if before is not None and previous_file is not None:
                entered.append((admit(before, wave_of(previous_file)), {}, before))
            shown, figures = admit_claims(verdicts, evidence, admission, ledger, settings)
            if not all(one.choice.tells_everyone for one in (admission, *(e[0] for e in entered))):
                shown, figures = Told(frozenset(), frozenset()), {}
            entered.append((admission, figures, intake))
            asked_for = tuple(v for v in verdicts if v.claim in chosen)
            findings = ClaimFindings(
                asked_for, shown, codebook, settings, intake, admission.earlier.releases
            )
            chapter = claims_chapter(findings, origin, wave)
            files = {
                "claims.json": claims_json(findings),
                "claims.xlsx": write_claims_workbook(chapter),
                "report.html": render_claims(chapter),
            }
            record = _record(origin, settings, codebook, owner, wave, findings.counts(), files)
            told = [f"claim:{claim.id}" for claim in chosen]
            _write(output, files, record, ledger, entered, "claims", told, codebook)
    _tell_claims(output, findings)
    metrics = {n: float(c) for n, c in findings.counts().items() if n not in _OF_PEOPLE}
    sizes = clear_claims(findings)[0].frame.set_index("claim")["effect_size"].dropna()
    metrics |= {f"effect.{claim}": float(size) for claim, size in sizes.items()}
    params = _asked(settings, previous_file, claims=" ".join(asked))
    _track("claims", wave, output, origin, params, metrics, settings, ledgers)


_OF_PEOPLE = ("forms", "accepted", "refused")
_OF_GROUPS = ("shown", "withheld", "rolled_up", "earlier_releases")


def _read(
    survey_file: Path,
    previous_file: Path | None,
    codebook: Codebook,
    settings: Settings,
    tell: Tell,
) -> tuple[Intake, Intake | None]:
    """Read both waves; no two waves, or two without a common item, are refused at once."""
    read = []
    for file in (survey_file, previous_file):
        if file is not None:
            tell(f"read {file.name}")
            read.append(read_survey(file, codebook, settings.intake))
            require_enough(read[-1], settings.intake)
    if previous_file is None:
        return read[0], None
    if read[0].sha256 == read[1].sha256:
        raise SameWaveError(
            f"{previous_file.name}: is the same file as {survey_file.name}, so nothing can have "
            "changed. Give --previous the wave before, or leave it out."
        )
    common_items(read[0].responses, read[1].responses, codebook)
    refuse_copies(read[0].responses, read[1].responses, codebook, previous_file)
    return read[0], read[1]


def _group(
    responses: pd.DataFrame, codebook: Codebook, levels: list[str], settings: Settings
) -> Grouping:
    minimum = settings.disclosure.minimum
    return make_groups(
        responses, codebook, levels, [], None, settings.groups, minimum, settings.language
    )


def _evidence(
    intake: Intake,
    codebook: Codebook,
    settings: Settings,
    previous: Evidence | None = None,
    risk: Array | None = None,
) -> Evidence:
    responses = intake.responses
    return gather_evidence(
        responses,
        score_scales(responses, codebook),
        codebook,
        read_design(responses, codebook),
        settings.culture.bootstraps,
        settings.seed,
        previous,
        risk,
        settings=settings.culture,
    )


def _origin(
    intake: Intake,
    before: Intake | None,
    codebook: Codebook,
    settings: Settings,
    stored: Stored | None,
) -> dict[str, str]:
    origin = provenance(intake.sha256, codebook, settings)
    if before is not None:
        origin["previous_sha256"] = before.sha256
    if stored is not None:
        manifest = (stored.folder / "manifest.json").read_bytes()
        origin |= {"model": stored.folder.name, "model_sha256": hash_bytes(manifest)}
    return origin


def _record(
    origin: Mapping[str, str],
    settings: Settings,
    codebook: Codebook,
    owner: str,
    wave: str,
    counts: dict[str, int],
    files: Mapping[str, bytes],
) -> Callable[[dict[str, Any]], bytes]:
    def make(head: dict[str, Any]) -> bytes:
        return to_json(
            {
                "provenance": dict(origin),
                "settings": settings.model_dump(mode="json"),
                "survey": codebook.survey.name,
                "owner": owner,
                "wave": wave,
                "counts": banded(counts),
                "files": hash_files(files),
                "ledger": head,
            }
        )

    return make


def _write(
    output: Path,
    files: dict[str, bytes],
    record: Callable[[dict[str, Any]], bytes],
    ledger: Ledger,
    entered: Entered,
    kind: str,
    statistics: list[str],
    codebook: Codebook,
) -> None:
    """Enter what is shown of each wave in the ledger, then put the files in their place."""
    with write_folder_beside(output, RECORD) as beside:
        head: dict[str, Any] = {}
        for admission, figures, intake in entered:
            head = enter_release(
                ledger, admission, figures, kind, statistics, codebook, intake.sha256, files
            )
        write_files(beside, {**files, RECORD: record(head)})


def _asked(settings: Settings, previous_file: Path | None, **asked: str) -> dict[str, Any]:
    """Give what a run was asked, for the tracked run."""
    chosen = settings.model_dump(mode="json")
    return {
        "language": settings.language,
        "seed": settings.seed,
        "previous": "" if previous_file is None else wave_of(previous_file),
        **asked,
        **{
            f"{section}.{name}": value
            for section in ("culture", "disclosure")
            for name, value in chosen[section].items()
        },
    }


def _track(
    kind: str,
    wave: str,
    output: Path,
    origin: dict[str, str],
    params: dict[str, Any],
    metrics: dict[str, float],
    settings: Settings,
    ledgers: Path,
) -> None:
    if not settings.tracking.enabled:
        return
    store = ledgers.parent / "mlruns"
    released = Released(
        f"{kind}-{wave}", output, params, {**origin, "blijfwijzer.kind": kind}, metrics
    )
    run = track_release(released, settings.tracking.experiment, store)
    print(f"  MLflow run {run} in {tracking_uri(store)}")


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


def _tell_claims(output: Path, findings: ClaimFindings) -> None:
    counts = findings.counts()
    releases = counted(counts.pop("earlier_releases"), "earlier release")
    told = [f"{c} {n.replace('_', ' ')}" for n, c in counts.items() if n not in _OF_PEOPLE]
    print(f"{output}: {', '.join([releases, *told])}.")
    print(f"  look at {output / 'report.html'}")
