"""A tokenizer read without transformers gives the same word pieces and is saved whole."""

from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from clmil.data.tokens import tokenise_texts
from clmil.errors import ModelError
from clmil.storage.tokenizer import StoredTokenizer
from tests.tiny import save_encoder, toy_documents


def test_same_word_pieces_and_files_as_transformers(tmp_path: Path) -> None:
    folder = Path(save_encoder(tmp_path / "encoder"))
    texts, _ = toy_documents(20, 1)
    stored, plain = StoredTokenizer(folder), PreTrainedTokenizerFast.from_pretrained(folder)
    expected = plain(texts, add_special_tokens=False, truncation=True, max_length=5)["input_ids"]
    assert tokenise_texts(texts, stored, 5) == expected
    copy = tmp_path / "copy"
    copy.mkdir()
    stored.save_pretrained(copy)
    again = PreTrainedTokenizerFast.from_pretrained(copy)
    assert again(texts)["input_ids"] == plain(texts)["input_ids"]
    assert again.cls_token == plain.cls_token


def test_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match="is missing or damaged; restore it or train again"):
        StoredTokenizer(tmp_path)
