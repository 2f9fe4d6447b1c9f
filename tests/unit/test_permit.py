"""What may be made by what was settled, in which order, and what each page says of it."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pandas as pd
import pytest

from blijfwijzer.disclosure.chain import verify
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.disclosure.standing import SETTLE, WITHDRAW, note
from blijfwijzer.errors import AcceptanceError, GovernanceError, ModelFolderError, StoppedError
from blijfwijzer.governance.acceptance import Accepted, Judgement, require_accepted
from blijfwijzer.governance.places import file_beside, find_governance
from blijfwijzer.publish.files.release_files import report_files
from blijfwijzer.publish.pages.unit_page import render_index
from blijfwijzer.release.folder import refuse_place
from blijfwijzer.release.publication import publication
from blijfwijzer.release.request import Request
from blijfwijzer.runs.govern import check, draft, resume, stop
from blijfwijzer.runs.vouchers import VoucherRequest, vouchers
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from governed import write_governance
from reports import make_report
from small_releases import SMALL, make_release

BOOK = load_codebook(SMALL)
PLAN = {"lottery": 0.0, "no_lottery": "to keep it short", "budget": 500_000, "cost": 1000}


def asked(governance=None, kind="score", wave="2", **origin):
    told = {"survey_sha256": "abc", **origin}
    settings = Settings(governance=governance)
    return Request(kind, BOOK, settings, wave, ("rate:achterblijver",), told)


def make(folder, request, wave="2"):
    """Publish nothing but a record; give the marks of its pages."""
    with publication(folder / "out", request, folder / "ledger") as release:
        release.publish({}, {"forms": 1})
        return release


def enter_result(folder, **told):
    """Enter a result as an earlier version would have, without anything before it."""
    content = {"survey": "small", "wave": "2", "kind": "score", "dataset": "x", "request": "y"}
    with open_ledger(folder / "ledger" / "small", "small") as ledger:
        ledger.append({**content, "groups": {}, "minimum": 10, "columns": [], "parts": {}, **told})


@pytest.fixture
def ledger(tmp_path):
    return lambda: verify(tmp_path / "ledger" / "small")


def train(folder, request):
    with publication(folder / "out", request, folder / "ledger"):
        pass
    enter_result(folder, kind="train", model="m1", dataset="other", wave="1")


def test_thresholds_stand_in_the_ledger_before_the_result_that_they_judge(tmp_path, rng):
    folder = make_release(tmp_path).parent

    kinds = [line.content["kind"] for line in verify(folder / "ledger" / "small")]
    record = json.loads((folder / "out" / "run.json").read_text())
    assert kinds == [SETTLE, "score"]
    assert record["governance"]["document"]["survey"] == "small"


def test_thresholds_cannot_be_moved_after_a_result(tmp_path):
    make_release(tmp_path)
    moved = write_governance(tmp_path, **{"acceptance.power": 0.06})

    with pytest.raises(GovernanceError, match=r"newer than result 2 \(score\).*Put those back"):
        make(tmp_path, asked(moved))

    assert make(tmp_path, asked(write_governance(tmp_path))).permit.is_in_time


def test_thresholds_may_be_other_ones_for_a_wave_of_which_nothing_is_known(tmp_path):
    make_release(tmp_path)
    moved = write_governance(tmp_path, **{"acceptance.power": 0.06})

    release = make(tmp_path, asked(moved, wave="3", survey_sha256="def"))

    assert release.permit.is_in_time


def test_thresholds_are_late_for_a_result_that_was_made_without(tmp_path):
    enter_result(tmp_path)

    with pytest.raises(GovernanceError, match=r"newer than result 1.*made without any"):
        make(tmp_path, asked(write_governance(tmp_path)))


def test_thresholds_after_a_training_or_what_was_taken_back_are_told_as_late(tmp_path, ledger):
    enter_result(tmp_path)
    with open_ledger(tmp_path / "ledger" / "small", "small") as opened:
        opened.append(note(WITHDRAW, "small", {"lines": [1], "reason": "a trial"}))

    with publication(
        tmp_path / "out", asked(write_governance(tmp_path)), tmp_path / "ledger"
    ) as release:
        assert not release.permit.is_in_time

    assert ledger()[-1].content["kind"] == SETTLE


def test_thresholds_that_were_moved_after_a_training_are_refused(tmp_path):
    train(tmp_path, asked(write_governance(tmp_path)))
    moved = write_governance(tmp_path, **{"acceptance.slope_error": 0.3})

    with pytest.raises(GovernanceError, match=r"newer than result 2 \(train\)"):
        make(tmp_path, asked(moved, model="m", model_sha256="m1"))


def test_what_ended_allows_nothing_also_where_the_clock_is_set_back(tmp_path):
    ended = write_governance(tmp_path, expiry=datetime(2020, 1, 1).date())
    with pytest.raises(GovernanceError, match="ended on 2020-01-01"):
        make(tmp_path, asked(ended))

    with open_ledger(tmp_path / "ledger" / "small", "small") as opened:
        opened.append(note(WITHDRAW, "small", {"lines": []}), datetime(2100, 1, 1, tzinfo=UTC))
    with pytest.raises(GovernanceError, match="it is 2100-01-01 or later"):
        make(tmp_path, asked(write_governance(tmp_path)))


def test_what_the_survey_is_not_for_is_refused(tmp_path):
    own = write_governance(tmp_path, **{"purpose.allowed": ["culture"]})

    with pytest.raises(GovernanceError, match="vouchers is asked, and this survey is for culture"):
        make(tmp_path, asked(own))

    make(tmp_path, asked(own, kind="climate"))


def test_what_is_settled_of_another_survey_allows_nothing(tmp_path):
    with pytest.raises(GovernanceError, match="about the survey other, and this is small"):
        make(tmp_path, asked(write_governance(tmp_path, survey="other")))


def test_the_built_in_file_is_of_invented_people_only():
    book = load_codebook("werkonderzoek-2019")
    real = book.survey.model_copy(update={"population": "those who work at our town hall"})

    assert find_governance(None, book).survey == "werkonderzoek"
    assert find_governance(None, book.model_copy(update={"survey": real})) is None
    assert find_governance(None, BOOK) is None


def test_the_built_in_survey_says_that_its_people_are_invented(tmp_path):
    book = load_codebook("werkonderzoek-2019")

    with publication(tmp_path / "out", replace(asked(), codebook=book), tmp_path) as release:
        assert [remark.id for remark in release.remarks] == ["warning.example"]
        assert release.marks == () and release.permit.told["is_example"]


def test_a_codebook_s_own_file_wins_over_that_of_its_folder(tmp_path):
    (tmp_path / "models").mkdir()
    assert file_beside(tmp_path / "models") is None

    common = write_governance(tmp_path)
    assert file_beside(tmp_path / "mine.toml") == common == file_beside(tmp_path / "models")

    own = tmp_path / "mine.governance.toml"
    own.write_text("")
    assert file_beside(tmp_path / "mine.toml") == own


def test_what_is_stopped_ends_until_somebody_resumes_it(tmp_path, ledger):
    release = make_release(tmp_path)
    before = (release / "run.json").read_bytes()

    stop(tmp_path / "ledger", None, "a complaint")
    with pytest.raises(StoppedError, match=r"everything was stopped on .*: a complaint"):
        make(tmp_path, asked(write_governance(tmp_path)))
    with pytest.raises(StoppedError, match="Nothing was read"):
        refuse_place(tmp_path / "new", [], tmp_path / "ledger")
    with pytest.raises(StoppedError):
        vouchers(VoucherRequest(release, settings=Settings(vouchers=PLAN)), tmp_path / "ledger")
    assert (release / "run.json").read_bytes() == before

    resume(tmp_path / "ledger", None, "director HR", "mended")
    make(tmp_path, asked(write_governance(tmp_path), wave="3"))
    notes = [line.content["note"] for line in ledger() if line.content["kind"] == "resume"]
    assert notes == [{"model": "", "by": "director HR", "reason": "mended"}]
    with pytest.raises(GovernanceError, match="everything was not stopped"):
        resume(tmp_path / "ledger", None, "director HR", "mended")


def test_a_model_that_is_stopped_stops_what_uses_it_alone(tmp_path):
    make_release(tmp_path)
    with open_ledger(tmp_path / "ledger" / "small", "small") as opened:
        opened.append(note("stop", "small", {"model": opened.identify("m1"), "reason": "drift"}))
    own = write_governance(tmp_path)

    with pytest.raises(StoppedError, match="m-1 was stopped"):
        make(tmp_path, asked(own, wave="3", model_x="m-1", model_x_sha256="m1"))

    # One byte of the manifest of a model that is stopped makes it one that nobody trained.
    with pytest.raises(ModelFolderError, match="not trained with this ledger, or were altered"):
        make(tmp_path, asked(own, wave="3", model_x="m-2", model_x_sha256="m2"))

    enter_result(tmp_path, kind="train", model="m2", dataset="other", wave="1")
    make(tmp_path, asked(own, wave="3", model_x="m-2", model_x_sha256="m2"))


def test_what_nothing_was_settled_about_says_so_on_each_page_and_sheet(tmp_path):
    report = make_report("en", groups=4, flagged=2)
    with publication(tmp_path / "out", asked(), tmp_path / "ledger") as release:
        shown = release.warned(report)
    files = report_files(shown)
    page = files["report.html"].decode()
    book = openpyxl.load_workbook(io.BytesIO(files["blijfwijzer.xlsx"]))

    first = page[page.index("<main") :]
    assert "Not for use" in first[: first.index("</p>")]
    assert "@top-left" in page
    told = {
        sheet.title: " ".join(str(c.value) for r in sheet["A1:B9"] for c in r) for sheet in book
    }
    assert [title for title, text in told.items() if "Not for use" not in text] == []
    groups = book["Groups"]
    assert groups.auto_filter.ref.startswith("A2:") and groups.freeze_panes == "B3"
    index = render_index(shown, pd.DataFrame(columns=["group", "sector_label"]), {})
    assert "Not for use" in index.decode()


def test_pages_of_what_was_settled_bear_no_mark_and_say_what_is_not_yet(tmp_path):
    settled = make(tmp_path, asked(write_governance(tmp_path))).marks
    lacking = make(tmp_path, asked(write_governance(tmp_path, consent=None), wave="3")).marks

    assert settled == ()
    assert [mark.id for mark in lacking] == ["mark.unsettled"]


def test_no_vouchers_follow_from_what_nothing_was_settled_about(tmp_path):
    make(tmp_path, asked())
    release = make_release(tmp_path / "other", governed=False)
    before = (release / "run.json").read_bytes()

    with pytest.raises(GovernanceError, match="made without a governance file"):
        vouchers(
            VoucherRequest(release, settings=Settings(vouchers=PLAN)), tmp_path / "other" / "ledger"
        )

    assert (release / "run.json").read_bytes() == before


def test_vouchers_that_do_not_meet_the_thresholds_need_somebody_s_word(tmp_path):
    release = make_release(tmp_path, PLAN, exclusion=0.01)
    before = (release / "run.json").read_bytes()
    divide = VoucherRequest(release, settings=Settings(vouchers=PLAN))

    told = r"1 .* not met: exclusion is [\d.]+, and may be at most 0\.01\. Nothing was given"
    with pytest.raises(AcceptanceError, match=told):
        vouchers(divide, tmp_path / "ledger")
    assert (release / "run.json").read_bytes() == before

    vouchers(
        replace(divide, accepted=Accepted("director", "the rest is next")), tmp_path / "ledger"
    )
    told = json.loads((release / "run.json").read_text())["vouchers"]
    page = (release / "report.html").read_text()
    assert told["accepted"] == {"by": "director", "why": "the rest is next"}
    assert page.index("not met: the share of people") < page.index('id="short"')
    assert "Accepted by director" in page and "The rest is next." in page


@pytest.mark.parametrize(
    ("criterion", "value", "met"),
    [
        ("power", 0.5, True),
        ("power", 0.49, False),
        ("missed", 0.5, True),
        ("missed", 0.51, False),
        ("exclusion", None, None),
    ],
)
def test_a_threshold_is_met_at_its_own_value(criterion, value, met):
    judged = Judgement(criterion, "", value, 0.5)

    assert judged.is_met is met
    assert Judgement.read(judged.told) == judged
    if met is False:
        with pytest.raises(AcceptanceError):
            require_accepted([judged], Accepted("somebody", " "))
    else:
        require_accepted([judged], Accepted())


def test_a_draft_is_refused_until_it_is_decided(tmp_path):
    path = tmp_path / "governance.toml"
    draft(str(SMALL), path)

    with pytest.raises(GovernanceError, match="expiry.*owner.*is not decided yet"):
        check(path, tmp_path / "ledger")
    with pytest.raises(GovernanceError, match="is there already"):
        draft(str(SMALL), path)


def test_a_check_tells_all_that_contradicts_what_was_made(tmp_path, capsys):
    own = write_governance(tmp_path)
    assert check(own, tmp_path / "ledger").faults == ()
    make_release(tmp_path)
    assert check(own, tmp_path / "ledger").faults == ()

    odd = write_governance(
        tmp_path,
        iama=None,
        **{"consent.date": datetime(2090, 1, 1).date(), "acceptance.exclusion": 0.5},
    )

    faults = check(odd, tmp_path / "ledger").faults
    assert [fault.partition(":")[0] for fault in faults] == [
        *("iama", "consent", "acceptance", "consent")
    ]
    assert "after result 2" in faults[-1]
