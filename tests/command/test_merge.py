"""Offices that never pool their files: what they leave, and what comes of it."""

import shutil

import numpy as np
import pandas as pd
import pytest
import tomli_w
from test_attacks import COPIES, FEW, QUICK, groups_of, plant, survey_of

from blijfwijzer import errors
from blijfwijzer.files import read_json
from blijfwijzer.records.part_file import read_part, write_part
from command_line import call
from questionnaires import SMALL

AGREED = {"round": "1", "wave": "2", "by": ["organisatie"], "cross": ["opleiding"]}
OFTEN = ["ledger", "provenance", "files", "proofs"]
"""Parts of a record that follow from the key of a ledger, or the moment."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Models, a wave of two offices with all that is attacked, and what comes of it in two ways."""
    place = tmp_path_factory.mktemp("merge")
    (place / "quick.toml").write_text(tomli_w.dumps(QUICK))
    (place / "small.toml").write_text(SMALL.read_text())
    survey_of(1).to_parquet(place / "1.parquet")
    wave = plant(survey_of(2))
    # As many copies that each office has more than few.
    wave = pd.concat([wave, wave[wave["organisatie"] == COPIES]], ignore_index=True)
    wave["id"] = np.arange(len(wave))
    units = wave.groupby(["sector", "organisatie"]).size().rename("people").reset_index()
    units.assign(people=2 * units["people"]).to_csv(place / "units.csv", index=False)
    for name, own in parted(wave).items():
        own.to_parquet(place / f"{name}.parquet")
    agree(place, "two", offices=["north", "south"])
    agree(place, "one", offices=["all"])
    assert not call("merge", "key", place / "offices.key")
    assert not call(
        *("train", place / "1.parquet", "--codebook", place / "small.toml"),
        *("--models", place / "models", "--settings", place / "quick.toml"),
    )
    for office, agreed in {"all": "one", "north": "two", "south": "two"}.items():
        assert not leave(place, office, agreed)
    assert not release(place, ["all"], "one", "pooled", "ledger-one")
    assert not release(place, ["south", "north"], "two", "merged", "ledger-two")
    return place


def parted(wave):
    """Part a wave over two offices; two organisations, one of copies, have people at both."""
    is_north = wave["organisatie"].isin([f"O{n}" for n in range(0, 50, 3)])
    is_north |= (wave["organisatie"] == COPIES) & (wave["id"] % 2 == 0)
    is_north |= (wave["organisatie"] == "O2") & (wave["opleiding"] == "laag")
    return {"all": wave, "north": wave[is_north], "south": wave[~is_north]}


def agree(place, name, **changed):
    told = {**AGREED, "population": "units.csv", **changed}
    (place / f"{name}.toml").write_text(tomli_w.dumps(told))


def leave(place, office, agreed, survey="", output="", key="offices", models="models"):
    return call(
        *("merge", "part", place / f"{survey or office}.parquet"),
        *("--agreement", place / f"{agreed}.toml", "--office", office),
        *("--key", place / f"{key}.key", "--models", place / models),
        *("--settings", place / "quick.toml", "--output", place / f"{output or office}.part"),
    )


def release(place, parts, agreed, output, ledger="ledger", settings="quick", models="models"):
    return call(
        *("merge", "release", *(place / f"{part}.part" for part in parts)),
        *("--agreement", place / f"{agreed}.toml", "--models", place / models),
        *("--settings", place / f"{settings}.toml", "--output", place / output),
        *("--ledger", place / ledger),
    )


def test_two_offices_give_the_bytes_of_a_pooled_file(place):
    pooled, merged = place / "pooled", place / "merged"

    for name in ("groups.csv", "groups.parquet"):
        assert (pooled / name).read_bytes() == (merged / name).read_bytes()
    records = [read_json(folder / "run.json") for folder in (pooled, merged)]
    told = [{k: v for k, v in record.items() if k not in OFTEN} for record in records]
    assert told[0] == told[1]
    assert len(groups_of(merged)) > 40


def test_what_is_told_is_what_score_tells_of_the_same_people(place):
    wave = survey_of(4).assign(id=np.arange(1500))
    wave.to_parquet(place / "plain.parquet")
    agree(place, "plain", offices=["all"], round="plain")
    assert not leave(place, "all", "plain", "plain", "plain")
    assert not release(place, ["plain"], "plain", "plain", "ledger-plain")
    assert not call(
        *("score", place / "plain.parquet", "--models", place / "models", "--by", "organisatie"),
        *("--and", "opleiding", "--population", place / "units.csv"),
        *("--output", place / "scored", "--ledger", place / "ledger-score"),
        *("--settings", place / "quick.toml"),
    )

    scored, merged = (
        pd.read_parquet(place / name / "groups.parquet").set_index("group")
        for name in ("scored", "plain")
    )
    told = [n for n in merged if n.startswith("vertrekintentie_") or n in ("n", "people", "label")]
    # Of places, which follow from what is shown of all others, nothing is said.
    told = [name for name in told if not name.endswith("place")]
    assert merged["vertrekintentie_rate"].notna().sum() > 100
    pd.testing.assert_frame_equal(merged[told], scored[told])


def test_weighted_people_of_two_offices_give_the_bytes_of_a_pooled_file(place):
    wave = pd.read_parquet(place / "all.parquet")
    wave["gewicht"] = np.random.default_rng(8).lognormal(0, 0.5, len(wave))
    for name, own in parted(wave).items():
        own.to_parquet(place / f"heavy-{name}.parquet")
    agree(place, "heavy-two", offices=["north", "south"], round="heavy", wave="heavy")
    agree(place, "heavy-one", offices=["all"], round="heavy", wave="heavy")
    for office, agreed in {"all": "one", "north": "two", "south": "two"}.items():
        assert not leave(place, office, f"heavy-{agreed}", f"heavy-{office}", f"heavy-{office}")

    assert not release(place, ["heavy-all"], "heavy-one", "heavy-pooled", "ledger-heavy")
    parts = ["heavy-north", "heavy-south"]
    assert not release(place, parts, "heavy-two", "heavy-merged", "ledger-heavy-too")

    files = [place / name / "groups.parquet" for name in ("heavy-pooled", "heavy-merged", "merged")]
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_a_rate_of_two_people_is_told_of_no_organisation_of_22(place):
    groups = groups_of(place / "merged")

    rates = groups.filter(like="vertrekintentie_").select_dtypes("number")
    assert FEW not in groups.index or rates.loc[FEW].isna().all()


def test_no_risk_comes_out_through_copies_of_a_form_at_two_offices(place):
    assert COPIES not in groups_of(place / "merged").index


def test_an_office_that_has_nearly_all_of_a_unit_learns_nothing_of_the_others(place):
    wave = pd.read_parquet(place / "all.parquet")
    north = set(parted(wave)["north"]["id"]) - set(wave["id"][wave["organisatie"] == "O6"][:3])
    # Half of the people of another unit, of whom those of each answer are few.
    of_both = wave["organisatie"] == "O2"
    north = (north - set(wave["id"][of_both])) | set(wave["id"][of_both & (wave["id"] % 2 == 0)])
    for name, is_own in (("north", wave["id"].isin(north)), ("south", ~wave["id"].isin(north))):
        wave[is_own].to_parquet(place / f"most-{name}.parquet")
    agree(place, "most", offices=["north", "south"], round="most")
    for office in ("north", "south"):
        assert not leave(place, office, "most", f"most-{office}", f"most-{office}")

    assert not release(place, ["most-north", "most-south"], "most", "most", "ledger-most")

    pooled, most = (rates_of(place / name) for name in ("pooled", "most"))
    least = [
        min(n for n in (own, len(of) - own, 99) if n)
        for of in (people_of(wave, name)["id"].isin(north) for name in most.index)
        for own in [int(of.sum())]
    ]
    assert min(least) >= 10
    assert {"sector=gemeente/organisatie=O6"} < {*pooled.index} - {*most.index}
    assert len(most) > 40
    # They are drawn to each other, and not to what is withheld.
    of_all = pd.read_parquet(place / "pooled" / "groups.parquet").set_index("group").loc[most.index]
    ends = (of_all[f"vertrekintentie_{end}"] for end in ("low", "high"))
    assert most.between(*ends).all()


def rates_of(folder):
    groups = pd.read_parquet(folder / "groups.parquet").set_index("group")
    return groups["vertrekintentie_rate"].dropna()


def people_of(wave, group):
    for part in group.replace("&", "/").split("/"):
        name, _, code = part.partition("=")
        wave = wave if name == "all" else wave[wave[name] == code]
    return wave


def test_an_office_learns_no_answer_that_all_others_of_a_unit_gave(place):
    """Of 30 in a unit 14 want to leave: who asked 18 of these, of whom two, knows the others do."""
    wave = pd.read_parquet(place / "all.parquet")
    unit = wave.index[wave["organisatie"] == "O9"]
    alike = wave["vertrek"].copy()
    alike[unit] = np.where(np.arange(len(unit)) < 14, 5.0, 1.0)
    others = wave["id"].isin(wave["id"][unit[:12]])
    north = wave["id"].isin(parted(wave)["north"]["id"]) | wave.index.isin(unit)
    for name, is_own in (("north", north & ~others), ("south", ~north | others)):
        wave.assign(vertrek=alike)[is_own].to_parquet(place / f"alike-{name}.parquet")
    agree(place, "alike", offices=["north", "south"], round="alike")
    for office in ("north", "south"):
        assert not leave(place, office, "alike", f"alike-{office}", f"alike-{office}")

    assert not release(place, ["alike-north", "alike-south"], "alike", "alike", "ledger-alike")

    told = rates_of(place / "alike")
    assert "sector=rijk/organisatie=O9" not in told.index
    assert len(told) > 30


@pytest.mark.parametrize("column, added", [(0, 1), (1, 2**40), (1, -1), (25, 2**50), (60, -1)])
def test_numbers_that_somebody_added_to_behind_a_mask_are_refused(place, column, added):
    part = read_part(place / "south.part")
    with np.errstate(over="ignore"):
        part.numbers.high[5, column] += np.int64(added)
    write_part(place / "forged.part", part)

    code = release(place, ["north", "forged"], "two", "refused", "ledger-refused")

    assert code == errors.DamagedPartError.exit_code


def test_who_withdraws_between_two_merged_releases_is_not_told_by_the_second(place):
    wave = pd.read_parquet(place / "all.parquet")
    left = np.random.default_rng(5).choice(np.flatnonzero(wave["organisatie"] != FEW), 40, False)
    agree(place, "again", offices=["north", "south"], round="2")
    for name, own in parted(wave.drop(index=left)).items():
        own.to_parquet(place / f"less-{name}.parquet")
    for office in ("north", "south"):
        assert not leave(place, office, "again", f"less-{office}", f"less-{office}")

    assert not release(place, ["less-north", "less-south"], "again", "less", "ledger-two")

    first, again = (set(groups_of(place / name).index) for name in ("merged", "less"))
    lost = set(wave.loc[left, "organisatie"])
    assert len(lost & first) > 15
    assert not lost & first & again


@pytest.fixture(scope="module")
def deep(place):
    """Organisations of three departments, in the third of which nearly all are of one office."""
    book = SMALL.read_text().replace('"organisatie"]', '"organisatie", "afdeling"]')
    (place / "deep.toml").write_text(
        book + '\n[columns.afdeling]\nlabel = "Afdeling"\nrole = "unit"\n'
    )
    for seed in (1, 3):
        wave = survey_of(seed).assign(id=np.arange(1500))
        number = np.arange(1500) // 30
        wave["organisatie"] = np.char.mod("O%d", number - number % 6 + number % 2)
        wave.assign(afdeling=np.char.mod("A%d", number)).to_parquet(place / f"deep{seed}.parquet")
    wave = pd.read_parquet(place / "deep3.parquet")
    units = wave.groupby(["sector", "organisatie", "afdeling"]).size().rename("people") * 2
    units.reset_index().to_csv(place / "deep.csv", index=False)
    assert not call(
        *("train", place / "deep1.parquet", "--codebook", place / "deep.toml"),
        *("--models", place / "deep-models", "--settings", place / "quick.toml"),
        *("--target", "vertrekintentie"),
    )
    is_third = np.arange(1500) // 30 % 6 > 3
    is_north = np.where(is_third, np.arange(1500) % 10 > 0, np.arange(1500) % 2 > 0)
    for name, own in (("north", is_north), ("south", ~is_north)):
        wave[own].to_parquet(place / f"deep-{name}.parquet")
    return wave, wave[~is_north]


def test_no_office_learns_of_few_by_two_rounds_of_other_levels(place, deep):
    wave, south = deep
    told = []
    for level in ("organisatie", "afdeling"):
        about = {"round": f"by {level}", "wave": "deep", "cross": [], "population": "deep.csv"}
        agree(place, level, offices=["north", "south"], by=[level], **about)
        for office in ("north", "south"):
            own = f"deep-{office}"
            assert not leave(place, office, level, own, own, models="deep-models")
        parts = ["deep-north", "deep-south"]
        by = f"deep-{level}"
        assert not release(place, parts, level, by, "ledger-deep", models="deep-models")
        told += [n for n in rates_of(place / by).index if f"{level}=" in n]

    codes = {name.rpartition("=")[2] for name in told}
    of_units = south[south["organisatie"].isin(codes)]
    left = of_units[~of_units["afdeling"].isin(codes)].groupby("organisatie").size()
    assert len(left) > 5
    assert not [n for n in left if n < 10]


@pytest.mark.parametrize("again", ["changed", "mended"])
def test_a_merge_of_other_people_tells_nothing_new_of_a_wave(place, again):
    """Whatever the wave is called: a name says nothing of who is in it."""
    wave = pd.read_parquet(place / "all.parquet")
    is_north = np.arange(len(wave)) % 2 == 0
    # Of each organisation twelve of an office left, and one of the other one.
    left = wave[is_north].groupby("organisatie").head(12).index
    left = left.union(wave[~is_north].groupby("organisatie").head(1).index)
    told = []
    rounds = {f"{again}-before": ("changed", []), f"{again}-after": (again, left)}
    for name, (called, gone) in rounds.items():
        agree(place, name, offices=["north", "south"], round=name, wave=called)
        for office, own in (("north", is_north), ("south", ~is_north)):
            wave[own].drop(index=gone, errors="ignore").to_parquet(
                place / f"{name}-{office}.parquet"
            )
            assert not leave(place, office, name, f"{name}-{office}", f"{name}-{office}")
        parts = [f"{name}-north", f"{name}-south"]
        assert not release(place, parts, name, f"{name}-out", f"ledger-{again}")
        told.append(rates_of(place / f"{name}-out"))

    assert len(told[0]) > 30
    assert told[1].empty


def test_score_and_merge_tell_of_the_same_wave_in_no_one_ledger(place):
    scored = (
        *("score", place / "all.parquet", "--models", place / "models", "--by", "organisatie"),
        *("--output", place / "late", "--ledger", place / "ledger-one", "--wave", "2"),
        *("--settings", place / "quick.toml"),
    )

    assert call(*scored) == errors.LedgerError.exit_code

    assert not (place / "late").exists()


def test_a_part_tells_nothing_by_itself(place):
    own, pooled = (read_part(place / f"{name}.part").numbers for name in ("north", "all"))

    # Of a file alone no number is masked: most are zero.
    assert (pooled.high == 0).mean() > 0.3
    assert (own.high == 0).sum() == 0
    assert abs((own.high < 0).mean() - 0.5) < 0.01


@pytest.mark.parametrize(
    "parts, error",
    [
        (["north"], errors.OfficesError),
        (["north", "north"], errors.OfficesError),
        (["north", "south", "all"], errors.OfficesError),
        (["north", "cut"], errors.DamagedPartError),
        (["north", "flipped"], errors.DamagedPartError),
        (["north", "nowhere"], errors.DamagedPartError),
        (["north", "other-key"], errors.OtherPartError),
        (["north", "other-round"], errors.OtherPartError),
        (["north", "same-people"], errors.OfficesError),
    ],
)
def test_parts_that_are_no_whole_are_refused(place, parts, error):
    content = (place / "south.part").read_bytes()
    (place / "cut.part").write_bytes(content[:-8])
    (place / "flipped.part").write_bytes(
        content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]
    )
    made = {"other-key": ("two", "other"), "other-round": ("third", "offices")}
    if parts[-1] in made and not (place / f"{parts[-1]}.part").exists():
        agree(place, "third", offices=["north", "south"], round="3")
        assert not call("merge", "key", place / "other.key") or parts[-1] != "other-key"
        assert not leave(place, "south", made[parts[-1]][0], "", parts[-1], made[parts[-1]][1])
    if parts[-1] == "same-people" and not (place / "same-people.part").exists():
        (place / "fresh.key").write_bytes(
            (place / "offices.key").read_bytes().replace(b"rounds", b"x")
        )
        told = read_json(place / "offices.key")
        (place / "fresh.key").write_text(f'{{"key": "{told["key"]}", "rounds": {{}}}}')
        assert not leave(place, "south", "two", "north", "same-people", "fresh")

    code = release(place, parts, "two", "refused", "ledger-refused")

    assert code == error.exit_code
    assert not (place / "refused").exists()
    assert not list((place / "ledger-refused").glob("*/releases.jsonl"))


def test_a_part_of_other_settings_is_refused(place, capsys):
    (place / "other.toml").write_text(tomli_w.dumps({**QUICK, "seed": 7}))

    code = release(place, ["north", "south"], "two", "refused", "ledger-refused", "other")

    assert code == errors.OtherPartError.exit_code
    assert "settings" in capsys.readouterr().err


def test_other_numbers_are_not_masked_again_in_the_same_round(place):
    wave = pd.read_parquet(place / "south.parquet").iloc[1:]
    wave.to_parquet(place / "mended.parquet")
    before = (place / "south.part").read_bytes()

    assert not leave(place, "south", "two")
    assert (place / "south.part").read_bytes() == before
    assert leave(place, "south", "two", "mended") == errors.AgreementError.exit_code
    assert (place / "south.part").read_bytes() == before


def test_an_office_that_nobody_agreed_on_leaves_nothing(place):
    assert leave(place, "east", "two", "south") == errors.OfficesError.exit_code
    assert not (place / "east.part").exists()


def test_people_of_a_unit_that_was_not_agreed_are_refused(place, capsys):
    wave = pd.read_parquet(place / "south.parquet")
    wave.assign(organisatie=wave["organisatie"].replace("O1", "NEW")).to_parquet(
        place / "moved.parquet"
    )
    agree(place, "moved", offices=["north", "south"], round="4")

    assert leave(place, "south", "moved", "moved", "moved") == errors.GroupError.exit_code
    assert "NEW" not in capsys.readouterr().err
    assert not (place / "moved.part").exists()


@pytest.mark.parametrize(
    "changed, told",
    [
        ({"offices": []}, "offices"),
        ({"offices": ["north", "north"]}, "twice"),
        ({"population": "nowhere.csv"}, "nowhere.csv"),
        ({"strange": 1}, "strange"),
    ],
)
def test_an_agreement_that_cannot_be_kept_is_refused(place, capsys, changed, told):
    agree(place, "bad", **{"offices": ["north", "south"], **changed})

    assert leave(place, "south", "bad") == errors.AgreementError.exit_code
    assert told in capsys.readouterr().err


def test_an_agreement_that_is_nested_too_deeply_is_refused(place, capsys):
    (place / "deep.toml").write_text("round = " + "[" * 100_000)

    assert leave(place, "south", "deep") == errors.AgreementError.exit_code
    assert "too deeply" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["south.parquet", "offices.key"])
def test_a_part_takes_the_place_of_no_survey_and_of_no_key(place, name):
    before = (place / name).read_bytes()

    code = call(
        *("merge", "part", place / "south.parquet", "--office", "south"),
        *("--agreement", place / "two.toml", "--models", place / "models"),
        *("--key", place / "offices.key", "--settings", place / "quick.toml"),
        *("--output", place / name),
    )

    assert code == errors.NotWritableError.exit_code
    assert (place / name).read_bytes() == before


def test_a_key_is_never_written_over(place):
    before = (place / "offices.key").read_bytes()

    assert call("merge", "key", place / "offices.key") == errors.AgreementError.exit_code
    assert (place / "offices.key").read_bytes() == before
    assert (place / "offices.key").stat().st_mode & 0o777 == 0o600


def test_whoever_joins_late_moves_no_rate_of_others(place):
    wave = survey_of(4).assign(id=np.arange(1500))
    told = []
    for name, survey in {
        "late-0": wave.drop(index=700),
        "late-1": wave.assign(vertrek=wave["vertrek"].where(wave.index != 700, 1)),
        "late-5": wave.assign(vertrek=wave["vertrek"].where(wave.index != 700, 5)),
    }.items():
        survey.to_parquet(place / f"{name}.parquet")
        agree(place, name, offices=["all"], round=name)
        assert not leave(place, "all", name, name, name)
        ledger = place / f"ledger-{name}"
        if told:
            shutil.copytree(place / "ledger-late-0", ledger)
        assert not release(place, [name], name, name, ledger.name)
        told.append(pd.read_parquet(place / name / "groups.parquet"))

    assert len(told[1]) > 100
    assert told[1].equals(told[2])
