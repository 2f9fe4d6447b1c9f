import numpy as np
import pytest
from scipy.sparse import csr_array

from blijfwijzer.disclosure import blocks as blocks_module
from blijfwijzer.disclosure.blocks import find_blocks
from blijfwijzer.disclosure.certificate import certify

# Everyone, who gave the answer, and two units by it; cells are unit by answer and the rest.
GROUPS = [
    [1, 1, 1, 1, 1],
    [1, 0, 1, 0, 0],
    [1, 1, 0, 0, 0],
    [1, 0, 0, 0, 0],
    [0, 0, 1, 1, 0],
    [0, 0, 1, 0, 0],
]
SIZES = np.array([100, 45, 40, 20, 60, 25])
IS_WIDE = np.array([True, True, False, False, False, False])


@pytest.fixture(autouse=True)
def _each_block_apart(monkeypatch):
    monkeypatch.setattr(blocks_module, "_FEWEST_CELLS", 1)


def cells_of(found):
    return [part.cells.tolist() for part in found.parts]


def test_units_with_all_groups_of_wide_ones_are_blocks_and_the_rest_has_what_is_left():
    found = find_blocks(csr_array(GROUPS), SIZES, IS_WIDE)

    assert cells_of(found) == [[0, 1], [2, 3], [4]]
    assert found.parts[-1].groups.tolist() == [0, 1]
    assert found.parts[-1].sizes.tolist() == [0, 0]
    assert sorted(found.stand_ins) == [(0, 2), (0, 4), (1, 3), (1, 5)]


def test_a_unit_of_which_a_part_is_not_told_hangs_together_with_the_rest():
    told = [0, 1, 2, 3, 4]

    found = find_blocks(csr_array(np.array(GROUPS)[told]), SIZES[told], IS_WIDE[told])

    assert cells_of(found) == [[0, 1], [2, 3, 4]]
    assert found.parts[-1].groups.tolist() == [0, 1, 4]
    assert found.parts[-1].sizes.tolist() == [60, 25, 60]


@pytest.mark.parametrize("told", [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4], [0, 2, 3, 5], [0, 1, 4]])
def test_populations_of_blocks_together_have_every_size_and_prove_as_much(told):
    rows, sizes = csr_array(np.array(GROUPS)[told]), SIZES[told]

    apart = certify(rows, sizes, 10, find_blocks(rows, sizes, IS_WIDE[told]))

    together = certify(rows, sizes, 10)
    assert apart.worlds
    for world in apart.worlds:
        assert (world.numbers >= 0).all()
        assert (rows @ world.numbers == sizes * world.denominator).all()
    assert apart.unserved.tolist() == together.unserved.tolist()
    assert apart.empty.tolist() == together.empty.tolist()
    if len(apart.empty):
        over = rows.T @ apart.multipliers.numbers
        assert (over >= 0).all()
        assert (over[apart.empty] > 0).all()
        assert sizes @ apart.multipliers.numbers == 0


def test_a_block_without_a_population_leaves_nothing_proven():
    sizes = SIZES.copy()
    sizes[3] = 41  # More than the unit has.

    found = certify(csr_array(GROUPS), sizes, 10, find_blocks(csr_array(GROUPS), sizes, IS_WIDE))

    assert not found.worlds
    assert len(found.unserved) + len(found.empty) == 5
