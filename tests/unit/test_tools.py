"""Exports of survey tools draft a codebook with few decisions."""

import numpy as np
import pytest

from blijfwijzer.drafting.draft import draft_codebook, find_undecided
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.intake import check_survey
from exports import NINETY, TOOLS, survey


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("write", "as_text"), TOOLS)
def test_an_export_is_read_whole_and_drafted_with_at_most_ten_decisions(
    tmp_path, write, as_text, language
):
    path = write(tmp_path, language, as_text)
    table = read_table(path)
    text = draft_codebook(table, path.name.split(".")[0])
    (tmp_path / "d.toml").write_text(text, encoding="utf-8")

    codebook = load_codebook(tmp_path / "d.toml")
    intake = check_survey(path, codebook, Settings().intake)

    assert len(table.frame) == NINETY.people
    assert len(codebook.with_role("item")) == len(NINETY.cells)
    assert len(codebook.with_role("unit")) >= 1
    assert len(codebook.with_role("audit")) == 2
    assert len(find_undecided(text)) <= 10
    assert (intake.errors, len(intake.rejected)) == ((), 0)
    # Each answer is read as it was given.
    _, items = survey(language)
    names = [column.name for column in codebook.with_role("item")]
    given = items.reshape(len(NINETY.cells), NINETY.people).T.astype(float)
    np.testing.assert_array_equal(intake.responses[names].to_numpy(), given)
