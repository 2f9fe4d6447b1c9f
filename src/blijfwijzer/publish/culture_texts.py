"""Words of the pages and workbooks on culture, in Dutch and in English."""

CULTURE_TEXTS: dict[str, tuple[str, str]] = {
    # Verdicts in tables.
    "better": ("beter", "better"),
    "worse": ("slechter", "worse"),
    "no_mark": ("geen verschil van belang", "no difference that counts"),
    "comparable": ("vergelijkbaar", "comparable"),
    "with care": ("met een waarschuwing", "with a warning"),
    "not comparable": ("niet vergelijkbaar", "not comparable"),
    "not tested": ("niet nagegaan", "not tested"),
    # Sections.
    "culture_what": ("Wat dit is, en wat niet", "What this is, and what it is not"),
    "measured": ("Wat is gemeten, en hoe goed", "What was measured, and how well"),
    "compare": ("Wie met wie mag worden vergeleken", "Who may be compared with whom"),
    "climate": ("Hoe het is om er te werken", "How it is to work there"),
    "trend": ("Wat veranderde", "What changed"),
    "worrying": ("Waar de cultuur zorgelijk is", "Where the culture is worrying"),
    "conduct": ("Ongewenst gedrag en integriteit", "Unwanted behaviour and integrity"),
    "verdicts": ("De stellingen en het oordeel", "The claims and the verdicts"),
    "each_claim": ("Elke stelling apart", "Each claim by itself"),
    # What it is not.
    "what_culture_groups": (
        "Dit gaat over groepen, nooit over personen, en het is geen ranglijst van "
        "leidinggevenden: eenheden staan op volgorde van naam.",
        "This is about groups, never about persons, and it ranks no managers: units stand in "
        "order of name.",
    ),
    "what_culture_sure": (
        "Elk gemiddelde is een schatting met een 95 %-interval. Kleine groepen zijn naar de "
        "eenheid erboven getrokken. Een verschil krijgt pas een teken als het zeker is, ook gezien "
        "hoeveel er vergeleken is, én groot genoeg om te tellen.",
        "Each mean is an estimate with a 95% interval. Small groups are drawn towards the unit "
        "above. A difference is marked only when it is sure, given how much was compared, and "
        "large enough to count.",
    ),
    "what_culture_cause": (
        "Het laat samenhang zien op één moment, geen oorzaak. Vertrekintentie is een voornemen, "
        "geen vertrek.",
        "It shows association at one moment, not cause. Intention to leave is an intention, not "
        "a departure.",
    ),
    "what_culture_punish": (
        "Het is bedoeld om te zien waar hulp nodig is, nooit om te straffen of te beoordelen.",
        "It is meant to see where help is needed, never to punish or to appraise.",
    ),
    "what_claims_here": (
        "Elk oordeel gaat over deze enquête op dit moment. Steun is geen bewijs, en geen steun "
        "is geen bewijs van het tegendeel.",
        "Each verdict is about this survey at this moment. Support is no proof, and no support "
        "is no proof of the opposite.",
    ),
    "what_claims_fixed": (
        "Wat voor en tegen een stelling telt, is voor elke enquête hetzelfde en lag vast voordat "
        "deze is gelezen. Wat in één familie wordt getoetst, is voor het aantal gecorrigeerd.",
        "What counts for and against a claim is the same for every survey, and was fixed before "
        "this one was read. What is tested in one family is adjusted for the number.",
    ),
    # Captions.
    "c_scales": ("Betrouwbaarheid per schaal", "Reliability by scale"),
    "c_items": ("Vragen van elke schaal", "Items of each scale"),
    "c_agreement": ("Verschil tussen eenheden, per niveau", "Difference between units, by level"),
    "c_comparable": (
        "Of een schaal voor groepen hetzelfde meet",
        "Whether a scale measures the same for groups",
    ),
    "c_compared": ("Groepen vergeleken", "Groups compared"),
    "c_climate": ("Alle eenheden en dimensies", "All units and dimensions"),
    "c_heat": (
        "{level}: samengevoegd gemiddelde per dimensie",
        "{level}: pooled mean by dimension",
    ),
    "c_dimension": (
        "{dimension} per {level}, samengevoegde gemiddelden",
        "{dimension} by {level}, pooled means",
    ),
    "c_trend": ("Van de vorige meting naar nu", "From the wave before to now"),
    "c_mix": ("Wie antwoordde, toen en nu", "Who responded, before and now"),
    "c_all_trend": (
        "Verandering per {level}, gemiddelden van de eigen antwoorden",
        "Change by {level}, means of own answers",
    ),
    "c_worrying": (
        "{level}: waar beide dimensies laag zijn",
        "{level}: where both dimensions are low",
    ),
    "c_screened": ("Wat is bekeken", "What was looked at"),
    "c_checks": (
        "Hoe goed dit werkt, gemeten op helften van de respondenten",
        "How well this works, measured on halves of respondents",
    ),
    "c_pairs": (
        "Is juist dit paar bijzonder? Alle paren van dimensies",
        "Is this pair special? All pairs of dimensions",
    ),
    "c_worrying_drivers": (
        "Wat er samengaat met meer of minder vertrekintentie dan bij allen",
        "What goes with more or less intention to leave than among all",
    ),
    "c_remedies": ("Wat helpt, volgens het brondocument", "What helps, says the source"),
    "c_conduct": ("Hoe vaak, en naar wat", "How common, and by what"),
    "c_conduct_all": ("Hoe vaak het voorkomt", "How common it is"),
    "c_conduct_changes": ("Verandering sinds de vorige meting", "Change since the wave before"),
    "c_conduct_links": ("Wat ermee samengaat", "What goes with it"),
    "c_verdicts": ("Stellingen en oordelen", "Claims and verdicts"),
    "c_estimates": ("Alle schattingen", "All estimates"),
    "c_claim": ("{claim}: {verdict}", "{claim}: {verdict}"),
    "c_claim_estimates": ("Schattingen bij {claim}", "Estimates of {claim}"),
    # Sentences between.
    "s_measured": (
        "Omega en alfa zeggen hoe goed vragen samen één ding meten; onder 0,70 is een schaal te "
        "grof voor kleine verschillen. RMSEA, CFI en SRMR zeggen of één factor past: RMSEA tot "
        "0,08 (Browne en Cudeck 1993), CFI vanaf 0,90, liever 0,95, en SRMR tot 0,08 (Hu en "
        "Bentler 1999) gelden als redelijk; wie daarbuiten valt heeft een opmerking. ICC(1) is het "
        "deel van de verschillen dat tussen eenheden ligt, ICC(2) de betrouwbaarheid van hun "
        "gemiddelde, rwg(j) de eensgezindheid erbinnen.",
        "Omega and alpha say how well items together measure one thing; below 0.70 a scale is too "
        "coarse for small differences. RMSEA, CFI and SRMR say whether one factor fits: RMSEA of "
        "0.08 or less (Browne & Cudeck 1993), CFI from 0.90, rather 0.95, and SRMR of 0.08 or less "
        "(Hu & Bentler 1999) count as fair; what falls outside has a remark. ICC(1) is "
        "the share of differences that lies between units, ICC(2) the reliability of their mean, "
        "rwg(j) the agreement within.",
    ),
    "s_compare": (
        "Groepen worden pas vergeleken als de vragen voor hen hetzelfde betekenen. Bij mensen met "
        "dezelfde score is van elke groep nagegaan of zij een vraag anders beantwoordt dan alle "
        "andere samen. Dan is de vergelijking getoond, getoond met een waarschuwing, of voor die "
        "groep niet getoond. Verschuiven alle vragen van een schaal gelijk, dan is dat zo niet te "
        "zien.",
        "Groups are compared only when the items mean the same to them. Among people with equal "
        "scores it was tested of each group whether it answers an item otherwise than all others "
        "together. The comparison is then shown, shown with a warning, or withheld for that group. "
        "Where all items of a scale shift alike, this cannot be seen.",
    ),
    "s_gate": (
        "{shown} vergelijkingen van een schaal naar een kenmerk zijn getoond, {care} met een "
        "waarschuwing of zonder sommige groepen, en {withheld} niet.",
        "{shown} comparisons of a scale by an attribute are shown, {care} with a warning or "
        "without some groups, and {withheld} are withheld.",
    ),
    "s_climate": (
        "De stip is het geschatte gemiddelde, de lijn het 95 %-interval, het streepje het "
        "gemiddelde van allen. Elk gemiddelde hier is samengevoegd met dat van de eenheid erboven, "
        "zodat kleine eenheden niet door toeval uitschieten; gewicht van eigen antwoorden is het "
        "deel dat van de eenheid zelf komt. Gunstig telt alleen de eigen antwoorden: het deel met "
        "een score vanaf {favourable}{low}; het cijfer is 10 waar het het beste is.",
        "The dot is the estimated mean, the line its 95% interval, the bar the mean of all. "
        "Each mean here is pooled with that of the unit above, so that small units do not stand "
        "out by chance; weight of own answers is the part that comes from the unit itself. "
        "Favourable counts own answers only: the share with a score from {favourable}{low}; the "
        "grade is 10 where it is best.",
    ),
    "s_low": (
        ", en waar laag beter is ({names}) tot en met {places}",
        ", and where low is better ({names}) of {places} or less",
    ),
    "s_rounded": (
        "Gemiddelden en verschillen zijn afgerond op tienden, tekens zijn bepaald vóór het "
        "afronden: een verschil met een teken kan dus een interval tonen dat tot 0,0 reikt.",
        "Means and differences are rounded to tenths, and marks were set before rounding: a "
        "difference with a mark may therefore show an interval that reaches 0.0.",
    ),
    "s_heat": (
        "Een driehoek omhoog is beter dan allen, omlaag slechter: zeker en groot genoeg. Een vak "
        "met arcering is niet getoond: er zijn te weinig mensen, er zou iets over enkelen uit "
        "volgen, of de schaal meet er niet hetzelfde. Een {care} is een waarschuwing: vragen "
        "werken er wat anders, of dat is niet na te gaan. Een {own} zegt dat alleen binnen de "
        "eigen grootste eenheid is te vergelijken.",
        "A triangle up is better than all, down is worse: sure and large enough. A hatched cell "
        "is not shown: there are too few people, something would follow about a few, or the scale "
        "does not mean the same there. A {care} is a warning: items function somewhat differently "
        "there, or this could not be checked. A {own} says that units compare within their own "
        "largest unit only.",
    ),
    "s_barred": (
        "Niet getoond per {level}, omdat de schaal daar niet hetzelfde meet als in de rest: "
        "{names}. Kleinere eenheden daar zijn erop alleen met hun eigen {level} vergeleken.",
        "Withheld by {level}, since the scale does not mean the same there as in the rest: "
        "{names}. Smaller units there are compared on it with their own {level} only.",
    ),
    "s_warned": (
        "Vergelijk per {level} met een waarschuwing, omdat vragen daar wat verschillend werken of "
        "dat niet is na te gaan: {names}.",
        "Compare by {level} with a warning, since items function somewhat differently there or "
        "this could not be checked: {names}.",
    ),
    "s_untested": (
        "Of schalen per {level} hetzelfde meten is niet nagegaan: er is er één, of er zijn er te "
        "veel.",
        "Whether scales mean the same by {level} was not tested: there is one, or there are too "
        "many.",
    ),
    "s_count": ("{count} van {all}", "{count} of {all}"),
    "s_screened_barred": (
        "Waar {names} per {level} niet hetzelfde meet als in de rest, zijn eenheden daarop "
        "vergeleken met hun eigen {level}, en tellen zij voor de anderen niet mee.",
        "Where {names} does not mean the same by {level} as in the rest, units are held "
        "against their own {level} on it, and do not count in what others are held against.",
    ),
    "s_heat_cut": (
        "Getekend: {shown} van {all}, de eenheden met de meeste tekens, op volgorde van naam. Het "
        "werkboek heeft ook de andere.",
        "Pictured: {shown} of {all}, the units with most marks, in order of name. The workbook "
        "has the others too.",
    ),
    "s_heat_hidden": (
        "Van {hidden} eenheden is niets te tonen; die zijn niet getekend.",
        "Of {hidden} units nothing may be shown; they are not drawn.",
    ),
    "all_listed": ("alle eenheden op de lijst", "all units on the list"),
    "s_trend": (
        "Netto is wat overblijft als de mensen die nu antwoorden dezelfde mix hebben als toen: "
        "{traits}. Alleen vragen die beide keren zijn gesteld tellen mee. Deze gemiddelden zijn "
        "die van de antwoorden zelf, niet samengevoegd, en kunnen daarom iets afwijken van die "
        "hierboven.",
        "Net is what is left when those who answer now have the mix of those who answered then: "
        "{traits}. Only items that were asked both times count. These means are of the answers "
        "themselves, not pooled, and may differ a little from those above.",
    ),
    "s_trend_gap": (
        "Waar geen weging de mix gelijk kon maken staat dat bij de verandering: die is niet netto.",
        "Where no weights could make the mix equal the change says so: it is not net.",
    ),
    "s_mix": (
        "Weging gaf de antwoorden van nu de verdeling van toen terug; samen zijn ze daarna {kept} "
        "% waard van wat ze waren. Groepen van te weinig mensen, en wie een kenmerk niet invulde, "
        "staan er niet bij, zodat percentages niet tot 100 hoeven op te tellen.",
        "Weights gave the answers of now the distribution of then; together they are worth {kept}% "
        "of what they were. Groups of too few people, and those who left a trait open, are not "
        "shown, so that rates need not add up to 100.",
    ),
    "s_previous": (
        "Tegenover de vorige meting tellen alleen vragen die beide keren zijn gesteld, en is het "
        "verschil netto van wie antwoordde: allen en elke {level} met in beide metingen ten minste "
        "{fewest} antwoorden krijgen de mix van toen terug door weging. Andere eenheden zijn "
        "daarvoor te klein; bij hen is verrekend wat kenmerken binnen alle eenheden van hun niveau "
        "over antwoorden voorspellen. Waar dat niet kon staat dat erbij, en is het verschil zoals "
        "het is.",
        "Against the wave before only items that were asked both times count, and the difference "
        "is net of who responded: all, and each {level} with at least {fewest} answers in both "
        "waves, are given back the mix of then by weights. Other units are too small for that; "
        "for them what traits foresee of answers within all units of their level was taken out. "
        "Where that could not be done it says so, and the difference is as it is.",
    ),
    "raked": ("weging naar de mix van toen", "weights with the earlier mix"),
    "regressed": ("verrekenen van kenmerken", "taking out traits"),
    "as_is": ("niets: zoals het is", "nothing: as it is"),
    "s_no_trend": (
        "Er is geen vorige meting gegeven (--previous).",
        "No wave before was given (--previous).",
    ),
    "s_worrying": (
        "Een eenheid is zorgelijk als haar ware gemiddelde op {first} én {second} meer dan {floor} "
        "punt onder dat van {reference} ligt. Op de lijst staan zoveel eenheden als kan terwijl er "
        "naar verwachting hoogstens {false} % ten onrechte op staat. Eenheden staan op volgorde "
        "van naam.",
        "A unit is worrying when its true mean on {first} and {second} lies more than {floor} "
        "points below that of {reference}. The list is as long as it can be with at most "
        "{false}% expected to be on it wrongly. Units are in order of name.",
    ),
    "reference_all": ("allen", "all"),
    "reference_sector": ("eigen {level}", "its own {level}"),
    "s_none_worrying": (
        "Er staat geen eenheid op de lijst. Dat kan zijn omdat eenheden weinig verschillen, of "
        "omdat ze te klein zijn om het zeker te weten.",
        "No unit is on the list. Units may differ little, or be too small to be sure.",
    ),
    "s_checks": (
        "De ene helft van de respondenten van elke eenheid is gescreend, de andere helft is de "
        "toets. AUC 0,5 is toeval, 1 is volmaakt. Een helft weet minder dan alle antwoorden samen: "
        "de toets valt daardoor lager uit dan de hele lijst verdient.",
        "One half of the respondents of each unit was screened, the other half is the test. AUC "
        "0.5 is chance, 1 is perfect. A half knows less than all answers together: the check "
        "therefore reads lower than the whole list deserves.",
    ),
    "s_of_level": ("{level}: {text}", "{level}: {text}"),
    "c_how_well": ("Hoe goed dit werkt", "How well this works"),
    "s_drawn_units": (
        "Getekend: de eerste {shown} van {all} eenheden, op volgorde van naam.",
        "Pictured: the first {shown} of {all} units, in order of name.",
    ),
    "fit_poor": (
        "één factor past hier niet goed ({names})",
        "one factor does not fit well here ({names})",
    ),
    "s_pairs": (
        "Is juist dit paar bijzonder? Het staat op plaats {rank} van {all} (95 %: {low} tot "
        "{high}). De AUC van één algemene factor is {factor}, die van het paar {auc}: {conclusion}",
        "Is this pair special? It ranks {rank} of {all} (95%: {low} to {high}). The AUC of one "
        "general factor is {factor}, that of the pair {auc}: {conclusion}",
    ),
    "s_pair_less": (
        "in deze gegevens vindt één algemene factor zorgelijke eenheden beter dan het paar.",
        "in these data one general factor finds worrying units better than the pair does.",
    ),
    "s_pair_more": (
        "in deze gegevens vindt het paar zorgelijke eenheden beter dan één algemene factor.",
        "in these data the pair finds worrying units better than one general factor does.",
    ),
    "s_pair_same": (
        "of het paar meer ziet dan één algemene factor is niet te zeggen.",
        "whether the pair sees more than one general factor cannot be told.",
    ),
    "s_worrying_drivers": (
        "Volgens het model dat is gegeven, in procentpunten vertrekintentie. Samenhang, geen "
        "oorzaak.",
        "By the model that was given, in percentage points of intention to leave. Association, "
        "not cause.",
    ),
    "s_remedies": (
        "Dit zijn woorden van het brondocument, geen bevinding van deze enquête: wat het noemt bij "
        "de dimensies die in een eenheid laag zijn (regeldruk: hoog), in geen bijzondere volgorde. "
        "Achter elk staat de stelling waarmee `blijfwijzer claims` nagaat of het hier opgaat.",
        "These are the source's words, no finding of this survey: what it names for the dimensions "
        "that are low in a unit (red tape: high), in no particular order. Beside each stands the "
        "claim by which `blijfwijzer claims` sees whether it holds here.",
    ),
    "s_conduct": (
        "Deel van wie antwoordde dat het hem of haar overkwam, of het zag. Wat ermee samengaat is "
        "samenhang: wie slecht wordt behandeld kan het team anders zien, en omgekeerd.",
        "Share of those who answered that it happened to them, or that they saw it. What goes "
        "with it is association: who is treated badly may see the team differently, and the other "
        "way round.",
    ),
    "s_verdicts": (
        "Steun: {supported}. Geen steun: {not_supported}. Tegengesproken: {contradicted}. Niet te "
        "toetsen: {not_testable}.",
        "Supported: {supported}. Not supported: {not_supported}. Contradicted: {contradicted}. "
        "Not testable: {not_testable}.",
    ),
    "s_overview": (
        "✓ is steun, ✗ tegengesproken, ○ geen steun. Het criterium, en waar het oordeel "
        "op rust, staan hieronder bij elke stelling.",
        "✓ is supported, ✗ contradicted, ○ not supported. The criterion, and what the "
        "verdict rests on, stand below with each claim.",
    ),
    "s_drawn": (
        "Getekend: {shown} van {all} schattingen, alle in dezelfde maat ({measure}); de tabel "
        "heeft ze alle.",
        "Pictured: {shown} of {all} estimates, all in one measure ({measure}); the table has all "
        "of them.",
    ),
    "c_untestable": ("Niet te toetsen met deze enquête", "Not testable with this survey"),
    "f_teams": ("Teams en hun cultuur", "Teams and their culture"),
    "f_leaving": ("Vertrekken en blijven", "Leaving and staying"),
    "f_careers": ("Loopbaan en ontwikkeling", "Careers and development"),
    "f_conduct": ("Ongewenst gedrag en integriteit", "Unwanted behaviour and integrity"),
    "f_scores": ("Wat een voorspelling ziet", "What a prediction sees"),
    "x_share": ("procent", "per cent"),
    "x_difference": ("procentpunten verschil", "difference in percentage points"),
    "x_variance": ("procent van het geheel", "per cent of the whole"),
    "x_chance": ("kans in procenten", "chance in per cent"),
    "x_area": ("AUC", "AUC"),
    "x_gain": ("verschil in AUC", "difference in AUC"),
    "x_correlation": ("correlatie", "correlation"),
    "x_log_odds": ("logodds", "log odds"),
    "x_deviation": ("standaarddeviaties", "standard deviations"),
    "x_mean": ("gemiddelde op de schaal", "mean on the scale"),
    "x_rank": ("plaats in een rij", "place in a row"),
    "x_other": ("schatting", "estimate"),
    "s_reason": ("Oordeel: {verdict}. {reason}", "Verdict: {verdict}. {reason}"),
    "s_criterion": ("Criterium: {criterion}", "Criterion: {criterion}"),
    "w_scales": ("Schalen", "Scales"),
    "w_items": ("Vragen", "Items"),
    "w_agreement": ("Tussen eenheden", "Between units"),
    "w_comparable": ("Vergelijkbaar", "Comparable"),
    "w_compared": ("Groepen vergeleken", "Groups compared"),
    "w_climate": ("Cultuur", "Climate"),
    "w_trend": ("Verandering", "Change"),
    "w_mix": ("Wie antwoordde", "Who responded"),
    "w_worrying": ("Zorgelijk", "Worrying"),
    "w_screened": ("Bekeken", "Screened"),
    "w_checks": ("Hoe goed het werkt", "How well it works"),
    "w_pairs": ("Paren", "Pairs"),
    "w_worrying_drivers": ("Wat samenhangt", "Drivers"),
    "w_remedies": ("Wat helpt", "What helps"),
    "w_conduct": ("Ongewenst gedrag", "Unwanted behaviour"),
    "w_conduct_changes": ("Gedrag, verandering", "Behaviour, change"),
    "w_conduct_links": ("Gedrag, samenhang", "Behaviour, links"),
    "w_verdicts": ("Oordelen", "Verdicts"),
    "w_estimates": ("Schattingen", "Estimates"),
    "d_worrying": (
        "Eenheden met een zorgelijke cultuur, per dimensie",
        "Units with a worrying culture, by dimension",
    ),
    # Alt texts: they state what a picture shows.
    "a_heat": (
        "{caption}. {rows} eenheden en {columns} dimensies; {better} vakken zijn beter dan allen, "
        "{worse} slechter, {hidden} niet getoond, {care} met een waarschuwing.",
        "{caption}. {rows} units and {columns} dimensions; {better} cells are better than all, "
        "{worse} worse, {hidden} not shown, {care} with a warning.",
    ),
    "a_slope": (
        "{caption}. Beter werden {better} van {all} schalen, slechter {worse}. De grootste netto "
        "verandering: {top}, {change} punt.",
        "{caption}. {better} of {all} scales became better, {worse} worse. Largest net change: "
        "{top}, {change} points.",
    ),
    "a_worrying": (
        "{caption}. {units} eenheden, elk op {dimensions} dimensies onder het streepje.",
        "{caption}. {units} units, each on {dimensions} dimensions beside its reference.",
    ),
    # Legends and axes.
    "a_one": ("{caption}. {name}: {rate}.", "{caption}. {name}: {rate}."),
    "a_alike": (
        "{caption}. Alle getoonde waarden zijn na afronding gelijk: {rate}.",
        "{caption}. All values shown are alike after rounding: {rate}.",
    ),
    "l_mean": ("gemiddelde met 95 %-interval", "mean with 95% interval"),
    "l_everyone": ("gemiddelde van allen", "mean of all"),
    "l_hidden": ("niet getoond", "not shown"),
    "l_better": ("beter dan allen", "better than all"),
    "l_worse": ("slechter dan allen", "worse than all"),
    "l_same": ("geen verschil van belang", "no difference that counts"),
    "l_care": ("met een waarschuwing", "with a warning"),
    "l_own": ("alleen binnen de eigen grootste eenheid", "within its own largest unit only"),
    "l_became_better": ("beter dan toen", "better than before"),
    "l_became_worse": ("slechter dan toen", "worse than before"),
    "l_stayed": ("geen verandering van belang", "no change that counts"),
    "l_main": ("hoofdschatting", "main estimate"),
    "l_check": ("op een andere manier", "in another way"),
    "x_scale": ("punten van de schaal", "points of the scale"),
    "x_reliability": ("betrouwbaarheid", "reliability"),
    "then": ("Vorige meting", "Wave before"),
    "now": ("Nu", "Now"),
    "everyone": ("Iedereen", "Everyone"),
    "people": ("respondenten", "respondents"),
    "main": ("hoofdschatting", "main estimate"),
    "sensitivity": ("op een andere manier", "in another way"),
    "cell_hidden": ("niet getoond", "not shown"),
    # Titles, behaviour, measures.
    "t_climate": (
        "Cultuur: waar het goed en niet goed gaat",
        "Culture: where it goes well and not",
    ),
    "t_claims": ("De stellingen van het beleid", "The policy's claims"),
    "b_extern_iets": ("Van buiten, iets hiervan", "From outside, any"),
    "b_intern_iets": ("Van binnen, iets hiervan", "From inside, any"),
    "points_of_scale": ("punten van de schaal", "points of the scale"),
    "percentage_points": ("procentpunten", "percentage points"),
    "m_auc": ("AUC", "AUC"),
    "m_sensitivity": ("Deel van de zorgelijke dat is gevonden", "Share of worrying units found"),
    "m_precision": ("Deel van de lijst dat klopt", "Share of the list that is right"),
    "m_predicted_precision": ("Zoals vooraf geschat", "As foreseen"),
    "m_base_rate": ("Deel van alle eenheden dat zorgelijk is", "Share of units that is worrying"),
    "warn_unasked": (
        "{count} dimensies zijn niet gevraagd en ontbreken: {names}.",
        "{count} dimensions were not asked and are absent: {names}.",
    ),
    "warn_care": (
        "met een waarschuwing: {reason}",
        "with a warning: {reason}",
    ),
    "warn_everyone": (
        "Cijfers over iedereen zijn niet getoond, omdat er iets over enkelen uit zou volgen.",
        "Figures of everyone are withheld, since something would follow about a few.",
    ),
}
