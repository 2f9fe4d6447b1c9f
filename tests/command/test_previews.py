"""What would be shown, before it is: as a user asks it."""

import hashlib
import json
import secrets
import shutil
from collections import Counter

import pandas as pd
import pytest
import tomli_w

import blijfwijzer as bw
from blijfwijzer.disclosure.chain import verify
from blijfwijzer.groups.paths import GroupPath
from command_line import call, keys_of

BOOK = "werkonderzoek-2019"
COMMANDS = ["score", "climate", "claims"]
QUICK = {
    "language": "en",
    "evaluation": {"bootstraps": 50},
    "drivers": {"bootstraps": 50},
    "flags": {"bootstraps": 50},
    "culture": {"bootstraps": 50, "splits": 10, "draws": 200},
    "tracking": {"enabled": False},
    "model": {"candidates": ["prevalence", "logistic"]},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with two waves, models of the first, and a ledger that knows of these alone.

    Its key is fixed: by the sums that a key makes, a group that ten joined or left may look like
    one that fewer did, and is withheld then. With one key in fifteen tried `climate` told of 7
    sectors of 12 after `score`, with the others of 10.
    """
    place = tmp_path_factory.mktemp("preview")
    for wave in (2019, 2022):
        bw.synthesise(place / f"{wave}.parquet", 1500, wave=wave, seed=3)
    settings = bw.Settings.model_validate(QUICK)
    trained = bw.train(place / "2019.parquet", BOOK, settings=settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_bytes", bytes)
        trained.write(place / "models", ledgers=place / "ledger")
    return place


@pytest.fixture(scope="module")
def measured(place):
    """All that is made of the second wave, measured once."""
    settings, both = bw.Settings.model_validate(QUICK), {"previous": place / "2019.parquet"}
    survey, by = place / "2022.parquet", ["organisatie"]
    return {
        "score": bw.score(survey, place / "models", by=by, settings=settings),
        "climate": bw.climate(survey, BOOK, by=by, settings=settings, **both),
        "claims": bw.claims(survey, BOOK, settings=settings, **both),
    }


def hashes(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def told_of(folder):
    """All that a release says but its place in the ledger, which has a time in it."""
    run = json.loads((folder / "run.json").read_text())
    return {name: told for name, told in run.items() if name not in ("ledger", "proofs")}


def tell_line(line):
    """Count what a line of the ledger tells of: groups by level, and figures by kind."""
    paths = [GroupPath.parse(name) for name in line.content["groups"]]
    levels = ["&".join([*p.levels[-1:], *([p.cross[0]] if p.cross else [])]) for p in paths]
    kinds = [f"figures of kind {name.partition(':')[0]}" for name in line.content["parts"]]
    wave = line.content["wave"]
    return Counter((wave, of) for of in [*(level or "all" for level in levels), *kinds])


@pytest.fixture(scope="module")
def made(measured, place):
    """What previews told of each output in turn, and the outputs: after previews, and alone."""
    for name in ("after", "alone", "reversed"):
        shutil.copytree(place / "ledger", place / name / "ledger")
    previews, traces = {}, []
    for name, own in measured.items():
        before = hashes(place)
        previews[name] = own.preview(ledgers=place / "after" / "ledger")
        traces.append(hashes(place) == before)
        own.write(place / "after" / name, ledgers=place / "after" / "ledger")
        own.write(place / "alone" / name, ledgers=place / "alone" / "ledger")
    assert len(traces) == 3
    for name in reversed(measured):
        measured[name].write(place / "reversed" / name, ledgers=place / "reversed" / "ledger")
    return previews, traces


def test_a_preview_leaves_no_trace(made):
    assert made[1] == [True] * 3


@pytest.mark.parametrize("command", COMMANDS)
def test_a_release_after_a_preview_is_that_without_one(made, place, command):
    assert told_of(place / "after" / command) == told_of(place / "alone" / command)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_preview_foretells_the_release(made, place, command):
    preview = made[0][command]
    counts = told_of(place / "after" / command)["counts"]
    entered = verify(place / "after" / "ledger" / "werkonderzoek")
    lines = [line for line in entered if line.content["kind"] == command]

    # Counts of people too: in bands, as the record of the release has them.
    assert preview.counts.items() <= counts.items()
    foretold = {(t.wave, t.of): t.shown for t in preview.tallies if t.shown and t.of != "claims"}
    assert foretold == sum(map(tell_line, lines), Counter())
    told = [group["statistics"] for group in lines[-1].content["groups"].values()]
    assert (command == "claims") == (not preview.told_by)
    for figure, groups in preview.told_by.items():
        assert groups == sum(figure in figures for figures in told)


def test_a_preview_on_the_screen_needs_no_output_and_makes_no_ledger(place, tmp_path, capsys):
    (tmp_path / "quick.toml").write_text(tomli_w.dumps(QUICK))
    asked = ("claims", place / "2022.parquet", "--codebook", BOOK, "--preview")
    there = ("--ledger", tmp_path / "ledger", "--settings", tmp_path / "quick.toml")

    assert not call(*asked, *there, "--json")

    printed = capsys.readouterr()
    told = printed.err[printed.err.index("claims: what") :]
    assert set(json.loads(printed.out)) == keys_of("--preview")
    assert told.startswith("claims: what would be shown now; nothing was written or entered.")
    assert "2022: all" in told and "2022: claims" in told
    assert [path.name for path in tmp_path.iterdir()] == ["quick.toml"]


def test_without_a_preview_an_output_is_needed(place, capsys):
    assert call("claims", place / "2022.parquet", "--codebook", BOOK) == 2
    assert "--preview" in capsys.readouterr().err


def test_a_wish_is_read_as_the_command_that_makes_it(place, tmp_path, capsys):
    (tmp_path / "quick.toml").write_text(tomli_w.dumps(QUICK))
    score = f"score --by sector --models '{place / 'models'}'"

    assert not call(
        *("disclosure", "plan", place / "2022.parquet", "claims --claim H6", score),
        *("--codebook", BOOK, "--ledger", place / "ledger"),
        *("--settings", tmp_path / "quick.toml", "--json"),
    )

    told, raw = (printed := capsys.readouterr()).err, json.loads(printed.out)
    assert set(raw) == keys_of("disclosure plan")
    assert sorted(raw["best"]) == [1, 2]
    assert all(set(one) == keys_of("--preview") for one in raw["first"])
    assert "1. claims --claim H6" in told and "2. score --by sector --models" in told


@pytest.mark.parametrize("wish", ["train", "", "score 'x"])
def test_a_wish_that_is_no_output_is_refused(place, wish):
    assert call("disclosure", "plan", place / "2022.parquet", wish, "--codebook", BOOK) == 2


@pytest.mark.parametrize("order", ["alone", "reversed"])
def test_each_page_has_its_main_figures_in_whatever_order(made, place, order):
    """In two orders, one the reverse of the other, each comes before and after each other one."""
    folder = place / order
    groups = pd.read_parquet(folder / "score" / "groups.parquet").set_index("group")
    climate = pd.read_parquet(folder / "climate" / "climate.parquet").set_index("group")
    verdicts = json.loads((folder / "claims" / "claims.json").read_text())
    rates = ["vertrekintentie_rate", "achterblijver_rate"]
    assert groups.loc["all", rates].notna().all()
    assert climate.loc["all", "pooled"].notna().all()
    assert climate.loc["all", "previous_difference"].notna().all()
    told = {"score": groups.groupby("level").size(), "climate": climate.groupby("level").size() / 9}
    for command, levels in told.items():
        most = {own.of: own.shown + own.withheld for own in made[0][command].tallies}
        assert levels["sector"] >= 0.7 * most["sector"]
        assert levels["organisatie"] >= 0.7 * most["organisatie"]
    withheld = {one["claim"] for one in verdicts["claims"] if one["verdict"] == "withheld"}
    # Of motives beside the other, few people gave the career.
    assert withheld <= {"H5"}
    pages = [(folder / command / "report.html").read_text() for command in COMMANDS]
    assert not any("Figures of everyone are withheld" in page for page in pages)


def test_units_whose_sector_is_not_told_are_said_not_to_be_judged(made, place):
    folder = place / "alone" / "score"
    groups = pd.read_parquet(folder / "groups.parquet")
    units = groups[groups["level"] == "organisatie"]
    unjudged = {
        name: int((units[f"{name}_rate"].notna() & units[f"{name}_probability"].isna()).sum())
        for name in ("achterblijver", "vertrekintentie")
    }

    assert json.loads((folder / "run.json").read_text())["unjudged"] == unjudged
    page = (folder / "report.html").read_text()
    for name, count in unjudged.items():
        assert count and f": {count} units are not judged" in page, name
