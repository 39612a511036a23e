"""What tests of `influence experiment` share: files of sentences, and what a report folder says."""

import json
import re
from pathlib import Path
from typing import Any

from workers.analysis.results import InstanceResult

NOUNS = {"sing": "pilot", "plur": "pilots"}
OTHERS = {"sing": "guard likes", "plur": "guards like"}
ANSWERS = {"sing": ("is", "are"), "plur": ("are", "is")}


def marvin_linzen(path: Path, forms: tuple[str, ...] = ("sing", "plur")) -> Path:
    """Sentences in the five columns of Marvin and Linzen's data set, under its names; of one construction too many."""
    rows = []
    for one in forms:
        rows.append(("simple_agrmt", f"{one}_MS_MV", f"the {NOUNS[one]} ***mask*** tall .", *ANSWERS[one]))
        for other in ("sing", "plur"):
            form = f"{one}_MS_MV_{other}_ES_EV"
            for word in ("tall", "short", "old"):
                text = f"the {NOUNS[one]} that the {OTHERS[other]} ***mask*** {word} ."
                rows.append(("obj_rel_across_anim", form, text, *ANSWERS[one]))
                text = f"the {NOUNS[one]} near the {NOUNS[other]} ***mask*** {word} ."
                rows.append(("prep_anim", form, text, *ANSWERS[one]))
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    return path


def table(folder: Path, experiment: str, sheet: str) -> list[dict[str, Any]]:
    report = json.loads((folder / experiment / "report.json").read_text())
    (found,) = [each for each in report["sheets"] if each["name"] == sheet]
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def results_of(folder: Path, task: str) -> list[InstanceResult]:
    return [InstanceResult.from_json(line) for line in (folder / "results" / f"{task}.jsonl").read_text().splitlines()]


def origins(folder: Path) -> list[dict[str, str]]:
    """The page's table of what the numbers come from."""
    origin = (folder / "report.html").read_text().split('id="origin"')[1].split("</table>")[0]
    header, *rows = origin.split("<tr>")[1:]
    columns = re.findall("<th>(.*?)</th>", header)
    return [dict(zip(columns, re.findall("<td>(.*?)</td>", row), strict=True)) for row in rows]


def refusal(ended) -> str:
    assert ended.code == 2 and ended.out == ""
    (line,) = ended.err.splitlines()
    return line
