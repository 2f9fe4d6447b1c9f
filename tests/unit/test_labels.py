"""Labels of the file against each other, in wordings that the codebook does not have."""

from pathlib import Path

import pandas as pd

from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.labels import compare_labels
from blijfwijzer.survey.table import Table
from reports import said

BOOK = load_codebook(Path(__file__).parents[1] / "assets" / "small.toml")
WORDS = {"1": "nooit", "2": "zelden", "3": "soms", "4": "vaak", "5": "altijd"}
TURNED = dict(zip(WORDS, reversed(WORDS.values()), strict=True))
ITEMS = ["veilig_1", "veilig_2", "veilig_3", "inzet_1", "inzet_2"]


def findings(codes):
    frame = pd.DataFrame({name: [1.0, 5.0] for name in ITEMS})
    names = {name: name for name in ITEMS}
    return said(compare_labels(Table(frame, codes=codes), BOOK, names))


def test_a_column_whose_labels_run_against_its_siblings_is_named():
    told = findings({**dict.fromkeys(ITEMS, WORDS), "veilig_2": TURNED})

    assert [text.split(":")[0] for text in told if "other way round" in text] == ["veilig_2"]


def test_labels_that_all_run_one_way_are_not_reported():
    for words in (WORDS, TURNED):
        assert not [t for t in findings(dict.fromkeys(ITEMS, words)) if "way round" in t]


def test_a_column_is_told_to_be_turned_only_once():
    meanings = {code: text.nl for code, text in BOOK.columns["veilig_1"].codes.items()}
    turned = dict(zip(meanings, reversed(meanings.values()), strict=True))

    told = findings({**dict.fromkeys(ITEMS, meanings), "inzet_1": turned})

    assert len([text for text in told if "way round" in text]) == 1


def test_a_code_without_a_label_is_told_where_ten_gave_it():
    """Of one person it would be said in public that somebody gave another answer to a question."""
    rare = {
        given: pd.DataFrame({"veilig_1": [1.0] * 40 + [7.0] * given + [9.0]}) for given in (9, 10)
    }

    told = {
        given: said(
            compare_labels(Table(frame, codes={"veilig_1": WORDS}), BOOK, {"veilig_1": "veilig_1"})
        )
        for given, frame in rare.items()
    }

    bare = {given: [t for t in texts if "no label" in t] for given, texts in told.items()}
    assert bare == {9: [], 10: ["veilig_1: 1 code in the file has no label there."]}
