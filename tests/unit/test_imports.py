import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("line", "heavy"),
    [
        (
            "from blijfwijzer.cli import app; app(['--help'], standalone_mode=False)",
            ("numpy", "pandas", "scipy", "pyarrow", "pydantic"),
        ),
        (
            "import blijfwijzer.runs.check, blijfwijzer.runs.score, blijfwijzer.runs.climate",
            ("sklearn", "lightgbm", "matplotlib", "mlflow", "shap", "scipy.stats", "openpyxl"),
        ),
    ],
)
def test_a_command_imports_no_heavy_module_before_it_is_used(line, heavy):
    told = f"import sys; print(*set({heavy}) & sys.modules.keys(), file=sys.stderr)"

    ran = subprocess.run(
        [sys.executable, "-c", f"{line}\n{told}"], capture_output=True, text=True, check=True
    )

    assert ran.stderr.strip() == ""
