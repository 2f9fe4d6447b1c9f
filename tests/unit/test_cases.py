"""Files that were misread or refused: each small one made again here, and each as it was kept."""

import csv
import io
import json

import openpyxl
import pandas as pd
import pytest
import typer

from blijfwijzer.cli.options import read_euro
from blijfwijzer.drafting.draft import draft_codebook
from blijfwijzer.errors import CorruptFileError, GroupError, UnreadableColumnError
from blijfwijzer.groups.population import name_as_survey, read_population
from blijfwijzer.settings import Settings
from blijfwijzer.survey.cells import number_of
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.intake import check_survey, read_survey
from shared_surveys import SHARED

CASES = SHARED.parent / "cases"
INTAKE = Settings().intake
WORDS = ["Helemaal mee oneens", "Mee oneens", "Neutraal", "Mee eens", "Helemaal mee eens"]
AGREE = {str(step): word for step, word in enumerate(WORDS, start=1)}


def case(name):
    if not (CASES / name).exists():
        pytest.skip(f"the kept case {name} is not beside this checkout (../shared/cases)")
    return CASES / name


def book(**columns):
    """A codebook of a team and these columns."""
    kinds = {"team": {"role": "unit"}, **columns}
    return Codebook.model_validate(
        {
            "survey": dict.fromkeys(("name", "wave", "label", "population", "purpose"), "x"),
            "columns": {name: {"label": name, **column} for name, column in kinds.items()},
            "units": {"levels": ["team"], "cluster": "team"},
        }
    )


ITEM = {"role": "item", "codes": AGREE}
ROWS = [[place, f"t{place % 6}", place % 5 + 1, place * 3 % 5 + 1] for place in range(1, 61)]
HEADER = ["nr", "team", "v1", "v2"]


def lines(separator=";", end="", first_end=None, ends="\n"):
    told = [HEADER, *ROWS]
    text = [separator.join(map(str, row)) for row in told]
    text[1:] = [row + end for row in text[1:]]
    text[1] += first_end or ""
    return ends.join(text) + ends


def read_text(folder, content, name="a.csv"):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(folder / name).frame


# One separator too many, at the end of each row or of the first one.


@pytest.mark.parametrize(("end", "first"), [(";", ""), ("", ";"), (";;", "")])
def test_separators_at_the_end_of_rows_move_no_answer(tmp_path, end, first):
    frame = read_text(tmp_path, lines(end=end, first_end=first))

    pd.testing.assert_frame_equal(frame, read_text(tmp_path, lines(), "b.csv"))
    assert frame["v2"].tolist() == [row[3] for row in ROWS]


@pytest.mark.parametrize("row", [5, 60])
@pytest.mark.parametrize("change", [lambda cells: [*cells, "9"], lambda cells: cells[:-1]])
def test_a_row_of_another_width_is_refused_by_its_place(tmp_path, row, change):
    rows = lines().splitlines()
    rows[row] = ";".join(change(rows[row].split(";")))

    with pytest.raises(CorruptFileError, match=rf"1 row has another .* 4 names .* row {row + 1}\)"):
        read_text(tmp_path, "\n".join(rows) + "\n")


@pytest.mark.parametrize("name", ["fout.csv", "eerste_regel.csv"])
def test_the_kept_files_with_a_separator_too_many_read_as_the_good_one(name):
    folder = case("csv-trailing-separator")

    good, other = (read_table(folder / file).frame for file in ("goed.csv", name))

    pd.testing.assert_frame_equal(good, other)


# Text as other programs write it.

TEXTS = {
    "Excel: Unicode text": lines("\t").encode("utf-16"),
    "UTF-16 without its mark": lines("\t").encode("utf-16-le"),
    "a first line for Excel": ("sep=;\n" + lines()).encode(),
    "line ends of a Mac": lines(ends="\r").encode(),
    "line ends of Windows": lines(ends="\r\n").encode("utf-8-sig"),
    "pipes": lines("|").encode(),
    "commas": lines(",").encode(),
}


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS)
def test_a_text_file_reads_whichever_program_wrote_it(tmp_path, content):
    frame = read_text(tmp_path, content)

    pd.testing.assert_frame_equal(frame, read_text(tmp_path, lines(), "plain.csv"))


def test_the_kept_texts_of_other_programs_read_alike():
    folder = case("csv-utf16-sep")

    frames = [read_table(file).frame for file in sorted(folder.glob("*.csv"))]

    assert len(frames) == 3
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], frame)


def test_a_comma_of_decimals_and_of_a_question_parts_no_cells(tmp_path):
    frame = read_text(tmp_path, "nr;Ik help, soms, en vaak\n1;1,5\n2;2,25\n")

    assert frame.columns.tolist() == ["nr", "Ik help, soms, en vaak"]
    assert frame.iloc[:, 1].tolist() == [1.5, 2.25]


def test_a_quotation_mark_that_stays_open_is_told(tmp_path):
    with pytest.raises(CorruptFileError, match="quotation mark in row 2"):
        read_text(tmp_path, 'a;b\n1;"twee\n3;4\n')


# Headings and words with blanks.


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
@pytest.mark.parametrize("name", ["v1 ", " v1", "v1\u00a0", "v\ufeff1"])
def test_blanks_around_a_heading_are_no_part_of_it(tmp_path, suffix, name):
    frame = pd.DataFrame({name: [1, 2], "team": ["a", "b"]})
    path = tmp_path / f"a{suffix}"
    {".csv": frame.to_csv, ".xlsx": frame.to_excel, ".parquet": frame.to_parquet}[suffix](
        path, index=False
    )

    assert read_table(path).frame.columns.tolist() == ["v1", "team"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_the_kept_heading_with_a_blank_is_found(suffix):
    folder = case("csv-header-space")

    intake = check_survey(folder / f"a.{suffix}", load_codebook(folder / "c.toml"), INTAKE)

    assert (intake.errors, len(intake.responses)) == ((), 300)


@pytest.mark.parametrize("blank", ["\u00a0", "  ", "\u202f", "\t", " \u200b"])
def test_blanks_in_answers_make_no_other_answer(tmp_path, blank):
    rows = [f"t{place % 6};{WORDS[place % 5].replace(' ', blank)}" for place in range(60)]
    (tmp_path / "a.csv").write_text("team;v1\n" + "\n".join(rows) + "\n", encoding="utf-8")

    intake = read_survey(tmp_path / "a.csv", book(v1=ITEM), INTAKE)
    draft = draft_codebook(read_table(tmp_path / "a.csv"), "a")

    assert intake.responses["v1"].tolist() == [place % 5 + 1 for place in range(60)]
    assert 'type = "ordinal"' in draft


def test_the_kept_answers_with_blanks_are_all_read():
    folder = case("label-spaces")

    intake = check_survey(folder / "a.csv", load_codebook(folder / "c.toml"), INTAKE)

    assert (intake.errors, len(intake.responses)) == ((), 300)
    assert intake.responses["v1"].notna().all()


# Errors of a spreadsheet, and words of programs for an empty cell.


@pytest.mark.parametrize("word", ["#N/A", "#DIV/0!", "#NULL!", "#N/B", "NA", "NaN", "NULL"])
@pytest.mark.parametrize("is_error", [True, False])
def test_a_cell_without_an_answer_is_empty_in_a_workbook_and_a_text(tmp_path, word, is_error):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(HEADER)
    for row in ROWS:
        sheet.append([*row[:2], word if row[0] % 5 == 0 else row[2], row[3]])
    for cell in sheet["C"]:
        cell.data_type = "e" if is_error and cell.value == word else cell.data_type
    workbook.save(tmp_path / "a.xlsx")
    rows = [[*row[:2], word if row[0] % 5 == 0 else row[2], row[3]] for row in [*ROWS]]
    text = "\n".join(";".join(map(str, row)) for row in [HEADER, *rows])
    codebook = book(v1=ITEM, v2=ITEM)

    (tmp_path / "a.csv").write_text(text + "\n")
    first, other = (
        read_survey(tmp_path / name, codebook, INTAKE).responses for name in ("a.csv", "a.xlsx")
    )

    pd.testing.assert_frame_equal(first, other)
    assert first["v1"].isna().sum() == 12


def test_the_kept_answers_with_errors_read_alike_in_both_formats():
    folder = case("xlsx-na-error")

    first, other = (
        read_survey(folder / name, load_codebook(folder / "c.toml"), INTAKE).responses
        for name in ("a.csv", "a.xlsx")
    )

    pd.testing.assert_frame_equal(first, other)
    assert len(first) == 300


# Signs between thousands.

NUMBER = {"role": "career"}


def read_salaries(folder, texts, **key):
    rows = [f'"t{place % 6}","{text}",{place % 5 + 1}' for place, text in enumerate(texts)]
    (folder / "a.csv").write_text("team,salaris,v1\n" + "\n".join(rows) + "\n")
    codebook = book(salaris={**NUMBER, **key}, v1=ITEM)
    return read_survey(folder / "a.csv", codebook, INTAKE).responses["salaris"].tolist()


@pytest.mark.parametrize("texts", [["3,447", "451"], ["20.000", "45.000", "950"]])
def test_a_number_that_may_be_two_is_refused_until_the_codebook_says_which(tmp_path, texts):
    with pytest.raises(UnreadableColumnError, match=r"1 column holds numbers .*salaris.*decimal"):
        read_salaries(tmp_path, texts * 30)

    sign = "," if "." in texts[0] else "."
    plain = [float(text.replace(".", "").replace(",", "")) for text in texts]
    assert read_salaries(tmp_path, texts * 30, decimal=sign) == plain * 30


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["3,447", "12.5"], [3447, 12.5]),
        (["3.447", "12,5"], [3447, 12.5]),
        (["3.447", "0.5"], [3.447, 0.5]),
        (["1.234.567", "1.000"], [1234567, 1000]),
        (["3 447", "451"], [3447, 451]),
        (["3\u00a0447,50", "451"], [3447.5, 451]),
        (["1,5", "2.5"], [1.5, 2.5]),
        (["0,125", "2,25"], [0.125, 2.25]),
    ],
)
def test_numbers_that_can_be_one_only_are_read_as_that(tmp_path, texts, numbers):
    assert read_salaries(tmp_path, texts * 30) == numbers * 30


def test_people_written_with_thousands_are_refused(tmp_path):
    (tmp_path / "people.csv").write_text("team;people\nt0;1.096\nt1;1.103\nt2;1.11\n")

    with pytest.raises(GroupError, match="fractions of a person"):
        read_population(read_table(tmp_path / "people.csv").frame, book(v1=ITEM), "people.csv")


def test_the_kept_people_with_thousands_are_refused():
    folder = case("population-thousands")

    with pytest.raises(GroupError, match="fractions of a person"):
        read_population(
            read_table(folder / "w2_people_nl.csv").frame, load_codebook(folder / "c.toml"), "x"
        )


def test_a_unit_in_other_capitals_is_told_from_the_table_of_people():
    from blijfwijzer.groups.population import join_units

    folder = case("population-names")
    codebook = load_codebook(folder / "c.toml")
    responses = read_survey(folder / "w2.sav", codebook, INTAKE).responses

    people = {
        name: name_as_survey(
            read_population(read_table(folder / f"w2_{name}.csv").frame, codebook, name), responses
        )
        for name in ("goed", "fout")
    }
    told = {n: join_units(p, responses, ["gemeente"], n) for n, p in people.items()}

    assert told["goed"].without_people == ()
    assert told["fout"].without_people == told["fout"].in_capitals == ("G0119",)


@pytest.mark.parametrize("text", ["1.000", "250.000", "1,000", "duizend"])
def test_an_amount_that_may_be_two_is_refused(text):
    with pytest.raises(typer.BadParameter, match=r"write it without a point or comma"):
        read_euro(text)


@pytest.mark.parametrize(("text", "euro"), [("1000", 1000), ("999,50", 999.5), ("1 000", 1000)])
def test_an_amount_that_is_one_is_read(text, euro):
    assert read_euro(text) == euro


# Guesses by part of a word.

QUESTIONS = [
    "In mijn team durf ik fouten toe te geven",
    "Mijn leidinggevende steunt mijn team",
    "De organisatie leert van fouten",
    "Opportunities for promotion",
    "Move to private sector",
    "Community work in my department",
]


def drafted(folder, frame):
    frame.to_csv(folder / "a.csv", index=False)
    (folder / "d.toml").write_text(draft_codebook(read_table(folder / "a.csv"), "a"))
    return load_codebook(folder / "d.toml"), (folder / "d.toml").read_text()


def test_a_question_about_a_team_or_with_unit_inside_a_word_is_no_unit(tmp_path):
    answers = {
        question: [WORDS[k * step % 5] for k in range(60)]
        for question, step in zip(QUESTIONS, (1, 2, 3, 4, 6, 7), strict=True)
    }

    codebook, _ = drafted(
        tmp_path, pd.DataFrame({"Team": [f"t{k % 6}" for k in range(60)]} | answers)
    )

    assert [column.name for column in codebook.with_role("unit")] == ["Team"]
    assert [column.name for column in codebook.with_role("item")] == QUESTIONS


def test_a_kept_form_of_questions_has_one_unit():
    file = case("draft-unit-words") / "a.csv"

    text = draft_codebook(read_table(file), "a")

    assert text.count('role = "unit"') == 1


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("race", ["White", "Black", "Asian"]),
        ("is_female", [0, 1]),
        ("isFemale", ["True", "False"]),
        ("Age Group", ["18-25", "26-35", "36+"]),
        ("Wat bent u?", ["Man", "Vrouw", "Anders"]),
        ("Migratieachtergrond", ["ja", "nee"]),
        ("disability_status", [0, 1]),
    ],
)
def test_what_someone_is_never_predicts_in_a_draft(tmp_path, name, answers):
    values = [answers[k % len(answers)] for k in range(60)]

    codebook, _ = drafted(
        tmp_path, pd.DataFrame({"team": UNITS, name: values, "v1": [k % 5 + 1 for k in range(60)]})
    )

    assert codebook.columns[name].role == "audit"


UNITS = [f"t{k % 6}" for k in range(60)]


@pytest.mark.parametrize(
    ("name", "values", "role", "told"),
    [
        ("wcal", [0.9 + k % 30 / 145 for k in range(60)], "ignore", "is it a weight?"),
        ("klimaat", [k % 7 / 3 + 1 for k in range(60)], "career", "is it the mean of other"),
        ("gesprek", ["Teams", "Zoom", "kantoor"] * 20, "career", "may it predict"),
        ("begin", [f"{k % 28 + 1:02d}-0{k % 3 + 1}-2024" for k in range(60)], "ignore", "dates"),
        ("loon", [f"€ {2000 + k}" for k in range(60)], "ignore", "amounts with a sign"),
    ],
)
def test_a_draft_says_what_it_is_in_doubt_about(tmp_path, name, values, role, told):
    codebook, text = drafted(
        tmp_path, pd.DataFrame({"team": UNITS, name: values, "v1": [k % 5 + 1 for k in range(60)]})
    )

    assert codebook.columns[name].role == role
    assert f"# decide: {told}" in text


@pytest.mark.parametrize("word", ["N/A", "-", "onbekend", "n.v.t.", "Weet ik niet"])
def test_words_for_no_answer_are_drafted_as_missing(tmp_path, word):
    values = [[*WORDS, word][k % 6] for k in range(60)]

    codebook, _ = drafted(tmp_path, pd.DataFrame({"team": UNITS, "v1": values}))

    assert list(codebook.columns["v1"].missing) == [word]
    assert list(codebook.columns["v1"].codes) == WORDS


# A numeric code's order.


def test_codes_from_high_to_low_count_as_they_stand_in_the_codebook(tmp_path):
    turned = {code: AGREE[code] for code in reversed(AGREE)}
    (tmp_path / "a.csv").write_text(lines())

    up, down = (
        read_survey(tmp_path / "a.csv", book(v1={**ITEM, "codes": codes}), INTAKE).responses["v1"]
        for codes in (AGREE, turned)
    )

    assert (up + down == 6).all()


def test_a_rule_from_a_code_on_is_refused_where_codes_run_down():
    turned = {code: AGREE[code] for code in reversed(AGREE)}
    outcome = {"label": "x", "meaning": "x", "rule": {"column": "v1", "at_least": 4}}
    raw = book(v1={**ITEM, "codes": turned}).model_dump(by_alias=True)

    with pytest.raises(ValueError, match="codes in another order than numbers: say with `in`"):
        Codebook.model_validate({**raw, "outcomes": {"x": outcome}})


# Qualtrics' three rows of headings.


def qualtrics():
    questions = ["Response ID", "In welk team werkt u?", "Eens? - Fouten", "Eens? - Hulp"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["ResponseId", "team", "Q1_1", "Q1_2"])
    writer.writerow(questions)
    writer.writerow([json.dumps({"ImportId": f"QID{k}"}) for k in range(4)])
    writer.writerows([f"R_{k * 7919:x}Zq", *row[1:]] for k, row in enumerate(ROWS))
    return text.getvalue()


def test_rows_of_question_texts_are_labels_and_no_answers(tmp_path):
    (tmp_path / "a.csv").write_text(qualtrics())

    table = read_table(tmp_path / "a.csv")

    assert len(table.frame) == len(ROWS)
    assert table.labels["Q1_2"] == "Eens? - Hulp"
    assert table.frame["Q1_1"].tolist() == [row[2] for row in ROWS]


def test_the_kept_qualtrics_file_drafts_items(tmp_path):
    text = draft_codebook(read_table(case("qualtrics-header") / "a.csv"), "a")
    (tmp_path / "d.toml").write_text(text)

    codebook = load_codebook(tmp_path / "d.toml")

    assert [c.name for c in codebook.with_role("item")] == ["Q1_1", "Q1_2", "Q1_3", "Q2"]
    assert [c.name for c in codebook.with_role("id")] == ["ResponseId"]
    assert "ImportId" not in text


@pytest.mark.parametrize("text", ["E3", "e-3", "+", ".", ",", "1e", "--1", "nan", "inf", "1_000"])
def test_signs_without_digits_are_no_number(text):
    assert number_of(text) is None
