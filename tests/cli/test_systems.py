"""The list of systems."""

from clmil.systems.registry import SYSTEMS


def test_every_system_is_listed(clmil):
    result = clmil("systems")
    assert result.exit_code == 0
    first_words = {line.split()[0] for line in result.stdout.splitlines() if line.strip()}
    assert set(SYSTEMS) <= first_words
