"""Drafts: whatever the file, the codebook loads, guesses modestly, and tells no answer."""

import re

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.drafting.draft import draft_codebook
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import check_survey
from blijfwijzer.survey.table import Table

UNITS = pd.Series([f"t{i % 7}" for i in range(60)])


def draft(folder, frame, name="mine", **told):
    table = Table(frame.assign(afdeling=UNITS[: len(frame)]), **told)
    path = folder / "draft.toml"
    path.write_text(draft_codebook(table, name), encoding="utf-8")
    return load_codebook(path), path.read_text(encoding="utf-8")


def test_a_draft_reads_its_own_file_without_a_fault(tmp_path, rng):
    frame = pd.DataFrame(
        {
            "team": rng.choice(["noord", "zuid"], 300),
            "weegfactor": rng.uniform(0.5, 2, 300),
            **{f"V{i}": rng.integers(1, 6, 300) for i in range(1, 6)},
            "opleiding": rng.choice(["laag", "hoog"], 300),
            "dienstjaren": rng.integers(0, 40, 300),
        }
    )
    frame.to_parquet(tmp_path / "s.parquet")
    (tmp_path / "d.toml").write_text(draft_codebook(Table(frame), "1e onderzoek, 2026"))
    book = load_codebook(tmp_path / "d.toml")

    intake = check_survey(tmp_path / "s.parquet", book, Settings().intake)

    assert intake.errors == ()
    assert len(intake.rejected) == 0
    assert book.survey.name == "survey-1e-onderzoek-2026"
    assert book.scales["schaal_V"].items == ("V1", "V2", "V3", "V4", "V5")


def test_a_draft_asks_for_a_decision_about_what_few_said(tmp_path):
    frame = pd.DataFrame(
        {
            "functie": ["beleid"] * 40 + ["griffier"] * 2 + ["baliemedewerker"] * 18,
            "opleiding": ["laag", "midden", "hoog"] * 20,
            "kinderen": [0, 1, 2] * 19 + [0, 1, 12],
            "vraag_1": [1, 1, 1, 5] + [2, 3, 4, 5] * 14,
        }
    )

    _, text = draft(tmp_path, frame)
    _, labelled = draft(tmp_path, frame[["functie"]], codes={"functie": {"griffier": "Griffier"}})

    (functie,) = [line for line in text.splitlines() if "griffier" in line]
    (opleiding,) = [line for line in text.splitlines() if "midden" in line]
    (kinderen,) = [line for line in text.splitlines() if '12 = "12"' in line]
    (vraag,) = [line for line in text.splitlines() if '4 = "4"' in line]
    assert "# decide: few gave some of these" in functie
    assert "# decide: few gave some of these" in kinderen
    assert "decide" not in opleiding + vraag
    assert "few gave" not in labelled


def test_a_draft_repeats_no_identifier(tmp_path):
    frame = pd.DataFrame(
        {
            "voornaam": ["Geheime", "Jan"] * 30,
            "opmerking": [f"dit is geheim nummer {i} van mij" for i in range(60)],
            "vraag_1": [1, 2, 3, 4] * 15,
        }
    )

    book, text = draft(tmp_path, frame)

    assert "Geheime" not in text
    assert "geheim nummer" not in text
    assert book.columns["voornaam"].role == "ignore"
    assert text.count("# Remove this column from the export") == 2


def test_a_number_with_a_few_labels_stays_a_number(tmp_path):
    years = pd.DataFrame({"dienstjaren": [*np.arange(58.0), 98.0, 99.0], "vraag_1": [1.0] * 60})

    book, _ = draft(
        tmp_path,
        years,
        codes={"dienstjaren": {"0": "korter dan een jaar", "98": "weet niet"}},
        missing={"dienstjaren": [(98.0, 99.0)]},
    )

    column = book.columns["dienstjaren"]
    assert column.type == "number"
    assert "98" in column.missing
    assert column.range is not None
    assert column.range[0] == 0


@pytest.mark.parametrize("extremes", [(1963, 20_231_105), (-7, 3)])
def test_the_range_of_a_number_holds_all_answers(tmp_path, extremes):
    answers = np.linspace(*extremes, 60)

    book, _ = draft(tmp_path, pd.DataFrame({"jaar": answers, "vraag_1": range(60)}))

    low, high = book.columns["jaar"].range or (0, 0)
    assert low <= answers.min() and answers.max() <= high
    assert low % 10 == 0 and high % 10 == 0


def test_one_column_weighs_and_one_numbers(tmp_path):
    frame = pd.DataFrame(
        {"weegfactor": [1.0] * 60, "gewicht2": [1.0] * 60, "id": range(60), "respondent": range(60)}
    ).assign(vraag_1=[1, 2, 3, 4] * 15)

    book, _ = draft(tmp_path, frame)

    assert [c.name for c in book.with_role("weight")] == ["weegfactor"]
    assert [c.name for c in book.with_role("id")] == ["id"]


def test_answers_in_words_are_put_in_their_order(tmp_path):
    words = ["Mee eens", "Neutraal", "Helemaal mee oneens", "Mee oneens", "Helemaal mee eens"]
    frame = pd.DataFrame({"v1": words * 12, "v2": words * 12, "soort": ["vast", "flex"] * 30})

    book, _ = draft(tmp_path, frame)

    assert book.columns["v1"].type == "ordinal"
    assert list(book.columns["v1"].codes)[::2] == [
        "Helemaal mee oneens",
        "Neutraal",
        "Helemaal mee eens",
    ]
    assert book.scales["schaal_v"].items == ("v1", "v2")
    assert book.columns["soort"].type == "nominal"


STEPS = [1, 2, 3, 4, 5] * 12


@pytest.mark.parametrize("name", ["team_3", "tev_team", "weegt_mee", "idee_1", "agenda_1"])
@pytest.mark.parametrize(
    "steps", [STEPS, [*range(11)] * 6, [*range(1, 8)] * 9, [*STEPS[:-2], 9, 9]]
)
def test_steps_of_an_answer_scale_are_an_item_whatever_the_name(tmp_path, name, steps):
    book, _ = draft(tmp_path, pd.DataFrame({name: steps[:60]}))

    assert book.columns[name].role == "item"


@pytest.mark.parametrize("name", ["team", "sector_code", "afdelingnr"])
def test_a_unit_with_few_numbers_stays_a_unit(tmp_path, name):
    book, _ = draft(tmp_path, pd.DataFrame({name: STEPS, "vraag_1": STEPS}))

    assert book.columns[name].role == "unit"


@pytest.mark.parametrize(
    ("codes", "role"),
    [
        (range(1001, 1061), "id"),
        ([f"R{i}" for i in range(60)], "id"),
        ([*range(1001, 1060), 1001], "career"),
        (np.linspace(0, 1, 60), "career"),
        ([*range(1001, 1060), None], "career"),
    ],
)
def test_only_a_code_of_its_own_for_each_makes_an_id(tmp_path, codes, role):
    book, text = draft(tmp_path, pd.DataFrame({"volg": list(codes), "vraag_1": STEPS}))

    assert book.columns["volg"].role == role
    assert ("decide: it differs for all" in text) == (role == "id")


@pytest.mark.parametrize(
    ("answers", "codes", "missing"),
    [
        ([1, 2, 3, 4, 5, 9], "12345", ["9"]),
        ([1, 2, 3, 4, 5, 8, 9], "12345", ["8", "9"]),
        ([1, 2, 99], "12", ["99"]),
        ([0, 1, -9], "01", ["-9"]),
        ([1, 2, 3, 4, 5, 7], "123457", []),
        ([1, 2, 4, 9], "1249", []),
        ([1, 2, 3, 4, 5, 6], "123456", []),
    ],
)
def test_a_code_apart_from_the_answers_is_proposed_as_missing(tmp_path, answers, codes, missing):
    frame = pd.DataFrame({"vraag": np.resize(answers, 60), "ander_1": STEPS})

    book, text = draft(tmp_path, frame)

    assert list(book.columns["vraag"].codes) == list(codes)
    assert list(book.columns["vraag"].missing) == missing
    assert text.count("decide: some only stand apart") == bool(missing)


def test_a_code_with_a_meaning_of_its_own_stays_an_answer(tmp_path):
    frame = pd.DataFrame({"vraag": np.resize([1, 2, 3, 4, 9], 60)})

    book, _ = draft(tmp_path, frame, codes={"vraag": {"9": "altijd"}})

    assert "9" in book.columns["vraag"].codes


def test_a_number_far_beyond_all_others_is_proposed_as_missing(tmp_path):
    years = np.resize([*range(30), 99], 62)[:60]

    book, _ = draft(tmp_path, pd.DataFrame({"dienst": years, "vraag_1": STEPS}))

    assert list(book.columns["dienst"].missing) == ["99"]
    assert book.columns["dienst"].range == (0, 30)


def test_concepts_are_proposed_by_name_and_none_is_active(tmp_path):
    frame = pd.DataFrame(
        {
            **{f"veilig_{i}": np.roll(STEPS, i) for i in (1, 2)},
            "scholing": ["Ja", "Nee"] * 30,
            "reorganisatie": [1, 2] * 30,
            "leidinggevende": [0, 1] * 30,
            "zoekt_werk": STEPS,
            "interne_stap": range(60),
            "V7": STEPS,
        }
    )
    told = {
        "labels": {"V7": "Hoe is uw bevlogenheid?"},
        "codes": {"leidinggevende": {"0": "ja", "1": "nee"}, "interne_stap": {"0": "geen"}},
    }

    book, text = draft(tmp_path, frame, **told)

    assert not book.concepts
    before, proposed = text.split("# [concepts]\n")
    proposed = re.sub(r"^# (?=[a-z_]+ = )", "", proposed, flags=re.MULTILINE)
    (tmp_path / "draft.toml").write_text(before + "[concepts]\n" + proposed)
    active = load_codebook(tmp_path / "draft.toml").concepts
    assert set(active) == {
        *("psychologische_veiligheid", "scholing", "reorganisatie", "leidinggevende"),
        *("zoekt_werk", "interne_stap", "bevlogenheid"),
    }
    assert active["psychologische_veiligheid"].scale == "schaal_veilig"
    assert active["bevlogenheid"].column == "V7"
    assert active["leidinggevende"].reversed
    assert not active["reorganisatie"].reversed
    assert "reversed = true" in text.split("# reorganisatie = ")[1].splitlines()[0]
    assert active["scholing"].rule.one_of == ("Ja",)
    assert active["zoekt_werk"].rule.one_of == ("5",)
    assert active["interne_stap"].rule.at_least == 1
