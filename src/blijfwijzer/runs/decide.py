"""The story of `decide`: what people decided about the vouchers of a release, on record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.chain import verify
from blijfwijzer.disclosure.release import pick
from blijfwijzer.errors import DecisionError
from blijfwijzer.governance.rulings import Ruling, read_rulings
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.files.release_files import csv_file, report_files
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.publish.tables.decision_tables import show_blind, show_decisions
from blijfwijzer.release.decisions import KIND, say_followed
from blijfwijzer.release.folder import LOTTERY, read_release
from blijfwijzer.release.publication import Addition, addition
from blijfwijzer.release.shown import Shown
from blijfwijzer.release.verify import REMADE
from blijfwijzer.survey.cells import number_of
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.texts import Message
from blijfwijzer.vouchers.blind import compare_sources, open_key
from blijfwijzer.vouchers.decided import FollowRate, follow_rate, hold_rulings, tabulate_rulings

FILE = "decisions.csv"
BLIND = "blind"
"""What is added where a review was blind."""


@dataclass(frozen=True)
class DecideRequest:
    """What people decided about a release."""

    release: Path
    """To which `vouchers` was added."""
    decisions: Path
    """Table: group (or case), decision, given, by, date, reason."""
    key: Path | None = None
    """Of a blind review, whose cases the table is about."""
    again: str = ""
    """Why a decision that stands already is another one now."""


@dataclass(frozen=True)
class Proposed:
    """A release with its proposals."""

    run: dict[str, Any]
    groups: pd.DataFrame
    """As in groups.parquet."""
    report: Chapter
    vouchers: dict[str, int]
    """Group to the vouchers that were proposed."""
    labels: dict[str, str]
    since: date
    """Day of the proposal."""


def decide(asked: DecideRequest, ledgers: Path) -> Shown:
    """Enter what people decided about what a release proposes, and show it beside that."""
    proposed = read_proposed(asked.release, ledgers)
    rows = read_table(asked.decisions).frame
    if asked.key is not None:
        return _unblind(asked, proposed, rows, ledgers)
    name = asked.decisions.name
    rulings = read_rulings(rows, name)
    hold_rulings(rulings, proposed.vouchers, name, proposed.since)
    before = _stood(asked.release, proposed)
    rulings = _merge(before, rulings, asked)
    decided = tabulate_rulings(rulings, proposed.vouchers)
    rate = follow_rate(decided)
    shown, table = show_decisions(proposed.report, decided, proposed.labels, say_followed(rate))
    follow = {"followed": rate.followed, "decided": rate.decided}
    told = {
        "decided": len(decided),
        "given": int(decided["given"].sum()),
        "proposed": int(decided["proposed"].sum()),
        "follow": follow,
        "again": " ".join(asked.again.split()),
    }
    said = tuple(_say(asked.release, rate, told))
    files = {FILE: csv_file(table)}
    added = Addition(KIND, told, {**follow}, nothing_held, unlisted=sealed_in(asked.release))
    return add_to_release(asked.release, proposed, added, (files, shown), ledgers, said)


def read_proposed(release: Path, ledgers: Path) -> Proposed:
    """Read a release to which vouchers were added.

    Raises
    ------
    DecisionError
        Nothing was proposed there.
    """
    run, groups, report = read_release(release)
    if "vouchers" not in run:
        raise DecisionError(
            f"{release}: proposes nothing, so there is nothing to decide. Divide a budget first "
            "(blijfwijzer vouchers)."
        )
    table = pd.read_csv(release / "vouchers.csv", sep=";", dtype=str, encoding="utf-8-sig")
    names = table["group"].fillna("")
    given = [int(number_of(text) or 0) for text in table["vouchers"]]
    entered = verify(ledgers / str(run["survey"]))
    line = entered[int(run["vouchers"]["ledger"]["sequence"]) - 1]
    return Proposed(
        run,
        groups,
        report,
        dict(zip(names, given, strict=True)),
        dict(zip(names, table["label"].fillna(""), strict=True)),
        date.fromisoformat(line.time[:10]),
    )


def _stood(release: Path, proposed: Proposed) -> tuple[Ruling, ...]:
    """Read what was decided before, as the release has it."""
    if KIND not in proposed.run:
        return ()
    rows = pd.read_csv(release / FILE, sep=";", dtype=str, encoding="utf-8-sig")
    rows["given"] = rows["given"].where(rows["decision"] == "change")
    return read_rulings(rows, FILE)


def _merge(
    before: tuple[Ruling, ...], rulings: tuple[Ruling, ...], asked: DecideRequest
) -> tuple[Ruling, ...]:
    """Put new decisions beside those that stand; another one about the same needs a reason.

    Raises
    ------
    DecisionError
    """
    stood = {ruling.about: _bare(ruling) for ruling in before}
    changed = [r.about for r in rulings if r.about in stood and stood[r.about] != _bare(r)]
    if changed and not asked.again.strip():
        raise DecisionError(
            f"{asked.decisions.name}: {len(changed)} groups were decided about already, and "
            f"otherwise: {', '.join(changed[:5])}. Nothing was entered. Leave them out; or say "
            "why they changed with --again, which stays on record beside both."
        )
    return tuple({ruling.about: ruling for ruling in (*before, *rulings)}.values())


def _bare(ruling: Ruling) -> Ruling:
    """Give a decision without vouchers that follow from it."""
    return replace(ruling, given=ruling.given if ruling.verdict == "change" else None)


def _unblind(asked: DecideRequest, proposed: Proposed, rows: pd.DataFrame, ledgers: Path) -> Shown:
    """Compare what reviewers said of cases whose origin they did not know."""
    cases = open_key(asked.key, str(proposed.run.get(BLIND, {}).get("key_sha256", "")))
    rulings = read_rulings(rows, asked.decisions.name, about="case")
    sources = {str(case): source for case, (_, source) in cases.items()}
    unknown = dict.fromkeys(sources, 1)
    hold_rulings(rulings, unknown, asked.decisions.name, proposed.since)
    reviewed = compare_sources(rulings, sources)
    shown = show_blind(proposed.report, reviewed)
    told = {
        **{n: v for n, v in proposed.run[BLIND].items() if n != "ledger"},
        "reviewed": len(rulings),
        "sources": reviewed.round(3).to_dict("records"),
    }
    said = (f"{asked.release}: {len(rulings)} cases of a blind review, by where they came from.",)
    added = Addition(BLIND, told, {}, nothing_held, unlisted=sealed_in(asked.release))
    return add_to_release(asked.release, proposed, added, ({}, shown), ledgers, said)


def add_to_release(
    release: Path,
    proposed: Proposed,
    added: Addition,
    made: tuple[dict[str, bytes], Chapter],
    ledgers: Path,
    said: tuple[str, ...],
) -> Shown:
    """Add something to a release, all of whose other files stay as they are.

    Parameters
    ----------
    made : files that are added by name, and the report with what was added
    said : what the screen says
    """
    files, shown = made
    with addition(release, proposed.run, ledgers, added) as adding:
        kept = {n: (release / n).read_bytes() for n in proposed.run["files"] if n not in REMADE}
        adding.publish({**kept, **files, **report_files(shown)})
    result = Shown.of(shown, release, said)
    print(result)
    return result


def sealed_in(release: Path) -> dict[str, bytes]:
    """Give the sealed lottery of a release, which its record need not know."""
    path = release / LOTTERY
    return {LOTTERY: path.read_bytes()} if path.exists() else {}


def nothing_held(entered: object) -> None:
    """Refuse nothing: what people decide hangs on no other line."""


def _say(release: Path, rate: FollowRate, told: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{release / FILE}: {told['decided']} decisions, {told['given']} vouchers given of "
        f"{told['proposed']} proposed there."
    )
    followed: Message = say_followed(rate)
    warning = "warning: " if rate.is_automatic else ""
    yield f"  {warning}{write(followed, SCREEN)}"


def beside_round(report: Chapter, run: Mapping[str, Any], before: Path | None) -> Chapter:
    """Let a report show what people decided in the round before.

    Parameters
    ----------
    run : record of the release whose report it is
    before : release of that round; nothing is added when left out

    Raises
    ------
    DecisionError
        Nothing was decided there, or it is of another survey or of this wave.
    """
    if before is None:
        return report
    told, _, earlier = read_release(before)
    is_other = told["survey"] != run["survey"] or told["wave"] == run["wave"]
    if is_other or KIND not in told:
        why = "is of another survey, or of this wave" if is_other else "was not decided about"
        raise DecisionError(
            f"{before}: {why}, so it is no round before this one. Give the release of that round, "
            "or leave it out."
        )
    decisions = earlier.tables["decisions"]
    rows = pick(decisions, {str(name): str(name) for name in decisions.frame})
    return replace(report, tables={**report.tables, "decided_before": rows})
