"""Print the shape of the house beside what it shall be: lines, modules, functions, signatures.

Run by `make shape`; `--check` ends with 1 where a limit is passed. `__init__` files are not counted
among modules, nor the room `cli` among functions with many parameters, since its parameters are options.
"""

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

SOURCE = Path(__file__).parents[1] / "src" / "blijfwijzer"
LIMITS = {
    "lines": 31_000,
    "median module": 130,
    "longest module": 450,
    "modules under 20 lines": 0,
    "median function": 8,
    "95th percentile of functions": 30,
    "longest function": 60,
    "functions with more than 6 parameters, %": 1.0,
    "files at the root": 7,
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(source: Path) -> list[Path]:
    """Give the modules of a package, apart from `__init__` files."""
    return sorted(path for path in source.rglob("*.py") if path.stem != "__init__")


def functions(path: Path) -> Iterator[Function]:
    """Give the functions and methods of a module, those inside others too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """Count the lines of a function's body, without its docstring."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> int:
    """Count the parameters that a caller gives."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return sum(argument.arg not in ("self", "cls") for argument in named)


def measure(source: Path) -> dict[str, float]:
    """Measure a package by what `LIMITS` names."""
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in source.rglob("*.py")}
    own = {path: lengths[path] for path in modules(source)}
    found = [(path, function) for path in own for function in functions(path)]
    bodies = sorted(body_lines(function) for _, function in found)
    wide = [f for path, f in found if path.parent.name != "cli" and parameters(f) > 6]
    return {
        "lines": sum(lengths.values()),
        "median module": median(own.values()),
        "longest module": max(own.values()),
        "modules under 20 lines": sum(
            length < 20 for path, length in own.items() if path.stem != "__main__"
        ),
        "median function": median(bodies),
        "95th percentile of functions": bodies[int(0.95 * len(bodies))],
        "longest function": bodies[-1],
        "functions with more than 6 parameters, %": 100 * len(wide) / len(found),
        "files at the root": sum(p.suffix == ".py" for p in source.iterdir()) - 1,
    }


def outliers(source: Path) -> Iterator[str]:
    """Name the modules and functions that pass a limit."""
    for path in modules(source):
        name = path.relative_to(source)
        length = len(path.read_text(encoding="utf-8").splitlines())
        if length > LIMITS["longest module"]:
            yield f"{name}: {length} lines"
        for function in functions(path):
            if body_lines(function) > LIMITS["longest function"]:
                yield f"{name}:{function.lineno} {function.name}: {body_lines(function)} lines"
            if parameters(function) > 6 and path.parent.name != "cli":
                yield f"{name}:{function.lineno} {function.name}: {parameters(function)} parameters"


def main() -> None:
    """Print the table, and with `--outliers` what passes a limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="end with 1 where a limit is passed")
    parser.add_argument("--outliers", action="store_true", help="name what passes a limit")
    parser.add_argument("--source", type=Path, default=SOURCE)
    asked = parser.parse_args()
    found = measure(asked.source)
    for name, value in found.items():
        sign = "" if value <= LIMITS[name] else "  <- too many"
        form = ".1f" if "%" in name else ",.0f"
        print(f"{name:42}{value:10{form}}{LIMITS[name]:10{form}}{sign}")
    if asked.outliers:
        print("\n".join(outliers(asked.source)))
    raise SystemExit(asked.check and any(found[n] > limit for n, limit in LIMITS.items()))


if __name__ == "__main__":
    main()
