"""Groups that are large enough, and what rolls up."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer.errors import GroupError
from blijfwijzer.groups.grouping import EVERYONE, Grouping, make_groups, member_finder, part_people
from blijfwijzer.groups.paths import GroupPath, crossed_with
from blijfwijzer.release.telling import tell_of_units
from blijfwijzer.settings import GroupSettings, Settings
from blijfwijzer.survey.codebook import load_codebook

BOOK = load_codebook("werkonderzoek-2019")


def responses(sizes, education=None):
    """One sector, organisations with departments of the given sizes."""
    rows = [
        {"sector": "rijk", "organisatie": f"O{o}", "afdeling": f"A{o}{d}"}
        for o, departments in enumerate(sizes)
        for d, size in enumerate(departments)
        for _ in range(size)
    ]
    made = pd.DataFrame(rows).astype("category")
    made["opleiding"] = 1.0 if education is None else education
    return made.assign(weight=1.0)


def grouped(table, by=("organisatie", "afdeling"), cross=(), population=None, **options):
    settings = Settings(groups=GroupSettings(**options))
    return make_groups(table, BOOK, by, settings, cross, population)


def test_a_unit_is_a_group_from_the_minimum_on():
    found = grouped(responses([[9, 10, 30]]))

    levels = found.groups.groupby("level").size().to_dict()
    assert levels == {"afdeling": 2, "all": 1, "organisatie": 1, "sector": 1}
    assert found.rolled_up.to_dict("records") == [
        {"level": "afdeling", "unit": "afdeling", "reason": "respondents", "groups": 1, "n": 9}
    ]
    assert found.too_small.sum() == 9


def test_departments_of_an_organisation_that_rolled_up_roll_up_too():
    population = pd.DataFrame(
        {
            "sector": "rijk",
            "organisatie": ["O0", "O1", "O2"],
            "afdeling": ["A00", "A10", "A20"],
            "people": [100, 20, 60],
        }
    )

    found = grouped(responses([[15], [15], [60]]), population=population)

    assert set(found.rolled_up["reason"]) == {"response", "parent"}
    assert found.groups["level"].tolist().count("organisatie") == 2


def test_labels_lose_marks_that_are_not_seen_and_ids_keep_units_apart():
    marked = responses([[30], [30]])
    marked["organisatie"] = marked["organisatie"].cat.rename_categories({"O0": "O1\u202e"})

    units = grouped(marked, ["organisatie"]).groups.query("level == 'organisatie'")

    assert units["label"].tolist() == ["O1", "O1"]
    assert units.index.is_unique


def test_everybody_counts_once_over_the_units():
    found = grouped(responses([[9, 10, 30], [4, 12]]))
    units = found.groups[found.groups["kind"] != "cross"]

    own = part_people(units)

    assert own["own_n"].sum() == 65
    assert own.loc["sector=rijk/organisatie=O0", "own_n"] == 9


def test_cross_breaks_stay_above_the_smallest_units():
    table = responses([[20, 20], [20, 5]], education=np.tile([1.0, 3.0], 33)[:65])

    found = grouped(table, cross=["opleiding"])

    crossed = found.groups[found.groups["kind"] == "cross"]
    assert set(crossed["level"]) == {"opleiding", "sector&opleiding", "organisatie&opleiding"}
    assert crossed["n"].min() >= 10


@pytest.mark.parametrize(
    ("by", "cross", "message"),
    [
        (["team", "planeet"], [], "planeet: not among the unit levels"),
        ([], [], "no level"),
        (["organisatie"], ["leeftijd"], "leeftijd: is an audit attribute"),
        (["organisatie"], ["psy_1"], "psy_1: no career variable"),
        (["organisatie"], ["dienstjaren"], "without `bands`"),
    ],
)
def test_groups_that_cannot_be_are_refused(by, cross, message):
    with pytest.raises(GroupError, match=message):
        grouped(responses([[20, 20]]), by, cross)


def test_a_survey_of_small_groups_only_is_refused():
    with pytest.raises(GroupError, match="no group is large enough"):
        grouped(responses([[5], [4]]), ["afdeling"])


def test_codes_that_look_like_paths_stay_whole():
    table = responses([[20, 20]])
    table["organisatie"] = pd.Categorical(["a/b=c&d%"] * 40)

    found = grouped(table, ["organisatie"])
    group = found.groups.index[-1]

    assert GroupPath.parse(group).definition["organisatie"] == "a/b=c&d%"
    assert member_finder(table, BOOK)(GroupPath.parse(group).definition).sum() == 40
    assert found.groups["label"].iloc[-1] == "a/b=c&d%"


@pytest.mark.parametrize(
    "text",
    ["all", "sector=rijk", "sector=rijk/organisatie=O1", "all&opleiding=1", "sector=a%2Fb&x=%3D"],
)
def test_the_id_of_a_group_is_read_as_it_was_written(text):
    assert str(GroupPath.parse(text)) == text


def test_a_path_says_where_people_work_and_what_they_answered():
    path = GroupPath.parse("sector=rijk/organisatie=a%2Fb&opleiding=1")

    assert path.levels == ("sector", "organisatie")
    assert (path.code("organisatie"), path.code("team")) == ("a/b", "")
    assert path.cross == ("opleiding", "1")
    assert crossed_with(["all", "sector=rijk&opleiding=1"]) == ["", "opleiding"]


def test_definitions_find_the_same_people():
    table = responses([[20, 20], [20, 15]], education=np.tile([1.0, 3.0], 38)[:75])
    found = grouped(table, cross=["opleiding"])

    for place, group in enumerate(found.groups.index):
        inside = member_finder(table, BOOK)(GroupPath.parse(group).definition)
        assert (inside == (found.members[[place]].toarray().ravel() > 0)).all()
    assert member_finder(table, BOOK)({"planeet": "x"}) is None
    assert GroupPath.parse(EVERYONE).definition == {}


def test_a_crossed_group_of_all_in_its_unit_tells_what_each_answered():
    education = np.repeat([1.0, 1.0, 2.0], [30, 28, 2])
    table = responses([[30], [30]], education)
    found = grouped(table, by=["organisatie"], cross=["opleiding"], minimum_cross=10)

    telling = found.groups.index[tell_of_units(found, 0.9)]

    # All of the first organisation; of the second 28 of 30, which leaves it open of whom.
    assert [GroupPath.parse(group).units[-1][1] for group in telling] == ["O0"]


def test_nine_in_ten_who_fit_the_simple_rule_tell_it_of_each():
    names = ["all", "sector=rijk", "sector=rijk&simple_rule=1", "sector=rijk&opleiding=1"]
    groups = pd.DataFrame(index=[*names, "all&simple_rule=0"])
    sizes = np.array([200, 100, 90, 90, 190])
    members = csr_array((np.arange(200) < sizes[:, None]).astype(np.int8))
    found = Grouping(groups, members, groups, members[:0])

    assert tell_of_units(found, 0.9).tolist() == [False, False, True, False, False]
