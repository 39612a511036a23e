"""The reports' oracle against numbers computed by hand."""

import math
from dataclasses import replace

import pytest

from tests.oracle.reports import (
    SPECIFIED,
    accuracy,
    attractors,
    binary_entropy,
    concentration,
    entropy_correlation,
    flow_frequency,
    heads,
    node_entropy,
    numbered,
    overview,
    pattern_entropy,
    pattern_frequency,
    positions,
    ranks,
    roles_of,
    skip_share,
    spearman,
    wilson,
)
from tests.oracle.results import TOKENS, result, three_sentences, word

APPROX = 1e-12


def by(rows, *columns):
    return {tuple(row[column] for column in columns): row for row in rows}


def test_entropy_by_hand():
    # layer 1: position 0 is visited in a (by 0>0) and b; position 1 in a (by 1>1) and c; position 2 in none
    # layer 2: position 0 in b; position 1 in a; position 2 in a and c (in b only by a negative pattern)
    shares = {(1, 0): 2 / 3, (1, 1): 2 / 3, (1, 2): 0.0, (2, 0): 1 / 3, (2, 1): 1 / 3, (2, 2): 2 / 3}
    nodes = by(node_entropy(three_sentences()), "layer", "place")
    assert {node: row["share"] for node, row in nodes.items()} == shares
    # H(1/3) = H(2/3) = 1/3 log2 3 + 2/3 log2 3/2 = log2 3 - 2/3 = 0.918296; five of the six nodes have it, one has 0
    one = math.log2(3) - 2 / 3
    assert one == pytest.approx(0.9182958340544896, abs=APPROX)
    for node, row in nodes.items():
        assert row["entropy"] == pytest.approx(0.0 if node == (1, 2) else one, abs=APPROX)
    (row,) = pattern_entropy(three_sentences())
    assert row == {
        "task": "sva-obj",
        "case": "SP",
        "instances": 3,
        "nodes": 6,
        "entropy": pytest.approx(5 * one / 6, abs=APPROX),  # 0.765247
        "accuracy": 2 / 3,
    }


def test_entropy_of_places_that_not_every_sentence_has():
    # a fourth sentence of one more token, target at 3: 0>3>3>3; places 0..3 at two layers
    longer = result("d", [word((0, 3, 3, 3), 1.0)])
    nodes = by(node_entropy([*three_sentences(), longer]), "layer", "place")
    assert len(nodes) == 8
    assert [nodes[1, place]["share"] for place in range(4)] == [2 / 4, 2 / 4, 0, 1 / 4]  # of all four sentences
    assert nodes[1, 0]["entropy"] == 1.0


def test_binary_entropy():
    assert [binary_entropy(share) for share in (0.0, 0.5, 1.0)] == [0.0, 1.0, 0.0]
    # 1/4 log2 4 + 3/4 log2 4/3 = 2 - 3/4 log2 3
    assert binary_entropy(0.25) == pytest.approx(2 - 0.75 * math.log2(3), abs=APPROX)


def test_one_layer_has_no_nodes_between():
    (row,) = pattern_entropy([result("a", [word((0, 3), 1.0)])])
    assert (row["nodes"], row["entropy"]) == (0, None)
    assert node_entropy([result("a", [word((0, 3), 1.0)])]) == []


def test_flow_frequency_by_hand():
    rows = by(flow_frequency(three_sentences(), level="embedding"), "layer", "source", "target")
    # 0 -> 0 at layer 0: a's and b's first words; (1.0 + 2.0) / 3 sentences
    assert rows[0, 0, 0]["positive"] == 2 / 3 and rows[0, 0, 0]["negative"] == 0
    assert rows[0, 0, 0]["influence"] == 1.0 and rows[0, 0, 0]["component"] is None
    # 2 -> 2 at layer 2: a, c twice, b by its negative word; (1.0 + 0.0 + 1.5 - 0.5) / 3
    assert rows[2, 2, 2]["positive"] == 2 / 3 and rows[2, 2, 2]["negative"] == 1 / 3
    assert rows[2, 2, 2]["influence"] == pytest.approx(2 / 3)
    # layer 0: 0>0 0>1 1>1 1>0; layer 1: 0>2 1>1 0>0 1>2; layer 2: 2>2 1>2 0>2
    assert len(rows) == 4 + 4 + 3
    assert {row["instances"] for row in rows.values()} == {3}


def test_flow_frequency_by_component():
    sentence = result(
        "a",
        [
            word((0, 0, 3), 1.0, components=(-1, 2), attention=0.5, embedding=7.0),
            word((1, 1, 3), -1.0, components=(0, 2), attention=-2.0, embedding=7.0),
        ],
    )
    rows = flow_frequency([sentence])
    assert [(row["layer"], row["source"], row["target"], row["component"], row["influence"]) for row in rows] == [
        (0, 0, 0, -1, 0.5),
        (1, 0, 3, 2, 0.5),
        (0, 1, 1, 0, -2.0),
        (1, 1, 3, 2, -2.0),
    ]


def test_pattern_frequency_by_hand():
    first, second = (
        result(name, [word((0, 0, 3), influence, components=(-1, 2), embedding=influence, attention=2 * influence)])
        for name, influence in (("a", 1.0), ("b", 4.0))
    )
    other = result("c", [word((0, 0, 3), -1.0, components=(-1, 2), embedding=-3.0, attention=-5.0)])
    rows = pattern_frequency([first, second, other])
    assert [(row["sign"], row["pattern"], row["instances"], row["influence"]) for row in rows] == [
        (1, "0 skip 0 h2 3", 2, 5.0),
        (-1, "0 skip 0 h2 3", 1, -5.0),
    ]
    assert [row["share"] for row in rows] == [2 / 3, 1 / 3]
    rows = pattern_frequency([first, second, other], level="embedding")
    assert [(row["pattern"], row["influence"]) for row in rows] == [("0>0>3", 2.5), ("0>0>3", -3.0)]


def test_roles_are_numbered_and_the_token_stands_in():
    sentence = result("a", [word((0, 3), 1.0)], tokens=("the", "pilot", "the", "is"), roles=("det", "", "det", "the"))
    assert roles_of(sentence) == ("det", "pilot", "det 2", "the")
    assert numbered(("det", "det 2", "det", "det 2")) == ("det", "det 2", "det 3", "det 2 2")
    assert roles_of(replace(sentence, roles=("", "", "", "the"))) == ("the", "pilot", "the 2", "the 3")
    with pytest.raises(ValueError, match="a has no roles"):
        roles_of(replace(sentence, roles=None))


def test_by_role_sentences_of_different_lengths_meet():
    short = result(
        "a", [word((0, 2), 1.0, embedding=1.0)], tokens=("the", "pilot", "is"), roles=("", "subject", "verb")
    )
    long = result(
        "b", [word((1, 3), 1.0, embedding=3.0)], tokens=("oh", "the", "pilot", "is"), roles=("", "", "subject", "verb")
    )
    (row,) = pattern_frequency([short, long], level="embedding", align="role")
    assert (row["pattern"], row["instances"], row["share"], row["influence"]) == ("the>verb", 2, 1.0, 2.0)
    assert [row["place"] for row in positions([short, long], align="role")] == ["oh", "subject", "the", "verb"]


def attracted():
    """Two SP sentences and one SS; L = 2. Influences of positions 0, 1, 2 (target 3):

    SP/0:  1  -2  -1     SP/1: 3  -4  0.5     SS/0: 1  0.5  -8
    """
    rows = [("SP", (1.0, -2.0, -1.0)), ("SP", (3.0, -4.0, 0.5)), ("SS", (1.0, 0.5, -8.0))]
    return [
        result(
            f"{case}/{number}",
            [
                word((position, 3, 3) if position != 1 else (1, 1 + number, 3), influence, embedding=influence / 2)
                for position, influence in enumerate(influences)
            ],
            case=case,
        )
        for number, (case, influences) in enumerate(rows)
    ]


def test_attractors_by_hand():
    sp = [row for row in attractors(attracted(), level="embedding") if row["case"] == "SP"]
    # the negative total is -2 - 4 - 1 = -7; position 1 has 6/7 of it, 2 has 1/7, 0 and the target none
    assert [row["place"] for row in sp] == [1, 2, 0] and [row["rank"] for row in sp] == [1, 2, 3]
    assert [row["negative_total"] for row in sp] == [pytest.approx(6 / 7), pytest.approx(1 / 7), 0]
    assert [row["negative"] for row in sp] == [1.0, 0.5, 0]
    # means: (-2 - 4) / 2, (-1 + 0.5) / 2, (1 + 3) / 2; the target is no source word
    assert [row["influence"] for row in sp] == [-3.0, -0.25, 2.0]
    # SS: 0.5, -8, 1
    assert [row["contrast"] for row in sp] == [-3.5, 7.75, 1.0]
    # position 1: 1>1>3 and 1>2>3, once each; |-2| > |-1|
    assert [row["modal_pattern"] for row in sp] == ["1>2>3", "2>3>3", None]
    assert [row["modal_share"] for row in sp] == [0.5, 0.5, None]
    (ss, *_) = (row for row in attractors(attracted(), case="SS") if row["case"] == "SS")
    assert (ss["matched_case"], ss["contrast"], ss["place"], ss["negative_total"]) == (None, None, 2, 1.0)
    assert ss["modal_pattern"] == "2 h0 3 h0 3"


def test_the_modal_pattern_is_the_most_frequent():
    words = [((1, 1, 3), -1.0), ((1, 1, 3), -1.0), ((1, 2, 3), -9.0)]
    sentences = [result(f"{n}", [word(path, value, embedding=value)]) for n, (path, value) in enumerate(words)]
    row = by(attractors(sentences, level="embedding"), "place")[(1,)]
    assert (row["modal_pattern"], row["modal_share"]) == ("1>1>3", 2 / 3)
    tie = by(attractors([*sentences[1:], replace(sentences[2], id="z", words=sentences[1].words)]), "place")[(1,)]
    assert tie["modal_pattern"] == "1 h0 1 h0 3" and tie["modal_share"] == 2 / 3
    level = [result(n, [word((1, at, 3), -1.0, embedding=-1.0)]) for n, at in (("x", 2), ("y", 1))]
    assert by(attractors(level, level="embedding"), "place")[(1,)]["modal_pattern"] == "1>1>3"  # by its text


def test_the_contrast_does_not_need_the_other_case_to_be_chosen():
    rows = attractors(attracted(), task="sva-obj", case="SP")
    assert {row["case"] for row in rows} == {"SP"}
    assert rows[0]["contrast"] == -3.5
    elsewhere = [one if one.case == "SP" else replace(one, task="ra-na") for one in attracted()]
    assert attractors(elsewhere, case="SP")[0]["contrast"] is None


def test_nothing_negative():
    rows = attractors([result("a", [word((0, 3), 0.0), word((1, 3), 1.0)])])
    assert [(row["rank"], row["place"], row["negative_total"], row["modal_pattern"]) for row in rows] == [
        (1, 0, 0, None),
        (2, 1, 0, None),
    ]


def test_positions_by_hand():
    rows = {row["place"]: row for row in positions(three_sentences())}
    # influences at position 0: 2, 4, 0 and at 1: 1, -1, 3
    assert [rows[place]["influence"] for place in range(3)] == [2.0, 1.0, None]  # the target is no source word
    assert [rows[place]["positive"] for place in range(3)] == [1.0, pytest.approx(2 / 3), 0]
    assert [rows[place]["negative"] for place in range(3)] == [0, pytest.approx(1 / 3), 0]
    # position 0: (2/3 + 1/3) / 2; position 1: (2/3 + 1/3) / 2; position 2: (0 + 2/3) / 2
    assert [rows[place]["positive_visits"] for place in range(3)] == [0.5, 0.5, pytest.approx(1 / 3)]
    # b's negative word goes through 0 at layer 1 and 2 at layer 2
    assert [rows[place]["negative_visits"] for place in range(3)] == [pytest.approx(1 / 6), 0, pytest.approx(1 / 6)]


def test_a_mean_is_over_the_sentences_with_a_word_there():
    # position 3 is the target of one sentence, and holds a word of influence -4 in the other
    short, long = result("a", [word((0, 3), 1.0)]), result("b", [word((3, 4), -4.0)], tokens=TOKENS[:5])
    row = by(positions([short, long]), "place")[(3,)]
    assert (row["instances"], row["influence"], row["positive"], row["negative"]) == (2, -4.0, 0, 0.5)
    row = by(attractors([short, long]), "place")[(3,)]
    assert (row["instances"], row["influence"], row["negative"]) == (1, -4.0, 0.5)


def test_skip_share_by_hand():
    sentence = result(
        "a",
        [word((0, 0, 3), 1.0, components=(-1, 2)), word((1, 2, 3), -1.0, components=(0, 0))],
        edges=[(0, 1, 1, -1, -3.0), (0, 1, 2, 0, 1.0), (1, 3, 3, 1, 2.0)],
    )
    rows = skip_share([sentence])
    assert [(row["layer"], row["steps"], row["skips"]) for row in rows] == [(0, 2, 0.5), (1, 2, 0.0), (None, 4, 0.25)]
    assert [row["mass"] for row in rows] == [3 / 4, 0.0, 3 / 6]
    for without in (replace(sentence, edges=None), result("b", sentence.words, edges=[])):
        assert [row["mass"] for row in skip_share([without])] == [None, None, None]


def test_concentration_by_hand():
    first = result(
        "a",
        [
            word((0, 3), 2.0, embedding=1.0, attention=0.5),
            word((1, 3), 2.0, embedding=2.0, attention=0.5),
            word((2, 3), -9.0, embedding=9.0, attention=9.0),
        ],
    )
    second = result("b", [word((0, 3), 1.0, embedding=0.5, attention=0.5)])
    none = result("c", [word((0, 3), -1.0), word((1, 3), 0.0, embedding=5.0)])
    attention, embedding = concentration([first, second, none])
    # a: 3/4 and 1/4; b: 1/2 and 1/2; sd of two is |difference| / sqrt 2
    assert (attention["level"], attention["instances"], attention["mean"]) == ("attention", 2, 0.375)
    assert (embedding["level"], embedding["instances"], embedding["mean"]) == ("embedding", 2, 0.625)
    assert attention["sd"] == embedding["sd"] == pytest.approx(0.25 / math.sqrt(2), abs=APPROX)
    assert [row["sd"] for row in concentration([first])] == [None, None]
    assert [(row["instances"], row["mean"]) for row in concentration([none])] == [(0, None), (0, None)]


def test_heads_by_hand():
    rows = by(
        heads(
            [
                result("a", [word((0, 0, 3), 1.0, components=(-1, 2), attention=1.0)]),
                result("b", [word((0, 1, 3), 1.0, components=(2, 2), attention=-3.0)], case="SS"),
            ]
        ),
        "layer",
        "component",
    )
    assert {place: row["patterns"] for place, row in rows.items()} == {(0, -1): 1, (0, 2): 1, (1, 2): 2}
    assert [rows[place]["pattern_share"] for place in ((0, -1), (0, 2), (1, 2))] == [0.5, 0.5, 1.0]
    assert [rows[place]["influence_share"] for place in ((0, -1), (0, 2), (1, 2))] == [0.25, 0.75, 1.0]


def test_accuracy_and_its_interval():
    (row,) = accuracy(three_sentences())
    assert (row["instances"], row["correct"], row["accuracy"], row["qoi"]) == (3, 2, 2 / 3, pytest.approx(1 / 3))
    # 8 of 10: (0.8 + z²/20 ± z sqrt(0.016 + z²/400)) / (1 + z²/10) with z = 1.959964, z² = 3.841459:
    # (0.99207295 ± 1.959964 * 0.16000912) / 1.3841459 -> 0.4901625, 0.9433178
    assert wilson(8, 10) == (pytest.approx(0.4901625, abs=1e-6), pytest.approx(0.9433178, abs=1e-6))
    # none of 4: from 0 to z² / (4 + z²)
    assert wilson(0, 4) == (pytest.approx(0, abs=APPROX), pytest.approx(3.8414588 / 7.8414588, abs=1e-7))
    (row,) = accuracy([result("a", [word((0, 3), 1.0)], qoi=0.0)])
    assert row["correct"] == 0  # right is where q > 0


def test_overview():
    results = [*three_sentences(), result("d", [word((0, 3, 3, 3), 1.0)], task="ra-na", completeness_error=0.5)]
    assert overview(results) == [
        {"instances": 4, "correct": 3, "accuracy": 0.75, "tasks": 2, "cases": 2, "completeness_error": 0.5}
    ]


def test_ranks_of_ties():
    assert ranks([3.0, 1.0, 3.0, 2.0, 3.0]) == [4, 1, 4, 2, 4]


def test_spearman_with_ties():
    assert spearman([1, 2, 3, 4], [10, 20, 40, 80]) == pytest.approx(1)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    # ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: products of what they differ from 2.5: 2.25 + 0 + 0 + 2.25 = 4.5;
    # squares: 4.5 and 5: 4.5 / sqrt(22.5) = 0.948683
    assert spearman([1, 2, 2, 4], [1, 2, 3, 4]) == pytest.approx(4.5 / math.sqrt(22.5), abs=APPROX)
    # without ties 1 - 6 Σd² / (n (n² - 1)): d = 1, 1, 1, 1, 0 -> 1 - 24 / 120
    assert spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) == pytest.approx(0.8, abs=APPROX)
    assert spearman([1, 2], [1, 2]) is None
    assert spearman([1, 1, 1], [1, 2, 3]) is None and spearman([1, 2, 3], [0.5, 0.5, 0.5]) is None
    assert spearman([binary_entropy(1 / 3), binary_entropy(2 / 3), 0], [1, 1, 0]) == pytest.approx(1)  # a tie


def test_entropy_correlation_by_hand():
    # entropy of each case is that of its two sentences' nodes; L = 2, one layer between, 4 places
    def case(name: str, through: tuple[int, int], right: tuple[bool, bool], task: str = "sva-obj"):
        return [
            result(f"{name}/{n}", [word((0, at, 3), 1.0)], task=task, case=name, qoi=1.0 if ok else -1.0)
            for n, (at, ok) in enumerate(zip(through, right, strict=True))
        ]

    # A: both through 0 -> entropy 0; B: through 0 and 1 -> 2 bits over 4 nodes; C: as B. Accuracies 1, 1/2, 0
    results = [
        *case("A", (0, 0), (True, True)),
        *case("B", (0, 1), (True, False)),
        *case("C", (1, 2), (False, False)),
    ]
    assert [row["entropy"] for row in pattern_entropy(results)] == [0, 0.5, 0.5]
    # ranks 1, 2.5, 2.5 and 3, 2, 1: covariance (-1·1 + 0.5·0 - 0.5·1) = -1.5; squares 1.5 and 2: -1.5 / sqrt 3
    assert entropy_correlation(results) == [{"cases": 3, "spearman": pytest.approx(-1.5 / math.sqrt(3), abs=APPROX)}]
    assert entropy_correlation(results[:4]) == [{"cases": 2, "spearman": None}]
    far = [*results[:4], *case("D", (0, 1), (False, False), task="ra-na")]
    assert entropy_correlation(far, task="sva-obj")[0]["cases"] == 2


def test_every_row_has_its_key():
    for name, report in SPECIFIED.items():
        rows = report.rows(three_sentences())
        assert rows, name
        assert len(by(rows, *report.key)) == len(rows), name
        assert {column.removeprefix("-") for column in report.order} <= rows[0].keys(), name
