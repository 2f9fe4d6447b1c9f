"""Words and numbers of the report and the workbook, in Dutch and in English."""

from typing import Any, Literal

import pandas as pd

from blijfwijzer.publish.culture_texts import CULTURE_TEXTS
from blijfwijzer.survey.codebook import Language

Kind = Literal[
    "text", "count", "percent", "tenths", "points", "decimal", "ratio", "euro", "truth", "verdict"
]
"""How a value is written. tenths: a percentage with one decimal, for small shares."""

NUMBERS: tuple[Kind, ...] = ("count", "percent", "tenths", "points", "decimal", "ratio", "euro")
NOT_SHOWN = {"nl": "niet getoond", "en": "not shown"}
NO_BREAK = "\u00a0"

_DUTCH_SEPARATORS = str.maketrans(",.", ".,")


def show(value: Any, kind: Kind, language: Language) -> str:
    """Write a value for a reader; text in place of a number is shown as it is.

    >>> show(1234, "count", "nl"), show(12.34, "points", "nl"), show(34, "percent", "en")
    ('1.234', '+12,3', '34%')
    >>> show(float("nan"), "percent", "nl")
    'niet getoond'
    """
    if value is None or value is pd.NA or value != value:
        return NOT_SHOWN[language]
    if kind == "truth":
        return say("yes" if bool(value) else "no", language)
    if isinstance(value, str):
        is_id = kind == "verdict" and value in TEXTS
        return say(value, language) if is_id else value
    if kind == "text":
        return str(value)
    return _number(float(value), kind, language)


def show_interval(value: Any, low: Any, high: Any, kind: Kind, language: Language) -> str:
    """Write an estimate with its interval.

    >>> show_interval(34, 28, 41, "percent", "nl").replace(NO_BREAK, " ")
    '34 % (28 tot 41)'
    """
    told = show(value, kind, language)
    if number(value) is None or number(low) is None or number(high) is None:
        return told
    to = "tot" if language == "nl" else "to"
    ends = [show(end, kind, language).rstrip(f"%{NO_BREAK}") for end in (low, high)]
    return f"{told} ({ends[0]} {to} {ends[1]})"


def show_range(low: Any, high: Any, kind: Kind, language: Language) -> str:
    """Write two bounds.

    >>> show_range(28, 41, "percent", "en")
    '28% to 41%'
    """
    if number(low) is None or number(high) is None:
        return show(low, kind, language)
    to = "tot" if language == "nl" else "to"
    return f"{show(low, kind, language)} {to} {show(high, kind, language)}"


def number(value: Any) -> float | None:
    """Give a value as a number, or None when there is none to draw.

    >>> number(3), number("te weinig waarnemingen"), number(float("nan"))
    (3.0, None, None)
    """
    if value is None or value is pd.NA or isinstance(value, str) or value != value:
        return None
    return float(value)


def say(key: str, language: Language, **values: object) -> str:
    """Give a text of `TEXTS`, with its gaps filled."""
    return TEXTS[key][0 if language == "nl" else 1].format(**values)


def _number(value: float, kind: Kind, language: Language) -> str:
    # Adding zero keeps a small negative number from being told as minus nothing.
    value = round(value, 2 if kind == "ratio" else 1) + 0.0
    forms: dict[str, str] = {
        "count": f"{value:,.0f}",
        "percent": f"{value:,.0f}",
        "tenths": f"{value:,.1f}",
        "points": f"{value:+,.1f}",
        "decimal": f"{value:,.1f}",
        "ratio": f"{value:,.2f}",
        "euro": f"{value:,.0f}",
    }
    text = (f"{value:.1f}" if kind == "points" and value == 0 else forms[kind]).replace("-", "−")
    if language == "nl":
        text = text.translate(_DUTCH_SEPARATORS)
    if kind in ("percent", "tenths"):
        return text + (f"{NO_BREAK}%" if language == "nl" else "%")
    if kind == "euro":
        return f"€{NO_BREAK}{text}" if language == "nl" else f"€{text}"
    return text


TEXTS: dict[str, tuple[str, str]] = {
    **CULTURE_TEXTS,
    "yes": ("ja", "yes"),
    "no": ("nee", "no"),
    # Verdicts.
    "certain": ("gemarkeerd", "flagged"),
    "uncertain": ("onzeker", "uncertain"),
    "none": ("niet gemarkeerd", "not flagged"),
    "same": ("vergelijkbaar", "comparable"),
    "shifted": ("verschoven", "shifted"),
    # The frame of the page.
    "skip": ("Naar de inhoud", "Skip to the content"),
    "contents": ("Inhoud", "Contents"),
    "empty": ("Geen.", "None."),
    "twin": ("Cijfers: {caption}", "Figures: {caption}"),
    "cut": (
        "De eerste {shown} van {rows} rijen; het werkboek heeft ze alle.",
        "The first {shown} of {rows} rows; the workbook has all of them.",
    ),
    "rows": ("{caption} ({rows} rijen)", "{caption} ({rows} rows)"),
    # Sections.
    "what": ("Wat dit is, en wat niet", "What this is, and what it is not"),
    "read": ("Wat is gelezen en wat is geweigerd", "What was read and what was refused"),
    "sectors": ("De risico's per sector", "The risks by sector"),
    "flagged": (
        "Groepen die opvallen, en wat daarmee samenhangt",
        "Groups that stand out, and what goes with it",
    ),
    "vouchers": ("Vouchers, en wat anders had gekund", "Vouchers, and the alternatives"),
    "fairness": ("Wie ermee geholpen is, en wie wordt gemist", "Whom it helps, and whom it misses"),
    "withheld": ("Wat niet wordt getoond, en waarom", "What is withheld, and why"),
    "method": ("Methode en herkomst", "Method and provenance"),
    "what_groups": (
        "Dit verslag gaat over groepen, nooit over personen. Geen getal hierin zegt iets over één "
        "medewerker, en het mag niet worden gebruikt om te raden wie iemand is.",
        "This report is about groups, never about persons. No figure in it tells anything about "
        "one employee, and it may not be used to guess who someone is.",
    ),
    "what_association": (
        "Het laat samenhang zien, geen oorzaak. Wat met een risico samengaat, hoeft het niet te "
        "veroorzaken.",
        "It shows association, not cause. What goes with a risk need not be what brings it about.",
    ),
    "what_intention": (
        "Vertrekintentie is een voornemen, geen vertrek: veel mensen die willen gaan, blijven.",
        "Intention to leave is an intention, not a departure: many who wish to go will stay.",
    ),
    "what_uncertainty": (
        "Elk percentage is een schatting met een 95 %-interval. Overlappen intervallen, dan kan "
        "een verschil toeval zijn.",
        "Each percentage is an estimate with a 95% interval. Where intervals overlap, a "
        "difference may be chance.",
    ),
    "what_punish": (
        "Het is nooit bedoeld om te straffen, te beoordelen of te korten: geen medewerker, geen "
        "leidinggevende en geen afdeling.",
        "It is never meant to punish, to appraise or to cut: no employee, no manager and no "
        "department.",
    ),
    "what_offer": (
        "Een voucher is een aanbod, dat niemand hoeft aan te nemen. De verdeling is een voorstel; "
        "een mens beslist, kan ervan afwijken en legt uit waarom.",
        "A voucher is an offer that nobody has to take. The allocation is a proposal; a person "
        "decides, may depart from it and says why.",
    ),
    "what_firewall": (
        "Vertrekintentie speelt bij het verdelen van vouchers geen rol: wie misschien weg wil, "
        "krijgt er niet minder om.",
        "Intention to leave plays no part in dividing vouchers: whoever may want to go is not "
        "given less for it.",
    ),
    # Captions.
    "c_facts": ("Gelezen", "Read"),
    "c_rejected": ("Geweigerde formulieren, naar reden", "Refused forms, by reason"),
    "c_wave": (
        "Deze meting naast die waarop het model is getraind",
        "This wave beside the one that the model was trained on",
    ),
    "c_sectors": ("{target} per sector", "{target} by sector"),
    "c_groups": ("Alle groepen die mogen worden getoond", "All groups that may be shown"),
    "c_flagged": ("{target}: groepen die opvallen", "{target}: groups that stand out"),
    "c_drivers": (
        "{target} bij {group}: wat samengaat met het verschil",
        "{target} in {group}: what goes with the difference",
    ),
    "c_other_drivers": (
        "{target}: wat samengaat met het verschil bij de andere groepen",
        "{target}: what goes with the difference in the other groups",
    ),
    "c_segments": ("Groepen naar loopbaan", "Groups by career"),
    "c_vouchers": ("Wie vouchers krijgt", "Who is offered vouchers"),
    "c_all_vouchers": ("Alle groepen en hun vouchers", "All groups and their vouchers"),
    "c_alternatives": (
        "Verwacht aantal mensen dat zich extra schoolt, per verdeling",
        "Expected number of people who train in addition, by allocation",
    ),
    "c_lottery": ("Loting rond de grens", "Lottery around the cut"),
    "c_fairness": ("Geholpen en gemist naar {attribute}", "Helped and missed by {attribute}"),
    "c_withheld": ("Niet getoond, naar reden", "Withheld, by reason"),
    "c_rolled_up": (
        "Samengevoegd met een grotere groep voordat iets is geschat",
        "Merged into a larger group before anything was estimated",
    ),
    "c_provenance": ("Herkomst", "Provenance"),
    "c_gaps": (
        "Hoe ver groepen uiteenlopen, per kenmerk",
        "How far groups are apart, by attribute",
    ),
    "c_conclusions": ("Conclusie per kenmerk", "Conclusion by attribute"),
    # Sentences between.
    "s_sectors": (
        "De stip is de schatting, de lijn het 95 %-interval.",
        "The dot is the estimate, the line its 95% interval.",
    ),
    "s_flagged": (
        "Een groep valt op als haar risico meer dan een marge boven de vergelijkingsgroep ligt. "
        "De kans is die op een verschil boven de marge; de stabiliteit is het deel van de "
        "herhalingen met andere organisaties waarin de groep weer opvalt. Een dichte ruit is "
        "gemarkeerd; een open cirkel is onzeker en telt niet als gemarkeerd; het streepje is de "
        "vergelijkingsgroep.",
        "A group stands out when its risk lies more than a margin above its reference. The "
        "probability is that of a difference above the margin; stability is the share of "
        "repetitions with other organisations in which the group stands out again. A solid "
        "diamond is flagged; an open circle is uncertain and does not count as flagged; the bar "
        "is the reference.",
    ),
    "s_none_flagged": (
        "Geen groep valt op. Dat kan betekenen dat groepen weinig verschillen, of dat zij te "
        "klein zijn om het te zien.",
        "No group stands out. Groups may differ little, or be too small to tell.",
    ),
    "s_drivers": (
        "In procentpunten: hoeveel een onderwerp het risico in de groep hoger (rechts) of lager "
        "(links) schat dan in de vergelijkingsgroep. Getekend is wat een werkgever kan veranderen; "
        "de rest staat in de tabel. Getekend: {shown} van {all} groepen; de "
        "tabellen hebben ze alle.",
        "In percentage points: by how much a driver puts the risk in the group higher (right) or "
        "lower (left) than in its reference. What an employer can change is drawn; the rest stands "
        "in the table. Pictured: {shown} of {all} groups; the tables have all of them.",
    ),
    "s_pictured": (
        "Getekend: de eerste {shown} van {all}.",
        "Pictured: the first {shown} of {all}.",
    ),
    "s_no_vouchers": (
        "Er zijn nog geen vouchers verdeeld. Dat doet `blijfwijzer vouchers`, met een budget, waar "
        "het risico om achter te blijven is geschat.",
        "No vouchers have been divided yet. `blijfwijzer vouchers` does that, given a budget, "
        "where "
        "the risk of falling behind was estimated.",
    ),
    "s_alternatives": (
        "Wat elke manier van verdelen naar verwachting oplevert met hetzelfde budget. De effen "
        "balk is deze verdeling. Extra geschoold telt alleen wie het nodig heeft, de voucher "
        "gebruikt en zich anders niet had geschoold; wat begeleiding zelf kost, telt niet mee. "
        "Gemist: het deel van wie het nodig heeft, dat geen voucher krijgt. Onnodig: het deel van "
        "de vouchers dat bij iemand terechtkomt die het niet nodig heeft.",
        "What each way of dividing is expected to yield from the same budget. The plain bar is "
        "this allocation. Extra trained counts only those who are in need, use the voucher and "
        "would not have trained otherwise; what guidance itself costs is not counted. Missed: the "
        "share of people in need who are offered none. Unneeded: the share of vouchers that reach "
        "somebody who is not in need.",
    ),
    "s_fairness": (
        "Gekozen: het deel van de mensen dat werkt in een groep die voor achterblijven is "
        "gemarkeerd. Gemist: het deel van wie het nodig heeft, dat daar niet werkt. Onnodig: het "
        "deel van wie het niet nodig heeft, dat daar wel werkt. Respondenten: de minste waar een "
        "van deze percentages op rust. Deze kenmerken bepalen niet welke "
        "groepen dat zijn; ze toetsen de keuze.",
        "Selected: the share of people who work in a group that is flagged for falling behind. "
        "Missed: the share of people in need who do not. Unneeded: the share of people not in "
        "need who do. Respondents: the fewest that one of these rests on. These attributes do "
        "not decide which groups those are; they test the "
        "choice.",
    ),
    "s_no_fairness": ("Hierover is niets te tonen.", "There is nothing to show on this."),
    "s_withheld": (
        "Een groep wordt ook niet getoond als uit alles samen iets over een paar mensen zou "
        "zijn af te leiden.",
        "A group is also withheld when something on a few people could be derived from all that "
        "is shown together.",
    ),
    # The workbook: names of sheets, at most 31 characters.
    "w_readme": ("Leesmij", "Readme"),
    "w_contents": ("Bladen", "Sheets"),
    "w_groups": ("Groepen", "Groups"),
    "w_vouchers": ("Vouchers", "Vouchers"),
    "w_alternatives": ("Andere verdelingen", "Alternatives"),
    "w_lottery": ("Loting", "Lottery"),
    "w_drivers": ("Wat samenhangt", "Drivers"),
    "w_flagged": ("Wat opvalt", "Flagged"),
    "w_sectors": ("Sectoren", "Sectors"),
    "w_segments": ("Naar loopbaan", "Segments"),
    "w_fairness": ("Geholpen en gemist", "Helped and missed"),
    "w_gaps": ("Verschillen", "Gaps"),
    "w_conclusions": ("Conclusies", "Conclusions"),
    "w_withheld": ("Niet getoond", "Withheld"),
    "w_rolled_up": ("Samengevoegd", "Merged"),
    "w_rejected": ("Geweigerd", "Refused"),
    "w_wave": ("Meting", "Wave"),
    "w_provenance": ("Herkomst", "Provenance"),
    "d_flagged": (
        "Groepen waarvan het risico boven de vergelijkingsgroep ligt",
        "Groups whose risk lies above their reference",
    ),
    "d_drivers": (
        "Wat in die groepen samengaat met het verschil, in procentpunten",
        "What goes with the difference in those groups, in percentage points",
    ),
    "d_sectors": ("De risico's per sector", "The risks by sector"),
    "d_fairness": (
        "Wie wordt geholpen en wie gemist, per toetskenmerk",
        "Whom it helps and whom it misses, by audit attribute",
    ),
    "w_rows": ("{caption}. Rijen: {rows}.", "{caption}. Rows: {rows}."),
    "lowest": ("laagst", "lowest"),
    "highest": ("hoogst", "highest"),
    "low": ("laag (95 %)", "low (95%)"),
    "high": ("hoog (95 %)", "high (95%)"),
    # Alt texts: they state what a picture shows.
    "a_range": (
        "{caption}. Hoogst: {top}, {top_rate}. Laagst: {bottom}, {bottom_rate}.",
        "{caption}. Highest: {top}, {top_rate}. Lowest: {bottom}, {bottom_rate}.",
    ),
    "a_flagged": (
        "{caption}: {certain} gemarkeerd en {uncertain} onzeker getekend. Hoogst: {top}, "
        "{top_rate}, tegen {reference} in de vergelijkingsgroep.",
        "{caption}: {certain} flagged and {uncertain} uncertain ones are drawn. Highest: {top}, "
        "{top_rate}, against {reference} in its reference.",
    ),
    "a_drivers": (
        "{caption}. Het grootst: {driver}, {points} procentpunt.",
        "{caption}. Largest: {driver}, {points} percentage points.",
    ),
    "a_bars": (
        "{caption}. Deze verdeling: {plan}. Hoogste andere: {top}, {top_value}.",
        "{caption}. This allocation: {plan}. Highest other: {top}, {top_value}.",
    ),
    "a_nothing": ("{caption}. Er is niets te tonen.", "{caption}. There is nothing to show."),
    # Legends and axes.
    "l_estimate": ("schatting met 95 %-interval", "estimate with 95% interval"),
    "l_reference": ("vergelijkingsgroep", "reference"),
    "l_certain": ("gemarkeerd", "flagged"),
    "l_uncertain": ("onzeker", "uncertain"),
    "l_changeable": ("te veranderen door de werkgever", "an employer can change it"),
    "l_fixed": ("niet te veranderen", "cannot be changed"),
    "l_selected": ("gekozen", "selected"),
    "l_missed": ("gemist, met 95 %-interval", "missed, with 95% interval"),
    "l_plan": ("deze verdeling", "this allocation"),
    "l_other": ("andere verdeling", "another allocation"),
    "x_percent": ("procent", "per cent"),
    "x_points": ("procentpunten verschil", "difference in percentage points"),
    "x_extra": ("mensen die zich extra scholen", "people who train in addition"),
}
