"""`clmil push`."""

import pytest

from clmil.errors import ModelError
from clmil.storage import hub


@pytest.fixture
def pushed(monkeypatch):
    calls = []

    def push_model(folder, repository, *, private, revision):
        if repository == "no":
            raise ModelError("'no' is no name on the hub; give one like owner/name.")
        calls.append((folder, repository, private, revision))
        return f"https://hub/{repository}"

    monkeypatch.setattr(hub, "push_model", push_model)
    return calls


def test_it_uploads_and_says_how_to_use_it(clmil, colours, pushed):
    result = clmil("push", colours.model, "owner/name", "--private", "--revision", "v2")
    assert result.exit_code == 0
    assert pushed == [(colours.model, "owner/name", True, "v2")]
    assert "https://hub/owner/name" in result.stdout
    assert "clmil predict owner/name@v2 --text" in result.stdout


def test_a_refusal_is_one_line(clmil, colours, pushed):
    result = clmil("push", colours.model, "no")
    assert result.exit_code == 2
    assert result.stderr == "Error: 'no' is no name on the hub; give one like owner/name.\n"
