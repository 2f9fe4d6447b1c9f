"""A lottery's effect, a year later."""

import sys
from pathlib import Path

from blijfwijzer.errors import TrialError
from blijfwijzer.files import plain, to_json, write_beside
from blijfwijzer.survey.files import read_table
from blijfwijzer.vouchers.lottery import open_sealed
from blijfwijzer.vouchers.trial import analyse_trial


def trial(sealed: Path, outcomes_file: Path, sha256: str, output: Path | None) -> None:
    """Estimate what a lottery's vouchers did, from how many trained in each group."""
    lottery = open_sealed(sealed, sha256)
    outcomes = read_table(outcomes_file).frame
    if "group" not in outcomes:
        raise TrialError(
            f"{outcomes_file.name}: 1 column is missing: group. Give a table with `group` as in "
            "vouchers.csv, `n`, and `share` or `count` of those who trained."
        )
    result = analyse_trial(lottery, outcomes.set_index("group"))
    text = to_json({name: plain(value) for name, value in vars(result).items()})
    if output is not None:
        with write_beside(output) as beside:
            beside.write_bytes(text)
    print(text.decode(), end="")
    print(
        f"Trained where vouchers were offered: {result.share_offered:.0%}, where not: "
        f"{result.share_not_offered:.0%}. Difference within strata: {100 * result.effect:+.1f} "
        f"points (95%: {100 * result.low:+.1f} to {100 * result.high:+.1f}).",
        file=sys.stderr,
    )
