"""Segments that can be read, found on one half of the organisations and estimated on the other."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import SettingsError
from blijfwijzer.groups.segments import find_segments
from blijfwijzer.settings import Segments
from blijfwijzer.survey.codebook import load_codebook

BOOK = load_codebook("werkonderzoek-2019")
SETTINGS = Segments()
CAREER = [BOOK.columns[name] for name in ("opleiding", "dienstjaren", "contract")]


def people(rng, rows=6000, organisations=60):
    made = pd.DataFrame(
        {
            "opleiding": rng.choice([1.0, 2.0, 3.0], rows, p=[0.2, 0.4, 0.4]),
            "dienstjaren": rng.integers(0, 40, rows).astype(float),
            "contract": pd.Categorical(rng.choice(["1", "2"], rows, p=[0.8, 0.2])),
            "leeftijd": rng.integers(20, 65, rows).astype(float),
        }
    )
    return made, pd.Series(rng.integers(0, organisations, rows))


def segments(responses, units, need, settings=SETTINGS, columns=CAREER, seed=1):
    weight = np.ones(len(responses))
    return find_segments(
        responses, need, np.full(len(need), 0.2), weight, units, columns, settings, seed
    )


def test_a_planted_segment_is_found_and_told_in_words(rng):
    responses, units = people(rng)
    planted = (responses["opleiding"] == 1) & (responses["dienstjaren"] >= 15)
    need = (rng.random(len(responses)) < np.where(planted, 0.6, 0.12)).astype(float)

    found = segments(responses, units, need)

    top = found.table.iloc[0]
    assert "laag" in top["rule_nl"] and "low" in top["rule_en"]
    assert "Dienstjaren" in top["rule_nl"]
    assert top["rate"] == pytest.approx(0.6, abs=0.1)
    inside = found.members[[0]].toarray().ravel() > 0
    assert (inside == planted.to_numpy()).mean() > 0.95


def test_segments_are_of_enough_people(rng):
    responses, units = people(rng)
    need = (rng.random(len(responses)) < 0.1 + 0.2 * (responses["opleiding"] == 1)).astype(float)

    found = segments(responses, units, need, Segments(minimum=300))

    assert (found.table["n_estimated"] >= 300).all()


def test_intervals_are_honest_on_pure_noise():
    covered = []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        responses, units = people(rng, 3000)
        need = (rng.random(len(responses)) < 0.2).astype(float)
        table = segments(responses, units, need, seed=seed).table
        covered += list((table["low"] <= 0.2) & (table["high"] >= 0.2))

    assert not covered or np.mean(covered) > 0.85


def test_an_audit_attribute_makes_no_segment(rng):
    responses, units = people(rng)

    with pytest.raises(SettingsError):
        segments(responses, units, np.zeros(len(responses)), columns=[BOOK.columns["leeftijd"]])
