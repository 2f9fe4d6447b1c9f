"""Draws of parts moved so that they add up to those of the whole they make."""

import numpy as np

from blijfwijzer.survey.arrays import Array


def add_up_to(parts: Array, whole: Array, share: Array) -> Array:
    """Move draws of parts so that their weighted mean is the whole's, draw by draw.

    What they lack is given to the parts that are known least, in proportion to share times
    variance (Rao & Molina 2015, section 6.4.6; You & Rao 2002): this moves them least for how well
    each is known.

    Parameters
    ----------
    parts : one row per part, one column per draw
    whole : one per draw
    share : of each part in the whole; they add up to 1
    """
    loose = share * parts.var(axis=1)
    total = float(share @ loose)
    if not total > 0:
        return parts
    return np.asarray(parts + np.outer(loose / total, whole - share @ parts))
