"""One table gives the same intake however it is written, and no cell of it changes unseen."""

import csv
import io

import numpy as np
import pandas as pd
import pyreadstat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blijfwijzer.errors import BlijfwijzerError
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import check_survey

WORDS = ["Helemaal mee oneens", "Mee oneens", "Neutraal", "Mee eens", "Helemaal mee eens"]
ITEM = {
    "role": "item",
    "codes": {str(k): word for k, word in enumerate(WORDS, 1)},
    "missing": {"9": "nvt"},
}
BOOK = Codebook.model_validate(
    {
        "survey": dict.fromkeys(("name", "wave", "label", "population", "purpose"), "x"),
        "columns": {
            "team": {"label": "team", "role": "unit"},
            "zone": {"label": "zone", "role": "career", "type": "nominal"},
            "v1": {"label": "v1", **ITEM},
            "v2": {"label": "v2", **ITEM},
            "uren": {"label": "uren", "role": "career", "range": [0, 60], "decimal": "."},
            "gewicht": {"label": "gewicht", "role": "weight", "decimal": "."},
        },
        "weight": {"column": "gewicht"},
        "units": {"levels": ["team"], "cluster": "team"},
    }
)
COMMA = BOOK.model_copy(
    update={
        "columns": {
            name: column.model_copy(update={"decimal": "," if column.type == "number" else None})
            for name, column in BOOK.columns.items()
        }
    }
)
QUICK = settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

UNITS = ["t1", "t2", "Team Noord", "Zuid; oost", "Curaçao", 'de "kern"', "0034"]
ZONES = ["A, B", "2E3", "café", "x|y", "1.10", None]


def make_rows(seed):
    """Thirty answers with signs of all dialects in them."""
    rng = np.random.default_rng(seed)

    def pick(answers):
        return [answers[k] for k in rng.integers(0, len(answers), 30)]

    hours = [*range(0, 61, 3), None, *rng.uniform(0, 60, 8).round(rng.integers(0, 4)).tolist()]
    # openpyxl writes sixteen digits, so that one more would differ by who wrote it.
    weights = rng.uniform(0.25, 4, 30).round(12).tolist()
    steps = [1, 2, 3, 4, 5, 9, None]
    return list(
        zip(
            pick(UNITS),
            pick(ZONES),
            pick(steps),
            pick([*WORDS, None]),
            pick(hours),
            weights,
            strict=True,
        )
    )


def frame_of(rows):
    frame = pd.DataFrame(rows, columns=list(BOOK.columns))
    return frame.assign(v1=frame["v1"].astype("float64"), uren=frame["uren"].astype("float64"))


def text_of(frame, separator, decimal, quoting=csv.QUOTE_MINIMAL):
    def write(cell):
        if isinstance(cell, float):
            told = "" if np.isnan(cell) else str(int(cell)) if cell.is_integer() else repr(cell)
            return told.replace(".", decimal)
        return "" if cell is None or cell is pd.NA else cell

    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows([write(cell) for cell in row] for row in frame.astype(object).to_numpy())
    return out.getvalue()


def written(folder, frame):
    """The table in each format and dialect, by what it is."""
    blank = frame.astype(object).where(frame.notna(), None)
    frame.to_parquet(folder / "a.parquet")
    blank.to_excel(folder / "a.xlsx", index=False)
    texts = blank.assign(v2=blank["v2"].fillna(""), zone=blank["zone"].fillna(""))
    texts = texts.assign(v1=frame["v1"], uren=frame["uren"], gewicht=frame["gewicht"])
    for suffix in ("sav", "zsav"):
        pyreadstat.write_sav(texts, str(folder / f"a.{suffix}"), compress=suffix == "zsav")
        yield folder / f"a.{suffix}", BOOK
    yield folder / "a.xlsx", BOOK
    semicolon, comma = text_of(frame, ";", ","), text_of(frame, ",", ".")
    dialects = {
        "dutch.csv": semicolon.encode("cp1252"),
        "excel.csv": ("sep=;\n" + semicolon).encode("utf-8-sig"),
        "unicode.csv": text_of(frame, "\t", ",").encode("utf-16"),
    }
    for name, content in dialects.items():
        (folder / name).write_bytes(content)
        yield folder / name, COMMA
    dialects = {
        "plain.csv": comma.encode(),
        "mac.csv": comma.replace("\n", "\r").encode(),
        "windows.csv": comma.replace("\n", "\r\n").encode(),
        "quoted.csv": text_of(frame, ",", ".", csv.QUOTE_ALL).encode(),
        "pipes.csv": text_of(frame, "|", ".").encode(),
        "tabs.tsv": text_of(frame, "\t", ".").encode(),
        "ends.csv": "".join(line + ",,\n" for line in comma.splitlines()).encode(),
    }
    for name, content in dialects.items():
        (folder / name).write_bytes(content)
        yield folder / name, BOOK


def bytes_of(intake):
    told = [intake.responses.to_json(double_precision=15, orient="split")]
    told += [
        intake.rejected.to_json(),
        str(intake.account),
        str(intake.errors),
        str(intake.remarks),
    ]
    return "".join(told).encode()


@given(st.integers(0, 10**6))
@QUICK
def test_one_table_gives_the_same_intake_in_each_format_and_dialect(tmp_path_factory, seed):
    folder, frame = tmp_path_factory.mktemp("dialects"), frame_of(make_rows(seed))

    first = None
    for path, book in written(folder, frame):
        intake = check_survey(path, book, Settings().intake)
        first = first or check_survey(folder / "a.parquet", BOOK, Settings().intake)
        name = path.name
        assert bytes_of(intake).replace(name.encode(), b"") == bytes_of(first).replace(
            b"a.parquet", b""
        ), name
        pd.testing.assert_frame_equal(intake.responses, first.responses, check_exact=True)


CHANGES = ("cut", "drop", "double", "insert", "swap")
SIGNS = [";", ",", '"', "\n", "\t", " ", "\u00a0", ".", "#N/A", "\x00", "é", "|", "9"]


def mutate(text, kind, place, sign):
    place %= len(text)
    match kind:
        case "cut":
            return text[:place]
        case "drop":
            return text[:place] + text[place + 1 :]
        case "double":
            return text[:place] + text[place] + text[place:]
        case "swap":
            return text[:place] + text[place + 1 : place + 2] + text[place] + text[place + 2 :]
        case _:
            return text[:place] + sign + text[place:]


def fuzz_one(folder, rows, kind, place, sign):
    """Change one sign of a file: it is refused, or told, or only that cell is another one."""
    good = text_of(frame_of(rows), ";", ",")
    bad = mutate(good, kind, place, sign)
    for name, text in (("good.csv", good), ("bad.csv", bad)):
        (folder / name).write_text(text, encoding="utf-8", newline="")
    first = check_survey(folder / "good.csv", COMMA, Settings().intake)
    try:
        other = check_survey(folder / "bad.csv", COMMA, Settings().intake)
    except BlijfwijzerError as error:
        assert "\n" not in str(error)
        return "refused"
    if other.errors:
        return "refused"
    if other.rows != first.rows:
        # A file cut off at the very end of a row is a whole one: the number of rows tells.
        assert kind == "cut", (kind, place, sign)
        return "counted"
    # A sign that changes places with a separator moves to the next cell.
    most = 1 + (kind == "swap")
    if len(other.rejected) != len(first.rejected):
        assert len(other.rejected) <= len(first.rejected) + 1, (kind, place, sign)
        return "rejected"
    told, given_ = (
        one.responses.drop(columns="weight").astype("str").fillna("").to_numpy()
        for one in (other, first)
    )
    changed = int((told != given_).sum())
    assert changed <= most, (kind, place, sign)
    return "changed" if changed else "same"


@given(
    st.integers(0, 10**6), st.sampled_from(CHANGES), st.integers(0, 10_000), st.sampled_from(SIGNS)
)
@settings(QUICK, max_examples=40)
def test_a_changed_sign_is_refused_or_changes_its_own_cell(
    tmp_path_factory, seed, kind, place, sign
):
    fuzz_one(tmp_path_factory.mktemp("fuzz"), make_rows(seed), kind, place, sign)
