"""The figures that the built-in survey is held to, each with its source and confidence."""

from importlib import resources
from pathlib import Path

import pandas as pd

from blijfwijzer.errors import SettingsError, counted

_COLUMNS = ["name", "value", "low", "high", "population", "year", "source", "mark"]


def load_figures(path: Path | None = None) -> pd.DataFrame:
    """Read the table of figures, indexed by name.

    Parameters
    ----------
    path : a table of your own; figures that it leaves out keep their shipped value

    Raises
    ------
    SettingsError
        The table lacks columns, or names figures that the survey does not use.
    """
    with resources.as_file(
        resources.files("blijfwijzer.synthetic") / "figures.csv"
    ) as shipped_file:
        shipped = pd.read_csv(shipped_file).set_index("name")
    if path is None:
        return shipped
    try:
        own = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: no readable table of figures. Give a CSV file.") from error
    lacking = [column for column in ("name", "value") if column not in own]
    if lacking:
        raise SettingsError(f"{path.name}: columns {', '.join(lacking)} are missing. Add them.")
    own = own.set_index("name")
    unknown = [str(name) for name in own.index if name not in shipped.index]
    if unknown:
        raise SettingsError(
            f"{path.name}: {counted(len(unknown), 'figure is', 'figures are')} not used: "
            f"{', '.join(unknown)}. See docs/data-card.md for the names."
        )
    known = [column for column in own.columns if column in _COLUMNS]
    shipped.loc[own.index, known] = own[known]
    return shipped
