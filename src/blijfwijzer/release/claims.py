"""Which claims, and which of their estimates, may be told."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.claims.evidence import Evidence
from blijfwijzer.claims.register import CHANGE, Verdict
from blijfwijzer.publish.claims_page import Told
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.publication import Publication

Array = NDArray[np.float64]


def admit_claims(
    verdicts: tuple[Verdict, ...],
    evidence: Evidence,
    admission: Admission,
    release: Publication,
) -> Told:
    """Choose the claims and their estimates to show: those whose parts tell of no few.

    Those who are, did or had something that a claim read make a part. The others make none:
    what is told of them is a difference, from which with the rest of the survey only their total
    together with those who gave no answer follows. Parts that single estimates are about, such as
    an age band, are chosen by themselves.
    """
    minimum = release.request.settings.disclosure.minimum
    parts: dict[tuple[str, str | None], list[NDArray[np.bool_]]] = {}
    for verdict in verdicts:
        parts[verdict.claim.id, None] = _parts_of(verdict, evidence)
        domains = verdict.finding.domains if verdict.finding is not None else {}
        parts |= {(verdict.claim.id, end): list(domain) for end, domain in domains.items()}
    too_few = {key for key, rows in parts.items() if any(row.sum() < minimum for row in rows)}
    too_few |= {(v.claim.id, None) for v in verdicts if _is_of_few(v, evidence, minimum)}
    offered = {
        _figure(*key): csr_array(np.array(rows, dtype=np.int8))
        for key, rows in parts.items()
        if rows and key not in too_few
    }
    names = set(release.figures(admission, offered))
    hidden = too_few | {key for key in parts if _figure(*key) in set(offered) - names}
    return Told(
        frozenset(v.claim.id for v in verdicts if (v.claim.id, None) not in hidden),
        frozenset((claim, end) for claim, end in hidden if end is not None),
    )


def _figure(claim: str, end: str | None) -> str:
    """Name what is told of a claim, or of those of its estimates whose name has this end."""
    return f"claim:{claim}" if end is None else f"claim:{claim}:{end}"


def _parts_of(verdict: Verdict, evidence: Evidence) -> list[NDArray[np.bool_]]:
    """Those who are, did or had what a claim read."""
    held = [_who_are(values) for values in _read_by(verdict, evidence)]
    return [part for part in held if part is not None]


def _is_of_few(verdict: Verdict, evidence: Evidence, minimum: int) -> bool:
    """Whether few answered something that a claim read, or few are, did or had it, or few not."""
    for values in _read_by(verdict, evidence):
        part, known = _who_are(values), int((~np.isnan(values)).sum())
        sides = [known] if part is None else [int(part.sum()), known - int(part.sum())]
        if min(sides) < minimum:
            return True
    before = evidence.previous
    changes = before is not None and verdict.claim.id == CHANGE
    return changes and before is not None and _is_of_few(verdict, before, minimum)


def _read_by(verdict: Verdict, evidence: Evidence) -> list[Array]:
    names = sorted(verdict.read & set(evidence.concepts))
    return [evidence.concepts[name].to_numpy(dtype=float) for name in names]


def _who_are(values: Array) -> NDArray[np.bool_] | None:
    """Give those who are something; None for a score."""
    known = values[~np.isnan(values)]
    is_yes_or_no = len(known) > 0 and bool(np.isin(known, (0.0, 1.0)).all())
    return np.asarray(values == 1) if is_yes_or_no else None
