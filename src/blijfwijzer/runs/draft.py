"""A first codebook from a file."""

from pathlib import Path
from typing import Any

from blijfwijzer.drafting.draft import draft_codebook, find_undecided
from blijfwijzer.files import write_beside
from blijfwijzer.survey.files import read_table


def draft(survey_file: Path, output: Path | None, sheet: str = "") -> dict[str, Any]:
    """Draft a codebook from a file's names, labels and codes.

    Parameters
    ----------
    output : where to write it; the screen when None

    Returns
    -------
    `output`, the `text`, and `undecided`: its lines that are marked `decide`.
    """
    text = draft_codebook(
        read_table(survey_file, sheet=sheet), survey_file.name.split(".")[0], sheet
    )
    told = {
        "output": None if output is None else str(output),
        "text": text,
        "undecided": find_undecided(text),
    }
    if output is None:
        print(text, end="")
        return told
    with write_beside(output) as beside:
        beside.write_text(text, encoding="utf-8")
    print(f"{output}: a draft. Look at each line marked `decide`, then `blijfwijzer check` it.")
    return told
