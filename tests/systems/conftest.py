from pathlib import Path

import pytest

from tests.tiny import save_encoder


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("encoder")
    return save_encoder(folder)
