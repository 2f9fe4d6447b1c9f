"""What is withheld is counted once, and looks withheld."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.facts import clear_withheld
from small_worlds import members


def test_people_in_several_withheld_groups_count_once():
    # An employer of sixty, its two departments, and one level of education in both.
    half = np.arange(60) < 30
    groups = members(np.ones(60), half, ~half, np.arange(60) % 3 == 0)
    reasons = pd.Series(["derivable"] * 3 + ["respondents"])

    told = clear_withheld(groups, reasons, Edge("en")).frame

    assert told["people"].tolist() == ["20–24", "60–69"]
    assert told["groups"].tolist() == [1, 3]


def test_nothing_withheld_gives_no_row():
    nothing = csr_array((0, 60), dtype=np.int8)

    assert clear_withheld(nothing, pd.Series([], dtype="str"), Edge("en")).frame.empty
