"""Which columns each table on culture has: name, heading, kind of value."""

from types import MappingProxyType

from blijfwijzer.publish.columns import Column

_SCALE = Column("scale", "Schaal", "Scale")
_DIMENSION = Column("dimension", "Dimensie", "Dimension")
_LABEL = Column("label", "Eenheid", "Unit")
_LEVEL = Column("level", "Niveau", "Level")
_SECTOR = Column("sector", "{Largest}", "{Largest}", is_optional=True)
"""The largest unit, by what the codebook calls it; see `Chapter.largest`."""
_GROUP = Column("group", "", "", is_key=True)
_NONE = "–"  # noqa: RUF001
_N = Column("n", "Respondenten", "Respondents")
_NOTE = Column("note", "Waarom niet alles", "Why not all", is_long=True)
_MEAN = Column(
    "pooled",
    "Gemiddelde, samengevoegd (95 %)",
    "Mean, pooled (95%)",
    "decimal",
    "low",
    "high",
)
_CLAIM = Column("claim", "Nr.", "No.", width="narrow")
_STATEMENT = Column(
    "statement", "Wat het brondocument zegt", "What the source says", is_long=True, width="broad"
)


def _change(name: str, nl: str, en: str) -> Column:
    """Show a difference of means or of percentages, to one decimal and with its sign."""
    return Column(name, nl, en, "points", f"{name}_low", f"{name}_high")


def _against(name: str, nl: str, en: str) -> tuple[Column, Column]:
    """Show how a unit differs from a reference; absent where there is no wave before."""
    optional = name == "previous"
    return (
        Column(
            f"{name}_difference",
            f"Verschil met {nl} (95 %)",
            f"Difference from {en} (95%)",
            "points",
            f"{name}_low",
            f"{name}_high",
            is_optional=optional,
        ),
        Column(
            f"{name}_mark",
            f"Ten opzichte van {nl}",
            f"Against {en}",
            "verdict",
            is_optional=optional,
        ),
    )


CULTURE_FRAMES = MappingProxyType(
    {
        "scales": (
            _SCALE,
            Column("items", "Vragen", "Items", "count"),
            _N,
            Column(
                "alpha",
                "Alfa (95 %)",
                "Alpha (95%)",
                "ratio",
                "alpha_low",
                "alpha_high",
                absent=_NONE,
            ),
            Column(
                "omega",
                "Omega (95 %)",
                "Omega (95%)",
                "ratio",
                "omega_low",
                "omega_high",
                absent=_NONE,
            ),
            Column("rmsea", "RMSEA", "RMSEA", "ratio", absent=_NONE),
            Column("cfi", "CFI", "CFI", "ratio", absent=_NONE),
            Column("srmr", "SRMR", "SRMR", "ratio", absent=_NONE),
            Column("note", "Opmerking", "Remark", is_long=True),
        ),
        "items": (
            _SCALE,
            Column("item", "Vraag", "Item"),
            Column(
                "rest",
                "Samenhang met de andere",
                "Correlation with the rest",
                "ratio",
                absent=_NONE,
            ),
            Column(
                "loading",
                "Lading, ordinaal (95 %)",
                "Loading, ordinal (95%)",
                "ratio",
                "loading_low",
                "loading_high",
                absent=_NONE,
            ),
        ),
        "agreement": (
            _SCALE,
            _LEVEL,
            Column("units", "Eenheden", "Units", "count"),
            Column(
                "share",
                "Variantie (%)",
                "Variance (%)",
                "tenths",
                "share_low",
                "share_high",
                absent=_NONE,
            ),
            Column("icc1", "ICC(1) (95 %)", "ICC(1) (95%)", "ratio", "icc1_low", "icc1_high"),
            Column("icc2", "ICC(2) (95 %)", "ICC(2) (95%)", "ratio", "icc2_low", "icc2_high"),
            Column("rwg", "rwg(j) (95 %)", "rwg(j) (95%)", "ratio", "rwg_low", "rwg_high"),
            _NOTE,
        ),
        "comparable": (
            Column("attribute", "Kenmerk", "Attribute"),
            _SCALE,
            Column("judgement", "Vergelijking", "Comparison", "verdict"),
            Column("reason", "Waarom", "Why", is_long=True),
            Column("barred", "Niet vergeleken", "Not compared"),
            Column(
                "different", "Vragen die verschillen", "Items that differ", "count", absent=_NONE
            ),
            Column("made", "Verschil door de vragen", "Difference by items", "ratio", absent=_NONE),
        ),
        "compared": (
            Column("attribute", "Kenmerk", "Attribute"),
            Column("label", "Groep", "Group"),
            _SCALE,
            _N,
            Column("observed", "Verschil met allen", "Difference from all", "points"),
            Column("note", "Let op", "Note", is_long=True),
        ),
        "climate": (
            _GROUP,
            _LABEL,
            _LEVEL,
            _SECTOR,
            _DIMENSION,
            _N,
            _MEAN,
            Column("reliability", "Gewicht van eigen antwoorden", "Weight of own answers", "ratio"),
            Column("favourable", "Gunstig, eigen antwoorden", "Favourable, own answers", "percent"),
            Column("grade", "Cijfer (1-10)", "Grade (1-10)", "decimal"),
            Column("judgement", "Vergelijking met anderen", "Comparison with others", "verdict"),
            *_against("sector", "eigen {largest}", "own {largest}"),
            *_against("all", "allen", "all"),
            *_against("previous", "de vorige meting", "the wave before"),
            Column("previous_way", "Netto door", "Made net by", "verdict", is_optional=True),
        ),
        "hidden": (_GROUP, _LABEL, _LEVEL, _SECTOR),
        "trend": (
            _SCALE,
            Column("place", "Waar", "Where"),
            Column("items", "Gelijke vragen", "Common items", "count"),
            _N,
            Column("before", "Toen, eigen antwoorden", "Before, own answers", "decimal"),
            Column("now", "Nu, eigen antwoorden", "Now, own answers", "decimal"),
            _change("raw", "Verschil zoals het is (95 %)", "Change as it is (95%)"),
            _change("net", "Netto verschil (95 %)", "Net change (95%)"),
            Column("mark", "Oordeel", "Verdict", "verdict"),
            Column("is_net", "Mix gelijk gemaakt", "Mix made equal", "truth"),
        ),
        "mix": (
            Column("trait", "Kenmerk", "Trait"),
            Column("category", "Groep", "Group"),
            _N,
            Column("before", "Toen", "Before", "percent"),
            Column("now", "Nu", "Now", "percent"),
        ),
        "worrying": (
            _GROUP,
            _LABEL,
            _LEVEL,
            _SECTOR,
            _N,
            _DIMENSION,
            Column("is_screened", "Van het paar", "Of the pair", "truth"),
            _MEAN,
            Column("reference", "Vergeleken met", "Reference", "decimal"),
            Column("difference", "Verschil", "Difference", "points"),
            Column("probability", "Kans dat het zo laag is", "Chance that it is so low", "percent"),
        ),
        "screened": (
            _LEVEL,
            Column("units", "Eenheden bekeken", "Units looked at", "count"),
            Column("listed", "Op de lijst", "On the list", "count"),
            Column(
                "false",
                "Daarvan naar verwachting onterecht",
                "Expected false",
                "percent",
                absent=_NONE,
            ),
            Column(
                "found",
                "Deel van de zorgelijke dat is gevonden",
                "Share found",
                "percent",
                absent=_NONE,
            ),
            Column("note", "Waarom niet", "Why not", is_long=True),
        ),
        "checks": (
            _LEVEL,
            Column("measure", "Maat", "Measure"),
            Column(
                "value",
                "Waarde (95 %)",
                "Value (95%)",
                "ratio",
                "low",
                "high",
                absent=_NONE,
                kind_from="kind",
            ),
            Column("kind", "", "", is_key=True),
        ),
        "pairs": (
            _LEVEL,
            Column("first", "Eerste dimensie", "First dimension"),
            Column("second", "Tweede dimensie", "Second dimension"),
            Column("is_screened", "Van het paar", "The pair", "truth"),
            Column("auc", "AUC (95 %)", "AUC (95%)", "ratio", "low", "high"),
            Column("rank", "Plaats", "Rank", "count"),
            Column("factor", "AUC van één factor", "AUC of one factor", "ratio"),
        ),
        "worrying_drivers": (
            _LABEL,
            Column("driver", "Onderwerp", "Driver"),
            Column("is_changeable", "Te veranderen", "Changeable", "truth"),
            Column("contrast", "Procentpunten (95 %)", "Points (95%)", "points", "low", "high"),
        ),
        "remedies": (
            _LABEL,
            Column("dimension", "Lage dimensies", "Low dimensions", is_long=True),
            Column(
                "text",
                "Wat volgens het brondocument helpt",
                "What the source says helps",
                is_long=True,
            ),
            Column("claim", "Stelling die dat toetst", "Claim that tests it"),
        ),
        "conduct": (
            Column("behaviour", "Gedrag", "Behaviour"),
            Column("by", "Naar", "By"),
            Column("category", "Groep", "Group"),
            _N,
            Column("share", "Percentage (95 %)", "Rate (95%)", "percent", "low", "high"),
        ),
        "conduct_changes": (
            Column("behaviour", "Gedrag", "Behaviour"),
            _N,
            Column("before", "Toen", "Before", "percent"),
            Column("now", "Nu", "Now", "percent"),
            _change("raw", "Verschil, procentpunten (95 %)", "Change, points (95%)"),
            _change("net", "Netto, procentpunten (95 %)", "Net, points (95%)"),
        ),
        "conduct_links": (
            Column("behaviour", "Gedrag", "Behaviour"),
            Column("outcome", "Gaat samen met", "Goes with"),
            _N,
            Column("unit", "In", "In"),
            Column("plain", "Verschil", "Difference", "points"),
            Column(
                "adjusted",
                "Bij gelijke kenmerken (95 %)",
                "Given traits (95%)",
                "points",
                "low",
                "high",
            ),
            Column(
                "odds",
                "Kansverhouding (95 %)",
                "Odds ratio (95%)",
                "ratio",
                "odds_low",
                "odds_high",
                absent=_NONE,
            ),
            Column("is_large", "Zeker en groot genoeg", "Sure and large enough", "truth"),
        ),
        "verdicts": (
            _CLAIM,
            Column("family", "Onderwerp", "Subject"),
            _STATEMENT,
            Column("verdict", "Oordeel", "Verdict", width="middle"),
            Column("reason", "Reden", "Reason", is_long=True, width="broad"),
            Column("effect", "Maat", "Effect", width="middle"),
            Column("effect_size", "Grootte", "Size", "ratio", absent=_NONE),
            Column("criterion", "Criterium", "Criterion", is_long=True, width="broad"),
            Column("outcome", "", "", is_key=True),
        ),
        "untestable": (
            _CLAIM,
            _STATEMENT,
            Column("reason", "Wat ontbreekt", "What is missing", is_long=True, width="broad"),
        ),
        "estimates": (
            Column("claim", "Stelling", "Claim", is_optional=True),
            Column("name", "Wat", "What", is_long=True),
            Column("sort", "Soort", "Kind"),
            Column("measure", "Uitgedrukt in", "Expressed in"),
            Column("n", "Aantal mensen of eenheden", "Number of people or units"),
            Column(
                "value",
                "Schatting (95 %)",
                "Estimate (95%)",
                "ratio",
                "low",
                "high",
                absent=_NONE,
                kind_from="kind",
            ),
            Column("kind", "", "", is_key=True),
            Column("key", "", "", is_key=True),
        ),
    }
)
"""Table to its columns; see `Chapter`."""


def names_of(table: str) -> list[str]:
    """Give all columns of a table, intervals included."""
    return [part for column in CULTURE_FRAMES[table] for part in column.parts]
