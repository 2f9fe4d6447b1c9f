"""Words by which a draft knows what a column is: of units and attributes, of answers in order."""

import re
import unicodedata

from blijfwijzer.survey.cells import as_key


def _names(text: str) -> frozenset[str]:
    """Names parted by semicolons and line ends."""
    return frozenset(name.strip() for name in text.replace("\n", ";").split(";")) - {""}


UNITS = frozenset(
    """
    sector sectoren organisatie organisaties organisation organization afdeling afdelingen team
    teams unit units agency department dept country cntry land gemeente ministerie directie
    onderdeel organisatieonderdeel bedrijfsonderdeel vestiging locatie division directorate
    municipality ministry institute bu
    """.split()
)
ATTRIBUTES = frozenset(
    """
    leeftijd leeftijdsgroep leeftijdsklasse leeftijdscategorie age agegroup geslacht gender sex
    sekse herkomst afkomst origin minority race racial ethnic ethnicity etniciteit etnisch female
    male nationality nationaliteit geboorteland geboortejaar birthyear birth geboren religion
    religie geloof levensbeschouwing handicap arbeidsbeperking disability disabled migratie
    migratieachtergrond migrant marital burgerlijke sexual seksuele lgbt lhbti transgender veteran
    zwanger pregnant dsupr
    """.split()
)
"""Of age, sex, origin and what else the law forbids to choose by (WGBL, AWGB art. 1)."""
CAREER = frozenset(
    """
    dienstjaren dienst jaren anciënniteit tenure seniority opleiding opleidingsniveau education
    contract dienstverband contractvorm aanstelling employment functie functiegroep functieniveau
    beroep job occupation schaal loonschaal salarisschaal salary grade pay uren arbeidsduur
    werkuren hours fulltime parttime leidinggevende leidinggeven supervisor manager supervisory
    scholing cursus training opleidingen course promotie promotion ervaring experience ploegendienst
    thuiswerken telework hybride contracttype contractduur
    """.split()
)
_WOMEN_AND_MEN = frozenset(
    """
    man vrouw m v male female men women woman f x mannelijk vrouwelijk anders other nonbinary
    non-binair non-binary
    """.split()
)
# What survey tools write beside the answers: when, from where and how far. By the names that
# their manuals give (tests/unit/test_tools.py cites these).
TOOL_COLUMNS = _names(
    """
    startdate;enddate;status;ipaddress;ip address;progress;duration (in seconds);finished
    recordeddate;recipientlastname;recipientfirstname;recipientemail;externalreference
    externaldatareference;locationlatitude;locationlongitude;distributionchannel;userlanguage
    submitdate;lastpage;startlanguage;seed;datestamp;ipaddr;refurl;token;interviewtime
    date submitted;last page;start language;date started;date last action;referrer url;total time
    datum ingediend;datum verstuurd;laatste pagina;begintaal;starttaal;startdatum
    datum laatste actie;datum gestart;totale tijd
    collector id;collectorid;start date;end date;email address;first name;last name;custom data
    custom data 1;date_created;date_modified
    start time;completion time;last modified time;begintijd;starttijd
    voltooiingstijd;tijd van voltooien;tijd van voltooiing
    tijd van laatste wijziging;e-mail;email;naam;name;language;taal
    timestamp;tijdstempel;username;gebruikersnaam;score
    participant status;participant creation date;record status;record creation date
    survey package name;survey creation date;survey sent date;survey progress;survey parent
    survey completed on;survey archived;archived;randomization group;randomization datetime
    """
)
TOOL_IDS = _names(
    """
    responseid;response id;antwoord id;antwoord-id;respondent id;respondentid;respondent_id
    participant id;record id;castor participant id;_recordid;respondent-id;reactie-id
    """
)

# Answers from low to high, as survey tools write them; `|` parts wordings of one step.
_ORDERS = tuple(
    {text: rank for rank, texts in enumerate(order.split(";")) for text in texts.split("|")}
    for order in (
        "helemaal mee oneens|helemaal oneens|zeer mee oneens|zeer oneens|volledig oneens|"
        "sterk mee oneens|volledig mee oneens|helemaal niet mee eens|geheel oneens|"
        "geheel mee oneens;mee oneens|oneens|niet mee eens;enigszins mee oneens|enigszins oneens|"
        "beetje mee oneens|een beetje mee oneens;neutraal|niet mee eens, niet mee oneens|"
        "niet mee eens / niet mee oneens|niet mee eens/niet mee oneens|niet eens, niet oneens|"
        "niet eens/niet oneens|niet mee oneens/niet mee eens|noch mee eens, noch mee oneens|"
        "niet mee eens en niet mee oneens|niet eens / niet oneens|noch eens, noch oneens;"
        "enigszins mee eens|enigszins eens|beetje mee eens|een beetje mee eens;mee eens|eens;"
        "helemaal mee eens|helemaal eens|zeer mee eens|zeer eens|volledig eens|sterk mee eens|"
        "volledig mee eens|geheel mee eens|geheel eens",
        "strongly disagree|completely disagree|totally disagree;disagree|moderately disagree;"
        "somewhat disagree|slightly disagree|tend to disagree;neutral|neither agree nor disagree|"
        "neither disagree nor agree|undecided;somewhat agree|slightly agree|tend to agree;"
        "agree|moderately agree;strongly agree|completely agree|totally agree",
        "zeer ontevreden|helemaal niet tevreden|heel ontevreden|uiterst ontevreden;ontevreden|"
        "niet tevreden;enigszins ontevreden;neutraal|niet tevreden, niet ontevreden|"
        "niet tevreden/niet ontevreden|niet tevreden en niet ontevreden|"
        "niet ontevreden, niet tevreden;enigszins tevreden;tevreden;zeer tevreden|heel tevreden|"
        "helemaal tevreden|uiterst tevreden",
        "very dissatisfied|extremely dissatisfied;dissatisfied;somewhat dissatisfied;neutral|"
        "neither satisfied nor dissatisfied;somewhat satisfied;satisfied;"
        "very satisfied|extremely satisfied",
        "nooit|(bijna) nooit;zelden|bijna nooit|heel af en toe;soms|af en toe|nu en dan;"
        "regelmatig;vaak|dikwijls;zeer vaak|heel vaak|meestal;altijd|(bijna) altijd",
        "never;rarely|seldom|almost never;sometimes|occasionally;regularly;often|frequently;"
        "very often|usually|almost always;always",
        "zeer slecht|heel slecht;slecht;matig|redelijk|voldoende|neutraal;goed;"
        "zeer goed|heel goed|uitstekend",
        "very poor|very bad;poor|bad;fair|average;good;very good;excellent",
        "zeer onwaarschijnlijk|zeker niet|heel onwaarschijnlijk;onwaarschijnlijk|"
        "waarschijnlijk niet;neutraal|misschien|niet waarschijnlijk, niet onwaarschijnlijk;"
        "waarschijnlijk|waarschijnlijk wel;zeer waarschijnlijk|zeker wel|heel waarschijnlijk",
        "very unlikely|extremely unlikely|definitely not;unlikely|somewhat unlikely|probably not;"
        "neutral|neither likely nor unlikely|maybe|might or might not;"
        "likely|somewhat likely|probably yes|probably;very likely|extremely likely|definitely yes",
        "helemaal niet|in zeer geringe mate|niet;nauwelijks|in geringe mate|een beetje|"
        "in beperkte mate;enigszins|in zekere mate|in redelijke mate;"
        "grotendeels|in sterke mate|in hoge mate|veel;"
        "helemaal|volledig|in zeer sterke mate|in zeer hoge mate|heel veel",
        "not at all|to a very small extent;slightly|a little|to a small extent;"
        "moderately|somewhat|to some extent;very|a lot|quite a bit|to a large extent|"
        "to a great extent;extremely|completely|a great deal|to a very large extent|"
        "to a very great extent",
        "laag;midden|middelbaar;hoog",
        "low;middle|medium;high",
    )
)  # fmt: skip
_STEP = re.compile(r"(\d{1,2})\s*(?:[-–—=:.)]|$)\s*(.*)|(.+?)\s*\((\d{1,2})\)")
"""A step with its number: `4 - Mee eens`, `5. Altijd`, `Mee eens (4)`."""


def words_of(name: str) -> list[str]:
    """Part a name or a question into small words.

    >>> words_of("Opportunities for promotion"), words_of("isFemale_2")
    (['opportunities', 'for', 'promotion'], ['is', 'female', '2'])
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).lower()
    return re.findall(r"[a-z]+|\d+", spaced)


def rank_words(codes: list[str]) -> dict[str, int]:
    """Give steps of a known order to answers in words; nothing when they have none.

    >>> rank_words(["4 - Mee eens", "1 - Mee oneens"]), rank_words(["rood", "blauw"])
    ({'4 - Mee eens': 4, '1 - Mee oneens': 1}, {})
    """
    for order in _ORDERS:
        known = {code: order[as_key(code)] for code in codes if as_key(code) in order}
        if len(known) == len(codes) == len(set(known.values())) > 1:
            return known
    steps = {code: found for code in codes if (found := _STEP.fullmatch(code)) is not None}
    numbers = {code: int(found[1] or found[4]) for code, found in steps.items()}
    is_worded = any(found[2] or found[3] for found in steps.values())
    if len(numbers) == len(codes) == len(set(numbers.values())) > 1 and is_worded:
        return numbers
    return {}


def are_sexes(codes: list[str]) -> bool:
    """Whether answers tell women from men.

    >>> are_sexes(["Man", "Vrouw"]), are_sexes(["m", "nee"]), are_sexes(["Anders"])
    (True, False, False)
    """
    told = {as_key(code) for code in codes}
    two = {"man", "m", "male", "men", "mannelijk"}, {"vrouw", "v", "f", "female", "women", "woman"}
    return told <= _WOMEN_AND_MEN and any(told & one for one in two) and len(told) > 1
