"""What a user may choose: frozen sections, unknown keys fail, bounds stand in the field."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from blijfwijzer.errors import SettingsError


class Section(BaseModel):
    """A part of the settings; refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Intake(Section):
    """What a survey must satisfy before it is used."""

    minimum_responses: int = Field(200, ge=200)
    """Fewest usable responses to train on."""
    maximum_bytes: int = Field(4_000_000_000, gt=0)
    """Largest survey file, unpacked."""
    straight_lining: bool = True
    """Reject responses that give one answer to all items, reversed ones included."""


class Features(Section):
    """Which columns the models may use."""

    items: bool = True
    scales: bool = True
    minimum_level: int = Field(10, ge=10)
    """Respondents below which a category level is merged, and a range is top-coded."""
    justified_audit: dict[str, str] = Field(default_factory=dict)
    """Audit attribute -> written justification; only these enter the features (WGBL, AWGB)."""


class Model(Section):
    """How candidates are fitted and one is chosen."""

    folds: int = Field(5, ge=2, le=20)
    candidates: tuple[Literal["prevalence", "logistic", "additive", "trees"], ...] = (
        "prevalence",
        "logistic",
        "additive",
        "trees",
    )
    minimum_leaf: int = Field(20, ge=10)
    """Respondents in each leaf. LightGBM estimates counts while it grows, so that a leaf can end up
    with somewhat fewer; below ten the model file would describe few people and is refused."""
    threads: int = Field(0, ge=0)
    """Threads for fitting; 0 is all cores."""


class Evaluation(Section):
    """How well a model must be known."""

    bootstraps: int = Field(200, ge=50, le=10_000)
    minimum_group: int = Field(10, ge=5)
    """Respondents below which a group's figures are not shown."""


class Drivers(Section):
    """How contributions are summarised."""

    bootstraps: int = Field(200, ge=50, le=10_000)
    minimum_mark: int = Field(10, ge=5)
    """Respondents that each drawn mark stands for, at least."""
    largest_gap: float = Field(1e-5, gt=0)
    """Above this, contributions do not explain the risk and the run fails."""
    shown: int = Field(20, ge=5, le=60)
    """Drivers shown in a picture."""


class Tracking(Section):
    """Where runs are kept."""

    enabled: bool = True
    experiment: str = "blijfwijzer"


class Settings(Section):
    """All choices of a run."""

    seed: int = Field(0, ge=0)
    language: Literal["nl", "en"] = "nl"
    intake: Intake = Intake()
    features: Features = Features()
    model: Model = Model()
    evaluation: Evaluation = Evaluation()
    drivers: Drivers = Drivers()
    tracking: Tracking = Tracking()


def load_settings(path: Path | None) -> Settings:
    """Read settings from a TOML file; without one, everything is at its default.

    Raises
    ------
    SettingsError
        The file is missing, is no TOML, or holds unknown keys or values out of bounds. All faults
        are named at once.
    """
    if path is None:
        return Settings()
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: there is no settings file here. Give its path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: not valid TOML: {error}. Mend the file.") from error
    except ValidationError as error:
        faults = describe_faults(error)
        raise SettingsError(
            f"{path.name}: {len(faults)} faults: {'; '.join(faults)}. Mend these keys."
        ) from error


def describe_faults(error: ValidationError) -> list[str]:
    """Say each fault of a validated file as `key: what is wrong`."""
    return [
        f"{'.'.join(str(part) for part in fault['loc']) or 'file'}: {fault['msg']}"
        for fault in error.errors()
    ]
