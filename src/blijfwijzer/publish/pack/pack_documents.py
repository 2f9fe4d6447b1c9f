"""Records for others' systems: the Dutch algorithm register, DPIA, IAMA and pre-scan, an ML-BOM.

The first four are Dutch forms and are filled in Dutch, whatever the language of the pages.
"""

import re
import uuid
from html import escape
from typing import Any

from blijfwijzer.errors import GovernanceError
from blijfwijzer.governance.answers import Answer, FilledForm, KnownFacts
from blijfwijzer.governance.figures import Cited, Run, figure_specs
from blijfwijzer.governance.questionnaire import risks
from blijfwijzer.publish.pack.pack_cards import FilledDocument
from blijfwijzer.publish.pack.pack_texts import WrittenPassage, join_passages, write_answer

OUTPUT_SCHEMA = (
    "https://github.com/MinBZK/par-dpia-form/blob/main/schemas/assessment-output.v2.schema.json"
)
"""What a filled assessment says it follows (MinBZK/par-dpia-form, assessment-output.v2)."""
_REQUIRED = (
    *("name", "description_short", "organization", "status", "contact_email"),
    "publication_category",
)
"""Fields without which the register takes no record."""
_PLAIN = (*_REQUIRED, "provider", "tags")
"""Fields of the register without markup; the others are paragraphs."""
_DUTCH = "nl"
_KNOWN = ("run", "settled", "product", "choice")


def register_record(filled: FilledForm) -> FilledDocument:
    """Fill a record of the algorithm register, publication standard 1.0.

    Raises
    ------
    GovernanceError
        A field is longer than the register allows.
    """
    content: dict[str, Any] = {"lang": "nld", "standard_version": "1.0"}
    places = []
    for answer in filled.answers:
        name, written = answer.item.id, write_answer(answer, _DUTCH)
        known = _known(written)
        if not known and name not in _REQUIRED:
            continue
        if answer.item.values:
            values = list(answer.item.values)
            content[name] = values if name == "category" else values[0]
            continue
        said = known or written
        text = join_passages(said) if name in _PLAIN else _paragraphs(said)
        _refuse_long(text, answer)
        content[name] = text
        places.append(((name,), filled.form.id, name))
    return FilledDocument(content, answers=tuple(places))


def assessment(filled: FilledForm, known: KnownFacts) -> FilledDocument:
    """Fill what is known of an assessment as its own tool reads it; the rest it does not touch."""
    made = _last_made(known)
    answers: dict[str, Any] = {}
    places = []
    for answer in filled.answers:
        written = write_answer(answer, _DUTCH)
        # The tool's own schema takes no letters in a task's id, though IAMA has some (2.2B.1).
        if not _known(written) or re.search("[A-Z]", answer.item.id):
            continue
        value: Any = join_passages(written)
        if answer.item.values:
            values = list(answer.item.values)
            value = values[0] if answer.item.id in _CHOICES else values
        where = _put(answers, answer.item.id, {"value": value, "lastEditedAt": made})
        if not answer.item.values:
            places.append((("answers", *where, "value"), filled.form.id, answer.item.id))
    if filled.form.id == "dpia":
        answers |= _risks(made)
    content = {
        "$schema": OUTPUT_SCHEMA,
        "metadata": {
            "urn": filled.form.urn,
            "createdAt": made,
            "createdBy": {"name": str(_value(known.models[-1], "made_with"))},
        },
        "answers": answers,
    }
    return FilledDocument(content, answers=tuple(places))


_CHOICES = ("12.3#/12.3.1", "2.1.1.1", "1.1.1")
"""Questions of which one answer is chosen; of others, one or several."""


def _put(answers: dict[str, Any], task: str, answer: dict[str, Any]) -> tuple[str | int, ...]:
    """Put an answer in its place: a task, or that of a group that may repeat."""
    group, parted, child = task.partition("/")
    if not parted:
        answers[task] = answer
        return (task,)
    name, _, place = group.partition("#")
    if not place:
        answers[child] = answer
        return (child,)
    rows = answers.setdefault(name, [])
    if len(rows) <= int(place):
        rows.append({"_index": int(place)})
    rows[int(place)][child] = answer
    return (name, int(place), child)


def _risks(made: str) -> dict[str, Any]:
    """Give the risks and measures of the product's register; how large they are it does not say."""

    def told(value: Any) -> dict[str, Any]:
        return {"value": value, "lastEditedAt": made}

    listed = [(risk.risk.in_(_DUTCH), risk.measure.in_(_DUTCH)) for risk in risks()]
    return {
        "16.1": [{"_index": at, "16.1.1": told(risk)} for at, (risk, _) in enumerate(listed)],
        "17.1": [
            {"_index": at, "17.1.1": told([risk]), "17.1.3": told(measure)}
            for at, (risk, measure) in enumerate(listed)
        ],
    }


def bill_of_materials(known: KnownFacts) -> FilledDocument:
    """List models and the survey they learnt from, as CycloneDX 1.7 does (ML-BOM)."""
    components, placed = list[dict[str, Any]](), list[tuple[tuple[str | int, ...], Cited]]()
    for at, run in enumerate(known.models):
        metrics = list[dict[str, Any]]()
        for name in ("roc_auc", "log_loss", "slope"):
            figures = [
                figure_specs()[part].cite(run) for part in (name, f"{name}_low", f"{name}_high")
            ]
            # Measures of a bill of materials are texts.
            value, low, high = (str(figure.value) for figure in figures)
            where = "modelCard", "quantitativeAnalysis", "performanceMetrics", len(metrics)
            before: tuple[str | int, ...] = ("components", at, *where)
            placed += [
                ((*before, "value"), figures[0]),
                ((*before, "confidenceInterval", "lowerBound"), figures[1]),
                ((*before, "confidenceInterval", "upperBound"), figures[2]),
            ]
            interval = {"lowerBound": low, "upperBound": high}
            metrics.append({"type": name, "value": value, "confidenceInterval": interval})
        components.append(_model(run, metrics))
    first = known.models[0]
    survey = f"{_value(first, 'survey')}-{_value(first, 'survey_wave')}"
    program, _, version = str(_value(first, "made_with")).partition(" ")
    digest = "".join(run.sha256 for run in known.models)
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {
            "timestamp": _last_made(known),
            "component": {"type": "application", "name": program, "version": version},
        },
        "components": [
            *components,
            {"type": "data", "bom-ref": "survey", "name": survey, "data": [{"type": "dataset"}]},
        ],
    }
    return FilledDocument(content, tuple(placed))


def _model(run: Run, metrics: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": run.name,
        "name": run.about,
        "version": run.sha256[:12],
        "hashes": [{"alg": "SHA-256", "content": run.hash_of("model.json")}],
        "licenses": [{"license": {"id": "EUPL-1.2"}}],
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "supervised"},
                "task": "binary classification",
                "architectureFamily": str(_value(run, "champion")),
                "datasets": [{"ref": "survey"}],
                "inputs": [{"format": "answers to closed questions"}],
                "outputs": [{"format": "probability, told by group only"}],
            },
            "quantitativeAnalysis": {"performanceMetrics": metrics},
            "considerations": {
                "users": ["personnel departments of public employers"],
                "useCases": ["training and retention of groups of employees"],
                "technicalLimitations": [risk.rest.en for risk in risks()],
                "ethicalConsiderations": [
                    {"name": risk.risk.en, "mitigationStrategy": risk.measure.en}
                    for risk in risks()
                ],
            },
        },
    }


def _known(written: tuple[WrittenPassage, ...]) -> tuple[WrittenPassage, ...]:
    return tuple(one for one in written if one.passage.source in _KNOWN)


def _paragraphs(written: tuple[WrittenPassage, ...]) -> str:
    return "".join(f"<p>{escape(one.text, quote=False)}</p>" for one in written)


def _refuse_long(text: str, answer: Answer) -> None:
    most = answer.item.most
    if most is not None and len(text) > most:
        keys = ", ".join(answer.item.settled) or "no key"
        raise GovernanceError(
            f"{answer.item.id}: has {len(text)} characters, and the algorithm register allows "
            f"{most}. Shorten what the governance file says: {keys}."
        )


def _last_made(known: KnownFacts) -> str:
    """Give when the newest model was made, so that the same runs give the same pack."""
    return max(str(_value(run, "made")) for run in known.models)


def _value(run: Run, name: str) -> Any:
    return figure_specs()[name].cite(run).value
