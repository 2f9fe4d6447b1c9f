"""Claims about what goes with commitment and performance (H2-H4)."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.claims.evidence import Evidence, NotTestableError
from blijfwijzer.claims.findings import FLOOR_R, Finding, Line, Part, bare, conclude
from blijfwijzer.claims.halves import explained
from blijfwijzer.estimation.influences import Estimate, Regression, combine
from blijfwijzer.estimation.intervals import from_draws
from blijfwijzer.estimation.moments import covariances, within
from blijfwijzer.survey.codebook import Text
from blijfwijzer.survey.concepts import CONCEPTS, PAIR

Array = NDArray[np.float64]

CONDITIONS = (
    "missiegedrevenheid",
    "open_en_mensgericht",
    "psychologische_veiligheid",
    "samenwerking",
    "externe_orientatie",
    "leervermogen",
)
FLOOR_INDIRECT = FLOOR_R**2
"""Of a product of two slopes."""
_FEWEST_CONDITIONS = 3


def brave_teams(evidence: Evidence) -> Finding:
    """H2: safety and performance orientation together go with commitment and performance.

    Each by itself at an equal level of the other, and both together with their interaction.
    """
    source = evidence.other_half if evidence.has_teams else np.asarray
    commitment = _pair_regression(evidence, "betrokkenheid", halves=evidence.has_teams)
    safety, performance = (combine(commitment, {name: 1.0}) for name in ("safety", "performance"))
    joint = combine(commitment, {"safety": 1.0, "performance": 1.0, "both": 1.0})
    parts = [Part(safety), Part(performance), Part(joint, 1, floor=FLOOR_R)]
    lines = [
        Line(
            "safety",
            "Betrokkenheid per sd veiligheid",
            "Commitment per sd of safety",
            safety,
        ),
        Line(
            "performance",
            "Betrokkenheid per sd prestatiegerichtheid",
            "Commitment per sd of performance orientation",
            performance,
        ),
        Line(
            "both",
            "Wederzijdse versterking (product)",
            "Interaction (product)",
            combine(commitment, {"both": 1.0}),
        ),
        Line("joint", "Betrokkenheid: beide een sd hoger", "Commitment: both one sd higher", joint),
    ]
    sensitivity = [
        Line(
            f"own_{name}",
            f"Met eigen antwoorden: {nl}",
            f"With own answers: {en}",
            combine(_pair_regression(evidence, "betrokkenheid", halves=False), {name: 1.0}),
        )
        for name, nl, en in (
            ("safety", "veiligheid", "safety"),
            ("performance", "prestatiegerichtheid", "performance orientation"),
        )
    ]
    for name in ("prestatie_leiding", "prestatie_eigen"):
        if not evidence.has(name):
            continue
        # The manager's rating has another source than the culture score, so no halves are needed.
        values = [evidence.of(part) for part in PAIR]
        if name == "prestatie_eigen":
            values = [np.asarray(source(v)) for v in values]
        first, second = (evidence.standardise(v) for v in values)
        pair = evidence.standardise((first + second) / 2)
        found = combine(evidence.fit(evidence.z(name), {"pair": pair}), {"pair": 1.0})
        line = Line(
            name,
            f"{CONCEPTS[name].nl} per sd van het paar",
            f"{CONCEPTS[name].en} per sd of the pair",
            found,
        )
        if name == "prestatie_leiding" or not evidence.has("prestatie_leiding"):
            lines.append(line)
            parts.append(Part(found, 1, floor=FLOOR_R))
        else:
            sensitivity.append(line)
    effect = (
        joint,
        "betrokkenheid als beide een sd hoger zijn, in sd",
        "commitment when both are one sd higher, in sd",
    )
    return conclude(lines, parts, effect, sensitivity, note=_halves_note(evidence))


def room_matters(evidence: Evidence) -> Finding:
    """H3: red tape takes room away, and lack of room lowers commitment and performance.

    The indirect effect, red tape -> room times room -> outcome given red tape, in standard
    deviations, with a bootstrap of whole units (MacKinnon, Lockwood & Williams 2004). Red tape is
    told by one half of a team and room by the other, and what they are held to predict by whoever
    did not tell them.
    """
    place, picks = evidence.draw()
    names = ("betrokkenheid", "prestatie_leiding", "prestatie_eigen")
    outcomes = [name for name in names if evidence.has(name)]
    lines, parts, sensitivity = [], [], []
    for name in outcomes:
        columns = _path(evidence, name, evidence.has_teams)
        label = CONCEPTS[name]
        n = int((~np.isnan(columns).any(axis=1)).sum())
        found, drawn = covariances(columns, evidence.design.weight, place, picks)
        steps = np.array([_steps(found), *(_steps(matrix) for matrix in drawn)])
        indirect = from_draws(float(steps[0].prod()), steps[1:].prod(axis=1), n)
        told = [
            Line(
                f"indirect_{name}",
                f"{label.nl} per sd regeldruk, via ruimte",
                f"{label.en} per sd of red tape, through room",
                indirect,
            ),
            *(
                Line(f"{step}_{name}", nl, en, from_draws(float(s[0]), s[1:], n))
                for step, nl, en, s in (
                    ("room", "waarvan ruimte per sd regeldruk", "of which room per sd", steps.T[0]),
                    (
                        "outcome",
                        "waarvan uitkomst per sd ruimte, bij gelijke regeldruk",
                        "of which outcome per sd of room, at equal red tape",
                        steps.T[1],
                    ),
                )
            ),
        ]
        if name == "prestatie_eigen" and "prestatie_leiding" in outcomes:
            sensitivity += told
            continue
        lines += told
        parts.append(Part(indirect, -1, floor=FLOOR_INDIRECT))
        if evidence.has_teams:
            sensitivity.append(
                Line(
                    f"own_{name}",
                    f"Met eigen antwoorden, via ruimte: {label.nl}",
                    f"With own answers, through room: {label.en}",
                    _indirect_of_own(evidence, name, place, picks),
                )
            )
    effect = (
        lines[0].estimate,
        "sd betrokkenheid per sd regeldruk, via ruimte",
        "sd of commitment per sd of red tape, through room",
    )
    return conclude(lines, parts, effect, sensitivity, note=_halves_note(evidence))


def each_condition(evidence: Evidence) -> Finding:
    """H4: each of six conditions goes with commitment, by itself.

    Which of them counts most is told by general dominance (Budescu 1993): the mean gain in R2 over
    all sets of the others; shares of a whole that add up.
    """
    names = [name for name in CONDITIONS if evidence.has(name)]
    if len(names) < _FEWEST_CONDITIONS:
        raise NotTestableError(
            Text(
                nl=f"de enquête heeft {len(names)} van de zes voorwaarden; nodig zijn er "
                f"{_FEWEST_CONDITIONS}",
                en=f"the survey has {len(names)} of the six conditions; "
                f"{_FEWEST_CONDITIONS} are needed",
            )
        )
    outcome = evidence.z("betrokkenheid")
    read = evidence.other_half if evidence.has_teams else np.asarray
    columns = {name: evidence.standardise(np.asarray(read(evidence.of(name)))) for name in names}
    lines, parts, sensitivity = [], [], []
    for name, values in columns.items():
        found = combine(evidence.fit(outcome, {name: values}), {name: 1.0})
        parts.append(Part(found, 1, floor=FLOOR_R))
        lines.append(
            Line(
                name,
                f"Betrokkenheid per sd: {CONCEPTS[name].nl}",
                f"Commitment per sd: {CONCEPTS[name].en}",
                found,
            )
        )
    joint = evidence.fit(outcome, columns)
    shares = _dominance(evidence, outcome, columns)
    for name in names:
        sensitivity += [
            Line(
                f"joint_{name}",
                f"Alle tegelijk: {CONCEPTS[name].nl}",
                f"All at once: {CONCEPTS[name].en}",
                combine(joint, {name: 1.0}),
            ),
            Line(
                f"dominance_{name}",
                f"Aandeel in de verklaarde variantie: {CONCEPTS[name].nl}",
                f"Share of explained variance: {CONCEPTS[name].en}",
                bare(shares[name], joint.n),
            ),
        ]
        if evidence.has_teams:
            own = combine(evidence.fit(outcome, {name: evidence.z(name)}), {name: 1.0})
            sensitivity.append(
                Line(
                    f"own_{name}",
                    f"Met eigen antwoorden: {CONCEPTS[name].nl}",
                    f"With own answers: {CONCEPTS[name].en}",
                    own,
                )
            )
    median = float(np.median([part.estimate.value for part in parts]))
    effect = (
        median,
        "mediaan van betrokkenheid per sd van een voorwaarde, in sd",
        "median of commitment per sd of a condition, in sd",
    )
    needed = len(names) // 2 + 1
    return conclude(lines, parts, effect, sensitivity, needed, _halves_note(evidence))


def _pair_regression(evidence: Evidence, outcome: str, halves: bool) -> Regression:
    read = evidence.other_half if halves else np.asarray
    safety, performance = (
        evidence.standardise(np.asarray(read(evidence.of(name)))) for name in PAIR
    )
    columns = {"safety": safety, "performance": performance, "both": safety * performance}
    return evidence.fit(evidence.z(outcome), columns)


def _path(evidence: Evidence, outcome: str, halves: bool) -> Array:
    """Red tape and room as it depends on it; red tape, room and what these lead to.

    In standard deviations of people, within sectors. With halves the first two come from different
    halves of a team, the respondent's own telling of room; what leads to an outcome is what the
    other half says, or the respondent where the outcome is the manager's rating.
    """
    tape, room = (evidence.z(name) for name in ("regeldruk", "ruimte_professional"))
    causes = [tape, room]
    if halves:
        first = [evidence.other_half(tape), evidence.own_half(room)]
        if outcome != "prestatie_leiding":
            causes = [evidence.other_half(tape), evidence.other_half(room)]
    else:
        first = [tape, room]
    columns = np.column_stack([*first, *causes, evidence.z(outcome)])
    return within(columns, evidence.sector, evidence.design.weight)


def _steps(covariance: Array) -> tuple[float, float]:
    """Red tape -> room, and room -> outcome given red tape."""
    if not (np.diag(covariance)[:4] > 0).all():
        return float("nan"), float("nan")
    first = float(covariance[0, 1] / covariance[0, 0])
    slopes = np.linalg.lstsq(covariance[2:4, 2:4], covariance[2:4, 4], rcond=None)[0]
    return first, float(slopes[1])


def _indirect_of_own(
    evidence: Evidence, outcome: str, place: NDArray[np.intp], picks: Array
) -> Estimate:
    columns = _path(evidence, outcome, halves=False)
    found, drawn = covariances(columns, evidence.design.weight, place, picks)
    n = int((~np.isnan(columns).any(axis=1)).sum())
    products = np.array([np.prod(_steps(matrix)) for matrix in drawn])
    return from_draws(float(np.prod(_steps(found))), products, n)


def _dominance(evidence: Evidence, outcome: Array, columns: dict[str, Array]) -> dict[str, float]:
    rows = within(
        np.column_stack([outcome, *columns.values()]), evidence.sector, evidence.design.weight
    )
    place = np.zeros(len(rows), dtype=np.intp)
    matrix = covariances(rows, evidence.design.weight, place, np.ones((1, 1)))[0]
    count = len(columns)
    r2 = {
        chosen: explained(matrix, [place + 1 for place in chosen])
        for size in range(count + 1)
        for chosen in combinations(range(count), size)
    }
    whole = r2[tuple(range(count))]
    shares = {}
    for place_of, name in enumerate(columns):
        gains = [
            np.mean(
                [
                    r2[tuple(sorted((*chosen, place_of)))] - r2[chosen]
                    for chosen in combinations([p for p in range(count) if p != place_of], size)
                ]
            )
            for size in range(count)
        ]
        shares[name] = float(np.mean(gains) / whole) if whole > 0 else np.nan
    return shares


def _halves_note(evidence: Evidence) -> Text | None:
    if evidence.has_teams:
        return None
    return Text(
        nl="Er zijn te weinig teams om te halveren: alles komt van dezelfde persoon op één moment, "
        "wat verbanden sterker kan doen lijken.",
        en="There are too few teams to halve: all is told by one person at one moment, which can "
        "make relations look stronger.",
    )
