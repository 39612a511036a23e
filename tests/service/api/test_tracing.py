"""Traces, sent to a collector that listens: a span by route for each request, and nothing of what was asked."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from service.api.tracing import is_wanted
from service.operations.keys import Keys
from tests.service.cli.test_serve import home, serving  # noqa: F401 - a fixture
from tests.workers.jobs.conftest import free_port, until


@dataclass
class Collector:
    """What was sent to it."""

    address: str
    received: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def requests(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for _, body in list(self.received)]

    @property
    def spans(self) -> list[tuple[str, dict[str, object], bytes]]:
        """Name, attributes and trace of every span."""
        found = []
        for each in self.requests:
            for resource in each.resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        values = {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
                        found.append((span.name, values, span.trace_id))
        return found


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One that takes OTLP over HTTP, as protobuf."""
    found = Collector("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["content-type"] == "application/x-protobuf"
            found.received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def test_every_request_is_a_span(home, collector, monkeypatch):  # noqa: F811
    _, key = Keys(home / "keys.json").create("a script", ["read", "query"])
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    trace = "0af7651916cd43dd8448eb211c80319c"
    with serving() as (address, process):
        headers = {"Authorization": f"Bearer {key}", "X-Secret": "hidden-header", "User-Agent": "hidden-agent"}
        asked = {"cypher": "RETURN 'hidden-text' AS hidden_column"}
        answer = requests.post(f"{address}/v1/queries?hidden=argument", json=asked, headers=headers, timeout=60)
        assert answer.json()["values"] == [["hidden-text"]]
        parent = {**headers, "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        lost = requests.get(f"{address}/v1/runs/hidden-run", headers=parent, timeout=60)
        requests.request("HIDDEN", f"{address}/hidden-path", headers=headers, timeout=60)
        until(lambda: len([name for name, _, _ in collector.spans if name != "GET /livez"]) >= 3, 30)
        process.terminate()
        assert process.wait(15) == 0
    assert {path for path, _ in collector.received} == {"/v1/traces"}
    spans = {name: (values, of) for name, values, of in collector.spans}
    assert spans["POST /v1/queries"][0] == {
        "http.request.method": "POST",
        "http.route": "/v1/queries",
        "http.response.status_code": 200,
        "influence.request_id": answer.headers["x-request-id"],
    }
    values, of = spans["GET /v1/runs/{run}"]
    assert (values["http.response.status_code"], values["influence.request_id"]) == (404, lost.headers["x-request-id"])
    assert of.hex() == trace
    assert "unknown unknown" in spans
    sent = b"".join(body for _, body in collector.received)
    assert b"hidden" not in sent.lower() and key.encode() not in sent and b"influence-graph" in sent


def test_a_collector_that_is_away_disturbs_nobody(home, monkeypatch):  # noqa: F811
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with serving() as (address, process):
        for _ in range(20):
            began = time.monotonic()
            assert requests.get(f"{address}/v1/tasks", timeout=60).status_code == 200
            assert time.monotonic() - began < 5
        began = time.monotonic()
        process.terminate()
        assert process.wait(20) == 0 and time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector:4318"}, False),
    ],
)
def test_the_standard_variables_ask_for_it(variables, wanted):
    assert is_wanted(variables) == wanted


def test_it_costs_nothing_where_nobody_asks(tmp_path):
    script = (
        "import sys; from pathlib import Path; from service.api.app import create_app\n"
        "from service.api.settings import ServiceSettings; from workers.environment import Environment\n"
        "create_app(Environment(home=Path(sys.argv[1])), ServiceSettings())\n"
        "ours = 'opentelemetry.exporter', 'opentelemetry.sdk.trace', 'opentelemetry.proto', 'google.protobuf'\n"
        "print([name for name in sys.modules if name.startswith(ours)])"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"
