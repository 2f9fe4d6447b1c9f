"""The door of the studies: `python -m studies validation`, `bench`; `flags`, `rates`."""

import argparse
from pathlib import Path

from blijfwijzer.files import write_beside
from blijfwijzer.progress import Tell, show_progress


def main() -> None:
    """Run one study and write its page."""
    parser = argparse.ArgumentParser(prog="python -m studies", description=__doc__)
    parser.add_argument("study", choices=("validation", "bench", "flags", "rates"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="public surveys")
    parser.add_argument("--output", type=Path, required=True, help="page to write")
    asked = parser.parse_args()
    with show_progress() as tell:
        text = _run(asked.study, asked.data, tell)
    with write_beside(asked.output) as beside:
        beside.write_text(text, encoding="utf-8")
    print(text)


def _run(study: str, data: Path, tell: Tell) -> str:
    if study == "bench":
        from studies.bench import run_bench

        return run_bench(data, tell)
    if study == "flags":
        from studies.flags import validate_flags

        return validate_flags(tell)
    if study == "rates":
        from studies.rates import validate_rates

        return validate_rates(tell)
    from studies.validation import validate

    return validate(data, tell)


if __name__ == "__main__":
    main()
