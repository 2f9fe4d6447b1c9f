"""The project keeps its promises: what is documented exists, and nothing private is in git."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from blijfwijzer.cli import app

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(typer.main.get_command(app).commands)
TARGETS = [
    "help",
    "install",
    "check",
    "fix",
    "test",
    "test-all",
    "fuzz",
    "train",
    "explain",
    "score",
    "govern",
    "climate",
    "claims",
    "same",
    "shape",
    "docs",
    "validate",
    "ui",
    "notebooks",
    "profile",
    "bench",
    "bench-large",
    "bench-huge",
]
APART = ("bench", "docs")
"""Extras that have a lock of their own, with what they add."""
LOCKS = ["requirements.lock", *(f"requirements-{name}.lock" for name in APART)]
# Parted, so that this file does not hold what it looks for.
SECRETS = re.compile("|".join(["-----BEGIN [A-Z ]*PRIVATE" + " KEY", "AKIA" + "[0-9A-Z]{16}"]))
MACHINE = re.compile(
    "|".join(["/home" + "/[a-z]", "/Users" + "/[A-Za-z]", "/work" + "/", "/opt" + "/"])
)
LARGEST_BYTES = 500_000


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def tracked():
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_in_the_readme(command):
    assert re.search(rf"^blijfwijzer {command} |`blijfwijzer {command}`", text("README.md"), re.M)


def test_every_page_the_readme_names_exists():
    links = re.findall(r"\]\(([^)#:]+)\)", text("README.md"))

    assert not [link for link in links if not (ROOT / link).exists()]


def test_the_makefile_is_short_and_helps_with_every_target():
    makefile = text("Makefile")

    assert len(makefile.splitlines()) <= 95
    assert re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE) == TARGETS


def names_of(requirements):
    return {re.split(r"[<>=\[ ]", requirement)[0] for requirement in requirements}


def locked(lock):
    """Per package of a lock, the lines that pin it: one, or more with markers apart."""
    lines = re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==(.*?) \\$", text(lock), re.MULTILINE)
    return {name: [pin for other, pin in lines if other == name] for name, _ in lines}


def test_the_lock_pins_every_requirement_of_the_project():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(r for n in extras if n not in APART for r in extras[n])]

    assert names_of(wanted) - {"blijfwijzer"} - set(locked("requirements.lock")) == set()


@pytest.mark.parametrize("extra", APART)
def test_a_lock_of_an_extra_pins_what_it_adds_and_nothing_twice(extra):
    wanted = tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"][extra]
    own, all_others = set(locked(f"requirements-{extra}.lock")), set(locked("requirements.lock"))

    assert names_of(wanted) - {"blijfwijzer"} <= own
    assert own & all_others == set()


def test_what_figures_come_from_has_one_version_for_every_python():
    core = names_of(tomllib.loads(text("pyproject.toml"))["project"]["dependencies"])
    pins = locked("requirements.lock")

    assert {
        name: pins[name] for name in core if len(pins[name]) != 1 or " ;" in pins[name][0]
    } == {}


def test_no_python_from_3_12_on_installs_numba():
    pins = locked("requirements.lock")

    for name in ("numba", "llvmlite"):
        assert all("python_full_version < '3.12'" in pin for pin in pins[name])


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock):
    packages = re.split(r"\n(?=[a-z])", re.sub(r"^#.*\n", "", text(lock).strip()))

    assert len(packages) >= 3
    assert not [p.split()[0] for p in packages if "==" not in p or "--hash=sha256:" not in p]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_or_path(lock):
    assert not re.search(r"https?:|file:|index-url|find-links|@ ", text(lock))


def test_publiccode_has_what_version_0_7_demands():
    code = yaml.safe_load(text("publiccode.yml"))

    assert code["publiccodeYmlVersion"] == "0.7"
    for key in ("name", "url", "platforms", "developmentStatus", "softwareType"):
        assert code[key]
    assert code["organisation"]["uri"]
    assert code["legal"]["license"] == "EUPL-1.2"
    assert code["maintenance"]["type"] in ("internal", "community")
    assert code["maintenance"]["contacts"]
    assert code["localisation"]["localisationReady"] in (True, False)
    assert code["localisation"]["availableLanguages"] == ["nl", "en"]
    for language in ("nl", "en"):
        description = code["description"][language]
        assert len(description["shortDescription"]) <= 150
        assert 150 <= len(description["longDescription"]) <= 10_000
        assert description["features"]


def test_the_licence_is_the_whole_eupl():
    licence = text("LICENSE")

    assert licence.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    articles = re.findall(r"^(\d+)\.\s*[A-Z]", licence, re.MULTILINE)
    assert articles == [str(number) for number in range(1, 16)]
    assert "Appendix" in licence


def test_the_documents_say_association_not_cause():
    for name in ("README.md", "docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md"):
        assert re.search(r"association|not causes", text(name)), name
    assert "association, not cause" in text("README.md")


def test_no_tracked_file_holds_a_secret_or_a_path_of_a_machine():
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        for match in [
            pattern.search(path.read_text(encoding="utf-8", errors="ignore"))
            for pattern in (SECRETS, MACHINE)
        ]
        if match
    ]

    assert found == []


def test_no_tracked_file_is_large():
    assert not [path for path in tracked() if path.stat().st_size > LARGEST_BYTES]


def test_only_a_page_stands_in_the_folders_of_results():
    results = [p.relative_to(ROOT) for p in tracked()]

    assert {p.as_posix() for p in results if p.parts[0] in ("models", "mlruns", "data", "out")} == {
        "models/README.md",
        "mlruns/README.md",
    }


def test_the_architecture_names_each_module_and_no_other():
    named = set(re.findall(r"\b[a-z_]+\.py\b", text("docs/architecture.md")))
    there = {path.name for path in (ROOT / "src").rglob("*.py")}

    assert sorted(named ^ there - {"__main__.py"}) == []
