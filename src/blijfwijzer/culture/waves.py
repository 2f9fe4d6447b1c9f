"""Two waves held against each other: what both asked, scored alike and weighed to one mix."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from blijfwijzer.culture.raking import RakedWaves, pair_waves, part_of
from blijfwijzer.errors import NothingInCommonError
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.codebook import Codebook, Scale
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.scales import score_scales

FEWEST = 50
"""Respondents of a largest unit in each wave, for its own change to be told: raking needs some in
every category."""
LARGEST_GAP = 1e-3
"""Difference of shares above which a net change is not net; a tenth of what a table can show."""


@dataclass(frozen=True)
class Pair:
    """Two waves held against each other once, for all that is told of what changed."""

    before: Responses
    now: Responses
    codebook: Codebook
    shared: Codebook
    """The codebook with what both waves asked of each scale."""
    scores: pd.DataFrame
    """Scales on these items; the rows of `waves`."""
    waves: RakedWaves
    settings: CultureSettings
    parts: dict[bytes, RakedWaves] = field(default_factory=dict, compare=False, repr=False)
    """Parts that were raked already, by who is in them."""

    def part(self, inside: Mask) -> RakedWaves:
        """Give a part of both waves, raked by itself; raking is the costly step."""
        who = np.packbits(inside).tobytes()
        if who not in self.parts:
            self.parts[who] = (
                self.waves
                if inside.all()
                else part_of(self.waves, inside, self.settings.minimum_cell)
            )
        return self.parts[who]


def common_items(now: Responses, before: Responses, codebook: Codebook) -> Codebook:
    """Keep of each scale the items that both waves asked; of the codebook, such scales.

    Raises
    ------
    NothingInCommonError
        The waves have no item of a scale in common.
    """

    def is_common(item: str) -> bool:
        return all(item in wave and wave[item].notna().any() for wave in (now, before))

    kept: dict[str, Scale] = {}
    for scale in codebook.scales.values():
        items = tuple(item for item in scale.items if is_common(item))
        turned = tuple(item for item in scale.reversed if item in items)
        if items:
            kept[scale.name] = scale.model_copy(update={"items": items, "reversed": turned})
    if not kept:
        asked = [
            sum(i in wave for s in codebook.scales.values() for i in s.items)
            for wave in (before, now)
        ]
        raise NothingInCommonError(
            f"codebook {codebook.survey.name}: the earlier wave has {asked[0]} items of scales and "
            f"the later one {asked[1]}, none of them the same. If items were renamed, give their "
            "other names as `aliases` in the codebook."
        )
    return codebook.model_copy(update={"scales": kept})


def compare_waves(
    before: Responses, now: Responses, codebook: Codebook, settings: CultureSettings
) -> Pair:
    """Hold two waves, read with one codebook, against each other: common items, scores, weights.

    Raises
    ------
    NothingInCommonError
        The waves have no item of a scale in common.
    """
    shared = common_items(now, before, codebook)
    scores = pd.concat([score_scales(wave, shared) for wave in (before, now)], ignore_index=True)
    waves = pair_waves(before, now, codebook, settings)
    return Pair(before, now, codebook, shared, scores, waves, settings)
