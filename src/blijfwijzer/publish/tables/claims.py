"""The tables of `claims`: verdicts, and the estimates that they rest on."""

from blijfwijzer.publish.spec import ENDS, ShownTable, band, metric, text
from blijfwijzer.publish.tables.climate import NONE

_CLAIM = text("claim", "number of the claim", heading="number", width="narrow")
_STATEMENT = text("statement", "what the policy paper says", is_long=True, width="broad")
_TABLES = (
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
        held="parts",
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
        held="parts",
    ),
)
TABLES = {table.name: table for table in _TABLES}
