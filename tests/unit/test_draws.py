"""Draws that nobody can choose: what a user may change after seeing one, and what then happens."""

import hashlib
import json
import shutil

import pandas as pd
import pytest

import small_releases
from blijfwijzer import errors
from blijfwijzer.disclosure.chain import verify
from blijfwijzer.progress import silent
from blijfwijzer.runs.vouchers import VoucherRequest, publish_division
from blijfwijzer.runs.vouchers import divide as work_out
from blijfwijzer.settings import Settings
from blijfwijzer.vouchers.seal import open_sealed
from command_line import call
from small_releases import PLAN, SECRET, groups_of, make_release, write_secret


@pytest.fixture
def place(tmp_path):
    write_secret(tmp_path)
    make_release(tmp_path)
    return tmp_path


def divide(place, *options, release=None, secret=True):
    given = ("--secret", place / "secret.txt") if secret else ()
    folder = place / "out" if release is None else release
    return call("vouchers", folder, *given, *options, "--ledger", place / "ledger")


def settings_file(place, name="s", **changed):
    lines = {key: json.dumps(value) for key, value in {**PLAN, **changed}.items()}
    text = "".join(f"{key} = {value}\n" for key, value in lines.items())
    (place / f"{name}.toml").write_text(f'language = "en"\n[vouchers]\n{text}')
    return place / f"{name}.toml"


def drawn_in(place, name="out"):
    return open_sealed(place / name / "lottery.json")


def audit(place, *names):
    folders = [place / name for name in names or ("out",)]
    return call("disclosure", "audit", *folders, "--ledger", place / "ledger")


def copied(place, other):
    shutil.copytree(place, other)
    return other


def test_a_draw_is_as_planned_and_the_audit_names_it(place, capsys):
    assert not divide(place)
    assert not audit(place)

    lottery = drawn_in(place)
    assert lottery.origin.number == 1
    assert lottery.table["by_lot"].sum() > 0
    told = capsys.readouterr().out
    assert "its vouchers: draw 1 in line 3" in told
    assert "other division" not in told


def test_the_page_of_a_division_calls_units_as_the_codebook_does(place):
    assert not divide(place)

    page = (place / "out" / "report.html").read_text(encoding="utf-8")
    assert ">Organisation<" in page
    assert ">organisatie<" not in page


def test_a_lottery_without_a_promise_before_scoring_is_refused(tmp_path, capsys):
    write_secret(tmp_path)
    make_release(tmp_path, {"budget": 100_000, "cost": 1000})

    code = divide(tmp_path, "--settings", settings_file(tmp_path), "--again", "we forgot")

    assert code == errors.VoucherError.exit_code
    assert "no secret was promised when it was scored" in capsys.readouterr().err


@pytest.mark.parametrize("groups", [1, 3])
def test_where_there_is_too_little_to_draw_among_vouchers_are_divided_all_the_same(
    tmp_path, monkeypatch, capsys, groups
):
    monkeypatch.setattr(small_releases, "GROUPS", groups)
    make_release(tmp_path, {"budget": 50_000, "cost": 1000})

    assert not divide(tmp_path, secret=False)
    assert not divide(tmp_path, secret=False)
    assert not audit(tmp_path)

    assert not (tmp_path / "out" / "lottery.json").exists()
    assert "its vouchers: a division by need" in capsys.readouterr().out


def test_where_nobody_is_in_need_no_figure_of_nothing_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        small_releases,
        "groups_of",
        lambda rng: groups_of(rng).assign(
            achterblijver_rate=0.0, achterblijver_low=0.0, achterblijver_high=0.0
        ),
    )
    make_release(tmp_path, {"budget": 50_000, "cost": 1000})

    assert not divide(tmp_path, secret=False)

    told = capsys.readouterr().out
    assert "0 vouchers in 0 of 60 groups" in told
    assert "nan" not in told


@pytest.mark.parametrize(
    "forged",
    [{"needs": [1]}, {"needs": ["other"]}, {"education": [1, 2]}, {"voucher_outcome": {"a": 1}}],
)
def test_a_release_that_was_altered_is_refused_before_it_is_believed(place, capsys, forged):
    record = place / "out" / "run.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), **forged}))

    assert divide(place) == errors.ReleaseError.exit_code
    assert "not as they were entered in the ledger: run.json" in capsys.readouterr().err


def test_profiles_that_were_put_in_later_are_refused_before_they_are_read(place, capsys):
    forged = b"no table"
    (place / "out" / "segments.parquet").write_bytes(forged)
    record = place / "out" / "run.json"
    run = json.loads(record.read_text())
    run["files"]["segments.parquet"] = hashlib.sha256(forged).hexdigest()
    record.write_text(json.dumps(run))

    assert divide(place) == errors.ReleaseError.exit_code
    assert "segments.parquet" in capsys.readouterr().err


@pytest.mark.parametrize("ratio", [-1.0, 0.0, 1e300])
def test_take_up_of_a_level_is_no_less_than_none_and_no_multitude(ratio):
    with pytest.raises(ValueError, match="take_up_ratio.low"):
        Settings(vouchers={"take_up_ratio": {"low": ratio}})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("another secret of some length", "another secret than the one that was promised"),
        ("7", "can be guessed"),
    ],
)
def test_another_secret_than_was_promised_is_refused(place, capsys, text, told):
    write_secret(place, text)

    assert divide(place) == errors.VoucherError.exit_code
    assert told in capsys.readouterr().err


def test_a_draw_waits_for_the_secret(place, capsys):
    assert divide(place, secret=False) == errors.VoucherError.exit_code
    assert "the secret is not given" in capsys.readouterr().err


def test_a_secret_that_was_revealed_before_scoring_is_refused(place, capsys):
    assert not divide(place)
    shutil.move(place / "out", place / "first")
    make_release(place, wave="3", seed=2)

    assert divide(place) == errors.VoucherError.exit_code
    assert "was revealed in line 3, before it was scored" in capsys.readouterr().err


# All that may be changed after a draw was seen, each tried in the same ledger and in a copy of
# folder and ledger as they were before it: there the draw is the same, or says what is changed.
CHANGES = {
    "nothing": {},
    "mix": {"mix": [2, 1, 0]},
    "share": {"lottery": 0.3},
    "robustness": {"robustness": 1.0},
    "budget": {"budget": 90_000},
    "cost": {"cost": 900},
    "guidance": {"guidance": "time"},
    "floors": {"floors": {}},
    "reserve": {"reserve": 0.2},
    "promise": {"commitment": "0" * 64},
    "seed": {},
}
SAME = {"nothing", "floors", "seed"}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_after_a_draw_gives_the_same_or_is_refused_or_is_named(tmp_path, capsys, change):
    place = tmp_path / "one"
    place.mkdir()
    write_secret(place)
    make_release(place)
    copy = copied(place, tmp_path / "two")
    assert not divide(place)
    first = drawn_in(place)

    for tried in (place, copy):
        file = settings_file(tried, **{k: v for k, v in CHANGES[change].items() if k != "floors"})
        if change == "seed":
            file.write_text("seed = 7\n" + file.read_text())
        asked = ("--settings", file)
        code = divide(tried, *asked)
        if change in SAME:
            assert not code
            assert drawn_in(tried).sha256 == first.sha256
            continue
        assert code == errors.ReleaseError.exit_code
        assert "--again" in capsys.readouterr().err
        assert not divide(tried, *asked, "--again", "the minister asked")
        second = drawn_in(tried)
        assert second.sha256 != first.sha256
        assert second.origin.seed == first.origin.seed
        assert second.origin.reason == "the minister asked"
        page = (tried / "out" / "report.html").read_text()
        assert "the minister asked" in page
        capsys.readouterr()
        assert not audit(tried)
        assert "(the minister asked)" in capsys.readouterr().out
    if change not in SAME:
        assert drawn_in(place).origin.number == 2


def test_a_removed_lottery_comes_back_as_it_was(place):
    assert not divide(place)
    sealed = (place / "out" / "lottery.json").read_bytes()
    (place / "out" / "lottery.json").unlink()
    assert audit(place) == errors.TrialError.exit_code

    assert not divide(place)

    assert (place / "out" / "lottery.json").read_bytes() == sealed
    kinds = [line.content["kind"] for line in verify(place / "ledger" / "small")]
    assert kinds == ["settle", "score", "vouchers"]
    assert not audit(place)


def test_a_division_by_need_after_a_draw_is_named(place, capsys):
    assert not divide(place)
    plain = settings_file(place, lottery=0.0, no_lottery="the council asks so")

    assert divide(place, "--settings", plain) == errors.ReleaseError.exit_code
    assert "drawn among already: draw 1 in line 3" in capsys.readouterr().err
    assert not divide(place, "--settings", plain, "--again", "no draw after all")

    assert "no draw after all" in (place / "out" / "report.html").read_text()
    assert not (place / "out" / "lottery.json").exists()
    capsys.readouterr()
    assert not audit(place)
    assert "1 other division among its people: draw 1 in line 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"lottery": 0.0}, "nothing would be drawn, so what vouchers do would never be known"),
        ({"budget": 0.0}, "no budget or no cost of a voucher is given"),
        ({"across": "geslacht"}, "none is the one that is asked (geslacht)"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_and_changes_nothing(place, capsys, changed, told):
    before = {path.name: path.read_bytes() for path in (place / "out").iterdir()}

    code = divide(place, "--settings", settings_file(place, **changed), "--again", "tried")

    assert code == errors.SettingsError.exit_code
    assert told in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (place / "out").iterdir()} == before


@pytest.mark.parametrize("changed", ["settings", "wave", "file"])
def test_scoring_the_same_people_again_gives_no_free_draw(place, capsys, changed):
    assert not divide(place)
    shutil.move(place / "out", place / "first")
    wave = "3" if changed == "wave" else "2"
    make_release(place, {**PLAN, "robustness": 0.5}, wave, seed=2 if changed == "file" else 1)

    # Its secret is known by now, so it cannot be used; with a new one it is a second draw.
    assert divide(place) == errors.VoucherError.exit_code
    assert "was revealed in line 3" in capsys.readouterr().err


def test_scoring_anew_in_an_older_copy_of_the_ledger_gives_the_same_draw(tmp_path):
    place = tmp_path / "one"
    place.mkdir()
    write_secret(place)
    make_release(place, wave="1", seed=9)
    shutil.rmtree(place / "out")
    older = copied(place, tmp_path / "two")
    make_release(place)
    shutil.copytree(older / "ledger", tmp_path / "three" / "ledger")
    write_secret(tmp_path / "three")
    make_release(older)
    make_release(tmp_path / "three", {**PLAN, "robustness": 2.0})

    for own in (place, older, tmp_path / "three"):
        assert not divide(own)

    seeds = {drawn_in(own).origin.seed for own in (place, older, tmp_path / "three")}
    assert len(seeds) == 1


@pytest.mark.parametrize("changed", ["plan", "wave"])
def test_a_second_promise_for_the_same_people_is_named(place, capsys, changed):
    """Who was shown the secret tries both releases in a copy, and then draws by the better one."""
    shutil.move(place / "out", place / "first")
    plan = {**PLAN, "lottery": 0.3} if changed == "plan" else PLAN
    make_release(place, plan, "3" if changed == "wave" else "2")

    if changed == "plan":
        assert divide(place) == errors.ReleaseError.exit_code
        assert "what differs: release 2" in capsys.readouterr().err
        assert not divide(place, "--again", "the first plan was too large")
        assert drawn_in(place).origin.changed == ("release 2",)
    else:
        assert not divide(place)
    capsys.readouterr()
    assert not audit(place)
    assert "promise of a draw in line 2 as well" in capsys.readouterr().out


def test_climate_by_the_same_settings_is_no_promise(tmp_path):
    write_secret(tmp_path)
    shutil.move(make_release(tmp_path, kind="climate"), tmp_path / "climate")
    make_release(tmp_path)

    assert not divide(tmp_path)
    assert not drawn_in(tmp_path).origin.changed


def test_a_promise_that_was_altered_in_the_record_is_refused(place):
    run = json.loads((place / "out" / "run.json").read_text())
    run["settings"]["vouchers"]["mix"] = [2, 1, 0]
    (place / "out" / "run.json").write_text(json.dumps(run))

    assert divide(place) in (errors.VoucherError.exit_code, errors.ReleaseError.exit_code)
    assert not (place / "out" / "lottery.json").exists()


@pytest.mark.parametrize("wave", ["2", "3"])
def test_a_new_secret_for_the_same_people_is_a_second_draw(place, capsys, wave):
    assert not divide(place)
    shutil.move(place / "out", place / "first")
    other = SECRET[::-1]
    promise = hashlib.sha256(other.encode()).hexdigest()
    make_release(place, {**PLAN, "commitment": promise}, wave)
    write_secret(place, other)

    assert divide(place) == errors.ReleaseError.exit_code
    assert not divide(place, "--again", "lost the list")
    capsys.readouterr()
    assert not audit(place, "out", "first")

    told = capsys.readouterr().out
    assert "its vouchers: draw 2 in line 5 (lost the list)" in told
    assert "1 other division among its people: draw 1 in line 3" in told
    assert "1 other division among its people: draw 2 in line 5 (lost the list)" in told
    assert drawn_in(place).origin.changed == ("release 2",)
    assert drawn_in(place).origin.number == 2


def test_two_who_draw_at_once_get_one_draw(place):
    out, ledgers, secret = place / "out", place / "ledger", place / "secret.txt"
    copy = copied(out, place / "copy")
    file = settings_file(place, lottery=0.3)
    slow = VoucherRequest(copy, settings=file, secret=secret, again="another share")
    late = work_out(slow, ledgers, silent)
    assert not divide(place)

    with pytest.raises(errors.BusyError):
        publish_division(late, copy, ledgers, silent)


def outcomes_of(place, path, shift=0.0):
    table = drawn_in(place).compared
    share = (
        0.3
        + 0.1 * (table["arm"] == "offered")
        + 0.01 * (pd.Series(range(len(table))) % 7).to_numpy()
    )
    rows = pd.DataFrame({"n": 40, "count": (40 * (share + shift)).round().astype(int)})
    rows.rename_axis("group").to_csv(path)
    return path


def tried(place, outcomes, *options):
    return call(
        *("trial", place / "out" / "lottery.json", outcomes, "--ledger", place / "ledger"),
        *("--output", place / "effect.json", *options),
    )


def test_a_trial_is_looked_up_entered_and_coarse(place, capsys):
    assert not divide(place)
    file = outcomes_of(place, place / "trained.csv")

    assert not tried(place, file)
    capsys.readouterr()

    assert not tried(place, file, "--json")

    printed = capsys.readouterr()
    told = json.loads((place / "effect.json").read_text())
    assert json.loads(printed.out) == told
    assert told["verified"] == "ledger"
    assert told["draw"] == "draw 1 in line 3"
    assert told["analysis"] == "1"
    assert told["low"] < told["effect"] < told["high"]
    for name in ("effect", "low", "high"):
        assert told[name] == round(told[name], 1)
    assert told["share_offered"] == round(told["share_offered"])
    lines = verify(place / "ledger" / "small")
    kinds = [line.content["kind"] for line in lines]
    assert kinds == ["settle", "score", "vouchers", "trial"]
    assert lines[-1].content["dataset"] not in "".join(printed)


def test_a_release_is_as_it_was_entered_after_its_trial(place):
    """What a trial tells stands in a file elsewhere, and its line is none of what was added."""
    assert not divide(place)
    file = outcomes_of(place, place / "trained.csv")
    assert not tried(place, file)

    assert not audit(place)
    assert not divide(place)
    assert not tried(place, file)


def test_swapped_arms_are_refused_and_without_a_ledger_not_verified(place, capsys):
    assert not divide(place)
    file = outcomes_of(place, place / "trained.csv")
    path = place / "out" / "lottery.json"
    published = drawn_in(place).sha256
    lottery = drawn_in(place)
    turned = lottery.table["arm"].map({"offered": "not offered", "not offered": "offered", "": ""})
    object.__setattr__(lottery, "table", lottery.table.assign(arm=turned))
    path.write_bytes(lottery.sealed)

    assert tried(place, file) == errors.TrialError.exit_code
    assert "is not in this ledger" in capsys.readouterr().err
    assert tried(place, file, "--sha256", published) == errors.TrialError.exit_code
    shutil.move(place / "ledger", place / "away")
    assert not tried(place, file)

    assert json.loads((place / "effect.json").read_text())["verified"] == "not verified"
    assert "Not verified" in capsys.readouterr().err
    assert not (place / "ledger").exists()


def test_another_choice_of_outcomes_is_named(place, capsys):
    assert not divide(place)
    assert not tried(place, outcomes_of(place, place / "trained.csv"))
    later = outcomes_of(place, place / "later.csv", shift=0.05)
    assert tried(place, later) == errors.TrialError.exit_code
    assert "in line 4 of the ledger" in capsys.readouterr().err
    assert not tried(place, later, "--before", place / "trained.csv")

    told = json.loads((place / "effect.json").read_text())
    assert told["analysis"] == "2, with other outcomes than in line 4"
    rows = pd.read_csv(place / "trained.csv").iloc[::-1]
    rows.to_csv(place / "turned.csv", index=False)
    assert not tried(place, place / "turned.csv")
    assert json.loads((place / "effect.json").read_text())["analysis"] == "1"


def test_a_third_choice_of_outcomes_is_refused(place, capsys):
    """By fifteen, of which each two differed by four groups of an arm, all counts followed."""
    assert not divide(place)
    files = []
    for place_of, shift in enumerate((0.0, 0.05, 0.1)):
        file = outcomes_of(place, place / f"{place_of}.csv", shift=shift)
        before = [text for one in files for text in ("--before", one)]
        code = tried(place, file, *before)
        files.append(file)

    assert code == errors.TrialError.exit_code
    assert "analysed with 2 others, in line 4, 5 of the ledger" in capsys.readouterr().err
    assert not tried(place, files[1])


def test_a_second_draw_is_not_analysed_beside_the_first(place, capsys):
    assert not divide(place)
    first = outcomes_of(place, place / "first.csv")
    sealed = shutil.copy(place / "out" / "lottery.json", place / "first.json")
    other = settings_file(place, lottery=0.4)
    assert not divide(place, "--settings", other, "--again", "a smaller share")
    assert not call("trial", sealed, first, "--ledger", place / "ledger")

    second = outcomes_of(place, place / "second.csv")

    assert tried(place, second) == errors.TrialError.exit_code
    assert "among the same people was analysed: draw 1 in line 3" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [0, 1])
def test_a_late_answer_is_not_told_by_two_results(place, capsys, answer):
    assert not divide(place)
    first = outcomes_of(place, place / "trained.csv")
    assert not tried(place, first)
    rows = pd.read_csv(first)
    rows.loc[0, ["n", "count"]] += [1, answer]
    rows.to_csv(place / "late.csv", index=False)
    before = (place / "effect.json").read_bytes()

    assert tried(place, place / "late.csv", "--before", first) == errors.TrialError.exit_code

    assert "fewer than 3 groups or 10 people" in capsys.readouterr().err
    assert (place / "effect.json").read_bytes() == before
    kinds = [line.content["kind"] for line in verify(place / "ledger" / "small")]
    assert kinds.count("trial") == 1


def test_a_trial_names_a_second_draw(place):
    assert not divide(place)
    other = settings_file(place, lottery=0.4)
    assert not divide(place, "--settings", other, "--again", "a smaller share")
    assert not tried(place, outcomes_of(place, place / "trained.csv"))

    told = json.loads((place / "effect.json").read_text())
    assert told["draw"] == "draw 2 in line 4 (a smaller share); others: draw 1 in line 3"
