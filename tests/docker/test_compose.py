"""The compose files keep to the Compose Specification and the rules of this house; what they name is there."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
from jsonschema import Draft7Validator

from cypher.neo4j_server.jars import locked_version
from service.api.settings import ServiceSettings
from service.cli.app import app
from tests.docker.files import (
    COMPOSE,
    FOLDER,
    PROJECT,
    ROOT,
    TLS,
    VARIABLE,
    compose,
    merged,
    ours,
    services,
    stages,
    with_defaults,
)
from workers.environment import Environment

SCHEMA = Draft7Validator(json.loads(Path(__file__).with_name("compose-spec.json").read_text()))
"""The Compose Specification's own; compose-spec.NOTICE says where it is from."""


def problems(whole: dict[str, Any]) -> list[str]:
    """Where a file breaks the Compose Specification; values are as they come from an empty environment."""
    return [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(_filled(whole))]


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each) for each in value]
    return with_defaults(value) if isinstance(value, str) else value


WHOLES = {"compose.yaml": compose(), "compose.tls.yaml": compose(TLS), "both": merged(compose(), compose(TLS))}


@pytest.mark.parametrize("whole", WHOLES.values(), ids=WHOLES)
def test_they_keep_to_the_compose_specification(whole):
    Draft7Validator.check_schema(SCHEMA.schema)
    assert problems(whole) == []


@pytest.mark.parametrize(
    "change",
    [
        {"services": {"worker": {"comand": ["worker"]}}},
        {"services": {"worker": {"stop_grace_period": 90}}},
        {"services": {"worker": {"restart": True}}},
        {"services": {"worker": {"deploy": {"resources": {"reservations": {"devices": [{"count": "all"}]}}}}}},
        {"volume": {"hub": None}},
    ],
    ids=str,
)
def test_what_the_specification_does_not_know_is_found(change):
    assert problems(merged(compose(), change)) != []


@pytest.mark.parametrize("whole", [WHOLES["compose.yaml"], WHOLES["both"]], ids=["compose.yaml", "both"])
def test_what_is_named_is_there(whole):
    for service in whole["services"].values():
        assert set(service.get("secrets", [])) <= whole["secrets"].keys()
        assert {each["source"] for each in service.get("configs", [])} <= whole.get("configs", {}).keys()
        assert service.get("depends_on", {}).keys() <= whole["services"].keys()
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in named if not name.startswith((".", "/", "$"))} <= whole["volumes"].keys()
        if (build := service.get("build")) is not None:
            assert (build["context"], build["dockerfile"]) == ("..", "docker/Dockerfile")
            assert build["target"] in stages()
            assert service["image"] == f"influence-graph:{PROJECT['version']}-{build['target']}"
    assert compose(TLS)["services"].keys() <= services().keys()


def test_every_service_comes_back_says_how_it_is_and_fills_no_disk():
    for name, service in services().items():
        assert service["restart"] == "unless-stopped"
        assert service["stop_grace_period"]
        assert "healthcheck" in service or name in ours()  # whose images have one
        assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}
        for other, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert "healthcheck" in services()[other]


def test_ours_can_do_nothing_that_they_need_not():
    for service in ours().values():
        assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
        assert not service.keys() & {"privileged", "cap_add", "network_mode", "pid", "user"}
        assert all(mount.startswith(("hub:", "keys:")) or mount.endswith(":ro") for mount in service.get("volumes", []))
    assert services()["redis"]["user"] == "redis"


def test_metrics_are_served_where_other_containers_reach_them():
    for name in ("worker", "worker-gpu"):
        command = services()[name]["command"]
        assert command[command.index("--metrics-host") + 1] == "0.0.0.0"
        port = command[command.index("--metrics-port") + 1]
        assert services()[name]["expose"] == [port]
        assert f"{name}:{port}" in (FOLDER / "README.md").read_text()


def test_images_have_whole_versions():
    for service in services().values():
        assert re.search(r":\d+\.\d+\.\d+(-|$)", service["image"])
    assert services()["neo4j"]["image"] == f"neo4j:{locked_version()}-community"


def test_variables_are_those_that_are_read():
    for file in (COMPOSE, TLS):
        for name in compose(file)["services"].keys() & ours().keys():
            for variable in compose(file)["services"][name]["environment"].keys() - {"SSL_CERT_FILE"}:
                assert variable.startswith("INFLUENCE_")
                known = Environment.model_fields | {f"api_{each}": None for each in ServiceSettings.model_fields}
                assert variable.removeprefix("INFLUENCE_").lower() in known
    assert all("environment" not in service for service in (services()["redis"], compose(TLS)["services"]["redis"]))


def test_the_readme_has_every_variable_that_may_be_set():
    table = re.findall(r"^\| `([A-Z0-9_]+)` \| `([^`]+)` \|", (FOLDER / "README.md").read_text(), flags=re.MULTILINE)
    assert set(re.findall(VARIABLE, COMPOSE.read_text())) == set(table)
    assert {name for name, _ in re.findall(VARIABLE, TLS.read_text())} <= {name for name, _ in table}
    assert len(re.findall(VARIABLE, COMPOSE.read_text())) == COMPOSE.read_text().count("${") - 1  # one is a comment


def test_commands_of_ours_can_be_given():
    commands = [service["command"] for service in ours().values()]
    assert {command[0] for command in commands} == {"worker", "sweep", "serve"}
    for command in commands:
        parse(command)


def parse(arguments: list[str]) -> None:
    """Read a command line as `influence` does, and do nothing."""
    influence = typer.main.get_command(app)
    with influence.make_context("influence", list(arguments)) as context:
        name, command, rest = influence.resolve_command(context, [*context._protected_args, *context.args])  # pyright: ignore
        command.make_context(name, rest, parent=context)


def test_no_secret_is_written_down():
    for file in (COMPOSE, TLS):
        for service in compose(file)["services"].values():
            for name, value in service.get("environment", {}).items():
                assert "password" not in name.lower()
                assert "AUTH" not in name or value.startswith("/run/secrets/") or name.endswith("client__auth")
                assert "@" not in value
        files = compose(file).get("secrets", {}) | compose(file).get("configs", {})
        for each in files.values():
            kept_out = subprocess.run(
                ["git", "check-ignore", "--quiet", f"docker/{each['file']}"], cwd=ROOT, check=False
            )
            assert kept_out.returncode == 0


def test_ports_are_of_this_machine_alone():
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert all(with_defaults(port).startswith("127.0.0.1:") for port in ports)


def test_containers_are_given_longer_to_stop_than_workers_take():
    from workers.limits import Limits

    for service in ours().values():
        assert int(service["stop_grace_period"].removesuffix("s")) >= 3 * Limits().grace
