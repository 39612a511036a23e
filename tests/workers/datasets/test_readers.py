import io
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher.errors import InvalidInput
from workers.datasets import MASK, TASKS, Instance, read_instances, write_instances
from workers.datasets.readers.forms import case_of
from workers.datasets.rows import FIELDS

GOOD = {"text": f"the pilot {MASK} tall .", "correct": "is", "wrong": "are"}


@pytest.fixture
def file(tmp_path):
    """Writes a file and gives its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def jsonl(file):
    """Writes rows as JSON lines (a string stays as it is)."""

    def write(*rows):
        return file("in.jsonl", "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))

    return write


def message(path, **options):
    with pytest.raises(InvalidInput) as error:
        read_instances(path, **options)
    return str(error.value).replace(f"{path.parent}/", "")


# --- what is read


def test_jsonl_with_every_field(jsonl):
    row = {**GOOD, "id": "a", "task": "t", "case": "SP", "roles": ["det", "subject", "verb", "complement", "period"]}
    path = jsonl(row)
    (instance,) = read_instances(path)
    assert instance == Instance(**{**row, "roles": tuple(row["roles"])})
    assert instance.origin == f"{path}:1"


def test_ids_come_from_the_file_and_line(jsonl):
    assert [instance.id for instance in read_instances(jsonl(GOOD, "", {**GOOD, "id": "mine"}, GOOD))] == [
        "in/1",
        "mine",
        "in/4",
    ]


def test_null_is_a_field_left_out(jsonl):
    (instance,) = read_instances(jsonl({**GOOD, "id": None, "roles": None, "label": None}))
    assert (instance.id, instance.roles, instance.label) == ("in/1", None, None)


@pytest.mark.parametrize("label", ["1", 1])
def test_classifier_rows(jsonl, label):
    (instance,) = read_instances(jsonl({"text": "a fine film", "label": label}))
    assert (instance.label, instance.correct, instance.wrong) == ("1", None, None)


def test_byte_order_mark_crlf_and_no_last_newline(file):
    path = file("in.jsonl", b"\xef\xbb\xbf" + "\r\n".join([json.dumps(GOOD)] * 2).encode())
    assert [instance.text for instance in read_instances(path)] == [GOOD["text"]] * 2


def test_a_line_separator_inside_a_string_ends_no_line(jsonl):
    text = f"one\u2028two {MASK}"
    (instance,) = read_instances(jsonl(json.dumps({**GOOD, "text": text}, ensure_ascii=False)))
    assert instance.text == text


def test_csv(file):
    path = file(
        "in.csv",
        "\ufeffid,text,correct,wrong,label,roles\r\n"
        f'a,"the pilot, {MASK}\ntall .",is,are,,det subject verb complement period\r\n'
        "\r\n"
        ",good film,,,pos,\r\n",
    )
    first, second = read_instances(path)
    assert first.text == f"the pilot, {MASK}\ntall ." and first.roles == (
        "det",
        "subject",
        "verb",
        "complement",
        "period",
    )
    assert (first.id, first.origin) == ("a", f"{path}:2")
    assert (second.id, second.label, second.origin) == ("in/5", "pos", f"{path}:5")


def test_tsv(file):
    path = file(
        "ml.tsv",
        f'obj_rel_across_anim\tsing_MS_MV_plur_ES_EV\tthe author that the "guards like {MASK} young\tis\tare\n'
        f"simple_agrmt\tplur_MS_MV\tthe authors {MASK}\tlaugh\tlaughs\n",
    )
    first, second = read_instances(path)
    assert first == Instance(
        id="ml/1",
        text=f'the author that the "guards like {MASK} young',
        correct="is",
        wrong="are",
        task="obj_rel_across_anim",
        case="SP",
    )
    assert (second.id, second.case, second.correct) == ("ml/2", "P", "laugh")


@pytest.mark.parametrize(
    ("form", "case"),
    [
        ("sing_MS_MV_plur_ES_EV", "SP"),
        ("plur_ES_EV_sing_MS_MV", "PS"),
        ("plur_MS_EV_MV_plur_ES", "PP"),
        ("sing_MS_ANPHR_sing_BS", "SS"),
        ("plur_MS_MV", "P"),
        ("masc_MS_ANPHR_fem_ES", "MF"),
        ("male_female", "MF"),
        ("female_male", "FM"),
        ("past", "past"),
        ("", ""),
    ],
)
def test_case_of_a_form(form, case):
    assert case_of(form) == case


SST2 = "sentence\tlabel\n"


def test_sst2(file):
    path = file("dev.tsv", f"\ufeff{SST2}it 's a \"charming journey . \t1\r\n\nunflinchingly bleak and desperate \t0\n")
    first, second = read_instances(path)
    assert first == Instance(
        id="dev/2", text="it 's a \"charming journey .", label="positive", task="sa", case="positive"
    )
    assert (second.id, second.label, second.case, second.origin) == ("dev/4", "negative", "negative", f"{path}:4")
    assert second.roles is None


# --- what is refused


def test_a_file_that_does_not_exist(tmp_path):
    assert message(tmp_path / "no.jsonl") == "no.jsonl: input: there is no such file. Check the path."


def test_a_directory(tmp_path):
    (tmp_path / "dir.jsonl").mkdir()
    assert message(tmp_path / "dir.jsonl") == "dir.jsonl: input: it is a directory. Name a file in it."


def test_an_unknown_format(file):
    expected = (
        "in.txt: input: its form is not known from its first line, 'a time, x'. Name its columns in the first line "
        "(id, text, correct, wrong, label, task, case, roles, spans, counterfactual, reference, target_word), "
        "separated by commas; or write JSON lines."
    )
    assert message(file("in.txt", "\n \na time, x\na")) == expected


@pytest.mark.parametrize("name", ["in.jsonl", "in.csv", "in.tsv"])
@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_file(file, name, content):
    assert message(file(name, content)) == f"{name}: input: it holds no instance. Give at least one good row."


def test_a_csv_file_of_a_header_alone(file):
    assert "it holds no instance" in message(file("in.csv", "text,label\n"))


def test_bytes_that_are_no_utf8(file):
    path = file("in.jsonl", json.dumps(GOOD).encode() + b"\n" + "café".encode("latin-1"))
    assert message(path) == "in.jsonl:2: input: byte 0xe9 is not UTF-8. Save the file as UTF-8."


JSON_FIX = 'Write one object a line, such as {"text": "…", "correct": "is", "wrong": "are"}.'
WITHOUT = {field: {key: value for key, value in GOOD.items() if key != field} for field in GOOD}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ('{"text": "a', f"line: it is not JSON (Unterminated string starting at at column 10). {JSON_FIX}"),
        ("[1]", f"line: it is JSON, but no object. {JSON_FIX}"),
        ("[" * 200_000, f"line: it is nested too deeply. {JSON_FIX}"),
        (
            WITHOUT["text"],
            "text: is missing. Give the sentence, its words separated by spaces.",
        ),
        (
            WITHOUT["correct"],
            "correct: is missing. Give the right word at the mask, or a label where the model is a classifier.",
        ),
        (WITHOUT["wrong"], "wrong: is missing. Give the wrong word at the mask; or another class than label."),
        (
            {**GOOD, "wrong": "is"},
            "wrong: 'is' is the correct word too. Give the wrong word at the mask; or another class than label.",
        ),
        (
            {**GOOD, "text": "  "},
            "text: is empty. Give the sentence, its words separated by spaces.",
        ),
        ({**GOOD, "wrong": ""}, "wrong: is empty. Give the wrong word at the mask; or another class than label."),
        (
            {**GOOD, "correct": 3},
            "correct: 3 is not a string. Give the right word at the mask, or a label where the model is a classifier.",
        ),
        (
            {**GOOD, "spans": [[3, 2, "det"]]},
            "spans: [3, 2, 'det'] is not a stretch of the text's 27 characters. "
            "Give [start, end, role] for each stretch of characters that has one, from 0, in order; or leave it out.",
        ),
        (
            {**GOOD, "roles": 3},
            "roles: 3 is not a list of strings. "
            "Give one role for each space-separated word of the text, or for each token; or leave it out.",
        ),
        (
            {**GOOD, "label": "pos"},
            "label: is given together with correct. "
            "Give correct and wrong, or label; with label, wrong may name another class.",
        ),
        (
            {**GOOD, "rolse": []},
            "rolse: is not a field of an instance. "
            "Use id, text, correct, wrong, label, task, case, roles, spans, counterfactual, reference, target_word; "
            "remove or rename it.",
        ),
        ({"text": "a", "label": True}, "label: True is not a string. Give the name or the index of the right class."),
    ],
)
def test_a_bad_json_line_names_place_field_and_fix(jsonl, row, expected):
    assert message(jsonl({**GOOD, "id": "first"}, row)) == f"in.jsonl:2: {expected}"


def test_an_id_used_twice(jsonl):
    path = jsonl({**GOOD, "id": "a"}, GOOD, {**GOOD, "id": "a"})
    assert message(path) == "in.jsonl:3: id: 'a' is the id of line 1 too. Give every instance an id of its own."


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("text,rolse\nx,y\n", "in.csv: rolse: is not a field of an instance."),
        ("text,text\nx,y\n", "in.csv: text: two columns have this name."),
        ("correct,wrong\nis,are\n", "in.csv: text: no column has this name."),
        ("text,label\na,b,c\n", "in.csv:2: line: it has 3 cells, the first line 2."),
        ('text,label\na,b\n"open,pos\n', "in.csv: line: 3 cannot be read (unexpected end of data)."),
        ("text,correct,wrong\na ***mask***,is,\n", "in.csv:2: wrong: is missing."),
    ],
)
def test_bad_csv(file, content, expected):
    assert message(file("in.csv", content)).startswith(expected)


def test_bad_tsv(file):
    expected = (
        "in.tsv: input: its first row, of 3 tab-separated columns, is of no table that is known. Give one of: "
        "Gulordava's generated.tab; Winogender's all_sentences.tsv; SST-2's dev.tsv (columns sentence and label); "
        "CoLA's dev.tsv; bert-opensesame's refl.3; Marvin and Linzen's pairs (four: task, form, right sentence, wrong "
        "sentence); masked sentences (five: task, form, sentence with ***mask***, right word, wrong word)."
    )
    assert message(file("in.tsv", "a\tb\tc\n")) == expected
    five = f"t\tx\ta {MASK}\tis\tare\n"
    expected = "in.tsv:2: line: it has 3 tab-separated columns. Write five: task, form, sentence with ***mask***,"
    assert message(file("in.tsv", five + "a\tb\tc\n")).startswith(expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "index\tsentence\n0\tuneasy mishmash .\n",
            "in.tsv: input: it has GLUE's test sentences (columns index and sentence), whose labels are not public. "
            "Use dev.tsv or train.tsv.",
        ),
        (
            "a fine film\t1\n",
            "in.tsv: input: its first row, of 2 tab-separated columns, is of no table that is known. Give one of: ",
        ),
        (SST2, "in.tsv: input: it holds no instance. Give at least one good row."),
        (
            SST2 + "a\t1\t\n",
            "in.tsv:2: line: it has 3 tab-separated columns, the first line 2. Write: sentence, label.",
        ),
        (SST2 + "a\t1\nb\n", "in.tsv:3: line: it has 1 tab-separated columns, the first line 2."),
        (SST2 + "a\t-1\n", "in.tsv:2: label: '-1' is not a class. Give one of: 0 (negative), 1 (positive)."),
        (SST2 + "a\t\n", "in.tsv:2: label: '' is not a class."),
        (SST2 + " \t1\n", "in.tsv:2: text: is empty. Give the sentence, its words separated by spaces."),
    ],
)
def test_bad_sst2(file, content, expected):
    assert message(file("in.tsv", content)).startswith(expected)


def test_bad_rows_of_sst2_can_be_left_out(file):
    bad: list[InvalidInput] = []
    path = file("in.tsv", SST2 + "a\t1\nb\n\nc\t2\nd\t0\n")
    assert [one.text for one in read_instances(path, skip_bad=True, on_bad=bad.append)] == ["a", "d"]
    assert [(error.where, error.field) for error in bad] == [(f"{path}:3", "line"), (f"{path}:5", "label")]


ROWS = st.fixed_dictionaries(
    {},
    optional={
        field: st.none() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=2), max_size=3)
        for field in FIELDS
    },
)
CONTENT = (
    st.binary(max_size=80)
    | st.text(max_size=80).map(str.encode)
    | st.text(alphabet='text,label\t"\r\n ', max_size=80).map(lambda rest: b"text,label\n" + rest.encode())
    | st.text(alphabet="01a\t\r\n ", max_size=80).map(lambda rest: (SST2 + rest).encode())
    | st.lists(ROWS, max_size=4).map(lambda rows: "\n".join(json.dumps(row) for row in rows).encode())
)


@settings(max_examples=300, deadline=None)
@given(content=CONTENT, extension=st.sampled_from([".jsonl", ".csv", ".tsv"]))
def test_any_file_gives_instances_or_one_clear_error(tmp_path_factory, content, extension):
    path = tmp_path_factory.getbasetemp() / f"any{extension}"
    path.write_bytes(content)
    with suppress(InvalidInput):
        instances = read_instances(path)
        assert instances
        assert all(instance.text and (instance.label or instance.correct) for instance in instances)


# --- going on


def test_skipping_hands_over_every_bad_row(jsonl):
    path = jsonl({**GOOD, "id": "a"}, "{", WITHOUT["wrong"], {**GOOD, "id": "a"}, GOOD)
    bad: list[InvalidInput] = []
    assert [instance.id for instance in read_instances(path, skip_bad=True, on_bad=bad.append)] == ["a", "in/5"]
    assert [(error.where, error.field) for error in bad] == [
        (f"{path}:2", "line"),
        (f"{path}:3", "wrong"),
        (f"{path}:4", "id"),
    ]


def test_skipping_leaves_at_least_one_or_says_so(jsonl):
    path = jsonl("{", "[")
    assert read_instances(jsonl(GOOD, "{"), skip_bad=True)[0].text == GOOD["text"]
    assert (
        message(jsonl("{", "["), skip_bad=True)
        == f"{path.name}: input: it holds no instance. Give at least one good row."
    )


# --- writing


def test_what_is_written_is_read_back(tmp_path):
    cells = [(task, case) for task in TASKS.values() for case in task.cases]
    instances = [instance for task, case in cells for instance in task.generate(case, 5)]
    instances.append(Instance(id="é/1", text="a fine film", label="pos"))
    write_instances(tmp_path / "out.jsonl", instances)
    assert read_instances(tmp_path / "out.jsonl") == instances


def test_a_stream_gets_one_object_a_line():
    stream = io.StringIO()
    write_instances(
        stream,
        [Instance(id="a", text=f"the pilot {MASK}", correct="is", wrong="are", roles=("det", "subject", "verb"))],
    )
    assert stream.getvalue() == (
        '{"id": "a", "text": "the pilot ***mask***", "correct": "is", "wrong": "are", '
        '"roles": ["det", "subject", "verb"]}\n'
    )


def test_an_output_that_cannot_be_written(tmp_path):
    with pytest.raises(InvalidInput, match=r"output: .*cannot be written \(No such file or directory\)"):
        write_instances(tmp_path / "no" / "out.jsonl", [])
