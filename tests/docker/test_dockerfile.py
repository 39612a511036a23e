"""The Dockerfile: it can be read, what it copies is there, and what its images run can be given."""

import json
import re
import shlex
from fnmatch import fnmatch

import pytest

from tests.docker.files import FOLDER, PROJECT, ROOT, Stage, stages
from tests.docker.test_compose import parse

IMAGES = ("cpu", "cuda")


def last(image: str, keyword: str) -> str:
    """An instruction as it is in an image in the end, its own or that of what it is made from."""
    stage = stages()[image]
    return said[-1] if (said := stage.all(keyword)) else last(stage.base, keyword)


def test_stages_are_made_from_earlier_ones_or_a_whole_version():
    known: list[str] = []
    for name, stage in stages().items():
        assert stage.base in known or re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-[a-z-]+", stage.base)
        for source in re.findall(r"--from=(\S+)", " ".join(stage.all("COPY"))):
            assert source in known
        known.append(name)
    assert set(IMAGES) <= set(known)


def copied(stage: Stage) -> list[str]:
    """What is copied out of the project."""
    return [path for line in stage.all("COPY") if "--from=" not in line for path in line.split()[:-1]]


def test_what_is_copied_is_there_and_not_left_out():
    paths = [path for stage in stages().values() for path in copied(stage)]
    rules = (FOLDER / "Dockerfile.dockerignore").read_text().split()
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == set(paths)
    assert rules[0] == "*"
    for path in paths:
        assert (ROOT / path).exists()
        assert not any(fnmatch(path, rule) for rule in rules[1:] if not rule.startswith("!"))


def test_the_wheel_has_all_that_it_is_made_of():
    paths = copied(stages()["packages"])
    assert {"pyproject.toml", PROJECT["readme"], "LICENSE", "cypher", "influence_graph", "service", "workers"} <= set(
        paths
    )


@pytest.mark.parametrize("image", IMAGES)
def test_images_run_influence_as_nobody_in_particular(image):
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last(image, "USER"))
    assert json.loads(last(image, "ENTRYPOINT")) == ["influence"]
    parse(json.loads(last(image, "CMD")))
    _, _, check = last(image, "HEALTHCHECK").partition(" CMD ")
    command, *arguments = shlex.split(check.partition("&&")[0])
    assert command == "influence"
    parse(arguments)


def test_what_proves_the_packages_can_be_given():
    (proof,) = (line for line in stages()["packages"].all("RUN") if "/bin/influence " in line)
    assert proof.split()[:2] == ["/opt/influence/bin/influence", "analyze"]
    parse(shlex.split(proof)[1:])


def test_packages_are_checked_against_their_hashes():
    installs = [part for stage in stages().values() for line in stage.all("RUN") for part in line.split("&&")]
    installs = [part for part in installs if re.search(r"\bpip\b.* install ", part)]
    assert len(installs) == 4
    assert all("--no-deps" in part for part in installs)
    assert [part for part in installs if "--require-hashes" not in part] == [
        part for part in installs if "--no-index wheels/*.whl" in part
    ]
