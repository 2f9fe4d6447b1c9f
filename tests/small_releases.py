"""A release as `score` leaves it, made in a second, for what comes after it: vouchers and a trial."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.groups.grouping import everyone_alone
from blijfwijzer.publish.files.release_files import report_files
from blijfwijzer.release.publication import publication
from blijfwijzer.release.request import Request
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake
from governed import write_governance
from reports import make_report

SMALL = Path(__file__).parent / "assets" / "small.toml"
SECRET = "what nobody who scores may know beforehand"
PLAN = {
    "lottery": 0.5,
    "budget": 500_000,
    "cost": 1000,
    "commitment": hashlib.sha256(SECRET.encode()).hexdigest(),
}
GROUPS = 60


def write_secret(folder: Path, text: str = SECRET) -> Path:
    """Write the file of a keeper."""
    (folder / "secret.txt").write_text(text)
    return folder / "secret.txt"


def groups_of(rng: np.random.Generator) -> pd.DataFrame:
    """Make the rows of groups.parquet: organisations that differ in need."""
    names = [f"organisatie=O{i:05d}" for i in range(GROUPS)]
    rates = rng.integers(10, 40, GROUPS).astype(float)
    n = rng.integers(4, 12, GROUPS) * 10.0
    return pd.DataFrame(
        {
            "group": names,
            "label": [f"Organisation {i}" for i in range(GROUPS)],
            "level": "organisatie",
            "level_label": "Organisation",
            "kind": "unit",
            "sector_label": [f"Sector {i % 3}" for i in range(GROUPS)],
            **{"n": n, "people": n, "own_n": n, "own_people": n},
            "achterblijver_rate": rates,
            "achterblijver_low": rates - 8,
            "achterblijver_high": rates + 8,
        }
    )


def make_release(
    folder: Path,
    plan: dict | None = None,
    wave: str = "2",
    seed: int = 1,
    kind: str = "score",
    older: Callable[[dict[str, bytes]], dict[str, bytes]] = dict,
    governed: bool = True,
    **fixed: object,
) -> Path:
    """Score in `folder`/out with a ledger beside it; `seed` is of the people and their answers.

    `older` makes of its files what an earlier version would have written; `fixed` are thresholds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    thresholds = {f"acceptance.{name}": value for name, value in fixed.items()}
    governance = write_governance(folder, **thresholds) if governed else None
    settings = Settings(
        language="en", vouchers=PLAN if plan is None else plan, governance=governance
    )
    rng = np.random.default_rng(seed)
    book = load_codebook(SMALL)
    answers = {
        name.name: rng.permutation(4000)[:400].astype(float) for name in book.columns.values()
    }
    responses = pd.DataFrame({**answers, "weight": 1.0})
    digest = hashlib.sha256(responses.to_numpy().tobytes()).hexdigest()
    intake = Intake(
        Held.of(responses), pd.DataFrame({"row": [], "reasons": []}), (), (), digest, "w.csv"
    )
    table = io.BytesIO()
    groups_of(np.random.default_rng(7)).to_parquet(table)
    files = {
        "groups.parquet": table.getvalue(),
        "groups.csv": b"group\n",
        "rejected.csv": b"reason\n",
        **report_files(make_report("en", groups=4, flagged=2)),
    }
    origin = {"survey_sha256": digest, "settings": settings.model_dump_json()}
    request = Request(kind, book, settings, wave, ("rate:achterblijver",), origin, {"wave": wave})
    counts = {"forms": 400, "accepted": 400, "refused": 0, "shown": GROUPS, "withheld": 0}
    with publication(folder / "out", request, folder / "ledger") as release:
        release.admit(intake, everyone_alone(responses), {})
        release.publish(older(files), counts, needs=["achterblijver"])
    return folder / "out"
