"""A report as a municipality gets it that scores with a model made elsewhere; it is made up."""

from dataclasses import replace

import pandas as pd

from blijfwijzer.publish.method import release_method
from blijfwijzer.publish.pages.first_page import say_contact
from blijfwijzer.settings import ContactSettings, Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.texts import Message, Quantity, say
from reports import changed, make_report


def municipality(language="en"):
    """A report of six departments of which none stands out, beside other municipalities."""
    report = make_report(language, groups=6, flagged=2)
    (target, _), (need, _) = report.targets
    gap = {"target": target, "value": 21, "there": 17, "difference": 4.0, "is_sure": True}
    ends = {"low": 18, "high": 25, "there_low": 16, "there_high": 19}
    beside = [{**gap, **ends, "difference_low": 0.3, "difference_high": 8.2}]
    beside.append({**beside[0], "target": need})
    driver = {"target": target, "driver": "Workload", "is_changeable": True, "difference": -0.4}
    others = report.rows("alternatives")
    equal = others.iloc[-1:].assign(rule=report.in_words(say("voucher.rule.equal")), extra=3.1)
    seen = {"target": target, "level": "Department", "typical": 21.0, "largest": 12.0}
    made = changed(
        report,
        flagged=report.rows("flagged").iloc[:0],
        detectable=pd.DataFrame([seen, {**seen, "target": need}]),
        vouchers=report.rows("vouchers").assign(vouchers=17.0, need=9.0),
        rejected=report.rows("rejected").iloc[:0],
        alternatives=pd.concat([others, equal]),
        beside=pd.DataFrame(beside),
        beside_drivers=pd.DataFrame([{**driver, "difference_low": -0.6, "difference_high": -0.2}]),
        drivers=report.rows("drivers").assign(is_sure=False),
        reach=report.rows("fairness"),
        reach_gaps=report.rows("gaps"),
        reach_conclusions=report.rows("conclusions"),
    )
    settings = Settings(language=language)
    method = release_method(settings, load_codebook("werkonderzoek-2019"))
    shares = {"here": Quantity(21, "percent"), "there": Quantity(17, "percent")}
    told = {**shares, "gap": Quantity(4.0, "decimal", (0.3, 8.2))}
    notes = {
        "draw": (say("note.draw", power=Quantity(5, "percent")),),
        "contact": say_contact(
            ContactSettings(ask="HR analytics, hr@example.nl", object="the council")
        ),
        "others": (
            say("beside.of", sector="Municipalities", survey="National survey", organisations=51),
            *(say("beside.higher", target=label, **told) for _, label in report.targets),
        ),
    }
    names = (
        "achterblijver-werkonderzoek-2019-6cf35c4e",
        "vertrekintentie-werkonderzoek-2019-6cf35c4e",
    )
    warnings = (Message("warning.model_unknown", {"names": names}, 2),)
    return replace(made, notes=notes, warnings=warnings, method=method)
