"""Exports of survey tools draft a codebook with few decisions.

Made after what these say, where a source is named; the others as such files look, of no source.

- Qualtrics: three rows of headings in CSV and TSV, columns about the form first:
  www.qualtrics.com/support/survey-platform/data-and-analysis-module/data/download-data/understanding-your-dataset/
- LimeSurvey: headings as codes or texts, answers as codes or texts, and a pair of files for R, as
  its sources have them: application/helpers/admin/export/FormattingOptions.php and
  application/core/plugins/ExportR/RSyntaxWriter.php in github.com/LimeSurvey/LimeSurvey
- Castor: semicolons, Participant Id, Participant Status, Site Abbreviation, Participant Creation date:
  helpdesk.castoredc.com/export-and-import-data/export-data-formats
- SurveyMonkey: two rows of headings, the question above its first part only.
- Microsoft Forms: a workbook with ID, Start time, Completion time, Email, Name before the questions.
- Google Forms: a timestamp, then questions, rows of a grid in brackets.
- A wide SAV with labels, as Dutch research agencies deliver it.
"""

import csv
import json

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from blijfwijzer.drafting.draft import draft_codebook, find_undecided
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.intake import check_survey

AGREE = {
    "nl": ["Helemaal mee oneens", "Mee oneens", "Neutraal", "Mee eens", "Helemaal mee eens"],
    "en": [
        "Strongly disagree",
        "Disagree",
        "Neither agree nor disagree",
        "Agree",
        "Strongly agree",
    ],
}
ABOUT = {
    "nl": {
        "afdeling": ("In welk team werkt u?", [f"Team {k}" for k in range(1, 13)]),
        "leeftijd": ("Wat is uw leeftijd?", ["18-34", "35-44", "45-54", "55+"]),
        "geslacht": ("Wat is uw geslacht?", ["Man", "Vrouw", "Anders"]),
        "opleiding": ("Wat is uw hoogste opleiding?", ["mbo", "hbo", "wo"]),
        "dienstjaren": ("Hoeveel dienstjaren hebt u?", ["0-2", "3-10", "11+"]),
        "contract": ("Wat voor contract hebt u?", ["vast", "tijdelijk"]),
    },
    "en": {
        "department": ("Which department do you work in?", [f"Dept {k}" for k in range(1, 13)]),
        "age": ("What is your age?", ["18-34", "35-44", "45-54", "55+"]),
        "gender": ("What is your gender?", ["Male", "Female", "Other"]),
        "education": ("What is your highest education?", ["college", "bachelor", "master"]),
        "tenure": ("How long is your tenure?", ["0-2", "3-10", "11+"]),
        "contract": ("Which employment contract do you have?", ["fixed", "temporary"]),
    },
}
MATRICES, ROWS_EACH, PEOPLE = 7, 12, 60
FIRST = "2026-03-02 09:{:02d}:{:02d}"


def survey(language):
    """Ninety questions: seven matrices of twelve statements, and six about the respondent."""
    rng = np.random.default_rng(7)
    about = {
        name: [answers[k] for k in rng.integers(0, len(answers), PEOPLE)]
        for name, (_, answers) in ABOUT[language].items()
    }
    items = rng.integers(1, 6, (MATRICES, ROWS_EACH, PEOPLE))
    return about, items


def statement(matrix, row, language):
    told = {"nl": "In mijn team kan ik punt", "en": "In my team I can do thing"}[language]
    return f"{told} {matrix + 1}.{row + 1}"


def question(matrix, language):
    told = {"nl": "In hoeverre bent u het eens over", "en": "To what extent do you agree on"}
    return f"{told[language]} onderwerp {'abcdefg'[matrix]}"


def cells():
    return [(m, r) for m in range(MATRICES) for r in range(ROWS_EACH)]


def times(person):
    return FIRST.format(person // 60, person % 60)


def write_rows(path, rows, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def qualtrics(folder, language, as_text):
    about, items = survey(language)
    meta = ["StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)"]
    meta += ["Finished", "RecordedDate", "ResponseId", "RecipientLastName", "RecipientEmail"]
    names = [*meta, *(f"QID{k}" for k in range(6)), *(f"Q{m + 1}_{r + 1}" for m, r in cells())]
    texts = [*meta, *(told for told, _ in ABOUT[language].values())]
    texts += [f"{question(m, language)} - {statement(m, r, language)}" for m, r in cells()]
    ids = [json.dumps({"ImportId": f"QID{k}", "timeZone": "Europe/Amsterdam"}) for k in names]
    rows = [names, texts, ids]
    for k in range(PEOPLE):
        told = [
            times(k),
            times(k),
            "IP Address",
            "",
            100,
            300 + k,
            "True",
            times(k),
            f"R_{k:x}aBz",
            "",
            "",
        ]
        own = [answers[k] for answers in about.values()]
        steps = [items[m, r, k] for m, r in cells()]
        rows.append([*told, *own, *(AGREE[language][s - 1] if as_text else s for s in steps)])
    return write_rows(folder / "Qualtrics_2026.csv", rows)


def limesurvey(folder, language, as_text):
    about, items = survey(language)
    names = ["id", "submitdate", "lastpage", "startlanguage", "seed", *about]
    names += [f"G{m + 1}[SQ{r + 1:03d}]" for m, r in cells()]
    if as_text:
        names = ["Response ID", "Date submitted", "Last page", "Start language", "Seed"]
        names += [told for told, _ in ABOUT[language].values()]
        names += [f"{question(m, language)} [{statement(m, r, language)}]" for m, r in cells()]
    rows = [names]
    for k in range(PEOPLE):
        own = [answers[k] for answers in about.values()]
        steps = [items[m, r, k] for m, r in cells()]
        told = [AGREE[language][s - 1] if as_text else f"A{s}" for s in steps]
        rows.append([k + 1, times(k), 7, language, 1234567 + k % 90, *own, *told])
    return write_rows(folder / "results-survey2026.csv", rows)


def limesurvey_for_r(folder, language, as_text):
    about, items = survey(language)
    names = ["id", "submitdate", *about, *(f"G{m + 1}_SQ{r + 1:03d}" for m, r in cells())]
    codes = {
        name: {a: f"A{k}" for k, a in enumerate(answers, 1)}
        for name, (_, answers) in ABOUT[language].items()
    }
    rows, script = [names], ['data <- read.csv("survey_2026_R_data_file.csv")']
    for k in range(PEOPLE):
        own = [codes[name][answers[k]] for name, answers in about.items()]
        rows.append([k + 1, times(k), *own, *(f"A{items[m, r, k]}" for m, r in cells())])
    labels = [told for told, _ in ABOUT[language].values()]
    labels += [f"[{statement(m, r, language)}] {question(m, language)}" for m, r in cells()]
    meanings = [{c: a for a, c in codes[name].items()} for name in about]
    meanings += [{f"A{k}": a for k, a in enumerate(AGREE[language], 1)}] * len(cells())
    for place, (label, of) in enumerate(zip(labels, meanings, strict=True), start=3):
        script.append(
            f"# LimeSurvey Field type: A\ndata[, {place}] <- as.character(data[, {place}])"
        )
        script.append(f'attributes(data)$variable.labels[{place}] <- "{label}"')
        levels, told = (", ".join(f'"{text}"' for text in part) for part in (of, of.values()))
        script.append(
            f"data[, {place}] <- factor(data[, {place}], levels=c({levels}),labels=c({told}))"
        )
        script.append(f'names(data)[{place}] <- "{names[place - 1]}"')
    (folder / "survey_2026_R_syntax_file.R").write_text("\n".join(script), encoding="utf-8-sig")
    return write_rows(folder / "survey_2026_R_data_file.csv", rows)


def surveymonkey(folder, language, as_text):
    about, items = survey(language)
    meta = [
        "Respondent ID",
        "Collector ID",
        "Start Date",
        "End Date",
        "IP Address",
        "Email Address",
    ]
    meta += ["First Name", "Last Name", "Custom Data 1"]
    top = [*meta, *(told for told, _ in ABOUT[language].values())]
    top += [question(m, language) if r == 0 else "" for m, r in cells()]
    below = [*[""] * len(meta), *["Response"] * 6, *(statement(m, r, language) for m, r in cells())]
    rows = [top, below]
    for k in range(PEOPLE):
        own = [answers[k] for answers in about.values()]
        told = [AGREE[language][items[m, r, k] - 1] for m, r in cells()]
        rows.append(
            [114_000_000_000 + k, 4_400_123, times(k), times(k), "", "", "", "", "", *own, *told]
        )
    return write_rows(folder / "Medewerkers 2026.csv", rows)


def microsoft(folder, language, as_text):
    about, items = survey(language)
    meta = ["ID", "Start time", "Completion time", "Email", "Name"]
    if language == "nl":
        meta = ["Id", "Begintijd", "Tijd van voltooien", "E-mail", "Naam"]
    names = [*meta, *(told for told, _ in ABOUT[language].values())]
    names += [statement(m, r, language) for m, r in cells()]
    rows = [
        [k + 1, pd.Timestamp(times(k)), pd.Timestamp(times(k)), "anonymous", None]
        + [answers[k] for answers in about.values()]
        + [AGREE[language][items[m, r, k] - 1].replace(" ", "\u00a0") for m, r in cells()]
        for k in range(PEOPLE)
    ]
    pd.DataFrame(rows, columns=names).to_excel(folder / "MTO 2026(1-240).xlsx", index=False)
    return folder / "MTO 2026(1-240).xlsx"


def google(folder, language, as_text):
    about, items = survey(language)
    names = ["Tijdstempel" if language == "nl" else "Timestamp"]
    names += [told for told, _ in ABOUT[language].values()]
    names += [f"{question(m, language)} [{statement(m, r, language)}]" for m, r in cells()]
    rows = [names]
    for k in range(PEOPLE):
        own = [answers[k] for answers in about.values()]
        told = [AGREE[language][items[m, r, k] - 1] for m, r in cells()]
        rows.append([f"2026/03/02 9:{k % 60:02d}:00 a.m. CET", *own, *told])
    return write_rows(folder / "Formulier 2026.csv", rows)


def castor(folder, language, as_text):
    about, items = survey(language)
    meta = [
        "Participant Id",
        "Participant Status",
        "Site Abbreviation",
        "Participant Creation Date",
    ]
    names = [*meta, *about, *(f"thema{m + 1}_{r + 1}" for m, r in cells())]
    rows = [names]
    for k in range(PEOPLE):
        own = [answers[k] for answers in about.values()]
        told = [items[m, r, k] for m, r in cells()]
        rows.append(
            [f"110{k:03d}", "Not Set", "UMC", f"02-03-2026 09:{k % 60:02d}:00", *own, *told]
        )
    return write_rows(folder / "Study_export_2026.csv", rows, ";")


def agency(folder, language, as_text):
    about, items = survey(language)
    frame = pd.DataFrame({"respnr": np.arange(1.0, PEOPLE + 1)})
    labels, codes = {"respnr": "Respondentnummer"}, {}
    for name, (told, answers) in ABOUT[language].items():
        place = {answer: float(k) for k, answer in enumerate(answers, start=1)}
        frame[name] = [place[a] for a in about[name]]
        labels[name], codes[name] = told, {v: k for k, v in place.items()}
    for m, r in cells():
        name = f"V{m + 1}_{r + 1}"
        frame[name] = items[m, r].astype(float)
        labels[name] = f"<b>{question(m, language)}</b> {statement(m, r, language)}"
        codes[name] = dict(enumerate(AGREE[language], start=1)) | {9: "Weet niet / n.v.t."}
    pyreadstat.write_sav(
        frame, str(folder / "mto2026.sav"), column_labels=labels, variable_value_labels=codes
    )
    return folder / "mto2026.sav"


TOOLS = [
    (qualtrics, False),
    (qualtrics, True),
    (limesurvey, False),
    (limesurvey, True),
    (limesurvey_for_r, False),
    (surveymonkey, True),
    (microsoft, True),
    (google, True),
    (castor, False),
    (agency, False),
]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("write", "as_text"), TOOLS)
def test_an_export_is_read_whole_and_drafted_with_at_most_ten_decisions(
    tmp_path, write, as_text, language
):
    path = write(tmp_path, language, as_text)
    table = read_table(path)
    text = draft_codebook(table, path.name.split(".")[0])
    (tmp_path / "d.toml").write_text(text, encoding="utf-8")

    codebook = load_codebook(tmp_path / "d.toml")
    intake = check_survey(path, codebook, Settings().intake)

    assert len(table.frame) == PEOPLE
    assert len(codebook.with_role("item")) == MATRICES * ROWS_EACH
    assert len(codebook.with_role("unit")) >= 1
    assert len(codebook.with_role("audit")) == 2
    assert len(find_undecided(text)) <= 10
    assert (intake.errors, len(intake.rejected)) == ((), 0)
    # Each answer is read as it was given.
    _, items = survey(language)
    names = [column.name for column in codebook.with_role("item")]
    given = items.reshape(MATRICES * ROWS_EACH, PEOPLE).T.astype(float)
    np.testing.assert_array_equal(intake.responses[names].to_numpy(), given)
