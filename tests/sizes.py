"""Print how large the package by itself is, and what each extra adds, as installed beside it.

Files of installed packages are added up, in MB of a million bytes, without `__pycache__`; what a
package brings along counts too. An extra that is not installed whole is told as such.
"""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "blijfwijzer"


def wanted(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """Give what an installed package asks for here, with some of its extras."""
    for text in distribution(name).requires or []:
        found = Requirement(text)
        if found.marker is None or any(found.marker.evaluate({"extra": e}) for e in extras | {""}):
            yield found


def closure(*extras: str) -> set[str]:
    """Names of all that the package brings along with some of its extras."""
    todo, seen = [(PACKAGE, frozenset(extras))], set[tuple[str, frozenset[str]]]()
    while todo:
        own = todo.pop()
        if own not in seen:
            seen.add(own)
            asked = wanted(*own)
            todo += [(canonicalize_name(r.name), frozenset(r.extras)) for r in asked]
    return {name for name, _ in seen} - {PACKAGE}


def megabytes(names: set[str]) -> float:
    """Add up the files of installed packages."""
    files = (file for name in names for file in distribution(name).files or [])
    places = {
        str(f.locate()) for f in files if "__pycache__" not in f.parts and f.locate().is_file()
    }
    return sum(Path(place).stat().st_size for place in places) / 1e6


def main() -> None:
    """Print a row per extra."""
    core = closure()
    print(f"{'':<12}{'packages':>9}{'MB':>6}")
    print(f"{'by itself':<12}{len(core):>9}{megabytes(core):>6.0f}")
    for extra in distribution(PACKAGE).metadata.get_all("Provides-Extra") or []:
        try:
            added = closure(extra) - core
            print(f"{extra:<12}{len(added):>9}{megabytes(added):>6.0f}")
        except PackageNotFoundError as error:
            print(f"{extra:<12}  not installed whole: {error.name}")


if __name__ == "__main__":
    main()
