"""The part of requirements.lock that an image, or making one, needs: `python packages.py cpu|gpu|build`.

The lock also holds what only developers use. Of each package it tells, after `# via`, who asked for it; this goes from
what pyproject.toml names to all that is needed for it.
"""

import re
import sys
import tomllib
from pathlib import Path

ONLY_GPU = {
    "cuda-bindings",
    "cuda-pathfinder",
    "cuda-toolkit",
    "nvidia-cuda-cccl",
    "nvidia-cusolver",
    "nvidia-nvjitlink",
    "nvidia-nvtx",
    "triton",
}
"""What torch neither is linked to nor looks for on a CPU; to the rest of CUDA it is linked."""


def read_lock(text: str) -> dict[str, str]:
    """The lines about each package, by its name."""
    return {found[1]: found[0] for found in re.finditer(r"^([a-z0-9-]+)==.*\n(?: .*\n)*", text, flags=re.MULTILINE)}


def closure(packages: dict[str, str], roots: set[str]) -> set[str]:
    """These packages and all that are needed for them."""
    if missing := roots - packages.keys():
        raise SystemExit(f"requirements.lock lacks {', '.join(sorted(missing))}")
    asked_by = {
        name: set(re.findall(r"^ +#(?: via)? +([a-z0-9-]+)$", lines, flags=re.MULTILINE))
        for name, lines in packages.items()
    }
    found, new = set[str](), roots
    while new:
        found |= new
        new = {name for name, askers in asked_by.items() if askers & new} - found
    return found


def choose(what: str, lock: str, project: str) -> str:
    """The lines of the lock for `build`, for `cpu`, or for what `gpu` has beyond that."""
    packages, table = read_lock(lock), tomllib.loads(project)
    wanted = table["build-system"]["requires"] if what == "build" else table["project"]["dependencies"]
    chosen = closure(packages, {re.split(r"[^A-Za-z0-9-]", each, maxsplit=1)[0] for each in wanted})
    if what == "cpu":
        chosen -= ONLY_GPU
    if what == "gpu":
        chosen &= ONLY_GPU
    return "".join(packages[name] for name in sorted(chosen))


if __name__ == "__main__":
    print(choose(sys.argv[1], Path("requirements.lock").read_text(), Path("pyproject.toml").read_text()), end="")
