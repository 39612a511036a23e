"""Files of results as editors leave them, and names of runs."""

from dataclasses import replace

import pytest

from cypher.errors import InvalidInput
from cypher.store.records import LONGEST_NAME, checked_name
from service.results_file import read_checked, read_kept, read_results
from tests.workers.some_results import some_results
from workers.analysis.results import InstanceResult
from workers.datasets.instance import Instance
from workers.records.to_graph import describe_run

(RESULT,) = some_results(1)
ONE, TWO = (replace(RESULT, id=name).to_json() for name in ("one", "two"))

READ: dict[str, tuple[bytes, int]] = {
    "lines": (f"{ONE}\n{TWO}\n".encode(), 2),
    "a mark at the beginning": (b"\xef\xbb\xbf" + f"{ONE}\n{TWO}\n".encode(), 2),
    "a blank line within": (f"{ONE}\n\n{TWO}\n".encode(), 2),
    "blank lines around": (f"\n \n{ONE}\n{TWO}\n\n\n".encode(), 2),
    "a mark and a blank line": (b"\xef\xbb\xbf\n" + f"{ONE}\n".encode(), 1),
    "CRLF": (f"{ONE}\r\n{TWO}\r\n".encode(), 2),
    "a last line that was cut off": (f"{ONE}\n{TWO[:90]}".encode(), 1),
    "letters as escapes": (f"{ONE}\n".replace("pilot", "\\u0070ilot").encode(), 1),
}

REFUSED: dict[str, tuple[bytes, str]] = {
    "no results": (b"", "holds no results"),
    "blank lines alone": (b"\n\n", "holds no results"),
    "a list": (b"[]\n", "r.jsonl:1: results: this line is not a result"),
    "a number": (b"1\n", "r.jsonl:1: results: this line is not a result"),
    "sentences": (b'{"id": "a", "text": "b"}\n', "r.jsonl:1: results: this line is not a result"),
    "a line that was cut off within": (
        f"{ONE[:90]}\n{TWO}\n".encode(),
        "r.jsonl:1: results: this line is not a result",
    ),
    "a bad line below a blank one": (f"{ONE}\n\nx\n".encode(), "r.jsonl:3: results: this line is not a result"),
    "UTF-16": (f"{ONE}\n".encode("utf-16"), "r.jsonl:1: results: .*byte 0xff is not UTF-8"),
    "Latin letters": (ONE.encode()[:-1] + b', "x": "\xe9"}\n', "byte 0xe9 is not UTF-8"),
    "half a character": (f"{ONE}\n".replace('"text": "', '"text": "\\ud800').encode(), "this line is not a result"),
    "one twice": (f"{ONE}\n\n{ONE}\n".encode(), "r.jsonl:3: id: 'one' appears twice"),
    "a number that is none": (f"{ONE}\n".replace('"qoi": ', '"qoi": NaN, "_": ').encode(), "not"),
}


@pytest.mark.parametrize("name", READ)
def test_a_results_file_that_is_read(tmp_path, name):
    content, count = READ[name]
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)
    assert [each.id for each in read_checked(path)] == ["one", "two"][:count]
    assert all(isinstance(each, InstanceResult) for each in read_results(path))


@pytest.mark.parametrize("name", REFUSED)
def test_a_results_file_that_is_refused(tmp_path, name):
    content, message = REFUSED[name]
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        list(read_checked(path))


def test_a_file_with_a_mark_and_blank_lines_is_resumed(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + f"{ONE}\n\n".encode())
    instance = Instance("one", RESULT.text, RESULT.correct, RESULT.wrong)
    kept = read_kept(path, RESULT.model, RESULT.settings, [instance])
    assert (kept.ids, kept.size) == ({"one"}, len(path.read_bytes()) - 1)


@pytest.mark.parametrize(
    "name", ["run", "a run of two", "-x", "$(rm -rf ~)", "été 東京 👍", "👨‍👩‍👧", "'quoted'", "a" * LONGEST_NAME]
)
def test_a_name_that_a_run_can_have(name):
    assert checked_name(name) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "'' is empty. Give a name of one line."),
        ("  ", "'  ' is empty"),
        ("\u3000", "is empty"),
        ("a\nb", r"name: 'a\\nb' holds a line break or another control character"),
        ("a\r", "control character"),
        ("a\tb", "control character"),
        ("\x1b[31mred", "control character"),
        ("a\x7f", "control character"),
        ("a\x9bm", "control character"),
        ("a\u2028b", "control character"),
        ("a\ud800", "control character"),
        ("a" * (LONGEST_NAME + 1), "it has 256 characters. Give a name of at most 255."),
    ],
)
def test_a_name_that_no_run_can_have(name, message):
    with pytest.raises(InvalidInput, match=message):
        describe_run("0" * 64, {}, {}, name)
