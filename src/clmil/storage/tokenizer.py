"""The tokenizer of a model folder, read without transformers."""

from pathlib import Path

from clmil.errors import ModelError

TOKENIZER, BESIDE = "tokenizer.json", ("tokenizer_config.json", "special_tokens_map.json")
"""What the tokenizers library reads, and what transformers reads beside it."""


class StoredTokenizer:
    """A fast tokenizer and the files it came in.

    Args:
        folder: a model folder.

    Raises:
        ModelError: if its tokenizer is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        try:
            self.backend_tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # the tokenizers library raises bare Exceptions
            raise ModelError(
                f"the tokenizer of {folder} is missing or damaged; restore it or train again."
            ) from error
        self._beside = {
            name: (folder / name).read_bytes() for name in BESIDE if (folder / name).exists()
        }

    def save_pretrained(self, folder: Path) -> None:
        """Write the files into another folder, where transformers reads them too."""
        self.backend_tokenizer.save(str(folder / TOKENIZER))
        for name, content in self._beside.items():
            (folder / name).write_bytes(content)
