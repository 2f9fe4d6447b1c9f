"""Checks with a code: each speaks past its limit and is silent on it, and can be silenced aloud."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.checks import models, surveys, waves
from blijfwijzer.checks.document import describe_checks
from blijfwijzer.checks.findings import Finding, as_json, find, from_json, look_at
from blijfwijzer.checks.register import CHECKS, check_of, limit_of
from blijfwijzer.declared import languages
from blijfwijzer.errors import SettingsError
from blijfwijzer.estimation.reliability import LOW_RELIABILITY, Reliability
from blijfwijzer.publish.check_texts import (
    check_blocks,
    check_json,
    check_lines,
    check_tags,
    warn_of,
)
from blijfwijzer.publish.language.catalogue import ids
from blijfwijzer.publish.language.texts import write
from blijfwijzer.risk import calibration, monitoring
from blijfwijzer.settings import CheckSettings, WaveSettings, load_settings
from blijfwijzer.survey import accounting, remarks
from blijfwijzer.survey.accounting import NO_ACCOUNT
from blijfwijzer.survey.answers import Cell
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.labels import called, labels_of
from blijfwijzer.survey.texts import Text, say

ROOT = Path(__file__).parents[2]
BOOK = load_codebook(ROOT / "tests" / "assets" / "small.toml")
SINGLE = pd.Series({"sort": 0.86, "mean": 0.85, "other": 0.6})
MOVES = pd.Series({"a": 0.2, "b": 0.01, "c": 0.2})
NAMES = {"prevalence": "the same", "logistic": "a regression", "trees": "trees"}


def codes(found):
    return [check_of(message).code for message in found]


def scales(*alphas):
    low = [bool(alpha < LOW_RELIABILITY) for alpha in alphas]
    table = pd.DataFrame({"scale": [f"s{i}" for i in range(len(alphas))], "alpha": alphas})
    return Reliability(table.assign(is_low=low), pd.DataFrame({"item_rest": []}))


def items(*correlations):
    return pd.DataFrame({"item": "a", "scale": "s", "item_rest": correlations})


def moved(now):
    return {"then": 1.0, "now": now, "is_alarm": True}


def quiet():
    return moved(0.8) | {"is_alarm": False}


def lost(accepted, rejected, stray=0, read=0):
    cells = dict(NO_ACCOUNT.cells) | {Cell.STRAY: stray, Cell.READ: read}
    return replace(NO_ACCOUNT, accepted=accepted, rejected=rejected, columns=1, cells=cells)


def alike(size, noise, rng=0):
    """Two columns with a correlation of exactly `1 / sqrt(1 + noise^2)`, and a weight of one."""
    draws = np.linalg.qr(np.random.default_rng(rng).standard_normal((size, 3)))[0]
    draws -= draws.mean(axis=0)
    first, second = np.linalg.qr(draws)[0][:, :2].T
    return pd.DataFrame({"a": first, "b": first + noise * second}), np.ones(size)


def beside(r, same_scale=False):
    frame, weight = alike(400, np.sqrt(1 / r**2 - 1))
    return list(models.find_collinear(frame, ["s", "s" if same_scale else "t"], weight, {}))


def missing(absent):
    """What is told of a question that so many of 1000 gave no answer to."""
    column = pd.Series(np.tile([1.0, 2.0], 500)).where(np.arange(1000) >= absent)
    answered = pd.DataFrame({name: column for name in BOOK.columns if name == "inzet_1"})
    found = remarks.remark_answers(answered, BOOK)
    return [told for told in found if told.id == "remark.many_missing"]


def test_what_many_did_not_answer_is_told_in_tens():
    """Of thirty people 23 % are seven."""
    shares = {absent: write(missing(absent)[0], "en") for absent in (201, 299, 300)}

    for absent, least in {201: 20, 299: 20, 300: 30}.items():
        assert f"(at least {least}%)" in shares[absent]


def weighted(heavy):
    """What is told of 1000 people with a weight of 1 among so many of a weight of nearly nothing.

    Their design effect is the number of all over 1000.
    """
    weight = np.append(np.ones(1000), np.full(heavy, 1e-9))
    found = remarks.remark_weights(pd.DataFrame({"weight": weight}), BOOK)
    return [told for told in found if check_of(told).level == "warning"]


def answers(events, others):
    return np.repeat([1.0, 0.0], [events, others])


CASES = [
    (
        "BW101",
        lambda: models.find_leaks(SINGLE, 0.85, "t", {}),
        lambda: models.find_leaks(SINGLE, 0.86, "t", {}),
    ),
    (
        "BW102",
        lambda: models.find_too_good(0.851, 0.85, SINGLE, "t", {}),
        lambda: models.find_too_good(0.85, 0.85, SINGLE, "t", {}),
    ),
    (
        "BW103",
        lambda: models.find_simpler({"prevalence": 0.3, "trees": 0.31}, "trees", NAMES),
        lambda: models.find_simpler({"prevalence": 0.3, "trees": 0.30, "x": 0.1}, "trees", NAMES),
    ),
    (
        "BW104",
        lambda: models.find_simpler({"prevalence": 0.3, "trees": 0.29}, "prevalence", NAMES),
        lambda: models.find_simpler({"prevalence": 0.3, "trees": 0.29}, "trees", NAMES),
    ),
    (
        "BW105",
        lambda: models.find_slope(0.8, (0.7, 0.9), "off"),
        lambda: models.find_slope(0.8, (0.6, 1.0), ""),
    ),
    (
        "BW106",
        lambda: models.find_slope(1.1, (0.99, 1.2), "near"),
        lambda: models.find_slope(1.1, (0.9, 1.3), ""),
    ),
    ("BW107", lambda: models.find_few_units(19), lambda: models.find_few_units(20)),
    (
        "BW108",
        lambda: models.find_rare(answers(99, 500), "t"),
        lambda: models.find_rare(answers(100, 500), "t"),
    ),
    (
        "BW108",
        lambda: models.find_rare(answers(500, 99), "t"),
        lambda: models.find_rare(answers(500, 100), "t"),
    ),
    (
        "BW109",
        lambda: models.find_grid_edge(True, "trees", "600 trees"),
        lambda: models.find_grid_edge(False, "trees", "450 trees"),
    ),
    (
        "BW110",
        lambda: models.find_unstable_champion(["trees"] * 2 + ["logistic"] * 3, "logistic", NAMES),
        lambda: models.find_unstable_champion(["trees"] * 1 + ["logistic"] * 4, "logistic", NAMES),
    ),
    # Of 30 features 10 are 1 / 3 in common by chance: .6 in common is .4 beyond it.
    (
        "BW111",
        lambda: models.find_unstable_drivers(0.59, 10, 30),
        lambda: models.find_unstable_drivers(0.6, 10, 30),
    ),
    (
        "BW112",
        lambda: models.find_useless(pd.Series({"a": 0.00009, "b": 0.1}), {}),
        lambda: models.find_useless(pd.Series({"a": 0.0001, "b": 0.1}), {}),
    ),
    ("BW113", lambda: beside(0.901), lambda: beside(0.899)),
    ("BW113", lambda: beside(0.99), lambda: beside(0.99, same_scale=True)),
    (
        "BW114",
        lambda: models.find_proxy("age", "55+", 0.8),
        lambda: models.find_proxy("age", "55+", 0.799),
    ),
    (
        "BW115",
        lambda: models.find_unearned(MOVES, pd.Series({"a": 0.0, "b": -1.0, "c": 0.1}), {}),
        lambda: models.find_unearned(MOVES, pd.Series({"a": 0.001, "b": -1.0, "c": np.nan}), {}),
    ),
    (
        "BW201",
        lambda: surveys.find_low_reliability(scales(0.59, 0.7), {}),
        lambda: surveys.find_low_reliability(scales(0.60, 0.7), {}),
    ),
    ("BW202", lambda: missing(201), lambda: missing(200)),
    ("BW203", lambda: surveys.find_lost(lost(949, 51)), lambda: surveys.find_lost(lost(950, 50))),
    (
        "BW204",
        lambda: surveys.find_lost(lost(1000, 0, stray=21, read=979)),
        lambda: surveys.find_lost(lost(1000, 0, stray=20, read=980)),
    ),
    ("BW205", lambda: weighted(1001), lambda: weighted(999)),
    ("BW215", lambda: surveys.find_drafted([3]), lambda: surveys.find_drafted([])),
    (
        "BW216",
        lambda: surveys.find_items_against(items(-0.11), {}),
        lambda: surveys.find_items_against(items(-0.1, np.nan), {}),
    ),
    ("BW301", lambda: models.find_drift(["a"], 20, {}), lambda: models.find_drift([], 20, {})),
    ("BW302", lambda: waves.find_moved_slope(moved(0.8)), lambda: waves.find_moved_slope(quiet())),
    ("BW302", lambda: waves.find_moved_slope(moved(1.2)), lambda: waves.find_moved_slope(quiet())),
    (
        "BW302",
        lambda: waves.find_moved_level(moved(0.2), 0.17, 0.21),
        lambda: waves.find_moved_level(quiet(), 0.17, 0.21),
    ),
    ("BW303", lambda: waves.find_moved_groups(["a"]), lambda: waves.find_moved_groups([])),
    (
        "BW304",
        lambda: waves.find_turned_items([{"item": "a", "then": 0.5, "now": -0.5}]),
        lambda: waves.find_turned_items([]),
    ),
]


@pytest.mark.parametrize(("code", "past", "on"), CASES)
def test_a_check_speaks_past_its_limit_and_not_on_it(code, past, on):
    found = list(past())

    assert codes(found) == [code]
    assert list(on()) == []
    for language in languages():
        text = write(found[0], language)
        assert text and "{" not in text


def test_what_was_found_is_told_by_labels_with_names_beside():
    names, sizes = called(BOOK), pd.Series({"inzet_1": 0.0, "veilig_1": 0.0})
    low = scales(0.5).scales.assign(scale="inzetbaarheid")
    found = {
        "BW101": models.find_leaks(pd.Series({"inzet_1": 0.9}), 0.85, "t", names),
        "BW112": models.find_useless(sizes, names),
        "BW115": models.find_unearned(sizes, sizes, names),
        "BW201": surveys.find_low_reliability(replace(scales(), scales=low), names),
        "BW202": missing(900),
        "BW301": models.find_drift(["inzet_1"], 20, names),
    }

    for code, told in found.items():
        (message,) = told
        name = "inzetbaarheid" if code == "BW201" else "inzet_1"
        for language in languages():
            label = write(labels_of(BOOK)[name], language)
            assert label != name
            assert f"{label} [{name}]" in write(message, language)


def test_a_label_that_only_repeats_its_name_is_told_once():
    column = BOOK.columns["inzet_1"].model_copy(update={"label": Text(nl="inzet_1", en="inzet_1")})
    book = BOOK.model_copy(update={"columns": {**BOOK.columns, "inzet_1": column}})

    assert called(book)["inzet_1"] == "inzet_1"


def test_a_sentence_belongs_to_one_check_and_each_remark_to_some():
    told = [sentence for check in CHECKS.values() for sentence in check.sentences]
    parts = {"at_least", "called", "feature", "items_absent", "pair", "renamed", "with_share"}
    parts |= {"moved.one_group", "moved.one_item"}
    whole = {name for name in ids("en") if name.startswith("remark.")}

    assert len(told) == len(set(told))
    assert set(told) <= ids("en")
    assert whole - set(told) == {f"remark.{part}" for part in parts}


def test_codes_and_names_are_unique_and_say_what_they_are_about():
    names = [check.name for check in CHECKS.values()]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"BW[123]\d\d", code) for code in CHECKS)
    assert all(code == check.code for code, check in CHECKS.items())


def test_limits_that_lower_rooms_have_are_those_that_are_told():
    """Rooms below the checks cannot ask them."""
    assert limit_of("low_reliability") == LOW_RELIABILITY
    assert limit_of("many_missing") == remarks.MANY_MISSING
    assert limit_of("costly_weights") == remarks.LARGE_DESIGN_EFFECT
    assert limit_of("many_rejected") == accounting.MANY_REJECTED
    assert limit_of("many_stray") == accounting.MANY_STRAY
    assert limit_of("slope_off") == calibration.OFF
    assert limit_of("slope_near") == calibration.NEAR
    assert limit_of("drift") == WaveSettings().largest_drift
    assert limit_of("calibration_moved") == monitoring.DIVIDED["overall"]
    assert limit_of("group_moved") == monitoring.DIVIDED["group"]
    assert limit_of("item_turned") == monitoring.LEAST_FALL
    with pytest.raises(KeyError):
        limit_of("weights")


def test_the_page_on_checks_is_what_they_declare():
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")

    assert page == describe_checks()
    assert "{limit" not in page
    assert all(f"### {code} " in page for code in CHECKS)


FEW = say("remark.few_units", units=7)


def two():
    """A warning and a note, of which the warning is silenced."""
    told = [*models.find_useless(pd.Series({"a": 0.0}), {}), *models.find_few_units(7)]
    return find(told, {"BW107": "all there are"})


def test_what_asks_for_a_look_comes_first():
    told = [*models.find_useless(pd.Series({"a": 0.0}), {}), *models.find_few_units(7)]

    assert [one.check.code for one in find(told, {})] == ["BW107", "BW112"]
    assert [one.check.code for one in look_at(find(told, {}))] == ["BW107"]
    assert look_at(find(told, {"BW112": "why"})) == find(told, {})[:1]


def test_what_is_silenced_is_shown_with_its_reason_and_asks_for_no_look():
    found = two()

    assert look_at(found) == ()
    assert list(warn_of(found)) == []
    (line,) = [line for line in check_lines(found, "en") if "BW107" in line]
    assert line.startswith("silenced: BW107: Intervals rest on 7 whole units.")
    assert line.endswith("Accepted because: “all there are”.")
    assert check_tags(found) == {
        "blijfwijzer.check.BW107": "silenced: all there are",
        "blijfwijzer.check.BW112": "note",
    }
    points = [write(point, "nl") for block in check_blocks(found) for point in block.points]
    assert [point for point in points if "Aanvaard omdat: “all there are”." in point]


def test_a_page_warns_of_what_asks_for_a_look():
    told = [*models.find_few_units(7), *models.find_rare(answers(5, 500), "t")]

    (warning,) = warn_of(find(told, {}))

    assert write(warning, "en").startswith("Look first at what 2 checks found: BW107, BW108.")
    assert write(say("check.clean"), "en") in [
        write(p, "en") for block in check_blocks(()) for p in block.paragraphs
    ]


def test_findings_that_were_written_are_read_as_they_were():
    raw = json.loads(json.dumps(check_json(two())))

    again = tuple(map(from_json, raw))

    assert [(one.check, one.silenced) for one in again] == [
        (one.check, one.silenced) for one in two()
    ]
    for language in languages():
        assert [write(one.told, language) for one in again] == [
            write(one.told, language) for one in two()
        ]
    assert set(raw[0]) == {"code", "name", "level", "text", "silenced"}
    with pytest.raises(KeyError):
        from_json(as_json(Finding(CHECKS["BW107"], FEW), {"nl": "", "en": ""}) | {"code": "BW999"})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('BW107 = "  "', "give a reason"),
        ('BW17 = "why"', "there is no check BW17; near it: BW217, BW107"),
        ('bw105 = "why"', "there is no check bw105; near it: BW105"),
        ('slope = "why"', "there is no check slope; near it: BW105, BW106"),
    ],
)
def test_silence_needs_a_code_that_there_is_and_a_reason(tmp_path, line, told):
    file = tmp_path / "settings.toml"
    file.write_text(f"[checks.silenced]\n{line}\n", encoding="utf-8")

    with pytest.raises(SettingsError, match=re.escape(told)):
        load_settings(file)


def test_a_reason_is_kept_without_the_space_around_it():
    assert CheckSettings(silenced={"BW107": " why "}).silenced == {"BW107": "why"}


def test_no_correlation_is_told_of_what_does_not_vary_or_few_answered(rng):
    first, second = rng.standard_normal((2, 300))
    both = np.arange(300) < 200
    constant = np.where(both, 3.1, second)
    apart = np.where(both, first, np.nan)
    few = np.where(np.arange(300) < 99, first, np.nan)
    enough = np.where(np.arange(300) < 100, first, np.nan)

    def told(values):
        return models.weighted_correlations(np.column_stack([first, values]), np.ones(300))[0, 1]

    assert np.isnan(
        models.weighted_correlations(np.column_stack([apart, constant]), np.ones(300))[0, 1]
    )
    assert np.isnan(told(few))
    assert told(enough) == pytest.approx(1)
    assert np.isnan(told(np.full(300, np.nan)))


def test_weighted_correlations_are_those_of_copies(rng):
    values = rng.standard_normal((200, 4))
    values[:, 1] += values[:, 0]
    values[rng.random((200, 4)) < 0.1] = np.nan
    times = rng.integers(1, 4, 200)

    found = models.weighted_correlations(values, times.astype(float))

    expected = pd.DataFrame(np.repeat(values, times, axis=0)).corr().to_numpy()
    np.testing.assert_allclose(found, expected, atol=1e-12)
