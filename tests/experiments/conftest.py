import pytest

from clmil.experiments import cells
from tests.experiments.fakes import fake_recipe


@pytest.fixture
def any_system(monkeypatch):
    """Let every system of the paper exist, whatever the registry holds."""
    monkeypatch.setattr(cells, "load_recipe", fake_recipe)
