"""What works councils, privacy officers and auditors ask, and where a pack answers.

The questions were written down before the pack was opened. An answer is what a run, the governance
file or the product says; where only the organisation can answer, the pack says so.
"""

import pytest

from blijfwijzer.governance.answers import fill
from blijfwijzer.governance.questionnaire import FORMS, read_form
from blijfwijzer.publish.pack.pack_texts import write_answer
from made_runs import make_known

COUNCIL = {
    "What are answers used for?": ("council", "asked", "Purpose"),
    "What are they never used for?": ("council", "never", "appraisal of people"),
    "Who decides on vouchers?": ("council", "decides", "Who decides"),
    "Can my manager see what I answered?": ("council", "why-not-names", "Only groups are shown"),
    "How small may a group be?": ("council", "guards", "fewer than 10 people"),
    "Is anybody judged or dismissed by it?": ("council", "never", "dismissal"),
    "How often is it wrong?": ("council", "good", "of such pairs"),
    "Who is missed, and some more than others?": ("council", "missed", "differs most by sex"),
    "Do age, sex and origin count?": ("council", "never", "Age, sex and origin do not count"),
    "Where does an employee object?": ("council", "agree", "Objections to"),
    "Whom do we ask?": ("council", "agree", "Questions to"),
    "How long are answers kept?": ("council", "kept", "Answers kept"),
    "What were respondents told?": ("council", "asked", "Told to who answered"),
    "To what do we consent, and until when?": ("council", "agree", "Valid until"),
    "Were the thresholds met?": ("council", "limits", "2 met, 1 not met"),
    "How do we check what is shown?": ("council", "check", "govern verify"),
    "Who can stop it, and how?": ("council", "why-stop", "govern stop"),
    "Must I take part?": ("council", "why-refuse", "To be filled in by the organisation"),
    "Do leavers get less training?": ("council", "never", "never offered less training"),
    "Is the proposal always followed?": ("council", "decides", "followed the proposal: 21"),
}
PRIVACY = {
    "On what legal ground?": ("dpia", "11.2", "Legal basis"),
    "Which personal data?": ("dpia", "2.1#1/2.1.1", "age, sex, education"),
    "Are special categories among them?": ("dpia", "2.3", "To be filled in by the organisation"),
    "Is it profiling?": ("dpia", "4", "that is profiling"),
    "Is there a decision without a human?": ("dpia", "15.6.2", "decides nothing"),
    "How long is what kept?": ("dpia", "10.2", "Logs kept, in days"),
    "Which parties see data?": ("dpia", "6.2", "To be filled in by the organisation"),
    "Do data go to another country?": ("dpia", "8.2", "without a network"),
    "Does use fit what was told?": ("dpia", "13.2", "Told to who answered"),
    "Are no more data used than needed?": ("iama", "2.2B.4", "looks at 2 features"),
    "Can groups be subtracted?": ("dpia", "3.1#1/3.1.2", "lays side by side"),
    "Does a model hold personal data?": ("norms", "3.03", "nothing about few people"),
    "How does somebody get access?": ("dpia", "15.1.2", "No result about one person is kept"),
    "What if somebody withdraws answers?": ("dpia", "15.3.2", "Take the row out"),
    "Is the ledger personal data?": ("dpia", "2.1#3/2.1.1", "pseudonymised"),
    "How are files secured?": ("iama", "2.5.2", "loading runs no program"),
    "What is logged?": ("norms", "4.07", "They hold no answers"),
    "What upon a leak?": ("norms", "4.06", "Your plan upon a leak"),
    "Are chances right?": ("instructions", "accuracy", "Are the chances of"),
    "Are people told?": ("notice", "what", "Legal basis"),
}
AUDITOR = {
    "2.01 does a human keep sight?": ("norms", "2.01", "proposes something about groups"),
    "2.02 why this design?": ("norms", "2.02", "kinds of models were compared"),
    "2.03 who was heard?": ("norms", "2.03", "Consent of the works council"),
    "2.06 is the quality of data known?": ("norms", "2.06", "how reliably"),
    "2.07 were measures chosen before?": ("norms", "2.07", "were fixed before"),
    "2.08 is input checked?": ("norms", "2.08", "is refused"),
    "2.09 what is it about?": ("norms", "2.09", "Not covered"),
    "2.13 do data stay good?": ("norms", "2.13", "monitor"),
    "2.15 are learning and testing apart?": ("norms", "2.15", "whom the model did not know"),
    "2.17 can it be made again?": ("norms", "2.17", "exactly the same model"),
    "2.18 was bias looked for?": ("norms", "2.18", "differs most by sex"),
    "2.19 does bias do harm?": ("norms", "2.19", "no less fair"),
    "2.21 did it learn by heart?": ("norms", "2.21", "divided in"),
    "3.01 what is the purpose?": ("norms", "3.01", "Purpose"),
    "3.03 was a DPIA made?": ("norms", "3.03", "Conclusion of the DPIA"),
    "3.06 do measures keep risks small?": ("norms", "3.06", "proofs"),
    "3.09 do features derive a distinction?": ("norms", "3.09", "for different groups"),
    "3.11 can a human intervene?": ("norms", "3.11", "drawn by lot"),
    "3.14 what is it about?": ("norms", "3.14", "Not covered"),
    "3.17 is keeping arranged?": ("norms", "3.17", "Answers kept"),
}
ROLES = {"council": COUNCIL, "privacy": PRIVACY, "auditor": AUDITOR}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    known = make_known(tmp_path_factory.mktemp("known"))
    filled = {form: fill(read_form(form), known) for form in FORMS}
    return {
        (form, answer.item.id): " ".join(part.text for part in write_answer(answer, "en"))
        for form, own in filled.items()
        for answer in own.answers
    }


def test_each_role_asks_twenty_questions():
    assert {role: len(asked) for role, asked in ROLES.items()} == dict.fromkeys(ROLES, 20)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_finds_an_answer_to_each_question(written, role):
    asked = ROLES[role].items()

    lost = [q for q, (form, item, words) in asked if words not in written[form, item]]

    assert lost == []
