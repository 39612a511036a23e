"""Five columns, our own: task, form, sentence with the mask, right word, wrong word."""

from collections.abc import Iterator, Sequence

from cypher.errors import InvalidInput
from workers.datasets.instance import MASK
from workers.datasets.readers.forms import case_of
from workers.datasets.readers.records import Record
from workers.datasets.readers.tables import Cells, Table, wrong_number

COLUMNS = f"five: task, form, sentence with {MASK}, right word, wrong word"


def _begins_with(first: Sequence[str]) -> bool:
    return len(first) == 5


def _read(rows: Iterator[Cells]) -> Iterator[Record]:
    for line, cells in rows:
        if len(cells) != 5:
            yield line, wrong_number(cells, COLUMNS)
            continue
        task, form, sentence, correct, wrong = cells
        if len(form.split()) > 1:
            problem = "its second column is a sentence, as in lgd_dataset.tsv, and a form such as sing_MS_MV_plur_ES_EV"
            raise InvalidInput("input", f"{problem} is expected there", f"Write {COLUMNS}.")
        yield line, {"task": task, "case": case_of(form), "text": sentence, "correct": correct, "wrong": wrong}


MASKED_SENTENCES = Table(f"masked sentences ({COLUMNS})", _begins_with, _read)
