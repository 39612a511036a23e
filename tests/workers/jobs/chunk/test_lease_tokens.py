"""Tokens of processes that live, have ended, or are of other machines."""

import subprocess
import sys

import psutil
import pytest

from workers.jobs.chunk import lease_tokens
from workers.jobs.chunk.lease_tokens import is_gone, new_token

SAY = "from workers.jobs.chunk.lease_tokens import new_token; print(new_token(), flush=True); input()"


@pytest.fixture(params=["linux", "elsewhere"])
def _system(request, monkeypatch, tmp_path):
    if request.param == "elsewhere":
        monkeypatch.setattr(lease_tokens, "BOOT", tmp_path / "none")


@pytest.mark.usefixtures("_system")
def test_this_process_is_there_and_another_of_its_number_is_gone():
    token = new_token()
    host, pid, birth, rest = token.rsplit(":", 3)
    assert not is_gone(token)
    assert is_gone(f"{host}:{pid}:{birth}1:{rest}")
    assert not is_gone(f"another-{host}:{pid}:{birth}1:{rest}")


def test_a_process_that_ends_is_gone_with_its_children_or_without():
    with subprocess.Popen([sys.executable, "-c", SAY], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        token = process.stdout.readline().strip()
        assert not is_gone(token)
        process.kill()
        psutil.wait_procs([psutil.Process(process.pid)], timeout=0.5)  # a zombie, for nobody has waited for it
        assert is_gone(token)
    assert is_gone(token)


@pytest.mark.skipif(not lease_tokens.BOOT.exists(), reason="reckoned from the clock there")
def test_a_clock_that_is_set_changes_nothing(monkeypatch):
    token = new_token()
    monkeypatch.setattr(psutil, "boot_time", lambda: 0.0)
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: 0.0)
    assert not is_gone(token)


def test_after_another_boot_every_process_is_gone(monkeypatch, tmp_path):
    token = new_token()
    monkeypatch.setattr(lease_tokens, "BOOT", tmp_path / "boot")
    lease_tokens.BOOT.write_text("another")
    assert is_gone(token)
