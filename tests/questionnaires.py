"""Questionnaires for tests: scales with one factor, the small survey, waves of the built-in one."""

from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import CODEBOOK as BUILT_IN
from blijfwijzer.synthetic.survey import make_survey

SMALL = Path(__file__).parent / "assets" / "small.toml"
_AGREE = {str(code): str(code) for code in range(1, 6)}


def questionnaire(scales, reverse=(), options=_AGREE):
    """A codebook with these scales (name -> items), sectors, organisations and teams."""
    items = {
        name: {"label": name, "role": "item", "codes": options, "absent": "missing"}
        for scale in scales.values()
        for name in scale
    }
    units = {name: {"label": name, "role": "unit"} for name in ("sector", "organisatie", "team")}
    return Codebook.model_validate(
        {
            "survey": {
                "name": "vragen",
                "wave": "1",
                "label": "vragen",
                "population": "nobody",
                "purpose": "testing",
            },
            "constructs": {"cultuur": "cultuur"},
            "columns": items | units | {"gewicht": {"label": "gewicht", "role": "weight"}},
            "scales": {
                name: {
                    "label": name,
                    "construct": "cultuur",
                    "items": of,
                    "reversed": [item for item in of if item in reverse],
                }
                for name, of in scales.items()
            },
            "units": {"levels": ["sector", "organisatie", "team"], "cluster": "organisatie"},
            "weight": {"column": "gewicht"},
        }
    )


def answer(factor, loadings, rng, borders=(-1.5, -0.7, 0.2, 1.1)):
    """Ordered answers of 1-5 to items that one factor is behind."""
    loadings = np.asarray(loadings)
    noise = rng.standard_normal((len(factor), len(loadings))) * np.sqrt(1 - loadings**2)
    return 1.0 + np.digitize(factor[:, None] * loadings + noise, borders)


def workplaces(rng, organisations=40, teams=4, people=8, shares=(0.1, 0.15), sectors=4):
    """Units of respondents, a weight, and a factor that organisations and teams share."""
    count = organisations * teams
    organisation = np.repeat(np.arange(organisations), teams)
    team = np.repeat(np.arange(count), people)
    factor = (
        np.sqrt(shares[0]) * rng.standard_normal(organisations)[organisation[team]]
        + np.sqrt(shares[1]) * rng.standard_normal(count)[team]
        + np.sqrt(1 - sum(shares)) * rng.standard_normal(len(team))
    )
    responses = pd.DataFrame(
        {
            "sector": np.char.add("S", (organisation[team] % sectors).astype(str)),
            "organisatie": np.char.add("O", organisation[team].astype(str)),
            "team": np.char.add("T", team.astype(str)),
            "weight": rng.uniform(0.5, 2, len(team)),
        }
    )
    return responses, factor


def small_survey(rng, rows, **columns):
    """Answers at random to the questionnaire of assets/small.toml, but for some columns."""
    items = [column.name for column in load_codebook(SMALL).with_role("item")]
    frame = pd.DataFrame(
        {
            "id": np.arange(rows),
            "sector": rng.choice(["rijk", "gemeente"], rows),
            "organisatie": rng.integers(0, 20, rows).astype(str),
            "gewicht": rng.uniform(0.5, 2, rows),
            **{name: rng.integers(1, 6, rows) for name in items},
            "dienstjaren": rng.integers(0, 40, rows),
            "opleiding": rng.choice(["laag", "midden", "hoog"], rows),
            "contract": rng.choice(["vast", "tijdelijk"], rows),
            "afspraak": rng.integers(0, 2, rows),
            "scholing": rng.integers(0, 2, rows),
            "vertrek": rng.integers(1, 6, rows),
            "leeftijd": rng.integers(20, 65, rows),
        }
    )
    return frame.assign(**columns)


def built_in_wave(folder, respondents, wave):
    """Read a wave of the built-in survey from a file, as a user's."""
    codebook = load_codebook(BUILT_IN)
    write_survey(make_survey(respondents, 7, wave).responses, codebook, folder / f"{wave}.parquet")
    intake = read_survey(folder / f"{wave}.parquet", codebook, Settings().intake)
    return intake.responses.reset_index(drop=True)
