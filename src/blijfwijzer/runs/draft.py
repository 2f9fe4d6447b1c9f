"""A first codebook from a file."""

from pathlib import Path

from blijfwijzer.drafting.draft import draft_codebook
from blijfwijzer.files import (
    write_beside,
)
from blijfwijzer.survey.files import read_table


def draft(survey_file: Path, output: Path | None, sheet: str = "") -> None:
    """Draft a codebook from a file's names, labels and codes."""
    text = draft_codebook(
        read_table(survey_file, sheet=sheet), survey_file.name.split(".")[0], sheet
    )
    if output is None:
        print(text, end="")
        return
    with write_beside(output) as beside:
        beside.write_text(text, encoding="utf-8")
    print(f"{output}: a draft. Look at each line marked `decide`, then `blijfwijzer check` it.")
