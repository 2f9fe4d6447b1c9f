"""What `check` foretells of a command is what the command does."""

from dataclasses import replace

import numpy as np
import pytest

from blijfwijzer.checks.register import check_of
from blijfwijzer.claims.register import CLAIMS
from blijfwijzer.errors import BlijfwijzerError, CodebookError
from blijfwijzer.progress import silent
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.screen import Checked, Foretold, describe, tell_program
from blijfwijzer.runs.claims import put_claims
from blijfwijzer.runs.climate import measure_climate
from blijfwijzer.runs.foretelling import foretell
from blijfwijzer.runs.score import ScoreRequest, score_wave
from blijfwijzer.runs.train import TrainRequest, fit_outcome, read_training, train
from blijfwijzer.runs.training.review import tell_apart
from blijfwijzer.runs.waves import WavesRequest
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import WHOLE_SURVEY, load_codebook
from blijfwijzer.survey.intake import check_survey
from blijfwijzer.survey.texts import Message
from questionnaires import SMALL, small_survey

BOOK = load_codebook(SMALL)
QUICK = Settings.model_validate(
    {
        "model": {"candidates": ["prevalence"]},
        "evaluation": {"bootstraps": 50},
        "tracking": {"enabled": False},
    }
)


def keep(frame, folder):
    frame.to_parquet(folder / "s.parquet")
    return folder / "s.parquet"


def foretold(path, models=None):
    """Command to what is foretold of it."""
    intake = check_survey(path, BOOK, QUICK.intake)
    return {one.command: one for one in foretell(intake, path, BOOK, QUICK, models)}


def without_outcome(rng):
    return small_survey(rng, 400).drop(columns=["vertrek"])


CASES = {
    "good": lambda rng: small_survey(rng, 400),
    "few": lambda rng: small_survey(rng, 150),
    "few organisations": lambda rng: small_survey(rng, 400, organisatie=rng.integers(0, 3, 400)),
    "one class": lambda rng: small_survey(rng, 400, vertrek=1),
    "a twin": lambda rng: (lambda f: f.assign(inzet_1=f["vertrek"]))(small_survey(rng, 400)),
    "no outcome": without_outcome,
    "one organisation": lambda rng: small_survey(rng, 400, sector="rijk", organisatie="A"),
    "small units": lambda rng: small_survey(rng, 400, sector="rijk", organisatie=np.arange(400)),
    "alike": lambda rng: small_survey(rng, 400, veilig_1=3, veilig_2=3, veilig_3=3),
}


@pytest.mark.filterwarnings("ignore:.*:FutureWarning")
@pytest.mark.parametrize("case", CASES)
def test_a_command_does_what_was_foretold_of_it(case, rng, tmp_path):
    path = keep(CASES[case](rng), tmp_path)
    told = foretold(path)
    asked = WavesRequest(path, str(SMALL), settings=QUICK)

    def fit(target):
        read = read_training(TrainRequest(path, str(SMALL), (target,), QUICK), silent)
        fit_outcome(read, BOOK.outcomes[target], silent)

    commands = {f"train {target}": lambda target=target: fit(target) for target in BOOK.outcomes}
    commands |= {"climate": lambda: measure_climate(asked, silent)}
    commands |= {"claims": lambda: put_claims(asked, silent)}
    assert set(commands) == {name for name, one in told.items() if one.is_command}
    for name, run in commands.items():
        if told[name].can:
            run()
        else:
            with pytest.raises(BlijfwijzerError) as refused:
                run()
            assert str(refused.value).startswith(told[name].why)
            assert told[name].why


def test_what_fails_for_a_reason_of_its_own_is_foretold_apart(rng, tmp_path):
    def can(case):
        told = foretold(keep(CASES[case](rng), tmp_path))
        return [name for name, one in told.items() if one.is_command and one.can]

    trained = ["train vertrekintentie", "train achterblijver"]
    assert can("good") == [*trained, "climate", "claims"]
    assert can("few") == ["climate"], "enough for a climate, not for what is learnt or tested"
    assert can("one class") == ["train achterblijver", "climate", "claims"]
    assert can("no outcome") == ["climate", "claims"]
    assert can("few organisations") == ["climate", "claims"]
    assert can("one organisation") == [*trained, "claims"]
    assert can("alike") == [*trained, "claims"]


def test_units_are_counted_that_have_enough_respondents(rng, tmp_path):
    organisation = np.r_[np.repeat(["A", "B", "C", "D", "E"], 79), np.repeat("F", 5)]
    frame = small_survey(rng, 400, sector="rijk", organisatie=organisation)

    told = foretold(keep(frame, tmp_path))

    assert told["train vertrekintentie"].groups == 5
    assert told["climate"].groups == 6
    assert told["claims"].groups is None


def test_each_claim_is_foretold_as_its_verdict(rng, tmp_path):
    path = keep(small_survey(rng, 400), tmp_path)

    told = foretold(path)

    tested = put_claims(WavesRequest(path, str(SMALL), settings=QUICK), silent)
    can = {f"claim {v.claim.id}": v.verdict != "not testable" for v in tested.verdicts}
    assert {name: one.can for name, one in told.items() if not one.is_command} == can
    assert len(can) == len(CLAIMS)
    assert all(one.why for one in told.values() if not one.can)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    path = keep(small_survey(np.random.default_rng(1), 400), folder)
    asked = TrainRequest(path, str(SMALL), ("vertrekintentie",), QUICK)
    train(asked, folder / "models", folder / "ledger")
    return folder / "models"


@pytest.mark.parametrize("strange", [False, True])
def test_score_does_what_was_foretold_of_it(strange, models, rng, tmp_path):
    items = {name: 1 for name in ("veilig_1", "veilig_2", "inzet_1", "inzet_2", "afspraak")}
    path = keep(small_survey(rng, 400, **(items if strange else {})), tmp_path)

    told = foretold(path, models)["score"]

    asked = ScoreRequest(path, ("organisatie",), models, settings=QUICK)
    assert told.can is not strange
    if strange:
        with pytest.raises(BlijfwijzerError) as refused:
            score_wave(asked, silent)
        assert str(refused.value) == told.why
    else:
        scored = score_wave(asked, silent)
        assert told.groups == len(scored.wave.grouping.groups) - 1


def codes(one):
    return [check_of(message).code for message in one.found]


def test_a_wave_that_differs_in_a_column_is_told(models, rng, tmp_path):
    same = foretold(keep(small_survey(rng, 400), tmp_path), models)["score"]
    other = foretold(keep(small_survey(rng, 400, inzet_1=1), tmp_path), models)["score"]

    assert codes(same) == []
    assert other.can
    assert codes(other) == ["BW301"]
    assert "inzet_1" in write(other.found[0], "en")


def test_a_feature_that_nearly_knows_the_outcome_is_told_before_a_model_is_fitted(rng, tmp_path):
    def with_echo(kept):
        """An answer that is the outcome's own of most people, and of the others anything."""
        frame = small_survey(rng, 2000)
        is_kept = rng.random(len(frame)) < kept
        return frame.assign(inzet_1=np.where(is_kept, frame["vertrek"], frame["inzet_1"]))

    told = [
        foretold(keep(with_echo(kept), tmp_path))["train vertrekintentie"] for kept in (0.75, 0.5)
    ]

    assert [codes(one) for one in told] == [["BW101"], []]
    assert [one.can for one in told] == [True, True]


def test_what_is_silenced_stands_apart_and_asks_for_no_look(rng, tmp_path):
    intake = check_survey(keep(small_survey(rng, 400), tmp_path), BOOK, QUICK.intake)
    found = (Message("remark.few_units", {"units": 7}), Message("remark.nothing_learnt"))
    some = [Foretold("climate", True, found=found)]

    open_ones = describe(Checked(intake, "s", None, foretold=some))
    checked = Checked(intake, "s", None, foretold=some, silenced={"BW107": "all there are"})

    told = describe(checked)
    assert open_ones.endswith("after a look at the 2 points above.")
    assert told.endswith("after a look at the 1 point above.")
    assert "Accepted, with the reason:\n  - BW107: " in told
    assert "Accepted because: “all there are”." in told
    silenced = {one["code"]: one["silenced"] for one in tell_program(checked)["findings"]}
    assert (silenced["BW104"], silenced["BW107"]) == ("", "all there are")


def test_a_folder_without_models_is_told(rng, tmp_path):
    told = foretold(keep(small_survey(rng, 400), tmp_path), tmp_path / "none")["score"]

    assert not told.can
    assert "there is no model here" in told.why


def test_the_conclusion_names_the_commands_that_cannot_use_it(rng, tmp_path):
    intake = check_survey(keep(small_survey(rng, 400), tmp_path), BOOK, QUICK.intake)
    some = [
        Foretold("train vertrekintentie", True, groups=12),
        Foretold("climate", False, "All work in one unit."),
        Foretold.of_claim("H1", False, "Not asked."),
    ]

    told = describe(Checked(intake, "s", None, foretold=some)).splitlines()

    assert told[-4:-1] == [
        "  train vertrekintentie     yes        12",
        "  climate                   no             All work in one unit.",
        "  claim H1                  no             Not asked.",
    ]
    assert told[-1] == (
        "No faults: it can be used for train vertrekintentie; not for climate, as said above."
    )
    none = describe(Checked(intake, "s", None, foretold=some[1:])).splitlines()[-1]
    assert none == "No faults, and yet no command can use it; not for climate, as said above."
    asked = tell_program(Checked(intake, "s", None, foretold=some))
    assert asked["commands"][0] == {
        "command": "train vertrekintentie",
        "can": True,
        "why": "",
        "groups": 12,
    }
    assert asked["conclusion"] == told[-1]


def test_a_training_on_one_organisation_says_what_was_kept_apart(rng, tmp_path):
    path = keep(CASES["one organisation"](rng), tmp_path)
    read = read_training(TrainRequest(path, str(SMALL), ("vertrekintentie",), QUICK), silent)

    fitted = fit_outcome(read, BOOK.outcomes["vertrekintentie"], silent)

    assert len(np.unique(fitted.made_from.task.design.cluster)) == 400
    assert set(fitted.made_from.units) == {"A"}
    assert "There are no units to keep apart" in write(tell_apart(fitted, BOOK), "en")
    of_sectors = BOOK.units.model_copy(update={"cluster": "sector"})
    book = BOOK.model_copy(update={"units": of_sectors})
    below = replace(fitted, made_from=replace(fitted.made_from, apart="organisatie"))
    assert "smaller kind apart: Organisation" in write(tell_apart(below, book), "en")
    assert tell_apart(below, BOOK) == Message("review.quality")


def without_units(folder):
    """The small codebook of a survey that does not say where people work."""
    text = SMALL.read_text(encoding="utf-8")
    for start, end in (("[columns.sector]", "[columns.gewicht]"), ("[units]", "[weight]")):
        text = text[: text.index(start)] + text[text.index(end) :]
    text = text.replace(', "sector"]', "]")
    (folder / "none.toml").write_text(text, encoding="utf-8")
    return load_codebook(folder / "none.toml")


def test_a_survey_without_units_is_one_unit(rng, tmp_path):
    book = without_units(tmp_path)
    answers = small_survey(rng, 400).drop(columns=["sector", "organisatie"])
    path = keep(answers, tmp_path)
    asked = TrainRequest(path, str(tmp_path / "none.toml"), ("vertrekintentie",), QUICK)

    intake = check_survey(path, book, QUICK.intake)
    told = {one.command: one for one in foretell(intake, path, book, QUICK, None)}

    assert len(intake.responses[WHOLE_SURVEY].unique()) == 1
    assert [n for n, one in told.items() if one.is_command and not one.can] == ["climate"]
    assert "all respondents work in one unit" in told["climate"].why
    train(asked, tmp_path / "models", tmp_path / "ledger")
    wave = ScoreRequest(path, (), tmp_path / "models", ("opleiding",), settings=QUICK)
    groups = score_wave(wave, silent).wave.grouping.groups
    levels = ["all", WHOLE_SURVEY, "opleiding", f"{WHOLE_SURVEY}&opleiding"]
    assert list(groups["level"].unique()) == levels


def test_units_that_are_forgotten_are_a_fault(tmp_path):
    text = SMALL.read_text(encoding="utf-8")
    text = text[: text.index("[units]")] + text[text.index("[weight]") :]
    (tmp_path / "forgotten.toml").write_text(text, encoding="utf-8")

    with pytest.raises(CodebookError, match="units"):
        load_codebook(tmp_path / "forgotten.toml")
