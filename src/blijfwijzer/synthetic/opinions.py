"""What people of the built-in survey think: part theirs, part their team's and organisation's."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.survey.arrays import Array
from blijfwijzer.synthetic.workforce import Workforce

# Latent correlations (notes, B.5): chosen inside published meta-analyses; the attitudes come
# first because response depends on satisfaction.
_LATENTS = (
    *("tevredenheid", "betrokkenheid", "bevlogenheid"),
    *("psychologische_veiligheid", "open_en_mensgericht", "prestatiegerichtheid", "leervermogen"),
    *("samenwerking", "externe_orientatie", "missiegedrevenheid", "ruimte_professional"),
    *("regeldruk", "prestatie"),
)
_CORRELATIONS = """
.62
.58 .58
.48 .42 .36
.50 .46 .36 .68
.36 .38 .32 .45 .55
.42 .42 .36 .65 .60 .52
.40 .40 .34 .58 .58 .50 .58
.30 .32 .28 .42 .48 .52 .52 .50
.36 .42 .38 .48 .52 .55 .52 .50 .55
.42 .36 .40 .50 .50 .40 .48 .42 .40 .42
-.30 -.24 -.20 -.28 -.32 -.22 -.28 -.26 -.20 -.22 -.35
.25 .22 .33 .12 .10 .18 .12 .10 .10 .14 .16 -.05
"""
_ORGANISATION_SHARE, _TEAM_SHARE = 0.05, 0.12
_ORGANISATION_EFFECT = 0.12
"""Standard deviation of what an organisation adds to the log odds of each outcome."""


@dataclass(frozen=True)
class Places:
    """What units add to those who work there."""

    organisation: Array
    """One row per organisation, one column per latent."""
    team: Array
    effects: Array
    """One row per organisation: what it adds to the log odds of leaving, agreement, training
    and moves."""


def draw_places(workforce: Workforce, rng: np.random.Generator) -> Places:
    """Draw what each organisation and team adds."""
    root = _root()
    organisations = int(workforce.units["organisation"].max()) + 1
    teams = int(workforce.units["team"].max()) + 1
    of_organisation = rng.standard_normal((organisations, len(_LATENTS))) @ root.T
    of_team = rng.standard_normal((teams, len(_LATENTS))) @ root.T
    return Places(
        of_organisation * np.sqrt(_ORGANISATION_SHARE),
        of_team * np.sqrt(_TEAM_SHARE),
        rng.normal(0.0, _ORGANISATION_EFFECT, (organisations, 4)),
    )


def _root() -> Array:
    """Cholesky root of the latents' correlations."""
    correlation = np.eye(len(_LATENTS))
    for row, line in enumerate(_CORRELATIONS.split("\n")[1:-1], start=1):
        correlation[row, :row] = [float(value) for value in line.split()]
    correlation = np.tril(correlation) + np.tril(correlation, -1).T
    return np.asarray(np.linalg.cholesky(correlation), dtype=np.float64)


def draw_latents(
    people: pd.DataFrame, places: Places, rng: np.random.Generator
) -> dict[str, Array]:
    """Draw what people think, part theirs, part their team's and organisation's."""
    own = rng.standard_normal((len(people), len(_LATENTS)))
    # Satisfaction is the one that response depended on; the others follow from it.
    own[:, 0] = people["satisfaction"]
    share = 1 - _ORGANISATION_SHARE - _TEAM_SHARE
    latents = np.sqrt(share) * own @ _root().T
    latents += places.organisation[people["organisation"]] + places.team[people["team"]]
    return dict(zip(_LATENTS, latents.T, strict=True))
