"""Nothing already saved is lost."""

import os
import stat
from pathlib import Path

import pytest

from clmil.errors import ModelError
from clmil.storage.atomic import read_json, staged_folder, write_json, write_text


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text(tmp_path / "a", "old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ModelError, match=r"No space left on device.*untouched"):
        write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"


def test_json_round_trip_and_damage(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"größe": 1})
    assert read_json(tmp_path / "a.json") == {"größe": 1}
    (tmp_path / "a.json").write_text("[")
    with pytest.raises(ModelError, match="damaged"):
        read_json(tmp_path / "a.json")
    with pytest.raises(ModelError, match=r"no b\.json"):
        read_json(tmp_path / "b.json")


def test_the_last_file_of_a_folder_arrives_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[str] = []
    original = os.replace

    def watch(source: Path, target: Path) -> None:
        moved.append(Path(target).name)
        original(source, target)

    monkeypatch.setattr(os, "replace", watch)
    with staged_folder(tmp_path / "m", tmp_path / "s", last="config.json") as staging:
        for name in ("config.json", "a", "z"):
            (staging / name).touch()
    assert moved[-1] == "config.json"
    assert not (tmp_path / "s").exists()


def test_what_is_replaced_goes_when_the_new_files_are_whole(tmp_path: Path) -> None:
    old, aside = tmp_path / "m", tmp_path / "m" / "work" / "aside"
    (old / "members").mkdir(parents=True)
    aside.mkdir(parents=True)
    for name in ("config.json", "stale.json", "members/one"):
        (old / name).write_text("old")
    with staged_folder(old, aside.with_name("s"), last="config.json", aside=aside) as staging:
        (staging / "config.json").write_text("new")
        (staging / "members").mkdir()
        assert (old / "stale.json").exists()
    assert {file.name for file in old.iterdir()} == {"config.json", "members", "work"}
    assert (old / "config.json").read_text() == "new"
    assert not list((old / "members").iterdir())
    assert not list((old / "work").iterdir())


def test_files_have_the_rights_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with staged_folder(tmp_path / "m", tmp_path / "s", last="config.json") as staging:
            (staging / "config.json").touch()
            (staging / "model.safetensors").touch(0o600)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "m").iterdir()} == {0o640}


def test_an_error_while_filling_leaves_the_target_alone(tmp_path: Path) -> None:
    def interrupted() -> None:
        with staged_folder(tmp_path / "m", tmp_path / "s", last="c") as staging:
            (staging / "a").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not (tmp_path / "m").exists()
