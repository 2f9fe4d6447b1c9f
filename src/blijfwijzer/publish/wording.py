"""Sentences of a release, in Dutch and English."""

from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Language

_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Van enquête naar vouchers", "From survey to vouchers"),
    "survey": ("{wave}, gelezen als {codebook}", "{wave}, read as {codebook}"),
    "everyone": ("Iedereen", "Everyone"),
    "forms": ("Formulieren", "Forms"),
    "accepted": ("Aanvaard", "Accepted"),
    "refused": ("Geweigerd", "Refused"),
    "shown": ("Groepen getoond", "Groups shown"),
    "withheld": ("Groepen niet getoond", "Groups withheld"),
    "uncompared": (
        "Groepen niet getoond, omdat geen schaal er hetzelfde meet",
        "Groups not shown, since no scale means the same there",
    ),
    "rolled_up": ("Groepen samengevoegd met een grotere", "Groups rolled up"),
    "earlier_releases": ("Eerdere publicaties meegewogen", "Earlier releases weighed"),
    "reason_small": (
        "Te weinig mensen, of te weinig mensen erbuiten",
        "Too few people, or too few people outside it",
    ),
    "reason_derived": (
        "Samen met wat wel getoond is zou iets over weinig mensen volgen",
        "Together with what is shown something would follow about few people",
    ),
    "rolled_parent": ("de eenheid erboven is samengevoegd", "the unit above rolled up"),
    "rolled_respondents": ("te weinig respondenten", "too few respondents"),
    "rolled_people": ("te weinig mensen", "too few people"),
    "rolled_response": ("te lage respons", "response too low"),
    "groups_of": (
        "{groups} groepen, {people} respondenten",
        "{groups} groups, {people} respondents",
    ),
    "refused_straight-lining": (
        "overal hetzelfde antwoord, ook op vragen die andersom zijn gesteld",
        "one answer to everything, also to items that are worded the other way round",
    ),
    "refused_duplicate id": ("komt al eerder voor", "occurs before"),
    "refused_missing unit": ("waar iemand werkt ontbreekt: {column}", "no unit: {column}"),
    "refused_missing weight": ("geen gewicht", "no weight"),
    "refused_weight of zero": ("gewicht nul", "weight of zero"),
    "refused_out-of-range code": (
        "antwoord dat het codeboek niet kent: {column}",
        "answer that the codebook does not know: {column}",
    ),
    "wave": ("Meting", "Wave"),
    "origin_survey": ("Codeboek", "Codebook"),
    "origin_survey_sha256": ("SHA-256 van de enquête", "SHA-256 of the survey"),
    "origin_previous_sha256": (
        "SHA-256 van de vorige meting",
        "SHA-256 of the wave before",
    ),
    "origin_codebook_sha256": ("SHA-256 van het codeboek", "SHA-256 of the codebook"),
    "origin_settings_sha256": ("SHA-256 van de instellingen", "SHA-256 of the settings"),
    "origin_model": ("Model", "Model"),
    "origin_model_sha256": ("SHA-256 van het model", "SHA-256 of the model"),
    "origin_commit": ("Versie van de code (commit)", "Version of the code (commit)"),
    "too_few": ("te weinig waarnemingen", "too few responses"),
    "not_shown": ("niet getoond", "not shown"),
    "carried": (
        "Deze golf vraagt een uitkomst niet. De percentages komen van het model en van wat groepen "
        "eerder toevoegden; de intervallen zijn daarom breder.",
        "This wave does not ask an outcome. Rates come from the model and from what groups added "
        "before; the intervals are wider for that.",
    ),
    "changed": (
        "{groups} groepen van eerdere publicaties zijn sindsdien met enkele mensen veranderd; hun "
        "huidige cijfer is niet getoond en niet af te leiden.",
        "{groups} groups of earlier releases have since changed by a few people; what they hold "
        "now is neither shown nor derivable.",
    ),
    "plan": ("Dit voorstel", "This proposal"),
    "plan_none": ("Dit voorstel, zonder begeleiding", "This proposal, without guidance"),
    "plan_talk": ("Dit voorstel, met een gesprek", "This proposal, with a talk"),
    "plan_time": ("Dit voorstel, met begeleiding en tijd", "This proposal, with guidance and time"),
    "simple": ("Laag opgeleid en lang in dienst", "Low education and long tenure"),
    "random": ("Groepen door loting", "Groups at random"),
    "people": ("Naar het aantal mensen", "In proportion to people"),
    "equal": ("Elke groep evenveel", "The same for each group"),
    "optimum": ("Het beste bij bekende behoefte", "Best with known need"),
    "note_plan": (
        "{vouchers} vouchers van {cost}; in reserve {reserve}, over {left}. Elk "
        "percentage is met {robustness} standaardfouten verlaagd, zodat onzekere groepen niet "
        "vooraan staan. Opname {take_up}, waarvan {deadweight} zich anders ook had geschoold.",
        "{vouchers} vouchers of {cost}; in reserve {reserve}, left {left}. Each "
        "rate was lowered by {robustness} standard errors, so that uncertain groups do not "
        "come first. Take-up {take_up}, of whom {deadweight} would have trained anyway.",
    ),
    "note_basis": (
        "De verdeling naar risico is alleen gemaakt uit wat in dit rapport staat: het percentage "
        "dat achterblijft en het aantal mensen. Vertrekintentie, leeftijd, geslacht en herkomst "
        "doen "
        "niet mee. Een voucher is een aanbod; een mens beslist.",
        "The division by risk is made from what this report shows only: the rate that falls "
        "behind and the "
        "number of people. Intention to leave, age, sex and origin play no part. A voucher is an "
        "offer; a person decides.",
    ),
    "rest": ("overige", "others"),
    "by_risk": ("naar risico", "by risk"),
    "by_lot": ("door loting", "by lot"),
    "by_signal": ("met de hand", "by hand"),
    "floor": ("ten minste", "at least"),
    "cap": ("ten hoogste", "at most"),
    "note_mix": (
        "Van de vouchers zijn er {by_risk} naar risico verdeeld, {by_lot} door loting en "
        "{by_signal} met de hand toegekend (voorgedragen: {signals}).",
        "Of the vouchers {by_risk} were divided by risk, {by_lot} by lot, and {by_signal} were "
        "given "
        "by hand (put forward: {signals}).",
    ),
    "note_limits": ("Grenzen aan het deel van de vouchers: {limits}.", "Limits: {limits}."),
    "sealed": ("Verzegeld met", "Sealed with"),
    "drawn": ("Groepen in de loting", "Groups in the lottery"),
    "power": ("Onderscheidingsvermogen", "Power"),
    "detectable": (
        "Kleinste aantoonbare effect, procentpunten",
        "Smallest detectable effect, percentage points",
    ),
}
_METHOD: tuple[tuple[str, str], ...] = (
    (
        "Elk percentage voegt drie bronnen samen: de antwoorden van de groep zelf, het gemiddelde "
        "risico volgens het model, en de andere groepen (een gebiedsmodel naar Fay en Herriot, "
        "bayesiaans geïntegreerd over wat niet bekend is).",
        "Each rate joins three sources: the group's own answers, the model's mean risk, and the "
        "other groups (an area-level model after Fay and Herriot, integrated over what is not "
        "known).",
    ),
    (
        "Een groep is gevlagd als haar percentage {margin} procentpunt of meer boven dat van de "
        "sector ligt. Van de hele lijst is naar verwachting hoogstens {false} % ten onrechte "
        "gevlagd. Wat in minder dan {stability} % van de herhalingen gevlagd blijft, heet onzeker.",
        "A group is flagged when its rate lies {margin} points or more above that of its sector. "
        "Of the whole list at most {false}% is expected to be flagged wrongly. What stays "
        "flagged in fewer than {stability}% of repetitions is called uncertain.",
    ),
    (
        "Niets in dit rapport zegt, ook niet samen met eerdere publicaties, iets over minder dan "
        "{minimum} mensen: dat is nagerekend over alle combinaties van getoonde groepen. Aantallen "
        "mensen staan in klassen, percentages zijn heel, bijdragen hebben één decimaal.",
        "Nothing in this report tells, not even together with earlier releases, anything about "
        "fewer than {minimum} people: that was worked out over all combinations of shown groups. "
        "Counts of people are in bands, percentages whole, contributions to one decimal.",
    ),
    (
        "Onzekerheid door wie niet meedeed: de grenzen gelden als de kansverhouding van "
        "niet-deelnemers {odds} keer zo hoog of zo laag is.",
        "Uncertainty from those who did not respond: the bounds hold if the odds of non-respond"
        "ents are {odds} times as high or as low.",
    ),
)


def knows(name: str) -> bool:
    """Tell whether there is a text of this name."""
    return name in _TEXTS


def told(name: str, language: Language) -> str:
    """Give a text by its name."""
    return _TEXTS[name][0 if language == "nl" else 1]


def method(settings: Settings, language: Language) -> tuple[str, ...]:
    """Tell how the figures came about, with the settings they were made with."""
    values = {
        "margin": round(100 * settings.flags.margin),
        "false": round(100 * settings.flags.false_discoveries),
        "stability": round(100 * settings.flags.stability),
        "minimum": settings.disclosure.minimum,
        "odds": f"{settings.rates.nonresponse_odds:g}",
    }
    place = 0 if language == "nl" else 1
    return tuple(texts[place].format(**values) for texts in _METHOD)
