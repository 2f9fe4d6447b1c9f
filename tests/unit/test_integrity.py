"""What was shown is as it was entered: forged, laundered and taken-back releases are refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.disclosure.chain import FILE, HEAD, KEY, check_value, verify
from blijfwijzer.disclosure.figures import FigureId
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.errors import (
    DisclosureError,
    LedgerError,
    ModelFolderError,
    PromiseWarning,
    ReleaseError,
    SettingsError,
)
from blijfwijzer.files import hash_bytes, to_json
from blijfwijzer.groups.grouping import Grouping, everyone_alone
from blijfwijzer.release.draws import told_of
from blijfwijzer.release.folder import read_record
from blijfwijzer.release.publication import Addition, addition, publication
from blijfwijzer.release.request import Request
from blijfwijzer.release.trainings import FittedPeople
from blijfwijzer.release.verify import changed_by_few, hold_release
from blijfwijzer.runs.audit import audit, verify_ledgers
from blijfwijzer.runs.withdraw import lower, withdraw
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake
from blijfwijzer.vouchers.seal import Origin
from shared_intake import lone_intake

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"
PEOPLE = 400
COUNTS = {"forms": 400, "accepted": 400, "refused": 0, "withheld": 0}
NOT_ASKED = ("id", "sector", "organisatie", "gewicht", "weight")
FILES = {"groups.csv": b"30", "report.html": b"a page"}


def settings(**disclosure):
    return Settings.model_validate({"disclosure": disclosure})


def request_for(name="first", chosen=None, **origin):
    codebook = load_codebook(SMALL)
    told = {"survey_sha256": "abc", **origin}
    return Request("score", codebook, chosen or Settings(), "2", ("mean",), told, {"asked": name})


@pytest.fixture
def intake(rng):
    return lone_intake(rng, PEOPLE)


def publish(place, intake, request, output="out", files=FILES):
    with publication(place / output, request, place / "ledger") as release:
        release.admit(intake, everyone_alone(intake.responses), {})
        release.publish(dict(files), COUNTS)
    return place / output


@pytest.fixture
def released(tmp_path, intake):
    return publish(tmp_path, intake, request_for())


def ledger_of(place):
    return place / "ledger" / "small"


def divide(release, place, files=FILES, told=None):
    files = {**files, "vouchers.csv": b"1", "report.html": b"a page with vouchers"}
    run = read_record(release)
    told = told or {"given": 3}
    draw = told_of(Origin(sequence=run["ledger"]["sequence"]), "")
    added = Addition("vouchers", told, draw, lambda _: None)
    with addition(release, run, place / "ledger", added) as adding:
        adding.publish(files)


def forge(release, name="groups.csv", content=b"95", **record):
    """Alter a file and mend its hash in the record, as whoever may write there can."""
    run = json.loads((release / "run.json").read_text())
    (release / name).write_bytes(content)
    run["files"][name] = hash_bytes(content)
    (release / "run.json").write_bytes(to_json({**run, **record}))


def held(release, place):
    return hold_release(release, read_record(release), verify(ledger_of(place)))


def test_what_was_released_is_held_and_again_after_something_was_added(released, tmp_path):
    own = held(released, tmp_path)
    divide(released, tmp_path)

    assert own == held(released, tmp_path)
    assert [line.content["kind"] for line in verify(ledger_of(tmp_path))] == ["score", "vouchers"]
    (audited,) = audit([released], tmp_path / "ledger", None, None)
    assert (audited["release"], audited["releases"]) == (1, 2)


def test_nothing_is_added_to_a_forged_release(released, tmp_path):
    forge(released)

    with pytest.raises(ReleaseError, match=r"groups\.csv"):
        divide(released, tmp_path, {**FILES, "groups.csv": b"95"})

    assert len(verify(ledger_of(tmp_path))) == 1


def test_a_file_that_is_kept_must_be_that_of_the_release(released, tmp_path):
    with pytest.raises(ReleaseError, match=r"groups\.csv.*Nothing was changed"):
        divide(released, tmp_path, {**FILES, "groups.csv": b"95"})

    assert len(verify(ledger_of(tmp_path))) == 1


def test_a_line_that_took_a_forged_file_for_true_condemns_the_release(released, tmp_path):
    divide(released, tmp_path)
    with open_ledger(ledger_of(tmp_path), "small") as ledger:
        last = ledger.releases[-1].content
        outputs = {**last["outputs"], "groups.csv": hash_bytes(b"95")}
        ledger.append({**last, "outputs": outputs, "request": "another"})

    with pytest.raises(ReleaseError, match=r"groups\.csv"):
        held(released, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"counts": {**COUNTS, "withheld": 264}},
        {"wave": "2019"},
        {"provenance": {"survey_hmac_sha256": "0" * 64}},
        {"settings": {}},
        {"more": 1},
    ],
)
@pytest.mark.parametrize("is_divided", [False, True])
def test_nothing_that_a_release_tells_of_itself_can_be_altered(
    released, tmp_path, change, is_divided
):
    if is_divided:
        divide(released, tmp_path)
    run = json.loads((released / "run.json").read_text())
    (released / "run.json").write_bytes(to_json({**run, **change}))

    with pytest.raises(ReleaseError, match=r"run\.json"):
        held(released, tmp_path)


def test_what_is_told_of_what_was_added_cannot_be_altered(released, tmp_path):
    divide(released, tmp_path)
    run = json.loads((released / "run.json").read_text())
    run["vouchers"]["given"] = 900
    (released / "run.json").write_bytes(to_json(run))

    with pytest.raises(ReleaseError, match=r"run\.json"):
        held(released, tmp_path)


def test_vouchers_of_another_release_are_refused(intake, tmp_path):
    one = publish(tmp_path, intake, request_for("one"), "one")
    other = publish(tmp_path, intake, request_for("other"), "other")
    divide(one, tmp_path)
    shutil.copytree(one, tmp_path / "mixed")
    run = json.loads((one / "run.json").read_text())
    run["ledger"] = json.loads((other / "run.json").read_text())["ledger"]
    (tmp_path / "mixed" / "run.json").write_bytes(to_json(run))

    with pytest.raises(ReleaseError, match="added to another release"):
        held(tmp_path / "mixed", tmp_path)


def test_what_is_shown_tells_no_plain_hash_of_people(intake, tmp_path):
    origin = {"previous_sha256": "p" * 64, "population_sha256": "q" * 64, "model_sha256": "m" * 64}
    request = request_for(**origin, codebook_sha256="c" * 64)
    release = publish(tmp_path, intake, request)

    text = (release / "run.json").read_text() + (ledger_of(tmp_path) / FILE).read_text()
    told = json.loads((release / "run.json").read_text())["provenance"]

    assert not [plain for plain in ('"abc"', *origin.values()) if plain in text]
    assert told["codebook_sha256"] == "c" * 64
    assert {"survey_hmac_sha256", "previous_hmac_sha256", "model_hmac_sha256"} <= set(told)


def test_another_key_gives_other_hashes_and_the_same_key_the_same(tmp_path):
    with open_ledger(tmp_path / "one", "me") as one, open_ledger(tmp_path / "two", "me") as two:
        assert one.identify("abc") == one.identify("abc") != two.identify("abc")


def test_a_model_that_no_line_knows_is_told_or_refused(intake, tmp_path):
    request = request_for(model="a-model", model_sha256="m" * 64)
    with publication(tmp_path / "out", request, tmp_path / "ledger") as release:
        *_, told = release.remarks
        assert (told.id, told.values["names"]) == ("warning.model_unknown", ("a-model",))
        assert "a-model" in release.said[-1]

    strict = request_for(chosen=settings(known_models="require"), model_sha256="m" * 64)
    with (
        pytest.raises(ModelFolderError, match="not trained with this ledger"),
        publication(tmp_path / "out", strict, tmp_path / "ledger"),
    ):
        pass


def test_a_model_that_was_trained_with_the_ledger_is_known(intake, tmp_path):
    manifest = {"made": "2026", "sha256": {"model.txt": "x"}}
    known, newer = (hash_bytes(to_json({**manifest, "made": made})) for made in ("2026", "2027"))
    with publication(tmp_path / "model", request_for("train"), tmp_path / "ledger") as release:
        admission = release.admit(intake, everyone_alone(intake.responses), {})
        people = FittedPeople.of(np.ones(PEOPLE, dtype=bool), admission)
        release.publish_model({}, {"manifest.json": to_json(manifest), "model.txt": b"x"}, people)

    strict = request_for(chosen=settings(known_models="require"), model_sha256=known)
    with publication(tmp_path / "out", strict, tmp_path / "ledger") as release:
        assert release.remarks == release.marks
    # One that says it was made later, to be taken for the newest, is not.
    told = request_for(model_sha256=newer)
    with publication(tmp_path / "out", told, tmp_path / "ledger") as release:
        assert [remark.id for remark in release.remarks[1:]] == ["warning.model_unknown"]


def test_the_last_output_can_be_taken_back_and_the_ledger_keeps_that(released, intake, tmp_path):
    divide(released, tmp_path)
    digest = hash_bytes((released / "run.json").read_bytes())
    less = Intake(Held.of(intake.responses.iloc[1:]), *list(vars(intake).values())[1:])

    withdraw(released, tmp_path / "ledger", digest, "wrong export")
    with publication(tmp_path / "two", request_for("two"), tmp_path / "ledger") as release:
        admission = release.admit(less, everyone_alone(less.responses), {})
        told = [remark.id for remark in release.remarks[1:]]
        release.publish({"report.html": b"x"}, COUNTS)

    assert admission.earlier.releases == 0
    assert not admission.earlier.changed.any()
    assert told == ["warning.withdrawn"]
    assert [x.content["kind"] for x in verify(ledger_of(tmp_path))] == [
        *("score", "vouchers", "withdraw", "score"),
    ]
    with pytest.raises(ReleaseError, match="was taken back .*wrong export"):
        held(released, tmp_path)
    with pytest.raises(ReleaseError, match="was taken back"):
        divide(released, tmp_path)


def test_the_proof_of_what_was_taken_back_is_gone_and_the_ledger_says_so(released, tmp_path):
    digest = hash_bytes((released / "run.json").read_bytes())
    proof = ledger_of(tmp_path) / "proofs" / "1.json"
    was_there = proof.exists()

    withdraw(released, tmp_path / "ledger", digest, "wrong export")

    assert was_there and not proof.exists()
    first, last = verify(ledger_of(tmp_path))
    assert first.content["proof"]
    assert last.content["note"]["proofs"] == "removed"


def test_the_audit_says_what_was_taken_back(released, intake, tmp_path, capsys):
    digest = hash_bytes((released / "run.json").read_bytes())
    withdraw(released, tmp_path / "ledger", digest, "wrong export")
    again = publish(tmp_path, intake, request_for("again"), "again")

    audit([again], tmp_path / "ledger", None, None)

    assert "release 1 was taken back" in capsys.readouterr().out


def test_an_output_that_was_taken_back_can_be_made_again(released, intake, tmp_path):
    digest = hash_bytes((released / "run.json").read_bytes())
    withdraw(released, tmp_path / "ledger", digest, "wrong export")

    publish(tmp_path, intake, request_for())

    assert held(released, tmp_path).sequence == 3


@pytest.mark.parametrize("sha256", ["", "0" * 64])
def test_only_the_very_output_that_is_meant_is_taken_back(released, tmp_path, sha256):
    with pytest.raises(ReleaseError, match=r"sha256sum .*run\.json"):
        withdraw(released, tmp_path / "ledger", sha256, "wrong export")

    assert len(verify(ledger_of(tmp_path))) == 1


def test_an_output_beside_which_another_was_chosen_stays(released, intake, tmp_path):
    publish(tmp_path, intake, request_for("later"), "later")
    digest = hash_bytes((released / "run.json").read_bytes())

    with pytest.raises(ReleaseError, match="1 later output was chosen beside it"):
        withdraw(released, tmp_path / "ledger", digest, "wrong export")


def test_nothing_is_taken_back_or_lowered_without_a_reason(released, tmp_path):
    digest = hash_bytes((released / "run.json").read_bytes())

    with pytest.raises(SettingsError, match="--reason"):
        withdraw(released, tmp_path / "ledger", digest, " ")
    with pytest.raises(SettingsError, match="--reason"):
        lower(ledger_of(tmp_path), 10, "")


def test_a_minimum_is_warned_of_before_it_binds_and_can_be_lowered_on_record(
    intake, tmp_path, capsys
):
    with pytest.warns(PromiseWarning, match="120 binds every later release"):
        publish(tmp_path, intake, request_for("high", settings(minimum=120)), "high")
    with pytest.raises(SettingsError, match="promised 120.*disclosure lower"):
        publish(tmp_path, intake, request_for("usual"), "usual")

    lower(ledger_of(tmp_path), 10, "a trial run")
    usual = publish(tmp_path, intake, request_for("usual"), "usual")
    audit([usual, tmp_path / "high"], tmp_path / "ledger", None, None)

    assert "lowered from 120 to 10" in capsys.readouterr().out
    with pytest.raises(SettingsError, match="no lower than 10"):
        lower(ledger_of(tmp_path), 10, "again")
    with pytest.raises(SettingsError, match="fewer than may ever be told"):
        lower(ledger_of(tmp_path), 1, "again")


def test_a_key_that_took_the_place_of_another_is_seen_also_with_its_head(released, tmp_path):
    place = ledger_of(tmp_path)
    (place / KEY).write_bytes(b"x" * 32)
    with pytest.raises(LedgerError, match="is another one"):
        verify(place)

    head = json.loads((place / HEAD).read_text())
    (place / HEAD).write_text(json.dumps({**head, "key": check_value(b"x" * 32)}))

    with pytest.raises(LedgerError, match="line 1 was written with another key"):
        verify(place)
    with pytest.raises(LedgerError, match="another key"), open_ledger(place, "small"):
        pass


@pytest.mark.parametrize("lines", ["emptied", "lost"])
def test_a_key_without_its_ledger_is_refused(released, tmp_path, lines):
    place = ledger_of(tmp_path)
    (place / HEAD).unlink()
    if lines == "lost":
        (place / FILE).unlink()
    else:
        (place / FILE).write_bytes(b"")

    with pytest.raises(LedgerError, match="lost"), open_ledger(place, "small"):
        pass


@pytest.mark.parametrize(("told", "form"), [({}, 1), ({"form": 2}, 2)])
def test_a_ledger_of_an_earlier_form_is_refused_with_what_to_do(released, tmp_path, told, form):
    place = ledger_of(tmp_path)
    head = json.loads((place / HEAD).read_text())
    (place / HEAD).write_text(json.dumps({n: v for n, v in head.items() if n != "form"} | told))

    with pytest.raises(LedgerError, match=f"of form {form}.*Begin a new ledger"):
        verify(place)
    with pytest.raises(LedgerError, match=f"of form {form}"), open_ledger(place, "small"):
        pass


def test_copies_of_a_ledger_that_parted_ways_are_told(released, intake, tmp_path, capsys):
    shutil.copytree(tmp_path / "ledger", tmp_path / "copy" / "ledger")
    publish(tmp_path, intake, request_for("here"), "here")

    verify_ledgers([tmp_path / "ledger", tmp_path / "copy"])
    assert "is an older copy of" in capsys.readouterr().out
    publish(tmp_path / "copy", intake, request_for("there"), "there")

    with pytest.raises(LedgerError, match="up to release 1 and parted ways"):
        verify_ledgers([tmp_path / "ledger", tmp_path / "copy"])


def test_a_line_that_is_dated_before_the_one_before_is_told(released, tmp_path, capsys):
    from datetime import UTC, datetime

    with open_ledger(ledger_of(tmp_path), "small") as ledger:
        ledger.append(
            {**ledger.releases[0].content, "request": "x"}, datetime(2001, 1, 1, tzinfo=UTC)
        )

    verify_ledgers([tmp_path / "ledger"])

    assert "line 2 is dated before line 1" in capsys.readouterr().out


def groups_of(responses, team):
    """Everyone, and each team."""
    names = ["all", *(f"organisatie={code}" for code in sorted(set(team)))]
    rows = [np.ones(len(team)), *(np.array(team) == code for code in sorted(set(team)))]
    members = csr_array(np.array(rows, dtype=np.int8))
    # As of groups that are put together from many parts.
    members.indices = members.indices.astype(np.int64)
    alone = everyone_alone(responses)
    table = pd.concat([alone.groups] * len(names), ignore_index=False)
    table.index = pd.Index(names)
    table["n"] = np.asarray(members.sum(axis=1)).ravel()
    table.loc[names[1:], "kind"] = "unit"
    nobody = csr_array((0, len(team)), dtype=np.int8)
    return Grouping(table, members, alone.rolled_up, nobody)


def show_teams(place, intake, team, name):
    with publication(place / name, request_for(name), place / "ledger") as release:
        admission = release.admit(intake, groups_of(intake.responses, team), {})
        release.publish(dict(FILES), COUNTS)
    return admission


def only(intake, rows):
    return with_responses(intake, intake.responses.iloc[rows].reset_index(drop=True))


def with_responses(intake, responses):
    return Intake(Held.of(responses), *list(vars(intake).values())[1:])


@pytest.mark.parametrize(("columns", "codes"), [(1, 40), (2, 7), (3, 4), (30, 4000)])
def test_what_was_shown_passes_the_audit_again_after_one_withdrawal_and_in_another_order(
    intake, rng, tmp_path, columns, codes
):
    asked = [n for n in intake.responses if n not in NOT_ASKED]
    # So few different forms that people are alike, and enough of them in each team.
    coarse = intake.responses[asked] % codes
    few = coarse.assign(**{n: 1.0 for n in asked[columns:]}, weight=1.0)
    team = np.repeat(np.arange(8), PEOPLE // 8)
    intake = with_responses(intake, few.assign(organisatie=team.astype(str)))
    first = show_teams(tmp_path, intake, team, "first")
    order = rng.permutation(PEOPLE)
    same = show_teams(tmp_path, only(intake, order), team[order], "same")
    left = order[order != 7]
    less = show_teams(tmp_path, only(intake, left), team[left], "less")

    assert first.choice.reasons.tolist() == [""] * 9
    assert same.shown.all()
    assert not same.earlier.changed.any()
    assert "organisatie=0" not in less.names
    assert len(less.names) >= 7
    assert less.earlier.changed[[0, 1]].all()
    assert changed_by_few(verify(ledger_of(tmp_path))) == []
    audit([tmp_path / n for n in ("first", "same", "less")], tmp_path / "ledger", None, None)


@pytest.mark.parametrize("kind", ["score", "climate"])
def test_whoever_makes_results_anew_is_told_that_groups_changed_by_few(intake, tmp_path, kind):
    team = np.repeat(np.arange(8), PEOPLE // 8)
    intake = with_responses(intake, intake.responses.assign(organisatie=team.astype(str)))
    first = show_teams(tmp_path, intake, team, "first")
    left, said = np.arange(1, PEOPLE), {}

    for people in (np.arange(PEOPLE), left):
        request = replace(request_for("second"), kind=kind)
        with publication(tmp_path / "second", request, tmp_path / "ledger") as release:
            grouping = groups_of(only(intake, people).responses, team[people])
            release.admit(only(intake, people), grouping, {})
            said[len(people)] = " ".join(release.said)

    assert first.shown.all()
    assert "by a few people" not in said[PEOPLE]
    assert "2 groups of earlier releases have since changed by a few people" in said[PEOPLE - 1]
    assert "Make results when all forms are in and mended" in said[PEOPLE - 1]


def test_a_group_that_was_shown_less_one_person_is_named_by_the_audit_and_no_other(
    intake, tmp_path
):
    team = np.repeat(np.arange(8), PEOPLE // 8)
    show_teams(tmp_path, intake, team, "first")
    left = np.arange(1, PEOPLE)
    # As if the second had been made with a ledger that knew nothing, and its line was moved here.
    show_teams(tmp_path / "apart", only(intake, left), team[left], "second")
    with open_ledger(ledger_of(tmp_path), "small") as ledger:
        line = verify(ledger_of(tmp_path / "apart"))[0].content
        secret = ledger.secret
        from blijfwijzer.disclosure.fingerprint import fingerprint_groups, to_text, view_keys

        keys = view_keys(only(intake, left).responses, line["columns"])
        members = groups_of(only(intake, left).responses, team[left]).members
        prints = fingerprint_groups(keys, secret, members)
        groups = {
            name: {**line["groups"][name], "fingerprint": to_text(own)}
            for name, own in zip(line["groups"], prints, strict=True)
        }
        ledger.append({**line, "groups": groups})

    assert changed_by_few(verify(ledger_of(tmp_path))) == ["all", "organisatie=0"]


def test_rates_with_other_margins_of_a_register_are_not_told_of_the_same_people(tmp_path, intake):
    publish(tmp_path, intake, request_for("first", register_sha256="r" * 64))

    publish(tmp_path, intake, request_for("by team", register_sha256="r" * 64), "again")
    for name, other in (("plain", {}), ("newer", {"register_sha256": "s" * 64})):
        with pytest.raises(DisclosureError, match="release 1 beside wave 2: .* other margins"):
            publish(tmp_path, intake, request_for(name, **other), name)

    told = [line.content.get("register") for line in verify(ledger_of(tmp_path))]
    assert len(told) == 2
    assert told[0] == told[1] not in (None, "r" * 64)


@pytest.mark.parametrize(
    "asked",
    [
        {"margins": {"largest_factor": 1.01}},
        {"margins": {"minimum_cell": 1000}},
        {"disclosure": {"minimum": 12}},
    ],
)
def test_a_register_gives_no_other_weights_by_other_settings(tmp_path, intake, asked):
    """By a factor of 1.01 nearly those without a register, beside those with it."""
    register = {"register_sha256": "r" * 64}
    publish(tmp_path, intake, request_for("first", **register))
    other = replace(request_for("other", **register), settings=Settings.model_validate(asked))

    with pytest.raises(DisclosureError, match=r"release 1 beside wave 2: .* same \[margins\]"):
        publish(tmp_path, intake, other, "other")


@pytest.mark.parametrize("kinds", [("score", "monitor"), ("train", "score")])
@pytest.mark.parametrize("units", [2, 3])
def test_rates_of_own_answers_have_one_weighting(tmp_path, intake, kinds, units):
    """Of 115 people of whom few weigh four times as much, two rates told what these want."""
    team = (np.arange(PEOPLE) % units).astype(str)
    made = groups_of(intake.responses.assign(organisatie=team), team)
    made.groups.loc[made.groups.index[1:], "level"] = "organisatie"
    told = []
    for kind in kinds:
        origin = {"register_sha256": "r" * 64} if kind == "score" else {}
        asked = replace(request_for(kind, **origin), kind=kind, statistics=("rate:x",))
        with publication(tmp_path / kind, asked, tmp_path / "ledger") as release:
            admission = release.admit(intake, made, {"rate:x": Basis()})
            release.publish(dict(FILES), COUNTS)
        told.append(admission.tells("rate:x").tolist())

    # Of three and more the rates are pooled; of everyone each code has many people.
    assert told[0] == [True] * (units + 1)
    assert told[1] == [True] + [units > 2] * units


@pytest.mark.parametrize("changed", [0, 1])
def test_margins_are_not_changed_by_another_name_of_the_wave(tmp_path, intake, changed):
    publish(tmp_path, intake, request_for("first", register_sha256="r" * 64))
    responses = intake.responses.copy()
    responses.iloc[:changed, responses.columns.get_loc("veilig_1")] += 1
    same = replace(intake, held=Held.of(responses), sha256="another")
    other = replace(request_for("plain"), wave="3")

    with pytest.raises(DisclosureError, match="release 1 beside wave 3: .* other margins"):
        publish(tmp_path, same, other, "plain")


@pytest.mark.parametrize("is_group", [True, False])
def test_margins_are_not_changed_of_a_part_that_was_told(tmp_path, intake, is_group):
    """Of 400 people 20 leave: everyone is another group, but the first 200 are who they were."""
    first = request_for("first", register_sha256="r" * 64)
    half = csr_array((np.arange(PEOPLE) < 200).astype(np.int8)[None, :])
    with publication(tmp_path / "first", first, tmp_path / "ledger") as release:
        admission = release.admit(intake, everyone_alone(intake.responses), {})
        assert release.figures(admission, {FigureId("level", ("sex", "1")): half})
        release.publish(dict(FILES), COUNTS)
    team = np.where(np.arange(PEOPLE - 20) < 200, "1", "2")
    left = intake.responses.iloc[:-20].assign(organisatie=team)
    now = replace(with_responses(intake, left), sha256="another")

    asked = replace(request_for("plain"), wave="3")
    with publication(tmp_path / "now", asked, tmp_path / "ledger") as release:
        if is_group:
            with pytest.raises(DisclosureError, match="release 1 beside wave 3: .* other margins"):
                release.admit(now, groups_of(left, team), {})
        else:
            admission = release.admit(now, everyone_alone(left), {})
            part = FigureId("level", ("sex", "1"))
            assert not release.figures(admission, {part: csr_array(half[:, : len(left)])})


@pytest.mark.parametrize(("stayed", "is_refused"), [(0, False), (9, False), (10, True)])
def test_a_team_of_other_people_of_whom_too_few_are_left_to_be_told_bars_no_margins(
    tmp_path, intake, rng, stayed, is_refused
):
    """Of some of twenty teams of ten in which one is left, nine sums of a fingerprint differ."""
    names = np.array([f"T{place}" for place in range(20)] + ["rest"])
    team = names[np.minimum(np.arange(PEOPLE) // 10, 20)]
    then = with_responses(intake, intake.responses.assign(organisatie=team))
    with publication(
        tmp_path / "then", request_for("then", register_sha256="r" * 64), tmp_path / "ledger"
    ) as release:
        release.admit(then, groups_of(then.responses, team), {})
        release.publish(dict(FILES), COUNTS)
    later = np.full(PEOPLE, "rest", dtype=object)
    later[:20] = names[:20]
    others = intake.responses.apply(lambda answers: rng.permutation(answers) + 5000)
    now = others.assign(organisatie=later)
    if stayed:  # of the first team, which is otherwise empty then
        now.loc[now.index[0], "organisatie"] = "rest"
        place = now.index[-stayed:]
        now.loc[place] = then.responses.loc[then.responses.index[:stayed]].to_numpy()
        later = now["organisatie"].to_numpy()
    asked = replace(request_for("plain"), wave="3")

    def show():
        with publication(tmp_path / "now", asked, tmp_path / "ledger") as release:
            found = replace(with_responses(intake, now), sha256="another")
            release.admit(found, groups_of(now, later), {})
            release.publish(dict(FILES), COUNTS)

    if is_refused:
        with pytest.raises(DisclosureError, match="release 1 beside wave 3: .* other margins"):
            show()
    else:
        show()
        assert len(verify(ledger_of(tmp_path))) == 2


def test_another_wave_of_other_people_may_have_other_margins(tmp_path, intake, rng):
    publish(tmp_path, intake, request_for("first", register_sha256="r" * 64))
    others = intake.responses.apply(lambda answers: rng.permutation(answers) + 5000)
    other = replace(request_for("plain"), wave="3")

    publish(tmp_path, replace(intake, held=Held.of(others), sha256="another"), other, "plain")

    assert len(verify(ledger_of(tmp_path))) == 2
