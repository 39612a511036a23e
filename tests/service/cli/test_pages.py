"""`influence open`: where the pages are, and a browser that shows them."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from service.operations import local_processes
from tests.service.cli.conftest import ended
from tests.workers.jobs.conftest import COMMAND


@pytest.fixture
def browser(tmp_path, monkeypatch) -> Path:
    """A browser that writes down what it is asked to show."""
    seen = tmp_path / "seen"
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {seen}\n')
    program.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    return seen


@pytest.fixture
def started(tmp_path, monkeypatch):
    """The service that `influence up` starts, whose servers are away."""
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    port = int(os.environ["INFLUENCE_API_PORT"])
    local_processes.start_service(tmp_path, port, lambda words: None)
    yield f"http://127.0.0.1:{port}"
    list(local_processes.end(tmp_path, 5.0))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)


def test_it_opens_the_service_of_this_machine(started, browser):
    for arguments, view in (((), "playground"), (("demo",), "runs/demo"), (("a b/c",), "runs/a%20b%2Fc")):
        done = run("open", *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{started}/{view}\n", "")
        assert browser.read_text() == f"{started}/{view}"
        browser.unlink()
    assert httpx.get(f"{started}/livez", timeout=60).is_success


@pytest.mark.parametrize("option", ["--no-browser", "--print"])
def test_it_only_prints_the_address_where_that_is_asked_for(started, browser, option):
    done = run("open", "demo", option)
    assert (done.stdout, done.stderr, browser.exists()) == (f"{started}/runs/demo\n", "", False)


def test_where_there_is_no_browser_the_address_is_enough(influence, started, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    done = influence("open")
    assert (done.code, done.out) == (0, f"{started}/playground\n")
    assert "no browser was found" in done.err


def test_where_no_service_runs_it_says_how_to_start_one(influence, tmp_path, monkeypatch, browser):
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    done = influence("open")
    assert (done.code, done.out, browser.exists()) == (1, "", False)
    assert "no service runs on this machine" in done.err and "`influence up` starts one" in done.err


@pytest.mark.servers
def test_it_opens_a_service_elsewhere(capsys, service, monkeypatch, browser):
    monkeypatch.setenv("INFLUENCE_API_KEY", service.key)
    done = ended(capsys, "--server", service.url, "open", "demo")
    assert (done.code, done.out) == (0, f"{service.url}/runs/demo\n")
    assert browser.read_text() == f"{service.url}/runs/demo"
    assert service.key not in done.out
    nowhere = ended(capsys, "--server", "http://127.0.0.1:9", "open")
    assert nowhere.code == 1 and "nothing answers" in nowhere.err
