"""Margins of a register: how they are read, what is refused, and the weights that have them."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import BlijfwijzerError, MarginError, MissingColumnsError
from blijfwijzer.groups.register import kind_of, read_register
from blijfwijzer.groups.register_weights import weigh_by_register
from blijfwijzer.settings import MarginSettings, Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.synthetic.survey import make_survey

BOOK = load_codebook("werkonderzoek-2019")
BANDS = {"<35": 28.0, "35-44": 40.0, "45+": 55.0}
UNITS = ("O1", "O2", "O3", "O4")


def responses_of(counts):
    """Give as many forms of each unit and band as are asked: unit to one number per band."""
    rows = [
        {"organisatie": unit, "leeftijd": age, "opleiding": 1.0 + place % 3}
        for unit, numbers in counts.items()
        for age, number in zip(BANDS.values(), numbers, strict=True)
        for place in range(number)
    ]
    made = pd.DataFrame(rows)
    return made.assign(sector=np.where(made["organisatie"] < "O3", "rijk", "zorg"), weight=1.0)


def table_of(people):
    """Write a register of ages: unit to people per band."""
    rows = [
        {
            "sector": "rijk" if unit < "O3" else "zorg",
            "organisatie": unit,
            "code": code,
            "people": n,
        }
        for unit, numbers in people.items()
        for code, n in zip(BANDS, numbers, strict=True)
    ]
    return pd.DataFrame(rows).assign(variable="leeftijd")


FORMS = {"O1": (20, 30, 40), "O2": (15, 30, 45), "O3": (12, 25, 30), "O4": (4, 30, 40)}
PEOPLE = {"O1": (60, 60, 60), "O2": (50, 60, 80), "O3": (40, 50, 60), "O4": (40, 50, 70)}


def read(table, responses):
    return read_register(table, BOOK, responses, "m.csv")


def weigh(table, responses, settings=None):
    register = read(table, responses)
    return weigh_by_register(responses, register, BOOK, settings or Settings(), "m.csv")


def shares(found, responses, units):
    """Weighted shares of the bands in some units together."""
    inside = responses["organisatie"].isin(units)
    weight = pd.Series(found.weight)[inside]
    return (weight.groupby(responses["leeftijd"]).sum() / weight.sum()).to_numpy()


def test_a_table_is_told_by_its_header():
    units = pd.DataFrame({"organisatie": ["O1"], "people": [3]})

    assert kind_of(units, BOOK) == "counts"
    assert kind_of(units.assign(variable="leeftijd", code="<35"), BOOK) == "margins"
    assert kind_of(units.assign(leeftijd="<35", opleiding="1"), BOOK) == "cells"


def test_weights_have_the_margins_of_each_unit_with_enough_forms():
    responses = responses_of(FORMS)

    found = weigh(table_of(PEOPLE), responses)

    for unit in UNITS[:3]:
        expected = np.array(PEOPLE[unit]) / sum(PEOPLE[unit])
        np.testing.assert_allclose(shares(found, responses, [unit]), expected)
    assert found.gap < 1e-9


def test_weights_of_a_unit_add_up_to_its_people():
    responses = responses_of(FORMS)

    found = weigh(table_of(PEOPLE), responses)

    sums = pd.Series(found.weight).groupby(responses["organisatie"]).sum()
    people = pd.Series(PEOPLE).map(sum)
    np.testing.assert_allclose(sums / sums.sum(), people / people.sum())


def test_units_with_few_forms_get_margins_together_with_the_unit_above():
    few = {**FORMS, "O3": (8, 25, 30), "O4": (6, 30, 40)}
    responses = responses_of(few)

    found = weigh(table_of(PEOPLE), responses)

    together = np.add(PEOPLE["O3"], PEOPLE["O4"])
    np.testing.assert_allclose(shares(found, responses, ["O3", "O4"]), together / together.sum())
    assert not np.allclose(shares(found, responses, ["O3"]), np.array(PEOPLE["O3"]) / 150)
    assert found.own == pytest.approx(370 / 680)


def test_a_code_that_is_too_few_everywhere_counts_with_another():
    few = {unit: (2, 30, 40) for unit in UNITS}
    responses = responses_of(few)

    found = weigh(table_of(PEOPLE), responses)

    people = np.sum(list(PEOPLE.values()), axis=0)
    joined = shares(found, responses, UNITS)
    assert joined[2] == pytest.approx(people[2] / people.sum())
    assert joined[:2].sum() == pytest.approx(people[:2].sum() / people.sum())
    assert joined[0] < people[0] / people.sum()


def test_weights_move_no_further_than_the_bound():
    skewed = {unit: (60, 11, 11) for unit in UNITS}
    people = {unit: (60, 400, 120) for unit in UNITS}
    responses = responses_of(skewed)

    found = weigh(table_of(people), responses, Settings(margins=MarginSettings(largest_factor=2)))

    sizes = pd.Series(found.weight).groupby(responses["organisatie"]).transform("mean")
    factor = found.weight / sizes.to_numpy()
    assert factor.min() >= 0.5 - 1e-9
    assert factor.max() <= 2 + 1e-9


def test_who_gave_no_answer_is_taken_to_be_as_the_others():
    responses = responses_of(FORMS)
    responses.loc[responses.index % 20 == 7, "leeftijd"] = np.nan

    found = weigh(table_of(PEOPLE), responses)

    known = responses["leeftijd"].notna()
    weight = pd.Series(found.weight)
    own = weight[known & (responses["organisatie"] == "O1")]
    told = own.groupby(responses["leeftijd"]).sum() / own.sum()
    np.testing.assert_allclose(told, np.ones(3) / 3)


def test_cells_give_the_margins_of_each_of_their_columns():
    responses = responses_of(FORMS)
    everyone = responses_of(PEOPLE)
    names = {age: band for band, age in BANDS.items()}
    people = everyone.assign(leeftijd=everyone["leeftijd"].map(names))
    units = ["sector", "organisatie"]
    cells = people.groupby([*units, "leeftijd", "opleiding"]).size().rename("people").reset_index()
    long = pd.concat(
        [
            people.assign(variable=n, code=people[n]).groupby([*units, "variable", "code"]).size()
            for n in ("leeftijd", "opleiding")
        ]
    )

    by_cells = weigh(cells, responses)
    by_margins = weigh(long.rename("people").reset_index(), responses)

    np.testing.assert_allclose(by_cells.weight, by_margins.weight)


def test_response_is_told_by_margin():
    responses = responses_of(FORMS)

    found = weigh(table_of(PEOPLE), responses)

    assert found.response["code"].tolist() == list(BANDS)
    assert found.response["people"].tolist() == [190, 220, 270]
    assert found.response["n"].tolist() == [51, 115, 155]
    assert found.inside.sum(axis=1).tolist() == [51, 115, 155]


def test_the_r_indicator_is_that_of_the_response_of_each_code():
    responses = responses_of(FORMS)

    found = weigh(table_of(PEOPLE), responses)

    people, forms = np.array([190, 220, 270]), np.array([51, 115, 155])
    response = forms / people
    spread = np.sqrt(np.average((response - forms.sum() / people.sum()) ** 2, weights=people))
    assert found.indicator == pytest.approx(1 - 2 * spread)


def test_equal_response_has_an_r_indicator_of_one():
    responses = responses_of({unit: (15, 20, 25) for unit in UNITS})

    found = weigh(table_of({unit: (30, 40, 50) for unit in UNITS}), responses)

    assert found.indicator == pytest.approx(1)
    assert found.design_effect == pytest.approx(1)


def test_who_all_responded_is_told_by_unit_and_code():
    responses = responses_of(FORMS)

    found = weigh(table_of({**PEOPLE, "O1": (20, 60, 60), "O2": (50, 60, 45)}), responses)

    of_first = (responses["organisatie"] == "O1") & (responses["leeftijd"] == 28)
    of_second = (responses["organisatie"] == "O2") & (responses["leeftijd"] == 55)
    expected = np.array([of_first, of_second]).astype(int)
    np.testing.assert_array_equal(found.answered_by_all.toarray(), expected)


def without(table, unit, code):
    return table[~((table["organisatie"] == unit) & (table["code"] == code))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(variable="lengte"), "1 variables are no column .* lengte"),
        (lambda t: t.assign(variable="organisatie"), "1 variables are no column"),
        (lambda t: t.replace({"code": {"<35": "jong"}}), "4 rows have a code that leeftijd does"),
        (lambda t: t.replace({"code": {"<35": "<40"}}), "bands of leeftijd overlap"),
        (lambda t: t[t["code"] != "45+"], "bands of leeftijd are missing"),
        (lambda t: t[t["organisatie"] != "O2"], "of 1 units .* leeftijd is not told: .*O2"),
        (lambda t: without(t, "O3", "<35"), "in 1 units a code of leeftijd has fewer .*O3"),
        (lambda t: t.assign(people=t["people"] / 7), "11 rows of `people` are fractions"),
        (lambda t: t.assign(people=-t["people"]), "12 rows of `people` are no number"),
        (
            lambda t: t.assign(people=["1.096", *["40"] * 11]),
            "1 rows of `people` .* may be: rows 2",
        ),
        (lambda t: pd.concat([t, t.head(2)]), "2 rows tell of a unit and code .* rows 14, 15"),
        (lambda t: t.assign(sector=t["sector"].where(t.index > 0)), "1 rows name a unit and not"),
        (
            lambda t: t.assign(organisatie=t["organisatie"].where(t.index > 2)),
            "told of at 2 levels",
        ),
        (lambda t: t.drop(columns="people"), "needs a column `people`"),
    ],
)
def test_what_a_register_cannot_be_is_named_with_its_place(change, said):
    responses = responses_of(FORMS)

    with pytest.raises((MarginError, MissingColumnsError), match=said):
        weigh(change(table_of(PEOPLE)), responses)


def test_variables_of_which_a_unit_has_other_totals_are_refused():
    responses = responses_of(FORMS)
    ages = table_of(PEOPLE)
    rows = ages.groupby(["sector", "organisatie"], as_index=False)["people"].sum()
    education = rows.assign(variable="opleiding", code="1")
    education.loc[1, "people"] += 1

    with pytest.raises(MarginError, match="of 1 units the people of leeftijd and of opleiding"):
        read(pd.concat([ages, education]), responses)


def test_no_message_tells_which_code_was_answered():
    responses = responses_of(FORMS)
    for table in (
        without(table_of(PEOPLE), "O3", "<35"),
        table_of(PEOPLE)[lambda t: t["code"] != "45+"],
    ):
        with pytest.raises(BlijfwijzerError) as caught:
            weigh(table, responses)
        assert not any(code in str(caught.value) for code in BANDS)


def test_a_fault_of_a_register_has_an_exit_code_of_its_own():
    codes = [kind.exit_code for kind in BlijfwijzerError.__subclasses__()]

    assert codes.count(MarginError.exit_code) == 1


def test_the_register_of_the_built_in_survey_counts_everybody_who_was_invited():
    made = make_survey(1000, 5)
    responses = made.responses.drop_duplicates("respondent").assign(weight=1.0)

    people = made.margins.pivot_table("people", "organisatie", "variable", aggfunc="sum")
    found = weigh(made.margins, responses.reset_index(drop=True))

    invited = made.population.groupby("organisatie")["people"].sum()
    for variable in ("leeftijd", "dienstjaren", "opleiding"):
        pd.testing.assert_series_equal(people[variable], invited, check_names=False)
    assert found.gap < 0.01


@pytest.mark.parametrize("few", [0, 1, 2, 3])
def test_the_indicator_tells_nothing_of_the_response_of_few(few):
    people = table_of({"O1": (3, 200, 0)})

    assert weigh(people, responses_of({"O1": (few, 100, 0)})).indicator == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"organisatie": None}, "of 1 variables nobody whose unit is known"),
        ({"leeftijd": np.nan}, "of 1 variables nobody .* leeftijd"),
        ({"weight": lambda made: np.where(made["organisatie"] == "O2", 0.0, 1.0)}, "in 1 units"),
        ({"weight": lambda made: np.arange(len(made)) == 0}, "in 3 units all forms"),
    ],
)
def test_what_nobody_stands_for_is_refused(change, match):
    with pytest.raises(MarginError, match=match):
        weigh(table_of(PEOPLE), responses_of(FORMS).assign(**change))


def test_more_people_than_there_are_is_refused():
    with pytest.raises(MarginError, match="12 rows of `people` .* endless"):
        read(table_of(PEOPLE).assign(people=1e300), responses_of(FORMS))


@pytest.mark.parametrize("name", ["unit", "level", "cell"])
def test_a_column_called_as_those_of_a_register_is_refused_in_cells(name):
    columns = {**BOOK.columns, name: BOOK.columns["opleiding"].model_copy(update={"name": name})}
    book = BOOK.model_copy(update={"columns": columns})
    cells = pd.DataFrame({"sector": ["rijk"], "organisatie": ["O1"], name: ["1"], "people": [50]})

    with pytest.raises(MarginError, match=f"1 variables are called .*: {name}"):
        read_register(cells, book, responses_of(FORMS).assign(**{name: 1.0}), "m.csv")


def test_a_question_about_people_makes_no_register_of_counts():
    columns = {**BOOK.columns, "people": BOOK.columns["opleiding"].model_copy()}
    book = BOOK.model_copy(update={"columns": columns})

    assert kind_of(pd.DataFrame({"organisatie": ["O1"], "people": [3]}), book) == "counts"


def test_units_that_a_workbook_holds_as_numbers_are_those_of_the_survey():
    forms = responses_of(FORMS)
    forms = forms.assign(organisatie=forms["organisatie"].str[1:])
    table = table_of(PEOPLE)
    table = table.assign(organisatie=table["organisatie"].str[1:].astype(float))

    (known,) = read(table, forms).margins

    assert sorted(known.people.index) == sorted(read(table, forms).units_of(forms).unique())
