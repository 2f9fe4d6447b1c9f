"""Culture and claims, from a survey to files that may be shown, as a user runs them."""

import hashlib
import io
import json
import re
import shutil
import sys
import zipfile
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from blijfwijzer import errors
from blijfwijzer.cli import main
from blijfwijzer.culture.claims import CLAIMS
from blijfwijzer.disclosure.ledger import verify
from blijfwijzer.publish.charts import Frame
from blijfwijzer.publish.grids import Cell, Line, heat_map, slope_chart
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.concepts import INSIDE, OUTSIDE

BOOK = "werkonderzoek-2019"
SMALL, ALIKE = "KLEINGEHEIM", "ALLENEENS"
UNITS = ("--by", "organisatie")
HIDDEN = {"nl": "niet getoond", "en": "not shown"}

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
    "ignore::ResourceWarning",
    "ignore::PendingDeprecationWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


def call(*arguments):
    before = sys.argv
    sys.argv = ["blijfwijzer", *map(str, arguments)]
    try:
        main()
    except SystemExit as end:
        return end.code or 0
    finally:
        sys.argv = before


def settings(place, language="nl", tracking="false"):
    path = place / f"{language}-{tracking}.toml"
    path.write_text(
        f'language = "{language}"\n[evaluation]\nbootstraps = 50\n'
        "[culture]\nbootstraps = 50\nsplits = 10\ndraws = 200\n"
        f"[tracking]\nenabled = {tracking}\n"
    )
    return path


def run(place, command, survey, output, *options, book=BOOK, language="nl"):
    quick = settings(place, language)
    ledger = ("--ledger", place / f"ledger-{language}")
    return call(
        *(command, survey, "--codebook", book, "--output", output, "--settings", quick),
        *ledger,
        *options,
    )


def plant(survey):
    """Make an organisation too small to show, and one whose people all answer favourably."""
    codebook = load_codebook(BOOK)
    organisations = survey["organisatie"].value_counts()
    small, alike = organisations.index[0], organisations.index[1]
    rows = np.flatnonzero(survey["organisatie"] == small)[:6]
    survey["organisatie"] = survey["organisatie"].astype("object")
    survey.loc[survey.index[rows], "organisatie"] = SMALL
    inside = survey["organisatie"] == alike
    survey.loc[inside, "organisatie"] = ALIKE
    for scale in codebook.scales.values():
        for item in scale.items:
            is_high = (item in scale.reversed) == (scale.higher_is == "worse")
            low, high = codebook.columns[item].span
            survey.loc[inside, item] = high if is_high else low
    return survey


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with two waves, and their climate and claims in both languages."""
    place = tmp_path_factory.mktemp("culture")
    for wave in (2019, 2022):
        assert not call(
            *("synthesise", "--respondents", 1500, "--wave", wave, "--seed", 3),
            *("--output", place / f"{wave}.parquet"),
        )
    plant(pd.read_parquet(place / "2022.parquet")).to_parquet(place / "2022.parquet")
    survey, both = place / "2022.parquet", ("--previous", place / "2019.parquet")
    for language, previous in (("nl", both), ("en", ())):
        climate, claims = place / f"climate-{language}", place / f"claims-{language}"
        assert not run(place, "climate", survey, climate, *UNITS, *previous, language=language)
        assert not run(place, "claims", survey, claims, *previous, language=language)
    return place


def page_of(folder):
    return ElementTree.fromstring((folder / "report.html").read_bytes())


def words_of(folder):
    """All that a release's files say: text of the page, cells of the workbook, tables, JSON."""
    told = [(folder / "run.json").read_text(), (folder / "report.html").read_text()]
    for path in folder.iterdir():
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                told += [book.read(name).decode("utf-8", "ignore") for name in book.namelist()]
        if path.suffix == ".parquet":
            told.append(pd.read_parquet(path).to_csv())
        if path.suffix == ".json":
            told.append(path.read_text())
    return "\n".join(told)


def climate_of(place, language="nl"):
    return pd.read_parquet(place / f"climate-{language}" / "climate.parquet")


def test_each_command_leaves_its_files(place):
    climate = {path.name for path in (place / "climate-nl").iterdir()}
    claims = {path.name for path in (place / "claims-nl").iterdir()}

    assert climate == {"climate.parquet", "climate.xlsx", "report.html", "run.json"}
    assert claims == {"claims.json", "claims.xlsx", "report.html", "run.json"}


def test_what_is_too_small_or_too_alike_is_in_no_file(place):
    climate = climate_of(place)

    assert not climate["label"].isin([SMALL, ALIKE]).any()
    for command in ("climate", "claims"):
        assert SMALL not in words_of(place / f"{command}-nl")
    assert ALIKE not in words_of(place / "claims-nl")


def test_means_shares_and_counts_are_coarse(place):
    climate = climate_of(place)

    assert (climate["n"] >= 10).all()
    assert (climate["n"] % 5 == 0).all()
    means = climate[["pooled", "low", "high", "grade"]].to_numpy()
    assert np.allclose(means * 10, np.round(means * 10))
    shares = climate["favourable"].dropna()
    assert (shares % 1 == 0).all()
    assert shares.between(0, 100).all()


def test_a_dimension_of_which_less_is_better_is_turned(place):
    climate = climate_of(place)
    red_tape = climate[(climate["dimension"] == "regeldruk") & (climate["all_mark"] == "worse")]

    assert len(red_tape)
    assert (red_tape["all_difference"] > 0).all()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("command", ["climate", "claims"])
def test_each_picture_tells_its_finding_and_has_its_table_after_it(place, command, language):
    page = page_of(place / f"{command}-{language}")

    pictures = 0
    for section in page.iter("section"):
        parts = list(section)
        for number, part in enumerate(parts):
            if part.tag == "figure":
                assert part.find("svg").get("role") == "img"
                assert part.find("svg/title").text
                assert re.search(r"\d|Er is niets|nothing", part.find("svg/desc").text)
                assert parts[number + 1].tag == "details"
                assert parts[number + 1].find(".//table") is not None
                pictures += 1
    assert pictures >= 10
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert page.get("lang") == language


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_heat_map_says_in_words_what_is_withheld(place, language):
    page = page_of(place / f"climate-{language}")

    figures = {f.find("svg").get("aria-labelledby"): f for f in page.iter("figure")}
    heat = figures["heat-organisatie-t heat-organisatie-d"]
    texts = [text.text for text in heat.iter("text")]
    hatched = [r for r in heat.iter("rect") if (r.get("fill") or "").startswith("url(")]
    parts = list(next(s for s in page.iter("section") if s.get("id") == "climate"))
    twin = parts[parts.index(heat) + 1]
    rows = [{cell.text for cell in row.findall("td")} for row in twin.iter("tr")]
    withheld = rows.count({HIDDEN[language]})
    assert withheld >= 2
    # A strip for each unit, for each single cell, and in the legend; each has the words.
    assert len(hatched) > withheld
    assert texts.count(HIDDEN[language]) == len(hatched)


def test_worrying_units_are_in_order_of_name_and_their_remedies_are_the_papers(place):
    text = " ".join(page_of(place / "climate-nl").find("body").itertext())

    assert "op volgorde van naam" in text
    assert "woorden van het brondocument" in text or "geen eenheid op de lijst" in text
    assert "ranglijst van leidinggevenden" in text


def test_the_ledger_knows_both_waves_of_each_release(place):
    releases = verify(place / "ledger-nl" / "werkonderzoek")

    told = [(release.content["kind"], release.content["wave"]) for release in releases]
    assert told == [
        ("climate", "2019"),
        ("climate", "2022"),
        ("claims", "2019"),
        ("claims", "2022"),
    ]
    assert [name for name in releases[1].content["parts"] if name.startswith("culture:")]
    assert [name for name in releases[3].content["parts"] if name.startswith("claim:")]


def test_a_rerun_shows_the_same_and_is_entered_once(place):
    folder = place / "claims-nl"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    entered = len(verify(place / "ledger-nl" / "werkonderzoek"))

    survey, both = place / "2022.parquet", ("--previous", place / "2019.parquet")
    assert not run(place, "claims", survey, folder, *both)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert len(verify(place / "ledger-nl" / "werkonderzoek")) == entered


def test_a_unit_that_lost_one_person_is_not_shown_again(place, tmp_path):
    shown = climate_of(place)
    unit = shown.loc[shown["level"] == "organisatie", "group"].iloc[0]
    code = re.search("organisatie=(.*)$", unit)[1]
    survey = pd.read_parquet(place / "2022.parquet")
    survey.drop(index=survey.index[survey["organisatie"] == code][0]).to_parquet(
        tmp_path / "2022.parquet"
    )
    shutil.copytree(place / "ledger-nl", tmp_path / "ledger-nl")

    assert not run(tmp_path, "climate", tmp_path / "2022.parquet", tmp_path / "out", *UNITS)

    again = set(pd.read_parquet(tmp_path / "out" / "climate.parquet")["group"])
    sector = unit.split("/")[0]
    assert {unit, sector, "all"} <= set(shown["group"])
    assert again == set(shown["group"]) - {unit, sector, "all"}
    entered = [r.content for r in verify(tmp_path / "ledger-nl" / "werkonderzoek")]
    assert set(entered[-1]["groups"]) == again


def test_what_goes_with_behaviour_is_not_told_where_everyone_is_not(place, tmp_path):
    # One of many who answered no question about behaviour leaves: these parts are as they were.
    survey = pd.read_parquet(place / "2022.parquet")
    codebook = load_codebook(BOOK)
    asked = [codebook.concepts[name].column for name in (*INSIDE, *OUTSIDE, "integriteit_gezien")]
    survey.loc[survey.index[::20], asked] = np.nan
    links = re.compile("<h[23][^>]*>[^<]*Wat ermee samengaat.*?<table", re.S)
    told = {}
    for left in (0, 1):
        survey.iloc[left:].to_parquet(tmp_path / "2022.parquet")
        assert not run(tmp_path, "climate", tmp_path / "2022.parquet", tmp_path / "out", *UNITS)
        entered = verify(tmp_path / "ledger-nl" / "werkonderzoek")[-1].content
        told[left] = any(name.startswith("happened:") for name in entered["parts"])
        told[left, "links"] = bool(links.search((tmp_path / "out" / "report.html").read_text()))
        shutil.rmtree(tmp_path / "out")

    assert told == {0: True, (0, "links"): True, 1: True, (1, "links"): False}


@pytest.mark.parametrize("command", ["climate", "claims"])
@pytest.mark.parametrize("left", [0, 1])
def test_the_same_answers_are_no_wave_before(place, tmp_path, capsys, command, left):
    pd.read_parquet(place / "2022.parquet").iloc[left:].to_parquet(tmp_path / "2021.parquet")

    code = run(
        *(tmp_path, command, place / "2022.parquet", tmp_path / "out"),
        *("--previous", tmp_path / "2021.parquet"),
    )

    assert code == errors.SameWaveError.exit_code
    assert "the very same answers" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "ledger-nl").exists()


def test_two_waves_of_one_name_are_refused(place, tmp_path, capsys):
    for wave in ("2019", "2022"):
        (tmp_path / wave).mkdir()
        shutil.copy(place / f"{wave}.parquet", tmp_path / wave / "survey.parquet")
    now, before = (tmp_path / wave / "survey.parquet" for wave in ("2022", "2019"))

    code = run(tmp_path, "climate", now, tmp_path / "out", *UNITS, "--previous", before)

    assert code == errors.SameWaveError.exit_code
    assert "both waves would be called survey" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("below", ["", "werkonderzoek/sub", "other"])
def test_an_output_among_the_ledgers_is_refused(place, tmp_path, capsys, below):
    output = tmp_path / "ledger-nl" / below

    code = run(tmp_path, "claims", place / "2022.parquet", output)

    assert code == errors.NotWritableError.exit_code
    assert "Give --output another place" in " ".join(capsys.readouterr().err.split())
    assert not output.exists()


def test_every_claim_has_a_verdict_with_its_reason_and_criterion(place):
    claims = json.loads((place / "claims-en" / "claims.json").read_text())["claims"]

    assert [claim["claim"] for claim in claims] == [claim.id for claim in CLAIMS]
    for claim in claims:
        assert claim["verdict_nl"]
        assert claim["criterion_en"]
        assert all(estimate["n"] >= 10 for estimate in claim["estimates"])
        if claim["verdict"] in ("supported", "not supported", "contradicted"):
            assert claim["reason_nl"]
            assert claim["estimates"]
            assert round(claim["effect_size"], 2) == claim["effect_size"]


def test_one_claim_is_told_alone_with_the_verdict_that_it_has_among_all(place, tmp_path):
    both = ("--previous", place / "2019.parquet")

    assert not call(
        *("claims", place / "2022.parquet", "--codebook", BOOK, *both, "--claim", "H11"),
        *("--output", tmp_path / "one", "--ledger", tmp_path / "ledger"),
        *("--settings", settings(tmp_path, "nl", "true")),
    )

    alone = json.loads((tmp_path / "one" / "claims.json").read_text())["claims"]
    whole = json.loads((place / "claims-nl" / "claims.json").read_text())["claims"]
    assert [claim["claim"] for claim in alone] == ["H11"]
    same = next(claim for claim in whole if claim["claim"] == "H11")
    assert alone[0]["verdict"] == same["verdict"]
    # The run that was tracked holds the very files of the release.
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("blijfwijzer")
    tracked = client.search_runs([experiment.experiment_id])
    assert [one.data.tags["blijfwijzer.kind"] for one in tracked] == ["claims"]
    artifacts = {file.path for file in client.list_artifacts(tracked[0].info.run_id, "release")}
    assert artifacts == {f"release/{path.name}" for path in (tmp_path / "one").iterdir()}


def test_a_comparison_by_a_scale_that_does_not_mean_the_same_is_withheld(place, tmp_path):
    survey = pd.read_parquet(place / "2019.parquet")
    women = survey["geslacht"].astype(float) == 2
    for item in ("sam_1", "sam_2"):
        answers = survey[item].astype(float)
        survey[item] = answers.where(~women | (answers > 5), np.clip(answers + 2, 1, 5))
    survey.to_parquet(tmp_path / "biased.parquet")

    assert not run(tmp_path, "climate", tmp_path / "biased.parquet", tmp_path / "out", *UNITS)

    rows = [[c.text for c in row] for row in page_of(tmp_path / "out").iter("tr")]
    judged = [row for row in rows if row[:2] == ["Geslacht", "Samenwerking"]]
    assert judged[0][2] == "niet getoond: niet vergelijkbaar"
    compared = [row for row in rows if row[0] == "Geslacht" and row[2] == "Samenwerking"]
    assert not [
        row
        for row in compared
        if row[2] == "Samenwerking" and len(row) == 6 and row[1] in ("man", "vrouw")
    ]
    others = [row for row in rows if row[0] == "Geslacht" and row[2] == "Leervermogen"]
    assert others


def short(place, **changes):
    """Write a variant of the first wave."""
    survey = pd.read_parquet(place / "2019.parquet")
    return survey.assign(**changes)


def refused(place, capsys, survey, error, match, *options, command="climate"):
    survey.to_parquet(place / "bad.parquet")
    code = run(place, command, place / "bad.parquet", place / "bad", *options)

    message = capsys.readouterr().err
    assert code == error.exit_code, message
    assert re.search(match, message)
    assert "Traceback" not in message
    assert not (place / "bad").exists()


def culture_items():
    codebook = load_codebook(BOOK)
    scales = [scale for scale in codebook.scales.values() if scale.in_construct == "cultuur"]
    return [item for scale in scales for item in scale.items]


def test_all_answers_equal_are_refused(place, capsys):
    codebook = load_codebook(BOOK)
    reverse = {item for scale in codebook.scales.values() for item in scale.reversed}
    same = {item: 2.0 if item in reverse else 4.0 for item in culture_items()}

    refused(place, capsys, short(place, **same), errors.AlikeError, "same score")


def test_one_unit_only_is_refused(place, capsys):
    one = {"sector": "rijk", "organisatie": "O1", "afdeling": "A1", "team": "T1"}

    refused(place, capsys, short(place, **one), errors.OneUnitError, "work in one unit")


def test_weights_of_zero_are_refused(place, capsys):
    codebook = load_codebook(BOOK)

    nothing = short(place, **{codebook.weight.column: 0.0})

    refused(place, capsys, nothing, errors.WeightError, "weight|gewicht")


def test_a_dimension_that_the_settings_name_and_nobody_has_is_refused(place, capsys, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text('[culture]\ndimensions = ["gezelligheid"]\n')
    short(place).to_parquet(place / "bad.parquet")

    code = call(
        *("climate", place / "bad.parquet", "--codebook", BOOK, "--settings", path),
        *("--output", place / "bad", "--ledger", place / "other"),
    )

    assert code == errors.CultureError.exit_code
    assert "gezelligheid" in capsys.readouterr().err


def test_an_unknown_claim_is_refused(place, capsys):
    wrong = ("--claim", "H99")

    refused(place, capsys, short(place), errors.CultureError, "H99", *wrong, command="claims")


def test_an_unknown_level_is_refused(place, capsys):
    refused(place, capsys, short(place), errors.GroupError, "kantoor", "--by", "kantoor")


def test_a_dimension_that_nobody_answered_is_refused(place, capsys):
    items = list(load_codebook(BOOK).scales["leervermogen"].items)
    nobody = short(place, **dict.fromkeys(items, np.nan))

    refused(place, capsys, nobody, errors.EmptyColumnError, "3 columns have no valid answer")


def test_a_dimension_that_is_absent_is_refused(place, capsys):
    items = list(load_codebook(BOOK).scales["leervermogen"].items)
    absent = short(place).drop(columns=items)

    refused(place, capsys, absent, errors.MissingColumnsError, "leer_1")


FOUR_ITEMS = """
[survey]
name = "vier"
wave = "1"
label = "Vier vragen"
population = "medewerkers"
purpose = "een toets"
[answers.agree]
codes = { 1 = "oneens", 2 = "neutraal", 3 = "eens" }
[constructs]
cultuur = "Cultuur"
[scales.open]
label = "Open"
construct = "cultuur"
items = ["q1", "q2", "q3", "q4"]
[units]
levels = ["dienst"]
cluster = "dienst"
[columns.dienst]
label = "Dienst"
role = "unit"
""" + "".join(
    f'[columns.q{number}]\nlabel = "Vraag {number}"\nrole = "item"\nanswers = "agree"\n'
    'absent = "missing"\n'
    for number in (1, 2, 3, 4)
)


def test_waves_without_a_common_item_are_refused(capsys, tmp_path):
    (tmp_path / "vier.toml").write_text(FOUR_ITEMS)
    rng = np.random.default_rng(1)
    units = [f"D{person % 30}" for person in range(600)]
    for wave, items in (("then", ("q1", "q2")), ("now", ("q3", "q4"))):
        answers = {item: rng.integers(1, 4, 600) for item in items}
        pd.DataFrame({"dienst": units, **answers}).to_csv(tmp_path / f"{wave}.csv", index=False)

    code = run(
        *(tmp_path, "climate", tmp_path / "now.csv", tmp_path / "out"),
        *("--previous", tmp_path / "then.csv"),
        book=tmp_path / "vier.toml",
    )

    message = capsys.readouterr().err
    assert code == errors.NothingInCommonError.exit_code, message
    assert "none of them the same" in message


@pytest.mark.parametrize(
    ("book", "file", "level"),
    [("fevs-2018", "fevs_file", "LEVEL1"), ("piaac", "piaac_file", "cntry")],
)
def test_public_surveys_are_told(book, file, level, request, tmp_path):
    whole = pd.read_csv(request.getfixturevalue(file), dtype=str, keep_default_na=False)
    file = tmp_path / "part.csv"
    whole.iloc[::5].to_csv(file, index=False)

    assert not run(tmp_path, "climate", file, tmp_path / "climate", book=book, language="en")
    options = ("--claim", "H19" if book == "fevs-2018" else "H7")
    assert not run(
        tmp_path, "claims", file, tmp_path / "claims", *options, book=book, language="en"
    )

    table = pd.read_parquet(tmp_path / "climate" / "climate.parquet")
    page = page_of(tmp_path / "climate")
    assert page.find(".//svg") is not None
    # The gate also holds for units: what does not mean the same to them is not told of them.
    largest = load_codebook(book).units.levels[0]
    told_of = [set(table.loc[table["level"] == name, "dimension"]) for name in ("all", largest)]
    is_barred = "Withheld by" in " ".join(page.find("body").itertext())
    assert is_barred == bool(told_of[0] - told_of[1])
    assert is_barred or (table["level"] == level).any()
    told = json.loads((tmp_path / "claims" / "claims.json").read_text())["claims"]
    assert told[0]["verdict"] == "supported"


def test_a_heat_map_and_slopes_are_well_formed_whatever_they_hold():
    frame = Frame("k", "<&>", "<b>1</b>", "", "nl")
    rows = [("<x>", [Cell("3,1", "better"), Cell("niet getoond", "hatched"), Cell("2")])]
    legend = [("hatched", "niet getoond")]
    lines = [Line("<y>", 3.0, 3.4, "3,0", "3,4", "better"), Line("z", 3.0, 3.0, "3,0", "3,0")]

    for svg in (
        heat_map(rows, ["a", "b & c", "d"], frame, legend),
        slope_chart(lines, frame, ("toen", "nu"), [("plain", "gelijk")]),
    ):
        made = ElementTree.parse(io.StringIO(str(svg))).getroot()
        assert made.find("title").text == "<&>"
        assert [text.text for text in made.iter("text")]


def test_long_names_of_estimates_that_begin_alike_are_told_by_their_end():
    from blijfwijzer.publish.culture_pictures import tell_apart

    start = "Share of variance between units of this kind: "

    told = tell_apart([f"{start}sector", f"{start}team", "Difference"])

    assert told[2] == "Difference"
    assert told[0].endswith(": sector")
    assert told[1].endswith(": team")
    assert max(map(len, told)) <= 32


def test_labels_of_slopes_do_not_lie_on_each_other():
    from blijfwijzer.publish.grids import _GAP, _spread

    places = _spread([10.0, 11.0, 10.5, 90.0, 200.0])

    apart = np.diff(sorted(places))
    assert (apart >= _GAP - 1e-9).all()
    assert places[4] == 200.0
    assert np.argsort(places).tolist() == [0, 2, 1, 3, 4]


def test_nothing_of_everyone_is_told_when_a_few_joined_since_an_earlier_release(place, tmp_path):
    survey = pd.read_parquet(place / "2019.parquet")
    survey.iloc[4:].to_parquet(tmp_path / "first.parquet")
    survey.to_parquet(tmp_path / "second.parquet")

    for name in ("first", "second"):
        options = ("--claim", "H11", "--wave", "2019")
        assert not run(tmp_path, "claims", tmp_path / f"{name}.parquet", tmp_path / name, *options)

    told = json.loads((tmp_path / "second" / "claims.json").read_text())["claims"][0]
    assert told["verdict"] == "withheld"
    assert told["estimates"] == []
    assert told["effect_size"] is None
    assert "niet getoond" in (tmp_path / "second" / "report.html").read_text()


def audit(place, release, survey=None):
    again = ("--survey", place / survey, "--codebook", BOOK) if survey else ()
    return call("disclosure", "audit", release, "--ledger", place / "ledger-nl", *again)


@pytest.mark.parametrize("command", ["climate", "claims"])
def test_the_audit_works_out_again_what_follows_from_culture(place, command, capsys):
    assert not audit(place, place / f"{command}-nl", "2022.parquet")
    assert "nothing about fewer than 10 people" in capsys.readouterr().out


@pytest.mark.parametrize("column", ["pooled", "favourable"])
def test_the_audit_finds_a_climate_that_is_too_fine(place, tmp_path, column, capsys):
    release = shutil.copytree(place / "climate-nl", tmp_path / "out")
    table = pd.read_parquet(release / "climate.parquet")
    table.assign(**{column: 3.14159}).to_parquet(release / "climate.parquet")
    run = json.loads((release / "run.json").read_text())
    digest = hashlib.sha256((release / "climate.parquet").read_bytes()).hexdigest()
    run["files"]["climate.parquet"] = digest
    (release / "run.json").write_text(json.dumps(run))

    assert audit(place, release) == errors.ReleaseError.exit_code
    assert "not as they were entered" in capsys.readouterr().err
