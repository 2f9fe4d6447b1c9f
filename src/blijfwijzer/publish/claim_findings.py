"""What claims came to, and which of it may be shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from blijfwijzer.claims.estimates import ClaimEstimate
from blijfwijzer.claims.findings import ClaimFinding
from blijfwijzer.claims.verdicts import VERDICTS, Verdict
from blijfwijzer.disclosure.figures import FigureId
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.findings import RegisterFindings
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.texts import Message

WITHHELD = "withheld"


class ClaimPart(NamedTuple):
    """A claim, or what of it is about a domain of the respondents."""

    claim: str
    domain: str | None = None
    """Name of the domain; None for the claim itself."""


@dataclass(frozen=True)
class ShownClaims:
    """Claims and their parts that may be shown."""

    claims: frozenset[str] = frozenset()
    """Claims whose figures may be shown; of others nothing is said but that."""
    hidden: frozenset[ClaimPart] = frozenset()
    """Parts of which nothing may be shown, though the rest of the claim may."""
    beside: frozenset[FigureId] = frozenset()
    """Figures that were offered beside claims and may be shown."""

    def tells(self, verdict: Verdict) -> bool:
        """Whether anything may be shown of a claim."""
        return verdict.claim.id in self.claims

    def estimates(self, verdict: Verdict, minimum: int) -> Iterator[tuple[str, ClaimEstimate]]:
        """Give the estimates of a claim that may be shown, each as main or sensitivity.

        An estimate over too few people, and a share that too few make, are left out.
        """
        finding = verdict.finding
        if finding is None or not self.tells(verdict):
            return
        for sort, estimates in (("main", finding.estimates), ("sensitivity", finding.checks)):
            for one in estimates:
                if self.may_show(verdict.claim.id, finding, one, minimum):
                    yield sort, one

    def may_show(self, claim: str, finding: ClaimFinding, one: ClaimEstimate, minimum: int) -> bool:
        """Whether an estimate may be shown, by whom it is about and what it rests on."""
        domains = [domain for domain in (finding.domain, one.part) if domain is not None]
        is_hidden = any(ClaimPart(claim, domain.name) in self.hidden for domain in domains)
        found = one.estimate
        return found.n >= minimum and not found.fewest < minimum and not is_hidden


@dataclass(frozen=True)
class ClaimFindings:
    """What claims came to in a survey, and which of it may be shown."""

    verdicts: tuple[Verdict, ...]
    shown: ShownClaims
    codebook: Codebook
    settings: Settings
    intake: Intake
    releases: int
    register: RegisterFindings | None = None
    """What a register tells of its people, where there is one."""
    plain: Mapping[str, str] = field(default_factory=dict)
    """Claim to its verdict with the weights that the survey had, where others are used."""
    warned: tuple[Message, ...] = ()
    """What to know of both waves before all else."""

    @property
    def edge(self) -> Edge:
        """Who reads of them."""
        return Edge.of(self.settings)

    def counts(self) -> dict[str, int]:
        """Count what was read, for the run's record."""
        shown = [verdict for verdict in self.verdicts if self.shown.tells(verdict)]
        return {
            "forms": self.intake.rows,
            "accepted": len(self.intake.held),
            "refused": len(self.intake.rejected),
            "earlier_releases": self.releases,
            **{name.replace(" ", "_"): sum(v.verdict == name for v in shown) for name in VERDICTS},
            WITHHELD: len(self.verdicts) - len(shown),
        }
