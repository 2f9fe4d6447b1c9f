"""Run every command on small surveys and hold each output against what it was before.

`make same` compares with the hashes kept in `reference/same.json`; `--keep` writes them anew, after
a change that is meant. Run ids, versions, commits and times are left out. Of a page its numbers
count, not how they are set; of a workbook its cells. Public surveys that are absent are left out,
and that is said.
"""

import argparse
import hashlib
import html
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from governed import write_governance

HERE = Path(__file__).parent
KEPT = HERE / "reference" / "same.json"
SURVEYS = Path(os.environ.get("SURVEYS", HERE.parents[1] / "shared" / "data"))

# What tells of the machine, the moment or the versions; hashes of other files follow from these.
_LEFT_OUT = {
    *("blijfwijzer", "commit", "python", "lightgbm", "scikit-learn", "numpy", "pandas", "scipy"),
    *("shap", "mlflow", "made_with", "made", "files", "ledger", "sha256", "time", "format"),
}
_MADE = re.compile(r"-[0-9a-f]{8}\b|\b[0-9a-f]{40,64}\b|\b\d+\.\d+\.\d+\b")
"""Digests of model folders, hashes and versions."""

BUILT_IN: list[str] = [
    "synthesise --respondents 4000 --seed 2019 --output w19.sav --truth t19.parquet",
    "synthesise --respondents 4000 --seed 2019 --wave 2022 --output w22.sav"
    " --population people.csv --truth t22.parquet",
    "check w19.sav --codebook werkonderzoek-2019",
    "codebook w19.sav --output draft.toml",
    "train w19.sav --codebook werkonderzoek-2019",
    # Beside these, the search of the gate for groups does not end; hence a ledger of its own.
    "explain {vertrekintentie} w22.sav --output explained --ledger fourth",
    "score w22.sav --models models --by organisatie --and opleiding --population people.csv"
    " --output scored",
    "vouchers scored --budget 60000 --cost 1000 --truth t22.parquet --survey w22.sav",
    "score w22.sav --models models --by organisatie --settings english.toml --ledger second"
    " --output english",
    "vouchers english --ledger second --secret secret.txt --survey w22.sav"
    " --accepted-by tester --accepted-why to-compare",
    "climate w22.sav --codebook werkonderzoek-2019 --previous w19.sav --models models"
    " --output climate",
    "claims w22.sav --codebook werkonderzoek-2019 --previous w19.sav --models models"
    " --output claims",
    "climate w22.sav --codebook werkonderzoek-2019 --settings english.toml --ledger third"
    " --output climate-english",
    "claims w22.sav --codebook werkonderzoek-2019 --settings english.toml --ledger third"
    " --output claims-english",
    "disclosure audit scored climate claims --survey w22.sav --codebook werkonderzoek-2019",
    "disclosure verify ledger",
]
FEVS = [
    "check {surveys}/fevs2018.csv.gz --codebook fevs-2018",
    "train {surveys}/fevs2018.csv.gz --codebook fevs-2018 --settings light.toml",
    "score {surveys}/fevs2018.csv.gz --models models --by AGENCY --output scored",
    "climate {surveys}/fevs2018.csv.gz --codebook fevs-2018 --output climate",
    "claims {surveys}/fevs2018.csv.gz --codebook fevs-2018 --output claims",
]
PIAAC = [
    "check {surveys}/piaac_public_employees.csv.gz --codebook piaac",
    "train {surveys}/piaac_public_employees.csv.gz --codebook piaac --settings light.toml",
    "score {surveys}/piaac_public_employees.csv.gz --models models --by cntry --output scored"
    " --governance governance.toml",
    "vouchers scored --budget 60000 --cost 1000 --survey {surveys}/piaac_public_employees.csv.gz"
    " --accepted-by tester --accepted-why to-compare",
    "climate {surveys}/piaac_public_employees.csv.gz --codebook piaac --output climate",
    "claims {surveys}/piaac_public_employees.csv.gz --codebook piaac --output claims",
]
RUNS = {"built-in": BUILT_IN, "fevs": FEVS, "piaac": PIAAC}
# By the key of a ledger people are known again, so that another key withholds other groups.
_WITH_ONE_KEY = "import secrets; secrets.token_bytes = bytes; import blijfwijzer.cli as c; c.main()"
NEEDED = {"fevs": "fevs2018.csv.gz", "piaac": "piaac_public_employees.csv.gz"}

SECRET = "kept by nobody, as this is a test"
ENGLISH = (
    'language = "en"\n[tracking]\nenabled = false\n'
    "[vouchers]\nlottery = 0.3\nbudget = 60_000\ncost = 1_000\n"
    f'commitment = "{hashlib.sha256(SECRET.encode()).hexdigest()}"\n'
)
LIGHT = "[tracking]\nenabled = false\n[evaluation]\nbootstraps = 100\n"


def run(name: str, folder: Path) -> dict[str, str]:
    """Run the commands of one survey in a folder; give the hash of each file and screen."""
    (folder / "english.toml").write_text(ENGLISH)
    (folder / "secret.txt").write_text(SECRET)
    (folder / "light.toml").write_text(LIGHT)
    if name == "piaac":
        # Vouchers need it; that of the built-in survey is shipped, and FEVS has no need.
        write_governance(folder, name)
    screens = {}
    for number, line in enumerate(RUNS[name]):
        command = _fill(line, folder).split()
        print(f"{name}: {line}", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, "-c", _WITH_ONE_KEY, *command],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            # On FEVS the number of threads moves the last digits of a tree.
            env={**os.environ, "OMP_NUM_THREADS": "2"},
        )
        if done.returncode:
            raise SystemExit(f"{line}: ended with {done.returncode}\n{done.stderr[-2000:]}")
        text = "\n".join(t for t in done.stdout.splitlines() if "MLflow" not in t)
        screens[f"{name}/screen-{number}-{command[0]}"] = _digest(_MADE.sub("", text).encode())
    return screens | {
        f"{name}/{_MADE.sub('', str(path.relative_to(folder)))}": _digest(content_of(path))
        for path in outputs(folder)
    }


def outputs(folder: Path) -> Iterable[Path]:
    """Give what the commands wrote and a user would open."""
    skipped = ("mlruns", "ledger", "second", "third", "fourth")
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and parts[0] not in skipped and path.name != "manifest.json":
            yield path


def content_of(path: Path) -> bytes:
    """Give what must not change of a file."""
    how: dict[str, Callable[[Path], bytes]] = {
        ".json": _json,
        ".html": _numbers,
        ".xlsx": _cells,
        ".parquet": _frame,
        ".svg": _numbers,
    }
    return how.get(path.suffix, Path.read_bytes)(path)


def _json(path: Path) -> bytes:
    return json.dumps(_bare(json.loads(path.read_text("utf-8"))), sort_keys=True).encode()


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            _MADE.sub("", key): _bare(own)
            for key, own in value.items()
            if key not in _LEFT_OUT and not key.endswith("sha256")
        }
    if isinstance(value, list):
        return [_bare(own) for own in value if not _is_provenance(own)]
    return _MADE.sub("", value) if isinstance(value, str) else value


def _is_provenance(value: Any) -> bool:
    is_pair = isinstance(value, list) and len(value) == 2 and isinstance(value[1], str)
    return is_pair and bool(_MADE.search(value[1]) or value[0] in _LEFT_OUT)


def _numbers(path: Path) -> bytes:
    text = re.sub(r"<(style|script)\b.*?</\1>", " ", path.read_text("utf-8"), flags=re.S)
    text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    return " ".join(sorted(re.findall(r"\d+(?:[.,]\d+)*", _MADE.sub("", text)))).encode()


def _cells(path: Path) -> bytes:
    book = pd.read_excel(io.BytesIO(path.read_bytes()), sheet_name=None, header=None, dtype=object)
    texts = [_MADE.sub("", sheet.to_csv(index=False)) for sheet in book.values()]
    return "\n".join(texts).encode()


def _frame(path: Path) -> bytes:
    frame = pd.read_parquet(path)
    types = " ".join(f"{name}:{kind}" for name, kind in frame.dtypes.items())
    return (types + frame.to_csv(float_format="%.17g")).encode()


def _fill(line: str, folder: Path) -> str:
    found = sorted((folder / "models").glob("vertrekintentie-*")) or [folder]
    return line.format(surveys=SURVEYS, vertrekintentie=found[0])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def compare(found: dict[str, str], kept: dict[str, str], names: list[str]) -> list[str]:
    """Give a line for each file that is new, gone or other than it was."""
    kept = {path: digest for path, digest in kept.items() if path.split("/")[0] in names}
    return [
        f"{'new' if path not in kept else 'gone' if path not in found else 'other'}: {path}"
        for path in sorted(found.keys() | kept.keys())
        if found.get(path) != kept.get(path)
    ]


def main() -> None:
    """Run what is asked, then compare or keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("surveys", nargs="*", default=[], help=f"of {', '.join(RUNS)}; all")
    parser.add_argument("--keep", action="store_true", help="keep what is found as the measure")
    parser.add_argument("--folder", type=Path, help="leave the outputs here, to look at")
    asked = parser.parse_args()
    names = []
    for name in asked.surveys or list(RUNS):
        if name in NEEDED and not (SURVEYS / NEEDED[name]).exists():
            print(f"{name}: left out, since {NEEDED[name]} is not in {SURVEYS}")
        else:
            names.append(name)
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name in names:
            folder = (asked.folder or Path(temporary)).resolve() / name
            folder.mkdir(parents=True)
            found |= run(name, folder)
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    if asked.keep:
        others = {p: d for p, d in kept.items() if p.split("/")[0] not in names}
        KEPT.write_text(json.dumps(others | found, indent=1, sort_keys=True) + "\n", "utf-8")
        print(f"{len(found)} outputs of {len(names)} surveys kept.")
        return
    differences = compare(found, kept, names)
    print("\n".join(differences))
    print(f"{len(found)} outputs of {len(names)} surveys, {len(differences)} differ.")
    raise SystemExit(bool(differences))


if __name__ == "__main__":
    main()
