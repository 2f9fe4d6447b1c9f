"""The door: parse, call one run, turn errors into exit codes."""

import os
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from blijfwijzer import __version__, errors
from blijfwijzer.cli.disclosure import disclosure
from blijfwijzer.cli.options import (
    SEVERAL,
    CodebookName,
    LedgerFolder,
    Output,
    OwnLedger,
    Preview,
    PreviousFile,
    ReleaseFolder,
    SettingsFile,
    SheetName,
    SurveyFile,
    WaveName,
    part_names,
    read_euro,
)
from blijfwijzer.cli.programs import AsJson, tell_error, told_to_programs
from blijfwijzer.files import to_json

app = typer.Typer(
    name="blijfwijzer",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Find who may want to leave and who falls behind in an employee survey, and why.\n\n"
    "It reports associations, not causes; intentions, not departures; groups, never persons.",
)

app.add_typer(disclosure, name="disclosure")


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
def synthesise(
    output: Annotated[Path, typer.Option(help="Survey to write; the suffix gives the format.")],
    respondents: Annotated[int, typer.Option(min=500, max=5_000_000)] = 40_000,
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
) -> None:
    """Make the built-in survey: a synthetic WERKonderzoek whose truth is known."""
    from blijfwijzer.progress import show_progress
    from blijfwijzer.runs.synthesise import synthesise as make

    places = {"truth": truth, "population": population, "margins": margins, "figures": figures}
    with show_progress() as tell:
        survey = make(output, respondents, seed=seed, wave=wave, tell=tell, **places)
    print(f"{output}: {len(survey.responses)} forms of {respondents} respondents, wave {wave}.")


@app.command(
    epilog="Example: `blijfwijzer check data/werkonderzoek-2019.sav --codebook werkonderzoek-2019`"
)
def check(
    survey: SurveyFile,
    codebook: CodebookName,
    settings: SettingsFile = None,
    models: Annotated[
        Path | None, typer.Option(help="Models: tell whether they can score it too.")
    ] = None,
    sheet: SheetName = "",
    as_json: AsJson = False,
) -> None:
    """Tell how a survey reads, all that is wrong, and which commands can use it; fits no model.

    It ends with the code of the first fault of the survey, and with 0 where it has none, even if no
    command can use it: --json tells which can.
    """
    from blijfwijzer.runs import check as story

    with told_to_programs(as_json):
        checked = story.check(survey, codebook, settings, models, sheet=sheet)
    print(story.tell(checked, as_json=as_json))
    raise typer.Exit(checked.exit_code)


@app.command(epilog="Example: `blijfwijzer codebook mine.sav --output mine.toml`")
def codebook(
    survey: SurveyFile,
    output: Annotated[Path | None, typer.Option(help="Where to write it; else the screen.")] = None,
    sheet: SheetName = "",
) -> None:
    """Draft a codebook from a file's names, labels and codes, for you to finish."""
    from blijfwijzer.runs import draft as story

    story.draft(survey, output, sheet)


@app.command(
    epilog="Example: `blijfwijzer train data/werkonderzoek-2019.sav --codebook werkonderzoek-2019 "
    "--target vertrekintentie`"
)
def train(
    survey: SurveyFile,
    codebook: CodebookName,
    target: Annotated[
        list[str] | None, typer.Option(help="Outcome of the codebook; all when left out.")
    ] = None,
    settings: SettingsFile = None,
    models: Annotated[Path, typer.Option(help="Folder for the model folders.")] = Path("models"),
    ledger: OwnLedger = None,
    as_json: AsJson = False,
) -> None:
    """Fit, calibrate, choose, evaluate and explain a model of each outcome."""
    from blijfwijzer.runs import train as story

    asked = story.TrainRequest(survey, codebook, tuple(target or []), settings)
    with told_to_programs(as_json):
        folders = story.train(asked, models, ledger or models.parent / "ledger")
    if as_json:
        print(to_json(story.tell_program(folders)).decode(), end="")


@app.command(
    epilog="Example: `blijfwijzer explain models data/werkonderzoek-2022.sav "
    "--target vertrekintentie --output out/drivers-2022`"
)
def explain(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A model folder, or a folder of them.")
    ],
    survey: SurveyFile,
    output: Annotated[Path, typer.Option(help="Folder for pictures, tables and a page.")],
    target: Annotated[
        str, typer.Option(help="Outcome, where the folder holds models of several.")
    ] = "",
    settings: SettingsFile = None,
    ledger: OwnLedger = None,
) -> None:
    """Show what drives a model's risk in another wave: pictures, tables and a page."""
    from blijfwijzer.runs import explain as story

    asked = story.ExplainRequest(model, survey, target, settings)
    story.explain(asked, output, ledger)


@app.command(
    epilog="Example: `blijfwijzer monitor data/werkonderzoek-2022.sav --models models "
    "--output out/monitor-2022`"
)
def monitor(
    survey: SurveyFile,
    output: Annotated[Path, typer.Option(help="Folder for a folder by outcome.")],
    models: Annotated[
        Path, typer.Option(help="Folder with the models of this survey, or a model folder.")
    ] = Path("models"),
    target: Annotated[
        str, typer.Option(help="Outcome; each that there is a model of when left out.")
    ] = "",
    settings: SettingsFile = None,
    ledger: OwnLedger = None,
) -> None:
    """Tell of each model whether it still holds in a wave: keep, recalibrate or retrain."""
    from blijfwijzer.runs import monitor as story

    story.monitor(story.MonitorRequest(survey, models, target, settings), output, ledger)


@app.command(
    epilog="Example: `blijfwijzer score data/werkonderzoek-2022.sav --models models "
    "--by organisatie,afdeling --and opleiding --output out/2022`"
)
def score(
    ctx: typer.Context,
    survey: SurveyFile,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help=f"Unit levels; {SEVERAL}. Left out: to one below the cluster."),
    ] = None,
    output: Output = None,
    models: Annotated[Path, typer.Option(help="Folder with the models of this survey.")] = Path(
        "models"
    ),
    cross: Annotated[
        list[str] | None,
        typer.Option("--and", help=f"Background variables to cross units with; {SEVERAL}."),
    ] = None,
    population: Annotated[
        list[Path] | None,
        typer.Option(
            help="How many people work in each unit: levels and `people`. Repeated: how many have "
            "which age, contract ...: levels, `variable`, `code` and `people`."
        ),
    ] = None,
    ledger: LedgerFolder = Path("ledger"),
    wave: WaveName = "",
    settings: SettingsFile = None,
    preview: Preview = False,
) -> None:
    """Estimate both risks per group of a new wave, and write what may be shown."""
    from blijfwijzer.runs import score as story

    units, crossed = part_names(by), part_names(cross)
    people = tuple(population or ())
    asked = story.ScoreRequest(survey, units, models, crossed, people, settings, wave)
    _make(ctx, story.score, asked, None if preview else _required(output), ledger)


@app.command(
    epilog="Example: `blijfwijzer climate data/werkonderzoek-2022.sav "
    "--codebook werkonderzoek-2019 --previous data/werkonderzoek-2019.sav --output out/climate`"
)
def climate(
    ctx: typer.Context,
    survey: SurveyFile,
    codebook: CodebookName,
    output: Output = None,
    previous: PreviousFile = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            help=f"Unit levels; {SEVERAL}. Left out: to one below the cluster.",
        ),
    ] = None,
    models: Annotated[
        Path | None, typer.Option(help="Models of this survey: adds drivers of worrying units.")
    ] = None,
    ledger: LedgerFolder = Path("ledger"),
    wave: WaveName = "",
    settings: SettingsFile = None,
    preview: Preview = False,
) -> None:
    """Measure how it is to work in each unit: dimensions, change, worrying places, conduct."""
    from blijfwijzer.runs import climate as story
    from blijfwijzer.runs.waves import WavesRequest

    asked = WavesRequest(survey, codebook, part_names(by), previous, models, settings, wave)
    _make(ctx, story.climate, asked, None if preview else _required(output), ledger)


@app.command(
    epilog="Example: `blijfwijzer claims data/werkonderzoek-2022.sav "
    "--codebook werkonderzoek-2019 --claim H1 --claim H6 --output out/claims`"
)
def claims(
    ctx: typer.Context,
    survey: SurveyFile,
    codebook: CodebookName,
    output: Output = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(help=f"Claim, e.g. H6; {SEVERAL}. Left out: all."),
    ] = None,
    previous: PreviousFile = None,
    models: Annotated[
        Path | None, typer.Option(help="Models of an earlier wave: judges whose score is fair.")
    ] = None,
    ledger: LedgerFolder = Path("ledger"),
    wave: WaveName = "",
    settings: SettingsFile = None,
    preview: Preview = False,
) -> None:
    """Test the policy's claims on a survey: supported, not, contradicted or undecided."""
    from blijfwijzer.runs import claims as story
    from blijfwijzer.runs.waves import WavesRequest

    asked = WavesRequest(survey, codebook, part_names(claim), previous, models, settings, wave)
    _make(ctx, story.claims, asked, None if preview else _required(output), ledger)


@app.command(
    epilog="Example: `blijfwijzer vouchers out/2022 --budget 250000 --cost 1000 "
    "--survey data/werkonderzoek-2022.sav`"
)
def vouchers(
    release: ReleaseFolder,
    budget: Annotated[
        float | None,
        typer.Option(parser=read_euro, metavar="EURO", help="Else that of the settings."),
    ] = None,
    cost: Annotated[
        float | None,
        typer.Option(
            parser=read_euro, metavar="EURO", help="Per voucher; else that of the settings."
        ),
    ] = None,
    settings: SettingsFile = None,
    ledger: LedgerFolder = Path("ledger"),
    truth: Annotated[
        Path | None, typer.Option(help="What `synthesise --truth` wrote: show the true outcomes.")
    ] = None,
    target: Annotated[
        str, typer.Option(help="The need that vouchers are for, where the release has several.")
    ] = "",
    secret: Annotated[
        Path | None,
        typer.Option(help="File whose SHA-256 the settings promised at scoring, for a lottery."),
    ] = None,
    again: Annotated[
        str, typer.Option(help="Why these people are drawn among again, or by another plan.")
    ] = "",
    survey: Annotated[
        Path | None,
        typer.Option(help="The file that was scored: tell whom the vouchers help and miss."),
    ] = None,
    models: Annotated[
        Path, typer.Option(help="Folder with the models that it was scored with.")
    ] = Path("models"),
) -> None:
    """Divide a voucher budget over the groups of a release, by need alone."""
    from blijfwijzer.runs import vouchers as story

    told = settings, target, secret, again, truth, survey, models
    asked = story.VoucherRequest(release, budget, cost, *told)
    story.vouchers(asked, ledger)


@app.command(
    epilog="Example: `blijfwijzer trial out/2022/lottery.json trained.csv --output effect.json`"
)
def trial(
    sealed: Annotated[Path, typer.Argument(metavar="LOTTERY", help="The sealed lottery.")],
    outcomes: Annotated[
        Path,
        typer.Argument(metavar="OUTCOMES", help="Table: group, n, and share or count trained."),
    ],
    sha256: Annotated[str, typer.Option(help="Hash that was published with the lottery.")] = "",
    output: Annotated[Path | None, typer.Option(help="Where to write the result (JSON).")] = None,
    ledger: LedgerFolder = Path("ledger"),
) -> None:
    """Estimate, a year later, what the vouchers of a lottery did."""
    from blijfwijzer.runs import trial as story

    story.trial(story.TrialRequest(sealed, outcomes, sha256), output, ledger)


def _make(
    ctx: typer.Context, story: Callable[..., None], asked: Any, output: Path | None, ledger: Path
) -> None:
    """Make what is asked, or say how much would be shown; where a plan asks, only say what it is.

    Parameters
    ----------
    output : None for a preview
    """
    if output is not None:
        story(asked, output, ledger)
    elif isinstance(ctx.obj, list):
        ctx.obj.append((story.__name__, asked))
    else:
        from blijfwijzer.runs.preview import preview

        preview(story.__name__, asked, ledger)


def _required(output: Path | None) -> Path:
    if output is None:
        raise typer.BadParameter(
            "is missing. Name a folder, or try --preview.", param_hint="--output"
        )
    return output


def main() -> None:
    """Run the command line; a user's error is one paragraph and an exit code of its own."""
    # Threads of OpenMP wait at full speed; where other work runs on the same cores a training then
    # takes ten times as long. Passive waiting costs nothing that can be measured on quiet ones.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    before = warnings.showwarning
    warnings.showwarning = partial(_warn, before)
    try:
        app()
    except (errors.BlijfwijzerError, OSError) as error:
        _stop(*tell_error(error))
    except KeyboardInterrupt:
        _stop("Interrupted: nothing was left half-written.", errors.INTERRUPTED)
    except SystemExit as end:
        if end.code == errors.INTERRUPTED:
            _stop("Interrupted: nothing was left half-written.", errors.INTERRUPTED)
        raise
    finally:
        warnings.showwarning = before


def _warn(
    otherwise: Callable[..., None], message: Warning | str, category: type[Warning], *rest: Any
) -> None:
    """Show a warning that is meant for a user as one, without a place in the code."""
    if issubclass(category, errors.CodebookWarning | errors.PromiseWarning):
        print(f"blijfwijzer: warning: {message}", file=sys.stderr)
    else:
        otherwise(message, category, *rest)


def _stop(message: str, code: int) -> None:
    print(f"blijfwijzer: {message}", file=sys.stderr)
    raise SystemExit(code)
