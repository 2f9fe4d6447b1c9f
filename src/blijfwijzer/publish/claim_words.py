"""What the estimates of claims are: of which kind, and in the words of the survey.

A claim's test names its estimates for programs. A reader is told percentages as such, and units and
scales by their labels.
"""

import re
from types import MappingProxyType
from typing import Literal

from blijfwijzer.publish.texts import Kind, in_sentence
from blijfwijzer.survey.codebook import Codebook, Language
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.labels import scale_labels

Measure = Literal[
    "share",
    "difference",
    "variance",
    "chance",
    "area",
    "gain",
    "correlation",
    "log_odds",
    "deviation",
    "scale",
    "mean",
    "rank",
    "other",
]
"""What an estimate is a number of. difference: of shares. variance: share of it. area: under a
curve; gain: difference of these. deviation: standard deviations. scale: difference in points of a
scale; mean: a place on it."""

_MEASURES: MappingProxyType[str, tuple[tuple[str, Measure], ...]] = MappingProxyType(
    {
        "H1": (("other_pairs", "difference"), (".*", "share")),
        "H1b": (
            ("rank", "rank"),
            ("among_best", "chance"),
            ("ahead", "gain"),
            ("area|best_pair", "area"),
        ),
        "H2": ((".*", "deviation"),),
        "H3": ((".*", "deviation"),),
        "H4": (("dominance_.*", "variance"), (".*", "deviation")),
        "H17": (("example|rules", "variance"), ("difference", "difference")),
        "H18": ((".*", "variance"),),
        "H5": (("motief_.*", "share"), ("rank", "rank"), (".*", "chance")),
        "H6": (("(fifth|rating)_.*", "share"), ("(best|plain|adjusted|reversal).*", "difference")),
        "H15": (
            ("share_.*", "difference"),
            ("employability", "deviation"),
            ("product|poor|good|other_half", "log_odds"),
        ),
        "H16": (("mean_.*", "mean"), ("tevreden_.*", "scale")),
        "H7": (("interaction_.*", "log_odds"), (".*", "difference")),
        "H8": (
            ("interaction_.*", "log_odds"),
            ("managers|employees", "share"),
            (".*", "difference"),
        ),
        "H8b": (("share", "variance"), (".*", "difference")),
        "H9": ((".*", "deviation"),),
        "H10": (
            ("agrees|acts|words_only", "share"),
            ("apart|discrepancy", "difference"),
            ("(relation|pearson).*", "correlation"),
        ),
        "H13": ((".*", "deviation"),),
        "H14": (("managers_.*", "difference"), (".*", "share")),
        "H11": (("apart|with_bullying|contact_.*", "difference"), (".*", "share")),
        "H12": ((".*", "difference"),),
        "H19": (("gain", "gain"), ("career|with_culture", "area")),
        "H20": (("(selected|recall)_.*", "share"), (".*=.*", "difference")),
    }
)
"""Claim to patterns of the names of its estimates; the first that fits the whole name counts."""

_PERCENT = ("share", "variance", "chance")


def find_measure(claim: str, name: str) -> Measure:
    """Say what an estimate is a number of; other where its name is not known here.

    >>> find_measure("H11", "apart"), find_measure("H11", "extern_agressie")
    ('difference', 'share')
    """
    for pattern, measure in _MEASURES.get(claim, ()):
        if re.fullmatch(pattern, name):
            return measure
    return "other"


def shown_kind(measure: Measure) -> Kind:
    """Say how a number of this kind is written.

    >>> shown_kind("share"), shown_kind("difference"), shown_kind("area")
    ('percent', 'points', 'ratio')
    """
    if measure in _PERCENT:
        return "percent"
    if measure == "difference":
        return "points"
    return "decimal" if measure == "rank" else "ratio"


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
