"""Who is let in: hosts, origins, keys, scopes, rates and sizes; and what every answer carries."""

import json

import pytest

from cypher.errors import InvalidInput
from service.api.security import HEADERS, ID
from service.api.serve import check_exposure
from service.api.settings import read_settings
from tests.service.api.conftest import ADDRESS, offline


@pytest.fixture
def away(serve, tmp_path):
    """A service without servers, which these tests need not."""
    return serve(offline(tmp_path))


def key(keys, *scopes: str, **more) -> dict[str, str]:
    """The header of a new key."""
    name = "-".join(scopes) + str(len(keys.list()))
    return {"Authorization": f"Bearer {keys.create(name, scopes, **more)[1]}"}


@pytest.mark.parametrize(
    "host", ["evil.example.org", "evil.example.org:8642", "", "127.0.0.1.evil.org", "[::1", "a@127.0.0.1x"]
)
def test_a_request_for_another_host_is_refused(away, host):
    refused = away.get("/livez", headers={"Host": host})
    assert (refused.status_code, refused.json()["type"]) == (421, "/problems/unknown-host")


@pytest.mark.parametrize("host", ["127.0.0.1:8642", "localhost", "LOCALHOST:80", "[::1]:8642", "influence.example.org"])
def test_its_own_names_are_served(serve, tmp_path, host):
    client = serve(offline(tmp_path), hosts=("influence.example.org",))
    assert client.get("/livez", headers={"Host": host}).json() == {"alive": True}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.org"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "https://127.0.0.1:8642"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_stranger_s_page_is_refused(away, headers):
    refused = away.post("/v1/queries", json={"cypher": "RETURN 1"}, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/foreign-origin")
    assert "access-control-allow-origin" not in refused.headers


def test_its_own_page_is_not(away):
    answer = away.get("/v1/tasks", headers={"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200


def test_every_answer_has_its_headers(away):
    for path in ("/livez", "/v1/tasks", "/v1/nothing", "/v1/runs"):
        answer = away.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)
        assert len(answer.headers[ID]) == 32 and answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


def test_without_keys_this_machine_may_do_everything(away):
    assert away.get("/v1/tasks").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_without_keys_nobody_may_through_a_proxy(away, header):
    assert away.get("/v1/tasks", headers={header: "203.0.113.7"}).status_code == 401


def test_with_keys_nobody_may_without_one(serve, keys):
    header, client = key(keys, "read"), serve()
    refused = client.get("/v1/tasks")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.json()["detail"] == "there is no API key"
    assert client.get("/v1/tasks", headers=header).status_code == 200
    for wrong in ("", "x", header["Authorization"][7:-1], header["Authorization"][7:] + "x", "ig__", "ig_a_b"):
        refused = client.get("/v1/tasks", headers={"Authorization": f"Bearer {wrong}"})
        assert refused.status_code == 401, wrong
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/runs", "read"),
        ("GET", "/v1/runs/x", "read"),
        ("GET", "/v1/runs/x/sentences", "read"),
        ("GET", "/v1/runs/x/sentences/y", "read"),
        ("POST", "/v1/jobs/files", "submit"),
        ("DELETE", "/v1/runs/x", "admin"),
        ("GET", "/v1/reports", "read"),
        ("GET", "/v1/runs/x/reports/overview", "read"),
        ("GET", "/v1/runs/x/comparisons/overview", "read"),
        ("GET", "/v1/runs/x/figures/entropy", "read"),
        ("POST", "/v1/queries", "query"),
        ("POST", "/v1/jobs", "submit"),
        ("GET", "/v1/jobs/x", "read"),
        ("GET", "/v1/jobs/x/events", "read"),
        ("GET", "/v1/jobs/x/failures", "read"),
        ("POST", "/v1/jobs/x/cancel", "submit"),
        ("POST", "/v1/jobs/x/resume", "submit"),
        ("GET", "/v1/tasks", "read"),
        ("GET", "/v1/tasks/sva-obj/sentences", "read"),
        ("GET", "/v1/runs/x/aggregates", "read"),
        ("POST", "/v1/runs", "submit"),
        ("GET", "/v1/runs/x/results", "read"),
        ("GET", "/v1/runs/x/network", "read"),
        ("GET", "/v1/runs/x/tables", "read"),
        ("GET", "/v1/runs/x/tables/cases", "read"),
        ("GET", "/v1/models", "read"),
        ("GET", "/v1/models/bundled", "read"),
        ("POST", "/v1/analyses", "submit"),
        ("GET", "/v1/analyses/x", "read"),
        ("GET", "/v1/analyses/x/result", "read"),
        ("GET", "/v1/analyses/x/figure", "read"),
        ("DELETE", "/v1/analyses/x", "submit"),
        ("POST", "/v1/ablations", "submit"),
        ("GET", "/v1/ablations/x", "read"),
    ],
)
def test_each_route_asks_for_its_scope(serve, keys, method, path, scope):
    client = serve()
    others = [each for each in ("read", "query", "submit") if each != scope]
    refused = client.request(method, path, headers=key(keys, *others))
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert refused.json()["fix"] == f"Use a key with the scope {scope}."
    for enough in (scope, "admin"):
        assert client.request(method, path, headers=key(keys, enough)).status_code not in (401, 403)


def test_every_route_needs_a_key(serve, keys):
    """None is forgotten: all that the API describes refuse who has no key."""
    key(keys, "read")
    client = serve()
    for path, operations in client.get("/v1/openapi.json").json()["paths"].items():
        for method in operations:
            assert client.request(method, path.replace("{", "").replace("}", "")).status_code == 401, (method, path)


def test_a_key_that_is_revoked_or_expired_opens_nothing(serve, keys):
    client, header = serve(), key(keys, "read")
    assert client.get("/v1/tasks", headers=header).status_code == 200
    keys.revoke("read0")
    assert client.get("/v1/tasks", headers=header).status_code == 401
    assert client.get("/v1/tasks").status_code == 401  # without any key left, too
    soon = key(keys, "read", days=1e-9)
    assert client.get("/v1/tasks", headers=soon).status_code == 401
    assert client.get("/v1/tasks", headers=header).status_code == 401


def test_no_other_machine_without_keys(environment, keys):
    for host in ("0.0.0.0", "192.168.1.5", "::", "example.org"):
        with pytest.raises(InvalidInput, match=r"host: .* can be reached from other machines, and there are no API"):
            check_exposure(environment, read_settings(host=host))
    for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost"):
        check_exposure(environment, read_settings(host=host))
    keys.create("a", ["read"])
    check_exposure(environment, read_settings(host="0.0.0.0"))


def test_too_many_requests(serve, keys, tmp_path):
    client = serve(requests=3)
    one, other = key(keys, "read"), key(keys, "read")
    answers = [client.get("/v1/tasks", headers=one) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["type"] == "/problems/too-many-requests"
    assert client.get("/v1/tasks", headers=other).status_code == 200


def test_a_body_that_is_too_large(serve, tmp_path):
    client = serve(offline(tmp_path), body=1000)
    refused = client.post("/v1/queries", json={"cypher": "x" * 2000})
    assert (refused.status_code, refused.json()["type"]) == (413, "/problems/too-large")

    def pieces():
        for _ in range(20):
            yield b"x" * 100

    refused = client.post("/v1/queries", content=pieces(), headers={"Content-Type": "application/json"})
    assert refused.status_code == 413


def test_a_body_of_another_type(client):
    refused = client.post(
        "/v1/queries", content=json.dumps({"cypher": "RETURN 1"}), headers={"Content-Type": "text/plain"}
    )
    assert refused.status_code == 422
