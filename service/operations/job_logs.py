"""What the workers of this machine logged about one run: JSON lines of many files, in the order of time."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read_logs(folder: Path, run: str) -> list[dict[str, Any]]:
    """The entries about a run, rotated files included; lines that were cut off are left out.

    Args:
        run: id.
    """
    files = folder.glob("*.jsonl*") if folder.is_dir() else ()
    entries = [entry for file in files for entry in _entries(file, run)]
    return sorted(entries, key=lambda entry: str(entry.get("timestamp", "")))


def _entries(file: Path, run: str) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if run not in line:
                continue
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(entry, dict) and entry.get("run") == run:
                yield entry
