"""The chapter on the policy's claims: tables through the gate, a page, and a file for programs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.claims.register import VERDICTS, Verdict, tabulate_verdicts
from blijfwijzer.disclosure.release import Cleared, Kind, clear, pick, stack
from blijfwijzer.files import to_json
from blijfwijzer.publish.blocks import Block, shown_table, tidy, twin
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.claim_words import find_measure, in_words, shown_kind
from blijfwijzer.publish.culture_page import method_blocks, read_blocks, what_block
from blijfwijzer.publish.culture_pictures import picture_estimates
from blijfwijzer.publish.culture_tables import facts, origin_facts
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.method import claims_method
from blijfwijzer.publish.order import in_codebook_order
from blijfwijzer.publish.release_files import plain
from blijfwijzer.publish.report_page import render_sections
from blijfwijzer.publish.report_tables import shown_rejected
from blijfwijzer.publish.texts import number, write
from blijfwijzer.publish.workbook import write_sheets
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.remarks import warnings_of
from blijfwijzer.survey.texts import LANGUAGES

WITHHELD = "withheld"
CLAIMS_NOTHING = ("purpose.claims_here", "purpose.claims_fixed", "purpose.culture_cause")
_SHEETS = ("verdicts", "estimates", "rejected")
_UNTESTABLE = "not testable"
_ENDS = ("value", "low", "high")
_CLEARED_AS: dict[str, Kind] = {
    "percent": "share",
    "points": "points",
    "ratio": "metric",
    "decimal": "mean",
}
"""How a value is written to what it is cleared as."""
_NOT_DRAWN = ("rank", "chance")


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
    verdicts, _ = clear_claims(findings)
    return Chapter(
        language=language,
        title=say("title.claims", language),
        survey=say(
            "title.survey",
            language,
            wave=wave,
            codebook=findings.codebook.survey.label.in_(language),
        ),
        facts=facts(findings.counts(), language),
        tables={
            "verdicts": pick(
                verdicts,
                {
                    **{"claim": "claim", "family": f"family_{language}"},
                    **{"statement": f"statement_{language}", "outcome": "verdict"},
                    **{"verdict": f"verdict_{language}", "reason": f"reason_{language}"},
                    **{"effect": f"effect_{language}", "effect_size": "effect_size"},
                    "criterion": f"criterion_{language}",
                },
            ),
            "untestable": pick(
                verdicts,
                {
                    **{"claim": "claim", "statement": f"statement_{language}"},
                    "reason": f"reason_{language}",
                },
                np.flatnonzero(verdicts.frame["verdict"] == _UNTESTABLE),
            ),
            "estimates": _shown_estimates(findings),
            "rejected": shown_rejected(findings.intake.rejected, findings.codebook, language),
        },
        method=claims_method(findings.settings, language),
        provenance=origin_facts(origin, wave, language),
        warnings=tuple(write(w, language) for w in warnings_of(findings.intake.remarks)),
    )


def clear_claims(findings: ClaimFindings) -> tuple[Cleared, Cleared]:
    """Clear the verdicts, one row per claim, and the estimates, one row each.

    Of a claim whose parts tell of too few people, given all that was shown, only that is told.
    """
    table, _ = tabulate_verdicts(findings.verdicts)
    hidden = ~table["claim"].isin(list(findings.shown.claims))
    for language in LANGUAGES:
        table[f"verdict_{language}"] = table[f"verdict_{language}"].mask(
            hidden,
            say("value.not_shown", language),
        )
        table[f"family_{language}"] = [
            say(id_of("claim.family", name), language) for name in table["family"]
        ]
        reasons = table[f"reason_{language}"]
        table[f"reason_{language}"] = [in_words(x, findings.codebook, language) for x in reasons]
        texts = [f"reason_{language}", f"effect_{language}"]
        table[texts] = table[texts].mask(hidden, "")
    table["verdict"] = table["verdict"].mask(hidden, WITHHELD)
    table[["p", "effect_size"]] = table[["p", "effect_size"]].mask(hidden)
    kinds: dict[str, Kind] = dict.fromkeys(map(str, table), "text")
    verdicts = clear(table, {**kinds, "p": "metric", "effect_size": "metric"}, 0)
    estimates = _tell_estimates(findings)
    kinds = dict.fromkeys(map(str, estimates), "text")
    kinds |= {"n": "count", **dict.fromkeys(_ENDS, "metric")}
    return verdicts, clear(estimates, kinds, findings.settings.disclosure.minimum, "n")


def _tell_estimates(findings: ClaimFindings) -> pd.DataFrame:
    """Give the estimates that may be told, with what each is a number of, in words."""
    _, estimates = tabulate_verdicts(findings.verdicts)
    minimum = findings.settings.disclosure.minimum
    estimates = findings.shown.estimates(estimates, minimum).drop(columns="fewest")
    sorts = np.where(estimates["is_sensitivity"].astype(bool), "sensitivity", "main")
    measures = [
        find_measure(claim, name)
        for claim, name in zip(estimates["claim"], estimates["name"], strict=True)
    ]
    told = estimates.assign(
        sort=sorts,
        measure=measures,
        sort_nl=[say(id_of("estimate", sort), "nl") for sort in sorts],
        sort_en=[say(id_of("estimate", sort), "en") for sort in sorts],
    ).drop(columns="is_sensitivity")
    return _in_order(told, findings.codebook)


def _in_order(estimates: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Put estimates of groups by a background, named `age=35-44`, in the codebook's order."""
    blocks, answers = [], []
    for claim, sort, name in zip(
        estimates["claim"], estimates["sort"], estimates["name"], strict=True
    ):
        start, _, group = name.partition("=")
        attribute = start.removeprefix("selected_").removeprefix("recall_")
        blocks.append((claim, sort, attribute if group else name))
        answers.append((attribute, group))
    order = in_codebook_order(blocks, answers, codebook)
    return estimates.iloc[order].reset_index(drop=True)


def _shown_estimates(findings: ClaimFindings) -> Cleared:
    """Clear the estimates for a reader: shares as percentages, their differences in points."""
    language, minimum = findings.settings.language, findings.settings.disclosure.minimum
    table = _tell_estimates(findings)
    written = table["measure"].map(shown_kind).astype("object")
    table = pd.DataFrame(
        {
            **{"claim": table["claim"], "name": table[language]},
            **{"sort": table[f"sort_{language}"], "key": table["measure"], "kind": written},
            "measure": [say(id_of("unit", name), language) for name in table["measure"]],
            **{name: table[name] for name in ("n", *_ENDS)},
            "place": np.arange(len(table), dtype=float),
        }
    )
    kinds: dict[str, Kind] = dict.fromkeys(map(str, table), "text")
    names = [str(name) for name in table]
    parts = []
    for kind, of_ends in _CLEARED_AS.items():
        told: dict[str, Kind] = {
            **kinds,
            **{"n": "band", "place": "whole"},
            **dict.fromkeys(_ENDS, of_ends),
        }
        parts.append(clear(table[table["kind"] == kind], told, minimum, "n"))
    whole = stack(parts, names)
    order = np.argsort(whole.frame["place"].to_numpy(dtype=float), kind="stable")
    return pick(whole, {name: name for name in names if name != "place"}, order)


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
    language, rows = chapter.language, chapter.rows("verdicts")
    counts = rows["outcome"].value_counts()
    of_each = {name.replace(" ", "_"): int(counts.get(name, 0)) for name in VERDICTS}
    yield Block(
        paragraphs=(say("note.verdicts", language, **of_each), say("note.overview", language))
    )
    tested = rows[rows["outcome"] != _UNTESTABLE]
    looks = {row["verdict"]: _look(row["outcome"]) for row in rows.to_dict("records")}
    for family, own in tested.groupby("family", sort=False):
        table = shown_table(
            chapter, "verdicts", str(family), own.drop(columns=["family", "criterion"])
        )
        yield Block(str(family), table=replace(table, looks=looks, is_whole=True))
    missing = chapter.rows("untestable")
    if len(missing):
        caption = say("caption.untestable", language)
        table = shown_table(chapter, "untestable", caption, missing)
        yield Block(caption, look=_look(_UNTESTABLE), table=replace(table, is_whole=True))


def _look(outcome: object) -> str:
    """Give the sign of a verdict, as the page's style names it."""
    return str(outcome).replace(" ", "-")


def _each(chapter: Chapter) -> Iterator[Block]:
    """Tell each claim that was tested, by family; of others there is no more than was told."""
    rows = chapter.rows("verdicts")
    for family, own in rows[rows["outcome"] != _UNTESTABLE].groupby("family", sort=False):
        yield Block(str(family))
        for row in own.to_dict("records"):
            yield _one(chapter, row)


def _one(chapter: Chapter, row: dict[Any, Any]) -> Block:
    language, estimates = chapter.language, chapter.rows("estimates")
    claim, look = str(row["claim"]), _look(row["outcome"])
    heading = say("caption.claim", language, claim=claim, verdict=row["verdict"])
    paragraphs: tuple[str, ...] = (
        str(row["statement"]),
        say("note.reason", language, verdict=row["verdict"], reason=row["reason"]),
        say("note.criterion", language, criterion=row["criterion"]),
    )
    own = estimates[estimates["claim"] == claim].drop(columns="claim")
    drawn = _drawn(own, say("estimate.main", language))
    if drawn.empty:
        return Block(heading, paragraphs, level=4, look=look)
    if len(drawn) < len(own):
        cut = say(
            "note.drawn", language, shown=len(drawn), all=len(own), measure=drawn["measure"].iloc[0]
        )
        paragraphs = (*paragraphs, cut)
    caption = say("caption.claim_estimates", language, claim=claim)
    return Block(
        heading,
        paragraphs,
        picture=picture_estimates(
            drawn, say("estimate.main", language), caption, f"claim-{claim}", language
        ),
        caption=caption,
        table=twin(
            chapter, "estimates", say("caption.claim_estimates", language, claim=tidy(claim)), own
        ),
        level=4,
        look=look,
    )


def _drawn(estimates: pd.DataFrame, main: str) -> pd.DataFrame:
    """Take what is drawn: numbers of one kind, that which most of the deciding ones have.

    Numbers of another kind mean nothing on the same axis. A rank is no amount, and a chance is
    about the verdict, not about people.
    """
    known = [number(value) is not None for value in estimates["value"]]
    estimates = estimates[np.array(known, dtype=bool) & ~estimates["key"].isin(_NOT_DRAWN)]
    deciding = estimates.loc[estimates["sort"] == main, "key"]
    if not len(deciding):
        return estimates.head(0)
    counts = deciding.value_counts(sort=False)
    # Of kinds that as many have, the first one counts.
    drawn: pd.DataFrame = estimates[estimates["key"] == counts.idxmax()]
    return drawn
