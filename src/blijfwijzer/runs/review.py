"""What `train` and `explain` tell a data scientist alike."""

from blijfwijzer.drivers.canvas import Picture
from blijfwijzer.drivers.performance_plots import draw_performance
from blijfwijzer.drivers.plots import draw_drivers
from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.risk.evaluation import Evaluation
from blijfwijzer.survey.codebook import Codebook, Language, Outcome


def draw_review(
    drivers: Drivers,
    evaluation: Evaluation | None,
    codebook: Codebook,
    outcome: Outcome,
    language: Language,
) -> dict[str, Picture]:
    """Draw what drives a risk, and how good it is where that is known."""
    performance = {} if evaluation is None else draw_performance(evaluation, outcome, language)
    return {**performance, **draw_drivers(drivers, codebook, outcome, language)}
