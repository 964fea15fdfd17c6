"""Where the token comes from."""

import pytest

from clmil.errors import ServingError
from clmil.serving.settings import Settings
from clmil.serving.tokens import find_token


def test_file_before_variable_before_none(tmp_path):
    file = tmp_path / "token"
    file.write_text("  from-the-file\n")
    variables = {"CLMIL_TOKEN": "from-the-variable"}
    assert find_token(file, variables) == "from-the-file"
    assert find_token(None, variables) == "from-the-variable"
    assert find_token(None, {}) is None


@pytest.mark.parametrize("content", [b"", b"short", b"two words here", b"one-line\ntwo-lines"])
def test_what_is_no_token_is_told(tmp_path, content):
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(ServingError, match="holds no token; give one"):
        find_token(file, {})


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ServingError, match=r"cannot be read \(No such file"):
        find_token(tmp_path / "none", {})
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ServingError, match="not text in UTF-8"):
        find_token(tmp_path / "bytes", {})


def test_a_token_is_not_printed():
    assert "secret" not in repr(Settings(model="m", token="secret-token"))
