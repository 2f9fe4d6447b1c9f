"""From a new wave to files that may be shown, as a user runs it."""

import hashlib
import html
import json
import math
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer import errors
from command_line import call

BOOK = "werkonderzoek-2019"
CROSSED = ("--and", "opleiding")
SECRET = "what nobody who scores may know"
# What the draw does to a division is tried by tests of the draw.
UNDRAWN = '[vouchers]\nlottery = 0\nno_lottery = "a test of the division"\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a wave, its models, and a release of the wave after it."""
    place = tmp_path_factory.mktemp("score")
    (place / "quick.toml").write_text(
        'language = "en"\n[evaluation]\nbootstraps = 50\n[drivers]\nbootstraps = 50\n'
        "[flags]\nbootstraps = 50\n[tracking]\nenabled = false\n"
        '[model]\ncandidates = ["prevalence", "logistic"]\n'
        f'[vouchers]\ncommitment = "{hashlib.sha256(SECRET.encode()).hexdigest()}"\n'
    )
    (place / "undrawn.toml").write_text(UNDRAWN)
    for wave in (2019, 2022):
        assert not call(
            *("synthesise", "--respondents", 4000, "--wave", wave, "--seed", 3),
            *("--output", place / f"{wave}.parquet", "--population", place / f"{wave}.csv"),
            *("--truth", place / f"{wave}-truth.parquet"),
            *("--margins", place / f"{wave}-margins.csv"),
        )
    quick = ("--settings", place / "quick.toml")
    models = ("--models", place / "models")
    assert not call("train", place / "2019.parquet", "--codebook", BOOK, *quick, *models)
    assert not score(place, place / "2022.parquet", place / "out", *CROSSED)
    return place


def score(place, survey, output, *options, by="organisatie,afdeling", ledger="ledger"):
    """Score by units alone; by education too it takes five times as long."""
    return call(
        *("score", survey, "--models", place / "models", "--by", by, *options),
        *("--output", output, "--ledger", place / ledger, "--settings", place / "quick.toml"),
    )


def divide(place, release, budget, *options):
    cost = () if "--cost" in options else ("--cost", 1000)
    undrawn = () if "--settings" in options else ("--settings", place / "undrawn.toml")
    return call(
        *("vouchers", release, "--budget", budget, *cost, *options, *undrawn),
        *("--ledger", place / "ledger"),
    )


def groups_of(folder):
    return pd.read_parquet(folder / "groups.parquet")


def test_a_release_has_its_files(place):
    names = {path.name for path in (place / "out").iterdir()}

    assert names == {
        *("groups.csv", "groups.parquet", "segments.parquet", "rejected.csv"),
        *("report.html", "explore.html", "report.json", "blijfwijzer.xlsx", "run.json"),
    }


def test_shown_numbers_are_coarse_and_of_enough_people(place):
    groups = groups_of(place / "out")

    assert (groups["n"] >= 10).all()
    assert (groups["n"] % 5 == 0).all()
    rates = groups.filter(regex="_(rate|low|high)$").to_numpy()
    assert (rates[~np.isnan(rates)] % 1 == 0).all()
    assert groups["n_band"].str.match(r"^\d+–\d+$").all()


def test_both_risks_have_intervals_around_their_rates(place):
    groups = groups_of(place / "out")

    for target in ("vertrekintentie", "achterblijver"):
        parts = [f"{target}_{part}" for part in ("rate", "low", "high")]
        told = groups[parts].dropna(how="all")
        assert len(told) > 0.95 * len(groups)
        rate, low, high = (told[part] for part in parts)
        assert ((low <= rate) & (rate <= high)).all()
        assert rate.between(1, 80).all()


def test_the_run_tells_what_it_was_made_from(place):
    run = json.loads((place / "out" / "run.json").read_text())

    assert len(run["provenance"]["survey_hmac_sha256"]) == 64
    assert run["counts"]["forms"] % 500 == 0, "counts of people are the lowest of their band"
    assert (run["wave"], run["survey"], run["owner"]) == ("2022", "werkonderzoek", "werkonderzoek")
    assert run["ledger"]["sequence"] == 4, "after the thresholds and trainings of two outcomes"
    assert run["governance"]["document"]["survey"] == "werkonderzoek"
    assert [one["is_met"] for one in run["acceptance"]] == [True] * 3


def test_the_report_is_in_the_language_of_the_settings(place):
    page = (place / "out" / "report.html").read_text()

    assert '<html lang="en"' in page
    levels = groups_of(place / "out")[["level", "level_label"]].drop_duplicates().set_index("level")
    assert levels.loc["organisatie&opleiding", "level_label"] == "Organisation, by education"
    assert ">Department<" in page
    assert not [level for level in levels.index if f"<td>{html.escape(level)}<" in page]
    assert "<script" not in page
    assert len(page) < 3_000_000


def test_a_rerun_shows_the_same_and_enters_nothing_new(place):
    before = {p.name: p.read_bytes() for p in (place / "out").iterdir()}
    lines = len((place / "ledger" / "werkonderzoek" / "releases.jsonl").read_text().splitlines())

    assert not score(place, place / "2022.parquet", place / "out", *CROSSED)

    assert {p.name: p.read_bytes() for p in (place / "out").iterdir()} == before
    assert (
        len((place / "ledger" / "werkonderzoek" / "releases.jsonl").read_text().splitlines())
        == lines
    )


@pytest.fixture(scope="module")
def fewer(place, tmp_path_factory):
    """The release of the wave once more, after three people of a shown department left."""
    folder = tmp_path_factory.mktemp("fewer")
    wave = pd.read_parquet(place / "2022.parquet")
    shown = groups_of(place / "out")
    team = shown.loc[shown["level"] == "afdeling", "group"].iloc[0]
    code = re.search("afdeling=(.*)$", team)[1]
    wave.drop(wave.index[wave["afdeling"] == code][:3]).to_parquet(folder / "less.parquet")
    copied(place / "ledger", folder / "ledger")
    assert not score(place, folder / "less.parquet", folder / "out", ledger=folder / "ledger")
    return folder, team


def test_a_rerun_after_three_people_left_cannot_be_subtracted(place, fewer, tmp_path):
    folder, team = fewer

    assert not score(place, folder / "less.parquet", tmp_path / "new", ledger=tmp_path / "fresh")

    assert team not in set(groups_of(folder / "out")["group"])
    assert team in set(groups_of(tmp_path / "new")["group"])


def texts_of(root, *without):
    """Everything that was written below a folder, as text: packed and binary files are opened."""
    found = []
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path in without:
            continue
        found.append(path.name)
        if path.suffix == ".parquet":
            found.append(pd.read_parquet(path).to_csv())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                found += [parts.read(name).decode("utf-8") for name in parts.namelist()]
        elif path.suffix == ".db":
            with closing(sqlite3.connect(path)) as store:
                found += list(store.iterdump())
        else:
            found.append(path.read_bytes().decode("latin-1"))
    return "\n".join(found)


def test_no_answer_that_was_planted_leaves_a_run(place, tmp_path, capsys):
    wave = pd.read_parquet(place / "2022.parquet")
    planted = wave.index[:5]
    wave.loc[planted, "respondent"] = 987654321.0 + np.arange(5)
    wave["uren"] = wave["uren"].astype(float)
    wave.loc[planted, "uren"] = 31.41592
    wave.loc[wave.index[7], "contract"] = 77731.0
    survey = tmp_path / "planted.parquet"
    wave.to_parquet(survey)
    (tmp_path / "quick.toml").write_text(
        (place / "quick.toml").read_text().replace("[tracking]\nenabled = false\n", "")
    )

    quick = ("--settings", tmp_path / "quick.toml")
    assert not call(
        *("train", survey, "--codebook", BOOK, *quick),
        *("--models", tmp_path / "models", "--target", "achterblijver"),
    )
    assert not call(
        *("score", survey, "--models", tmp_path / "models", "--by", "organisatie,afdeling"),
        *("--output", tmp_path / "out", "--ledger", tmp_path / "ledger", *quick),
    )
    assert not call(
        *("vouchers", tmp_path / "out", "--budget", 50_000, "--cost", 1000),
        *("--ledger", tmp_path / "ledger", "--settings", place / "undrawn.toml"),
    )

    told = "".join(capsys.readouterr()) + texts_of(tmp_path, survey)
    for value in ("98765432", r"31[.,]?41592", "77731"):
        # Hashes hold any five digits by chance, between other hexadecimal ones.
        assert not re.search(rf"(?<![0-9a-f]){value}(?![0-9a-f])", told)
    (tmp_path / "out" / "leak.csv").write_text("31,41592")
    assert "31,41592" in texts_of(tmp_path, survey), "what is looked for would be found"


def test_no_persons_risk_leaves_a_run(place):
    from blijfwijzer.drivers.contributions import contribute
    from blijfwijzer.records.model_choice import choose_models
    from blijfwijzer.risk.features import build_features
    from blijfwijzer.settings import Settings
    from blijfwijzer.survey.intake import read_survey
    from blijfwijzer.survey.scales import score_scales

    written = texts_of(place, *place.glob("*.parquet"))
    digits = set(re.findall(r"\d[.,](\d{5,})", written))
    for stored in (choice.stored for choice in choose_models(place / "models").values()):
        intake = read_survey(place / "2022.parquet", stored.codebook, Settings().intake)
        scales = score_scales(intake.responses, stored.codebook)
        frame = build_features(intake.responses, scales, stored.model.schema).frame
        found = contribute(stored.model, frame)
        numbers = np.concatenate([found.risk[:300], np.abs(found.values.to_numpy()[:40]).ravel()])
        secret = {f"{number:.5f}"[2:] for number in numbers if number > 1e-3}
        shown = {text[:5] for text in digits}
        # Numbers of five digits agree by chance; those of persons would all be there.
        assert len(secret & shown) < 0.2 * len(secret)


def test_a_wave_without_outcomes_says_so(place, tmp_path):
    wave = pd.read_parquet(place / "2022.parquet")
    outcomes = ["vertrek", "zoekt", *(c for c in wave if c.startswith("motief_"))]
    wave.drop(columns=outcomes).to_parquet(tmp_path / "bare.parquet")

    assert not score(place, tmp_path / "bare.parquet", tmp_path / "out", ledger=tmp_path / "l")

    groups = groups_of(tmp_path / "out").set_index("group")
    before = groups_of(place / "out").set_index("group")
    both = groups.index.intersection(before.index)
    assert set(groups["vertrekintentie_source"]) - {""} == {"carried over"}
    width, earlier = (
        t.loc[both, "vertrekintentie_high"] - t.loc[both, "vertrekintentie_low"]
        for t in (groups, before)
    )
    assert (width >= earlier)[width.notna() & earlier.notna()].mean() > 0.9
    assert "does not ask an outcome" in (tmp_path / "out" / "report.html").read_text()


def test_vouchers_follow_from_need_and_nothing_else(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")

    assert not divide(place, release, 50_000)
    given = read_csv(release / "vouchers.csv").set_index("group")["vouchers"]

    groups = pd.read_parquet(release / "groups.parquet")
    other = copied(place / "out", tmp_path / "other")
    leaving = [name for name in groups if str(name).startswith(("vertrekintentie", "talent"))]
    numbers = groups[leaving].select_dtypes("number").columns
    groups.assign(**{name: 99.0 for name in numbers}).to_parquet(other / "groups.parquet")
    resign(other)
    ledger = copied(place / "ledger", tmp_path / "ledger")
    assert divide(place, other, 50_000) == errors.ReleaseError.exit_code
    enter(other, ledger / "werkonderzoek")
    (tmp_path / "undrawn.toml").write_text(UNDRAWN)
    assert not divide(tmp_path, other, 50_000)
    assert (other / "vouchers.csv").read_bytes() == (release / "vouchers.csv").read_bytes()
    # Not every offer is used, so there are more than the budget would buy.
    assert given.sum() > math.floor(50_000 * 0.95 / 1000)
    assert given.sum() == json.loads((release / "run.json").read_text())["vouchers"]["given"]


def report_of(release):
    """The tables of a report that were kept, and its page."""
    kept = json.loads((release / "report.json").read_text(encoding="utf-8"))
    tables = {
        name: pd.DataFrame(table["rows"], columns=table["columns"])
        for name, table in kept.items()
        if isinstance(table, dict) and "columns" in table
    }
    return tables, (release / "report.html").read_text(encoding="utf-8")


def test_the_chapter_on_whom_is_helped_is_about_the_vouchers(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")
    (tmp_path / "undrawn.toml").write_text(UNDRAWN)
    copied(place / "ledger", tmp_path / "ledger")
    again = ("--survey", place / "2022.parquet", "--models", place / "models")

    assert not divide(tmp_path, release, 60_000)
    tables, page = report_of(release)
    assert "reach" not in tables
    assert "the survey was not given" in page
    assert not divide(tmp_path, release, 60_000, *again)
    tables, page = report_of(release)

    everyone = tables["reach"].set_index("label").loc["Everyone"]
    flags = tables["fairness"].set_index("label").loc["Everyone"]
    given = read_csv(release / "vouchers.csv")["vouchers"].sum()
    # Each of 4,000 stands for one person, so that the share offered one is that of the vouchers.
    assert everyone["selection"] == pytest.approx(100 * given / 4000, abs=1.5)
    assert everyone["missed"] < 100
    assert (everyone["selection"], everyone["missed"]) != (flags["selection"], flags["missed"])
    assert page.index("Whom the vouchers help") < page.index("Whom the flags find")
    assert "the survey was not given" not in page
    for row in tables["reach_gaps"].dropna(subset="ratio").itertuples():
        told = tables["reach_conclusions"].set_index("attribute")["conclusion"]
        if row.attribute in told and row.ratio < 0.8:
            assert f"chance is {row.ratio:.2f} times" in told[row.attribute]


def test_whom_vouchers_help_is_told_of_the_file_that_was_scored_only(place, tmp_path, capsys):
    release = copied(place / "out", tmp_path / "out")
    (tmp_path / "undrawn.toml").write_text(UNDRAWN)
    copied(place / "ledger", tmp_path / "ledger")
    before = {path.name: path.read_bytes() for path in release.iterdir()}
    models = ("--models", place / "models")

    assert divide(tmp_path, release, 60_000, "--survey", place / "2019.parquet", *models) == (
        errors.ReleaseError.exit_code
    )

    assert "2019.parquet: is not the file that" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in release.iterdir()} == before


def test_nobody_is_offered_two_vouchers(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")

    assert not divide(place, release, 1e12)

    given = read_csv(release / "vouchers.csv")
    groups = groups_of(release).set_index("group")
    people = groups["own_people"].fillna(groups["own_n"]).reindex(given["group"])
    assert (given["vouchers"].to_numpy() <= people.to_numpy() + 1).all()
    assert "Everybody in these groups has an offer" in (release / "report.html").read_text()


@pytest.mark.parametrize(
    ("budget", "cost", "code"),
    [
        (-1, 1000, errors.VoucherError.exit_code),
        (0, 1000, errors.VoucherError.exit_code),
        (500, 1000, errors.VoucherError.exit_code),
        (50_000, 0, errors.VoucherError.exit_code),
    ],
)
def test_a_budget_that_cannot_be_is_refused_and_changes_nothing(place, budget, cost, code):
    before = {p.name: p.read_bytes() for p in (place / "out").iterdir()}

    assert divide(place, place / "out", budget, "--cost", cost) == code

    assert {p.name: p.read_bytes() for p in (place / "out").iterdir()} == before


def lottery(place, folder, release, budget, choices):
    """Draw in a copy of the ledger, so that no other test meets people who were drawn among."""
    if not (folder / "ledger").exists():
        copied(place / "ledger", folder / "ledger")
    (folder / "lottery.toml").write_text(f'language = "en"\n[vouchers]\n{choices}\n')
    (folder / "secret.txt").write_text(SECRET)
    given = ("--settings", folder / "lottery.toml", "--secret", folder / "secret.txt")
    return divide(folder, release, budget, *given, "--again", "tried by a test")


def test_a_lottery_is_sealed_and_analysed(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")

    assert not lottery(place, tmp_path, release, 100_000, "lottery = 0.5")
    sealed = json.loads((release / "run.json").read_text())["vouchers"]["lottery_sha256"]
    drawn = read_csv(release / "vouchers.csv")
    trained = pd.DataFrame({"group": drawn["group"], "n": 30, "share": 0.4})
    trained["share"] += np.linspace(0, 0.1, len(trained))
    trained.to_csv(tmp_path / "trained.csv", index=False)

    assert not call(
        *("trial", release / "lottery.json", tmp_path / "trained.csv", "--sha256", sealed),
        *("--output", tmp_path / "effect.json", "--ledger", tmp_path / "ledger"),
    )
    told = json.loads((tmp_path / "effect.json").read_text())
    assert {"effect", "low", "high"} <= set(told)
    assert told["verified"] == "ledger"


def audit(place, *releases, survey="2022.parquet"):
    again = ("--survey", place / survey, "--codebook", BOOK) if survey else ()
    return call("disclosure", "audit", *releases, "--ledger", place / "ledger", *again)


def test_the_audit_works_out_again_what_follows(place, capsys):
    assert not audit(place, place / "out")
    assert "nothing about fewer than 10 people" in capsys.readouterr().out
    assert not audit(place, place / "out", survey=None)
    assert "not worked out again" in capsys.readouterr().out
    assert not call("disclosure", "verify", place / "ledger")


def test_the_audit_refuses_the_survey_of_another_release(place):
    assert audit(place, place / "out", survey="2019.parquet") == errors.ReleaseError.exit_code


def alter_csv(release):
    (release / "groups.csv").write_bytes((release / "groups.csv").read_bytes()[:-2] + b"9\n")


def alter_and_resign(release):
    groups = pd.read_parquet(release / "groups.parquet")
    groups.assign(achterblijver_rate=99.0).to_parquet(release / "groups.parquet")
    resign(release)


def empty_record(release):
    run = json.loads((release / "run.json").read_text())
    (release / "run.json").write_text(json.dumps({**run, "files": {}}))


def add_persons(release):
    (release / "persons.csv").write_text("person;risk")


def lose_record(release):
    (release / "run.json").write_text("[" * 100_000)


@pytest.mark.parametrize(
    "alter", [alter_csv, alter_and_resign, empty_record, add_persons, lose_record]
)
def test_the_audit_finds_an_altered_release(place, tmp_path, alter):
    release = copied(place / "out", tmp_path / "out")
    alter(release)

    assert audit(place, release, survey=None) == errors.ReleaseError.exit_code


def test_a_release_that_tells_of_few_is_found_by_the_audit(place, tmp_path, capsys, monkeypatch):
    """A line that was entered by hand shows a department less one of its teams of few people."""
    from blijfwijzer.disclosure.fingerprint import fingerprint_groups, to_text, view_keys
    from blijfwijzer.disclosure.ledger import open_ledger
    from blijfwijzer.records.model_choice import choose_models
    from blijfwijzer.settings import Settings
    from blijfwijzer.survey.intake import read_survey

    copied(place / "ledger", tmp_path / "ledger")
    codebook = next(iter(choose_models(place / "models").values())).stored.codebook
    people = read_survey(place / "2022.parquet", codebook, Settings().intake).responses
    sizes = people["team"].value_counts()
    team = sizes.index[(sizes > 1) & (sizes < 10)][0]
    with open_ledger(tmp_path / "ledger" / "werkonderzoek", "werkonderzoek") as ledger:
        last = [r.content for r in ledger.releases if r.content.get("groups")][-1]
        inside = csr_array((people["team"] == team).to_numpy()[None, :].astype(np.int8))
        keys = view_keys(people, last["columns"])
        own = to_text(fingerprint_groups(keys, ledger.secret, inside)[0])
        few = {f"team={team}": {"definition": {"team": team}, "fingerprint": own}}
        ledger.append({**last, "request": "by hand", "groups": few})

    asked = (
        *("disclosure", "audit", place / "out", "--ledger", tmp_path / "ledger"),
        *("--survey", place / "2022.parquet", "--codebook", BOOK),
    )
    assert call(*asked) == errors.DisclosureError.exit_code

    # So few people differ from others by few; what follows is found without that too.
    capsys.readouterr()
    monkeypatch.setattr("blijfwijzer.runs.audit.changed_by_few", lambda _: [])
    assert call(*asked) == errors.DisclosureError.exit_code
    assert "fewer than 10 people may follow" in capsys.readouterr().err


def test_vouchers_are_entered_in_the_ledger(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")

    assert not divide(place, release, 50_000)

    run = json.loads((release / "run.json").read_text())
    assert run["vouchers"]["ledger"]["sequence"] > run["ledger"]["sequence"]
    assert not audit(place, release)


def test_the_true_need_shows_what_estimating_costs(place, tmp_path, capsys):
    release = copied(place / "out", tmp_path / "out")

    assert not divide(place, release, 200_000, "--truth", place / "2022-truth.parquet")

    told = capsys.readouterr().out
    assert re.search(r"optimum .* regret 0%", told)
    regret = re.search(r"plan .* regret (-?\d+)%", told)
    assert regret, told
    assert "by need against the simple rule, for as much money" in told
    assert 0 <= int(regret[1]) <= 60


def test_a_sealed_draw_is_never_undone(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")
    assert not lottery(place, tmp_path, release, 100_000, "lottery = 0.5")
    sealed = (release / "lottery.json").read_bytes()

    (tmp_path / "undrawn.toml").write_text(UNDRAWN)
    again = divide(tmp_path, release, 100_000)
    scored = score(place, place / "2022.parquet", release, *CROSSED, ledger=tmp_path / "ledger")

    assert again == scored == errors.ReleaseError.exit_code
    assert (release / "lottery.json").read_bytes() == sealed


def test_the_figures_of_a_lottery_are_those_of_the_draw(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")

    assert not lottery(place, tmp_path, release, 100_000, "lottery = 0.4\nmix = [2, 1, 0]")

    run = json.loads((release / "run.json").read_text())["vouchers"]
    given = read_csv(release / "vouchers.csv")
    assert given["vouchers"].sum() == run["given"]
    assert given["extra"].sum() == pytest.approx(run["expected_extra"], abs=0.05 * len(given))
    page = (release / "report.html").read_text()
    by_lot = int(re.search(r"divided by risk and (\d+) by lot", page)[1])
    assert by_lot > 0


@pytest.mark.parametrize("place_of", ["survey", "folder", "around"])
def test_an_output_never_takes_the_place_of_something_else(place, tmp_path, place_of):
    survey = tmp_path / "in" / "2022.parquet"
    survey.parent.mkdir()
    survey.write_bytes((place / "2022.parquet").read_bytes())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    output = {"survey": survey, "folder": tmp_path / "mine", "around": survey.parent}[place_of]

    code = score(place, survey, output, ledger=tmp_path / "l")

    assert code == errors.NotWritableError.exit_code
    assert survey.stat().st_size == (place / "2022.parquet").stat().st_size
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"


def test_less_than_was_promised_before_is_refused(place, tmp_path, capsys):
    (tmp_path / "five.toml").write_text(
        (place / "quick.toml").read_text() + "[disclosure]\nminimum = 5\n"
    )

    code = call(
        *("score", place / "2022.parquet", "--models", place / "models", "--by", "organisatie"),
        *("--output", tmp_path / "out", "--ledger", place / "ledger"),
        *("--settings", tmp_path / "five.toml"),
    )

    assert code == errors.SettingsError.exit_code
    assert "promised 10" in capsys.readouterr().err


def test_everyone_is_not_told_again_when_a_few_people_left(place, fewer):
    folder, _ = fewer

    then, now = (groups_of(p / "out").set_index("group").loc["all"] for p in (place, folder))
    assert now.filter(like="_rate").isna().all()
    # All are in smaller units that are shown, but for few, so that these have no rate of their own.
    assert then.filter(like="_rate").drop("achterblijver_own_rate").notna().all()


def test_vouchers_can_be_divided_over_levels_of_education(place, tmp_path):
    release = copied(place / "out", tmp_path / "out")
    (tmp_path / "floor.toml").write_text(
        f'{UNDRAWN}across = "opleiding"\n[vouchers.floors]\n"opleiding=1" = 0.5\n'
    )

    assert not divide(place, release, 50_000, "--settings", tmp_path / "floor.toml")

    given = read_csv(release / "vouchers.csv")
    low = given["group"].str.contains("opleiding=1")
    assert given.loc[low, "vouchers"].sum() >= 0.5 * given["vouchers"].sum()


@pytest.mark.parametrize("units", [1, 4])
def test_a_survey_of_few_organisations_is_scored(place, tmp_path, units):
    wave = pd.read_parquet(place / "2022.parquet")
    kept = wave["organisatie"].value_counts().index[: max(units, 4)]
    some = wave[wave["organisatie"].isin(kept)].reset_index(drop=True)
    if units == 1:
        some = some.assign(organisatie="O1", sector="rijk")
    some.to_parquet(tmp_path / "some.parquet")

    assert not score(place, tmp_path / "some.parquet", tmp_path / "out", ledger=tmp_path / "l")

    assert len(groups_of(tmp_path / "out")) >= 1


@pytest.fixture(scope="module")
def odd(place, tmp_path_factory):
    """A release of which a department left a question open and organisations have nasty names."""
    folder = tmp_path_factory.mktemp("odd")
    wave = pd.read_parquet(place / "2022.parquet")
    code = wave["afdeling"].value_counts().index[0]
    wave.loc[wave["afdeling"] == code, "vertrek"] = np.nan
    names = wave["organisatie"].unique()
    nasty = dict(zip(names, ["=1+1", "<script>alert(1)</script>", "@x" * 5000], strict=False))
    wave["organisatie"] = wave["organisatie"].map(lambda name: nasty.get(name, name))
    wave.to_parquet(folder / "odd.parquet")
    assert not score(place, folder / "odd.parquet", folder / "out", ledger=folder / "l")
    return folder / "out", code


def test_a_group_in_which_nobody_answered_follows_the_model(odd):
    release, code = odd

    groups = groups_of(release)

    silent = groups[groups["group"].str.endswith(f"afdeling={code}")]
    assert len(silent)
    assert silent["vertrekintentie_source"].isin(["model"]).all()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            lambda people: people.assign(afdeling="A" + people["afdeling"]),
            errors.GroupError.exit_code,
        ),
        (lambda people: people.drop(columns="sector"), errors.MissingColumnsError.exit_code),
        (lambda people: people.assign(people=-1), errors.GroupError.exit_code),
    ],
)
def test_a_list_of_people_that_cannot_be_right_is_refused(place, tmp_path, change, code):
    change(pd.read_csv(place / "2022.csv", sep=None, engine="python")).to_csv(
        tmp_path / "people.csv", index=False
    )

    found = score(
        *(place, place / "2022.parquet", tmp_path / "out"),
        *("--population", tmp_path / "people.csv"),
        ledger=tmp_path / "l",
    )

    assert found == code
    assert not (tmp_path / "out").exists()


def test_a_lost_ledger_stops_a_release(place, tmp_path):
    copied(place / "out", tmp_path / "out")

    code = score(place, place / "2022.parquet", tmp_path / "out", ledger=tmp_path / "none")

    assert code == errors.LedgerError.exit_code


def test_a_model_altered_by_one_byte_is_refused(place, tmp_path):
    models = copied(place / "models", tmp_path / "models")
    model = next(models.glob("achterblijver-*")) / "model.json"
    model.write_bytes(model.read_bytes().replace(b"0", b"1", 1))

    code = call(
        *("score", place / "2022.parquet", "--models", models, "--by", "organisatie"),
        *("--output", tmp_path / "out", "--ledger", tmp_path / "l"),
    )

    assert code == errors.ModelFolderError.exit_code
    assert not (tmp_path / "out").exists()


def test_levels_that_do_not_exist_are_refused(place, tmp_path):
    code = score(place, place / "2022.parquet", tmp_path / "out", by="planeet")

    assert code == errors.GroupError.exit_code
    assert not (tmp_path / "out").exists()


def test_labels_that_are_formulas_or_html_stay_text(odd):
    from openpyxl import load_workbook

    release, _ = odd

    assert "<script>alert" not in (release / "report.html").read_text()
    book = load_workbook(release / "blijfwijzer.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    cells = read_csv(release / "groups.csv", dtype=str).to_numpy().ravel()
    assert [c for c in cells if isinstance(c, str) and "=1+1" in c]
    assert not [c for c in cells if isinstance(c, str) and c.startswith(("=", "@", "+"))]


def read_csv(path, **options):
    return pd.read_csv(path, sep=";", decimal=",", **options)


def copied(source, target):
    for path in source.rglob("*"):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return target


def resign(release):
    """Enter the present files in a release's record, as `score` would have."""
    from hashlib import sha256

    run = json.loads((release / "run.json").read_text())
    run["files"] = {n: sha256((release / n).read_bytes()).hexdigest() for n in run["files"]}
    (release / "run.json").write_text(json.dumps(run))


def enter(release, ledger):
    """Enter an altered release as one of its own, as if `score` had made it so."""
    from blijfwijzer.disclosure.ledger import open_ledger
    from blijfwijzer.release.folder import hash_record

    run = json.loads((release / "run.json").read_text())
    with open_ledger(ledger, "werkonderzoek") as opened:
        line = opened.releases[run["ledger"]["sequence"] - 1].content
        told = {"outputs": run["files"], "record": hash_record(run), "request": "by hand"}
        made = opened.append({**line, **told})
    run["ledger"] = {"sequence": made.sequence, "hash": made.hash}
    (release / "run.json").write_text(json.dumps(run))


def test_a_second_cross_break_tells_of_few_neither_alone_nor_with_the_first(place, tmp_path):
    releases = {name: tmp_path / name for name in ("opleiding", "contract")}

    for name, release in releases.items():
        asked = (place, place / "2022.parquet", release, "--and", name)
        assert not score(*asked, by="organisatie", ledger=tmp_path / "ledger")

    first, second = (set(groups_of(release)["group"]) for release in releases.values())
    assert {name for name in second if "contract" in name}
    assert first - second, "the second asks other groups"
    again = ("--survey", place / "2022.parquet", "--codebook", BOOK)
    ledger = ("--ledger", tmp_path / "ledger")
    assert not call("disclosure", "audit", *releases.values(), *ledger, *again)


def test_two_runs_at_once_into_one_folder_both_end_whole(place, tmp_path):
    command = [
        *(sys.executable, "-m", "blijfwijzer", "score", place / "2022.parquet"),
        *("--models", place / "models", "--by", "organisatie", "--output", tmp_path / "out"),
        *("--ledger", tmp_path / "ledger", "--settings", place / "quick.toml"),
    ]

    runs = [subprocess.Popen([str(part) for part in command]) for _ in range(2)]

    assert {run.wait(timeout=300) for run in runs} <= {0, errors.BusyError.exit_code}
    assert 0 in {run.returncode for run in runs}
    assert not call("disclosure", "audit", tmp_path / "out", "--ledger", tmp_path / "ledger")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_claims_judge_the_model_that_is_given_and_not_on_those_who_trained_it(place, tmp_path):
    book = ("--codebook", BOOK, "--models", place / "models", "--claim", "H20")
    ledger = ("--ledger", tmp_path / "ledger")

    assert not call("claims", place / "2022.parquet", *book, "--output", tmp_path / "out", *ledger)
    told = json.loads((tmp_path / "out" / "claims.json").read_text())["claims"][0]
    assert told["verdict"] != "not testable"
    assert "regression" not in told["reason_en"]
    seen = call("claims", place / "2019.parquet", *book, "--output", tmp_path / "own", *ledger)
    assert seen == errors.ModelFolderError.exit_code


def test_a_wave_is_scored_with_the_margins_of_a_register(place, tmp_path, capsys):
    survey, people = place / "2022.parquet", ("--population", place / "2022.csv")
    register = ("--population", place / "2022-margins.csv")
    ask = {"by": "organisatie", "ledger": "register"}

    assert not score(place, survey, tmp_path / "out", *people, *register, **ask)

    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert any("R-indicator" in note for note in told["notes"]["register"])
    assert {row[0] for row in told["response"]["rows"]} <= {"Age", "Education", "Years of service"}
    assert told["response"]["rows"]
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert {"population_hmac_sha256", "register_hmac_sha256"} <= set(run["provenance"])
    # Beside these, rates without the margins would tell of parts of groups.
    assert (
        score(place, survey, tmp_path / "plain", *people, **ask) == errors.DisclosureError.exit_code
    )
    assert not (tmp_path / "plain").exists()
    # The audit takes it that HR knows the register, and says so where it was not given one.
    ledger = ("--ledger", place / "register")
    again = ("disclosure", "audit", tmp_path / "out", *ledger, "--codebook", BOOK)
    capsys.readouterr()
    assert not call(*again, "--survey", survey, *register)
    assert " of a register: proven by" in capsys.readouterr().out
    assert not call(*again, "--survey", survey)
    assert "not worked out (give --population)" in capsys.readouterr().out
    # Whom vouchers miss is told by the weights of the release, or not at all.
    models = ("--survey", survey, "--models", place / "models")
    asked = ("vouchers", tmp_path / "out", "--budget", 50_000, "--cost", 1000, *models, *ledger)
    undrawn = ("--settings", place / "undrawn.toml")
    assert call(*asked, *undrawn) == errors.ReleaseError.exit_code
    assert "margins of a register" in capsys.readouterr().err
    assert not call(*asked, *undrawn, *register)
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert told["reach"]["rows"]


def test_a_register_of_other_codes_is_refused_with_its_place(place, tmp_path, capsys):
    table = pd.read_csv(place / "2022-margins.csv").replace({"code": {"55+": "oud"}})
    table.to_csv(tmp_path / "margins.csv", index=False)
    register = ("--population", tmp_path / "margins.csv")

    code = score(place, place / "2022.parquet", tmp_path / "out", *register, ledger="refused")

    assert code == errors.MarginError.exit_code
    assert "leeftijd does not have" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_pack_of_what_was_scored_holds(place, tmp_path, capsys):
    pack = ("--models", place / "models", "--output", tmp_path / "pack", "--language", "en")

    assert not call("govern", "pack", "--release", place / "out", *pack, "--json")
    told = json.loads(capsys.readouterr().out)
    assert not call("govern", "verify", tmp_path / "pack")

    assert told["figures"] > 300
    assert told["forms"]["norms"]["evidence"] >= 30
    assert len(told["files"]) == len(list((tmp_path / "pack").iterdir()))
    page = (tmp_path / "pack" / "council.html").read_text(encoding="utf-8")
    assert "Pack for the works council" in page
    assert len(page) > 20_000


def test_a_pack_is_not_made_of_a_release_by_other_models_nor_inside_one(place, tmp_path, capsys):
    other = shutil.copytree(place / "out", tmp_path / "other")
    run = json.loads((other / "run.json").read_text(encoding="utf-8"))
    run["provenance"]["model_vertrekintentie"] = "another-model"
    (other / "run.json").write_text(json.dumps(run), encoding="utf-8")
    models = ("--models", place / "models")

    assert call("govern", "pack", *models, "--release", other, "--output", tmp_path / "pack") == 68
    assert "was made with other models (another-model)" in capsys.readouterr().err
    inside = ("--release", place / "out", "--output", place / "out" / "pack")
    assert call("govern", "pack", *models, *inside) == 40
    assert "lies inside" in capsys.readouterr().err


def test_a_small_employer_scores_with_a_pack_and_stands_beside_its_kind(place, tmp_path, capsys):
    pytest.importorskip("cryptography")
    wave = pd.read_parquet(place / "2022.parquet")
    size = wave["organisatie"].value_counts()
    own = wave[wave["organisatie"] == size.index[size.between(40, 150)][0]]
    own.to_parquet(tmp_path / "own.parquet")
    assert not call("pack", "key", tmp_path / "key.pem", "--json")
    public = json.loads(capsys.readouterr().out)["public_key"]
    settings = (place / "quick.toml").read_text() + f'[packs.trusted]\nMinistry = "{public}"\n'
    (tmp_path / "own.toml").write_text(settings)
    pack = tmp_path / "national.pack"
    key = ("--name", "National", "--key", tmp_path / "key.pem")
    assert not call("pack", "make", place / "models", *key, "--output", pack)

    def scored(models, output):
        return call(
            *("score", tmp_path / "own.parquet", *models, "--output", tmp_path / output),
            *("--ledger", tmp_path / f"{output}-ledger", "--settings", tmp_path / "own.toml"),
        )

    assert not scored(("--models", place / "models"), "folder")
    assert not scored(("--pack", pack), "packed")

    run = json.loads((tmp_path / "packed" / "run.json").read_text())
    report = json.loads((tmp_path / "packed" / "report.json").read_text())
    assert run["unknown_models"] == [] and run["provenance"]["pack_signed_by"] == "Ministry"
    assert json.loads((tmp_path / "folder" / "run.json").read_text())["unknown_models"]
    page = html.unescape((tmp_path / "packed" / "report.html").read_text())
    assert "not trained with this ledger" not in page
    assert "Ministry made it and vouches" in page
    assert "How do we compare with other employers?" in page
    beside = pd.DataFrame(report["beside"]["rows"], columns=report["beside"]["columns"])
    assert beside["target"].tolist() == ["achterblijver", "vertrekintentie"]
    gap = beside["value"] - beside["there"]
    assert (gap - beside["difference"]).abs().max() < 0.05
    assert (beside["difference_low"] < gap).all() and (gap < beside["difference_high"]).all()


def test_the_benchmark_of_a_training_tells_of_no_single_organisation(place):
    for model in (place / "models").glob("*/manifest.json"):
        tables = model.parent / "tables"
        rates = pd.read_csv(tables / "benchmark_rates.csv")
        assert (rates["organisations"] >= 3).all()
        for name in ("rates", "means", "drivers"):
            groups = pd.read_csv(tables / f"benchmark_{name}.csv")["group"]
            assert set(groups) <= set(rates["group"])
            assert not groups.str.contains("organisatie").any()
        # Rounded as the gate rounds: whole percentages.
        assert (rates[["value", "low", "high"]] % 1 == 0).all(axis=None)
