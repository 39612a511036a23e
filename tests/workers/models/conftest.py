"""Directories of small random models, and copies of them to spoil."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.random_models import random_bert


@pytest.fixture(scope="session")
def masked_lm_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_bert(tmp_path_factory.mktemp("models") / "masked-lm")


@pytest.fixture(scope="session")
def classifier_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "classifier"
    return random_bert(path, kind="classifier", labels=("negative", "neutral", "Positive"))


@pytest.fixture
def copy(tmp_path: Path, masked_lm_directory: Path) -> Path:
    """A masked-language model that a test may change."""
    return shutil.copytree(masked_lm_directory, tmp_path / "copy")


@pytest.fixture
def classifier_copy(tmp_path: Path, classifier_directory: Path) -> Path:
    """A classifier that a test may change."""
    return shutil.copytree(classifier_directory, tmp_path / "classifier-copy")


@pytest.fixture
def edit_json() -> Callable[..., None]:
    """Changes entries of a JSON file; None drops one."""

    def edit(file: Path, **changes: Any) -> None:
        values = json.loads(file.read_text()) | changes
        dropped = {name for name, value in changes.items() if value is None}
        file.write_text(json.dumps({name: value for name, value in values.items() if name not in dropped}))

    return edit


@pytest.fixture
def edit_weights() -> Callable[[Path, Callable[[dict[str, Tensor]], object]], None]:
    """Applies a function to the stored weights of a directory."""

    def edit(directory: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
        file = directory / "model.safetensors"
        weights = {name: weight.clone() for name, weight in load_file(file).items()}
        change(weights)
        save_file(weights, file, metadata={"format": "pt"})

    return edit
