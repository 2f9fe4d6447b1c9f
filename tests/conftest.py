"""Fixtures that all tests share."""

import os
import random
import secrets
from pathlib import Path

# Two test processes on two cores: threads of libraries would only wait for each other, at full
# speed. Set before any of these libraries is loaded.
for variable, value in (("OMP_NUM_THREADS", "1"), ("OPENBLAS_NUM_THREADS", "1")):
    os.environ.setdefault(variable, value)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from shared_surveys import shared_file  # noqa: E402

KEYS = os.environ.get("KEYS", "")
"""What keys of ledgers follow from, so that a test that hangs on one fails always or never."""


def draw_keys_for(name: str) -> None:
    secrets.token_bytes = random.Random(f"{KEYS} {name}").randbytes


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef, request):
    """In whatever order tests run, and in which process."""
    draw_keys_for(f"{fixturedef.baseid} {fixturedef.argname} {request.param_index}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    draw_keys_for(item.nodeid)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2019)


@pytest.fixture
def fevs_file() -> Path:
    return shared_file("fevs2018.csv.gz")


@pytest.fixture
def piaac_file() -> Path:
    return shared_file("piaac_public_employees.csv.gz")
