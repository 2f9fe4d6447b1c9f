"""What an organisation has settled before anything of a survey may be used: `governance.toml`.

Purpose, legal basis, consent and the thresholds that a result must meet stand in one file, which
commands obey. Its texts come from others and are shown on pages and sheets, so that none may hold
markup or begin as a formula does.
"""

import json
import tomllib
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from blijfwijzer.errors import GovernanceError, refuse_toml
from blijfwijzer.files import hash_bytes
from blijfwijzer.survey.texts import Text, as_seen

FILE = "governance.toml"
"""What it is called, beside a codebook or among models."""
Use = Literal["vouchers", "culture", "retention policy"]
"""What results may be for: offers of training, how it is to work somewhere, policy on leaving."""
NEVER = ("appraisal", "dismissal", "selection of persons")
"""Uses that each file must forbid: results are about groups, and uncertain of each person."""
_MEND = "Mend them; docs/governance.md explains each key."
LEAST_LOG_DAYS = 183
"""Six months, the least that a deployer keeps logs (Regulation (EU) 2024/1689, Art. 26(6))."""
_LARGEST = 256 * 1024
"""Bytes of a file; one that is written by people is far smaller."""
_LONGEST = 2_000
"""Characters of a text."""


def plain_text(text: str) -> str:
    r"""Refuse a text that a page or a sheet could take for more than text.

    >>> plain_text("  Directie HR ")
    'Directie HR'
    """
    plain = as_seen(text).strip()
    if "<" in plain or ">" in plain:
        raise ValueError("holds < or >; write plain text without markup")
    if plain[:1] in tuple("=+-@"):
        raise ValueError("begins as a formula does (= + - @); write plain text")
    if not plain or plain.lower().startswith("decide:"):
        raise ValueError("is not decided yet; write it, or leave the key out where that is allowed")
    return plain


Phrase = Annotated[str, Field(max_length=_LONGEST), AfterValidator(plain_text)]
"""A plain text, of a few sentences at most."""
Day = Annotated[date, Field(strict=True)]
"""A date of TOML, without quotes: 2027-12-31."""


class Clause(BaseModel):
    """A part of the file; keys that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Words(Text):
    """A text in Dutch and English, as in a codebook, that pages and sheets take for no more."""

    nl: Phrase
    en: Phrase


class Organisation(Clause):
    """Who answers for the use of the survey."""

    name: Words
    owner: Words
    """Who is responsible: a role, such as the director of personnel."""
    contact: Words
    """Who answers questions."""
    object: Words
    """Where employees and the works council object."""


class Purpose(Clause):
    """What the survey is for, as its respondents were told."""

    aim: Words
    told: Words
    """What respondents were told of the use of their answers, before they answered."""
    allowed: tuple[Use, ...] = Field(min_length=1)
    """What results may be for."""
    forbidden: tuple[Phrase, ...] = NEVER
    """What they may never be used for; those of `NEVER` among these."""

    @model_validator(mode="after")
    def _forbids_what_must_be(self) -> "Purpose":
        lacking = [use for use in NEVER if use not in self.forbidden]
        if lacking:
            raise ValueError(f"forbidden lacks {', '.join(lacking)}, which may never be allowed")
        both = sorted(set(self.allowed) & set(self.forbidden))
        if both:
            raise ValueError(f"{', '.join(both)} is allowed and forbidden at once")
        return self


class LegalBasis(Clause):
    """By what law answers may be used so."""

    law: Words
    """The article, such as GDPR Art. 6(1)(e) with the law that gives the task."""
    why: Words
    """Why it bears this use, and why less would not do."""


class Consent(Clause):
    """Of the works council (WOR 27(1)(k) and (l))."""

    date: Day
    reference: Words
    """Where the decision can be found."""


class Assessment(Clause):
    """Of the effects on people, as it was made and concluded."""

    date: Day
    reference: Words
    conclusion: Words


class Acceptance(Clause):
    """What a result must meet to be used, fixed before there is one (AI Act, Art. 9(8))."""

    slope_error: float = Field(gt=0, le=0.5)
    """By how much the calibration slope of a model may differ from 1, at most."""
    fairness: Literal["missed", "selected"]
    """What may not differ between people: the share of those in need who are offered nothing, or
    the share who are offered something."""
    fairness_margin: float = Field(gt=0, lt=1)
    """By how much that may surely differ between the groups of an attribute, at most."""
    power: float = Field(ge=0, lt=1)
    """Least power of a lottery to find the expected effect."""
    exclusion: float = Field(gt=0, le=1)
    """Largest share of people in need who are offered nothing."""
    why: Words
    """Why these, and who was heard."""

    @cached_property
    def sha256(self) -> str:
        """Hash of the thresholds; what is said of them may be said better later."""
        return _hash(self, exclude={"why"})


class Retention(Clause):
    """How long what is kept, in days."""

    answers_days: int = Field(ge=1, le=36_500)
    """Files of the survey."""
    results_days: int = Field(ge=1, le=36_500)
    """Models, pages and tables."""
    logs_days: int = Field(ge=LEAST_LOG_DAYS, le=36_500)


class Governance(Clause):
    """All that an organisation settled about the use of one survey."""

    survey: Phrase
    """Name of the survey in its codebook: leave for one is no leave for another."""
    expiry: Day
    """Last day on which anything may be made by it."""
    organisation: Organisation
    purpose: Purpose
    basis: LegalBasis
    decided_by: Words
    """Who decides on offers: a role. What is computed is advice."""
    acceptance: Acceptance
    retention: Retention
    consent: Consent | None = None
    """None while the works council has not consented; pages then say so."""
    dpia: Assessment | None = None
    """Data protection impact assessment."""
    iama: Assessment | None = None
    """Impact assessment of human rights and algorithms."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Governance":
        late = [n for n, one in self.settlements.items() if one and one.date > self.expiry]
        if late:
            raise ValueError(f"{', '.join(late)}: dated after the expiry of this file")
        return self

    @property
    def settlements(self) -> dict[str, Consent | Assessment | None]:
        """What others settled on a date of their own; None of what is not there yet."""
        return {"consent": self.consent, "dpia": self.dpia, "iama": self.iama}

    @cached_property
    def sha256(self) -> str:
        """Hash of all that it says, however the file is laid out."""
        return _hash(self)

    @property
    def unsettled(self) -> tuple[str, ...]:
        """What is not there yet, of what need not be there for results to be made."""
        return tuple(name for name, one in self.settlements.items() if one is None)


def read_governance(path: Path) -> Governance:
    """Read a governance file.

    Raises
    ------
    GovernanceError
        It is missing, too large, no TOML, or says too little, too much or what contradicts itself;
        all faults at once. What it says is not repeated.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise GovernanceError(
                f"{path.name}: is larger than {_LARGEST // 1024} kB, which no governance file "
                "need be. Give the right file."
            )
        with refuse_toml(path.name, GovernanceError, _MEND, _plain):
            return Governance.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise GovernanceError(
            f"{path}: there is no governance file here. Give its path, or make one with "
            "`blijfwijzer govern draft`."
        ) from error
    except IsADirectoryError as error:
        raise GovernanceError(f"{path}: is a folder. Give the path of a file.") from error
    except OSError as error:
        raise GovernanceError(
            f"{path}: cannot be read ({error.strerror}). Give the path of a file that you may read."
        ) from error


def _plain(fault: str) -> str:
    return fault.replace("Value error, ", "")


def _hash(clause: Clause, exclude: set[str] | None = None) -> str:
    plain = clause.model_dump(mode="json", exclude=exclude)
    return hash_bytes(json.dumps(plain, sort_keys=True, ensure_ascii=True).encode())
