"""The figures that the built-in survey is held to, each with its source and confidence."""

from importlib import resources
from pathlib import Path

import numpy as np
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
        The table lacks columns, names a figure twice or one that is not used, or has what
        is no number, or no share where there was one.
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
    own = own.assign(value=pd.to_numeric(own["value"], errors="coerce")).set_index("name")
    values, used = own["value"].to_numpy(), shipped["value"].reindex(own.index).to_numpy()
    refused = {
        "not used": ~own.index.isin(shipped.index),
        "named twice": own.index.duplicated(),
        "no number": ~np.isfinite(values),
        "no share, from 0 to 1": (used >= 0) & (used <= 1) & ~((values >= 0) & (values <= 1)),
    }
    for why, rows in refused.items():
        names = [str(name) for name in own.index[rows]]
        if names:
            raise SettingsError(
                f"{path.name}: {counted(len(names), 'figure is', 'figures are')} {why}: "
                f"{', '.join(names)}. docs/data-card.md has the figures."
            )
    known = [column for column in own.columns if column in _COLUMNS]
    shipped.loc[own.index, known] = own[known]
    return shipped
