"""Made-up reports, for the tests of what is shown."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import reopen
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.texts import write
from blijfwijzer.survey.texts import Language, Message

TARGETS = {
    "nl": (("vertrekintentie", "Vertrekintentie"), ("achterblijver", "Achterblijversrisico")),
    "en": (("vertrekintentie", "Intention to leave"), ("achterblijver", "Risk of falling behind")),
}
SECTORS = {
    "nl": "Rijk,Gemeenten,Provincies,Waterschappen,Onderwijs,Politie,Defensie,Zorg".split(","),
    "en": "State,Towns,Provinces,Water boards,Schools,Police,Defence,Care".split(","),
}
DRIVERS = {
    "nl": (
        ("Waardering door de leidinggevende", True),
        ("Leeftijd van het contract", False),
        ("Ontwikkelgesprek in het laatste jaar", True),
        ("Werkdruk", True),
        ("Jaren in dienst", False),
    ),
    "en": (
        ("Recognition by the manager", True),
        ("Age of the contract", False),
        ("Development talk in the last year", True),
        ("Workload", True),
        ("Years in service", False),
    ),
}


def said(remarks: Iterable[Message]) -> list[str]:
    """Give remarks in English, as the screen does."""
    return [write(remark, "en") for remark in remarks]


def make_report(
    language: Language = "nl", groups: int = 40, flagged: int = 8, label: str = ""
) -> Chapter:
    """Make a report of any size; a label given is that of every group."""
    rng = np.random.default_rng(3)
    dutch = language == "nl"
    names = [label or f"{'Afdeling' if dutch else 'Department'} {i:04d}" for i in range(groups)]
    rates = _rates(rng, groups)
    made: dict[str, Any] = dict(
        language=language,
        title="Van meting naar vouchers" if dutch else "From survey to vouchers",
        survey="WERKonderzoek 2022",
        targets=TARGETS[language],
        facts=(
            ("Formulieren" if dutch else "Forms", "40.120" if dutch else "40,120"),
            ("Aanvaard" if dutch else "Accepted", "39.870" if dutch else "39,870"),
        ),
        rejected=pd.DataFrame({"reason": ["geen gewicht", "dubbel"], "responses": [1200, 50]}),
        wave=pd.DataFrame(
            {
                "column": ["werkdruk", "telewerken"],
                "label": ["Werkdruk", "Telewerken"],
                "missing_then": [2, 1],
                "missing_now": [3, 1],
                "unseen": [0, 2],
                "moved_to_limit": [0, 0],
                "drift": [0.031, 0.412],
                "verdict": ["same", "shifted"],
            }
        ),
        questions=pd.DataFrame(
            {
                "question": ["Ik kan hier fouten toegeven", "Ik leer hier elke dag iets nieuws"],
                "scale": ["Veiligheid", "Leren"],
                "n": ["1000+", "1000+"],
                "span": ["1–5", "1–5"],
                "mean": [3.8, 3.1],
                "high": [71, 42],
                "low_high": [69, 40],
                "high_high": [73, 44],
            }
        ),
        sectors=pd.concat(
            [
                pd.DataFrame(
                    {
                        "target": target,
                        "label": SECTORS[language],
                        "n": "1000+",
                        "response": 40,
                        **_rates(rng, 8),
                    }
                )
                for target, _ in TARGETS[language]
            ],
            ignore_index=True,
        ),
        flagged=_flagged(rng, names[:flagged], language),
        drivers=_drivers(rng, names[:flagged], language),
        groups=pd.DataFrame(
            {
                "label": names,
                "level": "afdeling",
                "sector": rng.choice(SECTORS[language], groups),
                "n": rng.choice(["10-19", "20-49", "50-99"], groups),
                "people": rng.choice(["20-49", "50-99"], groups),
                **{
                    f"{target}_{part}": values
                    for target, _ in TARGETS[language]
                    for part, values in rates.items()
                },
                "achterblijver_nonresponse_low": rates["low"],
                "achterblijver_nonresponse_high": rates["high"],
                "talent_best": np.where(rng.random(groups) < 0.5, np.nan, rates["rate"]),
                "talent_rest": rates["low"],
            }
        ),
        segments=pd.DataFrame(
            {
                "target": "achterblijver",
                "label": ["lager opgeleid, 15 jaar of langer in dienst, geen interne stap"],
                "n": ["100-249"],
                "rate": [52],
                "low": [45],
                "high": [59],
                "reference": [33],
            }
        ),
        vouchers=pd.DataFrame(
            {
                "label": names,
                "level": "afdeling",
                "sector": rng.choice(SECTORS[language], groups),
                "vouchers": rng.integers(0, 20, groups),
                "need": rng.integers(5, 40, groups),
                "extra": rng.integers(0, 50, groups) / 10,
            }
        ),
        proposal=pd.DataFrame([_proposal()]),
        alternatives=pd.DataFrame(
            {
                "rule": ["Deze verdeling", "Lager opgeleid en lang in dienst", "Willekeurig"],
                "is_plan": [True, False, False],
                "over": ["eenheden", "eenvoudige regel", "eenheden"],
                "vouchers": [600, 580, 600],
                "extra": [61.2, 48.4, 33.0],
                "extra_low": [31.0, 25.0, 17.0],
                "extra_high": [91.5, 72.0, 50.5],
                "cost_per_extra": [4085, 5165, 7576],
                "need_reached": [31, 24, 17],
                "exclusion": [69, 76, 83],
                "inclusion": [38, 47, 66],
            }
        ),
        lottery=pd.DataFrame({"label": ["Groepen in de loting"], "value": ["24"]}),
        fairness=_fairness(dutch),
        gaps=pd.DataFrame(
            {"attribute": ["leeftijd"], "gap": [3], "low": [0], "high": [7], "ratio": [0.91]}
        ),
        conclusions=pd.DataFrame(
            {
                "attribute": ["leeftijd", "opleiding"],
                "conclusion": [
                    "Ouderen worden niet vaker gemist dan jongeren.",
                    "Lager opgeleiden worden 8 procentpunt minder vaak gemist.",
                ],
            }
        ),
        response=pd.DataFrame(
            {
                "attribute": ["Leeftijd", "Leeftijd"],
                "label": ["<35", "35+"],
                "people": ["500-599", "1000-1099"],
                "n": ["180-189", "500-599"],
                "response": [33, 51],
            }
        ),
        moved=pd.DataFrame(
            {
                "target": ["achterblijver"],
                "label": ["Iedereen"],
                "rate": [24],
                "moved": [2.0],
            }
        ),
        withheld=pd.DataFrame(
            {"reason": ["minder dan 10 mensen"], "groups": [12], "people": ["50-99"]}
        ),
        rolled_up=pd.DataFrame(
            {
                "label": ["Afdeling Archief"],
                "level": ["afdeling"],
                "into": ["Organisatie 12"],
                "reason": ["minder dan 5 respondenten"],
            }
        ),
        method=("Percentages zijn samengevoegd uit antwoorden en model.",),
        provenance=(("Model", "achterblijver-werkonderzoek-2019"), ("SHA-256", "0f" * 32)),
        warnings=("Dit is een verzonnen meting.",),
        notes={
            "vouchers": ("Budget € 250.000, € 1.000 per voucher.",),
            "register": ("R-indicator: 0,78.",),
        },
    )
    tables = {name: shown(made.pop(name)) for name in list(made) if is_table(made[name])}
    return Chapter(**made, tables=tables)


def _proposal() -> dict[str, float]:
    """The first row of the comparison, with money that nothing else here has."""
    return {
        **{"vouchers": 600, "served": 31, "groups": 40},
        **{"cost": 1_000, "budget": 250_000, "spending": 204_000},
        **{"reserve": 12_500, "left": 33_500},
        **{"extra": 61.2, "extra_low": 31.0, "extra_high": 91.5},
        **{"exclusion": 69, "inclusion": 38, "take_up": 28, "deadweight": 42},
    }


def is_table(value: Any) -> bool:
    return isinstance(value, pd.DataFrame)


def shown(value: Any) -> Any:
    """Pass a table through the gate, as one that was written before; leave other things be."""
    return reopen(value) if is_table(value) else value


def changed(report: Chapter, **tables: Any) -> Chapter:
    """Give a report with other tables; without those that are None."""
    held = {**report.tables, **{name: shown(table) for name, table in tables.items()}}
    return replace(report, tables={n: table for n, table in held.items() if table is not None})


def _rates(rng: np.random.Generator, rows: int, least: int = 15) -> dict[str, Any]:
    rate = rng.integers(least, 60, rows).astype(float)
    half = rng.integers(3, 12, rows)
    return {"rate": rate, "low": rate - half, "high": rate + half}


def _flagged(rng: np.random.Generator, names: list[str], language: Language) -> pd.DataFrame:
    rows = len(names)
    tables = [
        pd.DataFrame(
            {
                "group": [f"afdeling={place}" for place in range(rows)],
                "target": target,
                "label": names,
                "level": "afdeling",
                "sector": rng.choice(SECTORS[language], rows),
                "n": "20-49",
                **_rates(rng, rows, least=38),
                "reference": rng.integers(20, 30, rows),
                "probability": rng.integers(90, 100, rows),
                "place": 1,
                "last_place": rows,
                "stability": rng.integers(60, 100, rows),
                "holds": 3,
            }
        )
        for target, _ in TARGETS[language]
    ]
    return pd.concat(tables, ignore_index=True)


def _drivers(rng: np.random.Generator, names: list[str], language: Language) -> pd.DataFrame:
    rows = []
    for target, _ in TARGETS[language]:
        for place, name in enumerate(names):
            for driver, is_changeable in DRIVERS[language]:
                contrast = rng.normal(1, 3)
                rows.append(
                    {
                        "group": f"afdeling={place}",
                        "target": target,
                        "label": name,
                        "driver": driver,
                        "is_changeable": is_changeable,
                        "contrast": round(contrast, 1),
                        "low": round(contrast - 1.5, 1),
                        "high": round(contrast + 1.5, 1),
                        "is_sure": abs(contrast) > 1.5,
                    }
                )
    return pd.DataFrame(rows)


def _fairness(dutch: bool) -> pd.DataFrame:
    few = "te weinig waarnemingen" if dutch else "too few responses"
    return pd.DataFrame(
        {
            "attribute": ["leeftijd"] * 3 + ["opleiding"] * 2 + ["geslacht"] * 2,
            "label": ["tot 35", "35-54", "55 en ouder", "lager", "hoger", "man", "vrouw"],
            "n": ["1000+", "1000+", few, "500-999", "1000+", "1000+", "1000+"],
            "selection": [21, 24, few, 33, 18, 22, 23],
            "missed": [72, 69, few, 61, 74, 70, 69],
            "inclusion": [41, 37, few, 30, 44, 39, 38],
            "low": [68, 66, few, 55, 71, 66, 65],
            "high": [76, 72, few, 67, 77, 74, 73],
        }
    )
