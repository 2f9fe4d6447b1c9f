"""Responses and scales to model columns in a fixed order.

The order is: scales, then items, then career variables, each as in the codebook. A column enters
only by its role; audit attributes (age, sex, origin) enter only when the settings carry a written
justification (WGBL and AWGB; see docs/assumptions.md), and a label's own ingredients never do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import (
    EmptyColumnError,
    MissingColumnsError,
    SettingsError,
    WaveTooDifferentError,
)
from blijfwijzer.risk.coded import Coded
from blijfwijzer.settings import FeatureSettings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook, Column, Policy, Scale, Text
from blijfwijzer.survey.held import Responses

COUNTED = ("missing", "unseen", "moved_to_limit")
"""What is counted of each feature while it is made."""
_TENS = 10
"""Limits are the values of the 10th, 20th ... respondent. If any place could be asked for, models
of the same people would tell between which places a value lies, and so how many have it."""
OTHER = "overig"
"""Construct of a column that the codebook gives none."""


@dataclass(frozen=True)
class Feature:
    """One column of the model."""

    name: str
    kind: Literal["scale", "item", "career"]
    label: Text
    scale: str
    """Scale it rolls up to; its own name when it belongs to none."""
    construct: str
    changeable: bool
    levels: tuple[str, ...] = ()
    """Codes of a nominal column; the model sees their place in this list. Empty for a number."""
    low: float = 0.0
    high: float = 0.0
    """A number is moved to these limits; at least `minimum_level` respondents are at each."""
    unseen: Policy = "missing"
    absent: Policy = "reject"

    @property
    def is_nominal(self) -> bool:
        """Whether the model must not read its values as an order."""
        return bool(self.levels)


@dataclass(frozen=True)
class Schema:
    """The model's columns in their fixed order."""

    features: tuple[Feature, ...]

    @property
    def names(self) -> list[str]:
        """Names in order."""
        return [feature.name for feature in self.features]

    @property
    def has_scaled_items(self) -> bool:
        """Whether some item is also part of a scale that the model may read."""
        scales = {feature.name for feature in self.features if feature.kind == "scale"}
        return any(f.kind == "item" and f.scale in scales for f in self.features)

    def __getitem__(self, name: str) -> Feature:
        """Give the feature of this name."""
        return self.features[self.names.index(name)]


@dataclass(frozen=True)
class Features:
    """What a model reads, and what was done to make it."""

    frame: pd.DataFrame
    """One row per response, one float64 column per feature; NaN is missing."""
    counts: pd.DataFrame
    """One row per feature: how many were missing, unseen, moved to a limit; absent or not."""


def learn_schema(
    responses: Responses,
    scales: pd.DataFrame,
    codebook: Codebook,
    barred: frozenset[str],
    settings: FeatureSettings,
) -> Schema:
    """Fix the columns, levels and limits of a model from the survey it is trained on.

    Levels that fewer than `settings.minimum_level` respondents chose count as missing, and the
    limits of a number are the values of the k-th lowest and k-th highest respondent, with k as
    many in whole tens, so that model files themselves tell nothing about fewer than ten people.

    Raises
    ------
    EmptyColumnError
        A column that would be a feature was answered by fewer than `minimum_level` respondents.
    SettingsError
        A justified audit attribute is none, or its justification is empty.
    """
    minimum = settings.minimum_level
    columns = [
        *(codebook.with_role("item") if settings.items else ()),
        *codebook.with_role("career"),
        *_justified(codebook, settings.justified_audit),
    ]
    chosen_scales = codebook.scales.values() if settings.scales else ()
    features = [
        *(
            _scale_feature(s, scales[s.name], minimum)
            for s in chosen_scales
            if s.name not in barred and not _is_one_of(s, columns, responses)
        ),
        *(
            _column_feature(column, responses[column.name], codebook, minimum)
            for column in columns
            if column.name not in barred and column.name in responses
        ),
    ]
    empty = [feature.name for feature in features if np.isnan(feature.low)]
    if empty:
        raise EmptyColumnError(
            f"{len(empty)} columns have fewer than {minimum} valid answers: {', '.join(empty)}. "
            'Check their codes in the codebook, or give them the role "ignore".'
        )
    return Schema(tuple(features))


def build_features(responses: Responses, scales: pd.DataFrame, schema: Schema) -> Features:
    """Make the model's columns, in the schema's order.

    Raises
    ------
    MissingColumnsError
        A column is absent whose policy is to reject the survey.
    WaveTooDifferentError
        A nominal column holds levels unknown to the model, and its policy is to reject.
    """
    _refuse_absent(responses, scales, schema)
    built = [_build(feature, responses, scales) for feature in schema.features]
    frame = pd.DataFrame(
        {f.name: values for f, (values, _) in zip(schema.features, built, strict=True)},
        index=responses.index,
    )
    counts = pd.DataFrame([count for _, count in built])
    _refuse_unseen(counts, schema)
    return Features(frame, counts)


def code_features(responses: Responses, scales: pd.DataFrame, schema: Schema) -> Coded:
    """Make the model's columns as codes, one after the other; raises what `build_features` does."""
    _refuse_absent(responses, scales, schema)
    counts = []

    def built() -> Iterator[tuple[str, Array]]:
        for feature in schema.features:
            values, count = _build(feature, responses, scales)
            counts.append(count)
            yield feature.name, np.asarray(values, dtype=np.float64)

    columns = Coded.of(built())
    _refuse_unseen(pd.DataFrame(counts), schema)
    return columns


def schema_to_json(schema: Schema) -> list[dict[str, Any]]:
    """Write a schema as plain values."""
    return [
        {**vars(f), "label": f.label.model_dump(), "levels": list(f.levels)}
        for f in schema.features
    ]


def schema_from_json(features: list[dict[str, Any]]) -> Schema:
    """Read what `schema_to_json` wrote."""
    return Schema(
        tuple(
            Feature(**{**f, "label": Text(**f["label"]), "levels": tuple(f["levels"])})
            for f in features
        )
    )


def _is_one_of(scale: Scale, columns: list[Column], responses: Responses) -> bool:
    """Whether a scale is a single item that is a feature already: it counts once."""
    names = {column.name for column in columns if column.name in responses}
    return len(scale.items) == 1 and scale.items[0] in names


def _justified(codebook: Codebook, reasons: dict[str, str]) -> tuple[Column, ...]:
    audit = {column.name: column for column in codebook.with_role("audit")}
    wrong = [name for name, reason in reasons.items() if name not in audit or not reason.strip()]
    if wrong:
        raise SettingsError(
            f"features.justified_audit: {', '.join(wrong)}: not an audit attribute of the "
            "codebook, or without a written justification. Say why it is needed, or leave it out."
        )
    return tuple(audit[name] for name in reasons)


def _scale_feature(scale: Scale, scores: pd.Series, minimum: int) -> Feature:
    low, high = _limits(scores.to_numpy(dtype=float), minimum)
    return Feature(
        name=scale.name,
        kind="scale",
        label=scale.label,
        scale=scale.name,
        construct=scale.in_construct,
        changeable=scale.changeable,
        low=low,
        high=high,
        absent="missing",
    )


def _column_feature(
    column: Column, answers: pd.Series, codebook: Codebook, minimum: int
) -> Feature:
    scale = codebook.scale_of(column.name)
    levels: tuple[str, ...] = ()
    low = high = 0.0
    if column.type == "nominal":
        levels = _frequent_levels(column, answers, minimum)
        low, high = (0.0, len(levels) - 1.0) if levels else (np.nan, np.nan)
    else:
        low, high = _limits(answers.to_numpy(dtype=float), minimum)
    return Feature(
        name=column.name,
        kind="item" if column.role == "item" else "career",
        label=column.label,
        scale=scale.name if scale else column.name,
        construct=(scale.in_construct if scale else column.in_construct) or OTHER,
        changeable=column.changeable or bool(scale and scale.changeable),
        levels=levels,
        low=low,
        high=high,
        unseen=column.unseen,
        absent=column.absent,
    )


def _limits(values: NDArray[np.float64], minimum: int) -> tuple[float, float]:
    known = np.sort(values[~np.isnan(values)])
    if len(known) < minimum:
        return float("nan"), float("nan")
    place = min(-(-minimum // _TENS), len(known) // _TENS) * _TENS
    return float(known[place - 1]), float(max(known[-place], known[place - 1]))


def _frequent_levels(column: Column, answers: pd.Series, minimum: int) -> tuple[str, ...]:
    counts = answers.value_counts()
    order = list(column.codes) or sorted(str(level) for level in counts.index)
    return tuple(level for level in order if counts.get(level, 0) >= minimum)


def _build(
    feature: Feature, responses: Responses, scales: pd.DataFrame
) -> tuple[NDArray[np.floating[Any]], dict[str, Any]]:
    source = scales if feature.kind == "scale" else responses
    if feature.name not in source:
        values = np.full(len(responses), np.nan, dtype=np.float64)
        return values, _count(feature, values, absent=True)
    answers = source[feature.name]
    if feature.is_nominal:
        places = {level: float(place) for place, level in enumerate(feature.levels)}
        level = answers.astype("str").map(places).to_numpy(dtype=np.float64)
        unseen = int((np.isnan(level) & answers.notna().to_numpy()).sum())
        return level, _count(feature, level, unseen=unseen)
    raw = answers.to_numpy(dtype=np.float64)
    limited = np.clip(raw, feature.low, feature.high)
    moved = int(((raw != limited) & ~np.isnan(raw)).sum())
    return limited, _count(feature, limited, moved=moved)


def _count(
    feature: Feature,
    values: NDArray[np.floating[Any]],
    unseen: int = 0,
    moved: int = 0,
    absent: bool = False,
) -> dict[str, Any]:
    missing = int(np.isnan(values).sum()) - unseen
    return {
        "feature": feature.name,
        "missing": missing,
        "unseen": unseen,
        "moved_to_limit": moved,
        "absent": absent,
    }


def _refuse_absent(responses: Responses, scales: pd.DataFrame, schema: Schema) -> None:
    available = {*responses, *scales}
    absent = [f.name for f in schema.features if f.name not in available]
    refused = [name for name in absent if schema[name].absent == "reject"]
    if refused:
        raise MissingColumnsError(
            f"{len(refused)} columns that the model reads are missing: {', '.join(refused)}. "
            "Add them to the export, or train a model without them."
        )


def _refuse_unseen(counts: pd.DataFrame, schema: Schema) -> None:
    strict = {f.name for f in schema.features if f.unseen == "reject"}
    refused = counts[counts["feature"].isin(strict) & (counts["unseen"] > 0)]
    if len(refused):
        told = ", ".join(f"{r.feature} ({r.unseen} responses)" for r in refused.itertuples())
        raise WaveTooDifferentError(
            f"{len(refused)} columns hold levels that training did not see: {told}. Recode them "
            "to levels of the codebook, or train again."
        )
