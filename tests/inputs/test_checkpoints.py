"""Checkpoints as people have them: each is read with the library's logits, or refused with its own cause and fix."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers.processors import TemplateProcessing

from cypher.errors import InvalidInput
from tests.random_models import random_bert
from tests.workers.models.test_bert import TOLERANCE, logits, reference
from workers.analysis.notices import notices
from workers.models import load_model
from workers.models.objective import MultiLabelClassification

TEXT = "the pilot that the guards like [MASK] tall ."
SMALL: dict[str, Any] = {"layers": 2, "heads": 2, "width": 8, "ff": 8}
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"
Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sources")
    return {
        "masked-lm": random_bert(folder / "masked-lm", **SMALL),
        "classifier": random_bert(folder / "classifier", kind="classifier", labels=("a", "b", "c"), **SMALL),
    }


def edit(file: str, **values: Any) -> Change:
    def change(directory: Path) -> None:
        path = directory / file
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


def config(**values: Any) -> Change:
    return edit("config.json", **values)


def write(file: str, content: str | bytes) -> Change:
    return lambda directory: (directory / file).write_bytes(content if isinstance(content, bytes) else content.encode())


def weights(change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor] | None]) -> Change:
    def apply(directory: Path) -> None:
        file = directory / "model.safetensors"
        stored = {name: weight.clone() for name, weight in load_file(file).items()}
        changed = change(stored)
        save_file(stored if changed is None else changed, file, metadata={"format": "pt"})

    return apply


def named(rename: Callable[[str], str]) -> Change:
    return weights(lambda stored: {rename(name): weight for name, weight in stored.items()})


def plus(name: str, *shape: int) -> Change:
    return weights(lambda stored: stored.update({name: torch.ones(shape)}))


def every(*changes: Change) -> Change:
    return lambda directory: [change(directory) for change in changes]


def drop(file: str) -> Change:
    return lambda directory: (directory / file).unlink()


def template(single: str) -> Change:
    def change(directory: Path) -> None:
        vocabulary = json.loads((directory / "tokenizer.json").read_text())["model"]["vocab"]
        tokens = [(token, vocabulary[token]) for token in ("[CLS]", "[SEP]", "[PAD]")]
        processor = TemplateProcessing(single=single, special_tokens=tokens)
        edit("tokenizer.json", post_processor=json.loads(processor.__getstate__()))(directory)
        edit("tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")(directory)

    return change


def shards(directory: Path) -> None:
    stored = load_file(directory / "model.safetensors")
    names = sorted(stored)
    index: dict[str, str] = {}
    for number, part in enumerate((names[::2], names[1::2]), start=1):
        file = f"model-0000{number}-of-00002.safetensors"
        save_file({name: stored[name] for name in part}, directory / file, metadata={"format": "pt"})
        index |= dict.fromkeys(part, file)
    (directory / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    drop("model.safetensors")(directory)


LAYER = "bert.encoder.layer.0.attention.self.query"
HALF = {"type": "BPE", "vocab": {"[UNK]": 0}, "merges": [], "unk_token": "[UNK]"}

READ: dict[str, tuple[str, Change]] = {
    "flash attention": ("masked-lm", config(attn_implementation="flash_attention_2")),
    "private attention": ("masked-lm", config(_attn_implementation="sdpa", _attn_implementation_autoset=True)),
    "quantisation of none": ("masked-lm", config(quantization_config=None)),
    "gelu in Python": ("masked-lm", config(hidden_act="gelu_python")),
    "gelu by tanh": ("masked-lm", config(hidden_act="gelu_new")),
    "gelu by PyTorch's tanh": ("masked-lm", config(hidden_act="gelu_pytorch_tanh")),
    "relu": ("masked-lm", config(hidden_act="relu")),
    "another epsilon": ("masked-lm", config(layer_norm_eps=1e-5)),
    "much dropout": ("masked-lm", config(hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.5)),
    "four heads": ("masked-lm", config(num_attention_heads=4)),
    "no architecture named": ("masked-lm", config(architectures=None)),
    "pretraining's architecture": ("masked-lm", config(architectures=["BertForPreTraining"])),
    "absolute positions": ("masked-lm", config(position_embedding_type="absolute")),
    "half precision in the config": ("masked-lm", config(dtype="bfloat16", torch_dtype="float16")),
    "every output": ("masked-lm", config(output_attentions=True, output_hidden_states=True)),
    "no padding token": ("masked-lm", config(pad_token_id=None)),
    "labels that are numbers": ("classifier", config(id2label={"0": 0, "1": 1, "2": 2}, label2id={"0": 0})),
    "labels in two entries that differ": ("classifier", config(label2id={"z": 0})),
    "one label a text": ("classifier", config(problem_type="single_label_classification")),
    "many labels a text": ("classifier", config(problem_type="multi_label_classification")),
    "a config in Latin letters": ("classifier", config(id2label={"0": "é", "1": "ß", "2": "中"})),
    "names without the prefix": ("masked-lm", named(lambda name: name.removeprefix("bert."))),
    "names of TensorFlow": (
        "masked-lm",
        named(
            lambda name: name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        ),
    ),
    "shards": ("masked-lm", shards),
    "weights in half precision": (
        "masked-lm",
        weights(lambda stored: {name: weight.half() for name, weight in stored.items()}),
    ),
    "weights in bfloat16": (
        "classifier",
        weights(lambda stored: {name: weight.bfloat16() for name, weight in stored.items()}),
    ),
    "a head for the next sentence": ("masked-lm", plus("cls.seq_relationship.weight", 2, 8)),
    "a pickle beside": ("masked-lm", write("pytorch_model.bin", b"no pickle")),
    "a shorter tokenizer": ("masked-lm", edit("tokenizer_config.json", model_max_length=5)),
    "a tokenizer without a limit": ("masked-lm", edit("tokenizer_config.json", model_max_length=None)),
    "a tokenizer that cuts and fills": (
        "masked-lm",
        edit(
            "tokenizer.json",
            truncation={"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0},
            padding={
                "strategy": {"Fixed": 20},
                "direction": "Right",
                "pad_to_multiple_of": None,
                "pad_id": 0,
                "pad_type_id": 0,
                "pad_token": "[PAD]",
            },
        ),
    ),
    "no special tokens": ("masked-lm", template("$A")),
    "special tokens of another kind": ("masked-lm", template("[CLS] $A [SEP] [SEP]")),
    "no special token at the end": ("classifier", template("[CLS] $A")),
}

REFUSED: dict[str, tuple[str, Change, str]] = {
    "quantised": ("masked-lm", config(quantization_config={"bits": 4}), "quantised weights are not supported"),
    "another activation": ("masked-lm", config(hidden_act="silu"), "hidden_act: 'silu' is not supported"),
    "relative positions": ("masked-lm", config(position_embedding_type="relative_key"), "'relative_key' is not supp"),
    "a decoder": ("masked-lm", config(is_decoder=True), "decoders are not supported"),
    "cross-attention": ("masked-lm", config(add_cross_attention=True), "decoders are not supported"),
    "another family": ("masked-lm", config(architectures=["T5Model"]), "'T5Model' is not supported. Use one of"),
    "a width that is no number": ("masked-lm", config(hidden_size="wide"), "the config is not valid"),
    "a smaller vocabulary": ("masked-lm", config(vocab_size=9), "in its weights and .* by its config.json"),
    "fewer layers": ("masked-lm", config(num_hidden_layers=1), "for which config.json has no place"),
    "more layers": ("masked-lm", config(num_hidden_layers=3), "its weights lack bert.encoder.layer.2"),
    "regression": ("classifier", config(problem_type="regression"), "problem_type: it has a regression head"),
    "one output": ("classifier", config(id2label={"0": "score"}), "problem_type: it has a regression head"),
    "labels with a gap": ("classifier", config(id2label={"0": "a", "2": "b", "3": "c"}), "are not classes 0, 1 and up"),
    "no config": ("masked-lm", drop("config.json"), "is not a model: it has no config.json"),
    "a config of bytes": ("masked-lm", write("config.json", b"\xff\xfe{}"), "config.json: model: it is not JSON"),
    "a config that is a list": ("masked-lm", write("config.json", "[]"), "it is not a JSON object"),
    "a pointer for a config": (
        "masked-lm",
        write("config.json", POINTER),
        "config.json: model: it is a pointer of Git",
    ),
    "a pointer for weights": (
        "masked-lm",
        write("model.safetensors", POINTER),
        "model.safetensors: model: it is a pointer of Git LFS, .* Fetch the file: run `git lfs pull`",
    ),
    "a pointer for a tokenizer": (
        "masked-lm",
        write("tokenizer.json", POINTER),
        "tokenizer.json: model: it is a point",
    ),
    "a pointer for a vocabulary": (
        "masked-lm",
        every(drop("tokenizer.json"), write("vocab.txt", POINTER)),
        "vocab.txt: model: it is a pointer of Git LFS",
    ),
    "an adapter": (
        "masked-lm",
        every(drop("config.json"), write("adapter_config.json", '{"base_model_name_or_path": "base"}')),
        r"holds an adapter \(PEFT, such as LoRA\) of base, not a whole model. Merge it into its base model",
    ),
    "an adapter beside its model": (
        "masked-lm",
        write("adapter_config.json", "{}"),
        "holds an adapter .* beside a model, and its weights would be left out",
    ),
    "an adapter within the weights": (
        "masked-lm",
        plus(f"{LAYER}.lora_A.default.weight", 2, 8),
        "its weights hold an adapter's .*lora_A.* merge_and_unload",
    ),
    "wrapped layers of an adapter": (
        "masked-lm",
        named(lambda name: name.replace(".query.", ".query.base_layer.")),
        "its weights hold an adapter's .*base_layer",
    ),
    "DataParallel": ("masked-lm", named(lambda name: f"module.{name}"), "begin with 'module.': it was saved from"),
    "torch.compile": ("masked-lm", named(lambda name: f"_orig_mod.{name}"), "begin with '_orig_mod.'"),
    "a module of one's own": ("classifier", named(lambda name: f"model.{name}"), "begin with 'model.'"),
    "Lightning and DataParallel": ("masked-lm", named(lambda name: f"model.module.{name}"), "with 'model.module.'"),
    "only a pickle": (
        "masked-lm",
        every(drop("model.safetensors"), write("pytorch_model.bin", b"")),
        "only pytorch_model.bin, and pickled weights are never read",
    ),
    "a web page for weights": ("masked-lm", write("model.safetensors", "<html>"), "it is not a whole safetensors file"),
    "a missing shard": (
        "masked-lm",
        every(shards, drop("model-00002-of-00002.safetensors")),
        "model-00002-of-00002.safetensors' is missing",
    ),
    "an infinite weight": (
        "masked-lm",
        weights(lambda stored: {n: w.index_fill(0, torch.tensor([0]), torch.inf) for n, w in stored.items()}),
        "has NaN or infinite weights",
    ),
    "no tokenizer": ("masked-lm", every(drop("tokenizer.json")), "has neither tokenizer.json nor vocab.txt"),
    "a tokenizer of bytes": ("masked-lm", write("tokenizer.json", b"\xff\x00"), "its tokenizer cannot be read"),
    "another kind of tokenizer": (
        "masked-lm",
        every(
            edit("tokenizer.json", model=HALF, added_tokens=[]),
            edit("tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast"),
        ),
        "its tokenizer is a BPE, not a WordLevel or WordPiece",
    ),
    "a tokenizer without a mask": (
        "masked-lm",
        edit("tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast", mask_token=None),
        "its tokenizer has no mask token",
    ),
    "a classifier without its first token": ("classifier", template("$A [SEP]"), "a classifier reads .CLS. there"),
}


@pytest.fixture
def checkpoint(sources, tmp_path):
    return lambda kind: copytree(sources[kind], tmp_path / "model")


@pytest.mark.parametrize("name", READ)
def test_a_checkpoint_that_is_read_as_the_library_reads_it(checkpoint, name):
    kind, change = READ[name]
    directory = checkpoint(kind)
    change(directory)
    for dtype, tolerance in TOLERANCE.items():
        model = load_model(directory, "cpu", dtype)
        assert not model.unused
        ours, theirs = logits(model, TEXT), reference_of(directory, model)
        torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def reference_of(directory: Path, model) -> torch.Tensor:
    """The library's logits, from a config.json that it can read on this machine."""
    config(attn_implementation="eager")(directory)
    raw = json.loads((directory / "config.json").read_text())
    raw = {name: value for name, value in raw.items() if not name.startswith(("_attn", "quantization"))}
    if raw.get("id2label") == {"0": 0, "1": 1, "2": 2}:
        raw["id2label"] = {"0": "0", "1": "1", "2": "2"}
        del raw["label2id"]
    (directory / "config.json").write_text(json.dumps(raw))
    return reference(directory, model, TEXT)


@pytest.mark.parametrize("name", REFUSED)
def test_a_checkpoint_that_is_refused_for_its_own_cause(checkpoint, name):
    kind, change, message = REFUSED[name]
    directory = checkpoint(kind)
    change(directory)
    with pytest.raises(InvalidInput, match=message):
        logits(load_model(directory, "cpu"), TEXT)


def test_weights_that_are_left_out_are_told(checkpoint):
    directory = checkpoint("masked-lm")
    plus("projection.weight", 4, 8)(directory)
    model = load_model(directory, "cpu")
    assert list(notices(model, [])) == [
        "stored weights that BertForMaskedLM does not use are left out: projection.weight"
    ]


def test_independent_classes(checkpoint):
    directory = checkpoint("classifier")
    config(problem_type="multi_label_classification")(directory)
    model = load_model(directory, "cpu")
    assert isinstance(model.objective, MultiLabelClassification)
    assert "its own" not in next(notices(model, [])) and "the label's own logit" in next(notices(model, []))
