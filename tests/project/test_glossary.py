"""The glossary: a table of words, each of which the code speaks."""

import ast
import re
from pathlib import Path

import blijfwijzer

SOURCE = Path(blijfwijzer.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"
AVOIDED = {"cause", "causes", "impact", "objective", "unbiased"}


def rows() -> list[list[str]]:
    """Cells of each row below the headings."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "|" in line]
    return [[cell.strip() for cell in re.split(r"(?<!`)\|", line)[1:-1]] for line in lines[2:]]


def public_names() -> set[str]:
    """Names of modules, and of the classes, functions, fields and parameters that they show."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        found.add(path.stem)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return {name for name in found if not name.startswith("_")}


def spoken() -> str:
    """Public names as words, and texts in the code, in small letters."""
    names = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name) for name in public_names()]
    texts = [
        node.value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return " ".join(" ".join([*names, *texts]).lower().split())


def test_the_glossary_is_one_table_of_three_columns():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    table = [place for place, line in enumerate(lines) if line.startswith("|")]

    assert table == list(range(table[0], table[-1] + 1))
    assert len(table) > 60
    assert {len(row) for row in rows()} == {3}
    assert all(all(row) for row in rows())


def test_a_word_stands_in_the_glossary_once():
    terms = [row[0] for row in rows()]

    assert sorted(terms) == sorted(set(terms))


def test_each_word_of_the_glossary_is_spoken_by_the_code():
    text = spoken()

    words = {
        word
        for row in rows()
        for word in re.findall(r"[a-z0-9]{3,}", row[0].lower())
        if word not in text
    }
    assert words == set()


def test_no_public_name_claims_a_cause():
    words = {
        word
        for name in public_names()
        for word in re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    }

    assert words & AVOIDED == set()
