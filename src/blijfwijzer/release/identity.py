"""By which answers people are known again, and how few may be told of."""

import warnings

import numpy as np

from blijfwijzer.disclosure.fingerprint import Sight
from blijfwijzer.errors import PromiseWarning, SettingsError
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses

SHARED = "shared"
"""What a line of the ledger calls the places of views by which many answered alike."""
_VIEWS = 3


def key_columns(codebook: Codebook, responses: Responses) -> tuple[tuple[str, ...], ...]:
    """Columns by whose answers a response is known again: all, and dealt over three views.

    In the three are only columns that no file of the survey may lack. That of all holds whatever
    was asked in this one: what is told of people is made of these answers, so that people who gave
    the same to all of them may change places unseen. No units, since these are renamed.
    """
    used = codebook.with_role("item", "career", "audit")
    names = sorted(column.name for column in used if column.absent == "reject")
    views = [tuple(names[start::_VIEWS]) for start in range(_VIEWS)]
    asked = codebook.with_role("item", "career", "audit", "outcome", "claim")
    views.append(tuple(sorted(column.name for column in asked if column.name in responses)))
    found = tuple(dict.fromkeys(view for view in views if view))
    return found or (tuple(codebook.units.levels),)


def shared_in(sight: Sight) -> dict[str, list[int]]:
    """Give what a line of the ledger holds of how well its people are told apart."""
    shared = np.flatnonzero(~(sight.is_sharp | sight.is_whole)).tolist()
    return {SHARED: shared} if shared else {}


def hold_minimum(settings: DisclosureSettings, promised: int, kind: str) -> None:
    """Refuse to tell of fewer people than was promised, and warn before more are promised.

    Parameters
    ----------
    promised : by earlier releases of the survey; 0 where there are none
    kind : what is made; answers over HTTP promise nothing

    Raises
    ------
    SettingsError
    """
    minimum = settings.minimum
    if minimum < promised:
        raise SettingsError(
            f"[disclosure] minimum: is {minimum}, and earlier releases of this survey promised "
            f"{promised}. Together they would tell of fewer. Set it to {promised} or more, or "
            "lower the promise in so many words: blijfwijzer disclosure lower."
        )
    usual = int(DisclosureSettings.model_fields["minimum"].default)
    if minimum > max(promised, usual) and kind != "serve":
        warnings.warn(
            f"[disclosure] minimum: {minimum} binds every later release of this survey, where "
            f"{promised or usual} would have done. If that is not meant, take this output back "
            "(blijfwijzer disclosure withdraw) or lower it (blijfwijzer disclosure lower).",
            PromiseWarning,
            stacklevel=2,
        )
