"""Whether single people may be told of: by written leave, to whoever asks, and never kept."""

from datetime import date

from blijfwijzer.errors import DisclosureError
from blijfwijzer.settings import PersonsSettings


def refuse_persons(leave: PersonsSettings) -> None:
    """Refuse to tell of single people without a purpose, who approved it, and until when.

    Raises
    ------
    DisclosureError
    """
    lacking = [name for name in ("purpose", "approved_by") if not getattr(leave, name).strip()]
    if leave.until == date.min:
        lacking.append("until")
    elif leave.until < date.today():
        lacking.append(f"until (it ended on {leave.until.isoformat()})")
    if lacking:
        raise DisclosureError(
            "[explain.persons]: what a model makes of single people is what each answered, so "
            f"it is given by written leave only, and {len(lacking)} of its 3 keys lack: "
            f"{', '.join(lacking)}. Nothing was shown. Write purpose, approved_by and until in the "
            'settings, or ask by units; an explanation also by "cells" or "segments".'
        )
