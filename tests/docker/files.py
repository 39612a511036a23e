"""What stands in docker/, read for the tests."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docker"
COMPOSE = FOLDER / "compose.yaml"
TLS = FOLDER / "compose.tls.yaml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VARIABLE = r"\$\{([A-Z0-9_]+):-([^}]+)\}"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the Dockerfile: what it begins with, and its instructions in order."""

    name: str
    base: str
    instructions: tuple[tuple[str, str], ...]

    def all(self, keyword: str) -> list[str]:
        return [rest for each, rest in self.instructions if each == keyword]


def compose(file: Path = COMPOSE) -> dict[str, Any]:
    """As it is written."""
    return yaml.safe_load(file.read_text())


def merged(one: Any, other: Any, name: str = "") -> Any:
    """Two files as Compose takes them: lists follow each other, but of commands the second is."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {key: merged(one[key], value, key) if key in one else value for key, value in other.items()}
    if isinstance(one, list) and isinstance(other, list) and name not in ("command", "entrypoint", "test"):
        return one + other
    return other


def services() -> dict[str, dict[str, Any]]:
    return compose()["services"]


def ours() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in services().items() if service["image"].startswith("influence-graph:")}


def with_defaults(text: str) -> str:
    """What a container gets where docker/.env says nothing."""
    return re.sub(VARIABLE, r"\2", text).replace("$$", "$")


def stages() -> dict[str, Stage]:
    """Of the Dockerfile.

    Raises:
        ValueError: a line that is no instruction of a stage.
    """
    text = re.sub(r"\\\n", " ", (FOLDER / "Dockerfile").read_text())
    found: dict[str, Stage] = {}
    name, base, instructions = "", "", list[tuple[str, str]]()
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        keyword, _, rest = line.partition(" ")
        if keyword == "FROM":
            base, _, name = rest.partition(" AS ")
            instructions = []
        elif not name or keyword not in KEYWORDS:
            raise ValueError(line)
        else:
            instructions.append((keyword, rest))
        found[name] = Stage(name, base, tuple(instructions))
    return found


KEYWORDS = {"CMD", "COPY", "ENTRYPOINT", "ENV", "HEALTHCHECK", "RUN", "USER", "WORKDIR"}
