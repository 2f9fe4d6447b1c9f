"""One page: what a command tells, in sections of paragraphs, tables and pictures, without a script.

Every page is a `Chapter`, whose tables passed the gate, and sections of blocks made from it. The
page computes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources

import jinja2
from markupsafe import Markup

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.files.cells import clean_text
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pages.blocks import Block
from blijfwijzer.publish.pages.page_table import tidy
from blijfwijzer.survey.texts import Message, Value, say


def render_sections(
    chapter: Chapter, sections: Mapping[str, Iterable[Block]], appendix: Sequence[str] = ()
) -> bytes:
    """Write sections as one page; the notes of a section come before its blocks.

    The page needs no script and nothing from elsewhere, and is well-formed as XML too; the same
    chapter gives the same bytes. Texts in tables are cut at 80 characters and tables at 2,000 rows;
    the workbook has the whole.

    Parameters
    ----------
    sections : name, which is also the id of its heading, to its blocks
    appendix : those that the contents leave out, as a section before them lists them
    """
    told = {name: [*_notes(chapter, name), *blocks] for name, blocks in sections.items()}
    page = _template().render(
        chapter=chapter,
        title=tidy(chapter.in_words(chapter.title)),
        survey=tidy(chapter.in_words(chapter.survey)),
        sections=[(name, heading_of(name), blocks) for name, blocks in told.items()],
        listed=[(name, heading_of(name)) for name in told if name not in appendix],
        has_images=any(block.picture for blocks in told.values() for block in blocks),
        skip=say("page.skip"),
        contents=say("page.contents"),
    )
    return page.encode()


@cache
def _template() -> jinja2.Template:
    """Compile the template once: a thousand units have a page each."""
    text = (resources.files(__package__) / "page.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["written"] = written
    environment.filters["in_style"] = _in_style
    return environment.from_string(text)


@jinja2.pass_context
def written(context: jinja2.runtime.Context, value: Value) -> str:
    """Write what is to be said, in the language of the page that is rendered."""
    return clean_text(context["chapter"].in_words(value))


@jinja2.pass_context
def _in_style(context: jinja2.runtime.Context, value: Value) -> Markup:
    r"""Write what is to be said within a style, where only letters and digits stand as they are."""
    text = written(context, value)
    return Markup("".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text))


def heading_of(section: str) -> Message:
    """Give the heading of a section."""
    return say(id_of("section", section))


def _notes(chapter: Chapter, section: str) -> list[Block]:
    return [Block(paragraphs=chapter.notes[section])] if section in chapter.notes else []
