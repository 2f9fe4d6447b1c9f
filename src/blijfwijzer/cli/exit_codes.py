"""With which codes commands end, and why: as `errors.py` has them."""

from blijfwijzer import errors

_OTHERS = {
    0: "All went well.",
    1: "A fault of the program itself, told with a traceback. Please report it.",
    2: "The command line cannot be parsed.",
    errors.INTERRUPTED: "Interrupted; nothing was left half-written.",
}


def exit_codes() -> dict[int, str]:
    """Give each exit code, in order, with what it says in one sentence."""
    own = {
        kind.exit_code: (kind.__doc__ or "").split("\n")[0]
        for kind in errors.BlijfwijzerError.__subclasses__()
    }
    return dict(sorted({**own, **_OTHERS}.items()))


def describe_in_help() -> str:
    """List the codes as the help of the command line ends with them."""
    lines = [f"- {code}: {why}" for code, why in exit_codes().items()]
    return "\n\n".join(["Exit codes:", "", *lines])
