"""The command line as a user calls it, in this process."""

import sys

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
