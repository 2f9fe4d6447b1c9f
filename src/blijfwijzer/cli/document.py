"""Writes `docs/exit-codes.md`; `python -m blijfwijzer.cli.document` prints it."""

from blijfwijzer.cli.exit_codes import exit_codes

_HEAD = """# Exit codes

Written by `python -m blijfwijzer.cli.document`. A fault of a file or setting is one paragraph and
one of these codes, without a traceback, and leaves nothing half-written. Messages name columns and
counts, never an answer. `blijfwijzer --help` lists the same codes; with `--json` an error has its
code and text ([Results for programs](json.md)).

| code | when |
|---|---|
"""


def describe_exit_codes() -> str:
    """List all exit codes as a page of the docs."""
    return _HEAD + "".join(f"| {code} | {why} |\n" for code, why in exit_codes().items())


if __name__ == "__main__":
    print(describe_exit_codes(), end="")
