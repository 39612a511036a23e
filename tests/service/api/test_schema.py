"""Whatever is asked, every answer is as the API describes it, and none is a fault of the service."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.api.conftest import listening
from tests.workers.jobs.conftest import jobs_at
from workers.environment import Environment

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@pytest.mark.whole
@pytest.mark.servers
def test_every_answer_is_as_it_is_described(demo_run, broker, tmp_path, monkeypatch):
    with jobs_at(demo_run.connection, broker, tmp_path, monkeypatch) as jobs:
        jobs.sweeper()
        jobs.worker()
        _ask_everything(jobs.environment, tmp_path)


def _ask_everything(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text('[parameters]\n"path.run" = "demo"\n')
    with listening(environment, requests=10**6, query_seconds=2) as address:
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            *(
                "run",
                f"{address}/v1/openapi.json",
                "--checks",
                ",".join(CHECKS),
                "--phases",
                "examples,coverage,fuzzing",
            ),
            *(
                "--exclude-method",
                "DELETE",
                "--max-examples",
                "10",
                "--seed",
                "1",
                "--request-timeout",
                "60",
                "--suppress-health-check",  # how many requests are thrown away says nothing of the service
                "filter_too_much",
                "--no-color",
            ),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-8000:]
