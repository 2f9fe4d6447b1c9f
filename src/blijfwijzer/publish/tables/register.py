"""All tables by name: the key by which pages, workbooks, files and `docs/tables.md` find one.

A table is added in its story's module; nothing needs to be said here.
"""

from types import MappingProxyType

from blijfwijzer.publish.tables import (
    claims,
    climate,
    conduct,
    drivers,
    instrument,
    score,
    screening,
    training,
    vouchers,
)

STORIES = MappingProxyType(
    {
        "score": score.TABLES,
        "vouchers": vouchers.TABLES,
        "climate": (
            *instrument.TABLES,
            *climate.TABLES,
            *screening.TABLES,
            *conduct.TABLES,
        ),
        "claims": claims.TABLES,
        "train": (*training.TABLES, *drivers.TABLES),
    }
)
"""The tables of each command; a name stands once."""
TABLES = MappingProxyType({table.name: table for own in STORIES.values() for table in own})
