"""Where MLflow keeps runs and models: a server that `MLFLOW_TRACKING_URI` names, or SQLite.

No telemetry is sent, and what a store says when it refuses is told as an error of ours.
"""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Up to the last @ before the path, as a password may hold one.
_USER = re.compile(r"^([^/?#]*//)[^/?#]*@")


def tracking_uri(store: Path) -> str:
    """Where runs are kept, to be read: MLFLOW_TRACKING_URI without its password, or SQLite."""
    return _USER.sub(r"\1***@", store_uri(store))


def store_uri(store: Path) -> str:
    """Where runs are kept: MLFLOW_TRACKING_URI, or SQLite in `store`."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(store / 'mlflow.db').resolve()}"


def connect(store: Path) -> Any:
    """Give MLflow's client of a store; a folder for its database is made."""
    from mlflow import MlflowClient

    uri = store_uri(store)
    if uri.startswith("sqlite:"):
        store.mkdir(parents=True, exist_ok=True)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def refusals() -> tuple[type[Exception], ...]:
    """Give what a store raises that refuses, cannot be reached, or is damaged or no database."""
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError, CommandError, OSError


@contextmanager
def quiet() -> Iterator[None]:
    """Keep MLflow from phoning home, waiting long for a server, and telling of its database."""
    wanted = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update({n: v for n, v in wanted.items() if n == "DO_NOT_TRACK" or before[n] is None})
    import mlflow  # noqa: F401  (sets its own log levels when imported, so first)

    for logger in ("alembic", "mlflow", "mlflow.store.db.utils"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
