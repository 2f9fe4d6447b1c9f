"""Counts of things in the words of a message."""


def counted(count: int, one: str, many: str = "") -> str:
    """Give a count with what is counted, in the singular or the plural.

    Parameters
    ----------
    one : what one of it is called, with its verb if there is one
    many : what several are called; `one` with an s when left out

    >>> counted(1, "fault"), counted(0, "fault"), counted(2, "column holds", "columns hold")
    ('1 fault', '0 faults', '2 columns hold')
    """
    return f"{count:d} {one if count == 1 else many or one + 's'}"
