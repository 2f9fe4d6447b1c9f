"""All tables by name: the key by which pages, workbooks, files and `docs/tables.md` find one.

A table is added in its story's module; nothing needs to be said here.
"""

from types import MappingProxyType

from blijfwijzer.publish.tables import claims, climate, score, training, vouchers

STORIES = MappingProxyType(
    {
        "score": score.TABLES,
        "vouchers": vouchers.TABLES,
        "climate": climate.TABLES,
        "claims": claims.TABLES,
        "train": training.TABLES,
    }
)
"""The tables of each command; a name stands once."""
TABLES = MappingProxyType(
    {name: table for tables in STORIES.values() for name, table in tables.items()}
)
