"""What the policy paper says helps where the culture is worrying.

These are the paper's words, not findings: each names the claim by which a survey can see whether
they hold among its own people.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from blijfwijzer.survey.codebook import Codebook, Text


@dataclass(frozen=True)
class Remedy:
    """Something that is said to help."""

    text: Text
    claim: str
    """Claim that tests it; see `culture.claims`."""


_LEADERSHIP = Remedy(
    Text(
        nl="Voorbeeldgedrag van leidinggevenden: fouten toegeven, tegenspraak uitnodigen, niemand "
        "erop afrekenen.",
        en="Managers who set an example: admit mistakes, invite dissent, hold it against nobody.",
    ),
    "H17",
)
_ROOM = Remedy(
    Text(
        nl="Minder regels en lagen, meer ruimte om naar vakinzicht te handelen.",
        en="Fewer rules and layers, more room to act on professional insight.",
    ),
    "H3",
)
_RESULTS = Remedy(
    Text(
        nl="Elkaar op resultaten aanspreken, ondermaats werk niet laten lopen, goed werk "
        "waarderen.",
        en="Talk about results, do not let poor work pass, appreciate good work.",
    ),
    "H14",
)
_DIRECTION = Remedy(
    Text(
        nl="Een opdracht die richting geeft, en oog voor wat de buitenwereld verwacht.",
        en="A mission that gives direction, and an eye for what the outside world expects.",
    ),
    "H4",
)
CULTURE_FIRST = Remedy(
    Text(
        nl="Hr-maatregelen werken weinig zolang de cultuur niet mee verandert.",
        en="HR measures do little as long as the culture does not change with them.",
    ),
    "H15",
)
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
