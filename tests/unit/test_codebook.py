"""A codebook is refused whole, with all its faults named."""

import tomllib
from pathlib import Path

import pytest

from blijfwijzer.errors import CodebookError
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, load_codebook, shipped_codebooks

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"


@pytest.fixture
def raw() -> dict:
    return tomllib.loads(SMALL.read_text(encoding="utf-8"))


def refusal(raw: dict) -> str:
    with pytest.raises(ValueError) as caught:
        Codebook.model_validate(raw)
    return str(caught.value)


def test_pages_are_in_the_language_of_the_codebook_unless_settings_name_one(raw):
    raw["survey"]["language"] = "en"
    language = Codebook.model_validate(raw).survey.language

    assert Settings().spoken(language).language == "en"
    assert Settings(language="nl").spoken(language).language == "nl"
    assert Settings().spoken(load_codebook(SMALL).survey.language).language == "nl"


def test_codes_that_are_words_get_their_rank_as_value():
    codebook = load_codebook(SMALL)

    assert codebook.columns["opleiding"].values == {"laag": 1.0, "midden": 2.0, "hoog": 3.0}
    assert codebook.columns["veilig_1"].values["5"] == 5.0
    assert codebook.columns["veilig_1"].span == (1.0, 5.0)


def test_texts_lose_marks_that_are_not_seen(raw):
    raw["columns"]["veilig_1"]["label"] = {"nl": "veilig\u202egnp.exe", "en": "\u2066safe\x07"}
    raw["scales"]["inzetbaarheid"]["label"] = "in\u200bzet\u061c"

    codebook = Codebook.model_validate(raw)

    assert codebook.columns["veilig_1"].label.nl == "veiliggnp.exe"
    assert codebook.columns["veilig_1"].label.en == "safe"
    assert codebook.scales["inzetbaarheid"].label.en == "inzet"


def test_an_unknown_key_is_refused_by_name(raw):
    raw["columns"]["veilig_1"]["colour"] = "blue"

    assert "colour" in refusal(raw)


def test_all_faults_are_named_at_once(raw):
    raw["scales"]["inzetbaarheid"]["construct"] = "elders"
    raw["scales"]["psychologische_veiligheid"]["items"] = ["veilig_1", "veilig_9"]
    raw["outcomes"]["vertrekintentie"]["rule"] = {"column": "vertrek", "in": ["7"]}
    raw["units"]["cluster"] = "team"

    message = refusal(raw)

    assert "elders" in message
    assert "veilig_9" in message
    assert "codes 7" in message
    assert "team" in message


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ({"column": "vertrek"}, "exactly one of"),
        ({"column": "vertrek", "scale": "inzetbaarheid", "at_least": 4}, "either a column"),
        ({"scale": "inzetbaarheid", "in": ["1"]}, "no codes"),
        ({"at_least": 3, "of": [{"column": "vertrek", "at_least": 4}]}, "never hold"),
        ({"column": "dienstjaren", "in": ["1"]}, "is a number"),
        ({"column": "contract", "at_least": 1}, "no order"),
        ({"column": "nergens", "at_least": 1}, "not under"),
        ({"column": "vertrek", "lowest_share": 1.0}, "less than 1"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(raw, rule, complaint):
    raw["outcomes"]["vertrekintentie"]["rule"] = rule

    assert complaint in refusal(raw)


@pytest.mark.parametrize(
    ("column", "key", "value", "complaint"),
    [
        ("veilig_1", "missing", {"5": "weet niet"}, "both an answer and missing"),
        ("dienstjaren", "range", [60, 0], "low to high"),
        ("dienstjaren", "codes", {"1": "een"}, "only a number has a range"),
        ("opleiding", "type", "number", "make it ordinal"),
        ("opleiding", "codes", {}, "needs its codes"),
        ("veilig_1", "answers", "nergens", "not under [answers]"),
        ("leeftijd", "bands", [55, 35], "rising"),
        ("leeftijd", "bands", [], "give it bands"),
        ("sector", "role", "career", "role unit"),
        ("gewicht", "role", "ignore", "role weight"),
        ("veilig_1", "aliases", ["veilig_2"], "more than one column"),
        ("dienstjaren", "construct", "nergens", "not under [constructs]"),
    ],
)
def test_a_column_that_contradicts_the_codebook_is_refused(raw, column, key, value, complaint):
    raw["columns"][column][key] = value

    assert complaint in refusal(raw)


def test_an_item_cannot_belong_to_two_scales(raw):
    raw["scales"]["inzetbaarheid"]["items"].append("veilig_1")

    assert "belong to another scale" in refusal(raw)


def test_a_missing_codebook_tells_which_are_shipped():
    with pytest.raises(CodebookError, match="Shipped are"):
        load_codebook("nergens")


def test_a_file_that_is_no_toml_is_refused_with_its_place(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("[survey\n", encoding="utf-8")

    with pytest.raises(CodebookError, match=r"broken\.toml: not valid TOML"):
        load_codebook(broken)


@pytest.mark.parametrize("name", shipped_codebooks())
def test_each_shipped_codebook_agrees_with_itself(name):
    assert load_codebook(name).outcomes
