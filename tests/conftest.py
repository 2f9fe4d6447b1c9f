"""Fixtures that all tests share."""

from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2019)


@pytest.fixture
def fevs_file() -> Path:
    return shared_file("fevs2018.csv.gz")


@pytest.fixture
def piaac_file() -> Path:
    return shared_file("piaac_public_employees.csv.gz")


def shared_file(name: str) -> Path:
    if not (SHARED / name).exists():
        pytest.skip(f"the public survey {name} is not beside this checkout (../shared/data)")
    return SHARED / name
