"""What HR, works councils and managers ask, and where a page of theirs answers.

The questions were written down before the pages were opened. Those of a data scientist are asked
of the page that holds two models against each other.
"""

from dataclasses import replace
from xml.etree import ElementTree

import pandas as pd
import pytest

from blijfwijzer.disclosure.release import reopen
from blijfwijzer.publish.score_page import render_report
from blijfwijzer.publish.unit_page import ReadRelease, render_unit
from blijfwijzer.publish.unit_questions import ReadQuestions
from reports import changed, make_report

HR = {
    "Which groups are offered vouchers?": "For which groups?",
    "How many vouchers, in how many groups?": "Offer 600 vouchers in 31 of 40 groups",
    "What do they cost?": "this is expected to cost €204,000",
    "How many people more will train?": "61.2 people who need it will then take training",
    "How sure is that?": "With 95% certainty it will be 31.0 to 91.5 people",
    "On what does that rest?": "known from research elsewhere, not from your own people",
    "Would another division bring more?": "No other division that was compared is expected",
    "Why is a department not in it?": "since something about a few people could be derived",
    "What could we change there?": "and an employer can change it",
    "What do I send to management and employees?": "Memo to the management",
}
COUNCIL = {
    "Is anybody named?": "This report is about groups, never about persons",
    "Does a manager see what I answered?": "your colleagues do not see what you answered",
    "Do age, sex and origin count?": "Age, sex, origin and whether somebody wants to leave did not",
    "Does who may leave get less?": "Somebody who may want to leave is offered no less for it",
    "Must anybody take a voucher?": "You need not use one; that has no consequences",
    "Who decides?": "A person decides: you can depart from it",
    "May people be judged by it?": "To punish, appraise or cut back an employee",
    "Are some missed more than others?": "are missed more often cannot or may not be said here",
    "What was withheld, and why?": "Withheld, by reason",
    "Where can somebody object?": "You can object to",
}
MANAGER = {
    "How is it here, beside others?": "Department 0000 beside the rest",
    "And since the wave before?": "Here, wave before",
    "Which question stands out?": "I may say what I think 2.9 (2.6 to 3.2) 3.5 worse than its sector",
    "What goes with it?": "Workload",
    "How sure is the direction?": "“Direction sure” is a difference that lies on one side of zero",
    "What helps?": "What helps with that?",
    "Is that proven?": "This is association, not cause",
    "What do I ask my team?": "Do we recognise this?",
    "May I ask who said so?": "Ask nobody what they answered",
    "How do I offer vouchers, and what of who gets none?": "What do you say to those without",
}
ROLES = {"hr": HR, "council": COUNCIL, "manager": MANAGER}


def text_of(page):
    body = ElementTree.fromstring(page).find("body")
    for table in body.iter("td"):
        table.tail = " "
    for table in body.iter("th"):
        table.tail = " "
    return " ".join(" ".join(body.itertext()).split())


def unit_page():
    report = make_report("en", groups=6, flagged=2)
    groups = pd.DataFrame(
        {
            "group": ["afdeling=0", "all"],
            "label": ["Department 0000", "Everyone"],
            "kind": ["unit", "all"],
            **{"parent": ["all", ""], "sector": ["all", "all"], "n": [50.0, 400.0]},
        }
    )
    told = report.rows("groups").head(2)
    drivers = report.rows("drivers").assign(helps="Fewer rules.")
    report = changed(report, groups=told, drivers=drivers)
    question = {
        **{"group": "afdeling=0", "question_label": "I may say what I think", "pooled": 2.9},
        **{"low": 2.6, "high": 3.2, "sector_mean": 3.5, "all_mean": 3.6, "previous_mean": None},
        **{"sector_difference": -0.6, "all_difference": -0.7, "previous_difference": None},
        **{"sector_mark": "worse", "all_mark": "", "previous_mark": ""},
    }
    rows = pd.DataFrame([question]).astype({n: float for n in question if n.startswith("prev")
                                            and not n.endswith("mark")})  # fmt: skip
    release = ReadRelease(report, groups, ("afdeling=0",), questions=ReadQuestions(reopen(rows)))
    return render_unit(release, "afdeling=0", replace(release, questions=None))


@pytest.fixture(scope="module")
def pages():
    report = text_of(render_report(make_report("en")))
    return {"hr": report, "council": report, "manager": text_of(unit_page())}


def test_each_role_asks_ten_questions():
    assert {role: len(asked) for role, asked in ROLES.items()} == dict.fromkeys(ROLES, 10)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_finds_an_answer_to_each_question_on_its_page(pages, role):
    lost = [question for question, words in ROLES[role].items() if words not in pages[role]]

    assert lost == []
