"""What outputs cost each other, foretold and then made."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.errors import SettingsError
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.progress import silent
from blijfwijzer.release.plan import make_plan
from blijfwijzer.release.preview import Found, Wish, foretell
from blijfwijzer.release.publication import publication
from blijfwijzer.release.request import Request
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake
from small_worlds import members

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"
PEOPLE = 400


@pytest.fixture
def intake(rng):
    book = load_codebook(SMALL)
    answers = {name: rng.permutation(4000)[:PEOPLE].astype(float) for name in book.columns}
    place = np.arange(PEOPLE)
    sectors = (place // 100).astype(str)
    # Each organisation is a sector with four people of the next one for four of its own.
    organisations = ((place + 4) // 100 % 4).astype(str)
    responses = pd.DataFrame(
        {**answers, "sector": sectors, "organisatie": organisations, "weight": 1.0}
    )
    return Intake(
        Held.of(responses), pd.DataFrame({"row": [], "reasons": []}), (), (), "sha", "w.csv"
    )


def wish(intake, level, name="small"):
    codes = intake.responses[level]
    names = ["all", *(f"{level}={code}" for code in sorted(set(codes)))]
    rows = [np.ones(PEOPLE), *(codes == code for code in sorted(set(codes)))]
    table = {"kind": ["all", *["unit"] * 4], "level": ["all", *[level] * 4], "people": np.nan}
    rolled = pd.DataFrame(columns=["level", "unit", "reason", "groups", "n"])
    groups = pd.DataFrame(table, index=names)
    grouping = Grouping(groups, members(*rows), rolled, members(np.zeros(PEOPLE)))
    book = load_codebook(SMALL)
    book = book.model_copy(update={"survey": book.survey.model_copy(update={"name": name})})
    request = Request("score", book, Settings(), "2", (), {}, {"by": level})
    return Wish(
        request, lambda release: Found({"n": len(release.admit(intake, grouping, {}).shown)})
    )


def publish(asked, tmp_path):
    with publication(
        tmp_path / asked.request.asked["by"], asked.request, tmp_path / "ledger"
    ) as made:
        asked.find(made)
        made.publish({"table.csv": b"1"}, {})
        return sum(int(admission.told.sum()) for admission, _ in made.admitted.values())


@pytest.mark.parametrize("order", [("sector", "organisatie"), ("organisatie", "sector")])
def test_each_output_shows_what_was_planned_in_its_place(intake, tmp_path, order):
    wishes = [wish(intake, level) for level in order]

    plan = make_plan(list(zip(order, wishes, strict=True)), tmp_path / "ledger", silent)

    assert not (tmp_path / "ledger").exists()
    assert [shown.told for shown in plan.first] == [5, 5]
    planned = [shown.told for shown in plan.orders[plan.given]]
    assert planned[1] < 5
    assert planned == [publish(asked, tmp_path) for asked in wishes]


def test_what_others_cost_is_told_with_what_keeps_most(intake, tmp_path):
    again = wish(intake, "sector")
    again = replace(again, request=replace(again.request, asked={"by": "again"}))
    named = {"organisatie": wish(intake, "organisatie"), "sector": wish(intake, "sector")}

    plan = make_plan([*named.items(), ("again", again)], tmp_path / "ledger", silent)

    told = {order: [own.told for own in shown] for order, shown in plan.orders.items()}
    assert len(told) == 6
    assert told[0, 1, 2][0] == 5 and max(told[0, 1, 2][1:]) < 5
    assert plan.best[0] == 1 and sorted(told[plan.best])[1:] == [5, 5]
    assert plan.dearest == 0
    lines = str(plan).splitlines()
    assert lines[0].endswith("nothing was written or entered.")
    assert "Without 1 the others keep most, in this order: 2 (5), 3 (5)." in lines


def test_outputs_of_several_surveys_cost_each_other_nothing(intake, tmp_path):
    wishes = [("a", wish(intake, "sector")), ("b", wish(intake, "sector", name="other"))]

    with pytest.raises(SettingsError, match="2 surveys: other, small"):
        make_plan(wishes, tmp_path / "ledger", silent)


def test_a_preview_mends_no_ledger_and_keeps_nobody_waiting(intake, tmp_path):
    publish(wish(intake, "sector"), tmp_path)
    lines = tmp_path / "ledger" / "small" / "releases.jsonl"
    lines.write_bytes(lines.read_bytes() + b'{"half')
    before = lines.read_bytes()

    foretell(wish(intake, "organisatie"), tmp_path / "ledger")

    assert lines.read_bytes() == before
    with open_ledger(tmp_path / "ledger" / "small", "small") as ledger:
        assert len(ledger.releases) == 1
