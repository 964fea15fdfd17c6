"""What a cell's training took, and what is kept of it."""

from pathlib import Path

from clmil.experiments.learning import _Keeper, _spent


def test_what_a_training_took_is_no_less_than_its_stages() -> None:
    stages = [{"seconds": 50.0, "processor_seconds": 40.0}, {"seconds": 20.0}]
    assert _spent(stages, 30.0, 60.0) == {"seconds": 70.0, "processor_seconds": 60.0}


def test_weights_after_the_contrastive_stage_are_kept_whenever_the_next_one_begins(
    tmp_path: Path,
) -> None:
    stage, kept = tmp_path / "work" / "contrastive", tmp_path / "kept"
    stage.mkdir(parents=True)
    _Keeper(tmp_path / "work", kept).stage("multi-task", 9)
    assert not kept.exists(), "there was no contrastive stage"
    (stage / "finished.safetensors").write_bytes(b"weights")
    _Keeper(tmp_path / "work", kept).stage("contrastive", 9)
    assert not kept.exists()
    _Keeper(tmp_path / "work", kept).stage("multi-task", 9)  # also of a run that goes on
    assert kept.read_bytes() == b"weights"
