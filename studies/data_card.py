"""The data card of the built-in survey: what it is held to, and what it turned out to be."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.reliability import measure_reliability
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.scales import score_scales
from studies.claim_truths import CLAIM_TRUTHS


def measure_figures(responses: pd.DataFrame, codebook: Codebook) -> dict[str, float]:
    """Measure on a survey, as read, each figure that a survey can show; weighted."""
    weight = responses["weight"].to_numpy()
    scales = score_scales(responses, codebook)

    def mean(values: pd.Series) -> float:
        known = values.notna().to_numpy()
        return float(np.average(values[known].astype(float), weights=weight[known]))

    def share(name: str, test: Callable[[pd.Series], pd.Series]) -> float:
        answers = responses[name]
        return mean(test(answers).astype(float).where(answers.notna()))

    def mean_where(name: str, rows: pd.Series) -> float:
        known = (rows & responses[name].notna()).to_numpy()
        return float(np.average(responses[name][known], weights=weight[known]))

    design = Design.of_units(weight, responses[codebook.units.cluster])
    education = responses["opleiding"]
    named = {
        "training_2_years": "scholing",
        "agreement": "ontwikkelafspraak",
        "encouraged": "aangemoedigd",
        "external_aggression": "extern_agressie",
        "external_intimidation": "extern_intimidatie",
        "internal_aggression": "intern_agressie",
        "internal_bullying": "intern_pesten",
        "internal_intimidation": "intern_intimidatie",
        "discrimination": "discriminatie",
        "integrity_violation_seen": "integriteit_gezien",
        "share_managers": "leidinggevende",
        "mean_age": "leeftijd",
        "wanted_training": "wil_scholing",
        "offered_training": "scholing_aangeboden",
        "used_hr_instrument": "hr_instrument",
        "reorganised": "reorganisatie",
        "manager_encourages": "moedigt_aan",
    }
    agreed = {
        "own_market_value": "eigen_marktwaarde",
        "underperformance_corrected": "onder_aangesproken",
        "excellence_more_work": "uitblinken_meer_werk",
        "performance_rewarded": "prestatie_belonen",
        "rules_clear": "gedragsregels",
        "policy_enough": "omgangsbeleid",
    }
    return {
        **{name: mean(responses[column]) for name, column in named.items()},
        **{
            f"mean_{name}": mean(scales[name])
            for name in scales
            if name not in ("tevredenheid", "inzetbaarheid")
        },
        **{
            f"satisfied_{level}": share(f"tev_{level}", lambda a: a >= 4)
            for level in ("baan", "team", "organisatie")
        },
        **{name: share(column, lambda a: a >= 4) for name, column in agreed.items()},
        "daily_client_contact": share("klantcontact", lambda a: a == 3),
        "share_55_plus": share("leeftijd", lambda a: a >= 55),
        "share_women": share("geslacht", lambda a: a == "2"),
        "share_low_education": share("opleiding", lambda a: a == 1),
        "share_high_education": share("opleiding", lambda a: a == 3),
        "share_permanent": share("contract", lambda a: a == "1"),
        "share_tenure_10_plus": share("dienstjaren", lambda a: a >= 10),
        "intends_to_leave": share("vertrek", lambda a: a >= 4),
        "internal_move_5_years": share("interne_stappen", lambda a: a >= 1),
        "training_low_education": mean_where("scholing", education == 1),
        "training_high_education": mean_where("scholing", education == 3),
        "agreement_low_education": mean_where("ontwikkelafspraak", education == 1),
        "share_respondents_rijk": float((responses["sector"] == "rijk").mean()),
        "correlation_psy_open": float(
            scales["psychologische_veiligheid"].corr(scales["open_en_mensgericht"])
        ),
        "correlation_satisfaction_leaving": float(
            scales["tevredenheid"].corr((responses["vertrek"] >= 4).astype(float))
        ),
        "icc_psychological_safety": intraclass_correlation(
            scales["psychologische_veiligheid"], responses["team"]
        ),
        "alpha_lowest": float(
            measure_reliability(responses, codebook, design, draws=2).scales["alpha"].min()
        ),
        "sectors": float(responses["sector"].nunique()),
    }


def intraclass_correlation(values: pd.Series, groups: pd.Series) -> float:
    """ICC(1) by one-way analysis of variance (Shrout & Fleiss 1979), for unequal groups."""
    frame = pd.DataFrame({"value": values, "group": groups}).dropna()
    grouped = frame.groupby("group", observed=True)["value"]
    size, count = grouped.size(), grouped.ngroups
    between = (size * (grouped.mean() - frame["value"].mean()) ** 2).sum() / (count - 1)
    within = ((frame["value"] - grouped.transform("mean")) ** 2).sum() / (len(frame) - count)
    usual = (len(frame) - (size**2).sum() / len(frame)) / (count - 1)
    return float((between - within) / (between + (usual - 1) * within))


def data_card(figures: pd.DataFrame, measured: dict[str, float]) -> str:
    """Write what the built-in survey is held to and what it turned out to be, as Markdown."""
    lines = [
        "# Data card of the built-in survey",
        "",
        "A synthetic WERKonderzoek: no row is a person. It exists so that everything can be tried",
        "and tested on a survey whose truth is known. Each figure below is found (F, with high,",
        "medium or low confidence), derived (D), recalled (R) or assumed (A); only F and D say",
        "something of the Netherlands. To change one, give `blijfwijzer synthesise --figures` a",
        "CSV with its `name` and your `value`.",
        "",
        "Figures of the NEA (CBS) from 2022 may not be comparable with those until 2021; the waves",
        "of 2019 and 2022 are held to the same.",
        "",
        "| figure | held to | low | high | measured | population | year | source | mark |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in figures.reset_index().to_dict("records"):
        found = measured.get(str(row["name"]))
        told = "" if found is None else f"{found:.3g}"
        lines.append(
            f"| {row['name']} | {row['value']:g} | {row['low']:g} | {row['high']:g} | {told} | "
            f"{row['population']} | {row['year']} | {row['source']} | {row['mark']} |"
        )
    return "\n".join([*lines, "", *_truth_of_claims()]) + "\n"


def _truth_of_claims() -> list[str]:
    lines = [
        "## What is true of the claims",
        "",
        "Each claim of the policy paper is true or false of this survey by construction. Questions",
        "that only claims need were added last and drawn apart: they change no other answer and",
        "never predict. `docs/validation.md` says how often verdicts are right.",
        "",
        "| claim | right verdict | why |",
        "|---|---|---|",
    ]
    return lines + [
        f"| {name} | {' or '.join(truth.verdicts)} | {truth.why} |"
        for name, truth in CLAIM_TRUTHS.items()
    ]
