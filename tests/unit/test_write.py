"""Output is whole or absent."""

from pathlib import Path

import pytest

from blijfwijzer.errors import DiskFullError, NotWritableError
from blijfwijzer.files import write_beside, write_folder_beside


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_file_appears_whole(tmp_path):
    with write_beside(tmp_path / "new" / "table.csv") as path:
        path.write_text("a")
        assert path.suffix == ".csv"
        assert not (tmp_path / "new" / "table.csv").exists()

    assert left_in(tmp_path) == ["new", "new/table.csv"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError, SystemExit])
def test_an_interrupted_file_leaves_the_old_one_and_nothing_else(tmp_path, interruption):
    (tmp_path / "table.csv").write_text("old")

    with pytest.raises(interruption), write_beside(tmp_path / "table.csv") as path:
        path.write_text("half")
        raise interruption

    assert left_in(tmp_path) == ["table.csv"]
    assert (tmp_path / "table.csv").read_text() == "old"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interrupted_folder_leaves_the_old_one_and_nothing_else(tmp_path, interruption):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("old")

    with pytest.raises(interruption), write_folder_beside(tmp_path / "model", "old") as folder:
        (folder / "half").write_text("half")
        raise interruption

    assert left_in(tmp_path) == ["model", "model/old"]


def test_a_folder_takes_the_place_of_the_old_one(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("old")

    with write_folder_beside(tmp_path / "model", "old") as folder:
        (folder / "new").write_text("new")

    assert left_in(tmp_path) == ["model", "model/new"]


def test_a_link_to_a_folder_stays_a_link_and_its_folder_is_written(tmp_path):
    real = tmp_path / "elsewhere" / "real"
    (tmp_path / "link").symlink_to(real)
    for name in ("first", "second"):
        with write_folder_beside(tmp_path / "link", "record") as folder:
            (folder / "record").write_text(name)

    assert (tmp_path / "link").is_symlink()
    assert (real / "record").read_text() == "second"
    assert left_in(tmp_path) == ["elsewhere", "elsewhere/real", "elsewhere/real/record", "link"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_folder_that_the_system_denies_is_not_writable():
    for place in ("/proc/x/y", "/proc/x"):
        with (
            pytest.raises(NotWritableError, match="cannot be written here"),
            write_folder_beside(Path(place)),
        ):
            pass


@pytest.mark.parametrize("mark", ["", "record"])
def test_what_is_no_earlier_output_is_never_replaced(tmp_path, mark):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    (tmp_path / "survey.csv").write_text("answers")

    for place in ("notes", "survey.csv"):
        with (
            pytest.raises(NotWritableError, match="would be deleted"),
            write_folder_beside(tmp_path / place, mark),
        ):
            pass

    assert left_in(tmp_path) == ["notes", "notes/mine.txt", "survey.csv"]


def test_a_run_killed_between_two_renames_loses_nothing(tmp_path):
    old = tmp_path / ".model.old"
    old.mkdir()
    (old / "record").write_text("old")

    with (
        pytest.raises(ValueError, match="stopped"),
        write_folder_beside(tmp_path / "model", "record"),
    ):
        raise ValueError("stopped")

    assert left_in(tmp_path) == ["model", "model/record"]


def test_an_interruption_between_two_renames_leaves_the_old_folder(tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "record").write_text("old")
    rename = Path.rename

    def interrupted(path, target):
        if Path(target).name == "model" and path.name != ".model.old":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with (
        pytest.raises(KeyboardInterrupt),
        write_folder_beside(tmp_path / "model", "record") as beside,
    ):
        (beside / "record").write_text("new")

    assert (tmp_path / "model" / "record").read_text() == "old"


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path):
    with (
        pytest.raises(DiskFullError, match="disk is full and nothing was written"),
        write_beside(tmp_path / "table.csv"),
    ):
        Path("/dev/full").write_text("a device that is always full")

    assert left_in(tmp_path) == []


def test_a_place_that_is_a_file_cannot_hold_a_folder(tmp_path):
    (tmp_path / "taken").write_text("a file")

    with (
        pytest.raises(NotWritableError, match="nothing was"),
        write_beside(tmp_path / "taken" / "table.csv"),
    ):
        pass
    with (
        pytest.raises(NotWritableError, match="nothing was"),
        write_folder_beside(tmp_path / "taken" / "model"),
    ):
        pass
