"""Is the service alive, and can it work?"""

import os
from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from cypher.errors import InfluenceError
from service.api.problems import RETRY
from service.api.security import needs
from service.api.services import TheServices
from service.api.telemetry import MULTIPROCESS, exposition

router = APIRouter(tags=["operations"])


class Readiness(BaseModel):
    """Whether each server that requests need can be used."""

    ready: bool
    graph: bool
    broker: bool


@router.get("/livez", include_in_schema=False)
async def livez() -> dict[str, bool]:
    """The process answers."""
    return {"alive": True}


@router.get("/metrics", include_in_schema=False, dependencies=needs("read"))
def metrics() -> Response:
    """Numbers of requests, for Prometheus."""
    content, form = exposition(os.environ.get(MULTIPROCESS))
    return Response(content, media_type=form)


@router.get("/readyz", response_model=Readiness, include_in_schema=False)
def readyz(services: TheServices) -> JSONResponse:
    """Which of the servers that requests need can be used; 503 unless all can."""
    graph = _can(lambda: services.store().read("store/read/schema"))
    broker = _can(lambda: services.environment.broker().version())
    usable = {"graph": graph, "broker": broker}
    ready = all(usable.values())
    headers = {} if ready else {"Retry-After": str(RETRY)}
    return JSONResponse({"ready": ready, **usable}, 200 if ready else 503, headers)


def _can(look: Callable[[], object]) -> bool:
    """Does it succeed?"""
    try:
        look()
    except InfluenceError:
        return False
    return True
