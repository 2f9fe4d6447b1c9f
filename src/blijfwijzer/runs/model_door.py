"""Verbs of the Python door about which model is used, and whether it still holds."""

from collections.abc import Sequence
from pathlib import Path

from blijfwijzer.engines.engine import LOCAL, Engine
from blijfwijzer.progress import Tell, silent
from blijfwijzer.runs.compare import publish_comparison
from blijfwijzer.runs.models.explained import ExplainRequest
from blijfwijzer.runs.models.pairs import CompareRequest, ModelPair, read_pair
from blijfwijzer.runs.monitor import Monitored, publish_watch, watch_wave
from blijfwijzer.runs.promote import Promoted, PromoteRequest, promote_model
from blijfwijzer.runs.unshown import Place, Unshown, place_of
from blijfwijzer.settings import Settings, load_settings


def compare(
    first: Place,
    second: Place,
    survey: Place,
    *,
    target: str = "",
    by: Sequence[str] = (),
    learnt: Sequence[Place] = (),
    settings: Settings | Place | None = None,
    tell: Tell = silent,
) -> Unshown[ModelPair]:
    """Hold two models of one outcome against each other on a survey.

    How good they are is measured of people whom neither was fitted on: of organisations that it was
    not trained on, or, on the survey of its training, out of fold.

    Parameters
    ----------
    first, second : model folders, folders of them, or addresses in the registry
    survey : file that asks the outcome
    target : outcome, where a folder holds models of several
    by : unit levels of the groups that are flagged; the cluster when left out
    learnt : files that the models were trained on, where the survey is another wave of the same
        organisations: they are fitted again, without each organisation in turn
    settings : those of the second model when left out; with budget and cost of vouchers, it is
        told which vouchers would change

    Raises
    ------
    ComparisonError
        They are one model, or are of different surveys, outcomes or people.
    WaveTooDifferentError
        One of them cannot read the survey.
    """
    own = None if settings is None else load_settings(settings)
    places = Path(first), Path(second), Path(survey)
    asked = CompareRequest(*places, target, own, tuple(by), tuple(map(Path, learnt)))
    return Unshown(read_pair(asked, tell), place_of("compare", asked.survey), publish_comparison)


def promote(
    model: Place,
    survey: Place,
    *,
    by: str,
    why: str,
    learnt: Sequence[Place] = (),
    settings: Settings | Place | None = None,
    ledgers: Place | None = None,
    tell: Tell = silent,
) -> Promoted:
    """Make a model the champion that `score` uses, if it is no worse than the one in use.

    It must be no worse in paired log loss, be calibrated, be no less fair to people of any audit
    attribute, tell nothing about few people, and have no finding that is open. The decision is kept
    in the folder of models and in MLflow's registry.

    Parameters
    ----------
    model : model folder, or an address in the registry such as models:/survey-outcome@challenger
    survey : file of the newest wave that asks the outcome
    by : who decides: a name or a role
    why : why; kept with it
    learnt : files that models were trained on, where that is another wave than the survey
    settings : those of the model when left out
    ledgers : folder of the ledgers; beside the folder of models when left out

    Raises
    ------
    PromotionError
        It may not; the message lists every reason, each with what to do.
    ComparisonError, WaveTooDifferentError
        Both cannot be held against this survey.
    TrackingError
        The registry cannot be reached; nothing was promoted.
    """
    own = None if settings is None else load_settings(settings)
    asked = PromoteRequest(Path(model), Path(survey), by, why, tuple(map(Path, learnt)), own)
    return promote_model(asked, None if ledgers is None else Path(ledgers), tell)


def monitor(
    survey: Place,
    models: Place = "models",
    *,
    target: str = "",
    settings: Settings | Place | None = None,
    engine: Engine = LOCAL,
    tell: Tell = silent,
) -> Unshown[Monitored]:
    """Say whether a model still holds in a wave: keep, recalibrate or retrain.

    Parameters
    ----------
    models : a model folder, or a folder of them
    target : outcome, where the folder holds models of several
    settings : those of the model when left out

    Raises
    ------
    WaveTooDifferentError
        Too many columns differ for the model to read the wave.
    """
    own = None if settings is None else load_settings(settings)
    asked = ExplainRequest(Path(models), Path(survey), target, own, engine=engine)
    return Unshown(watch_wave(asked, tell), place_of("monitor", asked.survey), publish_watch)
