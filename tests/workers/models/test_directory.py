"""Where a model is found, and what its directory must hold."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree

import huggingface_hub.constants
import pytest
from transformers import BertTokenizer

from cypher.errors import InvalidInput
from workers.datasets.instance import Instance
from workers.models import load_model
from workers.models.directory import BUNDLED, locate

SENTENCE = Instance("1", "the pilots ***mask*** tall .", correct="are", wrong="is")


def refuses(name_or_path: str | Path, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_model(name_or_path)


def test_a_directory_by_string_or_path(masked_lm_directory, monkeypatch):
    monkeypatch.chdir(masked_lm_directory.parent)
    models = [load_model(masked_lm_directory), load_model(str(masked_lm_directory)), load_model("masked-lm")]
    assert {model.name for model in models} == {"masked-lm"}
    assert len({model.fingerprint for model in models}) == 1


@pytest.mark.parametrize(("name", "folder"), [("bundled", "agreement"), ("bundled-sentiment", "sentiment")])
def test_bundled_models_are_directories_of_the_package(name, folder):
    assert locate(name) == (name, BUNDLED[name])
    assert BUNDLED[name].parts[-4:] == ("workers", "bundled", folder, "model")


def test_a_path_of_a_bundled_model_s_name_is_a_directory_of_one_s_own(masked_lm_directory, tmp_path, monkeypatch):
    copytree(masked_lm_directory, tmp_path / "bundled")
    monkeypatch.chdir(tmp_path)
    assert locate(Path("bundled")) == ("bundled", Path("bundled"))


@pytest.mark.parametrize("path", ["/no/such/place", "no/such/place", "./nowhere", Path("nowhere")])
def test_no_such_directory(path):
    refuses(path, "model: there is no directory .*(place|nowhere)'. Check the path.")


def test_a_file_instead_of_a_directory(masked_lm_directory):
    refuses(masked_lm_directory / "config.json", "config.json' is a file. Give the directory.")


def test_a_directory_that_is_no_model(tmp_path):
    refuses(tmp_path, "is not a model: it has no config.json. A model's directory holds config.json, model.safetensors")


@pytest.mark.parametrize("text", ["{", "\xff"])
def test_a_config_that_is_not_json(copy, text):
    (copy / "config.json").write_text(text, encoding="latin-1")
    refuses(copy, "config.json: model: it is not JSON")


def test_a_config_that_is_not_an_object(copy):
    (copy / "config.json").write_text("[]")
    refuses(copy, "config.json: model: it is not a JSON object")


def test_no_weights(copy):
    (copy / "model.safetensors").unlink()
    refuses(copy, "has no model.safetensors. Load the model with transformers, write it with save_pretrained")


def test_only_pickled_weights(copy):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    refuses(copy, "no model.safetensors, only pytorch_model.bin, and pickled weights are never read. Convert it")


def test_pickled_weights_beside_safetensors_are_left_alone(copy):
    (copy / "pytorch_model.bin").write_bytes(b"not even a pickle")
    assert load_model(copy).encode(SENTENCE)


def test_weights_that_are_not_safetensors(copy):
    (copy / "model.safetensors").write_text("<html>")
    refuses(copy, "model.safetensors: model: it is not a whole safetensors file")


def test_weights_cut_short(copy):
    file = copy / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    refuses(copy, "model.safetensors: model: it is not a whole safetensors file")


@pytest.mark.parametrize("index", ["{", "[]", "{}", '{"weight_map": []}'])
def test_a_broken_index_of_shards(copy, index):
    (copy / "model.safetensors").unlink()
    (copy / "model.safetensors.index.json").write_text(index)
    refuses(copy, "model.safetensors.index.json: model: it is not an index")


def test_no_tokenizer(copy):
    (copy / "tokenizer.json").unlink()
    refuses(copy, "has neither tokenizer.json nor vocab.txt")


@pytest.mark.parametrize("text", ["{", "{}"])
def test_a_broken_tokenizer(copy, text):
    (copy / "tokenizer.json").write_text(text)
    refuses(copy, "its tokenizer cannot be read")


def test_a_tokenizer_that_is_not_word_pieces(copy, edit_json):
    edit_json(copy / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
    edit_json(
        copy / "tokenizer.json",
        model={"type": "BPE", "vocab": {"[UNK]": 0}, "merges": [], "unk_token": "[UNK]"},
        added_tokens=[],
    )
    refuses(
        copy, "its tokenizer is a BPE, not a WordLevel or WordPiece. Use the tokenizer that the model was trained with"
    )


@pytest.mark.parametrize("role", ["mask", "cls", "sep", "unk"])
def test_a_tokenizer_whose_vocabulary_lacks_a_special_token(copy, role):
    token = f"[{role.upper()}]"
    vocabulary = json.loads((copy / "tokenizer.json").read_text())["model"]["vocab"]
    (copy / "tokenizer.json").unlink()
    (copy / "vocab.txt").write_text("".join(f"{word}\n".replace(token, "[other]") for word in vocabulary))
    refuses(copy, rf"its tokenizer has no {role} token \(\[{role.upper()}\] is not in its vocabulary\)")


def test_a_tokenizer_that_names_no_mask_token(copy, edit_json):
    edit_json(copy / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast", mask_token=None)
    refuses(copy, "its tokenizer has no mask token. Name one of its vocabulary.")


def test_a_tokenizer_with_more_words_than_the_model(copy, edit_json):
    tokenizer = json.loads((copy / "tokenizer.json").read_text())["model"]
    size = len(tokenizer["vocab"])
    edit_json(copy / "tokenizer.json", model=tokenizer | {"vocab": tokenizer["vocab"] | {"extra": size}})
    refuses(copy, f"its tokenizer has ids up to {size} and its vocab_size is {size}")


def test_a_vocabulary_file_is_enough(copy, masked_lm_directory):
    vocabulary = json.loads((copy / "tokenizer.json").read_text())["model"]["vocab"]
    (copy / "tokenizer.json").unlink()
    (copy / "tokenizer_config.json").unlink()
    (copy / "vocab.txt").write_text("".join(f"{word}\n" for word in vocabulary))
    model, whole = load_model(copy), load_model(masked_lm_directory)
    assert model.encode(SENTENCE) == whole.encode(SENTENCE)
    assert model.fingerprint == whole.fingerprint


def test_a_tokenizer_that_keeps_case(copy):
    vocabulary = json.loads((copy / "tokenizer.json").read_text())["model"]["vocab"]
    BertTokenizer(vocab=vocabulary, do_lower_case=False).save_pretrained(copy)
    model = load_model(copy)
    assert model.encode(SENTENCE).tokens[1] == "the"
    with pytest.raises(InvalidInput, match=r"correct: 'Are' is not in the vocabulary"):
        model.encode(Instance("1", SENTENCE.text, correct="Are", wrong="is"))


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub on this machine that knows no model but asks for consent to one; and an empty cache."""

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gated = "gated" in self.path
            self.send_response(403 if gated else 404)
            self.send_header("X-Error-Code", "GatedRepo" if gated else "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def no_hub(tmp_path, monkeypatch):
    """No hub within reach, and an empty cache."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_name_that_the_hub_does_not_know(hub):
    refuses("someone/nothing", "'someone/nothing' is neither a directory here nor a public model on the Hugging Face")


def test_a_name_that_the_hub_guards(hub):
    refuses("someone/gated", "'someone/gated' wants its terms accepted on the Hugging Face hub")


def test_a_hub_out_of_reach(no_hub):
    refuses("someone/model", "'someone/model' is not a directory here, and the Hugging Face hub cannot be reached")


def test_a_refused_connection(hub, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    refuses("someone/model", "'someone/model' is not a directory here, and the Hugging Face hub cannot be reached")


def test_a_hub_name_in_the_cache(no_hub, masked_lm_directory):
    home = no_hub / "models--someone--model"
    copytree(masked_lm_directory, home / "snapshots" / "0123abc")
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("0123abc")
    model = load_model("someone/model")
    assert model.name == "someone/model"
    assert model.fingerprint == load_model(masked_lm_directory).fingerprint
