"""What the policy paper says, claim by claim, and what would count for and against each.

A criterion is the same for every survey, so that nobody's own answers can move it. What counts
against a claim is that of the project's domain notes (C); where these name no number it is ours.
docs/decisions/culture.md tells which criteria were put otherwise after public surveys were seen.
"""

from typing import NamedTuple

from blijfwijzer.survey.codebook import Text


class Statement(NamedTuple):
    """A claim in words."""

    says: Text
    criterion: Text


STATEMENTS = {
    "H1": Statement(
        Text(
            nl="Teams die goed scoren op psychologische veiligheid én prestatiegerichtheid scoren "
            "goed op alles, en omgekeerd.",
            en="Teams that do well on psychological safety and performance orientation do well on "
            "everything, and the converse.",
        ),
        Text(
            nl="Steun als meer dan de helft van de teams die op beide uiterst zijn op alle andere "
            "dimensies aan dezelfde kant van de mediaan ligt, en dat tussen helften van teams "
            "vaker zo is dan bij willekeurige teams; tegengesproken als een van beide minder is. "
            "Of het paar bijzonder is, zegt H1b.",
            en="Supported if more than half of the teams that are extreme on both lie on the same "
            "side of the median on all other dimensions, and between halves of teams more do than "
            "of teams at random; contradicted if either is less. Whether the pair is special is "
            "for H1b.",
        ),
    ),
    "H1b": Statement(
        Text(
            nl="Juist dit paar vindt zorgelijke teams, niet zomaar twee dimensies.",
            en="It is this pair that finds worrying teams, not just any two dimensions.",
        ),
        Text(
            nl="Steun als het paar in 95 % van de trekkingen bij de beste 5 van 21 hoort (of naar "
            "rato) en zijn AUC 0,05 of meer boven het gemiddelde van de andere paren ligt; "
            "tegengesproken als het in hoogstens 5 % van de trekkingen bij de beste 5 hoort.",
            en="Supported if the pair is among the best 5 of 21 (or in proportion) in 95 % of "
            "draws and its AUC is 0.05 or more above the mean of the other pairs; contradicted if "
            "it is among the best 5 in at most 5 % of draws.",
        ),
    ),
    "H2": Statement(
        Text(
            nl="Veiligheid en prestatiegerichtheid samen gaan met grote betrokkenheid en "
            "prestatie.",
            en="Safety and performance orientation together go with high commitment and "
            "performance.",
        ),
        Text(
            nl="Steun als elk van beide met betrokkenheid samenhangt (andere helft van het team), "
            "zij samen met hun wisselwerking erbij (0,05 sd of meer), en het paar met prestatie "
            "waar die gemeten is (idem); tegengesproken als een daarvan omgekeerd is.",
            en="Supported if each goes with commitment (other half of the team), both together "
            "with their interaction (0.05 sd or more), and the pair with performance where that "
            "is measured (the same); contradicted if one of these is reversed.",
        ),
    ),
    "H3": Statement(
        Text(
            nl="Gebrek aan ruimte door regeldruk verlaagt betrokkenheid en prestatie.",
            en="Lack of room through red tape lowers commitment and performance.",
        ),
        Text(
            nl="Steun als regeldruk via ruimte met minder betrokkenheid en prestatie samengaat: "
            "het 95 %-interval van het indirecte verband ligt onder nul; tegengesproken als dat "
            "van een ervan erboven ligt.",
            en="Supported if red tape goes, through room, with less commitment and performance: "
            "the 95 % interval of the indirect relation lies below zero; contradicted if that of "
            "one of them lies above it.",
        ),
    ),
    "H4": Statement(
        Text(
            nl="Onduidelijke missie, weinig openheid, angst voor fouten, slechte samenwerking, "
            "weinig blik naar buiten en weinig leren verlagen elk de betrokkenheid.",
            en="An unclear mission, little openness, fear of errors, poor cooperation, poor "
            "external orientation and weak learning each lower commitment.",
        ),
        Text(
            nl="Steun als meer dan de helft van deze voorwaarden, elk apart, met betrokkenheid "
            "samenhangt (0,05 sd of meer); tegengesproken als dat door omgekeerde verbanden niet "
            "kan.",
            en="Supported if more than half of these conditions, each singly, go with commitment "
            "(0.05 sd or more); contradicted if reversed relations make that impossible.",
        ),
    ),
    "H17": Statement(
        Text(
            nl="Voorbeeldgedrag van leidinggevenden is de beslissende hefboom voor veiligheid.",
            en="Managers' example is the decisive lever for safety.",
        ),
        Text(
            nl="Steun als voorbeeldgedrag meer van de veiligheid tussen teams verklaart dan "
            "regels en beleid (R2 0,02 of meer hoger); tegengesproken als regels en beleid meer "
            "verklaren.",
            en="Supported if example explains more of safety between teams than rules and policy "
            "(R2 higher by 0.02 or more); contradicted if rules and policy explain more.",
        ),
    ),
    "H18": Statement(
        Text(
            nl="Achter de gemiddelden gaat grote variatie schuil.",
            en="Large variation hides behind the averages.",
        ),
        Text(
            nl="Steun als op enig niveau meer dan 3 % van de variantie in cultuur tussen eenheden "
            "ligt; tegengesproken als het overal minder is.",
            en="Supported if on some level more than 3 % of the variance in culture lies between "
            "units; contradicted if it is less on all.",
        ),
    ),
    "H5": Statement(
        Text(
            nl="Onvrede met de cultuur is het tweede vertrekmotief, na iets anders willen.",
            en="Discontent with the culture is the second motive to leave, after wanting "
            "something else.",
        ),
        Text(
            nl="Steun als cultuur in 80 % van de trekkingen tweede is, na iets anders willen; "
            "tegengesproken als dat in hoogstens 20 % zo is.",
            en="Supported if culture is second, after wanting something else, in 80 % of draws; "
            "contradicted if it is so in at most 20 %.",
        ),
    ),
    "H6": Statement(
        Text(
            nl="De productiefste medewerkers zoeken het vaakst ander werk.",
            en="The most productive employees look for other work most often.",
        ),
        Text(
            nl="Steun als het sterkste vijfde in prestatie vaker zoekt dan de anderen (een punt of "
            "meer), zonder correctie; tegengesproken als dat minder vaak zoekt. Het "
            "gecorrigeerde verband staat erbij.",
            en="Supported if the highest fifth of performance looks more often than the others "
            "(by a point or more), unadjusted; contradicted if it looks less often. The adjusted "
            "relation is told beside it.",
        ),
    ),
    "H15": Statement(
        Text(
            nl="Hr-instrumenten doen weinig zolang de cultuur niet verandert.",
            en="HR measures do little unless the culture changes.",
        ),
        Text(
            nl="Steun als het instrument in een goede cultuur (+1 sd) met minder vertrekintentie "
            "samengaat en dat verband zwakker is naarmate de cultuur slechter is; "
            "tegengesproken als het sterker wordt.",
            en="Supported if in a good culture (+1 sd) the measure goes with less intention to "
            "leave and that relation is weaker the poorer the culture; contradicted if it gets "
            "stronger.",
        ),
    ),
    "H16": Statement(
        Text(
            nl="Men is tevreden over baan en team, minder over de organisatie.",
            en="People are satisfied with job and team, less with the organisation.",
        ),
        Text(
            nl="Steun als baan en team elk hoger scoren dan de organisatie (0,1 sd of meer van de "
            "antwoorden over de organisatie); "
            "tegengesproken als een ervan lager scoort.",
            en="Supported if job and team each score higher than the organisation (0.1 sd or "
            "more of answers on the organisation); contradicted if one scores lower.",
        ),
    ),
    "H19": Statement(
        Text(
            nl="Cultuur voorspelt vertrekintentie bovenop loopbaankenmerken.",
            en="Culture predicts the intention to leave beyond career variables.",
        ),
        Text(
            nl="Steun als de AUC op ongeziene organisaties door cultuur 0,01 of meer stijgt; "
            "tegengesproken als die winst zeker kleiner is.",
            en="Supported if culture raises the AUC in organisations not seen by 0.01 or more; "
            "contradicted if the gain is surely smaller.",
        ),
    ),
    "H7": Statement(
        Text(
            nl="Laag opgeleiden met een lang dienstverband hebben minder afspraken, scholing en "
            "interne stappen.",
            en="The low educated with long service have fewer agreements, less training and fewer "
            "internal moves.",
        ),
        Text(
            nl="Steun als zij op elk 5 punten of meer lager scoren, bij gelijke sector; "
            "tegengesproken als zij op een ervan 5 punten of meer hoger scoren.",
            en="Supported if they are 5 points or more lower on each, at equal sector; "
            "contradicted if they are 5 points or more higher on one.",
        ),
    ),
    "H8": Statement(
        Text(
            nl="Zij worden ook minder aangemoedigd door hun leidinggevende.",
            en="They are also less encouraged by their manager.",
        ),
        Text(
            nl="Steun als zij 5 punten of meer minder aangemoedigd worden, bij gelijke sector; "
            "tegengesproken als zij 5 punten of meer vaker aangemoedigd worden.",
            en="Supported if they are encouraged less by 5 points or more, at equal sector; "
            "contradicted if they are encouraged more by 5 points or more.",
        ),
    ),
    "H8b": Statement(
        Text(
            nl="Het verschil in scholing komt van kansen, niet van de wil.",
            en="The gap in training comes from opportunity, not from will.",
        ),
        Text(
            nl="Steun als meer dan de helft van de kloof door minder aanbod komt; tegengesproken "
            "als het minder is.",
            en="Supported if more than half of the gap comes from fewer offers; contradicted if "
            "it is less.",
        ),
    ),
    "H9": Statement(
        Text(
            nl="Jong, kort in dienst en hoog opgeleid geeft de beste kansen.",
            en="The young, recently hired and highly educated have the best chances.",
        ),
        Text(
            nl="Steun als inzetbaarheid daalt met leeftijd en diensttijd en stijgt met opleiding, "
            "elk apart, en het gunstige profiel 0,2 sd of meer voorligt; tegengesproken als "
            "een ervan omgekeerd is.",
            en="Supported if employability falls with age and tenure and rises with education, "
            "each singly, and the favourable profile is 0.2 sd or more ahead; contradicted if "
            "one of these is reversed.",
        ),
    ),
    "H10": Statement(
        Text(
            nl="Medewerkers noemen hun marktwaarde een eigen verantwoordelijkheid, hun gedrag "
            "laat het niet zien.",
            en="Employees call their market value their own responsibility; their behaviour does "
            "not show it.",
        ),
        Text(
            nl="Steun als de meerderheid het zegt, 5 punten of meer minder mensen ernaar doen, en "
            "zeggen en doen met minder dan 0,4 samenhangen (polychorisch); tegengesproken als een "
            "ervan "
            "omgekeerd is.",
            en="Supported if the majority says so, fewer act on it by 5 points or more, and "
            "saying and doing correlate less than 0.4 (polychoric); contradicted if one of these "
            "is "
            "reversed.",
        ),
    ),
    "H13": Statement(
        Text(
            nl="Reorganisaties schaden welzijn en prestatie.",
            en="Reorganisations harm wellbeing and performance.",
        ),
        Text(
            nl="Steun als meer dan de helft van de uitkomsten 0,1 sd of meer slechter is, binnen "
            "organisaties; tegengesproken als dat door betere uitkomsten niet kan.",
            en="Supported if more than half of the outcomes are 0.1 sd or more worse, within "
            "organisations; contradicted if better outcomes make that impossible.",
        ),
    ),
    "H14": Statement(
        Text(
            nl="Wie onder de maat presteert wordt niet aangesproken, wie uitblinkt krijgt alleen "
            "meer werk, en er is breed draagvlak om prestatie te belonen.",
            en="Underperformers are not corrected, those who excel only get more work, and there "
            "is broad support for rewarding performance.",
        ),
        Text(
            nl="Steun als minder dan de helft het eerste ziet en meer dan de helft het met de "
            "andere twee eens is; tegengesproken als een ervan omgekeerd is.",
            en="Supported if less than half see the first and more than half agree with the other "
            "two; contradicted if one of these is reversed.",
        ),
    ),
    "H11": Statement(
        Text(
            nl="Ongewenst gedrag komt vaker van buiten dan van binnen; ruim 1 op de 5 is "
            "geïntimideerd.",
            en="Unwanted behaviour comes more from outside than inside; over 1 in 5 is "
            "intimidated.",
        ),
        Text(
            nl="Steun als meer mensen verbale agressie of intimidatie van buiten dan van binnen "
            "meemaken (2 punten of meer) en intimidatie van buiten tussen 18 en 26 % ligt; "
            "tegengesproken als een ervan "
            "omgekeerd is.",
            en="Supported if more people meet verbal aggression or intimidation from outside than "
            "inside (2 points or more) and intimidation from outside is between 18 and 26 %; "
            "contradicted if one is "
            "reversed.",
        ),
    ),
    "H12": Statement(
        Text(
            nl="Discriminatie nam toe, integriteitsschendingen namen af.",
            en="Discrimination rose, integrity violations fell.",
        ),
        Text(
            nl="Steun als beide sinds de vorige meting een punt of meer zo veranderden; "
            "tegengesproken als een ervan omgekeerd veranderde.",
            en="Supported if both changed so by a point or more since the wave before; "
            "contradicted if one changed the other way.",
        ),
    ),
    "H20": Statement(
        Text(
            nl="De score is eerlijk genoeg voor een aanbod van vouchers.",
            en="The score is fair enough to base offers of vouchers on.",
        ),
        Text(
            nl="Steun als de ijking van groepen naar leeftijd, geslacht en opleiding onderling "
            "minder dan 5 punten verschilt; tegengesproken als twee groepen meer verschillen.",
            en="Supported if the calibration of groups by age, sex and education differs less than "
            "5 points between them; contradicted if two groups differ more.",
        ),
    ),
}
