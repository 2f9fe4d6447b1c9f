"""What a user may choose of vouchers."""

from typing import Literal

from pydantic import Field, model_validator

from blijfwijzer.section import Mix, Ratio, Section, Share


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
        for mean, span in (
            (self.take_up, self.take_up_range),
            (self.deadweight, self.deadweight_range),
        ):
            if span is not None and not span[0] <= mean <= span[1]:
                raise ValueError(f"a range of {span[0]} to {span[1]} does not hold {mean}")
        return self


Education = Literal["low", "middle", "high"]


class VoucherSettings(Section):
    """How a budget is divided; defaults and evidence: docs/assumptions.md."""

    guidance: Literal["none", "talk", "time"] = "talk"
    """What comes with a voucher: nothing, a manager's talk, or guidance and protected time."""
    none: GuidanceSettings = GuidanceSettings(
        take_up=0.25, take_up_range=(0.10, 0.40), deadweight=0.4, deadweight_range=(0.3, 0.6)
    )
    talk: GuidanceSettings = GuidanceSettings(
        take_up=0.30,
        take_up_range=(0.15, 0.45),
        deadweight=0.4,
        deadweight_range=(0.3, 0.6),
        cost=100,
    )
    time: GuidanceSettings = GuidanceSettings(
        take_up=0.40,
        take_up_range=(0.25, 0.55),
        deadweight=0.4,
        deadweight_range=(0.3, 0.6),
        cost=400,
    )
    take_up_ratio: dict[Education, Ratio] = Field({"low": 0.6, "middle": 1.0, "high": 1.4})
    """Take-up by level of education, as a share of the mean, where a group tells it."""
    robustness: float = Field(0.0, ge=0, le=3)
    """Standard errors by which each rate is lowered before vouchers are divided."""
    across: str = ""
    """How people are parted: `units`, a variable crossed with `--and`, `simple_rule` or `segments`;
    what brings most extra training per euro when empty."""
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
