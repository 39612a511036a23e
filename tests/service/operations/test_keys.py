"""API keys: made, found, revoked; only hashes are kept."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from cypher.errors import Conflict, InvalidInput, NotFound, ServerError
from service.operations.keys import Keys


@pytest.fixture
def keys(tmp_path) -> Keys:
    return Keys(tmp_path / "home" / "keys.json")


def test_a_key_is_found_by_its_secret_alone(keys, tmp_path):
    key, secret = keys.create("a script", ["submit", "read", "read"])
    other, another = keys.create("a colleague", ["admin"], days=2)
    assert keys.find(secret) == key and keys.find(another) == other
    assert (key.scopes, key.expires_at) == (("read", "submit"), None)
    assert [key.caller.may(scope) for scope in ("read", "query", "submit", "admin")] == [True, False, True, False]
    assert all(other.caller.may(scope) for scope in ("read", "query", "submit", "admin"))
    id_, _, hidden = secret.removeprefix("ig_").partition("_")
    for wrong in ("", "ig", secret[:-1], f"{secret}x", f"ig_{other.id}_{hidden}", f"xx_{id_}_{hidden}", f"ig_{id_}_"):
        assert keys.find(wrong) is None
    stored = (tmp_path / "home" / "keys.json").read_text()
    assert hidden not in stored and [row["name"] for row in json.loads(stored)] == ["a script", "a colleague"]
    assert (tmp_path / "home" / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_key_expires(keys):
    _, secret = keys.create("soon", ["read"], days=1)
    now = datetime.now(UTC)
    assert keys.find(secret, now + timedelta(hours=23)) is not None
    assert keys.find(secret, now + timedelta(hours=25)) is None


def test_another_process_sees_at_once_what_is_made_and_revoked(keys, tmp_path):
    other = Keys(tmp_path / "home" / "keys.json")
    assert other.list() == []
    key, secret = keys.create("one", ["read"])
    assert other.find(secret) == key
    assert keys.revoke(key.id) == key and other.find(secret) is None and keys.list() == []


def test_many_are_made_at_once(keys, tmp_path):
    file = tmp_path / "home" / "keys.json"
    with ThreadPoolExecutor(8) as many:
        made = list(many.map(lambda number: Keys(file).create(f"key {number}", ["read"]), range(20)))
    assert {key.id for key, _ in made} == {key.id for key in keys.list()}


def test_what_is_no_key(keys):
    keys.create("taken", ["read"])
    for arguments, problem in (
        (("", ["read"]), "name: '' is no name"),
        (("a\nb", ["read"]), "is no name"),
        (("a", []), "scopes: there are none"),
        (("a", ["raed"]), "scopes: there is no scope 'raed'. Did you mean 'read'"),
        (("a", ["read"], 0), "days: 0 is over already"),
    ):
        with pytest.raises(InvalidInput, match=problem):
            keys.create(*arguments)
    with pytest.raises(Conflict, match="there is a key 'taken' already"):
        keys.create("taken", ["read"])
    with pytest.raises(NotFound, match="there is no key 'tokn'"):
        keys.revoke("tokn")


def test_a_file_that_is_damaged_opens_nothing(keys, tmp_path):
    keys.create("one", ["read"])
    (tmp_path / "home" / "keys.json").write_text("[{}")
    with pytest.raises(ServerError, match="the file of keys cannot be read"):
        keys.find("ig_a_b")
