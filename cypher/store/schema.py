"""The schema's file: sections, one a version."""

import re

SECTION = re.compile(r"^// -+ version (\d+)\b.*$", re.MULTILINE)


def sections_of(schema: str) -> dict[int, list[str]]:
    """The statements of each version of a schema."""
    _, *parts = SECTION.split(schema)
    versions = map(int, parts[::2])
    bodies = (re.sub(r"^//.*$", "", part, flags=re.MULTILINE) for part in parts[1::2])
    return {
        version: [text.strip() for text in body.split(";") if text.strip()]
        for version, body in zip(versions, bodies, strict=True)
    }
