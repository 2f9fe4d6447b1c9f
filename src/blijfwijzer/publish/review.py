"""What a data scientist reviews: the page of a training, and of drivers in another wave."""

import pandas as pd

from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.publish.canvas import Picture, note, to_bytes
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.page import Page, Section, Shown
from blijfwijzer.publish.texts import write
from blijfwijzer.risk.evaluation import Evaluation
from blijfwijzer.risk.selection import Selection
from blijfwijzer.survey.codebook import Codebook, Language, Outcome
from blijfwijzer.survey.intake import Intake, count_reasons
from blijfwijzer.survey.labels import scale_labels
from blijfwijzer.survey.scales import Reliability
from blijfwijzer.survey.texts import Message

_PERFORMANCE = ("calibration", "curves")


def training_page(
    codebook: Codebook,
    outcome: Outcome,
    intake: Intake,
    reliability: Reliability,
    selection: Selection,
    evaluation: Evaluation,
    drivers: Drivers,
    pictures: dict[str, Picture],
    warnings: list[Message],
    provenance: dict[str, str],
    language: Language,
) -> Page:
    """Tell a training from the survey to its drivers."""
    is_dutch = language == "nl"
    champion = selection.champion.kind
    chosen = (
        f"Gekozen is {champion}: de eenvoudigste kandidaat binnen één standaardfout van de beste. "
        f"De eenvoud kost {selection.price:g} aan log loss."
        if is_dutch
        else f"Chosen is {champion}: the simplest candidate within one standard error of the best. "
        f"Simplicity costs {selection.price:g} of log loss."
    )
    first = (
        _survey_section(intake, reliability, codebook, language),
        Section(
            "Model" if is_dutch else "Model",
            chosen,
            tables={
                ("Kandidaten" if is_dutch else "Candidates"): selection.scores.reset_index(),
            },
        ),
        evaluation_section(evaluation, pictures, language),
    )
    return Page(
        title=f"{outcome.label.in_(language)}: {codebook.survey.label.in_(language)}",
        note=note(outcome, language),
        intro=_intro(outcome, evaluation, language),
        warnings=tuple(write(warning, language) for warning in warnings),
        sections=(
            *first,
            drivers_section(drivers, pictures, codebook, language),
            _provenance_section(provenance, language),
        ),
    )


def drivers_page(
    codebook: Codebook,
    outcome: Outcome,
    intake: Intake,
    evaluation: Evaluation | None,
    drivers: Drivers,
    pictures: dict[str, Picture],
    warnings: list[Message],
    provenance: dict[str, str],
    language: Language,
) -> Page:
    """Tell what drives a model's risk in another wave; with its quality where that is known."""
    is_dutch = language == "nl"
    counts = count_reasons(intake.rejected)
    sections = [
        Section(
            "Vragenlijst" if is_dutch else "Survey",
            _read_text(intake, language),
            tables={("Afgewezen" if is_dutch else "Rejected"): counts} if len(counts) else {},
        )
    ]
    if evaluation is not None:
        sections.append(evaluation_section(evaluation, pictures, language))
    sections += [
        drivers_section(drivers, pictures, codebook, language),
        _provenance_section(provenance, language),
    ]
    what = "drijfveren in een andere golf" if is_dutch else "drivers in another wave"
    return Page(
        title=f"{outcome.label.in_(language)}: {what}",
        note=note(outcome, language),
        intro=(outcome.meaning.in_(language),),
        warnings=tuple(write(warning, language) for warning in warnings),
        sections=tuple(sections),
    )


def evaluation_section(
    evaluation: Evaluation, pictures: dict[str, Picture], language: Language
) -> Section:
    """Show how good a risk is, overall and by group."""
    is_dutch = language == "nl"
    groups = evaluation.by_group.pivot_table(
        "value", ["attribute", "group", "n"], "metric", sort=False
    )
    return Section(
        "Hoe goed" if is_dutch else "How good",
        (
            "Alle cijfers zijn gemeten op antwoorden waarop niet is getraind, met hele "
            "organisaties apart; tussen laag en hoog ligt het 95 %-interval."
            if is_dutch
            else "All figures were measured on responses that were not trained on, whole "
            "organisations apart; low and high bound the 95 % interval."
        ),
        _shown(pictures, _PERFORMANCE),
        {
            ("Alle" if is_dutch else "Everyone"): evaluation.overall.rename_axis(
                "metric"
            ).reset_index(),
            ("Per groep" if is_dutch else "By group"): groups.reset_index(),
            ("IJking" if is_dutch else "Calibration"): evaluation.calibration,
        },
    )


def drivers_section(
    drivers: Drivers, pictures: dict[str, Picture], codebook: Codebook, language: Language
) -> Section:
    """Show what drives a risk: pictures, each with its table."""
    is_dutch = language == "nl"
    names = scale_labels(codebook, language)
    names |= {name: column.label.in_(language) for name, column in codebook.columns.items()}

    def labelled(table: pd.DataFrame) -> pd.DataFrame:
        told = table.rename_axis("name").reset_index()
        told.insert(0, "label", told["name"].map(names))
        return told

    captions = (
        ("Onderwerpen", "Drivers"),
        ("Constructen", "Constructs"),
        ("Antwoorden", "Answers"),
        ("Wisselwerking", "Interactions"),
        ("Verloop", "Dependence"),
        ("Stabiliteit", "Stability"),
    )
    tables = (
        labelled(drivers.scales).head(20),
        drivers.constructs.reset_index(drop=True)[
            ["construct", "is_changeable", "mean_abs", "low", "high", "mean", "n"]
        ],
        labelled(drivers.features).head(20),
        drivers.interactions.head(10),
        drivers.dependence,
        drivers.stability.groupby("comparison", sort=False).mean().reset_index(),
    )
    return Section(
        "Wat samenhangt met het risico" if is_dutch else "What goes with the risk",
        (
            "Bijdragen tellen op tot de geijkte kans. `changeable` is wat een werkgever kan "
            "veranderen."
            if is_dutch
            else "Contributions add up to the calibrated probability. `changeable` is what an "
            "employer can change."
        ),
        _shown(pictures, [name for name in pictures if name not in _PERFORMANCE]),
        dict(zip([c[0 if is_dutch else 1] for c in captions], tables, strict=True)),
    )


def _survey_section(
    intake: Intake, reliability: Reliability, codebook: Codebook, language: Language
) -> Section:
    is_dutch = language == "nl"
    tables = {
        ("Betrouwbaarheid van schalen" if is_dutch else "Reliability of scales"): reliability.scales
    }
    counts = count_reasons(intake.rejected)
    if len(counts):
        tables["Afgewezen" if is_dutch else "Rejected"] = counts
    population = codebook.survey.population
    return Section(
        "Vragenlijst" if is_dutch else "Survey",
        f"{_read_text(intake, language)} {population}.",
        tables=tables,
    )


def _read_text(intake: Intake, language: Language) -> str:
    accepted, rejected = len(intake.responses), len(intake.rejected)
    if language == "nl":
        return f"{intake.rows} formulieren: {accepted} aanvaard, {rejected} afgewezen."
    return f"{intake.rows} forms: {accepted} accepted, {rejected} rejected."


def _intro(outcome: Outcome, evaluation: Evaluation, language: Language) -> tuple[str, ...]:
    rate, rows = evaluation.prevalence, evaluation.rows
    if language == "nl":
        return (
            outcome.meaning.nl,
            f"Het geldt voor {rate:.1%} van de mensen voor wie {rows} antwoorden staan.",
        )
    return (
        outcome.meaning.en,
        f"It holds for {rate:.1%} of the people that {rows} responses stand for.",
    )


def _provenance_section(provenance: dict[str, str], language: Language) -> Section:
    headings = say("table.what", language), say("table.value", language)
    table = pd.DataFrame(list(provenance.items()), columns=list(headings))
    title = "Herkomst" if language == "nl" else "Provenance"
    return Section(title, tables={title: table})


def _shown(pictures: dict[str, Picture], names: list[str] | tuple[str, ...]) -> tuple[Shown, ...]:
    return tuple(
        Shown(to_bytes(pictures[name].figure, "png"), pictures[name].alt)
        for name in names
        if name in pictures
    )
