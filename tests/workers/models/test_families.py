"""Every family against the library: logits, total influences, and the steps between the library's own layers.

What the library computes is differentiated as it is, by autograd and forward-mode autodiff, and nothing of a layer's
arithmetic is known here. That a step's components are right is the brute force's part (`tests.oracle`), on the blocks
that families are read into.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor, nn
from torch.func import jvp

from cypher.errors import ModelError
from workers.influence.engine import influence
from workers.influence.interest import Line
from workers.influence.passes.forward import Sentences, forward
from workers.models import registry
from workers.models.checkpoint import read_weights, unused_weights, weight_files, weight_names
from workers.models.family import Family
from workers.models.objective import Objective

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # by torch.func.jvp itself

SAMPLES = 3
VOCAB = 40
IDS = (9, 21, 4, 33, 21, 7)
TARGET = 2
BASELINE = 4
NO_SOURCES = torch.empty(1, 0, dtype=torch.long)


@dataclass(frozen=True)
class Kind:
    """How the library makes a small random model of a family."""

    masked_lm: str
    classifier: str
    config: dict[str, Any]
    layers: str  # the module that holds its layers
    shared: bool = False  # do several layers run the same module?
    exact: bool = True  # does the library compute all of it in the dtype of the weights?

    @property
    def bare(self) -> str:
        """The encoder without a head."""
        return self.masked_lm.replace("ForMaskedLM", "Model")

    def near(self, tolerance: float) -> dict[str, float]:
        """How near values must be to the library's."""
        return {"rtol": tolerance, "atol": tolerance} if self.exact else {"rtol": 1e-5, "atol": 1e-6}


BERT_LIKE = {
    "vocab_size": VOCAB,
    "hidden_size": 12,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 16,
}

MODERN = {name: value for name, value in BERT_LIKE.items() if name != "max_position_embeddings"} | {
    "local_attention": 4,
    "max_position_embeddings": 16,
    "pad_token_id": 0,
    **{f"{name}_token_id": 1 for name in ("bos", "eos", "cls", "sep")},
}

DEBERTA = BERT_LIKE | {
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "share_att_key": True,
    "position_buckets": 4,
    "max_relative_positions": -1,
    "norm_rel_ebd": "layer_norm",
    "position_biased_input": False,
    "type_vocab_size": 0,
}

KINDS = {
    "bert": Kind("BertForMaskedLM", "BertForSequenceClassification", BERT_LIKE, "bert.encoder.layer"),
    "roberta": Kind("RobertaForMaskedLM", "RobertaForSequenceClassification", BERT_LIKE, "roberta.encoder.layer"),
    "xlm-roberta": Kind(
        "XLMRobertaForMaskedLM",
        "XLMRobertaForSequenceClassification",
        BERT_LIKE | {"type_vocab_size": 1, "hidden_act": "relu", "pad_token_id": 3},
        "roberta.encoder.layer",
    ),
    "camembert": Kind("CamembertForMaskedLM", "CamembertForSequenceClassification", BERT_LIKE, "roberta.encoder.layer"),
    "distilbert": Kind(
        "DistilBertForMaskedLM",
        "DistilBertForSequenceClassification",
        {"vocab_size": VOCAB, "dim": 12, "n_layers": 3, "n_heads": 3, "hidden_dim": 20, "max_position_embeddings": 16},
        "distilbert.transformer.layer",
    ),
    "distilbert, relu": Kind(
        "DistilBertForMaskedLM",
        "DistilBertForSequenceClassification",
        {"vocab_size": VOCAB, "dim": 8, "n_layers": 2, "n_heads": 4, "hidden_dim": 9, "activation": "relu"},
        "distilbert.transformer.layer",
    ),
    "electra": Kind(
        "ElectraForMaskedLM",
        "ElectraForSequenceClassification",
        BERT_LIKE | {"embedding_size": 8},
        "electra.encoder.layer",
    ),
    "electra, as wide": Kind(
        "ElectraForMaskedLM",
        "ElectraForSequenceClassification",
        BERT_LIKE | {"embedding_size": 12, "hidden_act": "relu"},
        "electra.encoder.layer",
    ),
    "mpnet": Kind(
        "MPNetForMaskedLM",
        "MPNetForSequenceClassification",
        BERT_LIKE | {"relative_attention_num_buckets": 32},
        "mpnet.encoder.layer",
    ),
    "modernbert": Kind(
        "ModernBertForMaskedLM",
        "ModernBertForSequenceClassification",
        MODERN,
        "model.layers",
        exact=False,
    ),
    "modernbert, biased": Kind(
        "ModernBertForMaskedLM",
        "ModernBertForSequenceClassification",
        MODERN
        | dict.fromkeys(("norm_bias", "attention_bias", "mlp_bias", "classifier_bias"), True)
        | {"local_attention": 2, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]},
        "model.layers",
        exact=False,
    ),
    "deberta, version 3": Kind(
        "DebertaV2ForMaskedLM", "DebertaV2ForSequenceClassification", DEBERTA, "deberta.encoder.layer"
    ),
    "deberta, own projections": Kind(
        "DebertaV2ForMaskedLM",
        "DebertaV2ForSequenceClassification",
        DEBERTA | {"share_att_key": False, "position_buckets": -1, "max_relative_positions": 3, "type_vocab_size": 2},
        "deberta.encoder.layer",
    ),
    "deberta, keys of distances": Kind(
        "DebertaV2ForMaskedLM",
        "DebertaV2ForSequenceClassification",
        DEBERTA | {"pos_att_type": ["c2p"], "norm_rel_ebd": "none", "position_biased_input": True, "embedding_size": 9},
        "deberta.encoder.layer",
    ),
    "deberta, queries of distances": Kind(
        "DebertaV2ForMaskedLM",
        "DebertaV2ForSequenceClassification",
        DEBERTA | {"pos_att_type": ["p2c"], "legacy": False},
        "deberta.encoder.layer",
    ),
    "deberta, no distances": Kind(
        "DebertaV2ForMaskedLM",
        "DebertaV2ForSequenceClassification",
        DEBERTA | {"relative_attention": False, "position_biased_input": True},
        "deberta.encoder.layer",
    ),
    "albert": Kind(
        "AlbertForMaskedLM",
        "AlbertForSequenceClassification",
        BERT_LIKE | {"embedding_size": 8},
        "albert.encoder.albert_layer_groups",
        shared=True,
    ),
    "albert, groups": Kind(
        "AlbertForMaskedLM",
        "AlbertForSequenceClassification",
        BERT_LIKE | {"embedding_size": 12, "num_hidden_layers": 4, "num_hidden_groups": 2, "inner_group_num": 2},
        "albert.encoder.albert_layer_groups",
        shared=True,
    ),
}


@dataclass(frozen=True)
class Loaded:
    """A random model in float64: as the library runs it, and as the engine does."""

    peer: Any
    kind: Kind
    family: Family
    transformer: Any
    objective: Objective
    unused: tuple[str, ...]
    masked: bool

    @property
    def target(self) -> int:
        return TARGET if self.masked else 0

    def interest(self, hidden: Tensor) -> Tensor:
        """The engine's difference of two logits."""
        head: Any = self.objective.head
        return head.difference(hidden, torch.tensor([1]), torch.tensor([2 if self.masked else 0]))

    def quantity(self, logits: Tensor) -> Tensor:
        """The library's."""
        row = logits[0, TARGET] if self.masked else logits[0]
        return row[1] - row[2 if self.masked else 0]

    @property
    def sentences(self) -> Sentences:
        return Sentences(torch.tensor([IDS]), torch.tensor([self.target]), BASELINE, self.interest)


def randomize(model: nn.Module, seed: int, scale: float = 0.3) -> None:
    """Every parameter, so that none can be forgotten unseen; gains are near 1."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * scale)
            if "norm" in name.lower() and name.endswith("weight"):
                parameter.add_(1)


def load(
    kind: Kind, masked: bool, path: Path, seed: int = 0, dtype: torch.dtype = torch.float64, scale: float = 0.3
) -> Loaded:
    """Save a random model as the library does, and read it as `load_model` would, but for its tokenizer."""
    cls = getattr(transformers, kind.masked_lm if masked else kind.classifier)
    torch.manual_seed(seed)
    peer = cls(cls.config_class(**kind.config, **({} if masked else {"num_labels": 3}))).to(dtype).eval()
    randomize(peer, seed, scale)
    peer.tie_weights()
    peer.requires_grad_(False)
    peer.config._attn_implementation = "eager"
    peer.save_pretrained(path)
    raw = json.loads((path / "config.json").read_text())
    files = weight_files(path)
    names = weight_names(files)
    family, architecture = registry.find(raw, names, "config.json")
    config = family.check(raw, architecture, "config.json")
    layout = family.layout(config, architecture)
    weights = read_weights(files, layout, torch.device("cpu"), dtype)
    transformer, objective = family.build(weights, config, architecture)
    return Loaded(peer, kind, family, transformer, objective, unused_weights(names, layout), masked)


@pytest.fixture(params=[(name, masked) for name in KINDS for masked in (True, False)], ids=str)
def loaded(request, tmp_path) -> Loaded:
    name, masked = request.param
    return load(KINDS[name], masked, tmp_path)


def test_logits_are_the_librarys(loaded):
    with torch.no_grad():
        theirs = loaded.peer(torch.tensor([IDS])).logits[0]
        theirs = theirs[TARGET] if loaded.masked else theirs
        hidden = forward(loaded.transformer, loaded.sentences, Line.at(1.0, like=loaded.transformer.word_embeddings))
        ours = loaded.objective.head.logits(hidden)[0, 0]
    assert theirs.std() > 0.01
    torch.testing.assert_close(ours, theirs, **loaded.kind.near(1e-12))


def test_no_weight_is_left_out(loaded):
    assert loaded.unused == ()


def test_total_influences_are_autograd_through_the_library(loaded):
    table = loaded.peer.get_input_embeddings().weight
    words, baseline = table[list(IDS)], table[[BASELINE] * len(IDS)]
    line = Line.of("trapezoid", SAMPLES, loaded.transformer.word_embeddings)
    expected = torch.zeros(len(IDS), dtype=torch.float64)
    for alpha, weight in zip(line.alphas.flatten(), line.weights.flatten(), strict=True):
        leaf = (baseline + alpha * (words - baseline)).requires_grad_()
        (gradient,) = torch.autograd.grad(loaded.quantity(loaded.peer(inputs_embeds=leaf[None]).logits), leaf)
        expected += weight * (gradient * (words - baseline)).sum(-1)
    found = influence(loaded.transformer, loaded.sentences, line, NO_SOURCES, edges=True)
    torch.testing.assert_close(found.total[0], expected, **loaded.kind.near(1e-10))


@contextmanager
def replaced(layer: nn.Module, call: int, value: Tensor) -> Iterator[None]:
    """The output of a layer's n-th call is another value."""
    calls = 0

    def hook(module: nn.Module, inputs: Any, output: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != call + 1:
            return None
        return (value[None], *output[1:]) if isinstance(output, tuple) else value[None]

    handle = layer.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def outputs_of(layers: list[nn.Module]) -> Iterator[dict[nn.Module, list[Tensor]]]:
    """What layers put out, call by call."""
    seen: dict[nn.Module, list[Tensor]] = {layer: [] for layer in layers}

    def hook(module: nn.Module, inputs: Any, output: Any) -> None:
        seen[module].append((output[0] if isinstance(output, tuple) else output)[0])

    handles = [layer.register_forward_hook(hook) for layer in seen]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def runs(loaded: Loaded) -> list[tuple[nn.Module, int]]:
    """Of each layer the module that runs it, and which of the module's calls that is."""
    modules: Any = loaded.peer.get_submodule(loaded.kind.layers)
    if not loaded.kind.shared:
        return [(module, 0) for module in modules]
    config, found, calls = loaded.peer.config, [], {}
    for turn in range(config.num_hidden_layers):
        group = modules[turn * config.num_hidden_groups // config.num_hidden_layers]
        for module in group.albert_layers:
            calls[module] = calls.get(module, -1) + 1
            found.append((module, calls[module]))
    return found


def through(loaded: Loaded, words: Tensor, layer: int) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """From a layer's output to the next layer's, and to the quantity of interest, by the library."""
    order = runs(loaded)
    here, call = order[layer]
    later = order[layer + 1] if layer + 1 < len(order) else None

    def following(hidden: Tensor) -> Tensor:
        assert later is not None
        with replaced(here, call, hidden), outputs_of([later[0]]) as seen:
            loaded.peer(inputs_embeds=words[None])
        return seen[later[0]][later[1]]

    def quantity(hidden: Tensor) -> Tensor:
        with replaced(here, call, hidden):
            return loaded.quantity(loaded.peer(inputs_embeds=words[None]).logits)

    return following, quantity


def test_the_components_of_every_step_add_up_to_the_librarys_jacobians(loaded):
    """Of every step i → j behind the first layer: γ_j · (∂h'_j/∂h_i) t_i, on each sample of the line."""
    table, order = loaded.peer.get_input_embeddings().weight, runs(loaded)
    words, baseline = table[list(IDS)], table[[BASELINE] * len(IDS)]
    line = Line.of("trapezoid", SAMPLES, loaded.transformer.word_embeddings)
    count = len(IDS)
    expected = torch.zeros(len(order), count, count, dtype=torch.float64)
    for alpha, weight in zip(line.alphas.flatten(), line.weights.flatten(), strict=True):
        point = baseline + alpha * (words - baseline)
        for layer in range(len(order) - 1):
            module, call = order[layer]

            def output(inputs: Tensor, module: nn.Module = module, call: int = call) -> Tensor:
                with outputs_of([module]) as seen:
                    loaded.peer(inputs_embeds=inputs[None])
                return seen[module][call]

            hidden, tangent = jvp(output, (point,), (words - baseline,))[:2]
            following, _ = through(loaded, point, layer)
            leaf = following(hidden).detach().requires_grad_()
            (gradient,) = torch.autograd.grad(through(loaded, point, layer + 1)[1](leaf), leaf)
            for start in range(count):
                only = torch.zeros_like(tangent)
                only[start] = tangent[start]
                moved = jvp(following, (hidden,), (only,))[1]
                expected[layer + 1, :, start] += weight * (gradient * moved).sum(-1)
    found = influence(loaded.transformer, loaded.sentences, line, NO_SOURCES, edges=True)
    assert found.edges is not None
    steps = found.edges.heads[0].sum(1) + torch.diag_embed(found.edges.skip[0])
    torch.testing.assert_close(steps[1:], expected[1:], **loaded.kind.near(1e-10))


def test_the_weights_tell_the_head_and_the_family(loaded, tmp_path):
    """Where config.json names no architecture; where it names no type either, of weights that one family alone has."""
    raw = json.loads((tmp_path / "config.json").read_text())
    names = weight_names(weight_files(tmp_path))
    (architecture,) = raw.pop("architectures")
    assert registry.find(raw, names, "config.json") == (loaded.family, architecture)
    del raw["model_type"]
    alike = [family.model_type for family in registry.FAMILIES if family.prefix == loaded.family.prefix]
    if len(alike) == 1:
        assert registry.find(raw, names, "config.json") == (loaded.family, architecture)
    else:
        with pytest.raises(ModelError, match=f"the weights may be those of {', '.join(alike)}. Name it in config.json"):
            registry.find(raw, names, "config.json")
