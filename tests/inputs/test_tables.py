"""Files of sentences as data sets and programs write them: rows are read, or one clear error says what is wrong."""

import pytest

from cypher.errors import InvalidInput
from workers.datasets import MASK, read_instances

PAIR = "obj_rel_across_anim\tsing_MS_MV_plur_ES_EV\tthe pilot {} is tall\tthe pilot {} are tall\n"
FIVE = f"sva-obj\tsing_MS_MV_plur_ES_EV\tthe pilot {MASK} tall .\tis\tare\n"
CSV = f"text,correct,wrong\nthe pilot {MASK} tall .,is,are\n"
JSON = f'{{"text": "the pilot {MASK} tall .", "correct": "is", "wrong": "are"}}\n'

READ: dict[str, tuple[str, str | bytes, list[tuple[str, str, str]]]] = {
    "pairs": (
        "m.tsv",
        PAIR.format("there", "there"),
        [("obj_rel_across_anim", "SP", f"the pilot there {MASK} tall .")],
    ),
    "pairs that end with a full stop": ("m.tsv", "t\tpast\ta b .\ta c .\n", [("t", "past", f"a {MASK} .")]),
    "pairs that differ at the end": ("m.tsv", "t\tpast\ta b\ta c\n", [("t", "past", f"a {MASK} .")]),
    "pairs that differ at the beginning": ("m.tsv", "t\tpast\tb a!\tc a!\n", [("t", "past", f"{MASK} a!")]),
    "pairs with quotes": ("m.tsv", 't\tx\tb "a\tc "a\n', [("t", "x", f'{MASK} "a .')]),
    "pairs with a mark and CRLF": ("m.tsv", "\ufefft\tx\tb a\tc a\r\n", [("t", "x", f"{MASK} a .")]),
    "five columns": ("f.tsv", FIVE, [("sva-obj", "SP", f"the pilot {MASK} tall .")]),
    "blank lines": ("f.tsv", "\n" + FIVE + "\n", [("sva-obj", "SP", f"the pilot {MASK} tall .")]),
    "GLUE's two columns": ("s.tsv", "sentence\tlabel\na film\t1\n", [("sa", "positive", "a film")]),
    "three columns by name": ("s.tsv", "sentence\tlabel\tidx\na film\t0\t7\n", [("sa", "negative", "a film")]),
    "columns in another order": ("s.tsv", "idx\tlabel\tsentence\n7\t1\ta film\n", [("sa", "positive", "a film")]),
    "CSV": ("c.csv", CSV, [("", "", f"the pilot {MASK} tall .")]),
    "CSV of Excel": ("c.csv", "\ufeff" + CSV.replace("\n", "\r\n"), [("", "", f"the pilot {MASK} tall .")]),
    "CSV with quotes": ("c.csv", 'text,label\n"a ""good"", film",1\n', [("", "", 'a "good", film')]),
    "JSON lines": ("j.jsonl", JSON, [("", "", f"the pilot {MASK} tall .")]),
    "JSON lines with a mark": ("j.jsonl", "\ufeff" + JSON, [("", "", f"the pilot {MASK} tall .")]),
    "JSON lines with blank ones": ("j.jsonl", "\n \n" + JSON + "\r\n", [("", "", f"the pilot {MASK} tall .")]),
    "JSON with half characters in pairs": (
        "j.jsonl",
        '{"text": "\\ud83d\\udc4d film", "label": 1}',
        [("", "", "👍 film")],
    ),
    "an extension in capitals": ("J.JSONL", JSON, [("", "", f"the pilot {MASK} tall .")]),
}

REFUSED: dict[str, tuple[str, str | bytes, str]] = {
    "lgd": (
        "lgd.tsv",
        f"1\tthe pilot is tall .\tthe pilot {MASK} tall .\tis\tare\n",
        "lgd.tsv: input: its second column is a sentence, as in lgd_dataset.tsv",
    ),
    "lgd below other rows": (
        "lgd.tsv",
        FIVE + f"1\tthe pilot is\tthe {MASK}\tis\tare\n",
        "its second column is a sent",
    ),
    "pairs that are the same": ("m.tsv", "t\tx\ta b\ta b\n", "m.tsv:1: line: its two sentences are the same: 'a b'"),
    "pairs of another number of columns": (
        "m.tsv",
        "t\tx\ta b\ta c\nt\tx\ta\n",
        "m.tsv:2: line: it has 3 tab-separated columns. Write four: task, form, right sentence, wrong sentence",
    ),
    "pairs that all differ in more": ("m.tsv", "t\tx\ta b\tc d\n", "it holds no instance"),
    "three columns": ("t.tsv", "a\tb\tc\n", "its first row, of 3 tab-separated columns, is of no"),
    "GLUE's test sentences": ("s.tsv", "index\tsentence\n0\ta\n", "whose labels are not public"),
    "a class of no number": ("s.tsv", "sentence\tlabel\tidx\na\tgood\t1\n", "s.tsv:2: label: 'good' is not a class"),
    "a class that is missing": ("s.tsv", "sentence\tlabel\tidx\na\t1\n", "s.tsv:2: line: it has 2 tab-separated"),
    "a column twice": ("s.tsv", "sentence\tlabel\tlabel\na\t1\t1\n", "label: two columns have this name"),
    "pandas' index": ("p.csv", ",text,label\n0,a,1\n", "p.csv: input: column 1 has no name .*index=False"),
    "a column without a name at the end": ("p.csv", "text,label,\na,1,\n", "column 3 has no name"),
    "pandas' index by its name": (
        "p.csv",
        "Unnamed: 0,text,label\n0,a,1\n",
        "Unnamed: 0: is not a field of an instance",
    ),
    "a field without a name": (
        "j.jsonl",
        '{"": 1, "text": "a", "label": "1"}',
        "j.jsonl:1: line: it has a field without",
    ),
    "semicolons": ("p.csv", "text;label\na;1\n", "its form is not known from its first line, 'text;label'"),
    "no header": ("p.csv", "a film,1\n", "its form is not known from its first line, 'a film,1'"),
    "Latin letters": ("p.csv", "text,label\ncaf\xe9,1\n".encode("latin-1"), "p.csv:2: input: byte 0xe9 is not UTF-8"),
    "UTF-16": ("p.csv", CSV.encode("utf-16"), "p.csv:1: input: byte 0xff is not UTF-8"),
    "half a character": (
        "j.jsonl",
        '{"text": "a \\ud800", "label": "1"}',
        r"j.jsonl:1: text: '.*' is not a string|lone",
    ),
    "half a character in a role": ("j.jsonl", '{"text": "a", "label": "1", "roles": ["\\udfff"]}', "j.jsonl:1: roles"),
    "a JSON list": ("j.jsonl", '[{"text": "a"}]', "j.jsonl:1: line: it is JSON, but no object"),
    "indented JSON": ("j.jsonl", '{\n "text": "a"\n}', "j.jsonl:1: line: it is not JSON"),
    "nothing": ("j.jsonl", "", "it holds no instance"),
    "a header alone": ("p.csv", "text,label\n", "it holds no instance"),
    "a spreadsheet": ("p.xlsx", b"PK\x03\x04", "its form is not known from its first line"),
    "a spreadsheet by another name": ("p.csv", b"PK\x03\x04\xff", "is not UTF-8"),
}


@pytest.mark.parametrize("name", READ)
def test_a_file_that_is_read(tmp_path, name):
    file, content, expected = READ[name]
    path = tmp_path / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read_instances(path)
    assert [(one.task, one.case, one.text) for one in found] == expected
    assert all(one.label is not None or (one.correct, one.wrong) in (("is", "are"), ("b", "c")) for one in found)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_refused(tmp_path, monkeypatch, name):
    file, content, message = REFUSED[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidInput, match=message) as caught:
        read_instances(file)
    assert (caught.value.where or "").startswith(file)


def test_pairs_that_differ_in_more_words_are_counted_and_named(tmp_path):
    path = tmp_path / "marvin_linzen_dataset.tsv"
    more = "npi_simple\tpast\tno authors ever\tmost authors never\n" * 2 + "coord\tx\ta b c\ta b\n"
    path.write_text(PAIR.format("here", "here") + more + PAIR.format("there", "there"))
    told: list[str] = []
    assert [one.id for one in read_instances(path, on_notice=told.append)] == [
        "marvin_linzen_dataset/1",
        "marvin_linzen_dataset/5",
    ]
    assert told == [
        "left out: pairs that differ in more than one word: 2 (2 of npi_simple)",
        "left out: pairs whose sentences have different numbers of words: 1 (1 of coord)",
    ]
