"""The story of `govern pack`: forms, cards and pages, filled from what was published already."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blijfwijzer import __version__
from blijfwijzer.errors import (
    EvidenceError,
    GovernanceError,
    NotWritableError,
    SettingsError,
    counted,
)
from blijfwijzer.files import hash_files, to_json, write_files, write_folder_beside
from blijfwijzer.governance.answers import FilledForm, KnownFacts, fill
from blijfwijzer.governance.document import FILE, Governance
from blijfwijzer.governance.figures import RECORDS, Run
from blijfwijzer.governance.places import file_beside, find_governance
from blijfwijzer.governance.questionnaire import FORMS, read_form
from blijfwijzer.governance.verification import RECORD, verify_pack
from blijfwijzer.publish.pack.pack_cards import (
    FilledDocument,
    assessment_card,
    model_card,
    system_card,
)
from blijfwijzer.publish.pack.pack_documents import assessment, bill_of_materials, register_record
from blijfwijzer.publish.pack.pack_page import INDEX, PackPages, render_pack
from blijfwijzer.publish.pack.pack_record import ANSWERS, Citations, answers_json, record
from blijfwijzer.publish.pack.pack_texts import write_form
from blijfwijzer.records.model_choice import choose_models
from blijfwijzer.records.model_folder import Stored, moment
from blijfwijzer.release.folder import read_record
from blijfwijzer.release.stops import stop_of
from blijfwijzer.survey.codebook import codebook_file, survey_name
from blijfwijzer.survey.texts import LANGUAGES, Language, Message, Value, say

MOST_FAULTS = 20
"""Faults of a pack that a message lists."""
_OF = {
    "register": ("algorithm-register",),
    "technical": ("assessment-card",),
    "dpia": ("dpia",),
    "iama": ("iama",),
    "prescan": ("prescan",),
    "system": ("system-card", "ml-bom"),
}
"""Form to the JSON files that hold its answers; cards of models stand with that of the system."""


@dataclass(frozen=True)
class FormsRequest:
    """Of what a pack is asked."""

    models: Path
    releases: tuple[Path, ...] = ()
    governance: Path | None = None
    """None: the one among the models, or that of a shipped codebook."""
    language: Language = "nl"


def govern_pack(asked: FormsRequest, output: Path) -> dict[str, Any]:
    """Write forms, cards and pages, filled from models, releases and the governance file.

    They tell nothing that those do not: no survey is read, and a ledger beside the models is only
    looked at for whether they were stopped.

    Returns
    -------
    For programs: `folder`, its `files`, how many `figures` it cites, and questions by form.
    """
    _refuse_language(asked.language)
    chosen = [choice.stored for choice in choose_models(asked.models).values()]
    place, governance = _governance(asked, chosen[0])
    known = KnownFacts(tuple(map(_model, chosen)), tuple(map(_release, asked.releases)), governance)
    _refuse_other(known)
    _refuse_inside(known, output)
    about = chosen[0].codebook.survey
    survey = say("title.pack_survey", wave=about.wave, codebook=about.label)
    return write_pack(known, survey, place, asked.language, output, tuple(_stopped(chosen)))


def write_pack(
    known: KnownFacts,
    survey: Value,
    governance: Path | None,
    language: Language,
    output: Path,
    warnings: tuple[Value, ...] = (),
) -> dict[str, Any]:
    """Write a pack of what is known.

    Parameters
    ----------
    survey : what stands under the title of each page
    governance : where the governance file lies, if there is one
    warnings : what each page says before all else
    """
    if known.governance is None:
        warnings = (*warnings, say("pack.unsettled"))
    files, citations, filled = _write(known, language, survey, warnings)
    runs = (*known.models, *known.releases)
    places = {run.name: _seen_from(output, run.folder) for run in runs}
    if governance is not None:
        places["governance"] = _seen_from(output, governance)
    made = moment(), f"blijfwijzer {__version__}"
    told = record(known, places, language, made, hash_files(files))
    with write_folder_beside(output, RECORD) as beside:
        write_files(beside, {**files, RECORD: to_json(told)})
    print(
        f"{output}: {len(files) + 1} files, {len(citations.figures)} figures with their evidence."
        f"\n  look at {output / INDEX}\n  check it: blijfwijzer govern verify {output}"
    )
    return {
        "folder": str(output),
        "files": [*sorted(files), RECORD],
        "figures": len(citations.figures),
        "forms": {form.form.id: _counts(form) for form in filled},
    }


def govern_verify(folder: Path, elsewhere: Mapping[str, Path]) -> dict[str, Any]:
    """Hold a pack against its evidence: every file, answer and figure.

    Parameters
    ----------
    elsewhere : name of a run, or `governance`, to where it lies now

    Returns
    -------
    For programs: `folder`, and that it holds.

    Raises
    ------
    EvidenceError
        Something in it differs from its evidence; the message lists the first faults.
    """
    faults = verify_pack(folder, elsewhere)
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults[:MOST_FAULTS])
        raise EvidenceError(
            f"{folder}: {counted(len(faults), 'fault')} in this pack:\n{listed}\nMake it again "
            "with `blijfwijzer govern pack`, and find out who changed what."
        )
    print(f"{folder}: every file, answer and figure is as its evidence has it.")
    return {"folder": str(folder), "holds": True}


def _counts(filled: FilledForm) -> dict[str, int]:
    return {
        "questions": len(filled.answers),
        "evidence": sum(answer.has_evidence for answer in filled.answers),
        "open": sum(answer.is_open for answer in filled.answers),
    }


def _write(
    known: KnownFacts, language: Language, survey: Value, warnings: tuple[Value, ...]
) -> tuple[dict[str, bytes], Citations, list[FilledForm]]:
    """Fill each form, and write it as pages and documents."""
    filled = [fill(read_form(name), known) for name in FORMS]
    documents = _documents({form.form.id: form for form in filled}, known, language)
    citations = Citations()
    in_languages = {
        name: {form.form.id: write_form(form, name) for form in filled} for name in LANGUAGES
    }
    answers = answers_json(in_languages, documents, citations)
    cards = tuple(f"{name}.json" for name in documents if name.startswith("model-"))
    listed = {form: tuple(f"{name}.json" for name in names) for form, names in _OF.items()}
    listed["system"] += cards
    pages = PackPages(
        language,
        survey,
        tuple(filled),
        in_languages[language],
        listed,
        citations,
        warnings,
    )
    files = dict(render_pack(pages))
    files |= {f"{name}.json": to_json(placed.content) for name, placed in documents.items()}
    return {**files, ANSWERS: to_json(answers)}, citations, filled


def _documents(
    filled: Mapping[str, FilledForm], known: KnownFacts, language: Language
) -> dict[str, FilledDocument]:
    cards = {f"model-card-{run.about}": model_card(run) for run in known.models}
    cards["assessment-card"] = assessment_card(filled["technical"], known, language)
    return {
        **cards,
        "system-card": system_card(filled["system"], known, cards, language),
        "algorithm-register": register_record(filled["register"]),
        **{name: assessment(filled[name], known) for name in ("dpia", "iama", "prescan")},
        "ml-bom": bill_of_materials(known),
    }


def _model(stored: Stored) -> Run:
    return Run("model", stored.folder, stored.manifest.target, stored.manifest.files)


def _release(folder: Path) -> Run:
    run = read_record(folder)
    return Run("release", folder, str(run["wave"]), dict(run["files"]))


def _stopped(chosen: Iterable[Stored]) -> Iterator[Message]:
    """Say of each model that was stopped when, and why."""
    for stored in chosen:
        line = stop_of(stored)
        if line is not None:
            label = stored.codebook.outcomes[stored.model.target].label
            reason = str(line.content["note"]["reason"])
            yield say("pack.stopped", model=label, day=line.time[:10], reason=reason)


def _governance(asked: FormsRequest, stored: Stored) -> tuple[Path | None, Governance | None]:
    """Find the governance file: that which is given, among the models, or of a built-in survey."""
    named = asked.governance or file_beside(stored.folder)
    governance = find_governance(named, stored.codebook)
    if named is None and governance is not None:
        named = codebook_file(survey_name(stored.codebook)).with_suffix(f".{FILE}")
    return named, governance


def _refuse_language(language: Language) -> None:
    """Refuse a language in which forms are not declared.

    Raises
    ------
    SettingsError
    """
    if language not in LANGUAGES:
        raise SettingsError(
            f"--language {language}: packs are in {' and '.join(LANGUAGES)}. Choose one of these."
        )


def _refuse_other(known: KnownFacts) -> None:
    """Refuse a release by other models, by other thresholds, or from before the consent.

    Raises
    ------
    GovernanceError
    """
    names = {run.name for run in known.models}
    for release in known.releases:
        told = release.read(RECORDS["release"])
        made_from = told["provenance"]
        used = {str(value) for key, value in made_from.items() if key in _models_of(made_from)}
        if not used <= names:
            raise GovernanceError(
                f"{release.folder}: was made with other models ({', '.join(sorted(used - names))}) "
                "than those that are used now. Give --models the folder of those, or the releases "
                "of these."
            )

        refuse_unsettled(release, told.get("governance"), known.governance)


def refuse_unsettled(release: Run, then: Mapping[str, Any] | None, now: Governance | None) -> None:
    """Refuse to tell of a release what was settled after it was made.

    Parameters
    ----------
    then : what its record tells of governance; None where it was made without

    Raises
    ------
    GovernanceError
    """
    if then is None or now is None:
        return
    if then["thresholds_sha256"] != now.acceptance.sha256:
        raise GovernanceError(
            f"{release.folder}: was judged by other thresholds than the governance file has now. "
            "Thresholds stand before a result: give the file of then with --governance."
        )
    late = [name for name in ("consent", "dpia", "iama") if not then["document"][name]]
    late = [name for name in late if getattr(now, name) is not None]
    if late:
        raise GovernanceError(
            f"{release.folder}: was made before there was {' and '.join(late)}, and the governance "
            "file tells of it now. Score the wave again, or make the pack of models alone."
        )


def _models_of(made_from: Mapping[str, Any]) -> set[str]:
    return {key for key in made_from if key.startswith("model_") and "sha256" not in key}


def _refuse_inside(known: KnownFacts, output: Path) -> None:
    """Refuse a pack in a model or release, which may hold nothing but what it was made with.

    Raises
    ------
    NotWritableError
    """
    for run in (*known.models, *known.releases):
        if output.resolve().is_relative_to(run.folder.resolve()):
            raise NotWritableError(
                f"{output}: lies inside {run.folder}, which may hold nothing but what was "
                "published there. Give --output another place."
            )


def _seen_from(output: Path, place: Path) -> str:
    return Path(os.path.relpath(place.resolve(), output.resolve())).as_posix()
