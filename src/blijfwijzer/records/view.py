"""Where MLflow's page opens on the runs, with what matters of each as columns.

Run as a module, this prints the address.
"""

import sys
from pathlib import Path
from typing import Any

from blijfwijzer.files import to_json
from blijfwijzer.records.store import connect, quiet
from blijfwijzer.settings import TrackingSettings

KEY = "blijfwijzer"
_COLUMNS = ("log_loss", "skill", "roc_auc", "calibration_slope", "prevalence", "rows")
"""Measures that a run is looked at by first."""


def keep_view(client: Any, experiment: str) -> None:
    """Keep in an experiment which columns its table of runs has, unless somebody keeps others.

    MLflow keeps a view that is shared as a tag, which its page finds by the key in an address.
    """
    name = f"mlflow.sharedViewState.{KEY}"
    if name in client.get_experiment(experiment).tags:
        return
    view = {
        "selectedColumns": [f"metrics.`{measure}`" for measure in _COLUMNS],
        "viewMaximized": True,
    }
    client.set_experiment_tag(experiment, name, to_json(view).decode())


def address_of(server: str, store: Path) -> str:
    """Give the address of the table of runs on a server; of its first page while there are none."""
    with quiet():
        found = connect(store).get_experiment_by_name(str(TrackingSettings().experiment))
    if found is None:
        return f"{server}/"
    asked = f"workflowType=machine_learning&viewStateShareKey={KEY}"
    return f"{server}/#/experiments/{found.experiment_id}/runs?{asked}"


if __name__ == "__main__":
    print(f"Open {address_of(sys.argv[1], Path('mlruns'))}", flush=True)
