"""Prints the description of the API (OpenAPI), which `docs/openapi.json` holds: `python -m service.api.describe`."""

import json
import sys
import tempfile
from pathlib import Path

from service.api.app import create_app
from service.api.settings import ServiceSettings
from workers.environment import Environment


def description() -> str:
    """The description, as text that does not depend on this machine."""
    with tempfile.TemporaryDirectory() as nowhere:
        app = create_app(Environment(home=Path(nowhere)), ServiceSettings())
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(description())
