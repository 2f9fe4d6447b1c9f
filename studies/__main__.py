"""The door of the studies: `python -m studies validation`, `bench`, or one section alone."""

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from blijfwijzer.files import write_beside
from blijfwijzer.progress import Tell, show_progress

Section = Callable[[Path, Tell], str]
LARGE = "## Large surveys"
"""Heading of the section that `bench-large` makes."""
HUGE = "## Ten million responses"
"""Heading of the section that `bench-huge` makes."""


def main() -> None:
    """Run one study and write its page, or one section of it."""
    parser = argparse.ArgumentParser(prog="python -m studies", description=__doc__)
    parser.add_argument(
        "study", choices=("validation", "bench", "bench-large", "bench-huge", "noise")
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="public surveys")
    parser.add_argument("--output", type=Path, required=True, help="page to write")
    parser.add_argument("--only", help="section to make and put in its place on the page")
    parser.add_argument(
        "--organisations", type=int, default=1_000, help="random organisations for the gate"
    )
    parser.add_argument(
        "--record",
        type=Path,
        default=Path("out/gate.jsonl"),
        help="what was tried before of these; the rest is tried now",
    )
    asked = parser.parse_args()
    with show_progress() as tell:
        text = _run(asked, tell)
    if asked.output.exists():
        page = asked.output.read_text(encoding="utf-8")
        if asked.only or asked.study in ("bench-large", "bench-huge"):
            text = put_in_place(text, page)
        elif asked.study == "bench":
            # They are made by studies of their own, which take longer than the rest of the page.
            for kept in filter(None, (find_section(heading, page) for heading in (LARGE, HUGE))):
                text = put_in_place(kept, text)
    with write_beside(asked.output) as beside:
        beside.write_text(text, encoding="utf-8")
    print(text)


def _run(asked: argparse.Namespace, tell: Tell) -> str:
    if asked.study == "noise":
        from studies.noise import compare_noise

        return compare_noise(tell)
    if asked.study == "bench-large":
        from studies.large import bench_large

        return bench_large(tell)
    if asked.study == "bench-huge":
        from studies.large import bench_huge

        return bench_huge(tell)
    if asked.study == "bench":
        from studies import bench

        if asked.only:
            return _section(asked, bench.SECTIONS)(asked.data, tell)
        return bench.run_bench(asked.data, tell)
    from studies import validation
    from studies.gate import gate_text

    if asked.only != "gate" and asked.only:
        return _section(asked, validation.SECTIONS)(asked.data, tell)
    gate = gate_text(asked.organisations, tell, asked.record)
    return gate if asked.only else validation.validate(asked.data, gate, tell)


def _section(asked: argparse.Namespace, sections: Mapping[str, Section]) -> Section:
    if asked.only not in sections:
        sys.exit(f"--only {asked.only}: {asked.study} has no such section; {', '.join(sections)}")
    return sections[asked.only]


def put_in_place(section: str, page: str) -> str:
    """Put a section where the page has the one of that heading, or at its end."""
    old = find_section(section.split("\n", 1)[0], page)
    if not old:
        return page.rstrip("\n") + "\n\n" + section
    before, _, rest = page.partition(old)
    return before + section.rstrip("\n") + "\n" + ("\n" + rest if rest else "")


def find_section(heading: str, page: str) -> str:
    """Give the section of a heading, up to the next one; nothing where the page has none."""
    pattern = rf"^{re.escape(heading)}$.*?(?=^## |\Z)"
    found = re.search(pattern, page, re.MULTILINE | re.DOTALL)
    return "" if found is None else found[0]


if __name__ == "__main__":
    main()
