"""`influence experiment --data`: which sentences of a file are taken, for which tasks."""

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.random_models import random_bert
from tests.service.cli.experiments import marvin_linzen, origins, refusal, results_of, table

CONSTRUCTIONS = {
    "obj_rel_across_anim": ("sva-obj", "{one}_MS_MV_{other}_ES_EV", "the {noun} that the {clause} ***mask*** tall ."),
    "subj_rel": ("sva-subj", "{one}_MS_MV_{other}_ES_EV", "the {noun} that {verb} the {object} ***mask*** tall ."),
    "sent_comp": ("sva-wsc", "{one}_MS_MV_{other}_ES_EV", "the {object} know the {noun} ***mask*** tall ."),
    "prep_anim": ("sva-app", "{one}_MS_MV_{other}_ES_EV", "the {noun} near the {object} ***mask*** tall ."),
    "reflexives_across": ("ra-na", "{one}_MS_ANPHR_{other}_ES_EV", "the {noun} that the {clause} hate ***mask*** ."),
    "refl_across_gender": ("ra-ga", "{one}_{other}", "the {noun} that the {clause} hate ***mask*** ."),
    "simple_agrmt": ("", "{one}_MS_MV", "the {noun} ***mask*** tall ."),
}
"""Of Marvin and Linzen's data set and its authors': the task, the form and a sentence of each."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "sing": {"noun": "pilot", "verb": "likes", "object": "guard", "clause": "guard likes"},
    "plur": {"noun": "pilots", "verb": "like", "object": "guards", "clause": "guards like"},
    "male": {"noun": "man", "verb": "likes", "object": "men", "clause": "men like"},
    "female": {"noun": "woman", "verb": "likes", "object": "women", "clause": "women like"},
}
VERBS = {"sing": (("is", "are"), ("wobbles", "wobble")), "plur": (("are", "is"), ("wobble", "wobbles"))}
NUMBERS = {"sing": (("himself", "themselves"),), "plur": (("themselves", "himself"),)}
GENDERS = {"male": (("himself", "herself"),), "female": (("herself", "himself"),)}
ADJECTIVES = ("tall", "short", "old")


def every_construction(path: Path, verbs: Mapping[str, tuple[tuple[str, str], ...]] = VERBS) -> Path:
    """Three sentences of each case and verb; of verbs every other one is not in the models' vocabulary."""
    rows = []
    for construction, (_, form, text) in CONSTRUCTIONS.items():
        answers = {"reflexives_across": NUMBERS, "refl_across_gender": GENDERS}.get(construction, verbs)
        for one in answers:
            for other in answers:
                words = {**WORDS[one], **{name: WORDS[other][name] for name in ("object", "clause")}}
                if construction == "subj_rel":
                    words["verb"] = WORDS[one]["verb"]
                for adjective in ADJECTIVES:
                    sentence = text.format(**words).replace("tall", adjective)
                    sentence = sentence.replace("the", "this", 1) if adjective == "old" else sentence
                    for right, wrong in answers[one]:
                        rows.append((construction, form.format(one=one, other=other), sentence, right, wrong))
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    return path


def test_every_construction_of_the_data_set(influence, masked, tmp_path):
    """Of each case as many sentences as asked for, though a half of the file's has verbs that are several pieces."""
    data, folder = every_construction(tmp_path / "marvin_linzen_dataset.tsv"), tmp_path / "out"
    arguments = ("--model", masked, "--data", data, "--samples", 2, "--output", folder)
    ended = influence("experiment", "accuracy", *arguments, "--count", 3, "--skip-bad")
    assert ended.code == 0, ended.err
    rows = {(row["task"], row["case"]): row["instances"] for row in table(folder, "accuracy", "accuracy")}
    numbers = [(task, case) for task in ("sva-obj", "sva-subj", "sva-wsc", "sva-app", "ra-na") for case in CASES]
    assert rows == dict.fromkeys([*numbers, *(("ra-ga", case) for case in ("MM", "MF", "FF", "FM"))], 3)
    for construction, (task, _, _) in CONSTRUCTIONS.items():
        if task:
            of_task = [row.split("\t")[2] for row in data.read_text().splitlines() if row.startswith(construction)]
            assert {result.text for result in results_of(folder, task)} <= set(of_task)
    others = [line for line in ended.err.splitlines() if "sentences of other tasks" in line]
    assert len(others) == 1 and "simple_agrmt" in others[0]
    told = [line for line in ended.err.splitlines() if "left out" in line and line not in others]
    assert len(told) == 8 and "'wobbles' is" in ended.err
    assert "left out: 11 more sentences of sva-obj that" in ended.err


CASES = ("SS", "SP", "PS", "PP")


def test_a_sentence_that_the_model_cannot_read(influence, masked, tmp_path):
    data, folder = every_construction(tmp_path / "some.tsv"), tmp_path / "out"
    arguments = ("experiment", "accuracy", "--model", masked, "--data", data, "--output", folder, "--samples", 2)
    line = refusal(influence(*arguments, "--count", 1))
    assert f"{data}:2: correct: 'wobbles' is" in line and "Give a word that is one token" in line
    every_construction(data, {"sing": VERBS["sing"], "plur": VERBS["plur"][1:]})
    line = refusal_last(influence(*arguments, "--skip-bad"))
    assert "sva-obj has no sentences of the case PS, PP that" in line
    assert not folder.exists()


def refusal_last(ended) -> str:
    """The refusal, after what was left out."""
    assert ended.code == 2 and ended.out == ""
    return ended.err.splitlines()[-1]


@pytest.mark.parametrize("labels", [("negative", "positive"), ("LABEL_0", "LABEL_1"), ("BAD", "GOOD")])
def test_classes_by_their_index(influence, sentences, tmp_path, labels):
    model = random_bert(tmp_path / "model", kind="classifier", labels=labels)
    rows = [
        {"text": f"a {word} film .", "label": label, "task": "sa"}
        for word, label in (("good", "1"), ("great", 1), ("bad", "0"))
    ]
    folder = tmp_path / "out"
    arguments = ("experiment", "accuracy", "--model", model, "--samples", 2, "--output", folder)
    assert influence(*arguments, "--data", sentences(*rows)).code == 0
    cases = {row["case"]: row["instances"] for row in table(folder, "accuracy", "accuracy")}
    assert cases == {labels[0]: 1, labels[1]: 2}  # where a file names no case, the class is it
    line = refusal(influence(*arguments, "--data", sentences(*rows[:2]), "--output", tmp_path / "other"))
    assert f"sa has sentences of the class {labels[1]} alone" in line


def test_of_a_mixed_file_a_model_gets_what_it_can_do(influence, masked, classifier, sentences, tmp_path):
    agreement = [
        {"text": row.split("\t")[2], "task": row.split("\t")[0], "case": case} | answers(row)
        for row, case in zip(
            [row for row in marvin_linzen(tmp_path / "some.tsv").read_text().splitlines() if "prep_anim" in row][::3],
            CASES,
            strict=True,
        )
    ]
    judgements = [{"text": f"a {word} film .", "label": word, "task": "sa"} for word in ("negative", "positive")]
    data = sentences(*agreement, *judgements)
    for model, task in ((masked, "sva-app"), (classifier, "sa")):
        folder = tmp_path / task
        arguments = ("--model", model, "--data", data, "--output", folder, "--samples", 2)
        ended = influence("experiment", "accuracy", *arguments)
        assert ended.code == 0, ended.err
        assert [row["task"] for row in origins(folder)] == [task]


def answers(row: str) -> dict[str, str]:
    return dict(zip(("correct", "wrong"), row.split("\t")[3:], strict=True))


def published(tmp_path: Path) -> tuple[Path, Path]:
    """One construction of the data set in four columns, and reflexives of four cases from two files, all compressed."""
    pairs, agree, differ = [], [], []
    for one, (right, wrong) in (("sing", ("is", "are")), ("plur", ("are", "is"))):
        for other in ("sing", "plur"):
            sentence = f"the {WORDS[one]['noun']} near the {WORDS[other]['object']} {{}} tall"
            pairs.append(("prep_anim", f"{one}_MS_MV_{other}_ES", sentence.format(right), sentence.format(wrong)))
    for subject, pronoun in (("man", "himself"), ("woman", "herself")):
        for attractor in ("man", "woman"):
            sentence = f"the {subject} that this {attractor} does like does hate {pronoun}"
            (agree if subject == attractor else differ).append((sentence, "9", "0 1", "3 4 "))
    files = {"pairs.tsv.gz": [pairs], "refl.gz": [agree, differ]}
    for name, members in files.items():
        texts = ("".join("\t".join(row) + "\n" for row in rows) for rows in members)
        (tmp_path / name).write_bytes(b"".join(gzip.compress(text.encode()) for text in texts))
    return tmp_path / "pairs.tsv.gz", tmp_path / "refl.gz"


def test_the_data_sets_as_they_are_published(influence, masked, tmp_path):
    folder = tmp_path / "out"
    for data in published(tmp_path):
        ended = influence(
            "experiment", "accuracy", "--model", masked, "--data", data, "--output", folder, "--samples", 2
        )
        assert ended.code == 0, ended.err
    rows = {(row["task"], row["case"]) for row in table(folder, "accuracy", "accuracy") if row["instances"] == 1}
    assert rows == {("sva-app", case) for case in CASES} | {("ra-ga", case) for case in ("MM", "MF", "FF", "FM")}
    (first, *_) = results_of(folder, "sva-app")
    roles = "cls det subject prep det attractor verb complement period sep"
    assert first.roles is not None and " ".join(first.roles) == roles
