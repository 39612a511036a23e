"""Questions and answers in a real broker: who holds one, who does not any more, and how many there may be."""

import time

import pytest

from cypher.errors import Busy, InvalidInput, NotFound
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.evaluation.ablation.settings import AblationSettings
from workers.jobs.on_demand import mailbox as module
from workers.jobs.on_demand.mailbox import Mailbox
from workers.jobs.on_demand.questions import AblationQuestion, AnalysisQuestion, from_text, to_text

pytestmark = pytest.mark.servers

ANALYSIS = AnalysisQuestion(
    Instance("a", "the pilot ***mask*** tall .", "is", "are", roles=("det", "subject", "verb", "c", "p")),
    Settings(samples=8, methods=("attention",), sources=(1, 2)),
    "bundled",
    None,
    "float64",
    "kept",
)
ABLATION = AblationQuestion("run", "bundled", AblationSettings(methods=("gpr",)), 20, "t", "c")


@pytest.fixture
def mailbox(broker):
    with broker.open() as client:
        client.flushall()
        yield Mailbox(client)


@pytest.mark.parametrize("question", [ANALYSIS, ABLATION])
def test_a_question_travels_whole(question):
    assert from_text(to_text(question)) == question


def test_from_the_question_to_the_answer(mailbox):
    name = mailbox.put(ANALYSIS)
    assert mailbox.find(name, "analysis").status == "queued" and mailbox.find(name, "ablation") is None
    assert mailbox.take(name, "one", 5) == ANALYSIS
    assert mailbox.find(name, "analysis").status == "running" and mailbox.renew(name, "one", 5)
    assert not mailbox.renew(name, "two", 5) and not mailbox.release(name, "two")
    mailbox.answer(name, "two", "{}")  # another's
    assert mailbox.find(name, "analysis").status == "running"
    mailbox.answer(name, "one", '{"x": 1}')
    found = mailbox.find(name, "analysis")
    assert (found.status, found.content, found.data, found.lost) == ("completed", {"x": 1}, None, False)
    assert not mailbox.release(name, "one") and not mailbox.renew(name, "one", 5)  # a heartbeat that comes late
    assert mailbox.take(name, "two", 5) is None and not mailbox.put_back(name)
    assert mailbox.find(name, "analysis").status == "completed"


def test_an_answer_may_have_data_beside_it(mailbox):
    name, data = mailbox.put(ANALYSIS), bytes(range(256)) * 100
    mailbox.take(name, "one", 5)
    mailbox.answer(name, "one", '{"x": 1}', data)
    found = mailbox.find(name, "analysis")
    assert (found.content, found.data) == ({"x": 1}, data)


def test_an_error_comes_back_as_it_was(mailbox):
    name = mailbox.put(ABLATION)
    mailbox.take(name, "one", 5)
    mailbox.refuse(name, "one", NotFound("run", "there is none", "Name another.", "here"))
    error = mailbox.find(name, "ablation").error
    assert isinstance(error, NotFound) and error.to_dict() == {
        **{"code": "not-found", "field": "run", "problem": "there is none"},
        **{"fix": "Name another.", "where": "here"},
    }


def test_a_lost_one_is_put_back_once_and_given_up_after_two(mailbox):
    name = mailbox.put(ANALYSIS)
    for token in ("one", "two"):
        assert mailbox.take(name, token, 0.05) == ANALYSIS
        assert not mailbox.put_back(name)  # it is held
        time.sleep(0.1)
        assert mailbox.find(name, "analysis").lost
        assert mailbox.put_back(name) and not mailbox.put_back(name)  # whoever comes second changes nothing
        assert not mailbox.renew(name, token, 5)
    assert mailbox.take(name, "three", 5) is None
    found = mailbox.find(name, "analysis")
    assert found.status == "failed" and "2 workers ended" in str(found.error)


def test_one_that_is_given_back_was_not_lost(mailbox):
    name = mailbox.put(ANALYSIS)
    for token in ("one", "two", "three"):
        assert mailbox.take(name, token, 5) == ANALYSIS and mailbox.release(name, token)


def test_what_is_withdrawn_is_gone_for_all(mailbox):
    name = mailbox.put(ANALYSIS)
    mailbox.take(name, "one", 5)
    assert mailbox.withdraw(name) and not mailbox.withdraw(name)
    assert not mailbox.renew(name, "one", 5)
    mailbox.answer(name, "one", "{}")
    mailbox.refuse(name, "one", NotFound("run", "x", "y"))
    assert mailbox.find(name, "analysis") is None and not mailbox.put_back(name)


def test_there_is_an_end_to_how_much_is_kept(mailbox, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    first, _ = mailbox.put(ANALYSIS), mailbox.put(ANALYSIS)
    with pytest.raises(Busy, match="2 answers are kept"):
        mailbox.put(ANALYSIS)
    mailbox.withdraw(first)
    name = mailbox.put(ANALYSIS)
    monkeypatch.setattr(module, "LONGEST", 100)
    with pytest.raises(InvalidInput, match="Ask about a shorter one"):
        mailbox.put(ANALYSIS)
    mailbox.take(name, "one", 5)
    monkeypatch.setattr(module, "LARGEST", 10)
    with pytest.raises(InvalidInput, match="Keep fewer edges"):
        mailbox.answer(name, "one", '{"a": "some text that does not become smaller"}')
    with pytest.raises(InvalidInput, match="Keep fewer edges"):
        mailbox.answer(name, "one", "{}", b"data that does not become smaller")


def test_only_one_at_a_time(mailbox):
    with mailbox.alone("x", 0.05):
        time.sleep(0.1)  # longer than it may
    with mailbox.alone("x", 5):
        pass
