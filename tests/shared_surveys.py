"""Public surveys beside this checkout, which tests use and the project never holds."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"


def shared_file(name: str) -> Path:
    """Give a public survey; a test without it is skipped, and says why."""
    if not (SHARED / name).exists():
        pytest.skip(f"the public survey {name} is not beside this checkout (../shared/data)")
    return SHARED / name
