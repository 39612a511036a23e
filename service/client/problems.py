"""Problems (RFC 9457) as the project's own errors: with the same code, field, problem and fix."""

from typing import Any

import httpx

from cypher.errors import AccessDenied, Busy, InfluenceError, RequestError, ServerError, ServerUnavailable, kinds

SERVICE = "service"
"""The field of what is the service's own, and no value of a request."""
TYPES = "/problems/"


def error_of(response: httpx.Response) -> InfluenceError:
    """What an answer that is no success says. The answer must have been read."""
    problem = _problem(response)
    if problem is None:
        said = f"{_origin(response)} answers with the status {response.status_code}"
        if response.has_redirect_location:
            said += f" and another address, {httpx.URL(response.headers['location']).copy_with(query=None)}"
        return ServerError(SERVICE, f"{said}, and not as this program's service does", "Check the address.")
    code, detail = problem["type"].removeprefix(TYPES), str(problem["detail"])
    field, fix = problem.get("field"), str(problem.get("fix") or "Try again.")
    if code == "unauthorized":
        given = "authorization" in response.request.headers
        fix = "Give another." if given else "Give one, or set INFLUENCE_API_KEY."
        return AccessDenied(SERVICE, detail, fix)
    if code == "forbidden":
        return AccessDenied(SERVICE, detail, fix)
    if code == Busy.code:
        after = response.headers.get("retry-after", "some")
        return Busy(field or SERVICE, detail, f"Try again in {after} seconds.")
    if code == "not-found" and field is None:
        problem = f"{_origin(response)} has no {response.request.url.path}"
        return ServerError(SERVICE, problem, "It may be of an earlier version: use the same here and there.")
    if code in (known := kinds()):
        name = SERVICE if field is None else str(field).rpartition(".")[2]  # of settings.samples, samples
        return known[code](name, detail, fix, problem.get("where"))
    return (RequestError if response.is_client_error else ServerError)(SERVICE, detail, fix)


def away(error: httpx.TransportError, url: str) -> ServerUnavailable:
    """Of a service that gives no answer."""
    if isinstance(error, httpx.TimeoutException):
        return ServerUnavailable(SERVICE, f"{url} does not answer in time", "Try again, or check the address.")
    if isinstance(error, httpx.ConnectError):
        return ServerUnavailable(SERVICE, f"nothing answers at {url} ({error})", "Check the address, or try again.")
    said = str(error) or type(error).__name__
    return ServerUnavailable(SERVICE, f"the connection to {url} is broken ({said})", "Try again.")


def unreadable() -> ServerError:
    """Of an answer that has another form than this version's."""
    fix = "Check the address, and use the same version here and there."
    return ServerError(SERVICE, "the service answers in a form that cannot be read", fix)


def _problem(response: httpx.Response) -> dict[str, Any] | None:
    try:
        problem = response.json()
    except ValueError:
        return None
    known = isinstance(problem, dict) and str(problem.get("type", "")).startswith(TYPES) and "detail" in problem
    return problem if known else None


def _origin(response: httpx.Response) -> str:
    url = response.request.url
    return f"{url.scheme}://{url.netloc.decode()}"
