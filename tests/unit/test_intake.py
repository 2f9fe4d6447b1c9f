"""Intake: rows in = accepted + rejected, each refusal with its reason, no answer told."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.drafting.draft import draft_codebook
from blijfwijzer.errors import (
    CodebookError,
    EmptyColumnError,
    IdentifierError,
    MissingColumnsError,
    TooFewResponsesError,
    UnreadableColumnError,
    WeightError,
)
from blijfwijzer.publish.screen import Checked, describe
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.identifiers import find_identifiers, passes_eleven_test
from blijfwijzer.survey.intake import check_survey, read_survey, require_enough
from blijfwijzer.survey.rejections import count_rejections
from reports import said
from shared_intake import BOOK, INTAKE, labelled, make_survey


@pytest.fixture
def survey():
    return make_survey()


@pytest.fixture
def read(tmp_path):
    def reader(frame, call=read_survey, book=BOOK):
        path = tmp_path / "survey.parquet"
        frame.to_parquet(path)
        return call(path, book, INTAKE)

    return reader


def reasons(intake):
    return {str(refusal): count for refusal, count in count_rejections(intake.rejected)}


def test_a_clean_survey_is_accepted_whole(survey, read):
    intake = read(survey)

    assert len(intake.responses) == 300
    assert len(intake.rejected) == 0
    assert intake.responses["weight"].mean() == pytest.approx(1)
    assert "id" not in intake.responses


def test_every_refusal_has_its_reason_and_place(survey, read):
    survey.loc[3, "veilig_1"] = 7
    survey.loc[4, "dienstjaren"] = 99
    survey.loc[5, "id"] = 0
    survey.loc[6, "organisatie"] = None
    survey.loc[7, "gewicht"] = np.nan
    survey.loc[8, "gewicht"] = 0

    intake = read(survey, book=strict(BOOK))

    assert intake.rows == 300
    assert intake.rejected["row"].tolist() == [4, 5, 6, 7, 8, 9]
    assert reasons(intake) == {
        "out-of-range code: veilig_1": 1,
        "out-of-range code: dienstjaren": 1,
        "duplicate id": 1,
        "missing unit: organisatie": 1,
        "missing weight": 1,
        "weight of zero": 1,
    }


def strict(book):
    """A codebook by which a stray code costs the response."""
    columns = {
        name: column.model_copy(update={"stray": "reject"}) for name, column in book.columns.items()
    }
    return book.model_copy(update={"columns": columns})


def test_a_stray_code_costs_an_answer_and_no_response(survey, read):
    survey.loc[:14, "veilig_1"] = 7
    survey.loc[4, "dienstjaren"] = 99

    intake = read(survey)
    told = describe(Checked(intake, "survey.parquet", None))

    assert len(intake.rejected) == 0
    assert intake.responses["veilig_1"].isna().sum() == 15
    assert "1 column has answers that the codebook does not allow" in told
    assert "Mistakes can be admitted here [veilig_1] (at least 10)" in told
    assert "1 column has fewer than ten answers" in told and "dienstjaren (" not in told


def test_rows_and_cells_add_up_by_what_became_of_them(survey, read):
    survey.loc[:14, "veilig_1"] = 7
    survey.loc[15:19, "veilig_2"] = 8
    survey["inzet_1"] = survey["inzet_1"].astype(float)
    survey.loc[20:22, "inzet_1"] = np.nan
    survey.loc[30:39, "gewicht"] = np.nan

    account = read(survey).account

    columns = len([c for c in BOOK.columns.values() if c.role not in ("id", "ignore")])
    told = account.as_dict()
    assert told["rows"] == {"all": 300, "accepted": 290, "rejected": 10, "empty": 0}
    assert told["cells"].pop("all") == 300 * columns == sum(told["cells"].values())
    assert told["cells"] == {
        "read": 290 * columns - 23,
        **{"empty": 3, "no_answer": 5, "declared": 0, "stray": 15, "doubtful": 0},
        "in_rejected": 10 * columns,
    }


@pytest.mark.parametrize(("rows", "is_much"), [(15, False), (16, True)])
def test_the_verdict_weighs_what_is_lost(survey, read, rows, is_much):
    survey.loc[: rows - 1, "gewicht"] = np.nan

    intake = read(survey)

    assert intake.account.is_much_lost == is_much
    assert ("of the responses are rejected" in describe(Checked(intake, "s", None))) == is_much


def test_user_missing_is_missing_and_no_reason_to_refuse(survey, read):
    survey.loc[:9, "veilig_1"] = 8

    intake = read(survey)

    assert intake.responses["veilig_1"].isna().sum() == 10
    assert len(intake.rejected) == 0


def test_meanings_are_read_as_well_as_codes(survey, read):
    words = {
        1: "Helemaal mee oneens",
        2: "Mee oneens",
        3: "Neutraal",
        4: "mee eens",
        5: "Helemaal mee eens",
    }
    told = survey.assign(veilig_1=survey["veilig_1"].map(words))

    pd.testing.assert_frame_equal(read(told).responses, read(survey).responses)


def test_one_answer_all_the_way_down_is_refused_only_past_a_reversed_item(survey):
    book = BOOK.model_copy(
        update={
            "columns": {
                **BOOK.columns,
                **{
                    f"extra_{i}": BOOK.columns["veilig_1"].model_copy(update={"name": f"extra_{i}"})
                    for i in range(6)
                },
            }
        }
    )
    items = [c.name for c in book.with_role("item")]
    from blijfwijzer.survey.intake import find_straight_lines

    answers = pd.DataFrame(np.full((3, len(items)), 4.0), columns=items)
    answers.loc[1, "veilig_3"] = 2.0
    answers.loc[2, items[4:]] = np.nan

    assert find_straight_lines(answers, book).tolist() == [True, False, False]
    plain = book.model_copy(
        update={
            "scales": {n: s.model_copy(update={"reversed": ()}) for n, s in book.scales.items()}
        }
    )
    assert not find_straight_lines(answers, plain).any()


def test_missing_columns_are_named_beside_those_that_exist(survey, read):
    with pytest.raises(MissingColumnsError) as caught:
        read(survey.drop(columns=["vertrek", "contract"]))

    assert "2 columns of the codebook are missing: contract, vertrek" in str(caught.value)
    assert "dienstjaren" in str(caught.value)


def test_a_codebook_of_another_survey_is_told(read):
    with pytest.raises(CodebookError, match="that of another survey"):
        read(pd.DataFrame({"x": [1.0] * 5, "y": [2.0] * 5}))


@pytest.mark.parametrize("weight", [-1.0, np.inf])
def test_weights_that_cannot_be_are_refused(survey, read, weight):
    survey.loc[0, "gewicht"] = weight

    with pytest.raises(WeightError, match="1 weights are negative or infinite"):
        read(survey)


def test_weights_that_add_up_to_nothing_are_refused(survey, read):
    with pytest.raises(WeightError, match="add up to nothing"):
        read(survey.assign(gewicht=0.0))


def uneven(large):
    """Weights of 300 responses, one of which is larger than the others."""
    return np.array([large, *np.ones(299)])


@pytest.mark.parametrize("large", [1e12, 90.0])
def test_weights_by_which_few_stand_for_all_are_refused(survey, read, large):
    weight = uneven(large)
    worth = weight.sum() ** 2 / (weight**2).sum()

    with pytest.raises(WeightError, match=rf"300 responses are worth {worth:.0f} unweighted .* 20"):
        read(survey.assign(gewicht=weight))


def test_weights_that_are_worth_enough_are_accepted(survey, read):
    weight = uneven(60.0)

    assert weight.sum() ** 2 / (weight**2).sum() > INTAKE.minimum_responses / 10
    assert len(read(survey.assign(gewicht=weight)).responses) == 300


def test_few_responses_are_worth_half_of_them_at_least(survey, read):
    few = survey.head(30)

    assert len(read(few.assign(gewicht=[4.0, *[1.0] * 29])).responses) == 30
    with pytest.raises(WeightError, match="30 responses are worth 8 unweighted ones; 15 are"):
        read(few.assign(gewicht=[15.0, *[1.0] * 29]))


def test_few_responses_are_too_few_and_not_uneven(survey, read):
    few = read(survey.head(19))

    with pytest.raises(TooFewResponsesError, match="19 of 19"):
        require_enough(few, INTAKE.minimum_responses)


def test_a_column_without_answers_is_refused(survey, read):
    with pytest.raises(EmptyColumnError, match="veilig_2"):
        read(survey.assign(veilig_2=8))


def test_a_column_of_another_kind_is_refused(survey, read):
    with pytest.raises(UnreadableColumnError, match=r"dienstjaren \(300 of 300 answers\)"):
        read(survey.assign(dienstjaren="lang"))


def test_too_few_usable_responses_are_refused(survey, read):
    with pytest.raises(
        TooFewResponsesError, match=r"survey\.parquet: 199 of 199 responses are usable, 200"
    ):
        require_enough(read(survey.head(199)), INTAKE.minimum_responses)


def test_units_can_be_made_to_count_alike(survey, tmp_path):
    book = BOOK.model_copy(update={"weight": BOOK.weight.model_copy(update={"equalise": "sector"})})
    survey.to_parquet(tmp_path / "s.parquet")

    responses = read_survey(tmp_path / "s.parquet", book, INTAKE).responses

    totals = responses.groupby("sector", observed=True)["weight"].sum()
    assert totals.iloc[0] == pytest.approx(totals.iloc[1])


def test_all_faults_are_told_at_once(survey, read):
    survey["e_mail"] = "iemand@voorbeeld.nl"
    survey.loc[0, "gewicht"] = -1
    survey["veilig_2"] = 8
    survey["dienstjaren"] = "lang"

    intake = read(survey, check_survey)
    told = describe(Checked(intake, "survey.parquet", None))

    kinds = {type(error) for error in intake.errors}
    assert kinds >= {IdentifierError, WeightError, EmptyColumnError, UnreadableColumnError}
    assert all(str(error) in told for error in intake.errors)
    assert "iemand@" not in told


def bsn_numbers(count):
    numbers = (n for n in range(100_000_000, 200_000_000, 7) if passes_eleven_test(n))
    return [next(numbers) for _ in range(count)]


@pytest.mark.parametrize(
    ("name", "answers", "reason"),
    [
        ("nummer_x", bsn_numbers(100), "BSN"),
        ("nummer_x", [str(n) for n in bsn_numbers(100)], "BSN"),
        ("contactveld", [f"p{i}@voorbeeld.nl" for i in range(100)], "e-mail"),
        ("achternaam", ["x"] * 100, "named"),
        ("Voornaam_medewerker", ["x"] * 100, "named"),
        ("geboorteDatum", ["x"] * 100, "named"),
        ("toelichting", [f"dit is wat ik er nummer {i} van vind" for i in range(100)], "free text"),
    ],
)
def test_what_identifies_a_person_is_found(name, answers, reason):
    found = find_identifiers(pd.DataFrame({name: answers}))

    assert reason in found[name]


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("organisatienaam", [f"O{i}" for i in range(100)]),
        ("respondent", list(range(100_000_000, 100_000_100))),
        ("gewicht", list(np.linspace(0.1, 9, 100))),
        ("functie", ["Supervisor of a very large team"] * 100),
        ("age", list(range(100))),
    ],
)
def test_what_identifies_nobody_is_left_alone(name, answers):
    assert find_identifiers(pd.DataFrame({name: answers})) == {}


def test_identifiers_are_refused_even_where_the_codebook_ignores_them(survey, read):
    survey["opmerking"] = [f"ik vind er dit van nummer {i}" for i in range(300)]

    with pytest.raises(IdentifierError, match=r"opmerking \(free text\)"):
        read(survey)


def test_labels_that_agree_are_not_reported(tmp_path):
    assert [text for text in labelled(tmp_path) if "veilig_1" in text] == []


def test_a_draft_loads_and_guesses_roles_answers_and_scales(survey, tmp_path):
    survey.to_parquet(tmp_path / "s.parquet")
    (tmp_path / "draft.toml").write_text(
        draft_codebook(read_table(tmp_path / "s.parquet"), "mijn vragenlijst")
    )

    book = load_codebook(tmp_path / "draft.toml")

    assert book.columns["organisatie"].role == "unit"
    assert book.columns["gewicht"].role == "weight"
    assert book.columns["id"].role == "id"
    assert book.columns["leeftijd"].role == "audit"
    assert "veilig_3" in book.scales["schaal_veilig"].items


def test_a_draft_takes_weet_niet_for_no_answer(tmp_path):
    from blijfwijzer.synthetic.export import write_survey
    from blijfwijzer.synthetic.survey import CODEBOOK
    from blijfwijzer.synthetic.survey import make_survey as built_in

    write_survey(built_in(500, 1).responses, load_codebook(CODEBOOK), tmp_path / "w.sav")
    (tmp_path / "w.toml").write_text(draft_codebook(read_table(tmp_path / "w.sav"), "w"))

    book = load_codebook(tmp_path / "w.toml")

    assert set(book.columns["psy_1"].missing) == {"8", "9"}
    assert list(book.columns["psy_1"].codes) == ["1", "2", "3", "4", "5"]


def test_the_public_surveys_read_as_downloaded(fevs_file, piaac_file):
    fevs = read_survey(fevs_file, load_codebook("fevs-2018"), INTAKE)
    piaac = read_survey(piaac_file, load_codebook("piaac"), INTAKE)

    assert len(fevs.responses) == 52_804
    assert len(piaac.responses) == 15_321
    by_country = piaac.responses.groupby("cntry", observed=True)["weight"].sum()
    assert by_country.max() == pytest.approx(by_country.min())


def test_ids_that_were_left_out_are_no_duplicates(survey, read):
    survey["id"] = survey["id"].astype("str")
    survey.loc[:9, "id"] = ""

    assert len(read(survey).rejected) == 0


def test_a_response_without_the_unit_that_is_equalised_is_refused(survey, tmp_path):
    book = BOOK.model_copy(update={"weight": BOOK.weight.model_copy(update={"equalise": "sector"})})
    survey.loc[2, "sector"] = None
    survey.to_parquet(tmp_path / "s.parquet")

    intake = read_survey(tmp_path / "s.parquet", book, INTAKE)

    assert reasons(intake) == {"missing unit: sector": 1}
    assert intake.responses["weight"].notna().all()


def test_a_survey_of_which_all_is_refused_is_still_described(survey, read):
    intake = read(survey.assign(organisatie=None), check_survey)

    assert intake.rows == len(intake.rejected) == 300
    assert "300 responses = 0 accepted + 300 rejected" in describe(
        Checked(intake, "s.parquet", None)
    )


def test_scales_that_cannot_be_made_and_columns_that_tell_nothing_are_reported(survey, tmp_path):
    absent = {
        name: column.model_copy(update={"absent": "missing"})
        for name, column in BOOK.columns.items()
    }
    book = BOOK.model_copy(update={"columns": absent})
    thin = survey.drop(columns=["inzet_1"]).assign(scholing=1)
    thin.to_parquet(tmp_path / "s.parquet")

    texts = " ".join(said(check_survey(tmp_path / "s.parquet", book, INTAKE).remarks))

    assert "1 column of the codebook is not in the file, and counts as not asked: inzet_1" in texts
    assert "1 scale cannot be made: Employability [inzetbaarheid] (1 of 2 items absent)" in texts
    assert (
        "1 column has one answer only and tells nothing: Training in two years [scholing]" in texts
    )
    assert "unweighted ones" in texts


def test_an_item_that_runs_against_its_scale_is_pointed_out(survey, read):
    from blijfwijzer.estimation.design import read_design
    from blijfwijzer.estimation.reliability import measure_reliability

    survey["veilig_2"] = survey["veilig_1"]
    survey["veilig_3"] = survey["veilig_1"]  # reversed in the codebook, so it runs against both

    intake = read(survey)
    design = read_design(intake.responses, BOOK)
    reliability = measure_reliability(intake.responses, BOOK, design, draws=50)
    told = describe(Checked(intake, "s.parquet", reliability))

    assert "veilig_3 runs against the rest of psychologische_veiligheid (r = −1.00)" in told
