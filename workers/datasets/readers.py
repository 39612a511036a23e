"""Readers of sentence files: JSON lines, CSV, and TSV in the forms of Marvin and Linzen's data set and of SST-2.

1. The file is read whole, as UTF-8 with or without a byte-order mark.
2. The format, known by the file's extension (and of TSV by its first line), gives one record a row, with the line that
   it begins on.
3. Each record is checked (`rows.Row`) and becomes an `Instance`.

What is wrong with the file as a whole always raises; what is wrong with a row can be skipped.
"""

import csv
import io
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cypher.errors import InvalidInput
from workers.datasets.instance import MASK, Instance
from workers.datasets.rows import FIELDS, make_instance, unknown_field
from workers.datasets.sentiment import LABELS

Record = tuple[int, dict[str, Any] | InvalidInput]
"""The line that a row begins on, counted from 1, and its fields or what is wrong with the line itself."""

Cells = tuple[int, list[str]]
"""The line that a row begins on, and its cells."""

SENTENCE, LABEL, INDICES = "sentence", "label", ("idx", "index")
"""The columns of SST-2's files; the indices are left out."""

ENDS = (".", "!", "?")
"""What a sentence may end with."""

_LETTERS = {"sing": "S", "plur": "P", "masc": "M", "male": "M", "fem": "F", "female": "F"}


def read_instances(
    path: str | Path,
    *,
    skip_bad: bool = False,
    on_bad: Callable[[InvalidInput], None] | None = None,
    on_notice: Callable[[str], None] = lambda notice: None,
) -> list[Instance]:
    """The instances of a `.jsonl`, `.csv` or `.tsv` file, in its order.

    JSONL and CSV rows have `text` with `correct` and `wrong` (a masked word) or `label` (a class), and
    may have `id`, `task`, `case` and `roles`; a CSV file names them in its first line, leaves a cell empty
    for a field that a row lacks, and separates roles by spaces. TSV rows have no header and five columns: task,
    form, sentence, right word, wrong word; or four: task, form, right sentence, wrong sentence, whose one difference
    becomes the mask; or, below a header with `sentence` and `label`, a sentence and its class, 0 (negative) or 1
    (positive). A row without an id gets `<file's stem>/<line>`.

    Args:
        skip_bad: leave out bad rows instead of raising at the first.
        on_bad: is told of every row that is left out.
        on_notice: is told of pairs of sentences that differ in more than one word, which are always left out.

    Raises:
        InvalidInput: no such file, a format or encoding that is not known, no instances, or a bad row;
            the message names file, line, field and fix.
    """
    path = Path(path)
    instances: list[Instance] = []
    lines: dict[str, int] = {}  # where each id was first seen
    for line, values in _records(path, on_notice):
        where = f"{path}:{line}"
        try:
            if isinstance(values, InvalidInput):
                raise values.at(where)
            instance = make_instance(values, f"{path.stem}/{line}", where)
            if instance.id in lines:
                problem = f"{instance.id!r} is the id of line {lines[instance.id]} too"
                raise InvalidInput("id", problem, "Give every instance an id of its own.", where)
        except InvalidInput as bad:
            if not skip_bad:
                raise
            if on_bad is not None:
                on_bad(bad)
            continue
        lines[instance.id] = line
        instances.append(instance)
    if not instances:
        raise InvalidInput("input", "it holds no instance", "Give at least one good row.", str(path))
    return instances


def case_of(form: str) -> str:
    """The case of a form of Marvin and Linzen's, such as `SP` of `sing_MS_MV_plur_ES_EV`.

    The letters of its numbers and genders in their order: the form names the subject of the masked word
    first. A form that has none, such as `past`, is its own case.
    """
    return "".join(_LETTERS.get(part, "") for part in form.split("_")) or form


def _records(path: Path, on_notice: Callable[[str], None]) -> Iterator[Record]:
    try:
        parsers = {".jsonl": _jsonl, ".csv": _csv, ".tsv": lambda text: _tsv(text, on_notice)}
        parse = parsers.get(path.suffix.lower())
        if parse is None:
            problem = f"its extension {path.suffix!r} is not known"
            raise InvalidInput("input", problem, "Use a .jsonl, .csv or .tsv file.")
        yield from parse(_text(path))
    except InvalidInput as bad:
        raise bad.at(str(path)) from None


def _text(path: Path) -> str:
    if path.is_dir():
        raise InvalidInput("input", "it is a directory", "Name a file in it.")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InvalidInput("input", "there is no such file", "Check the path.") from None
    except OSError as error:
        raise InvalidInput("input", f"it cannot be read ({error.strerror})", "Check its permissions.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"byte {content[error.start]:#04x} is not UTF-8"
        raise InvalidInput("input", problem, "Save the file as UTF-8.", f"{path}:{line}") from None


def _jsonl(text: str) -> Iterator[Record]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _json_object(line)


def _json_object(line: str) -> dict[str, Any] | InvalidInput:
    fix = 'Write one object a line, such as {"text": "…", "correct": "is", "wrong": "are"}.'
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        return InvalidInput("line", f"it is not JSON ({error.msg} at column {error.colno})", fix)
    except RecursionError:
        return InvalidInput("line", "it is nested too deeply", fix)
    return values if isinstance(values, dict) else InvalidInput("line", "it is JSON, but no object", fix)


def _csv(text: str) -> Iterator[Record]:
    rows = _rows(csv.reader(io.StringIO(text, newline=""), strict=True))
    header = [name.strip() for name in next(rows, (1, ["text"]))[1]]
    for number, name in enumerate(header, start=1):
        if not name:
            problem = f"column {number} has no name in the first line"
            raise InvalidInput(
                "input", problem, "Name it or leave it out; pandas writes its index so: use index=False."
            )
        if name not in FIELDS:
            raise unknown_field(name)
        if header.count(name) > 1:
            raise InvalidInput(name, "two columns have this name", "Remove one.")
    if "text" not in header:
        raise InvalidInput(
            "text", "no column has this name", f"Name the columns in the first line: {', '.join(FIELDS)}."
        )
    for line, cells in rows:
        if len(cells) != len(header):
            problem = f"it has {len(cells)} cells, the first line {len(header)}"
            yield line, InvalidInput("line", problem, "Quote cells that hold a comma; leave unused cells empty.")
        else:
            yield line, {name: cell for name, cell in zip(header, cells, strict=True) if cell}


def _tsv(text: str, on_notice: Callable[[str], None]) -> Iterator[Record]:
    rows = _rows(csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))
    first = next(rows, None)
    if first is None:
        return
    header = [cell.strip() for cell in first[1]]
    if SENTENCE in header and {SENTENCE, LABEL, *INDICES}.issuperset(header):
        yield from _sentiment(header, rows)
    elif len(header) == 4:
        yield from _pairs(itertools.chain([first], rows), on_notice)
    else:
        yield from _agreement(itertools.chain([first], rows))


def _agreement(rows: Iterator[Cells]) -> Iterator[Record]:
    """The form with the mask in place: task, form, sentence, right word, wrong word."""
    for line, cells in rows:
        if len(cells) != 5:
            problem = f"it has {len(cells)} tab-separated columns"
            fix = f"Write five: task, form, sentence with {MASK}, right word, wrong word; or four: task, form, right "
            fix += "sentence, wrong sentence; for sentiment two, below a first line that names them: sentence, label."
            yield line, InvalidInput("line", problem, fix)
        else:
            task, form, sentence, correct, wrong = cells
            if len(form.split()) > 1:
                problem = (
                    "its second column is a sentence, as in lgd_dataset.tsv, and a form such as sing_MS_MV_plur_ES_EV"
                )
                fix = f"Write: task, form, sentence with {MASK}, right word, wrong word."
                raise InvalidInput("input", f"{problem} is expected there", fix)
            yield line, {"task": task, "case": case_of(form), "text": sentence, "correct": correct, "wrong": wrong}


def _pairs(rows: Iterator[Cells], on_notice: Callable[[str], None]) -> Iterator[Record]:
    """Marvin and Linzen's form: task, form, right sentence, wrong sentence, without full stops."""
    left_out: Counter[str] = Counter()
    for line, cells in rows:
        if len(cells) != 4:
            problem = f"it has {len(cells)} tab-separated columns, the first line 4"
            yield line, InvalidInput("line", problem, "Write four: task, form, right sentence, wrong sentence.")
            continue
        task, form, right, wrong = cells[0], cells[1], cells[2].split(), cells[3].split()
        differ = [index for index, (one, other) in enumerate(zip(right, wrong, strict=False)) if one != other]
        if right == wrong:
            yield line, InvalidInput("line", f"its two sentences are the same: {cells[2]!r}", "Leave it out.")
        elif len(right) != len(wrong) or len(differ) > 1:
            left_out[task] += 1
        else:
            (index,) = differ
            words = [*right[:index], MASK, *right[index + 1 :], *([] if right[-1] in ENDS else ["."])]
            answers = {"correct": right[index], "wrong": wrong[index]}
            yield line, {"task": task, "case": case_of(form), "text": " ".join(words), **answers}
    if left_out:
        of_each = ", ".join(f"{count} of {task}" for task, count in left_out.items())
        on_notice(f"{left_out.total()} pairs that differ in more than one word are left out: {of_each}")


def _sentiment(header: list[str], rows: Iterator[Cells]) -> Iterator[Record]:
    """SST-2's form, below its header."""
    if LABEL not in header:
        problem = f"it has GLUE's test sentences (columns {' and '.join(header)}), whose labels are not public"
        raise InvalidInput("input", problem, "Use SST-2's dev.tsv or train.tsv (columns sentence and label).")
    for name in header:
        if header.count(name) > 1:
            raise InvalidInput(name, "two columns have this name", "Remove one.")
    classes = {str(index): label for index, label in enumerate(LABELS)}
    known = ", ".join(f"{index} ({label})" for index, label in classes.items())
    for line, cells in rows:
        if len(cells) != len(header):
            problem = f"it has {len(cells)} tab-separated columns, the first line {len(header)}"
            yield line, InvalidInput("line", problem, f"Write: {', '.join(header)}.")
            continue
        values = dict(zip(header, cells, strict=True))
        if (label := classes.get(values[LABEL].strip())) is None:
            yield line, InvalidInput("label", f"{values[LABEL]!r} is not a class", f"Give one of: {known}.")
        else:
            yield line, {"task": "sa", "case": label, "text": values[SENTENCE], "label": label}


def _rows(reader: Any) -> Iterator[Cells]:
    """The rows that are not blank, each with the line it begins on (a quoted cell can span lines)."""
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InvalidInput("line", f"{begins} cannot be read ({error})", "Check its quotes.") from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1
