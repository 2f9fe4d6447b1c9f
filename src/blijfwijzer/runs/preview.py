"""The stories of what would be shown: by one output, and by several beside each other."""

from collections.abc import Sequence
from pathlib import Path

from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.release.plan import Plan, make_plan
from blijfwijzer.release.preview import Preview, Wish, foretell
from blijfwijzer.runs.claims import put_claims, wish_claims
from blijfwijzer.runs.climate import measure_climate, wish_climate
from blijfwijzer.runs.score import ScoreRequest, score_wave, wish_scores
from blijfwijzer.runs.waves import WavesRequest

Asked = ScoreRequest | WavesRequest


def preview(kind: str, asked: Asked, ledgers: Path) -> Preview:
    """Say how many groups `score`, `climate` or `claims` would show; write and enter nothing."""
    with show_progress() as tell:
        found = foretell(_wish(kind, asked, tell), ledgers)
    print(found)
    return found


def plan(wishes: Sequence[tuple[str, str, Asked]], ledgers: Path) -> Plan:
    """Say what outputs cost each other before the first is made; write and enter nothing.

    Parameters
    ----------
    wishes : what each is called, its kind (score, climate or claims) and what is asked
    """
    with show_progress() as tell:
        measured = [(name, _wish(kind, asked, tell)) for name, kind, asked in wishes]
        found = make_plan(measured, ledgers, tell)
    print(found)
    return found


def _wish(kind: str, asked: Asked, tell: Tell) -> Wish:
    """Read and measure what is asked, so that it can be foretold what may be shown of it."""
    if isinstance(asked, ScoreRequest):
        return wish_scores(score_wave(asked, tell), tell)
    if kind == "climate":
        return wish_climate(measure_climate(asked, tell), tell)
    return wish_claims(put_claims(asked, tell), tell)
