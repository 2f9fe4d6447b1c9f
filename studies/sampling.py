"""Where a command spends its CPU time, by our own functions.

`python -m studies.sampling COSTS.json score ...` runs a command and writes that. A signal comes
every hundredth of a second of CPU, so that a busy machine changes nothing; whatever was used since
the last one is charged to the innermost function of ours: what numpy did for it is its cost.
"""

import json
import runpy
import signal
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

_EVERY = 0.01
_PACKAGE = "blijfwijzer."
IMPORTS = "imports"
"""What is charged with the import of modules, ours and others'."""


@dataclass(frozen=True)
class Costs:
    """What a command took."""

    seconds: float
    """CPU."""
    own: dict[str, float]
    """Function to seconds in it, less those of functions of ours that it called."""
    under: dict[str, float]
    """Function to seconds in it and all that it called."""

    def largest(self, count: int) -> list[tuple[str, float]]:
        """Give the functions with the largest own cost, largest first."""
        return sorted(self.own.items(), key=lambda item: (-item[1], item[0]))[:count]


class Sampler:
    """Counts CPU time by function while it is on."""

    def __init__(self) -> None:
        self._own: defaultdict[str, float] = defaultdict(float)
        self._under: defaultdict[str, float] = defaultdict(float)
        self._last = self._start = time.process_time()

    def __enter__(self) -> "Sampler":
        """Begin."""
        signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
        return self

    def __exit__(self, *_: object) -> None:
        """End; what was counted stays."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _take(self, _: int, frame: FrameType | None) -> None:
        # A long call into C holds signals back, so a sample counts for all time since the last.
        now = time.process_time()
        spent, self._last = now - self._last, now
        stack = _ours(frame)
        self._own[stack[0] if stack else "other"] += spent
        for name in set(stack):
            self._under[name] += spent

    def costs(self) -> Costs:
        """Give what was counted."""
        return Costs(time.process_time() - self._start, dict(self._own), dict(self._under))


def _ours(frame: FrameType | None) -> list[str]:
    """Name our own functions on a stack, innermost first."""
    names: list[str] = []
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if not names and module.startswith("importlib."):
            names.append(IMPORTS)
        elif module.startswith(_PACKAGE) and frame.f_code.co_name != "<module>":
            name = frame.f_code.co_qualname.replace(".<locals>", "").split(".<")[0]
            names.append(f"{module.removeprefix(_PACKAGE)}.{name}")
        frame = frame.f_back
    return names


def read_costs(path: Path) -> Costs:
    """Read what a process wrote."""
    return Costs(**json.loads(path.read_text(encoding="utf-8")))


def main() -> None:
    """Run a command of ours and write what it took, whatever its end."""
    costs, sys.argv = Path(sys.argv[1]), ["blijfwijzer", *sys.argv[2:]]
    sampler = Sampler()
    try:
        with sampler:
            runpy.run_module("blijfwijzer", run_name="__main__", alter_sys=False)
    finally:
        costs.write_text(json.dumps(vars(sampler.costs())), encoding="utf-8")


if __name__ == "__main__":
    main()
