"""The models that a process keeps."""

import pytest
import torch

from cypher.errors import InvalidInput, OutOfMemory
from tests.random_models import random_bert
from workers.jobs.chunk import model_cache as module
from workers.jobs.chunk.model_cache import ModelCache, bytes_of
from workers.models import Model, load_model
from workers.models.loading import weight_bytes

DTYPE = "float32"


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> dict[str, str]:
    """Three models of one size: their fingerprints, by their directories."""
    folders = [str(random_bert(tmp_path_factory.mktemp("model"), seed=seed)) for seed in range(3)]
    return {folder: load_model(folder, "cpu").fingerprint for folder in folders}


@pytest.fixture(scope="module")
def size(sources) -> int:
    return bytes_of(load_model(next(iter(sources)), "cpu"))


@pytest.fixture
def loads(monkeypatch) -> list[tuple[str, str]]:
    """What was loaded: source and dtype."""
    seen = []

    def load(source: str, device: str, dtype: str) -> Model:
        seen.append((source, dtype))
        return load_model(source, device, dtype)

    monkeypatch.setattr(module, "load_model", load)
    return seen


def test_a_model_is_loaded_once(sources, loads):
    models = ModelCache("cpu")
    ((source, fingerprint), *_) = sources.items()
    assert models.get(source, DTYPE, fingerprint) is models.get(source, DTYPE, fingerprint)
    assert loads == [(source, DTYPE)]


def test_each_dtype_is_a_model_of_its_own(sources, loads):
    models = ModelCache("cpu")
    ((source, fingerprint), *_) = sources.items()
    for _ in range(2):
        assert models.get(source, "float32", fingerprint).dtype == torch.float32
        assert models.get(source, "float64", fingerprint).dtype == torch.float64
    assert loads == [(source, "float32"), (source, "float64")]


def test_its_files_tell_what_a_model_takes(sources, size):
    for source in sources:
        assert size <= weight_bytes(source, "float32") < 1.1 * size
        assert weight_bytes(source, "float64") == 2 * weight_bytes(source, "float32")


def test_the_one_not_used_for_longest_goes_before_another_comes(sources, size, loads, monkeypatch):
    models = ModelCache("cpu", int(2 * 2.5 * size))  # half of it holds two
    held = []
    recording = module.load_model

    def load(*arguments):
        held.append(models._bytes())
        return recording(*arguments)

    monkeypatch.setattr(module, "load_model", load)
    one, two, three = sources
    for source in (one, two, one, three, one, two):
        models.get(source, DTYPE, sources[source])
    assert [source for source, _ in loads] == [one, two, three, two]
    assert held == [0, size, size, size]  # there never was room for three
    assert models.left() == int(2 * 2.5 * size) - 2 * size


def test_where_the_device_has_no_room_others_make_way(sources, monkeypatch):
    models = ModelCache("cpu")
    one, two, _ = sources

    def load(*arguments):
        if models._loaded:
            raise OutOfMemory("memory", "cuda:0 has too little left", "Free memory on it.")
        return load_model(*arguments)

    models.get(one, DTYPE, sources[one])
    monkeypatch.setattr(module, "load_model", load)
    models.get(two, DTYPE, sources[two])
    assert [fingerprint for fingerprint, _ in models._loaded] == [sources[two]]

    def full(*_):
        raise OutOfMemory("memory", "cuda:0 has too little left", "Free memory on it.")

    monkeypatch.setattr(module, "load_model", full)
    with pytest.raises(OutOfMemory):
        models.get(one, DTYPE, sources[one])


def test_one_larger_than_the_memory_is_not_loaded(sources, size, loads):
    models = ModelCache("cpu", size)
    source = next(iter(sources))
    with pytest.raises(InvalidInput, match=r"is too little for the model .* Allow the worker more memory"):
        models.get(source, DTYPE, sources[source])
    assert loads == []
