"""The built-in survey: a believable WERKonderzoek whose truth is known."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.errors import SettingsError
from blijfwijzer.progress import Tell, silent
from blijfwijzer.survey.cells import code_text
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.levels import hold
from blijfwijzer.synthetic.export import spread
from blijfwijzer.synthetic.figures import load_figures
from blijfwijzer.synthetic.forms import SATISFIED_WITH, fill_in
from blijfwijzer.synthetic.opinions import draw_latents, draw_places
from blijfwijzer.synthetic.outcomes import decide_outcomes
from blijfwijzer.synthetic.questions import ask, reorganise
from blijfwijzer.synthetic.workforce import careers, invite, unit_names

CODEBOOK = "werkonderzoek-2019"
WAVES = (2019, 2022)

_REGISTERED = {"leeftijd": (0, 35, 45, 55), "dienstjaren": (0, 5, 15, 25), "opleiding": ()}
"""What the register knows, and where bands of a number begin."""
BLOCK = 200_000
"""Respondents whose forms are filled in together."""
_CLAIMS = 20
"""Marks the seed of the questions that only the claims need."""
_REGISTER = 30
"""Marks the seed of what a register knows of those who did not respond."""


@dataclass(frozen=True)
class Synthetic:
    """A survey as a file would hold it, and what is true of it."""

    blocks: tuple[pd.DataFrame, ...]
    """Forms, one per row, some hundred thousand each: columns as the codebook has them, in few
    bytes as `levels.hold` has them."""
    chances: pd.DataFrame
    """One row per respondent: the true probability of each outcome."""
    units: pd.DataFrame
    """One row per team: its sector, organisation, department and how many were invited."""
    absent: pd.DataFrame
    """One row per person who did not respond, as in `Workforce`."""
    codebook: Codebook
    seed: tuple[int, int]
    """Of the draws, and the wave."""

    @property
    def forms(self) -> int:
        """How many there are."""
        return sum(map(len, self.blocks))

    @cached_property
    def responses(self) -> pd.DataFrame:
        """One row per filled-in form; codes as in the codebook, NaN where nothing was filled in."""
        return spread(self.blocks)

    @cached_property
    def truth(self) -> pd.DataFrame:
        """One row per respondent: the true probability of each outcome, units, career variables."""
        career = [column.name for column in self.codebook.with_role("career")]
        names = [*self.codebook.units.levels, *(n for n in career if n in self.blocks[0])]
        known = self._of_respondents(["respondent", *names])
        return pd.concat([known[["respondent"]], self.chances, known[names]], axis=1)

    @cached_property
    def away(self) -> pd.DataFrame:
        """One row per person who did not respond, with what a register has of them."""
        return _register_away(self.absent, np.random.default_rng([*self.seed, _REGISTER]))

    @property
    def margins(self) -> pd.DataFrame:
        """One row per organisation, variable and code, and `people`: all of whom are invited."""
        asked = self._of_respondents(["sector", "organisatie", *_REGISTERED])
        everyone = pd.concat([asked, self.away], ignore_index=True)
        tables = []
        for name, edges in _REGISTERED.items():
            code = everyone[name].map(code_text)
            if edges:
                code = pd.cut(everyone[name], [*edges, np.inf], right=False, labels=_bands(edges))
            tables.append(everyone[["sector", "organisatie"]].assign(variable=name, code=code))
        units = ["sector", "organisatie", "variable", "code"]
        return pd.concat(tables).groupby(units).size().rename("people").reset_index()

    @property
    def population(self) -> pd.DataFrame:
        """One row per team, named as in the survey, and `people`: all of whom are invited."""
        return pd.DataFrame({**unit_names(self.units), "people": self.units["invited"]})

    def _of_respondents(self, names: list[str]) -> pd.DataFrame:
        """Give columns of the first form of each respondent; second ones stand at the end."""
        return spread([block[names] for block in self.blocks]).iloc[: len(self.chances)]


def make_survey(
    respondents: int = 40_000,
    seed: int = 2019,
    wave: int = 2019,
    figures: Path | None = None,
    tell: Tell = silent,
) -> Synthetic:
    """Make a survey; the same arguments always give the same survey.

    The true probability of each outcome is a known function of the answers (`truth`) plus an
    effect of the organisation with a standard deviation of .12 on the log odds.

    Parameters
    ----------
    respondents : people who respond; a few fill in the form twice
    wave : 2019, or 2022 with drifted margins and one renamed item
    figures : your own table of figures, see `load_figures`

    Raises
    ------
    SettingsError
        There is no such wave, or the table of figures cannot be used.
    """
    if wave not in WAVES:
        raise SettingsError(f"wave {wave}: there is none. Choose {' or '.join(map(str, WAVES))}.")
    rng = np.random.default_rng([seed, wave])
    codebook = load_codebook(CODEBOOK)
    figure = _drift(load_figures(figures)["value"], wave)
    tell("invite people and let them respond")
    invited = round(respondents * figure["invited"] / figure["respondents"])
    workforce = invite(respondents, invited, figure["mean_age"], figure["share_women"], rng)
    places = draw_places(workforce, rng)
    # Drawn apart, so that the questions of the claims change no other answer.
    rng_of_claims = np.random.default_rng([seed, wave, _CLAIMS])
    reorganised = reorganise(int(workforce.units["department"].max()) + 1, rng_of_claims)
    blocks, chances = [], []
    for start in range(0, respondents, BLOCK):
        tell(f"fill in forms: {start:,} of {respondents:,}")
        people = workforce.people.iloc[start : start + BLOCK]
        latents = draw_latents(people, places, rng)
        forms, seen = fill_in(people, latents, figure, codebook, rng)
        forms, probabilities = decide_outcomes(forms, seen, people, places, figure, rng)
        # What is not asked for again is let go of: a block is the largest thing that is held.
        del latents, seen
        forms = _spoil(forms, figure, codebook, rng)
        forms = ask(forms, people, reorganised, figure, codebook, rng_of_claims)
        number = np.arange(start + 1, start + len(people) + 1, dtype=float)
        blocks.append(_held(forms.assign(respondent=number), codebook, wave))
        chances.append(probabilities)
        del forms
    blocks = _hand_in_twice(blocks, figure["duplicates"], rng)
    return Synthetic(
        tuple(blocks),
        pd.concat(chances, ignore_index=True),
        workforce.units,
        workforce.away,
        codebook,
        (seed, wave),
    )


def _held(forms: pd.DataFrame, codebook: Codebook, wave: int) -> pd.DataFrame:
    """Hold forms in few bytes, columns as in the codebook by whichever name this wave has."""
    if wave == 2022:
        forms = forms.rename(columns={"sam_2": "samenwerking_2"})
    names = _in_order(forms, codebook)
    return pd.DataFrame({name: hold(forms[name]) for name in names}, copy=False)


def _register_away(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw education and tenure of those who did not respond, as of those who did."""
    career = careers(people, np.zeros(len(people)), rng)
    units = unit_names(people)
    return pd.DataFrame(
        {
            **{level: units[level] for level in ("sector", "organisatie")},
            "leeftijd": people["age"].astype(float),
            **{name: career[name].astype(float) for name in ("dienstjaren", "opleiding")},
        }
    )


def _bands(edges: tuple[int, ...]) -> list[str]:
    """Name bands of whole numbers as a table of margins has them."""
    inner = [f"{low}-{high - 1}" for low, high in zip(edges, edges[1:], strict=False)]
    return [*inner, f"{edges[-1]}+"]


def _drift(figure: pd.Series, wave: int) -> pd.Series:
    """Margins of 2022: more moves, more external unwanted behaviour, a tighter labour market."""
    if wave == 2019:
        return figure
    changes = {
        "internal_move_5_years": 0.05,
        "external_aggression": 0.04,
        "external_intimidation": 0.03,
        "intends_to_leave": 0.03,
        "mean_age": -0.7,
        "training_2_years": 0.02,
        "mean_prestatiegerichtheid": -0.06,
        "mean_open_en_mensgericht": 0.05,
        "satisfied_organisatie": -0.03,
    }
    return figure.add(pd.Series(changes), fill_value=0.0)


def _spoil(
    forms: pd.DataFrame, figure: pd.Series, codebook: Codebook, rng: np.random.Generator
) -> pd.DataFrame:
    """Let some tick one answer all the way down."""
    lazy = np.flatnonzero(rng.random(len(forms)) < figure["straight_lining"])
    agree = codebook.columns["psy_1"].codes
    items = [c.name for c in codebook.with_role("item") if c.codes == agree]
    ticked = rng.choice([1.0, 2.0, 3.0, 4.0, 5.0], len(lazy), p=[0.05, 0.1, 0.45, 0.3, 0.1])
    # Satisfaction has the same five places on the form, so the line runs through it too.
    items += [f"tev_{level}" for level in SATISFIED_WITH]
    forms = forms.copy(deep=False)
    forms.loc[lazy, items] = np.repeat(ticked[:, None], len(items), axis=1)
    return forms


def _hand_in_twice(
    blocks: list[pd.DataFrame], share: float, rng: np.random.Generator
) -> list[pd.DataFrame]:
    """Append a second form, with the same number, of some respondents."""
    sizes = [len(block) for block in blocks]
    count = round(sum(sizes) * share)
    again = np.sort(rng.choice(sum(sizes), count, replace=False))
    starts = np.cumsum([0, *sizes[:-1]])
    rows = [again[(again >= a) & (again < a + n)] - a for a, n in zip(starts, sizes, strict=True)]
    forms = spread([block.iloc[own] for block, own in zip(blocks, rows, strict=True)])
    return [*blocks, pd.DataFrame({name: hold(of) for name, of in forms.items()}, copy=False)]


def _in_order(responses: pd.DataFrame, codebook: Codebook) -> list[str]:
    """Columns as in the codebook, by whichever name this wave has."""
    names = [(c.name, *c.aliases) for c in codebook.columns.values()]
    return [next(n for n in options if n in responses) for options in names]
