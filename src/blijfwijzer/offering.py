"""The stories after `score`: budget to vouchers, lottery to effect, release to audit."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.ledger import verify
from blijfwijzer.disclosure.release import Kind, clear, reopen
from blijfwijzer.errors import ReleaseError, SettingsError, TrialError
from blijfwijzer.files import write_beside, write_folder_beside
from blijfwijzer.progress import show_progress
from blijfwijzer.publish.release_files import (
    csv_file,
    report_files,
    report_from_json,
    write_files,
)
from blijfwijzer.publish.report import Report
from blijfwijzer.publish.wording import told
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.files import read_table
from blijfwijzer.vouchers.allocation import Allocation, Needs, allocate_vouchers, effect_of
from blijfwijzer.vouchers.alternatives import compare
from blijfwijzer.vouchers.lottery import Lottery, draw_lottery, open_sealed, seal
from blijfwijzer.vouchers.trial import analyse_trial, expected_effect, plan_power

NEED = "achterblijver"
"""The one risk that vouchers are for."""
_Z = 1.959963984540054
_LOTTERY = "lottery.json"
_KEPT = ("groups.csv", "groups.parquet", "rejected.csv")
_BASE, _CLUSTERING = 0.45, 0.05
"""Share that trains without a voucher (Hidalgo, Oosterbeek & Webbink 2014) and intraclass
correlation of training (assumption), for the power of a lottery."""


def vouchers(release: Path, budget: float, cost: float, settings_file: Path | None) -> None:
    """Divide a budget over the groups of a release, and show it beside other rules."""
    run, groups, report = read_release(release)
    settings = _settings(run, settings_file)
    needs, profile = read_needs(groups)
    with show_progress() as tell:
        tell("divide the budget")
        allocation = allocate_vouchers(needs, budget, cost, settings.vouchers, settings.seed)
        rules = compare(needs, allocation, settings.vouchers, profile)
        lottery = None
        if settings.vouchers.lottery > 0 or settings.vouchers.mix != (1, 0, 0):
            tell("draw the lottery")
            lottery = draw_lottery(allocation, needs, settings.vouchers, settings.seed)
        tell(f"write {release}")
        given = allocation.table["vouchers"] if lottery is None else lottery.table["vouchers"]
        table = _voucher_table(allocation, given, groups)
        shown = replace(
            report,
            vouchers=table.drop(columns="group"),
            alternatives=_alternatives(rules, report),
            lottery=None if lottery is None else _lottery(lottery, needs, settings, report),
            notes={**report.notes, "vouchers": _notes(allocation, settings, report)},
        )
        kinds: dict[str, Kind] = {
            "group": "text",
            "label": "text",
            "vouchers": "whole",
            "need": "whole",
            "extra": "mean",
        }
        files = {
            **{name: (release / name).read_bytes() for name in _KEPT},
            "vouchers.csv": csv_file(clear(table, kinds, 0)),
            **report_files(shown),
        }
        sealed = None if lottery is None else lottery.sha256
        run = {
            **run,
            "files": {name: _hash(content) for name, content in sorted(files.items())},
            "vouchers": {
                "budget": budget,
                "cost": cost,
                "settings": settings.vouchers.model_dump(mode="json"),
                "seed": settings.seed,
                "given": int(given.sum()),
                "expected_extra": round(allocation.expected_extra, 1),
                "lottery_sha256": sealed,
            },
        }
        with write_folder_beside(release) as beside:
            write_files(beside, {**files, "run.json": _json(run)})
            if lottery is not None:
                seal(lottery, beside / _LOTTERY)
    _tell(release, allocation, given, rules)


def trial(sealed: Path, outcomes_file: Path, sha256: str, output: Path | None) -> None:
    """Estimate what a lottery's vouchers did, from how many trained in each group."""
    lottery = open_sealed(sealed, sha256)
    outcomes = read_table(outcomes_file).frame
    if "group" not in outcomes:
        raise TrialError(
            f"{outcomes_file.name}: needs columns `group`, `n`, and `share` or `count` of those "
            f"who trained; it has {', '.join(map(str, outcomes.columns))}."
        )
    result = analyse_trial(lottery, outcomes.set_index("group"))
    text = _json({name: _plain(value) for name, value in vars(result).items()})
    if output is not None:
        with write_beside(output) as beside:
            beside.write_bytes(text)
    print(text.decode(), end="")


def audit(release: Path, ledger_folder: Path) -> None:
    """Check a release: files as written, coarse enough, in the ledger, and the ledger whole."""
    run, groups, _ = read_release(release)
    minimum = int(run["settings"]["disclosure"]["minimum"])
    releases = verify(ledger_folder)
    head = run["ledger"]
    entered = {r.sequence: r for r in releases}.get(int(head["sequence"]))
    if entered is None or entered.hash != head["hash"]:
        raise ReleaseError(
            f"{release}: release {head['sequence']} is not in the ledger {ledger_folder}. Do not "
            "publish it. Give the right ledger, or score again."
        )
    unknown = set(groups["group"]) ^ set(entered.content["groups"])
    few = int((groups["n"] < minimum).sum())
    rates = [name for name in groups if str(name).endswith(("_rate", "_low", "_high"))]
    percentages = groups[rates].to_numpy(dtype=float)
    fine = int((percentages[~np.isnan(percentages)] % 1 != 0).sum())
    if unknown or few or fine:
        raise ReleaseError(
            f"{release}: {len(unknown)} groups differ from the ledger, {few} rows stand for fewer "
            f"than {minimum} respondents, {fine} percentages are not whole. Do not publish it."
        )
    counts = run["counts"]
    print(
        f"{release}: {len(groups)} groups shown, {counts['withheld']} withheld so that nothing "
        f"follows about fewer than {minimum} people; files as written; release "
        f"{head['sequence']} of {len(releases)} in an unbroken ledger, head {releases[-1].hash}."
    )


def verify_ledger(ledger_folder: Path) -> None:
    """Check a ledger line by line."""
    releases = verify(ledger_folder)
    head = releases[-1].hash if releases else "none"
    print(f"{ledger_folder}: {len(releases)} releases, unbroken; head {head}.")


def read_release(folder: Path) -> tuple[dict[str, Any], pd.DataFrame, Report]:
    """Read what `score` wrote, after checking the hash of every file.

    Raises
    ------
    ReleaseError
        It is no release, or a file is missing or altered.
    """
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        hashes = dict(run["files"])
        int(run["ledger"]["sequence"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            f"{folder}: is no release: its run.json is missing or unreadable. Give a folder that "
            "`blijfwijzer score` made."
        ) from error
    wrong = [
        name
        for name, digest in hashes.items()
        if not (folder / name).is_file() or _hash((folder / name).read_bytes()) != digest
    ]
    if wrong:
        raise ReleaseError(
            f"{folder}: {len(wrong)} files are missing or altered: {', '.join(wrong[:5])}. Score "
            "the survey again."
        )
    groups = reopen(pd.read_parquet(folder / "groups.parquet")).frame
    return run, groups, report_from_json((folder / "report.json").read_bytes())


def read_needs(groups: pd.DataFrame) -> tuple[Needs, pd.Series | None]:
    """Take from a release what vouchers depend on: need, people, and where they work.

    Parameters
    ----------
    groups : as in groups.parquet; no other column than those of the one risk is looked at

    Raises
    ------
    ReleaseError
        The release has no such risk.
    """
    if f"{NEED}_rate" not in groups:
        raise ReleaseError(
            f"the release has no rates of {NEED}, and vouchers are for nothing else. Score with a "
            "model of it."
        )
    own = groups[groups["own_n"].notna() & (groups["kind"] != "cross")].set_index("group")
    people = own["own_people"].fillna(own["own_n"])
    width = (own[f"{NEED}_high"] - own[f"{NEED}_low"]) / 100
    strata = pd.DataFrame(
        [
            dict(part.split("=", 1) for part in str(group).split("/") if "=" in part)
            for group in own.index
        ],
        index=own.index,
    ).astype("str")
    if len(strata.columns) and "sector" not in strata:
        strata["sector"] = strata[strata.columns[0]]
    needs = Needs(own[f"{NEED}_rate"] / 100, width / (2 * _Z), people, strata)
    return needs, own["profile"] / 100 if "profile" in own else None


def _settings(run: dict[str, Any], settings_file: Path | None) -> Settings:
    if settings_file is not None:
        return load_settings(settings_file)
    try:
        return Settings.model_validate(run["settings"])
    except ValueError as error:
        raise SettingsError(
            "run.json: its settings are of another version. Give --settings, or score again."
        ) from error


def _voucher_table(allocation: Allocation, given: pd.Series, groups: pd.DataFrame) -> pd.DataFrame:
    table, labels = allocation.table, groups.set_index("group")["label"]
    effect = allocation.take_up * (1 - allocation.deadweight)
    given = given.reindex(table.index.astype(str))
    extra = given.to_numpy() * table["rate"].to_numpy() * effect
    shown = pd.DataFrame(
        {
            "group": table.index.astype("str"),
            "label": labels.reindex(table.index).to_numpy(),
            "vouchers": given.to_numpy(),
            "need": table["need"].round().to_numpy(),
            "extra": extra.round(1),
        }
    )
    return shown.sort_values(["vouchers", "group"], ascending=[False, True], ignore_index=True)


def _alternatives(rules: pd.DataFrame, report: Report) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rule": [told(str(rule), report.language) for rule in rules.index],
            "is_plan": [rule == "plan" for rule in rules.index],
            "extra": rules["expected_extra"].astype(float).round(1).to_numpy(),
            "cost_per_extra": rules["cost_per_extra"].astype(float).round().to_numpy(),
            "need_reached": (100 * rules["need_reached"].astype(float)).round().to_numpy(),
            "exclusion": (100 * rules["exclusion_error"].astype(float)).round().to_numpy(),
            "inclusion": (100 * rules["inclusion_error"].astype(float)).round().to_numpy(),
        }
    )


def _lottery(lottery: Lottery, needs: Needs, settings: Settings, report: Report) -> pd.DataFrame:
    language = report.language
    effect = expected_effect(lottery, needs, effect_of(settings.vouchers))
    respondents = needs.people.rename(index=str).reindex(lottery.compared.index)
    power = plan_power(lottery, respondents, _BASE, _CLUSTERING, effect)
    rows = {
        "sealed": f"SHA-256 {lottery.sha256}",
        "drawn": str(len(lottery.compared)),
        "power": f"{power.power:.0%}",
        "detectable": f"{100 * power.detectable:.1f} %-pt",
    }
    return pd.DataFrame(
        {"label": [told(name, language) for name in rows], "value": list(rows.values())}
    )


def _notes(allocation: Allocation, settings: Settings, report: Report) -> tuple[str, ...]:
    filled = told("note_plan", report.language).format(
        vouchers=allocation.vouchers,
        cost=f"{allocation.cost:g}",
        reserve=f"{allocation.reserve:g}",
        left=f"{allocation.left:g}",
        robustness=f"{settings.vouchers.robustness:g}",
        take_up=f"{allocation.take_up:.0%}",
        deadweight=f"{allocation.deadweight:.0%}",
    )
    return filled, told("note_basis", report.language)


def _tell(release: Path, allocation: Allocation, given: pd.Series, rules: pd.DataFrame) -> None:
    print(
        f"{release / 'vouchers.csv'}: {int(given.sum())} vouchers in {int((given > 0).sum())} of "
        f"{len(given)} groups, {allocation.expected_extra:.0f} extra people expected to train."
    )
    for rule, row in rules.iterrows():
        print(
            f"  {rule}: {row['expected_extra']:.1f} extra, {row['cost_per_extra']:.0f} euro each, "
            f"{row['need_reached']:.0%} of need reached"
        )


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n").encode()
