import pytest

from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.tables.lottery_table import lottery_rows
from blijfwijzer.vouchers.power import plan_power
from shared_lottery import lottery_of, needs_of


def told_of(effect, groups, language):
    lottery = lottery_of(needs_of(40))
    power = plan_power(lottery, 20, 0.45, 0.05, effect)
    rows = lottery_rows(lottery, power, groups)
    return {write(r["label"], language): write(r["value"], language) for r in rows}, power


def test_the_groups_that_are_needed_are_told_where_there_are_as_many():
    rows, power = told_of(0.2, 10_000, "en")

    needed = power.groups_needed(10_000)
    assert len(rows) == 9
    assert rows["Groups like these that would find the effect in 80 of 100 years"] == f"{needed}"


@pytest.mark.parametrize(
    ("language", "label", "expected", "words", "mark"),
    [
        ("nl", "Groepen als deze", "0,20", "meer dan de 1.200 die er zijn", ","),
        ("en", "Groups like these", "0.20", "more than the 1,200 there are", "."),
    ],
)
def test_what_no_lottery_can_show_is_said_in_words(language, label, expected, words, mark):
    rows, power = told_of(0.002, 1200, language)

    value = next(rows[name] for name in rows if name.startswith(label))
    assert words in value
    assert f"{100 * power.detectable_among(1200):.1f}".replace(".", mark) in value
    assert expected in rows.values()
