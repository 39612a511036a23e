"""The compose files: each field of the kind that it must be, and what they name is there."""

import re
import subprocess
from typing import Annotated, Literal

import pytest
import typer
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cypher.jars import locked_version
from service.cli.app import app
from tests.docker.files import (
    COMPOSE,
    FOLDER,
    PROJECT,
    ROOT,
    TLS,
    VARIABLE,
    compose,
    ours,
    services,
    stages,
    with_defaults,
)
from workers.environment import Environment

Duration = Annotated[str, StringConstraints(pattern=r"^\d+(s|m)$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Build(Strict):
    context: Literal[".."]
    dockerfile: Literal["docker/Dockerfile"]
    target: str


class Check(Strict):
    test: Annotated[list[str], Field(min_length=2)]
    interval: Duration | None = None
    timeout: Duration | None = None
    retries: int | None = None
    start_period: Duration | None = None


class Condition(Strict):
    condition: Literal["service_healthy"]


class Device(Strict):
    driver: Literal["nvidia"]
    count: Literal["all"]
    capabilities: list[Literal["gpu"]]


class Reservations(Strict):
    devices: list[Device]


class Resources(Strict):
    reservations: Reservations


class Deploy(Strict):
    resources: Resources


class Mounted(Strict):
    source: str
    target: str


class Service(Strict):
    image: str | None = None
    build: Build | None = None
    profiles: list[str] = []
    user: str | None = None
    restart: Literal["unless-stopped"] | None = None
    init: bool = False
    cap_drop: list[Literal["ALL"]] = []
    security_opt: list[str] = []
    stop_grace_period: Duration | None = None
    environment: dict[str, str] = {}
    secrets: list[str] = []
    configs: list[Mounted] = []
    depends_on: dict[str, Condition] = {}
    command: list[str] | None = None
    ports: list[str] = []
    volumes: list[str] = []
    healthcheck: Check | None = None
    deploy: Deploy | None = None


class File(Strict):
    file: str


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Literal["influence-graph"] | None = None
    services: dict[str, Service]
    secrets: dict[str, File] = {}
    configs: dict[str, File] = {}
    volumes: dict[str, None] = {}


@pytest.mark.parametrize("file", [COMPOSE, TLS], ids=lambda file: file.name)
def test_every_field_is_known_and_what_is_named_is_there(file):
    whole = Whole.model_validate({name: value for name, value in compose(file).items() if not name.startswith("x-")})
    base = Whole.model_validate({name: value for name, value in compose().items() if not name.startswith("x-")})
    assert whole.services.keys() <= base.services.keys()
    for service in whole.services.values():
        assert set(service.secrets) <= whole.secrets.keys()
        assert {each.source for each in service.configs} <= whole.configs.keys()
        assert service.depends_on.keys() <= whole.services.keys()
        named = {volume.partition(":")[0] for volume in service.volumes}
        assert {name for name in named if not name.startswith((".", "/", "$"))} <= whole.volumes.keys()
        if service.build is not None:
            assert service.build.target in stages()
            assert service.image == f"influence-graph:{PROJECT['version']}-{service.build.target}"
    for name, service in base.services.items():
        assert service.restart == "unless-stopped"
        assert service.stop_grace_period is not None
        assert service.healthcheck is not None or name in ours()
        assert all(base.services[other].healthcheck is not None for other in service.depends_on)


def test_images_have_whole_versions():
    for service in services().values():
        assert re.search(r":\d+\.\d+\.\d+(-|$)", service["image"])
    assert services()["neo4j"]["image"] == f"neo4j:{locked_version()}-community"


def test_variables_are_those_that_are_read():
    for file in (COMPOSE, TLS):
        for name in compose(file)["services"].keys() & ours().keys():
            for variable in compose(file)["services"][name]["environment"].keys() - {"SSL_CERT_FILE"}:
                assert variable.startswith("INFLUENCE_")
                assert variable.removeprefix("INFLUENCE_").lower() in Environment.model_fields
    assert all("environment" not in service for service in (services()["redis"], compose(TLS)["services"]["redis"]))


def test_the_readme_has_every_variable_that_may_be_set():
    table = re.findall(r"^\| `([A-Z0-9_]+)` \| `([^`]+)` \|", (FOLDER / "README.md").read_text(), flags=re.MULTILINE)
    assert set(re.findall(VARIABLE, COMPOSE.read_text())) == set(table)
    assert {name for name, _ in re.findall(VARIABLE, TLS.read_text())} <= {name for name, _ in table}
    assert len(re.findall(VARIABLE, COMPOSE.read_text())) == COMPOSE.read_text().count("${") - 1  # one is a comment


def test_commands_of_ours_can_be_given():
    commands = [service["command"] for service in ours().values()]
    assert {command[0] for command in commands} == {"worker", "sweep"}
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
    assert len(ports) == 2
    assert all(with_defaults(port).startswith("127.0.0.1:") for port in ports)


def test_containers_are_given_longer_to_stop_than_workers_take():
    from workers.jobs.limits import Limits

    for service in ours().values():
        assert int(service["stop_grace_period"].removesuffix("s")) >= 3 * Limits().grace
