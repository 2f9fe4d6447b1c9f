"""What a governance file may say, and what is refused in it."""

from datetime import date, datetime
from pathlib import Path

import pytest

from blijfwijzer.errors import GovernanceError
from blijfwijzer.governance.document import NEVER, read_governance
from blijfwijzer.governance.places import governed
from blijfwijzer.settings import Settings
from governed import SHIPPED, write_governance

HOSTILE = {
    "markup": "<b>HR</b>",
    "formula": "=1+1",
    "formula with a mark before it that is not seen": "\u200b=1+1",
    "spaces only": "  ",
    "what a draft leaves open": "decide: who",
    "a long text": "a" * 3_000,
}


def test_the_built_in_survey_has_a_file_of_its_own():
    told = read_governance(SHIPPED)

    assert told.survey == "werkonderzoek"
    assert set(told.purpose.allowed) == {"vouchers", "culture", "retention policy"}
    assert told.unsettled == ()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_text_that_is_no_plain_text_is_refused_and_not_repeated(tmp_path, text):
    path = write_governance(tmp_path, **{"organisation.owner": text})

    with pytest.raises(GovernanceError, match="organisation.owner") as found:
        read_governance(path)

    assert text.strip(" \u200b") not in str(found.value) or not text.strip()


@pytest.mark.parametrize("key", ["survey", "expiry", "purpose", "basis", "acceptance", "retention"])
def test_what_must_be_settled_cannot_be_left_out(tmp_path, key):
    with pytest.raises(GovernanceError, match=rf"1 fault: {key}: "):
        read_governance(write_governance(tmp_path, **{key: None}))


@pytest.mark.parametrize("day", ["2099-12-31", 1_000_000, datetime(2099, 12, 31, 10)])
def test_a_day_is_a_date_and_nothing_like_it(tmp_path, day):
    with pytest.raises(GovernanceError, match="expiry: Input should be a valid date"):
        read_governance(write_governance(tmp_path, expiry=day))


def test_a_day_that_does_not_exist_is_refused(tmp_path):
    path = write_governance(tmp_path)
    path.write_text(path.read_text().replace("2099-12-31", "2099-02-30"))

    with pytest.raises(GovernanceError, match="not valid TOML: Invalid date"):
        read_governance(path)


def test_all_faults_are_told_at_once(tmp_path):
    told = {"retention.logs_days": 182, "purpose.allowed": [], "acceptance.power": 2, "basis": None}

    with pytest.raises(GovernanceError, match="4 faults") as found:
        read_governance(write_governance(tmp_path, **told))

    assert all(name in str(found.value) for name in told)


@pytest.mark.parametrize("use", NEVER)
def test_what_is_never_allowed_must_be_forbidden(tmp_path, use):
    lacking = [one for one in NEVER if one != use]

    with pytest.raises(GovernanceError, match=f"forbidden lacks {use}"):
        read_governance(write_governance(tmp_path, **{"purpose.forbidden": lacking}))


def test_what_is_allowed_cannot_be_forbidden_too(tmp_path):
    path = write_governance(tmp_path, **{"purpose.forbidden": [*NEVER, "vouchers"]})

    with pytest.raises(GovernanceError, match="vouchers is allowed and forbidden at once"):
        read_governance(path)


@pytest.mark.parametrize("name", ["consent", "dpia", "iama"])
def test_nothing_is_dated_after_the_end(tmp_path, name):
    path = write_governance(tmp_path, expiry=date(2018, 1, 1))

    with pytest.raises(GovernanceError, match=f"{name}.*dated after the expiry"):
        read_governance(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'survey = "' + b"a" * 10_000_000 + b'"', "larger than 256 kB"),
        (b"survey = " + b"[" * 50_000, "nested too deeply"),
        (b"survey = \xff", "not valid TOML"),
        (b"surveys = 1", "surveys: Extra inputs"),
    ],
)
def test_what_is_no_governance_file_is_refused(tmp_path, content, why):
    path = tmp_path / "governance.toml"
    path.write_bytes(content)

    with pytest.raises(GovernanceError, match=why):
        read_governance(path)


@pytest.mark.parametrize("path", [Path("nowhere.toml"), Path("."), Path(__file__, "g.toml")])
def test_a_file_that_is_not_there_is_told(path):
    with pytest.raises(GovernanceError, match="Give"):
        read_governance(path)


def test_a_hash_is_of_what_is_said_and_not_of_the_layout(tmp_path):
    one = read_governance(write_governance(tmp_path, survey="werkonderzoek"))

    assert one == read_governance(SHIPPED)
    assert one.sha256 == read_governance(SHIPPED).sha256


def test_thresholds_may_be_explained_better_and_not_moved(tmp_path):
    before = read_governance(write_governance(tmp_path)).acceptance.sha256

    better = read_governance(write_governance(tmp_path, **{"acceptance.why": "Heard: all"}))
    moved = read_governance(write_governance(tmp_path, **{"acceptance.power": 0.06}))

    assert better.acceptance.sha256 == before != moved.acceptance.sha256


def test_pages_name_whom_to_ask_as_was_settled_unless_the_settings_say_so(tmp_path):
    named = {"organisation.contact": "HR, room 4", "organisation.object": "o" * 300}
    file = write_governance(tmp_path, **named)

    settled = governed(Settings(language="en"), tmp_path / "mine.toml")
    own = governed(Settings(contact={"ask": "me"}), tmp_path / "mine.toml")

    assert settled.governance == file
    assert settled.contact.ask == "HR, room 4"
    assert len(settled.contact.object) <= 200
    assert (own.contact.ask, own.contact.object) == ("me", "")
    assert Settings.model_validate(settled.model_dump(mode="json")).contact == settled.contact
