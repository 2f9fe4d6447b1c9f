"""The stories of what would be shown: by one output, and by several beside each other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.release.plan import Plan, make_plan
from blijfwijzer.release.preview import Preview, Wish, foretell
from blijfwijzer.runs.claims import put_claims, wish_claims
from blijfwijzer.runs.climate import measure_climate, wish_climate
from blijfwijzer.runs.compare import wish_comparison
from blijfwijzer.runs.explain import wish_explained
from blijfwijzer.runs.models.explained import ExplainRequest, contribute_wave
from blijfwijzer.runs.models.pairs import CompareRequest, read_pair
from blijfwijzer.runs.monitor import targets_of, watch_wave
from blijfwijzer.runs.promote import PromoteRequest, wish_promotion
from blijfwijzer.runs.score import ScoreRequest, score_wave, wish_scores
from blijfwijzer.runs.waves import WavesRequest

Foretold = ScoreRequest | WavesRequest
"""What `--preview` can be asked of."""
Planned = Foretold | ExplainRequest | CompareRequest | PromoteRequest
"""What a plan can be made of."""


def preview(kind: str, asked: Foretold, ledgers: Path) -> Preview:
    """Say how many groups `score`, `climate` or `claims` would show; write and enter nothing."""
    with show_progress() as tell:
        found = foretell(_wish(kind, asked, tell), ledgers)
    print(found)
    return found


def plan(wishes: Sequence[tuple[str, str, Planned]], ledgers: Path) -> Plan:
    """Say what outputs cost each other before the first is made; write and enter nothing.

    Parameters
    ----------
    wishes : what each is called, its kind (score, climate ...) and what is asked
    """
    with show_progress() as tell:
        measured = [own for name, kind, asked in wishes for own in _wishes(name, kind, asked, tell)]
        found = make_plan(measured, ledgers, tell)
    print(found)
    return found


def _wishes(name: str, kind: str, asked: Planned, tell: Tell) -> Iterator[tuple[str, Wish]]:
    """Read and measure what is asked: `monitor` makes an output of each outcome."""
    if kind != "monitor" or not isinstance(asked, ExplainRequest):
        yield name, _wish(kind, asked, tell)
        return
    targets = targets_of(asked)
    for target in targets:
        watched = watch_wave(replace(asked, target=target), tell)
        of = f"{name} ({target})" if targets[1:] else name
        yield of, wish_explained(watched.explained, kind)


def _wish(kind: str, asked: Planned, tell: Tell) -> Wish:
    """Read and measure what is asked, so that it can be foretold what may be shown of it."""
    match asked:
        case ScoreRequest():
            return wish_scores(score_wave(asked, tell), tell)
        case ExplainRequest():
            return wish_explained(contribute_wave(asked, tell), kind)
        case CompareRequest():
            return wish_comparison(read_pair(asked, tell))
        case PromoteRequest():
            return wish_promotion(asked, tell)
        case WavesRequest() if kind == "climate":
            return wish_climate(measure_climate(asked, tell), tell)
        case WavesRequest():
            return wish_claims(put_claims(asked, tell), tell)
