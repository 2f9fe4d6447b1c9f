"""What a user may choose: frozen sections, unknown keys fail, bounds stand in the field."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, field_validator, model_validator

from blijfwijzer.declared import CheckCode, Language, Reason
from blijfwijzer.errors import SettingsError, refuse_toml
from blijfwijzer.section import Mix, Ratio, Section, Share


class IntakeSettings(Section):
    """What a survey must satisfy before it is used."""

    minimum_responses: int = Field(200, ge=200, le=1_000_000)
    """Fewest usable responses to train on, to test claims on, or to judge a model by."""
    minimum_scored: int = Field(30, ge=30, le=1_000_000)
    """Fewest usable responses to score with a model that was trained before, or to measure a
    climate of: three groups of ten. Ours; what so few tell, intervals and the gate tell."""
    maximum_bytes: int = Field(4_000_000_000, gt=0, le=10**12)
    """Largest survey file, unpacked."""
    most_copies: float = Field(0.05, ge=0, le=1)
    """Share of forms that may be copies of others, beyond what chance brings."""
    straight_lining: bool = True
    """Reject responses that give one answer to all items, reversed ones included."""


class FeatureSettings(Section):
    """Which columns the models may use."""

    items: bool = True
    """Whether single questions may enter a model."""
    scales: bool = True
    """Whether scores of scales may enter a model."""
    minimum_level: int = Field(10, ge=10, le=10_000)
    """Respondents below which a category level is merged, and a range is top-coded."""
    justified_audit: dict[str, str] = Field(default_factory=dict)
    """Audit attribute -> written justification; only these enter the features (WGBL, AWGB)."""


Candidate = Literal["prevalence", "logistic", "items", "additive", "trees"]


class ModelSettings(Section):
    """How candidates are fitted and one is chosen."""

    folds: int = Field(5, ge=2, le=20)
    """Parts of whole units, each of which is predicted by a model of the others."""
    candidates: tuple[Candidate, ...] = get_args(Candidate)
    """`items` is a regression on all items, and is tried where scales stand for some of them."""
    minimum_leaf: int = Field(20, ge=10, le=100_000)
    """Respondents in each leaf. LightGBM estimates counts while it grows, so that a leaf can end up
    with somewhat fewer; below ten the model file would describe few people and is refused."""
    threads: int = Field(0, ge=0, le=1_024)
    """Threads for fitting; 0 is all cores."""
    most_compared: int = Field(100_000, ge=1_000, le=100_000_000)
    """Responses that candidates are compared and measured on; of more, a sample of whole units."""
    most_fitted: int = Field(1_000_000, ge=1_000, le=100_000_000)
    """Responses that the champion is fitted on; of more, a sample of whole units."""

    @model_validator(mode="after")
    def _fitted_beyond_compared(self) -> "ModelSettings":
        if self.most_fitted < self.most_compared:
            raise ValueError("most_fitted is fewer than most_compared, which are some of these")
        return self


class EvaluationSettings(Section):
    """How well a model must be known."""

    bootstraps: int = Field(200, ge=50, le=10_000)
    """Draws of whole units, for intervals."""
    minimum_group: int = Field(10, ge=5, le=10_000)
    """Respondents of a figure of a group or curve, at least; never below `[disclosure] minimum`."""


class DriverSettings(Section):
    """How contributions are summarised."""

    bootstraps: int = Field(200, ge=50, le=10_000)
    """Draws of whole units, for intervals of importance."""
    minimum_mark: int = Field(10, ge=5, le=10_000)
    """Respondents that each drawn mark stands for; never below `[disclosure] minimum`."""
    largest_gap: float = Field(1e-5, gt=0, le=0.01)
    """Above this, contributions do not explain the risk and the run fails."""
    shown: int = Field(20, ge=5, le=60)
    """Drivers shown in a picture."""


class PersonsSettings(Section):
    """Why, by whose leave and until when single people may be explained; all three, or nobody."""

    purpose: str = ""
    """What their explanations are for."""
    approved_by: str = ""
    """Who gave leave: a person, or a role that one person holds."""
    until: date = date.min
    """Last day."""


class ExplainSettings(Section):
    """What `explain` of a loaded model may give."""

    cell: int = Field(10, ge=10, le=1_000)
    """Different forms in each cell, at least; `disclosure.minimum` where that is more."""
    persons: PersonsSettings = PersonsSettings()


class WaveSettings(Section):
    """How much a new wave may differ from the survey that a model was trained on."""

    largest_drift: float = Field(0.25, gt=0, le=10)
    """Population stability index of one column above which it counts as shifted (Siddiqi 2006,
    p. 136: above .25 a population has changed)."""
    largest_share_shifted: float = Field(0.25, gt=0, le=1)
    """Share of the model's columns that may have shifted, or hold many unknown answers."""
    batch: int = Field(100_000, ge=1_000, le=10_000_000)
    """Responses scored at a time."""


class GroupSettings(Section):
    """Which groups are large enough to estimate."""

    minimum_people: int = Field(10, ge=5, le=10_000)
    """People who work in a group, where that is known."""
    minimum_responses: int = Field(5, ge=5, le=10_000)
    """Respondents of a unit."""
    minimum_response: float = Field(0.4, ge=0, le=1)
    """Share of a unit's people who responded, where that is known (InternetSpiegel)."""
    minimum_cross: int = Field(10, ge=5, le=10_000)
    """Respondents of a unit crossed with a background variable."""


class RateSettings(Section):
    """How survey answers and model are pooled."""

    draws: int = Field(1000, ge=200, le=20_000)
    """Draws from what each rate may be."""
    nonresponse_odds: float = Field(1.5, ge=1, le=10)
    """Odds ratio of the outcome, non-respondents against respondents, in the sensitivity bounds;
    both this and its inverse are shown."""


class MarginSettings(Section):
    """How responses are given the margins of a register of personnel."""

    minimum_cell: int = Field(10, ge=5, le=1_000)
    """Respondents with each code that a unit must have to be given its own margins; with fewer it
    is given them together with others of the unit above. Never below `disclosure.minimum`: what
    two weightings of the same people tell apart is then no smaller than what may be shown. (Cells
    of few respondents are joined in practice: Kalton & Flores-Cervantes 2003, Journal of Official
    Statistics 19, p. 81; the number is ours.)"""
    largest_factor: float = Field(4.0, gt=1, le=20)
    """By how much a weight may be multiplied or divided. (Raked weights are usually held at five
    times their mean: DeBell & Krosnick 2009, ANES technical report 012427; four is stricter.)"""


class FlagSettings(Section):
    """When a group stands out."""

    margin: float = Field(0.03, ge=0, lt=0.5)
    """By how much a rate must exceed its reference to matter in practice."""
    false_discoveries: float = Field(0.10, gt=0, lt=0.5)
    """Share of false flags that is accepted on the whole list."""
    bootstraps: int = Field(200, ge=50, le=5_000)
    """Of organisations, to tell how often a flag would come back."""
    reference: Literal["sector", "all"] = "sector"
    """Compare with the largest unit level, or with everyone."""
    best_share: float = Field(0.25, gt=0, lt=1)
    """Share of respondents that counts as best performers, by the codebook's `performance`."""


class SegmentSettings(Section):
    """How readable segments are found."""

    columns: tuple[str, ...] = ()
    """Career variables that may be used; empty: all of the codebook. Never audit attributes."""
    depth: int = Field(3, ge=1, le=4)
    """Conditions of each segment, at most."""
    minimum: int = Field(100, ge=10, le=1_000_000)
    """Respondents of each segment, in each half."""


class GuidanceSettings(Section):
    """What a voucher does with a kind of guidance."""

    take_up: float = Field(gt=0, le=1)
    """Share of offered vouchers that is used."""
    take_up_range: tuple[Share, Share] | None = None
    """Range that holds it in 95 of 100 cases; none where it is certain."""
    deadweight: float = Field(ge=0, lt=1)
    """Share of users who would have trained anyway."""
    deadweight_range: tuple[Share, Share] | None = None
    """Range that holds it in 95 of 100 cases; none where it is certain."""
    cost: float = Field(0.0, ge=0, le=1e6)
    """Euro of guidance for each offer, used or not."""

    @model_validator(mode="after")
    def _range_of_the_mean(self) -> "GuidanceSettings":
        parts = (self.take_up, self.take_up_range), (self.deadweight, self.deadweight_range)
        for mean, span in parts:
            if span is not None and not span[0] <= mean <= span[1]:
                raise ValueError(f"a range of {span[0]} to {span[1]} does not hold {mean}")
        return self


def _guidance(take_up: float, held: tuple[float, float], cost: float = 0.0) -> GuidanceSettings:
    anyway = {"deadweight": 0.4, "deadweight_range": (0.3, 0.6)}
    return GuidanceSettings(take_up=take_up, take_up_range=held, cost=cost, **anyway)


Education = Literal["low", "middle", "high"]


class VoucherSettings(Section):
    """How a budget is divided; defaults and evidence: docs/assumptions.md."""

    guidance: Literal["none", "talk", "time"] = "talk"
    """What comes with a voucher: nothing, a manager's talk, or guidance and protected time."""
    none: GuidanceSettings = _guidance(0.25, (0.10, 0.40))
    talk: GuidanceSettings = _guidance(0.30, (0.15, 0.45), cost=100)
    time: GuidanceSettings = _guidance(0.40, (0.25, 0.55), cost=400)
    take_up_ratio: dict[Education, Ratio] = Field({"low": 0.6, "middle": 1.0, "high": 1.4})
    """Take-up by level of education, as a share of the mean, where a group tells it."""
    robustness: float = Field(0.0, ge=0, le=3)
    """Standard errors by which each rate is lowered before vouchers are divided."""
    across: str = ""
    """How people are parted: `units`, a variable crossed with `--and`, `simple_rule`,
    `simple_rule_as_one` (all who fit it together, others by unit) or `segments`; what brings most
    extra training per euro when empty."""
    reserve: float = Field(0.05, ge=0, lt=1)
    """Share of the budget that is kept for late applicants."""
    spend: Literal["offers", "first_come"] = "offers"
    """Whether each offer stands, or vouchers go to who comes first until the money is spent."""
    overspend: float = Field(0.05, gt=0, lt=0.5)
    """Largest chance that offers that stand cost more than the budget less its reserve."""
    floors: dict[str, Share] = Field(default_factory=dict)
    """`level=name` -> least share of the vouchers."""
    caps: dict[str, Share] = Field(default_factory=dict)
    """`level=name` -> largest share of the vouchers."""
    lottery: float = Field(0.25, ge=0, le=1)
    """Share of the vouchers that is drawn among groups around the cut."""
    no_lottery: str = ""
    """Why nothing is drawn, where `lottery` is 0 and `mix` has a risk part only."""
    mix: Mix = (1, 0, 0)
    """Risk : random : signal mix of the vouchers, e.g. [2, 1, 1]."""
    signals: tuple[str, ...] = ()
    """Groups put forward by hand, for the signal part of the mix."""
    budget: float = Field(0.0, ge=0, le=1e12)
    """Euro; 0 where it is given when the vouchers are divided, as the cost may be."""
    cost: float = Field(0.0, ge=0, le=1e9)
    """Euro per voucher."""
    target: str = ""
    """The need that vouchers are for, where a release tells of several."""
    commitment: str = Field("", pattern=r"^([0-9a-fA-F]{64})?$")
    """SHA-256 of a secret that somebody keeps who does not score; a lottery needs it, with its
    budget and cost, before the survey is scored (docs/decisions/draws.md)."""


class DisclosureSettings(Section):
    """What may be shown."""

    owner: str = ""
    """Organisation whose ledger it is; empty: the name of the survey."""
    minimum: int = Field(10, ge=5, le=1_000)
    """Fewest people that anything shown may tell something about (k)."""
    unanimity: float = Field(0.9, gt=0.5, le=1)
    """Share of one answer from which a group's answer is everyone's."""
    dominance: float = Field(0.9, gt=0, le=1)
    """Largest share of the weight that the two heaviest respondents may have together."""
    protection: int = Field(3, ge=2, le=20)
    """Fewest values that the count in a withheld group must be able to have, given all that is
    shown. Of a few people whom no group tells apart it is two."""
    priority: tuple[str, ...] = ()
    """Unit levels and crossed variables that are chosen first, in this order, each as if nothing
    after it were asked; the rest together, as many people as possible. Everyone always is first."""
    rounds: int = Field(40, ge=0, le=1000)
    """Rounds in which the choice of groups is improved, at most; it is proven with 0 too."""
    known_models: Literal["tell", "require"] = "tell"
    """Whether a model that was not trained with this ledger is told at the top, or refused."""


_REVOKED = re.compile(r"[0-9a-f]{64}|ed25519:[A-Za-z0-9+/]{43}=")


class PackSettings(Section):
    """Whose packs of models are used."""

    revoked: tuple[str, ...] = ()
    """What is used no longer: the SHA-256 of a pack or of a model in one, as `blijfwijzer pack
    check` tells it, whoever signed it; or a public key, of which signatures count for nothing."""
    trusted: dict[str, str] = Field(default_factory=dict)
    """Who signs, by what pages call them -> their public key, "ed25519:...", as `blijfwijzer pack
    key` tells it. Get it from them by another way than the pack."""

    @field_validator("revoked")
    @classmethod
    def _are_hashes_or_keys(cls, revoked: tuple[str, ...]) -> tuple[str, ...]:
        strange = [number for number, one in enumerate(revoked, 1) if not _REVOKED.fullmatch(one)]
        if strange:
            raise ValueError(f"number {strange[0]} is neither a SHA-256 nor a public key")
        return revoked


class CultureSettings(Section):
    """How culture is measured, compared and screened."""

    of_construct: str = "cultuur"
    """Construct of the codebook whose scales are the dimensions of culture."""
    dimensions: tuple[str, ...] = ()
    """Scales that count as dimensions instead; empty: those of the construct."""
    pair: tuple[()] | tuple[str, str] = ()
    """The two dimensions that worrying units are screened on; empty: what the codebook maps to
    psychological safety and performance orientation."""
    draws: int = Field(1000, ge=200, le=20_000)
    """Draws from what each mean may be."""
    favourable: float = Field(0.625, gt=0, lt=1)
    """Place on a scale, as a share of its span, from which a score is favourable: 3.5 on 1-5, from
    where it is nearer to agreeing than to neutral."""
    floor: float = Field(0.05, ge=0, lt=1)
    """Smallest difference that is one, as a share of the scale's span: 0.2 on 1-5 (domain notes,
    E.3)."""
    floor_d: float = Field(0.2, ge=0, lt=2)
    """The same in standard deviations between people (a small effect; Cohen 1988, p. 25)."""
    false_discoveries: float = Field(0.05, gt=0, lt=0.5)
    """Share of false marks that is accepted on the whole list."""
    reference: Literal["sector", "all"] = "all"
    """What a worrying unit lies below: its own largest unit level, or everyone."""
    false_share: float = Field(0.20, gt=0, lt=0.5)
    """Expected share of units on the list of worrying ones that are not worrying."""
    worst_share: float = Field(0.25, gt=0, lt=0.5)
    """Share of units that counts as worst when pairs of dimensions are compared."""
    splits: int = Field(50, ge=10, le=1_000)
    """Random halvings of the respondents of every unit."""
    bootstraps: int = Field(200, ge=50, le=10_000)
    """Draws of whole units for figures without a formula."""
    minimum_half: int = Field(4, ge=2, le=1_000)
    """Respondents in each half, by the least of a unit's band, for it to check the screening."""
    minimum_cell: int = Field(10, ge=5, le=10_000)
    """Respondents, by the least of their band, below which a category joins others of the mix."""
    mix: tuple[str, ...] = ()
    """Columns whose mix a later wave is given back; empty: the largest unit level, audit
    attributes, and what the codebook maps to age, education, years of service and managing."""


class PromotionSettings(Section):
    """When a model may take the place of the champion."""

    largest_loss: float = Field(0.005, ge=0, le=0.1)
    """Of log loss above the champion's, at the upper end of the interval; convention of ours."""
    fairness: Literal["missed", "level"] = "missed"
    """By what levels of audit attributes are held against each other, as `fairness.rivals` says."""
    largest_gap: float = Field(0.02, ge=0, le=0.5)
    """By how much they may be further apart than with the champion, of any audit attribute."""
    no_fairness: str = ""
    """Why fairness need not be known, where no audit attribute may be told of."""


class CheckSettings(Section):
    """Which findings ask for no look, by a decision that is shown with them."""

    silenced: dict[CheckCode, Reason] = Field(default_factory=dict)
    """Code of a check -> why what it finds is accepted."""


MOST_CONTACT = 200
"""Characters; the first page has no room for more."""


class ContactSettings(Section):
    """Whom readers of a report turn to; the first page says so, or that it is not known yet."""

    ask: str = Field("", max_length=MOST_CONTACT)
    """Who answers questions: a name, an address, a telephone number."""
    object: str = Field("", max_length=MOST_CONTACT)
    """Where employees and the works council object."""


class TrackingSettings(Section):
    """Where runs are kept."""

    enabled: bool = True
    """Whether runs are kept in MLflow, where it is installed."""
    experiment: str = "blijfwijzer"
    """Experiment of MLflow in which they are kept."""


class Settings(Section):
    """All choices of a run."""

    seed: int = Field(0, ge=0, lt=2**32)
    """From which all chance follows, but for draws of vouchers (docs/decisions/draws.md)."""
    language: Language = "nl"
    """Of pages and workbooks: `nl` or `en`; left out, that of the codebook."""
    intake: IntakeSettings = IntakeSettings()
    features: FeatureSettings = FeatureSettings()
    model: ModelSettings = ModelSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    drivers: DriverSettings = DriverSettings()
    explain: ExplainSettings = ExplainSettings()
    wave: WaveSettings = WaveSettings()
    groups: GroupSettings = GroupSettings()
    rates: RateSettings = RateSettings()
    margins: MarginSettings = MarginSettings()
    flags: FlagSettings = FlagSettings()
    segments: SegmentSettings = SegmentSettings()
    vouchers: VoucherSettings = VoucherSettings()
    disclosure: DisclosureSettings = DisclosureSettings()
    culture: CultureSettings = CultureSettings()
    promotion: PromotionSettings = PromotionSettings()
    checks: CheckSettings = CheckSettings()
    packs: PackSettings = PackSettings()
    contact: ContactSettings = ContactSettings()
    tracking: TrackingSettings = TrackingSettings()
    governance: Path | None = Field(None, exclude=True)
    """What the organisation settled, as docs/governance.md has it; what stands beside codebook or
    models when left out. Where the file lies is kept in no result; what it says is."""

    def spoken(self, language: str | None) -> "Settings":
        """Give settings in the language of a codebook, unless they name one themselves."""
        if language is None or "language" in self.model_fields_set:
            return self
        return self.model_copy(update={"language": language})


def load_settings(path: Path | str | Settings | None) -> Settings:
    """Read settings from a TOML file; without one, everything is at its default.

    Settings that were made already are given back.

    Raises
    ------
    SettingsError
        The file is missing, is no TOML, or holds unknown keys or values out of bounds. All faults
        are named at once.
    """
    if path is None or isinstance(path, Settings):
        return path or Settings()
    path = Path(path)
    try:
        with refuse_toml(path.name, SettingsError, "Mend these keys."):
            return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: there is no settings file here. Give its path.") from error
    except IsADirectoryError as error:
        raise SettingsError(f"{path}: is a folder. Give the path of a settings file.") from error
