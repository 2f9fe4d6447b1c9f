"""Output is whole or absent."""

from pathlib import Path

import pytest

from blijfwijzer.errors import DiskFullError, NotWritableError
from blijfwijzer.files import hash_files, to_json, write_beside, write_files, write_folder_beside


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def write_output(folder: Path, name: str) -> None:
    """Write an output of one file, which its record lists with its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: name.encode()}
    write_files(folder, {**files, "record": to_json({"files": hash_files(files)})})


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
    write_output(tmp_path / "model", "old")

    with pytest.raises(interruption), write_folder_beside(tmp_path / "model", "record") as folder:
        (folder / "half").write_text("half")
        raise interruption

    assert left_in(tmp_path) == ["model", "model/old", "model/record"]


def test_a_folder_takes_the_place_of_the_old_one(tmp_path):
    write_output(tmp_path / "model", "old")

    with write_folder_beside(tmp_path / "model", "record") as folder:
        (folder / "new").write_text("new")

    assert left_in(tmp_path) == ["model", "model/new"]


@pytest.mark.parametrize("target", ["victim", "nowhere"])
def test_nothing_that_a_link_points_at_is_replaced(tmp_path, target):
    write_output(tmp_path / "victim", "precious")
    (tmp_path / "link").symlink_to(tmp_path / target)

    with (
        pytest.raises(NotWritableError, match="is a link"),
        write_folder_beside(tmp_path / "link", "record"),
    ):
        pass

    assert left_in(tmp_path) == ["link", "victim", "victim/precious", "victim/record"]


def add_file(folder):
    (folder / "advies-OR.docx").write_text("theirs")


def add_deeper(folder):
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.docx").write_text("theirs")


def add_link(folder):
    (folder / "mine").symlink_to(folder.parent)


def add_folder(folder):
    (folder / "mine").mkdir()


def alter(folder):
    (folder / "table").write_text("altered by hand")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (add_file, "advies-OR.docx"),
        (add_deeper, "mine/thesis.docx"),
        (add_link, "mine"),
        (add_folder, "mine"),
        (alter, "table"),
    ],
)
def test_an_earlier_output_to_which_something_was_done_is_refused_and_that_is_named(
    tmp_path, change, named
):
    write_output(tmp_path / "out", "table")
    change(tmp_path / "out")
    before = left_in(tmp_path)

    with (
        pytest.raises(NotWritableError, match=named),
        write_folder_beside(tmp_path / "out", "record"),
    ):
        pass

    assert left_in(tmp_path) == before


@pytest.mark.parametrize("content", ["not json", "[]", "{}", '{"files": 3}', '{"sha256": "ab"}'])
def test_a_folder_is_no_output_for_a_file_that_is_called_as_a_record(tmp_path, content):
    (tmp_path / "proj" / "sub").mkdir(parents=True)
    (tmp_path / "proj" / "record").write_text(content)
    (tmp_path / "proj" / "sub" / "thesis.docx").write_text("theirs")

    with (
        pytest.raises(NotWritableError, match="another folder is in this place"),
        write_folder_beside(tmp_path / "proj", "record"),
    ):
        pass

    assert (tmp_path / "proj" / "sub" / "thesis.docx").exists()


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
    write_output(tmp_path / ".model.old", "old")

    with (
        pytest.raises(ValueError, match="stopped"),
        write_folder_beside(tmp_path / "model", "record"),
    ):
        raise ValueError("stopped")

    assert left_in(tmp_path) == ["model", "model/old", "model/record"]


def test_an_interruption_between_two_renames_leaves_the_old_folder(tmp_path, monkeypatch):
    write_output(tmp_path / "model", "old")
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

    assert (tmp_path / "model" / "old").read_text() == "old"


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
