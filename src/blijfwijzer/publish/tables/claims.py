"""The tables of `claims`: verdicts, and the estimates that they rest on."""

from blijfwijzer.publish.spec import ENDS, ShownColumn, ShownTable
from blijfwijzer.publish.tables.climate import NONE

_CLAIM = ShownColumn("claim", "text", "number of the claim", heading="number", width="narrow")
_STATEMENT = ShownColumn(
    "statement", "text", "what the policy paper says", is_long=True, width="broad"
)
_TABLES = (
    ShownTable(
        "verdicts",
        "a claim",
        (
            *(_CLAIM, ShownColumn("family", "text", "family in which it was tested"), _STATEMENT),
            ShownColumn("verdict", "text", "what came of it", width="middle"),
            ShownColumn("reason", "text", "why", is_long=True, width="broad"),
            ShownColumn("effect", "text", "what the effect is", width="middle"),
            ShownColumn("effect_size", "metric", "its size", absent=NONE),
            ShownColumn(
                "criterion",
                "text",
                "what counts for and against it",
                is_long=True,
                width="broad",
            ),
            ShownColumn("outcome", "text", "the verdict for programs", is_key=True),
        ),
    ),
    ShownTable(
        "untestable",
        "a claim that this survey cannot test",
        (
            *(_CLAIM, _STATEMENT),
            ShownColumn(
                "reason", "text", "what it lacks", heading="lacks", is_long=True, width="broad"
            ),
        ),
    ),
    ShownTable(
        "estimates",
        "an estimate",
        (
            ShownColumn("claim", "text", "claim that rests on it", is_optional=True),
            ShownColumn("name", "text", "what it is of", heading="what", is_long=True),
            ShownColumn("sort", "text", "whether it decides or checks"),
            ShownColumn("key", "text", "what it is a number of, for programs", is_key=True),
            ShownColumn("kind", "text", "how its value is written", is_key=True),
            ShownColumn("measure", "text", "what it is a number of", heading="expressed_in"),
            ShownColumn("n", "band", "people or units", heading="n_or_units"),
            ShownColumn(
                "value",
                "metric",
                "the estimate",
                heading="estimate",
                ends=ENDS,
                absent=NONE,
                kind_from="kind",
            ),
        ),
        counted_by="n",
    ),
)
TABLES = {table.name: table for table in _TABLES}
