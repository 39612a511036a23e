"""What a model is, as one hash: equal fingerprints mean equal results at equal settings."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast

from workers.models.checkpoint import open_weights
from workers.models.tokenizer import settings_of

# Where a config came from and what wrote it, not what the model computes.
VOLATILE = {"_name_or_path", "_commit_hash", "transformers_version", "dtype", "torch_dtype"}


def fingerprint(files: Sequence[Path], config: Mapping[str, Any], tokenizer: PreTrainedTokenizerFast) -> str:
    """sha256 (hex) over config, tokenizer and stored weights.

    Weights count by name, dtype, shape and bytes as they are stored, so neither the device nor the dtype chosen at
    load, nor the way they are split into files, plays a part. Of the config every entry counts but those that tell
    its origin; of the tokenizer the vocabulary, the special tokens, the normalisation, the splitting and
    what is put around texts.

    Args:
        files: the safetensors files that hold the weights.
        config: the content of config.json.

    Raises:
        ModelError: a file is not safetensors.
    """
    digest = sha256()
    digest.update(_canonical({key: value for key, value in config.items() if key not in VOLATILE}))
    digest.update(_canonical(settings_of(tokenizer)))
    with ExitStack() as stack:
        home = {}
        for file in files:
            weights = stack.enter_context(open_weights(file))
            home |= dict.fromkeys(weights.keys(), weights)
        for name in sorted(home):
            tensor = home[name].get_tensor(name).contiguous()
            digest.update(_canonical([name, str(tensor.dtype), list(tensor.shape)]))
            digest.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _canonical(value: Any) -> bytes:
    """JSON that is the same for equal values, ended by a line break, which JSON itself cannot hold here."""
    return (json.dumps(value, sort_keys=True) + "\n").encode()
