"""Word vectors out of text files."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from clmil.data.vectors import BOUND, read_vectors
from clmil.data.vocabulary import WordVocabulary
from clmil.errors import DataError

VOCABULARY = WordVocabulary(("cat", "dog", "emu"))
GLOVE = "dog 1 -2.5 3e-1\nthe 7 8 9\ncat .5 0 1\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("header", ["", "3 3\n"])
@pytest.mark.parametrize("end", ["\n", " \n", "\r\n"])
def test_both_formats(tmp_path: Path, header: str, end: str) -> None:
    path = write(tmp_path / "v.txt", (header + GLOVE).replace("\n", end))
    vectors = read_vectors(path, VOCABULARY)
    assert vectors.found == 2
    assert vectors.matrix.dtype == np.float32
    assert vectors.matrix.shape == (5, 3)
    np.testing.assert_array_equal(vectors.matrix[0], 0)
    np.testing.assert_array_equal(vectors.matrix[2:4], np.float32([[0.5, 0, 1], [1, -2.5, 0.3]]))
    rest = vectors.matrix[[1, 4]]
    assert np.abs(rest).max() <= BOUND
    assert rest.any(axis=1).all()


def test_gzip_gives_the_same_and_the_seed_decides(tmp_path: Path) -> None:
    plain = read_vectors(write(tmp_path / "v.txt", GLOVE), VOCABULARY).matrix
    zipped = tmp_path / "v.txt.gz"
    zipped.write_bytes(gzip.compress(GLOVE.encode()))
    np.testing.assert_array_equal(read_vectors(zipped, VOCABULARY).matrix, plain)
    other = read_vectors(zipped, VOCABULARY, seed=1).matrix
    np.testing.assert_array_equal(other[2:4], plain[2:4])
    assert (other[4] != plain[4]).all()


def test_words_with_blanks_tabs_and_repeats(tmp_path: Path) -> None:
    path = write(tmp_path / "v.txt", "cat 1 2\n. . . 3 4\ncat 5 6\ndog\t7\t8\n\n")
    np.testing.assert_array_equal(read_vectors(path, VOCABULARY).matrix[2:4], [[1, 2], [7, 8]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat 1 2\ndog 3\n", "line 2: there are 1 fields after the word, not 2"),
        ("cat 1 2\ndog 3 4 5\n", "line 2: there are 3 fields after the word, not 2"),
        ("cat\n", "line 1: there are 0 fields after the word"),
        ("cat 1 2\ndog 3 x\n", "line 2: the vector is damaged .*'x'"),
        ("cat 1 nan\n", "line 1: the vector holds a number that is not finite"),
        ("3 2\ncat 1 2\n", "ends after 1 vectors of the 3"),
        ("", "ends after 0 vectors"),
        ("the 1 2\n", "no vector for any of the 3 words"),
        ("2 3\ncat 1 2\nthe 1 2\n", "line 2: there are 2 fields after the word, not 3"),
    ],
)
def test_bad_files_are_told(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path / "v.txt", text)
    with pytest.raises(DataError, match=message) as told:
        read_vectors(path, VOCABULARY)
    assert str(path) in str(told.value)


def test_binary_missing_and_broken_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        read_vectors(tmp_path / "none.txt", VOCABULARY)
    binary = tmp_path / "v.bin"
    binary.write_bytes(b"3 3\ncat \x00\x00\x80\x3f\xff\xff")
    with pytest.raises(DataError, match="line 2"):
        read_vectors(binary, VOCABULARY)
    broken = tmp_path / "v.gz"
    broken.write_bytes(gzip.compress(GLOVE.encode() * 50)[:-12])
    with pytest.raises(DataError, match="not a whole gzip file"):
        read_vectors(broken, VOCABULARY)
