"""What `check` says before a survey is used: no draft passes for a codebook, no noise for a scale."""

from pathlib import Path

import numpy as np
import pytest

from blijfwijzer.claims.register import find_claims
from blijfwijzer.drafting.draft import find_undecided
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook, shipped_codebooks
from blijfwijzer.survey.gaps import gap_codes
from blijfwijzer.survey.intake import read_responses
from blijfwijzer.survey.table import Table
from command_line import call
from questionnaires import small_survey
from reports import said

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"
CODEBOOKS = SMALL.parents[2] / "src" / "blijfwijzer" / "survey" / "codebooks"


def survey(rng, noise=0.6, rows=400):
    """Answers to the small questionnaire; with much noise its scales measure nothing."""
    factor = rng.standard_normal((rows, 1))
    items = factor * (1 - noise) + noise * rng.standard_normal((rows, 5))
    steps = 1 + np.digitize(items, np.quantile(items, [0.2, 0.4, 0.6, 0.8]))
    names = ["veilig_1", "veilig_2", "veilig_3", "inzet_1", "inzet_2"]
    answers = dict(zip(names, steps.T, strict=True)) | {"veilig_3": 6 - steps[:, 2]}
    return small_survey(rng, rows, gewicht=1.0, **answers, zoekt=rng.integers(1, 6, rows))


def told_of(folder, answers, text, capsys):
    """What `check` prints of answers with a codebook."""
    answers.to_parquet(folder / "s.parquet")
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    code = call("check", folder / "s.parquet", "--codebook", folder / "mine.toml")
    return code, capsys.readouterr().out.splitlines()


def small():
    return SMALL.read_text(encoding="utf-8")


def test_a_good_survey_can_be_used(rng, tmp_path, capsys):
    code, told = told_of(tmp_path, survey(rng, 0.4), small(), capsys)

    assert code == 0
    assert told[-1] == "No faults: it can be used."


def test_a_raw_draft_cannot_be_used(rng, tmp_path, capsys):
    survey(rng).to_parquet(tmp_path / "s.parquet")
    assert call("codebook", tmp_path / "s.parquet", "--output", tmp_path / "d.toml") == 0
    draft = (tmp_path / "d.toml").read_text(encoding="utf-8")
    capsys.readouterr()

    code, told = told_of(tmp_path, survey(rng), draft, capsys)

    marks = draft.count("# decide") + draft.count('"decide:')
    assert code == 0
    assert f"  - BW215: {marks} lines of the codebook are marked `decide`: " in "\n".join(told)
    assert told[-1].startswith(f"No faults, but {marks} lines of the codebook are still to decide")
    assert not [line for line in told if "can be used" in line]


def test_one_line_left_is_one_line(rng, tmp_path, capsys):
    text = small().replace('wave = "1"', 'wave = "1"  # decide')

    _, told = told_of(tmp_path, survey(rng, 0.4), text, capsys)

    number = 1 + text.splitlines().index('wave = "1"  # decide')
    assert f"  - BW215: 1 line of the codebook is marked `decide`: {number}. " in "\n".join(told)
    assert "1 line of the codebook is still to decide" in told[-1]


@pytest.mark.parametrize("name", shipped_codebooks())
def test_shipped_codebooks_are_decided(name):
    assert find_undecided((CODEBOOKS / f"{name}.toml").read_text(encoding="utf-8")) == []


def test_scales_that_measure_poorly_ask_for_a_look(rng, tmp_path, capsys):
    _, told = told_of(tmp_path, survey(rng, 1.0), small(), capsys)

    assert told[-1] == "No faults: it can be used, after a look at the 2 points above."
    low = [line for line in told if line.startswith("  - BW201: ")]
    names = ["Psychological safety [psychologische_veiligheid]", "Employability [inzetbaarheid]"]
    assert [line.removeprefix("  - BW201: ").split(":")[0] for line in low] == names


def test_a_code_apart_from_the_answers_is_told(rng, tmp_path, capsys):
    text = small().replace('en = "Strongly agree" } }', 'en = "Strongly agree" }, 9 = "9" }')
    text = text.replace('8 = "weet niet", 9 = "n.v.t."', '8 = "weet niet"')

    _, told = told_of(tmp_path, survey(rng, 0.4), text, capsys)

    (warning,) = [line for line in told if "stands apart" in line]
    assert "7 columns count a code as an answer" in warning
    assert "veilig_1 (9)" in warning
    assert "after a look at the 1 point above" in told[-1]


@pytest.mark.parametrize(
    ("people", "warns"),
    [
        (10, "1 number has answers such as 98 or 99 far beyond all others: leeftijd."),
        (9, "1 number has fewer than ten answers such as 98 or 99 far beyond all others."),
        # An age that is true, of one person.
        (1, "1 number has fewer than ten answers such as 98 or 99 far beyond all others."),
    ],
)
def test_a_number_far_beyond_all_others_is_told_and_not_repeated(rng, people, warns):
    answers = survey(rng)
    answers.loc[: people - 1, "leeftijd"] = 99
    text = load_codebook(SMALL)
    ages = text.columns["leeftijd"].model_copy(update={"range": (15.0, 120.0)})
    book = text.model_copy(update={"columns": {**text.columns, "leeftijd": ages}})

    found = read_responses(Table(answers), "s", book, Settings().intake).remarks

    (warning,) = [text for text in said(found) if "far beyond all others" in text]
    assert warning.startswith(warns)
    assert ("leeftijd" in warning) == (people >= 10)


@pytest.mark.parametrize("name", shipped_codebooks())
def test_no_answer_of_a_shipped_codebook_stands_apart(name):
    ordinal = [c for c in load_codebook(name).columns.values() if c.type == "ordinal"]

    assert [column.name for column in ordinal if gap_codes(column.values.values())] == []


def test_a_check_tells_which_claims_can_be_tested(rng, tmp_path, capsys):
    text = small() + (
        '\n[concepts]\ntevreden_baan = { column = "inzet_1" }\n'
        'scholing = { column = "scholing" }\n'
        'zoekt_werk = { rule = { column = "zoekt", at_least = 4 } }\n'
    )

    _, told = told_of(tmp_path, survey(rng, 0.4), text, capsys)

    of_claims = {line.split()[1]: line for line in told if line.startswith("  claim ")}
    assert len(of_claims) == 22
    assert [name for name, line in of_claims.items() if line.split()[2] == "yes"] == ["H18"]
    assert of_claims["H6"].endswith("The survey lacks: Satisfaction with work.")


def test_a_single_fault_is_no_faults(rng, tmp_path, capsys):
    code, told = told_of(tmp_path, survey(rng).assign(gewicht=-1.0), small(), capsys)

    assert code != 0
    assert "1 fault to mend before it can be used:" in told
    broken = small().replace('cluster = "organisatie"', 'cluster = "nergens"')
    (tmp_path / "broken.toml").write_text(broken, encoding="utf-8")
    call("check", tmp_path / "s.parquet", "--codebook", tmp_path / "broken.toml")
    assert "broken.toml: 1 fault: " in capsys.readouterr().err


def test_a_claim_is_found_in_small_letters_and_once():
    assert [claim.id for claim in find_claims(["h6", "H1B", "H6"])] == ["H6", "H1b"]
