"""Commands about which model is used, and whether it still holds."""

from pathlib import Path
from typing import Annotated

import typer

from blijfwijzer.cli.options import (
    SEVERAL,
    EngineKind,
    OwnLedger,
    Scheduler,
    SettingsFile,
    SurveyFile,
    Workers,
    engine_of,
    part_names,
)
from blijfwijzer.cli.programs import ForProgram, is_planned, speaks
from blijfwijzer.engines.engine import Kind

_Trained = Annotated[
    list[Path] | None,
    typer.Option(
        "--trained",
        help="File that a model was trained on, where SURVEY is another wave of the same "
        "organisations; repeat it for each.",
    ),
]
_Target = Annotated[str, typer.Option(help="Outcome, where a folder holds models of several.")]


def add_model_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command(
        epilog="Example: `blijfwijzer monitor data/werkonderzoek-2022.sav --models models "
        "--output out/monitor-2022`"
    )(speaks(monitor))
    app.command(
        epilog="Example: `blijfwijzer compare models/one models/other "
        "data/werkonderzoek-2019.sav --output out/compare`"
    )(speaks(compare))
    app.command(
        epilog="Example: `blijfwijzer promote models/other data/werkonderzoek-2019.sav "
        '--by "HR analytics" --why "trained on the newest wave"`'
    )(speaks(promote))


def monitor(
    ctx: typer.Context,
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
    engine: EngineKind = Kind.LOCAL,
    scheduler: Scheduler = "",
    workers: Workers = 0,
) -> ForProgram:
    """Tell of each model whether it still holds in a wave: keep, recalibrate or retrain."""
    from blijfwijzer.runs import monitor as story
    from blijfwijzer.runs.models.explained import ExplainRequest

    own = engine_of(engine, scheduler, workers)
    asked = ExplainRequest(models, survey, target, settings, engine=own)
    if is_planned(ctx, "monitor", asked):
        return ForProgram({})
    shown = story.monitor(asked, output, ledger)
    return ForProgram({"models": [one.as_json() for one in shown]})


def compare(
    ctx: typer.Context,
    first: Annotated[
        Path,
        typer.Argument(metavar="A", help="A model folder, or an address as models:/name@alias."),
    ],
    second: Annotated[Path, typer.Argument(metavar="B", help="The other one.")],
    survey: SurveyFile,
    output: Annotated[Path, typer.Option(help="Folder for a page and tables.")],
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help=f"Unit levels to flag; {SEVERAL}. Left out: the cluster."),
    ] = None,
    trained: _Trained = None,
    target: _Target = "",
    settings: SettingsFile = None,
    ledger: OwnLedger = None,
) -> ForProgram:
    """Hold two models against each other on a survey: how good, what drives them, what changes."""
    from blijfwijzer.runs import compare as story
    from blijfwijzer.runs.models.pairs import CompareRequest

    learnt = tuple(trained or ())
    asked = CompareRequest(first, second, survey, target, settings, part_names(by), learnt)
    if is_planned(ctx, "compare", asked):
        return ForProgram({})
    return ForProgram(story.compare(asked, output, ledger).as_json())


def promote(
    ctx: typer.Context,
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL", help="A model folder, or an address as models:/name@challenger."
        ),
    ],
    survey: SurveyFile,
    by: Annotated[str, typer.Option(help="Who decides: a name or a role; it is kept.")],
    why: Annotated[str, typer.Option(help="Why; it is kept.")],
    trained: _Trained = None,
    settings: SettingsFile = None,
    ledger: OwnLedger = None,
) -> ForProgram:
    """Make a model the champion that `score` uses, if it is no worse than the one in use."""
    from blijfwijzer.runs import promote as story

    asked = story.PromoteRequest(model, survey, by, why, tuple(trained or ()), settings)
    if is_planned(ctx, "promote", asked):
        return ForProgram({})
    decision = story.promote(asked, ledger).decision
    return ForProgram(
        {"model": decision.model, "target": decision.target, "replaced": decision.replaced}
    )
