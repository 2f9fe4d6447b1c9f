"""Small questionnaires for tests: scales of agree-disagree items, and answers with one factor."""

import numpy as np
import pandas as pd

from blijfwijzer.survey.codebook import Codebook

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
