"""What is to be said, written in a language at the edge."""

import pytest

from blijfwijzer.publish.language import catalogue, texts
from blijfwijzer.publish.language.texts import write
from blijfwijzer.survey.texts import Message, Text

AGE = Text(nl="Leeftijd", en="Age")
SENTENCES = {
    "size": "{what:inside}: {size:ratio}",
    "outer": "Zie {inner}.",
    "own": "{text:sentence}",
    "list": "{all}",
    "many": ("{count} kolom", "{count} kolommen"),
}


@pytest.fixture(autouse=True)
def sentences(monkeypatch):
    def template(name, language, count=None):
        found = SENTENCES[name]
        return found if count is None else found[count != 1]

    monkeypatch.setattr(texts, "template", template)


@pytest.mark.parametrize(
    ("message", "written"),
    [
        (Message("size", {"what": AGE, "size": -0.126}), "leeftijd: −0,13"),
        (
            Message("outer", {"inner": Message("size", {"what": AGE, "size": 2.0})}),
            "Zie leeftijd: 2,00.",
        ),
        (Message("own", {"text": "dit is dat."}), "Dit is dat."),
        (Message("list", {"all": (AGE, "x", 3, 2.5)}), "Leeftijd, x, 3, 2,5"),
        (Message("many", count=1), "1 kolom"),
        (Message("many", count=1200), "1.200 kolommen"),
    ],
)
def test_a_message_is_written_as_its_gaps_ask(message, written):
    assert write(message, "nl") == written


def test_a_message_of_which_there_is_no_sentence_is_a_fault(monkeypatch):
    monkeypatch.setattr(texts, "template", catalogue.template)

    with pytest.raises(KeyError, match="no.such.sentence"):
        write(Message("no.such.sentence"), "nl")


def test_a_gap_that_nothing_fills_is_a_fault():
    with pytest.raises(KeyError, match="size"):
        write(Message("size", {"what": AGE}), "nl")
