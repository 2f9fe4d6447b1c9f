"""Questions of the built-in survey that only the policy's claims need.

They are answered after everything else and from a generator of their own, so that no other answer
depends on whether they are asked. Each is a known function of what was answered before: that is
the truth that `studies.claim_truths` tells.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concepts import CULTURE
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.synthetic.forms import CONTACT, happens, leave_out

LONG_SERVICE = 20
"""Years from which the little educated get less of everything (claims H7, H8)."""
TAKE_UP = 0.85
"""Share of those offered training who take it, whoever they are (claim H8b)."""
OWN_INITIATIVE = 0.05
"""Share of those who trained to whom nothing was offered."""
_REORGANISED_DEPARTMENTS = 0.6
"""Standard deviation between departments of the log odds of a reorganisation."""
_AGREEING = np.array([-1.9, -0.9, 0.0, 1.2])
"""Cuts between the five answers around that of agreeing, in standard deviations."""
_NOT_APPLICABLE = 9.0


def reorganise(departments: int, rng: np.random.Generator) -> Array:
    """Draw what each department adds to the log odds of having been reorganised."""
    return rng.normal(0.0, _REORGANISED_DEPARTMENTS, departments)


def ask(
    forms: pd.DataFrame,
    people: pd.DataFrame,
    reorganised: Array,
    figure: pd.Series,
    codebook: Codebook,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Answer the questions of the claims.

    Parameters
    ----------
    forms : one row per respondent, with all other answers, codes of missing ones included
    people : same rows, as in `Workforce`
    reorganised : one per department, as `reorganise` gives

    Returns
    -------
    The forms with the answers added.
    """
    scales = score_scales(_known_answers(forms, codebook, of_scales=True), codebook)
    known = _known_answers(forms, codebook, of_scales=False)
    weight = people["weight"].to_numpy()
    size = len(forms)

    def normal(name: str, centre: float, spread: float) -> Array:
        values = scales[name] if name in scales else known[name]
        return np.asarray(((values - centre) / spread).fillna(0.0).clip(-3, 3), dtype=float)

    def says_yes(margin: Array, rate: str) -> Array:
        said = happens(margin, float(figure[rate]), weight, rng)[0]
        return leave_out(said, figure, rng)

    def agrees(opinion: Array, rate: str) -> Array:
        """Answer on a scale of agreement, given a standard normal opinion."""
        said = 1.0 + np.digitize(opinion, ndtri(1 - float(figure[rate])) + _AGREEING)
        return leave_out(said, figure, rng)

    def opinion(share: float, of: Array) -> Array:
        return np.asarray(share * of + np.sqrt(1 - share**2) * rng.standard_normal(size))

    leaves = np.asarray(known["vertrek"] >= 4, dtype=float)
    performance = normal("prestatie_leiding", 3.5, 0.8)
    safety = normal("psychologische_veiligheid", 3.6, 0.75)
    culture = np.mean([normal(name, 3.5, 0.75) for name in CULTURE], axis=0) / 0.75
    wellbeing = normal("bevlogenheid", 4.0, 1.2) + normal("tevredenheid", 3.8, 0.75)
    manages = (known["leidinggevende"] == 1).to_numpy()
    trained = (known["scholing"] == 1).to_numpy()
    low = (known["opleiding"] == 1).to_numpy()
    employable = normal("inzetbaarheid", 3.4, 0.65)
    # How much of each thing that someone does about their market value (claim H10).
    acts = known[["scholing", "ontwikkelafspraak"]].sum(axis=1) + (known["interne_stappen"] > 0)
    active = np.asarray((acts.to_numpy(dtype=float) - 1.4) / 0.9, dtype=np.float64)
    # What makes for contact with citizens, in log odds: the sector, and what they did.
    met = known["extern_agressie"].fillna(0) + known["extern_intimidatie"].fillna(0)
    contact = 0.5 * np.array(CONTACT)[people["sector"]] + 1.1 * met.to_numpy(dtype=float)
    encourages = says_yes(np.zeros(size), "manager_encourages")
    answers = {
        "klantcontact": _often(contact, figure, rng),
        "wil_scholing": says_yes(1.2 * trained - 0.3 * low, "wanted_training"),
        "scholing_aangeboden": leave_out(_offered(known, trained, low, weight, rng), figure, rng),
        "eigen_marktwaarde": agrees(opinion(0.12, active), "own_market_value"),
        "hr_instrument": says_yes(_helped(culture, employable, leaves), "used_hr_instrument"),
        "reorganisatie": says_yes(
            reorganised[people["department"]]
            - 0.25 * wellbeing
            - 0.20 * performance
            + 0.25 * leaves,
            "reorganised",
        ),
        "onder_aangesproken": agrees(
            opinion(0.25, 2.5 * (manages.astype(np.float64) - 0.08)), "underperformance_corrected"
        ),
        "uitblinken_meer_werk": agrees(opinion(0.15, performance), "excellence_more_work"),
        "prestatie_belonen": agrees(opinion(0.15, performance), "performance_rewarded"),
        "gedragsregels": agrees(opinion(0.10, safety), "rules_clear"),
        "omgangsbeleid": agrees(opinion(0.10, safety), "policy_enough"),
        "moedigt_aan": np.where(manages, encourages, _NOT_APPLICABLE),
    }
    return forms.assign(**answers)


def _helped(culture: Array, employable: Array, leaves: Array) -> Array:
    """Give what goes with having used an instrument, in log odds.

    It lowers the log odds of wanting to leave by 1 in a good culture (+1), by nothing in a poor one
    (-1).
    """
    works = np.clip((culture + 1.0) / 2.0, 0.0, 1.5)
    return np.asarray(works * (0.35 * employable - 1.0 * (leaves - 0.18)))


def _known_answers(forms: pd.DataFrame, codebook: Codebook, *, of_scales: bool) -> pd.DataFrame:
    """Answers to items of scales, or to the rest, as numbers; codes of missing ones as missing."""
    items = {item for scale in codebook.scales.values() for item in scale.items}
    return pd.DataFrame(
        {
            name: forms[name].where(~forms[name].isin([float(code) for code in column.missing]))
            for name, column in codebook.columns.items()
            if column.role in ("item", "career", "outcome")
            and (name in items) == of_scales
            and name in forms
        },
        copy=False,
    )


def _often(margin: Array, figure: pd.Series, rng: np.random.Generator) -> Array:
    """Draw contact that is rare (1), weekly (2) or daily (3), from cuts in a noisy margin."""
    latent = margin + rng.logistic(size=len(margin))
    daily = float(figure["daily_client_contact"])
    cuts = np.quantile(latent, [max(0.0, 1 - 2 * daily), 1 - daily])
    return leave_out(1.0 + np.digitize(latent, cuts), figure, rng)


def _offered(
    known: pd.DataFrame,
    trained: NDArray[np.bool_],
    low: NDArray[np.bool_],
    weight: Array,
    rng: np.random.Generator,
) -> Array:
    """Draw who was offered training, so that the same share takes up an offer in each group.

    With P(trained) = p and P(offered | trained) = 1 - o, take-up t means that P(offered) is
    (1 - o) p / t, which fixes the chance of an offer of those who did not train.
    """
    group = low * 2 + (known["dienstjaren"] >= LONG_SERVICE).to_numpy()
    total = np.bincount(group, weights=weight, minlength=4)
    rate = np.bincount(group, weights=weight * trained, minlength=4) / np.maximum(total, 1e-12)
    unmet = (1 - OWN_INITIATIVE) * rate * (1 / TAKE_UP - 1) / np.maximum(1 - rate, 1e-12)
    chance = np.where(trained, 1 - OWN_INITIATIVE, np.minimum(unmet, 1.0)[group])
    return (rng.random(len(known)) < chance).astype(float)
