"""What is true of each claim in the built-in survey."""

from typing import NamedTuple


class ClaimTruth(NamedTuple):
    """What is true of a claim in the built-in survey."""

    verdicts: tuple[str, ...]
    """Verdicts that are right of it."""
    why: str


_TRUE, _FALSE = ("supported",), ("not supported", "contradicted", "undecided")
CLAIM_TRUTHS = {
    "H1": ClaimTruth(_TRUE, "all dimensions correlate .42-.68, between teams too"),
    "H1b": ClaimTruth(
        ("not supported", "undecided"),
        "one general factor carries 62 % of the variance, so that any pair finds worrying "
        "teams: the pair is among the best, and its AUC .01 above that of the others",
    ),
    "H2": ClaimTruth(_TRUE, "both correlate with commitment (.42, .38), and with performance"),
    "H3": ClaimTruth(_TRUE, "red tape and room -.35; room with commitment .36, performance .16"),
    "H4": ClaimTruth(_TRUE, "each of the six correlates with commitment by .32-.46"),
    "H5": ClaimTruth(_TRUE, "motives of leavers: something else .36, culture .29, career .24"),
    "H6": ClaimTruth(
        _FALSE,
        "performance raises the log odds of leaving at equal satisfaction, but goes with "
        "satisfaction (.25), so plainly strong performers look less often",
    ),
    "H7": ClaimTruth(
        _TRUE, "low education and over 20 years lower all three, and more so together"
    ),
    "H8": ClaimTruth(_TRUE, "log odds of encouragement: -.35 when low educated, -.02 a year"),
    "H8b": ClaimTruth(_TRUE, "offers differ, take-up of an offer is .85 in every group"),
    "H9": ClaimTruth(
        _TRUE,
        "employability falls with tenure and rises with education; with age "
        "only because the old have longer tenure and less education",
    ),
    "H10": ClaimTruth(_TRUE, ".70 agree; correlation with what they do about it .1"),
    "H11": ClaimTruth(_TRUE, "aggression .30 from outside, .15 inside; intimidation .21 and .09"),
    "H12": ClaimTruth(_FALSE, "neither differs between the waves of 2019 and 2022"),
    "H13": ClaimTruth(
        _TRUE,
        "log odds of a reorganisation: -.25 per sd of engagement and of "
        "satisfaction, -.20 of performance, +.25 when leaving",
    ),
    "H14": ClaimTruth(_TRUE, ".30 see correction, .60 more work, .66 want reward"),
    "H15": ClaimTruth(
        _TRUE, "an HR measure goes with -1 in the log odds of leaving at culture +1 sd, 0 at -1 sd"
    ),
    "H16": ClaimTruth(_TRUE, "satisfied with job .78, team .76, organisation .62"),
    "H17": ClaimTruth(
        _TRUE,
        "example is an item of openness (.68 with safety); opinions of rules "
        "correlate .1 with a person's own safety",
    ),
    "H18": ClaimTruth(_TRUE, "5 % of opinion is the organisation's, 12 % the team's"),
    "H19": ClaimTruth(_TRUE, "the intention to leave depends on five culture scales"),
    "H20": ClaimTruth(
        ("undecided",),
        "falling behind depends on what the score reads, not on age or sex, so that it is "
        "calibrated alike; but offers would reach the low educated far more often than the high",
    ),
}
"""By construction; the correlations are those of what people think, before answers blur them."""
