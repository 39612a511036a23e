"""The models that a service allows."""

from tests.random_models import random_bert
from workers.models import load_model


def test_those_that_jobs_may_name(serve, tmp_path):
    random_bert(tmp_path / "models" / "mine")
    client = serve(models=("bundled", "bundled-sentiment", str(tmp_path / "models")))
    mine = str(tmp_path / "models" / "mine")
    assert client.get("/v1/models").json() == {"models": ["bundled", "bundled-sentiment", mine]}
    for name in ("bundled", "bundled-sentiment", mine):
        found, model = client.get(f"/v1/models/{name}").json(), load_model(name, "cpu")
        assert (found["name"], found["architecture"]) == (name, model.architecture)
        assert found["fingerprint"] == model.fingerprint
        assert (found["layers"], found["heads"]) == (len(model.encoder.layers), model.encoder.heads)
        assert (found["question"], found["most_tokens"]) == (model.objective.quantity, model.max_length)
        assert (found["labels"] is None) == (name != "bundled-sentiment") and found["mask"] == "[MASK]"


def test_others(client):
    for name in ("nothing", "/etc", "../bundled", "google-bert/bert-base-uncased"):
        answer = client.get(f"/v1/models/{name}")
        assert answer.status_code in (404, 422) and "root" not in answer.text
