"""The largest costs of a command: `python -m studies.costs score --respondents 4000`."""

import argparse
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from blijfwijzer.progress import Tell
from studies.sampling import Costs, read_costs

COUNT = 10
_COMMANDS = ("check", "train", "score", "climate", "explain")
_SURVEYS = {
    "built-in": ("werkonderzoek-2019", "vertrekintentie"),
    "fevs": ("fevs-2018", "vertrekintentie"),
}
_LEARNT_FROM = 4_000
"""Respondents of the built-in survey that models are trained on: what they are matters little."""
_SIZES = (40_000, 300_000)
_LARGE = ("check", "score")
"""Commands of which larger surveys are tried."""
DONE: dict[str, str] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
"""Function, or a module and what is in it, to what was done about what it takes."""


@dataclass(frozen=True)
class Asked:
    """A survey to run a command on.

    Attributes
    ----------
    survey : one of the names above
    respondents : of the built-in survey
    data : folder of public surveys
    folder : where surveys, models and outputs are kept for again
    """

    survey: str
    respondents: int
    data: Path
    folder: Path


def bench_costs(data: Path, tell: Tell) -> str:
    """Write the largest costs of each command, by size of the survey, as a section of the page."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Asked("built-in", _SIZES[0], data, Path(folder))
        return "\n".join([*_section(asked, tell), ""])


def _section(asked: Asked, tell: Tell) -> Iterator[str]:
    yield "## Largest costs"
    yield ""
    yield (
        "CPU-seconds by function of ours: what a library did for one is that function's. "
        "Beside other work they are up to twice too many, and shares are not. Models of the "
        f"built-in survey are trained on {_LEARNT_FROM:,} responses, but for `train`. "
        "`make profile` tells the same of one command. What was done, by the history, is about the "
        "function or its module."
    )
    tries = [replace(asked, respondents=size) for size in _SIZES]
    for command in _COMMANDS:
        for each in [*tries[: 3 if command in _LARGE else 1], replace(asked, survey="fevs")]:
            if each.survey == "fevs" and not _file_of(each).exists():
                continue
            name = "FEVS 2018" if each.survey == "fevs" else f"{each.respondents:,} responses"
            tell(f"costs of {command}: {name}")
            yield ""
            yield f"### `{command}`, {name}"
            yield ""
            yield tell_costs(profile(command, each))


def main() -> None:
    """Print where a command spends its CPU time, on a survey of some size."""
    parser = argparse.ArgumentParser(prog="python -m studies.costs", description=__doc__)
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("--survey", choices=_SURVEYS, default="built-in")
    parser.add_argument("--respondents", type=int, default=40_000, help="of the built-in survey")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="public surveys")
    parser.add_argument("--folder", type=Path, default=Path("out/profile"), help="kept for again")
    given = vars(parser.parse_args())
    print(tell_costs(profile(given.pop("command"), Asked(**given))))


def profile(command: str, asked: Asked) -> Costs:
    """Run a command in a process of its own and give what it took."""
    codebook, target = _SURVEYS[asked.survey]
    folder = asked.folder / asked.survey
    folder.mkdir(parents=True, exist_ok=True)
    survey, models = _file_of(asked), folder / "models"
    if asked.survey == "built-in":
        _make(survey, asked.respondents, 2022)
    if command in ("score", "explain") and not models.exists():
        learnt = survey
        if asked.survey == "built-in":
            learnt = folder / "learnt.parquet"
            _make(learnt, _LEARNT_FROM, 2019)
        _run("blijfwijzer", "train", learnt, "--codebook", codebook, "--models", models)
    costs, output = folder / "costs.json", folder / f"{command}-{asked.respondents}"
    ledger = folder / f"ledger-{command}"
    lines: dict[str, list[object]] = {
        "check": [survey, "-c", codebook],
        "train": [survey, "-c", codebook, "--target", target, "--models", output / "models"],
        "score": [survey, "--models", models, "--output", output, "--ledger", ledger],
        "climate": [survey, "-c", codebook, "--output", output, "--ledger", ledger],
        "explain": [models, survey, "--target", target, "--output", output, "--ledger", ledger],
    }
    _run("studies.sampling", costs, command, *lines[command])
    return read_costs(costs)


def tell_costs(costs: Costs) -> str:
    """Write the largest costs as a table in Markdown."""
    head = ["| function | s | share | what was done about it |", "|---|---|---|---|"]
    lines = [f"{costs.seconds:.1f} s of CPU", "", *head]
    lines += [
        f"| `{name}` | {seconds:.2f} | {seconds / costs.seconds:.0%} | {_done_about(name)} |"
        for name, seconds in costs.largest(COUNT)
    ]
    return "\n".join(lines)


def _done_about(name: str) -> str:
    """Say what was done about a function, or about its module."""
    about = [known for known in DONE if f"{name}.".startswith(f"{known}.")]
    return DONE[max(about, key=len)] if about else "nothing"


def _file_of(asked: Asked) -> Path:
    """Give where a survey lies, or shall lie."""
    if asked.survey == "fevs":
        return asked.data / "fevs2018.csv.gz"
    return asked.folder / asked.survey / f"2022-{asked.respondents}.parquet"


def _make(path: Path, respondents: int, wave: int) -> None:
    if not path.exists():
        size = ("--respondents", respondents, "--wave", wave)
        _run("blijfwijzer", "synthesise", *size, "--output", path)


def _run(module: str, *arguments: object) -> None:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
