"""A first governance file, for people to finish: what is left open is marked `decide`."""

import json
from collections.abc import Iterator

from blijfwijzer.governance.document import LEAST_LOG_DAYS, NEVER
from blijfwijzer.survey.codebook import Codebook

_OPEN = {
    "owner": "who is responsible: a role, such as the director of personnel",
    "contact": "who answers questions: a name, an address, a telephone number",
    "object": "where employees and the works council object",
}


def draft_governance(codebook: Codebook) -> str:
    """Write a governance file of a survey, which is refused until each `decide` is decided."""
    return "\n".join(_lines(codebook)) + "\n"


def _lines(codebook: Codebook) -> Iterator[str]:
    yield "# What is settled about a survey before results are used; docs/governance.md explains"
    yield "# each key. Decide what is marked `decide`, then `blijfwijzer govern check THIS`."
    yield '# A text may be in two languages: { nl = "...", en = "..." }.'
    yield f"survey = {_quote(codebook.survey.name)}"
    yield 'expiry = "decide: last day on which this holds, as 2027-12-31 without quotes"'
    yield _decide("decided_by", "who decides on offers: a role; what is computed is advice")
    yield ""
    yield "[organisation]"
    yield _decide("name", "the employer")
    yield from (_decide(key, what) for key, what in _OPEN.items())
    yield ""
    yield "[purpose]"
    yield _decide("aim", "what the results are for")
    told = codebook.survey.purpose
    yield f"told = {_quote(told)}  # decide: what respondents were told, to the letter"
    yield 'allowed = ["vouchers"]  # decide: of vouchers, culture, retention policy'
    yield f"forbidden = [{', '.join(map(_quote, NEVER))}]"
    yield ""
    yield "[basis]"
    yield _decide("law", "the article: of the GDPR, with the law that gives the task")
    yield _decide("why", "why it bears this use, and why less would not do")
    yield ""
    yield "# Fixed before there is a result; their hash stands in the ledger before it."
    yield "[acceptance]"
    yield "slope_error = 0.2  # decide: how far a calibration slope may be from 1"
    yield 'fairness = "missed"  # decide: missed, or selected'
    yield "fairness_margin = 0.1  # decide: by how much that may surely differ between people"
    yield "power = 0.5  # decide: least power of a lottery"
    yield "exclusion = 0.9  # decide: largest share of people in need who are offered nothing"
    yield _decide("why", "why these, and who was heard")
    yield ""
    yield "[retention]"
    yield "answers_days = 365  # decide"
    yield "results_days = 1825  # decide"
    yield f"logs_days = 1825  # decide: at least {LEAST_LOG_DAYS}"
    yield ""
    yield "# Fill in when they are there; pages say until then that they are not."
    yield "# [consent]  # of the works council"
    yield "# date = 2027-01-31"
    yield '# reference = "where the decision can be found"'
    for name in ("dpia", "iama"):
        yield f"# [{name}]"
        yield "# date = 2027-01-31"
        yield '# reference = "where it can be found"'
        yield '# conclusion = "what it concludes"'


def _decide(key: str, what: str) -> str:
    return f"{key} = {_quote(f'decide: {what}')}"


def _quote(text: str) -> str:
    """Write a text as a string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
