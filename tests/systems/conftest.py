from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    from tests.tiny import save_encoder  # where there is torch

    folder: Path = tmp_path_factory.mktemp("encoder")
    return save_encoder(folder)
