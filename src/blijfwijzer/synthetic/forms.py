"""How people of the built-in survey fill in a form, given what they think and where they work."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.synthetic.truth import solve_shift
from blijfwijzer.synthetic.workforce import careers

SATISFIED_WITH = ("baan", "team", "organisatie")
_LOADING = 0.82
"""Share of an item that is its scale's: three items then have an alpha of about .85 before
rounding and acquiescence, and .70-.80 after."""
_ITEM_SPREAD = 0.95
_ACQUIESCENCE = 0.25
# Log odds of unwanted behaviour from outside, by sector in the order of SECTORS (assumed).
CONTACT = (-0.4, 0.1, -0.9, -0.7, 0.3, -0.3, -0.4, 1.5, 0.2, 0.4, 0.1, -0.7)


def fill_in(
    people: pd.DataFrame,
    latents: dict[str, Array],
    figure: pd.Series,
    codebook: Codebook,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fill in all but what the outcomes are made of.

    Returns
    -------
    The forms, and what the outcomes depend on: scale scores and career variables.
    """
    size = len(people)
    acquiescence = rng.normal(0, _ACQUIESCENCE, size)
    forms: dict[str, Array] = {}
    seen: dict[str, Array] = {}
    for scale in codebook.scales.values():
        if scale.name not in latents or scale.name == "tevredenheid":
            continue
        low, high = codebook.columns[scale.items[0]].span or (1.0, 5.0)
        centre, unit = figure[f"mean_{scale.name}"], (high - low) / 4
        keyed = []
        for item in scale.items:
            noise = rng.standard_normal(size)
            opinion = _LOADING * latents[scale.name] + np.sqrt(1 - _LOADING**2) * noise
            true = centre + unit * _ITEM_SPREAD * opinion
            turned = low + high - true if item in scale.reversed else true
            # Adding zero turns the minus zero that rounding can leave into zero.
            said = np.clip(np.round(turned + unit * acquiescence), low, high) + 0.0
            forms[item] = leave_out(said, figure, rng)
            known = np.where(forms[item] <= high, said, np.nan)
            keyed.append(low + high - known if item in scale.reversed else known)
        seen[scale.name] = _mean_or(keyed, centre)
    for level in SATISFIED_WITH:
        noise = rng.standard_normal(size)
        opinion = 0.80 * latents["tevredenheid"] + 0.60 * noise
        satisfied = ndtri(1 - figure[f"satisfied_{level}"])
        said = 1.0 + np.digitize(opinion, satisfied + np.array([-1.6, -0.8, 0.0, 1.3]))
        forms[f"tev_{level}"] = leave_out(said, figure, rng)
    answered = [np.where(forms[f"tev_{n}"] <= 5, forms[f"tev_{n}"], np.nan) for n in SATISFIED_WITH]
    seen["tevredenheid"] = _mean_or(answered, 3.7)
    career = careers(people.reset_index(drop=True), latents["open_en_mensgericht"], rng)
    by_manager = 3.5 + 0.45 * latents["prestatie"] + rng.normal(0, 0.6, size)
    rest: dict[str, Array] = {
        **{str(name): answers.to_numpy(dtype=float) for name, answers in career.items()},
        "prestatie_eigen": np.round(7.4 + 0.9 * latents["prestatie"]).clip(1, 10),
        "prestatie_leiding": np.round(by_manager).clip(1, 5),
        "leeftijd": people["age"].to_numpy(dtype=float),
        "geslacht": people["sex"].to_numpy(dtype=float),
        **_conduct(people, latents, figure, rng),
    }
    depended_on = [*career.columns, "prestatie_eigen", "intern_intimidatie"]
    seen |= {name: rest[name] for name in depended_on}
    # A block of all forms is the largest thing that is held, so it is not copied.
    return pd.DataFrame({**forms, **rest}, copy=False), pd.DataFrame(seen)


def leave_out(
    said: NDArray[np.floating[Any]], figure: pd.Series, rng: np.random.Generator
) -> Array:
    """Let some leave an item empty and some say that they do not know (8) or cannot (9)."""
    draw = rng.random(len(said))
    blank, unknown = figure["item_nonresponse"], figure["dont_know"]
    said = np.where(draw < blank, np.nan, said)
    said = np.where((draw >= blank) & (draw < blank + 0.8 * unknown), 8.0, said)
    return np.where((draw >= blank + 0.8 * unknown) & (draw < blank + unknown), 9.0, said)


def _mean_or(answers: list[Array], centre: float) -> Array:
    """Mean of what was answered; the centre where nothing was."""
    known = np.stack(answers)
    count = np.sum(~np.isnan(known), axis=0)
    return np.where(count > 0, np.nansum(known, axis=0) / np.maximum(count, 1), centre)


def _conduct(
    people: pd.DataFrame, latents: dict[str, Array], figure: pd.Series, rng: np.random.Generator
) -> dict[str, Array]:
    """Unwanted behaviour from outside, by the work one does, and from inside, by the climate."""
    contact = np.array(CONTACT)[people["sector"]]
    climate = 0.5 * latents["psychologische_veiligheid"] + 0.5 * latents["open_en_mensgericht"]
    inside = {
        "intern_agressie": "internal_aggression",
        "intern_pesten": "internal_bullying",
        "intern_intimidatie": "internal_intimidation",
        "discriminatie": "discrimination",
        "integriteit_gezien": "integrity_violation_seen",
    }
    outside = {
        "extern_agressie": "external_aggression",
        "extern_intimidatie": "external_intimidation",
    }
    weight = people["weight"].to_numpy()
    return {
        name: happens(margin, figure[rate], weight, rng)[0]
        for names, margin in ((outside, contact), (inside, -0.7 * climate))
        for name, rate in names.items()
    }


def happens(
    margin: Array, rate: float, weight: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw yes or no at log odds that are shifted to a weighted rate.

    Returns
    -------
    The draws, 0 or 1, and their probabilities.
    """
    shift = solve_shift(lambda s: float(np.average(expit(margin + s), weights=weight)), rate)
    chance = expit(margin + shift)
    return (rng.random(len(margin)) < chance).astype(float), chance
