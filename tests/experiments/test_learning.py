"""What a cell's training took."""

from clmil.experiments.learning import _spent


def test_what_a_training_took_is_no_less_than_its_stages() -> None:
    stages = [{"seconds": 50.0, "processor_seconds": 40.0}, {"seconds": 20.0}]
    assert _spent(stages, 30.0, 60.0) == {"seconds": 70.0, "processor_seconds": 60.0}
