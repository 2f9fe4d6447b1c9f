"""Which claims, and which of their estimates, may be shown."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.claims.evidence import Evidence
from blijfwijzer.claims.verdicts import Verdict
from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.publish.claim_findings import ClaimPart, ShownClaims
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.margins import rounded_margins
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.survey.arrays import Array, Mask


def admit_claims(
    verdicts: tuple[Verdict, ...],
    evidence: Evidence,
    admission: Admission,
    release: Rehearsal,
    beside: Figures,
) -> ShownClaims:
    """Choose the claims and their estimates to show: those whose parts tell of no few.

    Those who are, did or had something that a claim read make a part. The others make none:
    what is told of them is a difference, from which with the rest of the survey only their total
    together with those who gave no answer follows. Domains that single estimates are about, such
    as an age band, are chosen by themselves.

    Parameters
    ----------
    beside : figures that are offered after these
    """
    minimum = release.request.settings.disclosure.minimum
    parts: dict[ClaimPart, list[Mask]] = {}
    for verdict in verdicts:
        parts[ClaimPart(verdict.claim.id)] = _parts_of(verdict, evidence)
        parts |= _domains_of(verdict)
    too_few = {key for key, rows in parts.items() if any(row.sum() < minimum for row in rows)}
    too_few |= {ClaimPart(v.claim.id) for v in verdicts if _is_of_few(v, evidence, minimum)}
    offered = {
        _figure(key): csr_array(np.array(rows, dtype=np.int8))
        for key, rows in parts.items()
        if rows and key not in too_few
    }
    rounded = rounded_margins(beside, {}, release.request.settings.disclosure)
    names = set(release.figures(admission, {**offered, **beside}, rounded))
    hidden = too_few | {key for key in parts if _figure(key) in set(offered) - names}
    shown = ShownClaims(
        frozenset(v.claim.id for v in verdicts if ClaimPart(v.claim.id) not in hidden),
        frozenset(key for key in hidden if key.domain is not None),
        frozenset(names & set(beside)),
    )
    bare = {v.claim.id for v in verdicts if not _tells_what_decided(v, shown, minimum)}
    return replace(shown, claims=shown.claims - bare)


def _tells_what_decided(verdict: Verdict, shown: ShownClaims, minimum: int) -> bool:
    """Whether all that a verdict, its effect and its reason repeat may be shown by itself."""
    finding = verdict.finding
    return finding is None or all(
        shown.may_show(verdict.claim.id, finding, one, minimum) for one in finding.decisive
    )


def _figure(part: ClaimPart) -> FigureId:
    """Name what is shown of a claim, or of a domain of it, in the ledger."""
    return FigureId("claim", tuple(name for name in part if name is not None))


def _domains_of(verdict: Verdict) -> dict[ClaimPart, list[Mask]]:
    """Give whom a claim, and each of its estimates, is about, where they are not everyone."""
    finding = verdict.finding
    if finding is None:
        return {}
    about = (finding.domain, *(one.part for one in (*finding.estimates, *finding.checks)))
    return {
        ClaimPart(verdict.claim.id, domain.name): list(domain.members)
        for domain in about
        if domain is not None
    }


def _parts_of(verdict: Verdict, evidence: Evidence) -> list[Mask]:
    """Those who are, did or had what a claim read."""
    held = [_who_are(values) for values in _answers(verdict.read, evidence)]
    return [part for part in held if part is not None]


def _is_of_few(verdict: Verdict, evidence: Evidence, minimum: int) -> bool:
    """Whether few answered something that a claim read, or few are, did or had it, or few not."""
    read = _answers(verdict.read, evidence)
    if evidence.previous is not None:
        read = chain(read, _answers(verdict.read_before, evidence.previous))
    for values in read:
        part, known = _who_are(values), int((~np.isnan(values)).sum())
        sides = [known] if part is None else [int(part.sum()), known - int(part.sum())]
        if min(sides) < minimum:
            return True
    return False


def _answers(read: Iterable[str], evidence: Evidence) -> Iterator[Array]:
    for name in sorted(set(read) & set(evidence.concepts)):
        yield evidence.concepts[name].to_numpy(dtype=float)


def _who_are(values: Array) -> Mask | None:
    """Give those who are something; None for a score."""
    known = values[~np.isnan(values)]
    is_yes_or_no = len(known) > 0 and bool(np.isin(known, (0.0, 1.0)).all())
    return np.asarray(values == 1) if is_yes_or_no else None
