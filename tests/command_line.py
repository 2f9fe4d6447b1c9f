"""The command line as a user calls it, in this process."""

import re
import sys
from pathlib import Path

from blijfwijzer.cli import main


def call(*arguments: object) -> int:
    """Run a command; give its exit code."""
    before = sys.argv
    sys.argv = ["blijfwijzer", *map(str, arguments)]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before
    return 0


def keys_of(section: str) -> set[str]:
    """What `docs/json.md` says that JSON of a command, or a part of it, has."""
    text = (Path(__file__).parents[1] / "docs" / "json.md").read_text(encoding="utf-8")
    part = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([a-z_0-9.]+)` \|", part, re.MULTILINE))
