"""Sentences of a page, by their ids."""

from blijfwijzer.publish.texts import write
from blijfwijzer.survey.texts import Language, Message, Value


def say(name: str, language: Language, /, **values: Value) -> str:
    """Give a sentence in a language, with its gaps filled.

    Raises
    ------
    KeyError
        The catalogue has no sentence of this id: a fault of the software.
    """
    return write(Message(name, values), language)


def say_count(name: str, count: int, language: Language, /, **values: Value) -> str:
    """Give a sentence that depends on a count, in the plural form that the language asks.

    Parameters
    ----------
    name : id of an entry with a `msgid_plural`, which is the same id
    count : also fills the gap `{count}`
    """
    return write(Message(name, values, count), language)
