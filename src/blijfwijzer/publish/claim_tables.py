"""What claims came to as tables: which of it may be shown, in words, and through the gate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.claims.estimates import ClaimEstimate
from blijfwijzer.claims.findings import ClaimFinding
from blijfwijzer.claims.verdicts import VERDICTS, Verdict
from blijfwijzer.disclosure.release import Cleared, ColumnKind, clear, clear_whole
from blijfwijzer.files import to_json
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.order import in_codebook_order
from blijfwijzer.publish.release_files import plain
from blijfwijzer.publish.tables.claims import TABLES
from blijfwijzer.publish.texts import write
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.texts import LANGUAGES, Message, Value

WITHHELD = "withheld"
_ENDS = ("value", "low", "high")
_ESTIMATE_COLUMNS = [
    *("claim", "name", "nl", "en", *_ENDS, "n", "sort", "measure", "sort_nl", "sort_en"),
]


class ClaimPart(NamedTuple):
    """A claim, or what of it is about a domain of the respondents."""

    claim: str
    domain: str | None = None
    """Name of the domain; None for the claim itself."""


@dataclass(frozen=True)
class ShownClaims:
    """Claims and their parts that may be shown."""

    claims: frozenset[str] = frozenset()
    """Claims whose figures may be shown; of others nothing is said but that."""
    hidden: frozenset[ClaimPart] = frozenset()
    """Parts of which nothing may be shown, though the rest of the claim may."""

    def tells(self, verdict: Verdict) -> bool:
        """Whether anything may be shown of a claim."""
        return verdict.claim.id in self.claims

    def estimates(self, verdict: Verdict, minimum: int) -> Iterator[tuple[str, ClaimEstimate]]:
        """Give the estimates of a claim that may be shown, each as main or sensitivity.

        An estimate over too few people, and a share that too few make, are left out.
        """
        finding = verdict.finding
        if finding is None or not self.tells(verdict):
            return
        for sort, estimates in (("main", finding.estimates), ("sensitivity", finding.checks)):
            for one in estimates:
                if self._may_show(verdict.claim.id, finding, one, minimum):
                    yield sort, one

    def _may_show(
        self, claim: str, finding: ClaimFinding, one: ClaimEstimate, minimum: int
    ) -> bool:
        domains = [domain for domain in (finding.domain, one.part) if domain is not None]
        is_hidden = any(ClaimPart(claim, domain.name) in self.hidden for domain in domains)
        found = one.estimate
        return found.n >= minimum and not found.fewest < minimum and not is_hidden


@dataclass(frozen=True)
class ClaimFindings:
    """What claims came to in a survey, and which of it may be shown."""

    verdicts: tuple[Verdict, ...]
    shown: ShownClaims
    codebook: Codebook
    settings: Settings
    intake: Intake
    releases: int

    def counts(self) -> dict[str, int]:
        """Count what was read, for the run's record."""
        shown = [verdict for verdict in self.verdicts if self.shown.tells(verdict)]
        return {
            "forms": self.intake.rows,
            "accepted": len(self.intake.responses),
            "refused": len(self.intake.rejected),
            "earlier_releases": self.releases,
            **{name.replace(" ", "_"): sum(v.verdict == name for v in shown) for name in VERDICTS},
            WITHHELD: len(self.verdicts) - len(shown),
        }


def tabulate_verdicts(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Give verdicts as a table, whether they may be shown or not.

    Returns
    -------
    One row per claim: claim, family, verdict (the English word), p, effect_size, and in both
    languages statement, criterion, reason, verdict and effect; `missing`, names with spaces
    between.
    """
    rows = []
    for verdict in verdicts:
        claim, finding = verdict.claim, verdict.finding
        texts: dict[str, tuple[Value, ...]] = {
            "statement": (Message(id_of("claim.says", claim.id.lower())),),
            "criterion": (Message(id_of("claim.criterion", claim.id.lower())),),
            "reason": verdict.reason,
            "verdict": (Message(id_of("claim.verdict", verdict.verdict.replace(" ", "_"))),),
            "effect": (finding.effect.label,) if finding else (),
        }
        rows.append(
            {
                "claim": claim.id,
                "family": claim.family,
                "verdict": verdict.verdict,
                "p": verdict.p,
                "effect_size": finding.effect.size.value if finding else np.nan,
                **{
                    f"{name}_{language}": " ".join(write(one, language) for one in text)
                    for language in LANGUAGES
                    for name, text in texts.items()
                },
                "missing": " ".join(verdict.missing),
            }
        )
    return pd.DataFrame(rows)


def clear_claims(findings: ClaimFindings) -> tuple[Cleared, Cleared]:
    """Clear the verdicts, one row per claim, and the estimates, one row each.

    Of a claim whose parts tell of too few people, given all that was shown, only that is said.
    """
    table = tabulate_verdicts(findings.verdicts)
    hidden = ~table["claim"].isin(list(findings.shown.claims))
    for language in LANGUAGES:
        withheld = say("value.not_shown", language)
        table[f"verdict_{language}"] = table[f"verdict_{language}"].mask(hidden, withheld)
        table[f"family_{language}"] = [
            say(id_of("claim.family", name), language) for name in table["family"]
        ]
        texts = [f"reason_{language}", f"effect_{language}"]
        table[texts] = table[texts].mask(hidden, "")
    table["verdict"] = table["verdict"].mask(hidden, WITHHELD)
    table[["p", "effect_size"]] = table[["p", "effect_size"]].mask(hidden)
    kinds: dict[str, ColumnKind] = dict.fromkeys(map(str, table), "text")
    verdicts = clear_whole(table, {**kinds, "p": "metric", "effect_size": "metric"})
    estimates = _tabulate_estimates(findings)
    kinds = dict.fromkeys(map(str, estimates), "text")
    kinds |= {"n": "count", **dict.fromkeys(_ENDS, "metric")}
    return verdicts, clear(estimates, kinds, findings.settings.disclosure.minimum, "n")


def clear_shown_estimates(findings: ClaimFindings) -> Cleared:
    """Clear the estimates for a reader: shares as percentages, their differences in points."""
    language, minimum = findings.settings.language, findings.settings.disclosure.minimum
    table = _tabulate_estimates(findings)
    table = pd.DataFrame(
        {
            **{"claim": table["claim"], "name": table[language]},
            **{"sort": table[f"sort_{language}"], "key": table["measure"]},
            "kind": [one.measure.number for _, _, one in _in_order(findings)],
            "measure": [say(id_of("unit", name), language) for name in table["measure"]],
            **{name: table[name] for name in ("n", *_ENDS)},
        }
    ).astype({"kind": "object"})
    return TABLES["estimates"].clear(table, minimum)


def claims_json(findings: ClaimFindings) -> bytes:
    """Write verdicts with their estimates for programs, in both languages."""
    verdicts, estimates = clear_claims(findings)
    rows = []
    for row in verdicts.frame.to_dict("records"):
        own = estimates.frame[estimates.frame["claim"] == row["claim"]].drop(columns="claim")
        rows.append(
            {
                **_plain(row),
                "missing": str(row["missing"]).split(),
                "estimates": [_plain(estimate) for estimate in own.to_dict("records")],
            }
        )
    return to_json({"claims": rows})


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(name): plain(value) for name, value in row.items()}


def _tabulate_estimates(findings: ClaimFindings) -> pd.DataFrame:
    """Give the estimates that may be shown, with what each is a number of, in words."""
    rows = [
        {
            **{"claim": claim, "name": one.name, "n": one.estimate.n},
            **{end: getattr(one.estimate, end) for end in _ENDS},
            **{language: write(one.label, language) for language in LANGUAGES},
            **{
                f"sort_{language}": say(id_of("estimate", sort), language) for language in LANGUAGES
            },
            **{"sort": sort, "measure": one.measure.value},
        }
        for claim, sort, one in _in_order(findings)
    ]
    return pd.DataFrame(rows, columns=_ESTIMATE_COLUMNS)


def _in_order(findings: ClaimFindings) -> list[tuple[str, str, ClaimEstimate]]:
    """Give claim, sort and estimate; those of groups by a background in the codebook's order."""
    minimum = findings.settings.disclosure.minimum
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
