"""The things that claims speak of, by names that every survey shares.

A claim cannot know that one survey asks for training in a column `scholing` and another in `Q68`.
It speaks of the concept `scholing`, and a codebook says under `[concepts]` what measures it there.
The names stand in `concepts.toml`.
"""

import tomllib
from importlib import resources
from types import MappingProxyType

from pydantic import Field, model_validator

from blijfwijzer.survey.rules import Rule
from blijfwijzer.survey.texts import Part, Text

CULTURE = (
    "psychologische_veiligheid",
    "prestatiegerichtheid",
    "leervermogen",
    "samenwerking",
    "open_en_mensgericht",
    "externe_orientatie",
    "missiegedrevenheid",
)
"""The seven dimensions of the policy paper."""

BESIDE_CULTURE = ("regeldruk", "ruimte_professional")
"""Red tape and room: conditions that the policy paper keeps beside its dimensions."""

PAIR = CULTURE[:2]
"""The two that the paper finds worrying places by."""

MOTIVES = (
    "motief_anders_werk",
    "motief_cultuur",
    "motief_loopbaan",
    "motief_leiding",
    "motief_werkdruk",
    "motief_salaris",
)

OUTSIDE = ("extern_agressie", "extern_intimidatie")
INSIDE = ("intern_agressie", "intern_pesten", "intern_intimidatie")
"""The same behaviour, and bullying, by citizens, pupils or patients and by colleagues."""

_ENTRIES = tomllib.loads(
    (resources.files("blijfwijzer.survey") / "concepts.toml").read_text(encoding="utf-8")
)
YES_OR_NO = frozenset(name for name, entry in _ENTRIES.items() if entry.pop("is_yes_or_no", False))
"""What someone does, had, met or is. Shares are made of these, so they are 1 or 0 and nothing else;
of the others there is more or less."""
CONCEPTS = MappingProxyType({name: Text(**meaning) for name, meaning in _ENTRIES.items()})
"""Every name that a codebook may use, with its meaning. More is always more of what it says."""


class Concept(Part):
    """What measures a concept in a survey."""

    column: str | None = None
    scale: str | None = None
    outcome: str | None = None
    """An outcome of the codebook: 1 where its rule holds."""
    rule: Rule | None = None
    """1 where it holds; for codes such as sectors, or a cut in a number."""
    reversed: bool = False
    """Whether the answers run from much to little; of two answers, whether the lower is yes."""
    substitute: Text | None = Field(None)
    """What is measured instead, where the survey lacks the thing itself; told with each verdict."""

    @model_validator(mode="after")
    def _one_source(self) -> "Concept":
        sources = (self.column, self.scale, self.outcome, self.rule)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("give exactly one of: column, scale, outcome, rule")
        return self
