"""Texts in the words of a survey."""

import re

from blijfwijzer.publish.texts import in_sentence
from blijfwijzer.survey.codebook import Codebook, Language
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.labels import scale_labels


def in_words(text: str, codebook: Codebook, language: Language) -> str:
    """Write labels for the names of scales and concepts in a text.

    A reason names concepts, for whoever maps them in a codebook; a reader is told what they mean.
    """
    labels = _labels(codebook, language)
    for name, concept in CONCEPTS.items():
        # Where a text gives both the name and its meaning, the meaning is enough.
        text = text.replace(f"{name} ({concept.in_(language)})", concept.in_(language))

    def label_of(found: re.Match[str]) -> str:
        label = labels.get(found[0], found[0])
        is_first = re.search(r"(^|: |\()$", text[: found.start()]) is not None
        return label if is_first else in_sentence(label)

    return re.sub(r"\w*_\w*", label_of, text)


def _labels(codebook: Codebook, language: Language) -> dict[str, str]:
    labels = {name: meaning.in_(language) for name, meaning in CONCEPTS.items()}
    labels |= scale_labels(codebook, language)
    levels = codebook.units.levels
    return labels | {name: codebook.columns[name].label.in_(language) for name in levels}
