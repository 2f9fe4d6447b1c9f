"""A model takes the place of the champion, on record, or is refused with every reason."""

import json
import struct

import pytest

import blijfwijzer as bw
from blijfwijzer.disclosure.chain import verify
from blijfwijzer.errors import BusyError, ModelFolderError, PromotionError, SettingsError
from blijfwijzer.records.model_choice import choose_model
from command_line import call
from shared_rivals import PLANTED, TARGET, driven_survey, settings_of, train_small, write_survey

WHO = {"by": "HR analytics", "why": "the newest wave"}
LENIENT = {"promotion": bw.Settings(promotion={"largest_loss": 0.05, "largest_gap": 0.5}).promotion}


@pytest.fixture
def made(tmp_path):
    """Three models of one survey, the last of which knows nothing; none is promoted."""
    survey = write_survey(driven_survey(1), tmp_path / "w1.csv")
    kinds = {"one": "logistic", "other": "items", "flat": "prevalence"}
    for name, kind in kinds.items():
        train_small(survey, tmp_path / "models" / name, settings_of(kind, **LENIENT))
    return tmp_path / "models", survey


def decisions(models):
    return json.loads((models / "champions.json").read_text())[TARGET]["decisions"]


def test_the_first_champion_is_held_against_the_share_of_everyone(made):
    models, survey = made

    promoted = bw.promote(models / "one", survey, **WHO)

    assert choose_model(models).stored.folder.name == "one"
    (kept,) = decisions(models)
    assert (kept["by"], kept["why"], kept["replaced"]) == (*WHO.values(), "")
    assert kept["found"]["measures"]["log_loss"]["high"] < 0
    assert "which `score` follows" in str(promoted)
    assert verify(models.parent / "ledger" / "small")


def test_a_challenger_takes_the_place_of_the_champion_and_both_decisions_are_kept(made, capsys):
    models, survey = made
    bw.promote(models / "one", survey, **WHO)

    code = call("promote", models / "other", survey, "--by", "board", "--why", "reads all items")

    assert code == 0
    assert "other is the champion now" in capsys.readouterr().out
    assert choose_model(models).stored.folder.name == "other"
    first, second = decisions(models)
    assert (first["model"], second["model"], second["replaced"]) == ("one", "other", "one")
    assert second["by"] == "board"
    assert json.loads((models / "champions.json").read_text())[TARGET]["model"] == "other"


def test_a_worse_model_is_refused_with_every_reason_and_the_champion_stays(made, capsys):
    models, survey = made
    bw.promote(models / "one", survey, **WHO)
    before = (models / "champions.json").read_bytes()

    code = call("promote", models / "flat", survey, "--by", "x", "--why", "y")

    told = capsys.readouterr().err
    assert code == 67
    assert "flat was not promoted, for" in told
    assert "its log loss less that of one, the champion is 0." in told
    assert (models / "champions.json").read_bytes() == before


def test_the_champion_is_not_promoted_again(made):
    models, survey = made
    bw.promote(models / "one", survey, **WHO)

    with pytest.raises(PromotionError, match="is the champion already. Name another model"):
        bw.promote(models / "one", survey, **WHO)


def test_a_model_that_was_not_measured_beside_the_champion_takes_no_place(made, monkeypatch):
    """Another decision falls between reading the champion and entering this one."""
    from blijfwijzer.runs import promote as story

    models, survey = made
    bw.promote(models / "one", survey, **WHO)
    read = story._read

    def overtaken(*given):
        found = read(*given)
        monkeypatch.setattr(story, "_read", read)
        bw.promote(models / "other", survey, **WHO)
        return found

    train_small(survey, models / "late", settings_of("additive", **LENIENT))
    monkeypatch.setattr(story, "_read", overtaken)

    with pytest.raises(BusyError, match="promoted meanwhile.*Nothing was changed"):
        bw.promote(models / "late", survey, **WHO)
    assert [one["model"] for one in decisions(models)] == ["one", "other"]


@pytest.mark.parametrize("name", ["../elsewhere/flat", "/etc", "..", ""])
def test_no_model_of_elsewhere_is_the_champion_to_be_measured_against(made, name):
    """A weak one there would let anything take its place."""
    models, survey = made
    (models.parent / "elsewhere").mkdir()
    (models / "flat").rename(models.parent / "elsewhere" / "flat")
    (models / "champions.json").write_text(json.dumps({TARGET: name}))

    with pytest.raises(ModelFolderError, match="not known which models are used"):
        bw.promote(models / "one", survey, **WHO)


@pytest.mark.parametrize("decisions", [5, "abc", [5], {"a": 1}])
def test_decisions_that_are_none_stop_a_promotion_before_anything_is_named(made, decisions):
    models, survey = made
    forged = json.dumps({TARGET: {"model": "flat", "decisions": decisions}})
    (models / "champions.json").write_text(forged)

    with pytest.raises(ModelFolderError, match="not known which models are used"):
        bw.promote(models / "one", survey, **WHO)

    assert (models / "champions.json").read_text() == forged


@pytest.mark.parametrize("name", ["by", "why"])
def test_a_decision_of_nobody_or_without_a_reason_is_refused(made, name):
    models, survey = made

    with pytest.raises(SettingsError, match=f"the decision {name}.*Say who decides"):
        bw.promote(models / "one", survey, **{**WHO, name: " "})


def test_a_model_of_a_new_wave_takes_the_place_of_one_of_an_older_wave_of_the_same_people(made):
    """The champion is fitted again without each organisation, where its own file is given."""
    models, survey = made
    bw.promote(models / "one", survey, **WHO)
    newer = write_survey(driven_survey(2), models.parent / "w2.csv")
    train_small(newer, models / "new", settings_of("logistic", **LENIENT))

    with pytest.raises(PromotionError, match="cannot be measured"):
        bw.promote(models / "new", newer, **WHO)
    with pytest.raises(PromotionError, match="is what the champion was trained on"):
        bw.promote(models / "new", survey, **WHO, learnt=[newer])
    bw.promote(models / "new", newer, **WHO, learnt=[survey])

    assert choose_model(models).stored.folder.name == "new"


def test_nothing_that_compare_or_promote_writes_holds_a_value_of_a_person(made):
    models, survey = made
    bw.promote(models / "one", survey, **WHO)
    bw.compare(models / "one", models / "other", survey).write(
        models.parent / "out", ledgers=models.parent / "ledger"
    )
    bw.promote(models / "other", survey, **WHO)

    digits = str(PLANTED).encode()
    signs = [digits, digits.replace(b".", b","), struct.pack("<d", PLANTED)]
    files = [path for path in models.parent.rglob("*") if path.is_file() and path != survey]
    found = [path for path in files if any(sign in path.read_bytes() for sign in signs)]
    assert digits in survey.read_bytes()
    assert {"champions.json", "report.html", "run.json"} <= {path.name for path in files}
    assert found == []


def test_a_plan_foretells_what_is_told_of_models(made, capsys):
    models, survey = made
    one, other, ledgers = models / "one", models / "other", models.parent / "ledger"
    wishes = {
        "monitor": f"monitor --models '{one}'",
        "explain": f"explain '{one}'",
        "compare": f"compare '{one}' '{other}'",
        "promote": f"promote '{one}' --by HR --why newest",
    }

    assert not call("disclosure", "plan", survey, *wishes.values(), "--ledger", ledgers, "--json")

    planned = json.loads(capsys.readouterr().out)["first"]
    assert [own["kind"] for own in planned] == list(wishes)
    before = len(verify(ledgers / "small"))
    bw.promote(one, survey, **WHO)
    (line,) = verify(ledgers / "small")[before:]
    told = len(line.content["groups"]) + len(line.content["parts"])
    assert planned[3]["told"] == told > 0
