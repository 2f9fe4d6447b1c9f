"""What the policy paper says helps where the culture is worrying.

These are the paper's words, not findings: each names the claim by which a survey can see whether
they hold among its own people.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.texts import Message


@dataclass(frozen=True)
class Remedy:
    """Something that is said to help."""

    text: Message
    claim: str
    """Claim that tests it; see `claims.register`."""


_LEADERSHIP = Remedy(Message("remedy.leadership"), "H17")
_ROOM = Remedy(Message("remedy.room"), "H3")
_RESULTS = Remedy(Message("remedy.results"), "H14")
_DIRECTION = Remedy(Message("remedy.direction"), "H4")
CULTURE_FIRST = Remedy(Message("remedy.culture_first"), "H15")
"""What holds for all: HR measures need a culture that changes with them."""
REMEDIES = MappingProxyType(
    {
        "psychologische_veiligheid": _LEADERSHIP,
        "open_en_mensgericht": _LEADERSHIP,
        "leervermogen": _LEADERSHIP,
        "samenwerking": _LEADERSHIP,
        "prestatiegerichtheid": _RESULTS,
        "missiegedrevenheid": _DIRECTION,
        "externe_orientatie": _DIRECTION,
        "regeldruk": _ROOM,
        "ruimte_professional": _ROOM,
    }
)
"""Concept to what is said to help where it is low (red tape: where it is high)."""


def find_remedies(dimensions: Iterable[str], codebook: Codebook) -> tuple[Remedy, ...]:
    """Find what is said to help where these scales are worrying, each thing once."""
    concepts = {concept.scale: name for name, concept in codebook.concepts.items()}
    names = [concepts.get(dimension, dimension) for dimension in dimensions]
    found = [REMEDIES[name] for name in names if name in REMEDIES]
    return tuple(dict.fromkeys(found))
