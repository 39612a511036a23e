"""Requests to a service: the key, waiting and trying again, and what goes wrong.

1. The key travels in a header, and in clear text only to this machine, or where that is asked for.
2. Redirects are not followed: the key is for the address that was given.
3. What changes nothing is asked again where the service says when, or the connection broke, for some seconds in all;
   and whatever the service refuses because there were too many requests.
"""

import ipaddress
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from cypher.errors import InvalidInput, RequestError
from service.client.problems import away, error_of, unreadable

PATIENCE = 15.0
"""Seconds that a safe request waits in all to be asked again."""
PAUSE = 1.0
"""Seconds before it is, where the connection broke, and at least."""
TIMEOUT = httpx.Timeout(600.0, connect=10.0)
TOO_MANY = 429
BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
JSON = "application/json"


class Transport:
    """A service's address, and the connection to it. Safe to use from many threads.

    Args:
        url: such as https://influence.example.org.
        key: None where the service asks for none.
        plain_http: may the key travel without encryption?
        patience: seconds that a safe request waits in all to be asked again.

    Raises:
        InvalidInput: an address that is none, or a key that is none.
        RequestError: the key must not travel there.
    """

    def __init__(self, url: str, key: str | None, *, plain_http: bool = False, patience: float = PATIENCE):
        address = _address(url)
        local = _is_local(address.host)
        headers = {"User-Agent": "influence-graph"}
        if key is not None and (key := key.strip()):
            if not key.isascii() or not key.isprintable() or " " in key:
                raise InvalidInput("key", "the API key is none", "Give it as it was shown when it was made.")
            if address.scheme == "http" and not (local or plain_http):
                problem = f"{address} is not encrypted, and whoever is on the way could read the API key"
                raise RequestError("plain_http", problem, "Use https://, or a tunnel that ends on this machine.")
            headers["Authorization"] = f"Bearer {key}"
        self.url = str(address).rstrip("/")
        self._patience = patience
        self._http = httpx.Client(
            base_url=address, headers=headers, timeout=TIMEOUT, follow_redirects=False, trust_env=not local
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        accept: str = JSON,
        safe: bool | None = None,
        patience: float | None = None,
        statuses: tuple[int, ...] = (),
    ) -> httpx.Response:
        """An answer.

        Args:
            params: those that are None are left out.
            json: of the body; or else `data` and `files`, of a form.
            safe: changes it nothing, so that it may be asked again? None: as the method says.
            patience: seconds that it waits in all to be asked again; None: those of the transport.
            statuses: that are answers too, though they are no success.

        Raises:
            InfluenceError: as the service says, or it gives no answer.
        """
        given = {name: value for name, value in (params or {}).items() if value is not None}
        most = self._patience if patience is None else patience
        waited = 0.0
        while True:
            refused = False
            try:
                response = self._http.request(
                    method,
                    path,
                    params=given,
                    json=json,
                    data=data,
                    files=files,
                    headers={"Accept": accept, **(headers or {})},
                )
            except httpx.DecodingError:
                raise unreadable() from None
            except httpx.TransportError as error:
                failure, pause = away(error, self.url), PAUSE if isinstance(error, BROKEN) else None
            else:
                if response.is_success or response.status_code in statuses:
                    return response
                failure, pause = error_of(response), _retry_after(response)
                refused = response.status_code == TOO_MANY  # and so nothing was done
            again = refused or (method == "GET" if safe is None else safe)
            if not again or pause is None or waited + pause > most:
                raise failure from None
            time.sleep(pause)
            waited += pause

    def json(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of an answer; as `request`.

        Raises:
            ServerError: it is none.
        """
        response = self.request(method, path, **more)
        try:
            return response.json()
        except ValueError:
            raise unreadable() from None

    @contextmanager
    def stream(self, path: str, *, headers: Mapping[str, str], timeout: float = 600.0) -> Iterator[httpx.Response]:
        """An answer that is read as it comes.

        Args:
            timeout: seconds without a byte after which the connection is taken as broken.

        Raises:
            InfluenceError: as `request`; it is not asked again.
        """
        limits = httpx.Timeout(timeout, connect=TIMEOUT.connect)
        try:
            with self._http.stream("GET", path, headers=dict(headers), timeout=limits) as response:
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                yield response
        except httpx.DecodingError:
            raise unreadable() from None
        except httpx.TransportError as error:
            raise away(error, self.url) from None


def _address(url: str) -> httpx.URL:
    fix = "Write it like https://influence.example.org or http://127.0.0.1:8642."
    try:
        address = httpx.URL(url.strip())
    except httpx.InvalidURL:
        raise InvalidInput("server", "it is no address", fix) from None
    if address.userinfo:
        raise InvalidInput("server", "the address holds a user or password", "Leave it out; an API key says who asks.")
    if address.scheme not in ("http", "https") or not address.host or address.query or address.fragment:
        raise InvalidInput("server", f"{url!r} is no address of a service", fix)
    path = address.path.rstrip("/")
    return address.copy_with(path=path.removesuffix("/v1") or "/")


def _is_local(host: str) -> bool:
    """Is it this machine?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds after which to ask again, where the service says so."""
    if response.status_code not in (429, 503):
        return None
    try:
        return max(PAUSE, float(response.headers["retry-after"]))
    except (KeyError, ValueError):  # or a date, which this service does not write
        return None
