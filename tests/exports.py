"""Exports of survey tools, as each tool writes them.

Made after what these say, where a source is named; the others as such files look, of no source.

- Qualtrics: three rows of headings in CSV and TSV, columns about the form first:
  www.qualtrics.com/support/survey-platform/data-and-analysis-module/data/download-data/understanding-your-dataset/
- LimeSurvey: headings as codes or texts, answers as codes or texts, and a pair of files for R, as
  its sources have them: application/helpers/admin/export/FormattingOptions.php and
  application/core/plugins/ExportR/RSyntaxWriter.php in github.com/LimeSurvey/LimeSurvey; a pair for
  SPSS, after application/controllers/admin/export.php and helpers/export_helper.php there
- Castor: semicolons, Participant Id, Participant Status, Site Abbreviation, Participant Creation date:
  helpdesk.castoredc.com/export-and-import-data/export-data-formats
- SurveyMonkey: two rows of headings, the question above its first part only.
- Microsoft Forms: a workbook with ID, Start time, Completion time, Email, Name before the questions.
- Google Forms: a timestamp, then questions, rows of a grid in brackets.
- A wide SAV with labels, as Dutch research agencies deliver it.
"""

import csv
import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyreadstat

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
FIRST = "2026-03-02 09:{:02d}:{:02d}"


@dataclass(frozen=True)
class Size:
    """Statements in matrices, beside six questions about the respondent."""

    matrices: int = 7
    rows: int = 12
    people: int = 60

    @property
    def cells(self):
        return [(m, r) for m in range(self.matrices) for r in range(self.rows)]


NINETY = Size()


def survey(language, size=NINETY):
    """Answers: by name of what is asked about the respondent, and steps by matrix and row."""
    rng = np.random.default_rng(7)
    about = {
        name: [answers[k] for k in rng.integers(0, len(answers), size.people)]
        for name, (_, answers) in ABOUT[language].items()
    }
    items = rng.integers(1, 6, (size.matrices, size.rows, size.people))
    return about, items


def statement(matrix, row, language):
    told = {"nl": "In mijn team kan ik punt", "en": "In my team I can do thing"}[language]
    return f"{told} {matrix + 1}.{row + 1}"


def question(matrix, language):
    told = {"nl": "In hoeverre bent u het eens over", "en": "To what extent do you agree on"}
    return f"{told[language]} onderwerp {'abcdefg'[matrix]}"


def times(person):
    return FIRST.format(person // 60, person % 60)


def write_rows(path, rows, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def qualtrics(folder, language, as_text, size=NINETY):
    about, items = survey(language, size)
    meta = ["StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)"]
    meta += ["Finished", "RecordedDate", "ResponseId", "RecipientLastName", "RecipientEmail"]
    names = [*meta, *(f"QID{k}" for k in range(6)), *(f"Q{m + 1}_{r + 1}" for m, r in size.cells)]
    texts = [*meta, *(told for told, _ in ABOUT[language].values())]
    texts += [f"{question(m, language)} - {statement(m, r, language)}" for m, r in size.cells]
    ids = [json.dumps({"ImportId": f"QID{k}", "timeZone": "Europe/Amsterdam"}) for k in names]
    rows = [names, texts, ids]
    for k in range(size.people):
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
        steps = [items[m, r, k] for m, r in size.cells]
        rows.append([*told, *own, *(AGREE[language][s - 1] if as_text else s for s in steps)])
    return write_rows(folder / "Qualtrics_2026.csv", rows)


def limesurvey(folder, language, as_text, size=NINETY):
    about, items = survey(language, size)
    names = ["id", "submitdate", "lastpage", "startlanguage", "seed", *about]
    names += [f"G{m + 1}[SQ{r + 1:03d}]" for m, r in size.cells]
    if as_text:
        names = ["Response ID", "Date submitted", "Last page", "Start language", "Seed"]
        names += [told for told, _ in ABOUT[language].values()]
        names += [f"{question(m, language)} [{statement(m, r, language)}]" for m, r in size.cells]
    rows = [names]
    for k in range(size.people):
        own = [answers[k] for answers in about.values()]
        steps = [items[m, r, k] for m, r in size.cells]
        told = [AGREE[language][s - 1] if as_text else f"A{s}" for s in steps]
        rows.append([k + 1, times(k), 7, language, 1234567 + k % 90, *own, *told])
    return write_rows(folder / "results-survey2026.csv", rows)


def _codes_of(language, size, number):
    """What LimeSurvey's own codes mean, column by column: numbers, or texts with a letter."""
    mark = "" if number else "A"
    told = [{f"{mark}{k}": a for k, a in enumerate(of, 1)} for _, of in ABOUT[language].values()]
    scale = {f"A{k}": a for k, a in enumerate(AGREE[language], 1)}
    return told + [scale] * len(size.cells)


def _limesurvey_labels(language, size):
    labels = [told for told, _ in ABOUT[language].values()]
    return labels + [
        f"[{statement(m, r, language)}] {question(m, language)}" for m, r in size.cells
    ]


def limesurvey_for_r(folder, language, as_text, size=NINETY):
    about, items = survey(language, size)
    names = ["id", "submitdate", *about, *(f"G{m + 1}[SQ{r + 1:03d}]" for m, r in size.cells)]
    meanings = _codes_of(language, size, number=True)
    codes = [{a: c for c, a in of.items()} for of in meanings]
    rows, script = [names], ['data <- read.csv("survey_2026_R_data_file.csv", quote = "\'\\"")']
    for k in range(size.people):
        own = [of[answers[k]] for of, answers in zip(codes, about.values(), strict=False)]
        rows.append([k + 1, times(k), *own, *(f"A{items[m, r, k]}" for m, r in size.cells)])
    labels = _limesurvey_labels(language, size)
    for place, (label, of) in enumerate(zip(labels, meanings, strict=True), start=3):
        numbers, kind = (True, "F") if "1" in of else (False, "A")
        script.append(f"# LimeSurvey Field type: {kind}")
        script.append(f"data[, {place}] <- as.character(data[, {place}])")
        script.append(f'attributes(data)$variable.labels[{place}] <- "{label}"')
        levels = ",".join(code if numbers else f'"{code}"' for code in of)
        told = ", ".join(f'"{text}"' for text in of.values())
        ordered = "" if numbers else ", ordered=TRUE"
        script.append(
            f"data[, {place}] <- factor(data[, {place}], levels=c({levels}),labels=c({told})"
            f"{ordered})"
        )
        name = names[place - 1].replace("[", "_").replace("]", "")
        script.append(f'names(data)[{place}] <- "{name}"')
    (folder / "survey_2026_R_syntax_file.R").write_text("\n".join(script), encoding="utf-8-sig")
    return write_rows(folder / "survey_2026_R_data_file.csv", rows)


def limesurvey_for_spss(folder, language, as_text, size=NINETY):
    about, items = survey(language, size)
    names = ["id", "submitdate", "lastpage", "startlanguage", "seed", *about]
    names += [f"G{m + 1}_SQ{r + 1:03d}" for m, r in size.cells]
    meanings = _codes_of(language, size, number=True)
    codes = [{a: c for c, a in of.items()} for of in meanings]
    kinds = ["F7", "DATETIME23.2", "F7", "A20", "A31"]
    kinds += ["F2" if "1" in of else "A2" for of in meanings]
    rows = []
    for k in range(size.people):
        own = [of[answers[k]] for of, answers in zip(codes, about.values(), strict=False)]
        steps = [f"'A{items[m, r, k]}'" for m, r in size.cells]
        date = f"'02-03-2026 09:{k // 60:02d}:{k % 60:02d}'"
        rows.append(",".join([str(k + 1), date, "7", f"'{language}'", "'1234567'", *own, *steps]))
    (folder / "survey_2026_SPSS_data_file.dat").write_text(
        "\n".join(rows) + "\n", encoding="utf-8-sig"
    )
    of_names = {f"V{k}": name for k, name in enumerate(names, start=1)}
    labels = [*names[:5], *_limesurvey_labels(language, size)]
    script = ["*$Rev: 121017 $.", "SET UNICODE=ON.", "SHOW LOCALE.", "PRESERVE LOCALE."]
    script += ["SET LOCALE='en_UK'.", "GET DATA", " /TYPE=TXT"]
    script += [" /FILE='survey_2026_SPSS_data_file.dat'", " /DELCASE=LINE", ' /DELIMITERS=","']
    script += [' /QUALIFIER="\'"', " /ARRANGEMENT=DELIMITED", " /FIRSTCASE=1", " /IMPORTCASE=ALL"]
    told = [f" {variable} {kind}" for variable, kind in zip(of_names, kinds, strict=True)]
    script += [" /VARIABLES=", *told[:-1], told[-1] + ".", "CACHE.", "EXECUTE."]
    for variable, label in zip(of_names, labels, strict=True):
        quoted = label.replace('"', '""')
        # A long label goes on in the next line.
        parts = [quoted[at : at + 40] for at in range(0, len(quoted), 40)]
        script.append(f'VARIABLE LABELS {variable} "' + '"+\n"'.join(parts) + '".')
    for variable, kind, of in zip(list(of_names)[5:], kinds[5:], meanings, strict=True):
        pairs = [f' {c if kind[0] == "F" else chr(34) + c + chr(34)} "{a}"' for c, a in of.items()]
        script += [f"VALUE LABELS  {variable}", *pairs[:-1], pairs[-1] + "."]
    script += [f"RENAME VARIABLES ( {old} = {new} )." for old, new in of_names.items()]
    script.append("RESTORE LOCALE.")
    (folder / "survey_2026_SPSS_syntax_file.sps").write_text(
        "\n".join(script) + "\n", encoding="utf-8-sig"
    )
    return folder / "survey_2026_SPSS_data_file.dat"


def surveymonkey(folder, language, as_text, size=NINETY):
    about, items = survey(language, size)
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
    top += [question(m, language) if r == 0 else "" for m, r in size.cells]
    below = [
        *[""] * len(meta),
        *["Response"] * 6,
        *(statement(m, r, language) for m, r in size.cells),
    ]
    rows = [top, below]
    for k in range(size.people):
        own = [answers[k] for answers in about.values()]
        told = [AGREE[language][items[m, r, k] - 1] for m, r in size.cells]
        rows.append(
            [114_000_000_000 + k, 4_400_123, times(k), times(k), "", "", "", "", "", *own, *told]
        )
    return write_rows(folder / "Medewerkers 2026.csv", rows)


def microsoft(folder, language, as_text, size=NINETY):
    about, items = survey(language, size)
    meta = ["ID", "Start time", "Completion time", "Email", "Name"]
    if language == "nl":
        meta = ["Id", "Begintijd", "Tijd van voltooien", "E-mail", "Naam"]
    names = [*meta, *(told for told, _ in ABOUT[language].values())]
    names += [statement(m, r, language) for m, r in size.cells]
    rows = [
        [k + 1, pd.Timestamp(times(k)), pd.Timestamp(times(k)), "anonymous", None]
        + [answers[k] for answers in about.values()]
        + [AGREE[language][items[m, r, k] - 1].replace(" ", "\u00a0") for m, r in size.cells]
        for k in range(size.people)
    ]
    pd.DataFrame(rows, columns=names).to_excel(folder / "MTO 2026(1-240).xlsx", index=False)
    return folder / "MTO 2026(1-240).xlsx"


def google(folder, language, as_text, size=NINETY):
    about, items = survey(language, size)
    names = ["Tijdstempel" if language == "nl" else "Timestamp"]
    names += [told for told, _ in ABOUT[language].values()]
    names += [f"{question(m, language)} [{statement(m, r, language)}]" for m, r in size.cells]
    rows = [names]
    for k in range(size.people):
        own = [answers[k] for answers in about.values()]
        told = [AGREE[language][items[m, r, k] - 1] for m, r in size.cells]
        rows.append([f"2026/03/02 9:{k % 60:02d}:00 a.m. CET", *own, *told])
    return write_rows(folder / "Formulier 2026.csv", rows)


def castor(folder, language, as_text, size=NINETY):
    about, items = survey(language, size)
    meta = [
        "Participant Id",
        "Participant Status",
        "Site Abbreviation",
        "Participant Creation Date",
    ]
    names = [*meta, *about, *(f"thema{m + 1}_{r + 1}" for m, r in size.cells)]
    rows = [names]
    for k in range(size.people):
        own = [answers[k] for answers in about.values()]
        told = [items[m, r, k] for m, r in size.cells]
        rows.append(
            [f"110{k:03d}", "Not Set", "UMC", f"02-03-2026 09:{k % 60:02d}:00", *own, *told]
        )
    return write_rows(folder / "Study_export_2026.csv", rows, ";")


def agency(folder, language, as_text, size=NINETY):
    about, items = survey(language, size)
    frame = pd.DataFrame({"respnr": np.arange(1.0, size.people + 1)})
    labels, codes = {"respnr": "Respondentnummer"}, {}
    for name, (told, answers) in ABOUT[language].items():
        place = {answer: float(k) for k, answer in enumerate(answers, start=1)}
        frame[name] = [place[a] for a in about[name]]
        labels[name], codes[name] = told, {v: k for k, v in place.items()}
    for m, r in size.cells:
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
    (limesurvey_for_spss, False),
    (surveymonkey, True),
    (microsoft, True),
    (google, True),
    (castor, False),
    (agency, False),
]
