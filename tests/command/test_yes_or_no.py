"""Whatever codes a survey has for yes and no, it leads to the same shares and verdicts."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.checks.register import check_of
from blijfwijzer.claims.evidence import gather
from blijfwijzer.claims.register import find_claims
from blijfwijzer.claims.verdicts import run_claims
from blijfwijzer.culture.conduct import measure_conduct
from blijfwijzer.errors import CodebookError
from blijfwijzer.estimation.design import read_design
from blijfwijzer.publish.tables.claim_tables import tabulate_verdicts
from blijfwijzer.settings import CultureSettings, Settings
from blijfwijzer.survey.codebook import Codebook, codebook_file, load_codebook
from blijfwijzer.survey.concepts import YES_OR_NO
from blijfwijzer.survey.intake import read_responses
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.table import Table
from blijfwijzer.synthetic.survey import make_survey
from command_line import call
from reports import said

NAME = "werkonderzoek-2019"
BOOK = load_codebook(NAME)
ASKED = {c.column for n, c in BOOK.concepts.items() if n in YES_OR_NO and c.column is not None}
CLAIMS = ["H7", "H8", "H8b", "H11", "H13", "H15"]


@pytest.fixture(scope="module")
def survey():
    return make_survey(3000, 11).responses


def recoded(survey, kind, is_reversed):
    """The built-in survey with 1 and 2 for yes and no, and a codebook that says so."""
    yes = 1 if is_reversed else 2
    answers = survey.assign(
        **{
            name: survey[name].map({1: yes, 0: 3 - yes}, na_action="ignore").astype(float)
            for name in ASKED
        }
    )
    texts = ("ja", "nee") if is_reversed else ("nee", "ja")
    told = {"codes": dict(zip("12", texts, strict=True)), "type": "ordinal"}
    if kind == "range":
        told = {"codes": {}, "type": "number", "range": (1, 2), "missing": {}}
    raw = BOOK.model_dump(by_alias=True, exclude_none=True)
    for name in ASKED:
        raw["columns"][name] |= told
    for name, concept in raw["concepts"].items():
        if name in YES_OR_NO and "column" in concept:
            concept["reversed"] = is_reversed
    # Rules that name these columns by code are about other things than concepts.
    raw["outcomes"] = {n: o for n, o in raw["outcomes"].items() if n == "vertrekintentie"}
    raw["concepts"].pop("achterblijver")
    raw["report_by"] = [name for name in raw["report_by"] if name not in ASKED]
    return answers, Codebook.model_validate(raw)


def told_of(answers, codebook):
    """Shares of conduct, and verdicts with their estimates, of a survey."""
    responses = read_responses(Table(answers), NAME, codebook, Settings().intake).responses
    scales = score_scales(responses, codebook)
    design = read_design(responses, codebook)
    conduct = measure_conduct(responses, scales, codebook, design, CultureSettings(mix=("sector",)))
    evidence = gather(responses, scales, codebook, design, CultureSettings(bootstraps=50), 1)
    verdicts = run_claims(evidence, find_claims(CLAIMS))
    estimates = [
        {"claim": verdict.claim.id, "name": one.name, **vars(one.estimate)}
        for verdict in verdicts
        if verdict.finding is not None
        for one in (*verdict.finding.estimates, *verdict.finding.checks)
    ]
    return conduct, tabulate_verdicts(verdicts), pd.DataFrame(estimates)


@pytest.fixture(scope="module")
def usual(survey):
    return told_of(survey, BOOK)


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("kind", ["codes", "range"])
def test_one_and_two_tell_what_one_and_zero_tell(survey, usual, kind, is_reversed):
    conduct, verdicts, estimates = told_of(*recoded(survey, kind, is_reversed))

    pd.testing.assert_frame_equal(conduct.shares, usual[0].shares)
    pd.testing.assert_frame_equal(conduct.links, usual[0].links)
    pd.testing.assert_frame_equal(verdicts, usual[1])
    pd.testing.assert_frame_equal(estimates, usual[2])
    assert conduct.shares["share"].between(0, 1).all()


def with_concept(folder, line):
    """The built-in codebook with another line for the concept `zoekt_werk`."""
    text = codebook_file(NAME).read_text(encoding="utf-8")
    before = 'zoekt_werk = { rule = { column = "zoekt", at_least = 4 } }'
    assert before in text
    (folder / "mine.toml").write_text(text.replace(before, line), encoding="utf-8")
    return folder / "mine.toml"


@pytest.mark.parametrize("command", ["check", "climate", "claims"])
def test_a_question_of_degree_is_no_yes_or_no_for_any_command(survey, tmp_path, capsys, command):
    book = with_concept(tmp_path, 'zoekt_werk = { column = "zoekt" }')
    survey.to_parquet(tmp_path / "s.parquet")
    output = () if command == "check" else ("--output", tmp_path / "out")

    code = call(command, tmp_path / "s.parquet", "--codebook", book, *output)

    assert code == CodebookError.exit_code
    told = capsys.readouterr().err
    assert "concepts.zoekt_werk: is yes or no, and column 'zoekt' has 5 answers" in told
    assert 'rule = { column = "zoekt", in = ["5"] }' in told


def test_answers_between_yes_and_no_are_refused(survey):
    answers, codebook = recoded(survey, "range", False)
    halves = answers.assign(discriminatie=np.where(answers["discriminatie"] == 2, 1.5, 1.0))

    with pytest.raises(CodebookError, match=r"1 column .* discriminatie \(concepts.discriminatie"):
        read_responses(Table(halves), NAME, codebook, Settings().intake)


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_no_that_counts_as_yes_is_told(survey, is_reversed):
    answers, codebook = recoded(survey, "codes", is_reversed)
    turned = codebook.concepts["scholing"].model_copy(update={"reversed": not is_reversed})
    mistaken = codebook.model_copy(update={"concepts": {**codebook.concepts, "scholing": turned}})

    right = read_responses(Table(answers), NAME, codebook, Settings().intake).remarks
    wrong = read_responses(Table(answers), NAME, mistaken, Settings().intake).remarks

    assert not [text for text in said(right) if "counts as yes" in text]
    (told,) = [remark for remark in wrong if remark.id.startswith("remark.no_is_yes")]
    assert check_of(told).level == "warning"
    (text,) = said([told])
    assert text.startswith("concepts.scholing: the answer that counts as yes")
