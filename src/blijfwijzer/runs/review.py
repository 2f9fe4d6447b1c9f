"""What `train` and `explain` tell a data scientist alike."""

from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.publish.canvas import Picture, Subject
from blijfwijzer.publish.driver_plots import draw_drivers
from blijfwijzer.publish.performance_plots import draw_performance
from blijfwijzer.risk.evaluation import Evaluation


def draw_review(
    drivers: Drivers, evaluation: Evaluation | None, subject: Subject
) -> dict[str, Picture]:
    """Draw what drives a risk, and how good it is where that is known."""
    performance = {} if evaluation is None else draw_performance(evaluation, subject)
    return {**performance, **draw_drivers(drivers, subject)}
