"""What claims came to as tables: which of it may be shown, in words, and through the gate."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from blijfwijzer.claims.estimates import ClaimEstimate
from blijfwijzer.claims.verdicts import Verdict
from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.files import plain_rows, to_json
from blijfwijzer.publish.claim_findings import WITHHELD, ClaimFindings
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.tables.order import in_codebook_order
from blijfwijzer.survey.texts import LANGUAGES, Value, say

_ENDS = ("value", "low", "high")


def tabulate_verdicts(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Give verdicts as a table, whether they may be shown or not.

    Returns
    -------
    One row per claim: claim, family, verdict (the English word), p, effect_size, and in both
    languages statement, criterion, reason, verdict, effect and family; `missing`, names with
    spaces between.
    """
    rows = []
    for verdict in verdicts:
        claim, finding = verdict.claim, verdict.finding
        texts: dict[str, tuple[Value, ...]] = {
            "statement": (say(id_of("claim.says", claim.id.lower())),),
            "criterion": (say(id_of("claim.criterion", claim.id.lower())),),
            "reason": verdict.reason,
            "verdict": (say(id_of("claim.verdict", verdict.verdict.replace(" ", "_"))),),
            "effect": (finding.effect.label,) if finding else (),
            "family": (say(id_of("claim.family", claim.family)),),
        }
        rows.append(
            {
                "claim": claim.id,
                "family": claim.family,
                "verdict": verdict.verdict,
                "p": verdict.p,
                "effect_size": finding.effect.size.value if finding else np.nan,
                "missing": " ".join(verdict.missing),
                **{
                    f"{name}_{language}": " ".join(write(one, language) for one in text)
                    for language in LANGUAGES
                    for name, text in texts.items()
                },
            }
        )
    return pd.DataFrame(rows)


def clear_verdicts(findings: ClaimFindings) -> Cleared:
    """Clear the verdicts, one row per claim.

    Of a claim whose parts tell of too few people, given all that was shown, only that is said.
    """
    table = tabulate_verdicts(findings.verdicts)
    hidden = ~table["claim"].isin(list(findings.shown.claims))
    instead: dict[str, object] = {"verdict": WITHHELD, "p": np.nan, "effect_size": np.nan}
    for language in LANGUAGES:
        instead[f"verdict_{language}"] = write(say("value.not_shown"), language)
        instead |= {f"reason_{language}": "", f"effect_{language}": ""}
    table = table.assign(**{name: table[name].mask(hidden, it) for name, it in instead.items()})
    return findings.edge.clear("verdicts_file", table)


def clear_shown_estimates(findings: ClaimFindings) -> Cleared:
    """Clear the estimates for a reader: shares as percentages, their differences in points."""
    rows = [
        {
            **_numbers(claim, one),
            "name": one.label,
            "sort": say(id_of("estimate", sort)),
            "key": one.measure.value,
            "kind": one.measure.number,
            "measure": say(id_of("unit", one.measure.value)),
        }
        for claim, sort, one in _in_order(findings)
    ]
    return findings.edge.clear("estimates", rows)


def claims_json(findings: ClaimFindings) -> bytes:
    """Write verdicts with their estimates for programs, in both languages."""
    estimates = _clear_estimates(findings).frame
    rows = []
    for row in plain_rows(clear_verdicts(findings).frame):
        own = estimates[estimates["claim"] == row["claim"]].drop(columns="claim")
        missing = str(row["missing"]).split()
        rows.append({**row, "missing": missing, "estimates": plain_rows(own)})
    return to_json({"claims": rows})


def _clear_estimates(findings: ClaimFindings) -> Cleared:
    """Clear the estimates for programs, one row each, with what each is a number of, in words."""
    rows = [
        {
            **_numbers(claim, one),
            **{"name": one.name, "sort": sort, "measure": one.measure.value},
            **{language: write(one.label, language) for language in LANGUAGES},
            **{
                f"sort_{language}": write(say(id_of("estimate", sort)), language)
                for language in LANGUAGES
            },
        }
        for claim, sort, one in _in_order(findings)
    ]
    return findings.edge.clear("estimates_file", rows)


def _numbers(claim: str, one: ClaimEstimate) -> dict[str, object]:
    ends = {end: getattr(one.estimate, end) for end in _ENDS}
    return {"claim": claim, "n": one.estimate.n, **ends}


def _in_order(findings: ClaimFindings) -> list[tuple[str, str, ClaimEstimate]]:
    """Give claim, sort and estimate; those of groups by a background in the codebook's order."""
    minimum = findings.edge.minimum
    rows = [
        (verdict.claim.id, sort, one)
        for verdict in findings.verdicts
        for sort, one in findings.shown.estimates(verdict, minimum)
    ]
    blocks, answers = [], []
    for claim, sort, one in rows:
        answer = None if one.part is None else one.part.answer
        attribute, group = answer or (one.name, "")
        blocks.append((claim, sort, attribute))
        answers.append((attribute, group))
    return [rows[place] for place in in_codebook_order(blocks, answers, findings.codebook)]
