"""`make` finds a Python that runs, and an environment is whole or made anew."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / ".ci"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="make and sh are not there")

SHIM = """#!/bin/sh
echo "pyenv: $(basename "$0"): command not found" >&2
exit 127
"""
TOO_OLD = f"""#!/bin/sh
exec "{sys.executable}" -c "import sys; sys.version_info = (3, 9); exec(sys.argv[1])" "$2"
"""
WITHOUT_VENV = f"""#!/bin/sh
exec "{sys.executable}" -c "import sys; sys.modules['ensurepip'] = None; exec(sys.argv[1])" "$2"
"""
# Runs code; of what it is asked to make and install it only keeps a note.
WORKS = f"""#!/bin/sh
if [ "$1" = -c ]; then exec "{sys.executable}" -c "import sys
sys.version_info = (3, MINOR)
exec(sys.argv[1])" "$2"; fi
echo "MINOR $2 $3" >>LOG
if [ "$2" = venv ]; then rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; fi
if [ "$2 $BREAKS" = "pip yes" ]; then exit 1; fi
"""


class Machine:
    """A folder of a project and a PATH with Pythons that are not what they seem."""

    def __init__(self, folder):
        self.project, self.path, self.log = folder / "project", folder / "path", folder / "log"
        self.path.mkdir()
        (self.project / ".ci").mkdir(parents=True)
        for name in ("python", "environment"):
            shutil.copy(SCRIPTS / name, self.project / ".ci" / name)
        for name in ("requirements.lock", "pyproject.toml"):
            (self.project / name).write_text("first")

    def put(self, name, script, minor=12):
        file = self.path / name
        file.write_text(script.replace("MINOR", str(minor)).replace("LOG", str(self.log)))
        file.chmod(0o755)

    def run(self, script, *arguments, breaks="no"):
        return subprocess.run(
            ["sh", f".ci/{script}", *arguments],
            cwd=self.project,
            env={"PATH": f"{self.path}:/usr/bin:/bin", "BREAKS": breaks},
            capture_output=True,
            text=True,
        )

    def done(self, *arguments, breaks="no"):
        """Make the environment; give what was run for it."""
        self.log.unlink(missing_ok=True)
        ran = self.run("environment", ".venv", *arguments, breaks=breaks)
        assert (ran.returncode == 0) == (breaks == "no"), ran.stderr
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path)
    # Hide whatever Python the system has.
    for name in ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "python"):
        made.put(name, SHIM)
    return made


WHOLE = ["12 venv --clear", "12 pip install", "12 pip install"]


def test_the_newest_python_that_runs_is_found(machine):
    machine.put("python3.13", TOO_OLD)
    machine.put("python3.12", WITHOUT_VENV)
    machine.put("python3.11", WORKS, 11)

    assert machine.run("python").stdout == "python3.11\n"

    machine.put("python3.13", WORKS, 13)

    assert machine.run("python").stdout == "python3.13\n"


def test_a_python_newer_than_the_lock_knows_is_passed_over(machine):
    machine.put("python3", WORKS, 15)

    assert machine.run("python").returncode == 1

    machine.put("python", WORKS, 14)

    assert machine.run("python").stdout == "python\n"


def test_without_a_python_it_is_told_what_to_install(machine):
    found = machine.run("python")

    assert (found.returncode, found.stdout) == (1, "")
    assert "no Python 3.11-3.14" in found.stderr
    assert "make PYTHON=" in found.stderr


def test_a_python_that_was_asked_for_is_not_passed_over(machine):
    machine.put("python3.12", WORKS)

    assert machine.run("python", "python3.12").stdout == "python3.12\n"
    assert "python3.14: no Python" in machine.run("python", "python3.14").stderr


def test_it_is_told_which_python_was_taken(machine):
    machine.put("python3.12", WORKS)

    told = machine.run("environment", ".venv").stdout

    assert told == f".venv: installing, with Python 3.12 ({machine.path}/python3.12)\n"


def test_an_environment_that_is_whole_is_left_alone(machine):
    machine.put("python3.12", WORKS)

    assert machine.done() == WHOLE
    assert machine.done() == []
    assert machine.done("python3.12") == []

    machine.put("python3.13", WORKS, 13)

    assert machine.done() == []


def test_an_interrupted_install_is_begun_anew(machine):
    machine.put("python3.12", WORKS)

    assert machine.done(breaks="yes") == WHOLE[:2]
    assert machine.done() == WHOLE


def test_an_environment_of_another_python_is_made_anew(machine):
    machine.put("python3.12", WORKS)
    machine.put("python3.11", WORKS, 11)
    machine.done()

    assert machine.done("python3.11") == [line.replace("12", "11") for line in WHOLE]


def test_an_environment_whose_python_is_gone_is_made_anew(machine):
    machine.put("python3.12", WORKS)
    machine.done()
    (machine.project / ".venv" / "bin" / "python").unlink()

    assert machine.done() == WHOLE
    assert machine.done("python3.12") == []


def test_another_lock_makes_an_environment_anew(machine):
    machine.put("python3.12", WORKS)
    machine.done()
    (machine.project / "requirements.lock").write_text("second")

    assert machine.done() == WHOLE


def test_another_project_file_installs_the_package_only(machine):
    machine.put("python3.12", WORKS)
    machine.done()
    (machine.project / "pyproject.toml").write_text("second")

    assert machine.done() == WHOLE[2:]
    assert machine.done() == []


def test_a_moved_environment_is_made_anew(machine):
    machine.put("python3.12", WORKS)
    machine.done()
    machine.project = machine.project.rename(machine.project.with_name("moved"))

    assert machine.done() == WHOLE


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not there")
def test_make_asks_for_the_environment_before_each_target():
    # A make that runs the tests tells its children of itself: they then name their folder first.
    outside = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}

    run = subprocess.run(
        ["make", "-n", "check", "PYTHON=python3.12"],
        cwd=ROOT,
        env=outside | {"MFLAGS": ""},
        capture_output=True,
        text=True,
    )

    assert run.stdout.splitlines()[0] == 'sh .ci/environment .venv "python3.12"'
