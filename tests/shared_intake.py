"""What tests of examples and of properties share: intake."""

from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake, check_survey
from questionnaires import small_survey
from reports import said

SMALL = Path(__file__).parent / "assets" / "small.toml"


BOOK = load_codebook(SMALL)


INTAKE = Settings().intake


def make_survey(rows=300, seed=1):
    return small_survey(np.random.default_rng(seed), rows)


def lone_intake(rng, people):
    """People of whom no two gave an answer alike, so that each is known from all others."""
    names = [column.name for column in BOOK.columns.values()]
    answers = {name: rng.permutation(10 * people)[:people].astype(float) for name in names}
    responses = pd.DataFrame({**answers, "weight": 1.0})
    return Intake(
        Held.of(responses), pd.DataFrame({"row": [], "reasons": []}), (), (), "abc", "w.csv"
    )


def labelled(tmp_path, **changes):
    import pyreadstat

    labels = {
        "1": "Helemaal mee oneens",
        "2": "Mee oneens",
        "3": "Neutraal",
        "4": "Mee eens",
        "5": "Helemaal mee eens",
        "8": "weet niet",
        "9": "n.v.t.",
    }
    labels = {float(code): text for code, text in {**labels, **changes}.items() if text}
    frame = make_survey().drop(columns=["sector", "opleiding", "contract"])
    frame["sector"], frame["opleiding"], frame["contract"] = "rijk", "laag", "vast"
    path = tmp_path / "labelled.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels={"veilig_1": labels})
    return said(check_survey(path, BOOK, INTAKE).remarks)
