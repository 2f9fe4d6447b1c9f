"""Claims about what goes with commitment and performance (H2-H4)."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.culture.estimation import Estimate, Regression, combine
from blijfwijzer.culture.evidence import (
    Evidence,
    NotTestableError,
    covariances,
    from_draws,
    within_strata,
)
from blijfwijzer.culture.findings import Finding, Line, Part, bare, conclude
from blijfwijzer.culture.teams import explained
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
_FEWEST_CONDITIONS = 3


def brave_teams(evidence: Evidence) -> Finding:
    """H2: safety and performance orientation together go with commitment and performance."""
    source = evidence.other_half if evidence.has_teams else np.asarray
    commitment = _pair_regression(evidence, "betrokkenheid", halves=evidence.has_teams)
    safety, performance = (combine(commitment, {name: 1.0}) for name in ("safety", "performance"))
    main = combine(commitment, {"safety": 1.0, "performance": 1.0})
    joint = combine(commitment, {"safety": 1.0, "performance": 1.0, "both": 1.0})
    parts = [Part(main), Part(joint)]
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
            parts.append(Part(found))
        else:
            sensitivity.append(line)
    effect = (
        joint.value,
        "sd betrokkenheid als beide een sd hoger zijn",
        "sd of commitment when both are one sd higher",
    )
    return conclude(lines, parts, effect, sensitivity, note=_halves_note(evidence))


def room_matters(evidence: Evidence) -> Finding:
    """H3: red tape takes room away, and lack of room lowers commitment and performance.

    Both steps must hold (joint significance; MacKinnon, Lockwood, Hoffman, West & Sheets 2002). The
    indirect effect, red tape -> room times room -> outcome given red tape, in standard deviations,
    has a bootstrap of whole units (MacKinnon, Lockwood & Williams 2004).
    """
    place, picks = evidence.draw()
    names = ("betrokkenheid", "prestatie_leiding", "prestatie_eigen")
    outcomes = [name for name in names if evidence.has(name)]
    tape, room = _tape_and_room(evidence, evidence.has_teams)
    first = combine(evidence.fit(room, {"tape": tape}), {"tape": 1.0})
    parts = [Part(first, -1)]
    lines = [Line("room", "Ruimte per sd regeldruk", "Room per sd of red tape", first)]
    sensitivity = []
    for name in outcomes:
        # Commitment is told by who tells of room too; the manager's rating is not.
        halves = evidence.has_teams and name != "prestatie_leiding"
        tape, room = _tape_and_room(evidence, halves)
        fitted = evidence.fit(evidence.z(name), {"tape": tape, "room": room})
        second = combine(fitted, {"room": 1.0})
        label = CONCEPTS[name]
        told = [
            Line(
                name,
                f"{label.nl} per sd ruimte, bij gelijke regeldruk",
                f"{label.en} per sd of room, at equal red tape",
                second,
            ),
            Line(
                f"indirect_{name}",
                f"{label.nl} per sd regeldruk, via ruimte",
                f"{label.en} per sd of red tape, through room",
                _indirect(evidence, name, place, picks, halves),
            ),
        ]
        if name == "prestatie_eigen" and "prestatie_leiding" in outcomes:
            sensitivity += told
            continue
        lines += told
        parts.append(Part(second))
        if halves:
            own = _indirect(evidence, name, place, picks, False)
            sensitivity.append(
                Line(
                    f"own_{name}",
                    f"Met eigen antwoorden, via ruimte: {label.nl}",
                    f"With own answers, through room: {label.en}",
                    own,
                )
            )
    effect = (
        lines[2].estimate.value,
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
        parts.append(Part(found))
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
    effect = (median, "sd betrokkenheid per sd, mediaan", "sd of commitment per sd, median")
    needed = len(names) // 2 + 1
    return conclude(lines, parts, effect, sensitivity, needed, _halves_note(evidence))


def _pair_regression(evidence: Evidence, outcome: str, halves: bool) -> Regression:
    read = evidence.other_half if halves else np.asarray
    safety, performance = (
        evidence.standardise(np.asarray(read(evidence.of(name)))) for name in PAIR
    )
    columns = {"safety": safety, "performance": performance, "both": safety * performance}
    return evidence.fit(evidence.z(outcome), columns)


def _tape_and_room(evidence: Evidence, halves: bool) -> tuple[Array, Array]:
    read = evidence.other_half if halves else np.asarray
    tape, room = (
        evidence.standardise(np.asarray(read(evidence.of(name))))
        for name in ("regeldruk", "ruimte_professional")
    )
    return tape, room


def _indirect(
    evidence: Evidence, outcome: str, place: NDArray[np.intp], picks: Array, halves: bool
) -> Estimate:
    tape, room = _tape_and_room(evidence, halves)
    columns = within_strata(np.column_stack([tape, room, evidence.z(outcome)]), evidence.design)
    found, drawn = covariances(columns, evidence.design.weight, place, picks)
    n = int((~np.isnan(columns).any(axis=1)).sum())
    return from_draws(_product(found), np.array([_product(matrix) for matrix in drawn]), n)


def _product(covariance: Array) -> float:
    """Red tape -> room, times room -> outcome given red tape."""
    if not (covariance[0, 0] > 0 and covariance[1, 1] > 0):
        return float("nan")
    first = covariance[0, 1] / covariance[0, 0]
    slopes = np.linalg.lstsq(covariance[:2, :2], covariance[:2, 2], rcond=None)[0]
    return float(first * slopes[1])


def _dominance(evidence: Evidence, outcome: Array, columns: dict[str, Array]) -> dict[str, float]:
    rows = within_strata(np.column_stack([outcome, *columns.values()]), evidence.design)
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
