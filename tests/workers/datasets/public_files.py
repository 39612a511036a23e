"""Small files in the forms of public data sets, with the instances and the notices that they give."""

import json
from typing import Any, NamedTuple

from workers.datasets import MASK, Instance


class File(NamedTuple):
    """What a file holds, and what is read from it."""

    name: str
    rows: list[str]
    instances: list[Instance]
    notices: tuple[str, ...] = ()


def row(*cells: str) -> str:
    return "\t".join(cells)


def masked(id_: str, text: str, correct: str, wrong: str, task: str, case: str, **more: Any) -> Instance:
    return Instance(id_, text, correct=correct, wrong=wrong, task=task, case=case, **more)


def roles(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MARVIN_LINZEN = File(
    "marvin_linzen_dataset.tsv",
    [
        row(
            "obj_rel_across_anim",
            "sing_MS_MV_plur_ES_EV",
            "the pilot that the taxi drivers like swims",
            "the pilot that the taxi drivers like swim",
        ),
        row("simple_agrmt", "plur_MS_MV", "the pilots are tall", "the pilots is tall"),
        row("vp_coord", "sing_MS_MV_MV", "the pilot swims and is tall", "the pilot swim and are tall"),
        row("npi", "past", "no pilot has ever swum", "most pilots have ever swum"),
        row("npi", "past", "no pilot has swum", "a pilot has"),
        row(
            "reflexives_across",
            "plur_MS_ANPHR_sing_ES_EV",
            "the pilots that the chef likes hurt themselves",
            "the pilots that the chef likes hurt himself",
        ),
    ],
    [
        masked(
            "marvin_linzen_dataset/1",
            f"the pilot that the taxi drivers like {MASK} .",
            "swims",
            "swim",
            "obj_rel_across_anim",
            "SP",
            roles=roles("det subject that det attractor attractor embedded-verb verb period"),
        ),
        masked("marvin_linzen_dataset/2", f"the pilots {MASK} tall .", "are", "is", "simple_agrmt", "P"),
        masked(
            "marvin_linzen_dataset/6",
            f"the pilots that the chef likes hurt {MASK} .",
            "themselves",
            "himself",
            "reflexives_across",
            "PS",
            roles=roles("det subject that det attractor embedded-verb verb reflexive period"),
        ),
    ],
    (
        "left out: pairs that differ in more than one word: 2 (1 of vp_coord, 1 of npi)",
        "left out: pairs whose sentences have different numbers of words: 1 (1 of npi)",
    ),
)

REFLEXIVES = File(
    "refl.3",
    [
        row("some lord who can dress our man can clean himself", "9", "0 1", "5 6 "),
        row("our boy that some lord will see would dress himself", "9", "0 1", "3 4 "),
        row("her lady that would wait would kick the lord by herself .", "10", "0 1", "7 8"),
        row("the lady that would wait would kick the postman by herself", "10", "0 1", "7 8"),
        row("the pilots that would wait would kick the lord by themselves", "10", "0 1", "7 8"),
        row("our dear lady saw my lord and hurt herself", "8", "0 1 2", "4 5"),
        row("our teacher that some teacher will see would dress herself", "9", "0 1", "3 4"),
        row("our teacher that some boy will see would dress himself", "9", "0 1", "3 4"),
    ],
    [
        masked(
            "refl.3/1",
            f"some lord who can dress our man can clean {MASK} .",
            "himself",
            "herself",
            "ra-ga",
            "MM",
            roles=roles("det subject that embedded-verb embedded-verb det attractor verb verb reflexive period"),
        ),
        masked(
            "refl.3/2",
            f"our boy that some lord will see would dress {MASK} .",
            "himself",
            "herself",
            "ra-ga",
            "MM",
            roles=roles("det subject that det attractor embedded-verb embedded-verb verb verb reflexive period"),
        ),
        masked(
            "refl.3/3",
            f"her lady that would wait would kick the lord by {MASK} .",
            "herself",
            "himself",
            "ra-ga",
            "FM",
            roles=roles("det subject that embedded-verb embedded-verb verb verb det attractor prep reflexive period"),
        ),
        masked("refl.3/6", f"our dear lady saw my lord and hurt {MASK} .", "herself", "himself", "ra-ga", "FM"),
        masked(
            "refl.3/8",
            f"our teacher that some boy will see would dress {MASK} .",
            "himself",
            "herself",
            "ra-ga",
            "MM",
            roles=roles("det subject that det attractor embedded-verb embedded-verb verb verb reflexive period"),
        ),
    ],
    (
        "left out: sentences whose attractor has no gender that the file or the lexicon tells: 2 "
        "(1 of postman, 1 of teacher)",
        "left out: sentences whose pronoun is neither himself nor herself: 1",
    ),
)

GULORDAVA = File(
    "generated.tab",
    [
        row(
            "pattern",
            "constr_id",
            "sent_id",
            "correct_number",
            "form",
            "class",
            "type",
            "prefix",
            "n_attr",
            "punct",
            "freq",
            "len_context",
            "len_prefix",
            "sent",
        ),
        row(
            "N_V",
            "0",
            "0",
            "sing",
            "is",
            "correct",
            "original",
            "The thing",
            "0",
            "False",
            "9",
            "1",
            "2",
            "The thing is that . <eos>",
        ),
        row(
            "N_V",
            "0",
            "0",
            "sing",
            "are",
            "wrong",
            "original",
            "The thing",
            "0",
            "False",
            "9",
            "1",
            "2",
            "The thing is that . <eos>",
        ),
        row(
            "N_V",
            "0",
            "1",
            "plur",
            "waits",
            "wrong",
            "generated",
            "<unk> by him",
            "2",
            "True",
            "9",
            "1",
            "3",
            '"Words by him stay "" here "" . <eos>"',
        ),
        row(
            "N_V",
            "0",
            "1",
            "plur",
            "wait",
            "correct",
            "generated",
            "<unk> by him",
            "2",
            "True",
            "9",
            "1",
            "3",
            '"Words by him stay "" here "" . <eos>"',
        ),
        row(
            "N_V",
            "0",
            "2",
            "plur",
            "go",
            "correct",
            "generated",
            "They",
            "0",
            "False",
            "9",
            "1",
            "1",
            "They stay . <eos>",
        ),
    ],
    [
        masked("generated/2", f"The thing {MASK} that .", "is", "are", "gulordava/original", "S0"),
        masked("generated/4", f'Words by him {MASK} " here " .', "wait", "waits", "gulordava/generated", "P2"),
    ],
    ("left out: rows without the other form of their verb: 1",),
)


def blimp(good: str, bad: str, pair: str | None = "0", **more: Any) -> str:
    fields = {"sentence_good": good, "sentence_bad": bad, "UID": "wh", "linguistics_term": "island", "pairID": pair}
    return json.dumps({**fields, "one_prefix_method": True, **more})


BLIMP = File(
    "wh.jsonl",
    [
        blimp("Jo can't help herself.", "Jo can't help himself."),
        blimp("Boys wait.", "Boys waits.", "1"),
        blimp("This goose isn't here.", "This goose weren't here.", "2"),
        blimp("Who saw whom?", "Whom saw who?", "3"),
        blimp("Who did Jo see?", "Who did Jo see him?", "4"),
        blimp("Did he?", "Has she?", "5", one_prefix_method=False),
        json.dumps({"sentence_good": "It is.", "sentence_bad": "It are.", "UID": "wh"}),
    ],
    [
        masked("blimp/wh/0", f"Jo can't help {MASK}.", "herself", "himself", "blimp/wh", "island"),
        masked("blimp/wh/1", f"Boys {MASK}.", "wait", "waits", "blimp/wh", "island"),
        masked("blimp/wh/2", f"This goose {MASK} here.", "isn't", "weren't", "blimp/wh", "island"),
        masked("wh/7", f"It {MASK}.", "is", "are", "blimp/wh", ""),
    ],
    (
        "left out: pairs that differ in more than one word, which are for decoders (one_prefix_method): 1 "
        "(1 of blimp/wh)",
        "left out: pairs whose sentences have different numbers of words, which are for decoders (one_prefix_method): "
        "1 (1 of blimp/wh)",
        "left out: pairs that differ in more than one word: 1 (1 of blimp/wh)",
    ),
)

WINOGENDER = File(
    "all_sentences.tsv",
    [
        row("sentid", "sentence"),
        row("nurse.patient.0.male.txt", "The nurse told the patient that he can pay."),
        row("nurse.patient.0.female.txt", "The nurse told the patient that she can pay."),
        row("nurse.patient.0.neutral.txt", "The nurse told the patient that they can pay."),
        row("nurse.patient.1.female.txt", "A nurse met the patient; the nurse saw her."),
        row("nurse.patient.1.male.txt", "A nurse met the patient; the nurse saw him."),
        row("clerk.someone.1.male.txt", "Someone asked the clerk for his book."),
        row("clerk.someone.1.female.txt", "Someone asked the clerk for her book."),
        row("cook.someone.0.male.txt", "The cook asked someone if he may."),
        row("cook.someone.1.male.txt", "The cook asked someone if he and his may."),
        row("cook.someone.1.female.txt", "The cook asked someone if she and her may."),
    ],
    [
        masked(
            "winogender/nurse.patient.0",
            f"The nurse told the patient that {MASK} can pay.",
            "he",
            "she",
            "winogender",
            "occupation",
            spans=((4, 9, "subject"), (19, 26, "attractor")),
        ),
        masked(
            "winogender/nurse.patient.1",
            f"A nurse met the patient; the nurse saw {MASK}.",
            "him",
            "her",
            "winogender",
            "participant",
        ),
        masked(
            "winogender/clerk.someone.1",
            f"Someone asked the clerk for {MASK} book.",
            "his",
            "her",
            "winogender",
            "participant",
            spans=((0, 7, "subject"), (18, 23, "attractor")),
        ),
    ],
    (
        "left out: sentences with a neutral pronoun: 1",
        "left out: pairs that differ in more than one word: 1",
        "left out: sentences without one with the other pronoun: 1",
    ),
)

COLA = File(
    "dev.tsv",
    [
        row("gj04", "1", "", "The sailors rode the breeze clear."),
        row("gj04", "0", "*", 'Who does "John visit ."'),
    ],
    [
        Instance("dev/1", "The sailors rode the breeze clear.", label="1", task="cola", case="acceptable"),
        Instance("dev/2", 'Who does "John visit ."', label="0", task="cola", case="unacceptable"),
    ],
)

SST2 = File(
    "sst.tsv",
    [row("sentence", "label"), row("a fine film . ", "1"), row("dull", "0")],
    [
        Instance("sst/2", "a fine film .", label="positive", task="sa", case="positive"),
        Instance("sst/3", "dull", label="negative", task="sa", case="negative"),
    ],
)

FILES = {
    "Marvin and Linzen": MARVIN_LINZEN,
    "reflexives": REFLEXIVES,
    "Gulordava": GULORDAVA,
    "BLiMP": BLIMP,
    "Winogender": WINOGENDER,
    "CoLA": COLA,
    "SST-2": SST2,
}
