"""How figures on culture came about, in words, with the settings they were made with."""

from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Language

_CLIMATE: tuple[tuple[str, str], ...] = (
    (
        "Gemiddelden zijn gewogen en samengevoegd met die van de eenheid erboven, naarmate een "
        "groep kleiner is (een gebiedsmodel naar Fay en Herriot, bayesiaans geïntegreerd over wat "
        "niet bekend is). Intervallen volgen de opzet: hele eenheden, lagen en gewichten, of "
        "herwegingen waar de enquête die heeft.",
        "Means are weighted and pooled with that of the unit above, the more so the smaller a "
        "group is (an area-level model after Fay and Herriot, integrated over what is not known). "
        "Intervals follow the design: whole units, strata and weights, or replicate weights where "
        "the survey has them.",
    ),
    (
        "Een teken vraagt een p-waarde die na correctie voor de hele lijst (Benjamini en Hochberg) "
        "onder {false} % ligt, een interval zonder nul, en een verschil van ten minste {floor} % "
        "van de breedte van de schaal en d {floor_d}.",
        "A mark takes a p-value below {false}% after correction for the whole list (Benjamini and "
        "Hochberg), an interval without zero, and a difference of at least {floor}% of the span "
        "of the scale and d {floor_d}.",
    ),
    (
        "Of een schaal voor groepen hetzelfde meet is per vraag getoetst met een ordinale "
        "regressie (proportional odds) op de score van de andere vragen, elke groep tegenover alle "
        "andere samen, met correctie voor het aantal en effectgroottes naar Jodoin en Gierl "
        "(2001). Een groep is op een schaal niet vergelijkbaar als die vragen er {floor} % van de "
        "breedte verschil maken, of de helft van de vragen er verschilt.",
        "Whether a scale measures the same for groups was tested item by item with an ordinal "
        "regression (proportional odds) on the score of the other items, each group against all "
        "others together, adjusted for their number, with effect sizes after Jodoin and Gierl "
        "(2001). A group is not comparable on a scale when those items make {floor}% of its span "
        "in difference there, or half of the items differ.",
    ),
    (
        "Niets hier zegt, ook niet samen met eerdere publicaties, iets over minder dan {minimum} "
        "mensen: dat is nagerekend over alle combinaties van getoonde groepen. Van een groep "
        "waarin bijna iedereen gunstig antwoordt, of niemand, is niets getoond. Aantallen staan in "
        "klassen, gemiddelden hebben één decimaal, percentages zijn heel.",
        "Nothing here tells, not even together with earlier releases, anything about fewer than "
        "{minimum} people: that was worked out over all combinations of shown groups. A group in "
        "which nearly everybody answers favourably, or nobody, is not shown. Counts are in bands, "
        "means to one decimal, percentages whole.",
    ),
)
_CLAIMS: tuple[tuple[str, str], ...] = (
    (
        "Intervallen volgen de opzet: hele eenheden, lagen en gewichten, of herwegingen waar de "
        "enquête die heeft; waar geen formule is, een bootstrap daarvan. Binnen een familie zijn "
        "p-waarden gecorrigeerd voor het "
        "aantal stellingen (Holm).",
        "Intervals follow the design: whole units, strata and weights, or replicate weights where "
        "the survey has them; where there is no formula, a bootstrap of these. Within a family "
        "p-values are adjusted for the number of "
        "claims (Holm).",
    ),
    (
        "Waar teams zijn, is de ene helft van een team gebruikt om de antwoorden van de andere "
        "helft te voorspellen, zodat een samenhang niet alleen uit de stemming van één persoon "
        "komt.",
        "Where there are teams, one half of a team was used to predict the answers of the other, "
        "so that a relation does not come from one person's mood alone.",
    ),
    (
        "Cijfers gaan over de hele enquête. Een schatting over minder dan {minimum} mensen, of "
        "waaruit samen met eerdere publicaties iets over zo weinig mensen zou volgen, is niet "
        "getoond.",
        "Figures are about the whole survey. An estimate over fewer than {minimum} people, or "
        "from which together with earlier releases something would follow about so few, is not "
        "shown.",
    ),
)


def climate_method(settings: Settings, language: Language) -> tuple[str, ...]:
    """Tell how figures of a climate came about."""
    return _fill(_CLIMATE, settings, language)


def claims_method(settings: Settings, language: Language) -> tuple[str, ...]:
    """Tell how verdicts came about."""
    return _fill(_CLAIMS, settings, language)


def _fill(
    texts: tuple[tuple[str, str], ...], settings: Settings, language: Language
) -> tuple[str, ...]:
    culture, place = settings.culture, 0 if language == "nl" else 1
    floor_d = f"{culture.floor_d:g}"
    values = {
        "false": round(100 * culture.false_discoveries),
        "floor": round(100 * culture.floor),
        "floor_d": floor_d.replace(".", ",") if language == "nl" else floor_d,
        "minimum": settings.disclosure.minimum,
    }
    return tuple(text[place].format(**values) for text in texts)
