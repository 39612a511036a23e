"""What a worker serves for Prometheus."""

import re
from dataclasses import replace

import pytest
import requests
import torch
from prometheus_client import REGISTRY

from cypher.errors import ServerUnavailable
from tests.random_models import random_bert
from tests.workers.jobs.conftest import SETTINGS, Jobs, free_port, sentences, until
from workers.jobs.messages.queues import WINDOW
from workers.jobs.processes import child


def served(port: int) -> dict[str, float]:
    """The samples, by name and labels as they are written."""
    text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    return {name: float(value) for name, value in re.findall(r"^([^#\n]\S*(?: \w+\"})?) (\S+)$", text, re.MULTILINE)}


def test_failures_are_counted_by_what_came_in_the_way(jobs: Jobs, tmp_path):
    port = free_port()
    worker = jobs.worker("--metrics-port", port)
    jobs.sweeper()
    good, bad = sentences(2)
    jobs.wait(jobs.submit("bad", [good, bad], chunk=2, unchecked=[replace(bad, correct="gloriously")]))
    model = random_bert(
        tmp_path / "model", words=sorted({*good.text.split(), str(good.correct), str(good.wrong)} - {"***mask***"})
    )
    gone = jobs.submit("gone", [good], source=str(model))
    (model / "config.json").unlink()
    jobs.wait(gone)
    endless = jobs.submit("killed", [good], settings=replace(SETTINGS, samples=20_000))
    until(lambda: jobs.progress(endless).running.chunks)
    (process,) = worker.children()
    process.kill()
    kinds = {"sentence": 1, "attempt": 1, "model": 1, "killed": 1}
    until(lambda: kinds.items() <= failures(served(port)).items())
    found = served(port)
    assert failures(found) == kinds
    assert found["influence_failed_sentences_total"] == 1


def failures(found: dict[str, float]) -> dict[str, float]:
    names = {name: re.fullmatch(r'influence_failures_total{kind="(.*)"}', name) for name in found}
    return {match[1]: found[name] for name, match in names.items() if match}


@pytest.mark.parametrize(
    ("error", "kind"),
    [(ServerUnavailable("graph", "no Neo4j answers", "Start it"), "graph"), (OSError("odd"), "error")],
)
def test_what_is_left_to_the_sweeper_is_counted_too(monkeypatch, error, kind):
    def process_chunk(*_):
        raise error

    monkeypatch.setattr(child, "_context", lambda: None)
    monkeypatch.setattr(child, "process_chunk", process_chunk)
    before = REGISTRY.get_sample_value("influence_failures_total", {"kind": kind}) or 0
    child.handle_message("run", "chunk")
    assert REGISTRY.get_sample_value("influence_failures_total", {"kind": kind}) == before + 1


def test_the_length_of_a_queue_is_that_of_the_ledger_whatever_the_broker_holds(jobs: Jobs, monkeypatch):
    port = free_port()
    chunks = WINDOW + 10
    one = sentences(1)[0]
    run = jobs.submit("long", [replace(one, id=str(number)) for number in range(chunks)], chunk=1)
    jobs.worker("--metrics-port", port, "--metrics-host", "0.0.0.0")  # nothing was sent
    lengths = {f'influence_queue_length{{device="{device}"}}': 0 for device in ("cpu", "gpu")}
    assert lengths | {'influence_queue_length{device="any"}': chunks} == queue_lengths(served(port))
    jobs.ledger.cancel(run)
    assert sum(queue_lengths(served(port)).values()) == 0


def queue_lengths(found: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in found.items() if name.startswith("influence_queue_length")}


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_none_of_this_machine(jobs: Jobs, host):
    worker = jobs.start("worker", "--device", "cpu", "--metrics-port", free_port(), "--metrics-host", host)
    assert worker.popen.wait() == 2
    assert f"error: --metrics-port: nothing can be served at {host}:" in worker.said
    assert "Traceback" not in worker.said


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU, and there is none here")
def test_memory_of_a_gpu(jobs: Jobs):
    port = free_port()
    worker = jobs.start("worker", "--device", "cuda:0", "--metrics-port", port)
    worker.wait_for("ready")
    run = jobs.submit("gpu", sentences(2))
    jobs.fill(run)
    jobs.wait(run)
    held = served(port)['influence_gpu_memory_bytes{device="cuda:0"}']
    assert 0 < held < torch.cuda.get_device_properties(0).total_memory
