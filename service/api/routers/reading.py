"""The description of the API for people: Swagger UI, from this service alone."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter
from starlette.responses import Response

from service.api.problems import Problem

router = APIRouter(prefix="/docs", include_in_schema=False)

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the style sheet's own pictures
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""What the page may load and ask: nothing of another origin, and no script or style that stands in a page."""


def _files() -> dict[str, tuple[Traversable, str]]:
    """What the page is made of, with media types."""
    swagger, own = files("fastapi_swagger") / "resources", files("service.api") / "reading"
    script = "text/javascript"
    return {
        "swagger-ui-bundle.js": (swagger / "swagger-ui-bundle.js", script),
        "swagger-ui.css": (swagger / "swagger-ui.css", "text/css"),
        "start.js": (own / "start.js", script),
    }


@router.get("")
def page() -> Response:
    """The page."""
    return _answer(files("service.api") / "reading" / "docs.html", "text/html")


@router.get("/{name}")
def part(name: str) -> Response:
    """A file that the page loads."""
    if name not in (known := _files()):
        raise Problem("not-found", f"the page has no part {name!r}", f"Ask for one of: {', '.join(known)}.")
    return _answer(*known[name])


def _answer(file: Traversable, form: str) -> Response:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "private, max-age=3600"}
    return Response(file.read_bytes(), media_type=form, headers=headers)
