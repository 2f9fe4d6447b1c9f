"""A release of an earlier version, which lacks what a later one writes."""

import io
import json

import pandas as pd
import pytest

from blijfwijzer.errors import BlijfwijzerError, ReleaseError, SettingsError
from blijfwijzer.progress import silent
from blijfwijzer.publish.files.release_files import report_from_json, report_to_json
from blijfwijzer.publish.pages.score_page import render_report, write_workbook
from blijfwijzer.release.folder import read_release, settings_of
from blijfwijzer.runs.vouchers import VoucherRequest, divide, publish_division
from blijfwijzer.settings import Settings
from reports import make_report
from small_releases import make_release

PLAN = {"budget": 50_000, "cost": 1000}
REPORT = json.loads(report_to_json(make_report("en", groups=4, flagged=2)))
COLUMNS = (
    *("group", "label", "level", "kind", "sector_label", "n", "people", "own_n", "own_people"),
    *("achterblijver_rate", "achterblijver_low", "achterblijver_high"),
)


def without(*names):
    """Give files of which the report never heard of some of its parts."""

    def older(files):
        report = json.loads(files["report.json"])
        kept = {name: part for name, part in report.items() if name not in names}
        return {**files, "report.json": json.dumps(kept).encode()}

    return older


def without_column(name):
    def older(files):
        groups = pd.read_parquet(io.BytesIO(files["groups.parquet"]))
        return {**files, "groups.parquet": groups.drop(columns=name).to_parquet()}

    return older


def test_vouchers_are_added_to_a_report_from_before_the_self_check_card(tmp_path):
    later = ("card", "reach", "reach_gaps", "reach_conclusions", "segments")
    make_release(tmp_path, PLAN, older=without(*later))

    divided = divide(VoucherRequest(tmp_path / "out"), tmp_path / "ledger", silent)
    publish_division(divided, tmp_path / "out", tmp_path / "ledger", silent)

    assert (pd.read_csv(tmp_path / "out" / "vouchers.csv", sep=None, engine="python").size) > 0
    assert b"vouchers" in (tmp_path / "out" / "report.html").read_bytes()


@pytest.mark.parametrize("name", sorted(REPORT))
def test_a_report_without_one_of_its_parts_is_shown_or_refused_by_name(name):
    content = json.dumps({part: told for part, told in REPORT.items() if part != name}).encode()

    try:
        report = report_from_json(content)
    except ReleaseError as error:
        assert f"missing: {name}." in str(error)
        assert "Score the survey again" in str(error)
    else:
        assert render_report(report)
        assert write_workbook(report)


@pytest.mark.parametrize("name", COLUMNS)
def test_groups_without_one_of_their_columns_are_divided_over_or_refused_by_name(tmp_path, name):
    make_release(tmp_path, PLAN, older=without_column(name))

    with pytest.raises(
        BlijfwijzerError, match=rf"lacks 1 column: {name}\. .* Score the survey again"
    ):
        divide(VoucherRequest(tmp_path / "out"), tmp_path / "ledger", silent)


def test_a_missing_part_stops_a_release_before_anything_is_computed(tmp_path):
    release = make_release(tmp_path, PLAN, older=without("fairness", "withheld"))

    with pytest.raises(ReleaseError, match="2 parts are missing: fairness, withheld"):
        read_release(release)


def test_settings_of_another_version_are_refused_with_what_to_do():
    told = Settings().model_dump(mode="json")

    assert settings_of({"settings": told}) == Settings()
    with pytest.raises(SettingsError, match="another version"):
        settings_of({"settings": {**told, "dropped": 1}})
    with pytest.raises(SettingsError, match="another version"):
        settings_of({"settings": {**told, "vouchers": {"dropped": 1}}})
