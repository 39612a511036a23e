"""Processes that outlive who started them."""

import time

import psutil

from cypher.servers.process import has_ended, spawn


def test_one_that_nobody_asks_about_leaves_nothing_behind(tmp_path):
    """Killed by somebody else, while who started it does other things."""
    process = spawn(["/bin/sleep", "60"], tmp_path / "logs" / "console.log")
    assert not has_ended(process)
    psutil.Process(process.pid).kill()
    deadline = time.monotonic() + 10
    while psutil.pid_exists(process.pid):
        assert time.monotonic() < deadline, "a zombie is left"
        time.sleep(0.01)
    assert has_ended(process)
