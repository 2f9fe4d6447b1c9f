"""A survey of Parquet in an object store, read by its address: `s3://...`, by way of fsspec.

It is read into memory and lies on no disk of this machine. Who may read it is for the store to say:
passwords stand in its own settings or environment, and never in an address.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar

from blijfwijzer.errors import SurveyNotFoundError, refuse_without

T = TypeVar("T")
_ADDRESS = re.compile(r"([a-z][a-z0-9+]+):/{1,2}([^/].*)")
"""A path has one slash where an address had two; names of drives have one letter."""
_PASSWORD = re.compile(r"[^/@]*:[^/]*@")


@dataclass(frozen=True)
class InStore:
    """A file or folder in a store, with what is asked of a `Path`."""

    scheme: str
    path: PurePosixPath

    @property
    def name(self) -> str:
        """Of the file, without its folders."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """With its dot."""
        return self.path.suffix

    def __str__(self) -> str:
        """Write its address."""
        return f"{self.scheme}://{self.path}"

    def __lt__(self, other: "InStore") -> bool:
        """Whether it comes before another one by its name."""
        return self.path < other.path

    def exists(self) -> bool:
        """Tell whether it is there."""
        return bool(self._ask(lambda store, path: store.exists(path)))

    def is_dir(self) -> bool:
        """Tell whether it is a folder."""
        return bool(self._ask(lambda store, path: store.isdir(path)))

    def is_file(self) -> bool:
        """Tell whether it is a file."""
        return bool(self._ask(lambda store, path: store.isfile(path)))

    def size(self) -> int:
        """Give its bytes."""
        return int(self._ask(lambda store, path: store.size(path)))

    def iterdir(self) -> Iterator["InStore"]:
        """Give what is in it."""
        for name in self._ask(lambda store, path: store.ls(path, detail=False)):
            yield InStore(self.scheme, self.path / PurePosixPath(str(name)).name)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open it for reading."""
        with self._ask(lambda store, path: store.open(path, "rb")) as file:
            yield file

    def _ask(self, what: Callable[[Any, str], T]) -> T:
        refuse_without("fsspec", "dask", "surveys in object stores")
        from fsspec.core import url_to_fs

        try:
            return what(*url_to_fs(str(self)))
        except ImportError as error:
            raise SurveyNotFoundError(
                f"{self}: reading from {self.scheme} needs a package that is not installed "
                f"({error.name or error}). Install it beside fsspec."
            ) from error
        except Exception as error:  # Of what cannot be reached each store raises its own kinds.
            raise SurveyNotFoundError(
                f"{self}: cannot be reached or read ({type(error).__name__}). Look at the address, "
                "and at who may read there."
            ) from error


Place = Path | InStore
"""Where a survey is."""


def find_place(path: Path) -> Place:
    """Give the place that a path or address means.

    >>> str(find_place(Path("s3:/surveys/2022")))
    's3://surveys/2022'

    Raises
    ------
    SurveyNotFoundError
        A password stands in the address, which messages and logs would repeat.
    """
    found = _ADDRESS.fullmatch(str(path))
    if found is not None and _PASSWORD.match(found[2]):
        raise SurveyNotFoundError(
            f"{found[1]}: 1 password stands in the address, where messages and logs repeat it. "
            "Nothing was read. Put it in the settings or the environment of the store."
        )
    return path if found is None else InStore(found[1], PurePosixPath(found[2]))


@contextmanager
def open_place(place: Place) -> Iterator[BinaryIO]:
    """Open a file for reading, wherever it is."""
    with place.open("rb") if isinstance(place, Path) else place.open() as file:
        yield file


def size_of(place: Place) -> int:
    """Give the bytes of a file, wherever it is."""
    return place.stat().st_size if isinstance(place, Path) else place.size()
