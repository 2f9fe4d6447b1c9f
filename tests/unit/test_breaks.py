"""A question that was asked otherwise before is not held against the wave before."""

import pandas as pd
import pytest

from blijfwijzer.culture.waves import common_items
from blijfwijzer.errors import MissingColumnsError, TooFewResponsesError
from blijfwijzer.progress import silent
from blijfwijzer.runs.waves import ReadWave, WavesRequest, read_waves, without_breaks
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake
from questionnaires import small_survey
from reports import said
from small_releases import SMALL


@pytest.fixture(scope="module")
def book():
    return load_codebook("werkonderzoek-2019")


def test_a_question_with_a_break_is_left_out_of_changes(book):
    scale = next(s for s in book.scales.values() if len(s.items) > 2)
    first, *others = scale.items
    broken = book.columns[first].model_copy(update={"new_since": "other wording"})
    changed = book.model_copy(update={"columns": {**book.columns, first: broken}})
    wave = pd.DataFrame({item: [1.0, 2, 3] for item in scale.items})
    read = ReadWave(
        "2019", Intake(Held.of(wave), pd.DataFrame(), (), (), "", "x.csv"), pd.DataFrame()
    )

    before = without_breaks(read, changed)

    kept = common_items(wave, before.responses, changed).scales[scale.name]
    assert kept.items == tuple(others)
    assert first not in before.responses
    assert common_items(wave, without_breaks(read, book).responses, book).scales[
        scale.name
    ].items == tuple(scale.items)


def test_a_break_stands_in_the_codebook_under_its_own_name(book):
    name = next(iter(book.columns))
    column = book.columns[name].model_dump(by_alias=True) | {"break": "since 2022"}

    assert type(book.columns[name]).model_validate(column).new_since == "since 2022"


@pytest.fixture
def waves(tmp_path, rng):
    """Two waves of a survey; the earlier one did not ask a question yet."""
    files = []
    for year in ("2021", "2022"):
        forms = small_survey(rng, 400)
        files.append(tmp_path / f"{year}.csv")
        kept = forms.drop(columns="veilig_3") if year == "2021" else forms
        kept.to_csv(files[-1], index=False)
    return files


def asked(waves, codebook, folder, text=""):
    book = folder / "book.toml"
    book.write_text(codebook.read_text().replace("[columns.veilig_3]", f"[columns.veilig_3]{text}"))
    before, now = waves
    return read_waves(WavesRequest(now, str(book), previous=before), "vertrekintentie", silent)


def test_a_question_with_a_break_may_be_absent_in_the_wave_before(waves, tmp_path):
    read = asked(waves, SMALL, tmp_path, '\nbreak = "new in 2022"')

    assert "veilig_3" in read.now.responses
    assert "veilig_3" not in read.before.responses
    assert "veilig_2" in read.before.responses


def test_a_question_that_the_wave_before_lacks_is_named_with_break(waves, tmp_path):
    with pytest.raises(MissingColumnsError, match=r"2021\.csv: .*missing: veilig_3.*`break = "):
        asked(waves, SMALL, tmp_path)


def test_a_wave_before_that_is_too_small_is_left_out_and_told(waves, tmp_path):
    before, now = waves
    few = pd.read_csv(before).head(29)
    few.to_csv(before, index=False)

    read = asked(waves, SMALL, tmp_path, '\nbreak = "new in 2022"')

    assert read.before is None
    assert said(read.left_out) == [
        "Of the wave before (2021) fewer than 30 forms can be used. It was left out, so nothing is "
        "said of change."
    ]
    assert "previous_sha256" not in read.request("climate", ()).origin


@pytest.mark.parametrize(("forms", "is_test", "fewest"), [(29, False, 30), (199, True, 200)])
def test_a_wave_is_as_large_as_its_use_asks(waves, forms, is_test, fewest):
    pd.read_csv(waves[1]).head(forms).to_csv(waves[1], index=False)
    request = WavesRequest(waves[1], str(SMALL))

    with pytest.raises(TooFewResponsesError, match=f"{forms} responses are usable, {fewest} are"):
        read_waves(request, "vertrekintentie", silent, is_test=is_test)


def test_thirty_forms_are_enough_for_a_climate(waves):
    pd.read_csv(waves[1]).head(30).to_csv(waves[1], index=False)

    assert (
        len(read_waves(WavesRequest(waves[1], str(SMALL)), "vertrekintentie", silent).now.responses)
        == 30
    )
