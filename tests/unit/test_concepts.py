"""Concepts: named once, mapped by a codebook, read as numbers of which more is more."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import CodebookError
from blijfwijzer.survey.codebook import Codebook, load_codebook, shipped_codebooks
from blijfwijzer.survey.concept_scores import read_concepts
from blijfwijzer.survey.concepts import CONCEPTS, CULTURE, MOTIVES, PAIR, YES_OR_NO
from blijfwijzer.survey.rule_truth import label

BOOK = """
[survey]
name = "klein"
wave = "1"
label = "Klein"
population = "some"
purpose = "a test"

[columns.team]
label = "Team"
role = "unit"

[columns.cursus]
label = "Cursus"
role = "career"
type = "ordinal"
codes = { 1 = "ja", 2 = "nee" }

[columns.schaal]
label = "Schaal"
role = "career"
range = [1, 18]

[columns.getal]
label = "Getal"
role = "career"
range = [1, 2]

[columns.nul_een]
label = "Nul of een"
role = "career"
codes = { 0 = "nee", 1 = "ja" }

[columns.eens]
label = "Eens"
role = "career"
codes = { 1 = "oneens", 2 = "deels", 3 = "eens" }

[columns.vinkje]
label = "Vinkje"
role = "career"
codes = { 1 = "gekozen" }

[columns.sector]
label = "Sector"
role = "career"
type = "nominal"
codes = { a = "A", b = "B" }

[columns.vraag]
label = "Vraag"
role = "claim"
range = [0, 1]
absent = "missing"

[columns.weg]
label = "Weg"
role = "ignore"

[units]
levels = ["team"]
cluster = "team"

[concepts]
"""


def book(tmp_path, concepts):
    path = tmp_path / "klein.toml"
    path.write_text(BOOK + concepts, encoding="utf-8")
    return load_codebook(path)


def answers(**columns):
    frame = pd.DataFrame(columns)
    return frame.assign(weight=1.0)


def test_a_reversed_column_runs_the_other_way(tmp_path):
    codebook = book(tmp_path, 'tevreden_baan = { column = "schaal", reversed = true }')
    responses = answers(schaal=[1.0, 18.0, np.nan])

    read = read_concepts(responses, pd.DataFrame(index=responses.index), codebook)

    np.testing.assert_array_equal(read["tevreden_baan"], [18.0, 1.0, np.nan])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("column", "given"),
    [
        ("cursus", [1.0, 2.0, np.nan]),
        ("getal", [1.0, 2.0, np.nan]),
        ("nul_een", [0.0, 1.0, np.nan]),
    ],
)
def test_what_is_yes_or_no_is_read_as_one_and_zero(tmp_path, column, given, reverse):
    concept = f'scholing = {{ column = "{column}", reversed = {str(reverse).lower()} }}'
    responses = answers(**{column: given})

    read = read_concepts(responses, pd.DataFrame(index=responses.index), book(tmp_path, concept))

    wanted = [1.0, 0.0, np.nan] if reverse else [0.0, 1.0, np.nan]
    np.testing.assert_array_equal(read["scholing"], wanted)


def test_what_there_is_more_or_less_of_keeps_its_answers(tmp_path):
    codebook = book(tmp_path, 'tevreden_baan = { column = "eens" }')
    responses = answers(eens=[1.0, 2.0, 3.0])

    read = read_concepts(responses, pd.DataFrame(index=responses.index), codebook)

    assert read["tevreden_baan"].tolist() == [1.0, 2.0, 3.0]
    assert not YES_OR_NO & {*CULTURE, "tevreden_baan", "tevredenheid", "klantcontact", "opleiding"}
    assert set(CONCEPTS) > YES_OR_NO


def test_a_rule_gives_one_zero_or_missing(tmp_path):
    codebook = book(tmp_path, 'openbaar_bestuur = { rule = { column = "sector", in = ["a"] } }')
    responses = answers(sector=pd.Series(["a", "b", None], dtype="str"))

    read = read_concepts(responses, pd.DataFrame(index=responses.index), codebook)

    np.testing.assert_array_equal(read["openbaar_bestuur"], [1.0, 0.0, np.nan])


def test_a_concept_that_the_file_lacks_or_nobody_answered_is_left_out(tmp_path):
    codebook = book(
        tmp_path,
        'wil_scholing = { column = "vraag" }\nscholing = { rule = { column = "cursus", in = ["1"] } }',
    )
    scales = pd.DataFrame(index=range(2))

    lacking = read_concepts(answers(cursus=[1.0, 2.0]), scales, codebook)
    empty = read_concepts(answers(cursus=[1.0, 2.0], vraag=[np.nan, np.nan]), scales, codebook)

    assert list(lacking) == list(empty) == ["scholing"]


@pytest.mark.parametrize(
    ("concepts", "fault"),
    [
        ('bedacht = { column = "schaal" }', "concepts: 1 unknown: bedacht; "),
        ('scholing = { column = "nergens" }', "column 'nergens' is not under"),
        ('scholing = { column = "sector" }', "has no order: use a rule"),
        ('scholing = { column = "weg" }', 'give it the role "claim"'),
        ('scholing = { scale = "nergens" }', "scale 'nergens' is not under"),
        ('scholing = { outcome = "nergens" }', "outcome 'nergens' is not under"),
        ('scholing = { rule = { column = "cursus", in = ["7"] } }', "none of column 'cursus'"),
        ("scholing = { reversed = true }", "exactly one of"),
        ('scholing = { column = "eens" }', r'has 3 answers: .* in = \["3"\]'),
        ('scholing = { column = "eens", reversed = true }', r'has 3 answers: .* in = \["1"\]'),
        ('scholing = { column = "schaal" }', "is a number: say from where it is yes"),
        ('scholing = { column = "vinkje" }', "has one answer: write another"),
        ('motief_salaris = { column = "eens" }', "concepts.motief_salaris: is yes or no"),
        ('scholing = { column = "cursus", scale = "x" }', "exactly one of"),
        (
            'scholing = { rule = { column = "cursus", in = ["1"] }, reversed = true }',
            "only a column or a scale can be reversed",
        ),
    ],
)
def test_a_mistaken_concept_is_refused(tmp_path, concepts, fault):
    with pytest.raises(CodebookError, match=fault):
        book(tmp_path, concepts)


def test_a_scale_is_no_yes_or_no():
    small = Path(__file__).parents[1] / "assets" / "small.toml"
    raw = tomllib.loads(small.read_text(encoding="utf-8"))
    raw["concepts"] = {"scholing": {"scale": "inzetbaarheid"}}

    with pytest.raises(ValueError, match="a scale gives a score"):
        Codebook.model_validate(raw)


def test_every_concept_has_a_meaning_in_both_languages():
    assert not [n for n, text in CONCEPTS.items() if not text.nl.strip() or not text.en.strip()]
    assert {*CULTURE, *MOTIVES, *PAIR} <= set(CONCEPTS)


def test_the_built_in_survey_has_every_concept():
    assert set(load_codebook("werkonderzoek-2019").concepts) == set(CONCEPTS)


@pytest.mark.parametrize("name", shipped_codebooks())
def test_questions_of_claims_never_predict(name):
    codebook = load_codebook(name)

    predicting = {column.name for column in codebook.with_role("item", "career")}

    assert not predicting & {column.name for column in codebook.with_role("claim")}


def test_an_outcome_is_read_by_its_own_rule():
    codebook = load_codebook("werkonderzoek-2019")
    responses = answers(vertrek=[5.0, 1.0, np.nan])

    read = read_concepts(responses, pd.DataFrame(index=responses.index), codebook)

    outcome = codebook.outcomes["vertrekintentie"]
    expected = label(responses, pd.DataFrame(), codebook, outcome).values
    np.testing.assert_array_equal(read["vertrekintentie"], expected)
    assert "achterblijver" not in read


def test_the_guide_lists_every_concept_with_its_meaning_and_kind():
    guide = Path(__file__).parents[2] / "docs" / "codebook.md"

    told = guide.read_text(encoding="utf-8")

    kinds = {name: "yes or no" if name in YES_OR_NO else "degree" for name in CONCEPTS}
    rows = [f"| `{n}` | {text.nl} | {text.en} | {kinds[n]} |" for n, text in CONCEPTS.items()]
    assert [row for row in rows if row not in told] == []
