"""Traces for OpenTelemetry, where its standard variables ask for them; otherwise nothing of it is imported.

A span is one request, by its route: never what was asked, by whom, or with which headers. It has the request's id, by
which the log knows it too, and continues the trace that the caller names (`traceparent`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.telemetry import method_of, route_of

if TYPE_CHECKING:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
EXPORTER = "OTEL_TRACES_EXPORTER"
DISABLED = "OTEL_SDK_DISABLED"
PATIENCE = 3.0
"""Seconds for what is left to be sent when the service stops."""


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Do OpenTelemetry's variables ask for traces?"""
    exporter = environment.get(EXPORTER, "").strip().lower()
    named = exporter == "otlp" or (not exporter and any(environment.get(name) for name in ENDPOINTS))
    return named and environment.get(DISABLED, "").strip().lower() != "true"


@dataclass(frozen=True, slots=True)
class Collector:
    """Where spans go."""

    provider: "TracerProvider"
    exporter: "OTLPSpanExporter"

    def close(self, patience: float = PATIENCE) -> None:
        """Send what is left, for so many seconds at most: a collector may be away."""
        rest = Thread(target=self.provider.shutdown, daemon=True)
        rest.start()
        rest.join(patience)
        self.exporter.shutdown()  # which tries no more


def open_collector() -> Collector | None:
    """The collector that the variables name; None where they ask for none."""
    if not is_wanted(os.environ):
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME", "influence-graph")
    provider, exporter = TracerProvider(resource=Resource.create({SERVICE_NAME: name})), OTLPSpanExporter()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Collector(provider, exporter)


class Tracing:
    """A span for every request."""

    def __init__(self, app: ASGIApp, provider: "TracerProvider"):
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._app, self._kind = app, SpanKind.SERVER
        self._tracer = provider.get_tracer("service.api")
        self._propagator = TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = self._propagator.extract(dict(Headers(scope=scope)))
        method = method_of(scope)
        with self._tracer.start_as_current_span(
            method, caller, self._kind, record_exception=False, set_status_on_exception=False
        ) as span:

            async def send_noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            try:
                await self._app(scope, receive, send_noting)
            finally:
                route = route_of(scope)
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "influence.request_id": scope["state"]["request_id"],
                    }
                )
