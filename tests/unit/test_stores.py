"""Surveys in object stores, read by their address."""

from pathlib import Path

import pandas as pd
import pytest

from blijfwijzer.errors import (
    CorruptFileError,
    MissingExtraError,
    PartsError,
    SurveyNotFoundError,
    UnknownFormatError,
)
from blijfwijzer.settings import IntakeSettings
from blijfwijzer.survey import stores
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.files import hash_file, read_table
from blijfwijzer.survey.intake import read_survey
from questionnaires import SMALL, small_survey

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def survey(tmp_path, rng):
    """A survey in three parts on a disk, and the same in a store."""
    rows = small_survey(rng, 300)
    (tmp_path / "wave").mkdir()
    store = fsspec.filesystem("memory")
    for number in range(3):
        part = rows.iloc[100 * number : 100 * number + 100]
        part.to_parquet(tmp_path / "wave" / f"part-{number}.parquet")
        store.pipe(
            f"/surveys/wave/part-{number}.parquet",
            (tmp_path / "wave" / f"part-{number}.parquet").read_bytes(),
        )
    store.pipe("/surveys/wave/_SUCCESS", b"")
    yield tmp_path / "wave"
    store.rm("/surveys", recursive=True)


@pytest.mark.parametrize("part", ["", "part-1.parquet"])
def test_a_survey_in_a_store_is_that_of_the_disk(survey, part):
    here, there = survey / part, Path("memory://surveys/wave") / part

    found = read_survey(there, load_codebook(SMALL), IntakeSettings())

    own = read_survey(here, load_codebook(SMALL), IntakeSettings())
    pd.testing.assert_frame_equal(found.responses, own.responses)
    assert found.sha256 == own.sha256 == hash_file(there)
    assert (found.file, found.account) == (own.file, own.account)


@pytest.mark.parametrize(
    "name, content, error",
    [
        ("nowhere.parquet", None, SurveyNotFoundError),
        ("wave.csv", b"a,b\n1,2\n", UnknownFormatError),
        ("cut.parquet", b"PAR1 and no more", CorruptFileError),
        ("wave/notes.txt", b"what is this", PartsError),
    ],
)
def test_what_a_store_lacks_or_has_besides_is_refused(survey, name, content, error):
    if content is not None:
        fsspec.filesystem("memory").pipe(f"/surveys/{name}", content)
    address = f"memory://surveys/{name}" if error is not PartsError else "memory://surveys/wave"

    with pytest.raises(error, match=name.split("/")[0]):
        read_table(Path(address))


def test_a_store_that_cannot_be_reached_is_told_without_its_answer(monkeypatch):
    def refuse(address):
        raise PermissionError("secret token 123")

    monkeypatch.setattr("fsspec.core.url_to_fs", refuse)

    with pytest.raises(
        SurveyNotFoundError, match=r"s3://bucket/wave\.parquet: cannot be reached"
    ) as told:
        read_table(Path("s3://bucket/wave.parquet"))

    assert "123" not in str(told.value)


def test_a_store_of_which_the_package_is_missing_is_told():
    with pytest.raises(SurveyNotFoundError, match="Install it beside fsspec|cannot be reached"):
        read_table(Path("gs://bucket/wave.parquet"))


def test_without_fsspec_its_extra_is_named(monkeypatch):
    monkeypatch.setattr("blijfwijzer.errors.find_spec", lambda name: None)

    with pytest.raises(MissingExtraError, match=r"blijfwijzer\[dask\]"):
        read_table(Path("s3://bucket/wave.parquet"))


@pytest.mark.parametrize(
    "path", ["wave.parquet", "/data/2022/wave.parquet", "C:/wave.parquet", "a:b"]
)
def test_a_path_is_no_address(path):
    assert stores.find_place(Path(path)) == Path(path)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/x.parquet", "github://x/y.parquet", "reference://x.parquet"]
)
def test_whatever_a_store_raises_is_told_without_a_traceback(address):
    with pytest.raises(SurveyNotFoundError, match="cannot be reached or read"):
        read_table(Path(address))


def test_an_address_with_a_password_is_refused_and_not_repeated():
    with pytest.raises(SurveyNotFoundError, match="1 password stands in the address") as told:
        read_table(Path("s3://someone:secret@surveys/wave.parquet"))

    assert "secret" not in str(told.value)
    assert str(stores.find_place(Path("abfs://a@b.dfs.net/x"))) == "abfs://a@b.dfs.net/x"
