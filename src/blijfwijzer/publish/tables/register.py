"""All tables by name."""

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
