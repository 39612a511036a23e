"""Files of sentences to instances.

1. The file is looked at as a whole (`content`), and then read line by line.
2. Its content tells its form (`recognition`), whose reader gives a record for each row, with the line it begins on.
3. Each record is checked (`rows.Row`) and becomes an `Instance`; what is left out is counted by reason.

What is wrong with the file as a whole always raises; what is wrong with a row can be skipped.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from cypher.errors import InvalidInput
from workers.datasets.instance import Instance
from workers.datasets.readers.content import file_stem, open_text
from workers.datasets.readers.recognition import read_records
from workers.datasets.readers.records import LeftOut, Omissions, Record
from workers.datasets.rows import make_instance


def read_instances(
    path: str | Path,
    *,
    skip_bad: bool = False,
    on_bad: Callable[[InvalidInput], None] | None = None,
    on_notice: Callable[[str], None] = lambda notice: None,
) -> list[Instance]:
    """The instances of a file, plain or gzip, in its order; `docs/data.md` describes the forms that are read.

    Our own forms are JSON lines and CSV, whose rows have `text` with `correct` and `wrong` (a masked word) or `label`
    (a class), and may have `id`, `task`, `case`, `roles` and `spans`; and five columns separated by tabs: task, form,
    sentence with the mask, right word, wrong word. Those of public data sets are Marvin and Linzen's four columns,
    bert-opensesame's gendered reflexives, Gulordava's table, BLiMP, Winogender, SST-2 and CoLA. A file is known by its
    content, whatever its name. A row without an id gets `<file's stem>/<line>`.

    Args:
        skip_bad: leave out bad rows instead of raising at the first.
        on_bad: is told of every row that is left out.
        on_notice: is told, once for each reason, of good rows that cannot be asked about, which are always left out,
            such as pairs of sentences that differ in more than one word.

    Raises:
        InvalidInput: no such file, a form or encoding that is not known, no instances, or a bad row;
            the message names file, line, field and fix.
    """
    return list(iter_instances(path, skip_bad=skip_bad, on_bad=on_bad, on_notice=on_notice))


def iter_instances(
    path: str | Path,
    *,
    skip_bad: bool = False,
    on_bad: Callable[[InvalidInput], None] | None = None,
    on_notice: Callable[[str], None] = lambda notice: None,
    most: int | None = None,
) -> Iterator[Instance]:
    """What `read_instances` gives, one at a time: of a large file nothing is kept but the ids.

    Args:
        most: bytes that the file may have, unpacked; None: any number.

    Raises:
        TooLarge: it has more.
        InvalidInput: as `read_instances`, when it is come to; of the file's encoding, at the first.
    """
    path = Path(path)
    try:
        records = read_records(open_text(path, most))
        yield from _instances(records, path, on_bad if skip_bad else _raise, on_notice)
    except InvalidInput as bad:
        raise bad.at(str(path)) from None


def _raise(error: InvalidInput) -> None:
    raise error


def _instances(
    records: Iterator[Record],
    path: Path,
    on_bad: Callable[[InvalidInput], None] | None,
    on_notice: Callable[[str], None],
) -> Iterator[Instance]:
    lines: dict[str, int] = {}  # where each id was first seen
    omissions = Omissions()
    stem = file_stem(path)
    for line, values in records:
        if isinstance(values, LeftOut):
            omissions.count(values)
            continue
        where = f"{path}:{line}"
        try:
            if isinstance(values, InvalidInput):
                raise values.at(where)
            instance = make_instance(values, f"{stem}/{line}", where)
            if instance.id in lines:
                problem = f"{instance.id!r} is the id of line {lines[instance.id]} too"
                raise InvalidInput("id", problem, "Give every instance an id of its own.", where)
        except InvalidInput as bad:
            if on_bad is not None:
                on_bad(bad)
            continue
        lines[instance.id] = line
        yield instance
    for notice in omissions.notices():
        on_notice(notice)
    if not lines:
        raise InvalidInput("input", "it holds no instance", "Give at least one good row.")
