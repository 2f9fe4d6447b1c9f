"""A small survey whose outcome follows from its answers, and models of it that were trained on it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.drivers.contributions import finish
from blijfwijzer.files import write_files
from blijfwijzer.records.model_folder import Learnt, model_files
from blijfwijzer.release.overlap import identify_trained
from blijfwijzer.risk.training import fit, prepare
from blijfwijzer.risk.waves import learn_reference
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from questionnaires import SMALL, small_survey

BOOK = load_codebook(SMALL)
TARGET = "vertrekintentie"
PLANTED = 53.170943
"""Years of service of one person, which nothing that is written may hold."""
QUICK = {"bootstraps": 50}
SETTINGS = Settings(
    language="en", evaluation=QUICK, drivers=QUICK, flags=QUICK, tracking={"enabled": False}
)


def driven_survey(seed, rows=1200, organisations=0):
    """Forms of which the outcome goes with two items; organisations count from a number on."""
    rng = np.random.default_rng(seed)
    frame = small_survey(rng, rows)
    pull = 0.9 * (3 - frame["veilig_1"]) + 0.5 * (3 - frame["inzet_1"]) + rng.normal(0, 1, rows)
    frame["vertrek"] = np.clip(np.rint(3 + pull), 1, 5).astype(int)
    frame["organisatie"] = (frame["organisatie"].astype(int) + organisations).astype(str)
    frame["dienstjaren"] = frame["dienstjaren"].astype(float)
    frame.loc[7, "dienstjaren"] = PLANTED
    return frame


def write_survey(frame, path):
    frame.to_csv(path, index=False)
    return path


def settings_of(kind, **changed):
    return SETTINGS.model_copy(
        update={"model": SETTINGS.model.model_copy(update={"candidates": (kind,)}), **changed}
    )


def train_small(survey, folder, settings, target=TARGET, told=None, findings=()):
    """Write a model folder as a training does, without its page.

    Parameters
    ----------
    findings : of checks, as its folder has them
    told : settings that the folder says it was trained with, where it lies
    """
    intake = read_survey(survey, BOOK, settings.intake)
    scales = score_scales(intake.responses, BOOK)
    made_from = prepare(intake.responses, scales, BOOK, BOOK.outcomes[target], settings)
    selection = fit(made_from).selection
    task = made_from.task
    model = finish(selection.champion, task.frame, task.weight)
    with open_ledger(
        folder.parent.parent / "ledger" / BOOK.survey.name, BOOK.survey.name
    ) as ledger:
        known = ledger.identify(intake.sha256)
        trained = identify_trained(ledger, made_from.units)
    learnt = Learnt(
        model,
        BOOK,
        SMALL.read_text(encoding="utf-8"),
        told or settings,
        {"overall": {}},
        learn_reference(task.frame, task.schema, task.weight, 10),
        pd.DataFrame(columns=["effect", "se", "between"], dtype=float),
        known,
        trained=trained,
        findings=findings,
    )
    write_files(folder, model_files(learnt, {}, folder))
    return replace(selection, champion=model), made_from
