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
from scipy.sparse import csr_array

from blijfwijzer.culture.claims import Claim, find_claims, run_claims
from blijfwijzer.culture.design import read_design
from blijfwijzer.culture.evidence import Evidence
from blijfwijzer.culture.evidence import gather as gather_evidence
from blijfwijzer.culture.trend import common_items
from blijfwijzer.disclosure.ledger import Ledger, open_ledger
from blijfwijzer.errors import ModelFolderError
from blijfwijzer.files import hash_bytes, hash_files, to_json, write_files, write_folder_beside
from blijfwijzer.groups.grouping import Grouping, everyone_alone, make_groups
from blijfwijzer.measuring import (
    Wave,
    default_levels,
    favourable,
    measure_culture,
    require_culture,
)
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.claims_page import (
    ClaimFindings,
    claims_chapter,
    claims_json,
    render_claims,
    write_claims_workbook,
)
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.culture_page import render_climate, write_climate_workbook
from blijfwijzer.publish.culture_tables import clear_climate, climate_chapter, count_told
from blijfwijzer.publish.release_files import parquet_file
from blijfwijzer.records.model_folder import Stored, choose_models
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import Released, track_release, tracking_uri
from blijfwijzer.releasing import (
    RECORD,
    Admission,
    admit_figures,
    admit_groups,
    anchor_of,
    banded,
    enter_release,
    ledger_folder,
    refuse_place,
    wave_of,
    without_outcomes,
)
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import Intake, read_survey, require_enough
from blijfwijzer.survey.scales import score_scales

Array = NDArray[np.float64]
Figures = dict[str, csr_array]
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
    refuse_place(output, [survey_file, previous_file, models, ledgers, settings_file])
    codebook = without_outcomes(load_codebook(codebook_name))
    stored = None if models is None else _choose_model(models, codebook)
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
            findings, figures = measure_culture(
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
            entered: Entered = [] if earlier is None else [(earlier.admission, {}, earlier.intake)]
            entered.append((now.admission, figures, intake))
            told = ["mean", "favourable"]
            record = _record(origin, settings, codebook, owner, wave, findings.counts(), files)
            _write(output, files, record, ledger, entered, "climate", told, codebook)
    _tell_climate(output, findings)
    metrics = {
        **{name: float(count) for name, count in findings.counts().items() if name in _OF_GROUPS},
        "listed": float(_listed(findings)),
    }
    _track("climate", wave, output, origin, metrics, settings, ledgers)


def claims(
    survey_file: Path,
    codebook_name: str,
    wanted: list[str],
    previous_file: Path | None,
    output: Path,
    ledgers: Path,
    settings_file: Path | None,
    wave: str = "",
) -> None:
    """Test the policy's claims on a survey, and write the verdicts with what they rest on."""
    settings, wave = load_settings(settings_file), wave or wave_of(survey_file)
    refuse_place(output, [survey_file, previous_file, ledgers, settings_file])
    codebook, chosen = without_outcomes(load_codebook(codebook_name)), find_claims(wanted)
    with show_progress() as tell:
        intake, before = _read(survey_file, previous_file, codebook, settings, tell)
        origin = _origin(intake, before, codebook, settings, None)
        asked = [claim.id for claim in chosen]
        request = hash_bytes(to_json({**origin, "wave": wave, "claims": asked, "kind": "claims"}))
        owner = settings.disclosure.owner or codebook.survey.name
        earlier = None if before is None else _evidence(before, codebook, settings, None)
        evidence = _evidence(intake, codebook, settings, earlier)
        verdicts = run_claims(evidence, chosen, tell)
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
            shown, figures = _admit_claims(chosen, evidence, admission, ledger, settings)
            if not all(one.choice.tells_everyone for one in (admission, *(e[0] for e in entered))):
                shown, figures = frozenset(), {}
            entered.append((admission, figures, intake))
            findings = ClaimFindings(
                verdicts, shown, codebook, settings, intake, admission.earlier.releases
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
    _track("claims", wave, output, origin, metrics, settings, ledgers)


_OF_PEOPLE = ("forms", "accepted", "refused")
_OF_GROUPS = ("shown", "withheld", "rolled_up", "earlier_releases")


def _read(
    survey_file: Path,
    previous_file: Path | None,
    codebook: Codebook,
    settings: Settings,
    tell: Tell,
) -> tuple[Intake, Intake | None]:
    """Read both waves; those without a common item are refused before anything is worked out."""
    read = []
    for file in (survey_file, previous_file):
        if file is not None:
            tell(f"read {file.name}")
            read.append(read_survey(file, codebook, settings.intake))
            require_enough(read[-1], settings.intake)
    if len(read) == 1:
        return read[0], None
    common_items(read[0].responses, read[1].responses, codebook)
    return read[0], read[1]


def _group(
    responses: pd.DataFrame, codebook: Codebook, levels: list[str], settings: Settings
) -> Grouping:
    minimum = settings.disclosure.minimum
    return make_groups(
        responses, codebook, levels, [], None, settings.groups, minimum, settings.language
    )


def _choose_model(models: Path, codebook: Codebook) -> Stored:
    """Choose the model of an intention, for what goes with it in worrying units."""
    chosen = choose_models(models)
    for name, stored in chosen.items():
        if stored.codebook.outcomes[name].kind == "intention":
            if stored.codebook.survey.name != codebook.survey.name:
                raise ModelFolderError(
                    f"{stored.folder.name}: was trained on {stored.codebook.survey.name}, and this "
                    f"survey is read as {codebook.survey.name}. Give --models of this survey, or "
                    "leave it out."
                )
            return stored
    raise ModelFolderError(
        f"{models}: {len(chosen)} models, none of the intention to leave. Train one, or leave "
        "--models out."
    )


def _evidence(
    intake: Intake, codebook: Codebook, settings: Settings, previous: Evidence | None
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
    )


def _admit_claims(
    chosen: tuple[Claim, ...],
    evidence: Evidence,
    admission: Admission,
    ledger: Ledger,
    settings: Settings,
) -> tuple[frozenset[str], Figures]:
    """Choose the claims to show: those whose parts, such as the low educated, tell of no few.

    Those who are, did or had something that a claim is about make a part. The others make none:
    what is told of them is a difference, from which with the rest of the survey only their total
    together with those who gave no answer follows.
    """
    minimum = settings.disclosure.minimum
    offered: Figures = {}
    too_few: set[str] = set()
    for claim in chosen:
        held = [_who_are(evidence.of(name)) for name in claim.needs if evidence.has(name)]
        parts = [part for part in held if part is not None]
        if any(part.sum() < minimum for part in parts):
            too_few.add(claim.id)
        elif parts:
            offered[f"claim:{claim.id}"] = csr_array(np.array(parts, dtype=np.int8))
    names = admit_figures(offered, admission, ledger, minimum)
    withheld = {name.removeprefix("claim:") for name in set(offered) - names}
    shown = frozenset(claim.id for claim in chosen) - withheld - too_few
    return shown, {name: offered[name] for name in sorted(names)}


def _who_are(values: Array) -> NDArray[np.bool_] | None:
    """Give those who are something; None for a score."""
    known = values[~np.isnan(values)]
    is_yes_or_no = len(known) > 0 and bool(np.isin(known, (0.0, 1.0)).all())
    return np.asarray(values == 1) if is_yes_or_no else None


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


def _track(
    kind: str,
    wave: str,
    output: Path,
    origin: dict[str, str],
    metrics: dict[str, float],
    settings: Settings,
    ledgers: Path,
) -> None:
    if not settings.tracking.enabled:
        return
    store = ledgers.parent / "mlruns"
    chosen = {
        f"{section}.{name}": value
        for section in ("culture", "disclosure")
        for name, value in settings.model_dump(mode="json")[section].items()
    }
    released = Released(
        f"{kind}-{wave}", output, chosen, {**origin, "blijfwijzer.kind": kind}, metrics
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
        f"{output}: {counts['shown']} groups shown, {counts['withheld']} withheld, {barred}"
        f"{counts['rolled_up']} rolled up; {_listed(findings)} units with a worrying culture."
    )
    print(f"  look at {output / 'report.html'}")


def _tell_claims(output: Path, findings: ClaimFindings) -> None:
    counts = findings.counts()
    told = [f"{c} {n.replace('_', ' ')}" for n, c in counts.items() if n not in _OF_PEOPLE]
    print(f"{output}: {', '.join(told)}.")
    print(f"  look at {output / 'report.html'}")
