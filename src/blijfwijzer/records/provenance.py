"""Where a result comes from: hashes, versions, commit."""

import hashlib
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from blijfwijzer import __version__
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook

# Those that figures come from; what an extra brings changes none, and may not be there.
_LIBRARIES = ("lightgbm", "scikit-learn", "numpy", "pandas", "scipy")


def provenance(survey_sha256: str, codebook: Codebook, settings: Settings) -> dict[str, str]:
    """Give all that a result was made from; equal input gives equal values."""
    return {
        "survey": f"{codebook.survey.name}-{codebook.survey.wave}",
        "survey_sha256": survey_sha256,
        "codebook_sha256": _hash(codebook.model_dump_json()),
        "settings_sha256": _hash(settings.model_dump_json()),
        "blijfwijzer": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _commit() -> str:
    """Give the commit of this package's own checkout, or say that it has none."""
    here = Path(__file__).resolve().parent
    try:
        found = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "none"
    return found.stdout.strip() if found.returncode == 0 else "none"
