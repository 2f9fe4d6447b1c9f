"""Each sheet of a workbook says which question it answers."""

import pytest

from blijfwijzer.publish.language.catalogue import PARTS
from blijfwijzer.publish.pages.score_page import SHEETS


@pytest.mark.parametrize("sheet", SHEETS)
def test_each_sheet_of_a_report_answers_a_question(sheet):
    assert sheet in PARTS["sheet.asks"]
