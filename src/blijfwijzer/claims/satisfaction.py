"""The claim about what people are content with (H16)."""

from blijfwijzer.claims.estimates import Measure, by_concept
from blijfwijzer.claims.findings import ClaimFinding, Effect, Requirement, decide
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.thresholds import FLOOR_D
from blijfwijzer.estimation.means import deviation
from blijfwijzer.survey.texts import Message


def satisfaction_order(reader: Reader) -> ClaimFinding:
    """H16: people are satisfied with job and team, less with the organisation.

    Paired differences of means, in points of the answers' own scale.
    """
    names = ("tevreden_baan", "tevreden_team", "tevreden_organisatie")
    answers = {name: reader.of(name) for name in names}
    whole = answers["tevreden_organisatie"]
    apart = {name: reader.mean(answers[name] - whole) for name in names[:2]}
    means = {name: reader.mean(values) for name, values in answers.items()}
    smallest = min(apart.values(), key=lambda estimate: estimate.value)
    floor = FLOOR_D * deviation(whole, reader.design.weight)
    return ClaimFinding(
        estimates=by_concept("claim.h16.apart", Measure.SCALE, apart),
        effect=Effect(smallest, Message("claim.h16.effect")),
        decision=decide([Requirement(found, floor=floor) for found in apart.values()]),
        checks=by_concept("claim.h16.mean", Measure.MEAN, means, "mean_"),
    )
