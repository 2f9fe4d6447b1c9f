"""Drafts: whatever the file, the codebook loads, guesses modestly, and tells no answer."""

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blijfwijzer.drafting.draft import draft_codebook
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.table import Table

UNITS = pd.Series([f"t{i % 7}" for i in range(60)])


def draft(folder, frame, name="mine", **told):
    table = Table(frame.assign(afdeling=UNITS[: len(frame)]), **told)
    path = folder / "draft.toml"
    path.write_text(draft_codebook(table, name), encoding="utf-8")
    return load_codebook(path), path.read_text(encoding="utf-8")


COLUMNS = st.one_of(
    st.lists(st.integers(-2, 8), min_size=60, max_size=60),
    st.lists(st.floats(-1e12, 1e12), min_size=60, max_size=60),
    st.lists(st.sampled_from(["a", "b\n", 'c"', "d\\", "é", "weet niet", ""]), min_size=60,
             max_size=60),
    st.just([None] * 60),
    st.just([True, False] * 30),
)  # fmt: skip


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8).filter(lambda name: name != "afdeling"),
        COLUMNS,
        min_size=1,
        max_size=5,
    ),
    st.text(max_size=10),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_draft_of_any_table_loads(tmp_path, columns, name):
    frame = pd.DataFrame(columns)
    frame["vraag_1"] = [1, 2, 3, 4] * 15

    book, _ = draft(tmp_path, frame, name)

    assert set(book.columns) == set(map(str, frame.columns)) | {"afdeling"}
