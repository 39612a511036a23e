"""Two tasks of GLUE, each a class of a sentence: SST-2 below a header, CoLA without one."""

from collections.abc import Iterator, Sequence

from cypher.errors import InvalidInput
from workers.datasets.readers.records import Record
from workers.datasets.readers.tables import Cells, Table, columns_of, named_cells, wrong_number
from workers.datasets.sentiment import LABELS

SENTENCE, LABEL, INDICES = "sentence", "label", ("idx", "index")
"""The columns of SST-2's files; the indices are left out."""

COLA_COLUMNS = "four: source, label, * or nothing, sentence"

ACCEPTABILITY = {"0": "unacceptable", "1": "acceptable"}


def _is_sst2(first: Sequence[str]) -> bool:
    names = {cell.strip() for cell in first}
    return SENTENCE in names and {SENTENCE, LABEL, *INDICES}.issuperset(names)


def _sst2(rows: Iterator[Cells]) -> Iterator[Record]:
    header = columns_of(next(rows)[1], (SENTENCE,))
    if LABEL not in header:
        problem = f"it has GLUE's test sentences (columns {' and '.join(header)}), whose labels are not public"
        raise InvalidInput("input", problem, "Use dev.tsv or train.tsv.")
    classes = {str(index): label for index, label in enumerate(LABELS)}
    for line, cells in rows:
        values = named_cells(header, cells)
        if isinstance(values, InvalidInput):
            yield line, values
        elif (label := classes.get(values[LABEL].strip())) is None:
            yield line, _no_class(values[LABEL], classes)
        else:
            yield line, {"task": "sa", "case": label, "text": values[SENTENCE], "label": label}


def _is_cola(first: Sequence[str]) -> bool:
    return len(first) == 4 and first[1].strip() in ACCEPTABILITY and first[2].strip() in ("", "*")


def _cola(rows: Iterator[Cells]) -> Iterator[Record]:
    for line, cells in rows:
        if len(cells) != 4:
            yield line, wrong_number(cells, COLA_COLUMNS)
        elif (label := cells[1].strip()) not in ACCEPTABILITY:
            yield line, _no_class(cells[1], ACCEPTABILITY)
        else:
            yield line, {"task": "cola", "case": ACCEPTABILITY[label], "text": cells[3], "label": label}


def _no_class(value: str, classes: dict[str, str]) -> InvalidInput:
    known = ", ".join(f"{index} ({label})" for index, label in classes.items())
    return InvalidInput(LABEL, f"{value!r} is not a class", f"Give one of: {known}.")


SST2 = Table("SST-2's dev.tsv (columns sentence and label)", _is_sst2, _sst2)
COLA = Table("CoLA's dev.tsv", _is_cola, _cola)
