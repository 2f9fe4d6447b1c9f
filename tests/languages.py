"""Whether a page speaks one language."""

import re
from html.parser import HTMLParser

from blijfwijzer.publish.language.catalogue import ids, template

OTHER = {"nl": "en", "en": "nl"}
# Words that every sentence is full of, and that the other language does not have.
FUNCTION_WORDS = {
    "nl": "aan als bij dan dat de deze dit een en er geen het maar naar niet om ook tot uit van voor "
    "wat wie wordt worden zijn zonder",
    "en": "and are as at be been by each for from has have how it its no not on only than that the "
    "their them these they this those to what when where which who with",
}


def words_of_the_other(page: bytes, language: str) -> list[str]:
    """Give the texts of a page that are in the other language.

    These are sentences of its catalogue, and texts with its function words.
    """
    other = OTHER[language]
    words = re.compile(rf"\b({'|'.join(FUNCTION_WORDS[other].split())})\b", re.IGNORECASE)
    sentences = {template(name, other) for name in ids(other)}
    sentences -= {template(name, language) for name in ids(language)}
    return [
        text
        for text in texts(page)
        if text in sentences or words.search(re.sub(r"`[^`]*`", "", text))
    ]


def texts(page: bytes) -> list[str]:
    """Give each text of a page that a reader sees or hears, once."""
    reader = _Reader()
    reader.feed(page.decode())
    return list(dict.fromkeys(reader.found))


class _Reader(HTMLParser):
    """Keeps the texts of a page but for its style."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tag = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tag = tag

    def handle_endtag(self, tag: str) -> None:
        self.tag = ""

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and self.tag != "style":
            self.found.append(text)
