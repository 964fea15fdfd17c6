"""Word pieces: only the tail of a text is cut, and the Arrow copy holds the same."""

from pathlib import Path

import pytest

pytest.importorskip("transformers")

from clmil.data.tokens import encode_documents, lengths_of, tokenise_texts
from clmil.storage.encoders import load_encoder
from tests.tiny import save_encoder, toy_corpus


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> object:
    return load_encoder(save_encoder(tmp_path_factory.mktemp("encoder"))).tokenizer


def test_the_tail_is_cut_and_no_special_token_added(tokenizer: object) -> None:
    whole = tokenise_texts(["apple pear plum", "", "  "], tokenizer, 10)
    assert [len(row) for row in whole] == [3, 0, 0]
    assert tokenise_texts(["apple pear plum"], tokenizer, 2) == [whole[0][:2]]


def test_documents_on_disk_equal_documents_in_memory(tokenizer: object, tmp_path: Path) -> None:
    documents = toy_corpus(30).train

    def ids(texts: list[str]) -> list[list[int]]:
        return tokenise_texts(texts, tokenizer, 5)

    memory = encode_documents(documents, ids)
    disk = encode_documents(documents, ids, cache_file=tmp_path / "t.arrow")
    assert memory[:] == disk[:]
    assert memory["text_ids"][:] == tokenise_texts(documents["text"], tokenizer, 5)
    assert lengths_of(disk).tolist() == [len(row) for row in disk["text_ids"]]
    assert lengths_of(disk).max() == 5
