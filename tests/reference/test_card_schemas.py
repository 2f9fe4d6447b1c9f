"""Documents of a pack against the schemas of those who read them, where these are at hand."""

import json
import re
from pathlib import Path

import pytest
import yaml

from blijfwijzer.governance.questionnaire import read_form
from made_runs import make_pack

SCHEMAS = Path(__file__).parents[3] / "shared" / "schemas"
CARDS = ("systemcard_schema.json", "modelcard_schema.json", "assessmentcard_schema.json")
OUTPUT = "assessment-output.v2.schema.json"
DOCUMENTS = {
    **{"system-card.json": CARDS[0], "assessment-card.json": CARDS[2]},
    **{f"model-card-{target}.json": CARDS[1] for target in ("behoefte", "vertrek")},
    **{f"{name}.json": OUTPUT for name in ("dpia", "iama", "prescan")},
}

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
referencing = pytest.importorskip("referencing", reason="referencing is not installed")


@pytest.fixture(scope="module", params=["nl", "en"])
def pack(request, tmp_path_factory):
    return make_pack(tmp_path_factory.mktemp("schemas"), request.param)


def schema_of(name):
    if not (SCHEMAS / name).exists():
        pytest.skip(f"the schema {name} is not beside this checkout (../shared/schemas)")
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    # The three cards have one $id: they are known by the names of their files.
    schema.pop("$id")
    return schema


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_follows_the_schema_of_its_readers(pack, document):
    schema = schema_of(DOCUMENTS[document])
    # Everything at hand is given, so that nothing is asked of the network.
    others = [(name, referencing.Resource.from_contents(schema_of(name))) for name in CARDS]
    registry = referencing.Registry().with_resources(others)
    checker = jsonschema.Draft202012Validator(
        schema, registry=registry, format_checker=jsonschema.FormatChecker()
    )

    told = json.loads((pack / document).read_text(encoding="utf-8"))

    assert [(list(e.path), e.message) for e in checker.iter_errors(told)] == []


def test_what_is_not_to_be_filled_in_is_not_touched(pack):
    dpia = json.loads((pack / "dpia.json").read_text(encoding="utf-8"))["answers"]

    assert not {"14.1", "14.2", "17.3"} & set(dpia)
    assert {len(dpia["16.1"]), len(dpia["17.1"])} == {12}
    assert all(set(row) == {"_index", "16.1.1"} for row in dpia["16.1"])


def test_measures_by_group_are_labels_of_a_model_card(pack):
    card = json.loads((pack / "model-card-behoefte.json").read_text(encoding="utf-8"))

    result = card["model_index"][0]["results"][0]
    labelled = [metric for metric in result["metrics"] if "labels" in metric]
    assert {metric["labels"][0]["value"] for metric in labelled} == {"jong", "oud"}
    assert [bar["value"] for bar in result["measurements"]["bar_plots"][0]["results"]] == [
        0.06,
        0.02,
    ]


def tasks_of(part):
    """Give the ids of all tasks in an assessment's definition."""
    for task in part.get("tasks", ()):
        yield str(task["id"])
        yield from tasks_of(task)


def test_tasks_are_found_at_any_depth():
    tasks = [{"id": "1", "tasks": [{"id": "1.1", "tasks": [{"id": "1.1.1"}]}]}, {"id": 2}]

    assert list(tasks_of({"tasks": tasks})) == ["1", "1.1", "1.1.1", "2"]


@pytest.mark.parametrize("name", ["dpia", "iama", "prescan"])
def test_each_task_that_a_form_declares_stands_in_its_definition(name):
    form, path = read_form(name), SCHEMAS / f"{name}.yaml"
    if not path.exists():
        pytest.skip(f"the definition {path.name} is not beside this checkout (../shared/schemas)")
    definition = yaml.safe_load(path.read_text(encoding="utf-8"))

    known = set(tasks_of(definition))
    said = {re.split(r"[#/\[]", part)[0] for item in form.items for part in parts_of(item.id)}
    assert f"{definition['urn']}:{definition['version']}" == form.urn
    assert said - known == set()


@pytest.mark.parametrize("name", ["dpia", "iama", "prescan"])
def test_each_task_that_is_filled_in_is_declared_by_its_form(pack, name):
    answers = json.loads((pack / f"{name}.json").read_text(encoding="utf-8"))["answers"]

    within = {
        task for rows in answers.values() if isinstance(rows, list) for one in rows for task in one
    }
    filled = {*answers, *within} - {"_index", "16.1", "16.1.1", "17.1", "17.1.1", "17.1.3"}
    declared = {
        re.sub(r"#\d*$", "", part) for item in read_form(name).items for part in parts_of(item.id)
    }
    assert filled and filled <= declared


def test_only_tasks_with_letters_in_their_ids_are_answered_on_the_page_alone(pack):
    answers = json.loads((pack / "iama.json").read_text(encoding="utf-8"))["answers"]

    missing = {item.id for item in read_form("iama").items if item.says} - set(answers)
    assert missing == {"2.2B.1", "2.2B.2", "2.2B.3", "2.2B.4"}


def parts_of(task):
    """Give a task and the group that it stands in."""
    return task.split("/")
