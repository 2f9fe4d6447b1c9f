"""One function per command: it says what is asked, and calls one run."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blijfwijzer import __version__
from blijfwijzer.cli.decisions import add_decision_commands
from blijfwijzer.cli.disclosure import disclosure
from blijfwijzer.cli.exit_codes import describe_in_help
from blijfwijzer.cli.govern import govern
from blijfwijzer.cli.govern_pack import add_form_commands
from blijfwijzer.cli.merge import merge
from blijfwijzer.cli.models import add_model_commands
from blijfwijzer.cli.options import (
    SEVERAL,
    CodebookName,
    EngineKind,
    GovernanceFile,
    LabelsFile,
    LedgerFolder,
    Output,
    OwnCodebook,
    OwnLedger,
    PeopleFiles,
    Preview,
    PreviousFile,
    PreviousPeople,
    Register,
    Scheduler,
    SettingsFile,
    SheetName,
    SurveyFile,
    UnitLevels,
    WaveName,
    Workers,
    engine_of,
    governed_by,
    part_names,
)
from blijfwijzer.cli.packs import pack
from blijfwijzer.cli.programs import ForProgram, is_planned, speaks
from blijfwijzer.cli.vouchers import add_voucher_commands
from blijfwijzer.engines.engine import LOCAL, Kind

if TYPE_CHECKING:
    from blijfwijzer.release.shown import Shown

app = typer.Typer(
    name="blijfwijzer",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
    help="Find who may want to leave and who falls behind in an employee survey, and why.\n\n"
    "It reports associations, not causes; intentions, not departures; groups, never persons.",
    epilog=describe_in_help(),
)

app.add_typer(disclosure, name="disclosure")
app.add_typer(govern, name="govern")
app.add_typer(pack, name="pack")
app.add_typer(merge, name="merge")
add_form_commands(govern)


def _say_version(is_asked: bool) -> None:
    if is_asked:
        print(f"blijfwijzer {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Take what concerns no one command."""


@app.command(
    epilog="Example: `blijfwijzer synthesise --respondents 40000 --seed 2019 "
    "--output data/werkonderzoek-2019.sav`"
)
@speaks
def synthesise(
    output: Annotated[Path, typer.Option(help="Survey to write; the suffix gives the format.")],
    respondents: Annotated[int, typer.Option(min=500, max=10_000_000)] = 40_000,
    seed: Annotated[int, typer.Option(min=0)] = 2019,
    wave: Annotated[int, typer.Option(help="2019, or 2022 with drifted margins.")] = 2019,
    truth: Annotated[
        Path | None, typer.Option(help="Also write each respondent's true probabilities here.")
    ] = None,
    population: Annotated[
        Path | None, typer.Option(help="Also write how many people work in each team here.")
    ] = None,
    margins: Annotated[
        Path | None,
        typer.Option(help="Also write the age, tenure and education of all people here, counted."),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Your own table of figures (CSV) to calibrate to.")
    ] = None,
) -> ForProgram:
    """Make the built-in survey: a synthetic WERKonderzoek whose truth is known.

    Above 200,000 respondents .parquet and text are written some rows at a time, .parquet in several
    groups of rows; of .sav and .xlsx all rows are held in memory.
    """
    from blijfwijzer.progress import show_progress
    from blijfwijzer.runs.synthesise import synthesise as make

    places = {"truth": truth, "population": population, "margins": margins, "figures": figures}
    with show_progress() as tell:
        survey = make(output, respondents, seed=seed, wave=wave, tell=tell, **places)
    forms = survey.forms
    print(f"{output}: {forms} forms of {respondents} respondents, wave {wave}.")
    return ForProgram(
        {"output": str(output), "forms": forms, "respondents": respondents, "wave": wave}
    )


@app.command(
    epilog="Example: `blijfwijzer check data/werkonderzoek-2019.sav --codebook werkonderzoek-2019`"
)
@speaks
def check(
    survey: SurveyFile,
    codebook: OwnCodebook = "",
    settings: SettingsFile = None,
    models: Annotated[
        Path | None,
        typer.Option("--models", "--pack", help="Models or a pack: can they score it too?"),
    ] = None,
    sheet: SheetName = "",
) -> ForProgram:
    """Tell how a survey reads, all that is wrong, and which commands can use it; fits no model.

    It ends with the code of the first fault of the survey; with 65 where it has none and yet no
    command can use it.
    """
    from blijfwijzer.runs import check as story

    checked = story.check(survey, codebook, settings, models, sheet=sheet)
    print(story.describe(checked))
    return ForProgram(story.tell_program(checked), checked.exit_code)


@app.command(epilog="Example: `blijfwijzer codebook mine.sav --output mine.toml`")
@speaks
def codebook(
    survey: SurveyFile,
    output: Annotated[Path | None, typer.Option(help="Where to write it; else the screen.")] = None,
    sheet: SheetName = "",
) -> ForProgram:
    """Draft a codebook from a file's names, labels and codes, for you to finish."""
    from blijfwijzer.runs import draft as story

    return ForProgram(story.draft(survey, output, sheet))


@app.command(
    epilog="Example: `blijfwijzer train data/werkonderzoek-2019.sav --codebook werkonderzoek-2019 "
    "--target vertrekintentie`"
)
@speaks
def train(
    survey: SurveyFile,
    codebook: CodebookName,
    target: Annotated[
        list[str] | None, typer.Option(help="Outcome of the codebook; all when left out.")
    ] = None,
    settings: SettingsFile = None,
    governance: GovernanceFile = None,
    models: Annotated[Path, typer.Option(help="Folder for the model folders.")] = Path("models"),
    ledger: OwnLedger = None,
) -> ForProgram:
    """Fit, calibrate, choose, evaluate and explain a model of each outcome."""
    from blijfwijzer.runs import train as story

    asked = story.TrainRequest(
        survey, codebook, tuple(target or []), governed_by(settings, governance)
    )
    folders = story.train(asked, models, ledger or models.parent / "ledger")
    return ForProgram(story.tell_program(folders))


@app.command(
    epilog="Example: `blijfwijzer explain models data/werkonderzoek-2022.sav "
    "--target vertrekintentie --output out/drivers-2022`"
)
@speaks
def explain(
    ctx: typer.Context,
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A model folder, or a folder of them.")
    ],
    survey: SurveyFile,
    output: Annotated[Path, typer.Option(help="Folder for pictures, tables and a page.")],
    target: Annotated[
        str, typer.Option(help="Outcome, where the folder holds models of several.")
    ] = "",
    against: Annotated[
        list[Path] | None,
        typer.Option(
            help="An earlier survey, or another model (a folder, or an address in the registry), "
            "to tell how drivers changed since; repeat it for both."
        ),
    ] = None,
    settings: SettingsFile = None,
    ledger: OwnLedger = None,
    engine: EngineKind = Kind.LOCAL,
    scheduler: Scheduler = "",
    workers: Workers = 0,
) -> ForProgram:
    """Show what drives a model's risk in another wave, and how that changed, as a page."""
    from blijfwijzer.runs import explain as story
    from blijfwijzer.runs.models.explained import ExplainRequest

    own = engine_of(engine, scheduler, workers)
    asked = ExplainRequest(model, survey, target, settings, tuple(against or ()), own)
    if is_planned(ctx, "explain", asked):
        return ForProgram({})
    return ForProgram(story.explain(asked, output, ledger).as_json())


@app.command(
    epilog="Example: `blijfwijzer score data/werkonderzoek-2022.sav --models models "
    "--by organisatie,afdeling --and opleiding --output out/2022`"
)
@speaks
def score(
    ctx: typer.Context,
    survey: SurveyFile,
    by: UnitLevels = None,
    output: Output = None,
    models: Annotated[
        Path, typer.Option("--models", "--pack", help="Folder of models of this survey, or a pack.")
    ] = Path("models"),
    cross: Annotated[
        list[str] | None,
        typer.Option("--and", help=f"Background variables to cross units with; {SEVERAL}."),
    ] = None,
    population: PeopleFiles = None,
    ledger: LedgerFolder = Path("ledger"),
    wave: WaveName = "",
    labels: LabelsFile = None,
    settings: SettingsFile = None,
    governance: GovernanceFile = None,
    preview: Preview = False,
    engine: EngineKind = Kind.LOCAL,
    scheduler: Scheduler = "",
    workers: Workers = 0,
) -> ForProgram:
    """Estimate both risks per group of a new wave, and write what may be shown."""
    from blijfwijzer.runs import score as story

    units, crossed = part_names(by), part_names(cross)
    chosen, own = governed_by(settings, governance), engine_of(engine, scheduler, workers)
    about = models, crossed, tuple(population or ()), chosen, wave, labels, own
    asked = story.ScoreRequest(survey, units, *about)
    return _make(ctx, story.score, asked, None if preview else _required(output), ledger)


@app.command(
    epilog="Example: `blijfwijzer climate data/werkonderzoek-2022.sav "
    "--codebook werkonderzoek-2019 --previous data/werkonderzoek-2019.sav --output out/climate`"
)
@speaks
def climate(
    ctx: typer.Context,
    survey: SurveyFile,
    codebook: OwnCodebook = "",
    output: Output = None,
    previous: PreviousFile = None,
    by: UnitLevels = None,
    models: Annotated[
        Path | None,
        typer.Option("--models", "--pack", help="Or a pack: adds drivers of worrying units."),
    ] = None,
    population: PeopleFiles = None,
    previous_population: PreviousPeople = None,
    ledger: LedgerFolder = Path("ledger"),
    wave: WaveName = "",
    labels: LabelsFile = None,
    settings: SettingsFile = None,
    governance: GovernanceFile = None,
    preview: Preview = False,
    engine: EngineKind = Kind.LOCAL,
    scheduler: Scheduler = "",
    workers: Workers = 0,
) -> ForProgram:
    """Measure how it is to work in each unit: dimensions, change, worrying places, conduct."""
    from blijfwijzer.runs import climate as story
    from blijfwijzer.runs.waves import WavesRequest

    chosen, own = governed_by(settings, governance), engine_of(engine, scheduler, workers)
    people = tuple(population or ()), tuple(previous_population or ())
    told = previous, models, chosen, wave, labels, own, *people
    asked = WavesRequest(survey, codebook, part_names(by), *told)
    return _make(ctx, story.climate, asked, None if preview else _required(output), ledger)


@app.command(
    epilog="Example: `blijfwijzer claims data/werkonderzoek-2022.sav "
    "--codebook werkonderzoek-2019 --claim H1 --claim H6 --output out/claims`"
)
@speaks
def claims(
    ctx: typer.Context,
    survey: SurveyFile,
    codebook: OwnCodebook = "",
    output: Output = None,
    claim: Annotated[
        list[str] | None, typer.Option(help=f"Claim, e.g. H6; {SEVERAL}. Left out: all.")
    ] = None,
    previous: PreviousFile = None,
    models: Annotated[
        Path | None,
        typer.Option("--models", "--pack", help="Of an earlier wave: is their score fair?"),
    ] = None,
    population: Register = None,
    previous_population: PreviousPeople = None,
    ledger: LedgerFolder = Path("ledger"),
    wave: WaveName = "",
    labels: LabelsFile = None,
    settings: SettingsFile = None,
    governance: GovernanceFile = None,
    preview: Preview = False,
) -> ForProgram:
    """Test the policy's claims on a survey: supported, not, contradicted or undecided."""
    from blijfwijzer.runs import claims as story
    from blijfwijzer.runs.waves import WavesRequest

    people = tuple(population or ()), tuple(previous_population or ())
    told = previous, models, governed_by(settings, governance), wave, labels, LOCAL, *people
    asked = WavesRequest(survey, codebook, part_names(claim), *told)
    return _make(ctx, story.claims, asked, None if preview else _required(output), ledger)


add_voucher_commands(app)
add_decision_commands(app)
add_model_commands(app)


def _make(
    ctx: typer.Context, story: Callable[..., "Shown"], asked: Any, output: Path | None, ledger: Path
) -> ForProgram:
    """Make what is asked, or say how much would be shown; where a plan asks, only say what it is.

    Parameters
    ----------
    output : None for a preview
    """
    if output is not None:
        return ForProgram(story(asked, output, ledger).as_json())
    if is_planned(ctx, story.__name__, asked):
        return ForProgram({})
    from blijfwijzer.runs.preview import preview

    return ForProgram(preview(story.__name__, asked, ledger).as_json())


def _required(output: Path | None) -> Path:
    if output is None:
        raise typer.BadParameter(
            "is missing. Name a folder, or try --preview.", param_hint="--output"
        )
    return output
