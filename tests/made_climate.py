"""A climate of two organisations, made up: what a page of it is rendered from."""

from dataclasses import replace

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import reopen
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.pages.culture_page import SHEETS
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.texts import say

SHOWN = [
    ("all", "Everyone", "Safety", 4.1),
    ("all", "Everyone", "Learning", 2.2),
    ("o=1", "Town Hall", "Safety", 2.8),
    ("o=1", "Town Hall", "Learning", 3.3),
    ("o=2", "Works", "Learning", 1.9),
]


def climate_table():
    rows = [
        {
            **dict.fromkeys(TABLES["climate"].names, ""),
            **{"group": group, "label": label, "level": "organisatie", "dimension": dimension},
            **{"n": "20-24", "pooled": mean, "low": mean - 0.2, "high": mean + 0.2},
            **dict.fromkeys(("reliability", "favourable", "grade"), 0.5),
        }
        for group, label, dimension, mean in SHOWN
    ]
    figures = [name for name in rows[0] if name.endswith(("_difference", "_low", "_high"))]
    return pd.DataFrame(rows).assign(**dict.fromkeys(figures, np.nan))


def climate_chapter(language="en"):
    """Give the chapter of it, in which nothing but the climate is told."""
    empty = {name: TABLES[name].empty() for name in SHEETS}
    tables = {**empty, "hidden": TABLES["hidden"].empty(), "climate": reopen(climate_table())}
    chapter = Chapter(language, say("title.climate"), "A survey", (), tables, (), ())
    return replace(chapter, levels=("organisatie",))
