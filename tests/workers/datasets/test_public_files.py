"""Files of public data sets: each form is known by its content, and gives exact instances and notices."""

import gzip
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher.errors import InvalidInput
from tests.workers.datasets.public_files import (
    BLIMP,
    COLA,
    FILES,
    GULORDAVA,
    MARVIN_LINZEN,
    REFLEXIVES,
    SST2,
    WINOGENDER,
    blimp,
    row,
)
from workers.datasets import file_stem, read_instances, write_instances
from workers.datasets.frames import ROLES


def content(rows: list[str]) -> bytes:
    return "".join(f"{each}\n" for each in rows).encode()


WRITTEN = {
    "plain": lambda rows: content(rows),
    "gzip": lambda rows: gzip.compress(content(rows)),
    "gzip in two members": lambda rows: gzip.compress(content(rows[:2])) + gzip.compress(content(rows[2:])),
    "byte-order mark": lambda rows: b"\xef\xbb\xbf" + content(rows),
    "CRLF": lambda rows: content(rows).replace(b"\n", b"\r\n"),
    "no last newline": lambda rows: content(rows)[:-1],
    "gzip, mark and CRLF": lambda rows: gzip.compress(b"\xef\xbb\xbf" + content(rows).replace(b"\n", b"\r\n")),
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("form", FILES)
def test_each_form_gives_its_instances_and_its_notices(tmp_path, form, written):
    file = FILES[form]
    path = tmp_path / (f"{file.name}.gz" if "gzip" in written else file.name)
    path.write_bytes(WRITTEN[written](file.rows))
    told: list[str] = []
    assert read_instances(path, on_notice=told.append) == file.instances
    assert tuple(told) == file.notices


@pytest.mark.parametrize("form", FILES)
def test_a_form_is_known_whatever_the_name(tmp_path, form):
    file = FILES[form]
    for name in ("data.csv", "data.jsonl", "data.tsv", "data.txt", "data"):
        (tmp_path / name).write_bytes(content(file.rows))
        assert [one.text for one in read_instances(tmp_path / name)] == [one.text for one in file.instances]


@pytest.mark.parametrize("form", FILES)
def test_what_is_read_is_written_and_read_back(tmp_path, form):
    write_instances(tmp_path / "out.jsonl", FILES[form].instances)
    assert read_instances(tmp_path / "out.jsonl") == FILES[form].instances


def test_roles_are_those_of_generated_sentences():
    found = {role for file in FILES.values() for one in file.instances for role in one.roles or ()}
    assert found and found <= set(ROLES)


HEADERS = {
    "Winogender without a header": (WINOGENDER, WINOGENDER.rows[1:]),
    "Gulordava's columns in another order": (
        GULORDAVA,
        [row(*reversed(each.split("\t"))) for each in GULORDAVA.rows],
    ),
    "SST-2 with an index": (
        SST2,
        [row("idx", "label", "sentence"), row("7", "1", "a fine film ."), row("8", "0", "dull")],
    ),
    "blank lines": (COLA, ["", COLA.rows[0], " ", COLA.rows[1]]),
}


@pytest.mark.parametrize("variant", HEADERS)
def test_headers_may_differ(tmp_path, variant):
    file, rows = HEADERS[variant]
    path = tmp_path / file.name
    path.write_bytes(content(rows))
    assert [one.text for one in read_instances(path)] == [one.text for one in file.instances]


def test_several_files_of_one_form_are_one_file_when_they_are_joined(tmp_path):
    """As `cat refl.3 refl.4`, for all four cases of a task."""
    agree, differ = (
        REFLEXIVES.rows[:2],
        [row("our lady that some lord will see would dress herself", "9", "0 1", "3 4")],
    )
    (tmp_path / "refl.gz").write_bytes(gzip.compress(content(agree)) + gzip.compress(content(differ)))
    assert [one.case for one in read_instances(tmp_path / "refl.gz")] == ["MM", "MM", "FM"]


# --- what is refused

BAD = {
    "a row of five among four": (
        [*MARVIN_LINZEN.rows[:1], "a\tb\tc\td\te"],
        "2: line: it has 5 tab-separated columns. Write four: task",
    ),
    "the same sentence twice": (
        [row("t", "f", "a b", "a b")],
        "1: line: its two sentences are the same: 'a b'. Leave it out.",
    ),
    "a position behind the sentence": (
        [row("he hurt himself", "3", "0", "0")],
        "1: line: '3' is not a position of its 3 words, or several. Write four: sentence, position of",
    ),
    "no position": (
        [REFLEXIVES.rows[0], row("he hurt himself", "2", "0", "-1")],
        "2: line: '-1' is not a position of its 3 words, or several. Write four: sentence, position of",
    ),
    "reflexives of three columns": (
        [REFLEXIVES.rows[0], "a\t1\t0"],
        "2: line: it has 3 tab-separated columns. Write four: sentence",
    ),
    "a table of verbs without a column": (
        [row("form", "class", "sent")],
        " pattern: no column has this name. Name these in the first line: pattern, constr_id, sent_id, correct_number,",
    ),
    "a column twice": ([row("form", "class", "sent", "form")], " form: two columns have this name. Remove one."),
    "a class of no name": (
        [GULORDAVA.rows[0], GULORDAVA.rows[1].replace("correct", "right")],
        "2: class: 'right' is not a class. Give one of: correct, wrong.",
    ),
    "a class twice": (
        [GULORDAVA.rows[0], GULORDAVA.rows[1], GULORDAVA.rows[1]],
        "3: class: 'correct' is that of line 2 too, which has the same sentence. Give each sentence "
        "one row of each class.",
    ),
    "a position behind the verb's sentence": (
        [each.replace("\t2\tThe", "\t9\tThe") for each in GULORDAVA.rows[:3]],
        "2: len_prefix: '9' is not a position of the 5 words of sent. Give that of the verb, counted from 0.",
    ),
    "no number": (
        [each.replace("sing", "dual") for each in GULORDAVA.rows[:3]],
        "2: correct_number: 'dual' is not a number. Give one of: sing, plur.",
    ),
    "a table of verbs with fewer cells": (
        [GULORDAVA.rows[0], "a\tb"],
        "2: line: it has 2 tab-separated columns, the first line 14.",
    ),
    "open quotes": (
        [GULORDAVA.rows[0], GULORDAVA.rows[1].replace("The thing is", '"The')],
        " line: 2 cannot be read (unexpected end of data).",
    ),
    "half a pair": ([json.dumps({"sentence_good": "a"})], "1: sentence_bad: is missing. Give sentence_bad, a text."),
    "a sentence of no text": ([blimp("a", "b", UID=3)], "1: UID: is not a text. Give UID, a text."),
    "a line of a pair that is no JSON": ([BLIMP.rows[0], "{"], "2: line: it is not JSON"),
    "a pair twice": (
        [BLIMP.rows[0]] * 2,
        "2: id: 'blimp/wh/0' is the id of line 1 too. Give every instance an id of its own.",
    ),
    "an id of another form": (
        [WINOGENDER.rows[0], row("nurse.male", "a")],
        "2: sentid: 'nurse.male' is not such an id. Write occupation.participant.ANSWER.GENDER.txt: 0 or 1; male,",
    ),
    "an id twice": (
        [WINOGENDER.rows[1]] * 2,
        "2: sentid: 'nurse.patient.0.male.txt' is that of line 1 too. Give each sentence an id of its own.",
    ),
    "Winogender of three columns": (
        [WINOGENDER.rows[0], "a\tb\tc"],
        "2: line: it has 3 tab-separated columns. Write two: id",
    ),
    "a judgement of no number": (
        [COLA.rows[0], row("a", "2", "", "b")],
        "2: label: '2' is not a class. Give one of: 0 (unacceptable), 1 (acceptable).",
    ),
    "CoLA of three columns": (
        [COLA.rows[0], "a\t1\tb"],
        "2: line: it has 3 tab-separated columns. Write four: source, label, * or",
    ),
    "pairs without one that asks": (
        [row("t", "f", "a b", "c d")],
        " input: it holds no instance. Give at least one good row.",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_clear_error(tmp_path, monkeypatch, name):
    rows, expected = BAD[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").write_bytes(content(rows))
    with pytest.raises(InvalidInput) as error:
        read_instances("in")
    assert str(error.value).startswith(f"in:{expected}")


@settings(max_examples=300, deadline=None)
@given(form=st.sampled_from(list(FILES)), data=st.data())
def test_any_damage_leaves_instances_or_one_clear_error(tmp_path_factory, form, data):
    whole = content(FILES[form].rows).decode()
    at = data.draw(st.integers(0, len(whole)))
    removed, put = data.draw(st.integers(0, 40)), data.draw(st.text(alphabet='\t\n" 01*.{}a', max_size=5))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_text(whole[:at] + put + whole[at + removed :], newline="")
    with suppress(InvalidInput):
        instances = read_instances(path)
        assert all(one.text and (one.label or (one.correct and one.wrong)) for one in instances)


@pytest.mark.parametrize("cut", [1, 5, 12, -1])
def test_damaged_gzip(tmp_path, cut):
    path = tmp_path / "in.tsv.gz"
    path.write_bytes(gzip.compress(content(COLA.rows))[: cut if cut != 1 else 2])
    with pytest.raises(InvalidInput, match=r"in.tsv.gz: input: it is damaged gzip \(.+\). Compress or copy it again."):
        read_instances(path)


def test_bad_rows_are_skipped_and_good_ones_left_out_apart(tmp_path):
    path = tmp_path / "in"
    path.write_bytes(content([*reversed(["a\tb", *WINOGENDER.rows]), "a\tb"]))
    bad: list[InvalidInput] = []
    told: list[str] = []
    found = read_instances(path, skip_bad=True, on_bad=bad.append, on_notice=told.append)
    assert len(found) == 3 and [error.where for error in bad] == [f"{path}:12", f"{path}:13"]
    assert sorted(told) == sorted(WINOGENDER.notices)


def test_a_damaged_first_line_hides_no_form(tmp_path):
    path = tmp_path / "in"
    path.write_bytes(content(["{", *BLIMP.rows]))
    assert [one.text for one in read_instances(path, skip_bad=True)] == [one.text for one in BLIMP.instances]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("dev.tsv", "dev"),
        ("dev.tsv.gz", "dev"),
        ("refl.3", "refl.3"),
        ("refl.3.gz", "refl.3"),
        ("a.b.jsonl", "a.b"),
        ("mine", "mine"),
    ],
)
def test_the_stem_of_a_name(tmp_path, name, stem):
    assert file_stem(tmp_path / name) == stem
