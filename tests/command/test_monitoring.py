"""Culture and claims, from a survey to files that may be shown, as a user runs them."""

import hashlib
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
from blijfwijzer.claims.register import CLAIMS
from blijfwijzer.cli import main
from blijfwijzer.disclosure.chain import verify
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pictures.claim_picture import draw_estimates
from blijfwijzer.publish.pictures.culture_pictures import draw_dimension, draw_trend
from blijfwijzer.publish.pictures.heat import choose_units, show_heat
from blijfwijzer.publish.pictures.marks import WIDTH, axis_of
from blijfwijzer.publish.pictures.row_pictures import PICTURED_ROWS
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.concepts import CONCEPTS, INSIDE, OUTSIDE, PAIR
from reports import make_report

BOOK = "werkonderzoek-2019"
SMALL, ALIKE = "KLEINGEHEIM", "ALLENEENS"
UNITS = ("--by", "organisatie")
HIDDEN = {"nl": "niet getoond", "en": "not shown"}
LABEL = {"nl": "Eenheid", "en": "Unit"}
HEAT = "organisatie"
JUDGED = {"nl": "Vergelijking met anderen", "en": "Comparison with others"}
PAPERS = {"nl": "woorden van het brondocument", "en": "the source's words"}
SECTORS = ("defensie", "gemeenten", "politie", "provincies", "rijk", "waterschappen")
SAFE, ODD = "psychologische_veiligheid", "politie"


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
    """Make an organisation too small to show, one that is favourable, and some that are worrying.

    All people of the favourable one answer so; of the worrying ones those on the screened pair.
    """
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
    is_worrying = survey["organisatie"].isin(organisations.index[2:6])
    for item in (item for name in PAIR for item in codebook.scales[name].items):
        answers = survey[item].astype(float)
        survey[item] = answers.where(~is_worrying | (answers > 5), np.clip(answers - 2, 1, 5))
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

    assert climate == {
        *("climate.parquet", "climate.xlsx", "explore.html", "questions.parquet"),
        "report.html",
        "run.json",
    }
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
def test_each_picture_tells_its_finding_and_draws_in_the_rows_of_its_table(
    place, command, language
):
    page = page_of(place / f"{command}-{language}")

    figures = list(page.iter("figure"))
    for figure in figures:
        assert re.search(r"\d|Er is niets|nothing", figure.find(".//caption").text)
        assert figure.find("ul[@class='legend']/li") is not None
        # What is drawn stands as figures in the same row, for who cannot see it.
        assert all(svg.get("aria-hidden") == "true" for svg in figure.iter("svg"))
        drawn = figure.findall(".//tbody/tr/td/svg") + figure.findall(".//tbody/tr/td/span")
        assert drawn
    assert len(figures) >= 10
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert page.get("lang") == language


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_heat_map_says_in_words_what_is_withheld(place, language):
    page = page_of(place / f"climate-{language}")

    heat = heat_of(page, HEAT)
    hatched = [c for c in heat.findall(".//td/span") if c.get("class") == "cell hatched"]
    parts = list(next(s for s in page.iter("section") if s.get("id") == "climate"))
    rows = [{"".join(cell.itertext()) for cell in row.findall("td")} for row in heat.iter("tr")]
    # There is no room for all: units of which nothing is shown are counted, not drawn.
    assert {HIDDEN[language]} not in rows
    told = ["".join(p.itertext()) for p in parts if p.tag == "p"]
    assert [p for p in told if re.match(r"(Eenheden waarvan|Units of which) .*: \d+", p)]
    assert {cell.text for cell in hatched} <= {HIDDEN[language]}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A climate with one of six sectors that reads two items of safety otherwise."""
    place = tmp_path_factory.mktemp("odd")
    assert not call(
        *("synthesise", "--respondents", 2600, "--wave", 2019, "--seed", 3),
        *("--output", place / "odd.parquet"),
    )
    survey = pd.read_parquet(place / "odd.parquet")
    # Sectors of about equal size, each of them large enough to be tested.
    rank = survey["organisatie"].map(survey["organisatie"].value_counts().rank(method="first"))
    survey["sector"] = np.array(SECTORS)[rank.astype(int) % len(SECTORS)]
    inside = survey["sector"] == ODD
    up, down = load_codebook(BOOK).scales[SAFE].items[:2]
    for item, shift in ((up, 1), (down, -1)):
        answers = survey[item].astype(float)
        survey[item] = answers.where(~inside | (answers > 5), np.clip(answers + shift, 1, 5))
    survey.to_parquet(place / "odd.parquet")
    for language in ("nl", "en"):
        assert not run(
            *(place, "climate", place / "odd.parquet", place / f"odd-{language}"),
            *("--by", "sector", *UNITS),
            language=language,
        )
    return place


def test_only_the_sector_that_reads_a_scale_otherwise_is_withheld(odd):
    table = pd.read_parquet(odd / "odd-nl" / "climate.parquet")

    sectors = table[table["level"] == "sector"]
    of_safety = sectors[sectors["dimension"] == SAFE]
    assert set(of_safety["label"].str.lower()) == set(SECTORS) - {ODD}
    assert of_safety["all_difference"].notna().all()
    assert set(sectors.loc[sectors["dimension"] != SAFE, "label"].str.lower()) == set(SECTORS)
    assert (sectors["judgement"] == "comparable").mean() > 0.8
    assert (table.loc[table["level"] == "all", "judgement"] == "").all()


def test_units_inside_it_are_compared_with_each_other_only(odd):
    table = pd.read_parquet(odd / "odd-nl" / "climate.parquet")

    units = table[(table["level"] == "organisatie") & (table["dimension"] == SAFE)]
    inside = units["sector"].str.lower() == ODD
    assert inside.sum() > 3
    assert (~inside).sum() > 15
    assert set(units.loc[inside, "judgement"]) == {"not comparable"}
    assert units.loc[inside, "all_difference"].isna().all()
    assert (units.loc[inside, "all_mark"] == "").all()
    assert not units.loc[~inside, "judgement"].eq("not comparable").any()
    assert units.loc[~inside, "all_difference"].notna().all()


@pytest.mark.parametrize(
    ("language", "own", "label", "screened"),
    [
        ("nl", "alleen binnen de eigen grootste eenheid", "niet vergelijkbaar", "hun eigen sector"),
        ("en", "within its own largest unit only", "not comparable", "their own sector"),
    ],
)
def test_the_judgement_is_told_in_the_heat_map_its_table_and_the_workbook(
    odd, language, own, label, screened
):
    folder = odd / f"odd-{language}"
    table = pd.read_parquet(folder / "climate.parquet")
    page = page_of(folder)

    sign = {"not comparable": "≠", "with care": "!"}
    for level in ("sector", "organisatie"):
        heat = heat_of(page, level)
        legend, names = legend_of(heat), [row[0].text for row in heat.iter("tr")]
        drawn = table[(table["level"] == level) & table["label"].isin(names)]
        texts = [cell.text for cell in heat.findall(".//td/span")]
        for judgement, mark in sign.items():
            cells = [text for text in texts if re.fullmatch(rf"\d[,.]\d {mark}", text)]
            assert len(cells) == (drawn["judgement"] == judgement).sum()
            assert (mark in legend) == bool(cells)
    assert own in legend.values()
    assert [c for c in heat.itertext() if c.endswith(f", {label}")]
    worrying = next(s for s in page.iter("section") if s.get("id") == "worrying")
    assert screened in " ".join(worrying.itertext())
    sheet = sheet_of(folder, "Cultuur" if language == "nl" else "Climate")
    told = sheet.iloc[:, list(sheet.columns).index(JUDGED[language])]
    assert (told == label).sum() == (table["judgement"] == "not comparable").sum() > 0


@pytest.mark.parametrize(
    ("language", "care"), [("nl", "met een waarschuwing"), ("en", "with a warning")]
)
def test_what_could_not_be_checked_has_a_sign_in_the_heat_map(place, language, care):
    table = climate_of(place, language)

    heat = heat_of(page_of(place / f"climate-{language}"), HEAT)
    names = [row[0].text for row in heat.iter("tr")]
    drawn = table[(table["level"] == "organisatie") & table["label"].isin(names)]
    warned = (drawn["judgement"] == "with care").sum()
    assert 0 < warned < len(drawn)
    assert sum(cell.text.endswith(" !") for cell in heat.findall(".//td/span")) == warned
    assert legend_of(heat)["!"] == care


def heat_of(page, level):
    """Give the heat map of a unit level."""
    climate = next(s for s in page.iter("section") if s.get("id") == "climate")
    label = load_codebook(BOOK).columns[level].label.in_(page.get("lang"))
    maps = [f for f in climate.iter("figure") if f.find(".//td/span") is not None]
    return next(f for f in maps if f.find(".//caption").text.startswith(f"{label}"))


def legend_of(figure):
    """Give what signs stand for, by their own text."""
    signs = figure.findall("ul/li/span")
    return {sign.text: sign.tail for sign in signs}


def sheet_of(folder, name):
    return pd.read_excel(folder / "climate.xlsx", sheet_name=name)


def test_worrying_units_are_in_order_of_name_and_their_remedies_are_the_papers(place):
    listed = 0
    for language, order in (("nl", "op volgorde van naam"), ("en", "in order of name")):
        folder = place / f"climate-{language}"
        section = next(s for s in page_of(folder).iter("section") if s.get("id") == "worrying")
        text = " ".join(section.itertext())
        sheet = sheet_of(folder, "Zorgelijk" if language == "nl" else "Worrying")
        names = sheet[LABEL[language]].tolist()

        assert order in text
        assert names == sorted(names)
        assert bool(names) == (PAPERS[language] in text)
        listed += len(set(names))
    assert listed > 1


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


def mix_of(folder, caption):
    """Shares in both waves by trait and category, as the page has them."""
    tables = page_of(folder).iter("table")
    table = next(t for t in tables if caption in "".join(t.find("caption").itertext()))
    rows = [["".join(cell.itertext()) for cell in row] for row in table.find("tbody")]
    return {(row[0], row[1]): [float(re.sub(r"\D", "", cell)) for cell in row[3:]] for row in rows}


def test_who_responded_is_told_of_both_waves_as_far_as_the_ledger_has_it(place):
    codebook = load_codebook(BOOK)
    told = mix_of(place / "climate-nl", "Wie antwoordde")
    releases = verify(place / "ledger-nl" / "werkonderzoek")[:2]
    waves = [pd.read_parquet(place / f"{wave}.parquet") for wave in (2019, 2022)]

    column = codebook.columns["opleiding"]
    shown = 0
    for code, label in column.codes.items():
        entered = [f"culture:opleiding:{code}" in r.content["parts"] for r in releases]
        shares = told.get((column.label.nl, label.nl))
        assert (shares is not None) <= all(entered)
        shown += shares is not None
        for wave, share in zip(waves, shares or (), strict=bool(shares)):
            there = (wave["opleiding"].astype(float) == float(code)).to_numpy()
            # Of all: those who gave no answer are a category that is not told.
            assert share == pytest.approx(100 * np.average(there, weights=wave["gewicht"]), abs=0.6)
    assert shown >= 2
    assert {trait for trait, _ in told} >= {
        codebook.columns[name].label.nl for name in ("sector", "leeftijd", "leidinggevende")
    }
    assert not {"unknown", "other"} & {category for _, category in told}
    with zipfile.ZipFile(place / "climate-nl" / "climate.xlsx") as book:
        assert "Wie antwoordde" in book.read("xl/workbook.xml").decode()


def test_a_category_of_few_tells_nothing_of_who_responded(place):
    # The third answer on sex was given by fewer than ten, who were put with the largest category.
    codebook = load_codebook(BOOK)
    sex = codebook.columns["geslacht"]
    rare = [
        (pd.read_parquet(place / f"{wave}.parquet")["geslacht"].astype(float) == 3).sum()
        for wave in (2019, 2022)
    ]

    told = mix_of(place / "climate-nl", "Wie antwoordde")

    assert 0 < min(rare) <= max(rare) < 10
    # With both of the other answers its own would follow.
    assert sum(trait == sex.label.nl for trait, _ in told) < 2
    assert (sex.label.nl, sex.codes["3"].nl) not in told


def test_without_a_wave_before_nothing_is_told_of_who_responded(place):
    page = "".join(page_of(place / "climate-en").itertext())

    assert "Who responded, before and now" not in page


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
    # One of many who answered no question about behaviour leaves: these parts are as they were, and
    # that they alone are told again would say that whoever left is in none of them.
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

    assert told == {0: True, (0, "links"): True, 1: False, (1, "links"): False}


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
        if claim["verdict"] in ("supported", "not supported", "contradicted", "undecided"):
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
    params, metrics = tracked[0].data.params, tracked[0].data.metrics
    assert {"claims", "previous", "language"} <= set(params)
    assert any(name.startswith("effect.H") for name in metrics)
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
    assert [row[2] for row in judged] == ["niet vergelijkbaar"]
    assert "man, vrouw, anders" in judged[0]
    compared = [row for row in rows if row[0] == "Geslacht" and row[1] in ("man", "vrouw")]
    # Sexes are compared on every other scale, so that rows were looked at, and not on this one.
    scales = {scale.label.nl for scale in load_codebook(BOOK).scales.values()} - {"Samenwerking"}
    assert {row[2] for row in compared} == scales


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


@pytest.mark.parametrize("command", ["climate", "claims"])
def test_a_survey_is_no_wave_before_itself(place, capsys, command):
    short(place).to_parquet(place / "twin.parquet")

    refused(
        *(place, capsys, short(place), errors.SameWaveError, "twin.parquet: is the same file as"),
        *("--previous", place / "twin.parquet"),
        command=command,
    )


def test_a_level_for_each_time_that_an_option_is_given(place, capsys):
    both = ("--by", "kantoor", "--by", "zaal")

    refused(place, capsys, short(place), errors.GroupError, "kantoor, zaal", *both)


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


@pytest.mark.parametrize(("book", "file"), [("fevs-2018", "fevs_file"), ("piaac", "piaac_file")])
def test_public_surveys_are_told(book, file, request, tmp_path):
    whole = pd.read_csv(request.getfixturevalue(file), dtype=str, keep_default_na=False)
    file = tmp_path / "part.csv"
    whole.iloc[:: 15 if book == "fevs-2018" else 5].to_csv(file, index=False)

    assert not run(tmp_path, "climate", file, tmp_path / "climate", book=book, language="en")
    options = ("--claim", "H19" if book == "fevs-2018" else "H7")
    assert not run(
        tmp_path, "claims", file, tmp_path / "claims", *options, book=book, language="en"
    )

    table = pd.read_parquet(tmp_path / "climate" / "climate.parquet")
    page = page_of(tmp_path / "climate")
    assert page.find(".//svg") is not None
    # The gate holds for each unit by itself: some are compared, and those that are not are said.
    units = table[table["level"] == load_codebook(book).units.levels[0]]
    assert units["judgement"].isin(["comparable", "with care"]).all()
    assert set(units["dimension"]) == set(table.loc[table["level"] == "all", "dimension"])
    is_barred = len(units) < units["group"].nunique() * units["dimension"].nunique()
    assert is_barred == ("Withheld by" in " ".join(page.find("body").itertext()))
    assert is_barred or book != "piaac"
    told = json.loads((tmp_path / "claims" / "claims.json").read_text())["claims"]
    assert told[0]["verdict"] == "supported"


def estimates_of(*rows):
    names = ["name", "sort", "value", "low", "high", "measure", "key", "kind"]
    return pd.DataFrame([(*row, "per cent", "share", "percent") for row in rows], columns=names)


@pytest.mark.parametrize(("value", "ends"), [(0.0, ("0", "10")), (40.0, ("0", "50"))])
def test_an_axis_spans_enough_that_rounding_does_not_look_like_difference(value, ends):
    table = estimates_of(("a", "main", value, value - 1, value + 1))

    numbers = axis_of(draw_estimates(table, table, "main", "c")).ticks()

    assert max(numbers) - min(numbers) >= 10
    assert numbers[-1] == float(ends[1]) or numbers[0] < 0


def test_means_that_are_alike_are_not_told_as_highest_and_lowest():
    columns = {"pooled": 3.3, "low": [3.2, 3.1], "high": [3.4, 3.5]}
    alike = pd.DataFrame({"label": ["a", "b"], **columns})
    other = alike.assign(pooled=[3.3, 3.4])

    drawn = [draw_dimension(rows, 3.3, "c") for rows in (alike, other)]
    told = [write(one.finding, "en") for one in drawn]

    assert "alike" in told[0]
    assert "Highest: b, 3.4" in told[1]
    ticks = axis_of(drawn[0]).ticks()
    assert ticks[-1] - ticks[0] >= 1


@pytest.mark.parametrize("all_fit", [True, False])
def test_a_heat_map_without_room_for_all_leaves_out_what_is_withheld(all_fit):
    count = PICTURED_ROWS - (1 if all_fit else 0)
    names = [f"u{place:02d}" for place in range(count)]
    cells = pd.DataFrame({"group": names, "label": names, "all_mark": "better"})
    hidden = pd.DataFrame({"group": ["h0", "h1"], "label": ["h0", "h1"]}).head(1 if all_fit else 2)

    drawn = {group for group, _ in choose_units(cells, hidden)}

    assert drawn == set(names) | ({"h0"} if all_fit else set())


def test_a_unit_of_which_nothing_is_shown_says_so_in_a_heat_map_that_has_room():
    row = {"pooled": 3.0, "all_mark": "no_mark", "judgement": "comparable"}

    heat = show_heat([("A", [row]), ("H", [None])], ["Unit", "d"], "c", make_report("en"))

    assert [str(cells[1]) for cells in heat.rows] == [
        '<span class="cell plain">3.0</span>',
        '<span class="cell hatched">not shown</span>',
    ]
    assert "not shown" in [write(text, "en") for _, text in heat.legend]


def test_a_unit_that_is_held_against_what_may_not_be_told_is_not_said_to_be_the_same():
    row = {"pooled": 3.0, "all_mark": "", "judgement": "comparable"}

    heat = show_heat([("A", [row])], ["Unit", "d"], "c", make_report("en"))

    (cells,) = heat.rows
    hidden = '<span class="hidden">, not compared</span>'
    assert str(cells[1]) == f'<span class="cell uncompared">3.0{hidden}</span>'
    assert [write(text, "en") for _, text in heat.legend] == ["not compared"]


def test_a_mark_and_a_warning_of_a_cell_stand_in_words_too():
    row = {"pooled": 3.0, "all_mark": "worse", "judgement": "with care"}

    heat = show_heat([("A", [row])], ["Unit", "d"], "c", make_report("en"))

    assert [[str(cell) for cell in cells[1:]] for cells in heat.rows] == [
        ['<span class="cell worse">3.0 !<span class="hidden">, worse, with a warning</span></span>']
    ]


def rows_of(page, section):
    part = next(one for one in page.iter("section") if one.get("id") == section)
    return [["".join(cell.itertext()) for cell in row] for row in part.iter("tr")]


def test_claims_stand_by_family_whole_and_with_a_sign_for_each_verdict(place):
    page = page_of(place / "claims-en")
    part = next(one for one in page.iter("section") if one.get("id") == "verdicts")

    headings = [heading.text for heading in part.iter("h3")]
    assert headings[:2] == ["Teams and their culture", "Leaving and staying"]
    assert all(
        "whole" in box.get("class").split()
        for box in part.iter("div")
        if "wide" in box.get("class").split()
    )
    signs = {(span.get("class"), span.text) for span in part.iter("span")}
    assert ("sign supported", "supported") in signs
    told = [row[0] for row in rows_of(page, "verdicts") if row[0].startswith("H")]
    assert sorted(told) == sorted(claim.id for claim in CLAIMS)
    # Without a wave before, H12 cannot be tested: it has a row that says so, and no section.
    missing = [row for row in rows_of(page, "verdicts") if row[0] == "H12"]
    assert len(missing[0]) == 3
    assert "one wave" in missing[0][2]
    assert not [h for h in page.iter("h4") if h.text.startswith("H12:")]


def test_each_picture_of_a_claim_has_numbers_of_one_kind(place):
    page = page_of(place / "claims-nl")

    for figure in page.iter("figure"):
        key = figure.find(".//caption").text
        rows = [row for row in figure.findall(".//tbody/tr") if row.find("td/svg") is not None]
        shares = [row for row in rows if "%" in row[-1].text]
        assert rows
        assert len(shares) in (0, len(rows)), key


@pytest.mark.parametrize("command", ["climate", "claims"])
def test_a_dutch_page_tells_no_names_that_are_for_programs(place, command):
    page = page_of(place / f"{command}-nl")
    text = " ".join(page.find("body").itertext())

    assert "straight-lining" not in text
    assert "duplicate id" not in text
    assert not re.search("unexplained|oaxaca|fairlie", text)
    codebook = load_codebook(BOOK)
    names = [name for name in (*codebook.scales, *CONCEPTS) if "_" in name]
    assert not [name for name in names if re.search(rf"\b{name}\b", text)]
    # Which file it was made from, by the wave's own name and not by that of its codebook.
    origin = dict(row for row in rows_of(page, "method") if len(row) == 2)
    assert origin["Meting"] == "2022"
    assert origin["Codeboek"] == "werkonderzoek-2019"


def test_what_does_not_apply_to_everyone_is_not_told_as_withheld(place):
    page = page_of(place / "climate-nl")
    header = next(row for row in rows_of(page, "climate") if "Ten opzichte van allen" in row)
    everyone = [row for row in rows_of(page, "climate") if row[:2] == ["iedereen", "Iedereen"]]

    assert everyone
    assert len(everyone[-1]) == len(header)
    for row in [one for one in everyone if len(one) == len(header)]:
        told = dict(zip(header, row, strict=True))
        assert told["Gewicht van eigen antwoorden"] == "–"
        assert told["Ten opzichte van eigen sector"] == "–"
        assert told["Ten opzichte van allen"] == "–"
    sheets = pd.read_excel(place / "climate-nl" / "climate.xlsx", sheet_name="Cultuur")
    whole = sheets[sheets["Niveau"] == "Iedereen"]
    ends = [name for name in sheets if name.startswith("Verschil met allen")]
    assert len(ends) == 3
    assert (whole[ends] == "–").all(axis=None)


def test_each_dimension_is_drawn_beside_the_mean_of_all(place):
    page = page_of(place / "climate-nl")

    climate = next(s for s in page.iter("section") if s.get("id") == "climate")
    drawn = [f for f in climate.iter("figure") if f.find(".//td/svg") is not None]

    assert drawn
    for figure in drawn:
        assert "gemiddelde van allen" in [item.find("svg").tail for item in figure.iter("li")]
        ticks = [row.find("td/svg/path[@class='tick']") for row in figure.findall(".//tbody/tr")]
        assert None not in ticks
        assert len({tick.get("d") for tick in ticks}) == 1


def test_the_page_says_which_means_are_pooled_and_where_low_is_favourable(place):
    text = " ".join(page_of(place / "climate-nl").find("body").itertext())

    assert "waar laag beter is (regeldruk) tot en met 2,5" in text
    assert "Toen, eigen antwoorden" in text
    assert "samengevoegd gemiddelde per dimensie" in text
    assert "een interval tonen dat tot 0,0 reikt" in text


def test_groups_by_a_background_stand_in_the_order_of_the_codebook(place):
    rows = [row for row in page_of(place / "climate-en").iter("tr")]
    cells = [["".join(cell.itertext()) for cell in row] for row in rows]
    dimension = next(row[2] for row in cells if row[0] == "Age" and row[1] == "35-44")
    ages = [row[1] for row in cells if row[0] == "Age" and row[2] == dimension]

    known = ["<35", "35-44", "45-54", "55+"]
    assert len(ages) >= 2
    assert ages == [age for age in known if age in ages]


def test_a_change_is_drawn_from_the_mean_before_to_the_mean_now():
    rows = pd.DataFrame(
        {
            "scale": ["a", "b"],
            "before": [3.0, 3.2],
            "now": [3.4, 3.2],
            "net": [0.4, 0.0],
            "mark": ["better", "no_mark"],
        }
    )

    drawing = draw_trend(rows, "c")

    marks = [(mark.low, mark.value, mark.shape) for (mark,) in drawing.rows]
    assert marks == [(3.0, 3.4, "better"), (3.2, 3.2, "plain")]
    assert "1" in write(drawing.finding, "en")


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


def test_a_claim_alone_tells_what_it_tells_among_all(place, tmp_path):
    both = ("--previous", place / "2019.parquet")
    alone = tmp_path / "alone"

    assert not run(place, "claims", place / "2022.parquet", alone, "--claim", "H14", *both)

    told = [
        {
            claim["claim"]: claim
            for claim in json.loads((folder / "claims.json").read_text())["claims"]
        }
        for folder in (place / "claims-nl", alone)
    ]
    assert set(told[1]) == {"H14"}
    assert told[0]["H14"] == told[1]["H14"]


@pytest.mark.parametrize("managers", [1, 200])
def test_a_difference_with_a_few_people_on_one_side_is_not_told(place, tmp_path, managers):
    survey = pd.read_parquet(place / "2019.parquet")
    manages = np.zeros(len(survey))
    manages[:managers] = 1
    survey.assign(leidinggevende=manages).to_parquet(tmp_path / "few.parquet")

    assert not run(tmp_path, "claims", tmp_path / "few.parquet", tmp_path / "out", "--claim", "H14")

    told = json.loads((tmp_path / "out" / "claims.json").read_text())["claims"][0]
    names = {estimate["name"] for estimate in told["estimates"]}
    assert any(name.startswith("managers_") for name in names) == (managers >= 10)


def test_a_share_that_few_make_is_not_told(place, tmp_path):
    survey = pd.read_parquet(place / "2019.parquet")
    bullied = (np.arange(len(survey)) < 3).astype(float)
    survey.assign(intern_pesten=bullied).to_parquet(tmp_path / "few.parquet")

    assert not run(tmp_path, "claims", tmp_path / "few.parquet", tmp_path / "out", "--claim", "H11")

    told = json.loads((tmp_path / "out" / "claims.json").read_text())["claims"][0]
    assert told["verdict"] == "withheld"
    assert not told["estimates"]


@pytest.mark.parametrize("command", ["climate", "claims"])
def test_all_that_is_drawn_lies_inside_its_picture(place, command):
    pictures = list(page_of(place / f"{command}-nl").findall(".//figure//svg"))

    assert pictures
    for svg in pictures:
        width, height = float(svg.get("width")), float(svg.get("height"))
        assert width <= WIDTH
        drawn = [element for element in svg if element.tag in ("text", "rect", "circle")]
        places = re.findall(r"M(-?[\d.]+) ", " ".join(p.get("d") for p in svg.iter("path")))
        assert drawn or places
        assert all(0 <= float(place) <= width for place in places)
        for element in drawn:
            x, y = (float(element.get(name) or element.get(f"c{name}") or 0) for name in "xy")
            assert 0 <= x <= width
            assert 0 <= y <= height


def test_what_happened_to_nearly_all_in_the_wave_before_is_not_told(place, tmp_path):
    before = pd.read_parquet(place / "2019.parquet")
    before.assign(intern_pesten=1.0).to_parquet(tmp_path / "all.parquet")
    options = (*UNITS, "--previous", tmp_path / "all.parquet")

    assert not run(tmp_path, "climate", place / "2022.parquet", tmp_path / "out", *options)

    page = page_of(tmp_path / "out")
    changes = [row for row in rows_of(page, "conduct") if len(row) > 3]
    assert any(row[0] == "Verbale agressie van binnen" for row in changes)
    told_before = [row for row in changes if row[0] == "Pesten van binnen" and "100 %" in row]
    assert not told_before


def test_each_estimate_is_named_in_words_and_said_to_be_a_number_of_something(place):
    for language in ("nl", "en"):
        claims = json.loads((place / f"claims-{language}" / "claims.json").read_text())["claims"]
        estimates = [estimate for claim in claims for estimate in claim["estimates"]]

        assert len(estimates) > 100
        assert "other" not in {estimate["measure"] for estimate in estimates}
        assert not [e for e in estimates if re.search(r"\w_\w", e["nl"] + e["en"])]
