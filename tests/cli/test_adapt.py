"""`clmil adapt`."""

import json

import pytest

pytest.importorskip("torch")

from clmil.storage.encoders import load_encoder
from tests.tiny import save_encoder, toy_documents


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return save_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
def data(tmp_path):
    rows = [{"text": text, "labels": None} for text in toy_documents(40, 0)[0]]
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_texts_become_an_encoder(clmil, data, encoder, tmp_path):
    output = tmp_path / "adapted"
    words = ("adapt", data, "--encoder", encoder, "--output", output, "--quiet")
    result = clmil(*words, "--epochs", 3, "--max-steps", 2, "--set", "training.report_to=[]")
    assert result.exit_code == 0, result.stderr
    assert f"--encoder {output}" in result.stdout
    assert "After 2 steps the validation loss is" in result.stdout
    facts = json.loads((output / "adaptation.json").read_text(encoding="utf-8"))
    assert (facts["encoder"], facts["steps"], facts["seed"]) == (encoder, 2, 1)
    assert facts["settings"]["epochs"] == 3
    assert load_encoder(str(output)).name == str(output)
    again = clmil(*words)
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr
    assert clmil(*words, "--max-steps", 1, "--overwrite").exit_code == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--epochs", 0], "adaptation.epochs is 0"),
        (["--set", "adaptation.shar=0.2"], "did you mean 'adaptation.share'"),
        (["--encoder", "./nowhere"], "does not exist"),
    ],
)
def test_faults_are_one_line(clmil, data, tmp_path, more, said):
    result = clmil("adapt", data, "--output", tmp_path / "new", *more)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert not (tmp_path / "new").exists()
