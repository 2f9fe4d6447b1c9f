"""What a pack tells of itself: each answer and figure, in which file they stand, and from what."""

from collections.abc import Iterable, Mapping
from typing import Any

from blijfwijzer.governance.answers import KnownFacts
from blijfwijzer.governance.figures import Cited, Step
from blijfwijzer.publish.pack.pack_cards import FilledDocument
from blijfwijzer.publish.pack.pack_texts import WrittenPassage

ANSWERS = "answers.json"
"""All answers in each language, and every figure with its evidence."""
FORMAT = 1


class Citations:
    """Figures by the number under which a pack cites them, from one."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], int] = {}
        self.figures: list[Cited] = []

    def number(self, figure: Cited) -> int:
        """Give the number of a figure; the next one for a figure that is new."""
        key = (figure.name, figure.run.name, figure.file, repr(figure.path))
        if key not in self._numbers:
            self.figures.append(figure)
            self._numbers[key] = len(self.figures)
        return self._numbers[key]

    def numbers(self, passage: WrittenPassage) -> tuple[int, ...]:
        """Give the numbers of a passage's figures, each once, in order."""
        return tuple(sorted({self.number(one.figure) for one in passage.figures}))


Written = Mapping[str, Mapping[str, tuple[WrittenPassage, ...]]]
"""Form to question to the parts of its answer."""


def answers_json(
    written: Mapping[str, Written], documents: Mapping[str, FilledDocument], citations: Citations
) -> dict[str, Any]:
    """Tell every answer and figure, for `govern verify` and for other programs.

    Parameters
    ----------
    written : language to answers
    documents : name of a JSON file to what stands where in it
    """
    first = next(iter(written.values()))
    forms = {
        form: {
            item: [
                _passage(
                    [written[language][form][item][at] for language in written], written, citations
                )
                for at in range(len(passages))
            ]
            for item, passages in items.items()
        }
        for form, items in first.items()
    }
    places = {
        f"{name}.json": {
            "answers": [[list(path), form, item] for path, form, item in document.answers],
            "figures": [[list(path), citations.number(f)] for path, f in document.figures],
        }
        for name, document in documents.items()
    }
    return {
        "format": FORMAT,
        "forms": forms,
        "documents": places,
        "figures": [_figure(figure) for figure in citations.figures],
    }


def _passage(
    parts: Iterable[WrittenPassage], languages: Iterable[str], citations: Citations
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for language, part in zip(languages, parts, strict=True):
        told |= {"source": part.passage.source, "name": part.passage.name}
        told[language] = {
            "text": part.text,
            "figures": [[f.start, f.end, citations.number(f.figure)] for f in part.figures],
        }
    return told


def _figure(figure: Cited) -> dict[str, Any]:
    return {
        "name": figure.name,
        "value": figure.value,
        "kind": figure.kind,
        "run": figure.run.name,
        "file": figure.file,
        "path": list(map(_step, figure.path)),
        "sha256": figure.sha256,
    }


def _step(step: Step) -> Any:
    return dict(step) if isinstance(step, Mapping) else step


def place_of(figure: Cited) -> str:
    """Say where a figure stands, for a reader.

    >>> _words(({"name": "loon"}, "mean_abs"))
    'name=loon > mean_abs'
    """
    return f"{figure.file}: {_words(figure.path)}"


def _words(path: tuple[Step, ...]) -> str:
    return " > ".join(
        ", ".join(f"{key}={value}" for key, value in step.items())
        if isinstance(step, Mapping)
        else str(step)
        for step in path
    )


def record(
    known: KnownFacts,
    places: Mapping[str, str],
    language: str,
    made: tuple[str, str],
    files: Mapping[str, str],
) -> dict[str, Any]:
    """Tell from what a pack was made, and the hash of each of its files.

    Parameters
    ----------
    places : where runs and the governance file lie, seen from the pack
    made : when, and with what
    """
    governance = None
    if known.governance is not None:
        governance = {
            "place": places["governance"],
            "sha256": known.governance.sha256,
            "acceptance_sha256": known.governance.acceptance.sha256,
        }
    return {
        "format": FORMAT,
        "made": made[0],
        "made_with": made[1],
        "language": language,
        "runs": [
            {
                "kind": run.kind,
                "name": run.name,
                "about": run.about,
                "place": places[run.name],
                "sha256": run.sha256,
            }
            for run in (*known.models, *known.releases)
        ],
        "governance": governance,
        "files": dict(files),
    }
