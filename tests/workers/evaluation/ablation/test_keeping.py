"""What each method keeps of an instance."""

from dataclasses import replace

import pytest
from torch import Tensor

from cypher.errors import InvalidInput
from tests.service.made_up import SENTENCE, make_result
from workers.analysis.results import InstanceResult
from workers.datasets import Instance
from workers.evaluation.ablation.keeping import Subject, ablations, kept_by, positive_patterns
from workers.evaluation.ablation.settings import Ablation, AblationSettings
from workers.influence.component import SKIP
from workers.influence.graph import Graph
from workers.influence.passes.masked_forward import KeepMask
from workers.models import Encoded

LAYERS, HEADS, LENGTH, TARGET = 6, 8, len(SENTENCE), 7
GRAPH = Graph(LAYERS, HEADS, LENGTH)
RESULT = make_result(seed=4)
POSITIVE = [word for word in RESULT.words if word.influence > 0]
FOUND = tuple(positive_patterns(RESULT))
RANDOM_E, RANDOM_A = Ablation("random", "embedding"), Ablation("random", "attention")


def subject_of(result: InstanceResult) -> Subject:
    sentence = Encoded(Instance(result.id, result.text), tuple(range(LENGTH)), result.tokens, None, TARGET, (), 1, 2)
    return Subject(sentence, positive_patterns(result))


def keep(ablation: Ablation, result: InstanceResult = RESULT, **settings: int) -> KeepMask:
    return kept_by(subject_of(result), ablation, AblationSettings(**settings), GRAPH)  # type: ignore[arg-type]


def nodes_of(nodes: Tensor) -> set[tuple[int, ...]]:
    """Layer and position of what one set keeps."""
    return set(map(tuple, nodes.nonzero().tolist()))


VISITED = {(layer, position) for word in POSITIVE for layer, position in enumerate(word.path[:-1])}


def test_the_words_at_hand_are_of_both_signs():
    assert 3 <= len(POSITIVE) <= len(RESULT.words) - 3


def test_at_embedding_level_the_nodes_of_positive_words_stay_with_all_components():
    kept = keep(Ablation("gpr", "embedding"))
    assert kept.nodes.shape == (1, 1, LAYERS, LENGTH) and nodes_of(kept.nodes[0, 0]) == VISITED
    assert kept.components.all()


def test_at_attention_level_the_components_of_their_steps_stay_too():
    kept = keep(Ablation("gpr", "attention"))
    used = {
        (layer, component + 1, word.path[layer + 1])
        for word in POSITIVE
        for layer, component in enumerate(word.components)
    }
    assert nodes_of(kept.nodes[0, 0]) == VISITED
    assert nodes_of(kept.components[0, 0]) == used


def test_a_word_without_influence_is_not_positive():
    words = tuple(replace(word, influence=0.0) for word in RESULT.words)
    kept = keep(Ablation("gpr", "attention"), replace(RESULT, words=words))
    assert not kept.nodes.any() and not kept.components.any()


def test_skips_replace_the_heads_where_their_steps_end():
    kept = keep(Ablation("repl_skip", "attention"))
    ends = {(layer, 0, word.path[layer + 1]) for word in POSITIVE for layer in range(LAYERS)}
    assert any(component != SKIP for word in POSITIVE for component in word.components)
    assert nodes_of(kept.nodes[0, 0]) == VISITED
    assert nodes_of(kept.components[0, 0]) == ends


def test_the_original_keeps_everything():
    kept = keep(Ablation("original", None))
    assert kept.nodes.shape == (1, 1, LAYERS, LENGTH) and kept.nodes.all()
    assert kept.components.shape == (1, 1, LAYERS, HEADS + 1, LENGTH) and kept.components.all()


def test_random_paths_start_at_the_positive_words():
    kept = keep(RANDOM_E, draws=40)
    assert kept.nodes.shape == (1, 40, LAYERS, LENGTH) and kept.components.all()
    sources = {word.position for word in POSITIVE}
    for nodes in kept.nodes[0]:
        assert {position for layer, position in nodes_of(nodes) if layer == 0} == sources
        assert nodes[1:].sum(1).max() <= len(POSITIVE) and nodes[1:].sum(1).min() >= 1
    assert kept.nodes[0, :, 1:].any(0).all()  # some draw visits each
    assert len({nodes.numpy().tobytes() for nodes in kept.nodes[0]}) == 40


def test_random_components_lie_along_the_paths_found():
    kept = keep(RANDOM_A, draws=300)
    steps = {(layer, *word.path[layer : layer + 2]) for word in POSITIVE for layer in range(LAYERS)}
    ends = {(layer, there) for layer, _, there in steps}
    stays = {(layer, there) for layer, here, there in steps if here == there}
    for nodes, components in zip(kept.nodes[0], kept.components[0], strict=True):
        used = nodes_of(components)
        assert nodes_of(nodes) == VISITED
        assert {(layer, there) for layer, _, there in used} == ends
        assert {(layer, there) for layer, component, there in used if component == 0} <= stays
    drawn = {each for components in kept.components[0] for each in nodes_of(components)}
    assert drawn == {(layer, head, there) for layer, there in ends for head in range(1, HEADS + 1)} | {
        (layer, 0, there) for layer, there in stays
    }


@pytest.mark.parametrize("ablation", [RANDOM_E, RANDOM_A])
def test_draws_depend_on_seed_and_id_alone(ablation: Ablation):
    def bits(kept: KeepMask) -> bytes:
        return kept.nodes.numpy().tobytes() + kept.components.numpy().tobytes()

    once = bits(keep(ablation, draws=5))
    assert bits(keep(ablation, draws=5)) == once
    assert bits(keep(ablation, draws=5, seed=1)) != once
    assert bits(keep(ablation, replace(RESULT, id="another"), draws=5)) != once


@pytest.mark.parametrize("ablation", [*FOUND, RANDOM_E, RANDOM_A, Ablation("repl_skip", "attention")])
def test_without_positive_words_nothing_is_kept(ablation: Ablation):
    nothing = replace(RESULT, words=tuple(replace(word, influence=-1.0) for word in RESULT.words))
    kept = keep(ablation, nothing, draws=3)
    assert kept.nodes.shape == (1, ablation.sets(3), LAYERS, LENGTH) and not kept.nodes.any()


def test_by_default_all_there_is():
    assert [(each.method, each.level) for each in ablations(FOUND, AblationSettings())] == [
        ("original", None),
        ("gpr", "embedding"),
        ("gpr", "attention"),
        ("random", "embedding"),
        ("random", "attention"),
        ("repl_skip", "attention"),
    ]


def test_some_methods_at_some_levels():
    settings = AblationSettings(methods=("random", "original"), levels=("embedding",))
    assert ablations(FOUND, settings) == (Ablation("original", None), RANDOM_E)


def test_patterns_of_other_methods_that_results_hold_are_offered():
    found = (*FOUND, Ablation("other", "embedding"))
    assert Ablation("other", "embedding") in ablations(found, AblationSettings())
    assert ablations(found, AblationSettings(methods=("other",))) == (Ablation("other", "embedding"),)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"methods": ("gpr", "conductance")},
            "methods: the results have no method 'conductance'. Choose from original, gpr, ",
        ),
        ({"methods": ("repl_skip",), "levels": ("embedding",)}, "levels: repl_skip is at level attention only"),
        ({"methods": ()}, "methods: '' is not a choice"),
        ({"methods": ("gpr", "gpr")}, "methods: 'gpr, gpr' is not a choice"),
        ({"levels": ("words",)}, "levels: 'words' is not a level"),
        ({"levels": ()}, "levels: '' is not a choice"),
        ({"replace": "ones"}, "replace: 'ones' is not known"),
        ({"draws": 0}, "draws: 0 is too few"),
    ],
)
def test_bad_choices_are_named(settings: dict[str, object], message: str):
    with pytest.raises(InvalidInput) as error:
        ablations(FOUND, AblationSettings(**settings))  # type: ignore[arg-type]
    assert str(error.value).startswith(message)
