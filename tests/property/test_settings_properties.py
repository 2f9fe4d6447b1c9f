"""What must hold of every number that a user may set, whatever settings come."""

import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import annotated_types as bound
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from blijfwijzer.cli.settings_document import describe_settings, read_meanings
from blijfwijzer.errors import SettingsError
from blijfwijzer.section import Section
from blijfwijzer.settings import Settings, load_settings

LARGEST = 10**12
"""No bound lies beyond: bytes of a file are the largest number there is."""


def bounds_of(metadata: list[Any]) -> tuple[list[float], list[float]]:
    """Give the bounds below and above that a field tells of."""
    low = [getattr(m, n) for m in metadata for n in ("ge", "gt") if hasattr(m, n)]
    high = [getattr(m, n) for m in metadata for n in ("le", "lt") if hasattr(m, n)]
    return low, high


def numbers_in(kind: Any, metadata: list[Any], wrap: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Give each number of a type: how a value of it is written, and what is said of it."""
    if get_origin(kind) is Annotated:
        inner, *own = get_args(kind)
        told = [one for m in own for one in getattr(m, "metadata", [m])]
        yield from numbers_in(inner, [*metadata, *told], wrap)
    elif kind in (int, float):
        yield wrap, metadata
    elif get_origin(kind) is dict:
        yield from numbers_in(get_args(kind)[1], [], lambda v: wrap({"a=b": v}))
    elif get_origin(kind) is tuple:
        parts = [part for part in get_args(kind) if part is not Ellipsis]
        if any(True for part in parts for _ in numbers_in(part, [], wrap)):
            for place in range(len(parts)):
                fill = [1] * len(parts)
                yield from numbers_in(
                    parts[place],
                    [],
                    lambda v, p=place, f=fill: wrap([v if i == p else x for i, x in enumerate(f)]),
                )
    else:
        for part in get_args(kind):
            yield from numbers_in(part, metadata, wrap)


def numbers_of(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give each number of a model, through all its sections."""
    for name, field in model.model_fields.items():
        own = (*path, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from numbers_of(field.annotation, own)
            continue
        for wrap, metadata in numbers_in(field.annotation, list(field.metadata), lambda v: v):
            yield own, wrap, metadata


NUMBERS = list(numbers_of(Settings))
NAMES = [".".join(path) for path, _, _ in NUMBERS]
EXTREME = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(10**30), 10**30),
    st.integers(-3, 300),
    st.floats(-2, 2),
    st.sampled_from([math.inf, -math.inf, math.nan, 10**18, 10**20, 9e12, -1, 1e308, 2**32]),
)


def inside(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Write a value as the file does, with what its section needs beside it."""
    beside = {"take_up": 0.4, "deadweight": 0.4} if path[-1] in ("take_up", "deadweight") else {}
    for name in reversed(path):
        value, beside = {**beside, name: value}, {}
    return value


def all_numbers(value: Any) -> Iterator[float]:
    """Give every number in settings as plain values."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from all_numbers(part)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value


def test_settings_can_be_kept_beside_a_model():
    kept = tomli_w.dumps(Settings().model_dump(mode="json"))

    assert Settings.model_validate(tomllib.loads(kept)) == Settings()


def test_the_walk_finds_numbers_in_sections_lists_and_tables():
    assert len(NUMBERS) > 55
    assert {"seed", "vouchers.mix", "vouchers.floors", "vouchers.talk.take_up"} <= set(NAMES)


@pytest.mark.parametrize(("path", "wrap", "metadata"), NUMBERS, ids=NAMES)
def test_every_number_has_a_bound_below_and_above(path, wrap, metadata):
    low, high = bounds_of(metadata)

    assert low and high
    assert all(math.isfinite(b) and abs(b) <= LARGEST for b in [*low, *high])


@given(which=st.sampled_from(range(len(NUMBERS))), value=EXTREME)
def test_what_is_accepted_is_finite_and_within_the_bounds_that_are_told(which, value):
    path, wrap, metadata = NUMBERS[which]
    try:
        settings = Settings.model_validate(inside(path, wrap(value)))
    except ValidationError:
        return
    for m in metadata:
        assert not isinstance(m, bound.Ge) or value >= m.ge
        assert not isinstance(m, bound.Gt) or value > m.gt
        assert not isinstance(m, bound.Le) or value <= m.le
        assert not isinstance(m, bound.Lt) or value < m.lt
    assert all(math.isfinite(n) and abs(n) <= LARGEST for n in all_numbers(settings.model_dump()))


@pytest.mark.parametrize(("path", "wrap", "metadata"), NUMBERS, ids=NAMES)
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 10**20])
def test_a_number_out_of_all_bounds_is_refused_by_its_name(path, wrap, metadata, value):
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(inside(path, wrap(value)))

    # A part that is given alone lacks what it cannot do without, which is said too.
    wrong = [error for error in caught.value.errors() if error["type"] != "missing"]
    assert {str(part) for part in wrong[0]["loc"]} >= set(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[wave]\nlargest_drift = inf", "wave.largest_drift: Input should be a finite number"),
        ("[drivers]\nlargest_gap = inf", "drivers.largest_gap: Input should be a finite number"),
        ("[vouchers.floors]\nx = nan", "vouchers.floors.x: Input should be a finite number"),
        ("[vouchers.caps]\nx = -0.1", "vouchers.caps.x: Input should be greater than or equal"),
        ("[vouchers]\nmix = [1000000000000000000, 1, 1]", "vouchers.mix.0: Input should be less"),
        ("[vouchers]\nmix = [0, 0, 0]", "vouchers.mix: Value error, these are no proportions"),
        ("[disclosure]\nprotection = 1000000", "disclosure.protection: Input should be less"),
        ("[wave]\nbatch = 9e12", "wave.batch: Input should be less than or equal to 10000000"),
        ("[model]\nthreads = 1000000", "model.threads: Input should be less than or equal to"),
        ("seed = 100000000000000000000", "seed: Input should be less than 4294967296"),
        ("a = " + 100_000 * "[", "is nested too deeply"),
    ],
)
def test_hostile_settings_are_refused_in_a_sentence(tmp_path, text, told):
    (tmp_path / "s.toml").write_text(text)

    with pytest.raises(SettingsError, match=r"s\.toml: ") as caught:
        load_settings(tmp_path / "s.toml")

    assert told in str(caught.value)
    assert len(str(caught.value)) < 300


def is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def sections_of(section: type[Section]) -> Iterator[type[Section]]:
    yield section
    for field in section.model_fields.values():
        if is_section(field.annotation):
            yield from sections_of(field.annotation)


@pytest.mark.parametrize("section", dict.fromkeys(sections_of(Settings)))
def test_every_key_says_what_it_means(section):
    keys = {key for key, field in section.model_fields.items() if not is_section(field.annotation)}

    assert keys <= set(read_meanings(section))


def test_the_page_on_settings_is_what_they_declare():
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")

    assert page == describe_settings()
    assert "| `minimum_responses` | `200` | whole number, ≥ 200, ≤ 1,000,000 | Fewest" in page
