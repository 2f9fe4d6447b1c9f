"""The largest costs of a command: `python -m studies.costs score --respondents 4000`."""

import argparse
import subprocess
import sys
from pathlib import Path

from studies.sampling import Costs, read_costs

COUNT = 10
_COMMANDS = ("score", "climate", "check", "explain")
_SURVEYS = {
    "built-in": ("werkonderzoek-2019", "vertrekintentie"),
    "fevs": ("fevs-2018", "vertrekintentie"),
}
_LEARNT_FROM = 4_000
"""Respondents of the built-in survey that models are trained on: what they are matters little."""


def main() -> None:
    """Print where a command spends its CPU time, on a survey of some size."""
    parser = argparse.ArgumentParser(prog="python -m studies.costs", description=__doc__)
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("--survey", choices=_SURVEYS, default="built-in")
    parser.add_argument("--respondents", type=int, default=40_000, help="of the built-in survey")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="public surveys")
    parser.add_argument("--folder", type=Path, default=Path("out/profile"), help="kept for again")
    asked = parser.parse_args()
    print(tell_costs(profile(asked.command, asked)))


def profile(command: str, asked: argparse.Namespace) -> Costs:
    """Run a command in a process of its own and give what it took."""
    codebook, target = _SURVEYS[asked.survey]
    folder: Path = asked.folder / asked.survey
    folder.mkdir(parents=True, exist_ok=True)
    survey = asked.data / "fevs2018.csv.gz"
    if asked.survey == "built-in":
        survey = _made(folder, asked.respondents, 2022)
    models = folder / "models"
    if command in ("score", "explain") and not models.exists():
        learnt = _made(folder, _LEARNT_FROM, 2019) if asked.survey == "built-in" else survey
        _run("blijfwijzer", "train", learnt, "--codebook", codebook, "--models", models)
    costs, output = folder / "costs.json", folder / f"{command}-{asked.respondents}"
    lines: dict[str, list[object]] = {
        "score": [survey, "--models", models, "--output", output, "--ledger", folder / "ledger"],
        "climate": [survey, "-c", codebook, "--output", output, "--ledger", folder / "ledger"],
        "check": [survey, "-c", codebook],
        "explain": [models, survey, "--target", target, "--output", output],
    }
    _run("studies.sampling", costs, command, *lines[command])
    return read_costs(costs)


def tell_costs(costs: Costs) -> str:
    """Write the largest costs as a table in Markdown."""
    lines = [f"{costs.seconds:.1f} s of CPU", "", "| function | s | share |", "|---|---|---|"]
    lines += [
        f"| `{name}` | {seconds:.2f} | {seconds / costs.seconds:.0%} |"
        for name, seconds in costs.largest(COUNT)
    ]
    return "\n".join(lines)


def _made(folder: Path, respondents: int, wave: int) -> Path:
    path = folder / f"{wave}-{respondents}.parquet"
    if not path.exists():
        size = ("--respondents", respondents, "--wave", wave)
        _run("blijfwijzer", "synthesise", *size, "--output", path)
    return path


def _run(module: str, *arguments: object) -> None:
    subprocess.run([sys.executable, "-m", module, *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
