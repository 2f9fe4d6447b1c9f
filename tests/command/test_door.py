"""The Python door: light to import, and what its page teaches runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import blijfwijzer as bw

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
HEAVY = ("pandas", "numpy", "sklearn", "lightgbm", "mlflow", "matplotlib", "scipy")


def test_importing_the_door_imports_nothing_heavy():
    code = f"import sys, blijfwijzer; print([m for m in {HEAVY} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_each_name_of_the_door_is_there_and_documented():
    assert [name for name in bw.__all__ if not getattr(bw, name).__doc__] == []
    assert set(bw.__all__) <= set(dir(bw))


def test_a_name_that_the_door_lacks_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'guess'"):
        bw.guess  # noqa: B018


def test_a_room_does_not_hide_the_verb_of_its_name():
    from blijfwijzer.claims.register import CLAIMS

    assert CLAIMS
    assert bw.claims.__module__ == "blijfwijzer.runs.door"


def test_each_name_of_the_door_stands_on_its_page():
    text = PAGE.read_text(encoding="utf-8")

    assert [name for name in bw.__all__ if f"bw.{name}" not in text and name != "Codebook"] == []


def test_what_the_page_teaches_runs(tmp_path, monkeypatch):
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S))
    monkeypatch.chdir(tmp_path)
    names = {}

    exec(compile(code, str(PAGE), "exec"), names)

    assert (tmp_path / "out/2022/vouchers.csv").exists()
    assert (tmp_path / "out/climate/report.html").exists()
    groups = names["release"].tables["groups"]
    assert len(groups) and not [c for c in groups if "respondent" in c.lower()]


def test_nothing_is_shown_before_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bw.synthesise("w.parquet", 1500)

    bw.claims("w.parquet", "werkonderzoek-2019", only=["H6"])

    assert [path.name for path in tmp_path.iterdir()] == ["w.parquet"]
