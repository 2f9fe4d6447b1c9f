"""The Python door: a verb per story, each of which computes a value that can be written.

A value is of the people who answered and lies in memory alone; what may be shown of it is chosen
when it is written, against all that was shown before. `import blijfwijzer as bw` has all of it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from blijfwijzer.engines.engine import LOCAL, Engine
from blijfwijzer.governance.acceptance import Accepted
from blijfwijzer.progress import Tell, silent
from blijfwijzer.records.model_choice import choose_model
from blijfwijzer.release.folder import refuse_place
from blijfwijzer.release.shown import Shown
from blijfwijzer.runs.claims import ClaimsTested, publish_claims, put_claims, wish_claims
from blijfwijzer.runs.climate import measure_climate, publish_climate, wish_climate
from blijfwijzer.runs.culture.findings import MeasuredCulture
from blijfwijzer.runs.explain import publish_explanation
from blijfwijzer.runs.models.explained import Explained, ExplainRequest, contribute_wave
from blijfwijzer.runs.models.explanation import Model
from blijfwijzer.runs.models.then import read_against
from blijfwijzer.runs.score import ScoredWave, ScoreRequest, publish_scores, score_wave, wish_scores
from blijfwijzer.runs.train import TrainRequest, fit_outcome, read_training
from blijfwijzer.runs.unshown import Place, Places, Trained, Unshown, Value, Wished, place_of
from blijfwijzer.runs.vouchers import Divided, VoucherRequest, divide, publish_division
from blijfwijzer.runs.waves import WavesRequest, paths_of
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.intake import read_survey as read_intake


def read_survey(
    survey: Place, codebook: Codebook | Place, *, settings: Settings | Place | None = None
) -> Intake:
    """Read a survey's file with a codebook.

    Parameters
    ----------
    survey : .sav, .parquet, .csv, .csv.gz or .xlsx
    codebook : as `load_codebook` gives, name of a shipped one, or path

    Returns
    -------
    One row per accepted form in `responses`, one per refused form in `rejected`, and `remarks`.

    Raises
    ------
    SurveyNotFoundError, WrongFormatError, MissingColumnsError, IdentifierError, WeightError
        What is wrong, how many, and what to do; `blijfwijzer check` tells all at once.
    """
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    return read_intake(Path(survey), book, load_settings(settings).intake)


def load_model(
    models: Place, *, target: str = "", settings: Settings | Place | None = None
) -> Model:
    """Read a model folder, or the model that a folder of them uses for an outcome.

    Loading runs no code, and the hash of every file is checked first. `explain` of what is given
    back makes what shap's plots take.

    Parameters
    ----------
    models : folder, pack, or an address in MLflow's registry as models:/survey-outcome@champion,
        of the server that MLFLOW_TRACKING_URI names, or of `mlruns`
    target : outcome, where the folder holds models of several
    settings : whose packs are trusted; of a folder none are needed

    Raises
    ------
    ModelFolderError
        There is none, it was altered, or several outcomes are there and none is named.
    PackError, TrustError
        The pack is damaged, or signed by nobody who is trusted.
    TrackingError, MissingExtraError
        The registry has no such model or cannot be reached; MLflow is not installed.
    """
    packs = load_settings(settings).packs
    return Model(**vars(choose_model(Path(models), target, packs).stored))


def train(
    survey: Place,
    codebook: Place,
    *,
    targets: Sequence[str] = (),
    settings: Settings | Place | None = None,
    tell: Tell = silent,
) -> Trained:
    """Fit and calibrate candidates of each outcome of a survey, and choose among them.

    Parameters
    ----------
    codebook : name of a shipped one, or path
    targets : outcomes of the codebook; all when left out
    tell : is told what is being done

    Raises
    ------
    TooFewResponsesError, OneClassError, LeakError
        There is nothing to learn from, or what is learnt from knows the answer.
    """
    asked = TrainRequest(Path(survey), str(codebook), tuple(targets), load_settings(settings))
    read = read_training(asked, tell)
    return Trained(read, {o.name: fit_outcome(read, o, tell) for o in read.outcomes})


def explain(
    model: Place,
    survey: Place,
    *,
    target: str = "",
    against: Sequence[Place] = (),
    settings: Settings | Place | None = None,
    engine: Engine = LOCAL,
    tell: Tell = silent,
) -> Unshown[Explained]:
    """Work out what each answer of a wave adds to each risk, and how that changed.

    Parameters
    ----------
    model : a model folder, or a folder of them
    target : outcome, where the folder holds models of several
    against : file of an earlier wave, and another model, as `compare` takes them; one of each at
        most. How drivers changed since is split in what people answered and how it is weighed
    settings : those of the model when left out

    Raises
    ------
    ComparisonError, SameWaveError, WaveTooDifferentError
        It cannot be held against that.
    """
    own = None if settings is None else load_settings(settings)
    places = tuple(map(Path, against))
    asked = ExplainRequest(Path(model), Path(survey), target, own, places, engine)
    explained = contribute_wave(asked, tell)
    then = read_against(explained, asked, tell) if places else None
    publish = partial(publish_explanation, against=then)
    return Unshown(explained, place_of("drivers", asked.survey), publish)


def score(
    survey: Place,
    models: Place = "models",
    *,
    by: Sequence[str],
    cross: Sequence[str] = (),
    population: Places = None,
    wave: str = "",
    labels: Place | None = None,
    settings: Settings | Place | None = None,
    engine: Engine = LOCAL,
    tell: Tell = silent,
) -> Wished[ScoredWave]:
    """Estimate each risk per group of a new wave, and flag groups.

    Parameters
    ----------
    models : folder with the models of this survey
    by : unit levels
    cross : background variables to cross units with
    population : table of how many people work in each unit (the levels and `people`), or of how
        many have which codes (the levels, `variable`, `code` and `people`, or a column per
        variable); or one of each
    wave : what it is called; the name of its file when left out
    labels : table of what codes are called, where the codebook does not say (`docs/codebook.md`)
    engine : where the work on rows is done; what is found is the same, to the bit

    Raises
    ------
    WaveTooDifferentError
        The wave is not one that the models can read.
    GroupError
        No group is large enough.
    """
    people = _paths(population)
    about = tuple(cross), people, load_settings(settings), wave, _path(labels), engine
    asked = ScoreRequest(Path(survey), tuple(by), Path(models), *about)
    place = place_of("scores", asked.survey)
    inputs = [asked.survey, asked.models, *people]
    publish = partial(_beside, publish_scores, inputs)
    return Wished(score_wave(asked, tell), place, publish, wish_scores)


def allocate(
    release: Place,
    *,
    budget: float | None = None,
    cost: float | None = None,
    target: str = "",
    truth: Place | None = None,
    survey: Place | None = None,
    models: Place = "models",
    population: Place | None = None,
    settings: Settings | Place | None = None,
    secret: Place | None = None,
    again: str = "",
    accepted_by: str = "",
    accepted_why: str = "",
    ledgers: Place = "ledger",
    tell: Tell = silent,
) -> Unshown[Divided]:
    """Divide a budget for vouchers over the groups of a release, by need alone.

    Parameters
    ----------
    release : folder that `score(…).write()` made; vouchers are added to it
    budget : euro; that of the settings when left out, as the next two are
    cost : euro per voucher
    target : the need that vouchers are for, where the release tells of several
    truth : what is true of the built-in survey, to show what each rule would really do
    survey : the file that was scored, to tell whom the vouchers help and miss
    models : folder with the models that it was scored with; read only beside the survey
    population : margins or cells of a register that it was scored with; read only beside the survey
    settings : those of the release when left out
    secret : file of which the settings promised the hash, for a lottery
    again : why these people are drawn among once more, or by another plan
    accepted_by, accepted_why : who accepts that it does not meet the thresholds that were fixed
        before, and why
    ledgers : folder of the ledgers, in which the release stands

    Raises
    ------
    ReleaseError
        It is no release, was altered, tells of no need, or its people were drawn among already.
    GovernanceError, DecisionError
        Nothing was settled about the survey, so that no vouchers follow; or people decided already.
    VoucherError, InfeasibleError
        The budget buys no voucher, or floors and caps contradict each other.
    """
    own = None if settings is None else load_settings(settings)
    kept, known, read = _path(secret), _path(truth), _path(survey)
    told = own, target, kept, again, known, read, Path(models)
    asked = VoucherRequest(
        *(Path(release), budget, cost, *told),
        accepted=Accepted(accepted_by, accepted_why),
        population=_path(population),
    )
    publish = partial(
        _beside, publish_division, [kept, known, read, asked.population], keeps_draw=True
    )
    return Unshown(divide(asked, Path(ledgers), tell), asked.release, publish)


def climate(
    survey: Place,
    codebook: Place,
    *,
    previous: Place | None = None,
    by: Sequence[str] = (),
    models: Place | None = None,
    population: Places = None,
    previous_population: Places = None,
    wave: str = "",
    labels: Place | None = None,
    settings: Settings | Place | None = None,
    engine: Engine = LOCAL,
    tell: Tell = silent,
) -> Wished[MeasuredCulture]:
    """Measure how it is to work in each unit, how that changed, and which places are worrying.

    Parameters
    ----------
    previous : the wave before
    by : unit levels; to one below the cluster when left out
    models : of this survey: adds what goes with leaving in worrying units
    labels : as `score` takes it
    engine : where the work on rows of drivers is done; what is found is the same, to the bit
    population, previous_population : as of `score`, of each wave

    Raises
    ------
    CultureError
        No dimension of culture was asked.
    """
    about = _path(previous), _path(models), load_settings(settings), wave, _path(labels), engine
    people = _paths(population), _paths(previous_population)
    asked = WavesRequest(Path(survey), str(codebook), tuple(by), *about, *people)
    publish = partial(_beside, publish_climate, paths_of(asked))
    place = place_of("climate", asked.survey)
    return Wished(measure_climate(asked, tell), place, publish, wish_climate)


def claims(
    survey: Place,
    codebook: Place,
    *,
    only: Sequence[str] = (),
    previous: Place | None = None,
    models: Place | None = None,
    population: Places = None,
    previous_population: Places = None,
    wave: str = "",
    labels: Place | None = None,
    settings: Settings | Place | None = None,
    tell: Tell = silent,
) -> Wished[ClaimsTested]:
    """Test the policy's claims on a survey.

    Parameters
    ----------
    only : claims, such as H6; all when left out
    previous : the wave before
    models : of an earlier wave: judges whose score is fair
    labels : as `score` takes it
    population, previous_population : of how many people have which codes, as of `score`

    Raises
    ------
    CultureError
        There is no such claim.
    """
    about = _path(previous), _path(models), load_settings(settings), wave, _path(labels), LOCAL
    people = _paths(population), _paths(previous_population)
    asked = WavesRequest(Path(survey), str(codebook), tuple(only), *about, *people)
    publish = partial(_beside, publish_claims, paths_of(asked))
    return Wished(put_claims(asked, tell), place_of("claims", asked.survey), publish, wish_claims)


def _paths(places: Places) -> tuple[Path, ...]:
    several = [places] if isinstance(places, Path | str) else places
    return tuple(map(Path, several or ()))


def _path(place: Place | None) -> Path | None:
    return None if place is None else Path(place)


def _beside(
    publish: Callable[[Value, Path, Path, Tell], Shown],
    inputs: Sequence[Path | None],
    value: Value,
    output: Path,
    ledgers: Path,
    tell: Tell,
    *,
    keeps_draw: bool = False,
) -> Shown:
    """Publish, unless that would take the place of something else."""
    refuse_place(output, [*inputs, ledgers], ledgers, keeps_draw=keeps_draw)
    return publish(value, output, ledgers, tell)
