"""The rite of what is shown: what is entered, in which order, and what an end half-way leaves."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer import files
from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.disclosure.chain import verify
from blijfwijzer.disclosure.figures import FigureId
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.disclosure.standing import WITHDRAW, note
from blijfwijzer.groups.grouping import Grouping, everyone_alone, make_groups
from blijfwijzer.release import verifier
from blijfwijzer.release.folder import hash_record
from blijfwijzer.release.publication import publication
from blijfwijzer.release.rehearsal import rehearse
from blijfwijzer.release.request import Request
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake
from shared_intake import lone_intake
from small_worlds import members

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"
PEOPLE = 400
COUNTS = {"forms": 41, "accepted": 40, "refused": 1}


@pytest.fixture
def request_():
    return Request("score", load_codebook(SMALL), Settings(), "2", ("mean",), {"from": "x"}, {})


@pytest.fixture
def intake(rng):
    return lone_intake(rng, PEOPLE)


def admit(release, intake, wave=None):
    return release.admit(intake, everyone_alone(intake.responses), {"mean": Basis()}, wave)


def entered(tmp_path):
    return verify(tmp_path / "ledger" / "small")


def test_a_release_is_entered_and_tells_its_place(request_, intake, tmp_path):
    with publication(tmp_path / "out", request_, tmp_path / "ledger") as release:
        admit(release, intake)
        head = release.publish({"table.csv": b"1"}, COUNTS, needs=["a"])

    run = json.loads((tmp_path / "out" / "run.json").read_text())
    (line,) = entered(tmp_path)
    assert run["ledger"] == head == {"sequence": 1, "hash": line.hash}
    assert line.content["outputs"] == run["files"] == files.hash_files({"table.csv": b"1"})
    assert run["counts"] == {"forms": 40, "accepted": 40, "refused": 0}
    assert run["needs"] == ["a"]


def test_the_same_request_is_entered_once(request_, intake, tmp_path):
    for _ in range(2):
        with publication(tmp_path / "out", request_, tmp_path / "ledger") as release:
            admit(release, intake)
            release.publish({"table.csv": b"1"}, COUNTS)

    assert len(entered(tmp_path)) == 1


def test_each_wave_is_entered_and_the_own_one_last(request_, intake, rng, tmp_path):
    shuffled = intake.responses.sample(frac=1, random_state=1).to_numpy()
    other = pd.DataFrame(shuffled + 5000, columns=intake.responses.columns).assign(weight=1.0)
    before = Intake(Held.of(other), intake.rejected, (), (), "before", "v.csv")
    with publication(tmp_path / "out", request_, tmp_path / "ledger") as release:
        admit(release, before, "1")
        admit(release, intake)
        head = release.publish({"table.csv": b"1"}, COUNTS)

    assert [line.content["wave"] for line in entered(tmp_path)] == ["1", "2"]
    with open_ledger(tmp_path / "ledger" / "small", "small") as ledger:
        files_of = [ledger.identify(sha) for sha in ("before", "abc")]
    assert [line.content["dataset"] for line in entered(tmp_path)] == files_of
    assert head["sequence"] == 2


def test_only_figures_that_may_be_shown_are_entered(request_, intake, tmp_path):
    half, few = (np.arange(PEOPLE) < size for size in (PEOPLE // 2, 3))
    offered = {FigureId("cell", ("x", "half")): members(half)}
    offered[FigureId("cell", ("x", "few"))] = members(few)
    with publication(tmp_path / "out", request_, tmp_path / "ledger") as release:
        admission = admit(release, intake)
        shown = release.figures(admission, offered)
        release.publish({"table.csv": b"1"}, COUNTS)

    assert set(shown) == {FigureId("cell", ("x", "half"))}
    assert set(entered(tmp_path)[0].content["parts"]) == {"cell:x:half"}


def test_a_fault_before_publishing_leaves_no_line_and_no_folder(request_, intake, tmp_path):
    with (
        pytest.raises(RuntimeError),
        publication(tmp_path / "out", request_, tmp_path / "ledger") as release,
    ):
        admit(release, intake)
        raise RuntimeError

    assert entered(tmp_path) == []
    assert not (tmp_path / "out").exists()


def test_what_could_not_take_its_place_is_in_the_ledger_and_nowhere_else(
    request_, intake, tmp_path, monkeypatch
):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_take_place", stop)
    with (
        pytest.raises(KeyboardInterrupt),
        publication(tmp_path / "out", request_, tmp_path / "ledger") as release,
    ):
        admit(release, intake)
        release.publish({"table.csv": b"1"}, COUNTS)

    assert len(entered(tmp_path)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ledger"]


def test_a_rehearsal_leaves_nothing(request_, intake, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    release = rehearse(request_)

    assert admit(release, intake).shown.all()
    release.remember()
    assert len(release.ledger.releases) == 1
    assert list(tmp_path.iterdir()) == []


def sectors(intake):
    """Everyone and four sectors of a hundred people each."""
    place = np.arange(PEOPLE) // 100
    responses = intake.responses.assign(sector=place.astype(str), organisatie="o")
    rows = [np.ones(PEOPLE), *(place == each for each in range(4))]
    names = ["all", *(f"sector={each}" for each in range(4))]
    kinds, levels = ["all", *["unit"] * 4], ["all", *["sector"] * 4]
    groups = pd.DataFrame({"kind": kinds, "level": levels, "people": np.nan}, index=names)
    grouping = Grouping(groups, members(*rows), pd.DataFrame(), members(np.zeros(PEOPLE)))
    return replace(intake, held=Held.of(responses)), grouping


def publish_sectors(request, asked, answers, tmp_path, number=1):
    """Tell the sectors by one figure; give which of them it tells."""
    intake, grouping = asked
    told = replace(request, statistics=("rate:x",), asked={"number": number})
    with publication(tmp_path / "out", told, tmp_path / "ledger") as release:
        admission = release.admit(intake, grouping, {"rate:x": Basis((answers,))})
        release.publish({"table.csv": answers.tobytes()}, COUNTS)
    return admission.tells("rate:x").tolist()


def test_the_ledger_knows_by_which_figures_each_group_was_told(request_, intake, tmp_path):
    answers = np.tile([0.0, 1.0], PEOPLE // 2)
    answers[4:100] = np.nan

    told = publish_sectors(request_, sectors(intake), answers, tmp_path)

    # Of the first sector four answered, and everyone less the others would tell of them.
    assert told[:2] == [True, False]
    assert sum(told[2:]) == 2
    groups = entered(tmp_path)[0].content["groups"]
    assert [bool(group["statistics"]) for group in groups.values()] == told


def test_a_group_that_was_not_told_by_a_figure_is_not_known_by_it(request_, intake, tmp_path):
    asked, answers = sectors(intake), np.tile([0.0, 1.0], PEOPLE // 2)
    answers[4:100] = np.nan

    first = publish_sectors(request_, asked, answers, tmp_path)
    again = publish_sectors(request_, asked, answers, tmp_path, number=2)

    assert again == first


def test_a_proof_is_kept_beside_the_ledger_and_passes_the_verifier(request_, intake, tmp_path):
    with publication(tmp_path / "out", request_, tmp_path / "ledger") as release:
        admit(release, intake)
        release.publish({"table.csv": b"1"}, COUNTS)

    place = tmp_path / "ledger" / "small"
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    proof = place / "proofs" / "1.json"
    digest = files.hash_bytes(proof.read_bytes())
    assert run["proofs"] == [{"wave": "2", "sha256": digest}]
    assert entered(tmp_path)[0].content["proof"] == digest
    assert proof.stat().st_mode & 0o777 == 0o600
    assert json.loads(proof.read_text())["groups"] == {"all": {"definition": {}, "n": PEOPLE}}
    assert max(verifier.verify(tmp_path / "out", [proof], place))[0] == verifier.HOLDS


def test_the_proof_of_a_second_release_holds_the_groups_of_the_first(
    request_, intake, rng, tmp_path
):
    responses = intake.responses.assign(sector=rng.choice(["a", "b"], PEOPLE))
    sectors = replace(intake, held=Held.of(responses))
    settings = Settings()
    with publication(tmp_path / "one", request_, tmp_path / "ledger") as release:
        grouping = make_groups(responses, request_.codebook, ["sector"], settings)
        release.admit(sectors, grouping, {})
        release.publish({"table.csv": b"1"}, COUNTS)
    with publication(
        tmp_path / "two", replace(request_, kind="claims", asked={"x": 1}), tmp_path / "ledger"
    ) as release:
        admit(release, sectors)
        release.publish({"table.csv": b"1"}, COUNTS)

    place = tmp_path / "ledger" / "small"
    proof = place / "proofs" / "2.json"
    told = json.loads(proof.read_text())
    assert set(told["groups"]) == {"all", "sector=a", "sector=b"}
    assert told["earlier"] == ["sector=a", "sector=b"]
    assert max(verifier.verify(tmp_path / "two", [proof], place))[0] == verifier.HOLDS


def test_groups_that_know_people_by_other_columns_are_told_where_a_proof_lacks_them(
    request_, intake, rng, tmp_path
):
    asked = replace(
        intake,
        held=Held.of(intake.responses.assign(sector=rng.choice(["a", "b"], PEOPLE))),
    )
    with publication(tmp_path / "one", request_, tmp_path / "ledger") as release:
        grouping = make_groups(asked.responses, request_.codebook, ["sector"], Settings())
        release.admit(asked, grouping, {})
        release.publish({"table.csv": b"1"}, COUNTS)
    book = request_.codebook
    audited = {"opleiding": book.columns["opleiding"].model_copy(update={"role": "weight"})}
    book = book.model_copy(update={"columns": {**book.columns, **audited}})
    other = replace(request_, codebook=book, asked={"x": 1})
    with publication(tmp_path / "two", other, tmp_path / "ledger") as release:
        admit(release, asked)
        release.publish({"table.csv": b"1"}, COUNTS)

    place = tmp_path / "ledger" / "small"
    proof = place / "proofs" / "2.json"
    found = verifier.verify(tmp_path / "two", [proof], place)
    (told,) = [text for kind, text in found if kind != verifier.HOLDS]
    assert told.startswith("groups shown before of these people are in the proof: sector=a")


def test_a_proof_of_too_many_cells_is_left_out_with_the_reason(
    request_, intake, tmp_path, monkeypatch
):
    monkeypatch.setattr("blijfwijzer.disclosure.proof.MOST_CELLS", 0)
    with publication(tmp_path / "out", request_, tmp_path / "ledger") as release:
        admit(release, intake)
        release.publish({"table.csv": b"1"}, COUNTS)

    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "would take too long" in run["proofs"][0]["left_out"]
    found = verifier.verify(tmp_path / "out", [], tmp_path / "ledger" / "small")
    assert max(found)[0] == verifier.OPEN


def test_a_wave_of_any_name_has_its_proof(request_, intake, tmp_path):
    request = replace(request_, wave="ledger")
    with publication(tmp_path / "out", request, tmp_path / "ledger") as release:
        admit(release, intake, "sha256")
        admit(release, intake)
        release.publish({"table.csv": b"1"}, COUNTS)

    place = tmp_path / "ledger" / "small"
    proofs = [place / "proofs" / f"{line}.json" for line in (1, 2)]
    assert max(verifier.verify(tmp_path / "out", proofs, place))[0] == verifier.HOLDS
    assert max(verifier.verify(tmp_path / "out", proofs[:1], place))[0] == verifier.FAILS


def test_a_proof_tells_who_answered_in_groups_that_are_told_the_share_only(
    request_, intake, tmp_path
):
    answers = np.tile([0.0, 1.0], PEOPLE // 2)
    answers[4:100] = np.nan

    told = publish_sectors(request_, sectors(intake), answers, tmp_path)

    proof = json.loads((tmp_path / "ledger" / "small" / "proofs" / "1.json").read_text())
    counts = proof["answered"]["x"]
    known = dict(zip(proof["groups"], counts, strict=True))
    assert sum(told) == sum(count is not None for count in counts)
    assert known["all"] == PEOPLE - 96
    assert set(counts) == {PEOPLE - 96, 100, None}


def test_a_release_that_was_taken_back_is_in_no_later_proof(request_, intake, rng, tmp_path):
    responses = intake.responses.assign(sector=rng.choice(["a", "b"], PEOPLE))
    asked = replace(intake, held=Held.of(responses))
    with publication(tmp_path / "one", request_, tmp_path / "ledger") as release:
        grouping = make_groups(responses, request_.codebook, ["sector"], Settings())
        release.admit(asked, grouping, {})
        release.publish({"table.csv": b"1"}, COUNTS)
    with open_ledger(tmp_path / "ledger" / "small", "small") as ledger:
        ledger.append(note(WITHDRAW, "small", {"lines": [1], "reason": "wrong export"}))
    with publication(tmp_path / "two", replace(request_, asked={"x": 1}), tmp_path / "ledger") as r:
        admit(r, asked)
        r.publish({"table.csv": b"1"}, COUNTS)

    proof = tmp_path / "ledger" / "small" / "proofs" / "3.json"
    assert set(json.loads(proof.read_text())["groups"]) == {"all"}
    found = verifier.verify(tmp_path / "two", [proof], tmp_path / "ledger" / "small")
    assert max(found)[0] == verifier.HOLDS


def test_the_ledger_keeps_the_hash_of_a_record_that_tells_of_its_proof(request_, intake, tmp_path):
    with publication(tmp_path / "out", request_, tmp_path / "ledger") as release:
        admit(release, intake)
        release.publish({"table.csv": b"1"}, COUNTS)
    record = tmp_path / "out" / "run.json"
    run = json.loads(record.read_text())
    record.write_text(json.dumps({**run, "proofs": []}))

    found = verifier.verify(tmp_path / "out", [], tmp_path / "ledger" / "small")

    assert entered(tmp_path)[0].content["record"] == hash_record(run)
    assert (verifier.FAILS, "or another run.json") in [(kind, text[-19:]) for kind, text in found]
