"""A GPU computes what the CPU does, within the memory that it is allowed."""

from pathlib import Path

import pytest
import torch

from tests.benchmarks.gpu import Shape, difference, reserved, sentences

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU, and there is none here")

MEMORY = 400_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Shape("L6 H512 A8", 6, 8, 512).write(tmp_path_factory.mktemp("model"))


@pytest.mark.parametrize("length", [11, 32])
def test_influences_are_the_cpus(folder: Path, length: int):
    assert difference(folder, sentences(3, length), 50, "cuda") < 1e-4


@pytest.mark.parametrize("length", [11, 32])
def test_no_more_memory_is_held_than_is_allowed(folder: Path, length: int):
    held = reserved(folder, sentences(64, length), 50, MEMORY)
    assert MEMORY / 4 < held <= MEMORY
