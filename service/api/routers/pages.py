"""The pages: what `service/web` was built into, from this service alone.

Every view of them is an address that the same document answers; the script in it reads the address. The document is the
only thing that names other files, whose names change with what is in them, so that those are kept for good.
"""

import secrets
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from service.api.problems import Problem, answer

router = APIRouter(include_in_schema=False)

BUILT = Path(__file__).parents[2] / "web" / "dist"
VIEWS = ("/playground", "/runs", "/compare", "/cypher")
"""What addresses of pages begin with."""
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".wasm": "application/wasm",
}
PLACEHOLDER = "NONCE"
"""Stands in the built document for what is drawn anew for every answer."""


def policy(nonce: str) -> str:
    """What a page may load and ask: nothing of another origin, and nothing that somebody wrote into it.

    Args:
        nonce: of the styles that the editor's library inserts.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data: blob:",  # figures that are saved as PNG
            "connect-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


@cache
def _document() -> str:
    try:
        return (BUILT / "index.html").read_text()
    except FileNotFoundError:
        fix = "Install the package from a wheel, or build them in its source folder with: make setup."
        raise Problem("not-found", "the pages of this service are not built", fix) from None


def page() -> Response:
    """The document of every view."""
    return _page(200)


def lost(request: Request, error: Exception) -> Response:
    """What an address that leads nowhere is answered with: a page for a browser, a problem for a program."""
    by_browser = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
    if by_browser and (BUILT / "index.html").exists():
        return _page(404)
    return answer("not-found", "there is nothing at this address", fix="Look for it in the description of the API.")


def _page(status: int) -> Response:
    nonce = secrets.token_urlsafe(16)
    text = _document().replace(PLACEHOLDER, nonce)
    return Response(text, status, media_type="text/html", headers={"Content-Security-Policy": policy(nonce)})


for view in ("/", *VIEWS, *(f"{view}/{{rest:path}}" for view in VIEWS)):
    router.add_api_route(view, page, methods=["GET", "HEAD"])


@cache
def _files() -> dict[str, Path]:
    """What the document, and the files that it names, may name."""
    return {path.relative_to(BUILT).as_posix(): path for path in BUILT.rglob("*") if path.suffix in TYPES}


@router.get("/theme.js")
def theme() -> Response:
    """The script that runs before the first paint."""
    return _file("theme.js", "private, max-age=3600")


@router.get("/assets/{name}")
def asset(name: str) -> Response:
    """A file that another one names."""
    return _file(f"assets/{name}", "private, max-age=31536000, immutable")


def _file(name: str, kept: str) -> Response:
    path = _files().get(name)
    if path is None:
        raise Problem("not-found", f"the pages have no part {name!r}", "Reload the page: it may be of another version.")
    return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": kept})
