"""The things that claims speak of, by names that every survey shares.

A claim cannot know that one survey asks for training in a column `scholing` and another in `Q68`.
It speaks of the concept `scholing`, and a codebook says under `[concepts]` what measures it there.
"""

from types import MappingProxyType

from pydantic import Field, model_validator

from blijfwijzer.survey.rules import Rule
from blijfwijzer.survey.texts import Part, Text

CULTURE = (
    "psychologische_veiligheid",
    "prestatiegerichtheid",
    "leervermogen",
    "samenwerking",
    "open_en_mensgericht",
    "externe_orientatie",
    "missiegedrevenheid",
)
"""The seven dimensions of the policy paper; red tape and room are conditions beside them."""

PAIR = CULTURE[:2]
"""The two that the paper finds worrying places by."""

MOTIVES = (
    "motief_anders_werk",
    "motief_cultuur",
    "motief_loopbaan",
    "motief_leiding",
    "motief_werkdruk",
    "motief_salaris",
)

OUTSIDE = ("extern_agressie", "extern_intimidatie")
INSIDE = ("intern_agressie", "intern_pesten", "intern_intimidatie")
"""The same behaviour, and bullying, by citizens, pupils or patients and by colleagues."""

YES_OR_NO = frozenset(
    {
        *MOTIVES,
        *OUTSIDE,
        *INSIDE,
        *("vertrekintentie", "zoekt_werk", "achterblijver"),
        *("openbaar_bestuur", "laag_opgeleid", "lang_in_dienst", "leidinggevende"),
        *("ontwikkelafspraak", "scholing", "interne_stap", "hr_instrument", "reorganisatie"),
        *("aangemoedigd", "moedigt_aan", "wil_scholing", "scholing_aangeboden"),
        *("discriminatie", "integriteit_gezien"),
    }
)
"""What someone does, had, met or is. Shares are made of these, so they are 1 or 0 and nothing else;
of the others there is more or less."""

_MEANINGS = {
    "psychologische_veiligheid": ("Psychologische veiligheid", "Psychological safety"),
    "prestatiegerichtheid": ("Prestatiegerichtheid", "Performance orientation"),
    "leervermogen": ("Leervermogen", "Learning climate"),
    "samenwerking": ("Samenwerking", "Cooperation"),
    "open_en_mensgericht": ("Open en mensgericht", "Open and people-oriented"),
    "externe_orientatie": ("Externe oriëntatie", "External orientation"),
    "missiegedrevenheid": ("Missiegedrevenheid", "Sense of mission"),
    "regeldruk": ("Regeldruk: meer is meer last", "Red tape: more is more burden"),
    "ruimte_professional": ("Ruimte voor de professional", "Professional room"),
    "betrokkenheid": ("Betrokkenheid bij de organisatie", "Commitment to the organisation"),
    "bevlogenheid": ("Bevlogenheid", "Work engagement"),
    "tevredenheid": ("Tevredenheid met het werk", "Satisfaction with work"),
    "tevreden_baan": ("Tevreden over de baan", "Satisfied with the job"),
    "tevreden_team": ("Tevreden over het team", "Satisfied with the team"),
    "tevreden_organisatie": ("Tevreden over de organisatie", "Satisfied with the organisation"),
    "vertrekintentie": ("Is van plan te vertrekken", "Intends to leave"),
    "zoekt_werk": ("Kijkt actief uit naar ander werk", "Is looking for other work"),
    "motief_anders_werk": ("Vertrekmotief: iets anders willen", "Motive: want something else"),
    "motief_cultuur": ("Vertrekmotief: cultuur en werksfeer", "Motive: culture, atmosphere"),
    "motief_loopbaan": ("Vertrekmotief: loopbaan", "Motive: career"),
    "motief_leiding": ("Vertrekmotief: leidinggevende", "Motive: manager"),
    "motief_werkdruk": ("Vertrekmotief: werkdruk", "Motive: workload"),
    "motief_salaris": ("Vertrekmotief: salaris", "Motive: pay"),
    "openbaar_bestuur": (
        "Werkt in het openbaar bestuur",
        "Works in public administration",
    ),
    "prestatie_eigen": ("Eigen oordeel over prestatie", "Own rating of performance"),
    "prestatie_leiding": ("Oordeel van de leidinggevende", "Manager's rating of performance"),
    "leeftijd": ("Leeftijd in jaren of klassen", "Age in years or bands"),
    "dienstjaren": ("Dienstjaren, of klassen daarvan", "Years of service, or bands of them"),
    "opleiding": ("Opleiding, van laag naar hoog", "Education, from low to high"),
    "laag_opgeleid": ("Laag opgeleid", "Low educated"),
    "lang_in_dienst": ("Lang in dienst", "Long-serving"),
    "leidinggevende": ("Geeft leiding", "Is a manager"),
    "ontwikkelafspraak": ("Had een ontwikkelafspraak", "Had a development agreement"),
    "scholing": ("Volgde scholing", "Took training"),
    "interne_stap": ("Zette een interne stap", "Made an internal move"),
    "aangemoedigd": ("Aangemoedigd om te leren", "Encouraged to learn"),
    "moedigt_aan": ("Leidinggevende: moedigt aan", "Manager: encourages"),
    "wil_scholing": ("Wilde scholing", "Wanted training"),
    "scholing_aangeboden": ("Kreeg scholing aangeboden", "Was offered training"),
    "hr_instrument": (
        "Gebruikte een hr-instrument voor loopbaan of ontwikkeling",
        "Used an HR measure for career or development",
    ),
    "inzetbaarheid": (
        "Inzetbaarheid: kans op ander werk",
        "Employability: chances of other work",
    ),
    "eigen_marktwaarde": (
        "Vindt zich zelf verantwoordelijk voor de eigen marktwaarde",
        "Feels responsible for own market value",
    ),
    "reorganisatie": ("Maakte een reorganisatie mee", "Was reorganised"),
    "onder_aangesproken": (
        "Wie onder de maat presteert, wordt aangesproken",
        "Those who underperform are held to account",
    ),
    "uitblinken_meer_werk": (
        "Wie uitblinkt, krijgt vooral meer werk",
        "Those who excel mainly get more work",
    ),
    "prestatie_belonen": (
        "Goed presteren moet worden beloond",
        "Good performance should be rewarded",
    ),
    "klantcontact": (
        "Contact met burgers, leerlingen of patiënten, van weinig naar veel",
        "Contact with citizens, pupils or patients, from little to much",
    ),
    "extern_agressie": ("Verbale agressie van buiten", "Verbal aggression from outside"),
    "extern_intimidatie": ("Intimidatie van buiten", "Intimidation from outside"),
    "intern_agressie": ("Verbale agressie van binnen", "Verbal aggression from inside"),
    "intern_pesten": ("Pesten van binnen", "Bullying from inside"),
    "intern_intimidatie": ("Intimidatie van binnen", "Intimidation from inside"),
    "discriminatie": ("Gediscrimineerd", "Discriminated against"),
    "integriteit_gezien": (
        "Zag een integriteitsschending",
        "Saw an integrity violation",
    ),
    "voorbeeldgedrag": (
        "Leidinggevenden geven het goede voorbeeld",
        "Managers set a good example",
    ),
    "gedragsregels": ("De gedragsregels zijn duidelijk", "The rules of conduct are clear"),
    "omgangsbeleid": (
        "De organisatie doet genoeg tegen ongewenst gedrag",
        "The organisation does enough against unwanted behaviour",
    ),
    "achterblijver": ("Dreigt achter te blijven", "Risks falling behind"),
}

CONCEPTS = MappingProxyType({name: Text(nl=nl, en=en) for name, (nl, en) in _MEANINGS.items()})
"""Every name that a codebook may use, with its meaning. More is always more of what it says."""


class Concept(Part):
    """What measures a concept in a survey."""

    column: str | None = None
    scale: str | None = None
    outcome: str | None = None
    """An outcome of the codebook: 1 where its rule holds."""
    rule: Rule | None = None
    """1 where it holds; for codes such as sectors, or a cut in a number."""
    reversed: bool = False
    """Whether the answers run from much to little; of two answers, whether the lower is yes."""
    substitute: Text | None = Field(None)
    """What is measured instead, where the survey lacks the thing itself; told with each verdict."""

    @model_validator(mode="after")
    def _one_source(self) -> "Concept":
        sources = (self.column, self.scale, self.outcome, self.rule)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("give exactly one of: column, scale, outcome, rule")
        return self
