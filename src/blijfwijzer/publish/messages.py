"""Every sentence that is shown, by its id, from the catalogues under `locale/`.

A catalogue is a gettext file (`.po`), which translators' tools read; ids stand in place of a source
text, so that no language is the source of another. A third language is a file beside the others.
"""

from functools import cache
from importlib import resources
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations


def say(name: str, language: str, /, **values: object) -> str:
    """Give a sentence in a language, with its gaps filled.

    Raises
    ------
    KeyError
        The catalogue has no sentence of this id: a fault of the software.
    """
    return template(name, language).format(**values)


def template(name: str, language: str, count: int | None = None) -> str:
    """Give a sentence in a language, in the form that a count asks, with its gaps open.

    See `say` for the error.
    """
    catalogue = _catalogue(language)
    told = catalogue.ugettext(name) if count is None else catalogue.ungettext(name, name, count)
    if told == name and name not in ids(language):
        raise KeyError(name)
    return str(told)


def knows(name: str) -> bool:
    """Tell whether there is a sentence of this id."""
    return name in ids("en")


def say_count(name: str, count: int, language: str, /, **values: object) -> str:
    """Give a sentence that depends on a count, in the plural form that the language asks.

    Parameters
    ----------
    name : id of an entry with a `msgid_plural`, which is the same id
    count : also fills the gap `{count}`
    """
    return template(name, language, count).format(count=count, **values)


@cache
def ids(language: str) -> frozenset[str]:
    """Ids of all sentences of a language."""
    with (resources.files(__package__) / "locale" / f"{language}.po").open("rb") as file:
        return frozenset(
            entry.id if isinstance(entry.id, str) else entry.id[0]
            for entry in read_po(file)
            if entry.id
        )


@cache
def _catalogue(language: str) -> Translations:
    """Read a catalogue once; gettext itself reads the compiled form only."""
    compiled = BytesIO()
    with (resources.files(__package__) / "locale" / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return Translations(compiled)
