"""The engine on Hugging Face's BERT, against autograd through that model: Captum's, and masks in the brute force."""

from collections.abc import Callable

import pytest
import torch
from captum.attr import InputXGradient, IntegratedGradients, InternalInfluence, LayerConductance
from torch import Tensor
from transformers import BertForMaskedLM, BertForSequenceClassification

from tests.oracle.brute_force import BruteForce
from tests.oracle.cases import tensors_of
from tests.oracle.huggingface import Bert, classifier_head_of, encoder_of, masked_lm_head_of, random_bert
from tests.oracle.search import refine
from workers.influence.baselines.baselines import conductances, internal_influences
from workers.influence.engine import influence
from workers.influence.interest import Distribution, Interest, Line
from workers.influence.passes.forward import Sentences
from workers.influence.passes.forward_backward import ForwardBackward, Remade, attention_at_input

MASK = 3
IDS = [1, 17, 9, MASK, 9, 2]
SHAPE = {
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 24,
    "max_position_embeddings": 10,
    "initializer_range": 0.3,
}


def run(model: Bert, target: int, interest: Interest, sampling: str, samples: int) -> dict[str, Tensor]:
    return run_at(model, target, interest, Line.of(sampling, samples, encoder_of(model).word_embeddings), MASK)


def run_at(
    model: Bert, target: int, interest: Interest, distribution: Distribution, baseline: int | None
) -> dict[str, Tensor]:
    sentences = Sentences(torch.tensor([IDS]), torch.tensor([target]), baseline, interest)
    return tensors_of(influence(encoder_of(model), sentences, distribution, torch.arange(6)[None]))


def integrated_gradients(
    model: Bert, quantity: Callable[[Tensor], Tensor], samples: int, method: str, baseline: int | None = MASK
) -> Tensor:
    """Captum's attribution of each word; `quantity` reads the model's logits."""
    table = model.bert.embeddings.word_embeddings.weight
    start = torch.zeros_like(table[IDS]) if baseline is None else table[[baseline] * len(IDS)]
    attributions = IntegratedGradients(lambda words: quantity(model(inputs_embeds=words).logits)).attribute(
        table[IDS][None], start[None], n_steps=samples, method=method
    )
    if method == "riemann_trapezoid":  # Captum's weights there add up to (n - 1) / n
        attributions = attributions * samples / (samples - 1)
    return attributions.sum(-1)


# Captum holds its weights in float32.
methods = pytest.mark.parametrize(
    ("sampling", "method"), [("gauss-legendre", "gausslegendre"), ("trapezoid", "riemann_trapezoid")]
)


@methods
@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
def test_captum_agrees_on_the_totals_of_a_masked_lm(sampling, method, activation):
    model = random_bert(BertForMaskedLM, hidden_act=activation, **SHAPE)
    head = masked_lm_head_of(model)
    found = run(model, 3, lambda hidden: head.difference(hidden, torch.tensor([5]), torch.tensor([6])), sampling, 12)
    expected = integrated_gradients(model, lambda logits: logits[:, 3, 5] - logits[:, 3, 6], 12, method)
    torch.testing.assert_close(found["total"], expected, rtol=1e-6, atol=1e-7)


@methods
def test_captum_agrees_on_the_totals_of_a_classifier(sampling, method):
    model = random_bert(BertForSequenceClassification, num_labels=2, **SHAPE)
    head = classifier_head_of(model)
    found = run(model, 0, lambda hidden: head.difference(hidden, torch.tensor([1])), sampling, 12)
    expected = integrated_gradients(model, lambda logits: logits[:, 1] - logits[:, 0], 12, method)
    torch.testing.assert_close(found["total"], expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("baseline", [None, 17, 8])
def test_captum_agrees_on_the_totals_from_other_baselines(baseline):
    model = random_bert(BertForMaskedLM, **SHAPE)
    head, words = masked_lm_head_of(model), encoder_of(model).word_embeddings
    line = Line.of("gauss-legendre", 12, words)
    found = run_at(
        model, 3, lambda hidden: head.difference(hidden, torch.tensor([5]), torch.tensor([6])), line, baseline
    )
    expected = integrated_gradients(
        model, lambda logits: logits[:, 3, 5] - logits[:, 3, 6], 12, "gausslegendre", baseline
    )
    torch.testing.assert_close(found["total"], expected, rtol=1e-6, atol=1e-7)


def test_captum_agrees_on_gradient_times_input():
    """That is, on a single point, the input, with the zero vector as baseline."""
    model = random_bert(BertForSequenceClassification, num_labels=2, **SHAPE)
    head, table = classifier_head_of(model), model.bert.embeddings.word_embeddings.weight
    point = Line.at(1.0, like=encoder_of(model).word_embeddings)
    found = run_at(model, 0, lambda hidden: head.difference(hidden, torch.tensor([1])), point, None)
    captum = InputXGradient(lambda words: torch.diff(model(inputs_embeds=words).logits)[:, 0])
    expected = captum.attribute(table[IDS][None].detach().requires_grad_()).sum(-1)
    torch.testing.assert_close(found["total"], expected, rtol=1e-10, atol=1e-12)


def assert_patterns_agree(model: Bert, target: int, interest: Interest) -> None:
    found = run(model, target, interest, "paper", 5)
    brute = BruteForce(encoder_of(model), IDS, target, interest, MASK, "paper", 5)
    for source in range(6):
        expected = refine(brute, source)
        assert tuple(found["embedding.path"][0, source].tolist()) == expected.path
        assert tuple(found["attention.components"][0, source].tolist()) == expected.components
        values = (found["embedding.trace"][0, source, -1].item(), found["attention.influence"][0, source].item())
        assert values == pytest.approx((expected.embedding_influence, expected.attention_influence), rel=1e-10)


def test_patterns_of_a_masked_lm_with_berts_own_epsilon():
    model = random_bert(BertForMaskedLM, **SHAPE)
    head = masked_lm_head_of(model)
    assert_patterns_agree(model, 3, lambda hidden: head.difference(hidden, torch.tensor([5]), torch.tensor([6])))


def test_patterns_of_a_classifier_with_berts_own_epsilon():
    model = random_bert(BertForSequenceClassification, num_labels=3, **SHAPE)
    head = classifier_head_of(model)
    assert_patterns_agree(model, 0, lambda hidden: head.difference(hidden, torch.tensor([2])))


def samples_of(model: Bert, target: int, interest: Interest, sampling: str, samples: int) -> ForwardBackward:
    encoder = encoder_of(model)
    sentences = Sentences(torch.tensor([IDS]), torch.tensor([target]), MASK, interest)
    return ForwardBackward(encoder, sentences, Line.of(sampling, samples, encoder.word_embeddings))


def by_captum(
    kind: type[InternalInfluence] | type[LayerConductance],
    model: Bert,
    quantity: Callable[[Tensor], Tensor],
    samples: int,
    method: str,
) -> Tensor:
    """Captum's attribution of each token of the layers 1 to L - 1, its neurons' added up."""
    table = model.bert.embeddings.word_embeddings.weight
    found: list[Tensor] = []
    for index in range(model.config.num_hidden_layers - 1):
        output = model.bert.encoder.get_submodule(f"layer.{index}.output")
        captum = kind(lambda words: quantity(model(inputs_embeds=words).logits), output)
        (only,) = captum.attribute(table[IDS][None], table[[MASK] * len(IDS)][None], n_steps=samples, method=method)
        found.append(only.sum(-1).detach())
    return torch.stack(found)


def test_captum_agrees_on_the_internal_influence_of_a_masked_lm():
    model = random_bert(BertForMaskedLM, **SHAPE)
    head = masked_lm_head_of(model)
    whole = samples_of(
        model, 3, lambda hidden: head.difference(hidden, torch.tensor([5]), torch.tensor([6])), "gauss-legendre", 12
    )
    expected = by_captum(
        InternalInfluence, model, lambda logits: logits[:, 3, 5] - logits[:, 3, 6], 12, "gausslegendre"
    )
    torch.testing.assert_close(internal_influences([whole])[0], expected, rtol=1e-6, atol=1e-6)


def test_captum_agrees_on_the_conductance_of_a_classifier():
    """Captum's is that of all words together, by differences along the line: right as these get small."""
    model = random_bert(BertForSequenceClassification, num_labels=2, **SHAPE)
    head = classifier_head_of(model)
    whole = samples_of(model, 0, lambda hidden: head.difference(hidden, torch.tensor([1])), "gauss-legendre", 60)
    found = conductances([whole], torch.arange(6)[None])[0].sum(0)
    few, many = (
        by_captum(LayerConductance, model, lambda logits: logits[:, 1] - logits[:, 0], steps, "riemann_trapezoid")
        for steps in (1000, 2000)
    )
    torch.testing.assert_close(found, many, rtol=0, atol=1e-2 * float(many.abs().max()))
    extrapolated = 2 * many - few  # the error falls as 1 / steps
    torch.testing.assert_close(found, extrapolated, rtol=0, atol=1e-5 * float(many.abs().max()))


@pytest.mark.parametrize("sampling", ["trapezoid", "gauss-legendre"])
@pytest.mark.parametrize("slice_size", [None, 3])
def test_attention_at_the_input_is_hugging_faces(sampling, slice_size):
    model = random_bert(BertForMaskedLM, attn_implementation="eager", **SHAPE)
    encoder, head = encoder_of(model), masked_lm_head_of(model)
    sentences = Sentences(
        torch.tensor([IDS]),
        torch.tensor([3]),
        MASK,
        lambda hidden: head.difference(hidden, torch.tensor([5]), torch.tensor([6])),
    )
    line = Line.of(sampling, 7, encoder.word_embeddings)
    lines = [line] if slice_size is None else line.slices(slice_size)
    remade = None if slice_size is None else Remade()
    slices = [ForwardBackward(encoder, sentences, run, remade) for run in lines]
    *below, last = (weights.mean(1) for weights in model(torch.tensor([IDS]), output_attentions=True).attentions)
    for found, expected in zip(
        attention_at_input(encoder, sentences, line, slices), [*below, last[:, 3:4]], strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
