"""The first page of a report: one may decide by it, so it says what the tables say."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.first_page import (
    MOST_GROUPS,
    NEVER,
    contact_of,
    first_page,
    flagged_of,
    luck_of,
    missed_of,
    offer_of,
    proposal_of,
    say_contact,
    served,
    sureness_of,
    withheld_of,
)
from blijfwijzer.publish.pages.letters import letters
from blijfwijzer.publish.pages.score_page import reach_of, render_report
from blijfwijzer.settings import ContactSettings
from blijfwijzer.survey.texts import say
from reports import changed, make_report


def told(report, *values):
    return [report.in_words(value) for value in values]


def numbers_in(text):
    """Each number of an English text, without its separators of thousands."""
    return [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def numbers_of(report, *tables):
    """Each number that stands in a table."""
    cells = {cell for name in tables for cell in report.rows(name).to_numpy(dtype=object).flat}
    return {float(cell) for cell in cells if isinstance(cell, int | float) and cell == cell}


def test_each_figure_of_the_proposal_is_one_of_its_table():
    report = make_report("en")

    sentences = told(report, *offer_of(report), *sureness_of(report), *missed_of(report))

    known = numbers_of(report, "proposal", "alternatives") | {95.0}
    found = [n for text in sentences for n in numbers_in(text)]
    assert len(found) > 10
    assert set(found) <= known


def test_a_figure_that_changes_in_the_table_changes_in_the_sentence():
    report = make_report("en")
    plan = report.rows("proposal").assign(vouchers=123, extra_low=4.5)

    page = " ".join(told(report := changed(report, proposal=plan), *offer_of(report)))
    sure = " ".join(told(report, *sureness_of(report)))

    assert "Offer 123 vouchers" in page
    assert "it will be 4.5 to" in sure


def test_the_letters_have_no_figure_that_the_tables_lack():
    report = make_report("en", label="Department")

    texts = told(report, *(p for block in letters(report) for p in block.paragraphs))

    known = numbers_of(report, "proposal", "alternatives", "vouchers") | {95.0, 2022.0, 12.0}
    known.add(float(len(served(report))))
    assert {n for text in texts for n in numbers_in(text)} <= known
    assert sum("600 vouchers" in text for text in texts) == 2


@pytest.mark.parametrize(("groups", "is_told"), [(12, False), (13, True)])
def test_a_mail_that_does_not_name_all_groups_says_where_to_ask(groups, is_told):
    report = make_report("en")
    given = served(report).head(groups)

    _, mail = letters(changed(report, vouchers=given))

    assert (write(say("mail.unnamed"), "en") in told(report, *mail.paragraphs)) == is_told


def test_groups_that_are_not_named_are_counted_with_their_vouchers():
    report = make_report("en")
    groups = served(report)

    blocks = list(first_page(report))

    table = next(block.table for block in blocks if block.table is not None)
    assert [row[0] for row in table.rows] == list(groups["label"].head(MOST_GROUPS))
    rest = told(report, *(p for block in blocks for p in block.paragraphs))
    left = groups.iloc[MOST_GROUPS:]
    sentence = f"The other {len(left)} groups are offered {left['vouchers'].sum():.0f} together."
    assert any(sentence in text for text in rest)


def test_a_division_of_which_more_is_expected_is_told():
    report = make_report("en")
    rows = report.rows("alternatives").copy()
    rows.loc[1, ["extra", "extra_low", "extra_high"]] = [70.0, 40.0, 99.0]

    better = told(
        changed(report, alternatives=rows), *sureness_of(changed(report, alternatives=rows))
    )
    best = told(report, *sureness_of(report))

    assert "with 70.0. Compare them before you decide." in better[-1]
    assert best[-1].startswith("No other division that was compared")


@pytest.mark.parametrize(
    ("low", "text"),
    [
        ([3, np.nan], "Some people are missed more often than others. Look at: Age."),
        ([0, np.nan], "It was not found here"),
        ([1, 2], "Look at: Age."),
        ([np.nan, np.nan], "cannot or may not be said here"),
    ],
)
def test_who_is_missed_more_often_is_told_only_if_sure(low, text):
    report = make_report("en")
    gaps = pd.DataFrame(
        {
            "attribute": ["Age", "Sex"],
            "gap": [8, 3],
            "low": low,
            # A gap that surely lies below five points does not matter in practice.
            "high": [12, 4],
            "ratio": 0.5,
        }
    )

    assert text in told(report, *missed_of(changed(report, reach_gaps=gaps)))[-1]


def test_groups_that_stand_out_are_counted_and_the_surest_named():
    report = make_report("en", flagged=5)

    sentences = told(report, *flagged_of(report))

    assert "in 5 groups the risk is clearly higher" in sentences[0]
    assert "Department 0000; Department 0001; Department 0002." in sentences[0]


@pytest.mark.parametrize(
    ("chances", "text"),
    [
        ([99, 95, 90], "Probably no group stands out here by chance alone."),
        ([99, 80, 70], "An estimated one of these 3 stands out by chance alone"),
        ([60, 60, 60, 60, 60], "An estimated 2 of these 5 stand out by chance alone"),
    ],
)
def test_how_many_stand_out_by_chance_alone_is_told(chances, text):
    rows = pd.DataFrame({"probability": chances})

    (sentence,) = told(make_report("en"), luck_of(rows))

    assert text in sentence


@pytest.mark.parametrize(("groups", "is_compared"), [(0, False), (1, False), (2, True)])
def test_that_no_group_stands_out_is_told_only_of_groups_that_were_compared(groups, is_compared):
    report = make_report("en", flagged=1)
    report = changed(report, flagged=report.rows("flagged").iloc[:0])
    rows = report.rows("groups").copy()
    rows.loc[groups:, "vertrekintentie_rate"] = np.nan

    first, second = told(report, *flagged_of(changed(report, groups=rows)))

    assert ("no group has a clearly higher risk" in first) == is_compared
    assert ("could not be compared" in first) != is_compared
    assert "no group has a clearly higher risk" in second


@pytest.mark.parametrize("language", ["nl", "en"])
def test_money_is_named_as_a_reason_for_no_missed_need(language):
    """Who is missed may be so by a cap, or since a voucher went to who needs none."""
    report = make_report(language)
    plan = report.rows("proposal").assign(exclusion=0, left=100_000)

    missed = told(report, next(missed_of(changed(report, proposal=plan))))[0]

    assert not re.search("geld|money", missed)


def test_what_is_withheld_is_counted_over_all_reasons():
    report = make_report("en")
    rows = pd.DataFrame({"reason": ["a", "b"], "groups": [3, 4], "people": ["10-14", "15-19"]})

    assert "Of 7 groups" in told(report, *withheld_of(changed(report, withheld=rows)))[0]
    nothing = told(report, *withheld_of(changed(report, withheld=rows.iloc[:0])))
    assert nothing[0] == "All groups that are large enough are in this report."


@pytest.mark.parametrize(("absent", "is_told"), [([], False), ([3], True)])
def test_a_figure_that_is_left_out_of_a_group_is_told(absent, is_told):
    report = make_report("en")
    groups = report.rows("groups").copy()
    groups.loc[absent, "vertrekintentie_rate"] = np.nan

    texts = told(report, *withheld_of(changed(report, groups=groups)))

    assert (write(say("short.not_shown"), "en") in texts) == is_told


@pytest.mark.parametrize(("served", "is_told"), [(40, False), (39, True)])
def test_a_mail_says_that_others_have_none_only_where_there_are_others(served, is_told):
    report = make_report("en")
    plan = report.rows("proposal").assign(served=served)

    _, mail = letters(changed(report, proposal=plan))

    assert (write(say("mail.others"), "en") in told(report, *mail.paragraphs)) == is_told


@pytest.mark.parametrize("language", ["nl", "en"])
def test_letters_leave_room_for_a_name_and_give_no_instruction(language):
    report = replace(make_report(language), notes={})

    for letter in letters(report):
        texts = told(report, *letter.paragraphs)
        assert write(say("letter.contact"), language) in texts
        assert write(say("contact.none"), language) not in texts


def test_whom_to_ask_stands_there_or_that_nobody_filled_it_in():
    report = make_report("en")
    known = say_contact(ContactSettings(ask="HR, 070 123", object="the works council"))

    assert told(report, *contact_of(replace(report, notes={"contact": known}))) == [
        "For questions, ask HR, 070 123.",
        "You can object with the works council.",
    ]
    assert told(report, *contact_of(report))[0].startswith("Not filled in yet")
    assert say_contact(ContactSettings(ask="  ")) == ()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_a_report_is_never_for_stands_on_its_first_page(language):
    report = make_report(language)

    first = render_report(report).decode().partition('<section id="offers"')[0]

    assert all(write(say(name), language) in first for name in NEVER)


@pytest.mark.parametrize("lacking", ["proposal", "vouchers", "alternatives"])
def test_without_a_division_the_first_page_says_so(lacking):
    report = changed(make_report("en"), **{lacking: None})

    first = render_report(report).decode().partition('<section id="offers"')[0]

    assert write(say("short.none"), "en") in first
    assert "€" not in first


def test_the_proposal_is_the_first_row_of_its_table():
    assert proposal_of(make_report())["vouchers"] == 600


def test_a_few_groups_with_vouchers_are_all_listed_on_the_first_page():
    report = make_report("en")
    few = report.rows("vouchers").head(MOST_GROUPS)
    short = changed(report, vouchers=few.assign(vouchers=1.0))

    whom = next(b for b in first_page(short) if b.heading == say("short.ask.whom"))

    assert [row[0] for row in whom.table.rows] == list(few["label"])


def test_more_vouchers_than_people_in_need_are_explained():
    report = make_report("en")
    rows = report.rows("vouchers")
    more, fewer = (changed(report, vouchers=rows.assign(vouchers=v)) for v in (9999.0, 1.0))

    def texts(changed_report):
        return told(changed_report, *(p for b in first_page(changed_report) for p in b.paragraphs))

    assert any("more vouchers than they have people in need" in text for text in texts(more))
    assert not any("more vouchers than they have people" in text for text in texts(fewer))


def test_where_no_background_may_be_told_that_is_one_sentence():
    report = make_report("en")
    gaps = pd.DataFrame({"attribute": ["Age"], **dict.fromkeys(("gap", "low", "high"), np.nan)})
    reach = report.rows("fairness")

    blocks = reach_of(changed(report, reach=reach, reach_gaps=gaps.assign(ratio=np.nan)))

    said = told(report, *(p for block in blocks for p in block.paragraphs))
    assert len(said) == 1
    assert said[0].startswith("Of no background can or may be said here")
