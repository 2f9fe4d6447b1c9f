"""Packs that are filled from runs, and faults that are planted in them."""

import ast
import json
import re
import shutil
from pathlib import Path

import pytest

from blijfwijzer.errors import EvidenceError, GovernanceError, NotWritableError, SettingsError
from blijfwijzer.files import hash_bytes
from blijfwijzer.governance.document import read_governance
from blijfwijzer.governance.figures import Run
from blijfwijzer.governance.verification import verify_pack
from blijfwijzer.runs.govern_pack import FormsRequest, govern_pack, govern_verify, write_pack
from blijfwijzer.survey.texts import say
from command_line import call
from made_runs import copied, make_known, make_pack

ROOMS = Path(__file__).parents[2] / "src" / "blijfwijzer"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two models, a release, a governance file and the pack that is made of them."""
    place = tmp_path_factory.mktemp("pack")
    make_pack(place)
    return place


@pytest.fixture
def pack(place, tmp_path):
    """A copy that a test may spoil."""
    return copied(place, tmp_path)


def test_each_page_of_a_pack_says_that_its_model_was_stopped(tmp_path):
    known = make_known(tmp_path)
    stopped = say("pack.stopped", model="A need", day="2026-01-02", reason="a complaint")

    write_pack(known, "2019", tmp_path / "governance.toml", "en", tmp_path / "pack", (stopped,))

    pages = list((tmp_path / "pack").glob("*.html"))
    assert len(pages) > 5
    for page in pages:
        told = page.read_text(encoding="utf-8")
        assert "“A need” was stopped on 2026-01-02." in told, page.name
        assert "The reason was: a complaint" in told, page.name


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def change(path, spoil):
    """Change a JSON file."""
    content = read(path)
    spoil(content)
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def replace(path, old, new, count=-1):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def reseal(pack):
    """List files anew, as somebody would who wants no hash to tell."""
    files = {p.name: hash_bytes(p.read_bytes()) for p in pack.iterdir() if p.name != "pack.json"}
    change(pack / "pack.json", lambda record: record.update(files=files))


def figure_of(answers, name):
    """Give a figure by its name, and its number."""
    place = next(i for i, f in enumerate(answers["figures"]) if f["name"] == name)
    return answers["figures"][place], place + 1


def passages(answers):
    for form, items in answers["forms"].items():
        for item, parts in items.items():
            yield from ((form, item, part) for part in parts)


def tell_otherwise(pack, old, new):
    """Tell a figure otherwise in every file of a pack, places and all; of as many characters."""
    assert len(old) == len(new)
    for path in pack.iterdir():
        if path.name != "pack.json":
            path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def alter_value(pack):
    def spoil(answers):
        figure_of(answers, "roc_auc")[0]["value"] = 0.91

    change(pack / "answers.json", spoil)


def alter_all(pack):
    tell_otherwise(pack, "0,81", "0,91")
    tell_otherwise(pack, "0.81", "0.91")


def alter_evidence(pack):
    replace(pack.parent / "models/behoefte-1/metrics.json", "0.81", "0.91")


def alter_run(pack):
    alter_evidence(pack)
    folder = pack.parent / "models/behoefte-1"
    digest = hash_bytes((folder / "metrics.json").read_bytes())
    change(folder / "manifest.json", lambda m: m["sha256"].update({"metrics.json": digest}))


def cite_other_run(pack):
    def spoil(answers):
        figure_of(answers, "roc_auc")[0]["run"] = "vertrek-1"

    change(pack / "answers.json", spoil)


def cite(**changed):
    def spoil(pack):
        change(pack / "answers.json", lambda a: figure_of(a, "roc_auc")[0].update(changed))

    return spoil


def leave_out(form, item):
    return lambda pack: change(pack / "answers.json", lambda a: a["forms"][form].pop(item))


def put_in(form, item, **changed):
    def spoil(pack):
        change(pack / "answers.json", lambda a: a["forms"][form][item][0].update(changed))

    return spoil


def drop_passage(form, item, at):
    return lambda pack: change(pack / "answers.json", lambda a: a["forms"][form][item].pop(at))


def swap_cards(pack):
    first, second = (pack / f"model-card-{name}.json" for name in ("behoefte", "vertrek"))
    told = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(told)


def in_file(name, spoil):
    return lambda pack: change(pack / name, spoil)


def invent_metric(card):
    metrics = card["model_index"][0]["results"][0]["metrics"]
    metrics.append({"type": "fairness", "name": "fairness", "dtype": "float", "value": 0.99})


def alter_metric(card):
    card["model_index"][0]["results"][0]["metrics"][0]["value"] = 0.99


def reword(pack):
    tell_otherwise(pack, "toont nooit iets", "toont soms  iets")


def governed(old, new):
    return lambda pack: replace(pack.parent / "governance.toml", old, new)


def backdate(pack):
    change(pack / "pack.json", lambda record: record.update(made="2025-01-01T00:00:00+00:00"))


def of_record(spoil):
    return lambda pack: change(pack / "pack.json", spoil)


def of_answers(spoil):
    return lambda pack: change(pack / "answers.json", spoil)


def remove(name):
    return lambda pack: (pack / name).unlink()


def other_outcome(record):
    record["runs"][0]["about"] = "vertrek"


CONSENT = "[consent]\ndate = 2019-01-01"
DPIA = "[dpia]\ndate = 2019-01-01"
FAULTS = {
    "a figure altered in a page": (
        lambda pack: replace(pack / "technical.html", "0,81", "0,91"),
        "technical.html: does not say",
    ),
    "a figure altered in every sentence": (
        lambda pack: tell_otherwise(pack, "0,81", "0,91"),
        "roc_auc is told as another value",
    ),
    "a figure's value altered": (alter_value, "the pack says another value than"),
    "a figure altered everywhere in the pack": (alter_all, "the pack says another value than"),
    "a model card's figure altered": (
        in_file("model-card-behoefte.json", alter_metric),
        "another figure than is cited",
    ),
    "a figure without evidence put in a model card": (
        in_file("model-card-behoefte.json", invent_metric),
        "has figures without evidence",
    ),
    "evidence altered": (alter_evidence, "its evidence was altered"),
    "evidence altered and listed anew": (alter_run, "is another run than the pack was made from"),
    "a file of evidence missing": (
        lambda pack: (pack.parent / "models/behoefte-1/metrics.json").unlink(),
        "its evidence is missing",
    ),
    "a model missing": (
        lambda pack: shutil.rmtree(pack.parent / "models/behoefte-1"),
        "behoefte-1: its evidence is missing",
    ),
    "a release missing": (lambda pack: shutil.rmtree(pack.parent / "out"), "out: its evidence is"),
    "a figure of the other model": (cite_other_run, "published another metrics.json"),
    "a figure of no run of the pack": (cite(run="elsewhere"), "which is no run of this pack"),
    "a figure with another hash": (cite(sha256="0" * 64), "published another metrics.json"),
    "a figure of another place": (
        cite(path=["overall", "ece", "value"]),
        "the pack says another value than",
    ),
    "a figure of no place": (cite(path=["overall", "none"]), "cannot be read there"),
    "a figure taken for another": (cite(name="log_loss"), "lacks a figure of the sentence"),
    "a norm left out": (leave_out("norms", "2.14"), "norm 2.14: is left out"),
    "a norm left out of the page": (
        lambda pack: replace(pack / "norms.html", "Door de organisatie in te vullen: Uw plan", ""),
        "norms.html: does not say",
    ),
    "a norm told as covered": (put_in("norms", "1.04", source="product"), "is told as covered"),
    "a question of Annex IV left out": (leave_out("technical", "9"), "technical 9: this question"),
    "a question made up": (
        of_answers(lambda a: a["forms"]["technical"].update({"10": []})),
        "is no question of this form",
    ),
    "a form left out": (
        of_answers(lambda a: a["forms"].pop("council")),
        "council: this form is left out",
    ),
    "a sentence left out": (
        drop_passage("technical", "2.b.2", 0),
        "tells outcome of 1 run, and there are 2",
    ),
    "a sentence put in": (
        put_in("technical", "1.e", name="quality"),
        "technical 1.e: says quality, which does not answer it",
    ),
    "a sentence that no run says": (
        put_in("technical", "1.e", name="hardware", source="product"),
        "cites a figure that no run says",
    ),
    "a sentence reworded": (reword, "its words are not those of the product"),
    "what the organisation must add left out": (
        drop_passage("norms", "4.01", 0),
        "leaves out what the organisation must add",
    ),
    "what was settled left out": (drop_passage("notice", "never", 0), "leaves out purpose.forbid"),
    "what was settled told otherwise": (
        lambda pack: tell_otherwise(pack, "De directeur personeel", "De directeur inkoop   "),
        "decided_by is told otherwise",
    ),
    "a judgement filled in": (
        put_in("dpia", "14.1", source="product"),
        "is to be judged by the organisation",
    ),
    "a judgement filled in for the tool": (
        in_file("dpia.json", lambda d: d["answers"].update({"14.1": {"value": "ja"}})),
        "dpia.json: 14.1 is to be judged",
    ),
    "an assessment of another kind": (
        in_file("iama.json", lambda d: d["metadata"].update(urn="urn:nl:iama:1.0")),
        "is no urn:nl:iama:2.0",
    ),
    "an answer altered in a card": (
        in_file("assessment-card.json", lambda c: c["contents"][0].update(answer="Geen risico")),
        "assessment-card.json: answers 1.a.1 otherwise",
    ),
    "an answer left out of a document": (
        of_answers(lambda a: a["documents"]["dpia.json"]["answers"].pop(0)),
        "dpia.json: leaves out what answers",
    ),
    "a document that is held against nothing": (
        of_answers(lambda a: a["documents"].pop("iama.json")),
        "iama.json: is left out",
    ),
    "cards swapped": (swap_cards, "is a card of another model"),
    "another card in the system card": (
        in_file("system-card.json", lambda c: c["models"].pop()),
        "has cards of other models",
    ),
    "another assessment in the system card": (
        in_file("system-card.json", lambda c: c["assessments"].clear()),
        "has another assessment",
    ),
    "a bill of materials of another model": (
        in_file("ml-bom.json", lambda b: b["components"][0]["hashes"][0].update(content="0" * 64)),
        "ml-bom.json: lists other models",
    ),
    "a record said to be of another outcome": (
        of_record(other_outcome),
        "is a model of behoefte, and the pack says of vertrek",
    ),
    "a run left out of the record": (
        of_record(lambda r: r["runs"].pop()),
        "is cited from out, which is no run of this pack",
    ),
    "a record of the register without an owner": (
        in_file("algorithm-register.json", lambda r: r.pop("organization")),
        "lacks organization",
    ),
    "a text too long for the register": (
        in_file("algorithm-register.json", lambda r: r.update(name="x" * 101)),
        "name is longer than 100 characters",
    ),
    "markup that the register refuses": (
        in_file("algorithm-register.json", lambda r: r.update(goal=r["goal"] + "<script>")),
        "goal holds markup",
    ),
    "a threshold moved after the result": (
        governed("slope_error = 0.25", "slope_error = 0.45"),
        "a threshold was moved",
    ),
    "a governance file changed afterwards": (
        governed("expiry = 2099-12-31", "expiry = 2098-12-31"),
        "the file says something else than when",
    ),
    "a release by other thresholds": (
        lambda pack: change(
            pack.parent / "out/run.json",
            lambda r: r["governance"].update(thresholds_sha256="0" * 64),
        ),
        "out: was judged by other thresholds",
    ),
    "a release from before the consent": (
        lambda pack: change(
            pack.parent / "out/run.json",
            lambda r: r["governance"]["document"].update(consent=None),
        ),
        "consent is of after out was made",
    ),
    "the governance file missing": (
        lambda pack: (pack.parent / "governance.toml").unlink(),
        "there is no governance file here",
    ),
    "the governance file taken off the record": (
        of_record(lambda r: r.update(governance=None)),
        "says what was settled, and there is no governance file",
    ),
    "consent dated after the run": (
        governed(CONSENT, CONSENT.replace("2019", "2098")),
        "consent is dated 2098-01-01, after",
    ),
    "a DPIA dated after the run": (
        governed(DPIA, DPIA.replace("2019", "2098")),
        "dpia is dated 2098-01-01, after",
    ),
    "a governance file that had expired": (
        governed("expiry = 2099-12-31", "expiry = 2020-12-31"),
        "expired on 2020-12-31",
    ),
    "a pack older than its models": (backdate, "was made after this pack"),
    "a page deleted": (remove("council.html"), "council.html: belongs to a pack"),
    "a file of the pack that is not listed": (
        lambda pack: (pack / "more.html").write_text("<p>0,99"),
        "",
    ),
    "an index that lists a file not there": (
        lambda pack: replace(pack / "index.html", "dpia.html", "dpia2.html"),
        "links to dpia2.html, which is no file",
    ),
    "an index that leaves out a form": (
        lambda pack: replace(pack / "index.html", 'href="norms.html"', 'href="dpia.html"'),
        "does not link to norms.html",
    ),
}
"""What somebody might do to a pack, and what is said of it, hashes set right afterwards."""


def test_a_pack_holds(place, capsys):
    assert verify_pack(place / "pack") == []
    assert call("govern", "verify", place / "pack") == 0

    assert "is as its evidence has it" in capsys.readouterr().out


def test_there_are_forty_planted_faults():
    assert len(FAULTS) >= 40


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(pack, name):
    spoil, said = FAULTS[name]
    spoil(pack)
    if said:
        reseal(pack)

    faults = verify_pack(pack)

    assert [fault for fault in faults if said in fault]


@pytest.mark.parametrize("name", ["technical.html", "dpia.json", "answers.json"])
def test_one_altered_byte_of_a_pack_is_found(pack, name):
    content = bytearray((pack / name).read_bytes())
    content[len(content) // 2] ^= 1
    (pack / name).write_bytes(bytes(content))

    try:
        faults = verify_pack(pack)
    except EvidenceError:
        return

    assert f"{name}: was altered" in faults


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pack: shutil.rmtree(pack),
        remove("pack.json"),
        remove("answers.json"),
        lambda pack: (pack / "pack.json").write_text("[]"),
        lambda pack: (pack / "pack.json").write_text("{"),
        lambda pack: (pack / "answers.json").write_text('{"figures": 3}'),
        of_record(lambda r: r.pop("runs")),
    ],
)
def test_what_is_no_pack_is_refused(pack, spoil, capsys):
    spoil(pack)

    assert call("govern", "verify", pack) == EvidenceError.exit_code
    assert "ack" in capsys.readouterr().err


def test_faults_end_with_a_code_of_their_own_and_are_listed(pack):
    alter_value(pack)
    reseal(pack)

    with pytest.raises(EvidenceError, match="fault.* in this pack:\n.*roc_auc"):
        govern_verify(pack, {})


def test_evidence_may_have_moved(pack, tmp_path):
    away = tmp_path / "away"
    shutil.move(pack.parent / "models", away)

    assert [fault for fault in verify_pack(pack) if "evidence is missing" in fault]
    assert verify_pack(pack, {path.name: path for path in away.iterdir()}) == []


def test_the_same_runs_give_the_same_pack(place, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")

    first, second = make_pack(tmp_path / "a"), make_pack(tmp_path / "b")

    told = {path.name: path.read_bytes() for path in first.iterdir()}
    assert told == {path.name: path.read_bytes() for path in second.iterdir()}


def test_without_a_governance_file_nothing_is_settled_and_the_page_says_so_first(tmp_path):
    from blijfwijzer.governance.answers import KnownFacts
    from blijfwijzer.runs.govern_pack import write_pack

    known = make_known(tmp_path)
    bare = KnownFacts(known.models)

    write_pack(bare, "2019", None, "en", tmp_path / "pack")

    assert verify_pack(tmp_path / "pack") == []
    answers = read(tmp_path / "pack/answers.json")
    assert not [part for _, _, part in passages(answers) if part["source"] == "settled"]
    page = (tmp_path / "pack/council.html").read_text(encoding="utf-8")
    assert page.index("There is no governance file") < page.index("<section")
    assert "To be filled in by the organisation: Purpose" in page
    register = read(tmp_path / "pack/algorithm-register.json")
    assert register["organization"] == "Door de organisatie in te vullen: Organisatie"


def test_what_an_organisation_wrote_is_shown_as_text(tmp_path):
    pack = make_pack(tmp_path, **{"purpose.aim": "Groei {roc_auc} & {law_high_risk} {"})

    assert verify_pack(pack) == []
    page = (pack / "council.html").read_text(encoding="utf-8")
    assert "Groei {roc_auc} &amp; {law_high_risk} {" in page
    assert "&amp;amp;" not in page
    assert "Groei {roc_auc} &amp; {" in read(pack / "algorithm-register.json")["goal"]


def test_a_text_longer_than_the_register_allows_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(GovernanceError, match=r"organization: has 1\d\d characters.*allows 100"):
        make_pack(tmp_path, **{"organisation.name": "x" * 120})

    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"thresholds_sha256": "0" * 64}, "was judged by other thresholds"),
        (
            {"document": {"consent": None, "dpia": None, "iama": {}}},
            "before there was consent and dpia",
        ),
    ],
)
def test_a_release_is_not_told_of_with_what_was_settled_after_it(place, changed, said):
    from blijfwijzer.runs.govern_pack import refuse_unsettled

    governance = read_governance(place / "governance.toml")
    run = Run("release", place / "out", "2022", {})
    then = read(place / "out/run.json")["governance"]

    refuse_unsettled(run, then, governance)
    refuse_unsettled(run, None, governance)
    with pytest.raises(GovernanceError, match=said):
        refuse_unsettled(run, {**then, **changed}, governance)


def test_a_pack_replaces_only_a_pack(place, pack):
    (pack / "notes.txt").write_text("of somebody")

    with pytest.raises(NotWritableError, match=r"notes\.txt"):
        make_pack(pack.parent)


def test_a_language_without_forms_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="--language fr"):
        govern_pack(FormsRequest(tmp_path, language="fr"), tmp_path / "pack")


@pytest.mark.parametrize("module", ["rereading", "pack_checks", "verification"])
def test_what_verifies_shares_no_code_with_what_fills(module):
    tree = ast.parse((ROOMS / f"governance/{module}.py").read_text(encoding="utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    own = {name for name in names if name.startswith("blijfwijzer")}
    assert own <= {
        "blijfwijzer.errors",
        *(f"blijfwijzer.governance.{name}" for name in ("document", "rereading", "pack_checks")),
    }


def test_a_pack_tells_nothing_that_its_runs_do_not_publish(place):
    """The gate's promise: no figure that did not pass it, and none of fewer than ten people."""
    answers = read(place / "pack/answers.json")
    listed = {
        "behoefte-1": read(place / "models/behoefte-1/manifest.json")["sha256"],
        "vertrek-1": read(place / "models/vertrek-1/manifest.json")["sha256"],
        "out": read(place / "out/run.json")["files"],
    }
    of_people = {"rows", "effective_rows", "forms", "accepted", "minimum", "minimum_group"}

    for figure in answers["figures"]:
        published = {*listed[figure["run"]], "manifest.json", "run.json"}
        assert figure["file"] in published
        assert figure["name"] not in of_people or figure["value"] >= 10


def test_every_number_in_the_words_of_a_pack_is_a_cited_figure_or_the_products_own(place):
    answers = read(place / "pack/answers.json")

    for form, item, part in passages(answers):
        if part["source"] == "run":
            for language in ("nl", "en"):
                text, at = part[language]["text"], 0
                kept = ""
                for start, end, _ in part[language]["figures"]:
                    kept, at = kept + text[at:start], end
                left = re.findall(r"\d+", re.sub(r"95\s?%", "", kept + text[at:]))
                # What a measure means at 0.5, at 0 and at 1 is no figure.
                assert set(left) <= {"0", "1", "5"}, (form, item, text)
