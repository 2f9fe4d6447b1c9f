"""The policy's claims, put to a survey."""

from dataclasses import replace
from pathlib import Path

from blijfwijzer.claims.evidence import Evidence
from blijfwijzer.claims.evidence import gather as gather_evidence
from blijfwijzer.claims.register import CLAIMS, find_claims, run_claims
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.errors import counted
from blijfwijzer.estimation.design import read_design
from blijfwijzer.files import hash_bytes, to_json
from blijfwijzer.groups.grouping import everyone_alone
from blijfwijzer.progress import show_progress
from blijfwijzer.publish.claim_tables import (
    ClaimFindings,
    ShownClaims,
    claims_json,
    clear_claims,
)
from blijfwijzer.publish.claims_page import claims_chapter, render_claims, write_claims_workbook
from blijfwijzer.records.model_choice import choose_model, foresee
from blijfwijzer.release.admission import (
    Admission,
    admit_groups,
    anchor_of,
    ledger_folder,
    refuse_one_name,
    refuse_place,
    wave_of,
    without_outcomes,
)
from blijfwijzer.release.claims import admit_claims
from blijfwijzer.runs.waves import (
    Array,
    Entered,
    asked_of,
    origin_of,
    read_waves,
    record_of,
    track,
    write_release,
)
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.scales import score_scales


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
        intake, before = read_waves(survey_file, previous_file, codebook, settings, tell)
        origin = origin_of(intake, before, codebook, settings, stored)
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
                shown, figures = ShownClaims(), {}
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
            record = record_of(origin, settings, codebook, owner, wave, findings.counts(), files)
            told = [f"claim:{claim.id}" for claim in chosen]
            write_release(output, files, record, ledger, entered, "claims", told, codebook)
    _tell_claims(output, findings)
    metrics = {n: float(c) for n, c in findings.counts().items() if n not in _OF_PEOPLE}
    sizes = clear_claims(findings)[0].frame.set_index("claim")["effect_size"].dropna()
    metrics |= {f"effect.{claim}": float(size) for claim, size in sizes.items()}
    params = asked_of(settings, previous_file, claims=" ".join(asked))
    track("claims", wave, output, origin, params, metrics, settings, ledgers)


_OF_PEOPLE = ("forms", "accepted", "refused")


def _evidence(
    intake: Intake,
    codebook: Codebook,
    settings: Settings,
    previous: Evidence | None = None,
    risk: Array | None = None,
) -> Evidence:
    responses = intake.responses
    evidence = gather_evidence(
        responses,
        score_scales(responses, codebook),
        codebook,
        read_design(responses, codebook),
        settings.culture,
        settings.seed,
    )
    return replace(evidence, previous=previous, risk=risk)


def _tell_claims(output: Path, findings: ClaimFindings) -> None:
    counts = findings.counts()
    releases = counted(counts.pop("earlier_releases"), "earlier release")
    told = [f"{c} {n.replace('_', ' ')}" for n, c in counts.items() if n not in _OF_PEOPLE]
    print(f"{output}: {', '.join([releases, *told])}.")
    print(f"  look at {output / 'report.html'}")
