"""A lottery's effect, a year later."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.errors import TrialError
from blijfwijzer.files import to_json
from blijfwijzer.publish.tables.trial_table import clear_trial
from blijfwijzer.release.draws import divisions_among, drawn_as, least_people
from blijfwijzer.release.publication import add_to_ledger, known_ledger, write_beside_it
from blijfwijzer.survey.files import read_table
from blijfwijzer.vouchers.seal import Lottery, canonical, hash_text, open_sealed
from blijfwijzer.vouchers.trial import TrialResult, analyse_trial, refuse_recounted

KIND = "trial"
_MOST_OUTCOMES = 2
"""Sets of outcomes with which a lottery is analysed: those of the year, and late ones once. Three
sums of groups, less each other, can be of one group, where no two are."""
_WHY = {"few groups": "too few groups for one", "alike": "groups of an arm are all alike"}


@dataclass(frozen=True)
class TrialRequest:
    """A lottery, and what became of it."""

    sealed: Path
    outcomes: Path
    """Table: group, n, and share or count of those who trained."""
    sha256: str = ""
    """That was published with the lottery."""
    before: tuple[Path, ...] = ()
    """Outcomes with which it was analysed before; needed where these are others."""


def trial(asked: TrialRequest, output: Path | None, ledgers: Path) -> dict[str, Any]:
    """Estimate what a lottery's vouchers did, from how many trained in each group."""
    lottery = open_sealed(asked.sealed, asked.sha256)
    outcomes = _outcomes(asked.outcomes)
    with known_ledger(lottery.origin.survey, lottery.origin.owner, ledgers) as ledger:
        entered = [] if ledger is None else ledger.releases
        result = analyse_trial(lottery, outcomes, least_people(entered))
        if ledger is None:
            known = "published hash" if asked.sha256 else "not verified"
            shown = clear_trial(result, verified=known, draw="not known", analysis="not known")
        else:
            before = [_outcomes(file) for file in asked.before]
            _hold_before(ledger, lottery, outcomes, before)
            shown = _enter(ledger, lottery, result, outcomes)
        if output is not None:
            write_beside_it(output, to_json(shown))
    print(to_json(shown).decode(), end="")
    print(_say(shown), file=sys.stderr)
    return shown


def _outcomes(file: Path) -> pd.DataFrame:
    outcomes = read_table(file).frame
    if "group" not in outcomes:
        raise TrialError(
            f"{file.name}: 1 column is missing: group. Give a table with `group` as in "
            "vouchers.csv, `n`, and `share` or `count` of those who trained."
        )
    return outcomes.set_index("group")


def _enter(
    ledger: Ledger, lottery: Lottery, result: TrialResult, outcomes: pd.DataFrame
) -> dict[str, Any]:
    """Look the draw up, say which analysis of it this is, and enter the result."""
    drawn = drawn_as(lottery.sha256, ledger.releases)
    line = ledger.releases[drawn.release - 1]
    others = {one.id: one for one in divisions_among(line, ledger.releases) if one.lottery}
    others.pop(drawn.id, None)
    dataset = _identify(outcomes, ledger)
    shown = clear_trial(
        result,
        verified="ledger",
        draw="; others: ".join([str(drawn), *map(str, others.values())]),
        analysis=_number(dataset, lottery.sha256, ledger.releases),
    )
    files = {"effect.json": to_json(shown)}
    sha256 = lottery.sha256
    add_to_ledger(ledger, drawn.release, KIND, dataset=dataset, files=files, lottery=sha256)
    return shown


def _hold_before(
    ledger: Ledger, lottery: Lottery, outcomes: pd.DataFrame, before: Sequence[pd.DataFrame]
) -> None:
    """Refuse outcomes that differ by few from those of which a result was told already.

    The ledger knows earlier ones by a keyed hash only, so these are to be given again. A result
    that stands there already may be made again; beside it one other is told, and no third.

    Raises
    ------
    TrialError
        They do, or outcomes of an earlier analysis are not given.
    """
    given = {_identify(rows, ledger): rows for rows in before}
    _refuse_other_draws(ledger, lottery)
    earlier = _analysed(lottery.sha256, ledger.releases)
    if _identify(outcomes, ledger) in earlier:
        return
    if len(earlier) >= _MOST_OUTCOMES:
        lines = ", ".join(map(str, sorted(earlier.values())))
        raise TrialError(
            f"outcomes: this lottery was analysed with {len(earlier)} others, in line {lines} of "
            "the ledger. What single groups answered follows from enough of such results, however "
            "much each two differ. Nothing was shown. Use the last of these."
        )
    lacking = [str(line) for dataset, line in earlier.items() if dataset not in given]
    if lacking:
        raise TrialError(
            f"outcomes: this lottery was analysed with others, in line {', '.join(lacking)} of the "
            "ledger, and what differs between two results could tell of few people. Nothing was "
            "shown. Give those outcomes as they were too (--before), so that this can be seen."
        )
    for dataset in earlier:
        refuse_recounted(lottery, outcomes, given[dataset], least_people(ledger.releases))


def _refuse_other_draws(ledger: Ledger, lottery: Lottery) -> None:
    """Refuse the result of a second draw among the same people, of which one was told already.

    Of the groups of each arm a result tells a sum, and of other arms of the same groups others:
    with enough of them each group follows.

    Raises
    ------
    TrialError
    """
    drawn = drawn_as(lottery.sha256, ledger.releases)
    line = ledger.releases[drawn.release - 1]
    others = {one.lottery: one for one in divisions_among(line, ledger.releases) if one.lottery}
    others.pop(lottery.sha256, None)
    told = [one for own, one in others.items() if _analysed(own, ledger.releases)]
    if told:
        raise TrialError(
            f"lottery {lottery.sha256[:12]}: another one among the same people was analysed: "
            f"{told[0]}. What single groups answered would follow from the results of several. "
            "Nothing was shown. Analyse the draw by which vouchers were given, and no other."
        )


def _analysed(lottery: str, entered: Sequence[Release]) -> dict[str, int]:
    """Give the outcomes with which a lottery was analysed, and the line of the first time."""
    return {
        str(one.content["dataset"]): one.sequence
        for one in reversed(entered)
        if one.content.get("kind") == KIND and one.content["draw"]["lottery"] == lottery
    }


def _identify(outcomes: pd.DataFrame, ledger: Ledger) -> str:
    """Hash outcomes in any order of rows, so that nobody without the key can try some."""
    rows = outcomes.astype(str).reset_index().sort_values("group").to_dict("records")
    return ledger.identify(hash_text(canonical({"rows": rows})))


def _number(dataset: str, lottery: str, entered: Sequence[Release]) -> str:
    """Say which analysis of a lottery it is: who chooses among outcomes is seen to."""
    before = _analysed(lottery, entered)
    earlier = [n for own, n in before.items() if n < before.get(dataset, len(entered) + 1)]
    lines = ", ".join(map(str, sorted(earlier)))
    return f"{len(earlier) + 1}" + (f", with other outcomes than in line {lines}" if lines else "")


def _of_use(shown: dict[str, Any]) -> str:
    if shown["effect_of_use"] is None:
        return ""
    low, high = shown["use_low"], shown["use_high"]
    between = "no interval" if low is None else f"95%: {low:+} to {high:+}"
    return f"Of those who used one because it was offered: {shown['effect_of_use']:+} ({between}). "


def _coarsened(shown: dict[str, Any]) -> str:
    if not shown["coarsened"]:
        return ""
    return f"Told: {shown['coarsened']}, as what single groups answered would follow. "


def _say(shown: dict[str, Any]) -> str:
    why = shown["interval"]
    between = f"no interval: {_WHY[why]}" if why else f"95%: {shown['low']:+} to {shown['high']:+}"
    known = shown["verified"]
    doubt = " Not verified: give the ledger, or the hash that was published (--sha256)."
    return (
        f"Trained where vouchers were offered: {shown['share_offered']:.0f}%, where not: "
        f"{shown['share_not_offered']:.0f}%. Difference within strata: {shown['effect']:+} points "
        f"({between}). {_of_use(shown)}{_coarsened(shown)}"
        f"Draw: {shown['draw']}; analysis {shown['analysis']}."
        + (doubt if known == "not verified" else "")
    )
