"""docker/README.md: its shell can be read, what it names is there, and its commands can be given."""

import re
import shlex
import subprocess

import pytest
import yaml

from tests.docker.files import FOLDER, compose, merged, services
from tests.docker.test_compose import parse, problems

README = (FOLDER / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def commands(program: str) -> list[list[str]]:
    """The arguments of each call of a program."""
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    found = [shlex.split(line, comments=True) for line in lines if line.startswith(program + " ")]
    return [line[1:] for line in found]


@pytest.mark.parametrize("script", blocks("sh"))
def test_shell_can_be_read(script):
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)


def test_commands_of_influence_can_be_given():
    assert len(commands("influence")) >= 2
    for arguments in commands("influence"):
        parse(arguments)


def test_services_are_there():
    runs = [arguments for arguments in commands("docker") if arguments[:2] == ["compose", "run"]]
    assert len(runs) == 5
    for arguments in runs:
        assert services().keys() & set(arguments)


def test_what_compose_is_told_beside_its_files():
    for text in blocks("yaml"):
        override = yaml.safe_load(text)
        assert problems(merged(compose(), override)) == []
        for name, service in override["services"].items():
            assert name in services()
            if "command" in service:
                parse(service["command"])


def test_links_lead_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert [link for link in links if not (FOLDER / link).exists()] == []
