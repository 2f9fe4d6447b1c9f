"""What HR, works councils and managers ask, and where a page of theirs answers.

The questions were written down before the pages were opened. Those of a data scientist are asked
of the page that holds two models against each other, and of that of a municipality of a few
departments, of which none stands out.
"""

from dataclasses import replace
from xml.etree import ElementTree

import pandas as pd
import pytest

from blijfwijzer.disclosure.release import reopen
from blijfwijzer.publish.pages.score_page import render_report
from blijfwijzer.publish.pages.unit_page import ReadRelease, render_unit
from blijfwijzer.publish.pages.unit_questions import ReadQuestions
from made_municipality import municipality
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


SMALL_HR = {
    "May I give each group the same?": "If each group were given the same, 3.1 people",
    "Does the draw tell us anything?": "with so few groups the chance of an answer is 5%",
    "Is it a result that no group stands out?": "no group has a clearly higher risk than the groups it was",
    "How large a difference would have been seen?": "21 percentage points",
    "Is our risk other than that of others, and why?": "do not tell what makes this risk surely other",
    "Why is the response lower than I counted?": "worked out from the middles of the bands",
    "Why was a form refused?": "No reason holds for so many forms that it may be named here",
    "How does an employee ask for one?": "Do you work in one of these groups, and would you like one?",
}
SMALL_SCIENTIST = {
    "How good was the model?": "is told by review.html in the model's folder",
    "Does it still hold here?": "blijfwijzer monitor",
    "How do I check a release?": "blijfwijzer disclosure audit",
    "And without the survey?": "blijfwijzer disclosure check-proof",
    "What is a rate made of?": "the group's own answers, the model's mean risk, and the other groups",
    "When does a group stand out?": "Of the whole list at most 10% is expected to be named wrongly",
    "Whom does the share of the first page count?": "counts those who did not answer too",
}
SMALL_MANAGER = {
    "Is it worse here than elsewhere?": "the risk here is not clearly higher than in groups to compare",
    "Does an answer go with it?": "Of no answer is it sure that it goes with more or less risk here",
    "Which question stands out?": "No question is surely better or worse here than elsewhere",
    "Are these all questions?": "The 8 questions that differ most, of 9",
}
SMALL = {"hr": SMALL_HR, "scientist": SMALL_SCIENTIST, "manager": SMALL_MANAGER}


def small_unit(report):
    question = {
        **{"group": "afdeling=0", "pooled": 2.9, "low": 2.6, "high": 3.2},
        **{f"{of}_mark": "" for of in ("sector", "all", "previous")},
        **{f"{of}_{part}": 3.0 for of in ("sector", "all") for part in ("mean", "difference")},
        **{f"previous_{part}": float("nan") for part in ("mean", "difference")},
    }
    asked = pd.DataFrame([{**question, "question_label": f"Question {n}"} for n in range(9)])
    groups = pd.DataFrame(
        {
            "group": ["afdeling=0", "all"],
            "label": ["Department 0000", "Everyone"],
            "kind": ["unit", "all"],
            **{"parent": ["all", ""], "sector": ["all", "all"], "n": [50.0, 400.0]},
            **{f"{target}_probability": [0.5, None] for target, _ in report.targets},
        }
    )
    own = changed(report, groups=report.rows("groups").head(2))
    return render_unit(
        ReadRelease(own, groups, (), questions=ReadQuestions(reopen(asked))), "afdeling=0"
    )


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
            **{f"{target}_probability": [0.5, None] for target, _ in report.targets},
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


@pytest.fixture(scope="module")
def small_pages():
    report = municipality()
    told = text_of(render_report(report))
    return {"hr": told, "scientist": told, "manager": text_of(small_unit(report))}


@pytest.mark.parametrize("role", SMALL)
def test_a_role_finds_an_answer_to_each_question_of_a_municipality(small_pages, role):
    lost = [question for question, words in SMALL[role].items() if words not in small_pages[role]]

    assert lost == []


def test_a_difference_that_an_answer_tells_is_not_called_untold():
    report = municipality()
    one = report.rows("beside_drivers").assign(difference=0.4)
    drivers = pd.concat([one.assign(target=target) for target, _ in report.targets])
    untold = SMALL_HR["Is our risk other than that of others, and why?"]

    assert untold not in text_of(render_report(changed(report, beside_drivers=drivers)))
