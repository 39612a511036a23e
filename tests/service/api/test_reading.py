"""The description for people: nothing of it comes from elsewhere, and no policy is loosened for it."""

import re

import pytest

from service.api.security import HEADERS
from tests.service.api.conftest import offline
from tests.service.api.test_security import key


def test_the_page_is_whole_and_of_this_service_alone(serve, tmp_path):
    client = serve(offline(tmp_path))
    page = client.get("/docs")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(parts) == 4 and not any("//" in part for part in parts)
    assert re.findall(r"<script(?! src=)|<style| style=| on\w+=", page.text) == []
    for part in parts:
        if not part.startswith("data:"):
            answer = client.get(f"/{part}")
            assert answer.status_code == 200 and answer.content
            kind = "text/css" if part.endswith(".css") else "text/javascript"
            assert answer.headers["content-type"].startswith(kind)
    start = client.get("/docs/start.js").text
    (description,) = re.findall(r'url: "([^"]+)"', start)
    assert client.get(f"/{description}").json()["openapi"].startswith("3.1")
    assert "http" not in start


def test_its_policy_allows_no_script_but_its_own(serve, tmp_path):
    client = serve(offline(tmp_path))
    for path in ("/docs", "/docs/start.js", "/docs/swagger-ui.css"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy and "http" not in policy and "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
    assert client.get("/livez").headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_swagger_ui_reads_this_version_of_openapi(serve, tmp_path):
    script = serve(offline(tmp_path)).get("/docs/swagger-ui-bundle.js").text
    (version,) = re.findall(r'PACKAGE_VERSION:"(\d+)\.[\d.]+"', script)
    assert int(version) >= 5  # the first that reads 3.1


def test_it_needs_no_key_and_takes_one(serve, keys):
    key(keys, "read")
    client = serve()
    for path in ("/docs", "/docs/start.js", "/v1/openapi.json"):
        assert client.get(path).status_code == 200
    (scheme,) = client.get("/v1/openapi.json").json()["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


@pytest.mark.parametrize("name", ["nothing.js", "..%2fstart.js", "docs.html", "../app.py", "%00"])
def test_there_are_no_other_parts(serve, tmp_path, name):
    answer = serve(offline(tmp_path)).get(f"/docs/{name}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
