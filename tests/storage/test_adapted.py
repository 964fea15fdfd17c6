"""The facts of an adapted encoder; `tests/training/test_adapt.py` writes whole folders."""

from pathlib import Path

import pytest

from clmil.errors import ModelError
from clmil.storage.adapted import FACTS, read_adaptation, save_adapted
from clmil.storage.encoders import load_encoder
from tests.tiny import save_encoder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    encoder = load_encoder(save_encoder(tmp_path / "first"))
    assert read_adaptation(tmp_path / "first") is None
    assert read_adaptation(tmp_path / "nowhere") is None
    facts = {"encoder": "first", "geometry": {}}
    save_adapted(encoder, facts, tmp_path / "second", scratch=tmp_path / "scratch")
    assert read_adaptation(tmp_path / "second") == facts
    assert not (tmp_path / "scratch").exists()
    assert load_encoder(str(tmp_path / "second")).special == encoder.special


@pytest.mark.parametrize("content", ["{", "[]", '{"encoder": "minilm"}'])
def test_damage_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / FACTS).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"adaptation\.json is damaged"):
        read_adaptation(tmp_path)
