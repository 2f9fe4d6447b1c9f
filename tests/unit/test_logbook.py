"""The two logs of what was done: what is in them, and what is not."""

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blijfwijzer.disclosure.chain import verify
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.errors import GovernanceError, LogError
from blijfwijzer.records import logbook
from blijfwijzer.records.logbook import ACTIONS, PROCESSING, logged, segments_of
from blijfwijzer.runs.logs import purge, verify_logs
from command_line import call

FIELDS = {
    *("trace_id", "operation_id", "parent_operation_id", "foreign_operation", "status_code"),
    *("name", "start_time", "end_time", "resource", "attributes"),
}
"""Of a line in the Logboek Dataverwerkingen."""


@pytest.fixture
def kept(tmp_path):
    return {"BLIJFWIJZER_LOG": str(tmp_path / "log"), "BLIJFWIJZER_ROLE": "HR batch"}


@pytest.fixture
def at(monkeypatch):
    """Set the clock of the logs."""

    def set_to(year, month):
        moment = datetime(year, month, 15, tzinfo=UTC).isoformat(timespec="seconds")
        monkeypatch.setattr(logbook, "_now", lambda: moment)

    return set_to


def lines(place, kind):
    files = sorted((place / "log" / kind).glob("*/releases.jsonl"))
    read = [json.loads(line)["content"] for path in files for line in path.read_text().splitlines()]
    return [line for line in read if "follows" not in line]


def test_an_operation_has_one_id_in_both_logs_and_users_stand_in_one(tmp_path, kept):
    survey = tmp_path / "survey-of-ms-jansen.csv"
    survey.write_text("answer\n5\n")
    options = {"survey": survey, "reason": "a complaint", "wave": "secret words"}

    with logged("score", options, kept) as operation:
        operation.told({"record": {"survey": "small", "ledger": {"sequence": 3, "hash": "abc"}}})

    begun, ended = lines(tmp_path, ACTIONS)
    (span,) = lines(tmp_path, PROCESSING)
    assert begun["operation_id"] == ended["operation_id"] == span["operation_id"]
    assert set(span) == FIELDS and re.fullmatch("[0-9a-f]{32}", span["trace_id"])
    assert (begun["actor"], begun["said"]) == ("HR batch", {"reason": "a complaint"})
    assert ended["outcome"] == {"survey": "small", "sequence": 3, "hash": "abc"}
    assert "HR batch" not in json.dumps(span)
    everything = "".join(p.read_text() for p in (tmp_path / "log").rglob("*.jsonl"))
    assert "jansen" not in everything and "secret words" not in everything
    assert verify_logs(tmp_path / "log").lines == 3


def test_how_a_command_ends_is_told_also_where_it_fails(tmp_path, kept):
    with pytest.raises(GovernanceError), logged("score", {}, kept):
        raise GovernanceError("no")
    with pytest.raises(ZeroDivisionError), logged("score", {}, kept):
        _ = 1 / 0

    with logged("govern check", {}, kept) as operation:
        operation.told({}, 68)

    codes = [line["exit_code"] for line in lines(tmp_path, ACTIONS) if line["state"] == "ended"]
    assert codes == [GovernanceError.exit_code, 1, 68]
    assert [line["status_code"] for line in lines(tmp_path, PROCESSING)] == ["ERROR"] * 3


def test_commands_are_logged_by_their_whole_name_where_logs_are_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    call("govern", "draft", "werkonderzoek-2019")
    assert not (tmp_path / "log").exists()

    monkeypatch.setenv("BLIJFWIJZER_LOG", str(tmp_path / "log"))
    call("govern", "draft", "werkonderzoek-2019")
    call("disclosure", "check-proof", "nowhere")
    call("govern", "verify", "nowhere")
    call("pack", "check", "nowhere")
    call("check", "nowhere")
    assert call("govern", "log", tmp_path / "log", "--verify") == 0

    names = [line["name"] for line in lines(tmp_path, PROCESSING)]
    assert names == [
        *("govern draft", "disclosure check-proof", "govern verify", "pack check", "check"),
        "govern log",
    ]
    assert "operation" in capsys.readouterr().out, "the one that checks has begun and not ended"


def test_what_is_only_planned_is_not_logged_as_done(tmp_path, monkeypatch):
    monkeypatch.setenv("BLIJFWIJZER_LOG", str(tmp_path / "log"))

    call("disclosure", "plan", tmp_path / "nowhere.sav", "score", "climate")

    assert [line["name"] for line in lines(tmp_path, PROCESSING)] == ["disclosure plan"]


def test_nothing_is_done_where_the_log_cannot_be_added_to(tmp_path, kept):
    with logged("score", {}, kept):
        pass
    (path,) = (tmp_path / "log" / ACTIONS).glob("*/releases.jsonl")
    path.write_text(path.read_text().replace("HR batch", "somebody"))

    with pytest.raises(LogError, match="nothing was done"), logged("score", {}, kept):
        raise AssertionError("it was done")


@pytest.mark.parametrize("kind", [ACTIONS, PROCESSING])
def test_a_byte_that_differs_and_a_segment_that_is_lost_are_found(tmp_path, kept, at, kind):
    for month in (1, 2, 3):
        at(2026, month)
        with logged("score", {}, kept):
            pass
    place = tmp_path / "log"
    assert verify_logs(place).lines == 9

    middle = segments_of(place / kind)[1]
    lines_of = middle / "releases.jsonl"
    good = lines_of.read_text()
    lines_of.write_text(good.replace("score", "train"))
    with pytest.raises(LogError, match="line 2 is not as it was written"):
        verify_logs(place)

    lines_of.write_text(good)
    middle.rename(tmp_path / "elsewhere")
    with pytest.raises(LogError, match="does not follow the segment before"):
        verify_logs(place)


def test_an_operation_in_one_log_only_is_found(tmp_path, kept, monkeypatch):
    with logged("score", {}, kept):
        pass
    monkeypatch.setattr(logbook, "PROCESSING", "elsewhere")
    with logged("score", {}, kept):
        pass

    with pytest.raises(LogError, match="1 operation is in one log only"):
        verify_logs(tmp_path / "log")


@pytest.mark.parametrize("kind", [ACTIONS, PROCESSING])
def test_the_end_of_a_log_cannot_be_lost_unseen(tmp_path, kept, at, kind):
    for month in (1, 2, 3):
        at(2026, month)
        with logged("score", {}, kept):
            pass
    place = tmp_path / "log"
    assert verify_logs(place).is_checked

    for one in (ACTIONS, PROCESSING):
        shutil.rmtree(segments_of(place / one)[-1])
    with pytest.raises(LogError, match="1 line is told of elsewhere.*first 2026-03 3 .*end of the"):
        verify_logs(place)

    # Nor is it a way round to tell of another end.
    (place / kind / "newest").unlink()
    with pytest.raises(LogError, match="told of elsewhere"):
        verify_logs(place)


def test_a_ledger_tells_that_the_end_of_the_log_is_lost(tmp_path, kept, at):
    place, ledgers = tmp_path / "log", tmp_path / "ledger"
    ends = {}
    for month in (1, 2):
        at(2026, month)
        with (
            logged("score", {}, kept) as operation,
            open_ledger(ledgers / "small", "small") as ledger,
        ):
            line = ledger.append({"kind": "score", "survey": "small"})
            told = {"survey": "small", "ledger": {"sequence": line.sequence, "hash": line.hash}}
            operation.told({"record": told})
        ends[month] = {
            kind: (place / kind / "newest").read_text() for kind in (ACTIONS, PROCESSING)
        }
    assert verify_logs(place, ledgers).elsewhere == ()
    assert verify_logs(place, tmp_path / "fresh").elsewhere == (
        *sorted(x["operation_id"] for x in lines(tmp_path, ACTIONS) if x["state"] == "ended"),
    )

    for kind in (ACTIONS, PROCESSING):
        shutil.rmtree(segments_of(place / kind)[-1])
        (place / kind / "newest").write_text(ends[1][kind])
    assert verify_logs(place).lines == 3, "by itself it is whole"
    with pytest.raises(LogError, match="1 line is told of elsewhere and not here"):
        verify_logs(place, ledgers)


def test_a_line_outside_of_an_operation_tells_of_no_log(tmp_path, kept):
    with logged("score", {}, kept):
        pass
    with open_ledger(tmp_path / "ledger" / "small", "small") as ledger:
        ledger.append({"kind": "score"})

    assert verify(tmp_path / "ledger" / "small")[0].log == ""


def test_logs_are_checked_where_that_is_asked(tmp_path, kept, capsys):
    with logged("score", {}, kept):
        pass
    place = tmp_path / "log"
    (path,) = (place / ACTIONS).glob("*/releases.jsonl")
    path.write_text(path.read_text().replace("HR batch", "somebody"))

    assert call("govern", "log", place) == 0
    assert "not checked" in capsys.readouterr().out
    assert call("govern", "log", place, "--verify") == LogError.exit_code


def test_whole_segments_go_in_their_time_and_their_heads_prove_the_rest(tmp_path, kept, at):
    for year in (2020, 2021, datetime.now(UTC).year):
        at(year, datetime.now(UTC).month)
        with logged("score", {}, kept):
            pass
    place = tmp_path / "log"

    with pytest.raises(LogError, match="less than the 183"):
        purge(place, 182)
    gone = purge(place, 183)

    assert len(gone) == 4
    assert {path.name for path in segments_of(place / ACTIONS)[0].iterdir()} == {"head.json"}
    assert len(verify_logs(place).purged) == 4
    assert purge(place, 183) == []
    newest = segments_of(place / ACTIONS)[2] / "releases.jsonl"
    kept_lines = newest.read_bytes()
    newest.unlink()
    with pytest.raises(LogError, match="kept 183 days at least"):
        verify_logs(place)
    newest.write_bytes(kept_lines)
    head = segments_of(place / ACTIONS)[1] / "head.json"
    head.write_text(head.read_text().replace('"sequence":3', '"sequence":2'))
    with pytest.raises(LogError, match="does not follow the segment before"):
        verify_logs(place)


def test_there_must_be_logs_to_check(tmp_path):
    with pytest.raises(LogError, match="there are no logs here"):
        verify_logs(Path(tmp_path))


def test_an_end_that_is_no_text_is_refused_as_lost(tmp_path, kept):
    with logged("score", {}, kept):
        pass
    (tmp_path / "log" / ACTIONS / "newest").write_bytes(b"\xff\xfe")

    with pytest.raises(LogError, match="told of elsewhere"):
        verify_logs(tmp_path / "log")
