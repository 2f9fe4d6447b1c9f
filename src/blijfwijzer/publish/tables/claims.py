"""The tables of `claims`: verdicts, and the estimates that they rest on."""

from blijfwijzer.publish.columns import ENDS, band, count, metric, text
from blijfwijzer.publish.spec import ShownTable
from blijfwijzer.publish.tables.shared import NONE
from blijfwijzer.survey.texts import LANGUAGES

_CLAIM = text("claim", "number of the claim", heading="number", width="narrow")
_STATEMENT = text("statement", "what the policy paper says", is_long=True, width="broad")
_IN_WORDS = {
    "statement": "what the policy paper says",
    "criterion": "what counts for and against it",
    "reason": "why",
    "verdict": "what came of it",
    "effect": "what the effect is",
}
TABLES = (
    ShownTable(
        "verdicts",
        "a claim",
        (
            *(_CLAIM, text("family", "family in which it was tested"), _STATEMENT),
            text("verdict", "what came of it", width="middle"),
            text("reason", "why", is_long=True, width="broad"),
            text("effect", "what the effect is", width="middle"),
            metric("effect_size", "its size", absent=NONE),
            text("criterion", "what counts for and against it", is_long=True, width="broad"),
            text("outcome", "the verdict for programs", is_key=True),
        ),
    ),
    ShownTable(
        "untestable",
        "a claim that this survey cannot test",
        (
            *(_CLAIM, _STATEMENT),
            text("reason", "what it lacks", heading="lacks", is_long=True, width="broad"),
        ),
    ),
    ShownTable(
        "estimates",
        "an estimate",
        (
            text("claim", "claim that rests on it", is_optional=True),
            text("name", "what it is of", heading="what", is_long=True),
            text("sort", "whether it decides or checks"),
            text("key", "what it is a number of, for programs", is_key=True),
            text("kind", "how its value is written", is_key=True),
            text("measure", "what it is a number of", heading="expressed_in"),
            band("n", "people or units", heading="n_or_units"),
            metric(
                "value",
                "the estimate",
                heading="estimate",
                ends=ENDS,
                absent=NONE,
                kind_from="kind",
            ),
        ),
        counted_by="n",
    ),
    ShownTable(
        "verdicts_file",
        "a claim",
        (
            text("claim", "number of the claim"),
            text("family", "family in which it was tested"),
            text("verdict", "what came of it"),
            metric("p", "p-value, adjusted within the family"),
            metric("effect_size", "size of the effect"),
            *(
                text(f"{name}_{lang}", f"{meaning}, in {lang}")
                for lang in LANGUAGES
                for name, meaning in _IN_WORDS.items()
            ),
            text("missing", "concepts that the survey lacks"),
            *(text(f"family_{lang}", f"its family, in {lang}") for lang in LANGUAGES),
        ),
        files=("claims.json",),
        is_for_programs=True,
    ),
    ShownTable(
        "estimates_file",
        "an estimate",
        (
            text("claim", "claim that rests on it"),
            text("name", "id among the estimates of its claim"),
            *(text(lang, f"what it is of, in {lang}") for lang in LANGUAGES),
            metric("value", "the estimate", ends=ENDS),
            count("n", "people or units"),
            text("sort", "main, or sensitivity where it checks"),
            text("measure", "what it is a number of"),
            *(text(f"sort_{lang}", f"whether it decides, in {lang}") for lang in LANGUAGES),
        ),
        counted_by="n",
        files=("claims.json",),
        is_for_programs=True,
    ),
)
