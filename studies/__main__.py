"""The door of the studies: `python -m studies validation`, `python -m studies bench`."""

import argparse
from pathlib import Path

from blijfwijzer.files import write_beside
from blijfwijzer.progress import show_progress


def main() -> None:
    """Run one study and write its page."""
    parser = argparse.ArgumentParser(prog="python -m studies", description=__doc__)
    parser.add_argument("study", choices=("validation", "bench"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="public surveys")
    parser.add_argument("--output", type=Path, required=True, help="page to write")
    asked = parser.parse_args()
    if asked.study == "bench":
        from studies.bench import run_bench as study
    else:
        from studies.validation import validate as study
    with show_progress() as tell:
        text = study(asked.data, tell)
    with write_beside(asked.output) as beside:
        beside.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
