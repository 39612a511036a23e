"""A checkpoint as others saved it made into a directory that can be loaded.

1. Its weights, pickled or not, are read in a process of its own (`unpickle`).
2. config.json gets the class and the type that the weights are of, where it does not name one that is read.
3. The tokenizer's files come along; of a vocabulary without word pieces a tokenizer of whole words is made, and of one
   with them the casing is settled.
4. The result is loaded, and so compared with the library's own model, before it takes its place.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing

from cypher.errors import Conflict, InvalidInput, ModelError
from workers.models import registry
from workers.models.checkpoint import open_weights, rename_weights
from workers.models.directory import WEIGHTS, read_config
from workers.models.loading import load_model, quiet

VOCABULARY, WHOLE = "vocab.txt", "tokenizer.json"
TOKENIZER = (WHOLE, VOCABULARY, "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json")
CONFIG = "tokenizer_config.json"
PICKLED = ("pytorch_model.bin", "pytorch_model-*-of-*.bin", "*.bin", "*.pt", "*.pth", "*.ckpt")
"""Patterns of files that hold weights; the first that finds any counts."""
NOT_WEIGHTS = ("training_args.bin", "optimizer.*", "scheduler.*", "rng_state*")
SPECIAL = {"unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]", "pad": "[PAD]"}
PIECE = "##"
LINES = 3
"""Of what the program that reads a pickle says, that a message quotes."""


@dataclass(frozen=True, slots=True)
class ConvertedModel:
    """A directory that can be loaded."""

    path: Path
    architecture: str
    tokenizer: str  # class of `tokenizers.models`
    lower_case: bool | None  # None: the tokenizer is as it was, or of whole words
    weights: int  # by name
    left_out: tuple[str, ...]  # names of stored weights that the architecture does not have


def convert_model(
    source: Path,
    output: Path,
    *,
    architecture: str | None = None,
    tokenizer: Path | None = None,
    lower_case: bool | None = None,
    replace: bool = False,
) -> ConvertedModel:
    """Make a directory that can be loaded.

    Args:
        source: a directory with config.json and weights.
        architecture: the class whose weights it has; None: as config.json or the weights tell.
        tokenizer: another directory with a tokenizer, or one of its files; None: it is in `source`.
        lower_case: does a vocabulary of word pieces expect lower-cased text? None: as its configuration or its words
            tell.
        replace: may `output` be there already?

    Raises:
        Conflict: `output` is there.
        InvalidInput: `output` is a file, or `source` itself.
        ModelError: what a file lacks or cannot tell, or as `load_model`.
    """
    if output.exists() and not replace:
        raise Conflict("output", f"{output} already exists", "Name another directory.")
    if output.exists() and (not output.is_dir() or output.samefile(source)):
        what = "the directory to convert" if output.is_dir() else "a file"
        raise InvalidInput("output", f"{output} is {what}", "Name another directory.")
    raw = read_config(source)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".converted-") as folder:
        made = Path(folder) / "model"
        made.mkdir()
        stored = Path(folder) / "stored.safetensors"
        _read_pickles(_weight_files(source), stored)
        converted = _write_weights(raw, stored, made, architecture, str(source / "config.json"))
        lower = _write_tokenizer(tokenizer or source, made, lower_case)
        model = load_model(made, "cpu")
        if output.exists():
            shutil.rmtree(output)
        made.rename(output)
    kind = type(model.tokenizer.backend_tokenizer.model).__name__
    return ConvertedModel(output, converted[0], kind, lower, *converted[1:])


def _weight_files(source: Path) -> list[Path]:
    if (whole := source / WEIGHTS).is_file():
        return [whole]
    for pattern in ("model-*-of-*.safetensors", *PICKLED):
        found = [file for file in source.glob(pattern) if not any(file.match(other) for other in NOT_WEIGHTS)]
        if found:
            return sorted(found)
    raise ModelError("model", f"{str(source)!r} has no weights", "Name the directory that holds pytorch_model.bin.")


def _read_pickles(files: list[Path], output: Path) -> None:
    """Their tensors as safetensors.

    Raises:
        ModelError: they hold something else than tensors, or are not whole.
    """
    if files[0].suffix == ".safetensors":
        weights = {}
        for file in files:
            with open_weights(file) as stored:
                weights |= {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        save_file(weights, output)
        return
    command = [sys.executable, "-m", "workers.models.unpickle", str(output), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.strip().splitlines()[-LINES:])
        problem = f"its weights cannot be read as weights alone ({said})"
        raise ModelError("model", problem, "Save them again as a state dict.", str(files[0]))


def _write_weights(
    raw: Mapping[str, Any], stored: Path, output: Path, architecture: str | None, where: str
) -> tuple[str, int, tuple[str, ...]]:
    """config.json and the weights that the architecture has. Returns it, their number, and the names of the others."""
    named = dict(raw)
    if architecture is not None:
        named["architectures"] = [architecture]
    with open_weights(stored) as weights:
        names = set(weights.keys())
        try:
            family, known = registry.find(named, names, where)
        except ModelError as error:
            if architecture is None and error.field == "architectures":
                fix = "Name the class whose weights it has, such as BertForMaskedLM."
                raise ModelError("architecture", error.problem, fix) from None
            raise
        config = {**named, "architectures": [known], "model_type": family.model_type}
        with quiet():
            layout = family.layout(family.check(config, known, where), known)
        own = rename_weights(names, layout)
        kept = {name: weights.get_tensor(stored_name) for name, stored_name in own.items()}
        left_out = tuple(sorted(names - set(own.values())))
    for name, shared in layout.tied.items():
        if name in kept and shared in kept and torch.equal(kept[name], kept[shared]):
            del kept[name]
    save_file(kept, output / WEIGHTS, metadata={"format": "pt"})
    (output / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    return known, len(kept), left_out


def _write_tokenizer(source: Path, output: Path, lower_case: bool | None) -> bool | None:
    """The tokenizer's files. Returns whether it lower-cases, where that was settled here.

    Raises:
        ModelError: there are none.
    """
    folder = source if source.is_dir() else source.parent
    names = [name for name in TOKENIZER if (folder / name).is_file()] if source.is_dir() else [source.name]
    if not names or not source.exists():
        raise ModelError("tokenizer", f"{str(source)!r} has no {' or '.join(TOKENIZER[:2])}", "Name one that has.")
    for name in names:
        shutil.copyfile(folder / name, output / name)
    settings = _settings_in(folder / CONFIG)
    if WHOLE in names or VOCABULARY not in names:
        (output / CONFIG).write_text(json.dumps(settings, indent=2) + "\n")
        return None
    words = (output / VOCABULARY).read_text(encoding="utf-8").splitlines()
    if not any(word.startswith(PIECE) for word in words):
        (output / VOCABULARY).unlink()
        _write_whole_words(words, output)
        return None
    if lower_case is None:
        lower_case = settings.get("do_lower_case")
    if lower_case is None:
        lower_case = not any(word != word.lower() for word in words if word not in SPECIAL.values())
    (output / CONFIG).write_text(json.dumps({**settings, "do_lower_case": lower_case}, indent=2) + "\n")
    return lower_case


def _settings_in(file: Path) -> dict[str, Any]:
    """What a tokenizer's configuration says; nothing where there is none."""
    if not file.is_file():
        return {}
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ModelError("tokenizer", f"it is no JSON object ({error})", "Mend or remove it.", str(file)) from None


def _write_whole_words(words: list[str], output: Path) -> None:
    """A tokenizer of the words between spaces, as they are written, with BERT's special tokens."""
    vocabulary = {word: index for index, word in enumerate(words)}
    if missing := [token for role, token in SPECIAL.items() if role != "pad" and token not in vocabulary]:
        problem = f"{VOCABULARY} lacks {', '.join(missing)}"
        raise ModelError("tokenizer", problem, f"Name a {WHOLE} that says which tokens are special.")
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=SPECIAL["unk"]))
    tokenizer.pre_tokenizer = WhitespaceSplit()  # pyright: ignore[reportAttributeAccessIssue] - a property of its own
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL.values() if token in vocabulary])
    ends = [(SPECIAL[role], vocabulary[SPECIAL[role]]) for role in ("cls", "sep")]
    template = f"{SPECIAL['cls']} $A {SPECIAL['sep']}"
    tokenizer.post_processor = TemplateProcessing(single=template, special_tokens=ends)  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.save(str(output / WHOLE))
    named = {f"{role}_token": token for role, token in SPECIAL.items() if token in vocabulary}
    (output / CONFIG).write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", **named}, indent=2) + "\n")
