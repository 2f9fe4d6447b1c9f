"""Features: a fixed order, an explicit policy for all that is new, nothing about few people."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import (
    EmptyColumnError,
    MissingColumnsError,
    SettingsError,
    WaveTooDifferentError,
)
from blijfwijzer.risk.features import build_features, learn_schema, schema_from_json, schema_to_json
from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.settings import FeatureSettings
from blijfwijzer.survey.codebook import load_codebook

CODEBOOK = load_codebook(Path(__file__).parents[1] / "assets" / "small.toml")
BARRED = barred_columns(CODEBOOK, CODEBOOK.outcomes["vertrekintentie"])


@pytest.fixture
def responses(rng):
    rows = 400
    items = [c.name for c in CODEBOOK.with_role("item")]
    contract = rng.choice(["vast", "tijdelijk"], rows)
    contract[:5] = "oproep"
    return pd.DataFrame(
        {
            **{name: rng.integers(1, 6, rows).astype(float) for name in items},
            "dienstjaren": np.concatenate([[55.0], rng.integers(0, 40, rows - 1).astype(float)]),
            "opleiding": rng.integers(1, 4, rows).astype(float),
            "contract": pd.Categorical(contract),
            "afspraak": rng.integers(0, 2, rows).astype(float),
            "scholing": rng.integers(0, 2, rows).astype(float),
            "leeftijd": rng.integers(20, 66, rows).astype(float),
            "weight": np.ones(rows),
        }
    )


@pytest.fixture
def scales(responses):
    return pd.DataFrame(
        {
            "psychologische_veiligheid": responses[["veilig_1", "veilig_2"]].mean(axis=1),
            "inzetbaarheid": responses[["inzet_1", "inzet_2"]].mean(axis=1),
        }
    )


def with_a_single_item():
    scale = CODEBOOK.scales["inzetbaarheid"].model_copy(update={"items": ("inzet_1",)})
    scales = {**CODEBOOK.scales, "inzetbaarheid": scale}
    return CODEBOOK.model_copy(update={"scales": scales})


def test_a_scale_of_one_item_is_one_feature(responses, scales):
    book = with_a_single_item()

    both = learn_schema(responses, scales, book, BARRED, FeatureSettings())
    without = learn_schema(responses, scales, book, BARRED, FeatureSettings(items=False))
    lost = learn_schema(responses.drop(columns="inzet_1"), scales, book, BARRED, FeatureSettings())

    assert "inzet_1" in both.names
    assert "inzetbaarheid" not in both.names
    assert both["inzet_1"].scale == "inzetbaarheid"
    assert "inzetbaarheid" in without.names
    assert "inzetbaarheid" in lost.names


def schema_of(responses, scales, **settings):
    return learn_schema(responses, scales, CODEBOOK, BARRED, FeatureSettings(**settings))


def test_features_stand_in_the_order_scales_items_career(responses, scales):
    kinds = [f.kind for f in schema_of(responses, scales).features]

    assert kinds == sorted(kinds, key=["scale", "item", "career"].index)


def test_barred_columns_and_audit_attributes_never_enter(responses, scales):
    names = schema_of(responses, scales).names

    assert not BARRED & set(names)
    assert "leeftijd" not in names


def test_an_audit_attribute_enters_only_with_a_written_reason(responses, scales):
    reason = {"leeftijd": "wettelijk arbeidsparticipatiebeleid, WGBL artikel 7"}

    assert "leeftijd" in schema_of(responses, scales, justified_audit=reason).names
    with pytest.raises(SettingsError, match="leeftijd"):
        schema_of(responses, scales, justified_audit={"leeftijd": " "})
    with pytest.raises(SettingsError, match="veilig_1"):
        schema_of(responses, scales, justified_audit={"veilig_1": "geen kenmerk"})


def test_models_of_several_minimums_tell_of_no_few_between_their_limits(responses, scales):
    """Of the 10th, 11th ... highest it would follow how many have a value."""
    responses["dienstjaren"] = np.arange(len(responses), dtype=float)

    def high(minimum):
        settings = FeatureSettings(minimum_level=minimum)
        return learn_schema(responses, scales, CODEBOOK, BARRED, settings)["dienstjaren"].high

    assert [high(minimum) for minimum in (10, 11, 15, 20, 21)] == [390, 380, 380, 380, 370]


def test_limits_are_shared_by_at_least_ten_respondents(responses, scales):
    schema = schema_of(responses, scales)
    frame = build_features(responses, scales, schema).frame

    for feature in schema.features:
        if not feature.is_nominal:
            assert (frame[feature.name] <= feature.low).sum() >= 10
            assert (frame[feature.name] >= feature.high).sum() >= 10
    assert frame["dienstjaren"].max() < 55


def test_a_level_of_fewer_than_ten_is_no_level(responses, scales):
    schema = schema_of(responses, scales)
    built = build_features(responses, scales, schema)

    assert schema["contract"].levels == ("vast", "tijdelijk")
    assert built.frame["contract"].isna().sum() == 5
    assert built.counts.set_index("feature").loc["contract", "unseen"] == 5


def test_everything_that_was_done_is_counted(responses, scales):
    schema = schema_of(responses, scales)
    wave = responses.drop(columns="contract").assign(dienstjaren=99.0)
    wave.loc[:6, "veilig_1"] = np.nan
    wave["contract"] = pd.Categorical(["nieuw"] * 3 + ["vast"] * (len(wave) - 3))

    counts = build_features(wave, scales, schema).counts.set_index("feature")

    assert counts.loc["veilig_1", "missing"] == 7
    assert counts.loc["contract", "unseen"] == 3
    assert counts.loc["dienstjaren", "moved_to_limit"] == len(wave)


def test_a_level_that_must_be_known_stops_the_wave(responses, scales):
    strict = CODEBOOK.model_copy(
        update={
            "columns": {
                **CODEBOOK.columns,
                "contract": CODEBOOK.columns["contract"].model_copy(update={"unseen": "reject"}),
            }
        }
    )
    known = responses.assign(contract=pd.Categorical(["vast"] * len(responses)))
    schema = learn_schema(known, scales, strict, BARRED, FeatureSettings())

    with pytest.raises(WaveTooDifferentError, match=r"contract \(\d+ responses\)"):
        build_features(responses, scales, schema)


def test_an_absent_column_is_refused_unless_the_codebook_allows_it(responses, scales):
    schema = schema_of(responses, scales)

    with pytest.raises(MissingColumnsError, match="opleiding"):
        build_features(responses.drop(columns="opleiding"), scales, schema)


def test_a_column_without_answers_is_named(responses, scales):
    responses["veilig_2"] = np.nan

    with pytest.raises(EmptyColumnError, match="veilig_2"):
        schema_of(responses, scales)


def test_a_schema_survives_being_written(responses, scales):
    schema = schema_of(responses, scales)

    assert schema_from_json(schema_to_json(schema)) == schema


def test_columns_are_numbers_whatever_the_survey_holds(responses, scales):
    frame = build_features(responses, scales, schema_of(responses, scales)).frame

    assert set(map(str, frame.dtypes)) == {"float64"}
