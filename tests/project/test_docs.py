"""What the pages say can be done: commands that parse, links that lead somewhere, pages that are found."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer

from blijfwijzer.cli import app

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS]
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"^(?:\S+/)?blijfwijzer (.+)$", re.MULTILINE)
IN_CONTAINER = re.compile(r"^podman run .* blijfwijzer (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text(path):
    return path.read_text(encoding="utf-8")


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def fenced(path):
    """All that stands in fences of a page, lines that go on joined."""
    return "\n".join(FENCE.findall(text(path))).replace("\\\n", " ")


def calls_in(path):
    """Command lines in fences of a page, without `blijfwijzer`."""
    found = CALL.findall(fenced(path)) + IN_CONTAINER.findall(fenced(path))
    return [(name_of(path), line) for line in found]


def commands_of(group):
    for command in group.commands.values():
        yield from commands_of(command) if hasattr(command, "commands") else [command]


def examples():
    """Command lines at the end of each help."""
    for command in commands_of(typer.main.get_command(app)):
        if command.epilog:
            yield (
                f"help of {command.name}",
                command.epilog.split("`")[1].removeprefix("blijfwijzer "),
            )


WRITTEN = [*(one for path in PAGES for one in calls_in(path)), *examples()]


def parse(words):
    """Parse a command line by the real commands, none of which runs."""
    program = typer.main.get_command(app)
    for command in [program, *commands_of(program)]:
        command.callback = lambda **_: None
        # Options that act when they are read, as that which installs the completion of a shell.
        for parameter in command.params:
            parameter.callback = None
    if words[0].startswith("-"):  # An option alone is a whole line, as --version.
        words = [*words, "check", "mine.sav", "--codebook", "mine.toml"]
    program.main(words, standalone_mode=False)


def words_of(line):
    return shlex.split(line, comments=True)


@pytest.mark.parametrize(("page", "line"), WRITTEN)
def test_a_command_that_is_written_somewhere_can_be_typed(page, line, monkeypatch):
    monkeypatch.delenv("BLIJFWIJZER_SETTINGS", raising=False)

    parse(words_of(line))


def test_wishes_of_a_plan_can_be_typed_too(capsys):
    plans = [words_of(line) for _, line in WRITTEN if line.startswith("disclosure plan")]
    wishes = [w for words in plans for w in words[3:] if w.split()[0] in ("score", "climate")]

    assert len(wishes) >= 2
    for wish in wishes:
        kind, *options = shlex.split(wish)
        needed = [] if kind == "score" else ["--codebook", "mine.toml"]
        parse([kind, "wave.sav", *options, *needed])


@pytest.mark.parametrize("line", ["train mine.sav", "score w.sav --unknown", "frobnicate"])
def test_a_command_that_cannot_be_typed_would_be_found(line):
    with pytest.raises(Exception, match=r"Missing parameter|No such"):
        parse(words_of(line))


def test_there_are_command_lines_on_the_pages_for_users():
    pages = {page for page, _ in WRITTEN}

    assert {"README.md", "docs/install.md", "docs/municipality.md"} <= pages


def anchors_of(path):
    """Anchors of the headings of a page, as forges make them."""
    heads = re.findall(r"^#+ (.+)$", text(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def broken(path):
    """Links of a page to files or headings that are not there."""
    prose = FENCE.sub("", text(path))
    for link in LINK.findall(prose):
        place, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (path.parent / place) if place else path
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            yield link


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(path):
    assert list(broken(path)) == []


def pages_in(nav):
    """Pages that the site's navigation names."""
    for entry in nav:
        told = list(entry.values())[0] if isinstance(entry, dict) else entry
        yield from pages_in(told) if isinstance(told, list) else [told]


def test_every_page_is_found_from_the_site():
    site = tomllib.loads(text(ROOT / "zensical.toml"))["project"]
    named = list(pages_in(site["nav"]))
    decisions = LINK.findall(text(ROOT / "docs" / "decisions" / "index.md"))

    there = {path.relative_to(ROOT / "docs").as_posix() for path in DOCS}
    assert sorted([*named, *(f"decisions/{name}" for name in decisions)]) == sorted(there)
