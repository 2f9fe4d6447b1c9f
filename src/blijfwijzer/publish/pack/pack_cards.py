"""Cards of the Algorithm Reporting Standard 0.1a14: of the system, its models and its assessment.

Field names are those of the standard's JSON Schemas (MinBZK/algorithm-reporting-standard, 2025).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from blijfwijzer.governance.answers import FilledForm, KnownFacts, settled_value
from blijfwijzer.governance.figures import Cited, Run, Step, cite, figure_specs
from blijfwijzer.publish.pack.pack_texts import join_passages, write_answer
from blijfwijzer.survey.texts import Language

STANDARD = "0.1a14"
_LISTS = ("interaction_details", "version_requirements", "hardware_requirements")
_VARIANTS = "deployment_variants"
_CURVES = 10
"""Features of which the course is drawn: those that contribute most."""


@dataclass(frozen=True)
class FilledDocument:
    """A JSON document, and where in it figures of runs stand."""

    content: dict[str, Any]
    figures: tuple[tuple[tuple[str | int, ...], Cited], ...] = field(repr=False, default=())
    """Keys and places that lead to a number, and the figure that it is."""
    answers: tuple[tuple[tuple[str | int, ...], str, str], ...] = field(repr=False, default=())
    """Keys and places that lead to a text, and the form and question that it answers."""


def model_card(run: Run) -> FilledDocument:
    """Tell of one model: its measures, overall and by group, what drives it, and its settings."""
    numbers = _Numbers(run)
    about = {name: _value(run, name) for name in ("survey", "survey_wave", "made", "made_with")}
    result = {
        "task": [{"type": "tabular-classification", "name": run.about}],
        "datasets": [
            {
                "type": "survey",
                "name": about["survey"],
                "split": "cross-validation",
                "features": [row["name"] for row in run.read("model.json")["schema"]],
                "revision": about["survey_wave"],
            }
        ],
        "metrics": list(numbers.metrics()),
        "measurements": {"bar_plots": numbers.bars(), "graph_plots": numbers.graphs()},
    }
    content = {
        "provenance": {"timestamp": about["made"], "author": about["made_with"]},
        "name": run.name,
        "language": ["nl", "en"],
        "license": {"license_name": "EUPL-1.2"},
        "tags": ["survey", "groups", run.about],
        "model_index": [
            {
                "name": run.name,
                "model": f"models/{run.name}/model.json",
                "artifacts": [
                    {"uri": f"models/{run.name}/{file}", "content-type": kind}
                    for file, kind in (
                        ("model.json", "application/json"),
                        ("model.txt", "text/plain"),
                    )
                ],
                "parameters": numbers.parameters(),
                "results": [result],
            }
        ],
    }
    return FilledDocument(content, tuple(numbers.placed))


def system_card(
    filled: FilledForm, known: KnownFacts, cards: dict[str, FilledDocument], language: Language
) -> FilledDocument:
    """Tell of the system as a whole, with the cards of its models and its assessment in it."""
    first = known.models[0]
    content: dict[str, Any] = {
        "schema_version": STANDARD,
        "provenance": {"timestamp": _value(first, "made"), "author": _value(first, "made_with")},
        "name": "Blijfwijzer",
        "ai_act_profile": {
            "type": "AI-systeem",
            "open_source": "open-source",
            "risk_group": "hoog-risico AI",
        },
        "instruments": [
            {"urn": "urn:nl:aivt:tr:td:1.0", "version": "1.0", "required": True},
            {"urn": "urn:nl:iama:2.0", "version": "2.0", "required": True},
            {"urn": "urn:nl:dpia:3.0", "version": "3.0", "required": True},
        ],
        "labels": [{"name": "risk_group", "value": "assumed, see the classification memo"}],
    }
    owner = settled_value(known.governance, "organisation.name")
    if owner is not None:
        contact = settled_value(known.governance, "organisation.owner")
        told = "" if contact is None else contact.in_(language)
        content["owners"] = [{"organization": owner.in_(language), "name": told}]
    law = settled_value(known.governance, "basis.law")
    if law is not None:
        content["legal_base"] = [{"name": law.in_(language)}]
    places = []
    for answer in filled.answers:
        name = answer.item.id
        text = join_passages(write_answer(answer, language))
        is_list = name in (*_LISTS, _VARIANTS)
        content[name] = [text] if is_list else text
        places.append(((name, 0) if is_list else (name,), filled.form.id, name))
    content["models"] = [card.content for name, card in cards.items() if name.startswith("model-")]
    content["assessments"] = [cards["assessment-card"].content]
    return FilledDocument(content, answers=tuple(places))


def assessment_card(filled: FilledForm, known: KnownFacts, language: Language) -> FilledDocument:
    """Answer the questions of the technical documentation."""
    made = str(_value(known.models[-1], "made"))
    contents, places = [], []
    for place, answer in enumerate(filled.answers):
        contents.append(
            {
                "question": answer.item.question.in_(language),
                "urn": f"{filled.form.urn}:{answer.item.id}",
                "answer": join_passages(write_answer(answer, language)),
                "timestamp": made,
            }
        )
        places.append((("contents", place, "answer"), filled.form.id, answer.item.id))
    content = {
        "provenance": {"timestamp": made, "author": _value(known.models[-1], "made_with")},
        "name": filled.form.title.in_(language),
        "urn": filled.form.urn,
        "date": made[:10],
        "contents": contents,
    }
    return FilledDocument(content, answers=tuple(places))


class _Numbers:
    """Numbers of a model's card, each remembered with its place."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.placed: list[tuple[tuple[str | int, ...], Cited]] = []

    def metrics(self) -> Iterator[dict[str, Any]]:
        """Give the measures of everyone and of each group; what is not shown is left out."""
        found, place = self.run.read("metrics.json"), 0
        for name in found["overall"]:
            figure = self._cite("metrics.json", ("overall", name, "value"))
            if figure.value is not None:
                yield self._metric(place, name, figure, [])
                place += 1
        for row in found["by_group"]:
            of = {key: row[key] for key in ("attribute", "group", "metric")}
            figure = self._cite("metrics.json", ("by_group", of, "value"))
            if figure.value is not None:
                yield self._metric(place, row["metric"], figure, [_label(row)])
                place += 1

    def _metric(
        self, place: int, name: str, figure: Cited, labels: list[dict[str, str]]
    ) -> dict[str, Any]:
        self._put(("metrics", place, "value"), figure)
        told = {"type": name, "name": name, "dtype": "float", "value": _number(figure.value)}
        return {**told, "labels": labels} if labels else told

    def bars(self) -> list[dict[str, Any]]:
        """Give how much each feature contributes."""
        results = list[dict[str, Any]]()
        for row in self.run.read("tables/drivers.csv"):
            path = ({"name": row["name"]}, "mean_abs")
            figure = self._cite("tables/drivers.csv", path)
            self._put(("measurements", "bar_plots", 0, "results", len(results), "value"), figure)
            results.append({"name": row["name"], "value": figure.value})
        return [
            {
                "type": "mean-absolute-contribution",
                "name": "mean absolute contribution to the probability",
                "results": results,
            }
        ]

    def graphs(self) -> list[dict[str, Any]]:
        """Give how contributions go with the values of what contributes most."""
        most = [row["name"] for row in self.run.read("tables/drivers.csv")[:_CURVES]]
        points: dict[str, list[dict[str, float]]] = {name: [] for name in most}
        rows = self.run.read("tables/dependence.csv")
        kept = [
            (at, row)
            for at, row in enumerate(rows)
            if row["feature"] in points
            and isinstance(row["value"], float)
            and isinstance(row["contribution"], float)
        ]
        drawn = [name for name in most if any(row["feature"] == name for _, row in kept)]
        for at, row in kept:
            own, graph = points[row["feature"]], drawn.index(row["feature"])
            before = ("measurements", "graph_plots", 0, "results", graph, "data", len(own))
            for axis, column in (("x_value", "value"), ("y_value", "contribution")):
                figure = self._cite("tables/dependence.csv", (at, column))
                self._put((*before, axis), figure)
            own.append({"x_value": row["value"], "y_value": row["contribution"]})
        results = [{"class": "1", "feature": name, "data": points[name]} for name in drawn]
        return [
            {
                "type": "contribution-by-value",
                "name": "mean contribution to the probability by value",
                "results": results,
            }
        ]

    def parameters(self) -> list[dict[str, str]]:
        """Give the settings that a reader asks for first."""
        names = ("seed", "folds", "minimum_leaf", "bootstraps", "minimum", "champion")
        return [{"name": name, "value": str(_value(self.run, name))} for name in names]

    def _cite(self, file: str, path: tuple[Step, ...]) -> Cited:
        name = ".".join(str(step) for step in path if not isinstance(step, Mapping))
        return cite(self.run, name, file, path, "ratio")

    def _put(self, place: tuple[str | int, ...], figure: Cited) -> None:
        self.placed.append((("model_index", 0, "results", 0, *place), figure))


def _number(value: float) -> float | str:
    """Give a measure; a whole one as text, since the schema takes it for two types at once."""
    return str(value) if float(value).is_integer() else value


def _label(row: dict[str, Any]) -> dict[str, str]:
    return {
        "name": str(row["attribute"]),
        "type": "feature",
        "dtype": "string",
        "value": str(row["group"]),
    }


def _value(run: Run, name: str) -> Any:
    return figure_specs()[name].cite(run).value
