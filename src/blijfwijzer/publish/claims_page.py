"""The chapter on the policy's claims: tables through the gate, a page, and a file for programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.culture.claims import VERDICTS, Verdict, tabulate_verdicts
from blijfwijzer.disclosure.release import Cleared, Kind, clear, pick
from blijfwijzer.files import to_json
from blijfwijzer.publish.blocks import Block, tidy, titled, twin
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.culture_method import claims_method
from blijfwijzer.publish.culture_page import method_blocks, read_blocks, what_block
from blijfwijzer.publish.culture_pictures import picture_estimates
from blijfwijzer.publish.culture_tables import facts
from blijfwijzer.publish.release_files import plain
from blijfwijzer.publish.report_page import render_sections
from blijfwijzer.publish.report_tables import clear_rejected
from blijfwijzer.publish.texts import number, say
from blijfwijzer.publish.wording import told
from blijfwijzer.publish.workbook import write_sheets
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, Language
from blijfwijzer.survey.intake import Intake

WITHHELD = "withheld"
CLAIMS_NOTHING = ("what_claims_here", "what_claims_fixed", "what_culture_cause")
_SHEETS = ("verdicts", "estimates", "rejected")
_PICTURED = 24
"""Estimates in one picture; the table has all of them."""


class Told(NamedTuple):
    """What may be told of claims."""

    claims: frozenset[str]
    """Claims whose figures may be shown; of others nothing is told but that."""
    hidden: frozenset[tuple[str, str]]
    """Claims and the ends of names of those of their estimates that may not be shown."""

    def estimates(self, table: pd.DataFrame, minimum: int) -> pd.DataFrame:
        """Take the estimates that may be shown.

        An estimate over too few people, and a share that too few make, are left out.
        """
        of_enough = (table["n"] >= minimum) & ~(table["fewest"] < minimum)
        is_hidden = [
            any(claim == of and str(name).endswith(end) for of, end in self.hidden)
            for claim, name in zip(table["claim"], table["name"], strict=True)
        ]
        told = table["claim"].isin(list(self.claims)) & of_enough
        found: pd.DataFrame = table[told & ~np.array(is_hidden, dtype=bool)]
        return found


@dataclass(frozen=True)
class ClaimFindings:
    """What claims came to in a survey, and which of it may be shown."""

    verdicts: tuple[Verdict, ...]
    shown: Told
    codebook: Codebook
    settings: Settings
    intake: Intake
    releases: int

    def counts(self) -> dict[str, int]:
        """Count what was read, for the run's record."""
        return {
            "forms": self.intake.rows,
            "accepted": len(self.intake.responses),
            "refused": len(self.intake.rejected),
            "earlier_releases": self.releases,
            **{
                name.replace(" ", "_"): sum(v.verdict == name for v in self._told())
                for name in VERDICTS
            },
            WITHHELD: len(self.verdicts) - len(self._told()),
        }

    def _told(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.claim.id in self.shown.claims]


def claims_chapter(findings: ClaimFindings, origin: dict[str, str], wave: str) -> Chapter:
    """Clear verdicts and estimates and gather them."""
    language = findings.settings.language
    verdicts, estimates = clear_claims(findings)
    return Chapter(
        language=language,
        title=say("t_claims", language),
        survey=told("survey", language).format(
            wave=wave, codebook=findings.codebook.survey.label.in_(language)
        ),
        facts=facts(findings.counts(), language),
        tables={
            "verdicts": pick(
                verdicts,
                {
                    **{"claim": "claim", "statement": f"statement_{language}"},
                    **{"verdict": f"verdict_{language}", "reason": f"reason_{language}"},
                    **{"effect": f"effect_{language}", "effect_size": "effect_size"},
                    "criterion": f"criterion_{language}",
                },
            ),
            "estimates": pick(
                estimates,
                {
                    **{"claim": "claim", "name": language, "sort": f"sort_{language}"},
                    **{"n": "n_band", "value": "value", "low": "low", "high": "high"},
                    "is_rank": "is_rank",
                },
            ),
            "rejected": pick(
                clear_rejected(findings.intake.rejected),
                {"reason": "reason", "responses": "responses_band"},
            ),
        },
        method=claims_method(findings.settings, language),
        provenance=tuple(origin.items()),
        warnings=tuple(f.text for f in findings.intake.findings if f.level == "warning"),
    )


def clear_claims(findings: ClaimFindings) -> tuple[Cleared, Cleared]:
    """Clear the verdicts, one row per claim, and the estimates, one row each.

    Of a claim whose parts tell of too few people, given all that was shown, only that is told.
    """
    minimum = findings.settings.disclosure.minimum
    table, estimates = tabulate_verdicts(findings.verdicts)
    hidden = ~table["claim"].isin(list(findings.shown.claims))
    languages: tuple[Language, ...] = ("nl", "en")
    for language in languages:
        table[f"verdict_{language}"] = table[f"verdict_{language}"].mask(
            hidden,
            say("cell_hidden", language),
        )
        for name in ("reason", "effect"):
            table[f"{name}_{language}"] = table[f"{name}_{language}"].mask(hidden, "")
    table["verdict"] = table["verdict"].mask(hidden, WITHHELD)
    table[["p", "effect_size"]] = table[["p", "effect_size"]].mask(hidden)
    kinds: dict[str, Kind] = dict.fromkeys(map(str, table), "text")
    verdicts = clear(table, {**kinds, "p": "metric", "effect_size": "metric"}, 0)
    estimates = findings.shown.estimates(estimates, minimum).drop(columns="fewest")
    sorts = np.where(estimates["is_sensitivity"].astype(bool), "sensitivity", "main")
    estimates = estimates.assign(
        sort=sorts,
        is_rank=estimates["name"].eq("rank"),
        sort_nl=[say(sort, "nl") for sort in sorts],
        sort_en=[say(sort, "en") for sort in sorts],
    ).drop(columns="is_sensitivity")
    kinds = dict.fromkeys(map(str, estimates), "text")
    kinds |= {"n": "count", "is_rank": "flag", **dict.fromkeys(("value", "low", "high"), "metric")}
    return verdicts, clear(estimates, kinds, minimum, "n")


def claims_json(findings: ClaimFindings) -> bytes:
    """Write verdicts with their estimates for programs, in both languages."""
    verdicts, estimates = clear_claims(findings)
    rows = []
    for row in verdicts.frame.to_dict("records"):
        own = estimates.frame[estimates.frame["claim"] == row["claim"]].drop(columns="claim")
        told_of = {name: plain(value) for name, value in row.items()}
        told_of["missing"] = str(row["missing"]).split()
        rows.append(
            {
                **{str(name): value for name, value in told_of.items()},
                "estimates": [
                    {str(name): plain(value) for name, value in estimate.items()}
                    for estimate in own.to_dict("records")
                ],
            }
        )
    return to_json({"claims": rows})


def render_claims(chapter: Chapter) -> bytes:
    """Write the chapter as HTML."""
    return render_sections(
        chapter,
        {
            "culture_what": [what_block(chapter, CLAIMS_NOTHING)],
            "verdicts": list(_verdicts(chapter)),
            "each_claim": list(_each(chapter)),
            "read": list(read_blocks(chapter)),
            "method": list(method_blocks(chapter)),
        },
    )


def write_claims_workbook(chapter: Chapter) -> bytes:
    """Write the chapter's tables as .xlsx."""
    return write_sheets(chapter, _SHEETS, CLAIMS_NOTHING)


def _verdicts(chapter: Chapter) -> Iterator[Block]:
    counts = chapter.rows("verdicts")["verdict"].value_counts()
    language = chapter.language
    of_each = {
        name.replace(" ", "_"): int(counts.get(text.in_(language), 0))
        for name, text in VERDICTS.items()
    }
    yield Block(paragraphs=(say("s_verdicts", language, **of_each),))
    yield titled(chapter, "verdicts")


def _each(chapter: Chapter) -> Iterator[Block]:
    language, estimates = chapter.language, chapter.rows("estimates")
    for row in chapter.rows("verdicts").to_dict("records"):
        claim = str(row["claim"])
        caption = say("c_claim", language, claim=claim, verdict=row["verdict"])
        paragraphs = (
            str(row["statement"]),
            say("s_reason", language, verdict=row["verdict"], reason=row["reason"]),
            say("s_criterion", language, criterion=row["criterion"]),
        )
        own = estimates[estimates["claim"] == claim].drop(columns="claim")
        drawn = _drawn(own)
        if drawn.empty:
            yield Block(caption, paragraphs)
            continue
        yield Block(
            caption,
            paragraphs,
            picture=picture_estimates(
                drawn,
                say("main", language),
                say("c_claim_estimates", language, claim=claim),
                f"claim-{claim}",
                language,
            ),
            caption=say("c_claim_estimates", language, claim=claim),
            table=twin(
                chapter, "estimates", say("c_claim_estimates", language, claim=tidy(claim)), own
            ),
        )


def _drawn(estimates: pd.DataFrame) -> pd.DataFrame:
    """Take what is drawn; a rank is no amount, and on one axis with shares it would hide them."""
    known = [number(value) is not None for value in estimates["value"]]
    drawn = np.array(known, dtype=bool) & ~estimates["is_rank"].to_numpy(dtype=bool)
    found: pd.DataFrame = estimates[drawn].head(_PICTURED)
    return found
